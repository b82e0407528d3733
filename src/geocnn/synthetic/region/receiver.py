"""A station: properties that are the same in all its records."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray

from geocnn.synthetic.earthquakes.background import Background, background, spikes
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.radiation import Radiation
from geocnn.synthetic.earthquakes.ranges import EarthquakeRanges
from geocnn.synthetic.earthquakes.recording import Recording
from geocnn.synthetic.earthquakes.source import Source, seismogram
from geocnn.synthetic.region.scatterers import Scatterers

__all__ = ["Receiver"]

_COMMON = {"converted": 0.0, "spikes": 0.03, "slow": 0.0}
_NOISE = (0.55, 0.9)
"""Default range of the noise level of a station between Peterson's models."""
_PER_EVENT = {"stress_drop": (6.2, 6.8), "corner_ratio": (1.2, 1.4), "bursts": (0, 2), "lines": (0, 2)}
_DRAWN = {
    "kappa": (0.02, 0.05),
    "quality": (1.9, 2.2),
    "quality_exponent": (0.5, 0.8),
    "instrument": (-2.0, -1.0),
    "coda": (0.4, 1.0),
    "coda_exponent": (1.2, 1.8),
    "coda_quality": (2.0, 2.4),
    "rise": (-1.3, -0.7),
}


@dataclass(frozen=True, eq=False)
class Receiver:
    """A station, drawn once.

    Fixed are its instrument, the response of the site, attenuation on the way to it, strength and decrease of the coda,
    and the scatterers around it. What differs from record to record is the earthquake (stress drop, ratio of the corner
    frequencies) and the noise: its level and spectrum, machines, traffic, spikes.

    Attributes:
        seed: seed of the station.
        rate: samples per second.
        ranges: ranges for a record; properties of the station have equal ends.
        gains: gains of the components.
        scatterers: scatterers around the station; None to draw other ones for each record.
    """

    seed: int
    rate: float
    ranges: EarthquakeRanges
    gains: Float32[ndarray, "3 1"]
    scatterers: Scatterers | None

    @classmethod
    def draw(cls, seed: int, *, size: int | None, rate: float, noise_level: tuple[float, float] = _NOISE) -> "Receiver":
        """Draw a station for records of up to ``size`` samples.

        Args:
            seed: seed of the station.
            size: samples of the coda that its earthquakes share; None if they share nothing.
            rate: samples per second.
            noise_level: range of the noise of its records between Peterson's models.
        """
        rng = np.random.default_rng((seed, 11))
        own = {name: (value := float(rng.uniform(*limits)), value) for name, limits in _DRAWN.items()}
        ranges = EarthquakeRanges(**_COMMON, **_PER_EVENT, **own, noise_level=noise_level)  # type: ignore[arg-type]
        gains = np.exp(0.1 * rng.standard_normal((3, 1))).astype(np.float32)
        return cls(seed, rate, ranges, gains, None if size is None else Scatterers.draw(rng, size, rate))

    def recording(self, clock: Clock) -> Recording:
        """Instrument and site, the same for records of any length."""
        return Recording.draw(np.random.default_rng((self.seed, 12)), self.ranges, clock)

    def scattered(
        self, place: Float[ndarray, " 3"], speeds: tuple[float, float]
    ) -> Float32[ndarray, "2 3 samples"] | None:
        """Waves that the scatterers send after P and S, see :meth:`Scatterers.numbers`; None without scatterers."""
        return None if self.scatterers is None else self.scatterers.numbers(place, speeds)

    def waves(
        self, rng: np.random.Generator, size: int, source: Source, radiation: Radiation
    ) -> Float32[ndarray, "3 size"]:
        """Waves of an earthquake without noise, m/s, components Z, N, E."""
        clock = Clock.of(size, self.rate)
        waves = seismogram(rng, self.ranges, clock, source, self.recording(clock), radiation)
        waves *= self.gains
        return waves

    def noise(self, rng: np.random.Generator, size: int) -> Float32[ndarray, "3 size"]:
        """Noise alone, m/s, components Z, N, E."""
        return self.ground(rng, size).waveform

    def ground(self, rng: np.random.Generator, size: int) -> Background:
        """Noise with its spectrum, which is that before the gains of the components."""
        clock = Clock.of(size, self.rate)
        ground = background(rng, self.ranges, clock, self.recording(clock).response)
        if rng.random() < self.ranges.spikes:
            np.add(ground.waveform, spikes(rng, clock, ground.loudness), out=ground.waveform)
        np.multiply(ground.waveform, self.gains, out=ground.waveform)
        return ground
