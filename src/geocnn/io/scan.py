"""One pass over all samples in blocks: dead traces, NaN, extremes, and a sub-sample of traces."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.io.slices import Slices

__all__ = ["Scan", "ScannedSource", "scan", "scanned", "slabs"]

SLAB_BYTES = 8 << 20
SAMPLE_TRACES = 2000
SAMPLE_BYTES = 64 << 20


class _Readable(Protocol):
    @property
    def grid(self) -> Grid: ...

    def read(self, slices: tuple[slice, ...]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Scan:
    """What a full pass over the samples found.

    Attributes:
        first: index of the first finite sample other than zero of every trace, shape ``grid.shape[:-1]``; what lies
            above is muted.
        last: index of the last one; -1 where the trace is missing or dead.
        nan: number of samples that are NaN or infinite.
        first_nan: grid indices of the first of them, None if there is none.
        minimum: smallest finite sample of live traces, NaN if there is none.
        maximum: largest finite sample of live traces.
        sample: live traces spread over the whole survey, at most 2000, shape ``(traces, samples)``.
    """

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    nan: int
    first_nan: tuple[int, ...] | None
    minimum: float
    maximum: float
    sample: NDArray[np.float32]

    @property
    def live(self) -> NDArray[np.bool_]:
        """False where a trace is missing or has no finite sample other than zero, shape ``grid.shape[:-1]``."""
        return self.last >= 0


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
    """Read everything once, in bounded memory.

    Args:
        source: survey.
        multiple: rows per block are a multiple of this.
    """
    shape = source.grid.shape
    traces = int(np.prod(shape[:-1], dtype=np.int64))
    top, bottom = np.zeros(traces, np.int32), np.full(traces, -1, np.int32)
    wanted = _spread(traces, shape[-1])
    nan, first, low, high, kept, row = 0, None, np.inf, -np.inf, [], 0
    for slices in slabs(shape, multiple):
        block = source.read(slices).reshape(-1, shape[-1])
        rows = slice(row, row + len(block))
        usable = np.isfinite(block)
        clean = bool(usable.all())
        top[rows], bottom[rows] = _ends(block != 0 if clean else usable & (block != 0))
        if not clean:
            nan += int(usable.size - np.count_nonzero(usable))
            if first is None:
                trace, depth = divmod(int(np.argmin(usable)), shape[-1])
                first = (*(int(i) for i in np.unravel_index(trace + row, shape[:-1])), depth)
        live = bottom[rows] >= 0
        values = block[live] if clean else block[usable & live[:, None]]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
        kept.append(block[wanted[(wanted >= rows.start) & (wanted < rows.stop)] - row])
        row = rows.stop
    sample = np.concatenate(kept)[bottom[wanted] >= 0]
    if len(sample) > SAMPLE_TRACES:
        sample = sample[np.linspace(0, len(sample) - 1, SAMPLE_TRACES).astype(np.int64)]
    minimum, maximum = (low, high) if low <= high else (np.nan, np.nan)
    return Scan(top.reshape(shape[:-1]), bottom.reshape(shape[:-1]), nan, first, minimum, maximum, sample)


def _ends(alive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index of the first and of the last True of every row; 0 and -1 where there is none."""
    n = alive.shape[1]
    first = alive.argmax(axis=1)
    last = n - 1 - alive[:, ::-1].argmax(axis=1)
    last[~alive[np.arange(len(alive)), first]] = -1
    return first, last


def _spread(traces: int, samples: int) -> NDArray[np.int64]:
    """Trace numbers, one drawn from each of equally long stretches: even, but in step with no axis."""
    count = min(traces, 2 * SAMPLE_TRACES, max(64, SAMPLE_BYTES // (4 * samples)))
    stretch = traces / count
    jitter = np.random.default_rng(0).random(count) if count < traces else np.zeros(count)
    return ((np.arange(count) + jitter) * stretch).astype(np.int64)


class ScannedSource:
    """Base of sources whose ``live`` mask comes from one full pass, made when it is first asked for."""

    grid: Grid
    path: Path | None
    chunk_rows: int = 1

    def __init__(self) -> None:
        self._scan: Scan | None = None
        self.out_of_range = False  # whether a block said something in 8 bytes and nothing in 4

    def __repr__(self) -> str:
        """Where the data are and what their axes; a notebook shows it."""
        return f"{type(self).__name__}({'' if self.path is None else f'{self.path}: '}{self.grid})"

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block; one slice per axis, steps of 1."""
        raise NotImplementedError

    def scan(self) -> Scan:
        """Dead traces, NaN samples, extremes and a sub-sample of the whole survey; the pass is made once.

        Raises:
            DataError: all amplitudes are beyond the range of float32, in which networks compute.
        """
        if self._scan is None:
            found = scan(self, self.chunk_rows)
            if self.out_of_range and not found.live.any():
                raise DataError(
                    f"the amplitudes{f' of {self.path}' if self.path else ''} leave the range of float32, which is "
                    "1e-45 to 3e38; rescale them, for example to a standard deviation of 1."
                )
            self._scan = found
        return self._scan

    @property
    def live(self) -> NDArray[np.bool_]:
        """False where a trace is missing or has no finite sample other than zero; shape ``grid.shape[:-1]``."""
        return self.scan().live


def scanned(source: _Readable) -> Scan:
    """The scan that a source has made already, or a new one."""
    return source.scan() if isinstance(source, ScannedSource) else scan(source)
