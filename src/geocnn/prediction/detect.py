"""From a folder of seismograms to files with the earthquakes that a network sees in windows of them."""

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
    """Detect earthquakes in seismograms of any length with a network that judges windows of them.

    A window of 10.01 s is judged every 0.64 s, at multiples of 0.64 s since 1970, wherever a record begins. One whose
    most probable class is an earthquake is detected, and those that follow one another are one detection. Windows in
    which any of the three components has a gap are not judged. With ``out``, what has been found is noted in
    OUT.unfinished until the files are written: after a kill the same call goes on where it was.

    Args:
        network: a run folder of ``geocnn train convnetquake``, or what :func:`geocnn.load` or :func:`geocnn.fit`
            returned.
        data: files, folders (an SDS archive) or an ObsPy Stream, see :func:`geocnn.io.waveforms.open_archive`, or what
            that returned.
        out: table, .csv; the catalogue lies beside it, .xml (QuakeML). None writes nothing.
        threshold: least probability of an earthquake, of any class, in a window; by default the most probable class
            decides alone.
        channels: pattern for channels that are wanted, such as "OK.*.*.HH?".
        overwrite: replace files that are there.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        announce: is told of each station before the work, line by line, such as ``print``.

    Raises:
        DataError: no seismogram in the data, no window of three components without a gap, or the network is none of
            this kind.
        MissingError: no such file.
        TargetError: a result exists and ``overwrite`` is not given, or cannot be written.
        KeyboardInterrupt: with a sentence on what is kept.
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
    """The table and the catalogue, after a look at whether they can be written.

    Raises:
        DataError: the table has another name than one.
        TargetError: they cannot.
    """
    if out.suffix.lower() != ".csv":
        raise DataError(f"--out is {out}; detections are a table, give a name that ends in .csv, or a folder.")
    make_folder(out.parent)
    targets = [out, out.with_suffix(".xml")]
    for path in targets:
        check_target(path, 0, overwrite=overwrite)
    return targets
