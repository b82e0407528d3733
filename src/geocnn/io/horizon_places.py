"""Where the picks of a horizon lie in a survey: by numbers of lines, by map coordinates, or by both.

Numbers of lines may be those of another survey, or of this one before it was numbered anew, and coordinates are what
tells: where a file has both and they put picks on other traces, the coordinates are believed if they are those of
traces. Those in another unit, or of another datum, are not, and the numbers count.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import FOOT, Grid

__all__ = ["OTHERWISE", "Places", "by_coordinates", "by_numbers", "inside", "region", "settled"]

_BESIDE = 0.75
"""Distance between traces within which a pick belongs to the nearest one."""
_ON = 0.01
"""Steps from a line within which a number that is not whole is the number of that line."""
_NEAR_TRACE = 0.1
"""Traces from the nearest one up to which a place can be its own, for what files round."""
_MOST = 0.9
"""Share of picks that numbers and coordinates must put on the same traces; a few may be wrong in any file."""
_NOWHERE = 1e20
_US_FOOT = 1200 / 3937
OTHERWISE = (
    (FOOT, " in ft"),
    (1 / FOOT, " in m"),
    (_US_FOOT, " in US ft"),
    (1 / _US_FOOT, " in m"),
    *((10.0**power, f" times {10.0**power:g}") for power in (-1, 1, -2, 2, -3, 3)),
)
"""What coordinates in another unit, or scaled, are to be multiplied by, and words for it."""


class Places(NamedTuple):
    """Where picks lie.

    Attributes:
        at: fractional indices of the traces, ``(picks, ndim - 1)``; NaN where no trace is near.
        words: on coordinates that are in another unit or contradict the numbers.
        agree: whether numbers and coordinates put the picks on the same traces.
        elsewhere: where the coordinates lie, if that is outside of the survey while the numbers are in it.
    """

    at: NDArray[np.float64]
    words: str = ""
    agree: bool = False
    elsewhere: str = ""


def settled(numbers: NDArray[np.float64], xy: NDArray[np.float64], grid: Grid) -> Places:
    """Places of picks that have both numbers of lines and map coordinates, in a survey with coordinates.

    Args:
        numbers: of the lines, ``(picks, ndim - 1)``.
        xy: ``(picks, 2)``; two equal numbers, such as zeros, are no coordinates.
        grid: of the survey.
    """
    lines, mapped = by_numbers(numbers, grid), by_coordinates(xy, grid)
    known = (np.abs(xy) < _NOWHERE).all(axis=1) & (xy[:, 0] != xy[:, 1])
    numbered, found = known & inside(lines, grid), known & inside(mapped, grid)
    if _agree(lines, xy, grid, numbered | found):
        return Places(lines, agree=True)
    for factor, words in OTHERWISE:
        if _agree(lines, factor * xy, grid, numbered):
            return Places(lines, f", x y{words}", agree=True)
    if _agree(lines, xy[:, ::-1], grid, numbered):
        return Places(lines, ", x and y swapped", agree=True)
    if numbered.any() and _are_degrees(xy[numbered], grid):
        return Places(lines, ", without x y, which are degrees")
    off = _off(lines, xy, grid)[numbered & found]
    away = float(np.median(off[np.isfinite(off)])) if np.isfinite(off).any() else 0.0
    far = f"{away:.3g} traces off" if away > _BESIDE else ""
    if found.any() and _on_traces(mapped[found]):
        return Places(mapped, ", placed by x y" + f", from which the numbers are {far}" * bool(far))
    if found.any():
        return Places(lines, f", placed by the numbers, from which x y are {far or 'elsewhere'}: of another datum?")
    return Places(lines, elsewhere=region(xy[numbered]) if numbered.any() else "")


def _are_degrees(xy: NDArray[np.float64], grid: Grid) -> bool:
    """Whether coordinates can be longitudes and latitudes, in either order, while the survey is not there."""
    degrees = bool((np.abs(xy).max(axis=0) <= 360).all() and np.abs(xy).max(axis=0).min() <= 90)
    return degrees and bool((np.abs(_corners(grid)) > 1000).any())


def _on_traces(mapped: NDArray[np.float64]) -> bool:
    """Whether most places are those of traces, as those of another datum are not; between lines there is no telling."""
    rest = np.abs(mapped - np.rint(mapped)).max(axis=1)
    return float(np.median(rest)) <= _NEAR_TRACE


def by_numbers(numbers: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Fractional indices of numbers of lines; none where they are no such numbers.

    Those of an axis of whole numbers are whole, and those of another lie on it: a finer grid has lines at halves.
    """
    axes = grid.axes[:-1]
    starts, steps = (np.array([getattr(axis, name) for axis in axes]) for name in ("start", "step"))
    index = np.asarray((numbers - starts) / steps, np.float64)
    whole = (starts == np.rint(starts)) & (steps == np.rint(steps))
    fits = np.where(whole, numbers == np.rint(numbers), np.abs(index - np.rint(index)) <= _ON)
    return index if fits.all() else np.full(numbers.shape, np.nan)


