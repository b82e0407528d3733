"""Pooling, over windows and over all of space."""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers.sizes import Sizes, check_ndim, per_axis

__all__ = [
    "AdaptiveAvgPool",
    "AvgPool",
    "BlurPool",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "MaxPool",
    "crop_to",
    "max_pool",
]

_MAX_POOL: tuple[Callable[..., Tensor], ...] = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
_AVG_POOL: tuple[Callable[..., Tensor], ...] = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)
_CONV: tuple[Callable[..., Tensor], ...] = (F.conv1d, F.conv2d, F.conv3d)


class _Pool(nn.Module):
    """Common part of the poolings.

    Args:
        ndim: 1, 2 or 3.
        size: samples of a window, per axis.
        stride: distance between windows, per axis; default ``size``.
        padding: samples added per side and axis, at most half a window.
    """

    def __init__(self, ndim: int, size: Sizes = 2, *, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        self.ndim = check_ndim(ndim)
        self.kernel_size = per_axis(size, ndim, "size")
        self.stride = self.kernel_size if stride is None else per_axis(stride, ndim, "stride")
        self.padding = per_axis(padding, ndim, "padding", least=0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(f"padding is {padding} with windows of {size}; it must be at most half a window.")

    def extra_repr(self) -> str:
        """Window and stride, for ``print(model)``."""
        return f"size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool(_Pool):
    """Largest sample of each window (chapter formula 8.2); padding counts as minus infinity."""

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *result"]:
        """Pool; ``(n + 2 padding - size) // stride + 1`` samples per axis."""
        pool, sizes = _MAX_POOL[self.ndim - 1], (self.kernel_size, self.stride, self.padding)
        if self.ndim == 1 and torch.compiler.is_compiling():  # else the graph fixes the size of the input
            return pool(x, *sizes, return_indices=True)[0]
        return pool(x, *sizes)


class AvgPool(_Pool):
    """Mean of each window; padding counts as zeros."""

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *result"]:
        """Pool; ``(n + 2 padding - size) // stride + 1`` samples per axis."""
        padding = self.padding
        if self.ndim == 3 and any(padding):  # torch's 3-D pooling requires maps as large as the window before padding
            x = F.pad(x, [p for side in reversed(padding) for p in (side, side)])
            padding = (0, 0, 0)
        return _AVG_POOL[self.ndim - 1](x, self.kernel_size, self.stride, padding)


class GlobalMaxPool(nn.Module):
    """Largest sample over all of space; the position is lost."""

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels"]:
        """Pool over all axes of space."""
        return x.flatten(2).amax(2)


class GlobalAvgPool(nn.Module):
    """Mean over all of space."""

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels"]:
        """Pool over all axes of space."""
        return x.flatten(2).mean(2)


class AdaptiveAvgPool(nn.Module):
    """Mean over windows, as many as give ``size`` samples per axis for any size of the input.

    The windows are those of :func:`torch.nn.functional.adaptive_avg_pool2d`, applied as products with matrices: ONNX
    has products for any size of the input, but no such pooling.

    Args:
        ndim: 1, 2 or 3.
        size: samples of the result, per axis.
    """

    def __init__(self, ndim: int, size: Sizes) -> None:
        super().__init__()
        self.ndim = check_ndim(ndim)
        self.size = per_axis(size, ndim, "size")

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *result"]:
        """Pool to ``size``."""
        for axis, size in enumerate(self.size, start=2):
            x = (x.movedim(axis, -1) @ _windows(x, axis, size)).movedim(-1, axis)
        return x


def _windows(x: Tensor, axis: int, size: int) -> Float[Tensor, "samples size"]:
    """Weights of the samples of an axis in each of ``size`` windows."""
    samples = x.shape[axis]
    index, window = torch.arange(samples, device=x.device), torch.arange(size, device=x.device)
    first, last = window * samples // size, -(-(window + 1) * samples // size)
    inside = (index[:, None] >= first) & (index[:, None] < last)
    return inside.to(x.dtype) / (last - first).to(x.dtype)


class BlurPool(nn.Module):
    """Low-pass filter, then every ``stride``-th sample, as sampling theory requires.

    R. Zhang, 2019, Making convolutional networks shift-invariant again, ICML, section 3.2. The filter is binomial
    (1 2 1 for three taps) along each axis; beyond the edge the map is mirrored. It has nothing to learn and nothing in
    the state dictionary.

    Args:
        ndim: 1, 2 or 3.
        stride: distance between outputs, per axis.
        taps: length of the filter, odd.

    Raises:
        ValueError: an even number of taps.
    """

    kernel: Tensor

    def __init__(self, ndim: int, stride: Sizes = 2, *, taps: int = 3) -> None:
        super().__init__()
        self.ndim = check_ndim(ndim)
        self.stride = per_axis(stride, ndim, "stride")
        if taps < 1 or taps % 2 == 0:
            raise ValueError(f"taps is {taps}; needed is an odd number, such as 3 or 5.")
        self.taps = taps
        line = torch.tensor([math.comb(taps - 1, k) for k in range(taps)], dtype=torch.float64) / 2 ** (taps - 1)
        kernel = line
        for _ in range(ndim - 1):
            kernel = kernel[..., None] * line
        self.register_buffer("kernel", kernel[None, None].to(torch.get_default_dtype()), persistent=False)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *result"]:
        """Smooth and sub-sample; ``(n - 1) // stride + 1`` samples per axis."""
        half = self.taps // 2
        mode = "reflect" if all(n > half for n in x.shape[2:]) else "replicate"
        x = F.pad(x, [half] * (2 * self.ndim), mode=mode)
        channels = x.shape[1]
        kernel = self.kernel.to(x.dtype).expand(channels, *self.kernel.shape[1:])
        return _CONV[self.ndim - 1](x, kernel, None, self.stride, 0, 1, channels)

    def extra_repr(self) -> str:
        """Filter and stride, for ``print(model)``."""
        return f"stride={self.stride}, taps={self.taps}"


def max_pool(
    ndim: int, size: Sizes = 2, *, stride: Sizes | None = None, padding: Sizes = 0, anti_alias: bool = False
) -> nn.Module:
    """Max pooling; with ``anti_alias`` a dense maximum, then a :class:`BlurPool` for the stride (Zhang 2019, eq. 5).

    Both give maps of the same size, for windows of 2 with stride 2 and even sizes, and of 3 with stride 2 and odd ones.
    """
    if not anti_alias:
        return MaxPool(ndim, size, stride=stride, padding=padding)
    return nn.Sequential(
        MaxPool(ndim, size, stride=1, padding=padding), BlurPool(ndim, size if stride is None else stride)
    )


def crop_to(x: Tensor, space: Sequence[int]) -> Tensor:
    """Centre of a map ``(batch, channels, *more)``, cut to ``(batch, channels, *space)``."""
    for axis, n in enumerate(space, start=2):
        x = x.narrow(axis, (x.shape[axis] - n) // 2, n)
    return x
