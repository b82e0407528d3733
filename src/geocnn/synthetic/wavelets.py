"""Source wavelets."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["WAVELETS", "butterworth", "ormsby", "ricker"]


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
    _check(frequency)
    a = (math.pi * frequency * _times(half_length)) ** 2
    return _finished((1 - 2 * a) * np.exp(-a), phase)


def ormsby(frequency: float, half_length: int, *, phase: float = 0.0) -> NDArray[np.float32]:
    """Ormsby wavelet (Ryan 1994): a trapezoid of corners 0.3, 0.6, 1.4 and 2 times the frequency, at most 0.5.

    Its spectrum is flat where that of a Ricker wavelet has a peak, and it rings more. Arguments, result and errors are
    those of :func:`ricker`; the largest sample is 1.
    """
    _check(frequency)
    f1, f2, f3, f4 = (min(0.5, share * frequency) for share in (0.3, 0.6, 1.4, 2.0))
    t = _times(half_length)

    def ramp(low: float, high: float) -> NDArray[np.float64]:
        if high - low < 1e-9:
            return 2 * high * np.sinc(2 * high * t)
        made: NDArray[np.float64] = (high**2 * np.sinc(high * t) ** 2 - low**2 * np.sinc(low * t) ** 2) / (high - low)
        return made

    return _finished((ramp(f3, f4) - ramp(f1, f2)) / (f3 + f4 - f1 - f2), phase)


def butterworth(frequency: float, half_length: int, *, phase: float = 0.0) -> NDArray[np.float32]:
    """Impulse response of a Butterworth band-pass of order 2, of minimum phase, largest sample in the middle.

    Corners at 0.5 and 1.5 times the frequency, at most 0.45 (Butterworth 1930). Arguments, result and errors are those
    of :func:`ricker`.
    """
    _check(frequency)
    n = 32 * (2 * half_length + 1)
    low, high = 0.5 * frequency, min(0.45, 1.5 * frequency)
    # The analogue prototype by the bilinear transform, on the unit circle.
    s = 1j * np.tan(np.pi * np.fft.rfftfreq(n))
    w1, w2 = math.tan(math.pi * low), math.tan(math.pi * high)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (s**2 + w1 * w2) / (s * (w2 - w1))
        spectrum = np.where(np.isfinite(p), 1 / (p**2 + math.sqrt(2) * p + 1), 0)
    response = np.fft.irfft(np.nan_to_num(spectrum), n)
    peak = int(np.argmax(np.abs(response)))
    middle = np.roll(response, half_length - peak)[: 2 * half_length + 1]
    return _finished(middle / np.abs(middle).max(), phase)


WAVELETS: dict[str, Callable[..., NDArray[np.float32]]] = {
    "ricker": ricker,
    "ormsby": ormsby,
    "butterworth": butterworth,
}
"""Wavelets by name."""


def _check(frequency: float) -> None:
    if not 0 < frequency <= 0.5:
        raise ValueError(f"frequency is {frequency:g} cycles per sample; it must lie between 0 and 0.5.")


def _times(half_length: int) -> NDArray[np.float64]:
    """Times of the samples, counted from the centre."""
    return np.arange(-half_length, half_length + 1, dtype=np.float64)


def _finished(wavelet: NDArray[np.float64], phase: float) -> NDArray[np.float32]:
    """Wavelet rotated by a phase, and tapered at its ends."""
    count = len(wavelet)
    if phase:
        # A constant rotation is exact in the frequency domain of a padded trace.
        n = 8 * count
        spectrum = np.fft.rfft(wavelet, n)
        spectrum[1:] *= np.exp(1j * math.radians(phase))
        wavelet = np.fft.irfft(spectrum, n)[:count]
    taper = np.minimum(1, np.minimum(np.arange(count) + 1, np.arange(count, 0, -1)) / 5)
    return (wavelet * taper).astype(np.float32)
