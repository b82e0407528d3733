"""Contents of seismogram files by their headers: channels and continuous pieces of records."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np
from jaxtyping import Bool, Int64
from numpy import ndarray
from numpy.typing import NDArray

from geocnn.errors import MissingError
from geocnn.io.system import reason

__all__ = [
    "SECOND",
    "ArrayPiece",
    "ByTime",
    "Channel",
    "Cut",
    "CutPiece",
    "FilePiece",
    "Piece",
    "PieceTable",
    "anchored",
    "clock",
    "edges",
    "file_state",
    "how_long",
    "index_of",
    "nominal",
    "spans",
    "time_of",
    "unreadable",
    "utc",
]

SECOND = 1_000_000_000
"""Nanoseconds of a second."""
_DENOMINATOR = 8
"""Largest denominator of a sampling rate; what remains is drift of the clock."""
_FINE = 1000
"""Largest denominator of a rate that is no such fraction; larger ones would make resampling slow. The error is at most
0.0005 samples per second, which would shift the end of a day in one piece by 0.4 s, see :func:`anchored`."""
_ANCHORED = 600
"""Seconds after which a piece is put on the grid anew: the error of a rate shifts their last sample by 0.3 samples."""


@dataclass(frozen=True, order=True, slots=True)
class Channel:
    """Codes of a channel as FDSN assigns them: network, station, location (may be empty) and channel."""

    network: str
    station: str
    location: str
    code: str

    def __str__(self) -> str:
        """The codes as seismologists write them, such as CX.PB01..HHZ."""
        return ".".join((self.network, self.station, self.location, self.code))


@dataclass(frozen=True)
class Piece(ABC):
    """Continuous samples of a channel, of which only the header has been read.

    Attributes:
        channel: the channel.
        start: time of the first sample, nanoseconds since 1970 (UTC).
        rate: samples per second.
        count: number of samples.
    """

    channel: Channel
    start: int
    rate: float
    count: int

    @property
    def end(self) -> int:
        """Time at which the sample after the last would come, ns."""
        return self.start + round(self.count * SECOND / self.rate)

    @cached_property
    def grid(self) -> Fraction:
        """Rate of the grid on which samples are placed: the plain rate, unless that would shift the last sample."""
        plain = nominal(self.rate)
        if abs(float(plain) / self.rate - 1) * self.count <= 0.5:
            return plain
        return Fraction(self.rate).limit_denominator(_FINE)

    @property
    @abstractmethod
    def origin(self) -> str:
        """Text that identifies the source of the samples and its state; other samples have another text."""

    @property
    def digest(self) -> str:
        """Digest of the samples; it stays the same when the file grows after them."""
        return self.origin

    @abstractmethod
    def segments(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.generic]]]:
        """Decoded samples, each array with the time of its first one in ns; what cannot be decoded is left out.

        Args:
            start: samples before this time (ns) are not needed, but may be returned.
            stop: samples from this time (ns) on are not needed, but may be returned.

        Raises:
            MissingError: the file is gone.
            FormatError: the file cannot be read.
        """

    def damaged(self) -> int:
        """Number of records of the piece that cannot be decoded; known once they have been read."""
        return 0


@dataclass(frozen=True)
class FilePiece(Piece):
    """A piece in a file.

    Attributes:
        path: path of the file.
        state: size and time of the last change of the file.
    """

    path: Path
    state: tuple[int, int]


@dataclass(frozen=True, eq=False)
class ArrayPiece(Piece):
    """A piece in memory.

    Attributes:
        samples: the samples, ``count`` of them.
    """

    samples: NDArray[np.generic]

    @classmethod
    def of(cls, channel: Channel, start: int, rate: float, samples: NDArray[np.generic]) -> "ArrayPiece":
        """Piece of all samples of an array."""
        return cls(channel, start, rate, len(samples), samples)

    @cached_property
    def origin(self) -> str:
        """Digest of the samples."""
        import hashlib

        return hashlib.sha256(np.ascontiguousarray(self.samples).tobytes()).hexdigest()

    def segments(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.generic]]]:  # noqa: ARG002
        """All samples at once."""
        yield self.start, self.samples


@dataclass(frozen=True)
class CutPiece(Piece):
    """Some of the samples of a piece, which it shares with it.

    Attributes:
        whole: the piece.
    """

    whole: Piece

    @classmethod
    def of(cls, whole: Piece, start: int, end: int) -> "CutPiece":
        """Samples of a piece from one time up to another, ns."""
        count = round((end - start) * whole.rate / SECOND)
        if isinstance(whole, FilePiece):
            return _CutFilePiece(whole.channel, start, whole.rate, count, whole.path, whole.state, whole)
        return cls(whole.channel, start, whole.rate, count, whole)

    @property
    def origin(self) -> str:
        """That of the piece."""
        return self.whole.origin

    @property
    def digest(self) -> str:
        """That of the piece, as time and number of the samples are told beside it."""
        return self.whole.digest

    def segments(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.generic]]]:
        """Decoded samples of the piece, without those before and after.

        Raises:
            MissingError: the file is gone.
            FormatError: the file cannot be read.
        """
        for time, samples in self.whole.segments(max(start, self.start), min(stop, self.end)):
            first, last = (max(0, round((edge - time) * self.rate / SECOND)) for edge in (self.start, self.end))
            if first < min(last, len(samples)):
                yield time + round(first * SECOND / self.rate), samples[first:last]

    def damaged(self) -> int:
        """Number of records of the whole piece that cannot be decoded."""
        return self.whole.damaged()


@dataclass(frozen=True)
class _CutFilePiece(CutPiece, FilePiece):
    """Some of the samples of a piece in a file."""


class PieceTable(Sequence[Piece]):
    """Sequence of pieces that are made on request; for years of records there are too many to keep."""

    @abstractmethod
    def piece(self, number: int) -> Piece:
        """Piece of a number."""

    @property
    @abstractmethod
    def edges(self) -> tuple[Int64[ndarray, " pieces"], Int64[ndarray, " pieces"]]:
        """Start and end of each piece, ns."""

    @overload
    def __getitem__(self, index: int) -> Piece: ...

    @overload
    def __getitem__(self, index: slice) -> list[Piece]: ...

    def __getitem__(self, index: int | slice) -> Piece | list[Piece]:
        """Piece of an index, or list of pieces of a slice."""
        numbers = range(len(self))[index]
        return self.piece(numbers) if isinstance(numbers, int) else [self.piece(number) for number in numbers]


class ByTime(PieceTable):
    """Pieces of several sequences in order of time; pieces that begin at the same time are ordered by their origin.

    Args:
        groups: the sequences; none is empty.
    """

    def __init__(self, groups: Iterable[Sequence[Piece]]) -> None:
        self._groups = sorted(groups, key=lambda group: group[0].origin)
        none = np.zeros(0, np.int64)
        starts, ends = (np.concatenate([none, *(edges(group)[k] for group in self._groups)]) for k in range(2))
        places = [(np.full(len(group), k), np.arange(len(group))) for k, group in enumerate(self._groups)]
        group, number = (np.concatenate([none, *(place[k] for place in places)]) for k in range(2))
        order = np.argsort(starts, kind="stable")
        self._edges = starts[order], ends[order]
        self._group, self._number = group[order].astype(np.int32), number[order].astype(np.int32)

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self._group)

    @property
    def edges(self) -> tuple[Int64[ndarray, " pieces"], Int64[ndarray, " pieces"]]:
        """Start and end of each piece, ns."""
        return self._edges

    def piece(self, number: int) -> Piece:
        """Piece of a number."""
        group: Sequence[Piece] = self._groups[int(self._group[number])]
        return group[int(self._number[number])]


class Cut(PieceTable):
    """What some pieces have in spans of time, by time.

    Args:
        pieces: the pieces.
        spans: start and end of each span, ns, by time; they do not overlap, or by less than the shortest of them.
    """

    def __init__(self, pieces: Sequence[Piece], spans: Int64[ndarray, "spans 2"]) -> None:
        self._pieces = pieces
        starts, ends = edges(pieces)
        low, high = np.searchsorted(spans[:, 1], starts, side="right"), np.searchsorted(spans[:, 0], ends)
        begun, over = (np.append(spans[:, k], np.iinfo(np.int64).max)[low] for k in range(2))
        inside = (begun <= starts) & (ends <= over)
        whole, rows = np.flatnonzero(inside), list[tuple[int, int, int]]()
        # Most pieces are whole, and only those at the ends of the spans are looked at one by one.
        for number in np.flatnonzero((low < high) & ~inside).tolist():
            for first, last in spans[low[number] : high[number]].tolist():
                rows += _cut(number, pieces[number], first, last)
        cut = np.array(rows, np.int64).reshape(-1, 3)
        found = np.concatenate((np.stack((whole, starts[whole], ends[whole]), 1), cut))
        self._rows = found[np.argsort(found[:, 1], kind="stable")]

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self._rows)

    @property
    def edges(self) -> tuple[Int64[ndarray, " pieces"], Int64[ndarray, " pieces"]]:
        """Start and end of each piece, ns."""
        return self._rows[:, 1], self._rows[:, 2]

    def piece(self, number: int) -> Piece:
        """Piece of a number."""
        at, start, end = self._rows[number].tolist()
        whole = self._pieces[at]
        return whole if (start, end) == (whole.start, whole.end) else CutPiece.of(whole, start, end)


def _cut(number: int, piece: Piece, start: int, end: int) -> list[tuple[int, int, int]]:
    """Number of a piece, and beginning and end of those of its samples that lie in a span; nothing if none does."""
    # Half a thousandth of a sample is for times that are rounded to nanoseconds.
    first, last = (math.ceil((edge - piece.start) * piece.rate / SECOND - 5e-4) for edge in (start, end))
    first, last = max(0, first), min(piece.count, last)
    begin, stop = (piece.start + round(n * SECOND / piece.rate) for n in (first, last))
    return [(number, begin, stop)] if first < last else []


def anchored(piece: Piece) -> Sequence[Piece]:
    """A piece by itself or, if its samples depart from its grid by more than half a sample, parts of ten minutes.

    Each part begins at the nearest place of the grid, so that its samples are never late by more than about half a
    sample. The samples are shared, not copied.
    """
    if abs(float(piece.grid) / piece.rate - 1) * piece.count <= 0.5:
        return [piece]
    parts = math.ceil(piece.count / piece.rate / _ANCHORED)
    first = np.arange(parts + 1) * piece.count // parts
    times = piece.start + np.rint(first * (SECOND / piece.rate)).astype(np.int64)
    # The grid has more places than a slower clock has samples: the first sample of the next part fills the hole.
    more = round(SECOND / piece.rate) if piece.rate < piece.grid else 0
    return Cut([piece], np.stack((times[:-1], times[1:] + more), 1))


def edges(pieces: Sequence[Piece]) -> tuple[Int64[ndarray, " pieces"], Int64[ndarray, " pieces"]]:
    """Start and end of each piece, ns."""
    if isinstance(pieces, PieceTable):
        return pieces.edges
    return np.array([p.start for p in pieces], np.int64), np.array([p.end for p in pieces], np.int64)


def file_state(path: Path) -> tuple[int, int]:
    """Size of a file, and time of its last change in ns."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def how_long(seconds: float) -> str:
    """A duration in a readable unit, such as 30 s, 4.5 min or 24.00 h."""
    if seconds < 120:
        return f"{seconds:.4g} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.2f} h"


