"""ResNet for small windows: 6 n + 2 layers, and plain networks of the same depth.

K. He, X. Zhang, S. Ren, J. Sun, 2016, Deep residual learning for image recognition, CVPR, 770-778,
doi:10.1109/CVPR.2016.90, section 4.2 (CIFAR-10): a 3-sample convolution, three stages of n blocks at 16, 32 and 64
channels, the mean over all of space and one dense layer; depths are 20, 32, 44, 56, 110 and 1202.

Differences from the paper: the same code is the 1-D and the 3-D network; ``anti_alias`` puts a low-pass filter before
sub-sampling (Zhang 2019).
"""

from functools import partial
from typing import Literal

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import AvgPool, BlurPool, Conv, GlobalAvgPool, SizeRule, normalisation, one_of
from geocnn.models.base import Classifier

__all__ = ["SmallResNet", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110", "resnet1202"]


class SmallResNet(Classifier):
    """Residual network for small windows in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes.
        depth: layers with weights, 6 n + 2.
        width: channels of the first stage, doubled at each following one.
        shortcut: what is done where the number of channels grows: "A" adds channels of zeros, "B" learns a projection.
        residual: False omits the shortcuts, for the plain network that the paper compares with.
        anti_alias: low-pass filter before sub-sampling.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels)``, windows of any size.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 3,
        out_channels: int = 10,
        depth: int = 20,
        width: int = 16,
        shortcut: Literal["A", "B"] = "A",
        residual: bool = True,
        anti_alias: bool = False,
    ) -> None:
        one_of(shortcut, ("A", "B"), "shortcut")
        if width < 1:
            raise ValueError(f"width is {width}; needed is 1 channel or more.")
        if depth < 8 or (depth - 2) % 6:
            raise ValueError(f"depth is {depth}; needed are 8, 14, 20, ... layers (6 n + 2).")
        super().__init__(ndim, in_channels, out_channels, SizeRule())
        self.conv1 = _conv(ndim, in_channels, width, 1)
        self.bn1 = normalisation(ndim, width, "batch")
        channels = width
        for stage in range(3):
            made = []
            for number in range((depth - 2) // 6):
                block = _Block(
                    ndim,
                    channels,
                    width * 2**stage,
                    stride=2 if stage and not number else 1,
                    shortcut=shortcut if residual else None,
                    anti_alias=anti_alias,
                )
                made.append(block)
                channels = width * 2**stage
            self.add_module(f"layer{stage + 1}", nn.Sequential(*made))
        self.avgpool = GlobalAvgPool()
        self.linear = nn.Linear(channels, out_channels)

    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the last map, whose samples are 4 input samples apart."""
        self.check(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        for stage in range(1, 4):
            x = self.get_submodule(f"layer{stage}")(x)
        return x

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits."""
        logits: Tensor = self.linear(self.avgpool(self.forward_features(x)))
        return logits


class _Block(nn.Module):
    """Two 3-sample convolutions, with a shortcut around them unless ``shortcut`` is None."""

    def __init__(
        self,
        ndim: int,
        in_channels: int,
        out_channels: int,
        *,
        stride: int,
        shortcut: Literal["A", "B"] | None,
        anti_alias: bool,
    ) -> None:
        super().__init__()
        dense = 1 if anti_alias else stride
        blur = [BlurPool(ndim, stride)] if dense != stride else []
        self.conv1 = _conv(ndim, in_channels, out_channels, dense)
        self.bn1 = normalisation(ndim, out_channels, "batch")
        self.blur = nn.Sequential(*blur)
        self.conv2 = _conv(ndim, out_channels, out_channels, 1)
        self.bn2 = normalisation(ndim, out_channels, "batch")
        self.shortcut: nn.Module | None = None
        if shortcut is not None and stride == 1 and in_channels == out_channels:
            self.shortcut = nn.Identity()
        elif shortcut == "A":
            self.shortcut = _Filled(ndim, out_channels - in_channels, dense, blur)
        elif shortcut == "B":
            projection = Conv(
                ndim,
                in_channels=in_channels,
                out_channels=out_channels,
                kernel_size=1,
                stride=dense,
                padding=0,
                bias=False,
            )
            self.shortcut = nn.Sequential(projection, normalisation(ndim, out_channels, "batch"), *blur)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Apply the block and add the shortcut, if there is one."""
        y = self.blur(F.relu(self.bn1(self.conv1(x)), inplace=True))
        y = self.bn2(self.conv2(y))
        return F.relu(y if self.shortcut is None else y + self.shortcut(x), inplace=True)


class _Filled(nn.Module):
    """Every ``stride``-th sample, with channels of zeros added on both sides (option A); it has nothing to learn."""

    def __init__(self, ndim: int, more: int, stride: int, blur: list[BlurPool]) -> None:
        super().__init__()
        self.more, self.ndim = more, ndim
        self.blur = nn.Sequential(*blur)
        self.every = AvgPool(ndim, 1, stride=stride)  # torch.export cannot follow a slice here

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Sub-sample and add channels."""
        return F.pad(self.every(self.blur(x)), [0, 0] * self.ndim + [self.more // 2, self.more - self.more // 2])


def _conv(ndim: int, in_channels: int, out_channels: int, stride: int) -> Conv:
    """3-sample convolution without bias, because the normalisation behind it has one."""
    return Conv(
        ndim, in_channels=in_channels, out_channels=out_channels, kernel_size=3, stride=stride, padding=1, bias=False
    )


resnet20 = partial(SmallResNet, depth=20)
resnet32 = partial(SmallResNet, depth=32)
resnet44 = partial(SmallResNet, depth=44)
resnet56 = partial(SmallResNet, depth=56)
resnet110 = partial(SmallResNet, depth=110)
resnet1202 = partial(SmallResNet, depth=1202)
