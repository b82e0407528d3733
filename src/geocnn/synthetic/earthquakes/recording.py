"""From the ground to the file: response of site, instrument and recorder, and their faults."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32
from numpy import ndarray

from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.ranges import EarthquakeRanges
from geocnn.synthetic.earthquakes.spectra import instrument, resonance

__all__ = ["Recording", "blemish", "live_samples"]


@dataclass(frozen=True, eq=False)
class Recording:
    """Responses that all waves of a record pass through.

    Attributes:
        response: response of instrument and recorder, by frequency.
        site: amplification of waves from below, by frequency.
        kappa: attenuation under the station, s.
    """

    response: Float[ndarray, " frequencies"]
    site: Float[ndarray, " frequencies"]
    kappa: float

    @classmethod
    def draw(cls, rng: np.random.Generator, ranges: EarthquakeRanges, clock: Clock) -> "Recording":
        """Draw a station."""
        f = clock.frequency
        response = instrument(f, float(10 ** rng.uniform(*ranges.instrument)))
        nyquist = clock.rate / 2
        response = response / np.sqrt(1 + (f / (0.85 * nyquist)) ** 24)  # anti-alias filter of the digitiser
        if rng.random() < ranges.slow:
            response = response / np.sqrt(1 + (f / rng.uniform(*ranges.lowpass)) ** 16)
        site = np.ones_like(f)
        for _ in range(int(rng.integers(*ranges.resonances, endpoint=True))):
            peak = float(np.exp(rng.uniform(np.log(0.5), np.log(0.6 * nyquist))))
            site *= resonance(f, peak, float(np.exp(rng.uniform(0.2, 1.4))), float(rng.uniform(0.1, 0.5)))
        return cls(response, site, float(rng.uniform(*ranges.kappa)))


def blemish(
    rng: np.random.Generator, ranges: EarthquakeRanges, waveform: Float32[ndarray, "3 size"], loudness: float
) -> Float32[ndarray, "3 size"]:
    """Add unequal gains, wrong signs, an offset, and coarse or clipped numbers to a waveform."""
    gains = np.exp(0.25 * rng.standard_normal(3)) * np.where(rng.random(3) < ranges.flipped, -1, 1)
    waveform = waveform * gains[:, None].astype(np.float32)
    if rng.random() < ranges.clipped:
        limit = np.float32(np.abs(waveform).max() * rng.uniform(0.2, 0.8))
        waveform = np.clip(waveform, -limit, limit)
    if rng.random() < 0.5:
        waveform += np.float32(loudness) * np.float32(3) * rng.standard_normal((3, 1), np.float32)
    if rng.random() < ranges.coarse:
        step = np.float32(loudness * np.exp(rng.uniform(np.log(0.1), np.log(3.0))))
        waveform = np.round(waveform / step) * step
    return waveform


def live_samples(rng: np.random.Generator, ranges: EarthquakeRanges, clock: Clock) -> Bool[ndarray, "3 size"]:
    """Draw where there are data."""
    live = np.ones((3, clock.size), bool)
    if rng.random() < ranges.dead:
        horizontal = rng.random() < 0.5
        live[[1, 2] if horizontal else rng.permutation(3)[: int(rng.integers(1, 3))]] = False
    if rng.random() < ranges.gap:
        start = rng.uniform(0, 1) if rng.random() < 0.5 else 0
        length = np.exp(rng.uniform(np.log(0.01), np.log(0.4)))
        live[:, round(start * clock.size) : round((start + length) * clock.size)] = False
    return live
