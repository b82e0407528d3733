"""Judge the windows of a record: windows of 10 s, one every 0.64 s, part by part."""

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
"""Samples from one window to the next; windows begin at multiples of it, counted from 1970, in all records."""
_DIGITS = 6
"""Digits to which probabilities are rounded, so that a resumed run, which reads written ones, gives equal results."""


class Window(NamedTuple):
    """A window in which the network sees an earthquake.

    Attributes:
        start: number of its first sample, counted from 1970.
        probability: one per class, noise first.
    """

    start: int
    probability: tuple[float, ...]


class Judged(NamedTuple):
    """Result for the windows that begin in a part.

    Attributes:
        part: the part.
        windows: those with an earthquake, by time.
        number: how many windows were judged.
        lacking: samples of the part at which some components have data and others have none.
    """

    part: Part
    windows: tuple[Window, ...]
    number: int
    lacking: int


@dataclass(frozen=True)
class Judge:
    """A network that judges windows, ready to run.

    Attributes:
        model: the network in the form for whole records, on the device.
        place: the device.
        window: samples of a window.
        threshold: least probability of an earthquake of any class; None where the most probable class decides alone.
        identity: digest of everything besides the records on which results depend.
    """

    model: ConvNetQuakeInWindows
    place: torch.device
    window: int
    threshold: float | None
    identity: str

    @property
    def halo(self) -> int:
        """Samples on each side of a part that its results depend on, a multiple of 256."""
        return -(-(REACH + self.window) // 256) * 256

    @classmethod
    def of(cls, trained: Trained, *, threshold: float | None = None, device: str = "auto") -> "Judge":
        """Prepare a network.

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
        """Read a part with the samples around it that its results depend on.

        Raises:
            DataError: the station is not read at the rate that the network was trained at.
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        check_rate(station)
        return station.read(part.first - self.halo, part.last + self.halo)

    def __call__(self, part: Part, record: Record) -> Judged:
        """Judge the windows that begin in a part and have no gap in any component."""
        length = part.last - part.first
        own = record.live[:, self.halo : self.halo + length]
        lacking = int(np.sum(np.any(own, axis=0) & ~np.all(own, axis=0)))
        samples = slice(self.halo, self.halo + length + self.window - STEP)  # of the part's windows
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
        """The record, scaled as the network needs it."""
        with torch.inference_mode():
            return scaled(torch.from_numpy(record.marked()).to(self.place))

    def _probability(self, samples: Float32[Tensor, "3 samples"]) -> Float32[ndarray, "windows classes"]:
        """Probabilities of the classes for each window."""
        with torch.inference_mode():
            logits = self.model(samples)
            probability: Float32[ndarray, "windows classes"] = logits.float().softmax(1).cpu().numpy()
        return probability

    def _detected(self, probability: Float32[ndarray, "windows classes"]) -> Bool[ndarray, " windows"]:
        """Which windows hold an earthquake."""
        detected: Bool[ndarray, " windows"] = probability.argmax(1) > 0
        return detected if self.threshold is None else detected & (1 - probability[:, 0] >= self.threshold)
