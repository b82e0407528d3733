"""Amplitude spectra of source, path, site and instrument, and the causal pulse that has one."""

import math
from functools import lru_cache

import numpy as np
import scipy.fft
from jaxtyping import Complex, Float
from numpy import ndarray

__all__ = ["brune", "corner_frequency", "instrument", "minimum_phase", "moment", "path", "resonance"]

_FLOOR = 1e-5
"""Floor of an amplitude spectrum, relative to its largest value: a spectrum with zeros has no minimum phase."""


def moment(magnitude: float) -> float:
    """Seismic moment, N m (T. C. Hanks, H. Kanamori, 1979, J. Geophys. Res. 84, 2348-2350)."""
    return float(10 ** (1.5 * magnitude + 9.1))


def corner_frequency(magnitude: float, stress_drop: float, speed: float) -> float:
    """Corner of the S spectrum, Hz (J. N. Brune, 1970, J. Geophys. Res. 75, 4997-5009; correction 1971).

    Args:
        magnitude: moment magnitude.
        stress_drop: Pa.
        speed: velocity of S waves at the source, m/s.
    """
    return float(0.372 * speed * (16 / 7 * stress_drop / moment(magnitude)) ** (1 / 3))


def brune(frequency: Float[ndarray, " frequencies"], corner: float) -> Float[ndarray, " frequencies"]:
    """Shape of the spectrum of ground velocity at the source, ``f / (1 + (f / corner)^2)`` (Brune 1970), in Hz."""
    spectrum: Float[ndarray, " frequencies"] = frequency / (1 + (frequency / corner) ** 2)
    return spectrum


def path(
    frequency: Float[ndarray, " frequencies"], time: float, quality: float, exponent: float, kappa: float
) -> Float[ndarray, " frequencies"]:
    """Attenuation along a path, ``exp(-pi f (kappa + time / Q(f)))`` with ``Q = quality f^exponent``.

    Args:
        frequency: Hz.
        time: travel time, s.
        quality: Q at 1 Hz.
        exponent: exponent of the frequency in Q.
        kappa: attenuation of the site, s (J. G. Anderson, S. E. Hough, 1984, Bull. Seism. Soc. Am. 74, 1969-1993).
    """
    left: Float[ndarray, " frequencies"] = np.exp(
        -np.pi * (kappa * frequency + time / quality * frequency ** (1 - exponent))
    )
    return left


def resonance(
    frequency: Float[ndarray, " frequencies"], peak: float, gain: float, width: float
) -> Float[ndarray, " frequencies"]:
    """A peak of the site's response: ``gain`` at ``peak`` Hz, 1 far from it; ``width`` in octaves."""
    octaves = np.log2(np.maximum(frequency, 1e-3) / peak) / width
    response: Float[ndarray, " frequencies"] = 1 + (gain - 1) * np.exp(-0.5 * octaves**2)
    return response


def instrument(frequency: Float[ndarray, " frequencies"], corner: float) -> Float[ndarray, " frequencies"]:
    """Response of a seismometer to velocity: second order, damped at 0.707 of critical, flat above ``corner`` Hz."""
    ratio = (frequency / corner) ** 2
    response: Float[ndarray, " frequencies"] = ratio / np.sqrt(1 + ratio**2)
    return response


def minimum_phase(amplitude: Float[ndarray, " frequencies"], size: int) -> Complex[ndarray, " frequencies"]:
    """Minimum-phase spectrum with a given amplitude: its pulse begins at the onset and is as early as possible.

    It is computed through the cepstrum (A. V. Oppenheim, R. W. Schafer, Discrete-time signal processing, section 13.5).
    So a pulse that attenuation has broadened stays causal, as dispersion makes it in the earth. Ground velocity and
    seismometers have zeros at 0 Hz, which have no logarithm; any number in their place makes a ghost of the pulse, half
    of the length behind it and up to 1/50 of its size. Therefore the zeros are represented by as many differences of
    neighbouring samples, which begin at once as well; and the cepstrum is faded towards its middle, so that it does not
    end abruptly there.

    Args:
        amplitude: at the frequencies ``0, 1, ..., size / 2`` over the length.
        size: number of samples, even.
    """
    peak = int(amplitude.argmax())
    shape = amplitude.copy()
    shape[peak:] = np.maximum(shape[peak:], _FLOOR * shape[peak])
    zeros = max(0, round(math.log2(shape[2] / shape[1]))) if shape[0] == 0 else 0
    differences, fade = _differences(size, zeros), _fade(size)
    shape[1:] /= np.abs(differences[1:])
    shape[0] = shape[1] if zeros else shape[0]
    cepstrum = scipy.fft.irfft(np.log(np.maximum(shape, np.finfo(float).tiny)), size)
    cepstrum[: size // 2] *= fade
    cepstrum[size // 2 :] = 0
    spectrum: Complex[ndarray, " frequencies"] = np.exp(scipy.fft.rfft(cepstrum)) * differences
    return spectrum


@lru_cache(maxsize=32)
def _differences(size: int, order: int) -> Complex[ndarray, " frequencies"]:
    """Spectrum of the difference of neighbouring samples, applied ``order`` times."""
    one = 1 - np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    return np.asarray(one**order)


@lru_cache(maxsize=8)
def _fade(size: int) -> Float[ndarray, " half"]:
    """Factors from the cepstrum of amplitudes to that of a causal pulse: 1 at 0, then 2, fading to the middle."""
    fade = 1 + np.cos(np.pi * np.maximum(0, 4 * np.arange(size // 2) / size - 1))
    fade[0] = 1
    return np.asarray(fade)
