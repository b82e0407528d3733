"""ConvNetQuake along a record: the answer to each of many windows that overlap, as fast as it can be had exactly.

A window is normalised by its own mean and its own largest magnitude, and each layer continues it with zeros. So windows
that overlap have nothing in common behind the first ReLU. Before it they have, a twelfth of the multiply-adds; this is
not shared, since it would have to be computed of amplitudes whose mean is not removed, which may be a thousand times as
large as what matters. What windows share are sums and extremes of blocks of as many samples as there are from one to
the next. Maps have their channels side by side in memory, for which convolutions in two dimensions have the faster
kernels.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.models.convnetquake import ConvNetQuake
from geocnn.normalisation import CONSTANT

__all__ = ["ConvNetQuakeInWindows"]

_BATCH = 128
"""Windows at once: maps of more do not fit into a processor's cache."""
_LARGE = 4
"""Layers for which that matters; the maps of the others are small, and a call for few windows costs more than it does.
"""


class ConvNetQuakeInWindows(nn.Module):
    """A trained ConvNetQuake for seismograms, for evaluation alone.

    Args:
        network: in one dimension, for windows that are normalised by their peak.
        step: samples from the beginning of one window to that of the next, fewer than a window has.

    Shape: ``(channels, samples) -> (windows, classes)``, logits of the windows that begin at sample 0, ``step``,
    ``2 step`` and so on, and end within the record.
    """

    def __init__(self, network: ConvNetQuake, step: int) -> None:
        super().__init__()
        self.window, self.step = network.window[0], step
        if network.ndim != 1 or not 0 < step < self.window:
            raise ValueError(f"a network in {network.ndim} dimensions, or a step of {step} samples, has no such form.")
        layers = [layer for layer in network.features.children() if not isinstance(layer, nn.ReLU)]
        self.convolutions = nn.ModuleList(_Convolution(layer) for layer in layers)
        self.classifier = network.classifier
        self.requires_grad_(requires_grad=False)

    def forward(self, x: Float[Tensor, "channels samples"]) -> Float[Tensor, "windows classes"]:
        """Return logits."""
        count = (x.shape[1] - self.window) // self.step + 1
        mean, peak = self._levels(x, count)
        windows = x.T.contiguous().unfold(0, self.window, self.step).transpose(1, 2)  # a view
        maps = []
        for first in range(0, count, _BATCH):
            batch = slice(first, first + _BATCH)
            maps.append((windows[batch] - mean[batch]).div_(peak[batch]).transpose(1, 2)[:, :, None])
            for convolution in self.convolutions[:_LARGE]:
                maps[-1] = F.relu_(convolution(maps[-1]))
        y = torch.cat(maps)
        for convolution in self.convolutions[_LARGE:]:
            y = F.relu_(convolution(y))
        logits: Tensor = self.classifier(y.flatten(1))
        return logits

    def _levels(
        self, x: Float[Tensor, "channels samples"], count: int
    ) -> tuple[Float[Tensor, "windows 1 channels"], Float[Tensor, "windows 1 1"]]:
        """What :class:`geocnn.normalisation.Normalisation` with the kind "peak" takes from and divides each window by.

        A window is some whole blocks and a rest of one.
        """
        whole = (self.window - 1) // self.step
        padded = F.pad(x, (0, max(0, (count + whole) * self.step - x.shape[1])))[:, : (count + whole) * self.step]
        blocks = padded.unfold(1, self.step, self.step)
        rest = blocks[:, whole:, : self.window - whole * self.step]

        def windows(values: Float[Tensor, "channels blocks"]) -> Float[Tensor, "channels windows whole"]:
            return values[:, :-1].unfold(1, whole, 1)

        mean = (windows(blocks.double().sum(2)).sum(2) + rest.double().sum(2)) / self.window
        high = torch.maximum(windows(blocks.amax(2)).amax(2), rest.amax(2))
        low = torch.minimum(windows(blocks.amin(2)).amin(2), rest.amin(2))
        peak = torch.maximum(high - mean, mean - low).amax(0)
        peak = torch.where(peak > CONSTANT * mean.abs().amax(0), peak, 1.0)
        return mean.T[:, None].to(x.dtype), peak[:, None, None].to(x.dtype)


class _Convolution(nn.Module):
    """A convolution of maps ``(batch, channels, 1, samples)`` in steps of two, with zeros beyond their ends."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        weight = layer.get_parameter("weight").detach()[:, :, None]
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", layer.get_parameter("bias").detach())

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.get_buffer("weight"), self.get_buffer("bias"), stride=(1, 2), padding=(0, 1))
