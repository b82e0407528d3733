"""A day of a station as on a drum recorder: least and largest sample of every column."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from geocnn.io.waveforms.high_pass import REACH, high_pass
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.station import Record, Station

__all__ = ["DAY", "Drum"]

DAY = 86_400
"""Seconds of a day."""
_ROWS = 48
"""Largest number of rows of a picture: half an hour each for a whole day."""
_MINUTES = (2, 5, 10, 15, 30)
"""Possible lengths of a row; in all of them minutes fall on ticks."""
_COLUMNS = 1500
"""Columns of a row, about as many as it has pixels."""


class Drum:
    """Picture of a day of one component; its size does not grow with the number of samples.

    The rows reach from the first to the last data of the day, so that one hour of data does not vanish in an empty day;
    the shorter this span, the shorter are the rows.

    Args:
        station: the station.
        day: a date (UTC).

    Attributes:
        station: the station.
        day: the date (UTC), ``datetime64[D]``.
        component: number in ``station.components``: the vertical one if there is one.
        minutes: length of a row.
        first: seconds of the day at which the first row begins.
        low: least sample of each column, (rows, columns), in the unit of the data; NaN without data.
        high: largest sample, likewise.
    """

    def __init__(self, station: Station, day: np.datetime64) -> None:
        self.station = station
        self.day = day.astype("datetime64[D]")
        self.component = next((k for k, pieces in enumerate(station.components) if pieces), 0)
        midnight = station.index(self.start)
        begin, end = _span(station.runs(), midnight, station.rate)
        self.minutes, self.first, rows = _rows(begin, end)
        row = 60 * self.minutes
        self._row = round(row * station.rate)
        self._begin = midnight + round(self.first * station.rate)
        columns = min(_COLUMNS, self._row)
        self.low: Float32[ndarray, "rows columns"] = np.full((rows, columns), np.nan, np.float32)
        self.high: Float32[ndarray, "rows columns"] = self.low.copy()

    @property
    def start(self) -> int:
        """Midnight at which the day begins, nanoseconds since 1970."""
        return int(self.day.astype("datetime64[ns]").astype(np.int64))

    @property
    def stop(self) -> int:
        """Midnight at which the day ends, nanoseconds since 1970."""
        return self.start + DAY * SECOND

    @property
    def channel(self) -> str:
        """Codes of the channel at the beginning of the first row, such as CX.PB01..HHZ."""
        channel = self.station.channel_at(self.component, self.start + round(self.first * SECOND))
        return f"{self.station}Z" if channel is None else str(channel)

    @property
    def seconds(self) -> float:
        """Total length of the columns that have data, s."""
        return float(60 * self.minutes * np.isfinite(self.low).sum() / self.low.shape[1])

    def add(self, record: Record, halo: int) -> None:
        """Add the samples of a part of the record that belong to this day.

        The result does not depend on where the record is cut, up to rounding.

        Args:
            record: the part.
            halo: samples on each side of the part that belong to its neighbours: at least :meth:`least_halo`.

        Raises:
            ValueError: the halo is too small.
        """
        if halo < (least := self.least_halo(self.station.rate)):
            raise ValueError(f"the halo is {halo} samples; the filter of a drum needs {least} on each side.")
        start = record.start + halo - self._begin
        stop = record.start + record.waveform.shape[1] - halo - self._begin
        rows, columns = self.low.shape
        first, last = max(0, start), min(rows * self._row, stop)
        if first >= last or not record.live[self.component].any():
            return
        at = slice(first - start + halo, last - start + halo)
        live = record.live[self.component]
        samples = high_pass(record.waveform[self.component], live, self.station.rate)[at]
        column = np.arange(first * columns // self._row, (last - 1) * columns // self._row + 1)
        edges = np.maximum(-(-column * self._row // columns) - first, 0)
        for kept, best, nothing in ((self.low, np.fmin, np.inf), (self.high, np.fmax, -np.inf)):
            found = best.reduceat(np.where(live[at], samples, np.float32(nothing)), edges)
            place = kept.reshape(-1)[column[0] : column[-1] + 1]
            best(place, np.where(np.isfinite(found), found, np.nan), out=place)

    @staticmethod
    def least_halo(rate: float) -> int:
        """Least number of samples beyond a part that its columns depend on."""
        return 3 * round(REACH * rate)

    def place(self, time: int) -> tuple[int, float] | None:
        """Row of a time (ns since 1970), and minutes from the beginning of that row; None outside the rows."""
        row, rest = divmod((time - self.start) / SECOND - self.first, 60 * self.minutes)
        return (int(row), rest / 60) if 0 <= row < len(self.low) else None


def _span(runs: Sequence[tuple[int, int]], midnight: int, rate: float) -> tuple[float, float]:
    """Seconds of the day from its first to its last data; the whole day if there are none."""
    size = round(DAY * rate)
    parts = [(start - midnight, stop - midnight) for start, stop in runs]
    inside = [(max(0, start), min(size, stop)) for start, stop in parts if start < size and stop > 0]
    if not inside:
        return 0.0, float(DAY)
    return min(start for start, _ in inside) / rate, max(stop for _, stop in inside) / rate


def _rows(begin: float, end: float) -> tuple[int, int, int]:
    """Minutes per row, second at which the first row begins, and number of rows.

    Up to a hundredth of a row at the end, which records often have beyond a full hour, gets no row of its own.
    """
    for minutes in _MINUTES:
        row, little = 60 * minutes, 0.6 * minutes
        first = int((begin + little) // row)
        rows = max(1, int(-(-(end - little) // row)) - first)
        if rows <= _ROWS:
            break
    return minutes, first * row, rows
