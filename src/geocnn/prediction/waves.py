"""Waves of an earthquake at stations: when they have arrived, and how long they take from places."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from numpy import ndarray

from geocnn.location import Crust

__all__ = ["LATE", "SLOW", "Waves", "variance"]

LATE, SLOW = 0.3, 0.05
"""How far times may differ from those of a crust: s, and part of the travel time (standard deviations)."""
_SHALLOWEST = 0.05
"""Depth of an earthquake below a station at least, km."""


@dataclass(frozen=True, eq=False)
class Waves:
    """Waves at stations.

    Attributes:
        east: of the stations, km.
        north: of the stations, km.
        height: of the stations above the level from which depths are counted, km.
        shear: whether it is an S wave.
        time: seconds since 1970.
        crust: which they cross.
        layered: in layers, where the crust has them, rather than at one velocity.
    """

    east: Float64[ndarray, " waves"]
    north: Float64[ndarray, " waves"]
    height: Float64[ndarray, " waves"]
    shear: Bool[ndarray, " waves"]
    time: Float64[ndarray, " waves"]
    crust: Crust
    layered: bool

    def travel(
        self,
        x: Float64[ndarray, "1 1 east"],
        y: Float64[ndarray, "1 north 1"],
        z: Float64[ndarray, "depths 1 1"],
    ) -> Float64[ndarray, "waves depths north east"]:
        """Seconds from places to the stations, km to the east, to the north and below."""
        east, north, height = (place[:, None, None, None] for place in (self.east, self.north, self.height))
        away = (x - east) ** 2 + (y - north) ** 2
        below = np.maximum(z + height, _SHALLOWEST)
        times = self.crust.times if self.layered else None
        if times is None:
            speed = np.where(self.shear, self.crust.s, self.crust.p)[:, None, None, None]
            return np.asarray(np.sqrt(away + below**2) / speed)
        distance = np.sqrt(away[:, 0])
        travel = np.empty((len(away), len(z), *away.shape[2:]))
        for shear, high in set(zip(self.shear.tolist(), self.height.tolist(), strict=True)):
            those = np.flatnonzero((self.shear == shear) & (self.height == high))
            table = times.over("S" if shear else "P", distance[those], below[those[0], :, 0, 0])
            travel[those] = np.moveaxis(table, 0, 1)
        return travel

    def residuals(self, east: float, north: float, depth: float, time: float) -> Float64[ndarray, " waves"]:
        """By how many seconds they are later than from an earthquake at a place and a time."""
        travel = self.travel(*(np.full((1, 1, 1), km) for km in (east, north, depth)))[:, 0, 0, 0]
        return np.asarray(self.time - time - travel)

    def late(self, east: float, north: float, depth: float, time: float) -> Float64[ndarray, " waves"]:
        """The same in standard deviations."""
        residuals = self.residuals(east, north, depth, time)
        return np.asarray(residuals / np.sqrt(variance(self.time - time - residuals)))


def variance(travel: Float64[ndarray, "*waves"]) -> Float64[ndarray, "*waves"]:
    """Square of how far times may differ after so many seconds on the way, s^2."""
    return LATE**2 + (SLOW * travel) ** 2
