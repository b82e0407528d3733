"""Planes of a map, continued beyond its ends."""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

__all__ = ["Block", "Sizes"]

Sizes = tuple[int, ...]
"""One number per axis."""


@dataclass(frozen=True)
class Block:
    """Some planes of a map.

    Attributes:
        planes: ``(1, channels, planes, *cross-section)``.
        start: number of the first of them in the map.
        total: planes of the map.
    """

    planes: Tensor
    start: int
    total: int

    def span(self, first: int, last: int, beyond: float = 0.0) -> Tensor:
        """Planes ``first`` to ``last`` (included); planes beyond the ends of the map are filled with ``beyond``."""
        low = min(max(first, 0), self.total)
        high = min(max(last + 1, low), self.total)
        inner = self.planes.narrow(2, low - self.start if high > low else 0, high - low)
        before, behind = max(0, min(last + 1, 0) - first), max(0, last + 1 - max(first, self.total))
        if not before and not behind:
            return inner
        return F.pad(inner, [0, 0] * (inner.ndim - 3) + [before, behind], value=beyond)
