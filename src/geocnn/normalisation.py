"""Amplitude normalisation: fitted once to a whole survey, never per tile."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Normalisation"]


@dataclass(frozen=True)
class Normalisation:
    """``(x - mean) / std``, cut at ``+- clip``.

    Attributes:
        mean: amplitude that becomes zero.
        std: amplitude that becomes one.
        clip: largest magnitude after scaling; single spikes must not blind the network.
    """

    mean: float
    std: float
    clip: float = 4.0

    @classmethod
    def fit(cls, samples: NDArray[np.float32], *, clip: float = 4.0) -> "Normalisation":
        """Mean and standard deviation of finite samples within the central 99.8 %.

        The scale is relative to the data at any magnitude (an absolute epsilon would silence weak records); constant
        data give a standard deviation of one, so that they become zeros.
        """
        values = samples[np.isfinite(samples)].astype(np.float64)
        if values.size == 0:
            return cls(0.0, 1.0, clip)
        low, high = np.quantile(values, (0.001, 0.999))
        inner = values[(values >= low) & (values <= high)]
        mean, std = float(inner.mean()), float(inner.std())
        return cls(mean, std if std > 1e-12 * max(abs(mean), np.finfo(np.float32).tiny) else 1.0, clip)

    def apply(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise a block of any shape; NaN becomes zero, the value of the mean."""
        scaled = (block - np.float32(self.mean)) * np.float32(1 / self.std)
        return np.clip(np.nan_to_num(scaled, copy=False), -self.clip, self.clip)
