"""Apply a picker to a record part by part, each with the samples around it that are seen."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
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
from geocnn.io.waveforms import Channel, Piece, Record, Station
from geocnn.location import Place
from geocnn.models.picker_phases import PickerInPhases
from geocnn.picking import AROUND, Pick, find_arrivals
from geocnn.prediction.identity import identity_of
from geocnn.prediction.locator import BEFORE, Locator
from geocnn.progress import Tick

__all__ = ["RATE", "Part", "Picked", "Picker", "Worker", "check_rate", "check_threshold", "parts", "picked", "tell"]

_CORE = 34_560
"""Samples of a part, counted from midnight, so that parts are the same wherever a record begins. Longer parts need more
memory; shorter ones need more time for the samples around them."""
_DAY = 8_640_000
"""Samples of a day; a part ends at midnight."""
_EDGE = 0.5
"""Seconds from the end of the data of all components within which nothing is picked."""
_BLOCK = 256
"""Parts begin at multiples of this number of samples since 1970, so that the strides of the network always align."""
RATE = 100.0
"""Samples per second of the data that pickers are trained on."""
_AROUND = round(AROUND * RATE)
"""Samples on each side of a part in which picks are searched, so that no pick depends on where the record is cut."""


class Part(NamedTuple):
    """Part of a station's record: number of its first sample and of the one after its last."""

    first: int
    last: int


Found = TypeVar("Found", covariant=True)


class Worker(Protocol[Found]):
    """Interface of what goes through records part by part, such as :class:`Picker`.

    Attributes:
        place: the device.
        halo: samples on each side of a part that its result may depend on.
        identity: digest of everything besides the records on which results depend.
    """

    @property
    def place(self) -> torch.device:
        """The device; read-only, so that frozen classes fit."""

    @property
    def halo(self) -> int:
        """Samples on each side of a part that its result may depend on; read-only."""

    @property
    def identity(self) -> str:
        """Digest of everything besides the records on which results depend; read-only."""

    def __call__(self, part: Part, record: Record) -> Found:
        """Result for a part."""


class Picked(NamedTuple):
    """Result of a picker for a part.

    Attributes:
        part: the part.
        record: samples of the part, with those around it that the network saw.
        picks: picks and their phases, by time, in samples of ``record``.
        probability: of P and of S, for the samples of the part only; None where it holds no data.
        places: places of the earthquakes, by number of the P pick, if a detector is used.
        beyond: picks in the 22 s on each side of the part, which belong to its neighbours.
    """

    part: Part
    record: Record
    picks: list[tuple[Pick, str]]
    probability: Float32[ndarray, "2 samples"] | None
    places: dict[int, Place]
    beyond: Sequence[tuple[Pick, str]] = ()


