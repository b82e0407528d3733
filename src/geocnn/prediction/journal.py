"""Journal on disk of what has been found so far, from which a killed run goes on.

With a growing archive only what is new is picked again.
"""

import hashlib
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from io import BytesIO
from os import SEEK_END
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Generic, NamedTuple, Self, TypeVar

from geocnn.errors import TargetError
from geocnn.io.system import claim, reason, replaced
from geocnn.io.waveforms import Station
from geocnn.io.waveforms.pieces import SECOND, time_of
from geocnn.io.waveforms.quakeml import Amplitude, PhasePick
from geocnn.location import Place
from geocnn.prediction.arrivals import Arrival
from geocnn.prediction.part_index import PartIndex
from geocnn.prediction.picker import Part, Picker, Worker

__all__ = ["Journal", "Known", "PartJournal", "digest_of", "noticed", "unfinished"]

_NEAR = 10 * SECOND
"""Time beyond what the network sees that can change a result, ns: for stuck components and filters."""

_FORM = 7
"""Version of the entries; those of other versions are not read."""


def unfinished(catalogue: Path) -> Path:
    """Path of the journal beside a catalogue that is not finished."""
    return catalogue.with_name(f"{catalogue.name}.unfinished")


@contextmanager
def noticed(station: Station) -> Iterator[list[str]]:
    """What a station notes while the block runs, even if it has noted the same before; known when the block ends."""
    before, own = station.notes, list[str]()
    station.notes = own
    try:
        yield own
    finally:
        station.notes = before
        for text in own:
            station.note(text)


Found = TypeVar("Found")


class Known(NamedTuple, Generic[Found]):
    """What is known of a finished part.

    Attributes:
        found: what was found in it, by time.
        notes: what its station noted of the data while it was read.
    """

    found: list[Found]
    notes: list[str]


