"""Whether two surveys of one size are of one place."""

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import FOOT, Axis, Grid
from geocnn.io.horizon_places import OTHERWISE

__all__ = ["difference", "distance"]

_OFF = 0.1
"""Steps by which the ends of two axes may differ and be the same, for what files round."""


def difference(own: Grid, other: Grid) -> tuple[str, str] | None:
    """What tells that two grids of one shape are of two places, each grid's in words; None where nothing does.

    That are axes that differ in their start or step, or are in another order by their names, or else map coordinates,
    for lines are often counted from 1. Axes
    that only count from 0, as those of .npy files, can be those of any survey, and so can those in other units.
    """
    pairs = [pair for pair in zip(own.axes, other.axes, strict=True) if _differ(*pair)]
    lines = list(zip(own.axes, other.axes, strict=True))[:2]
    if own.is_turned != other.is_turned and not any(_counts(one) or _counts(two) for one, two in lines):
        pairs = [*lines, *(pair for pair in pairs if pair not in lines)]
    if not pairs:
        return distance(own, other)
    one, two = (" and ".join(map(str, axes)) for axes in zip(*pairs, strict=True))
    return one, two


def distance(own: Grid, other: Grid) -> tuple[str, str] | None:
    """The trace that map coordinates of two grids of one shape put farthest apart, each grid's in words.

    Corners or ends are compared, and the middle. None where they are no farther apart than two neighbouring lines, for
    some files have corners of bins and others their centres, and where coordinates are not known, not in the same unit
    or scaled otherwise.
    """
    if not (own.spacing and other.spacing):
        return None
    known = [grid.attributes["coordinates"] for grid in (own, other)]
    units = {one["unit"] for one in known if isinstance(one, dict) and "unit" in one}
    last = np.array(own.shape[:-1]) - 1
    traces = np.vstack([np.array([*np.ndindex(*(2 for _ in last))]) * last, last // 2])
    places = [grid.map_xy(traces.astype(np.float64)) for grid in (own, other)]
    metres = FOOT if units == {"ft"} else 1.0
    most = max(*own.spacing, *other.spacing)
    apart = np.hypot(*(places[0] - places[1]).T) * metres
    # Coordinates with another scalar or unit than their header says, or swapped, are those of the place all the same.
    meant = [factor * places[1] for factor, _ in OTHERWISE] + [places[1][:, ::-1]]
    scaled = (np.hypot(*(places[0] - one).T).max() * metres for one in meant)
    if len(units) > 1 or apart.max() <= most or any(far <= most for far in scaled):
        return None
    if any(_are_numbers(grid, traces) for grid in (own, other)):
        return None
    farthest = int(apart.argmax())
    one, two = (
        f"{_named(grid, traces[farthest])} at x {xy[farthest, 0]:.0f}, y {xy[farthest, 1]:.0f}"
        for grid, xy in zip((own, other), places, strict=True)
    )
    return one, two


def _are_numbers(grid: Grid, traces: NDArray[np.int64]) -> bool:
    """Whether what stands for the map coordinates of a cube are the numbers of its lines."""
    if grid.ndim != 3:
        return False
    numbers = np.array([axis.start for axis in grid.axes[:-1]]) + traces * [axis.step for axis in grid.axes[:-1]]
    xy = grid.map_xy(traces.astype(np.float64))
    return any(bool(np.abs(xy - one).max() <= 1) for one in (numbers, numbers[:, ::-1]))


def _named(grid: Grid, trace: NDArray[np.int64]) -> str:
    """A trace by the numbers of its lines."""
    numbers = zip(grid.axes[:-1], trace, strict=True)
    return ", ".join(f"{axis.name} {axis.start + axis.step * int(index):g}" for axis, index in numbers)


def _differ(one: Axis, two: Axis) -> bool:
    """Whether both axes have coordinates, and not the same."""
    if _counts(one) or _counts(two) or one.unit != two.unit:
        return False
    most = _OFF * min(abs(one.step), abs(two.step))
    return max(abs(one.start - two.start), abs(one.stop - two.stop)) > most


def _counts(axis: Axis) -> bool:
    """Whether an axis has no coordinates but the numbers of its samples."""
    return (axis.start, axis.step, axis.unit) == (0, 1, "")
