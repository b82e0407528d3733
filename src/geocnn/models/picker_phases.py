"""The picker in a form for processors: equal results up to rounding in half of the time.

Batch normalisation is folded into the convolutions. The channels of a sample are contiguous in memory, so that ``n``
samples of ``c`` channels are also ``n / 4`` samples of ``4 c`` channels. On such maps strides of four, repeated
samples and the first level (whose few channels would leave most lanes of a processor idle) become plain convolutions
with three taps. Up-sampling by repetition then needs less than half of the multiply-adds (its polyphase form).
"""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from geocnn.layers import FastScale
from geocnn.models.picker import FACTOR, Picker, Stage

__all__ = ["PickerInPhases"]

_PIECE = 2048
"""Samples of the second level for which the first level is computed at a time."""
_BEYOND = 2
"""Samples of the second level on either side of these that the two convolutions of the first level need."""


class PickerInPhases(nn.Module):
    """A trained picker for seismograms, for evaluation only.

    Args:
        picker: picker in one dimension, with kernels of up to nine samples.

    Shape: that of the picker for a single record, ``(1, in_channels, samples) -> (1, out_channels, samples)``.
    """

    def __init__(self, picker: Picker) -> None:
        super().__init__()
        if not self.fits(picker):
            raise ValueError(f"a picker in {picker.ndim} dimensions or with long kernels has no such form.")
        self.scale = FastScale(block=picker.scale.blocks.kernel_size[0], smooth=picker.scale.coarse.kernel_size[0])
        self.stem = _Convolution(*_folded(picker.stem))
        self.down = nn.ModuleList(_Down(*_pair(stage)) for stage in picker.down)
        self.up = nn.ModuleList(
            _Up(one, two, first=two is _pair(picker.up[-1])[1]) for one, two in map(_pair, picker.up)
        )
        self.weight, self.bias = picker.head.get_parameter("weight")[..., 0], picker.head.get_parameter("bias")
        self.requires_grad_(requires_grad=False)

    @staticmethod
    def fits(picker: nn.Module) -> bool:
        """Whether a network can be brought into this form."""
        return isinstance(picker, Picker) and picker.ndim == 1 and picker.stem.conv.kernel_size[0] // 2 <= FACTOR

    def forward(self, x: Float[Tensor, "1 channels samples"]) -> Float[Tensor, "1 out samples"]:
        """Return logits."""
        x = self.scale(x)[:, :, None].contiguous(memory_format=torch.channels_last)
        skips = [F.relu_(self.stem(x))]
        for stage in self.down:
            skips.append(stage(skips[-1]))
        x = skips.pop()
        *coarse, finest = self.up
        for stage in coarse:
            x = stage(x, skips.pop())
        return self._finished(finest, x, skips.pop())

    def _finished(self, stage: nn.Module, coarse: Tensor, fine: Tensor) -> Float[Tensor, "1 out samples"]:
        """Compute the first level and the head piece by piece, so that their maps, the largest, stay in the cache."""
        count = coarse.shape[3]
        logits = coarse.new_empty(FACTOR * count, len(self.bias))
        for begin in range(0, count, _PIECE):
            end = min(count, begin + _PIECE)
            first, last = max(0, begin - _BEYOND), min(count, end + _BEYOND)
            x = stage(coarse[..., first:last], fine[..., FACTOR * first : FACTOR * last])
            x = x[..., FACTOR * (begin - first) : FACTOR * (end - first)]
            rows = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
            torch.addmm(self.bias, rows, self.weight.T, out=logits[FACTOR * begin : FACTOR * end])
        return logits.T[None]


