"""Travel times of the first P and S waves in layers: for single rays and as tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from geocnn.errors import DataError

__all__ = ["CRUST", "Layers", "Ray", "Times", "TravelTimes", "first_arrivals"]

_RAYS = 400
"""Number of rays of the direct wave, between which times are interpolated."""


@dataclass(frozen=True)
class Layers:
    """Flat layers of constant velocity; the last one is infinitely thick.

    Attributes:
        tops: depth of the top of each layer, km; the first is 0.
        vp: velocity of P waves in each layer, km/s.
        vs: velocity of S waves in each layer, km/s.

    Raises:
        DataError: tops do not begin at 0 or do not increase, or velocities do not fit.
    """

    tops: tuple[float, ...]
    vp: tuple[float, ...]
    vs: tuple[float, ...]

    def __post_init__(self) -> None:
        fits = len(self.tops) == len(self.vp) == len(self.vs) > 0
        if not fits or self.tops[0] != 0 or any(b <= a for a, b in zip(self.tops, self.tops[1:], strict=False)):
            raise DataError(
                f"the tops of the layers are {self.tops} km with {len(self.vp)} P and {len(self.vs)} S velocities; "
                "needed are tops that begin at 0 and grow, with one velocity each, such as (0, 20, 35)."
            )
        if any(not 0 < s < p for p, s in zip(self.vp, self.vs, strict=True)):
            p, s = (", ".join(f"{v:g}" for v in speeds) for speeds in (self.vp, self.vs))
            raise DataError(f"the velocities are {p} km/s of P and {s} of S waves; S must be slower and both above 0.")

    def speeds(self, depth: float) -> tuple[float, float]:
        """Velocities of P and S waves at a depth, km/s."""
        layer = int(np.searchsorted(self.tops, depth, side="right")) - 1
        return self.vp[layer], self.vs[layer]

    def angles(self, slowness: float, depth: float, surface: float | None = None) -> tuple[float, float]:
        """Angles of a rising P ray at its source and at the surface, degrees from upwards.

        Args:
            slowness: slowness of the ray along the surface, s/km.
            depth: depth of the source, km.
            surface: velocity of P waves at the surface, km/s; default that of the first layer.
        """
        speeds = self.speeds(depth)[0], self.vp[0] if surface is None else surface
        below, above = (math.degrees(math.asin(min(1.0, slowness * speed))) for speed in speeds)
        return below, above


CRUST = Layers(tops=(0.0, 20.0, 35.0), vp=(5.8, 6.5, 8.04), vs=(3.36, 3.75, 4.47))
"""Crust and uppermost mantle of IASP91 (B. L. N. Kennett, E. R. Engdahl, 1991, Geophys. J. Int. 105, 429-465)."""


_STEP = 0.05
"""Distance on each side over which the slowness is computed, km."""


class Ray(NamedTuple):
    """First arrivals at one station.

    Attributes:
        p: time of the first P wave, seconds after the origin time.
        s: time of the first S wave, seconds after the origin time.
        direct: time of the direct P wave; later than ``p`` if a wave along a deeper layer is first.
        slowness: of that direct P wave along the surface, s/km.
    """

    p: float
    s: float
    direct: float
    slowness: float

    @classmethod
    def of(cls, layers: Layers, distance: float, depth: float) -> "Ray":
        """First arrivals at a station at the surface.

        Args:
            layers: layers below the station.
            distance: distance of the epicentre, km.
            depth: depth of the source, km.
        """
        near, far = max(0.0, distance - _STEP), distance + _STEP
        before, direct, after = direct_arrivals(layers.tops, layers.vp, np.array([near, distance, far]), depth)
        p, s = (float(first_arrivals(layers.tops, v, np.array([distance]), depth)[0]) for v in (layers.vp, layers.vs))
        return cls(p, s, float(direct), float((after - before) / (far - near)))


class Times(NamedTuple):
    """Travel times in seconds after the origin time.

    Attributes:
        p: of the first P wave.
        s: of the first S wave.
        direct: of the direct P wave, which rises all the way.
    """

    p: float
    s: float
    direct: float


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """Table of travel times over distances and depths.

    Attributes:
        distance: from the epicentre to the station, km, ``(distances,)``.
        depth: of the source, km, ``(depths,)``.
        p: travel times of the first P waves, s, ``(depths, distances)``.
        s: travel times of the first S waves, likewise.
        direct: travel times of the direct P waves, which rise all the way, likewise.
    """

    distance: Float[ndarray, " distances"]
    depth: Float[ndarray, " depths"]
    p: Float[ndarray, "depths distances"]
    s: Float[ndarray, "depths distances"]
    direct: Float[ndarray, "depths distances"]

    @classmethod
    def of(cls, layers: Layers, distance: Sequence[float], depth: Sequence[float]) -> "TravelTimes":
        """Compute the table for a station at the surface.

        Args:
            layers: layers below the station.
            distance: distances, km, increasing from 0 or more.
            depth: depths of the sources, km, increasing from 0 or more.
        """
        x, z = np.asarray(distance, np.float64), np.asarray(depth, np.float64)
        if min(x[0], z[0]) < 0 or np.any(np.diff(x) <= 0) or np.any(np.diff(z) <= 0):
            raise DataError("distances and depths must be 0 or more and grow, for example 0, 1, 2 and 0, 5, 10 km.")
        first, second = (
            np.stack([first_arrivals(layers.tops, velocity, x, float(h)) for h in z])
            for velocity in (layers.vp, layers.vs)
        )
        direct = np.stack([direct_arrivals(layers.tops, layers.vp, x, float(h)) for h in z])
        return cls(x, z, first, second, direct)

    @classmethod
    def within(cls, layers: Layers, distance: float, depth: float) -> "TravelTimes":
        """Compute a table that begins at 0 and is so fine that interpolation errors are hundredths of a second near by.

        Args:
            layers: layers below the station.
            distance: least end of the distances, km.
            depth: least end of the depths, km.
        """
        return cls.of(layers, _steps(distance, 0.5).tolist(), _steps(depth, 0.25).tolist())

    def at(self, distance: float, depth: float) -> Times:
        """Times interpolated between the nearest entries.

        Raises:
            DataError: the distance or depth lies outside the table.
        """
        x, z = self.distance, self.depth
        if not (x[0] <= distance <= x[-1] and z[0] <= depth <= z[-1]):
            raise DataError(
                f"a source {distance:g} km away and {depth:g} km deep is outside the table, which reaches from "
                f"{x[0]:g} to {x[-1]:g} km and from {z[0]:g} to {z[-1]:g} km; tabulate further."
            )
        place = np.array([distance]), np.array([depth])
        return Times(*(self._of(table, *place).item() for table in (self.p, self.s, self.direct)))

    def over(
        self, phase: str, distance: Float[ndarray, "*places"], depth: Float[ndarray, " depths"]
    ) -> Float[ndarray, "depths ..."]:
        """Times of one phase in s for several distances and several depths of sources.

        Beyond the ends of the table they are extrapolated from its last entries.

        Args:
            phase: P or S.
            distance: distance of the epicentre, km.
            depth: depths of the sources, km.
        """
        return self._of(self.s if phase == "S" else self.p, distance, depth)

    def _of(
        self,
        table: Float[ndarray, "depths distances"],
        distance: Float[ndarray, "*places"],
        depth: Float[ndarray, " sources"],
    ) -> Float[ndarray, "sources ..."]:
        """Times from one table; arguments as for :meth:`over`."""
        row, below, down = _between(self.depth, depth)
        rows = table[row] * (1 - down)[:, None] + table[below] * down[:, None]
        column, beyond, along = _between(self.distance, distance)
        times: Float[ndarray, "sources ..."] = rows[:, column] * (1 - along) + rows[:, beyond] * along
        return times


def _steps(last: float, fine: float) -> Float[ndarray, " entries"]:
    """Values from 0 to at least ``last``: in fine steps up to 50, then in steps of 1."""
    near, far = np.arange(0.0, min(last, 50.0) + fine, fine), np.arange(51.0, last + 1)
    return np.concatenate((near[near <= 50], far))


def _between(
    axis: Float[ndarray, " entries"], values: Float[ndarray, "*places"]
) -> tuple[Int[ndarray, "*places"], Int[ndarray, "*places"], Float[ndarray, "*places"]]:
    """Indices of the entries before and after some values, and the fraction of the way from one to the other."""
    last = len(axis) - 1
    before = np.clip(np.searchsorted(axis, values, side="right") - 1, 0, max(0, last - 1))
    after = np.minimum(before + 1, last)
    share = (values - axis[before]) / np.maximum(axis[after] - axis[before], 1e-9)
    return before, after, share


def first_arrivals(
    tops: Sequence[float], velocity: Sequence[float], distance: Float[ndarray, " distances"], depth: float
) -> Float[ndarray, " distances"]:
    """Time of the first arrival: of the direct wave, or of a head wave along a layer top below the source.

    Args:
        tops: tops of the layers, km.
        velocity: velocities of the layers, km/s.
        distance: distance of the station at the surface, km.
        depth: depth of the source, km.

    Returns:
        Seconds, ``(distances,)``.
    """
    thickness = np.diff([*tops, math.inf])
    above = _way_up(tops, depth)
    speed = np.asarray(velocity, np.float64)
    best = _direct(above, speed, distance)
    for k in range(1, len(tops)):
        below = np.clip(thickness[:k] - above[:k], 0, None)  # thickness of layers between the source and the refractor
        refractor = speed[k]
        if tops[k] <= depth or refractor <= speed[:k].max():
            continue
        leg = above[:k] + 2 * below
        cosine = np.sqrt(1 - (speed[:k] / refractor) ** 2)
        delay = float(np.sum(leg * cosine / speed[:k]))
        critical = float(np.sum(leg * speed[:k] / refractor / cosine))
        best = np.where(distance >= critical, np.minimum(best, distance / refractor + delay), best)
    return best


def direct_arrivals(
    tops: Sequence[float], velocity: Sequence[float], distance: Float[ndarray, " distances"], depth: float
) -> Float[ndarray, " distances"]:
    """Time of the direct wave, which rises all the way; arguments and result as for :func:`first_arrivals`."""
    return _direct(_way_up(tops, depth), np.asarray(velocity, np.float64), distance)


def _way_up(tops: Sequence[float], depth: float) -> Float[ndarray, " layers"]:
    """Thickness of the part of each layer that lies above the source, km."""
    above: Float[ndarray, " layers"] = np.clip(depth - np.asarray(tops, np.float64), 0, np.diff([*tops, math.inf]))
    return above


def _direct(
    above: Float[ndarray, " layers"], speed: Float[ndarray, " layers"], distance: Float[ndarray, " distances"]
) -> Float[ndarray, " distances"]:
    """Time of the direct wave over distance from many rays, with the exact slope in between."""
    crossed = above > 0
    if not crossed.any():
        times: Float[ndarray, " distances"] = distance / speed[0]
        return times
    h, v = above[crossed], speed[crossed]
    # As distance grows, the ray parameter nears 1 / v of the fastest layer, where even steps of its angle are fine.
    angle = np.concatenate(([0.0], (math.pi / 2) * (1 - np.geomspace(1, 1e-5, _RAYS))))
    sine = np.sin(angle)[:, None] * v / v.max()
    cosine = np.sqrt(1 - sine**2)
    x = np.sum(h * sine / cosine, axis=1)
    tau = np.sum(h * cosine / v, axis=1)  # intercept: time minus distance times ray parameter
    p = np.sin(angle) / v.max()
    # The slope of time over distance is p; between two rays p is taken to be linear.
    i = np.clip(np.searchsorted(x, distance) - 1, 0, len(x) - 2)
    share = np.clip((distance - x[i]) / np.maximum(x[i + 1] - x[i], 1e-12), 0, 1)
    p_here = p[i] * (1 - share) + p[i + 1] * share
    ahead = (distance - x[i]) * (p[i] + p_here) / 2
    result: Float[ndarray, " distances"] = tau[i] + p[i] * x[i] + ahead
    return result
