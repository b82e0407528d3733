"""Write synthetic seismograms to files: miniSEED, QuakeML and a table of known arrivals."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from geocnn.checkpoints import write_atomically
from geocnn.errors import DataError
from geocnn.geodesy import DEGREE
from geocnn.io.partial import check_target
from geocnn.io.sites import Site
from geocnn.io.system import make_folder
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import SECOND, ArrayPiece, Channel, spans, utc
from geocnn.io.waveforms.quakeml import Event, Magnitude, Origin, PhasePick, Ray, quakeml
from geocnn.location import plain
from geocnn.progress import progress
from geocnn.synthetic.earthquakes import (
    COMPONENTS,
    Arrival,
    EarthquakeRanges,
    EarthquakeRecord,
    RecordedNoise,
    earthquake,
)
from geocnn.synthetic.network import Network, NetworkRecord
from geocnn.travel import TravelTimes

__all__ = ["write_network", "write_records"]

_START = int(np.datetime64("2026-01-01T00:00:00", "ns").astype(np.int64))
_HOUR = 3600 * SECOND
_COLUMNS = ("file", "phase", "time", "sample", "source", "polarity", "distance_km", "depth_km", "azimuth", "magnitude")
_OF_NETWORKS = ("station", *_COLUMNS, "snr")


def write_records(
    folder: str | Path,
    number: int,
    *,
    seed: int = 0,
    size: int = 3000,
    rate: float = 100.0,
    ranges: EarthquakeRanges | None = None,
    noise: RecordedNoise | None = None,
    times: TravelTimes | None = None,
    overwrite: bool = False,
    show_progress: bool = True,
) -> list[Path]:
    """Write synthetic records with their known arrivals, one after the other.

    Each record is of another station, XX.S000 and so on, at latitude and longitude 0, and begins an hour after the one
    before. Gaps and dead components are gaps in the files.

    Args:
        folder: folder of the files; made if missing.
        number: number of records, one file each, NNN.mseed, in m/s or the unit of the noise.
        seed: seed of the series.
        size: samples of a record.
        rate: samples per second.
        ranges: ranges from which earthquakes are drawn.
        noise: noise of real stations, also at 100 samples per second.
        times: travel times of a site.
        overwrite: replace files of an earlier call.
        show_progress: show a live line.

    Returns:
        The files: the records, catalog.xml with origins and picks, and arrivals.csv. Magnitudes are those of the corner
            frequencies; amplitudes are drawn separately, relative to the noise.

    Raises:
        TargetError: a file exists and ``overwrite`` is not set, or it cannot be written.
    """
    target = Path(folder)
    files = [target / f"{index:03d}.mseed" for index in range(number)]
    known = _known(target, files, overwrite=overwrite)
    events: list[Event] = []
    rows: list[tuple[object, ...]] = []
    with progress("records", number, show=show_progress) as tick:
        for index, path in enumerate(files):
            record = earthquake(index, seed=seed, size=size, rate=rate, ranges=ranges, noise=noise, times=times)
            codes = "XX", f"S{index:03d}"
            start = _START + index * _HOUR
            write_miniseed(path, _pieces(record, codes, start), overwrite=overwrite)
            events += _events(record, codes, start)
            rows += [(path.name, *row) for row in _rows(record, start)]
            tick(1)
    _tell(known, events, _COLUMNS, rows)
    return [*files, *known]


def write_network(
    folder: str | Path, network: Network, number: int, *, overwrite: bool = False, show_progress: bool = True
) -> list[Path]:
    """Write synthetic earthquakes as recorded by a network, with their known arrivals.

    Each file, NNN.NET.STA..HH.mseed, is the record of one earthquake at one station, in m/s. All files of an earthquake
    begin at the same time, and the next earthquake follows at least an hour later. The table has every arrival inside
    the records with its signal-to-noise ratio, the catalogue those above :data:`geocnn.synthetic.network.SEEN`.

    Args:
        folder: folder of the files; made if missing.
        network: the stations.
        number: number of earthquakes.
        overwrite: replace files of an earlier call.
        show_progress: show a live line.

    Returns:
        The files: the records, earthquake by earthquake, catalog.xml with origins, magnitudes and picks, and
        arrivals.csv.

    Raises:
        DataError: the code of a station is too long for miniSEED.
        TargetError: a file exists and ``overwrite`` is not set, or it cannot be written.
    """
    for site in network.sites:
        if not all(code.isalnum() and len(code) <= n for code, n in ((site.network, 2), (site.station, 5))):
            raise DataError(
                f"a station is called {site}; miniSEED has room for two letters or digits of a network and five of a "
                "station. Shorten its codes."
            )
    target = Path(folder)
    files = [[target / f"{index:03d}.{site}..HH.mseed" for site in network.sites] for index in range(number)]
    known = _known(target, [path for own in files for path in own], overwrite=overwrite)
    apart = (1 + int(network.size / network.rate) // 3600) * _HOUR
    events: list[Event] = []
    rows: list[tuple[object, ...]] = []
    with progress("earthquakes", number, show=show_progress) as tick:
        for index, own in enumerate(files):
            made, start = network.record(index), _START + index * apart
            for path, site, record in zip(own, network.sites, made.stations, strict=True):
                write_miniseed(path, _pieces(record, (site.network, site.station), start), overwrite=overwrite)
                for arrival, row in zip(record.arrivals, _rows(record, start, made.quake.depth, index), strict=True):
                    rows.append((site, path.name, *row, plain(arrival.snr or 0.0, 3)))
            events.append(_network_event(made, network.sites, start))
            tick(1)
    _tell(known, events, _OF_NETWORKS, rows)
    return [*(path for own in files for path in own), *known]


def _known(folder: Path, files: Sequence[Path], *, overwrite: bool) -> tuple[Path, Path]:
    """Paths of the catalogue and the table, after a check that all files can be written.

    Raises:
        TargetError: a file cannot be written.
    """
    make_folder(folder)
    catalogue, table = folder / "catalog.xml", folder / "arrivals.csv"
    for path in (*files, catalogue, table):
        check_target(path, 0, overwrite=overwrite)
    return catalogue, table


def _tell(
    known: tuple[Path, Path], events: Sequence[Event], columns: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    """Write the catalogue and the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_atomically(known[0], quakeml(events, "synthetic"))
    write_atomically(known[1], text.getvalue())


