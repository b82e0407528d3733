"""What convolution is praised for, measured on a layer or a network: sharing, receptive field, behaviour under shifts.

Works for 1, 2 and 3 dimensions; axis arguments count as in torch, so -1 is the vertical axis.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import AvgPool, Conv, MaxPool

__all__ = ["Sharing", "parameter_sharing", "receptive_field", "shift_error"]

_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
_CHAIN = (Conv, MaxPool, AvgPool, nn.Conv1d, nn.Conv2d, nn.Conv3d, *_POOLS)
_POINTWISE = (nn.ReLU, nn.Identity, nn.Dropout, nn.Sigmoid, nn.Tanh, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class Sharing:
    """Parameters of three layers that make the same outputs from the same inputs.

    Attributes:
        convolution: one kernel for all positions.
        unshared: a kernel and a bias of its own for each position ("locally connected").
        dense: every output sees every input.
    """

    convolution: int
    unshared: int
    dense: int


def parameter_sharing(conv: Conv, space: tuple[int, ...]) -> Sharing:
    """Count what a convolution saves by using the same weights everywhere.

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


def receptive_field(layers: nn.Module, *, ndim: int) -> tuple[int, ...]:
    """Input samples per axis that one output sample of a chain of layers depends on.

    ``r = 1 + sum_i dilation_i (kernel_i - 1) prod_(j < i) stride_j`` over the convolutions and poolings, taken in the
    order in which the module holds them. For networks with branches or up-sampling the formula does not hold.

    Raises:
        TypeError: the module holds a layer other than a convolution, a pooling or one that works sample by sample.
    """
    field, jump = [1] * ndim, [1] * ndim
    for layer in layers.modules():
        if any(True for _ in layer.children()) or isinstance(layer, _POINTWISE):
            continue
        if type(layer) not in _CHAIN:
            known = "a chain of convolutions and poolings"
            raise TypeError(f"{type(layer).__name__} is in the network; receptive_field takes {known} only.")
        kernel, stride, dilation = (
            _per_axis(getattr(layer, name, 1), ndim) for name in ("kernel_size", "stride", "dilation")
        )
        for axis in range(ndim):
            field[axis] += dilation[axis] * (kernel[axis] - 1) * jump[axis]
            jump[axis] *= stride[axis]
    return tuple(field)


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
    """How much the result changes, beyond moving along, when the input moves by whole samples.

    The two inputs are overlapping windows of ``x``, so that real samples and not zeros move in. The moved result is
    compared at the nearest whole output sample; where the shift falls between two, at the better of them.

    Args:
        layer: layer, chain of layers, or function of a tensor.
        x: input, longer than the windows by ``shift`` along ``axis``.
        shift: samples to move, 0 or more.
        stride: input samples per output sample along ``axis``.
        axis: axis along which to move.
        border: output samples at each end of ``axis`` that see the padding and do not count.

    Returns:
        Sum of absolute differences over sum of absolute values; 0 for a layer that just moves its result along.
    """
    length = x.shape[axis] - shift
    still, moved = layer(x.narrow(axis, 0, length)), layer(x.narrow(axis, shift, length))
    errors = []
    for step in {shift // stride, -(-shift // stride)}:
        kept = still.shape[axis] - step - 2 * border
        a, b = still.narrow(axis, step + border, kept), moved.narrow(axis, border, kept)
        errors.append(float((a - b).abs().sum() / a.abs().sum()))
    return min(errors)


def _per_axis(value: int | tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """One number for all axes, or one per axis."""
    return (value,) * ndim if isinstance(value, int) else value