def parts(station: Station) -> Iterator[Part]:
    """Parts of a station's record that hold data, by time."""
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
    """A picker, ready to run.

    Attributes:
        model: the network, on the device.
        place: the device.
        halo: samples on each side of a part that it sees.
        threshold: probability of a pick.
        alone: factor on the odds of a wave that no other wave confirms, see :func:`geocnn.picking.find_arrivals`.
        deviation: of the Gaussian with which the network was trained, s.
        identity: digest of everything besides the records and responses on which picks depend.
        locator: tells where earthquakes are; None if it is not asked for.
        responses: responses of the channels, for amplitudes in nm, and where these point.
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
        """Prepare a network.

        Args:
            trained: the network.
            threshold: probability of a pick; default that of the card.
            alone: factor on the odds of a wave that no other wave confirms.
            detector: network that tells where earthquakes are.
            responses: responses of the channels.
            device: "auto", "cpu", "cuda" or "cuda:1".

        Raises:
            DataError: the network is no picker, the detector is none, or the threshold is no probability.
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
            # The detector sees the probabilities of a window, and each of them depends on the halo of the picker.
            halo = max(halo, -(-(card.reach + locator.size - BEFORE) // _BLOCK) * _BLOCK)
        identity = identity_of(trained.model, halo, threshold, alone, deviation, locator and locator.identity)
        model = trained.model.eval()
        if place.type == "cpu" and PickerInPhases.fits(model):
            model = PickerInPhases(model)  # type: ignore[arg-type]
        return cls(model.to(place), place, halo, threshold, alone, deviation, identity, locator, responses)

    def read(self, station: Station, part: Part) -> Record:
        """Read a part with the samples around it that the network sees.

        Raises:
            DataError: the station is not read at the rate that the network was trained at.
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        check_rate(station)
        return station.read(part.first - self.halo, part.last + self.halo)

    def known(self, station: Station, start: int, stop: int, pieces: Sequence[Sequence[Piece]]) -> str:
        """What is known of the channels of a station between two times, ns, as text; empty without responses.

        Args:
            station: the instrument.
            start: the first time.
            stop: the last one.
            pieces: of each component between these times.
        """
        if self.responses is None:
            return ""
        channels: dict[Channel | None, None] = {}
        for component, near in enumerate(pieces):
            channels.update(dict.fromkeys(piece.channel for piece in near))
            # Where a component has no data the channel next to it counts, before or after.
            if not near or near[0].start > start or near[-1].end < stop:
                channels.update(dict.fromkeys(station.channel_at(component, time) for time in (start, stop)))
        return " ".join(f"{c} {self.responses.between(c, start, stop)}" for c in channels if c is not None)

    def __call__(self, part: Part, record: Record) -> Picked:
        """Pick the arrivals in a part."""
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
        sound = [(pick, phase) for pick, phase in placed if clear[round(pick.sample)]]
        kept, beyond = (
            [(pick, phase) for pick, phase in sound if (halo <= round(pick.sample) < len(clear) - halo) == inside]
            for inside in (True, False)
        )
        first = [number for number, (_, phase) in enumerate(kept) if phase == "P"] if self.locator else []
        onsets = [round(kept[number][0].sample) for number in first]
        places = dict(zip(first, self._places(waveform, probability, onsets), strict=True))
        return Picked(part, record, kept, probability[:, halo:-halo], places, beyond)

    def _places(
        self, waveform: Float32[ndarray, "3 samples"], probability: Float32[ndarray, "2 samples"], onsets: list[int]
    ) -> list[Place]:
        """Places of the earthquakes whose P waves arrive at the given samples."""
        if self.locator is None:
            return []
        return self.locator(waveform, probability, onsets, threshold=self.threshold, deviation=self.deviation)


def picked(picker: Worker[Found], records: Iterable[tuple[Part, Record]]) -> Generator[Found, None, None]:
    """Results for parts, in order; several parts are processed while the next are read.

    Layers in one dimension are too small to be shared among threads, so each thread takes a part of its own. Close the
    generator if you leave it early; otherwise its threads are waited for when a second Ctrl-C cannot be handled.
    """
    before = torch.get_num_threads()
    threads = before if picker.place.type == "cpu" else 1
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
        torch.set_num_threads(before)  # those of the pool have set it for the whole process


def _alone() -> None:
    """Set up a thread that works alone; for denormal numbers see :func:`geocnn.hardware.flushed`."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def check_threshold(threshold: float) -> None:
    """Refuse a threshold that is no probability.

    Raises:
        DataError: it is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise DataError(f"the threshold is {threshold:g}; needed is a probability above 0, up to 1.")


def check_rate(station: Station) -> None:
    """Refuse records at a rate other than that of the networks.

    Raises:
        DataError: the rate is another one.
    """
    if station.rate != RATE:
        raise DataError(
            f"{station} is read at {station.rate:g} Hz; the network needs {RATE:g}, as open_archive gives it."
        )


def _clear(live: Bool[ndarray, " samples"], edge: int) -> Bool[ndarray, " samples"]:
    """Samples with data for at least ``edge`` samples on both sides."""
    if live.all():
        return live
    counts = np.concatenate(([0], np.cumsum(live)))
    at = np.arange(len(live))
    low, high = np.maximum(0, at - edge), np.minimum(len(live), at + edge + 1)
    clear: Bool[ndarray, " samples"] = counts[high] - counts[low] == high - low
    return clear


def tell(tick: Tick, samples: float, text: str, part: Part) -> None:
    """Advance the live line; one step is ``samples`` samples."""
    tick((part.last - part.first) / samples, text)
