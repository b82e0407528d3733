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
    """For each station the instruments with the most picks, whose earthquakes count, and notes on the others.

    Instruments of one location count together: at no time are two of them taken.

    Args:
        picks: picks of all instruments.
    """
    count = Counter(instrument_of(pick.channel) for pick in picks)
    at: dict[tuple[str, str, str], list[Instrument]] = {}
    for instrument in sorted(count, key=lambda one: (-count[one], one)):
        at.setdefault(instrument[:3], []).append(instrument)
    several: dict[tuple[str, str], list[list[Instrument]]] = {}
    for together in sorted(at.values(), key=lambda one: (-sum(map(count.__getitem__, one)), one)):
        several.setdefault(together[0][:2], []).append(together)
    notes = [_note(best, [one for own in others for one in own]) for best, *others in several.values() if others]
    return {one for best, *_ in several.values() for one in best}, notes


def _note(best: Sequence[Instrument], others: Sequence[Instrument]) -> str:
    """Sentence on the instruments of a station: those that count, and those that join their earthquakes."""
    first, rest = ([".".join(one) for one in own] for own in (best, others))
    have, their = ("has", "its") if len(first) == 1 else ("have", "their")
    return (
        f"of the instruments of {'.'.join(best[0][:2])} {' and '.join(first)} {have} most picks; those of "
        f"{', '.join(rest)} join {their} earthquakes."
    )


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
    there = [places[f"{pick.channel.network}.{pick.channel.station}"].at(pick.time) for pick in more]
    rays = (*origin.rays, *(Ray.to(site, origin.latitude, origin.longitude) for site in there))
    return replace(event, picks=(*event.picks, *more), origin=replace(origin, rays=rays))
