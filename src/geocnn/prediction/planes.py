"""Planes in which earthquakes are located."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from geocnn.geodesy import Plane, offsets
from geocnn.io.sites import Site
from geocnn.prediction.sightings import Sighting

__all__ = ["Planes"]

_NARROW = 100.0
"""Largest distance of the stations from their middle, km, for which one plane is enough: it is then good to metres."""
_KEPT = 500
"""Number of planes whose coordinates of all stations are kept."""


class Planes:
    """Planes in which places are computed: one for a whole network, or one around each station of a wide one.

    A plane is exact from its origin to every place, and good enough between places near the origin.

    Args:
        sites: the stations that have seen something, wherever they were; others would shift the origin.
    """

    def __init__(self, sites: Sequence[Site]) -> None:
        self._number = {place: k for k, place in enumerate(sorted({site.place[:2] for site in sites}))}
        self._places = np.array(list(self._number)).reshape(-1, 2).T
        self._known: dict[tuple[float, float], Plane] = {}
        middle = _middle(*self._places) if self._number else (0.0, 0.0)
        self._only = middle if (self._seen_from(middle).distance <= _NARROW).all() else None

    def of(self, place: tuple[float, float]) -> tuple[float, float]:
        """Origin of the plane for earthquakes near a place; both are latitude and longitude."""
        return self._only or place

    def put(self, sighting: Sighting, middle: tuple[float, float]) -> Sighting:
        """The same sighting in the plane with this origin."""
        if sighting.middle == middle:
            return sighting
        plane, number = self._seen_from(middle), self._number[sighting.site.place[:2]]
        east, north = float(plane.east[number]), float(plane.north[number])
        return replace(sighting, east=east, north=north, middle=middle)

    def _seen_from(self, middle: tuple[float, float]) -> Plane:
        if middle not in self._known:
            if len(self._known) > _KEPT:
                self._known.clear()
            self._known[middle] = offsets(*middle, (self._places[0], self._places[1]))
        return self._known[middle]


def _middle(latitude: Float64[ndarray, " places"], longitude: Float64[ndarray, " places"]) -> tuple[float, float]:
    """Latitude and longitude of the middle of some places, wherever meridians begin or meet, degrees."""
    up, around = np.radians(latitude), np.radians(longitude)
    x, y, z = (np.cos(up) * np.cos(around)).mean(), (np.cos(up) * np.sin(around)).mean(), np.sin(up).mean()
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))
