"""Where the channels of a station point at a time."""

from typing import NamedTuple

from geocnn.io.responses import Responses
from geocnn.io.waveforms import Station
from geocnn.location import Estimate

__all__ = ["Frame", "frame_at", "is_upside_down"]

_SQUARE = 10.0
"""Largest deviation from a right angle, and from the horizontal, of components that tell an azimuth, degrees."""
_CODES = {"N": 0.0, "E": 90.0}
"""Azimuths of components by the last letter of their channel; others point anywhere."""


class Frame(NamedTuple):
    """How the components of a station lie.

    Attributes:
        turn: what a network that expects north, east and up takes for north, degrees from north.
        sense: 1 if its east is to the right of that, -1 if it is to the left.
    """

    turn: float
    sense: int

    def true(self, seen: Estimate) -> Estimate:
        """The azimuth that a network means by one that it tells."""
        value, low, high = ((self.turn + self.sense * angle) % 360 for angle in seen)
        return Estimate(value, low, high) if self.sense > 0 else Estimate(value, high, low)

    @property
    def is_usual(self) -> bool:
        """Whether the components point north, east and up, or nearly so."""
        return self.sense > 0 and abs((self.turn + 180) % 360 - 180) <= _SQUARE


def is_upside_down(station: Station, time: int, responses: Responses | None) -> bool:
    """Whether the vertical component counts as positive downwards at a time, ns, as far as that is known."""
    channel = station.channel_at(0, time)
    sensor = None if responses is None or channel is None else responses.sensor(channel, time)
    return sensor is not None and sensor.dip is not None and sensor.dip > 0


def frame_at(station: Station, time: int, responses: Responses | None) -> Frame | str:
    """How the components of a station lie at a time, ns, or in words why they tell no azimuth.

    Channels of which nothing is known point north if they end with N, east with E, and those of other letters anywhere.
    """
    channels = [channel for row in (1, 2) if (channel := station.channel_at(row, time)) is not None]
    codes = [channel.code[-1:].upper() for channel in channels]
    if len(codes) < 2:
        lacking = [code for code in _CODES if code not in codes]
        return f"has no component{'s' * (len(lacking) > 1)} {' and '.join(lacking)}, and an azimuth needs N and E"
    have = f"has components {' and '.join(codes)}"
    sensors = [None if responses is None else responses.sensor(channel, time) for channel in channels]
    known = [
        _CODES.get(code) if s is None or s.azimuth is None else s.azimuth
        for code, s in zip(codes, sensors, strict=True)
    ]
    azimuths = [azimuth for azimuth in known if azimuth is not None]
    if len(azimuths) < 2:
        return f"{have}, and nobody knows where they point; StationXML of level=channel would tell"
    dips = [0.0 if s is None or s.dip is None else s.dip for s in sensors]
    first, second = azimuths
    apart = (second - first + 180) % 360 - 180
    if max(map(abs, dips)) > _SQUARE:
        return f"{have} that dip by {dips[0]:g} and {dips[1]:g} degrees, and an azimuth needs horizontal ones"
    if abs(abs(apart) - 90) > _SQUARE:
        return f"{have} that point to {first:g} and {second:g} degrees, and an azimuth needs a right angle between them"
    return Frame(first + 180 * is_upside_down(station, time, responses), 1 if apart > 0 else -1)
