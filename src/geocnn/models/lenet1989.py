"""The first LeNet, for 16 x 16 samples: weights are shared, biases are not.

Y. LeCun et al., 1989, Backpropagation applied to handwritten zip code recognition, Neural Computation 1(4), 541-551,
doi:10.1162/neco.1989.1.4.541, section 3 and Figure 3: 9,760 parameters for one channel and ten classes.

Differences from the paper: tanh without its scale factors, logits of a linear last layer (the paper has ten tanh units
and a squared error), and the paper does not say which 8 of the 12 maps of H1 each map of H2 sees: here four see 1 to 8,
four 5 to 12, four the first and the last four. The same code is the 1-D and the 3-D network.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import BlurPool, SizeRule, Sizes, per_axis
from geocnn.layers.convolution import convolve
from geocnn.models.base import Classifier

__all__ = ["LeNet1989"]

_SEEN = (tuple(range(8)), tuple(range(4, 12)), (*range(4), *range(8, 12)))
"""Maps of H1 that each third of the maps of H2 takes."""


class LeNet1989(Classifier):
    """The network of 1989 in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes.
        window: samples per axis, multiples of 4; biases and dense layers are made for it.
        anti_alias: dense convolutions with a low-pass filter before sub-sampling (Zhang 2019, section 3.2).

    Shape: ``(batch, in_channels, *window) -> (batch, out_channels)``, samples between -1 (background) and 1.
    """

    def __init__(
        self, ndim: int, *, in_channels: int = 1, out_channels: int = 10, window: Sizes = 16, anti_alias: bool = False
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(window, 0))
        self.window = per_axis(window, ndim, "window", least=4)
        if any(n % 4 for n in self.window):
            raise ValueError(f"window is {window}; needed are multiples of 4, for two layers halve them.")
        half, quarter = (tuple(n // k for n in self.window) for k in (2, 4))
        kernel = (5,) * ndim
        self.blur = BlurPool(ndim, 2) if anti_alias else None
        # Names as in the paper; H is a hidden layer, w its weights and b its biases, one for each unit.
        self.H1w = nn.Parameter(torch.empty(12, in_channels, *kernel))
        self.H1b = nn.Parameter(torch.zeros(12, *half))
        self.H2w = nn.Parameter(torch.empty(12, 8, *kernel))
        self.H2b = nn.Parameter(torch.zeros(12, *quarter))
        self.H3w = nn.Parameter(torch.empty(12 * math.prod(quarter), 30))
        self.H3b = nn.Parameter(torch.zeros(30))
        self.outw = nn.Parameter(torch.empty(30, out_channels))
        self.outb = nn.Parameter(torch.full((out_channels,), -1.0))
        for weight, fan_in in (
            (self.H1w, in_channels * 5**ndim),
            (self.H2w, 8 * 5**ndim),
            (self.H3w, len(self.H3w)),
            (self.outw, 30),
        ):
            nn.init.uniform_(weight, -2.4 / fan_in**0.5, 2.4 / fan_in**0.5)  # section 4.1, with fan_in under a root

    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the maps of H2, whose samples are 4 input samples apart."""
        self.check(x)
        x = torch.tanh(self._stride2(x, self.H1w) + self.H1b)
        thirds = [self._stride2(x[:, list(seen)], w) for seen, w in zip(_SEEN, self.H2w.chunk(3), strict=True)]
        return torch.tanh(torch.cat(thirds, 1) + self.H2b)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits.

        Raises:
            DataError: the window has not the size that the network was made for.
        """
        hidden = torch.tanh(self.forward_features(x).flatten(1) @ self.H3w + self.H3b)
        return hidden @ self.outw + self.outb

    def _stride2(self, x: Tensor, weight: Tensor) -> Tensor:
        """Every second output of a 5-sample convolution; beyond the edge lies the background, -1."""
        x = F.pad(x, [2, 2] * self.ndim, value=-1.0)
        return convolve(x, weight, stride=2) if self.blur is None else self.blur(convolve(x, weight))
