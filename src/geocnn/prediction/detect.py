"""From a folder of seismograms to a table of earthquakes, with a network for windows."""

from collections.abc import Callable
from pathlib import Path

from geocnn.checkpoints import Trained, load, write_atomically
from geocnn.errors import DataError
from geocnn.hardware import keep_memory
from geocnn.io.partial import check_target
from geocnn.io.system import make_folder
from geocnn.prediction.catalogue import opened
from geocnn.prediction.detection_job import DetectionJob, JudgedJournal
from geocnn.prediction.detections import Detections
from geocnn.prediction.journal import unfinished
from geocnn.prediction.judge import Judge

__all__ = ["detect_earthquakes", "detection_files"]


def detect_earthquakes(
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
) -> Detections:
    """Detect earthquakes in seismograms of any length with a network that judges windows.

    A window of 10.01 s is judged every 0.64 s, at multiples of 0.64 s since 1970, wherever a record begins. A window
    whose most probable class is an earthquake counts as a detection, and consecutive ones form one detection. Windows
    in which any of the three components has a gap are not judged. With ``out``, detections are also written to
    OUT.unfinished until the files are finished: after a kill the same call goes on where it was.

    Args:
        network: a run folder of ``geocnn train convnetquake``, or what :func:`geocnn.load` or :func:`geocnn.fit`
            returned.
        data: files, folders (an SDS archive) or an ObsPy Stream, see :func:`geocnn.io.waveforms.open_archive`, or what
            that returned.
        out: table, .csv; the catalogue, .xml (QuakeML), is written beside it. None writes nothing.
        threshold: least probability of an earthquake of any class in a window; by default only the most probable class
            counts.
        channels: pattern for channels that are wanted, such as "OK.*.*.HH?".
        overwrite: replace files that are there.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        announce: is called with a line about each station before the work, such as ``print``.

    Raises:
        DataError: there is no seismogram in the data, no window of three components without a gap, or the network
            judges no windows.
        MissingError: no such file.
        TargetError: a result exists and ``overwrite`` is not given, or cannot be written.
        KeyboardInterrupt: on Ctrl-C, with a sentence on what is kept.
    """
    trained = network if isinstance(network, Trained) else load(network, ndim=1)
    judge = Judge.of(trained, threshold=threshold, device=device)
    keep_memory()
    targets = [] if out is None else detection_files(Path(out), overwrite=overwrite)
    archive = opened(data, channels, show_progress=show_progress)
    if announce:
        for label, text in archive.describe():
            announce(f"{label:<14} {text}")
    with JudgedJournal(unfinished(targets[0]) if targets else None) as journal:
        made = DetectionJob(judge, trained.card, journal).run(archive, show_progress=show_progress)
        for path, write in zip(targets, (made.table, made.quakeml), strict=False):
            write_atomically(path, write())
        journal.done = True
    return made


def detection_files(out: Path, *, overwrite: bool) -> list[Path]:
    """Paths of the table and the catalogue, after a check that they can be written.

    Raises:
        DataError: the name of the table does not end in .csv.
        TargetError: a file exists and ``overwrite`` is not set, or it cannot be written.
    """
    if out.suffix.lower() != ".csv":
        raise DataError(f"--out is {out}; detections are a table, give a name that ends in .csv, or a folder.")
    make_folder(out.parent)
    targets = [out, out.with_suffix(".xml")]
    for path in targets:
        check_target(path, 0, overwrite=overwrite)
    return targets
