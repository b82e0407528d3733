"""Real records with the answers of a picker, to be learnt under harder conditions.

A network becomes better by learning its own answers in more noise, at other speeds and from other directions than
those under which it gave them: self-training with a noisy student (Q. Xie, M.-T. Luong, E. Hovy, Q. V. Le, 2020,
Self-training with Noisy Student improves ImageNet classification, CVPR, 10687-10698).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Float64
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.synthetic.earthquakes.background import background
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.ranges import EarthquakeRanges
from geocnn.synthetic.earthquakes.recording import Recording

__all__ = ["TaughtRecord", "TaughtRecords"]

_FASTER = (0.75, 1.4)
"""Range of the random speed: samples of a record per sample of a window."""
_NEAR, _SEEN = 0.6, 0.15
"""Share of the windows that must contain an arrival, and least probability of such an arrival."""
_MARGIN = 0.02
"""Margin at both ends of a window, as a share of its length, in which that arrival is not placed."""
_NOISE, _LEVEL = 0.6, (-1.2, 0.6)
"""Share of the windows to which noise is added, and logarithm of its level relative to the record's fastest motion."""
_DEAD = 0.12
"""Probability of dead components: the vertical one or, more often, both horizontal ones."""
_GAIN = 0.2
"""Standard deviation of the logarithm of a component's gain."""
_TRIES = 20


@dataclass(frozen=True, eq=False)
class TaughtRecord:
    """A continuous record with the answers of a picker.

    Attributes:
        waveform: components Z, N, E, in any unit.
        live: where there are data.
        probability: probabilities of P and of S.
    """

    waveform: Float32[ndarray, "3 samples"]
    live: Bool[ndarray, "3 samples"]
    probability: Float32[ndarray, "2 samples"]


@dataclass(frozen=True, eq=False)
class TaughtRecords:
    """Windows of such records, each a little slower or faster, turned about the vertical, and with a random sign.

    Attributes:
        records: the records, at the rate of the windows.
        share: share of the training windows that come from these records.

    Raises:
        DataError: no record has an arrival, or the share lies outside 0..1.
    """

    records: Sequence[TaughtRecord]
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or not self.arrivals:
            raise DataError(
                f"there are {len(self.arrivals)} arrivals in {len(self.records)} records, for a share of "
                f"{self.share:g}; needed are 1 or more, and a share of 0 to 1."
            )

    @cached_property
    def arrivals(self) -> list[tuple[int, int]]:
        """All probable arrivals: number of the record, and sample."""
        found = []
        for number, record in enumerate(self.records):
            most = record.probability.max(0)
            inner = most[1:-1]
            peaks = (inner > _SEEN) & (inner >= most[:-2]) & (inner > most[2:])
            found += [(number, int(at) + 1) for at in np.flatnonzero(peaks)]
        return found

    def draw(
        self, rng: np.random.Generator, clock: Clock, ranges: EarthquakeRanges
    ) -> tuple[Float32[ndarray, "3 size"], Float32[ndarray, "3 size"]]:
        """Draw a window, and the probabilities of P, S and neither.

        Args:
            rng: random numbers.
            clock: samples of the window.
            ranges: ranges of the noise that is added.
        """
        step = float(np.exp(rng.uniform(*np.log(_FASTER))))
        piece = self._piece(rng, int(np.ceil(clock.size * step)) + 2)
        at, ticks = step * np.arange(clock.size), np.arange(piece.waveform.shape[1])
        live = piece.live[:, np.round(at).astype(int)]
        heard = np.stack([np.interp(at, ticks, row) for row in _level(piece)])
        said = np.stack([np.interp(at, ticks, row) for row in piece.probability])
        heard, live = _turned(rng, heard, live)
        heard *= rng.choice((-1.0, 1.0), (3, 1)) * np.exp(_GAIN * rng.standard_normal((3, 1)))
        if rng.random() < _NOISE:
            noise = background(rng, ranges, clock, Recording.draw(rng, ranges, clock).response)
            fastest = np.abs(np.diff(heard, axis=1))[live[:, 1:]]
            level = float(np.median(fastest)) if len(fastest) else 1.0
            heard += noise.waveform * (level * 10 ** rng.uniform(*_LEVEL) / noise.loudness)
        if rng.random() < _DEAD:
            live[[0] if rng.random() < 0.3 else [1, 2]] = False
        said *= live.any(0)
        both = np.concatenate((said, 1 - said.sum(0, keepdims=True)))
        heard[heard == 0] = np.finfo(np.float32).tiny  # so that it does not count as a gap
        return np.where(live, heard, 0).astype(np.float32), both.astype(np.float32)

    def _piece(self, rng: np.random.Generator, length: int) -> TaughtRecord:
        """Draw ``length`` samples of a record; a shorter record is filled with a gap."""
        sizes = np.array([record.waveform.shape[1] for record in self.records])
        for _ in range(_TRIES):
            if rng.random() < _NEAR:
                number, arrival = self.arrivals[int(rng.integers(len(self.arrivals)))]
                first = arrival - int(rng.uniform(_MARGIN, 1 - _MARGIN) * length)
            else:
                number = int(rng.choice(len(sizes), p=sizes / sizes.sum()))
                first = int(rng.integers(0, max(1, sizes[number] - length)))
            if 0 <= first <= sizes[number] - length:
                break
        first, record = max(0, min(first, sizes[number] - length)), self.records[number]
        there = slice(first, first + length)
        missing = ((0, 0), (0, max(0, length - sizes[number])))
        parts = record.waveform[:, there], record.live[:, there], record.probability[:, there]
        return TaughtRecord(*(np.pad(part, missing) for part in parts))


def _level(piece: TaughtRecord) -> Float64[ndarray, "3 samples"]:
    """Waveform minus the first value of each component, 0 in gaps."""
    first = piece.waveform[np.arange(3), piece.live.argmax(1)].astype(float)
    return np.where(piece.live, piece.waveform - first[:, None], 0)


def _turned(
    rng: np.random.Generator, heard: Float64[ndarray, "3 size"], live: Bool[ndarray, "3 size"]
) -> tuple[Float64[ndarray, "3 size"], Bool[ndarray, "3 size"]]:
    """Turn about the vertical if there are two horizontal components; samples of only one of them become gaps."""
    live = live.copy()
    if not live[1].any() or not live[2].any():
        return heard, live
    turn = rng.uniform(0, 2 * np.pi)
    heard[1:] = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ heard[1:]
    live[1:] = live[1] & live[2]
    return heard, live
