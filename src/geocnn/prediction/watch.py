"""Keep picking while an archive grows, or while a SeedLink server sends records."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from geocnn.checkpoints import Trained
from geocnn.errors import FormatError, GeocnnError, MissingError, TargetError
from geocnn.io.sites import Site
from geocnn.io.waveforms import open_archive
from geocnn.io.waveforms.archive import Scans, archive_files
from geocnn.io.waveforms.pieces import clock, file_state, unreadable
from geocnn.io.waveforms.seedlink import SeedLink, is_server
from geocnn.location import Crust
from geocnn.prediction.association import Associator, check_associator
from geocnn.prediction.catalogue import catalogue_files, check_own, own_files, picker_and_sites, with_places
from geocnn.prediction.days import Pictures
from geocnn.prediction.journal import Journal, unfinished
from geocnn.prediction.pick_job import Catalogue, PickJob

__all__ = ["watch_earthquakes"]

_State: TypeAlias = dict[Path, tuple[int, int]]
"""Size and time of each file."""
Seen = TypeVar("Seen")


def watch_earthquakes(
    network: str | Path | Trained,
    folder: str | Path,
    out: str | Path,
    *,
    every: float = 30.0,
    rounds: int | None = None,
    threshold: float | None = None,
    detector: str | Path | Trained | None = "detector",
    channels: str = "*",
    stations: str | Path | Sequence[Site] | None = None,
    crust: Crust | None = None,
    associate: Associator = "geocnn",
    pictures: Pictures | None = None,
    device: str = "auto",
    announce: Callable[[str], None] | None = None,
) -> Catalogue | None:
    """Keep a catalogue up to date with a growing folder of records, or with a server, until Ctrl-C.

    Only what new samples can have changed is picked again, about six minutes of a station. The catalogue is always the
    one that :func:`geocnn.prediction.catalogue.pick_earthquakes` makes of the same files. Picks are kept in
    OUT.unfinished, so that a watch goes on when it is started again.

    Args:
        network: "quakes", a run folder of ``geocnn train quakes``, or a network in memory.
        folder: with files that grow, or to which files are added, such as an SDS archive. Or "seedlink://HOST:PORT",
            whose records come into the SDS archive ``archive`` beside the catalogue, through ObsPy
            (``pip install 'geocnn[obspy]'``): see :class:`geocnn.io.waveforms.seedlink.SeedLink`.
        out: catalogue, .xml (QuakeML), rewritten whenever there is something new; the table of picks lies beside it.
        every: seconds between two looks at the folder.
        rounds: number of looks at the folder; None for no end.
        threshold: probability of an arrival; default that of the network.
        detector: tells where earthquakes are, as for :func:`geocnn.prediction.catalogue.pick_earthquakes`.
        channels: pattern for channels that are wanted; a server needs all four parts, such as "CX.PB01..HH?".
        stations: where they are, as for :func:`geocnn.prediction.catalogue.pick_earthquakes`.
        crust: velocities, or layers, as for :func:`geocnn.prediction.catalogue.pick_earthquakes`.
        associate: as for :func:`geocnn.prediction.catalogue.pick_earthquakes`.
        pictures: draws days and stations.
        device: "auto", "cpu", "cuda" or "cuda:1".
        announce: is called with each piece of news, line by line, such as ``print``.

    Returns:
        The last catalogue; None if no data have come.

    Raises:
        DataError: the network is no picker, the catalogue has a wrong name, or the server has no such channels.
        MissingError: no such folder, or no such server.
        TargetError: a result cannot be written, or a file in its place must not be replaced, see :func:`check_own`.
        KeyboardInterrupt: on Ctrl-C, with a sentence on what is kept.
    """
    check_associator(associate)
    picker, sites = picker_and_sites(network, stations, threshold=threshold, detector=detector, device=device)
    targets = catalogue_files(Path(out), overwrite=True, inputs=[stations])
    check_own(targets, located=sites is not None)
    located = partial(with_places, sites=sites, crust=crust, associate=associate, pictures=pictures)
    say = announce or (lambda _line: None)
    scans: Scans = {}
    notes, trouble = set[str](), ""
    seen: _State = {}
    made: Catalogue | None = None
    with (
        _fed(folder, targets[0].parent / "archive", channels, say) as (place, wait),
        Journal(unfinished(targets[0])) as journal,
    ):

        def rest() -> None:
            _rest(partial(wait, every), targets[0] if made is not None else None)

        for state, given in _looks(partial(_state, place, own_files(targets, pictures)), rest, rounds, say):
            _forget(scans, state)
            if not state:
                _empty(place, say, notes)
            elif state != seen:
                job = PickJob(picker, journal, pictures)
                new, trouble = _tried(partial(_round, job, given, channels, scans, located, say, notes), say, trouble)
                if new is not None:
                    new.write(targets)
                    journal.tidy()  # of parts that have grown since
                    made, seen = new, state
    return made


def _looks(
    files: Callable[[], Seen], rest: Callable[[], None], rounds: int | None, say: Callable[[str], None]
) -> Iterator[Seen]:
    """The files at each look; looks at which the folder is away give none, and that is said once.

    Args:
        files: looks for the files.
        rest: waits for the next look.
        rounds: number of looks; None for no end.
        say: is called with the news.

    Raises:
        MissingError: the folder is not there at the first look, which is a mistake.
    """
    there, trouble = files() if rounds != 0 else None, ""
    while rounds is None or rounds > 0:
        if there is not None:
            yield there
        rounds = None if rounds is None else rounds - 1
        if rounds != 0:
            rest()
            there, trouble = _tried(files, say, trouble)


def _forget(scans: Scans, state: _State) -> None:
    """Forget what was in files that are gone, so that memory does not grow where old ones are moved away."""
    for path in scans.keys() - state.keys():
        del scans[path]


def _empty(folder: Path, say: Callable[[str], None], notes: set[str]) -> None:
    """Say once that the folder is empty, so that the watch does not seem to hang."""
    note = f"there is nothing in {folder} yet; it is picked when it comes."
    if note not in notes:
        say(f"{clock()}  {note}")
    notes.add(note)


def _rest(wait: Callable[[], None], written: Path | None) -> None:
    """Wait for the next look at the folder.

    Raises:
        KeyboardInterrupt: on Ctrl-C, with a sentence on the catalogue if one has been written.
    """
    try:
        wait()
    except KeyboardInterrupt:
        if written is None:
            raise
        raise KeyboardInterrupt(
            f"stopped; {written} holds all that has been picked, and the same command goes on from there with what is "
            f"kept in {unfinished(written).name}."
        ) from None


@contextmanager
def _fed(
    source: str | Path, archive: Path, channels: str, say: Callable[[str], None]
) -> Iterator[tuple[Path, Callable[[float], None]]]:
    """Folder that is watched, and a function that waits for some seconds, or receives records from a server."""
    if not is_server(source):
        yield Path(source), time.sleep
        return
    with SeedLink(str(source), channels, archive, say) as server:
        yield archive, server.receive


def _state(folder: Path, own: Callable[[Path], bool]) -> tuple[_State, Path | list[Path]]:
    """Size and time of each file without our own, and what holds them; a file that vanishes meanwhile is left out.

    Raises:
        MissingError: there is no such folder, or its disk does not answer.
    """
    found = {}
    try:
        files = archive_files([folder])
    except FormatError:  # the folder is empty as yet
        return {}, folder
    except MissingError:
        raise
    except OSError as error:
        raise unreadable(folder, error) from None
    others = [path for path in files if not own(path)]
    for path in others:
        try:
            found[path] = file_state(path)
        except OSError:
            continue
    return found, folder if len(others) == len(files) else list(found)


def _tried(look: Callable[[], Seen], say: Callable[[str], None], trouble: str) -> tuple[Seen | None, str]:
    """What a look gives, or None and the trouble, which is announced unless it was so at the look before.

    Trouble may pass: a file that is being written may not be readable yet, and a disk may be away for a while.

    Raises:
        TargetError: a result cannot be written.
    """
    try:
        return look(), ""
    except TargetError:
        raise
    except GeocnnError as error:
        if str(error) != trouble:
            say(f"{clock()}  {error}")
        return None, str(error)


def _round(
    job: PickJob,
    data: Path | list[Path],
    channels: str,
    scans: Scans,
    located: Callable[[Catalogue], Catalogue],
    say: Callable[[str], None],
    notes: set[str],
) -> Catalogue:
    """Catalogue of the files that there are; announces their amount and new notes."""
    try:
        archive = open_archive(data, channels=channels, scans=scans)
    except GeocnnError:
        raise
    except OSError as error:  # of a folder: files that cannot be read are left out
        raise unreadable(Path(error.filename or "the folder"), error) from None
    made = located(job.run(archive, show_progress=False))
    for note in made.notes:
        if note not in notes:
            say(f"note: {note}")
    notes.update(made.notes)
    count = {phase: sum(a.pick.phase == phase for a in made.arrivals) for phase in "PS"}
    places = sum(event.origin is not None for event in made.events)
    located_too = f", {places} earthquake{'s' * (places != 1)} located" * bool(places)
    say(f"{clock()}  {count['P']} P and {count['S']} S picks{located_too}")
    return made
