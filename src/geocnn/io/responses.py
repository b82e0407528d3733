"""What StationXML tells of channels: their responses, from ground motion to numbers, and where they point."""

import math
import xml.etree.ElementTree as Xml
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Complex128, Float64
from numpy import ndarray

from geocnn.io.columns import read_text
from geocnn.io.sites import date_of, parsed
from geocnn.io.waveforms.pieces import Channel

__all__ = ["OtherInput", "Response", "Responses", "Sensor"]

_PREFIXES = {"": 1.0, "C": 1e-2, "M": 1e-3, "U": 1e-6, "\u039c": 1e-6, "N": 1e-9}
"""Parts of a metre by their letters, in capitals; that of a micrometre may be Greek."""
_PER_TIME = {"": 0, "/S": 1, "/SEC": 1}
_PER_TIME |= dict.fromkeys(("/S**2", "/(S**2)", "/SEC**2", "/(SEC**2)", "/S^2", "/S/S"), 2)
"""Derivative of the displacement by what follows the metre."""
_MOTIONS = {f"{p}M{end}": (n, metres) for p, metres in _PREFIXES.items() for end, n in _PER_TIME.items()}
"""Derivative of the displacement, and metres, by the names that units have, in capitals."""


@dataclass(frozen=True)
class Response:
    """Response of a channel for a period of time.

    Attributes:
        order: motion that it records: 0 displacement, 1 velocity, 2 acceleration.
        sensitivity: counts per metre, m/s or m/s^2 of that motion.
        frequency: frequency at which the sensitivity holds, Hz.
        zeros: zeros of the sensor, rad/s.
        poles: poles of the sensor, rad/s.
        since: beginning of the period, nanoseconds since 1970; None if it is not known.
        until: end of the period, nanoseconds since 1970; None if it is not known.
    """

    order: int
    sensitivity: float
    frequency: float
    zeros: tuple[complex, ...] = ()
    poles: tuple[complex, ...] = ()
    since: int | None = None
    until: int | None = None

    def of_displacement(self, frequency: Float64[ndarray, " frequencies"]) -> Complex128[ndarray, " frequencies"]:
        """Numbers to a metre of displacement; digital filters are taken to pass what they should."""
        s = 2j * np.pi * frequency
        there, usual = np.abs(self._sensor(2j * np.pi * np.array([self.frequency, 1.0])))
        # Where the sensitivity is said to be that of a frequency that the sensor does not record, 1 Hz is meant.
        response: Complex128[ndarray, " frequencies"] = self._sensor(s) * (self.sensitivity / (there or usual or 1.0))
        return response * s**self.order

    def _sensor(self, s: Complex128[ndarray, " frequencies"]) -> Complex128[ndarray, " frequencies"]:
        """Zeros over poles."""
        shape = np.ones_like(s)
        for zero in self.zeros:
            shape *= s - zero
        for pole in self.poles:
            shape /= s - pole
        return shape


@dataclass(frozen=True)
class Sensor:
    """Direction in which a channel counts as positive, for a period of time.

    Attributes:
        azimuth: degrees from north, clockwise; None if it is not known.
        dip: degrees below the horizontal, -90 for a vertical channel that is positive upwards; None if it is not known.
        since: beginning of the period, nanoseconds since 1970; None if it is not known.
        until: end of the period, nanoseconds since 1970; None if it is not known.
    """

    azimuth: float | None
    dip: float | None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class OtherInput:
    """Input of a response that is no motion of the ground, or is in a unit that is not known, for a period of time.

    Attributes:
        unit: its unit, as in the file; empty if it has none.
        since: beginning of the period, nanoseconds since 1970; None if it is not known.
        until: end of the period, nanoseconds since 1970; None if it is not known.
    """

    unit: str
    since: int | None = None
    until: int | None = None


_Held = TypeVar("_Held", Response, Sensor, OtherInput)


