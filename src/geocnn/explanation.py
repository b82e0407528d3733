"""Measure the ideas behind convolutional networks on one network, for ``geocnn explain``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geocnn.models.base import Network
from geocnn.overview import Named, counted
from geocnn.progress import Tick, progress
from geocnn.properties import EffectiveField, Sharing, effective_receptive_field, shift_error
from geocnn.tracing import Field, Layer, Trace, layers, trace, trace_network
from geocnn.words import size_text

__all__ = ["Explanation", "FeatureMaps", "Shifts", "explanation", "memory_needed"]

_BUDGET = 6e10
"""Largest number of multiply-adds, forward, for the effective receptive field: some ten seconds on one core."""
_SHIFTS = 4e11
"""Largest number of multiply-adds for the test of shifts, all of them together: some twenty seconds on one core."""
_LONG = {1: 16384, 2: 2048, 3: 256}
"""Largest length of the window in which shifts are measured, samples, by dimensions."""
_ACROSS = {1: 0, 2: 96, 3: 40}
"""Size of that window along the other axes, samples, by dimensions."""


@dataclass(frozen=True)
class FeatureMaps:
    """Maps of a layer, those with the largest deviation.

    Attributes:
        layer: name of the layer, and what it does.
        stride: input samples per sample.
        channels: numbers of the maps that are shown.
        count: number of maps of the layer.
        values: ``(maps, *space)``; for a 3-D network the slice in the middle of the first axis.
    """

    layer: str
    stride: float
    channels: tuple[int, ...]
    count: int
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Shifts:
    """Change of a layer's result when the input moves along the last axis, beyond moving along with it.

    Attributes:
        layer: its name.
        stride: input samples per sample.
        errors: relative change for each shift; NaN where no sample of the window is free of its edges.
    """

    layer: str
    stride: int
    errors: tuple[float, ...]


@dataclass(frozen=True)
class Explanation:
    """All measurements and figures of one network.

    Attributes:
        name: name of the network.
        ndim: its dimensions.
        trained: whether its weights are trained.
        upright: whether the axes are rows and columns of a picture; otherwise the last axis is drawn downward.
        source: where the input comes from, in words.
        input: ``(channels, *space)``; for a 3-D network the slice in the middle of the first axis.
        channels: names of the channels.
        kernels: kernels of the first convolution, ``(out, in, *kernel)``; for a 3-D network the middle slice.
        kernels_of: name of that layer.
        maps: maps of an early, a middle and the last layer that has positions.
        moves: shifts of the input for ``shifts``, samples.
        shifts: changes by shifts, one entry per layer.
        fields: names of the layers with their receptive fields along the last axis, None for all of it.
        effective: effective receptive field of the last map with positions; None if it depends on the whole window.
        sharing: names of the convolutions, with their parameters and those of layers that share none.
        parameters: number of parameters of the network.
    """

    name: str
    ndim: int
    trained: bool
    upright: bool
    source: str
    input: NDArray[np.float32]
    channels: tuple[str, ...]
    kernels: NDArray[np.float32]
    kernels_of: str
    maps: tuple[FeatureMaps, ...]
    moves: tuple[int, ...]
    shifts: tuple[Shifts, ...]
    fields: tuple[tuple[str, Field | None], ...]
    effective: EffectiveField | None
    sharing: tuple[tuple[str, Sharing], ...]
    parameters: int

    @property
    def field(self) -> Field | None:
        """Receptive field of the last map with positions."""
        return self.fields[-1][1]

    @property
    def measured_in(self) -> str:
        """Window in which the effective receptive field was measured, in words; empty if it holds the whole field."""
        if self.field is None or self.effective is None or min(self.effective.gradient.shape) >= self.field.size:
            return ""
        return size_text(self.effective.gradient.shape)

    @property
    def effective_size(self) -> str:
        """Size of the effective receptive field, in words; a least size where the window cuts off some of it."""
        if self.effective is None:
            return "all of the window"
        cut = bool(self.measured_in) and self.effective.goes_on
        return size_text(self.effective.widths) + " or more" * cut

    @property
    def has_gaps(self) -> bool:
        """Whether some shifts could not be measured."""
        return any(math.isnan(error) for row in self.shifts for error in row.errors)

    def total(self) -> Sharing:
        """Parameters of all convolutions together."""
        every = [sharing for _, sharing in self.sharing]
        return Sharing(sum(s.convolution for s in every), sum(s.unshared for s in every), sum(s.dense for s in every))

    def lines(self) -> list[str]:
        """The report as text, line by line."""
        state = "trained" if self.trained else "untrained, random weights"
        head = [f"{self.name}, {self.ndim}-D, {self.parameters:,} parameters, {state}", f"input: {self.source}"]
        return [*head, "", *self._field_lines(), "", *self._shift_lines(), "", *self._sharing_lines()]

    def _field_lines(self) -> list[str]:
        if self.field is None or self.effective is None:
            return ["Receptive field: all of the window"]
        inside = f" inside {self.measured_in} samples" if self.measured_in else ""
        share, size = f"{self.effective.share:.0%} of the gradient{inside}", self.effective_size
        return [
            f"Receptive field: {self.field.size} samples per axis, {float(self.field.stride):g} apart",
            f"Effective: {share} within {size}{'' if inside else ' samples'}, for white noise",
        ]

    def _shift_lines(self) -> list[str]:
        width = max(len(row.layer) for row in self.shifts)
        rows = [
            f"{row.layer:{width}} {row.stride:7d}"
            + "".join(f"{'-' if math.isnan(e) else f'{e:.3f}':>7}" for e in row.errors)
            for row in self.shifts
        ]
        return [
            "Change of the result when the input moves (0: it just moves along)",
            f"{'samples':{width}} {'stride':>7}" + "".join(f"{move:7d}" for move in self.moves),
            *rows,
            *["-: the window is too short for a sample that sees none of its edges"] * self.has_gaps,
        ]

    def _sharing_lines(self) -> list[str]:
        shown = [self.sharing[k] for k in np.unique(np.linspace(0, len(self.sharing) - 1, 12, dtype=int))]
        rows = [*shown, ("all convolutions", self.total())]
        width = max(len(name) for name, _ in rows)
        some = "" if len(shown) == len(self.sharing) else f" ({len(shown)} of {len(self.sharing)} convolutions)"
        return [
            f"Parameters to the same outputs{some}",
            f"{'':{width}} {'shared':>8} {'unshared':>8} {'dense':>8}",
            *(
                f"{name:{width}} {counted(s.convolution):>8} {counted(s.unshared):>8} {counted(s.dense):>8}"
                for name, s in rows
            ),
        ]


def explanation(found: Named, x: Tensor, source: str, *, show_progress: bool = False) -> Explanation:
    """Measure a network.

    Args:
        found: the network, with weights.
        x: one input that it takes, ``(1, channels, *space)``.
        source: where the input comes from, in words.
        show_progress: show a live line.

    Raises:
        DataError: the network does not accept ``x``, or has an operator whose receptive field is not known.
    """
    model = found.model
    model.check(x)
    seen = trace_network(model, tuple(x.shape[2:]))
    rows = layers(model, seen)
    placed = [row for row in rows[: _last(rows, seen) + 1] if len(row.shape) == model.ndim + 1]
    first = next(row for row in placed if "convolution" in row.kind)
    kernels = _kernels(model, first)
    drawn = [k for k, row in enumerate(placed) if math.prod(row.shape[1:]) > 1]
    inner = [k for k in drawn if "convolution" in placed[k].kind]
    shown = list(dict.fromkeys((placed.index(first), inner[len(inner) // 2], drawn[-1])))
    moving, far = _moving(model, x, placed), _far(found, seen.fields)
    with progress(f"explain {found.name}", 2 + len(moving.moves) + (far[1] if far else 0), show=show_progress) as tick:
        values = _results(model, x, [placed[k].after for k in shown])
        tick(1, "maps")
        shifts = _shifts(model, moving, tick)
        effective = effective_receptive_field(model, far[0], inputs=far[1], tick=tick) if far else None
    return Explanation(
        name=found.name,
        ndim=model.ndim,
        trained=found.card is not None,
        upright=found.card is not None and found.card.axes == ("row", "column"),
        source=source,
        input=_slice(x[0].float().numpy(), model.ndim),
        channels=_channels(found, x.shape[1]),
        kernels=_slice(kernels, model.ndim),
        kernels_of=first.name,
        maps=tuple(_maps(placed[k], value, model.ndim) for k, value in zip(shown, values, strict=True)),
        moves=moving.moves,
        shifts=shifts,
        fields=tuple((row.name, row.fields[-1]) for row in placed),
        effective=effective,
        sharing=tuple((row.name, _sharing(row)) for row in rows if "convolution" in row.kind and row.parameters),
        parameters=sum(p.numel() for p in model.parameters()),
    )


def _channels(found: Named, count: int) -> tuple[str, ...]:
    """Names of the channels, from the card if there is one."""
    if found.card is not None and len(found.card.channels) == count:
        return found.card.channels
    return tuple(f"channel {number} of {count}" for number in range(1, count + 1))


def _kernels(model: nn.Module, first: Layer) -> NDArray[np.float32]:
    """Kernels of the first convolution as they are applied: those of a true convolution are flipped."""
    weights = model.get_parameter(first.weights).detach().float().cpu()
    if getattr(model.get_submodule(first.weights.rpartition(".")[0]), "true_convolution", False):
        weights = weights.flip(tuple(range(2, weights.ndim)))
    return np.asarray(weights.numpy())


def _last(rows: Sequence[Layer], seen: Trace) -> int:
    """Index of the row that makes the last map with positions."""
    return max(k for k, row in enumerate(rows) if row.step <= seen.results[-1])


def _results(model: nn.Module, x: Tensor, steps: Sequence[int]) -> list[Tensor]:
    """Results of some steps for an input."""
    kept: dict[int, Tensor] = {}

    def watch(step: int, value: Tensor) -> None:
        if step in steps:
            kept[step] = value.clone()

    trace(model, x, watch=watch)
    return [kept[step] for step in steps]


def _slice(values: NDArray[np.float32], ndim: int) -> NDArray[np.float32]:
    """Middle slice along the first axis of space of a volume; sections and traces are returned unchanged."""
    return values if ndim < 3 else np.take(values, values.shape[-3] // 2, axis=-3)


def _maps(row: Layer, value: Tensor, ndim: int) -> FeatureMaps:
    """Maps of a layer that vary most."""
    values = value[0].float().numpy()
    order = np.argsort(-values.reshape(len(values), -1).std(1), kind="stable")
    most = np.sort(order[: 16 if ndim == 1 else 6])
    field = row.fields[-1]
    return FeatureMaps(
        f"{row.name}: {row.kind}",
        math.nan if field is None else float(field.stride),
        tuple(int(k) for k in most),
        len(values),
        _slice(values[most], ndim),
    )


def _sharing(row: Layer) -> Sharing:
    """Parameters of a convolution, of the same layer without sharing, and of a dense layer.

    Without sharing there is a weight for each multiply-add, and in a dense layer one for each pair of input and output.
    Where maps take only some of the maps before them (LeNet-5), some multiply-adds are by zeros that are no parameters;
    then no position has more weights than the kernels.
    """
    outputs, positions = math.prod(row.shape), math.prod(row.shape[1:])
    unshared = min(row.multiply_adds + row.biased * outputs, row.parameters * positions)
    return Sharing(row.parameters, unshared, outputs * (row.inputs + row.biased))


def memory_needed(found: Named) -> int:
    """Bytes of the maps of the largest pass of :func:`explanation` and of their gradients, in the network's window."""
    model = found.model
    seen = trace_network(model, found.window)
    spaces, wanted = [found.window], _around(seen.fields)
    if wanted:
        spaces.append(_affordable(found, wanted)[0])
    every = [layers(model, trace_network(model, space)) for space in spaces]
    return max(2 * 4 * sum(math.prod(row.shape) for row in rows) for rows in every)