def _pieces(record: EarthquakeRecord, codes: tuple[str, str], start: int) -> list[ArrayPiece]:
    """Runs of live samples as pieces."""
    pieces = []
    for component, samples, live in zip(COMPONENTS, record.waveform, record.live, strict=True):
        for first, last in spans(live):
            begin = start + round(first / record.rate * 1e9)
            part = samples[first:last].copy()
            pieces.append(ArrayPiece.of(Channel(*codes, "", f"HH{component}"), begin, record.rate, part))
    return pieces


def _pick(arrival: Arrival, codes: tuple[str, str], start: int, rate: float) -> PhasePick:
    """Pick of an arrival as an analyst notes it, accurate to half a sample."""
    channel = Channel(*codes, "", "HHZ" if arrival.phase == "P" else "HHN")
    time, phase, polarity = start + round(arrival.time * 1e9), arrival.phase, arrival.polarity
    return PhasePick(channel, phase, time, uncertainty=0.5 / rate, polarity=polarity, mode="manual")


def _network_event(made: NetworkRecord, sites: Sequence[Site], start: int) -> Event:
    """An earthquake with the visible arrivals at all stations, by time."""
    quake, rate = made.quake, made.stations[0].rate
    codes = [(site.network, site.station) for site in sites]
    seen = made.seen()
    picks = tuple(_pick(arrival, codes[k], start, rate) for k, arrival in seen)
    rays = tuple(Ray.to(sites[k], quake.latitude, quake.longitude) for k, _ in seen)
    time = start + round(quake.origin * 1e9)
    origin = Origin(time, quake.latitude, quake.longitude, quake.depth, rays=rays, mode="manual")
    return Event(picks, origin, Magnitude(quake.magnitude))


def _events(record: EarthquakeRecord, codes: tuple[str, str], start: int) -> list[Event]:
    """Earthquakes of a record, with the arrivals inside it."""
    events = []
    for index, source in enumerate(record.sources):
        azimuth = math.radians(source.azimuth)
        picks = tuple(
            _pick(arrival, codes, start, record.rate) for arrival in record.arrivals if arrival.source == index
        )
        latitude, longitude = (source.distance / DEGREE * part for part in (math.cos(azimuth), math.sin(azimuth)))
        rays = (Ray(source.distance, (source.azimuth + 180) % 360),) * len(picks)
        time = start + round(source.origin * 1e9)
        origin = Origin(time, latitude, longitude, source.depth, rays=rays, mode="manual")
        events.append(Event(picks, origin))
    return events


def _rows(
    record: EarthquakeRecord, start: int, depth: float | None = None, number: int | None = None
) -> list[tuple[object, ...]]:
    """Rows of the table, one per arrival; ``depth`` and ``number`` replace those of the record if given."""
    rows: list[tuple[object, ...]] = []
    for arrival in record.arrivals:
        source = record.sources[arrival.source]
        time = utc(start + round(arrival.time * 1e9))  # equal to the time in the catalogue
        below, which = source.depth if depth is None else depth, arrival.source if number is None else number
        place = (f"{source.distance:.2f}", f"{below:.2f}", f"{source.azimuth:.1f}", f"{source.magnitude:.2f}")
        sample = f"{arrival.time * record.rate:.1f}"
        rows.append((arrival.phase, time, sample, which, arrival.polarity, *place))
    return rows
