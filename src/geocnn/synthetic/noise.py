"""Noise as in migrated seismic sections: random, but with a band, dips and varying strength.

Field noise is white, and has passed the same filters, stack and migration as the signal. So it lies in a band of
frequencies; neighbouring traces are similar as far as migration lets dips pass (a fan in the plane of frequency and
wavenumber); and its strength depends on depth and fold. Noise that is similar along layers cannot be told from
layers, and is left out.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32
from numpy import ndarray
from numpy.typing import NDArray

from geocnn.synthetic.ranges import check_ranges

__all__ = ["NoiseRanges", "survey_noise"]

_POSSIBLE = {
    "snr": (-math.inf, math.inf),
    "low": (0, 0.5),
    "high": (0.01, 0.5),
    "dip": (1, math.inf),
    "alike": (0, 20),
    "depth": (0, 3),
    "trace": (0, 3),
    "loud": (1, math.inf),
    "share": (0, 1),
}


@dataclass(frozen=True)
class NoiseRanges:
    """Ranges (smallest, largest), uniform, and probabilities.

    Attributes:
        snr: ratio of signal to noise, dB of their standard deviations.
        white: probability that the noise has no band.
        low: lower end of the band, cycles per sample.
        high: upper end, cycles per sample.
        fan: probability that only dips up to ``dip`` are left in it.
        dip: samples per trace.
        smooth: probability that neighbouring traces are similar.
        alike: standard deviation of a Gaussian over traces, for each horizontal axis.
        depth: standard deviation of the logarithm of slow changes with depth.
        trace: standard deviation of the logarithm of the loudness of traces.
        bad: probability that single traces are much louder.
        loud: factor by which they are louder.
        share: share of such traces.
    """

    snr: tuple[float, float] = (-6.0, 26.0)
    white: float = 0.2
    low: tuple[float, float] = (0.0, 0.04)
    high: tuple[float, float] = (0.08, 0.5)
    fan: float = 0.4
    dip: tuple[float, float] = (2.0, 10.0)
    smooth: float = 0.35
    alike: tuple[float, float] = (0.3, 1.2)
    depth: tuple[float, float] = (0.0, 0.6)
    trace: tuple[float, float] = (0.0, 0.4)
    bad: float = 0.2
    loud: tuple[float, float] = (2.0, 8.0)
    share: tuple[float, float] = (0.01, 0.08)

    def __post_init__(self) -> None:
        """Refuse ranges that cannot be drawn from.

        Raises:
            DataError: the smallest number is above the largest, one lies outside what the quantity can be, or a
                probability outside 0..1.
        """
        check_ranges(self, _POSSIBLE)


def survey_noise(
    rng: np.random.Generator, shape: tuple[int, ...], ranges: NoiseRanges
) -> tuple[Float32[ndarray, "*space"], float]:
    """Noise of unit standard deviation, and the standard deviation that it should have for a signal of 1.

    Args:
        rng: random stream.
        shape: (trace, time) or (inline, crossline, time) samples.
        ranges: what is drawn.
    """
    noise = _filtered(rng, rng.standard_normal(shape, dtype=np.float32), ranges)
    noise *= np.exp(_curve(rng, shape[-1]) * np.float32(rng.uniform(*ranges.depth)))
    loud = rng.standard_normal(shape[:-1], dtype=np.float32) * np.float32(rng.uniform(*ranges.trace))
    if rng.random() < ranges.bad:
        which = rng.random(shape[:-1]) < rng.uniform(*ranges.share)
        loud[which] += math.log(rng.uniform(*ranges.loud))
    noise *= np.exp(loud)[..., None]
    noise /= max(float(noise.std()), 1e-6)
    return noise, 10 ** (-rng.uniform(*ranges.snr) / 20)


def _filtered(rng: np.random.Generator, noise: NDArray[np.float32], ranges: NoiseRanges) -> NDArray[np.float32]:
    """White noise filtered to a band of frequencies and a fan of dips."""
    low, high, dip = (rng.uniform(*each) for each in (ranges.low, ranges.high, ranges.dip))
    white, fan, smooth = (rng.random() < chance for chance in (ranges.white, ranges.fan, ranges.smooth))
    widths = rng.uniform(*ranges.alike, noise.ndim - 1)
    if white:
        return noise
    frequency = np.fft.rfftfreq(noise.shape[-1]).astype(np.float32)
    numbers = np.meshgrid(*(np.fft.fftfreq(n).astype(np.float32) for n in noise.shape[:-1]), indexing="ij")
    gain: NDArray[np.floating[Any]] = _step(frequency - low, 0.02) * _step(max(high, low + 0.05) - frequency, 0.02)
    if fan:
        steep = np.sqrt(np.square(numbers).sum(0))[..., None]
        gain = gain * _step(dip * frequency - steep, 0.05)
    if smooth:
        across = sum(np.square(2 * math.pi * width * k) for width, k in zip(widths, numbers, strict=True))
        gain = gain * np.exp(-0.5 * across)[..., None]
    axes = tuple(range(noise.ndim))
    return np.asarray(np.fft.irfftn(np.fft.rfftn(noise, axes=axes) * gain, noise.shape, axes), np.float32)


def _step(distance: NDArray[np.floating[Any]], width: float) -> NDArray[np.floating[Any]]:
    """Smooth step from 0 to 1 around a distance of 0."""
    return np.asarray(0.5 * (1 + np.tanh(distance / np.float32(width))))


def _curve(rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
    """A slow random curve of about unit variance."""
    knots = rng.standard_normal(6)
    return np.interp(np.linspace(0, 5, samples), np.arange(6), knots).astype(np.float32)
