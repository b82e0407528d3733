"""AlexNet, as published in two towers and in the later form with one.

A. Krizhevsky, I. Sutskever, G. E. Hinton, 2012, ImageNet classification with deep convolutional neural networks, NIPS
25, 1097-1105, doi:10.1145/3065386, Figure 2: :class:`AlexNet2012`, 60,965,224 parameters for three channels and 1,000
classes. The towers, one on each of two GPUs, are groups of channels here. The paper says 224 x 224; its arithmetic
needs 227.

A. Krizhevsky, 2014, One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997, Figure 1:
:class:`AlexNet`, 61,100,840 parameters, with torchvision's names in the state dictionary and, as there, no response
normalisation.

Differences from the papers: logits instead of the softmax; the same code is the 1-D and the 3-D network; ``width``
scales the channels; ``anti_alias`` puts a low-pass filter before all sub-sampling but the first (Zhang 2019). Weights
start from He et al. (2015).
"""

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import AdaptiveAvgPool, Conv, SizeRule, Sizes, max_pool, per_axis
from geocnn.models.base import Classifier, FlatClassifier

__all__ = ["AlexNet", "AlexNet2012", "ResponseNorm"]


class ResponseNorm(nn.Module):
    """Local response normalisation across neighbouring channels (2012, section 3.3).

    ``y_c = x_c / (k + alpha sum_(|c' - c| <= n / 2) x_c'^2)^beta`` with k = 2, n = 5, alpha = 1e-4, beta = 0.75.
    """

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *space"]:
        """Normalise; the shape stays the same."""
        return F.local_response_norm(x, 5, alpha=5 * 1e-4, beta=0.75, k=2.0)  # torch divides alpha by n


class AlexNet2012(FlatClassifier):
    """The published network of two towers in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes.
        width: factor for all channels and hidden units.
        dropout: share of hidden units dropped while learning.
        window: samples per axis, 67 or more; the dense layers are made for it.
        anti_alias: low-pass filter before sub-sampling.

    Shape: ``(batch, in_channels, *window) -> (batch, out_channels)``.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 3,
        out_channels: int = 1000,
        width: float = 1.0,
        dropout: float = 0.5,
        window: Sizes = 227,
        anti_alias: bool = False,
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(window, 0))
        self.window = per_axis(window, ndim, "window", least=67)
        c1, c2, c3, hidden = (2 * max(1, round(width * n / 2)) for n in (96, 256, 384, 4096))

        def pool() -> nn.Module:
            return max_pool(ndim, 3, stride=2, anti_alias=anti_alias)

        self.features = nn.Sequential(
            Conv(ndim, in_channels=in_channels, out_channels=c1, kernel_size=11, stride=4, padding=0),
            nn.ReLU(inplace=True),
            ResponseNorm(),
            pool(),
            Conv(ndim, in_channels=c1, out_channels=c2, kernel_size=5, groups=2),
            nn.ReLU(inplace=True),
            ResponseNorm(),
            pool(),
            Conv(ndim, in_channels=c2, out_channels=c3, kernel_size=3),
            nn.ReLU(inplace=True),
            Conv(ndim, in_channels=c3, out_channels=c3, kernel_size=3, groups=2),
            nn.ReLU(inplace=True),
            Conv(ndim, in_channels=c3, out_channels=c2, kernel_size=3, groups=2),
            nn.ReLU(inplace=True),
            pool(),
        )
        positions = 1
        for n in self.window:
            n = (n - 11) // 4 + 1
            for _ in range(3):
                n = (n - 3) // 2 + 1
            positions *= n
        self.classifier = nn.Sequential(
            nn.Linear(c2 * positions, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, out_channels),
        )


class AlexNet(Classifier):
    """The network of one tower in 1, 2 or 3 dimensions.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes.
        width: factor for all channels and hidden units.
        dropout: share of hidden units dropped while learning.
        anti_alias: low-pass filter before sub-sampling.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels)``, windows of 63 or more samples per axis.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 3,
        out_channels: int = 1000,
        width: float = 1.0,
        dropout: float = 0.5,
        anti_alias: bool = False,
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(63))
        c1, c2, c3, c4, hidden = (max(1, round(width * n)) for n in (64, 192, 384, 256, 4096))

        def pool() -> nn.Module:
            return max_pool(ndim, 3, stride=2, anti_alias=anti_alias)

        self.features = nn.Sequential(
            Conv(ndim, in_channels=in_channels, out_channels=c1, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            pool(),
            Conv(ndim, in_channels=c1, out_channels=c2, kernel_size=5),
            nn.ReLU(inplace=True),
            pool(),
            Conv(ndim, in_channels=c2, out_channels=c3, kernel_size=3),
            nn.ReLU(inplace=True),
            Conv(ndim, in_channels=c3, out_channels=c4, kernel_size=3),
            nn.ReLU(inplace=True),
            Conv(ndim, in_channels=c4, out_channels=c4, kernel_size=3),
            nn.ReLU(inplace=True),
            pool(),
        )
        self.avgpool = AdaptiveAvgPool(ndim, 6)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(c4 * 6**ndim, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, out_channels),
        )

    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the map after the last pooling, whose samples are 32 input samples apart."""
        self.check(x)
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits.

        Raises:
            DataError: fewer than 63 samples on an axis.
        """
        logits: Tensor = self.classifier(self.avgpool(self.forward_features(x)).flatten(1))
        return logits
