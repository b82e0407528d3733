"""Horizons: surfaces with a time or depth on every trace that was picked, in the text files of interpretation systems.

A line of a file is a place and a time or depth, whatever words stand between the numbers, such as the ``INLINE : 1200
XLINE : 800`` of Charisma and Petrel; lines without numbers are skipped. Columns are ``inline crossline z``, ``x y z``,
``inline crossline x y z``, of lines ``trace z``, ``x y z`` or ``trace x y z``; the way of reading that puts the most
picks into the survey is taken. Times in seconds become those of the survey, and so do elevations, which are negative.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.grid import Grid
from geocnn.io.scan import ScannedSource
from geocnn.io.slices import Slices, spans
from geocnn.io.system import reason, replaced

__all__ = ["Horizon", "IntervalSource", "read_horizon", "write_horizon"]

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_COMMENTS = ("#", "!", "//", '"')
_FACTORS = (1.0, -1.0, 1000.0, -1000.0)
"""What a file may have to be multiplied with: elevations are negative, some programs write seconds."""
_BESIDE = 0.75
"""Distance between traces within which a pick belongs to the nearest one."""
_CORRECT = 1000
"""Lines after which the number of columns is known."""


@dataclass(frozen=True, eq=False)
class Horizon:
    """A horizon of a survey.

    Attributes:
        name: what it is called.
        values: time or depth on each trace, in the unit of the vertical axis, shape ``grid.shape[:-1]``; NaN where
            nobody picked it.
    """

    name: str
    values: NDArray[np.float64]

    @property
    def picked(self) -> int:
        """Traces on which it is known."""
        return int(np.isfinite(self.values).sum())


def read_horizon(path: str | Path, grid: Grid) -> Horizon:
    """Read a horizon and put it on the traces of a survey; of several picks on a trace the mean.

    Args:
        path: text file.
        grid: of the survey, a line or a cube.

    Raises:
        MissingError: no such file.
        FormatError: it holds no columns of numbers.
        DataError: none of its picks lies in the survey.
    """
    path = Path(path)
    rows = _rows(path)
    found = [_placed(*reading, grid) for reading in _readings(rows, grid)]
    where, depth = max(
        found, key=lambda pair: len(pair[1]), default=(np.empty((0, grid.ndim - 1), np.int64), rows[:0, 0])
    )
    if not len(depth):
        first = " ".join(f"{number:g}" for number in rows[0])
        raise DataError(
            f"{path.name} begins with {first} and has no pick inside of the survey ({grid}); needed are columns "
            f"{_wanted(grid)}."
        )
    values, count = np.zeros(grid.shape[:-1]), np.zeros(grid.shape[:-1])
    np.add.at(values, tuple(where.T), depth)
    np.add.at(count, tuple(where.T), 1)
    return Horizon(path.stem, np.divide(values, count, out=np.full(values.shape, np.nan), where=count > 0))


def write_horizon(horizon: Horizon, path: Path, grid: Grid) -> None:
    """Write a horizon as columns, a line a trace; map coordinates where the survey has them.

    Raises:
        TargetError: the file cannot be written.
    """
    index = np.argwhere(np.isfinite(horizon.values))
    names = list(grid.names[:-1])
    columns = [axis.start + axis.step * index[:, k] for k, axis in enumerate(grid.axes[:-1])]
    forms = ["%.10g"] * len(columns)
    if grid.has_coordinates:
        columns += list(grid.map_xy(index.astype(np.float64)).T)
        names += ["x", "y"]
        forms += ["%.2f"] * 2
    down = grid.axes[-1]
    head = " ".join([*names, f"{down.name}_{down.unit}" if down.unit else down.name])
    table = np.column_stack([*columns, horizon.values[tuple(index.T)]])
    with replaced(path) as part:
        np.savetxt(part, table, fmt=[*forms, "%.3f"], header=head)


class IntervalSource(ScannedSource):
    """Intervals between horizons as classes: 0 above the first, 1 below it, and so on.

    Where a horizon is not picked, samples that may lie on either side of it are unknown, NaN.

    Args:
        horizons: from top to bottom.
        grid: of the survey.
    """

    def __init__(self, horizons: Sequence[Horizon], grid: Grid) -> None:
        super().__init__()
        self.horizons, self.grid = tuple(horizons), Grid(grid.axes)
        self.dtype = np.dtype(np.float32)
        self.path: Path | None = None

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block of classes."""
        *lateral, (begin, end) = spans(slices, self.grid.shape)
        down = self.grid.axes[-1].values[begin:end]
        where = tuple(slice(a, b) for a, b in lateral)
        shape = (*(b - a for a, b in lateral), end - begin)
        above, below = np.zeros(shape, np.float32), np.full(shape, len(self.horizons), np.float32)
        for number, horizon in enumerate(self.horizons):
            values = horizon.values[where][..., None]
            np.copyto(above, number + 1, where=values <= down)  # comparisons with NaN are never true
        for number, horizon in reversed(list(enumerate(self.horizons))):
            np.copyto(below, number, where=horizon.values[where][..., None] > down)
        return np.where(above == below, above, np.float32(np.nan))

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return [("format", f"intervals between {', '.join(horizon.name for horizon in self.horizons)}")]


