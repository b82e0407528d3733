"""A survey seen in a mirror: some of its horizontal axes reversed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn.io.scan import Scan, ScannedSource, scanned
from geocnn.io.slices import Slices, spans
from geocnn.io.source import Source

__all__ = ["MirroredSource"]


class MirroredSource(ScannedSource):
    """Another source with its samples in reverse order along some axes; its grid stays as it is.

    Args:
        source: the survey.
        axes: those that are reversed, not the vertical one.
    """

    def __init__(self, source: Source, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.source, self.axes, self.grid = source, axes, source.grid

    @property
    def path(self) -> Path | None:  # type: ignore[override]
        """Path of the survey."""
        return self.source.path

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Dtype of the survey."""
        return self.source.dtype

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block of the mirrored survey."""
        wanted = []
        for axis, (begin, end) in enumerate(spans(slices, self.grid.shape)):
            n = self.grid.shape[axis]
            wanted.append(slice(n - end, n - begin) if axis in self.axes else slice(begin, end))
        return np.ascontiguousarray(np.flip(self.source.read(tuple(wanted)), self.axes))

    def scan(self) -> Scan:
        """Scan of the survey, mirrored; it needs no further pass over the data."""
        found = scanned(self.source)
        return replace(found, first=np.flip(found.first, self.axes), last=np.flip(found.last, self.axes))

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return [*self.source.describe(), ("mirrored", ", ".join(self.grid.names[axis] for axis in self.axes))]
