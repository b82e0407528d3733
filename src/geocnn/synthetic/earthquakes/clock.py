"""Samples of a record in time and in frequency."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from jaxtyping import Float
from numpy import ndarray

__all__ = ["Clock"]


@dataclass(frozen=True, eq=False)
class Clock:
    """Samples and frequencies of a record.

    Attributes:
        size: samples.
        padded: samples of the Fourier transforms; more than ``size``, so that what wraps around stays outside the
            record.
        rate: samples per second.
        frequency: Hz, ``(padded / 2 + 1,)``.
    """

    size: int
    padded: int
    rate: float
    frequency: Float[ndarray, " frequencies"]

    @classmethod
    def of(cls, size: int, rate: float) -> "Clock":
        """Clock with padding for ten seconds after the record."""
        padded = scipy.fft.next_fast_len((size + round(10 * rate) + 1) // 2, real=True) * 2
        return cls(size, padded, rate, np.fft.rfftfreq(padded, 1 / rate))
