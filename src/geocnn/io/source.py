"""The two protocols between files and everything else: Source (data in) and Sink (results out)."""

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import Axis, Grid

__all__ = ["ArraySource", "Sink", "Source", "as_grid"]


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

    def read(self, slices: tuple[slice, ...]) -> NDArray[np.float32]:
        """Read a block; one slice per axis, steps of 1, missing traces as zeros."""

    def describe(self) -> list[tuple[str, str]]:
        """Rows (label, text) that tell a user what was found in the file, for ``geocnn info``."""


@runtime_checkable
class Sink(Protocol):
    """A result that appears at its path complete, at :meth:`commit`, or not at all."""

    @property
    def path(self) -> Path:
        """Where the finished result will be."""

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


class ArraySource:
    """A NumPy array as a :class:`Source`; also the base of the file formats that map to one.

    Args:
        array: samples, any real dtype, vertical axis last.
        grid: meaning of the axes; guessed from the shape when missing.
        path: file it came from, if any.
    """

    def __init__(self, array: NDArray[np.generic], grid: Grid | None = None, path: Path | None = None) -> None:
        self._array = array
        self._live: NDArray[np.bool_] | None = None
        self.grid = as_grid(array.shape) if grid is None else grid
        self.dtype = np.dtype(array.dtype)
        self.path = path

    @property
    def live(self) -> NDArray[np.bool_]:
        """False where every sample of a trace is zero or NaN; computed at first use."""
        if self._live is None:
            live = np.empty(self.grid.shape[:-1], dtype=np.bool_)
            for i in range(live.shape[0]) if live.ndim else ():
                row = np.asarray(self._array[i])
                live[i] = np.any((row != 0) & ~np.isnan(row), axis=-1)
            self._live = live if live.ndim else np.asarray(True)
        return self._live

    def read(self, slices: tuple[slice, ...]) -> NDArray[np.float32]:
        """Read a block as float32; one slice per axis."""
        return np.ascontiguousarray(self._array[slices], dtype=np.float32)

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return [("format", f"array {self.dtype}")]


def as_grid(shape: tuple[int, ...]) -> Grid:
    """Default axes for a bare array: (sample,), (trace, time) or (inline, crossline, time)."""
    names = {1: ("time",), 2: ("trace", "time"), 3: ("inline", "crossline", "time")}
    chosen = names.get(len(shape), tuple(f"axis{i}" for i in range(len(shape))))
    return Grid(tuple(Axis(name, size) for name, size in zip(chosen, shape, strict=True)))
