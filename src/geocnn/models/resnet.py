"""ResNet for large windows: 18, 34, 50, 101 and 152 layers.

K. He, X. Zhang, S. Ren, J. Sun, 2016, Deep residual learning for image recognition, CVPR, 770-778,
doi:10.1109/CVPR.2016.90, Table 1 and Figure 5. Names in the state dictionary are torchvision's (and timm's), so that
their weights load.

Differences from the paper: bottlenecks stride in their 3-sample convolution, as everybody's since 2016 ("v1.5");
``stride_in_1x1=True`` is the paper's. The same code is the 1-D and the 3-D network. ``anti_alias`` puts a low-pass
filter before every sub-sampling but the first (R. Zhang, 2019, Making convolutional networks shift-invariant again,
ICML).
"""

from collections.abc import Sequence
from functools import partial
from typing import Literal

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import BlurPool, Conv, GlobalAvgPool, SizeRule, max_pool, normalisation, one_of
from geocnn.models.base import Classifier

__all__ = ["ResNet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


class ResNet(Classifier):
    """Residual network in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes.
        block: "basic" (two 3-sample convolutions) or "bottleneck" (1, 3, 1 samples, four times the channels).
        layers: blocks of each of the four stages.
        width: channels of the first stage, doubled at each following one.
        stride_in_1x1: let bottlenecks stride in their first convolution, as in the paper.
        anti_alias: low-pass filter before sub-sampling.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels)``, windows of any size.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 3,
        out_channels: int = 1000,
        block: Literal["basic", "bottleneck"] = "basic",
        layers: Sequence[int] = (2, 2, 2, 2),
        width: int = 64,
        stride_in_1x1: bool = False,
        anti_alias: bool = False,
    ) -> None:
        one_of(block, ("basic", "bottleneck"), "block")
        if width < 1:
            raise ValueError(f"width is {width}; needed is 1 channel or more.")
        if len(layers) != 4 or min(layers) < 1:
            raise ValueError(f"layers is {layers}; needed are four stages of 1 or more blocks.")
        super().__init__(ndim, in_channels, out_channels, SizeRule())
        self.conv1 = Conv(
            ndim, in_channels=in_channels, out_channels=width, kernel_size=7, stride=2, padding=3, bias=False
        )
        self.bn1 = normalisation(ndim, width, "batch")
        self.maxpool = max_pool(ndim, 3, stride=2, padding=1, anti_alias=anti_alias)
        kind = partial(_Bottleneck, stride_in_1x1=stride_in_1x1) if block == "bottleneck" else _Basic
        channels, expansion = width, 4 if block == "bottleneck" else 1
        for stage, blocks in enumerate(layers):
            made = []
            for number in range(blocks):
                stride = 2 if stage and not number else 1
                made.append(kind(ndim, channels, width * 2**stage, stride=stride, anti_alias=anti_alias))
                channels = width * 2**stage * expansion
            self.add_module(f"layer{stage + 1}", nn.Sequential(*made))
        self.avgpool = GlobalAvgPool()
        self.fc = nn.Linear(channels, out_channels)

    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the last map, whose samples are 32 input samples apart."""
        self.check(x)
        x = self.maxpool(F.relu(self.bn1(self.conv1(x)), inplace=True))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return x

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits."""
        logits: Tensor = self.fc(self.avgpool(self.forward_features(x)))
        return logits


class _Basic(nn.Module):
    """Two 3-sample convolutions and a shortcut around them (Figure 5, left)."""

    def __init__(self, ndim: int, in_channels: int, width: int, *, stride: int, anti_alias: bool) -> None:
        super().__init__()
        dense = 1 if anti_alias else stride
        self.conv1 = _conv(ndim, in_channels, width, 3, dense)
        self.bn1 = normalisation(ndim, width, "batch")
        self.conv2 = _conv(ndim, width, width, 3)
        self.bn2 = normalisation(ndim, width, "batch")
        self.blur = BlurPool(ndim, stride) if dense != stride else nn.Identity()
        self.downsample = _shortcut(ndim, in_channels, width, stride, anti_alias=anti_alias)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Apply the block and add the shortcut."""
        y = self.blur(F.relu(self.bn1(self.conv1(x)), inplace=True))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class _Bottleneck(nn.Module):
    """Fewer channels, a 3-sample convolution, four times the channels, and a shortcut (Figure 5, right)."""

    def __init__(
        self, ndim: int, in_channels: int, width: int, *, stride: int, anti_alias: bool, stride_in_1x1: bool
    ) -> None:
        super().__init__()
        dense = 1 if anti_alias else stride
        first, second = (dense, 1) if stride_in_1x1 else (1, dense)
        self.conv1 = _conv(ndim, in_channels, width, 1, first)
        self.bn1 = normalisation(ndim, width, "batch")
        self.conv2 = _conv(ndim, width, width, 3, second)
        self.bn2 = normalisation(ndim, width, "batch")
        self.conv3 = _conv(ndim, width, 4 * width, 1)
        self.bn3 = normalisation(ndim, 4 * width, "batch")
        blur = BlurPool(ndim, stride) if dense != stride else nn.Identity()
        self.blur1: nn.Module = blur if stride_in_1x1 else nn.Identity()
        self.blur2: nn.Module = nn.Identity() if stride_in_1x1 else blur
        self.downsample = _shortcut(ndim, in_channels, 4 * width, stride, anti_alias=anti_alias)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Apply the block and add the shortcut."""
        y = self.blur1(F.relu(self.bn1(self.conv1(x)), inplace=True))
        y = self.blur2(F.relu(self.bn2(self.conv2(y)), inplace=True))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


def _conv(ndim: int, in_channels: int, out_channels: int, size: int, stride: int = 1) -> Conv:
    """Convolution without bias, because the normalisation behind it has one."""
    return Conv(
        ndim,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=size,
        stride=stride,
        padding=size // 2,
        bias=False,
    )


def _shortcut(ndim: int, in_channels: int, out_channels: int, stride: int, *, anti_alias: bool) -> nn.Module | None:
    """Projection if the sizes differ (option B); None to use the input itself."""
    if stride == 1 and in_channels == out_channels:
        return None
    dense = 1 if anti_alias else stride
    layers = [_conv(ndim, in_channels, out_channels, 1, dense), normalisation(ndim, out_channels, "batch")]
    # The filter comes last: its effect is the same as in front, and names in the state dictionary are kept.
    return nn.Sequential(*layers, *([BlurPool(ndim, stride)] if dense != stride else []))


resnet18 = partial(ResNet, block="basic", layers=(2, 2, 2, 2))
resnet34 = partial(ResNet, block="basic", layers=(3, 4, 6, 3))
resnet50 = partial(ResNet, block="bottleneck", layers=(3, 4, 6, 3))
resnet101 = partial(ResNet, block="bottleneck", layers=(3, 4, 23, 3))
resnet152 = partial(ResNet, block="bottleneck", layers=(3, 8, 36, 3))
