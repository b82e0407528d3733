"""The place that fits what stations have of an earthquake best.

Times of P and S give every place a probability. With one or two stations they leave circles, on which a detector says
where.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from geocnn.io.sites import Site
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event
from geocnn.location import DEPTHS, Crust, Estimate, Place
from geocnn.prediction.waves import Waves, variance

__all__ = ["FITS", "SEVERAL", "TRUSTED", "Found", "Sighting", "locate", "stations", "waves_of"]

FITS = 2.0
"""Standard deviations within which a time fits, and a distance."""
_DOUBTS = 0.25
"""Share of the stations whose distance may not fit, because they took the S wave of another earthquake."""
TRUSTED = 0.5
"""Probability of an earthquake from which on one station locates it."""
SEVERAL = 3
"""Stations whose times locate an earthquake."""
_HELD = 0.68
"""Probability within the spread of a place."""
_SOME, _MORE = DEPTHS[::15, None, None], DEPTHS[::3, None, None]
"""Depths that are tried, km: a few to see whether waves fit together, more for the place that is written."""
_LEAST = 0.25
"""However well times agree, they are taken to be wrong by this part of what they may be."""
_SIDE = 15
"""Places along one side of a grid."""
_AROUND = 4.0
"""Spreads of a first place to each side of it, within which the exact one is looked for."""

Grid = Float64[ndarray, "depths north east"]


@dataclass(frozen=True, eq=False)
class Sighting:
    """An earthquake, or a wave of one, as a station has it.

    Attributes:
        event: of this station alone.
        site: the station.
        east: of the station, km.
        north: of the station, km.
        height: of the station above the level from which depths are counted, km.
        times: seconds since 1970, by phase.
        crust: in which waves come.
    """

    event: Event
    site: Site
    east: float
    north: float
    height: float
    times: dict[str, float]
    crust: Crust

    @property
    def code(self) -> str:
        """Of the station."""
        return str(self.site)

    @property
    def place(self) -> Place | None:
        """What a detector says of it."""
        return self.event.place

    @property
    def first(self) -> float:
        """Time of the P wave; of the S wave where there is none."""
        return min(self.times.values())

    @property
    def reach(self) -> float:
        """Within so many km of the station the earthquake is."""
        far = [5.0]
        if len(self.times) == 2:
            far.append(1.4 * (self.times["S"] - self.times["P"]) * self.crust.pace)
        if self.place is not None:
            far.append(1.5 * self.place.distance.high)
        return max(far)

    @property
    def tells(self) -> bool:
        """Whether the earthquake is at a distance that is known."""
        return len(self.times) == 2 or (self.place is not None and self.place.probability > TRUSTED)

    @property
    def single(self) -> "list[Sighting]":
        """Its waves, each by itself."""
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
        depth: km.
        time: seconds since 1970.
        spread: within so many km it is with a probability of 68 %.
        depth_error: standard deviation of the depth, km.
        time_error: standard deviation of the time, s.
        fits: whether what all stations have agrees with it.
    """

    east: float
    north: float
    depth: float
    time: float
    spread: float
    depth_error: float
    time_error: float
    fits: bool


def locate(group: Sequence[Sighting], *, exact: bool = False, first: Found | None = None) -> Found:
    """The most probable place.

    Args:
        group: what stations have of one earthquake; one at least tells how far away it is.
        exact: in layers, where the crust has them, among more depths, and with times that differ as much as they do,
            which takes longer.
        first: a place that is nearly right, if there is one.
    """
    waves = waves_of(group, layered=exact)
    if first is None:
        nearest = min((s for s in group if s.tells), key=lambda s: s.reach)
        first = _search(group, waves, _SOME, 1.0, (nearest.east, nearest.north, nearest.reach))
    if not exact:
        return first
    around = first.east, first.north, _AROUND * first.spread
    return _search(group, waves, _MORE, _agreement(group, waves, first), around, finer=True)


def waves_of(group: Sequence[Sighting], *, layered: bool) -> Waves:
    """The waves that stations have, in their order."""
    known = [(s.east, s.north, s.height, float(phase == "S"), time) for s in group for phase, time in s.times.items()]
    east, north, height, shear, time = np.array(known, np.float64).T
    return Waves(east, north, height, shear > 0, time, group[0].crust, layered)


def _search(
    group: Sequence[Sighting],
    waves: Waves,
    depths: Float64[ndarray, "depths 1 1"],
    scale: float,
    around: tuple[float, float, float],
    *,
    finer: bool = False,
) -> Found:
    """The place, on grids that become finer until the spread is seen; so do the depths, if asked.

    Args:
        group: what stations have.
        waves: their waves.
        depths: that are tried, km.
        scale: how far times differ, part of what they may.
        around: east and north of a place, and half of the side of the first grid, km.
        finer: the depths of a coarse grid would pull the epicentre with them.
    """
    (east, north, half), spread = around, 0.0
    while True:
        side = np.linspace(-half, half, _SIDE)
        x, y = east + side[None, None, :], north + side[None, :, None]
        density, begun = _density(group, waves, (x, y, depths), scale)
        weight = np.exp(density - density.max())
        _, row, column = np.unravel_index(int(np.argmax(density)), density.shape)
        east, north = float(x[0, 0, column]), float(y[0, row, 0])
        step = 2 * half / (_SIDE - 1)
        if spread > 0 or step < 0.02:
            break
        seen = _radius(np.hypot(x - east, y - north)[0], weight.sum(0))
        if seen > 1.2 * step and finer:
            depths, finer = _likely(depths, weight.sum((1, 2))), False
        else:
            spread = seen if seen > 1.2 * step else 0.0
            half = step if spread else 3 * step
    deep = weight[:, row, column] / weight[:, row, column].sum()
    depth = float(np.exp(np.sum(deep * np.log(depths[:, 0, 0]))))
    x, y, z = (np.full((1, 1, 1), km) for km in (east, north, depth))
    _, there = _density(group, waves, (x, y, z), scale)
    time = float(there[0, 0, 0])
    late = waves.late(east, north, depth, time)
    errors = _deviation(np.log(depths[:, 0, 0]), weight.sum((1, 2))) * depth, _deviation(begun - time, weight)
    return Found(east, north, depth, time, max(spread, step), *errors, _fits(group, late, east, north))


