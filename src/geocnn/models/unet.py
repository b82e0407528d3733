"""The common form of the U-Net: padded, with batch normalisation, result as large as input.

After O. Ronneberger, P. Fischer, T. Brox, 2015 (see :mod:`geocnn.models.unet2015`) and, in 3-D, O. Cicek et al., 2016,
3D U-Net, MICCAI, doi:10.1007/978-3-319-46723-8_49. The defaults give the network, and the names in the state
dictionary, of the widespread padded form with transposed convolutions (31,037,698 parameters for three channels and two
classes in 2-D). Residual blocks: Z. Zhang, Q. Liu, Y. Wang, 2018, Road extraction by deep residual U-Net, IEEE GRSL
15(5), doi:10.1109/LGRS.2018.2802944, here with the addition before the last ReLU, as in ResNet.
"""

from typing import Literal, get_args

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import Conv, ConvTranspose, NormalisationKind, SizeRule, Upsample, max_pool, normalisation, one_of
from geocnn.models.base import Segmenter

__all__ = ["UNet", "UpKind"]

UpKind = Literal["transposed", "nearest", "linear"]


class UNet(Segmenter):
    """The padded U-Net in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: maps of logits.
        width: channels of the first level, doubled at each level down.
        depth: number of poolings.
        norm: "batch", "instance", "group" or "none". With "instance" and "group" the result depends on the size of the
            window, because they look at all of it.
        up: "transposed" convolution, or "nearest" or "linear" up-sampling in front of the convolutions.
        residual: add the input of each pair of convolutions to its result.
        dropout: share of the features of the lowest level dropped while learning.
        anti_alias: low-pass filter before sub-sampling (Zhang 2019).

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *space)``, each size a multiple of ``2**depth``.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 1,
        out_channels: int = 1,
        width: int = 64,
        depth: int = 4,
        norm: NormalisationKind = "batch",
        up: UpKind = "transposed",
        residual: bool = False,
        dropout: float = 0.0,
        anti_alias: bool = False,
    ) -> None:
        if depth < 1 or width < 1:
            raise ValueError(f"depth is {depth} and width {width}; needed are 1 or more each.")
        one_of(up, get_args(UpKind), "up")
        super().__init__(ndim, in_channels, out_channels, SizeRule(2**depth, 2**depth))
        self.depth = depth
        channels = [width * 2**level for level in range(depth + 1)]
        self.inc = DoubleConv(ndim, in_channels, width, norm=norm, residual=residual)
        for level in range(1, depth + 1):
            convs = DoubleConv(ndim, channels[level - 1], channels[level], norm=norm, residual=residual)
            self.add_module(f"down{level}", _Down(max_pool(ndim, 2, anti_alias=anti_alias), convs))
        self.dropout = nn.Dropout(dropout)
        for level in range(1, depth + 1):
            coarse = channels[depth - level + 1]
            self.add_module(f"up{level}", _Up(ndim, coarse, up=up, norm=norm, residual=residual))
        self.outc = _Out(ndim, width, out_channels)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Return logits, one map per output channel.

        Raises:
            DataError: a size is not a multiple of ``2**depth``.
        """
        self.check(x)
        skips = [self.inc(x)]
        for level in range(1, self.depth + 1):
            skips.append(self.get_submodule(f"down{level}")(skips[-1]))
        x = self.dropout(skips.pop())
        for level in range(1, self.depth + 1):
            x = self.get_submodule(f"up{level}")(x, skips.pop())
        logits: Tensor = self.outc(x)
        return logits


class DoubleConv(nn.Module):
    """Two 3-sample convolutions, each with normalisation and ReLU; optionally with a shortcut around them."""

    def __init__(
        self, ndim: int, in_channels: int, out_channels: int, *, norm: NormalisationKind, residual: bool
    ) -> None:
        super().__init__()
        bias = norm == "none"
        self.double_conv = nn.Sequential(
            Conv(ndim, in_channels=in_channels, out_channels=out_channels, kernel_size=3, bias=bias),
            _norm(ndim, out_channels, norm),
            nn.ReLU(inplace=True),
            Conv(ndim, in_channels=out_channels, out_channels=out_channels, kernel_size=3, bias=bias),
            _norm(ndim, out_channels, norm),
            *([] if residual else [nn.ReLU(inplace=True)]),
        )
        self.shortcut: nn.Module | None = None
        if residual and in_channels != out_channels:
            self.shortcut = Conv(ndim, in_channels=in_channels, out_channels=out_channels, kernel_size=1)
        elif residual:
            self.shortcut = nn.Identity()

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Apply the block; the size stays the same."""
        result: Tensor = self.double_conv(x)
        return result if self.shortcut is None else F.relu(result + self.shortcut(x))


def _norm(ndim: int, channels: int, kind: NormalisationKind) -> nn.Module:
    """Normalisation layer; "group" uses groups of about eight channels."""
    groups = next(g for g in range(max(1, channels // 8), 0, -1) if channels % g == 0)
    return normalisation(ndim, channels, kind, groups=groups)


class _Down(nn.Module):
    """Pooling, then two convolutions."""

    def __init__(self, pool: nn.Module, convs: DoubleConv) -> None:
        super().__init__()
        self.maxpool_conv = nn.Sequential(pool, convs)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *half"]:
        """Halve the samples per axis."""
        result: Tensor = self.maxpool_conv(x)
        return result


class _Up(nn.Module):
    """Up-sampling, concatenation with the map of the way down, and two convolutions to half the channels."""

    def __init__(self, ndim: int, channels: int, *, up: UpKind, norm: NormalisationKind, residual: bool) -> None:
        super().__init__()
        half = channels // 2
        if up == "transposed":
            self.up: nn.Module = ConvTranspose(ndim, in_channels=channels, out_channels=half, kernel_size=2, stride=2)
        else:
            self.up = Upsample(ndim, 2, mode=up)
        both = 2 * half if up == "transposed" else channels + half
        self.conv = DoubleConv(ndim, both, half, norm=norm, residual=residual)

    def forward(
        self, x: Float[Tensor, "batch channels *half"], skip: Float[Tensor, "batch skip *space"]
    ) -> Float[Tensor, "batch out *space"]:
        """Double the samples per axis."""
        result: Tensor = self.conv(torch.cat((skip, self.up(x)), 1))
        return result


class _Out(nn.Module):
    """The last convolution, to one logit per sample and map."""

    def __init__(self, ndim: int, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = Conv(ndim, in_channels=in_channels, out_channels=out_channels, kernel_size=1)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Apply the convolution; the size stays the same."""
        result: Tensor = self.conv(x)
        return result