def _rows(path: Path) -> NDArray[np.float64]:
    """The numbers of all lines that have as many as most.

    Raises:
        MissingError: no such file.
        FormatError: there are none.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        raise MissingError(f"there is no file {path}; check the name.") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({reason(error)}); give a text file with a horizon.") from None
    found = [_NUMBER.findall(line) for line in lines if not line.lstrip().startswith(_COMMENTS)]
    counts = Counter(len(numbers) for numbers in found[:_CORRECT] if len(numbers) >= 2)
    if not counts:
        raise FormatError(f"{path.name} holds no columns of numbers; a horizon is a text file with a place and a time.")
    wide = counts.most_common(1)[0][0]
    return np.array([numbers for numbers in found if len(numbers) == wide], np.float64)


def _readings(rows: NDArray[np.float64], grid: Grid) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Fractional indices of the places, and times or depths, in each way in which the columns can be read."""
    wide, lines, found = rows.shape[1], grid.ndim - 1, []
    if wide == lines + 1 or wide == lines + 3:  # numbers of lines, with or without map coordinates behind them
        starts, steps = (np.array([getattr(axis, name) for axis in grid.axes[:-1]]) for name in ("start", "step"))
        found.append(((rows[:, :lines] - starts) / steps, rows[:, -1]))
    if wide in (3, 4) and grid.has_coordinates:
        found.append((_indices(rows[:, :2], grid), rows[:, 2]))
    if wide == lines + 3 and grid.has_coordinates:
        found.append((_indices(rows[:, lines : lines + 2], grid), rows[:, -1]))
    return found


def _placed(
    places: NDArray[np.float64], z: NDArray[np.float64], grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Traces and times or depths of what lies in the survey; 1e30 and the like are for nothing."""
    last = np.array(grid.shape[:-1]) - 1
    inside = ((places >= -0.5) & (places <= last + 0.5)).all(axis=1)
    down = grid.axes[-1]
    low, high = sorted((down.start, down.stop))
    factor = max(
        _FACTORS, key=lambda f: int(((z[inside] * f >= low) & (z[inside] * f <= high)).sum())
    )  # the first best
    inside &= (z * factor >= low) & (z * factor <= high)
    nearest = np.rint(places[inside]).astype(np.int64)
    return np.clip(nearest, 0, last), z[inside] * factor


def _indices(xy: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Fractional indices of map coordinates; NaN where no trace is near."""
    if grid.is_crooked:
        from scipy.spatial import KDTree

        points = grid.map_xy(np.arange(grid.shape[0], dtype=np.float64)[:, None])
        away, nearest = KDTree(points).query(xy)
        largest = float(np.hypot(*np.diff(points, axis=0).T).max())
        return np.where(away <= _BESIDE * largest, nearest.astype(np.float64), np.nan)[:, None]
    corners = grid.map_xy(np.vstack([np.zeros(grid.ndim - 1), np.eye(grid.ndim - 1)]))
    vectors = corners[1:] - corners[0]
    return np.asarray((xy - corners[0]) @ np.linalg.pinv(vectors), np.float64)


def _wanted(grid: Grid) -> str:
    """Columns that a horizon of a survey can have."""
    lines, z = " ".join(grid.names[:-1]), grid.axes[-1].name
    unit = f" in {grid.axes[-1].unit}" if grid.axes[-1].unit else ""
    return f"{lines} {z}{unit}" + (f", or x y {z}, or {lines} x y {z}" if grid.has_coordinates else "")
