"""Find the place that best explains what stations have seen of an earthquake.

The times of P and S give every place a probability. With one or two stations they leave circles, on which a detector
tells the place.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from geocnn.location import DEPTHS, DISTANCE, Estimate, Place
from geocnn.prediction.sighting import TRUSTED, Found, Sighting
from geocnn.prediction.waves import LATE, Waves, variance

__all__ = ["FITS", "SEVERAL", "TRUSTED", "USUAL", "Found", "Sighting", "locate", "stations", "waves_of", "weight_of"]

FITS = 2.0
"""Largest deviation, in standard deviations, with which a time or a distance still fits."""
_DOUBTS = 0.25
"""Share of the stations whose distance need not fit, because they may have picked the S wave of another earthquake."""
SEVERAL = 3
"""Least number of stations whose times alone can locate an earthquake."""
_HELD = 0.68
"""Probability that an earthquake lies within the spread of its place."""
_SOME, _MORE = DEPTHS[[0, 15, 30, *range(45, len(DEPTHS), 3)]], DEPTHS[::3]
"""Depths to try, km: few to see whether waves fit together, and more for the final place."""
USUAL = 40.0
"""Depth, km, to which earthquakes are always searched; below only where P and S are so far apart."""
_EDGE = 1.0
"""Least error of the shallowest depth that is tried, km."""
_FLANK = 0.3
"""Kilometres by which the ground may be lower at each kilometre from a station."""
_FREE = 4
"""Degrees of freedom of Student's density, in which a single outlier does not dominate."""
_LEAST = 0.25
"""Lower bound of the factor on the standard deviations of times, for times that agree better than expected."""
_SIDE = 15
"""Number of places along one side of a grid."""
_AROUND = 4.0
"""Half width of the first grid of the exact search, in spreads of the approximate place."""

Grid = Float64[ndarray, "depths north east"]


def locate(group: Sequence[Sighting], *, exact: bool = False, first: Found | None = None) -> Found:
    """Find the most probable place of an earthquake.

    Args:
        group: sightings of one earthquake; at least one must tell how far away it is.
        exact: search more depths and use the layers of the crust, if it has any, and scale the errors of times by how
            well they agree. This takes longer.
        first: approximate place, if one is known.
    """
    waves = waves_of(group, layered=exact)
    if first is None:
        nearest = min((s for s in group if s.tells), key=lambda s: s.reach)
        first = _search(group, waves, _SOME, 1.0, (nearest.east, nearest.north, nearest.reach))
    if not exact:
        return first
    around = first.east, first.north, _AROUND * first.spread
    return _search(group, waves, _MORE, _agreement(group, waves, first), around, finer=2)


def waves_of(group: Sequence[Sighting], *, layered: bool) -> Waves:
    """All waves of some sightings, in their order."""
    known = [(s.east, s.north, s.height, float(phase == "S"), time) for s in group for phase, time in s.times.items()]
    east, north, height, shear, time = np.array(known, np.float64).T
    return Waves(east, north, height, shear > 0, time, group[0].crust, layered)


