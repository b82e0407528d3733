"""Arrivals of P and S waves at stations, in records of any length and bounded memory."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from geocnn.checkpoints import Trained
from geocnn.delays import s_wave
from geocnn.io.responses import Responses
from geocnn.io.waveforms import Record, Station
from geocnn.io.waveforms.high_pass import causal_high_pass
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Amplitude, Event, PhasePick
from geocnn.location import SURE, Place
from geocnn.picking import Pick
from geocnn.prediction.magnitudes import amplitude_after
from geocnn.prediction.picker import Picked, Picker, parts, picked
from geocnn.prediction.sensors import Frame, frame_at, is_upside_down

__all__ = ["Arrival", "arrivals_in", "first_motion", "pick_station", "station_events"]

_DELAYS = (0.2, 60.0)
"""Least and largest time from P to S, s: from less than 2 km to some 500 km away."""
_LOUD = 2
"""Seconds after an arrival in which its amplitude is measured."""
_BEYOND = 3.0
"""Least size of a first motion, relative to the largest amplitude in the second before the arrival."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A pick at a station.

    Attributes:
        station: the station.
        pick: the pick as it is written to a catalogue.
    """

    station: Station
    pick: PhasePick

    def without_cluster(self) -> "Arrival":
        """This arrival without the cluster of its earthquake."""
        place = self.pick.place and replace(self.pick.place, cluster=None)
        return replace(self, pick=replace(self.pick, place=place))


def pick_station(
    trained: Trained,
    station: Station,
    *,
    threshold: float | None = None,
    alone: float = 3.0,
    device: str = "auto",
    tick: Callable[[float], None] | None = None,
) -> Iterator[Arrival]:
    """Pick the arrivals at a station, in order of time.

    The record is read about six minutes at a time, each part with the samples around it that the network sees, so that
    the result is that of the whole record, wherever it begins. Nothing is picked in gaps and within half a second of
    them.

    Args:
        trained: a picker.
        station: its records.
        threshold: probability of an arrival, see :func:`geocnn.picking.find_picks`; default that of the card.
        alone: factor on the odds of a wave that no other wave confirms, see :func:`geocnn.picking.find_arrivals`.
        device: "auto", "cpu", "cuda" or "cuda:1".
        tick: is called with the progress, in samples.

    Raises:
        DataError: the network is no picker, the station is not read at 100 Hz, or the threshold is no probability.
        MissingError: a file is gone.
        FormatError: a file cannot be read.
    """
    picker = Picker.of(trained, threshold=threshold, alone=alone, device=device)
    for found in picked(picker, ((part, picker.read(station, part)) for part in parts(station))):
        yield from arrivals_in(station, found)
        if tick:
            tick(found.part.last - found.part.first)


def arrivals_in(station: Station, found: Picked, responses: Responses | None = None) -> list[Arrival]:
    """Arrivals that were picked in a part, by time.

    Args:
        station: the instrument.
        found: what was picked.
        responses: of the channels, for Wood-Anderson amplitudes in nm, and where these point; None if nothing is known.
    """
    made = [
        _arrival(station, found.record, (pick, phase), found.places.get(number), responses)
        for number, (pick, phase) in enumerate(found.picks)
    ]
    if responses is None:
        return made
    known = sorted((*found.picks, *found.beyond))  # the waves before and after one may be in the next part
    begun = _begun(station, found.record, known)
    sure = [round(pick.sample) for pick, phase in known if phase == "P" and pick.probability >= SURE]
    for number, (pick, phase) in enumerate(found.picks):
        if phase == "S":
            onset = round(pick.sample)
            end = next((first for first in sure if first > onset), None)
            drawn = amplitude_after(station, found.record, onset, responses, end, begun.get(onset))
            made[number] = replace(made[number], pick=replace(made[number].pick, wood_anderson=drawn))
    return made


def _begun(station: Station, record: Record, known: Sequence[tuple[Pick, str]]) -> dict[int, int]:
    """Sample of the P wave of each S wave that has one, by the sample of the S wave."""
    channel = station.channel(f"{station.instrument}Z")
    times = (station.time(record.start + pick.sample) for pick, _ in known)
    picks = [
        PhasePick(channel, phase, time, probability=pick.probability)
        for (pick, phase), time in zip(known, times, strict=True)
    ]
    at = {id(one): round(pick.sample) for one, (pick, _) in zip(picks, known, strict=True)}
    events = station_events([Arrival(station, one) for one in picks])
    return {at[id(event.picks[1])]: at[id(event.picks[0])] for event in events if len(event.picks) > 1}


def _oriented(place: Place, frame: Frame | str) -> Place:
    """The place as seen from true north; without an azimuth if nobody knows where the components point.

    Clusters are known by records of components that point north, east and up.
    """
    if isinstance(frame, str) or place.azimuth is None:
        return replace(place, azimuth=None, cluster=None)
    return replace(place, azimuth=frame.true(place.azimuth), cluster=place.cluster if frame.is_usual else None)


def _arrival(
    station: Station, record: Record, found: tuple[Pick, str], place: Place | None, responses: Responses | None
) -> Arrival:
    """A pick with its channel, time, amplitude and first motion."""
    pick, phase = found
    live, at, second = record.live, round(pick.sample), round(station.rate)
    order = (0, 1, 2) if phase == "P" else (1, 2, 0)
    row = next((r for r in order if live[r, at] and station.components[r]), 0)
    time = station.time(record.start + pick.sample)
    channel = station.channel_at(row, time)
    around = slice(at - 10 * second, at + second)
    moved = phase == "P" and row == 0 and bool(live[0, around].all())
    up = -1 if is_upside_down(station, time, responses) else 1
    known = PhasePick(
        station.channel(f"{station.instrument}Z" if channel is None else channel.code),
        phase,
        time,
        uncertainty=pick.uncertainty,
        probability=pick.probability,
        polarity=up * first_motion(record.waveform[0, around], 10 * second, station.rate) if moved else 0,
        place=place and _oriented(place, frame_at(station, time, responses)),
        amplitude=_amplitude(station, record, at),
    )
    return Arrival(station, known)


def _amplitude(station: Station, record: Record, at: int) -> Amplitude | None:
    """Largest amplitude in the two seconds from sample ``at`` on, of all components; None without data.

    It is measured from the mean of the second before.
    """
    second, largest = round(station.rate), None
    after, before = slice(at, at + _LOUD * second), slice(max(0, at - second), at)
    time = station.time(record.start + at)
    for row, (waveform, live) in enumerate(zip(record.waveform, record.live, strict=True)):
        early, late = waveform[before][live[before]], waveform[after][live[after]]
        channel = station.channel_at(row, time) if early.size and late.size else None
        if channel is not None:
            value = float(np.abs(late - early.mean()).max())
            if largest is None or value > largest.value:
                largest = Amplitude(value, channel.code, float(_LOUD))
    return largest


def first_motion(trace: Float32[ndarray, " samples"], at: int, rate: float) -> int:
    """Direction of the first motion on a vertical component: 1 up, -1 down, 0 where it is hidden by noise.

    It is the first swing within 0.15 s of the pick that exceeds three times the noise of the second before. The record
    is filtered with a causal high-pass (Butterworth, 1 Hz), which removes the microseism and keeps the sign of the
    first swing.

    Args:
        trace: samples that begin some seconds before the pick.
        at: sample of the pick.
        rate: samples per second.
    """
    moving = causal_high_pass(np.asarray(trace, np.float64) - float(trace[0]), rate)
    near = round(0.15 * rate)
    noise = float(np.abs(moving[max(0, at - round(1.2 * rate)) : at - near]).max(initial=0))
    swings = moving[at - near : at + near]
    beyond = np.flatnonzero(np.abs(swings) > _BEYOND * noise)
    return int(np.sign(swings[beyond[0]])) if len(beyond) and noise > 0 else 0


def station_events(arrivals: Sequence[Arrival]) -> list[Event]:
    """Group the arrivals of one station, given by time, into events: a P wave and an S wave 0.2 to 60 s later.

    The S wave must arrive before the next sure P wave. If several S waves do, :func:`geocnn.delays.s_wave` chooses. An
    unsure P pick between a P wave and its S wave gets no S wave. A P or S wave without the other is an event of its
    own.
    """
    picks = [arrival.pick for arrival in arrivals]
    seconds = _seconds([p for p in picks if p.phase == "P"], [p for p in picks if p.phase == "S"])
    used = {id(second) for second in seconds.values()}
    return [
        Event((pick, seconds[id(pick)]) if id(pick) in seconds else (pick,)) for pick in picks if id(pick) not in used
    ]


def _seconds(firsts: Sequence[PhasePick], others: Sequence[PhasePick]) -> dict[int, PhasePick]:
    """S wave of each P wave that has one, by ``id`` of the P pick."""
    sure = [pick.time for pick in firsts if _likely(pick) >= SURE]
    times = [pick.time for pick in others]
    found: dict[int, PhasePick] = {}
    used: set[int] = set()
    last = 0
    for first in firsts:
        if first.time < last and _likely(first) < SURE:
            continue
        soonest, latest = (first.time + round(delay * SECOND) for delay in _DELAYS)
        following = bisect_left(sure, soonest)
        end = min(latest + 1, sure[following]) if following < len(sure) else latest + 1
        near = [s for s in others[bisect_left(times, soonest) : bisect_left(times, end)] if id(s) not in used]
        if near:
            which = s_wave([(s.time - first.time) / SECOND for s in near], [_likely(s) for s in near])
            found[id(first)] = near[which]
            used.add(id(near[which]))
            last = near[which].time
    return found


def _likely(pick: PhasePick) -> float:
    """Probability of a pick; 1 for picks of an analyst, who gives none."""
    return 1.0 if pick.probability is None else pick.probability
