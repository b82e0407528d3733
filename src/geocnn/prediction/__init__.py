"""Apply a trained network to data of any size: here files, streaming and network come together."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray

from geocnn import budget, io
from geocnn.checkpoints import Card, Trained, load, refuse_detector, versions
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.hardware import Precision, autocast, choose_device, keep_memory
from geocnn.interruption import interrupts_held
from geocnn.io.scan import scanned
from geocnn.io.source import Source, as_picture
from geocnn.io.stretched import StretchedSource
from geocnn.losses import UNKNOWN
from geocnn.prediction.alignment import aligned
from geocnn.prediction.job import Job
from geocnn.prediction.log import Log, opened, samples_in
from geocnn.prediction.pieces import Mark, pieces, to_do
from geocnn.prediction.results import InMemory, Results, Samples, Stored, check_unchanged, job_of, state_of
from geocnn.prediction.steps import FinishedStep, finished_step, note_step
from geocnn.prediction.work import Work, plan_work
from geocnn.progress import progress
from geocnn.reading import Reader

if TYPE_CHECKING:
    from geocnn.prediction.workers import Workers

__all__ = ["Prediction", "predict"]


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """The result of :func:`predict`.

    Attributes:
        path: the finished file, None if the result was kept in memory.
        array: the result in memory, None if it was written to a file. For a network of one class its probability, for
            one of several classes the number of the class, -1 where there are no data. For a network that restores
            amplitudes, the amplitudes in the shape of the data.
        grid: axes of the result, which are those of the data.
        plan: how the network went through the data, and why.
        notes: what a user should know: blank traces, NaN samples, padding.
        seconds: time it took.
        card: card of the network.
    """

    path: Path | None
    array: NDArray[np.float32] | None
    grid: Grid
    plan: Work
    notes: list[str]
    seconds: float
    card: Card

    def __repr__(self) -> str:
        """Short description without samples and weights, as a notebook shows it."""
        shape = " x ".join(map(str, self.grid.shape))
        where = "" if self.path is None else f" in {self.path}"
        return f"Prediction({shape} samples ({', '.join(self.grid.names)}){where}, by {self.card.name})"

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        """The samples, so that NumPy and Matplotlib take the result itself.

        Raises:
            DataError: the result lies in a file.
        """
        if self.array is None:
            read = f"geocnn.open({str(self.path)!r}).read(...)"
            raise DataError(f"the result is no array, it lies in {self.path}; read it with {read}.")
        return np.array(self.array, dtype=dtype, copy=copy)

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: all but the steps of the network, which are made for this process."""
        return vars(self) | {"plan": replace(self.plan, network=None)}


