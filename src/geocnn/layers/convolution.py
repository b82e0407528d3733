"""Convolution, transposed convolution and up-sampling, written once for 1, 2 and 3 dimensions."""

import math
from collections.abc import Callable
from typing import Literal, get_args

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers.sizes import Sizes, check_ndim, one_of, per_axis

__all__ = ["Conv", "ConvTranspose", "PaddingMode", "Upsample", "UpsampleConcatConv", "convolve"]

PaddingMode = Literal["zeros", "reflect"]

_CONV: tuple[Callable[..., Tensor], ...] = (F.conv1d, F.conv2d, F.conv3d)
_CONV_TRANSPOSE: tuple[Callable[..., Tensor], ...] = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
_LINEAR = ("linear", "bilinear", "trilinear")


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, stride: Sizes = 1) -> Tensor:
    """Unpadded convolution of ``(batch, channels, *space)`` with any kernel ``(out, channels, *kernel)``."""
    return _CONV[weight.ndim - 3](x, weight, bias, stride)


class Conv(nn.Module):
    """Convolution in 1, 2 or 3 dimensions (chapter formula 8.1).

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: samples per axis.
        stride: step between outputs, per axis.
        padding: "same" (output as long as the input, stride 1 and odd kernels only), "valid" (none), or samples
            per side and axis.
        padding_mode: what lies beyond the edge: "zeros" or "reflect".
        dilation: distance between kernel samples, per axis.
        groups: independent groups of channels.
        bias: whether to add one number per output channel.
        true_convolution: flip the kernel, so that the layer is a convolution in the mathematical sense.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *space)`` with
    ``(n + 2 padding - dilation (kernel - 1) - 1) // stride + 1`` samples per axis.

    Raises:
        ValueError: ``ndim`` not 1..3, a size of the wrong length, groups that do not divide the channels, or "same"
            with a stride or an even kernel.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | Literal["same", "valid"] = "same",
        padding_mode: PaddingMode = "zeros",
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        true_convolution: bool = False,
    ) -> None:
        super().__init__()
        self.ndim = check_ndim(ndim)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"groups is {groups}; it must divide {in_channels} input and {out_channels} output channels."
            )
        one_of(padding_mode, get_args(PaddingMode), "padding_mode")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = per_axis(kernel_size, ndim, "kernel_size")
        self.stride = per_axis(stride, ndim, "stride")
        self.dilation = per_axis(dilation, ndim, "dilation")
        self.padding = self._padding(padding)
        self.padding_mode = padding_mode
        self.true_convolution = true_convolution
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *self.kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self.reset_parameters()

    def _padding(self, padding: Sizes | Literal["same", "valid"]) -> tuple[int, ...]:
        if not isinstance(padding, str):
            return per_axis(padding, self.ndim, "padding", least=0)
        one_of(padding, ("same", "valid"), "padding")
        if padding == "valid":
            return (0,) * self.ndim
        if any(s != 1 for s in self.stride) or any(k % 2 == 0 for k in self.kernel_size):
            raise ValueError(
                f"padding='same' with kernel_size={self.kernel_size} and stride={self.stride}; it needs odd kernels "
                "and stride 1: give the padding in samples instead."
            )
        return tuple(d * (k - 1) // 2 for d, k in zip(self.dilation, self.kernel_size, strict=True))

    def reset_parameters(self) -> None:
        """Draw weights for ReLU networks (He et al. 2015, eq. 10: std sqrt(2 / fan_in)); biases are zero."""
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Convolve; shapes as in the class description."""
        weight = self.weight.flip(tuple(range(2, 2 + self.ndim))) if self.true_convolution else self.weight
        padding = self.padding
        if self.padding_mode == "reflect" and any(padding):
            if any(p >= n for p, n in zip(padding, x.shape[2:], strict=True)):
                raise ValueError(
                    f"padding {padding} reflects more than a map of {tuple(x.shape[2:])} samples has; needed are more "
                    "samples than padding on each axis, or padding_mode='zeros'."
                )
            x = F.pad(x, [p for side in reversed(padding) for p in (side, side)], mode="reflect")
            padding = (0,) * self.ndim
        return _CONV[self.ndim - 1](x, weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """Main arguments, for ``print(model)``."""
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding} {self.padding_mode}"
        )


