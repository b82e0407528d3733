"""An earthquake near a station: its place, the arrival times of its waves, and its waveforms."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.fft
from jaxtyping import Complex, Float, Float32
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.places import Place, Places
from geocnn.synthetic.earthquakes.radiation import Radiation
from geocnn.synthetic.earthquakes.ranges import EarthquakeRanges
from geocnn.synthetic.earthquakes.recording import Recording
from geocnn.synthetic.earthquakes.spectra import brune, corner_frequency, minimum_phase, path
from geocnn.travel import TravelTimes

__all__ = ["Arrival", "Source", "draw", "seismogram"]


_PARTS = (0.3, 3.0)
"""Range of the pulses of further parts of a fault relative to the first, log-uniform."""
_LONGEST = 5.0
"""Longest rupture, s: what extends beyond the end of a record would wrap around after ten seconds."""


@dataclass(frozen=True)
class Arrival:
    """First wave of a kind.

    Attributes:
        phase: P or S.
        time: seconds after the first sample.
        source: number of its earthquake in the record.
        polarity: of the first motion, 1 up, -1 down; 0 for S waves.
        snr: signal-to-noise ratio, see :class:`geocnn.synthetic.network.Network`; None where it is not known.
    """

    phase: Literal["P", "S"]
    time: float
    source: int
    polarity: int = 0
    snr: float | None = None


@dataclass(frozen=True)
class Source:
    """An earthquake as seen from the station.

    Attributes:
        distance: of the epicentre, km.
        depth: km.
        azimuth: direction of the epicentre as seen from the station, degrees from north.
        magnitude: moment magnitude.
        origin: time at which it begins, seconds after the first sample; mostly negative.
        p: travel time of the first P wave, s.
        s: travel time of the first S wave, s.
        direct: travel time of the direct P wave, s; larger than ``p`` if a wave along the mantle is first.
        polarity: of the first motion, 1 up or -1 down.
        cluster: number of its cluster in a region, from 0 on; None without clusters.
    """

    distance: float
    depth: float
    azimuth: float
    magnitude: float
    origin: float
    p: float
    s: float
    direct: float
    polarity: int
    cluster: int | None = None

    def arrivals(self, number: int, clock: Clock) -> list[Arrival]:
        """Its P and S arrivals that are inside the record."""
        both = [
            Arrival("P", self.origin + self.p, number, self.polarity),
            Arrival("S", self.origin + self.s, number),
        ]
        return [a for a in both if a.time >= 0 and round(a.time * clock.rate) < clock.size]


def draw(
    rng: np.random.Generator,
    ranges: EarthquakeRanges,
    clock: Clock,
    times: TravelTimes | None,
    places: Places | None = None,
) -> Source:
    """Draw an earthquake from the ranges, the table or given places; its P wave is mostly inside the record.

    Raises:
        DataError: the table and the ranges have nothing in common, or a place is not in the table.
    """
    place = _somewhere(rng, ranges, times) if places is None else places.draw(rng)
    if times is None:
        p, direct = _times(rng, ranges, place.distance, place.depth)
        s = direct * float(rng.uniform(*ranges.ratio))
    else:  # the earth differs from the model: velocities are scaled, and that of S waves once more
        both, own = 1 + 0.03 * float(rng.standard_normal()), 1 + 0.01 * float(rng.standard_normal())
        p, s, direct = (both * time for time in times.at(place.distance, place.depth))
        s = max(own * s, 1.2 * p)
    length = clock.size / clock.rate
    first = rng.uniform(0.02, 0.95) * length if rng.random() < 0.85 else -rng.uniform(0, 1) * (s - p)
    azimuth = float(rng.uniform(0, 360)) if places is None else place.azimuth
    return Source(
        distance=place.distance,
        depth=place.depth,
        azimuth=azimuth,
        magnitude=float(rng.uniform(*ranges.magnitude)),
        origin=float(first) - p,
        p=p,
        s=s,
        direct=direct,
        polarity=1 if rng.random() < 0.5 else -1,
        cluster=place.cluster,
    )


def _somewhere(rng: np.random.Generator, ranges: EarthquakeRanges, times: TravelTimes | None) -> Place:
    """Draw a place from the ranges; its azimuth is drawn later and is 0 here."""
    (near, far), (shallow, deep) = ranges.distance, ranges.depth
    if times is not None:
        near, far = max(near, float(times.distance[0])), min(far, float(times.distance[-1]))
        shallow, deep = max(shallow, float(times.depth[0])), min(deep, float(times.depth[-1]))
        if near > far or shallow > deep:
            raise DataError("no distance or depth of the ranges lies within the table of travel times; widen one.")
    # Sources are everywhere, and on a sphere all depths are equally frequent (Archimedes). If distance and depth were
    # drawn one by one on logarithmic scales, too many would be just below the station or just below the ground.
    way = max(shallow, float(np.exp(rng.uniform(math.log(near), math.log(far)))))
    depth = float(rng.uniform(shallow, max(shallow, min(deep, way))))
    distance = max(float(near) if times is not None else 0.0, math.sqrt(max(0.0, way**2 - depth**2)))
    return Place(distance, 0.0, depth, None)


def _times(rng: np.random.Generator, ranges: EarthquakeRanges, distance: float, depth: float) -> tuple[float, float]:
    """Travel times of the first and of the direct P wave in a crust of one velocity over the mantle."""
    crust, mantle, moho = (float(rng.uniform(*r)) for r in (ranges.vp, ranges.mantle, ranges.moho))
    direct = math.hypot(distance, depth) / crust
    if depth >= moho or mantle <= crust:
        return direct, direct
    cosine = math.sqrt(1 - (crust / mantle) ** 2)
    leg = 2 * moho - depth
    if distance < leg * crust / mantle / cosine:
        return direct, direct
    return min(direct, distance / mantle + leg * cosine / crust), direct


@dataclass(frozen=True, eq=False)
class _Wave:
    """Pulse of a phase.

    Attributes:
        spectrum: spectrum of the pulse, scaled to a peak of 1.
        peak: peak of the pulse before that, for a source whose displacement has the area 1 / (2 pi).
        spread: standard deviation of scattered waves that are made of random numbers of standard deviation 1.
        frequency: centre of the spectrum, Hz.
    """

    spectrum: Complex[ndarray, " frequencies"]
    peak: float
    spread: float
    frequency: float

    @classmethod
    def of(cls, amplitude: Float[ndarray, " frequencies"], clock: Clock) -> "_Wave":
        """Causal pulse with a given amplitude spectrum."""
        spectrum = minimum_phase(amplitude, clock.padded)
        pulse = scipy.fft.irfft(spectrum, clock.padded)
        peak = float(np.abs(pulse).max())
        power = amplitude**2
        centre = float(np.sum(clock.frequency * power) / np.sum(power))
        return cls(spectrum / peak, peak * clock.rate, float(np.sqrt(np.sum(pulse**2))) / peak, centre)


def seismogram(
    rng: np.random.Generator,
    ranges: EarthquakeRanges,
    clock: Clock,
    source: Source,
    recording: Recording,
    radiation: Radiation | None = None,
) -> Float32[ndarray, "3 size"]:
    """Waves of an earthquake at the station, in m/s if its radiation is given.

    Without radiation the pulse of the direct P wave has a peak of about 1.
    """
    p_wave, s_wave, corner = _waves(rng, ranges, clock, source, recording)
    if radiation is None:
        p_way, s_way = _directions(rng, ranges, source)
        size, times_p = 1.0, float(np.exp(rng.uniform(*np.log(ranges.amplitude_ratio))))
        p_coda = s_coda = None
    else:
        p_way, s_way = radiation.p, radiation.s
        p_coda, s_coda = (None, None) if radiation.scattered is None else radiation.scattered
        size, s_size = (2 * math.pi * a * w.peak for a, w in zip(radiation.areas, (p_wave, s_wave), strict=True))
        times_p = s_size / size
    begin = source.origin
    p_part = _scattered(rng, ranges, clock, p_wave, p_way, (begin + source.direct, source.direct), p_coda)
    if source.p < source.direct:  # the head wave is weaker and has scattered waves of its own
        weak = np.float32(rng.uniform(0.15, 0.8))
        p_part += weak * _scattered(rng, ranges, clock, p_wave, p_way, (begin + source.p, source.p))
    s_part = np.float32(times_p) * _scattered(rng, ranges, clock, s_wave, s_way, (begin + source.s, source.s), s_coda)
    if rng.random() < ranges.converted:
        lead = (source.s - source.direct) * rng.uniform(0.02, 0.3)
        _pulse(s_part, clock, begin + source.s - lead, p_way * times_p * rng.uniform(0.1, 0.4))
        _pulse(p_part, clock, begin + source.direct + lead, s_way * rng.uniform(0.1, 0.5))
    spectrum = scipy.fft.rfft(p_part, clock.padded, axis=1) * p_wave.spectrum
    spectrum += scipy.fft.rfft(s_part, clock.padded, axis=1) * s_wave.spectrum
    spectrum *= _rupture(rng, ranges, clock, corner)
    waves: Float32[ndarray, "3 size"] = scipy.fft.irfft(spectrum, clock.padded, axis=1)[:, : clock.size]
    waves = waves.astype(np.float32, copy=False)
    return waves if radiation is None else waves * np.float32(size)


def _waves(
    rng: np.random.Generator, ranges: EarthquakeRanges, clock: Clock, source: Source, recording: Recording
) -> tuple[_Wave, _Wave, float]:
    """Pulses of P and S after source, path, site and instrument, and the corner frequency of S at the source in Hz."""
    drop, corners = float(10 ** rng.uniform(*ranges.stress_drop)), float(rng.uniform(*ranges.corner_ratio))
    speed = 1000 * math.hypot(source.distance, source.depth) / source.s
    corner = corner_frequency(source.magnitude, drop, speed)
    quality, exponent = float(10 ** rng.uniform(*ranges.quality)), float(rng.uniform(*ranges.quality_exponent))
    f = clock.frequency
    made = []
    for hertz, time in ((corner * corners, source.direct), (corner, source.s)):
        left = path(f, time, quality, exponent, recording.kappa)
        made.append(_Wave.of(brune(f, hertz) * left * recording.site * recording.response, clock))
    return made[0], made[1], corner


def _rupture(
    rng: np.random.Generator, ranges: EarthquakeRanges, clock: Clock, corner: float
) -> Complex[ndarray, " frequencies"]:
    """Spectrum of a rupture whose parts break one after the other, each with one pulse; its moment is unchanged."""
    row: Complex[ndarray, " frequencies"] = np.ones(len(clock.frequency), np.complex64)
    for _ in range(int(rng.integers(ranges.ruptures[0], ranges.ruptures[1] + 1))):
        size = math.exp(rng.uniform(*np.log(_PARTS)))
        # Delays are whole samples, because others would ring before the pulse begins.
        delay = round(rng.uniform(0, min(1 / corner, _LONGEST)) * clock.rate) / clock.rate
        row += (size * np.exp(-2j * np.pi * delay * clock.frequency)).astype(np.complex64)
    row /= row[0].real
    return row


def _directions(
    rng: np.random.Generator, ranges: EarthquakeRanges, source: Source
) -> tuple[Float[ndarray, " 3"], Float[ndarray, " 3"]]:
    """Unit vectors of motion (up, north, east): of P away from the source, of S across that."""
    takeoff = source.distance / math.hypot(source.distance, source.depth)  # sine of the takeoff angle of a straight ray
    incidence = math.asin(takeoff * rng.uniform(*ranges.surface))
    azimuth, turn = (math.radians(a) for a in (source.azimuth, rng.uniform(0, 360)))
    away = np.array([0.0, -math.cos(azimuth), -math.sin(azimuth)])
    up, across = np.array([1.0, 0.0, 0.0]), np.array([0.0, -away[2], away[1]])
    along = math.cos(incidence) * up + math.sin(incidence) * away
    vertical = math.cos(incidence) * away - math.sin(incidence) * up
    return source.polarity * along, math.cos(turn) * vertical + math.sin(turn) * across


def _scattered(
    rng: np.random.Generator,
    ranges: EarthquakeRanges,
    clock: Clock,
    wave: _Wave,
    way: Float[ndarray, " 3"],
    when: tuple[float, float],
    numbers: Float32[ndarray, "3 samples"] | None = None,
) -> Float32[ndarray, "3 size"]:
    """Series to convolve a pulse with: the direct wave, then random numbers that fade (Aki & Chouet 1975).

    The random numbers are drawn, or given from the onset on.
    """
    onset, travel = when
    lapse = np.arange(clock.size, dtype=np.float32) / np.float32(clock.rate) - np.float32(onset)
    after = np.maximum(lapse, 0)
    exponent = np.float32(rng.uniform(*ranges.coda_exponent))
    fade = np.float32(math.pi * wave.frequency / 10 ** rng.uniform(*ranges.coda_quality))
    rise = np.float32(10 ** rng.uniform(*ranges.rise))
    level = float(np.exp(rng.uniform(*np.log(ranges.coda)))) / wave.spread
    envelope = (1 + after / np.float32(max(travel, 0.3))) ** -exponent * np.exp(-fade * after)
    envelope *= (1 - np.exp(-after / rise)) * np.float32(level)
    sides = np.sqrt(0.4 * way**2 + 0.2).astype(np.float32)  # mainly along the motion of the direct wave
    drawn = rng.standard_normal((3, clock.size), np.float32) if numbers is None else _behind(numbers, clock, onset)
    train: Float32[ndarray, "3 size"] = drawn * envelope * sides[:, None]
    _pulse(train, clock, onset, way)
    return train


def _behind(numbers: Float32[ndarray, "3 samples"], clock: Clock, onset: float) -> Float32[ndarray, "3 size"]:
    """Random numbers placed from the onset on, with zeros before them and after their end."""
    placed = np.zeros((3, clock.size), np.float32)
    at = math.ceil(onset * clock.rate)
    inside = numbers[:, max(0, -at) : max(0, clock.size - at)]
    placed[:, max(0, at) : max(0, at) + inside.shape[1]] = inside
    return placed


def _pulse(train: Float32[ndarray, "3 size"], clock: Clock, onset: float, motion: Float[ndarray, " 3"]) -> None:
    """Add the direct wave at the first sample after its onset."""
    at = math.ceil(onset * clock.rate)
    if 0 <= at < clock.size:
        train[:, at] += motion.astype(np.float32)
