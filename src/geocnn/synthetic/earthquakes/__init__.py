"""Synthetic seismograms of three components: earthquakes near a station, in noise, labelled.

A stochastic point source (D. M. Boore, 2003, Simulation of ground motion using the stochastic method, Pure Appl.
Geophys. 160, 635-676): each phase is a polarised pulse and scattered waves behind it, with the spectrum of a Brune
source after attenuation, site and instrument. Noise lies between the models of Peterson (1993). Ranges, with their
sources, are those of :class:`~geocnn.synthetic.earthquakes.ranges.EarthquakeRanges`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.synthetic.earthquakes.background import background, spikes
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.places import Places
from geocnn.synthetic.earthquakes.ranges import EarthquakeRanges
from geocnn.synthetic.earthquakes.recorded import RecordedNoise
from geocnn.synthetic.earthquakes.recording import Recording, blemish, live_samples
from geocnn.synthetic.earthquakes.source import Arrival, Source, draw, seismogram
from geocnn.synthetic.earthquakes.taught import TaughtRecord, TaughtRecords
from geocnn.travel import TravelTimes

__all__ = [
    "COMPONENTS",
    "Arrival",
    "EarthquakeRanges",
    "EarthquakeRecord",
    "Places",
    "RecordedNoise",
    "Source",
    "TaughtRecord",
    "TaughtRecords",
    "earthquake",
]

COMPONENTS = ("Z", "N", "E")
_MOST = 4
"""Largest number of earthquakes in a record."""


@dataclass(frozen=True, eq=False)
class EarthquakeRecord:
    """A labelled record.

    Attributes:
        waveform: ground velocity as recorded, m/s, components :data:`COMPONENTS`.
        live: False in gaps and on dead components, where the waveform is 0.
        rate: samples per second.
        sources: the earthquakes, in the order in which they were drawn; none in a quiet record.
        arrivals: first P and S waves inside the record, by time.
    """

    waveform: Float32[ndarray, "3 size"]
    live: Bool[ndarray, "3 size"]
    rate: float
    sources: tuple[Source, ...]
    arrivals: tuple[Arrival, ...]

    def probabilities(self, deviation: float = 0.1) -> Float32[ndarray, "3 size"]:
        """Targets of a picker: P, S and neither, with a Gaussian around each arrival (Zhu & Beroza 2019).

        W. Zhu, G. C. Beroza, 2019, PhaseNet: a deep-neural-network-based seismic arrival-time picking method,
        Geophys. J. Int. 216(1), 261-273, doi:10.1093/gji/ggy423.

        Args:
            deviation: standard deviation of the Gaussian, s.
        """
        targets = np.zeros((3, self.waveform.shape[1]), np.float32)
        time = np.arange(self.waveform.shape[1]) / self.rate
        for arrival in self.arrivals:
            row = targets["PS".index(arrival.phase)]
            np.maximum(row, np.exp(-0.5 * ((time - arrival.time) / deviation) ** 2), out=row, casting="same_kind")
        both = targets[0] + targets[1]
        targets[:2] /= np.maximum(both, 1)
        targets[2] = 1 - targets[0] - targets[1]
        return targets


def earthquake(
    index: int,
    *,
    seed: int = 0,
    size: int = 3001,
    rate: float = 100.0,
    ranges: EarthquakeRanges | None = None,
    times: TravelTimes | None = None,
    noise: RecordedNoise | None = None,
    places: Places | None = None,
) -> EarthquakeRecord:
    """Make record ``index`` of series ``seed``, which is always the same.

    Args:
        index: number of the record, 0 or more.
        seed: number of the series, 0 or more.
        size: samples.
        rate: samples per second.
        ranges: ranges from which properties are drawn.
        times: travel times of a site; sources then lie within its table. By default those of a crust of one velocity
            over the mantle, drawn for each earthquake.
        noise: noise of real stations for a share of the records, which then have its unit.
        places: places of the earthquakes of a region, instead of distances and depths from the ranges.

    Raises:
        DataError: a number is negative, or the record has fewer than 64 samples.
    """
    if min(index, seed) < 0 or size < 64 or not 0 < rate < 1e6:
        raise DataError(
            f"index is {index}, seed {seed}, size {size} samples and rate {rate:g} Hz; needed are 0 or more, 0 or "
            "more, 64 samples or more, and a rate above 0."
        )
    ranges = ranges or EarthquakeRanges()
    rng = np.random.default_rng((seed, index))
    clock = Clock.of(size, rate)
    recording = Recording.draw(rng, ranges, clock)
    real = noise is not None and rng.random() < noise.share
    ground = noise.draw(rng, clock) if noise and real else background(rng, ranges, clock, recording.response)
    waveform = ground.waveform
    number = int(rng.random() >= ranges.quiet)
    while 0 < number < _MOST and rng.random() < ranges.second:
        number += 1
    sources = tuple(draw(rng, ranges, clock, times, places) for _ in range(number))
    arrivals: list[Arrival] = []
    for number, source in enumerate(sources):
        waves = seismogram(rng, ranges, clock, source, recording)
        waveform += np.float32(ground.beside(clock, waves) * 10 ** rng.uniform(*ranges.snr)) * waves
        arrivals += source.arrivals(number, clock)
    if rng.random() < ranges.spikes:
        waveform += spikes(rng, clock, ground.loudness)
    waveform = blemish(rng, ranges, waveform, ground.loudness)
    live = ground.live & live_samples(rng, ranges, clock)
    waveform[~live] = 0
    seen = [a for a in sorted(arrivals, key=lambda a: a.time) if live[:, round(a.time * rate)].any()]
    return EarthquakeRecord(waveform, live, rate, sources, tuple(seen))
