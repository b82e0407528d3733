"""Select picks of a station for figures."""

from collections.abc import Sequence

from geocnn.io.waveforms import Station
from geocnn.io.waveforms.quakeml import Event, PhasePick

__all__ = ["first_pair", "picks_at"]


def picks_at(station: Station, event: Event, begin: int | None = None, end: int | None = None) -> list[PhasePick]:
    """Picks of an event at a station, from one time up to another, ns since 1970."""
    codes = (station.network, station.name, station.location)
    return [
        pick
        for pick in event.picks
        if (pick.channel.network, pick.channel.station, pick.channel.location) == codes
        and (begin is None or pick.time >= begin)
        and (end is None or pick.time < end)
    ]


def first_pair(picks: Sequence[PhasePick]) -> tuple[PhasePick, PhasePick] | None:
    """The first P and the first S; None if either is missing."""
    p, s = (next((pick for pick in picks if pick.phase == phase), None) for phase in "PS")
    return (p, s) if p and s else None
