"""FaultSeg3D: a compact U-Net that segments faults, learnt from synthetic volumes.

X. Wu, L. Liang, Y. Shi, S. Fomel, 2019, FaultSeg3D: Using synthetic data sets to train an end-to-end
convolutional neural network for 3D seismic fault segmentation, Geophysics 84(3), IM35-IM45,
doi:10.1190/geo2018-0646.1, Figure 5. ``bottleneck=512`` is the network of the paper (9,422,977 parameters),
``bottleneck=128`` the authors' smaller one of 2020 (1,459,585). ``residual=1`` (2,787,201 parameters) adds to the
latter what it lacks most, depth where it is cheap: residual blocks on the two coarsest grids, which together take a
seventh of its time.

Differences from the paper: it returns logits (the sigmoid belongs to the loss and to prediction), the weights
start from He et al. (2015) instead of Glorot & Bengio (2010), and the same code is the 2-D and 1-D network.
"""

from typing import ClassVar

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import Conv, MaxPool, SizeRule, UpsampleConcatConv
from geocnn.models.base import Segmenter

__all__ = ["FaultSeg"]


class FaultSeg(Segmenter):
    """The FaultSeg3D network in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input (1: seismic amplitude).
        out_channels: maps of logits (1: fault).
        width: channels of the first level, doubled twice on the way down.
        bottleneck: channels at the coarsest level, 512 (2019) or 128 (2020).
        residual: residual blocks (K. He et al., 2016, Deep residual learning for image recognition, CVPR) after each
            stage at a quarter of the samples an axis or fewer. Each begins as the identity (P. Goyal et al., 2017,
            Accurate, large minibatch SGD, section 5.1), so that a network without them can learn on with them.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *space)``, each size a multiple of 8.
    """

    size_multiple: ClassVar[int] = 8
    reach: ClassVar[int] = 51
    """Samples beyond an output sample that can change it: 2 + 4 + 8 + 16 + 8 + 4 + 2 for the convolutions of the
    seven stages, and 7 for the alignment of the pooling windows; 8 + 16 + 8 more a residual block."""

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 1,
        out_channels: int = 1,
        width: int = 16,
        bottleneck: int = 128,
        residual: int = 0,
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(self.size_multiple, self.size_multiple))
        levels = (width, 2 * width, 4 * width)
        down = (in_channels, *levels)
        self.encoder = nn.ModuleList(_pair(ndim, down[i], down[i + 1], residual if i == 2 else 0) for i in range(3))
        self.pool = MaxPool(ndim, 2)
        self.bottom = _pair(ndim, levels[-1], bottleneck, residual)
        up = (bottleneck, *reversed(levels))
        self.merge = nn.ModuleList(
            UpsampleConcatConv(ndim, coarse_channels=up[i], skip_channels=up[i + 1], out_channels=up[i + 1])
            for i in range(3)
        )
        self.refine = nn.ModuleList(Conv(ndim, in_channels=c, out_channels=c, kernel_size=3) for c in up[1:])
        self.deepen = nn.Sequential(*(_Residual(ndim, levels[-1]) for _ in range(residual)))
        self.head = Conv(ndim, in_channels=width, out_channels=out_channels, kernel_size=1)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Return logits, one map per output channel.

        Raises:
            DataError: a size is not a multiple of 8.
        """
        self.check(x)
        skips: list[Tensor] = []
        for stage in self.encoder:
            skips.append(stage(x))
            x = self.pool(skips[-1])
        x = self.bottom(x)
        for level, (merge, refine, skip) in enumerate(zip(self.merge, self.refine, reversed(skips), strict=True)):
            x = F.relu(refine(F.relu(merge(x, skip), inplace=True)), inplace=True)
            if level == 0:
                x = self.deepen(x)
        logits: Tensor = self.head(x)
        return logits


def _pair(ndim: int, in_channels: int, out_channels: int, residual: int = 0) -> nn.Sequential:
    """Unit of every stage: two 3-sample convolutions with ReLU, followed by residual blocks."""
    return nn.Sequential(
        Conv(ndim, in_channels=in_channels, out_channels=out_channels, kernel_size=3),
        nn.ReLU(inplace=True),
        Conv(ndim, in_channels=out_channels, out_channels=out_channels, kernel_size=3),
        nn.ReLU(inplace=True),
        *(_Residual(ndim, out_channels) for _ in range(residual)),
    )


class _Residual(nn.Module):
    """Two convolutions beside a shortcut; the second starts at zero, so that the block starts as the identity."""

    def __init__(self, ndim: int, channels: int) -> None:
        super().__init__()
        self.first = Conv(ndim, in_channels=channels, out_channels=channels, kernel_size=3)
        self.second = Conv(ndim, in_channels=channels, out_channels=channels, kernel_size=3)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *space"]:
        """Apply the block to a map without negative values; the size stays the same."""
        return F.relu(x + self.second(F.relu(self.first(x), inplace=True)), inplace=True)
