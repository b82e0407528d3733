"""The worked example of the textbook: which kind of arrival does this window hold?

One convolution (kernel 5) with ReLU, max pooling by 2, and two dense layers: 4,211 parameters for windows of 64
samples and three classes. The same code classifies 1-D traces, 2-D patches and 3-D blocks.

Differences from the textbook: it returns logits (the softmax belongs to the loss), and ``head="pool"`` puts a global
maximum before the dense layers. A flattened map keeps its positions, each with its own weights, so that the network
recognises an arrival only at positions of the training data; after a global maximum it recognises it anywhere.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor, nn

from geocnn.errors import DataError
from geocnn.layers import Conv, GlobalMaxPool, MaxPool, SizeRule, Sizes, per_axis
from geocnn.models.base import Classifier

__all__ = ["TraceClassifier", "initialise"]


class TraceClassifier(Classifier):
    """Classify windows of traces, sections or volumes.

    Args:
        ndim: 1, 2 or 3.
        in_channels: channels of the input.
        out_channels: number of classes.
        width: channels of the convolution.
        hidden: units of the first dense layer.
        window: samples per axis, for all axes or each; even numbers.
        head: "flatten" as in the textbook, for windows of this size only; "pool" for any size and any position.
        true_convolution: flip the kernel, as the framework behind the printed numbers does; the formula does not.

    Shape: ``(batch, in_channels, *window) -> (batch, out_channels)``.

    Raises:
        ValueError: ``ndim`` not 1..3, a window that is not one even number or ``ndim`` of them, or an unknown head.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 1,
        out_channels: int = 3,
        width: int = 8,
        hidden: int = 16,
        window: Sizes = 64,
        head: str = "flatten",
        true_convolution: bool = False,
    ) -> None:
        if head not in ("flatten", "pool"):
            raise DataError(f"head is {head!r}; it is flatten or pool.")
        super().__init__(ndim, in_channels, out_channels, SizeRule(window, 0) if head == "flatten" else SizeRule(2))
        self.window, self.head = per_axis(window, ndim, "window"), head
        if any(n < 2 or n % 2 for n in self.window):
            raise ValueError(f"window is {self.window}; needed are even numbers of samples, for pooling halves them.")
        self.conv = Conv(
            ndim, in_channels=in_channels, out_channels=width, kernel_size=5, true_convolution=true_convolution
        )
        self.pool = MaxPool(ndim, 2)
        positions = math.prod(n // 2 for n in self.window) if head == "flatten" else 1
        self.gather: nn.Module = nn.Flatten() if head == "flatten" else GlobalMaxPool()
        self.dense = nn.Linear(width * positions, hidden)
        self.output = nn.Linear(hidden, out_channels)

    def forward_features(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch features *map"]:
        """Return the pooled maps, whose samples are 2 input samples apart."""
        self.check(x)
        features: Tensor = self.pool(F.relu(self.conv(x)))
        return features

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch classes"]:
        """Return logits.

        Raises:
            DataError: with ``head="flatten"``, the window has not the size that the network was made for.
        """
        logits: Tensor = self.output(F.relu(self.dense(self.gather(self.forward_features(x)))))
        return logits


@torch.no_grad()
def initialise(model: TraceClassifier, uniform: Callable[[int], ndarray]) -> None:
    """Draw the initial weights as the framework behind the textbook does, from its random stream.

    Layer by layer, weight then bias, column-major: weights from U(-b, b) with ``b = sqrt(3) gain / sqrt(fan_in)``,
    gain 2 before ReLU and 1 before the softmax (He et al. 2015 with twice the textbook-usual ``gain**2``), biases
    from U(-b, b) with ``b = 1 / sqrt(fan_in)``.

    Args:
        model: the network.
        uniform: returns so many float32 numbers in [0, 1), such as ``Xoshiro.fill``.
    """

    def draw(count: int, bound: float) -> Tensor:
        return (torch.from_numpy(uniform(count)) - 0.5) * (2 * bound)

    for layer, gain in ((model.conv, 2.0), (model.dense, 2.0), (model.output, 1.0)):
        weight, bias = layer.weight, layer.bias
        fan_in = weight[0].numel()
        values = draw(weight.numel(), math.sqrt(3) * gain / math.sqrt(fan_in))
        # A dense matrix is (out, in) in column-major order; a kernel (*space, in, out) is our order reversed.
        weight.copy_(values.view(weight.shape[1], -1).T if weight.ndim == 2 else values.view_as(weight))
        if bias is not None:
            bias.copy_(draw(bias.numel(), 1 / math.sqrt(fan_in)))
