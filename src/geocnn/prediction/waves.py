"""Waves of an earthquake at stations: arrival times, and travel times from any place."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from numpy import ndarray

from geocnn.location import Crust

__all__ = ["LATE", "SLOW", "Waves", "variance"]

LATE, SLOW = 0.3, 0.05
"""Standard deviation of arrival times about those of the crust: a constant part, s, and a share of the travel time."""
_SHALLOWEST = 0.05
"""Least depth of an earthquake below a station, km."""


@dataclass(frozen=True, eq=False)
class Waves:
    """Arrivals of waves at stations, as arrays with one entry per wave.

    Attributes:
        east: of the stations, km.
        north: of the stations, km.
        height: of the stations above the sea, km.
        shear: whether it is an S wave.
        time: arrival time, seconds since 1970.
        crust: velocities of the waves.
        layered: use the layers of the crust, if it has any, rather than one velocity.
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
        """Travel times from places to the stations, s; places are km east, km north and km below the sea."""
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
        """Observed minus computed arrival times for an earthquake at a place and a time, s."""
        travel = self.travel(*(np.full((1, 1, 1), km) for km in (east, north, depth)))[:, 0, 0, 0]
        return np.asarray(self.time - time - travel)

    def late(self, east: float, north: float, depth: float, time: float) -> Float64[ndarray, " waves"]:
        """Residuals in standard deviations."""
        residuals = self.residuals(east, north, depth, time)
        return np.asarray(residuals / np.sqrt(variance(self.time - time - residuals)))


def variance(travel: Float64[ndarray, "*waves"]) -> Float64[ndarray, "*waves"]:
    """Variance of arrival times after travel times of so many seconds, s^2."""
    return np.asarray(LATE**2 + (SLOW * travel) ** 2)  # of a single number NumPy gives no array
