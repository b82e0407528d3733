"""Background of a station: ground noise, machines, traffic and faults of the electronics."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from jaxtyping import Bool, Float, Float32
from numpy import ndarray

from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.peterson import high_noise, low_noise
from geocnn.synthetic.earthquakes.ranges import EarthquakeRanges

__all__ = ["Background", "background", "spikes"]

_BAND = (1.0, 20.0)
"""Band in which local earthquakes are searched, and compared with noise, Hz."""
_HIGHEST = 0.9
"""Upper end of the spectrum of noise, as a share of the Nyquist frequency."""


@dataclass(frozen=True, eq=False)
class Background:
    """Record of a station without earthquakes.

    Attributes:
        waveform: ground velocity as recorded, m/s.
        live: where there are data.
        density: power spectral density of the steady part of a component, (m/s)^2/Hz, by frequency.
        loudness: standard deviation of the steady part within 1..20 Hz.
    """

    waveform: Float32[ndarray, "3 size"]
    live: Bool[ndarray, "3 size"]
    density: Float[ndarray, " frequencies"]
    loudness: float

    @classmethod
    def of(
        cls,
        clock: Clock,
        waveform: Float32[ndarray, "3 size"],
        live: Bool[ndarray, "3 size"],
        density: Float[ndarray, " frequencies"],
    ) -> "Background":
        """Background, with its loudness computed."""
        within = (clock.frequency >= _BAND[0]) & (clock.frequency <= _BAND[1])
        return cls(waveform, live, density, float(np.sqrt(np.sum(density[within]) * clock.rate / clock.padded)))

    def beside(self, clock: Clock, waves: Float32[ndarray, "3 size"]) -> float:
        """Standard deviation that noise as strong as in the band of the waves would have within 1..20 Hz.

        A wave of 10 Hz can be seen above microseisms of any size. The mean of the logarithm of the noise, weighted with
        the power of the waves, tells how much noise competes with them.
        """
        band = (clock.frequency >= _BAND[0]) & (clock.frequency <= _HIGHEST * clock.rate / 2)
        power = np.sum(np.abs(scipy.fft.rfft(waves, clock.padded, axis=1)[:, band]) ** 2, axis=0, dtype=np.float64)
        total = float(power.sum())
        if not total > 0:
            return self.loudness
        least = np.finfo(np.float64).tiny
        level = float(np.exp(np.sum(power * np.log(np.maximum(self.density[band], least))) / total))
        return float(np.sqrt(level * (_BAND[1] - _BAND[0])))


def background(
    rng: np.random.Generator, ranges: EarthquakeRanges, clock: Clock, response: Float[ndarray, " frequencies"]
) -> Background:
    """Noise between the models of Peterson, with machines and passing traffic.

    Args:
        rng: random numbers.
        ranges: ranges from which properties are drawn.
        clock: samples and frequencies of the record.
        response: response of the recording, by frequency.
    """
    density = _density(rng, ranges, clock) * response**2  # (m/s)^2 / Hz
    sides = np.array([1.0, *np.exp(rng.uniform(-0.2, 0.7, 1).repeat(2))])  # horizontal noise is mostly larger
    scale = np.sqrt(density * clock.rate * clock.padded / 4).astype(np.float32)
    parts = rng.standard_normal((3, len(scale), 2), np.float32)
    spectrum = (parts[..., 0] + 1j * parts[..., 1]) * scale * sides[:, None].astype(np.float32)
    noise = scipy.fft.irfft(spectrum, clock.padded, axis=1)[:, : clock.size].astype(np.float32)
    noise *= _slow(rng, clock.size, rng.uniform(0, 0.3))
    steady = Background.of(clock, noise, np.ones((3, clock.size), bool), density)
    for _ in range(int(rng.integers(*ranges.lines, endpoint=True))):
        noise += steady.loudness * _line(rng, clock)
    for _ in range(int(rng.integers(*ranges.bursts, endpoint=True))):
        _burst(rng, clock, noise, steady.loudness)
    return steady


def _density(rng: np.random.Generator, ranges: EarthquakeRanges, clock: Clock) -> Float[ndarray, " frequencies"]:
    """Power spectral density of ground velocity: between Peterson's models, tilted, and with bumps."""
    frequency = np.maximum(clock.frequency, clock.frequency[1])
    low, high = low_noise(1 / frequency), high_noise(1 / frequency)
    level = low + rng.uniform(*ranges.noise_level) * (high - low)
    octaves = np.log2(frequency)
    level += rng.uniform(-1.5, 1.5) * octaves
    for _ in range(int(rng.integers(0, 4))):
        centre, width = rng.uniform(-3, 5.5), rng.uniform(0.2, 1.5)
        level += rng.uniform(-6, 12) * np.exp(-0.5 * ((octaves - centre) / width) ** 2)
    density: Float[ndarray, " frequencies"] = 10 ** (level / 10) / (2 * np.pi * frequency) ** 2
    density[0] = 0
    return density