class _Convolution(nn.Module):
    """A convolution of maps ``(1, channels, 1, samples)`` with zeros beyond their ends.

    Args:
        weight: ``(out, in, taps)``.
        bias: ``(out,)``; None adds nothing.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.padding = (0, weight.shape[2] // 2)
        self.register_buffer("weight", weight[:, :, None].contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.get_buffer("weight"), self.bias, padding=self.padding)  # type: ignore[arg-type]


class _Down(nn.Module):
    """A convolution with a stride of four, on groups of four samples, and a second convolution."""

    def __init__(self, one: Stage, two: Stage) -> None:
        super().__init__()
        weight, bias = _folded(one)
        self.one = _Convolution(_in_steps(weight, one.conv.padding[0]), bias)
        self.two = _Convolution(*_folded(two))

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = F.relu_(self.two(F.relu_(self.one(_joined(x)))))
        return made


class _Up(nn.Module):
    """Two convolutions of an up-sampled coarse map and a fine one."""

    def __init__(self, one: Stage, two: Stage, *, first: bool) -> None:
        super().__init__()
        weight, bias = _folded(one)
        coarse, fine = torch.split(weight, [weight.shape[1] - weight.shape[0], weight.shape[0]], 1)
        self.first, self.second = first, _Convolution(*_folded(two))
        if first:  # if channels are few: on groups of four samples
            self.one = _Convolution(torch.cat((_repeated(coarse), _four_to_four(fine)), 1), bias.repeat(FACTOR))
        else:
            self.one, self.coarse = _Convolution(fine, bias), _Convolution(_repeated(coarse), None)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        if self.first:
            x = _parted(self.one(torch.cat((coarse, _joined(fine)), 1)))
        else:
            x = self.one(fine)
            x += _parted(self.coarse(coarse))
        made: Tensor = F.relu_(self.second(F.relu_(x)))
        return made


def _joined(x: Float[Tensor, "1 channels 1 samples"]) -> Float[Tensor, "1 four_channels 1 quarter"]:
    """Join groups of four samples as channels, without a copy."""
    return x.permute(0, 2, 3, 1).reshape(1, 1, x.shape[3] // FACTOR, -1).permute(0, 3, 1, 2)


def _parted(x: Float[Tensor, "1 four_channels 1 quarter"]) -> Float[Tensor, "1 channels 1 samples"]:
    """Split channels into groups of four samples; the inverse of :func:`_joined`."""
    return x.permute(0, 2, 3, 1).reshape(1, 1, x.shape[3] * FACTOR, -1).permute(0, 3, 1, 2)


def _pair(stages: nn.Module) -> tuple[Stage, Stage]:
    """The two stages of a level."""
    one, two = stages.children()
    assert isinstance(one, Stage)
    assert isinstance(two, Stage)
    return one, two


def _folded(stage: Stage) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution with its normalisation folded in."""
    norm = stage.norm
    known = [norm.get_buffer("running_mean"), norm.get_buffer("running_var")]
    learnt = [norm.get_parameter("weight"), norm.get_parameter("bias")]
    weight, bias = fuse_conv_bn_weights(stage.conv.weight, None, *known, norm.eps, *learnt)  # type: ignore[call-arg, arg-type]
    return weight.detach(), bias.detach()


def _in_steps(weight: Float[Tensor, "out channels taps"], padding: int) -> Float[Tensor, "out four_channels 3"]:
    """Kernel of stride four, for groups of four samples."""
    out, channels, taps = weight.shape
    made = weight.new_zeros(out, FACTOR, channels, 3)
    for tap in range(taps):
        block, phase = divmod(tap - padding, FACTOR)
        made[:, phase, :, block + 1] = weight[:, :, tap]
    return made.reshape(out, -1, 3)


def _repeated(weight: Float[Tensor, "out channels taps"]) -> Float[Tensor, "four_out channels 3"]:
    """Kernel for repeated samples, to be applied to the samples before they are repeated."""
    out, channels, taps = weight.shape
    made = weight.new_zeros(FACTOR, out, channels, 3)
    for phase in range(FACTOR):
        for tap in range(taps):
            made[phase, :, :, (phase + tap - taps // 2) // FACTOR + 1] += weight[:, :, tap]
    return made.reshape(-1, channels, 3)


def _four_to_four(weight: Float[Tensor, "out channels taps"]) -> Float[Tensor, "four_out four_channels 3"]:
    """Kernel for groups of four samples, which gives groups of four samples."""
    out, channels, taps = weight.shape
    made = weight.new_zeros(FACTOR, out, FACTOR, channels, 3)
    for phase in range(FACTOR):
        for tap in range(taps):
            block, source = divmod(phase + tap - taps // 2, FACTOR)
            made[phase, :, source, :, block + 1] = weight[:, :, tap]
    return made.reshape(FACTOR * out, FACTOR * channels, 3)
