"""From a folder of seismograms to a catalogue of what was picked in them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from geocnn.checkpoints import Trained, is_detector, load, read_card
from geocnn.errors import DataError, TargetError
from geocnn.io.partial import check_target
from geocnn.io.responses import Responses
from geocnn.io.sites import Site, read_sites, standing
from geocnn.io.system import make_folder
from geocnn.io.waveforms import Archive, archive_files, open_archive
from geocnn.io.waveforms.pick_table import pick_rows
from geocnn.io.waveforms.quakeml import quakeml_pieces
from geocnn.location import Crust
from geocnn.prediction.association import Associator, check_associator
from geocnn.prediction.days import PROBABILITIES, Pictures, Probabilities
from geocnn.prediction.journal import Journal, unfinished
from geocnn.prediction.magnitudes import with_magnitudes
from geocnn.prediction.pick_job import Catalogue, PickJob
from geocnn.prediction.picker import Picker
from geocnn.progress import progress

__all__ = [
    "Catalogue",
    "catalogue_files",
    "check_own",
    "opened",
    "own_files",
    "pick_earthquakes",
    "picker_and_sites",
    "with_places",
]

_OURS = b'<eventParameters publicID="smi:local/geocnn/quakes"'
"""First bytes that identify a catalogue written by geocnn."""
_REVIEWED = b'<eventParameters publicID="smi:local/geocnn/quakes/reviewed"'
"""The same of a catalogue that was saved after a review."""
_BEGINNING = next(quakeml_pieces((), "quakes")).encode().split()
"""Words with which QuakeML begins that geocnn itself has written; other programs that save it keep its identifiers."""
_TELLING = re.compile(
    rb"<(event|pick|amplitude|origin|magnitude|focalMechanism)[\s>]"
    rb"|<evaluationMode>\s*(manual)|<author>(?!\s*geocnn\s*(?:<|\Z))"
)
"""What tells of others' work in QuakeML: the elements that have a mode, a mode that is manual, and another author."""
_HEADS = _OURS, next(iter(pick_rows(()))).encode(), b"event,stations,time,s_minus_p,probability,"
"""First bytes of what geocnn writes: catalogue, and tables of picks and events, of which later columns depend on the
version."""


def pick_earthquakes(
    network: str | Path | Trained,
    data: object,
    out: str | Path | None = None,
    *,
    threshold: float | None = None,
    detector: str | Path | Trained | None = "detector",
    channels: str = "*",
    stations: str | Path | Sequence[Site] | None = None,
    crust: Crust | None = None,
    associate: Associator = "geocnn",
    pictures: Pictures | None = None,
    probabilities: str | Path | None = None,
    overwrite: bool = False,
    device: str = "auto",
    show_progress: bool = True,
    announce: Callable[[str], None] | None = None,
) -> Catalogue:
    """Pick P and S waves in seismograms of any length.

    With ``out``, picks are also written to OUT.unfinished until the catalogue is finished: after a kill the same call
    goes on where it was.

    Args:
        network: "quakes", a run folder of ``geocnn train quakes``, or a network in memory.
        data: files, folders (an SDS archive) or an ObsPy Stream, see :func:`geocnn.io.waveforms.open_archive`.
        out: catalogue, .xml (QuakeML); beside it lie tables of the picks, .csv, and of the events, -events.csv. None
            writes nothing.
        threshold: probability of an arrival; default that of the network.
        detector: network that tells from one station where an earthquake is: "detector", or a run folder of ``geocnn
            train detector``; None for none.
        channels: pattern for channels that are wanted, such as "CX.*.*.HH?".
        stations: where they are: StationXML, or a table with the columns network, station, latitude, longitude and
            elevation_m. Picks are then grouped into earthquakes with a place, see
                :func:`geocnn.prediction.epicentres.epicentres`, and get a local magnitude where the StationXML has the
                responses of the channels.
        crust: velocities for locations; default the mean of the crust, 6.0 and 3.45 km/s; with layers,
            see :func:`geocnn.io.velocity_models.read_layers`, the places are those of travel times in them.
        associate: "pyocto" takes the earthquakes that PyOcto finds (``pip install 'geocnn[associate]'``) first.
        pictures: draws each day, each station and, where their places are known, a map.
        probabilities: folder for probabilities of P and S as miniSEED, one file per day and station.
        overwrite: replace files that are there.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        announce: is called with a line about each station before the work, such as ``print``.

    Raises:
        DataError: there is no seismogram in the data, or the network is no picker.
        MissingError: no such file.
        FormatError: the file of stations cannot be read.
        TargetError: a result exists and ``overwrite`` is not given, or cannot be written.
        KeyboardInterrupt: on Ctrl-C, with a sentence on what is kept.
    """
    check_associator(associate)
    picker, sites = picker_and_sites(network, stations, threshold=threshold, detector=detector, device=device)
    targets = [] if out is None else catalogue_files(Path(out), overwrite=overwrite, inputs=[stations])
    own = own_files(targets, pictures, probabilities)
    archive = opened(data, channels, show_progress=show_progress, own=own)
    if announce:
        for label, text in archive.describe():
            announce(f"{label:<14} {text}")
    kept = Probabilities(Path(probabilities)) if probabilities is not None else None
    goes_on = bool(targets) and unfinished(targets[0]).exists()
    if kept is not None and not (overwrite or goes_on):
        kept.check(archive)
    with Journal(unfinished(targets[0]) if targets else None) as journal:
        catalogue = PickJob(picker, journal, pictures, kept).run(archive, show_progress=show_progress)
        catalogue = with_places(catalogue, sites, crust, associate, pictures)
        catalogue.write(targets)
        journal.done = True
    return catalogue