@dataclass(frozen=True)
class Responses:
    """Responses and directions of the channels in a file.

    Attributes:
        of_channels: responses by the codes NET.STA.LOC.CHA, each for a period of time.
        of_sensors: directions in the same way.
        of_others: inputs of responses that are not known as motions of the ground, in the same way.
    """

    of_channels: dict[str, tuple[Response, ...]]
    of_sensors: dict[str, tuple[Sensor, ...]] = field(default_factory=dict)
    of_others: dict[str, tuple[OtherInput, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str | Path) -> "Responses | None":
        """Read StationXML (FDSN StationXML 1.x); None for a file that is no XML, such as a table of stations.

        Only the analogue stages with poles and zeros, and the overall sensitivity of a channel, are used.

        Raises:
            MissingError: no such file.
            FormatError: it cannot be read, is damaged, or a date is none.
        """
        text = read_text(Path(path), "needed is StationXML")
        if not text.lstrip().startswith("<"):
            return None
        found: dict[str, list[Response]] = {}
        sensors: dict[str, list[Sensor]] = {}
        others: dict[str, list[OtherInput]] = {}
        root = parsed(Path(path), text)
        for network in root.iterfind("{*}Network"):
            for station in network.iterfind("{*}Station"):
                for channel in station.iterfind("{*}Channel"):
                    codes = network.get("code", ""), station.get("code", ""), channel.get("locationCode", "")
                    name = ".".join((*(code.strip() for code in codes), channel.get("code", "")))
                    response = _response(Path(path), name, channel)
                    if isinstance(response, Response):
                        found.setdefault(name, []).append(response)
                    elif response is not None:
                        others.setdefault(name, []).append(response)
                    sensors.setdefault(name, []).append(_sensor(Path(path), name, channel))
        known = {name: tuple(own) for name, own in found.items()}
        directions = {name: tuple(own) for name, own in sensors.items()}
        strange = {name: tuple(own) for name, own in others.items()}
        return cls(known, directions, strange)

    def find(self, channel: Channel, time: int) -> Response | None:
        """Response of a channel at a time, nanoseconds since 1970; None if it is not known."""
        return _at(self.of_channels.get(str(channel), ()), time)

    def other_input(self, channel: Channel, time: int) -> OtherInput | None:
        """Input of a response that is of no use, of a channel at a time, nanoseconds since 1970; None without one."""
        return _at(self.of_others.get(str(channel), ()), time)

    def sensor(self, channel: Channel, time: int) -> Sensor | None:
        """Direction of a channel at a time, nanoseconds since 1970; None if it is not known."""
        return _at(self.of_sensors.get(str(channel), ()), time)

    def between(self, channel: Channel, start: int, stop: int) -> str:
        """All that is known of a channel between two times, nanoseconds since 1970, as text.

        It stays the same when other channels or periods of a file change.
        """
        name = str(channel)
        response, sensor = self.of_channels.get(name, ()), self.of_sensors.get(name, ())
        other = self.of_others.get(name, ())
        return _text(_between(response, start, stop), _between(sensor, start, stop), _between(other, start, stop))


@lru_cache(maxsize=1024)
def _text(*known: object) -> str:
    """Things as text, which takes as long to make as all else for a part of a record, and is mostly the same again."""
    return repr(known)


def _between(known: Sequence[_Held], start: int, stop: int) -> tuple[_Held, ...]:
    """What holds at some time between two; of its period only those ends that lie between these."""
    found = []
    for one in known:
        since, until = one.since or -(2**63), one.until or 2**63
        if since < stop and until > start and since < until:
            inside = since if since > start else None, until if until < stop else None
            found.append(one if inside == (one.since, one.until) else replace(one, since=inside[0], until=inside[1]))
    return tuple(found)


def _at(known: Sequence[_Held], time: int) -> _Held | None:
    """What holds at a time; None if nothing does."""
    return next((one for one in known if (one.since or -(2**63)) <= time < (one.until or 2**63)), None)


def _response(path: Path, name: str, channel: Xml.Element) -> Response | OtherInput | None:
    """Response from the element of a channel, or its input if that is not known; None without a response.

    Raises:
        FormatError: a date is none.
    """
    whole = channel.find("{*}Response/{*}InstrumentSensitivity")
    if whole is None:
        return None
    unit = whole.findtext("{*}InputUnits/{*}Name", "").strip()
    value, frequency = (_number(whole.find(f"{{*}}{tag}")) for tag in ("Value", "Frequency"))
    if not value or not math.isfinite(value) or not math.isfinite(frequency):
        return None
    if unit.upper() not in _MOTIONS:
        return OtherInput(unit, *_period(path, name, channel))
    order, metres = _MOTIONS[unit.upper()]
    zeros: list[complex] = []
    poles: list[complex] = []
    for stage in channel.iterfind("{*}Response/{*}Stage/{*}PolesZeros"):
        kind = stage.findtext("{*}PzTransferFunctionType", "").upper()
        if "DIGITAL" in kind:
            continue
        radians = 2 * math.pi if "HERTZ" in kind else 1.0
        for tag, into in (("Zero", zeros), ("Pole", poles)):
            into += [
                radians * complex(*(_number(one.find(f"{{*}}{part}")) for part in ("Real", "Imaginary")))
                for one in stage.iterfind(f"{{*}}{tag}")
            ]
    return Response(order, value / metres, frequency, tuple(zeros), tuple(poles), *_period(path, name, channel))


def _sensor(path: Path, name: str, channel: Xml.Element) -> Sensor:
    """Direction from the element of a channel.

    Raises:
        FormatError: a date is none.
    """
    azimuth, dip = (
        _degrees(channel.findtext(f"{{*}}{tag}", ""), most) for tag, most in (("Azimuth", 360), ("Dip", 90))
    )
    return Sensor(azimuth, dip, *_period(path, name, channel))


def _period(path: Path, name: str, channel: Xml.Element) -> tuple[int | None, int | None]:
    """Beginning and end of the period for which the element of a channel holds.

    Raises:
        FormatError: a date is none.
    """
    since, until = (date_of(path, f"channel {name}", channel.get(end)) for end in ("startDate", "endDate"))
    return since, until


def _degrees(text: str, most: float) -> float | None:
    """An angle of at most so many degrees to both sides; None if the text is none."""
    try:
        angle = float(text)
    except ValueError:
        return None
    return angle if abs(angle) <= most else None


def _number(element: Xml.Element | None) -> float:
    """Number in an element; 0 if it has none."""
    try:
        return float((element.text if element is not None else None) or 0)
    except ValueError:
        return 0.0