def predict(
    network: str | Path | Trained,
    data: str | Path | NDArray[np.generic] | Source,
    out: str | Path | None = None,
    *,
    tile: tuple[int, ...] | None = None,
    memory: str | None = None,
    overwrite: bool = False,
    device: str = "auto",
    precision: Precision = "float32",
    samples: Samples = "float32",
    log: str | Path | Log | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    step: bool = False,
    show_progress: bool = True,
) -> Prediction:
    """Apply a network to a line, a cube or an array, slab by slab; the result equals that of the whole volume at once.

    A network whose layers look at windows of samples is streamed along the first axis: everything is computed once, and
    memory depends on the cross-section. A network that looks at whole maps (group normalisation) is applied to tiles.

    The data are normalised once with statistics of the whole survey. Beyond the edges of the survey, in mutes (zeros at
    the ends of a trace) and in padding (see :mod:`geocnn.io.padding`) they are continued by reflection; dead traces are
    filled from their nearest live neighbour. In the result all of those and NaN samples are zero, or -1 in classes and
    per cent. The tile size changes it by rounding alone. A network for sections goes through a cube one by one.

    Args:
        network: "faults", a run folder, or what :func:`geocnn.load` or :func:`geocnn.fit` returned.
        data: path, array ``(trace, time)`` or ``(inline, crossline, time)``, or an open source.
        out: file for the result: .sgy (the input with its samples replaced), .zarr or .npy; else an array in memory.
        tile: samples of a tile per axis, without its halo; chosen to fit ``memory`` if missing.
        memory: such as "4GB", for the process, or for each worker; default half of the machine's memory, in all.
        overwrite: replace ``out`` if it exists.
        device: "auto", "cpu", "cuda" or "cuda:1".
        precision: "float32", "bf16" (faster; moves single probabilities by some hundredths), or "auto".
        samples: of the file: "float32", or "int8": probabilities as whole per cent, numbers of classes unchanged.
        log: file for a line of JSON for every part, see :class:`geocnn.prediction.log.Log`; or the log of a larger job.
        workers: processes that share the work, each with its part of torch's threads; with the same plan and threads
            the result is the same to the last bit. Needs ``pip install 'geocnn[dask]'``, data and a result in files,
            and in a script of your own ``if __name__ == "__main__":``.
        scheduler: address of a Dask scheduler whose workers do the work instead; they need the same files and versions.
        step: ``out`` is a step on the way to a result: what an earlier run of the same job has finished is taken.
        show_progress: show a live line.

    Raises:
        DataError: the data do not fit the network (dimensions, channels), or memory is too small for any tile.
        MissingError: no such file or network.
        FormatError: a damaged file or network.
        TargetError: ``out`` or ``log`` cannot be written.
    """
    started, source = time.perf_counter(), io.open(data)
    trained = network if isinstance(network, Trained) else load(network, ndim=source.grid.ndim)
    _check(trained.card, source := as_picture(source, trained.card.axes))
    trained, differences = aligned(trained)
    autocast(precision, place := choose_device(device))  # refuses an unknown precision before any work
    array = None if out is not None else np.zeros(source.grid.shape, np.float32)
    with opened(log, (source.path, out)) as record, _team(workers, scheduler, source, out) as team:
        allowed = budget.bytes_of(memory) if memory else team.memory(place) if team else budget.half_of_memory(place)
        allowed -= (beside := budget.FIXED + (0 if array is None else array.nbytes))
        work = plan_work(
            trained, source.grid, tile=tile, allowed=allowed, device=place, precision=precision, beside=beside
        )
        keep, threads = budget.KEPT * work.needed <= allowed, team.threads if team else torch.get_num_threads()
        # Check the target first: whether it can be written shows at once, whereas the data cost a pass over the file.
        state, stored = state_of(source), Stored.of(samples, trained.card)
        same = job_of(source, state, trained.card, work, precision, place, threads, samples)
        with _target(out, source, same, stored, len(work) * step, overwrite=overwrite) as sink:
            _begin(record, trained, source, out, work, place, precision, threads, workers or scheduler)
            reader = Reader(source, work.tiles, trained.card.normalisation, _nothing(trained.card, stored, array))
            job = Job(work, trained, reader, sink, place, precision, keep)
            if team is None:
                _apply(job, array, record, show_progress=show_progress)
            else:
                _hand_out(job, team, record, show_progress=show_progress)
            check_unchanged(source, state)
    notes = [*differences, *_work_notes(work, job.done, trained.card, source), *_one_sided(trained.card, source)]
    notes += [*reader.notes(trained.card.size_multiple), *[record.trouble] * bool(record.trouble)]
    seconds = time.perf_counter() - started
    return Prediction(sink.path if sink else None, array, source.grid, work, notes, seconds, trained.card)


def _nothing(card: Card, stored: Stored, array: NDArray[np.float32] | None) -> float:
    """Value of the result, in a file or an array, where there are no data; -1 for classes, because 0 is a class."""
    return UNKNOWN if len(card.classes) > 1 else stored.nothing if array is None else 0


def _begin(
    record: Log,
    trained: Trained,
    source: Source,
    out: str | Path | None,
    work: Work,
    device: torch.device,
    precision: Precision,
    threads: int,
    workers: int | str | None,
) -> None:
    """Write the first line of the log: what is run, and how."""
    record.begins(
        source.grid.shape[work.axes[0]],
        network=str(trained.folder or trained.card.name),
        input=str(source.path) if source.path is not None else "an array",
        output=None if out is None else str(out),
        plan=str(work),
        device=device.type if device.type == "cpu" else torch.cuda.get_device_name(device),
        threads=threads,
        workers=workers,
        precision=precision,
        versions=versions(),
    )


def _team(
    workers: int | None, scheduler: str | None, source: Source, out: str | Path | None
) -> "AbstractContextManager[Workers | None]":
    """The processes that do the work; None if this process does it."""
    if workers is None and scheduler is None:
        return nullcontext()
    from geocnn.prediction.workers import Workers, check_files

    check_files(source, out)
    return Workers(workers, scheduler)


def _apply(job: Job, array: NDArray[np.float32] | None, record: Log, *, show_progress: bool) -> None:
    """Do the work in this process, from where an earlier run was stopped."""
    work, sink, axis = job.work, job.sink, job.work.axes[0]
    keep_memory(keep=job.keep)
    record.expects(to_do(work, job.reader, job.done), to_do(work, job.reader, (0, 0)))
    unit, size = _unit(len(work) * work.tiles.block)
    block = work.tiles.block / size
    with (
        progress(f"predict {job.trained.card.name}, {unit} samples", len(work) * block, show=show_progress) as tick,
        Results(sink, axis, record.piece) if sink is not None else InMemory(array, axis, record.piece) as results,
    ):
        for piece in pieces(
            work, job.trained, job.reader, job.device, job.precision, lambda tiles: tick(tiles * block), job.done
        ):
            results.add(piece)


