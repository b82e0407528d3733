"""A picker applied to stations: arrivals of P and S waves in records of any length, in bounded memory."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32
from numpy import ndarray
from torch import nn

from geocnn.checkpoints import Trained, is_picker
from geocnn.errors import DataError
from geocnn.hardware import choose_device
from geocnn.io.waveforms import Channel, Record, Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.picking import Pick, find_picks

__all__ = ["Arrival", "pick_station", "station_events"]

_CORE = 65_536
"""Samples that are decided at once."""
_AROUND = 1024
"""Samples on each side of them in which picks are looked for, so that no pick depends on where the record is cut."""
_EDGE = 0.5
"""Seconds from the end of the data of all components within which nothing is picked."""
_DELAYS = (0.2, 60.0)
"""Seconds from P to S: from within 2 km to some 500 km away."""
_BLOCK = 256
"""Samples whose multiples parts begin at, counted from 1970, so that the network steps alike through all records."""
_RATE = 100.0
"""Samples per second of what pickers learn from."""


@dataclass(frozen=True)
class Arrival:
    """An arrival at a station.

    Attributes:
        station: where.
        pick: the arrival as catalogues have it.
        amplitude: largest distance from the mean of the second before, in the two seconds from the arrival on, of any
            component, in the unit of the data.
    """

    station: Station
    pick: PhasePick
    amplitude: float


def pick_station(
    trained: Trained,
    station: Station,
    *,
    threshold: float | None = None,
    device: str = "auto",
    tick: Callable[[float], None] | None = None,
) -> Iterator[Arrival]:
    """Arrivals by time.

    The record is read some ten minutes at a time, each with what the network sees beyond them: the result is that of
    the whole record, wherever it begins. In gaps and half a second beside them nothing is picked.

    Args:
        trained: a picker.
        station: its records.
        threshold: probability of an arrival, see :func:`geocnn.picking.find_picks`; default that of the card.
        device: "auto", "cpu", "cuda" or "cuda:1".
        tick: is told of progress, in samples.

    Raises:
        DataError: the network is no picker, the station is not read at 100 Hz, or the threshold is no probability.
        MissingError: a file is gone.
        FormatError: a file cannot be read.
    """
    if not is_picker(trained.card) or trained.card.reach is None:
        raise DataError(
            f"{trained.card.name} is no picker of P and S waves; give quakes, or one of geocnn train quakes."
        )
    if station.rate != _RATE:
        raise DataError(
            f"{station} is read at {station.rate:g} Hz; a picker needs {_RATE:g}, as open_archive gives it."
        )
    threshold = trained.card.threshold if threshold is None else threshold
    if not 0 < threshold <= 1:
        raise DataError(f"the threshold is {threshold:g}; needed is a probability above 0, up to 1.")
    picker = _Picker.of(trained, choose_device(device), threshold, station.rate)

    def parts() -> Iterator[tuple[int, Record]]:
        for start, stop in station.runs():
            for first in range(start // _BLOCK * _BLOCK, stop, _CORE):
                last = min(first + _CORE, -(-stop // _BLOCK) * _BLOCK)
                yield min(last, stop) - max(first, start), station.read(first - picker.halo, last + picker.halo)

    for count, record, found in _side_by_side(picker, parts()):
        for pick, phase in found:
            yield _arrival(station, record, pick, phase)
        if tick:
            tick(count)


@dataclass(frozen=True)
class _Picker:
    """Picks in part of a record.

    Attributes:
        model: on the device.
        place: the device.
        halo: samples on each side of what is decided.
        threshold: probability of a pick.
        rate: samples per second.
        deviation: of the Gaussian that the network has learnt, s.
    """

    model: nn.Module
    place: torch.device
    halo: int
    threshold: float
    rate: float
    deviation: float

    @classmethod
    def of(cls, trained: Trained, place: torch.device, threshold: float, rate: float) -> "_Picker":
        """For a network."""
        assert trained.card.reach is not None
        halo = -(-(trained.card.reach + _AROUND) // _BLOCK) * _BLOCK
        deviation = float(trained.card.training.get("arguments", {}).get("deviation", 0.1))
        return cls(trained.model.eval().to(place), place, halo, threshold, rate, deviation)

    def __call__(self, record: Record) -> list[tuple[Pick, str]]:
        """Picks and their phases, by time."""
        halo = self.halo
        if not record.live[:, halo:-halo].any():
            return []
        probability = _probabilities(self.model, record.waveform, self.place)
        clear = _clear(np.any(record.live, axis=0), round(_EDGE * self.rate))
        around = slice(halo - _AROUND, len(clear) - halo + _AROUND)
        found: list[tuple[Pick, str]] = []
        for row, phase in enumerate("PS"):
            picks = find_picks(
                probability[row, around], threshold=self.threshold, rate=self.rate, deviation=self.deviation
            )
            found += [(p._replace(sample=p.sample + around.start), phase) for p in picks]
        inside = [(p, s) for p, s in sorted(found) if halo <= round(p.sample) < len(clear) - halo]
        return [(pick, phase) for pick, phase in inside if clear[round(pick.sample)]]


def _side_by_side(
    picker: _Picker, parts: Iterator[tuple[int, Record]]
) -> Iterator[tuple[int, Record, list[tuple[Pick, str]]]]:
    """Picks of the parts in their order, several of them at work while the next are read.

    A layer in one dimension is too small to be shared among threads: each takes a part of its own.
    """
    threads = torch.get_num_threads() if picker.place.type == "cpu" else 1
    waiting: deque[tuple[int, Record, Future[list[tuple[Pick, str]]]]] = deque()
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for count, record in parts:
                waiting.append((count, record, pool.submit(picker, record)))
                if len(waiting) > threads:
                    done, known, future = waiting.popleft()
                    yield done, known, future.result()
            while waiting:
                done, known, future = waiting.popleft()
                yield done, known, future.result()
    finally:
        torch.set_num_threads(threads)


def _probabilities(
    model: nn.Module, waveform: Float32[ndarray, "3 samples"], place: torch.device
) -> Float32[ndarray, "3 samples"]:
    """Of P, S and noise."""
    with torch.inference_mode():
        logits = model(torch.from_numpy(waveform)[None].to(place))
        probability: Float32[ndarray, "3 samples"] = torch.softmax(logits.float(), 1)[0].cpu().numpy()
    return probability


def _clear(live: Bool[ndarray, " samples"], edge: int) -> Bool[ndarray, " samples"]:
    """Samples with data for so many samples on both sides."""
    counts = np.concatenate(([0], np.cumsum(live)))
    at = np.arange(len(live))
    low, high = np.maximum(0, at - edge), np.minimum(len(live), at + edge + 1)
    clear: Bool[ndarray, " samples"] = counts[high] - counts[low] == high - low
    return clear


def _arrival(station: Station, record: Record, pick: Pick, phase: str) -> Arrival:
    """A pick with its channel, time and amplitude."""
    live, at, second = record.live, round(pick.sample), round(station.rate)
    after, before = slice(at, at + 2 * second), slice(max(0, at - second), at)
    there = np.any(live[:, before], axis=1) & np.any(live[:, after], axis=1)
    sizes = [
        float(np.abs(w[after][k[after]] - w[before][k[before]].mean()).max())
        for w, k, ok in zip(record.waveform, live, there, strict=True)
        if ok
    ]
    order = (0, 1, 2) if phase == "P" else (1, 2, 0)
    row = next((r for r in order if live[r, at] and station.components[r]), 0)
    code = station.components[row][0].channel.code if station.components[row] else f"{station.instrument}Z"
    channel = Channel(station.network, station.name, station.location, code)
    time = station.time(record.start + pick.sample)
    known = PhasePick(channel, phase, time, uncertainty=pick.uncertainty, probability=pick.probability)
    return Arrival(station, known, max(sizes, default=0.0))


def station_events(arrivals: Sequence[Arrival]) -> list[Event]:
    """Arrivals of one station, by time, that belong together: P and the first S 0.2 to 60 s after it.

    An S wave without a P wave, and the other way round, is an event of its own.
    """
    groups: list[list[PhasePick]] = []
    waiting: list[PhasePick] | None = None
    for pick in (arrival.pick for arrival in arrivals):
        delay = (pick.time - waiting[0].time) / SECOND if waiting else 0.0
        if waiting and pick.phase == "S" and _DELAYS[0] <= delay <= _DELAYS[1]:
            waiting.append(pick)
            waiting = None
        else:
            groups.append([pick])
            waiting = groups[-1] if pick.phase == "P" else waiting
    return [Event(tuple(group)) for group in groups]
