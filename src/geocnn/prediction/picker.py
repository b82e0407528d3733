"""A picker at work on a record, part by part, each with what the network sees beyond it."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float32
from numpy import ndarray
from torch import nn

from geocnn.checkpoints import Trained, is_picker
from geocnn.errors import DataError
from geocnn.hardware import choose_device, one_heap
from geocnn.io.responses import Responses
from geocnn.io.waveforms import Record, Station
from geocnn.location import Place
from geocnn.models.picker_phases import PickerInPhases
from geocnn.picking import AROUND, Pick, find_arrivals
from geocnn.prediction.identity import identity_of
from geocnn.prediction.locator import BEFORE, Locator

__all__ = ["RATE", "Part", "Picked", "Picker", "Worker", "check_rate", "check_threshold", "parts", "picked"]

_CORE = 34_560
"""Samples that are decided at once, counted from midnight: parts are the same ones whenever a record begins. More would
take more memory, and less more time for what is seen on both sides."""
_DAY = 8_640_000
"""Samples of a day, whose parts end with it."""
_EDGE = 0.5
"""Seconds from the end of the data of all components within which nothing is picked."""
_BLOCK = 256
"""Samples whose multiples parts begin at, counted from 1970, so that the network steps alike through all records."""
RATE = 100.0
"""Samples per second of what pickers learn from."""
_AROUND = round(AROUND * RATE)
"""Samples on each side of them in which picks are looked for, so that no pick depends on where the record is cut."""


class Part(NamedTuple):
    """Part of a station's record that is decided at once: its first sample and the one behind its last."""

    first: int
    last: int


Found = TypeVar("Found", covariant=True)


class Worker(Protocol[Found]):
    """What goes through records part by part; :class:`Picker` is one.

    Attributes:
        place: the device.
        halo: samples on each side of a part that what is found in it may depend on.
        identity: a digest of all that it depends on beside the records.
    """

    @property
    def place(self) -> torch.device:
        """Read alone, as of a frozen class."""

    @property
    def halo(self) -> int:
        """Read alone."""

    @property
    def identity(self) -> str:
        """Read alone."""

    def __call__(self, part: Part, record: Record) -> Found:
        """Say what is in a part."""


class Picked(NamedTuple):
    """What was found in a part.

    Attributes:
        part: the part.
        record: its samples with those around it that the network saw.
        picks: picks and their phases, by time, in samples of ``record``.
        probability: of P and of S, for the samples of the part alone; None where it holds no data.
        places: of the earthquakes, by the number of the pick; of P waves, where places are asked for.
    """

    part: Part
    record: Record
    picks: list[tuple[Pick, str]]
    probability: Float32[ndarray, "2 samples"] | None
    places: dict[int, Place]


