"""Times on the page of seismograms: seconds since a midnight, exact to the microsecond."""

from collections.abc import Iterable

from geocnn.io.waveforms import Station
from geocnn.io.waveforms.pieces import SECOND

__all__ = ["PageTime"]

_DAY = 86_400 * SECOND


class PageTime:
    """Conversion of times to seconds since the midnight (UTC) before the first sample.

    Args:
        stations: all stations of the page.

    Attributes:
        origin: that midnight, nanoseconds since 1970.
    """

    def __init__(self, stations: Iterable[Station]) -> None:
        self.origin = min(station.start for station in stations) // _DAY * _DAY

    def seconds(self, time: int) -> float:
        """Seconds for a time in ns since 1970, accurate to a microsecond for a hundred years."""
        return (time - self.origin) / SECOND

    def time(self, seconds: float) -> int:
        """Time in ns since 1970 for seconds; the inverse of :meth:`seconds`."""
        return self.origin + round(seconds * SECOND)

    def span(self, station: Station) -> tuple[float, float]:
        """Start and end of the record of a station, in seconds."""
        return self.seconds(station.start), self.seconds(station.end)
