"""Least and largest sample of every column of a picture, for spans from a second to years."""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int64
from numpy import ndarray

from geocnn.io.waveforms.high_pass import REACH, high_pass
from geocnn.io.waveforms.station import Station

__all__ = ["MOST", "Columns", "Envelope"]

MOST = 2200
"""Largest number of columns of a picture; more than a screen has."""
_BLOCK = 2.5
"""Seconds of a block, of which the least and largest sample are kept."""
_BLOCKS = 240
"""Blocks of a chunk, which is read at once: ten minutes."""
_FEWEST = 4
"""Least number of blocks or chunks of a column that is made of them, so that whole ones are not much coarser."""
_KEPT = (_FEWEST + 1) * MOST
"""Number of chunks whose blocks are kept: as many as a picture consists of."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of one component in a picture.

    Attributes:
        start: number of the first sample, a multiple of ``step``, so that columns stay the same while one pans.
        step: samples of a column.
        low: least sample of each column; NaN without data, infinity where nothing has been read yet.
        high: largest sample of each column; NaN without data, minus infinity where nothing has been read yet.
        read: share of the samples that have been read, from 0 to 1.
    """

    start: int
    step: int
    low: Float32[ndarray, " columns"]
    high: Float32[ndarray, " columns"]
    read: float


class Envelope:
    """Least and largest samples of columns for one component of a station, at any scale.

    Columns of less than 10 s are read when they are asked for. Longer ones are made of blocks of 2.5 s, and those
    beyond 40 min of chunks of 10 min. Blocks are kept for the latest 76 days (21 MB), and 8 bytes are kept of each
    chunk, so that memory grows by at most 0.5 MB per year of record.

    Args:
        station: the station.
        component: the number in ``station.components``.
        filtered: samples above 1 Hz, see :func:`geocnn.io.waveforms.high_pass.high_pass`.
    """

    def __init__(self, station: Station, component: int, *, filtered: bool) -> None:
        pieces = station.components[component]
        own = tuple(station.components[k] if k == component else () for k in range(3))
        self._station = replace(station, components=(own[0], own[1], own[2]))  # others need not be decoded
        self._component = component
        self._halo = 3 * math.ceil(REACH * station.rate) if filtered else 0
        self._block = round(_BLOCK * station.rate)
        self._chunk = _BLOCKS * self._block
        self._first = station.index(self._station.start) // self._chunk if pieces else 0
        count = station.index(self._station.end) // self._chunk + 1 - self._first if pieces else 1
        self._empty = np.ones(count, bool)  # chunks without data, according to the headers
        for times in self._station.spans():
            first, last = (station.index(time) // self._chunk - self._first for time in times)
            self._empty[first : last + 1] = False
        self._extremes = np.where(self._empty, _missing(count), _unread(count))
        self._seen = self._empty.copy()
        self._whole = self._empty.copy()
        self._blocks: OrderedDict[int, Float32[ndarray, "2 blocks"]] = OrderedDict()

    def samples(self, start: int, stop: int) -> Float32[ndarray, " samples"]:
        """Samples ``start`` to ``stop`` (excluded), the unit of the file; NaN without data.

        Raises:
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        record = self._station.read(start - self._halo, stop + self._halo)
        wave, live = record.waveform[self._component], record.live[self._component]
        if self._halo and live.any():
            wave = high_pass(wave, live, self._station.rate)
        inside = slice(self._halo, self._halo + stop - start)
        return np.where(live[inside], wave[inside], np.float32(np.nan))

    def columns(self, start: int, stop: int, most: int, until: float = math.inf) -> Columns:
        """The envelope of samples ``start`` to ``stop`` (excluded), in whole columns.

        If columns are ten minutes or longer, one block of each is read first, and then all the rest, by time. What has
        been read is remembered, so that the same call continues.

        Args:
            start: the first sample.
            stop: end of the samples (excluded).
            most: largest number of columns.
            until: time of ``time.monotonic()`` at which reading stops; columns of less than 10 s are all read.

        Raises:
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        step = self._step(stop - start, min(most, MOST))
        start = start // step * step
        count = -(-(stop - start) // step)
        if step < _FEWEST * self._block:
            low, high = self._direct(start, step, count)
            return Columns(start, step, low, high, 1.0)
        chunks = self._chunks(start, start + count * step)
        late = self._glimpse(chunks, step, until)
        read = self._fill(chunks, step, -math.inf if late else until)
        coarse = step % self._chunk == 0
        parts = self._of_chunks(chunks) if coarse else self._of_blocks(chunks)
        unit = self._chunk if coarse else self._block
        skipped = (start - (chunks.start + self._first) * self._chunk) // unit
        inside = parts[:, skipped : skipped + count * step // unit].reshape(2, count, -1)
        return Columns(start, step, np.fmin.reduce(inside[0], 1), np.fmax.reduce(inside[1], 1), read)

    def _step(self, size: int, most: int) -> int:
        """Samples per column for at most ``most`` columns, one of which may be needed for the offset of the first."""
        step = -(-size // max(1, most - 1))
        for unit in (self._chunk, self._block):
            if step >= _FEWEST * unit:
                return -(-step // unit) * unit
        return max(1, step)

    def _direct(self, start: int, step: int, count: int) -> Float32[ndarray, "2 columns"]:
        """Columns computed from the samples, about ten minutes at a time."""
        made = np.empty((2, count), np.float32)
        share = max(1, self._chunk // step)
        for first in range(0, count, share):
            last = min(count, first + share)
            wave = self.samples(start + first * step, start + last * step).reshape(-1, step)
            made[0, first:last], made[1, first:last] = np.fmin.reduce(wave, 1), np.fmax.reduce(wave, 1)
        return made

    def glimpse(self, start: int, stop: int, most: int, until: float = math.inf) -> None:
        """Read one block of each column of ten minutes and more, as :meth:`columns` does before all else.

        Raises:
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        step = self._step(stop - start, min(most, MOST))
        self._glimpse(self._chunks(start // step * step, -(-stop // step) * step), step, until)

    def _chunks(self, start: int, stop: int) -> range:
        """Numbers of the chunks that contain some samples; they may lie before the first or after the last chunk."""
        return range(start // self._chunk - self._first, -(-stop // self._chunk) - self._first)

    def _inside(self, chunks: range) -> Int64[ndarray, " chunks"]:
        """Numbers of those of the chunks that exist."""
        return np.arange(max(0, chunks.start), min(len(self._whole), chunks.stop))

    def _glimpse(self, chunks: range, step: int, until: float) -> bool:
        """Read a block in the middle of each column of chunks until a time; return whether it has been reached.

        Every eighth column is read first, and so on, so that the picture is seen as a whole at once and becomes denser.
        """
        each = step // self._chunk
        every = self._inside(chunks)
        middles = every[(every - chunks.start) % each == each // 2] if each else every[:0]
        middles = np.concatenate([middles[k::8] for k in (0, 4, 2, 6, 1, 5, 3, 7)])
        for chunk in middles[~self._seen[middles]]:
            self._look(int(chunk))
            if time.monotonic() > until:
                return True
        return False

    def _fill(self, chunks: range, step: int, until: float) -> float:
        """Read unknown chunks until a time, and return the share of chunks that are known then."""
        every = self._inside(chunks)
        known = np.array([self._is_known(int(k), step) for k in every], bool)
        for k in np.flatnonzero(~known) if until > -math.inf else ():
            self._take(int(every[k]))  # at least one chunk, so that repeated calls come to an end
            known[k] = True
            if time.monotonic() > until:
                break
        return float(known.mean()) if known.size else 1.0

    def _is_known(self, chunk: int, step: int) -> bool:
        """Whether a chunk has been read and, for columns finer than a chunk, its blocks are still kept."""
        kept = step % self._chunk == 0 or chunk in self._blocks or self._empty[chunk]
        return bool(self._whole[chunk] and kept)

    def _look(self, chunk: int) -> None:
        """Read the block in the middle of a chunk."""
        blocks, place = _unread(_BLOCKS), _BLOCKS // 2
        first = (chunk + self._first) * self._chunk + place * self._block
        wave = self.samples(first, first + self._block)
        blocks[:, place] = np.fmin.reduce(wave), np.fmax.reduce(wave)
        self._keep(chunk, blocks)

    def _take(self, chunk: int) -> None:
        """Read a whole chunk."""
        first = (chunk + self._first) * self._chunk
        self._keep(chunk, self._direct(first, self._block, _BLOCKS))
        self._whole[chunk] = True

    def _keep(self, chunk: int, blocks: Float32[ndarray, "2 blocks"]) -> None:
        """Keep the blocks of a chunk, and drop the oldest if there are too many."""
        self._seen[chunk] = True
        self._extremes[:, chunk] = np.fmin.reduce(blocks[0]), np.fmax.reduce(blocks[1])
        self._blocks[chunk] = blocks
        self._blocks.move_to_end(chunk)
        if len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)

    def _of_chunks(self, chunks: range) -> Float32[ndarray, "2 chunks"]:
        """Least and largest samples of chunks; NaN before and after the record."""
        made = _missing(len(chunks))
        first, last = max(0, chunks.start), min(len(self._whole), chunks.stop)
        if first < last:
            made[:, first - chunks.start : last - chunks.start] = self._extremes[:, first:last]
        return made

    def _of_blocks(self, chunks: range) -> Float32[ndarray, "2 blocks"]:
        """Least and largest samples of all blocks of some chunks; NaN without data."""
        unread, missing = _unread(_BLOCKS), _missing(_BLOCKS)
        there = set(np.flatnonzero(~self._empty).tolist())
        return np.concatenate([self._blocks.get(k, unread) if k in there else missing for k in chunks], 1)


def _unread(count: int) -> Float32[ndarray, "2 parts"]:
    """Extremes of blocks that have not been read: infinity and minus infinity."""
    return np.repeat(np.array([[np.inf], [-np.inf]], np.float32), count, 1)


def _missing(count: int) -> Float32[ndarray, "2 parts"]:
    """Extremes of blocks without data: NaN."""
    return np.full((2, count), np.nan, np.float32)