def _hand_out(job: Job, team: "Workers", record: Log, *, show_progress: bool) -> None:
    """Let other processes do the work."""
    tiles = to_do(job.work, job.reader, job.done)
    if not tiles:
        return
    left = samples_in(tiles)
    unit, size = _unit(left)
    with progress(f"predict {job.trained.card.name}, {unit} samples", left / size, show=show_progress) as tick:
        team.run(job, tiles, record, lambda samples: tick(samples / size))


def _unit(samples: int) -> tuple[str, float]:
    """Unit of the progress, in words, and its number of samples."""
    return ("million", 1e6) if samples > 1e7 else ("thousand", 1e3)


@contextmanager
def _target(
    out: str | Path | None, source: Source, job: str, stored: Stored, tiles: int, *, overwrite: bool
) -> Iterator[io.Sink | None]:
    """The target, if any. A step, which has a number of ``tiles``, may be one that an earlier run has finished."""
    if out is not None and tiles and finished_step(out, job):
        yield FinishedStep(Path(out), tiles)
        return
    with _created(out, source, job, stored, overwrite=overwrite or tiles > 0) as sink:
        yield sink
    if out is not None and tiles:
        note_step(out, job)


def _created(
    out: str | Path | None, source: Source, job: str, stored: Stored, *, overwrite: bool
) -> AbstractContextManager[io.Sink | None]:
    """The target, if any.

    Ctrl-C is held back until the target is made; otherwise a thread of Zarr could still create files after the
    clean-up.
    """
    if out is None:
        return nullcontext()
    with interrupts_held() as stop:
        sink = io.create(out, like=source, overwrite=overwrite, job=job, **stored._asdict())
        try:
            stop()
        except KeyboardInterrupt:
            sink.abort()
            raise
    return sink


def _check(card: Card, source: Source) -> None:
    """Refuse data that the network cannot take.

    Raises:
        DataError: another number of dimensions or channels.
    """
    name = source.path or "the array"
    refuse_detector(card)
    if card.task not in ("segmentation", "restoration"):
        raise DataError(
            f"the network {card.name} does {card.task}: it judges whole windows; give it windows, as in geocnn predict "
            "RUN windows.npz --out classes.csv, or a survey to a segmentation network, such as faults."
        )
    if source.grid.ndim != card.ndim and (card.ndim, source.grid.ndim) != (2, 3):
        raise DataError(
            f"{name} has {source.grid.ndim} dimensions, but the network {card.name} takes {card.ndim}-D data; "
            f"use a network for {source.grid.ndim}-D data, or read the file otherwise with --ndim."
        )
    if len(card.channels) != 1:
        raise DataError(
            f"the network {card.name} takes {len(card.channels)} channels ({', '.join(card.channels)}), but {name} has "
            "1; use a network for 1 channel."
        )


def _one_sided(card: Card, source: Source) -> list[str]:
    """Note if samples cannot be reflection amplitudes although the network needs those.

    Integers are not checked, because their zero may be any number.
    """
    survey = source.source if isinstance(source, StretchedSource) else source
    found = scanned(survey)
    if (
        card.training.get("recipe") not in ("faults", "denoise", "superres")
        or survey.dtype.kind in "iub"
        or found.minimum < 0 < found.maximum
    ):
        return []
    return [
        f"all samples lie from {found.minimum:.4g} to {found.maximum:.4g}, on one side of zero; {card.name} has learnt "
        "from reflection amplitudes, and its answer means little for velocities or attributes."
    ]


def _work_notes(work: Work, done: Mark, card: Card, source: Source) -> list[str]:
    """Notes: that an earlier run did the beginning, and that a network for sections went through a cube."""
    notes: list[str] = []
    tiles, planes = done
    if tiles or planes:
        axis = source.grid.axes[work.axes[0]]
        at = f"{axis.name} {axis.values[planes]:g} of tile {tiles + 1}" if tiles < len(work) else "the end"
        notes.append(f"an earlier run had done the beginning; this one went on from {at}.")
    if work.tiles.flat is not None:
        name = source.grid.names[work.tiles.flat]
        notes.append(f"{card.name} is a network for sections; it went through the cube {name} by {name}.")
    return notes
