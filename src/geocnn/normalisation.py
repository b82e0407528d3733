"""Normalisation of amplitudes, fitted once to a whole survey or window, never per tile."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Normalisation"]

_CONSTANT = 1e-12
"""Standard deviations below this share of the mean are rounding errors: the data are constant."""


@dataclass(frozen=True)
class Normalisation:
    """``(x - mean) / std``, cut at ``+- clip``.

    Attributes:
        mean: amplitude that becomes zero.
        std: amplitude that becomes one.
        clip: largest magnitude after scaling, so that single spikes do not blind the network.
    """

    mean: float
    std: float
    clip: float = 4.0

    @classmethod
    def fit(
        cls,
        samples: NDArray[np.float32],
        *,
        kind: Literal["zscore", "fixed", "record", "none"] = "zscore",
        clip: float = 4.0,
        mean: float = 0.0,
        std: float = 1.0,
    ) -> "Normalisation":
        """Mean and standard deviation of finite samples within the central 99.8 %.

        With "none" amplitudes are not changed, nor with "record", for windows of a record that has been scaled as a
        whole. With "fixed" the numbers are ``mean`` and ``std`` for any samples, for data in the same unit as in the
        training (grey values, counts).

        The scale is relative to the data at any magnitude (an absolute epsilon would silence weak records). Constant
        data, and data without a finite sample, get a standard deviation of one and become zeros.
        """
        if kind == "fixed":
            return cls(mean, std, clip)
        if kind in ("none", "record"):
            return cls(0.0, 1.0, np.inf)
        values = samples[np.isfinite(samples)].astype(np.float64)
        if values.size == 0:
            return cls(0.0, 1.0, clip)
        low, high = np.quantile(values, (0.001, 0.999)).tolist()
        inner = values[(values >= low) & (values <= high)]
        mean, std = float(inner.mean()), float(inner.std())
        if std <= _CONSTANT * abs(mean):  # zeros with a few arrivals: everything visible is in the tails
            std = float(values.std())
        return cls(mean, std if std > _CONSTANT * abs(mean) else 1.0, clip)

    def apply(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise a block of any shape; NaN and infinity become zero, the value of the mean."""
        scaled = (block - np.float32(self.mean)) / np.float32(self.std)
        np.nan_to_num(scaled, copy=False, posinf=0.0, neginf=0.0)
        return np.clip(scaled, -self.clip, self.clip, out=scaled)

    def undo(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Amplitudes before the normalisation, except for what was clipped."""
        return block * np.float32(self.std) + np.float32(self.mean)