def by_coordinates(xy: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Fractional indices of map coordinates; NaN where no trace is near, beside a line for instance."""
    if grid.is_crooked:
        from scipy.spatial import KDTree

        points = _corners(grid)
        away, nearest = KDTree(points).query(xy)
        return np.where(away <= _BESIDE * _largest(points), nearest.astype(np.float64), np.nan)[:, None]
    origin, vectors = grid.regular
    index = np.asarray((xy - origin) @ np.linalg.pinv(vectors), np.float64)
    if grid.is_irregular:
        return _nearest(xy, index, grid)
    if grid.ndim == 2:
        away = np.hypot(*(xy - grid.map_xy(index)).T)
        index[away > _BESIDE * np.hypot(*vectors[0])] = np.nan
    return index


def _nearest(xy: NDArray[np.float64], index: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Indices of the traces that are nearest by their own coordinates, which are within a bin of a regular grid.

    Args:
        xy: of the picks.
        index: of them on the regular grid; what is outside of it, and beside every trace, stays there.
        grid: of the survey.
    """
    last = np.array(grid.shape[:-1]) - 1
    around = np.clip(np.rint(np.nan_to_num(index, nan=-9)), -9, last + 9)
    best, least = index.copy(), np.full(len(xy), np.inf)
    side = float(np.hypot(*grid.regular[1].T).max())
    for step in np.ndindex(*(5,) * len(last)):
        trace = around + step - 2
        there = ((trace >= 0) & (trace <= last)).all(axis=1)
        away = np.hypot(*(grid.map_xy(trace[there]) - xy[there]).T)
        closer = away < least[there]
        at = np.flatnonzero(there)[closer]
        best[at], least[at] = trace[at], away[closer]
    return np.where((inside(index, grid) | (least <= _BESIDE * side))[:, None], best, index)


def inside(index: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
    """Which fractional indices are those of a trace of the survey."""
    last = np.array(grid.shape[:-1]) - 1
    return np.asarray(((index >= -0.5) & (index <= last + 0.5)).all(axis=1))


def region(of: NDArray[np.float64] | Grid) -> str:
    """Ranges of map coordinates ``(n, 2)``, or of those of a survey, in words."""
    xy = _corners(of) if isinstance(of, Grid) else of
    return ", ".join(
        f"{name} {_number(low)}..{_number(high)}" for name, low, high in zip("xy", xy.min(0), xy.max(0), strict=True)
    )


def _number(value: float) -> str:
    """A coordinate to a metre, of degrees to some digits."""
    return f"{value:.0f}" if abs(value) > 360 else f"{value:.5g}"


def _agree(lines: NDArray[np.float64], xy: NDArray[np.float64], grid: Grid, which: NDArray[np.bool_]) -> bool:
    """Whether numbers and coordinates put some of the picks on the same traces."""
    return bool(which.any()) and float(np.mean(_off(lines, xy, grid)[which] <= _BESIDE)) >= _MOST


def _off(lines: NDArray[np.float64], xy: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Traces from where coordinates put picks to where their numbers do; NaN where one of the two puts them nowhere."""
    if grid.is_crooked:
        return np.asarray(np.hypot(*(grid.map_xy(lines) - xy).T) / _largest(_corners(grid)), np.float64)
    return np.asarray(np.abs(lines - by_coordinates(xy, grid)).max(axis=1), np.float64)


def _corners(grid: Grid) -> NDArray[np.float64]:
    """Map coordinates of the corners of a cube or of the ends of a line, of a crooked one those of all traces."""
    if grid.is_crooked:
        return grid.map_xy(np.arange(grid.shape[0], dtype=np.float64)[:, None])
    last = np.array(grid.shape[:-1]) - 1.0
    return grid.map_xy(np.array([*np.ndindex(*(2 for _ in last))]) * last)


def _largest(points: NDArray[np.float64]) -> float:
    """Largest distance from one trace of a line to the next."""
    return float(np.hypot(*np.diff(points, axis=0).T).max())
