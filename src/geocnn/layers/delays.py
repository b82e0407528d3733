"""Coincidences of two traces by delay: how long after the first one the second follows."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers.pooling import MaxPool

__all__ = ["Delays"]


class Delays(nn.Module):
    """Coincidence of a first wave some time ago and a second wave now, in bins of delay that are even on a log scale.

    For every sample and every bin the result is a product: the second trace at the sample, times the largest value of
    the first trace within that range of delays before it. Its sum over time is their cross-correlation, in bins.

    Args:
        ndim: 1, 2 or 3; the last axis is time.
        least: shortest delay, samples.
        most: longest delay, samples.
        count: number of bins; fewer where short delays would share a sample.

    Shape: two of ``(batch, 1, *space) -> (batch, bins, *space)``.
    """

    def __init__(self, ndim: int, least: int, most: int, count: int) -> None:
        super().__init__()
        edges = np.unique(np.geomspace(least, most, count + 1).round().astype(int)).tolist()
        self.ranges = list(itertools.pairwise(edges))  # each from a delay to just below the next
        still = (1,) * (ndim - 1)
        self.largest = nn.ModuleList(MaxPool(ndim, (*still, far - near), stride=1) for near, far in self.ranges)

    def forward(
        self, first: Float[Tensor, "batch 1 *space"], second: Float[Tensor, "batch 1 *space"]
    ) -> Float[Tensor, "batch bins *space"]:
        """Coincidences in maps of the same length; before the first sample the first trace counts as zero."""
        size = first.shape[-1]
        earlier = (F.pad(first, (far - 1, 0))[..., : size + far - 1 - near] for near, far in self.ranges)
        return torch.cat([second * pool(part) for pool, part in zip(self.largest, earlier, strict=True)], 1)
