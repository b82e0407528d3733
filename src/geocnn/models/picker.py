"""A picker of arrivals: an encoder-decoder in steps of four, whose input sets its own scale.

After W. Zhu, G. C. Beroza, 2019, PhaseNet: a deep-neural-network-based seismic arrival-time picking method, Geophys. J.
Int. 216(1), 261-273, doi:10.1093/gji/ggy423: kernels of 7 samples, strides of 4, maps of P, S and noise. What differs:
up-sampling by repetition and a convolution instead of transposed convolutions, whose pattern of fours shows in onset
times; two convolutions on every level; and in front, in place of one normalisation for a whole window, a high-pass
filter and a local scale. The answer to a record is so the answer to a millionth of it, and records of any length are
treated alike everywhere.
"""

import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import AvgPool, Conv, SizeRule, Upsample, normalisation
from geocnn.models.base import Segmenter

__all__ = ["LocalScale", "Picker"]

_FACTOR = 4
"""Samples of a level to one of the next."""


class LocalScale(nn.Module):
    """High-pass filter, then amplitudes relative to how large they are around, in two ways.

    The first half of the result is ``asinh(x / low)``, logarithmic for large amplitudes, where ``low`` is the fourth
    power of the mean fourth root of ``|x|`` over all channels and ``9 block`` samples: near the level of the noise even
    where a large earthquake fills a third of them, so that a weak first wave is seen beside a strong second one. The
    other half is ``r / (1 + |r| / 4)`` with ``r = x / loud``, where ``loud`` is the mean of ``|x|``: it shows how much
    stronger that is, and bounds what would rule all statistics. Zeros (gaps, dead channels) do not count. A factor on
    the input changes nothing.

    Args:
        ndim: 1, 2 or 3.
        block: samples of the averages that the scale is interpolated between.
        smooth: samples of those of the high-pass filter, whose corner lies at about ``1 / (12 smooth)`` cycles per
            sample.
    """

    def __init__(self, ndim: int, *, block: int = 256, smooth: int = 8) -> None:
        super().__init__()
        self.coarse, self.blocks = AvgPool(ndim, smooth), AvgPool(ndim, block)
        self.around, self.wide = _Mean(ndim, 3), _Mean(ndim, 4)
        self.finer, self.between = Upsample(ndim, smooth, mode="linear"), Upsample(ndim, block, mode="linear")

    def opened(self) -> nn.Module:
        """What depends on the same samples, by sums of positive parts: for measurements of the receptive field."""
        return _Opened(self)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch twice *space"]:
        """Same size, a multiple of ``block``; twice as many channels."""
        live = (x != 0).to(x.dtype)
        slow, weight = (self.around(self.around(self.coarse(part))) for part in (x, live))
        high = (x - self.finer(slow / weight.clamp(min=1e-3))) * live
        size, least = high.abs(), torch.finfo(x.dtype).tiny
        root, mean, known = (
            self.wide(self.blocks(part).mean(1, keepdim=True)) for part in (size.sqrt().sqrt(), size, live)
        )
        low = self.between(root / known.clamp(min=1e-6)).square().square().clamp(min=least)
        loud = self.between(mean / known.clamp(min=1e-6)).clamp(min=least)
        ratio = high / loud
        return torch.cat((torch.asinh(high / low), ratio / (1 + 0.25 * ratio.abs())), 1)


class _Mean(nn.Module):
    """Mean over ``reach`` samples on each side; beyond the ends there are zeros."""

    def __init__(self, ndim: int, reach: int) -> None:
        super().__init__()
        self.sides = [reach] * (2 * ndim)  # apart from the pool: torch's in 3-D wants maps as large as its window
        self.pool = AvgPool(ndim, 2 * reach + 1, stride=1)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *space"]:
        """Same size."""
        mean: Tensor = self.pool(F.pad(x, self.sides))
        return mean


class _Opened(nn.Module):
    """The averages of a local scale, added up."""

    def __init__(self, scale: LocalScale) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch twice *space"]:
        """Same size."""
        s = self.scale
        high: Tensor = x + s.finer(s.around(s.around(s.coarse(x))))
        scale: Tensor = s.between(s.wide(s.blocks(high).mean(1, keepdim=True)))
        return torch.cat((high, high + scale), 1)


class Picker(Segmenter):
    """The picker in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: components of the seismometer.
        out_channels: maps of logits: P, S, noise.
        channels: of the levels, the first with as many samples as the input, each other with a fourth of those before.
        kernel_size: samples of a convolution, odd.
        block: samples of the averages that the local scale is interpolated between, a multiple of 8; one that is a
            power of four as well costs no further rule for sizes.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *space)``, each size a multiple of ``block`` and of
    four to the number of further levels.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 3,
        out_channels: int = 3,
        channels: Sequence[int] = (8, 16, 32, 64, 128),
        kernel_size: int = 7,
        block: int = 256,
    ) -> None:
        channels = tuple(channels)
        step = math.lcm(block, _FACTOR ** (len(channels) - 1))
        super().__init__(ndim, in_channels, out_channels, SizeRule(step, step))
        self.scale = LocalScale(ndim, block=block)
        self.stem = _Stage(ndim, 2 * in_channels, channels[0], kernel_size)
        pairs = list(itertools.pairwise(channels))
        self.down = nn.ModuleList(
            nn.Sequential(_Stage(ndim, a, b, kernel_size, stride=_FACTOR), _Stage(ndim, b, b, kernel_size))
            for a, b in pairs
        )
        self.raise_ = Upsample(ndim, _FACTOR)
        self.up = nn.ModuleList(
            nn.Sequential(_Stage(ndim, a + b, a, kernel_size), _Stage(ndim, a, a, kernel_size))
            for a, b in reversed(pairs)
        )
        self.head = Conv(ndim, in_channels=channels[0], out_channels=out_channels, kernel_size=1)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Return logits, one map per output channel.

        Raises:
            DataError: a size that the network does not take.
        """
        self.check(x)
        skips = [self.stem(self.scale(x))]
        for stage in self.down:
            skips.append(stage(skips[-1]))
        x = skips.pop()
        for stage in self.up:
            x = stage(torch.cat((self.raise_(x), skips.pop()), 1))
        logits: Tensor = self.head(x)
        return logits


class _Stage(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, ndim: int, in_channels: int, out_channels: int, kernel_size: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = Conv(
            ndim,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=(kernel_size - stride + 1) // 2 if stride > 1 else "same",
            bias=False,
        )
        self.norm = normalisation(ndim, out_channels, "batch")

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """One sample for each ``stride``."""
        return F.relu(self.norm(self.conv(x)), inplace=True)
