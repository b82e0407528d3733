"""Windows with earthquakes at known places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from jaxtyping import Float32
from numpy import ndarray
from torch import Tensor, nn

from geocnn.location import asked, encode
from geocnn.synthetic.earthquakes import EarthquakeRanges, EarthquakeRecord, Places, RecordedNoise, earthquake
from geocnn.travel import TravelTimes

__all__ = ["PlacedRecords"]

_FALSE = 0.2
"""Share of the earthquake records in which the detector is asked about a false pick."""
_SEEN = 0.05
"""Least probability of a false pick according to the picker."""


@dataclass(frozen=True)
class PlacedRecords:
    """Synthetic seismograms with the right answers of a detector, made on request.

    Attributes:
        samples: number of records in an epoch.
        size: samples of a record.
        seed: seed of the series.
        rate: samples per second.
        picker: network that tells where P and S are.
        ranges: ranges from which properties are drawn.
        noise: noise of real stations.
        places: places of the earthquakes of a region.
        times: travel times in a region.
    """

    samples: int
    size: int
    seed: int
    rate: float
    picker: nn.Module
    ranges: EarthquakeRanges = field(default_factory=EarthquakeRanges)
    noise: RecordedNoise | None = None
    places: Places | None = None
    times: TravelTimes | None = None

    def __len__(self) -> int:
        """Number of samples in an epoch."""
        return self.samples

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, 5, size)``: ground velocity, components Z, N, E, then P and S; and probabilities of bins."""
        record = partial(earthquake, seed=self.seed, size=self.size, rate=self.rate, ranges=self.ranges)
        records = [record(i, noise=self.noise, places=self.places, times=self.times) for i in indices]
        waveform = torch.from_numpy(np.stack([r.waveform for r in records]))
        with torch.inference_mode():
            phases = torch.softmax(self.picker(waveform), 1)[:, :2].numpy()
        known = []
        for index, made, phase in zip(indices, records, phases, strict=True):
            onset, said = self.question(np.random.default_rng((self.seed, index, 1)), made, phase[0])
            phase[:] = asked(phase, onset)
            known.append(said)
        return torch.cat((waveform, torch.from_numpy(phases)), 1), torch.from_numpy(np.stack(known))

    def question(
        self, rng: np.random.Generator, record: EarthquakeRecord, probability: Float32[ndarray, " size"]
    ) -> tuple[int, Float32[ndarray, " bins"]]:
        """Sample of a pick, and the right answer about it.

        The pick is the P wave of an earthquake or, in records without one and sometimes in others, the false pick that
        looks most like a P wave to the picker. A place is part of the answer if the S wave is in the record as well, or
        if P is so early that only a far earthquake has its S wave beyond the end.

        Args:
            rng: random numbers.
            record: record with its arrivals.
            probability: probability of P by sample.
        """
        length = self.size / self.rate
        said = partial(encode, clusters=len(self.places.centres) if self.places else 0)
        waves = [a for a in record.arrivals if a.phase == "P" and a.time < length - 1]
        others = probability.copy()
        for wave in record.arrivals:
            if wave.phase == "P":
                others[max(0, round((wave.time - 1) * self.rate)) : round((wave.time + 1) * self.rate)] = 0
        false = int(np.argmax(others))
        if not waves or (rng.random() < _FALSE and others[false] > _SEEN):
            return false, said(event=False, where=None)
        wave = waves[int(rng.integers(len(waves)))]
        source = record.sources[wave.source]
        whole = wave.time < 6 or any(a.phase == "S" and a.source == wave.source for a in record.arrivals)
        where = (source.distance, source.azimuth, source.depth)
        known = {"where": where, "cluster": source.cluster} if whole else {"where": None}
        return round(wave.time * self.rate), said(event=True, **known)
