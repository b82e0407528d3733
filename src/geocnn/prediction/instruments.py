"""Several instruments at one station: each earthquake is listed once per station."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from geocnn.io.sites import Site
from geocnn.io.waveforms import Channel
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick, Ray

__all__ = ["Instrument", "instrument_of", "joined", "locating"]

_SAME = 1.0
"""Seconds within which picks of two instruments belong to the same wave."""
_TURNS = 0.1
"""Largest number of turns from picks of one location to those of another, per pick of the one with fewer, of locations
that follow each other. Of those that record together about every pick is a turn."""

Instrument = tuple[str, str, str, str]
"""Network, station, location, and channel code without its last letter."""


def instrument_of(channel: Channel) -> Instrument:
    """Instrument of a channel."""
    return channel.network, channel.station, channel.location, channel.code[:-1]


def locating(picks: Sequence[PhasePick]) -> tuple[set[Instrument], list[str]]:
    """For each station the instruments whose earthquakes count, and notes on the others.

    Locations that record together compete, and the one with the most picks counts. Those that follow each other all
    count, however often they take turns, and so do all instruments of one location: at no time are two of them taken.

    Args:
        picks: picks of all instruments.
    """
    at: dict[tuple[str, str], dict[str, list[PhasePick]]] = {}
    for pick in picks:
        channel = pick.channel
        at.setdefault((channel.network, channel.station), {}).setdefault(channel.location, []).append(pick)
    those: set[Instrument] = set()
    notes = []
    for _, own in sorted(at.items()):
        taken: list[list[PhasePick]] = []
        best, others = set[Instrument](), set[Instrument]()
        for _, here in sorted(own.items(), key=lambda one: (-len(one[1]), one[0])):
            rivals = [there for there in taken if _together(there, here)]
            if rivals:
                best.update(*map(_instruments, rivals))
                others |= _instruments(here)
            else:
                taken.append(here)
        those.update(*map(_instruments, taken))
        if others:
            notes.append(_note(sorted(best), sorted(others)))
    return those, notes


def _instruments(picks: Sequence[PhasePick]) -> set[Instrument]:
    """Instruments on which there are picks."""
    return {instrument_of(pick.channel) for pick in picks}


def _together(picks: Sequence[PhasePick], others: Sequence[PhasePick]) -> bool:
    """Whether two locations record together, judged by the times of their picks; otherwise they follow each other."""
    order = sorted((pick.time, number) for number, own in enumerate((picks, others)) for pick in own)
    turns = sum(a != b for (_, a), (_, b) in pairwise(order))
    return turns > 1 and turns > _TURNS * min(len(picks), len(others))


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
