"""ConvNetQuake: detects earthquakes in windows of one station, and tells their region.

T. Perol, M. Gharbi, M. Denolle, 2018, Convolutional neural network for earthquake detection and location, Science
Advances 4(2), e1700578, doi:10.1126/sciadv.1700578, Figure 2: eight convolutions of three samples, each with half as
many outputs as inputs, and one dense layer. 22,951 parameters for the 3 components of a seismometer, 1,001 samples and
6 clusters of epicentres, 28,627 for 50 clusters.

Differences from the paper: logits instead of the softmax; the same code is the 2-D and the 3-D network. Weights start
from He et al. (2015).
"""

import itertools
import math

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import Conv, FastScale, SizeRule, Sizes, per_axis
from geocnn.models.base import FlatClassifier

__all__ = ["REACH", "ConvNetQuake", "scaled"]

_LAYERS = 8
_BLOCK = 256
REACH = 6 * _BLOCK
"""Samples on each side that the scale of an amplitude depends on."""
_SCALE = FastScale(block=_BLOCK)


def scaled(records: Float[Tensor, "*batch channels samples"]) -> Float[Tensor, "*batch channels samples"]:
    """Scale records for the network: amplitudes relative to the noise around them, compressed.

    High-pass filter and scale are those of :class:`~geocnn.layers.LocalScale`, followed by the inverse hyperbolic sine,
    which compresses large amplitudes. The result does not depend on where the record begins, in steps of 256 samples,
    nor on a factor; zeros count as no data.
    """
    size = records.shape[-1]
    whole = F.pad(records, (0, -size % _BLOCK)).reshape(-1, records.shape[-2], size + -size % _BLOCK)
    return _SCALE.quiet(whole)[..., :size].reshape(records.shape)


class ConvNetQuake(FlatClassifier):
    """The published network in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: components of the seismometer.
        out_channels: noise (class 0) and the clusters of epicentres (1, 2, ...); an earthquake is detected where the
            largest logit is not the first.
        width: channels of each convolution.
        window: samples per axis; the dense layer is made for it.

    Shape: ``(batch, in_channels, *window) -> (batch, out_channels)``.
    """

    def __init__(
        self, ndim: int, *, in_channels: int = 3, out_channels: int = 7, width: int = 32, window: Sizes = 1001
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(window, 0))
        self.window = per_axis(window, ndim, "window")
        widths = [in_channels, *[width] * _LAYERS]
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            convolution = Conv(ndim, in_channels=before, out_channels=after, kernel_size=3, stride=2, padding=1)
            layers += [convolution, nn.ReLU(inplace=True)]
        self.features = nn.Sequential(*layers)
        positions = math.prod(-(-n // 2**_LAYERS) for n in self.window)  # each layer halves the samples, rounded up
        self.classifier = nn.Linear(width * positions, out_channels)
