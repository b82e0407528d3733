"""From a folder of seismograms to files with what was picked in them."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geocnn.checkpoints import Trained, load, make_folder, write_atomically
from geocnn.errors import DataError
from geocnn.io.partial import check_target
from geocnn.io.waveforms import Archive, archive_files, open_archive
from geocnn.io.waveforms.quakeml import Event, quakeml
from geocnn.prediction.arrivals import Arrival, pick_station, station_events
from geocnn.progress import progress

__all__ = ["Catalogue", "pick_earthquakes"]

_COLUMNS = ("id", "station", "phase", "time", "utc", "uncertainty", "probability", "amplitude", "event")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What was picked.

    Attributes:
        arrivals: of all stations, by station and time.
        events: of each station, in the same order.
        notes: what a user should know of the data.
    """

    arrivals: tuple[Arrival, ...]
    events: tuple[Event, ...]
    notes: tuple[str, ...]

    def table(self) -> str:
        """A table of the picks, CSV with a head, as associators take them.

        ``id`` is network.station.location.instrument, ``time`` is in seconds since 1970, ``uncertainty`` in seconds,
        ``amplitude`` in the unit of the data, and ``event`` the number of the event in the QuakeML file. PyOcto takes
        station, phase and time, GaMMA id, utc, phase, probability and amplitude.
        """
        rows = io.StringIO()
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerow(_COLUMNS)
        number = {id(pick): k for k, event in enumerate(self.events) for pick in event.picks}
        for arrival in self.arrivals:
            p, s = arrival.pick, arrival.station
            utc = f"{np.datetime64(round(p.time / 1000), 'us')}Z"
            numbers = f"{p.uncertainty:.3f}", f"{p.probability:.3f}", f"{arrival.amplitude:.4g}"
            writer.writerow((s, s.name, p.phase, f"{p.time / 1e9:.4f}", utc, *numbers, number[id(p)]))
        return rows.getvalue()

    def quakeml(self) -> str:
        """QuakeML of the events of single stations, with their picks."""
        return quakeml(self.events, "quakes")


def pick_earthquakes(
    network: str | Path | Trained,
    data: object,
    out: str | Path | None = None,
    *,
    threshold: float | None = None,
    channels: str = "*",
    overwrite: bool = False,
    device: str = "auto",
    show_progress: bool = True,
    announce: Callable[[str], None] | None = None,
) -> Catalogue:
    """Pick P and S waves in seismograms of any length.

    Args:
        network: "quakes", a run folder of ``geocnn train quakes``, or a network in memory.
        data: files, folders (an SDS archive) or an ObsPy Stream, see :func:`geocnn.io.waveforms.open_archive`.
        out: catalogue, .xml (QuakeML); the table of the picks lies beside it, .csv. None writes nothing.
        threshold: probability of an arrival; default that of the network.
        channels: pattern for channels that are wanted, such as "CX.*.*.HH?".
        overwrite: replace files that are there.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        announce: is told of each station before the work, line by line, such as ``print``.

    Raises:
        DataError: no seismogram in the data, or the network is none of this kind.
        MissingError: no such file.
        TargetError: a result exists and ``overwrite`` is not given, or cannot be written.
    """
    trained = network if isinstance(network, Trained) else load(network, ndim=1)
    targets = [] if out is None else _results(Path(out), overwrite=overwrite)
    archive = _opened(data, channels, show_progress=show_progress)
    if announce:
        for label, text in archive.describe():
            announce(f"{label:<14} {text}")
    total = sum(stop - start for station in archive.stations for start, stop in station.runs())
    arrivals: list[Arrival] = []
    events: list[Event] = []
    notes = list(archive.notes)
    with progress("samples", total, show=show_progress) as tick:
        for station in archive.stations:
            found = list(pick_station(trained, station, threshold=threshold, device=device, tick=tick))
            arrivals += found
            events += station_events(found)
            notes += station.notes
    catalogue = Catalogue(tuple(arrivals), tuple(events), tuple(dict.fromkeys(notes)))
    for path, made in zip(targets, (catalogue.quakeml, catalogue.table), strict=False):
        write_atomically(path, made())
    return catalogue


def _opened(data: object, channels: str, *, show_progress: bool) -> Archive:
    """The archive, with a live line where there are files to look at."""
    if isinstance(data, Archive):
        return data
    paths = [data] if isinstance(data, str | Path) else data
    files = archive_files(map(Path, paths)) if isinstance(paths, list | tuple) else []
    with progress("reading headers", len(files), show=show_progress and bool(files)) as tick:
        return open_archive(data, channels=channels, tick=tick)


def _results(out: Path, *, overwrite: bool) -> list[Path]:
    """The catalogue and the table of the picks, after a look at whether they can be written.

    Raises:
        DataError: the catalogue has another name than one of QuakeML.
        TargetError: they cannot.
    """
    if out.suffix.lower() != ".xml":
        raise DataError(f"--out is {out}; a catalogue is QuakeML, give a name that ends in .xml, or a folder.")
    make_folder(out.parent)
    targets = [out, out.with_suffix(".csv")]
    for path in targets:
        check_target(path, 0, overwrite=overwrite)
    return targets