def picker_and_sites(
    network: str | Path | Trained,
    stations: str | Path | Sequence[Site] | None,
    *,
    threshold: float | None,
    detector: str | Path | Trained | None,
    device: str,
) -> tuple[Picker, Sequence[Site] | None]:
    """Picker and places of the stations, from the arguments of :func:`pick_earthquakes`.

    Raises:
        DataError: the network is no picker, or the detector is none.
    """
    # Of whatever dimensions, so that a network for surveys is refused because it is one.
    trained = network if isinstance(network, Trained) else load(network)
    if isinstance(detector, str | Path) and not is_detector(read_card(detector)):
        raise DataError(
            f"--detector is {detector}, which tells no places of earthquakes; leave --detector out for the one that "
            "ships, or give a folder written by geocnn train detector, or none."
        )
    locates = load(detector) if isinstance(detector, str | Path) else detector
    sites = read_sites(stations) if isinstance(stations, str | Path) else stations
    responses = Responses.of(stations) if isinstance(stations, str | Path) else None
    return Picker.of(trained, threshold=threshold, detector=locates, responses=responses, device=device), sites


def with_places(
    catalogue: Catalogue,
    sites: Sequence[Site] | None,
    crust: Crust | None,
    associate: Associator,
    pictures: Pictures | None,
) -> Catalogue:
    """Locate the earthquakes of a catalogue, each listed once, and draw a map, if places of stations are known."""
    if sites is None:
        return catalogue.by_station()
    times: dict[str, list[int]] = {}
    for arrival in catalogue.arrivals:
        times.setdefault(f"{arrival.station.network}.{arrival.station.name}", []).append(arrival.pick.time)
    places = Counter(str(site) for site in sites if site.stood(times.get(str(site), ())))
    moved = [name for name, count in places.items() if count > 1]
    notes = tuple(
        f"{name} has moved between its picks; each earthquake is located from where it was then." for name in moved
    )
    sites = standing(sites, times)
    located = catalogue.located(sites, crust, associate)
    located = replace(located, events=with_magnitudes(located.events), notes=(*located.notes, *notes))
    if pictures is not None:
        pictures.network(sites, located.events)
    return located


def opened(
    data: object, channels: str, *, show_progress: bool, own: Callable[[Path], bool] = lambda _path: False
) -> Archive:
    """Open the archive, with a live line if there are files to scan.

    Args:
        data: see :func:`geocnn.io.waveforms.open_archive`.
        channels: pattern for channels that are wanted.
        show_progress: show the live line.
        own: tells files that are left out, see :func:`own_files`.
    """
    if isinstance(data, Archive):
        return data
    paths = [data] if isinstance(data, str | Path) else data
    several = isinstance(paths, list | tuple) and all(isinstance(path, str | Path) for path in paths)
    files = archive_files(map(Path, paths)) if isinstance(paths, list | tuple) and several else []
    others = [path for path in files if not own(path)]
    with progress("reading headers", len(others), show=show_progress and bool(others)) as tick:
        return open_archive(others if 0 < len(others) < len(files) else data, channels=channels, tick=tick)


def own_files(
    targets: Sequence[Path], pictures: Pictures | None = None, probabilities: str | Path | None = None
) -> Callable[[Path], bool]:
    """What tells the files that a job writes from its data, among which they may lie.

    Args:
        targets: as :func:`catalogue_files` gives them.
        pictures: draws days and stations; of those that have no folder it is not known where they draw.
        probabilities: folder for probabilities.
    """
    files = {(path.parent.resolve(), path.name) for path in (*targets, *map(unfinished, targets[:1]))}
    folders = ((getattr(pictures, "folder", None), ".png"), (probabilities, PROBABILITIES))
    made = [(Path(folder).resolve(), end) for folder, end in folders if folder is not None]
    names, ends = {name for _, name in files}, tuple(end for _, end in made)

    def own(path: Path) -> bool:
        name = path.name
        if name not in names and not name.endswith(ends):  # links are followed for few files, an archive has many
            return False
        folder = path.parent.resolve()
        return (folder, name) in files or any(folder == there and name.endswith(end) for there, end in made)

    return own


