"""A picker applied to stations: arrivals of P and S waves in records of any length, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32
from numpy import ndarray
from torch import nn

from geocnn.checkpoints import Trained, is_picker
from geocnn.errors import DataError
from geocnn.hardware import choose_device
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.picking import Pick, find_picks

__all__ = ["Arrival", "pick_station", "station_events"]

_CORE = 131_072
"""Samples that are decided at once."""
_AROUND = 1024
"""Samples on each side of them in which picks are looked for, so that no pick depends on where the record is cut."""
_EDGE = 0.5
"""Seconds from the end of the data of all components within which nothing is picked."""
_SAME = 0.2
"""Seconds within which a P and an S wave are taken to be one wave; apart by less they come from within 2 km."""
_LONGEST = 60.0
"""Seconds from P to S within about 500 km."""
_BLOCK = 256


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

    The record is read some twenty minutes at a time, each with what the network sees beyond them: the result is that of
    the whole record, wherever it begins. In gaps and half a second beside them nothing is picked.

    Args:
        trained: a picker.
        station: its records.
        threshold: probability of an arrival, see :func:`geocnn.picking.find_picks`; default that of the card.
        device: "auto", "cpu", "cuda" or "cuda:1".
        tick: is told of progress, in samples.

    Raises:
        DataError: the network is no picker, or has another rate than the station; the threshold is none.
        MissingError: a file is gone.
        FormatError: a file cannot be read.
    """
    if not is_picker(trained.card) or trained.card.reach is None:
        raise DataError(
            f"{trained.card.name} is no picker of P and S waves; give quakes, or one of geocnn train quakes."
        )
    threshold = trained.card.threshold if threshold is None else threshold
    if not 0 < threshold <= 1:
        raise DataError(f"the threshold is {threshold:g}; needed is a probability above 0, up to 1.")
    place = choose_device(device)
    model = trained.model.eval().to(place)
    halo = -(-(trained.card.reach + _AROUND) // _BLOCK) * _BLOCK
    deviation = float(trained.card.training.get("arguments", {}).get("deviation", 0.1))
    edge = round(_EDGE * station.rate)
    for start, stop in station.runs():
        for first in range(start // _BLOCK * _BLOCK, stop, _CORE):
            last = min(first + _CORE, -(-stop // _BLOCK) * _BLOCK)
            record = station.read(first - halo, last + halo)
            if record.live[:, halo:-halo].any():
                probability = _probabilities(model, record.waveform, place)
                clear = _clear(np.any(record.live, axis=0), edge)
                found: list[tuple[Pick, str]] = []
                around = slice(halo - _AROUND, len(clear) - halo + _AROUND)
                for row, phase in enumerate("PS"):
                    picks = find_picks(
                        probability[row, around], threshold=threshold, rate=station.rate, deviation=deviation
                    )
                    found += [(p._replace(sample=p.sample + around.start), phase) for p in picks]
                for pick, phase in _decided(found, station.rate):
                    at = round(pick.sample)
                    if halo <= at < len(clear) - halo and clear[at]:
                        yield _arrival(station, record.waveform, record.live, record.start, pick, phase)
            if tick:
                tick(min(last, stop) - max(first, start))


def _decided(found: Sequence[tuple[Pick, str]], rate: float) -> list[tuple[Pick, str]]:
    """By time, without those in whose place the other phase is more probable: one wave is not both."""
    return [
        (pick, phase)
        for pick, phase in sorted(found)
        if not any(
            other != phase and abs(p.sample - pick.sample) < _SAME * rate and p.probability > pick.probability
            for p, other in found
        )
    ]


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


def _arrival(
    station: Station,
    waveform: Float32[ndarray, "3 samples"],
    live: Bool[ndarray, "3 samples"],
    start: int,
    pick: Pick,
    phase: str,
) -> Arrival:
    """A pick with its channel, time and amplitude."""
    at, second = round(pick.sample), round(station.rate)
    after, before = slice(at, at + 2 * second), slice(max(0, at - second), at)
    there = np.any(live[:, before], axis=1) & np.any(live[:, after], axis=1)
    sizes = [
        float(np.abs(w[after][k[after]] - w[before][k[before]].mean()).max())
        for w, k, ok in zip(waveform, live, there, strict=True)
        if ok
    ]
    order = (0, 1, 2) if phase == "P" else (1, 2, 0)
    row = next((r for r in order if live[r, at] and station.components[r]), 0)
    code = station.components[row][0].channel.code if station.components[row] else f"{station.instrument}Z"
    channel = Channel(station.network, station.name, station.location, code)
    time = station.time(start + pick.sample)
    known = PhasePick(channel, phase, time, uncertainty=pick.uncertainty, probability=pick.probability)
    return Arrival(station, known, max(sizes, default=0.0))


def station_events(arrivals: Sequence[Arrival]) -> list[Event]:
    """Arrivals of one station, by time, that belong together: P and the first S after it, within a minute.

    An S wave without a P wave, and the other way round, is an event of its own.
    """
    groups: list[list[PhasePick]] = []
    waiting: list[PhasePick] | None = None
    for arrival in arrivals:
        pick = arrival.pick
        fits = waiting is not None and pick.time - waiting[0].time <= _LONGEST * 1e9
        if pick.phase == "S" and waiting is not None and fits:
            waiting.append(pick)
            waiting = None
        else:
            groups.append([pick])
            waiting = groups[-1] if pick.phase == "P" else None
    return [Event(tuple(group)) for group in groups]
