"""A network that judges windows at work on a record: each window of 10 s, one every 0.64 s, part by part."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32
from numpy import ndarray
from torch import Tensor

from geocnn.checkpoints import Trained, judges_seismograms
from geocnn.errors import DataError
from geocnn.hardware import choose_device
from geocnn.io.waveforms import Record, Station
from geocnn.io.waveforms.pieces import spans
from geocnn.models.convnetquake import REACH, ConvNetQuake, scaled
from geocnn.models.convnetquake_windows import ConvNetQuakeInWindows
from geocnn.prediction.identity import identity_of
from geocnn.prediction.picker import Part, check_rate, check_threshold

__all__ = ["STEP", "Judge", "Judged", "Window"]

STEP = 64
"""Samples from one window to the next; windows begin at multiples of it, counted from 1970, in all records alike."""
_DIGITS = 6
"""Of probabilities: a run that goes on where another was stopped reads what that has written."""


class Window(NamedTuple):
    """A window in which the network sees an earthquake.

    Attributes:
        start: number of its first sample, counted from 1970.
        probability: of each class, noise first.
    """

    start: int
    probability: tuple[float, ...]


class Judged(NamedTuple):
    """What was found in the windows that begin in a part.

    Attributes:
        part: the part.
        windows: those with an earthquake, by time.
        number: of windows that were judged.
        lacking: samples of the part at which some components have data and others have not.
    """

    part: Part
    windows: tuple[Window, ...]
    number: int
    lacking: int


@dataclass(frozen=True)
class Judge:
    """A network that judges windows.

    Attributes:
        model: for records, on the device.
        place: the device.
        window: samples of a window.
        threshold: least probability of an earthquake of any class; None where the most probable class decides alone.
        identity: a digest of all that it depends on beside the records.
    """

    model: ConvNetQuakeInWindows
    place: torch.device
    window: int
    threshold: float | None
    identity: str

    @property
    def halo(self) -> int:
        """Samples on each side of a part on which its answers depend, a multiple of 256."""
        return -(-(REACH + self.window) // 256) * 256

    @classmethod
    def of(cls, trained: Trained, *, threshold: float | None = None, device: str = "auto") -> "Judge":
        """For a network.

        Raises:
            DataError: it does not judge windows of seismograms, or the threshold is no probability.
        """
        card, model = trained.card, trained.model
        if not judges_seismograms(card) or not isinstance(model, ConvNetQuake):
            raise DataError(
                f"{card.name} does not judge windows of seismograms; give a folder of geocnn train convnetquake."
            )
        if card.normalisation.get("kind") != "record":
            raise DataError(
                f"{card.name} has learnt from windows that were normalised one by one, and is for windows.npz alone; "
                "type geocnn train convnetquake for one that takes records."
            )
        if threshold is not None:
            check_threshold(threshold)
        place = choose_device(device)
        fast = ConvNetQuakeInWindows(model, STEP).eval().to(place)
        return cls(fast, place, fast.window, threshold, identity_of(model, STEP, threshold))

    def read(self, station: Station, part: Part) -> Record:
        """A part with what its answers depend on.

        Raises:
            DataError: the station is read at another rate than the network has learnt.
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        check_rate(station)
        return station.read(part.first - self.halo, part.last + self.halo)

    def __call__(self, part: Part, record: Record) -> Judged:
        """Judge the windows that begin in a part and have data of all components throughout."""
        length = part.last - part.first
        own = record.live[:, self.halo : self.halo + length]
        lacking = int(np.sum(np.any(own, axis=0) & ~np.all(own, axis=0)))
        samples = slice(self.halo, self.halo + length + self.window - STEP)  # of the windows that begin in the part
        whole = self._whole(np.all(record.live[:, samples], axis=0))
        if not whole.any():
            return Judged(part, (), 0, lacking)
        waveform = self._scaled(record)[:, samples]
        found: list[Window] = []
        for first, last in spans(whole):
            probability = self._probability(waveform[:, first * STEP : (last - 1) * STEP + self.window])
            rows = np.flatnonzero(self._detected(probability))
            starts = part.first + (first + rows) * STEP
            chances = np.round(probability[rows].astype(float), _DIGITS)
            found += [Window(start, tuple(p)) for start, p in zip(starts.tolist(), chances.tolist(), strict=True)]
        return Judged(part, tuple(found), int(whole.sum()), lacking)

    def _whole(self, live: Bool[ndarray, " samples"]) -> Bool[ndarray, " windows"]:
        """Which windows have no gap."""
        gaps = np.concatenate(([0], np.cumsum(~live)))
        starts = np.arange(0, len(live) - self.window + 1, STEP)
        whole: Bool[ndarray, " windows"] = gaps[starts + self.window] == gaps[starts]
        return whole

    def _scaled(self, record: Record) -> Float32[Tensor, "3 samples"]:
        """The record as the network takes it."""
        with torch.inference_mode():
            return scaled(torch.from_numpy(record.marked()).to(self.place))

    def _probability(self, samples: Float32[Tensor, "3 samples"]) -> Float32[ndarray, "windows classes"]:
        """What the network says."""
        with torch.inference_mode():
            logits = self.model(samples)
            probability: Float32[ndarray, "windows classes"] = logits.float().softmax(1).cpu().numpy()
        return probability

    def _detected(self, probability: Float32[ndarray, "windows classes"]) -> Bool[ndarray, " windows"]:
        """Which windows hold an earthquake."""
        detected: Bool[ndarray, " windows"] = probability.argmax(1) > 0
        return detected if self.threshold is None else detected & (1 - probability[:, 0] >= self.threshold)
