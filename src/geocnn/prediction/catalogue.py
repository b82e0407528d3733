"""From a folder of seismograms to files with what was picked in them."""

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geocnn.checkpoints import Trained, load, make_folder, write_atomically
from geocnn.io.partial import check_target
from geocnn.io.waveforms import Archive, open_archive
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

    Raises:
        DataError: no seismogram in the data, or the network is none of this kind.
        MissingError: no such file.
        TargetError: a result exists and ``overwrite`` is not given, or cannot be written.
    """
    trained = network if isinstance(network, Trained) else load(network, ndim=1)
    targets = [] if out is None else check_results(Path(out), overwrite=overwrite)
    archive = data if isinstance(data, Archive) else open_archive(data, channels=channels)
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
    for path, text in zip(targets, (catalogue.quakeml, catalogue.table), strict=False):
        write_atomically(path, text())
    return catalogue


def check_results(out: Path, *, overwrite: bool) -> Sequence[Path]:
    """The catalogue and the table of the picks, after a look at whether they can be written.

    Raises:
        TargetError: no.
    """
    targets = [out, out.with_suffix(".csv")]
    make_folder(out.parent if os.fspath(out.parent) else Path())
    for path in targets:
        check_target(path, 0, overwrite=overwrite)
    return targets