def _around(fields: Sequence[Field | None]) -> list[int]:
    """Window somewhat larger than a receptive field; empty where the field is all of the window."""
    bounded = [field for field in fields if field is not None]
    whole = len(bounded) < len(fields)
    return [] if whole else [field.size + 2 * math.ceil(field.stride) for field in bounded]


def _affordable(found: Named, wanted: list[int]) -> tuple[tuple[int, ...], int]:
    """Window for the effective receptive field, as far as time allows, and its multiply-adds."""
    model = found.model
    space = model.sizes.above(wanted)
    while (cost := trace_network(model, space).multiply_adds) > _BUDGET:
        wanted = [n * 3 // 4 for n in wanted]
        if (smaller := model.sizes.above(wanted)) == space and min(wanted) < 8:
            break
        space = smaller
    return space, cost


def _far(found: Named, fields: Sequence[Field | None]) -> tuple[tuple[int, ...], int] | None:
    """Window for the effective receptive field, somewhat larger than the field as far as time allows, and inputs."""
    wanted = _around(fields)
    if not wanted:
        return None
    space, cost = _affordable(found, wanted)
    return space, int(np.clip(_BUDGET / max(cost, 1), 1, 8))


class _Moving(NamedTuple):
    """What the test of shifts does: an input, longer by the largest shift than windows of it, and layers to look at."""

    x: Tensor
    length: int
    rows: list[Layer]
    strides: list[int]
    moves: tuple[int, ...]


def _moving(model: Network, x: Tensor, placed: Sequence[Layer]) -> _Moving:
    """Plan a test of shifts of up to the largest stride."""
    bounded = [row for row in placed if row.fields[-1] is not None]
    chosen = _chosen([row for row in bounded if any(word in row.kind for word in ("conv", "pool", "samp"))] or bounded)
    strides = [math.ceil(row.fields[-1].stride) if row.fields[-1] else 1 for row in chosen]
    largest = max(strides, default=1)
    moves = tuple(range(1, largest + 1)) if largest <= 8 else tuple(2**k for k in range(largest.bit_length()))
    x, length = _longer(model, x, chosen, largest, passes=1 + len(moves))
    return _Moving(x, length, chosen, strides, moves)


def _shifts(model: Network, moving: _Moving, tick: Tick) -> tuple[Shifts, ...]:
    """Changes of all layers when the input moves, compared where maps see no edge; each pass is a step."""
    x, length, chosen, strides, moves = moving
    runs: dict[int, list[Tensor]] = {}

    def result(window: Tensor, k: int) -> Tensor:
        start = int(window.storage_offset())  # all windows have the same length: the offset identifies one
        if start not in runs:
            runs[start] = _results(model, window.contiguous(), [row.after for row in chosen])
            tick(1, f"input moved by {start}" if start else "")
        return runs[start][k]

    errors: list[list[float]] = [[] for _ in chosen]
    for m in moves:
        for k, (row, stride) in enumerate(zip(chosen, strides, strict=True)):
            border, count = _border(row.fields[-1], result(x.narrow(-1, 0, length), k).shape[-1], length)
            seen = count - 2 * border - -(-m // stride) >= 1
            window = x.narrow(-1, 0, length + m)
            error = shift_error(partial(result, k=k), window, m, stride=stride, border=border) if seen else math.nan
            errors[k].append(error)
        runs.pop(m, None)  # all maps of all moves would be gigabytes
    names = [row.name for row in chosen]
    return tuple(Shifts(*shifts) for shifts in zip(names, strides, map(tuple, errors), strict=True))


def _chosen(rows: Sequence[Layer], most: int = 10) -> list[Layer]:
    """Layers that change the stride, the last one, and as many others as there is room for, in order."""
    strides = [row.stride for row in rows]
    marked = [k for k in range(len(rows)) if k in (0, len(rows) - 1) or strides[k] != strides[k - 1]]
    others = [k for k in range(len(rows)) if k not in marked]
    room = max(0, most - len(marked))
    some = [others[i] for i in np.unique(np.linspace(0, len(others) - 1, min(room, len(others)), dtype=int))]
    return [rows[k] for k in sorted((*marked, *some))]


def _border(field: Field | None, count: int, length: int) -> tuple[int, int]:
    """Samples at each end of a map that see the edge of a window of ``length`` samples; and the size of the map."""
    ends = [field.at(j) for j in range(count)] if field else []
    inside = [j for j, (low, high) in enumerate(ends) if low >= 0 and high < length]
    return (max(inside[0], count - 1 - inside[-1]) if inside else count), count


def _longer(model: Network, x: Tensor, rows: Sequence[Layer], more: int, *, passes: int) -> tuple[Tensor, int]:
    """Input, mirrored until all layers have samples that see no edge; and length of windows, ``more`` less.

    Where so many passes would take too long, it is cut along the other axes, and in the end along this one.
    """
    length, space = x.shape[-1], x.shape[2:]
    if model.sizes.step:
        wanted = max((row.fields[-1].size for row in rows if row.fields[-1]), default=1) + 6 * more
        length = model.sizes.above((min(max(length, wanted), _LONG[model.ndim]),) * model.ndim)[-1]
        across = model.sizes.above([min(n, _ACROSS[model.ndim]) for n in space])
        across, length = _cut(model, across[:-1], length, _SHIFTS / passes)
        for axis, n in enumerate(across, start=2):
            x = x.narrow(axis, max(0, (x.shape[axis] - n) // 2), min(n, x.shape[axis]))
    values = x.numpy()[..., : length + more]
    missing = length + more - values.shape[-1]
    padded = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)], mode="reflect")
    return torch.from_numpy(padded).contiguous(), length


def _cut(model: Network, across: Sequence[int], length: int, allowed: float) -> tuple[tuple[int, ...], int]:
    """Samples across and along the axis of the shifts, fewer where a pass has more multiply-adds than are allowed."""

    def fewer(samples: int) -> int:
        return max(1, min(samples * 3 // 4, samples - model.sizes.step))

    space = (*across, length)
    while trace_network(model, space).multiply_adds > allowed:
        shorter = model.sizes.above([*map(fewer, space[:-1]), space[-1]])
        if shorter == space:  # it is as thin as it can be
            shorter = model.sizes.above([*space[:-1], fewer(space[-1])])
        if shorter == space:
            break
        space = shorter
    return space[:-1], space[-1]
