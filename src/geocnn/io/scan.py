"""One pass over all samples, block by block: which traces are dead, how many samples are NaN and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import Grid

__all__ = ["Scan", "ScannedSource", "scan", "slabs"]

SLAB_BYTES = 32 << 20


class _Readable(Protocol):
    @property
    def grid(self) -> Grid: ...

    def read(self, slices: tuple[slice, ...]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Scan:
    """What a full pass over the samples found.

    Attributes:
        live: False where a trace is missing or has no finite sample other than zero, shape ``grid.shape[:-1]``.
        nan: number of samples that are NaN or infinite.
        first_nan: grid indices of the first of them, None if there is none.
    """

    live: NDArray[np.bool_]
    nan: int
    first_nan: tuple[int, ...] | None


def slabs(shape: tuple[int, ...], multiple: int = 1, limit: int = SLAB_BYTES) -> Iterator[tuple[slice, ...]]:
    """Cut an array into blocks along its first axis, each at most ``limit`` bytes of float32 where one row allows.

    Args:
        shape: samples per axis.
        multiple: rows in a block are a multiple of this (the chunk size of a chunked file).
        limit: bytes.
    """
    if len(shape) == 1:
        yield (slice(0, shape[0]),)
        return
    row_bytes = 4 * int(np.prod(shape[1:], dtype=np.int64))
    rows = max(1, limit // max(1, row_bytes) // multiple) * multiple
    for begin in range(0, shape[0], rows):
        yield (slice(begin, min(begin + rows, shape[0])), *(slice(0, n) for n in shape[1:]))


def scan(source: _Readable, multiple: int = 1) -> Scan:
    """Read everything once, in bounded memory."""
    live = np.zeros(source.grid.shape[:-1], dtype=np.bool_)
    nan, first = 0, None
    for slices in slabs(source.grid.shape, multiple):
        block = source.read(slices)
        usable = np.isfinite(block)
        live[slices[:-1]] = np.any(usable & (block != 0), axis=-1)
        if not usable.all():
            nan += int(usable.size - np.count_nonzero(usable))
            if first is None:
                where = np.unravel_index(int(np.argmin(usable)), usable.shape)
                first = tuple(int(i) + s.start for i, s in zip(where, slices, strict=True))
    return Scan(live, nan, first)


class ScannedSource:
    """Base of sources whose ``live`` mask comes from one full pass, made when it is first asked for."""

    grid: Grid
    chunk_rows: int = 1

    def __init__(self) -> None:
        self._scan: Scan | None = None

    def read(self, slices: tuple[slice, ...]) -> NDArray[np.float32]:
        """Read a block; one slice per axis, steps of 1."""
        raise NotImplementedError

    def scan(self) -> Scan:
        """Dead traces and NaN samples of the whole survey; the pass is made once."""
        if self._scan is None:
            self._scan = scan(self, self.chunk_rows)
        return self._scan

    @property
    def live(self) -> NDArray[np.bool_]:
        """False where a trace is missing or has no finite sample other than zero; shape ``grid.shape[:-1]``."""
        return self.scan().live
