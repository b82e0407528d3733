"""LeNet-5 as published, and the form in which it is taught today.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, 1998, Gradient-based learning applied to document recognition, Proceedings
of the IEEE 86(11), 2278-2324, doi:10.1109/5.726791, section II-B and Figure 2: :class:`LeNet5`, exactly 60,000
parameters to be learnt for one channel and ten classes, and 840 fixed ones.

Differences from the paper: the code words of the output units are digits drawn on 7 x 12 pixels by us (the paper's are
in its Figure 3), and fixed random ones from the eleventh class on; the logits are minus half the squared distances, to
be used with cross-entropy, which is the paper's criterion (eq. 9) without its rubbish class. The same code is the 1-D
and the 3-D network.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import AvgPool, BlurPool, Conv, SizeRule, Sizes, max_pool, per_axis
from geocnn.layers.convolution import convolve
from geocnn.models.base import Classifier, FlatClassifier

__all__ = ["LeNet", "LeNet5"]

C3_TABLE = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)
"""Maps of S2 that each map of C3 takes (Table I)."""


class LeNet5(Classifier):
    """The network of 1998 in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes.
        window: samples per axis, 16 or more, multiples of 4; C5 is made to see all of it.
        anti_alias: low-pass filter in front of the sub-sampling layers (Zhang 2019).

    Shape: ``(batch, in_channels, *window) -> (batch, out_channels)``; the paper scales background to -0.1 and ink to
    1.175, so that the mean is about 0 and the variance about 1.
    """

    def __init__(
        self, ndim: int, *, in_channels: int = 1, out_channels: int = 10, window: Sizes = 32, anti_alias: bool = False
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(window, 0))
        self.window = _window(window, ndim, 16)
        self.C1 = _valid(ndim, in_channels, 6, 5)
        self.S2 = SubSampling(ndim, 6, anti_alias=anti_alias)
        self.C3 = PartialConv(ndim)
        self.S4 = SubSampling(ndim, 16, anti_alias=anti_alias)
        self.C5 = _valid(ndim, 16, 120, tuple(n // 4 - 3 for n in self.window))
        self.F6 = nn.Linear(120, 84)
        self.output = CodeDistances(out_channels)
        for layer in (self.C1, self.C5, self.F6, *self.C3.maps):
            fan_in = layer.weight[0].numel()
            nn.init.uniform_(layer.weight, -2.4 / fan_in**0.5, 2.4 / fan_in**0.5)  # Appendix A with sqrt(fan_in)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the maps of C5, one sample each, which see 32 input samples per axis of the published window."""
        self.check(x)
        x = squash(self.S2(squash(self.C1(x))))
        return squash(self.C5(squash(self.S4(squash(self.C3(x))))))

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits.

        Raises:
            DataError: the window has not the size that the network was made for.
        """
        logits: Tensor = self.output(squash(self.F6(self.forward_features(x).flatten(1))))
        return logits


class LeNet(FlatClassifier):
    """The modern form: ReLU, max pooling, full connections; 61,706 parameters for one channel and ten classes.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes.
        window: samples per axis, 12 or more, multiples of 4; the dense layers are made for it.
        width: factor for all channels and hidden units.
        dropout: share of hidden units dropped while learning.
        anti_alias: low-pass filter before sub-sampling (Zhang 2019).

    Shape: ``(batch, in_channels, *window) -> (batch, out_channels)``.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 1,
        out_channels: int = 10,
        window: Sizes = 28,
        width: float = 1.0,
        dropout: float = 0.0,
        anti_alias: bool = False,
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(window, 0))
        self.window = _window(window, ndim, 12)
        c1, c2, h1, h2 = (max(1, round(width * n)) for n in (6, 16, 120, 84))
        self.features = nn.Sequential(
            Conv(ndim, in_channels=in_channels, out_channels=c1, kernel_size=5),
            nn.ReLU(inplace=True),
            max_pool(ndim, 2, anti_alias=anti_alias),
            Conv(ndim, in_channels=c1, out_channels=c2, kernel_size=5, padding="valid"),
            nn.ReLU(inplace=True),
            max_pool(ndim, 2, anti_alias=anti_alias),
        )
        self.classifier = nn.Sequential(
            nn.Linear(c2 * math.prod(n // 4 - 2 for n in self.window), h1),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(h1, h2),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(h2, out_channels),
        )


def squash(a: Tensor) -> Tensor:
    """The paper's sigmoid (Appendix A): f(1) = 1 and f(-1) = -1, where its second derivative is largest."""
    return 1.7159 * torch.tanh(2 / 3 * a)


class SubSampling(nn.Module):
    """Sum of each window of 2 samples per axis, times one coefficient plus one bias per map (layers S2 and S4)."""

    def __init__(self, ndim: int, channels: int, *, anti_alias: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 2.0**-ndim))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.windows = 2**ndim
        # The mean of a window is a filter already; anti_alias turns it into one of three taps per axis.
        self.pool: nn.Module = BlurPool(ndim, 2) if anti_alias else AvgPool(ndim, 2)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *half"]:
        """Halve the samples per axis; the result is not squashed yet."""
        shape = (-1, *(1,) * (x.ndim - 2))
        summed: Tensor = self.pool(x) * self.windows
        return summed * self.weight.view(shape) + self.bias.view(shape)


class PartialConv(nn.Module):
    """5-sample convolution whose outputs each take only some of the maps (layer C3), which breaks their symmetry."""

    def __init__(self, ndim: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(_valid(ndim, len(seen), 1, 5) for seen in C3_TABLE)

    def forward(self, x: Float[Tensor, "batch 6 *space"]) -> Float[Tensor, "batch 16 *result"]:
        """Return 16 maps; one convolution with zeros for the missing maps is faster than 16 small ones."""
        kernels = []
        for conv, seen in zip(self.maps, C3_TABLE, strict=True):
            weight = conv.get_parameter("weight")[0]
            unseen = weight.new_zeros((6, *weight.shape[1:]))
            kernels.append(unseen.index_copy(0, torch.tensor(seen, device=x.device), weight))
        return convolve(x, torch.stack(kernels), torch.cat([conv.get_parameter("bias") for conv in self.maps]))


class CodeDistances(nn.Module):
    """Minus half the squared distance of 84 units from the fixed code word of each class (the paper's RBF units)."""

    codes: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        words = [[1.0 if ink == "#" else -1.0 for row in digit for ink in row] for digit in _DIGITS[:classes]]
        more = torch.randint(0, 2, (max(0, classes - len(words)), 84), generator=torch.Generator().manual_seed(0))
        codes = torch.cat((torch.tensor(words), 2.0 * more - 1.0)).to(torch.get_default_dtype())
        self.register_buffer("codes", codes)

    def forward(self, x: Float[Tensor, "batch 84"]) -> Float[Tensor, "batch classes"]:
        """Return logits: 0 where the units equal the code word of the class."""
        return -0.5 * (x[:, None] - self.codes).square().sum(2)


def _window(window: Sizes, ndim: int, least: int) -> tuple[int, ...]:
    """Check that the window stays even down to the last map; raise ValueError otherwise."""
    sizes = per_axis(window, ndim, "window", least=least)
    if any(n % 4 for n in sizes):
        raise ValueError(f"window is {window}; needed are multiples of 4, for two poolings halve them.")
    return sizes


def _valid(ndim: int, in_channels: int, out_channels: int, kernel_size: Sizes) -> Conv:
    """Unpadded convolution."""
    return Conv(ndim, in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size, padding="valid")


_DIGITS = tuple(
    tuple(word.split())
    for word in (
        """....... ..###.. .#...#. #.....# #.....# #.....# #.....# #.....# #.....# .#...#. ..###.. .......""",
        """....... ...#... ..##... .#.#... ...#... ...#... ...#... ...#... ...#... ...#... .#####. .......""",
        """....... .#####. #.....# ......# ......# .....#. ....#.. ..##... .#..... #...... ####### .......""",
        """....... .#####. #.....# ......# ......# ..####. ......# ......# ......# #.....# .#####. .......""",
        """....... .....#. ....##. ...#.#. ..#..#. .#...#. #....#. ####### .....#. .....#. .....#. .......""",
        """....... ####### #...... #...... #...... ######. ......# ......# ......# #.....# .#####. .......""",
        """....... ..####. .#..... #...... #...... #.####. ##....# #.....# #.....# .#....# ..####. .......""",
        """....... ####### ......# .....#. .....#. ....#.. ....#.. ...#... ...#... ..#.... ..#.... .......""",
        """....... .#####. #.....# #.....# #.....# .#####. #.....# #.....# #.....# #.....# .#####. .......""",
        """....... .####.. #....#. #.....# #.....# #....## .####.# ......# ......# .....#. .####.. .......""",
    )
)
"""Digits on 7 x 12 pixels, the code words of the first ten classes."""
