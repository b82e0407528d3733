"""A picker of arrivals: an encoder-decoder with strides of four and a local scale of its own.

After W. Zhu, G. C. Beroza, 2019, PhaseNet: a deep-neural-network-based seismic arrival-time picking method, Geophys. J.
Int. 216(1), 261-273, doi:10.1093/gji/ggy423: kernels of 7 samples, strides of 4, maps of P, S and noise. What differs:
up-sampling by repetition and a convolution instead of transposed convolutions, whose pattern of fours is visible in
onset times; two convolutions at every level; and, instead of one normalisation for a whole window, a high-pass filter
and a local scale. So a factor on the record changes nothing, and records of any length are treated alike everywhere.
"""

import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import Conv, LocalScale, SizeRule, Upsample, normalisation
from geocnn.models.base import Segmenter

__all__ = ["FACTOR", "Picker", "Stage"]

FACTOR = 4
"""Ratio of the samples of a level to those of the next."""


class Picker(Segmenter):
    """The picker in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: components of the seismometer.
        out_channels: maps of logits: P, S, noise.
        channels: channels of each level; the first has as many samples as the input, each further one a fourth.
        kernel_size: samples of a convolution, odd.
        block: samples of the averages between which the local scale is interpolated, a multiple of 8; if it is a power
            of four as well, sizes need not obey a further rule.

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
        step = math.lcm(block, FACTOR ** (len(channels) - 1))
        super().__init__(ndim, in_channels, out_channels, SizeRule(step, step))
        self.scale = LocalScale(ndim, block=block)
        self.stem = Stage(ndim, 2 * in_channels, channels[0], kernel_size)
        pairs = list(itertools.pairwise(channels))
        self.down = nn.ModuleList(
            nn.Sequential(Stage(ndim, a, b, kernel_size, stride=FACTOR), Stage(ndim, b, b, kernel_size))
            for a, b in pairs
        )
        self.upsample = Upsample(ndim, FACTOR)
        self.up = nn.ModuleList(
            nn.Sequential(Stage(ndim, a + b, a, kernel_size), Stage(ndim, a, a, kernel_size))
            for a, b in reversed(pairs)
        )
        self.head = Conv(ndim, in_channels=channels[0], out_channels=out_channels, kernel_size=1)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Return logits, one map per output channel.

        Raises:
            DataError: the network does not accept a size.
        """
        self.check(x)
        skips = [self.stem(self.scale(x))]
        for stage in self.down:
            skips.append(stage(skips[-1]))
        x = skips.pop()
        for stage in self.up:
            x = stage(torch.cat((self.upsample(x), skips.pop()), 1))
        logits: Tensor = self.head(x)
        return logits


class Stage(nn.Module):
    """Convolution, normalisation and ReLU."""

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
        """Apply the stage; one sample is left of ``stride``."""
        return F.relu(self.norm(self.conv(x)), inplace=True)