def _search(
    group: Sequence[Sighting],
    waves: Waves,
    depths: Float64[ndarray, " depths"],
    scale: float,
    around: tuple[float, float, float],
    *,
    finer: int = 0,
) -> Found:
    """Search the place on grids that become finer until they resolve the spread.

    Args:
        group: sightings of the earthquake.
        waves: their waves.
        depths: depths to try, km below the highest station; those that the delays of S waves exclude are left out.
        scale: factor on the standard deviations of times.
        around: east and north of the centre, and half the side of the first grid, km.
        finer: how often the depths may be refined as well; coarse depths would shift the epicentre.
    """
    (east, north, half), spread = around, 0.0
    level = max(s.height for s in group)
    depths = _possible(group, depths)
    while True:
        side = np.linspace(-half, half, _SIDE)
        x, y = east + side[None, None, :], north + side[None, :, None]
        density, begun = _density(group, waves, (x, y, depths[:, None, None] - level), scale)
        weight = np.exp(density - density.max())
        _, row, column = np.unravel_index(int(np.argmax(density)), density.shape)
        east, north = float(x[0, 0, column]), float(y[0, row, 0])
        step = 2 * half / (_SIDE - 1)
        if spread > 0 or step < 0.02:
            break
        seen = _radius(np.hypot(x - east, y - north)[0], weight.sum(0))
        if seen > 1.2 * step and finer:
            depths, few = _likely(depths, weight.sum((1, 2)))
            finer = finer - 1 if few else 0
        else:
            spread = seen if seen > 1.2 * step else 0.0
            half = step if spread else 3 * step
    deep, each = weight[:, row, column] / weight[:, row, column].sum(), weight.sum((1, 2))
    below = float(np.exp(np.sum(deep * np.log(depths))))
    error = _deviation(np.log(depths), each) * below
    if int(np.argmax(each)) in (0, len(depths) - 1):  # it may lie beyond what was searched
        error = max(error, _EDGE, spread, below / 5)
    depth = below - level
    x, y, z = (np.full((1, 1, 1), km) for km in (east, north, depth))
    _, there = _density(group, waves, (x, y, z), scale)
    time = float(there[0, 0, 0])
    late = waves.late(east, north, depth, time)
    errors = error, _deviation(begun - time, weight)
    fits = not np.any(np.abs(late) > FITS) and _far_enough(group, east, north, depth)
    return Found(east, north, depth, time, max(spread, step), *errors, fits, scale)


def _possible(group: Sequence[Sighting], depths: Float64[ndarray, " depths"]) -> Float64[ndarray, " possible"]:
    """Depths that are not below the largest distance of the hypocentre, with one below it, and all usual ones."""
    level = max(s.height for s in group)
    deepest = min((s.way + level - s.height for s in group if s.way), default=0.0)
    return depths[: np.searchsorted(depths, max(deepest, USUAL)) + 1]


def _deviation(values: Float64[ndarray, "*places"], weight: Float64[ndarray, "*places"]) -> float:
    """Weighted standard deviation."""
    share = weight / weight.sum()
    mean = np.sum(values * share)
    return float(np.sqrt(np.sum(share * (values - mean) ** 2)))


def _likely(
    depths: Float64[ndarray, " depths"], weight: Float64[ndarray, " depths"]
) -> tuple[Float64[ndarray, " depths"], bool]:
    """As many depths as before, within the range that holds most of the probability, and whether few had it."""
    there = np.flatnonzero(weight > 1e-3 * weight.max())
    low, high = depths[max(0, there[0] - 1)], depths[min(len(depths) - 1, there[-1] + 1)]
    return np.geomspace(low, high, len(depths)), len(there) < len(depths) / 2


def _agreement(group: Sequence[Sighting], waves: Waves, found: Found) -> float:
    """Scatter of the times about those of a place, relative to the expected one; 1 if there are too few times."""
    deviations = waves.late(found.east, found.north, found.depth, found.time)
    free = len(deviations) - 4  # an origin has four numbers
    if stations(group) < SEVERAL or free < 2:
        return 1.0
    return float(np.clip(np.sqrt(np.sum(deviations**2) / free), _LEAST, 1.0))


def _radius(away: Float64[ndarray, "north east"], weight: Float64[ndarray, "north east"]) -> float:
    """Distance within which a share of 0.68 of the probability lies."""
    order = np.argsort(away, axis=None)
    share = np.cumsum(weight.flat[order]) / weight.sum()
    return float(away.flat[order[np.searchsorted(share, _HELD)]])


