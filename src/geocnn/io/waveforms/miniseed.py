"""miniSEED files of versions 2 and 3, through pymseed (EarthScope's libmseed)."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int64
from numpy import ndarray
from numpy.typing import NDArray

from geocnn.io.partial import check_target
from geocnn.io.system import replaced
from geocnn.io.waveforms.pieces import SECOND, ArrayPiece, Channel, FilePiece, PieceTable, file_state, unreadable

if TYPE_CHECKING:
    from pymseed import MS3Record

__all__ = ["MiniseedPiece", "MiniseedPieces", "is_miniseed", "miniseed_records", "scan_miniseed", "write_miniseed"]

_SPAN = 1 << 17
"""Bytes of a file that a piece comes from at most, so that little is read for a few minutes of it."""
_BLOCK = 1 << 22
"""Bytes that are read at once."""
_LONGEST = 1 << 20
"""Bytes that a record has at most."""
_BEGIN = re.compile(rb"MS\x03|[\d ]{6}[DRQMVAST][ *]")
"""How a record, or a control header of SEED, begins."""
_DIGEST = 16
"""Bytes."""


@dataclass(frozen=True)
class MiniseedPiece(FilePiece):
    """Records of a channel in a file.

    Attributes:
        table: that it is in, and
        number: which one of it.
    """

    table: "MiniseedPieces"
    number: int

    @property
    def origin(self) -> str:
        """Name and state of the file, and where in it."""
        return f"{self.path.name} {self.state} {self.table.place(self.number)[0]}"

    @property
    def digest(self) -> str:
        """Of the bytes that the records are in.

        Raises:
            MissingError: the file is gone.
        """
        return self.table.digest(self.number)

    def segments(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.generic]]]:
        """Decode the records; those of a few minutes are decoded together, and kept for the next call.

        Raises:
            MissingError: the file is gone.
        """
        start, stop = max(start, self.start), min(stop, self.end)
        for time, samples in self._decoded()[0]:
            if time < stop and time + len(samples) * SECOND / self.rate > start:
                yield time, samples

    def damaged(self) -> int:
        """How many of the records cannot be decoded.

        Raises:
            MissingError: the file is gone.
        """
        return self._decoded()[1]

    def _decoded(self) -> tuple[list[tuple[int, NDArray[np.generic]]], int]:
        return _decoded(self.path, self.state, *self.table.place(self.number), self.table.source)


class MiniseedPieces(PieceTable):
    """Pieces of a channel with one rate in a file, in its order, as numbers: 56 bytes for each.

    Args:
        path: of the file.
        state: size and time of its last change.
        source: the channel, as libmseed names it.
        rate: samples per second.
        found: of each piece the time of the first sample, ns, how many samples, the byte of the first record, and how
            many bytes to the end of the last one; there may be records of others between them.

    Attributes:
        source: as above.
    """

    def __init__(
        self, path: Path, state: tuple[int, int], source: str, rate: float, found: Sequence[tuple[int, int, int, int]]
    ) -> None:
        self.source = source
        self._path, self._state, self._rate, self._channel = path, state, rate, _channel(source)
        self._numbers = np.array(found, np.int64)
        self._digests = np.zeros((len(found), _DIGEST), np.uint8)  # 0 where it is not known

    def __len__(self) -> int:
        """How many."""
        return len(self._numbers)

    @property
    def edges(self) -> tuple[Int64[ndarray, " pieces"], Int64[ndarray, " pieces"]]:
        """Start and end of each, ns, as :class:`Piece` has them."""
        starts, counts = self._numbers[:, 0], self._numbers[:, 1]
        return starts, starts + np.rint(counts * SECOND / self._rate).astype(np.int64)

    def piece(self, number: int) -> MiniseedPiece:
        """One of them."""
        start, count = self._numbers[number, :2].tolist()
        return MiniseedPiece(self._channel, start, self._rate, count, self._path, self._state, self, number)

    def place(self, number: int) -> tuple[int, int]:
        """First byte and number of bytes of a piece."""
        offset, size = self._numbers[number, 2:].tolist()
        return offset, size

    def digest(self, number: int) -> str:
        """Of the bytes of a piece, which are read once.

        Raises:
            MissingError: the file is gone.
        """
        if not self._digests[number].any():
            found = hashlib.blake2b(_bytes(self._path, *self.place(number)), digest_size=_DIGEST).digest()
            self._digests[number] = np.frombuffer(found, np.uint8)
        return bytes(self._digests[number]).hex()


def _bytes(path: Path, offset: int, size: int) -> bytes:
    """Part of a file.

    Raises:
        MissingError: the file is gone.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except OSError as error:
        raise unreadable(path, error) from None


