"""Horizons: surfaces with a time or depth on each picked trace, read from text files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.grid import FOOT, Grid
from geocnn.io.horizon_columns import Reading, own_header, readings, suited, table_of
from geocnn.io.horizon_places import inside, region
from geocnn.io.scan import ScannedSource
from geocnn.io.slices import Slices, spans
from geocnn.io.system import replaced
from geocnn.words import size_text

__all__ = ["Horizon", "IntervalSource", "read_horizon", "write_horizon"]

_NULL, _FEW = 0.2, 10
"""Share and number of picks from which on a number that stands apart from all others says that there is no time."""
_EARLY = 0.02
"""Times up to this share of the survey's last one are in seconds, where a thousand times as much lies in the survey."""


@dataclass(frozen=True, eq=False)
class Horizon:
    """A horizon of a survey.

    Attributes:
        name: what it is called.
        values: time or depth on each trace, in the unit of the vertical axis, shape ``grid.shape[:-1]``; NaN where
            nobody picked it.
        told: how its file was read, in words.
    """

    name: str
    values: NDArray[np.float64]
    told: str = ""

    @property
    def picked(self) -> int:
        """Traces on which it is known."""
        return int(np.isfinite(self.values).sum())

    def check(self, grid: Grid) -> None:
        """Refuse a survey that it is not of.

        Raises:
            DataError: the survey has other traces.
        """
        if self.values.shape != grid.shape[:-1]:
            have, need = (size_text(shape) for shape in (self.values.shape, grid.shape[:-1]))
            raise DataError(f"the horizon {self.name} has {have} traces and the survey {need}; give one of it.")


def read_horizon(path: str | Path, grid: Grid) -> Horizon:
    """Read a horizon and put it on the traces of a survey; of several picks on a trace the mean.

    Columns are called by their header; without one the way of reading them is taken that puts picks on most traces, see
    :mod:`geocnn.io.horizon_columns`. Times in seconds become those of the survey, depths in feet become metres and the
    other way round where a header tells the unit, and so do elevations: negative numbers that lie in it only without
    their sign, except in a file that :func:`write_horizon` has made. 1e30, -999.25 and whatever else stands in many
    lines apart from all other times is no pick. Where numbers of lines and map coordinates put picks on other traces,
    the coordinates are believed, see :func:`geocnn.io.horizon_places.settled`.

    Args:
        path: text file.
        grid: of the survey, a line or a cube.

    Raises:
        MissingError: no such file.
        FormatError: it holds no columns of numbers, or those of faults.
        DataError: none of its picks lies in the survey, by its coordinates where it has some.
    """
    path = Path(path)
    table = table_of(path)
    best, own = None, table.names == own_header(grid)
    table = suited(table, grid.axes[-1])
    for named in (True, False):  # a header may be that of other columns
        tried = [_placed(reading, grid, turns=not own) for reading in readings(table, grid, named=named)]
        best = max(tried, key=lambda one: one.rank, default=best)
        if best is not None and best.traces:
            break
    if best is None or not best.traces or best.elsewhere:
        raise DataError(_outside(path.name, table.rows, best, grid))
    values, count = np.zeros(grid.shape[:-1]), np.zeros(grid.shape[:-1])
    np.add.at(values, tuple(best.where.T), best.depth)
    np.add.at(count, tuple(best.where.T), 1)
    values = np.divide(values, count, out=np.full(values.shape, np.nan), where=count > 0)
    told = f"{len(best.depth)} of {best.picks} picks, read as {best.words}"
    return Horizon(path.stem, values, told)


def write_horizon(horizon: Horizon, path: Path, grid: Grid) -> None:
    """Write a horizon as columns, a line a trace; map coordinates where the survey has them.

    Raises:
        TargetError: the file cannot be written.
    """
    index = np.argwhere(np.isfinite(horizon.values))
    columns = [axis.start + axis.step * index[:, k] for k, axis in enumerate(grid.axes[:-1])]
    forms = ["%.10g"] * len(columns)
    if grid.has_coordinates:
        columns += list(grid.map_xy(index.astype(np.float64)).T)
        forms += ["%.2f"] * 2
    table = np.column_stack([*columns, horizon.values[tuple(index.T)]])
    with replaced(path) as part:
        np.savetxt(part, table, fmt=[*forms, "%.3f"], header=" ".join(own_header(grid)))


class IntervalSource(ScannedSource):
    """Intervals between horizons as classes: 0 above the first, 1 below it, and so on.

    Where a horizon is not picked, samples that may lie on either side of it are unknown, NaN.

    Args:
        horizons: from top to bottom.
        grid: of the survey.

    Raises:
        DataError: a horizon is one of another survey.
    """

    def __init__(self, horizons: Sequence[Horizon], grid: Grid) -> None:
        super().__init__()
        for horizon in horizons:
            horizon.check(grid)
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


