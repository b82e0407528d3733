"""Bins of time in which picks are counted."""

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
"""Possible lengths of a bin in seconds, with their names."""
_MOST = 100
"""Largest number of bins; for years of data the bins are weeks, and may be more."""
_MONDAY = 4 * 86_400
"""Beginning of the first full week of 1970, s."""
_LITTLE = 0.01
"""Data at the ends that get no bin of their own, as a share of a bin: records often go on beyond a full hour."""
_BEYOND = 10.0
"""Seconds of data beyond midnight that do not count as another day; files of a day often have some."""


class Bins(NamedTuple):
    """Division of the time of a record into bins.

    Attributes:
        edges: edges of the bins, seconds since 1970; the outermost are the first and the last data.
        name: name of the length of a bin.
        gaps: beginning and end of the gaps between the first and the last data, seconds since 1970.
        share: share of each bin that has data.
        recorded: share of the time from the first to the last data that has data.
    """

    edges: Float64[ndarray, " edges"]
    name: str
    gaps: Float64[ndarray, "gaps 2"]
    share: Float64[ndarray, " bins"]
    recorded: float

    def dates(self) -> str:
        """First and last day in words."""
        begin, stop = self.edges[0], self.edges[-1]
        beyond = min(_BEYOND, (stop - begin) / 2)
        ends = np.array([begin + beyond, max(begin + beyond, stop - beyond)])
        first, last = (day.item() for day in stamps(ends).astype("datetime64[D]"))
        end = f"{last.day} {last:%B %Y}"
        return end if first == last else f"{first.day} {first:%B %Y} to {end}"


def time_bins(station: Station) -> Bins:
    """Bins from the first to the last data of a station, at full hours or days, as many as can be read well."""
    parts = np.array(station.spans(), np.float64).reshape(-1, 2) / SECOND  # since 1970
    begin, stop = (float(parts[0, 0]), float(parts[-1, 1])) if len(parts) else (0.0, 3600.0)
    step = next((s for s in _BINS if (stop - begin) / s <= _MOST), max(_BINS))
    zero = _MONDAY if _BINS[step] == "week" else 0
    first = np.floor((begin - zero) / step + _LITTLE)
    last = max(np.ceil((stop - zero) / step - _LITTLE), first + 1)
    edges = np.concatenate(([begin], zero + np.arange(first + 1, last) * step, [stop]))
    recorded = np.zeros(len(edges))  # seconds with data before each edge
    for start, end in parts:
        recorded += np.clip(edges, start, end) - start
    gaps = np.stack((parts[:-1, 1], parts[1:, 0]), 1) if len(parts) else np.array([[begin, stop]])
    share = np.clip(np.diff(recorded) / np.diff(edges), 0, 1)
    return Bins(edges, _BINS[step], gaps, share, float(recorded[-1] / (stop - begin)))


def stamps(seconds: Float64[ndarray, "*times"]) -> ndarray:
    """Times as Matplotlib takes them, ``datetime64[ms]``."""
    return np.round(np.asarray(seconds) * 1000).astype("datetime64[ms]")
