"""Whether a cube by its line numbers is several lines by its map coordinates, apart or in different directions."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINES", "several_lines"]

LINES = "lines"
"""Label of the note that tells it."""
_AT_MOST = 400
"""Lines, and traces of each, that are looked at."""
_REGULAR = 0.5
"""How much the way from a trace to the next may differ from what is usual along its line, as a part of that."""
_MOST = 0.8
"""Of the ways from trace to trace, that must be regular for coordinates to be believed."""
_AHEAD = 0.5
"""How far ahead of its neighbour a line of a cube may lie, as a part of its length."""
_TURNED = 0.25
"""How much the usual way from trace to trace may differ between two lines of a cube, as a part of it: 14 degrees."""


def several_lines(
    places: NDArray[np.intp], points: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[float, float] | None:
    """Why traces that are numbered as a cube, and fit no plane, are several lines; None where they may be a cube.

    Of a cube neighbouring lines are parallel and side by side, however far apart. Lines are several where that holds
    for less than half of the neighbours. Only coordinates are believed that go on regularly
    along the lines: damaged ones, and those of shots, do not.

    Args:
        places: ``(n, 2)`` indices of traces on the grid.
        points: ``(n, 2)`` their coordinates.
        shape: of the grid, (inline, crossline).

    Returns:
        Usual distances between the traces of a line, and between lines that follow one another.
    """
    if len(shape) != 2 or min(shape) < 2:
        return None
    rows = np.unique(places[:, 0])[:_AT_MOST]
    first = int(places[:, 1].min())
    chosen = np.isin(places[:, 0], rows) & (places[:, 1] < first + _AT_MOST)
    table = np.full((len(rows), _AT_MOST, 2), np.nan)
    table[np.searchsorted(rows, places[chosen, 0]), places[chosen, 1] - first] = points[chosen]
    along = np.diff(table, axis=1)
    known = np.isfinite(along[..., 0])
    counted = known.sum(axis=1) > 2
    if np.count_nonzero(counted) < 2 or np.count_nonzero(known) < 10:
        return None
    usual = np.full((len(rows), 2), np.nan)
    for row in np.flatnonzero(counted):
        usual[row] = np.median(along[row, known[row]], axis=0)
    step = np.hypot(*usual.T)
    off = np.hypot(*np.moveaxis(along - usual[:, None], -1, 0))
    if not np.nanmin(step) > 0 or np.mean((off <= _REGULAR * step[:, None])[known]) < _MOST:
        return None
    turned = np.hypot(*np.diff(usual, axis=0).T) > _TURNED * np.maximum(step[:-1], step[1:])
    across = np.diff(table, axis=0)
    shared = np.isfinite(across[..., 0])
    pairs = np.flatnonzero(shared.any(axis=1) & np.isfinite(np.diff(step)))
    if not len(pairs):
        return None
    ways = np.array([np.median(across[pair, shared[pair]], axis=0) for pair in pairs])
    lengths = np.hypot(*(ways / np.diff(rows)[pairs][:, None]).T)
    long = step * np.isfinite(table[..., 0]).sum(axis=1)
    ahead = np.abs(np.sum(ways * usual[pairs], axis=1)) / step[pairs]
    beside = ~turned[pairs] & (ahead <= _AHEAD * np.minimum(long[pairs], long[pairs + 1]))
    return None if beside.mean() >= 0.5 else (float(np.median(step[counted])), float(np.median(lengths)))
