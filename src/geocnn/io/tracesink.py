"""Write results to files of equally long traces (SEG-Y, SU, .npy): headers, then samples."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn.io.partial import PartialSink
from geocnn.io.samples import encode
from geocnn.io.tracefile import TraceLayout, runs, together

__all__ = ["Headers", "TraceSink"]

Headers = Callable[[int, int], NDArray[np.uint8]]


class TraceSink(PartialSink):
    """A file of traces, at first all zero behind their headers; every block replaces samples where it lies.

    The whole file is laid down at once, so that a full disk shows before the work and not after it.

    Args:
        path: where the result will be.
        layout: where the samples lie.
        index: trace number per grid position, -1 for none (its samples are dropped).
        head: bytes before the first trace.
        headers: ``headers(first, count)`` gives header bytes, shape ``(count, layout.header)``.
        tail: bytes behind the last trace.
        overwrite: replace an existing result.
        source_path: input that must not be overwritten.
        shift: samples of the grid before the first one of each trace in the file; none where all begin together.
        job: what is being done; see :class:`~geocnn.io.partial.PartialSink`.

    Raises:
        TargetError: the target cannot be written.
    """

    _HANDLES = ("_file",)

    def __init__(
        self,
        path: Path,
        layout: TraceLayout,
        index: NDArray[np.int64],
        head: bytes,
        headers: Headers,
        tail: bytes = b"",
        *,
        overwrite: bool = False,
        source_path: Path | None = None,
        shift: NDArray[np.int32] | None = None,
        job: str = "",
    ) -> None:
        shape = (*index.shape, layout.samples + (0 if shift is None else int(shift.max())))
        needed = layout.file_bytes + len(tail)
        super().__init__(path, shape, needed, overwrite=overwrite, source_path=source_path, job=job)
        self.units = (*(1 for _ in index.shape), shape[-1])
        self.layout = layout
        self.index = index
        self.shift = shift
        with self._guard():
            self._file = self.partial.open("rb+" if self.resumed else "wb+", buffering=0)
            if self.resumed:
                return
            self._put(0, head)
            for first in range(0, layout.count, layout.block):
                count = min(layout.block, layout.count - first)
                blank = np.zeros((count, layout.trace_bytes), dtype=np.uint8)
                blank[:, : layout.header] = headers(first, count)
                self._put(layout.offset + first * layout.trace_bytes, blank.data)
            self._put(layout.file_bytes, tail)

    def write(self, start: tuple[int, ...], block: NDArray[np.float32]) -> None:
        """Write ``block`` with its first sample at index ``start``; parts of traces are welcome.

        Args:
            start: one index per axis.
            block: samples, as many axes as the grid.

        Raises:
            DataError: the block does not lie inside the grid.
            TargetError: the disk is full; the partial file is removed.
        """
        block = self._ready(start, block)
        lateral = self.index[tuple(slice(a, a + n) for a, n in zip(start, block.shape, strict=True))[:-1]].ravel()
        samples = block.reshape(lateral.size, block.shape[-1])
        with self._guard():
            if self.shift is None:
                self._write(lateral, start[-1], samples)
                return
            stop = start[-1] + samples.shape[1]
            for part in together(lateral, self.shift, start[-1], stop, self.layout.samples):
                self._write(lateral[part.rows], part.begin, samples[part.rows, part.inside])

    def _write(self, traces: NDArray[np.int64], begin: int, samples: NDArray[np.float32]) -> None:
        """Write samples of traces of the file from sample ``begin`` of each on."""
        for rows, first, count in runs(traces, self.layout.block):
            stored = encode(samples[rows], self.layout.form)
            if count == 1 or (stored.shape[1] == self.layout.samples and self.layout.header == 0):
                self._put(self.layout.sample_position(first, begin), stored.data)
            else:
                self._replace_samples(first, begin, stored)

    def _replace_samples(self, first: int, begin: int, stored: NDArray[np.generic]) -> None:
        """Read a run of traces, put samples in, write it back: two calls instead of one per trace."""
        layout = self.layout
        raw = np.empty((len(stored), layout.trace_bytes), dtype=np.uint8)
        position = layout.offset + first * layout.trace_bytes
        self._file.seek(position)
        view, done = raw.data.cast("B"), 0
        while done < raw.nbytes:
            if not (more := self._file.readinto(view[done:])):
                raise OSError(errno.EIO, f"somebody has shortened {self.partial.name}")
            done += more
        width = stored.dtype.itemsize
        left = layout.header + begin * width
        raw[:, left : left + stored.shape[1] * width] = np.ascontiguousarray(stored).view(np.uint8)
        self._put(position, raw.data)

    def _put(self, position: int, data: bytes | memoryview) -> None:
        """Write all bytes at a position; the system may take them in pieces."""
        self._file.seek(position)
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        while len(view):
            view = view[self._file.write(view) :]

    def _join(self) -> None:
        self._file = self.partial.open("rb+", buffering=0)

    def flush(self) -> None:
        """Make sure that what was written is where other machines see it."""
        with self._guard():
            os.fsync(self._file.fileno())

    def _finish(self) -> None:
        os.fsync(self._file.fileno())

    def _close(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()
