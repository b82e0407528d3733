"""ConvNetQuake for many overlapping windows of a record, with common parts computed only once.

Windows that begin every 2^n samples share the maps of the first n layers, except for both ends of each: there a layer
continues a window with zeros, although the record goes on. These two samples are computed separately for each window
and layer. Channels are contiguous in memory, a layout for which torch has faster kernels in two dimensions than in
one.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.models.convnetquake import ConvNetQuake

__all__ = ["ConvNetQuakeInWindows"]


class ConvNetQuakeInWindows(nn.Module):
    """A trained ConvNetQuake for seismograms, for evaluation only.

    Args:
        network: ConvNetQuake in one dimension.
        step: samples from the beginning of one window to the next, fewer than a window has; the more often it can be
            halved, the more layers the windows share.

    Shape: ``(channels, samples) -> (windows, classes)``, logits of the windows that begin at sample 0, ``step``,
    ``2 step`` and so on, and end within the record.
    """

    def __init__(self, network: ConvNetQuake, step: int) -> None:
        super().__init__()
        self.window, self.step = network.window[0], step
        if network.ndim != 1 or not 0 < step < self.window:
            raise ValueError(f"a network in {network.ndim} dimensions, or a step of {step} samples, has no such form.")
        layers = [layer for layer in network.features.children() if not isinstance(layer, nn.ReLU)]
        convolutions = [_Convolution(layer) for layer in layers]
        self.classifier = network.classifier
        halved, sizes = (step & -step).bit_length() - 1, [self.window]
        for _ in layers:
            sizes.append(-(-sizes[-1] // 2))
        # In all shared maps both end samples must be distinct, with at least one sample between them.
        shared = min(halved, sum(size >= 3 for size in sizes[:-1]))
        self.shared, self.single = nn.ModuleList(convolutions[:shared]), nn.ModuleList(convolutions[shared:])
        self.sizes = sizes[: shared + 1]
        self.requires_grad_(requires_grad=False)

    def forward(self, x: Float[Tensor, "channels samples"]) -> Float[Tensor, "windows classes"]:
        """Return logits."""
        count = (x.shape[1] - self.window) // self.step + 1
        maps, step = x[None, :, None].contiguous(memory_format=torch.channels_last), self.step
        left, right = (_column(maps, at, step, count) for at in (0, self.window - 1))
        for convolution, size in zip(self.shared, self.sizes, strict=False):
            assert isinstance(convolution, _Convolution)
            near = [_column(maps, at, step, count) for at in (1, size - 2, size - 3)]
            left = F.relu_(convolution.at(None, left, near[0]))
            # The last output is centred on the last sample, or for an even number of samples on the one before it.
            right = F.relu_(convolution.at(*((near[1], right, None) if size % 2 else (near[2], near[1], right))))
            maps, step = F.relu_(convolution(maps)), step // 2
        y = maps[0, :, 0].T.unfold(0, self.sizes[-1], step)[:count].clone()
        if len(self.shared):
            y[..., 0], y[..., -1] = left, right
        y = y[:, :, None].contiguous(memory_format=torch.channels_last)
        for convolution in self.single:
            y = F.relu_(convolution(y))
        logits: Tensor = self.classifier(y.flatten(1))
        return logits


def _column(
    maps: Float[Tensor, "1 channels 1 samples"], first: int, step: int, count: int
) -> Float[Tensor, "windows channels"]:
    """One sample of each window."""
    return maps[0, :, 0, first::step][:, :count].T


class _Convolution(nn.Module):
    """A convolution of maps ``(batch, channels, 1, samples)`` in steps of two, with zeros beyond their ends."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        weight = layer.get_parameter("weight").detach()[:, :, None]
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", layer.get_parameter("bias").detach())

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.get_buffer("weight"), self.get_buffer("bias"), stride=(1, 2), padding=(0, 1))

    def at(self, *samples: Float[Tensor, "windows channels"] | None) -> Float[Tensor, "windows outputs"]:
        """One output from three samples; None stands for zeros."""
        weight, made = self.get_buffer("weight"), self.get_buffer("bias")
        for tap, sample in enumerate(samples):
            if sample is not None:
                made = torch.addmm(made, sample, weight[:, :, 0, tap].T)
        return made
