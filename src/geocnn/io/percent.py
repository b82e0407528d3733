"""Probabilities as whole per cent in 8 bits.

They take a quarter of the size, and are what interpretation systems load fastest. -1 is where there are no data.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn.io.scan import ScannedSource
from geocnn.io.slices import Slices
from geocnn.io.source import Source
from geocnn.io.tracefile import TraceSource

__all__ = ["PERCENT", "PercentSource", "is_marked", "probabilities"]

PERCENT = np.dtype(np.int8)
"""The type of samples that hold per cent."""


class PercentSource(ScannedSource):
    """Another source whose samples are per cent, as numbers between 0 and 1.

    Args:
        source: the result.
    """

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source, self.grid = source, source.grid

    @property
    def path(self) -> Path | None:  # type: ignore[override]
        """Path of the result."""
        return self.source.path

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Dtype of the samples that are read; the result itself holds integers."""
        return np.dtype(np.float32)

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block of probabilities; NaN where there are no data: -1 in the result, or no sample in its file."""
        block = self.source.read(slices)
        nothing = block == -1
        if isinstance(self.source, TraceSource):
            nothing |= ~self.source.exists(slices)
        return np.where(nothing, np.float32(np.nan), block / np.float32(100))

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return [*self.source.describe(), ("values", "per cent")]


def probabilities(result: Source) -> Source:
    """A result as probabilities of 0 to 1, whether it holds those or, in 8 bits, per cent."""
    return PercentSource(result) if result.dtype == PERCENT else result


def is_marked(result: Source) -> bool:
    """Whether a result says that its samples are per cent; others may be classes or per cent, as are their numbers."""
    return bool(getattr(result, "in_per_cent", False))
