"""What a station has seen of an earthquake, and where one is found."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from geocnn.io.sites import Site
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event
from geocnn.location import Crust, Place

__all__ = ["TRUSTED", "Found", "Sighting"]

TRUSTED = 0.5
"""Least probability of an earthquake with which a single station can locate it."""
_MARGIN = 1.4
"""Largest distance relative to that which the delay of S means with mean velocities."""
_LEARNT = 150.0
"""Distance that detectors know at least, km; deep earthquakes are farther away."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """An earthquake, or one wave of it, as seen by one station.

    Attributes:
        event: event of this station alone.
        site: the station.
        east: of the station, km.
        north: of the station, km.
        height: of the station above the sea, km.
        times: seconds since 1970, by phase.
        crust: velocities of the waves.
        middle: latitude and longitude of the origin of the plane, degrees.
    """

    event: Event
    site: Site
    east: float
    north: float
    height: float
    times: dict[str, float]
    crust: Crust
    middle: tuple[float, float]

    @property
    def code(self) -> str:
        """Code of the station."""
        return str(self.site)

    @property
    def place(self) -> Place | None:
        """What a detector tells of its place; None without, or where S comes later than it can have learnt."""
        place = self.event.place
        return None if place is not None and self.way / _MARGIN > max(_LEARNT, place.distance.high) else place

    @property
    def first(self) -> float:
        """Time of the first wave: P, or S where there is no P."""
        return min(self.times.values())

    @property
    def reach(self) -> float:
        """Largest distance of the earthquake from the station, km."""
        far = [5.0, self.way]
        if self.place is not None:
            far.append(1.5 * self.place.distance.high)
        return max(far)

    @property
    def way(self) -> float:
        """Largest distance of the hypocentre according to P and S, km; 0 where one is missing."""
        return _MARGIN * (self.times["S"] - self.times["P"]) * self.crust.pace if len(self.times) == 2 else 0.0

    @property
    def tells(self) -> bool:
        """Whether the distance of the earthquake is known."""
        return len(self.times) == 2 or (self.place is not None and self.place.probability > TRUSTED)

    @property
    def single(self) -> "list[Sighting]":
        """The waves of this sighting, each as a sighting of its own."""
        return [
            replace(self, event=replace(self.event, picks=(pick,)), times={pick.phase: pick.time / SECOND})
            for pick in self.event.picks
            if pick.phase in self.times
        ]


class Found(NamedTuple):
    """Where an earthquake is.

    Attributes:
        east: km.
        north: km.
        depth: km below the sea.
        time: seconds since 1970.
        spread: distance within which the earthquake lies with a probability of 68 %, km.
        depth_error: standard deviation of the depth, km.
        time_error: standard deviation of the time, s.
        fits: whether all times, and most distances from detectors, agree with the place.
        scale: factor on the standard deviations of times with which it was found.
    """

    east: float
    north: float
    depth: float
    time: float
    spread: float
    depth_error: float
    time_error: float
    fits: bool
    scale: float
