"""A detector: whether a pick is P of an earthquake, and its distance, direction and depth.

It answers the questions of ConvNetQuake (T. Perol, M. Gharbi, M. Denolle, 2018, Science Advances 4(2), e1700578), but
for any station, from what an analyst would look at: the delay between P and S, and the motion of the ground around
both. Differences:

* A picker's probabilities are an input besides the record: of the P wave in question, and of S before the next P,
  because the record of a swarm holds other waves (:func:`geocnn.location.asked`).
* A local scale in front (:class:`~geocnn.layers.LocalScale`) instead of the largest amplitude of the month, and
  energy and polarisation of the motion in bands of frequency (:class:`~geocnn.layers.Polarisation`) instead of its
  samples, since that is where directions are.
* From maps to answers there are only sums over time: coincidences of P and S by delay
  (:class:`~geocnn.layers.Delays`), and means of the other maps, weighted with P, with S, and evenly. So the position
  of an earthquake in the window makes no difference, and windows may have any length.
* Every answer is a distribution over bins.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import Conv, Delays, LocalScale, MaxPool, Polarisation, SizeRule, normalisation
from geocnn.models.base import Network
from geocnn.models.picker import Stage

__all__ = ["Detector"]

_FRAME = 8
"""Samples of a frame, 0.08 s at 100 Hz."""
_FAINT = 0.05
"""Sum of probabilities below which a weighted mean hardly counts."""


class Detector(Network):
    """The detector in 1, 2 or 3 dimensions, the last of them time.

    Args:
        ndim: 1, 2 or 3.
        in_channels: components of the seismometer, then the probabilities of P and of S.
        out_channels: logits of all questions together.
        heads: bins of each question, one behind the other in the logits; they add up to ``out_channels``.
        width: channels of the maps.
        bands: number of bands of the polarisation.
        hidden: channels between the sums and the answers.
        delays: shortest and longest delay of S, frames (0.16 s and 25 s at 100 Hz), and bins of :class:`Delays`.
        block: as of :class:`~geocnn.layers.LocalScale`, a multiple of 8.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels)``, each size a multiple of ``block``.

    Raises:
        ValueError: numbers that do not fit.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 5,
        out_channels: int = 70,
        heads: Sequence[int] = (2, 32, 24, 12),
        width: int = 64,
        bands: int = 8,
        hidden: int = 256,
        delays: tuple[int, int, int] = (2, 314, 43),
        block: int = 256,
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(block, block))
        self.heads = tuple(heads)
        if in_channels < 3 or sum(self.heads) != out_channels:
            raise ValueError(
                f"in_channels is {in_channels}, heads {self.heads} and out_channels {out_channels}; needed are a "
                "component at least with P and S, and heads that add up to out_channels."
            )
        self.components = in_channels - 2
        self.scale = LocalScale(ndim, block=block)
        self.polarisation = Polarisation(ndim, components=self.components, bands=bands)
        self.likeliest = MaxPool(ndim, _FRAME)
        self.maps = nn.Sequential(
            Stage(ndim, self.polarisation.out_channels + 2, width, 5),
            *(_Residual(ndim, width, 5, dilation) for dilation in (2, 4)),
        )
        self.delays = Delays(ndim, *delays)
        sums = len(self.delays.ranges) + 4 + 3 * width
        self.answers = nn.Sequential(
            nn.BatchNorm1d(sums),
            nn.Linear(sums, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, out_channels),
        )

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out"]:
        """Return logits.

        Raises:
            DataError: a size that the network does not take.
        """
        self.check(x)
        quiet, _ = self.scale.relative(x[:, : self.components])
        p, s = self.likeliest(x[:, self.components :]).split(1, 1)
        maps = self.maps(torch.cat((self.polarisation(quiet), 4 * p, 4 * s), 1)).float()
        sums = [torch.log(_sum(self.delays(p, s)) + 0.01)]
        sums += [torch.log(_sum(phase) + _FAINT) for phase in (p, s)]
        sums += [phase.flatten(2).amax(2) for phase in (p, s)]
        sums += [_sum(maps * phase) / (_sum(phase) + _FAINT) for phase in (p, s)]
        logits: Tensor = self.answers(torch.cat((*sums, maps.flatten(2).mean(2)), 1))
        return logits


def _sum(maps: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels"]:
    return maps.flatten(2).sum(2)


class _Residual(nn.Module):
    """A convolution whose result is added to its input (He et al. 2016)."""

    def __init__(self, ndim: int, width: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.conv = Conv(
            ndim, in_channels=width, out_channels=width, kernel_size=kernel_size, dilation=dilation, bias=False
        )
        self.norm = normalisation(ndim, width, "batch")

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *space"]:
        """Apply the layer; the size stays the same."""
        return x + F.relu(self.norm(self.conv(x)))
