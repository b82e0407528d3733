"""Products for each day of a station beside the catalogue: pictures and probabilities."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from geocnn.errors import TargetError
from geocnn.io.sites import Site
from geocnn.io.system import make_folder, replaced
from geocnn.io.waveforms import Archive, Channel, Station
from geocnn.io.waveforms.drum import Drum
from geocnn.io.waveforms.miniseed import miniseed_records
from geocnn.io.waveforms.pieces import ArrayPiece, file_state, spans, time_of
from geocnn.io.waveforms.quakeml import Event
from geocnn.prediction.arrivals import Arrival
from geocnn.prediction.picker import Picked

__all__ = ["DAY", "PROBABILITIES", "Pictures", "Probabilities", "date"]

DAY = 8_640_000
"""Samples of a day at 100 Hz, the rate of pickers."""

PROBABILITIES = ".probabilities.mseed"
"""End of the names of files of probabilities."""


def date(day: int) -> np.datetime64:
    """Date (UTC) of a day that is counted from 1970."""
    return np.datetime64(day, "D")


@runtime_checkable
class Pictures(Protocol):
    """Interface of what draws days and stations, such as :class:`geocnn.figures.catalogue.CataloguePictures`."""

    def have(self, station: Station, day: int) -> bool:
        """Whether the picture of a day exists already."""

    def day(self, drum: Drum, events: Sequence[Event]) -> None:
        """Draw a day with what was picked in it."""

    def station(self, station: Station, arrivals: Sequence[Arrival], events: Sequence[Event]) -> None:
        """Draw all days of a station."""

    def network(self, sites: Sequence[Site], events: Sequence[Event]) -> None:
        """Draw a map of the stations, with the earthquakes that have been located."""


class Probabilities:
    """Writes probabilities of P and S as miniSEED, one file per day and station.

    A channel is named like that of the station, with Y (a derived quantity) for the instrument and P or S for the
    component, such as HYP. Samples without data have no probability.

    Args:
        folder: folder of the files; made if missing.

    Raises:
        TargetError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        make_folder(folder, "--probabilities")
        self.folder = folder
        self._parts: list[ArrayPiece] = []

    def path(self, station: Station, day: int) -> Path:
        """File of a day."""
        return self.folder / f"{station.file_name}.{date(day)}{PROBABILITIES}"

    def have(self, station: Station, day: int) -> bool:
        """Whether the file of a day exists already."""
        return self.path(station, day).exists()

    def state(self, station: Station, day: int) -> str | None:
        """Size and time of the file of a day, by which it is told from one of another run; None if there is none."""
        path = self.path(station, day)
        return "probabilities {} {}".format(*file_state(path)) if path.is_file() else None

    def check(self, archive: Archive) -> None:
        """Refuse to replace existing files, which may cover other hours.

        Raises:
            TargetError: there is such a file.
        """
        for station in archive.stations:
            for start, stop in station.runs():
                for day in range(start // DAY, (stop - 1) // DAY + 1):
                    if self.have(station, day):
                        path = self.path(station, day)
                        raise TargetError(
                            f"{path} exists; give --overwrite to replace it, or another folder with --probabilities."
                        )

    def add(self, station: Station, found: Picked) -> None:
        """Take a part; the parts of a day come in order."""
        if found.probability is None:
            return
        halo = (len(found.record.live[0]) - found.probability.shape[1]) // 2
        live = np.any(found.record.live, axis=0)[halo : halo + found.probability.shape[1]]
        for phase, row in zip("PS", found.probability, strict=True):
            channel = Channel(station.network, station.name, station.location, f"{station.instrument[:1]}Y{phase}")
            for first, last in spans(live):
                # Not at the first sample: where slower ones are resampled it lies before these, and has no clock.
                middle = found.part.first + (first + last) // 2
                late = station.time(middle) - time_of(middle, station.grid)
                start = time_of(found.part.first + first, station.grid) + late
                self._parts.append(ArrayPiece.of(channel, start, station.rate, _copy(row[first:last])))

    def finish(self, station: Station, day: int) -> bool:
        """Write the file of a day, and say whether there was anything to write.

        Raises:
            TargetError: no permission, disk full.
        """
        if not self._parts:
            return False
        path = self.path(station, day)
        if path.is_dir():
            raise TargetError(f"{path} is a folder; move it away.")
        with replaced(path) as part, part.open("wb") as file:
            for record in miniseed_records(self._parts):
                file.write(record)
        self._parts.clear()
        return True


def _copy(row: Float32[ndarray, " samples"]) -> Float32[ndarray, " samples"]:
    """Contiguous copy of a row, so that the array of the whole part can be freed."""
    return np.ascontiguousarray(row).copy()