class ConvTranspose(nn.Module):
    """Transposed convolution (the adjoint of :class:`Conv`), the learnable up-sampling.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: samples per axis.
        stride: up-sampling factor per axis.
        padding: samples removed per side and axis.
        bias: whether to add one number per output channel.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *space)`` with
    ``(n - 1) stride - 2 padding + kernel`` samples per axis.

    Raises:
        ValueError: ``ndim`` not 1..3, or a size of the wrong length.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.ndim = check_ndim(ndim)
        self.kernel_size = per_axis(kernel_size, ndim, "kernel_size")
        self.stride = per_axis(stride, ndim, "stride")
        self.padding = per_axis(padding, ndim, "padding", least=0)
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels, *self.kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        # Each output sample depends on kernel / stride taps of every input channel.
        fan_in = in_channels * math.prod(self.kernel_size) / math.prod(self.stride)
        nn.init.normal_(self.weight, std=math.sqrt(2 / max(fan_in, 1)))

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Up-sample; shapes as in the class description."""
        return _CONV_TRANSPOSE[self.ndim - 1](x, self.weight, self.bias, self.stride, self.padding)


class Upsample(nn.Module):
    """Up-sampling by a whole factor.

    Args:
        ndim: 1, 2 or 3.
        factor: outputs per input, per axis.
        mode: "nearest" repeats every sample; "linear" interpolates between sample centres, constant beyond the outer.
    """

    def __init__(self, ndim: int, factor: Sizes = 2, *, mode: Literal["nearest", "linear"] = "nearest") -> None:
        super().__init__()
        self.ndim = check_ndim(ndim)
        self.factor = per_axis(factor, ndim, "factor")
        one_of(mode, ("nearest", "linear"), "mode")
        self.mode = mode

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *result"]:
        """Up-sample ``(batch, channels, *space)`` to ``(batch, channels, *(factor * space))``."""
        size = [n * f for n, f in zip(x.shape[2:], self.factor, strict=True)]
        if self.mode == "nearest":
            # Mode "nearest" of torch rounds i / factor down to the wrong sample for some factors (41, 47, ...).
            return F.interpolate(x, size, mode="nearest-exact")
        return F.interpolate(x, size, mode=_LINEAR[self.ndim - 1], align_corners=False)


class UpsampleConcatConv(Conv):
    """``conv(concat(nearest_upsample(coarse, 2), skip))`` without the up-sampled map (kernel 3, padding "same").

    Nearest up-sampling repeats every coarse sample, so the three taps of a kernel fall on only two of them: the
    convolution of the up-sampled map is a transposed convolution of the coarse one, stride 2, with the four taps
    ``(w2, w1 + w2, w0 + w1, w0)`` per axis (its polyphase form; in 3-D 8 instead of 27 multiply-adds per output).
    The parameters are those of the plain convolution, the result is equal to rounding, borders included
    (Odena et al. 2016, Deconvolution and checkerboard artifacts, describe the plain form).

    Args:
        ndim: 1, 2 or 3.
        coarse_channels: channels of the map to be up-sampled; they come first in the concatenation.
        skip_channels: channels of the map beside it.
        out_channels: channels of the output.
    """

    def __init__(self, ndim: int, *, coarse_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__(ndim, in_channels=coarse_channels + skip_channels, out_channels=out_channels, kernel_size=3)
        self.coarse_channels = coarse_channels

    def transposed_weight(self) -> Float[Tensor, "coarse out *kernel"]:
        """Kernel of the equivalent transposed convolution, 4 taps per axis."""
        weight = self.weight[:, : self.coarse_channels].transpose(0, 1)
        for axis in range(2, 2 + self.ndim):
            w0, w1, w2 = weight.unbind(axis)
            weight = torch.stack((w2, w1 + w2, w0 + w1, w0), axis)
        return weight

    def forward(  # type: ignore[override]  # two maps instead of one; the parameters are a Conv's
        self, coarse: Float[Tensor, "batch coarse *half"], skip: Float[Tensor, "batch skip *space"]
    ) -> Float[Tensor, "batch out *space"]:
        """Decode: ``coarse`` has half the samples of ``skip`` per axis.

        Raises:
            ValueError: it has not.
        """
        if [2 * size for size in coarse.shape[2:]] != list(skip.shape[2:]):
            raise ValueError(
                f"the coarse map has {tuple(coarse.shape[2:])} samples and the skip map {tuple(skip.shape[2:])}; "
                "needed are twice as many in the skip map."
            )
        n = self.ndim - 1
        up = _CONV_TRANSPOSE[n](coarse, self.transposed_weight(), self.bias, 2, 1)
        return up.add_(_CONV[n](skip, self.weight[:, self.coarse_channels :], None, 1, 1))
