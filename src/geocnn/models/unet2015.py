"""The U-Net as published: unpadded convolutions, crop and concatenate, up-convolution.

O. Ronneberger, P. Fischer, T. Brox, 2015, U-Net: Convolutional networks for biomedical image segmentation, MICCAI,
LNCS 9351, 234-241, doi:10.1007/978-3-319-24574-4_28, Figure 1: 572 x 572 samples in, 388 x 388 out, 31,030,658
parameters for one channel and two classes.

Differences from the paper: the same code is the 1-D and 3-D network; fewer levels and channels can be asked for; logits
instead of the softmax, which belongs to the loss. The weight map and the elastic deformations of the paper are in
:mod:`geocnn.augmentation`, the overlap-tile strategy is what :func:`geocnn.predict` does.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import Conv, ConvTranspose, SizeRule, crop_to, max_pool
from geocnn.models.base import Segmenter

__all__ = ["UNet2015"]


class UNet2015(Segmenter):
    """The published U-Net in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: maps of logits, 2 in the paper: membrane and cell.
        width: channels of the first level, doubled at each level down.
        depth: number of poolings; 4 in the paper.
        dropout: share of features dropped at the end of the contracting path while learning (section 3.1).
        anti_alias: low-pass filter before sub-sampling (Zhang 2019).

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *(space - 2 margin))``: with four levels each size is
    188, 204, 220, ... and the margin 92.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 1,
        out_channels: int = 2,
        width: int = 64,
        depth: int = 4,
        dropout: float = 0.5,
        anti_alias: bool = False,
    ) -> None:
        if depth < 1 or width < 1:
            raise ValueError(f"depth is {depth} and width {width}; needed are 1 or more each.")
        stride = 2**depth
        # A bottom map of b samples needs 2**d b + 4 (2**d - 1) as input and gives 2**d (b - 4) - 4 (2**d - 1) samples.
        bottom = 5 + -(-(4 * (stride - 1) + 1 - stride) // stride)
        super().__init__(ndim, in_channels, out_channels, SizeRule(stride * bottom + 4 * (stride - 1), stride))
        self.margin = 6 * stride - 4
        channels = [in_channels] + [width * 2**level for level in range(depth + 1)]
        self.down_path = nn.ModuleList(_Convs(ndim, channels[k], channels[k + 1]) for k in range(depth + 1))
        self.pool = max_pool(ndim, 2, anti_alias=anti_alias)
        self.dropout = nn.Dropout(dropout)
        self.up_path = nn.ModuleList(_Up(ndim, c) for c in reversed(channels[2:]))
        self.last = Conv(ndim, in_channels=width, out_channels=out_channels, kernel_size=1)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Return logits for the part of the window that has its full receptive field in it.

        Raises:
            DataError: a size does not stay even down to the lowest level.
        """
        self.check(x)
        skips: list[Tensor] = []
        for level, convs in enumerate(self.down_path):
            x = convs(self.pool(x) if level else x)
            if level >= len(self.down_path) - 2:
                x = self.dropout(x)
            skips.append(x)
        skips.pop()
        for up in self.up_path:
            x = up(x, skips.pop())
        logits: Tensor = self.last(x)
        return logits


class _Convs(nn.Module):
    """Two unpadded 3-sample convolutions, each with ReLU."""

    def __init__(self, ndim: int, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            Conv(ndim, in_channels=in_channels, out_channels=out_channels, kernel_size=3, padding="valid"),
            nn.ReLU(inplace=True),
            Conv(ndim, in_channels=out_channels, out_channels=out_channels, kernel_size=3, padding="valid"),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Apply the convolutions; the result has 4 samples less per axis."""
        result: Tensor = self.block(x)
        return result


class _Up(nn.Module):
    """Up-convolution to half the channels, concatenation with the cropped map of the way down, and two convolutions."""

    def __init__(self, ndim: int, channels: int) -> None:
        super().__init__()
        self.up = ConvTranspose(ndim, in_channels=channels, out_channels=channels // 2, kernel_size=2, stride=2)
        self.conv_block = _Convs(ndim, channels, channels // 2)

    def forward(
        self, x: Float[Tensor, "batch channels *space"], skip: Float[Tensor, "batch half *more"]
    ) -> Float[Tensor, "batch half *result"]:
        """Decode one level."""
        x = self.up(x)
        result: Tensor = self.conv_block(torch.cat((x, crop_to(skip, x.shape[2:])), 1))
        return result
