"""Source wavelets."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["ricker"]


def ricker(frequency: float, half_length: int, *, phase: float = 0.0) -> NDArray[np.float32]:
    """Ricker wavelet, ``(1 - 2 a) exp(-a)`` with ``a = (pi f t)^2`` (Ricker 1953), rotated by a constant phase.

    Args:
        frequency: peak frequency, cycles per sample.
        half_length: samples on either side of the centre.
        phase: rotation in degrees; 90 gives minus the Hilbert transform.

    Returns:
        float32 of ``2 half_length + 1`` samples; the last four at both ends are tapered.

    Raises:
        ValueError: a frequency outside 0..0.5 cycles per sample, which sampled data cannot hold.
    """
    if not 0 < frequency <= 0.5:
        raise ValueError(f"frequency is {frequency:g} cycles per sample; it must lie between 0 and 0.5.")
    t = np.arange(-half_length, half_length + 1, dtype=np.float64)
    a = (math.pi * frequency * t) ** 2
    wavelet = (1 - 2 * a) * np.exp(-a)
    if phase:
        # A constant rotation is exact in the frequency domain of a padded trace.
        n = 8 * len(t)
        spectrum = np.fft.rfft(wavelet, n)
        spectrum[1:] *= np.exp(1j * math.radians(phase))
        wavelet = np.fft.irfft(spectrum, n)[: len(t)]
    taper = np.minimum(1, np.minimum(np.arange(len(t)) + 1, np.arange(len(t), 0, -1)) / 5)
    return (wavelet * taper).astype(np.float32)
