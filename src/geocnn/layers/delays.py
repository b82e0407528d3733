"""How long after one thing another follows: coincidences by delay."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers.pooling import MaxPool

__all__ = ["Delays"]


class Delays(nn.Module):
    """Coincidence of a first wave some time ago and a second one now, for delays that grow evenly on a log scale.

    For every sample and every range of delays the product of what the second trace is there and the largest value of
    the first one in that range before it. Its sum over time is the cross-correlation of the two, in bins.

    Args:
        ndim: 1, 2 or 3; the last axis is time.
        least: shortest delay, samples.
        most: longest delay, samples.
        count: bins, fewer where short delays would share a sample.

    Shape: two of ``(batch, 1, *space) -> (batch, bins, *space)``.
    """

    def __init__(self, ndim: int, least: int, most: int, count: int) -> None:
        super().__init__()
        edges = np.unique(np.geomspace(least, most, count + 1).round().astype(int)).tolist()
        self.ranges = list(itertools.pairwise(edges))  # delays from the one to just below the other
        still = (1,) * (ndim - 1)
        self.largest = nn.ModuleList(MaxPool(ndim, (*still, far - near), stride=1) for near, far in self.ranges)

    def forward(
        self, first: Float[Tensor, "batch 1 *space"], second: Float[Tensor, "batch 1 *space"]
    ) -> Float[Tensor, "batch bins *space"]:
        """Same length; before the first sample there is nothing."""
        size = first.shape[-1]
        earlier = (F.pad(first, (far - 1, 0))[..., : size + far - 1 - near] for near, far in self.ranges)
        return torch.cat([second * pool(part) for pool, part in zip(self.largest, earlier, strict=True)], 1)
