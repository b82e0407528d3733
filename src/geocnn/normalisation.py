"""Amplitude normalisation: fitted once to a whole survey or window, never per tile."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONSTANT", "Normalisation"]

CONSTANT = 1e-12
"""Deviations of less than this share of the mean are rounding: the data are constant."""


@dataclass(frozen=True)
class Normalisation:
    """``(x - mean) / std``, cut at ``+- clip``.

    Attributes:
        mean: amplitude that becomes zero, one number or one for each channel.
        std: amplitude that becomes one.
        clip: largest magnitude after scaling; single spikes must not blind the network.
    """

    mean: float | NDArray[np.float64]
    std: float
    clip: float = 4.0

    @classmethod
    def fit(
        cls,
        samples: NDArray[np.float32],
        *,
        kind: Literal["zscore", "fixed", "peak", "none"] = "zscore",
        clip: float = 4.0,
        mean: float = 0.0,
        std: float = 1.0,
    ) -> "Normalisation":
        """Mean and standard deviation of finite samples within the central 99.8 %.

        With "none" amplitudes stay; with "fixed" the numbers are ``mean`` and ``std`` whatever the samples, for data
        that come in the same units as those of the training (grey values, counts). With "peak" the mean of each channel
        (the first axis) becomes zero, and then the largest magnitude of all of them one.

        The scale is relative to the data at any magnitude (an absolute epsilon would silence weak records); constant
        data give a standard deviation of one, so that they become zeros, and so do data without a finite sample.
        """
        if kind == "fixed":
            return cls(mean, std, clip)
        if kind == "none":
            return cls(0.0, 1.0, np.inf)
        if kind == "peak":
            return cls._of_peak(samples)
        values = samples[np.isfinite(samples)].astype(np.float64)
        if values.size == 0:
            return cls(0.0, 1.0, clip)
        low, high = np.quantile(values, (0.001, 0.999)).tolist()
        inner = values[(values >= low) & (values <= high)]
        mean, std = float(inner.mean()), float(inner.std())
        if std <= CONSTANT * abs(mean):  # zeros with a few arrivals: all there is to see lies in the tails
            std = float(values.std())
        return cls(mean, std if std > CONSTANT * abs(mean) else 1.0, clip)

    @classmethod
    def _of_peak(cls, samples: NDArray[np.float32]) -> "Normalisation":
        """By the mean of each channel and the largest magnitude of the rest."""
        known, space = np.isfinite(samples), tuple(range(1, samples.ndim))
        sums = np.sum(samples, axis=space, keepdims=True, dtype=np.float64, where=known)
        mean = sums / np.maximum(known.sum(axis=space, keepdims=True), 1)
        peak = float(np.max(np.abs(samples - mean), initial=0.0, where=known))
        return cls(mean, peak if peak > CONSTANT * float(np.abs(mean).max(initial=0.0)) else 1.0, 1.0)

    def apply(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise a block of any shape; NaN becomes zero, the value of the mean."""
        scaled = (block - np.asarray(self.mean, np.float32)) / np.float32(self.std)
        np.nan_to_num(scaled, copy=False)
        return np.clip(scaled, -self.clip, self.clip, out=scaled)
