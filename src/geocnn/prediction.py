"""Apply a trained network to data of any size: the one place where files, tiles and network meet."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geocnn import budget, io
from geocnn.checkpoints import Card, Trained, load
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.hardware import Precision, autocast, channels_last, choose_device, keep_memory
from geocnn.interruption import interrupts_held
from geocnn.io.scan import scanned
from geocnn.io.source import Source
from geocnn.normalisation import Normalisation
from geocnn.progress import progress
from geocnn.tiling import EDGE, Plan, Tile, plan, reflect

__all__ = ["Prediction", "predict"]

_SLOW = 8
"""Work relative to that in one piece from which a user should know."""


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
    float rounding. The network is moved to the device and left there in evaluation mode, channels innermost.

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
    plan_ = _plan(source.grid.shape, trained.card, tile, allowed, per_sample)
    keep_memory(keep=budget.KEPT * per_sample * plan_.block <= allowed)
    # The target before the data: whether it can be written shows at once, the data cost a pass over the file.
    with io.create(out, like=source, overwrite=overwrite) if out is not None else nullcontext() as sink:
        reader = _Reader(source, plan_, trained.card)
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
        reader.notes(),
        time.perf_counter() - started,
        trained.card,
    )


def _results(
    trained: Trained, reader: "_Reader", tiles: Plan, device: torch.device, precision: Precision, *, show_progress: bool
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
            result = _apply(model, torch.from_numpy(block), device, precision, trained.card.ndim)
            keep = tuple(
                slice(w.start + tiles.before - r.start, w.stop + tiles.before - r.start)
                for w, r in zip(where, tile.read, strict=True)
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
def _apply(model: nn.Module, x: Tensor, device: torch.device, precision: Precision, ndim: int) -> NDArray[np.float32]:
    """Probability of the one class, or number of the most probable class, for a normalised block."""
    x = channels_last(x[None, None].to(device), ndim)
    with autocast(precision, device):
        logits = model(x)[0].float()
    result = torch.sigmoid(logits[0]) if len(logits) == 1 else logits.argmax(0).float()
    return result.cpu().numpy()


@dataclass
class _Reader:
    """Reads tiles: continued by reflection, dead traces and mutes filled, normalised; and blanks the results."""

    source: Source
    tiles: Plan
    card: Card

    def __post_init__(self) -> None:
        self.found = found = scanned(self.source)
        self.first, self.last, self.live = found.first, found.last, found.live
        if not self.live.any():
            raise DataError(
                f"{self.source.path or 'the array'} has no live trace: every sample is zero or missing; look at it "
                "with geocnn info."
            )
        self.normalisation = Normalisation.fit(found.sample, **self.card.normalisation)
        self.fill = _nearest_live(self.live, self.tiles.halo)

    def inside(self, tile: Tile) -> tuple[slice, ...]:
        """Part of the survey that the tile decides, empty if it is all padding."""
        before = self.tiles.before
        return tuple(
            slice(min(max(0, c.start - before), n), max(0, min(n, c.stop - before)))
            for c, n in zip(tile.core, self.tiles.shape, strict=True)
        )

    def read(self, tile: Tile) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Block of a tile with its halo, ready for the network, and where its samples were not finite."""
        before = self.tiles.before
        spans = zip(tile.read, self.tiles.shape, strict=True)
        *across, down = [reflect(np.arange(r.start, r.stop) - before, 0, n - 1) for r, n in spans]
        traces = tuple(f[np.ix_(*across)] for f in self.fill)
        # The network must not see the edge of a mute, which looks like a fault: reflect about it, trace by trace.
        first, last = self.first[traces], self.last[traces]
        muted = ((first > down.min()) | (last < down.max())) & (last >= 0)
        inside = reflect(down, first[muted][:, None], last[muted][:, None])
        low = [int(t.min()) for t in traces] + [min(int(i.min()) for i in (down, inside) if i.size)]
        high = [int(t.max()) for t in traces] + [max(int(i.max()) for i in (down, inside) if i.size)]
        box = tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))
        columns = self.source.read(box)[tuple(t - a for t, a in zip(traces, low, strict=False))]
        block = columns[..., down - low[-1]]
        block[muted] = np.take_along_axis(columns[muted], inside - low[-1], axis=-1)
        bad = ~np.isfinite(block)
        return self.normalisation.apply(block), bad

    def blank(
        self, where: tuple[slice, ...], result: NDArray[np.float32], bad: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Zero where the data are dead, muted or not finite."""
        depth = np.arange(where[-1].start, where[-1].stop)
        alive = (depth >= self.first[where[:-1]][..., None]) & (depth <= self.last[where[:-1]][..., None])
        return np.where(alive & ~bad, result, np.float32(0))

    def notes(self) -> list[str]:
        """What a user should know of these data."""
        notes = []
        dead = int((~self.live).sum())
        if dead:
            notes.append(f"{dead} of {self.live.size} traces are dead or missing; they are zero in the result.")
        if self.found.first_nan is not None:
            axes = self.source.grid.axes
            where = ", ".join(f"{a.name} {a.values[i]:g}" for a, i in zip(axes, self.found.first_nan, strict=True))
            notes.append(
                f"{self.found.nan} samples are NaN or infinite, the first at {where}; they are zero in the result."
            )
        small = [a for a in self.source.grid.axes if a.size < self.card.size_multiple]
        if self.tiles.redundancy > _SLOW:
            notes.append(
                f"the tiles and their halos are {self.tiles.redundancy:.0f} times the survey; with more --memory or a "
                "larger --tile it would go faster."
            )
        notes.extend(
            f"{a.name} has only {a.size} sample{'s' * (a.size > 1)}, fewer than the network's "
            f"{self.card.size_multiple}; padded by reflection."
            for a in small
        )
        return notes


def _nearest_live(live: NDArray[np.bool_], reach: int) -> tuple[NDArray[np.intp], ...]:
    """For every trace the indices of the trace to show the network: itself, or the nearest live one within reach."""
    own = np.indices(live.shape)
    if live.all():
        return tuple(own)
    from scipy.ndimage import distance_transform_edt

    distance, nearest = distance_transform_edt(~live, return_indices=True)
    return tuple(np.where(distance <= reach, nearest, own))


def _check(card: Card, source: Source) -> None:
    """Refuse data that the network cannot take.

    Raises:
        DataError: another number of dimensions or channels.
    """
    name = source.path or "the array"
    if card.task != "segmentation":
        raise DataError(
            f"the network {card.name} does {card.task}: it judges whole windows; predict needs a segmentation network, "
            "such as faults."
        )
    if source.grid.ndim != card.ndim:
        raise DataError(
            f"{name} has {source.grid.ndim} dimensions, but the network {card.name} takes {card.ndim}-D data; "
            f"use a network for {source.grid.ndim}-D data, or read the file otherwise with --ndim."
        )
    if len(card.channels) != 1:
        raise DataError(
            f"the network {card.name} takes {len(card.channels)} channels ({', '.join(card.channels)}), but {name} has "
            "1; use a network for 1 channel."
        )


def _plan(shape: tuple[int, ...], card: Card, tile: tuple[int, ...] | None, allowed: int, per_sample: float) -> Plan:
    """Tiles that fit into the bytes that are allowed for them.

    Raises:
        DataError: the smallest tile, or the one that is asked for, does not fit.
    """
    # Without a known reach every tile reads the whole survey, so that there is only one.
    reach = max(shape) + 2 * EDGE if card.reach is None else card.reach
    rule = {"multiple": card.size_multiple, "reach": reach}
    least = plan(shape, **rule, largest=sys.maxsize, tile=tile or (1,) * len(shape))
    if per_sample * least.block > allowed:
        size, enough = " x ".join(map(str, least.core)), math.ceil((budget.FIXED + per_sample * least.block) / 1e8) / 10
        raise DataError(
            f"a tile of {size} with its halo of {least.halo} needs {enough:g} GB, but "
            f"{(allowed + budget.FIXED) / 1e9:.2g} GB are allowed; give --memory {enough:g}GB"
            f"{' or a smaller --tile' if tile else ''}."
        )
    return plan(shape, **rule, largest=int(allowed / per_sample), tile=tile)
