"""Times of the page of seismograms: seconds since a midnight, which numbers of a browser hold to the microsecond."""

from collections.abc import Iterable

from geocnn.io.waveforms import Station
from geocnn.io.waveforms.pieces import SECOND

__all__ = ["PageTime"]

_DAY = 86_400 * SECOND


class PageTime:
    """Seconds since the midnight (UTC) before the first sample.

    Args:
        stations: all of the page.

    Attributes:
        origin: this midnight, nanoseconds since 1970.
    """

    def __init__(self, stations: Iterable[Station]) -> None:
        self.origin = min(station.start for station in stations) // _DAY * _DAY

    def seconds(self, time: int) -> float:
        """From ns since 1970: to less than a microsecond for a hundred years."""
        return (time - self.origin) / SECOND

    def time(self, seconds: float) -> int:
        """The opposite."""
        return self.origin + round(seconds * SECOND)

    def span(self, station: Station) -> tuple[float, float]:
        """Seconds from which and up to which a station has samples."""
        return self.seconds(station.start), self.seconds(station.end)
