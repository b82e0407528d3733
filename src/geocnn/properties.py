"""Measure properties of convolution: sharing, receptive field, behaviour under shifts.

Works for 1, 2 and 3 dimensions; axes count as in torch, so -1 is the vertical axis. The receptive field is measured
here by gradients; :func:`geocnn.tracing.receptive_field` computes it from the layers.
"""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from geocnn.layers import AvgPool, Conv, LocalScale, MaxPool
from geocnn.models.base import Classifier, Network
from geocnn.progress import Tick
from geocnn.tracing import Field, trace_network

__all__ = [
    "EffectiveField",
    "Sharing",
    "effective_receptive_field",
    "measured_field",
    "parameter_sharing",
    "shift_error",
    "shortest",
    "work_of_measuring",
]

_FIRST, _LARGEST = 1 << 9, 1 << 15
"""Samples of the first and the largest window in :func:`measured_field`; larger fields count as unbounded."""
_GAIN = 1.2
"""Sum of the taps of a kernel in :func:`measured_field`. Over 1,200 layers neither paths along the edges of the field
(0.6 each time) nor the sum of all paths in residual networks (1 + 1.2^2 per block) leave the range of float64."""


@dataclass(frozen=True)
class Sharing:
    """Number of parameters of three layers with the same inputs and outputs.

    Attributes:
        convolution: with one kernel for all positions.
        unshared: with a separate kernel and bias for each position ("locally connected").
        dense: with every output connected to every input.
    """

    convolution: int
    unshared: int
    dense: int


