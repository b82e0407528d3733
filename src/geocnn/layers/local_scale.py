"""Amplitudes relative to their surroundings: normalisation for records of any length."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers.convolution import Upsample
from geocnn.layers.pooling import AvgPool

__all__ = ["LocalScale"]


class LocalScale(nn.Module):
    """High-pass filter, then amplitudes relative to those around them, in two forms.

    The first half of the result is ``asinh(x / low)``, which is logarithmic for large amplitudes. ``low`` is the fourth
    power of the mean fourth root of ``|x|`` over all channels and ``9 block`` samples. It stays near the noise level
    even if a large earthquake fills a third of them, so that a weak first wave is visible beside a strong second one.
    The other half is ``r / (1 + |r| / 4)`` with ``r = x / loud``, where ``loud`` is the mean of ``|x|``: it shows how
    much stronger the second wave is, and bounds amplitudes that would dominate all statistics. Zeros (gaps, dead
    channels) do not count. A factor on the input changes nothing.

    Args:
        ndim: 1, 2 or 3.
        block: samples of the averages that the scale is interpolated between.
        smooth: samples of the averages in the high-pass filter, whose corner lies at about ``1 / (12 smooth)`` cycles
            per sample.
    """

    def __init__(self, ndim: int, *, block: int = 256, smooth: int = 8) -> None:
        super().__init__()
        self.coarse, self.blocks = AvgPool(ndim, smooth), AvgPool(ndim, block)
        self.around = AvgPool(ndim, 7, stride=1, padding=3)
        self.wide = AvgPool(ndim, 9, stride=1, padding=4)
        self.finer, self.between = Upsample(ndim, smooth, mode="linear"), Upsample(ndim, block, mode="linear")

    def opened(self) -> nn.Module:
        """A module that depends on the same samples but only adds, for measurements of the receptive field."""
        return _Opened(self)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch twice *space"]:
        """Scale a map, whose size is a multiple of ``block``; the result has twice as many channels."""
        quiet, ratio = self.relative(x)
        return torch.cat((torch.asinh(quiet), ratio / (1 + 0.25 * ratio.abs())), 1)

    def relative(
        self, x: Float[Tensor, "batch channels *space"]
    ) -> tuple[Float[Tensor, "batch channels *space"], Float[Tensor, "batch channels *space"]]:
        """The filtered map divided by ``low``, and by ``loud``."""
        live = (x != 0).to(x.dtype)
        slow, weight = (self.around(self.around(self.coarse(part))) for part in (x, live))
        high = (x - self.finer(slow / weight.clamp(min=1e-3))) * live
        size, least = high.abs(), torch.finfo(x.dtype).tiny
        root, mean, known = (
            self.wide(self.blocks(part).mean(1, keepdim=True)) for part in (size.sqrt().sqrt(), size, live)
        )
        low = self.between(root / known.clamp(min=1e-6)).square().square().clamp(min=least)
        loud = self.between(mean / known.clamp(min=1e-6)).clamp(min=least)
        return high / low, high / loud


class _Opened(nn.Module):
    """The averages of a local scale, added instead of divided."""

    def __init__(self, scale: LocalScale) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch twice *space"]:
        """Sums over the samples that the local scale depends on; the size stays the same."""
        s = self.scale
        high: Tensor = x + s.finer(s.around(s.around(s.coarse(x))))
        scale: Tensor = s.between(s.wide(s.blocks(high).mean(1, keepdim=True)))
        return torch.cat((high, high + scale), 1)