class PartJournal(ABC, Generic[Found]):
    """What was found in finished parts, one line of JSON each; the file is removed when the result is written.

    A line is valid as long as its digest is: this covers network, threshold, the bytes of the files that the part
    depends on, and what is known of its channels then. A line that a kill has cut short is ignored.

    Args:
        path: path of the file; None keeps the lines in memory.

    Attributes:
        done: set once the result is written, so that the file is removed.

    Raises:
        TargetError: the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.done = False
        self._lines = PartIndex()
        self._count = 0  # lines of the file
        self._file: BinaryIO = BytesIO() if path is None else self._opened(path)

    def _opened(self, path: Path) -> BinaryIO:
        """The file, claimed for this process; it is known now where its lines are."""
        try:
            file = _claimed(path)
            self._read(file)
        except TargetError:
            raise
        except OSError as error:
            raise TargetError(f"{path} cannot be written ({reason(error)}); give --out another folder.") from None
        return file

    def _read(self, file: BinaryIO) -> None:
        self._lines, self._count = PartIndex(), 0
        at, line = file.seek(0), b"\n"
        for line in file:
            self._count += 1
            try:
                entry = json.loads(line)
                if isinstance(entry["picks"], list):
                    self._lines.put(digest_of(entry["part"]), at)
            except (ValueError, TypeError, KeyError, AttributeError):
                pass
            at += len(line)
        if not line.endswith(b"\n"):
            file.write(b"\n")
        self._lines.used()  # none is, so far

    def key(self, station: Station, part: Part, picker: Worker[object]) -> str:
        """Key of a part: station, first sample, and a digest of its samples, its instruments and of the network."""
        start, stop = (time_of(n, station.grid) for n in (part.first - picker.halo, part.last + picker.halo))
        start, stop = start - _NEAR, stop + _NEAR
        digest = hashlib.sha256(f"{_FORM} {picker.identity} {part}".encode())
        pieces = [station.within(component, start, stop) for component in range(3)]
        for near in pieces:
            for piece in near:
                digest.update(f"{piece.channel} {piece.start} {piece.rate} {piece.count} {piece.digest}\n".encode())
        if isinstance(picker, Picker):
            digest.update(picker.known(station, start, stop, pieces).encode())
        return f"{station} {part.first} {digest.hexdigest()[:16]}"

    def remember(self, product: str, station: Station, keys: Iterable[str]) -> None:
        """Note that a product has been made of some parts, such as the picture of a day.

        Args:
            product: what it is, in one line.
            station: of the parts.
            keys: of the parts.

        Raises:
            TargetError: the disk is full.
        """
        self.add(_product(product, station, keys), [])

    def remembers(self, product: str, station: Station, keys: Iterable[str]) -> bool:
        """Whether a product has been made of these very parts, while this journal was kept."""
        return self._lines.find(digest_of(_product(product, station, keys))) is not None

    @abstractmethod
    def entry(self, found: Found) -> list[object]:
        """A result as a list that JSON can hold."""

    @abstractmethod
    def found(self, station: Station, entry: Sequence[object]) -> Found:
        """A result from its entry; the inverse of :meth:`entry`."""

    def has(self, key: str) -> bool:
        """Whether it is known what was found in a part."""
        return digest_of(key) in self._lines

    def get(self, digest: int, station: Station) -> Known[Found] | None:
        """What is known of a part, by the digest of its key, see :func:`digest_of`; None if nothing is."""
        at = self._lines.find(digest)
        if at is None:
            return None
        self._file.seek(at)
        line = json.loads(self._file.readline())
        return Known([self.found(station, entry) for entry in line["picks"]], line.get("notes", []))

    def add(self, key: str, found: Sequence[Found], notes: Iterable[str] = ()) -> None:
        """Write the line of a part.

        Args:
            key: of the part.
            found: what was found in it.
            notes: what its station noted while it was read; a resumed run tells it again.

        Raises:
            TargetError: the disk is full.
        """
        line: dict[str, object] = {"part": key, "picks": [self.entry(one) for one in found]}
        if own := list(dict.fromkeys(notes)):
            line["notes"] = own
        try:
            at = self._file.seek(0, SEEK_END)
            self._file.write(f"{json.dumps(line)}\n".encode())
            self._file.flush()
        except OSError as error:
            raise TargetError(f"{self.path} cannot be written ({reason(error)}); free space, then run again.") from None
        self._lines.put(digest_of(key), at)
        self._count += 1

    def tidy(self) -> None:
        """Leave out lines that were neither asked for nor added since the last call, if they are more than the others.

        Raises:
            TargetError: the disk is full; the file is as it was.
        """
        living = self._lines.used()
        if self.path is None or self._count <= 2 * len(living):
            return
        with replaced(self.path) as part:
            with part.open("wb") as file:
                for at in living:
                    self._file.seek(at)
                    file.write(self._file.readline())
            self._file.close()  # Windows replaces no open file
        self._file = self._opened(self.path)

    def __enter__(self) -> Self:
        """Enter the block."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close the file; keep it for the next run, or remove it if the result has been written.

        Raises:
            KeyboardInterrupt: as it came, with a sentence on what is kept.
        """
        if self.path is None:
            self._file.close()
            return
        finished = self.done or not self._lines
        if finished and os.name == "posix":  # while it is claimed: what comes there later is of another process
            self.path.unlink(missing_ok=True)
        self._file.close()
        if finished and os.name != "posix":  # Windows removes no open file
            self.path.unlink(missing_ok=True)
        if not finished and isinstance(error, KeyboardInterrupt) and not str(error):
            raise KeyboardInterrupt(
                f"stopped; what has been found is kept in {self.path}, and the same command goes on from there."
            ) from None


def _claimed(path: Path) -> BinaryIO:
    """The file, claimed for this process.

    Raises:
        TargetError: another process has it.
        OSError: the system refuses.
    """
    while True:
        file = path.open("a+b")
        if not claim(file.fileno()):
            file.close()
            raise TargetError(
                f"{path} is being written by another process; wait until that has ended, or give another --out."
            )
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # the other process has removed it, at its end, since it was opened


def digest_of(key: str) -> int:
    """The digest at the end of a key as a number of 64 bits, by which a part is known in little memory.

    Raises:
        ValueError: there is no digest.
    """
    return int(key.rpartition(" ")[2], 16)


def _product(product: str, station: Station, keys: Iterable[str]) -> str:
    """Key of a product of some parts."""
    digest = hashlib.sha256("\n".join((product, *keys)).encode())
    return f"{station} {product} {digest.hexdigest()[:16]}"


class Journal(PartJournal[Arrival]):
    """Journal of arrivals."""

    def entry(self, found: Arrival) -> list[object]:
        """An arrival as a list that JSON can hold."""
        return _entry(found)

    def found(self, station: Station, entry: Sequence[object]) -> Arrival:
        """An arrival from its entry."""
        return _arrival(station, *entry)  # type: ignore[arg-type]


def _entry(arrival: Arrival) -> list[object]:
    p = arrival.pick
    place = None if p.place is None else p.place.parts()
    size = None if p.amplitude is None else astuple(p.amplitude)
    return [p.channel.code, p.phase, p.time, p.uncertainty, p.probability, p.polarity, size, p.wood_anderson, place]


def _arrival(
    station: Station,
    code: str,
    phase: str,
    time: int,
    uncertainty: float,
    probability: float,
    polarity: int,
    amplitude: tuple[float, str, float] | None,
    drawn: float | None,
    place: list[list[float]] | None,
) -> Arrival:
    channel, phase = station.channel(code), sys.intern(phase)
    known = None if place is None else Place.of(place)
    size = None if amplitude is None else Amplitude(*amplitude)
    pick = PhasePick(
        channel, phase, time, uncertainty, probability, polarity, place=known, amplitude=size, wood_anderson=drawn
    )
    return Arrival(station, pick)