def _deviation(values: Float64[ndarray, "*places"], weight: Float64[ndarray, "*places"]) -> float:
    """Standard deviation."""
    share = weight / weight.sum()
    mean = np.sum(values * share)
    return float(np.sqrt(np.sum(share * (values - mean) ** 2)))


def _likely(
    depths: Float64[ndarray, "depths 1 1"], weight: Float64[ndarray, " depths"]
) -> Float64[ndarray, "depths 1 1"]:
    """As many depths where most of the probability is."""
    there = np.flatnonzero(weight > 1e-3 * weight.max())
    low, high = depths[max(0, there[0] - 1), 0, 0], depths[min(len(depths) - 1, there[-1] + 1), 0, 0]
    return np.geomspace(low, high, len(depths))[:, None, None]


def _agreement(group: Sequence[Sighting], waves: Waves, found: Found) -> float:
    """How far times are from those of a place, relative to how far they may be; 1 where there are too few to know."""
    deviations = waves.late(found.east, found.north, found.depth, found.time)
    free = len(deviations) - 4  # numbers of an origin
    if stations(group) < SEVERAL or free < 2:
        return 1.0
    return float(np.clip(np.sqrt(np.sum(deviations**2) / free), _LEAST, 1.0))


def _radius(away: Float64[ndarray, "north east"], weight: Float64[ndarray, "north east"]) -> float:
    """Distance within which so much of a probability lies."""
    order = np.argsort(away, axis=None)
    share = np.cumsum(weight.flat[order]) / weight.sum()
    return float(away.flat[order[np.searchsorted(share, _HELD)]])


def stations(group: Sequence[Sighting]) -> int:
    """How many there are."""
    return len({sighting.code for sighting in group})


def _density(
    group: Sequence[Sighting],
    waves: Waves,
    places: tuple[
        Float64[ndarray, "1 1 east"],
        Float64[ndarray, "1 north 1"],
        Float64[ndarray, "depths 1 1"],
    ],
    scale: float,
) -> tuple[Grid, Grid]:
    """Logarithm of the probability of places, and the time of the earthquake if it is there."""
    x, y, z = places
    travel = waves.travel(x, y, z)
    base = float(waves.time[0])
    begun = (waves.time - base)[:, None, None, None] - travel
    ordered = np.sort(begun, axis=0)  # of so few numbers the median takes twice as long
    middle = (ordered[(len(begun) - 1) // 2] + ordered[len(begun) // 2]) / 2
    total: Grid = np.zeros(middle.shape)
    count = stations(group)
    if count > 1:  # of one station the detector has used the times better
        total += _log_student((begun - middle) ** 2 / (scale**2 * variance(travel))).sum(0)
    for sighting in group if count < SEVERAL else ():  # what detectors say rests on the same times
        if sighting.place is not None:
            total += _of_detector(sighting.place, x - sighting.east, y - sighting.north, z + sighting.height)
    return total, middle + base


def _of_detector(
    place: Place,
    east: Float64[ndarray, "1 1 east"],
    north: Float64[ndarray, "1 north 1"],
    z: Float64[ndarray, "depths 1 1"],
) -> Grid:
    """What a detector says of places as seen from its station."""
    total: Grid = _log_student(_deviations(np.hypot(east, north), place.distance) ** 2)
    total = total + _log_student(_deviations(z, place.depth) ** 2)
    if place.azimuth is not None:
        turned = (np.degrees(np.arctan2(east, north)) - place.azimuth.value + 180) % 360 - 180
        total = total + _log_student((turned / max(5.0, place.azimuth.half)) ** 2)
    return np.asarray(total)


def _deviations(value: Float64[ndarray, "*places"], estimate: Estimate) -> Float64[ndarray, "*places"]:
    """How many standard deviations a value is away, on the logarithmic scale, on which the two sides may differ."""
    apart = np.log(np.maximum(value, 0.1) / estimate.value)
    wide = [max(0.1, float(np.log(end))) for end in (estimate.value / estimate.low, estimate.high / estimate.value)]
    return np.asarray(apart / np.where(apart < 0, *wide))


def _log_student(squares: Float64[ndarray, "*places"]) -> Float64[ndarray, "*places"]:
    """Logarithm of Student's density of four degrees of freedom: one that is far off does not rule the others.

    Args:
        squares: of the numbers of standard deviations.
    """
    density: Float64[ndarray, "*places"] = -2.5 * np.log1p(squares / 4)
    return density


def _fits(group: Sequence[Sighting], late: Float64[ndarray, " waves"], east: float, north: float) -> bool:
    """Whether all times agree with a place, and most distances that detectors have given."""
    if np.any(np.abs(late) > FITS):
        return False
    given = [(np.hypot(east - s.east, north - s.north), s.place.distance) for s in group if s.place is not None]
    doubts = sum(abs(float(_deviations(np.asarray(away), estimate))) > FITS for away, estimate in given)
    return doubts <= _DOUBTS * len(given)