@lru_cache(maxsize=16)
def _decoded(
    path: Path, _state: tuple[int, int], offset: int, size: int, source: str
) -> tuple[list[tuple[int, NDArray[np.generic]]], int]:
    """Samples of a source in part of a file, with their times, ns, and how many records are damaged.

    Raises:
        MissingError: the file is gone.
    """
    from pymseed import MiniSEEDError, MS3TraceList

    block = _bytes(path, offset, size)
    traces = MS3TraceList()
    try:
        traces.add_buffer(block, unpack_data=True, sourceid=source)
    except MiniSEEDError:
        return _one_by_one(block, source)
    whole = [(part.starttime, np.array(part.np_datasamples)) for trace in traces for part in trace if part.numsamples]
    return whole, 0


def _one_by_one(block: bytes, source: str) -> tuple[list[tuple[int, NDArray[np.generic]]], int]:
    """Samples of a source record by record, a damaged one being a gap, and how many are."""
    from pymseed import MiniSEEDError

    found, damaged = [], 0
    for _, _, record in _records(memoryview(block)):
        if record.sourceid == source and record.samplecnt > 0:
            try:
                record.unpack_data()
            except MiniSEEDError:
                damaged += 1
            else:
                found.append((record.starttime, np.array(record.np_datasamples)))
    return found, damaged


def is_miniseed(head: bytes) -> bool:
    """Whether a file that begins like this holds miniSEED records, or a SEED volume with them."""
    return _BEGIN.match(head) is not None and (len(head) >= 48 or head[:1] == b"M")


def scan_miniseed(path: Path) -> tuple[list[MiniseedPieces], list[str], list[str]]:
    """Pieces of a file, from the headers of its records, and what of it is no seismogram.

    Args:
        path: of the file.

    Returns:
        Pieces by channel and rate, channels that hold no samples, such as logs, and what is damaged, in words.
    """
    state = file_state(path)
    found: dict[tuple[str, float], _Growing] = {}
    others: dict[str, None] = {}
    holes, last = [], 0
    for offset, end, record in _file_records(path):
        if offset > last:
            holes.append(last)
        last = end
        source, rate, count = record.sourceid, record.samprate, record.samplecnt
        if rate <= 0 or count <= 0 or record.encoding == 0:  # text, detections, headers alone
            others[source] = None
        else:
            found.setdefault((source, rate), _Growing(rate)).add(record.starttime, count, offset, end)
    damage = _damage(path, holes, last) if found or others else []
    for growing in found.values():
        growing.close()
    tables = [MiniseedPieces(path, state, *key, growing.done) for key, growing in found.items()]
    return tables, [str(_channel(source)) for source in others], damage


def _damage(path: Path, holes: Sequence[int], last: int) -> list[str]:
    """What is wrong with the bytes between records, from these on, and behind the last one, in words."""
    with path.open("rb") as file:

        def head(at: int) -> bytes:
            file.seek(at)
            return file.read(64)

        # SEED volumes have control headers between the records.
        lost = sum(not (is_miniseed(head(at)) and head(at)[6:7] in b"VAST") for at in holes)
        rest = head(last)
        begun = is_miniseed(rest.ljust(64, b" "))
        file.seek(last)
        padding = not any(block.strip(b"\0 ") for block in iter(lambda: file.read(_BLOCK), b""))
        cut = not padding and (len(rest) < 48 or (begun and rest[6:7] not in b"VAST"))
        lost += not (padding or cut or begun)
    found = []
    if lost:
        where = f"{lost} places" if lost > 1 else "a place"
        found.append(f"{path} has {where} where no record can be made out; what was there is a gap.")
    if cut:
        found.append(f"{path} ends inside a record, as a file does that was not copied to its end.")
    return found