def _slow(rng: np.random.Generator, size: int, deviation: float) -> Float32[ndarray, " size"]:
    """Slow changes of loudness about 1."""
    knots = np.exp(deviation * rng.standard_normal(8))
    return np.interp(np.linspace(0, 7, size), np.arange(8), knots).astype(np.float32)


def _line(rng: np.random.Generator, clock: Clock) -> Float32[ndarray, "3 size"]:
    """Noise of a machine: a spectral line whose frequency hardly changes."""
    time = np.arange(clock.size, dtype=np.float32) / np.float32(clock.rate)
    frequency = np.exp(rng.uniform(np.log(1.0), np.log(min(45.0, 0.45 * clock.rate))))
    wander = np.interp(time, np.linspace(0, time[-1], 6), np.cumsum(rng.standard_normal(6) * 0.3)).astype(np.float32)
    gains = np.exp(rng.uniform(np.log(0.05), np.log(1.5))) * np.exp(0.5 * rng.standard_normal(3))
    phases = rng.uniform(0, 2 * np.pi, 3)
    wave = np.float32(2 * np.pi * frequency) * time + wander
    return np.stack([np.float32(g) * np.sin(wave + np.float32(p)) for g, p in zip(gains, phases, strict=True)])


def _burst(rng: np.random.Generator, clock: Clock, noise: Float32[ndarray, "3 size"], loudness: float) -> None:
    """Add a passing vehicle, steps, a gust or a thud: one group of waves or several, never a P and an S."""
    seconds = np.exp(rng.uniform(np.log(0.15), np.log(12.0)))
    length = max(8, round(seconds * clock.rate))
    height = loudness * np.exp(rng.uniform(np.log(1.0), np.log(40.0)))
    rise = np.exp(rng.uniform(np.log(0.03), np.log(0.6)))  # as a share of the length
    t = np.linspace(0, 1, length, dtype=np.float32)
    envelope = np.where(t < rise, np.sin(np.pi / 2 * t / rise) ** 2, np.exp(-4 * (t - rise) / (1 - rise)) * (1 - t))
    frequency = np.exp(rng.uniform(np.log(1.5), np.log(min(35.0, 0.35 * clock.rate)))) / clock.rate
    cycles = np.exp(rng.uniform(np.log(0.7), np.log(5.0)))
    half = round(1.5 * cycles / frequency / 2) + 1
    tau = np.arange(-half, half + 1) * frequency
    carrier = np.cos(2 * np.pi * tau) * np.exp(-0.5 * (2.5 * tau / cycles) ** 2)
    carrier /= np.sqrt(np.sum(carrier**2))
    gains = height * np.exp(0.6 * rng.standard_normal(3))
    common = rng.uniform(0, 0.9)  # share of the motion that is common to the components
    motion = np.sqrt(common) * rng.standard_normal(length) + np.sqrt(1 - common) * rng.standard_normal((3, length))
    group = np.stack([np.convolve(m * envelope, carrier) * g for m, g in zip(motion, gains, strict=True)])
    repeats = int(rng.integers(2, 12)) if seconds < 1 and rng.random() < 0.4 else 1
    start = float(rng.uniform(-length / 2, clock.size - length / 4))
    for _ in range(repeats):
        _add(noise, group * rng.uniform(0.6, 1.4), round(start))
        start += length + rng.uniform(0.2, 0.9) * clock.rate


def _add(onto: Float32[ndarray, "3 size"], group: Float[ndarray, "3 length"], start: int) -> None:
    """Add the part of a group that lies inside the record."""
    first, last = max(start, 0), min(start + group.shape[1], onto.shape[1])
    if first < last:
        onto[:, first:last] += group[:, first - start : last - start].astype(np.float32)


def spikes(rng: np.random.Generator, clock: Clock, height: float) -> Float32[ndarray, "3 size"]:
    """Faults of the electronics: spikes of one sample, decaying steps, and responses of the sensor to tilt."""
    wrong = np.zeros((3, clock.size), np.float32)
    where = [int(rng.integers(0, 3))] if rng.random() < 0.6 else [0, 1, 2]
    for _ in range(int(rng.integers(1, 4))):
        at, size = int(rng.integers(0, clock.size)), height * np.exp(rng.uniform(np.log(3.0), np.log(300.0)))
        decay = np.exp(rng.uniform(np.log(0.002), np.log(4.0))) * clock.rate
        tail = np.exp(-np.arange(clock.size - at) / decay)
        if rng.random() < 0.3:  # to one side and back, as for a tilt
            tail *= np.cos(np.arange(clock.size - at) / decay)
        for component in where:
            wrong[component, at:] += np.float32(size * rng.choice((-1, 1))) * tail.astype(np.float32)
    return wrong
