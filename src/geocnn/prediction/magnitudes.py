"""Local magnitudes of earthquakes, from simulated Wood-Anderson amplitudes at the stations."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float64
from numpy import ndarray

from geocnn.io.responses import OtherInput, Response, Responses
from geocnn.io.waveforms import Record, Station
from geocnn.io.waveforms.quakeml import Event, Magnitude
from geocnn.magnitude import local_magnitude, wood_anderson

__all__ = ["amplitude_after", "with_magnitudes", "without_response"]

_AROUND = (30, 15)
"""Seconds of the record before and after an S wave that are used."""
_AFTER, _LEAST = 10, 5
"""Seconds after an S wave in which the largest amplitude is searched, and how many of them are needed at least."""
_QUIET = 5
"""Seconds over which noise is measured: in the quietest piece of that length before the P wave."""
_CLEAR = 3.0
"""Least ratio of the largest amplitude to the noise; smaller ones may be noise."""
_DEAF = 0.1
"""Noise of a component without a clear wave, relative to that of the other, below which it is taken for broken."""
_NEAREST = 1.0
"""Least distance of the hypocentre, km; smaller ones are replaced by it."""


def amplitude_after(
    station: Station,
    record: Record,
    at: int,
    responses: Responses,
    end: int | None = None,
    begun: int | None = None,
) -> float | None:
    """Largest amplitude after an S wave on a Wood-Anderson seismograph with a magnification of 1, nm.

    It is the geometric mean of both horizontal components, or the value of one if the other has none, or has only
    noise that is larger. None without a response, near a gap, or if the amplitude of neither is clearly above the
    noise.

    Args:
        station: the instrument.
        record: with half a minute before the S wave, as far as there are data.
        at: sample of the S wave.
        responses: responses of the channels.
        end: sample at which the next earthquake begins; None if there is none.
        begun: sample of the P wave, before which noise is measured; None if it is not known, and noise is measured
            before the S wave.
    """
    second, time = round(station.rate), station.time(record.start + at)
    seen: list[tuple[float, float]] = []  # largest amplitude and noise
    inputs = _inputs(station, time, responses)
    _tell_units(station, inputs)
    for row, response in enumerate(inputs, 1):
        samples, live, piece = record.waveform[row], record.live[row], station.piece_at(row, time)
        if piece is None or not isinstance(response, Response) or not live[at]:
            continue
        dead = np.flatnonzero(~live)
        first = _first(live, at, second)
        last = min(at + _AROUND[1] * second, len(live), *dead[dead > at][:1].tolist())
        fade = (last - first) // 10
        stop = min(at + _AFTER * second, last - fade, len(live) if end is None else end)
        if at - second < first + fade or stop < at + _LEAST * second:
            continue
        drawn = np.abs(wood_anderson(samples[first:last], station.rate, response, recorded=piece.rate))
        onset = at - first - second // 2
        peak = float(drawn[onset : stop - first].max())
        noise = _quiet(drawn[fade:onset], _QUIET * second)
        if begun is not None:
            before = slice(_first(live, begun, second), begun - second // 2)
            fade = (before.stop - before.start) // 10
            if before.stop - before.start - 2 * fade >= _QUIET * second:  # otherwise a gap is too near
                calm = np.abs(wood_anderson(samples[before], station.rate, response, recorded=piece.rate))
                noise = _quiet(calm[fade : len(calm) - fade], _QUIET * second)
        if peak > 0:
            seen.append((peak, noise))
    shown = [(peak, noise) for peak, noise in seen if peak > _CLEAR * noise]
    if not shown:
        return None
    # Where one component shows the wave the other has it too, but in noise its peak only says that it is no larger.
    most, calm = shown[0]
    others = [peak for peak, noise in seen if peak <= _CLEAR * noise and peak <= most and noise > _DEAF * calm]
    return math.exp(float(np.mean(np.log([*(peak for peak, _ in shown), *others]))))


def _first(live: Bool[ndarray, " samples"], at: int, second: int) -> int:
    """First sample used before a wave: so many seconds before it, or behind a gap."""
    dead: list[int] = np.flatnonzero(~live[:at])[-1:].tolist()
    return max(at - _AROUND[0] * second, 0, *(last + 1 for last in dead))


def _quiet(drawn: Float64[ndarray, " samples"], length: int) -> float:
    """Largest amplitude in the quietest piece of ``length`` samples; in the whole if it is shorter than a piece."""
    whole = len(drawn) // length * length
    pieces = drawn[len(drawn) - whole :].reshape(-1, length) if whole else drawn[None]
    return float(pieces.max(axis=1).min())


def without_response(station: Station, times: Sequence[int], responses: Responses) -> int:
    """Number of the given times, nanoseconds since 1970, at which no horizontal component has a response.

    One of no use, because of its unit, is a response; :func:`amplitude_after` notes it at the station.
    """
    return sum(not any(_inputs(station, time, responses)) for time in times)


def _inputs(station: Station, time: int, responses: Responses) -> list[Response | OtherInput | None]:
    """Response of each horizontal component at a time, or its input if that is no motion of the ground."""
    channels = (station.channel_at(row, time) for row in (1, 2))
    return [None if c is None else responses.find(c, time) or responses.other_input(c, time) for c in channels]


def _tell_units(station: Station, inputs: Sequence[Response | OtherInput | None]) -> None:
    """Note at a station which units keep it from having amplitudes."""
    units = sorted({one.unit or "no unit" for one in inputs if isinstance(one, OtherInput)})
    if units and not any(isinstance(one, Response) for one in inputs):
        station.note(
            f"in the StationXML the input of the horizontal channels of {station} is in {' and '.join(units)}, which "
            "is no motion of the ground that is known, and without it there is no magnitude from there; it has to be "
            "in M, M/S or M/S**2, or with CM, MM, UM or NM for M."
        )


def with_magnitudes(events: Sequence[Event]) -> tuple[Event, ...]:
    """Events with local magnitudes, where amplitudes and distances are known.

    The magnitude is the median over the stations, and its error their standard deviation. If only one station has seen
    the earthquake, its distance and depth are used, and the error follows from theirs.
    """
    return tuple(_with_magnitude(event) for event in events)


def _with_magnitude(event: Event) -> Event:
    """The event with a magnitude, or unchanged if it has no amplitude."""
    found: dict[tuple[str, str], tuple[int, float]] = {}
    error = None
    for number, pick in enumerate(event.picks):
        if pick.wood_anderson is None:
            continue
        ray = event.origin.rays[number] if event.origin is not None and event.origin.rays else None
        if event.origin is not None and ray is not None and ray.distance is not None:
            away = math.hypot(ray.distance, (event.origin.depth or 0.0) + ray.height)  # both are counted from the sea
        elif event.place is not None:
            near, away, far = (
                math.hypot(km, event.place.depth.value)
                for km in (event.place.distance.low, event.place.distance.value, event.place.distance.high)
            )
            ends = [local_magnitude(pick.wood_anderson, max(_NEAREST, km)) for km in (near, far)]
            error = (ends[1] - ends[0]) / 2
        else:
            continue
        value = local_magnitude(pick.wood_anderson, max(_NEAREST, away))
        found.setdefault((pick.channel.network, pick.channel.station), (number, value))
    if not found:
        return event
    values = [value for _, value in found.values()]
    if len(values) > 1:
        error = float(np.std(values, ddof=1))
    return replace(event, magnitude=Magnitude(float(np.median(values)), "ML", error, tuple(found.values())))
