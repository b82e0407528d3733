"""Bins of time over which picks are counted."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from geocnn.io.waveforms import Station
from geocnn.io.waveforms.pieces import SECOND

__all__ = ["Bins", "stamps", "time_bins"]

_BINS = {
    60: "minute",
    300: "5 minutes",
    600: "10 minutes",
    1800: "half hour",
    3600: "hour",
    10_800: "3 hours",
    21_600: "6 hours",
    86_400: "day",
    604_800: "week",
}
"""Seconds that picks are counted over, and what they are called."""
_MOST = 100
"""Bars, at most; of years more, by the week."""
_MONDAY = 4 * 86_400
"""Begin of the first full week of 1970, s."""
_LITTLE = 0.01
"""Part of a bin of data, which records often have beyond a full hour, that gets no bin of its own."""


class Bins(NamedTuple):
    """What the time of a record is divided into.

    Attributes:
        edges: where bins begin and end, seconds since 1970.
        name: of their length.
        span: first and last data, seconds since 1970.
        share: part of each in which there are data.
        recorded: part of the time from the first to the last data in which there are some.
    """

    edges: Float64[ndarray, " edges"]
    name: str
    span: tuple[float, float]
    share: Float64[ndarray, " bins"]
    recorded: float

    def dates(self) -> str:
        """From the first to the last day."""
        first, last = (day.item() for day in stamps(np.array(self.span) - [0, 1]).astype("datetime64[D]"))
        end = f"{last.day} {last:%B %Y}"
        return end if first == last else f"{first.day} {first:%B %Y} to {end}"


def time_bins(station: Station) -> Bins:
    """As many as are read well, from the first to the last data of a station, beginning at full hours or days."""
    runs = np.array([(station.time(a) / SECOND, station.time(b - 1) / SECOND) for a, b in station.runs()])
    runs = runs.reshape(-1, 2) + np.array([0.0, 1 / station.rate])
    begin, end = (runs[:, 0].min(), runs[:, 1].max()) if len(runs) else (0.0, 3600.0)
    step = next((s for s in _BINS if (end - begin) / s <= _MOST), max(_BINS))
    zero = _MONDAY if _BINS[step] == "week" else 0
    first = np.floor((begin - zero) / step + _LITTLE)
    last = max(np.ceil((end - zero) / step - _LITTLE), first + 1)
    edges = zero + np.arange(first, last + 1) * step
    recorded = np.zeros(len(edges))  # seconds with data before each edge
    for start, stop in runs:
        recorded += np.clip(edges, start, stop) - start
    share = np.minimum(np.diff(recorded) / step, 1.0)
    return Bins(edges, _BINS[step], (begin, end), share, float(np.diff(runs).sum() / (end - begin)))


def stamps(seconds: Float64[ndarray, " times"]) -> ndarray:
    """As Matplotlib takes times, ``datetime64[ms]``."""
    return np.round(np.asarray(seconds) * 1000).astype("datetime64[ms]")
