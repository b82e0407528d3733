"""Apply a trained network to data of any size: the one place where files, tiles and network meet."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geocnn import budget, io
from geocnn.checkpoints import Card, Trained, load
from geocnn.datasets import mirrored
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.hardware import Precision, autocast, channels_last, choose_device, keep_memory
from geocnn.interruption import interrupts_held
from geocnn.io.source import Source
from geocnn.layers import SizeRule
from geocnn.progress import progress
from geocnn.reading import Reader
from geocnn.tiling import EDGE, Plan, plan

__all__ = ["Prediction", "predict"]


@dataclass(frozen=True)
class Prediction:
    """What :func:`predict` gives back.

    Attributes:
        path: the finished file, None if the result was kept in memory.
        array: probability (one class) or number of the class, shape of the data; None if it was written.
        grid: axes of the result, those of the data.
        plan: how the data were cut.
        notes: what a user should know: blank traces, NaN samples, padding.
        seconds: time it took.
        card: of the network.
    """

    path: Path | None
    array: NDArray[np.float32] | None
    grid: Grid
    plan: Plan
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
    """Apply a network to a line, a cube or an array, piece by piece, with a result that has no seams.

    The data are normalised once with statistics of the whole survey and continued by reflection beyond its edge and
    into mutes (leading and trailing zeros of a trace); dead traces are filled from their nearest live neighbour for the
    network. In the result dead traces, mutes and NaN samples are zero. It does not depend on the tile size beyond
    float rounding. A network for sections goes through a cube section by section. The network is moved to the device
    and left there in evaluation mode, channels innermost.

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
    per_sample = budget.per_sample(trained.model, trained.card)
    plan_ = _plan(source.grid, trained.card, tile, allowed, per_sample)
    keep_memory(keep=budget.KEPT * per_sample * plan_.block <= allowed)
    # The target before the data: whether it can be written shows at once, the data cost a pass over the file.
    with _created(out, source, overwrite=overwrite) if out is not None else nullcontext() as sink:
        reader = Reader(source, plan_, trained.card.normalisation)
        for start, block in _results(trained, reader, plan_, place, precision, show_progress=show_progress):
            if sink:
                with interrupts_held() as stop:  # else a thread of Zarr could go on writing what we remove
                    sink.write(start, block)
                    stop()
            elif array is not None:
                array[tuple(slice(s, s + n) for s, n in zip(start, block.shape, strict=True))] = block
    return Prediction(
        sink.path if sink else None,
        array,
        source.grid,
        plan_,
        [*_sections_note(plan_, trained.card, source), *reader.notes(trained.card.size_multiple)],
        time.perf_counter() - started,
        trained.card,
    )


def _created(out: str | Path, source: Source, *, overwrite: bool) -> io.Sink:
    """The target; Ctrl-C waits until it is made, else a thread of Zarr could go on making what we remove."""
    with interrupts_held() as stop:
        sink = io.create(out, like=source, overwrite=overwrite)
        try:
            stop()
        except KeyboardInterrupt:
            sink.abort()
            raise
    return sink


def _results(
    trained: Trained, reader: Reader, tiles: Plan, device: torch.device, precision: Precision, *, show_progress: bool
) -> Iterator[tuple[tuple[int, ...], NDArray[np.float32]]]:
    """Index of the first sample, and result, of every tile."""
    model = channels_last(trained.model.to(device).eval(), trained.card.ndim)
    unit, size = ("million", tiles.block / 1e6) if len(tiles) * tiles.block > 1e7 else ("thousand", tiles.block / 1e3)
    with (
        progress(f"predict {trained.card.name}, {unit} samples", len(tiles) * size, show=show_progress) as tick,
        _during_forward(model, lambda share: tick(share * size)),
    ):
        for tile in tiles:
            where = reader.inside(tile)
            if not all(w.stop > w.start for w in where) or not reader.live[where[:-1]].any():  # padding, dead traces
                tick(size)
                continue
            block, bad = reader.read(tile)
            shape, sections = block.shape, block if tiles.flat is None else block.squeeze(tiles.flat)
            result = _apply(model, torch.from_numpy(sections), device, precision, trained.card).reshape(shape)
            keep = tuple(
                slice(w.start + before - r.start, w.stop + before - r.start)
                for w, r, before in zip(where, tile.read, tiles.pads, strict=True)
            )
            yield tuple(w.start for w in where), reader.blank(where, result[keep], bad[keep])


@contextmanager
def _during_forward(model: nn.Module, tick: Callable[[float], None]) -> Iterator[None]:
    """Call ``tick`` after each layer with weights, with its part of a whole pass: one tile can take minutes."""
    layers = [m for m in model.modules() if any(True for _ in m.parameters(recurse=False))]
    hooks = [m.register_forward_hook(lambda *_: tick(1 / len(layers))) for m in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@torch.inference_mode()
def _apply(model: nn.Module, x: Tensor, device: torch.device, precision: Precision, card: Card) -> NDArray[np.float32]:
    """Probability of the one class, or number of the most probable class, for a normalised block."""
    space, x = x.shape, x[None, None].to(device)
    if card.margin:  # an unpadded network looks at a mirror image beyond the block (Ronneberger et al. 2015, Figure 2)
        sizes = SizeRule(card.least, card.size_multiple).above([n + 2 * card.margin for n in space])
        x = mirrored(x, card.margin, sizes)
    x = channels_last(x, card.ndim)
    with autocast(precision, device):
        logits = model(x)[0].float()
    logits = logits[(slice(None), *map(slice, space))]
    result = torch.sigmoid(logits[0]) if len(logits) == 1 else logits.argmax(0).float()
    return result.cpu().numpy()


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


def _flat(grid: Grid, card: Card) -> int | None:
    """The axis of a cube along which a network for sections goes, one section after the other; None for other data.

    It is the horizontal axis that the sections of its training had not, inlines where they had neither.
    """
    if card.ndim == grid.ndim:
        return None
    return next((axis for axis in (1, 0) if grid.names[axis] not in card.axes and grid.names[1 - axis] in card.axes), 0)


def _sections_note(tiles: Plan, card: Card, source: Source) -> list[str]:
    """That a network for sections was applied to a cube."""
    if tiles.flat is None:
        return []
    name = source.grid.names[tiles.flat]
    return [f"{card.name} is a network for sections; it went through the cube {name} by {name}."]


def _plan(grid: Grid, card: Card, tile: tuple[int, ...] | None, allowed: int, per_sample: float) -> Plan:
    """Tiles that fit into the bytes that are allowed for them.

    Raises:
        DataError: the smallest tile, or the one that is asked for, does not fit.
    """
    shape, flat = grid.shape, _flat(grid, card)
    # Without a known reach every tile reads the whole survey, so that there is only one.
    reach = max(shape) + 2 * EDGE if card.reach is None else card.reach
    cut = partial(plan, shape, multiple=card.size_multiple, reach=reach, flat=flat)
    least = cut(largest=sys.maxsize, tile=tile or (1,) * len(shape))
    if per_sample * least.block > allowed:
        size, enough = " x ".join(map(str, least.core)), math.ceil((budget.FIXED + per_sample * least.block) / 1e8) / 10
        raise DataError(
            f"a tile of {size} with its halo of {least.halo} needs {enough:g} GB, but "
            f"{(allowed + budget.FIXED) / 1e9:.2g} GB are allowed; give --memory {enough:g}GB"
            f"{' or a smaller --tile' if tile else ''}."
        )
    return cut(largest=int(allowed / per_sample), tile=tile)
