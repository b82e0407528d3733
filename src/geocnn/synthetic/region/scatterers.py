"""Scattered waves that neighbouring sources have in common.

The coda of a record is made of waves that leave the source in all directions and reach the station after scattering. A
source that lies elsewhere sends them on ways that are longer or shorter by what it has moved along each direction, and
nothing else. So the codas of two earthquakes are alike where they are within about a quarter of a wavelength of one
another (R. J. Geller, C. S. Mueller, 1980, Four similar earthquakes in central California, Geophys. Res. Lett. 7,
821-824; R. Snieder, M. Vrijlandt, 2005, Constraining the source separation with coda wave interferometry, J. Geophys.
Res. 110, B04301): about 170 m for S waves of 5 Hz, less at higher frequencies, more at lower ones. For scatterers that
are alike in all directions the correlation at a frequency is ``sin(k r) / (k r)``, ``k = 2 pi f / speed``.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from jaxtyping import Complex64, Float, Float32
from numpy import ndarray

__all__ = ["Scatterers"]

_DIRECTIONS = 32


@dataclass(frozen=True, eq=False)
class Scatterers:
    """The scatterers around a station.

    Attributes:
        directions: in which waves leave the sources, ``(directions, 3)``, unit vectors.
        spectra: of the random numbers from each direction, for P and S, ``(2, 3, directions, frequencies)``.
        frequency: Hz, ``(frequencies,)``.
        size: number of samples after which the random numbers repeat.
    """

    directions: Float[ndarray, "directions 3"]
    spectra: Complex64[ndarray, "2 3 directions frequencies"]
    frequency: Float32[ndarray, " frequencies"]
    size: int

    @classmethod
    def draw(cls, rng: np.random.Generator, size: int, rate: float) -> "Scatterers":
        """Draw scatterers for codas of up to ``size`` samples at ``rate`` samples per second."""
        padded = scipy.fft.next_fast_len(size, real=True)
        directions = rng.standard_normal((_DIRECTIONS, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        numbers = rng.standard_normal((2, 3, _DIRECTIONS, padded), np.float32) / np.float32(np.sqrt(_DIRECTIONS))
        return cls(directions, scipy.fft.rfft(numbers), np.fft.rfftfreq(padded, 1 / rate).astype(np.float32), padded)

    def numbers(self, place: Float[ndarray, " 3"], speeds: tuple[float, float]) -> Float32[ndarray, "2 3 size"]:
        """Random numbers of standard deviation 1 for the coda of P and S of a source, from their onsets on.

        Args:
            place: place of the source, km.
            speeds: velocities of P and S waves there, km/s.
        """
        way = (self.directions @ place).astype(np.float32)
        parts = []
        for spectra, speed in zip(self.spectra, speeds, strict=True):
            turn = np.exp(np.complex64(2j * np.pi) * (way / np.float32(speed))[:, None] * self.frequency)
            parts.append(scipy.fft.irfft(np.einsum("cdf,df->cf", spectra, turn), self.size))
        return np.stack(parts).astype(np.float32, copy=False)
