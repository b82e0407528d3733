"""Apply a trained network to data of any size: the one place where files, streaming and network meet."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from geocnn import budget, io
from geocnn.checkpoints import Card, Trained, load
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.hardware import Precision, autocast, choose_device, keep_memory
from geocnn.interruption import interrupts_held
from geocnn.io.source import Source
from geocnn.prediction.pieces import pieces
from geocnn.prediction.results import InMemory, Results, check_unchanged, job_of, state_of
from geocnn.prediction.work import Work, plan_work
from geocnn.progress import progress
from geocnn.reading import Reader

__all__ = ["Prediction", "predict"]


@dataclass(frozen=True)
class Prediction:
    """What :func:`predict` gives back.

    Attributes:
        path: the finished file, None if the result was kept in memory.
        array: probability (one class) or number of the class, shape of the data; None if it was written.
        grid: axes of the result, those of the data.
        plan: how the network went through the data, and why.
        notes: what a user should know: blank traces, NaN samples, padding.
        seconds: time it took.
        card: of the network.
    """

    path: Path | None
    array: NDArray[np.float32] | None
    grid: Grid
    plan: Work
    notes: list[str]
    seconds: float
    card: Card


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
    show_progress: bool = True,
) -> Prediction:
    """Apply a network to a line, a cube or an array, slab by slab, with the result of the whole volume.

    A network whose layers look at windows of samples is streamed along the first axis: each layer goes on as far as
    its input allows and keeps the planes that it still needs, so that everything is computed once and memory depends
    on the cross-section. One that looks at whole maps (group normalisation) is applied to tiles.

    The data are normalised once with statistics of the whole survey and continued by reflection beyond its edge and
    into mutes (leading and trailing zeros of a trace); dead traces are filled from their nearest live neighbour for the
    network. In the result dead traces, mutes and NaN samples are zero. It does not depend on the tile size beyond
    float rounding. A network for sections goes through a cube section by section. The network is left in evaluation
    mode.

    Args:
        network: "faults", a run folder, or what :func:`geocnn.load` or :func:`geocnn.fit` returned.
        data: path, array ``(trace, time)`` or ``(inline, crossline, time)``, or an open source.
        out: file for the result: .sgy (the input with its samples replaced), .zarr or .npy; without it the result is
            an array in memory.
        tile: samples of a tile per axis, without its halo; chosen to fit ``memory`` if missing.
        memory: such as "4GB", for the whole process; default half of what the machine has.
        overwrite: replace ``out`` if it exists.
        device: "auto", "cpu", "cuda" or "cuda:1".
        precision: "float32", "bf16" (faster, within about 0.01 in probability), or "auto".
        show_progress: show a live line.

    Raises:
        DataError: the data do not fit the network (dimensions, channels), or memory is too small for any tile.
        MissingError: no such file or network.
        FormatError: a damaged file or network.
        TargetError: ``out`` cannot be written.
    """
    started = time.perf_counter()
    source = io.open(data)
    trained = network if isinstance(network, Trained) else load(network, ndim=source.grid.ndim)
    _check(trained.card, source)
    place = choose_device(device)
    autocast(precision, place)  # an unknown word is refused before any work
    array = None if out is not None else np.zeros(source.grid.shape, np.float32)
    allowed = (budget.bytes_of(memory) if memory else budget.half_of_memory(place)) - budget.FIXED
    allowed -= 0 if array is None else array.nbytes
    work = plan_work(trained, source.grid, tile=tile, allowed=allowed, device=place, precision=precision)
    keep_memory(keep=budget.KEPT * work.needed <= allowed)
    # The target before the data: whether it can be written shows at once, the data cost a pass over the file.
    state = state_of(source)
    job = job_of(source, state, trained.card, work, precision, place)
    with _created(out, source, job, overwrite=overwrite) if out is not None else nullcontext() as sink:
        reader = Reader(source, work.tiles, trained.card.normalisation)
        with Results(sink, work.axes[0]) if sink else InMemory(array) as results:
            _apply(work, trained, reader, place, precision, results, show_progress=show_progress)
        check_unchanged(source, state)
    return Prediction(
        sink.path if sink else None,
        array,
        source.grid,
        work,
        [*_work_notes(work, results, trained.card, source), *reader.notes(trained.card.size_multiple)],
        time.perf_counter() - started,
        trained.card,
    )


def _apply(
    work: Work,
    trained: Trained,
    reader: Reader,
    device: torch.device,
    precision: Precision,
    results: Results | InMemory,
    *,
    show_progress: bool,
) -> None:
    """Do the work, from where a run that was killed had come to."""
    unit, size = _unit(work)
    with progress(f"predict {trained.card.name}, {unit} samples", len(work) * size, show=show_progress) as tick:
        for piece in pieces(work, trained, reader, device, precision, lambda share: tick(share * size), results.done):
            results.add(piece)


def _unit(work: Work) -> tuple[str, float]:
    """How progress is counted, and the size of a tile so counted."""
    block = work.tiles.block
    return ("million", block / 1e6) if len(work) * block > 1e7 else ("thousand", block / 1e3)


def _created(out: str | Path, source: Source, job: str, *, overwrite: bool) -> io.Sink:
    """The target; Ctrl-C waits until it is made, else a thread of Zarr could go on making what we remove."""
    with interrupts_held() as stop:
        sink = io.create(out, like=source, overwrite=overwrite, job=job)
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
    if card.task != "segmentation":
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


def _work_notes(work: Work, results: Results | InMemory, card: Card, source: Source) -> list[str]:
    """That the beginning comes from a run that was killed, and that a network for sections went through a cube."""
    notes: list[str] = []
    tiles, planes = results.done
    if tiles or planes:
        axis = source.grid.axes[work.axes[0]]
        at = f"{axis.name} {axis.values[planes]:g} of tile {tiles + 1}" if tiles < len(work) else "the end"
        notes.append(f"a run that was killed had done the beginning; this one went on from {at}.")
    if work.tiles.flat is not None:
        name = source.grid.names[work.tiles.flat]
        notes.append(f"{card.name} is a network for sections; it went through the cube {name} by {name}.")
    return notes