@dataclass
class _Growing:
    """Pieces of one channel and rate, the last of which may go on.

    Attributes:
        rate: samples per second.
        done: start, number of samples, first byte and number of bytes of those that do not.
    """

    rate: float
    done: list[tuple[int, int, int, int]] = field(default_factory=list)
    _start: int = 0
    _count: int = 0
    _offset: int = 0
    _end: int = 0

    def add(self, time: int, count: int, offset: int, end: int) -> None:
        """Take a record from ``time`` on, of ``count`` samples, at bytes ``offset`` to ``end``."""
        late = time - self._start - self._count * SECOND / self.rate
        if not (self._count and abs(late) <= SECOND / self.rate / 2 and end - self._offset <= _SPAN):
            self.close()
            self._start, self._offset = time, offset
        self._count += count
        self._end = end

    def close(self) -> None:
        """End the last piece."""
        if self._count:
            self.done.append((self._start, self._count, self._offset, self._end - self._offset))
            self._count = 0


def _channel(source: str) -> Channel:
    """Codes of a source identifier, FDSN or any other."""
    from pymseed import sourceid2nslc

    try:
        return Channel(*sourceid2nslc(source))
    except ValueError:
        return Channel("", source, "", "")


def _file_records(path: Path) -> Iterator[tuple[int, int, "MS3Record"]]:
    """First bytes, those behind the last, and headers of the records of a file, block by block."""
    with path.open("rb") as file:
        start, rest = 0, b""
        while True:
            block = file.read(_BLOCK)
            data = rest + block
            used = 0
            for offset, used, record in _records(memoryview(data), more=bool(block)):
                yield start + offset, start + used, record
            if not block:
                return
            # Behind the last whole record there may be the first part of the next one, or no record at all.
            used = max(used, len(data) - _BLOCK)
            start, rest = start + used, data[used:]


def _records(data: memoryview, *, more: bool = False) -> Iterator[tuple[int, int, "MS3Record"]]:
    """First bytes of records, those behind the last, and headers; what is none, or damaged, is skipped.

    Args:
        data: bytes of a file.
        more: the file goes on, so that a record that has been cut off at the end is not damaged.
    """
    from pymseed import MiniSEEDError, MS3Record

    at = 0
    while at + 40 <= len(data):  # the shortest header
        try:
            for record in MS3Record.from_buffer(data[at:]):
                end = at + record.reclen
                yield at, end, record
                at = end
        except MiniSEEDError:
            if more and len(data) - at < _LONGEST:
                return
            # At any byte: what was cut off by a full disk is of any length.
            following = _BEGIN.search(data, at + 1)
            at = following.start() if following else len(data)
        else:
            return


def write_miniseed(path: Path, pieces: Sequence[ArrayPiece], *, overwrite: bool = False) -> None:
    """Write a file of version 2, 32-bit floats in records of 4096 bytes; finished or absent.

    Args:
        path: of the file.
        pieces: of any channels; their samples become 32-bit floats.
        overwrite: replace an existing file.

    Raises:
        TargetError: it exists and ``overwrite`` is not given, or cannot be written.
    """
    check_target(path, sum(4 * piece.count for piece in pieces), overwrite=overwrite)
    # Not to_file, whose errors do not say what the system said.
    with replaced(path) as part, part.open("wb") as file:
        for record in miniseed_records(pieces):
            file.write(record)


def miniseed_records(pieces: Sequence[ArrayPiece]) -> Iterator[bytes]:
    """Records of version 2, 32-bit floats in 4096 bytes, of pieces of any channels."""
    from pymseed import DataEncoding, MS3TraceList, nslc2sourceid

    traces = MS3TraceList()
    for piece in pieces:
        c = piece.channel
        source = nslc2sourceid(c.network, c.station, c.location, c.code)
        traces.add_data(source, np.asarray(piece.samples, np.float32), "f", piece.rate, starttime=piece.start)
    yield from traces.generate(encoding=DataEncoding.FLOAT32, format_version=2)
