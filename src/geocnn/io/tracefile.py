"""Files of equally long traces behind headers of fixed size: SEG-Y, SU and C-ordered .npy."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import FormatError
from geocnn.grid import Grid
from geocnn.io.samples import SampleFormat, decode, loses_all
from geocnn.io.scan import ScannedSource
from geocnn.io.slices import Slices, spans

__all__ = ["TraceFile", "TraceLayout", "TraceSource", "runs", "together"]

LONG_TRACE = 4096  # bytes, a page; skipping shorter traces costs more than reading on
BLOCK_BYTES = 1 << 20  # one piece of reading: large enough for the disk, small enough for the cache


@dataclass(frozen=True)
class TraceLayout:
    """Where the samples lie in a file.

    Attributes:
        offset: bytes before the first trace.
        header: bytes before the samples of each trace.
        samples: samples in a trace.
        count: traces in the file.
        form: sample format.
    """

    offset: int
    header: int
    samples: int
    count: int
    form: SampleFormat

    @property
    def trace_bytes(self) -> int:
        """Size of a trace with its header."""
        return self.header + self.samples * self.form.stored.itemsize

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        return self.offset + self.count * self.trace_bytes

    def sample_position(self, trace: int, sample: int) -> int:
        """Byte position of a sample."""
        return self.offset + trace * self.trace_bytes + self.header + sample * self.form.stored.itemsize

    @property
    def block(self) -> int:
        """Traces in one piece of reading."""
        return max(1, BLOCK_BYTES // self.trace_bytes)


class TraceFile:
    """Raw traces of a file; opened at first use, usable from several threads, picklable (reopens by path)."""

    def __init__(self, path: Path, layout: TraceLayout) -> None:
        self.path = path
        self.layout = layout
        self._handle: FileIO | None = None
        self._lock = threading.Lock()
        self._process = os.getpid()

    def read(self, first: int, count: int) -> NDArray[np.uint8]:
        """Bytes of ``count`` traces from ``first`` on, shape ``(count, trace_bytes)``.

        Raises:
            FormatError: the file has become shorter since it was opened.
        """
        start = self.layout.offset + first * self.layout.trace_bytes
        return self._gather([start], count * self.layout.trace_bytes).reshape(count, -1)

    def windows(self, traces: NDArray[np.int64], begin: int, end: int) -> NDArray[np.generic]:
        """Stored samples ``begin:end`` of any traces, nothing else read; shape ``(traces, end - begin)``."""
        stored, start = self.layout.form.stored, self.layout.sample_position(0, begin)
        positions = start + traces * self.layout.trace_bytes
        return self._gather(positions.tolist(), (end - begin) * stored.itemsize).view(stored)

    def headers(self, first: int, count: int) -> NDArray[np.uint8]:
        """Header bytes alone, shape ``(count, header)``; samples of long traces are skipped."""
        layout = self.layout
        if layout.trace_bytes < LONG_TRACE:
            return self.read(first, count)[:, : layout.header]
        positions = layout.offset + np.arange(first, first + count) * layout.trace_bytes
        return self._gather(positions.tolist(), layout.header)

    def samples(self, raw: NDArray[np.uint8], begin: int = 0, end: int | None = None) -> NDArray[np.generic]:
        """View of the stored samples ``begin:end`` in bytes from :meth:`read`, shape ``(count, end - begin)``."""
        stored = self.layout.form.stored
        columns = slice(begin, self.layout.samples if end is None else end)
        return raw[:, self.layout.header :].view(stored)[:, columns]

    def close(self) -> None:
        """Close the handle; the next read opens it again."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    def _gather(self, positions: list[int], width: int) -> NDArray[np.uint8]:
        """``width`` bytes from each position, shape ``(positions, width)``."""
        raw = np.empty((len(positions), width), dtype=np.uint8)
        view = raw.data.cast("B") if raw.size else memoryview(b"")
        if self._process != os.getpid():  # forked: a handle of the parent would share its position with us
            self._handle, self._lock, self._process = None, threading.Lock(), os.getpid()
        with self._lock:
            if self._handle is None:
                self._handle = self.path.open("rb", buffering=0)
            seek, fill = self._handle.seek, self._handle.readinto
            for number, position in enumerate(positions):
                seek(position)
                done, stop = number * width, (number + 1) * width
                while done < stop:  # the system may give less than asked
                    if not (got := fill(view[done:stop])):
                        raise FormatError(f"{self.path.name} became shorter while it was read; copy it again.")
                    done += got
        return raw

    def __getstate__(self) -> tuple[Path, TraceLayout]:
        return self.path.absolute(), self.layout

    def __setstate__(self, state: tuple[Path, TraceLayout]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()


class TraceSource(ScannedSource):
    """A :class:`~geocnn.io.source.Source` over a trace file and the place of each trace in the grid.

    Args:
        file: the traces.
        grid: axes; the last one runs along the samples.
        index: trace number in the file for each grid position, -1 where there is none, shape ``grid.shape[:-1]``.
        shift: samples of the grid before the first one of each trace in the file; none where all begin together.
    """

    def __init__(
        self, file: TraceFile, grid: Grid, index: NDArray[np.int64], shift: NDArray[np.int32] | None = None
    ) -> None:
        super().__init__()
        self.file = file
        self.grid = grid
        self.index = index
        self.shift = shift
        self.dtype = file.layout.form.dtype
        self.path: Path | None = file.path

    @property
    def present(self) -> NDArray[np.bool_]:
        """False where the file has no trace, shape ``grid.shape[:-1]``."""
        return self.index >= 0

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block; only its traces are touched, in contiguous runs.

        Raises:
            DataError: what is asked for are no slices with step 1.
            FormatError: the file has become shorter since it was opened.
        """
        bounds = spans(slices, self.grid.shape)
        begin, end = bounds[-1]
        lateral = self.index[tuple(slice(a, b) for a, b in bounds[:-1])]
        traces = lateral.ravel()
        if self.shift is None:
            out = self._samples(traces, begin, end)
        else:
            out = np.zeros((traces.size, end - begin), dtype=np.float32)
            for part in together(traces, self.shift, begin, end, self.file.layout.samples):
                out[part.rows, part.inside] = self._samples(traces[part.rows], part.begin, part.end)
        return out.reshape(*lateral.shape, end - begin)

    def exists(self, slices: Slices) -> NDArray[np.bool_]:
        """Which samples of a block the file has; others are read as zero. Nothing is read for it.

        Raises:
            DataError: what is asked for are no slices with step 1.
        """
        *lateral, (begin, end) = spans(slices, self.grid.shape)
        traces = self.index[tuple(slice(a, b) for a, b in lateral)][..., None]
        if self.shift is None:
            return np.broadcast_to(traces >= 0, (*traces.shape[:-1], end - begin))
        samples = np.arange(begin, end) - self.shift[traces]
        return (traces >= 0) & (samples >= 0) & (samples < self.file.layout.samples)

    def _samples(self, traces: NDArray[np.int64], begin: int, end: int) -> NDArray[np.float32]:
        """Samples ``begin:end`` of traces of the file, shape ``(traces, end - begin)``; zero where there is none."""
        out = np.zeros((traces.size, end - begin), dtype=np.float32)
        if self._is_sparse(traces, end - begin):
            present = np.flatnonzero(traces >= 0)
            for piece in np.array_split(present, -(-present.size // 4096) or 1):
                self._put(out, piece, self.file.windows(traces[piece], begin, end))
        else:
            for rows, first, count in runs(traces, self.file.layout.block):
                self._put(out, rows, self.file.samples(self.file.read(first, count), begin, end))
        return out

    def _is_sparse(self, traces: NDArray[np.int64], width: int) -> bool:
        """Whether to fetch trace by trace: few samples of long traces, or traces that are no neighbours in the file."""
        layout = self.file.layout
        few = 8 * width < layout.samples and layout.trace_bytes >= LONG_TRACE
        return few or int(np.count_nonzero(np.abs(np.diff(traces)) == 1)) < traces.size / 2

    def _put(self, out: NDArray[np.float32], rows: NDArray[np.intp], stored: NDArray[np.generic]) -> None:
        """Decode into rows of ``out``, in place where they follow each other."""
        if not rows.size:
            return
        follow = bool(np.all(np.diff(rows) == 1))
        into = out[rows[0] : rows[0] + rows.size] if follow else np.empty(stored.shape, np.float32)
        decode(stored, self.file.layout.form, into)
        self.out_of_range |= loses_all(stored, into)
        if not follow:
            out[rows] = into


class Together(NamedTuple):
    """Rows of a block whose traces begin together.

    Attributes:
        rows: their numbers.
        begin: first of their samples that lies in the block.
        end: the one after the last.
        inside: where these are in the block.
    """

    rows: NDArray[np.intp]
    begin: int
    end: int
    inside: slice


def together(
    traces: NDArray[np.int64], shift: NDArray[np.int32], begin: int, end: int, samples: int
) -> Iterator[Together]:
    """Parts of a block of traces that begin at different samples of the grid; those outside of it are left out.

    Args:
        traces: trace number in the file of each row, -1 for none.
        shift: samples of the grid before the first one of each trace in the file.
        begin: first sample of the block on the grid.
        end: the one after the last.
        samples: of a trace.
    """
    present = np.flatnonzero(traces >= 0)
    shifts = shift[traces[present]]
    for own in np.unique(shifts).tolist():
        first, stop = max(begin - own, 0), min(end - own, samples)
        if first < stop:
            yield Together(present[shifts == own], first, stop, slice(first + own - begin, stop + own - begin))


def runs(traces: NDArray[np.int64], limit: int) -> Iterator[tuple[NDArray[np.intp], int, int]]:
    """Contiguous runs of at most ``limit`` traces: (rows of ``traces``, first trace, count); negative ones left out."""
    order = np.argsort(traces, kind="stable")
    order = order[np.searchsorted(traces[order], 0) :]
    ordered = traces[order]
    breaks = np.flatnonzero(np.diff(ordered) != 1) + 1
    for begin, end in zip([0, *breaks], [*breaks, len(ordered)], strict=True):
        for piece in range(begin, end, limit):
            stop = min(piece + limit, end)
            yield order[piece:stop], int(ordered[piece]), stop - piece
