"""Synthetic seismograms as files: miniSEED, QuakeML and a table of the known arrivals."""

import csv
import io
import math
from pathlib import Path

import numpy as np

from geocnn.checkpoints import write_atomically
from geocnn.io.partial import check_target
from geocnn.io.system import make_folder
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import ArrayPiece, Channel, spans
from geocnn.io.waveforms.quakeml import Event, Origin, PhasePick, quakeml
from geocnn.progress import progress
from geocnn.synthetic.earthquakes import COMPONENTS, EarthquakeRanges, EarthquakeRecord, earthquake

__all__ = ["write_records"]

_START = int(np.datetime64("2026-01-01T00:00:00", "ns").astype(np.int64))
_DEGREE = 111.195
"""km of a degree on the sphere."""
_COLUMNS = ("file", "phase", "time", "sample", "source", "polarity", "distance_km", "depth_km", "azimuth", "magnitude")


def write_records(
    folder: str | Path,
    number: int,
    *,
    seed: int = 0,
    size: int = 3000,
    rate: float = 100.0,
    ranges: EarthquakeRanges | None = None,
    overwrite: bool = False,
    show_progress: bool = True,
) -> list[Path]:
    """Write synthetic records with what is known of them, one after the other.

    Each is a station of its own, XX.S000 and so on, at latitude and longitude 0, and begins an hour after the one
    before. Gaps and dead components are gaps in the files.

    Args:
        folder: where; made if missing.
        number: of records, one file each, NNN.mseed, in m/s.
        seed: of the series.
        size: samples of a record.
        rate: samples per second.
        ranges: what is drawn at random.
        overwrite: replace files of an earlier call.
        show_progress: show a live line.

    Returns:
        The files: the records, catalog.xml with origins, magnitudes and picks, and arrivals.csv.

    Raises:
        TargetError: a file exists and ``overwrite`` is not given, or cannot be written.
    """
    target = Path(folder)
    make_folder(target)
    files = [target / f"{index:03d}.mseed" for index in range(number)]
    catalogue, table = target / "catalog.xml", target / "arrivals.csv"
    for path in (*files, catalogue, table):
        check_target(path, 0, overwrite=overwrite)
    events: list[Event] = []
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(_COLUMNS)
    with progress("records", number, show=show_progress) as tick:
        for index, path in enumerate(files):
            record = earthquake(index, seed=seed, size=size, rate=rate, ranges=ranges)
            start = _START + index * 3_600_000_000_000
            write_miniseed(path, _pieces(record, index, start), overwrite=overwrite)
            events += _events(record, index, start)
            writer.writerows(_rows(record, path.name, start))
            tick(1)
    write_atomically(catalogue, quakeml(events, "synthetic"))
    write_atomically(table, rows.getvalue())
    return [*files, catalogue, table]


def _channel(number: int, component: str) -> Channel:
    return Channel("XX", f"S{number:03d}", "", f"HH{component}")


def _pieces(record: EarthquakeRecord, number: int, start: int) -> list[ArrayPiece]:
    """Runs of live samples."""
    pieces = []
    for component, samples, live in zip(COMPONENTS, record.waveform, record.live, strict=True):
        for first, last in spans(live):
            begin = start + round(first / record.rate * 1e9)
            part = samples[first:last].copy()
            pieces.append(ArrayPiece.of(_channel(number, component), begin, record.rate, part))
    return pieces


def _events(record: EarthquakeRecord, number: int, start: int) -> list[Event]:
    """Its earthquakes, with the arrivals inside the record."""
    events = []
    for index, source in enumerate(record.sources):
        azimuth = math.radians(source.azimuth)
        picks = tuple(
            PhasePick(
                _channel(number, "Z" if arrival.phase == "P" else "N"),
                arrival.phase,
                start + round(arrival.time * 1e9),
                uncertainty=0.5 / record.rate,
                polarity=arrival.polarity,
                mode="manual",
            )
            for arrival in record.arrivals
            if arrival.source == index
        )
        latitude, longitude = (source.distance / _DEGREE * part for part in (math.cos(azimuth), math.sin(azimuth)))
        origin = Origin(start + round(source.origin * 1e9), latitude, longitude, source.depth)
        events.append(Event(picks, origin, source.magnitude))
    return events


def _rows(record: EarthquakeRecord, name: str, start: int) -> list[tuple[object, ...]]:
    """One an arrival."""
    rows: list[tuple[object, ...]] = []
    for arrival in record.arrivals:
        source = record.sources[arrival.source]
        time = np.datetime64(start + round(arrival.time * 1e9), "ns").astype("datetime64[us]")
        place = (f"{source.distance:.2f}", f"{source.depth:.2f}", f"{source.azimuth:.1f}", f"{source.magnitude:.2f}")
        sample = f"{arrival.time * record.rate:.1f}"
        rows.append((name, arrival.phase, f"{time}Z", sample, arrival.source, arrival.polarity, *place))
    return rows