def parts(station: Station) -> Iterator[Part]:
    """The parts of a record that hold data, by time."""
    end: int | None = None
    for start, stop in station.runs():
        first = start // _BLOCK * _BLOCK if end is None else max(end, start // _BLOCK * _BLOCK)
        end = -(-stop // _BLOCK) * _BLOCK
        while first < end:
            midnight = first // _DAY * _DAY
            last = min(end, midnight + ((first - midnight) // _CORE + 1) * _CORE, midnight + _DAY)
            yield Part(first, last)
            first = last


@dataclass(frozen=True)
class Picker:
    """A network that picks.

    Attributes:
        model: on the device.
        place: the device.
        halo: samples on each side of a part that it sees.
        threshold: probability of a pick.
        alone: factor of its odds for a wave that nothing confirms, see :func:`geocnn.picking.find_arrivals`.
        deviation: of the Gaussian that the network has learnt, s.
        identity: a digest of all that picks depend on beside the records.
        locator: tells where earthquakes are.
        responses: of the channels, for amplitudes in nm.
    """

    model: nn.Module
    place: torch.device
    halo: int
    threshold: float
    alone: float
    deviation: float
    identity: str
    locator: Locator | None = None
    responses: Responses | None = None

    @classmethod
    def of(
        cls,
        trained: Trained,
        *,
        threshold: float | None = None,
        alone: float = 3.0,
        detector: Trained | None = None,
        responses: Responses | None = None,
        device: str = "auto",
    ) -> "Picker":
        """For a network.

        Args:
            trained: the network.
            threshold: probability of a pick; default that of the card.
            alone: factor of its odds for a wave that nothing confirms.
            detector: network that tells where earthquakes are.
            responses: of the channels.
            device: "auto", "cpu", "cuda" or "cuda:1".

        Raises:
            DataError: it is no picker, the other no detector, or the threshold is no probability.
        """
        card = trained.card
        if not is_picker(card) or card.reach is None:
            raise DataError(f"{card.name} is no picker of P and S waves; give quakes, or one of geocnn train quakes.")
        threshold = card.threshold if threshold is None else threshold
        check_threshold(threshold)
        halo = -(-(card.reach + _AROUND) // _BLOCK) * _BLOCK
        deviation = float(card.training.get("arguments", {}).get("deviation", 0.1))
        place = choose_device(device)
        locator = None if detector is None else Locator.of(detector, device=device)
        if locator is not None:
            # It sees the probabilities of a window, and these what the network sees.
            halo = max(halo, -(-(card.reach + locator.size - BEFORE) // _BLOCK) * _BLOCK)
        others = locator and locator.identity, responses and responses.identity
        identity = identity_of(trained.model, halo, threshold, alone, deviation, *others)
        model = trained.model.eval()
        if place.type == "cpu" and PickerInPhases.fits(model):
            model = PickerInPhases(model)  # type: ignore[arg-type]
        return cls(model.to(place), place, halo, threshold, alone, deviation, identity, locator, responses)

    def read(self, station: Station, part: Part) -> Record:
        """A part with what is seen around it.

        Raises:
            DataError: the station is read at another rate than the network has learnt.
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        check_rate(station)
        return station.read(part.first - self.halo, part.last + self.halo)

    def __call__(self, part: Part, record: Record) -> Picked:
        """Pick in a part."""
        halo = self.halo
        if not record.live[:, halo:-halo].any():
            return Picked(part, record, [], None, {})
        waveform = record.marked()
        with torch.inference_mode():
            logits = self.model(torch.from_numpy(waveform)[None].to(self.place))
            probability = torch.softmax(logits.float(), 1)[0, :2].cpu().numpy()
        clear = _clear(np.any(record.live, axis=0), round(_EDGE * RATE))
        around = slice(halo - _AROUND, len(clear) - halo + _AROUND)
        found = find_arrivals(
            probability[:, around], threshold=self.threshold, alone=self.alone, rate=RATE, deviation=self.deviation
        )
        placed = [(pick._replace(sample=pick.sample + around.start), phase) for pick, phase in found]
        inside = [(pick, phase) for pick, phase in placed if halo <= round(pick.sample) < len(clear) - halo]
        kept = [(pick, phase) for pick, phase in inside if clear[round(pick.sample)]]
        first = [number for number, (_, phase) in enumerate(kept) if phase == "P"] if self.locator else []
        onsets = [round(kept[number][0].sample) for number in first]
        places = dict(zip(first, self._places(waveform, probability, onsets), strict=True))
        return Picked(part, record, kept, probability[:, halo:-halo], places)

    def _places(
        self, waveform: Float32[ndarray, "3 samples"], probability: Float32[ndarray, "2 samples"], onsets: list[int]
    ) -> list[Place]:
        """Where the earthquakes of some P waves are."""
        if self.locator is None:
            return []
        return self.locator(waveform, probability, onsets, threshold=self.threshold, deviation=self.deviation)


def picked(picker: Worker[Found], records: Iterable[tuple[Part, Record]]) -> Generator[Found, None, None]:
    """What is found in parts, in their order, several of them at work while the next are read.

    A layer in one dimension is too small to be shared among threads: each takes a part of its own. Close it where it
    may be left before its end: else its threads are waited for at a moment when nobody hears of a second Ctrl-C.
    """
    threads = torch.get_num_threads() if picker.place.type == "cpu" else 1
    waiting: deque[Future[Found]] = deque()
    one_heap()
    try:
        with ThreadPoolExecutor(threads, initializer=_alone) as pool:
            for part, record in records:
                waiting.append(pool.submit(picker, part, record))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        torch.set_num_threads(threads)


def _alone() -> None:
    """Make a thread ready that works by itself: see :func:`geocnn.hardware.flushed`."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def check_threshold(threshold: float) -> None:
    """Refuse what is no probability.

    Raises:
        DataError: it is none.
    """
    if not 0 < threshold <= 1:
        raise DataError(f"the threshold is {threshold:g}; needed is a probability above 0, up to 1.")


def check_rate(station: Station) -> None:
    """Refuse records of another rate than networks have learnt.

    Raises:
        DataError: it is another.
    """
    if station.rate != RATE:
        raise DataError(
            f"{station} is read at {station.rate:g} Hz; the network needs {RATE:g}, as open_archive gives it."
        )


def _clear(live: Bool[ndarray, " samples"], edge: int) -> Bool[ndarray, " samples"]:
    """Samples with data for so many samples on both sides."""
    if live.all():
        return live
    counts = np.concatenate(([0], np.cumsum(live)))
    at = np.arange(len(live))
    low, high = np.maximum(0, at - edge), np.minimum(len(live), at + edge + 1)
    clear: Bool[ndarray, " samples"] = counts[high] - counts[low] == high - low
    return clear