@dataclass(frozen=True, eq=False)
class _Placed:
    """Result of reading a file of horizons in one of the possible ways.

    Attributes:
        where: indices of the traces that are picked.
        depth: there, in the unit of the vertical axis.
        picks: lines that hold a time, in the survey or not.
        inside: of them those at a trace of the survey, at whatever time.
        times: smallest and largest of these.
        off: distance of most of them from the times of the survey, where none lies in it; columns that are no times,
            such as map coordinates, are far off.
        words: the columns.
        agree: whether numbers of lines and map coordinates both say that the traces are these.
        elsewhere: map coordinates that say that the picks lie outside of the survey.
    """

    where: NDArray[np.int64]
    depth: NDArray[np.float64]
    picks: int
    inside: int
    times: tuple[float, float]
    off: float
    words: str
    agree: bool
    elsewhere: str

    @property
    def traces(self) -> int:
        """Traces that are picked."""
        return len(np.unique(self.where, axis=0))

    @property
    def worth(self) -> float:
        """Traces, and less with many picks on one trace, which are a sign of columns that were taken for others."""
        return self.traces**2 / max(1, len(self.depth))

    @property
    def rank(self) -> tuple[bool, float, int, float]:
        """More for columns that are more likely what they are taken for."""
        return (self.agree and self.traces > 0, self.worth, self.inside, -self.off)


def _placed(reading: Reading, grid: Grid, *, turns: bool) -> _Placed:
    """Traces and times or depths of what lies in the survey; with ``turns`` elevations are made depths."""
    last = np.array(grid.shape[:-1]) - 1
    picked = _picks(reading.z)
    near = inside(reading.places.at, grid) & picked
    down = grid.axes[-1]
    low, high = sorted((down.start, down.stop))
    factor, how = _factor(reading.z[near], reading.unit, down.unit, (low, high), turns=turns)
    z = reading.z * factor
    half = abs(down.step) / 2
    within = near & (z >= low - half) & (z <= high + half)
    nearest = np.clip(np.rint(reading.places.at[within]).astype(np.int64), 0, last)
    times = (float(z[near].min()), float(z[near].max())) if near.any() else (np.nan, np.nan)
    off = float(np.median(np.maximum(low - z[near], z[near] - high))) if near.any() and not within.any() else 0.0
    told, places = f"{reading.words}{how}", reading.places
    counts = int(picked.sum()), int(near.sum())
    return _Placed(nearest, z[within], *counts, times, off, told, places.agree, places.elsewhere)


def _picks(z: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers are times or depths, rather than one of the numbers that mean no value."""
    known = np.isfinite(z) & (np.abs(z) < 1e20) & ~np.isin(z, (-999.25, -9999.0, -99999.0))
    if not known.any():
        return known
    numbers, counts = np.unique(z[known], return_counts=True)
    often = counts.argmax()
    others = np.delete(numbers, often)
    apart = others.size and not others[0] < numbers[often] < others[-1]
    # One time on many traces may be a flat horizon; one that is far from all others is not.
    gap = np.abs(others - numbers[often]).min() if others.size else 0.0
    if apart and counts[often] >= max(_FEW, _NULL * known.sum()) and gap > 0.05 * max(abs(others[0]), abs(others[-1])):
        known &= z != numbers[often]
    return known


def _factor(
    z: NDArray[np.float64], unit: str, own: str, limits: tuple[float, float], *, turns: bool
) -> tuple[float, str]:
    """What times or depths are to be multiplied by, and words for it."""
    if not z.size:
        return 1.0, ""
    factor, said = 1.0, ""
    most = float(np.abs(z).max())
    if own == "ms":
        seconds = unit == "s" or (not unit and most <= _EARLY * limits[1] and 1000 * most >= limits[0])
        if seconds and 1000 * most <= limits[1] * 1.01:
            factor, said = 1000.0, " in s"
    if {own, unit} == {"m", "ft"}:
        factor, said = FOOT if own == "m" else 1 / FOOT, f" in {unit}"
    if turns and z.max() <= 0:
        above, (low, high) = factor * z[z < 0], limits
        if not np.any((above >= low) & (above <= high)) and np.any((-above >= low) & (-above <= high)):
            return -factor, f"{said}, negative downward"
    return factor, said


def _outside(name: str, rows: NDArray[np.float64], best: _Placed | None, grid: Grid) -> str:
    """Why a file has no pick in a survey."""
    down = grid.axes[-1]
    if best is not None and best.elsewhere:
        return (
            f"{name} lies at {best.elsewhere}, and the survey at {region(grid)}, though its "
            f"{' and '.join(grid.names[:-1])} numbers fit; give a horizon of this survey, or where x and y are wrong "
            "or of another map projection leave these columns out."
        )
    if best is not None and best.inside:
        low, high = best.times
        return (
            f"{name} has picks on traces of the survey, but at {low:g} to {high:g}, and {down.name} goes from "
            f"{down.start:g} to {down.stop:g} {down.unit}".rstrip()
            + f"; give {'depths' if down.unit in ('m', 'ft') else 'times'} in its unit."
        )
    first = " ".join(f"{number:g}" for number in rows[0])
    lines, z = " ".join(grid.names[:-1]), f"{down.name}{f' in {down.unit}' if down.unit else ''}"
    wanted = f"{lines} {z}" + (f", or x y {down.name}, or {lines} x y {down.name}" if grid.has_coordinates else "")
    return f"{name} begins with {first} and has no pick inside of the survey ({grid}); needed are columns {wanted}."
