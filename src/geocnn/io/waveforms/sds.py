"""Write an SDS archive as records come: one file per day and channel, each record once.

SeisComP Data Structure: YEAR/NET/STA/CHAN.D/NET.STA.LOC.CHAN.D.YEAR.DAY.
"""

import hashlib
import re
from array import array
from pathlib import Path

import numpy as np

from geocnn.errors import TargetError
from geocnn.io.system import make_folder, reason
from geocnn.io.waveforms.pieces import Channel

__all__ = ["RECORD", "Sds", "read_header"]

RECORD = 512
"""Bytes of a record in the archives that are written here."""
_SEQUENCE = 6
"""Bytes of the sequence number at the beginning of a record, which does not depend on its contents."""
_FILES = 2
"""Files of a channel whose records are remembered: about midnight those of two days grow in turn."""
_CODE = re.compile(r"[A-Za-z0-9_-]*")
"""Characters of a code, which becomes part of paths. FDSN allows A-Z, 0-9 and "-", and "_" in codes of three parts."""


def read_header(record: bytes) -> tuple[Channel, int] | None:
    """Channel of a miniSEED record and the time of its first sample, ns since 1970.

    None if it is no record, or if its codes have other characters than codes may have: a server must not choose where
    on our disk it is written.
    """
    from pymseed import MiniSEEDError, MS3Record, sourceid2nslc

    try:
        for header in MS3Record.from_buffer(record):
            codes = sourceid2nslc(header.sourceid)
            return (Channel(*codes), header.starttime) if all(map(_CODE.fullmatch, codes)) else None
    except (MiniSEEDError, ValueError):  # damaged, or not named as by FDSN
        return None
    return None


class Sds:
    """Adds records to an archive.

    Args:
        folder: folder of the archive; made if missing.

    Raises:
        TargetError: the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self.folder = folder
        self._known: dict[Channel, dict[Path, array[int]]] = {}  # the file that was used last comes last

    def add(self, channel: Channel, start: int, record: bytes) -> bool:
        """Append a record to the file of its channel and day.

        Args:
            channel: of the record.
            start: time of its first sample, ns since 1970.
            record: :data:`RECORD` bytes.

        Returns:
            Whether the record is new.

        Raises:
            TargetError: the disk is full.
        """
        path = self._path(channel, start)
        digest = _digest(record)
        try:
            known = self._records(channel, path)
            if np.any(np.frombuffer(known, np.uint64) == digest):
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.truncate(file.tell() // RECORD * RECORD)  # a full disk may have left the beginning of a record
                file.write(record)
        except OSError as error:
            raise TargetError(
                f"{path} cannot be written ({reason(error)}); free space, then type the same command again."
            ) from None
        known.append(digest)
        return True

    def _path(self, channel: Channel, start: int) -> Path:
        """Path of the file of a channel and day."""
        day = np.datetime64(start, "ns").astype("datetime64[D]")
        year = day.astype("datetime64[Y]")
        number = int((day - year.astype("datetime64[D]")).astype(int)) + 1
        folder = self.folder / str(year) / channel.network / channel.station / f"{channel.code}.D"
        return folder / f"{channel}.D.{year}.{number:03d}"

    def _records(self, channel: Channel, path: Path) -> "array[int]":
        """Digests of the records in a file of a channel, which is read again only after others of this channel.

        They take about 9 bytes a record: 0.2 MB for a day of 100 samples a second.
        """
        files = self._known.setdefault(channel, {})
        known = files.pop(path, None)
        if known is None:
            data = path.read_bytes() if path.exists() else b""
            known = array("Q", (_digest(data[k : k + RECORD]) for k in range(0, len(data), RECORD)))
        while len(files) >= _FILES:
            del files[next(iter(files))]
        files[path] = known
        return known


def _digest(record: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(record[_SEQUENCE:], digest_size=8).digest(), "little")
