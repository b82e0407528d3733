"""Windows of one station: earthquakes of a region and noise in turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from numpy import ndarray
from numpy.typing import NDArray
from torch import Tensor

from geocnn.models.convnetquake import REACH, scaled
from geocnn.synthetic.region import FAR, Region

__all__ = ["NORMALISATION", "RATE", "RECORD", "SIZE", "RegionWindows"]

RATE, SIZE = 100.0, 1001
"""Samples per second, and samples of a window (10 s)."""
NORMALISATION: dict[str, Any] = {"kind": "record"}
"""Normalisation: windows are cut from records that :func:`geocnn.models.convnetquake.scaled` has scaled."""
RECORD = 3072
"""Samples of a record of an earthquake, and of noise around a window; the scale depends on most of them."""
_ONSET = 12.0
"""Seconds from the beginning of a record to the P wave of its earthquake."""
_LATEST = 4.0
"""Most seconds from the beginning of a window to the P wave, unless the margin after the S wave requires more."""
_MARGIN = 0.5
"""Fewest seconds from the beginning of a window to the P wave, and from the S wave to its end."""
_NOISE = 6144
"""Samples of a record of noise, from which several windows are cut."""
_WHITE = (20.0, 80.0)
"""Range of the level of added white noise below the largest amplitude, dB."""

assert FAR <= 50  # so that P and S are in the same window


@dataclass(frozen=True, eq=False)
class RegionWindows:
    """Windows of earthquakes (even numbers) and of noise (odd ones), with classes: 0 for noise, others for clusters.

    Each earthquake has one record, as in nature, from which windows with its P and S waves are cut. Records are made
    when they are first needed, and kept.

    Attributes:
        region: station, earthquakes, clusters.
        events: numbers of the earthquakes; an epoch shows each once, with as many windows of noise.
        noises: numbers of the records of noise.
        seed: seed of the order, of the cuts and of what is added.
        white: whether to add white noise, to earthquakes and noise alike, so that it does not give away the class.
    """

    region: Region
    events: NDArray[np.int64]
    noises: range
    seed: int
    white: bool = True
    _kept: dict[int, Float32[ndarray, "3 size"]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of windows in an epoch."""
        return 2 * len(self.events)

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, 3, 1001)``, components Z, N, E, normalised, and classes ``(batch,)``."""
        records, starts, classes = zip(*(self._record(index) for index in indices), strict=True)
        whole = scaled(torch.from_numpy(np.stack(records)))
        windows = [record[:, start : start + SIZE] for record, start in zip(whole, starts, strict=True)]
        return torch.stack(windows), torch.tensor(classes)

    def event(self, index: int) -> int:
        """Number of the earthquake in window ``index``, which must be even."""
        epoch, place = divmod(index // 2, len(self.events))
        order = np.random.default_rng((self.seed, 1, epoch)).permutation(len(self.events))
        return int(self.events[order[place]])

    def _record(self, index: int) -> tuple[Float32[ndarray, "3 size"], int, int]:
        """Record of window ``index``, always the same; first sample of the window; and its class."""
        rng = np.random.default_rng((self.seed, 0, index))
        if index % 2:
            record = self._noise(self.noises[int(rng.integers(len(self.noises)))])
            begin = int(rng.integers(0, record.shape[1] - RECORD, endpoint=True))
            record = record[:, begin : begin + RECORD]
            first, last, label = REACH - SIZE // 2, REACH - SIZE // 2, 0
        else:
            event = self.event(index)
            record, source = self._earthquake(event), self.region.source(event, _ONSET)
            end = round((_ONSET + source.s - source.p + _MARGIN) * RATE)
            first, last = max(round((_ONSET - _LATEST) * RATE), end - SIZE), round((_ONSET - _MARGIN) * RATE)
            label = int(self.region.cluster[event]) + 1
        start = int(rng.integers(first, last, endpoint=True))
        if self.white:
            window = record[:, start : start + SIZE]
            level = np.abs(window - window.mean(1, keepdims=True)).max() * 10 ** (-rng.uniform(*_WHITE) / 20)
            record = record + np.float32(level) * rng.standard_normal(record.shape, np.float32)
        return record, start, label

    def _earthquake(self, event: int) -> Float32[ndarray, "3 size"]:
        """Record of an earthquake with noise of its own."""
        if event not in self._kept:
            waves = self.region.waves(event, size=RECORD, onset=_ONSET)
            self._kept[event] = waves + self.region.noise(event, size=RECORD)
        return self._kept[event]

    def _noise(self, number: int) -> Float32[ndarray, "3 size"]:
        """Record of noise."""
        if number not in self._kept:
            self._kept[number] = self.region.noise(number, size=_NOISE)
        return self._kept[number]
