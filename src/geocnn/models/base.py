"""Common base of all networks, for training, prediction and reports."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import SizeRule, check_ndim
from geocnn.words import size_text

__all__ = ["Classifier", "FlatClassifier", "Network", "Segmenter"]


class Network(nn.Module, ABC):
    """A network for data of ``ndim`` dimensions.

    Attributes:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: classes, or maps of logits.
        sizes: rule of the window sizes that it accepts.
    """

    def __init__(self, ndim: int, in_channels: int, out_channels: int, sizes: SizeRule) -> None:
        super().__init__()
        self.ndim, self.in_channels, self.out_channels, self.sizes = check_ndim(ndim), in_channels, out_channels, sizes
        if min(in_channels, out_channels) < 1:
            raise ValueError(f"in_channels is {in_channels} and out_channels {out_channels}; both are 1 or more.")

    def check(self, x: Tensor) -> None:
        """Refuse an input that the network does not accept.

        Raises:
            DataError: the samples per axis break :attr:`sizes`.
            ValueError: the number of dimensions or channels is wrong.
        """
        if x.ndim != self.ndim + 2 or x.shape[1] != self.in_channels:
            raise ValueError(
                f"{type(self).__name__} got {tuple(x.shape)}; it takes (batch, {self.in_channels} channels, "
                f"{size_text(['samples'] * self.ndim)})."
            )
        self.sizes.check(type(self).__name__, x.shape[2:])


class Classifier(Network):
    """Classifies windows: ``(batch, in_channels, *space) -> (batch, out_channels)`` logits."""

    @abstractmethod
    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the last map that still has positions; later layers look at all of it."""

    @abstractmethod
    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits, one per class."""


class FlatClassifier(Classifier):
    """A classifier whose dense layers take the last map with its positions, for windows of one size.

    Attributes:
        features: layers up to the last map.
        classifier: dense layers.
    """

    features: nn.Module
    classifier: nn.Module

    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the map that the dense layers take."""
        self.check(x)
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits.

        Raises:
            DataError: the window has not the size that the network was made for.
        """
        logits: Tensor = self.classifier(self.forward_features(x).flatten(1))
        return logits


class Segmenter(Network):
    """Classifies samples: ``(batch, in_channels, *space) -> (batch, out_channels, *result)`` logits.

    Attributes:
        margin: samples at each side of the input that the result has no answer for; 0 for padded networks.
    """

    margin: int = 0

    @abstractmethod
    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *result"]:
        """Return logits, one map per output channel."""