@dataclass(frozen=True)
class EffectiveField:
    """Effective receptive field: input samples that matter to the output sample in the middle.

    Attributes:
        gradient: mean magnitude of the gradient at each input sample, ``(*space)``; its sum is 1.
        bounds: for each axis, first and last sample of the shortest interval that holds ``share`` of the gradient.
        share: share of the gradient within the bounds of each axis.
    """

    gradient: NDArray[np.float64]
    bounds: tuple[tuple[int, int], ...]
    share: float

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of samples within the bounds, per axis."""
        return tuple(last - first + 1 for first, last in self.bounds)

    def profile(self, axis: int) -> NDArray[np.float64]:
        """Gradient summed over all other axes."""
        return np.asarray(self.gradient.sum(tuple(k for k in range(self.gradient.ndim) if k != axis)))

    @property
    def goes_on(self) -> bool:
        """Whether the gradient at an end of the window is more than a twentieth of its largest, along any axis."""
        profiles = [self.profile(axis) for axis in range(self.gradient.ndim)]
        ends = [max(1, profile.size // 20) for profile in profiles]
        return any(
            max(profile[:n].mean(), profile[-n:].mean()) > profile.max() / 20
            for profile, n in zip(profiles, ends, strict=True)
        )


def parameter_sharing(conv: Conv, space: tuple[int, ...]) -> Sharing:
    """Count the parameters of a convolution, and of layers that do not share weights.

    Args:
        conv: the layer.
        space: samples per axis of its input.

    Raises:
        ValueError: ``space`` has not one number per axis.
    """
    if len(space) != conv.ndim:
        raise ValueError(f"space is {space}; a {conv.ndim}-D convolution needs {conv.ndim} sizes.")
    sizes = zip(space, conv.kernel_size, conv.stride, conv.padding, conv.dilation, strict=True)
    positions = math.prod((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sizes)
    bias = int(conv.bias is not None)
    outputs = conv.out_channels * positions
    return Sharing(
        convolution=sum(p.numel() for p in conv.parameters()),
        unshared=outputs * (conv.weight[0].numel() + bias),
        dense=outputs * (conv.in_channels * math.prod(space) + bias),
    )


@torch.no_grad()
def shift_error(
    layer: Callable[[Tensor], Tensor],
    x: Float[Tensor, "batch channels *space"],
    shift: int,
    *,
    stride: int = 1,
    axis: int = -1,
    border: int = 0,
) -> float:
    """Relative change of a result, beyond moving along, when the input moves by whole samples.

    Both inputs are overlapping windows of ``x``, so that real samples move in instead of zeros. The moved result is
    compared at the nearest whole output sample; if the shift falls between two, at the better one.

    Args:
        layer: layer, chain of layers, or function of a tensor.
        x: input, longer than the windows by ``shift`` along ``axis``.
        shift: samples to move, 0 or more.
        stride: input samples per output sample along ``axis``.
        axis: axis along which to move.
        border: output samples at each end of ``axis`` that see the padding and do not count.

    Returns:
        Sum of absolute differences over sum of absolute values; 0 if the layer's result just moves along.
    """
    length = x.shape[axis] - shift
    still, moved = layer(x.narrow(axis, 0, length)), layer(x.narrow(axis, shift, length))
    errors = []
    for step in {shift // stride, -(-shift // stride)}:
        kept = still.shape[axis] - step - 2 * border
        a, b = still.narrow(axis, step + border, kept), moved.narrow(axis, border, kept)
        errors.append(float((a - b).abs().sum() / a.abs().sum()))
    return min(errors)


def measured_field(model: Network, *, axis: int = -1) -> int | None:
    """Receptive field of the last map with positions along an axis, measured by gradients, in input samples.

    A copy of the network gets positive weights, neutral batch normalisation, and average instead of max pooling, so
    that no path is silent and paths do not cancel; its input is as small as possible along the other axes. The gradient
    of one output sample is then nonzero at all samples that it depends on. Behind up-sampling the largest field of all
    output samples counts.

    Args:
        model: network; its weights do not matter, and a narrow network has the same field but is faster.
        axis: axis of space, counted as in torch.

    Returns:
        Number of samples; None if the field reaches the ends of a window of 32,768 samples. Networks that accept only
        one window are measured in it.
    """
    axis = axis % (model.ndim + 2) - 2
    open_ = _open(model, axis)
    for space in _windows(model, axis):
        found = _touched(open_, space, axis)
        inside = all(first > 0 and last < space[axis] - 1 for first, last in found)
        if inside or not model.sizes.step:
            return max(last - first + 1 for first, last in found)
    return None


def work_of_measuring(model: Network, field: Field) -> int:
    """Multiply-adds of :func:`measured_field` along the last axis: in its last window, back for each alignment.

    Args:
        model: network, which may be without weights (on torch's meta device).
        field: its receptive field along the last axis, as computed from its layers.
    """
    steps = _alignments(model)
    for space in _windows(model, model.ndim - 1):
        if space[-1] >= field.size + 2 * steps:
            break
    passes = steps or math.ceil(space[-1] / field.stride)
    return trace_network(model, tuple(space)).multiply_adds * (1 + 2 * passes)


def _windows(model: Network, axis: int) -> Iterator[list[int]]:
    """Windows that are tried one after another, longer and longer along an axis; the only one of some networks."""
    space, size = list(model.sizes.above((1,) * model.ndim)), _FIRST
    if not model.sizes.step:
        yield space
        return
    while size <= _LARGEST:
        space[axis] = model.sizes.above((size,) * model.ndim)[axis]
        yield space
        size *= 4


def _alignments(model: Network) -> int:
    """Output samples with different fields, which repeat with the step of the sizes; 0 for all that there are."""
    if not model.sizes.step:
        return 0
    return 1 if isinstance(model, Classifier) else model.sizes.step


def _touched(model: Network, space: list[int], axis: int) -> list[tuple[int, int]]:
    """First and last input sample with a gradient, for output samples in the middle, one for each alignment."""
    x = torch.full((1, model.in_channels, *space), 0.5, dtype=torch.float64, requires_grad=True)
    y = _positions(model, x)
    count = y.shape[2 + axis]
    turns = _alignments(model) or count
    chosen = range(max(0, (count - turns) // 2), min(count, (count - turns) // 2 + turns))
    y = y.movedim(2 + axis, -1)
    line = _at_middle(y, model.ndim - 1).sum(0)
    found = []
    for index in chosen:
        (gradient,) = torch.autograd.grad(line[index], x, retain_graph=True)
        touched = gradient[0].abs().movedim(1 + axis, -1).flatten(0, -2).amax(0).nonzero()
        found.append((int(touched[0]), int(touched[-1])))
    return found


def _positions(model: Network, x: Tensor) -> Tensor:
    """Result of the last map that has positions."""
    result: Tensor = model.forward_features(x) if isinstance(model, Classifier) else model(x)
    return result


def _at_middle(y: Tensor, axes: int) -> Tensor:
    """First item of a batch, in the middle of its first axes of space: channels and the remaining axes."""
    y = y[0]
    for _ in range(axes):
        y = y.select(1, y.shape[1] // 2)
    return y


@torch.no_grad()
def _open(model: Network, axis: int) -> Network:
    """Copy of a network in which all paths are open, see :func:`measured_field`."""
    model = copy.deepcopy(model).double().eval()
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, MaxPool):
                mean = AvgPool(child.ndim, child.kernel_size, stride=child.stride, padding=child.padding)
                setattr(module, name, mean)
            elif isinstance(child, LocalScale):
                setattr(module, name, child.opened())
    for parameter in model.parameters():
        if parameter.ndim == model.ndim + 2:
            parameter.copy_(_heavy_ends(parameter.shape, axis))
        else:
            parameter.zero_()
    for module in model.modules():
        own = dict(module.named_parameters(recurse=False))
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            module.reset_running_stats()
        if "weight" in own and own["weight"].ndim == 1:
            own["weight"].fill_(1)
    return model.requires_grad_(requires_grad=False)


def _heavy_ends(shape: torch.Size, axis: int) -> Tensor:
    """Kernels ``(out, in, *kernel)`` with most weight at both ends of the axis and in the middle of the others."""
    weight = torch.full(tuple(shape), 1 / shape[1], dtype=torch.float64)
    for other, size in enumerate(shape[2:]):
        taps = torch.full((size,), 1e-3, dtype=torch.float64)
        taps[[0, -1] if other == axis else [(size - 1) // 2, size // 2]] = 1.0
        gain = _GAIN if other == axis and size > 1 else 1.0
        weight *= (gain * taps / taps.sum()).view(-1, *(1,) * (len(shape) - 3 - other))
    return weight


def effective_receptive_field(
    model: Network,
    space: tuple[int, ...],
    *,
    inputs: int = 4,
    share: float = 0.95,
    seed: int = 0,
    tick: Tick = lambda steps, text="": None,  # noqa: ARG005
) -> EffectiveField:
    """Input samples that matter to the output sample in the middle, for the present weights.

    W. Luo, Y. Li, R. Urtasun, R. Zemel, 2016, Understanding the effective receptive field in deep convolutional neural
    networks, NIPS 29: it is the mean magnitude of the gradient of the output sample in the middle of the window, for
    white noise as input; for several output channels a random combination is used each time.

    Args:
        model: the network.
        space: samples per axis, preferably somewhat more than the receptive field.
        inputs: number of inputs to average over.
        share: share of the magnitude within the reported width.
        seed: seed of the inputs.
        tick: is called after each of them.
    """
    model = copy.deepcopy(model).float().cpu().eval().requires_grad_(requires_grad=False)
    generator = torch.Generator().manual_seed(seed)
    total = np.zeros(space)
    for _ in range(inputs):
        x = torch.randn((1, model.in_channels, *space), generator=generator).requires_grad_()
        y = _positions(model, x)
        middle = _at_middle(y, model.ndim)
        probe = torch.randn(middle.shape, generator=generator)
        (gradient,) = torch.autograd.grad((middle * probe).sum(), x)
        total += gradient[0].abs().sum(0).double().numpy()
        tick(1, "receptive field")
    total /= total.sum() or 1.0
    profiles = [total.sum(tuple(k for k in range(total.ndim) if k != axis)) for axis in range(total.ndim)]
    return EffectiveField(total, tuple(shortest(profile, share) for profile in profiles), share)


def shortest(profile: NDArray[np.float64], share: float) -> tuple[int, int]:
    """First and last index of the shortest interval that holds ``share`` of the sum of a positive profile."""
    sums = np.concatenate(([0.0], np.cumsum(profile)))
    ends = np.searchsorted(sums, sums[:-1] + share * sums[-1] * (1 - 1e-12))
    lengths = np.where(ends <= profile.size, ends - np.arange(profile.size), profile.size + 1)
    first = int(lengths.argmin())
    return first, int(ends[first]) - 1
