"""Several instruments at one station: each earthquake is listed once per station."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from geocnn.io.sites import Site
from geocnn.io.waveforms import Channel
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick, Ray

__all__ = ["Instrument", "instrument_of", "joined", "locating"]

_SAME = 1.0
"""Seconds within which picks of two instruments belong to the same wave."""

Instrument = tuple[str, str, str, str]
"""Network, station, location, and channel code without its last letter."""


def instrument_of(channel: Channel) -> Instrument:
    """Instrument of a channel."""
    return channel.network, channel.station, channel.location, channel.code[:-1]


def locating(picks: Sequence[PhasePick]) -> tuple[set[Instrument], list[str]]:
    """For each station the instrument with the most picks, whose earthquakes count, and notes on the others.

    Args:
        picks: picks of all instruments.
    """
    count = Counter(instrument_of(pick.channel) for pick in picks)
    best: dict[tuple[str, str], Instrument] = {}
    several: dict[tuple[str, str], list[Instrument]] = {}
    for instrument in sorted(count, key=lambda one: (-count[one], one)):
        best.setdefault(instrument[:2], instrument)
        several.setdefault(instrument[:2], []).append(instrument)
    notes = [
        f"of the instruments of {'.'.join(code)} {'.'.join(own[0])} has most picks; those of "
        f"{', '.join(map('.'.join, own[1:]))} join its earthquakes."
        for code, own in several.items()
        if len(own) > 1
    ]
    return set(best.values()), notes


def joined(located: Sequence[Event], others: Sequence[Event], sites: Sequence[Site]) -> tuple[list[Event], list[Event]]:
    """Add picks of other instruments to the earthquakes of the main ones, and return also the events that remain.

    Args:
        located: events of the main instruments, with or without origins.
        others: events of the other instruments.
        sites: places of the stations of events with origins.
    """
    places = {str(site): site for site in sites}
    near: dict[tuple[str, str, str, int], list[tuple[int, int]]] = {}  # (time, event) by station, phase and second
    for number, event in enumerate(located):
        for pick in event.picks:
            key = pick.channel.network, pick.channel.station, pick.phase
            near.setdefault((*key, pick.time // SECOND), []).append((pick.time, number))
    added: dict[int, list[PhasePick]] = {}
    left: list[Event] = []
    for event in others:
        stay = []
        for pick in event.picks:
            key, second = (pick.channel.network, pick.channel.station, pick.phase), pick.time // SECOND
            found = [one for step in (-1, 0, 1) for one in near.get((*key, second + step), ())]
            closest = min(found, key=lambda one: abs(one[0] - pick.time), default=None)
            if closest is None or abs(closest[0] - pick.time) > _SAME * SECOND:
                stay.append(pick)
            else:
                added.setdefault(closest[1], []).append(pick)
        if stay:
            left.append(replace(event, picks=tuple(stay)))
    return [_with(event, added.get(number, ()), places) for number, event in enumerate(located)], left


def _with(event: Event, more: Sequence[PhasePick], places: dict[str, Site]) -> Event:
    """An event with further picks, which do not change its origin."""
    if event.origin is None or not more:
        return replace(event, picks=(*event.picks, *more))
    origin = event.origin
    there = [places[f"{pick.channel.network}.{pick.channel.station}"] for pick in more]
    rays = (*origin.rays, *(Ray.to(site, origin.latitude, origin.longitude) for site in there))
    return replace(event, picks=(*event.picks, *more), origin=replace(origin, rays=rays))
