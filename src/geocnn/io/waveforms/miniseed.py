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
"""Largest number of bytes of a piece, so that little is read for a few minutes of it."""
_BLOCK = 1 << 22
"""Bytes of a file that are read at once."""
_LONGEST = 1 << 20
"""Largest number of bytes of a record."""
_HEADER = 56
"""Bytes of the beginning of a record by which the end of the one before it is found: more than the 48 of a header, and
no power of two, which libmseed would take for a record."""
_BEGIN = re.compile(rb"MS\x03|[\d ]{6}[DRQMVAST][ *]")
"""Pattern of the beginning of a record, or of a control header of SEED."""
_DIGEST = 16
"""Bytes of a digest."""


@dataclass(frozen=True)
class MiniseedPiece(FilePiece):
    """Consecutive records of a channel in a file.

    Attributes:
        table: table that the piece belongs to.
        number: number of the piece in the table.
    """

    table: "MiniseedPieces"
    number: int

    @property
    def origin(self) -> str:
        """Name and state of the file, and position of the piece in it."""
        return f"{self.path.name} {self.state} {self.table.place(self.number)[0]}"

    @property
    def digest(self) -> str:
        """Digest of the bytes of the records.

        Raises:
            MissingError: the file is gone.
        """
        return self.table.digest(self.number)

    def segments(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.generic]]]:
        """Decode the records in a span of time; a few minutes are decoded together and kept for the next call.

        Raises:
            MissingError: the file is gone.
        """
        start, stop = max(start, self.start), min(stop, self.end)
        for time, samples in self._decoded()[0]:
            if time < stop and time + len(samples) * SECOND / self.rate > start:
                yield time, samples

    def damaged(self) -> int:
        """Number of records that cannot be decoded; at least 1 if samples are missing.

        Raises:
            MissingError: the file is gone.
        """
        return self._decoded()[1]

    def _decoded(self) -> tuple[list[tuple[int, NDArray[np.generic]]], int]:
        place = self.table.place(self.number)
        return _decoded(self.path, self.state, *place, self.table.source, self.rate, self.count)


class MiniseedPieces(PieceTable):
    """All pieces of a channel and rate in a file, as numbers: 56 bytes per piece.

    Args:
        path: of the file.
        state: size and time of its last change.
        source: the channel, as libmseed names it.
        rate: samples per second.
        found: for each piece the time of its first sample (ns), its number of samples, the first byte of its first
            record, and the number of bytes up to the end of its last one; records of other channels may lie between.

    Attributes:
        source: as in the arguments.
    """

    def __init__(
        self, path: Path, state: tuple[int, int], source: str, rate: float, found: Sequence[tuple[int, int, int, int]]
    ) -> None:
        self.source = source
        self._path, self._state, self._rate, self._channel = path, state, rate, _channel(source)
        self._numbers = np.array(found, np.int64)
        self._digests = np.zeros((len(found), _DIGEST), np.uint8)  # 0 where it has not been computed

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self._numbers)

    @property
    def edges(self) -> tuple[Int64[ndarray, " pieces"], Int64[ndarray, " pieces"]]:
        """Start and end of each piece, ns, as :class:`Piece` has them."""
        starts, counts = self._numbers[:, 0], self._numbers[:, 1]
        return starts, starts + np.rint(counts * SECOND / self._rate).astype(np.int64)

    def piece(self, number: int) -> MiniseedPiece:
        """Piece of a number."""
        start, count = self._numbers[number, :2].tolist()
        return MiniseedPiece(self._channel, start, self._rate, count, self._path, self._state, self, number)

    def place(self, number: int) -> tuple[int, int]:
        """First byte and number of bytes of a piece."""
        offset, size = self._numbers[number, 2:].tolist()
        return offset, size

    def digest(self, number: int) -> str:
        """Digest of the bytes of a piece, which are read only once.

        Raises:
            MissingError: the file is gone.
        """
        if not self._digests[number].any():
            found = hashlib.blake2b(_bytes(self._path, *self.place(number)), digest_size=_DIGEST).digest()
            self._digests[number] = np.frombuffer(found, np.uint8)
        return bytes(self._digests[number]).hex()


