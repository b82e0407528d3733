"""Noise recorded by real stations, as background of synthetic earthquakes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
from jaxtyping import Float32, Float64
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.synthetic.earthquakes.background import Background
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.words import number_of

__all__ = ["RecordedNoise"]

_FASTER = (0.7, 1.5)
"""Range of the random speed: samples of a window per sample of a record, so that a few stations sound like many."""


@dataclass(frozen=True, eq=False)
class RecordedNoise:
    """Windows of real records without arrivals.

    Each use of a window is a little slower or faster, turned about the vertical, and has a random sign.

    Attributes:
        windows: ``(3, length)`` each, components Z, N and E, in any unit; dead components are 0 throughout.
        share: probability that a record gets such noise instead of synthetic noise.

    Raises:
        DataError: there are no windows, or the share lies outside 0..1.
    """

    windows: Sequence[Float32[ndarray, "3 length"]]
    share: float = 0.3

    def __post_init__(self) -> None:
        if not len(self.windows) or not 0 <= self.share <= 1:
            raise DataError(
                f"of noise there are {number_of(len(self.windows), 'window')} for a share of {self.share:g}; needed "
                "are 1 or more, and a share of 0 to 1."
            )

    @staticmethod
    def length(size: int) -> int:
        """Least number of samples of a window for records of ``size``."""
        return int(np.ceil(size * _FASTER[1])) + 1

    def draw(self, rng: np.random.Generator, clock: Clock) -> Background:
        """Draw the noise of a record.

        Raises:
            DataError: the window is shorter than :meth:`length` says.
        """
        window = self.windows[int(rng.integers(len(self.windows)))]
        if window.shape[1] < self.length(clock.size):
            raise DataError(
                f"a window of noise has {window.shape[1]} samples; records of {clock.size} need "
                f"{self.length(clock.size)}."
            )
        step = float(np.exp(rng.uniform(*np.log(_FASTER))))
        start = rng.uniform(0, window.shape[1] - 1 - step * (clock.size - 1))
        at = start + step * np.arange(clock.size)
        known = window - window[:, :1]
        heard = np.stack([np.interp(at, np.arange(window.shape[1]), row) for row in known])
        alive = np.any(known, axis=1)
        if alive[1] and alive[2]:
            turn = rng.uniform(0, 2 * np.pi)
            heard[1:] = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ heard[1:]
        heard *= rng.choice((-1.0, 1.0), (3, 1))
        return Background.of(
            clock,
            heard.astype(np.float32),
            np.repeat(alive[:, None], clock.size, 1),
            _density(heard[alive], clock),
        )


def _density(heard: Float64[ndarray, "alive size"], clock: Clock) -> Float64[ndarray, " frequencies"]:
    """Power spectral density of a component, smoothed over a quarter of a hertz."""
    taper = np.hanning(clock.size)
    ends = np.linspace(0, 1, clock.size)
    trend = heard[:, :1] + (heard[:, -1:] - heard[:, :1]) * ends  # the taper would spread it
    power = np.abs(scipy.fft.rfft((heard - trend) * taper, clock.padded, axis=1)) ** 2
    periodogram = np.mean(power, axis=0) * 2 / (clock.rate * np.sum(taper**2))
    half = max(1, round(0.125 * clock.padded / clock.rate))
    density: Float64[ndarray, " frequencies"] = np.convolve(
        np.pad(periodogram, half, mode="edge"), np.full(2 * half + 1, 1 / (2 * half + 1)), mode="valid"
    )
    return density
