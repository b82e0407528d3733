"""A denoiser: a residual encoder-decoder without biases, whose result scales with its input.

K. Zhang, Y. Li, W. Zuo, L. Zhang, L. Van Gool, R. Timofte, 2022, Plug-and-play image restoration with deep denoiser
prior, IEEE TPAMI 44(10), 6360-6376, doi:10.1109/TPAMI.2021.3088914, Figure 1: residual blocks without normalisation,
strided and transposed convolutions, skips that are added, and no bias anywhere, so that ``f(a x) = a f(x)`` for any
``a > 0`` (S. Mohan, Z. Kadkhodaie, E. P. Simoncelli, C. Fernandez-Granda, 2020, Robust and interpretable blind image
denoising via bias-free convolutional neural networks, ICLR, section 3): what it does to a weak and to a strong part of
a survey is the same. As in K. Zhang, W. Zuo, Y. Chen, D. Meng, L. Zhang, 2017, Beyond a Gaussian denoiser, IEEE TIP
26(7), 3142-3155, doi:10.1109/TIP.2017.2662206, section III, it learns the noise, which is taken from the input.

Differences from the paper: no map of the noise level, fewer blocks and levels, in any dimension.
"""

from itertools import pairwise

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import Conv, ConvTranspose, SizeRule
from geocnn.models.base import Segmenter

__all__ = ["Denoiser"]


class Denoiser(Segmenter):
    """Remove noise from traces, sections or volumes.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: channels of the result. If as many as the input has, the network computes the noise, which is
            subtracted from the input; otherwise it computes the result itself.
        width: channels of the first level, doubled at each level down.
        depth: number of levels below the first, each with half the samples per axis.
        blocks: residual blocks of each level on the way down, at the lowest level, and on the way up.
        flat: an axis along which kernels have one sample, so that a volume is processed section by section.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *space)``, each size a multiple of ``2**depth``.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 1,
        out_channels: int = 1,
        width: int = 32,
        depth: int = 2,
        blocks: int = 2,
        flat: int | None = None,
    ) -> None:
        if min(width, depth, blocks) < 1:
            raise ValueError(f"width is {width}, depth {depth} and blocks {blocks}; needed are 1 or more each.")
        if flat is not None and not 0 <= flat < ndim:
            raise ValueError(f"flat is {flat}; needed is one of the {ndim} axes, counted from 0, or None.")
        super().__init__(ndim, in_channels, out_channels, SizeRule(2**depth, 2**depth))
        three, two = (tuple(1 if axis == flat else size for axis in range(ndim)) for size in (3, 2))
        widths = [width * 2**level for level in range(depth + 1)]

        def some(channels: int) -> nn.Sequential:
            return nn.Sequential(*(_Block(channels, three) for _ in range(blocks)))

        steps = list(pairwise(widths))
        self.head = _conv(in_channels, width, three)
        self.down = nn.ModuleList(some(channels) for channels in widths[:-1])
        self.coarser = nn.ModuleList(
            Conv(ndim, in_channels=fine, out_channels=coarse, kernel_size=two, stride=two, padding="valid", bias=False)
            for fine, coarse in steps
        )
        self.body = some(widths[-1])
        self.finer = nn.ModuleList(
            ConvTranspose(ndim, in_channels=coarse, out_channels=fine, kernel_size=two, stride=two, bias=False)
            for fine, coarse in reversed(steps)
        )
        self.up = nn.ModuleList(some(channels) for channels in reversed(widths[:-1]))
        self.tail = _conv(width, out_channels, three)
        if in_channels == out_channels:  # a new network changes nothing
            nn.init.zeros_(self.tail.get_parameter("weight"))

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Return the input without the noise.

        Raises:
            DataError: a size is not a multiple of ``2**depth``.
        """
        self.check(x)
        made, skips = self.head(x), []
        for blocks, coarser in zip(self.down, self.coarser, strict=True):
            skips.append(blocks(made))
            made = coarser(skips[-1])
        made = self.body(made)
        for finer, blocks in zip(self.finer, self.up, strict=True):
            made = blocks(finer(made) + skips.pop())
        result: Tensor = self.tail(made)
        return x - result if self.in_channels == self.out_channels else result


def _conv(in_channels: int, out_channels: int, kernel: tuple[int, ...]) -> Conv:
    """Convolution without bias that keeps the size."""
    return Conv(len(kernel), in_channels=in_channels, out_channels=out_channels, kernel_size=kernel, bias=False)


class _Block(nn.Module):
    """Two convolutions with a ReLU in between, added to their input."""

    def __init__(self, channels: int, kernel: tuple[int, ...]) -> None:
        super().__init__()
        self.one, self.two = _conv(channels, channels, kernel), _conv(channels, channels, kernel)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *space"]:
        """Apply the block; the size stays the same."""
        result: Tensor = x + self.two(F.relu(self.one(x)))
        return result