def catalogue_files(out: Path, *, overwrite: bool, inputs: Sequence[object] = ()) -> list[Path]:
    """Paths of the catalogue and of the tables of picks and events, after a check that they can be written.

    Tables that a killed run has written may be replaced by the run that goes on.

    Args:
        out: the catalogue.
        overwrite: replace files that are there.
        inputs: the data; their files are never replaced.

    Raises:
        DataError: the name of the catalogue does not end as one of QuakeML.
        TargetError: a file exists and ``overwrite`` is not set, or it cannot be written.
    """
    if out.suffix.lower() != ".xml":
        raise DataError(f"--out is {out}; a catalogue is QuakeML, give a name that ends in .xml, or a folder.")
    make_folder(out.parent)
    targets = [out, out.with_suffix(".csv"), out.with_name(f"{out.stem}-events.csv")]
    files = [Path(file) for file in inputs if isinstance(file, str | Path) and Path(file).is_file()]
    begun = unfinished(out).exists() and not out.exists()  # QuakeML comes last
    for path, own in zip(targets, _HEADS, strict=True):
        if any(path.exists() and path.samefile(file) for file in files):
            table = "" if path == out else f", and a table of that name comes with {out.name}"
            raise TargetError(f"{path} is the input itself{table}; choose another --out.")
        check_target(path, 0, overwrite=overwrite or (begun and path.is_file() and own in _head(path)))
    return targets


def _head(path: Path) -> bytes:
    """First bytes of a file."""
    with path.open("rb") as file:
        return file.read(1024)


def check_own(targets: Sequence[Path], *, located: bool) -> None:
    """Refuse to replace files that no earlier watch has left there, or that know more than a new catalogue would.

    Args:
        targets: as :func:`catalogue_files` gives them.
        located: whether earthquakes of the new catalogue are located.

    Raises:
        TargetError: there is such a file.
    """
    for path, own in zip(targets, _HEADS, strict=True):
        if not path.is_file():
            continue
        head = _head(path)
        reviewed = _REVIEWED in head
        if own not in head and not reviewed:
            raise TargetError(
                f"{path} is there and no such file of geocnn's; it is not replaced, choose another --out."
            )
        table = path.suffix.lower() == ".csv"
        with path.open("rb") as file:
            more, origins = (_more_in_table(file), False) if table else _more_in_quakeml(file)
        more = more or "was saved after a review" * reviewed
        if not (more or table or head.split()[: len(_BEGINNING)] == _BEGINNING):
            more = "was saved by another program"
        if more:
            raise TargetError(f"{path} {more}, and watch would replace it; choose another --out.")
        if origins and not located:
            raise TargetError(
                f"{path} has located earthquakes, and watch without --stations would replace it by one without; give "
                "--stations again, or another --out."
            )


_MOVED = "has picks that somebody has set or moved"


def _more_in_table(file: BinaryIO) -> str:
    """What a table of picks or events holds that a new one would not, in words; empty if there is nothing."""
    return _MOVED if any(line.rstrip().endswith(b",manual") for line in file) else ""


def _more_in_quakeml(file: BinaryIO) -> tuple[str, bool]:
    """What a catalogue of geocnn holds that a new one would not, in words, and whether it has origins."""
    counts: Counter[bytes] = Counter()  # of an event
    manual, within, others, origins = set[bytes](), b"", False, False
    for piece in _pieces(file):  # a long catalogue takes seconds this way, and minutes as XML
        for found in _TELLING.finditer(piece):
            tag, mode = found.groups()
            if tag:
                if tag == b"event":
                    counts.clear()
                counts[tag] += 1
                within, origins = tag, origins or tag == b"origin"
                others = others or tag == b"focalMechanism" or counts[b"origin"] > 1
            elif mode:
                manual.add(within)
            else:
                others = True
    if manual & {b"pick", b"amplitude"}:  # an amplitude has the mode of its pick
        return _MOVED, origins
    if b"origin" in manual:
        return "has origins that somebody has set", origins
    return "has been added to by another program" if others or manual else "", origins


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Pieces of XML that end before an element begins or ends, however long its lines are."""
    rest = b""
    while block := file.read(1 << 20):
        whole, begun, rest = (rest + block).rpartition(b"<")
        rest = begun + rest
        yield whole
    yield rest
