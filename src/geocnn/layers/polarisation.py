"""Polarisation of ground motion: its directions in bands of frequency, whatever its strength."""

import itertools

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers.convolution import Conv
from geocnn.layers.pooling import AvgPool

__all__ = ["Polarisation"]

_FLOOR = 0.1
"""Energy, relative to that of the scale, below which directions fade out because they are mostly rounding."""


class Polarisation(nn.Module):
    """Energy and directions of motion in learnt bands of frequency.

    Every component passes the same filters. Polarisation analysis uses the covariances of the components, averaged over
    about an eighth of a second at 100 Hz and divided by their trace (A. Jurkevics, 1988, Polarization analysis of
    three-component array data, Bull. Seism. Soc. Am. 78, 1725-1743): they depend neither on the amplitude nor on the
    sign of a wave. The energy itself is passed on as its logarithm.

    Args:
        ndim: 1, 2 or 3.
        components: components of the seismometer, which are the input channels.
        bands: number of filters.
        kernel_size: samples of a filter, odd.

    Shape: ``(batch, components, *space) -> (batch, bands (1 + components (components + 1) / 2), *space / 8)``, sizes a
    multiple of 8.
    """

    def __init__(self, ndim: int, *, components: int = 3, bands: int = 8, kernel_size: int = 31) -> None:
        super().__init__()
        self.bank = Conv(
            ndim,
            in_channels=1,
            out_channels=bands,
            kernel_size=kernel_size,
            stride=2,
            padding=kernel_size // 2,
            bias=False,
        )
        self.smooth = AvgPool(ndim, 8, stride=4, padding=2)
        self.pairs = list(itertools.combinations_with_replacement(range(components), 2))
        self.out_channels = bands * (1 + len(self.pairs))

    def forward(self, x: Float[Tensor, "batch components *space"]) -> Float[Tensor, "batch maps *result"]:
        """Return the logarithm of the energy, and the covariances divided by the energy."""
        filtered = self.bank(x.flatten(0, 1)[:, None]).unflatten(0, x.shape[:2]).float()
        products = [self.smooth(filtered[:, i] * filtered[:, j]) for i, j in self.pairs]
        energy = torch.stack([p for p, (i, j) in zip(products, self.pairs, strict=True) if i == j]).sum(0)
        return torch.cat([torch.log1p(energy), *(p / (energy + _FLOOR) for p in products)], 1)