def stations(group: Sequence[Sighting]) -> int:
    """Number of different stations."""
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
    """Logarithm of the probability of each place, and the origin time for it."""
    x, y, z = places
    travel = waves.travel(x, y, z)
    base = float(waves.time[0])
    begun = (waves.time - base)[:, None, None, None] - travel
    ordered = np.sort(begun, axis=0)  # for so few numbers sorting takes half the time of the median
    middle = (ordered[(len(begun) - 1) // 2] + ordered[len(begun) // 2]) / 2
    total: Grid = np.zeros(middle.shape)
    count = stations(group)
    if count > 1:  # with one station the detector has already made better use of the times
        total += _log_student((begun - middle) ** 2 / (scale**2 * variance(travel))).sum(0)
    for sighting in group if count < SEVERAL else ():  # only for few stations: detectors use the same times
        if sighting.place is not None:
            total += _of_detector(sighting.place, x - sighting.east, y - sighting.north, z + sighting.height)
    if np.ptp(waves.height) > 0:  # else all depths are below the ground
        total[z + _ground(waves, x, y) < -1e-9] = -np.inf
    return total, middle + base


def _ground(
    waves: Waves, x: Float64[ndarray, "1 1 east"], y: Float64[ndarray, "1 north 1"]
) -> Float64[ndarray, "1 north east"]:
    """Height above the sea, km, up to which an earthquake may lie: as the nearest station, and high near high ones.

    Times at lower stations would not tell the air above them from the ground just below.
    """
    east, north, height = np.unique([waves.east, waves.north, waves.height], axis=1)[:, :, None, None]
    away = np.hypot(x - east, y - north)
    near = np.take_along_axis(np.broadcast_to(height, away.shape), away.argmin(0, keepdims=True), 0)
    return np.asarray(np.maximum(near, (height - _FLANK * away).max(0, keepdims=True)))


def weight_of(residual: float, travel: float, scale: float) -> float:
    """Weight of a time in the place of an earthquake that several stations have seen.

    It is relative to that of a time without a residual right above the earthquake, and follows from the probability of
    a place: far waves have a larger variance, and Student's density has little regard for those that come at another
    time.

    Args:
        residual: observed minus computed arrival time, s.
        travel: computed travel time, s.
        scale: as :class:`Found` has it.
    """
    expected = float(variance(np.asarray(travel)))
    return LATE**2 / expected * _FREE / (_FREE + residual**2 / (scale**2 * expected))


def _of_detector(
    place: Place,
    east: Float64[ndarray, "1 1 east"],
    north: Float64[ndarray, "1 north 1"],
    z: Float64[ndarray, "depths 1 1"],
) -> Grid:
    """Log probability of places around a station according to its detector."""
    total: Grid = _log_student(_deviations(np.hypot(east, north), place.distance) ** 2)
    total = total + _log_student(_deviations(z, place.depth) ** 2)
    if place.azimuth is not None:
        turned = (np.degrees(np.arctan2(east, north)) - place.azimuth.value + 180) % 360 - 180
        total = total + _log_student((turned / max(5.0, place.azimuth.half)) ** 2)
    return np.asarray(total)


def _deviations(value: Float64[ndarray, "*places"], estimate: Estimate) -> Float64[ndarray, "*places"]:
    """Deviation from an estimate in standard deviations, on a logarithmic scale; the two sides may differ."""
    apart = np.log(np.maximum(value, 0.1) / estimate.value)
    wide = [max(0.1, float(np.log(end))) for end in (estimate.value / estimate.low, estimate.high / estimate.value)]
    return np.asarray(apart / np.where(apart < 0, *wide))


def _log_student(squares: Float64[ndarray, "*places"]) -> Float64[ndarray, "*places"]:
    """Logarithm of Student's density.

    Args:
        squares: squared deviations, in standard deviations.
    """
    density: Float64[ndarray, "*places"] = -(_FREE + 1) / 2 * np.log1p(squares / _FREE)
    return density


def _far_enough(group: Sequence[Sighting], east: float, north: float, depth: float) -> bool:
    """Whether most of the distances that detectors gave agree with a place.

    At greater depths than a detector has in view, which may never have learnt any, the distance of the hypocentre is
    compared: that is what it knows from the delay of S; and nothing beyond its distances.
    """
    doubts = given = 0
    for s in group:
        if s.place is None:
            continue
        estimate, away, below = s.place.distance, float(np.hypot(east - s.east, north - s.north)), depth + s.height
        if below > s.place.depth.high:
            away = float(np.hypot(away, below))
            estimate = Estimate(*(float(np.hypot(*ends)) for ends in zip(estimate, s.place.depth, strict=True)))
            if away > DISTANCE.high:
                continue
        doubts += abs(float(_deviations(np.asarray(away), estimate))) > FITS
        given += 1
    return doubts <= _DOUBTS * given
