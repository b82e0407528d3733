"""The two protocols between files and everything else: Source (data in) and Sink (results out)."""

import copy
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.io.samples import loses_all
from geocnn.io.scan import ScannedSource
from geocnn.io.slices import Slices, spans

__all__ = ["PICTURE", "ArraySource", "Sink", "Source", "as_grid", "as_picture"]

PICTURE = ("row", "column")
"""Names of the axes of a picture, whose rows follow each other downward."""


@runtime_checkable
class Source(Protocol):
    """Gridded data that is read piece by piece, whatever file it lies in."""

    @property
    def grid(self) -> Grid:
        """Axes of the data; a line is (trace, time), a cube (inline, crossline, time)."""

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Sample type as stored."""

    @property
    def live(self) -> NDArray[np.bool_]:
        """False where a trace is missing or constant zero; shape ``grid.shape[:-1]``."""

    @property
    def path(self) -> Path | None:
        """File the data come from, None for an array in memory."""

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block, missing traces as zeros; slices of step 1, axes left out or ``...`` are whole.

        Do not write into the block: it may be the data themselves.
        """

    def describe(self) -> list[tuple[str, str]]:
        """Rows (label, text) that tell a user what was found in the file, for ``geocnn info``."""


@runtime_checkable
class Sink(Protocol):
    """A result that appears at its path complete, at :meth:`commit`, or not at all."""

    @property
    def path(self) -> Path:
        """Where the finished result will be."""

    @property
    def rows(self) -> int:
        """Planes along the first axis that are best written together."""

    @property
    def resumed(self) -> tuple[int, ...] | None:
        """Progress of an earlier process with the same job, which was killed."""

    def mark(self, *position: int) -> None:
        """Note how far the work has come."""

    def write(self, start: tuple[int, ...], block: NDArray[np.float32]) -> None:
        """Write ``block`` with its first sample at index ``start``."""

    def commit(self) -> None:
        """Make the result appear at its path."""

    def abort(self) -> None:
        """Remove what was written so far; the path stays as it was."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit after a clean block, abort after an exception (Ctrl-C included)."""


class ArraySource(ScannedSource):
    """A NumPy array as a :class:`Source`.

    Args:
        array: samples, any real dtype, vertical axis last; those that are masked become NaN.
        grid: meaning of the axes; guessed from the shape when missing.
        path: file it came from, if any.

    Raises:
        DataError: the array holds no real numbers, or the grid has another shape.
    """

    def __init__(self, array: NDArray[np.generic], grid: Grid | None = None, path: Path | None = None) -> None:
        super().__init__()
        if array.dtype.kind not in "biuf" or array.ndim == 0 or 0 in array.shape:
            needed = "real numbers" if array.dtype.kind not in "biuf" else "one sample or more along every axis"
            raise DataError(f"an array of {array.dtype} with shape {array.shape} is no survey; needed are {needed}.")
        if grid is not None and grid.shape != array.shape:
            raise DataError(f"the grid describes shape {grid.shape} but the array has shape {array.shape}.")
        if isinstance(array, np.ma.MaskedArray):
            array = np.ma.filled(array.astype(np.result_type(array.dtype, np.float32)), np.nan)
        self._array = array.view()
        self._array.flags.writeable = False  # a block of it may be the caller's own samples
        self.grid = as_grid(array.shape) if grid is None else grid
        self.dtype = np.dtype(array.dtype)
        self.path = path

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block as float32, read-only where it is a part of the array.

        Raises:
            DataError: what is asked for are no slices with step 1.
        """
        block = self._array[tuple(slice(a, b) for a, b in spans(slices, self.grid.shape))]
        with np.errstate(over="ignore"):
            single = np.ascontiguousarray(block, dtype=np.float32)
        self.out_of_range |= loses_all(block, single)
        return single

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return [("format", f"array of {self.dtype}")]


def as_grid(shape: tuple[int, ...]) -> Grid:
    """Default axes for a bare array: (sample,), (trace, time) or (inline, crossline, time)."""
    names = {1: ("time",), 2: ("trace", "time"), 3: ("inline", "crossline", "time")}
    chosen = names.get(len(shape), tuple(f"axis{i}" for i in range(len(shape))))
    return Grid(tuple(Axis(name, size) for name, size in zip(chosen, shape, strict=True)))


def as_picture(source: Source, names: Sequence[str]) -> Source:
    """The source itself, or a bare 2-D array with its axes named row and column if these are the names a network has.

    Args:
        source: what the network is applied to.
        names: names of the network's axes.
    """
    bare = isinstance(source, ScannedSource) and "grid" in vars(source) and source.grid == as_grid(source.grid.shape)
    if not bare or tuple(names) != PICTURE or source.grid.ndim != len(PICTURE):
        return source
    named = copy.copy(source)  # the caller's own keeps its names
    axes = tuple(Axis(name, size) for name, size in zip(PICTURE, source.grid.shape, strict=True))
    vars(named)["grid"] = Grid(axes)
    return named