def utc(time: int, digits: int = 6) -> str:
    """A time (ns since 1970) as text, such as 2026-01-31T23:59:59.123456Z.

    Args:
        time: the time.
        digits: digits of the fraction of a second, 1 to 9.
    """
    step = 10 ** (9 - digits)
    return f"{str(np.datetime64(round(time / step) * step, 'ns'))[: 20 + digits]}Z"


def clock() -> str:
    """The current time of day in UTC, such as 23:59:59Z, for messages of programs that run for days."""
    return f"{datetime.now(UTC):%H:%M:%SZ}"


def unreadable(path: Path, error: OSError) -> MissingError:
    """Error for a file that could be read when its headers were scanned."""
    return MissingError(f"{path} can no longer be read ({reason(error)}); is its disk there?")


def spans(live: Bool[ndarray, " samples"], least: int = 1) -> list[tuple[int, int]]:
    """Runs of at least ``least`` true values: first index and end (excluded) of each."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], live, [False])).astype(np.int8))).reshape(-1, 2)
    long = edges[edges[:, 1] - edges[:, 0] >= least]
    return [(first, last) for first, last in long.tolist()]


def nominal(rate: float) -> Fraction:
    """Simple fraction that a rate in a header stands for: 100 for 99.9999, 125/2 for 62.5."""
    return Fraction(rate).limit_denominator(_DENOMINATOR) if rate > 1 else Fraction(rate).limit_denominator(1000)


def index_of(time: int, rate: Fraction) -> int:
    """Number of the nearest sample to a time, counted from 1970 at a rate.

    It is computed in integers, because floating-point numbers would be wrong by more than a sample.
    """
    denominator = rate.denominator * SECOND
    return (2 * time * rate.numerator + denominator) // (2 * denominator)


def time_of(index: float, rate: Fraction) -> int:
    """Time of a sample in ns, also between samples; the inverse of :func:`index_of`."""
    whole = int(index // 1)
    exact = Fraction(whole * SECOND) / rate
    return round(exact + Fraction((index - whole) * SECOND) / rate)