def _bytes(path: Path, offset: int, size: int) -> bytes:
    """Read some bytes of a file.

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
    path: Path, _state: tuple[int, int], offset: int, size: int, source: str, rate: float, count: int
) -> tuple[list[tuple[int, NDArray[np.generic]]], int]:
    """Samples of a source in a part of a file, each with its time in ns, and the number of damaged records.

    Args:
        path: of the file.
        offset: first byte of the part.
        size: number of bytes of the part.
        source: the channel, as libmseed names it.
        rate: samples per second.
        count: number of samples according to the headers.

    Raises:
        MissingError: the file is gone.
    """
    from pymseed import MiniSEEDError, MS3TraceList

    block = _bytes(path, offset, size)
    # Without a blockette 1000 a record ends where the next header begins; libmseed would leave out the last one.
    block += block[:_HEADER]
    traces = MS3TraceList()
    try:
        traces.add_buffer(block, unpack_data=True, sourceid=source)
    except MiniSEEDError:
        return _one_by_one(block, source, rate, count)
    whole = [(part.starttime, np.array(part.np_datasamples)) for trace in traces for part in trace if part.numsamples]
    # Otherwise something was left out, or there are records of another rate.
    return (whole, 0) if sum(len(samples) for _, samples in whole) == count else _one_by_one(block, source, rate, count)


def _one_by_one(
    block: bytes, source: str, rate: float, count: int
) -> tuple[list[tuple[int, NDArray[np.generic]]], int]:
    """Decode a block record by record, so that a damaged record is a gap.

    Returns:
        What :func:`_decoded` returns; the number of damaged records is at least 1 if there are fewer than ``count``
            samples.
    """
    from pymseed import MiniSEEDError

    found, damaged = [], 0
    for _, _, record in _records(memoryview(block)):
        if record.sourceid == source and record.samprate == rate and record.samplecnt > 0 and record.encoding != 0:
            try:
                record.unpack_data()
            except MiniSEEDError:
                damaged += 1
            else:
                found.append((record.starttime, np.array(record.np_datasamples)))
    return found, max(damaged, int(sum(len(samples) for _, samples in found) < count))


def is_miniseed(head: bytes) -> bool:
    """Whether a file that begins with these bytes holds miniSEED records, or is a SEED volume with such records."""
    return _BEGIN.match(head) is not None and (len(head) >= 48 or head[:1] == b"M")


def scan_miniseed(path: Path) -> tuple[list[MiniseedPieces], list[str], list[str]]:
    """Pieces of a file according to the headers of its records, and what else the file contains.

    Args:
        path: of the file.

    Returns:
        Pieces by channel and rate; channels without samples, such as logs; and what is damaged, in words.
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
        if rate <= 0 or count <= 0 or record.encoding == 0:  # text, detections, or a header without samples
            others[source] = None
        else:
            found.setdefault((source, rate), _Growing(rate)).add(record.starttime, count, offset, end)
    damage = _damage(path, holes, last) if found or others else []
    for growing in found.values():
        growing.close()
    tables = [MiniseedPieces(path, state, *key, growing.done) for key, growing in found.items()]
    return tables, [str(_channel(source)) for source in others], damage


def _damage(path: Path, holes: Sequence[int], last: int) -> list[str]:
    """Sentences about damage in the bytes between the records (at ``holes``) and after the last one."""
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
    """Pieces of one channel and rate while a file is scanned; the last one may still grow.

    Attributes:
        rate: samples per second.
        done: start, number of samples, first byte and number of bytes of each finished piece.
    """

    rate: float
    done: list[tuple[int, int, int, int]] = field(default_factory=list)
    _start: int = 0
    _count: int = 0
    _offset: int = 0
    _end: int = 0

    def add(self, time: int, count: int, offset: int, end: int) -> None:
        """Add a record that starts at ``time``, with ``count`` samples, at bytes ``offset`` to ``end``."""
        late = time - self._start - self._count * SECOND / self.rate
        if not (self._count and abs(late) <= SECOND / self.rate / 2 and end - self._offset <= _SPAN):
            self.close()
            self._start, self._offset = time, offset
        self._count += count
        self._end = end

    def close(self) -> None:
        """Finish the last piece."""
        if self._count:
            self.done.append((self._start, self._count, self._offset, self._end - self._offset))
            self._count = 0


def _channel(source: str) -> Channel:
    """Codes of a channel from its source identifier, in the form of FDSN or any other."""
    from pymseed import sourceid2nslc

    try:
        return Channel(*sourceid2nslc(source))
    except ValueError:
        return Channel("", source, "", "")


def _file_records(path: Path) -> Iterator[tuple[int, int, "MS3Record"]]:
    """First byte, end and header of each record of a file, which is read block by block."""
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
            # After the last whole record there may be the beginning of the next one, or no record at all.
            used = max(used, len(data) - _BLOCK)
            start, rest = start + used, data[used:]


def _records(data: memoryview, *, more: bool = False) -> Iterator[tuple[int, int, "MS3Record"]]:
    """First byte, end and header of each record; bytes that are no record, or a damaged one, are skipped.

    Args:
        data: bytes of a file.
        more: whether the file goes on, so that an incomplete record at the end is not damaged; one that ends with the
            data is left out, because without a blockette 1000 it may be longer.
    """
    from pymseed import MiniSEEDError, MS3Record

    at = 0
    while at + 40 <= len(data):  # length of the shortest header
        try:
            for record in MS3Record.from_buffer(data[at:]):
                end = at + record.reclen
                if more and end == len(data):
                    return
                yield at, end, record
                at = end
        except MiniSEEDError:
            if more and len(data) - at < _LONGEST:
                return
            # The next record may begin at any byte: a full disk can cut one off anywhere.
            following = _BEGIN.search(data, at + 1)
            at = following.start() if following else len(data)
        else:
            return


def write_miniseed(path: Path, pieces: Sequence[ArrayPiece], *, overwrite: bool = False) -> None:
    """Write a file of version 2, with 32-bit floats in records of 4096 bytes; it is written completely or not at all.

    Args:
        path: of the file.
        pieces: of any channels; their samples become 32-bit floats.
        overwrite: replace an existing file.

    Raises:
        TargetError: the file exists and ``overwrite`` is not set, or it cannot be written.
    """
    check_target(path, sum(4 * piece.count for piece in pieces), overwrite=overwrite)
    # The to_file of pymseed is not used: its errors do not contain those of the system.
    with replaced(path) as part, part.open("wb") as file:
        for record in miniseed_records(pieces):
            file.write(record)


def miniseed_records(pieces: Sequence[ArrayPiece]) -> Iterator[bytes]:
    """Records of version 2, with 32-bit floats in 4096 bytes each, for pieces of any channels."""
    from pymseed import DataEncoding, MS3TraceList, nslc2sourceid

    traces = MS3TraceList()
    for piece in pieces:
        c = piece.channel
        source = nslc2sourceid(c.network, c.station, c.location, c.code)
        traces.add_data(source, np.asarray(piece.samples, np.float32), "f", piece.rate, starttime=piece.start)
    yield from traces.generate(encoding=DataEncoding.FLOAT32, format_version=2)
