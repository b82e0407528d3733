"""Helicorder: a day of a station with one row below the other, and its picks."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy import ndarray

from geocnn.figures.helicorder_frame import CLIP, NO_DATA, PAIR, axes, words
from geocnn.figures.phases import first_pair, picks_at
from geocnn.figures.seismograms import PHASES
from geocnn.figures.style import figure
from geocnn.io.waveforms.drum import Drum
from geocnn.io.waveforms.pieces import spans
from geocnn.io.waveforms.quakeml import Event, PhasePick

__all__ = ["helicorder"]

_HEIGHTS = (0.19, 0.5)
"""Least height of a row, for a full day, and largest height, inches."""
_NOISE = 0.12
"""Median amplitude of the columns, in rows; small earthquakes must rise above it."""
_TRACE = "#5a5a5a"
"""Grey, so that lines at picks are visible on a clipped trace."""
_HALF, _SINGLE = 0.47, 0.3
"""Half height of lines at picks, in rows: for P and S of one earthquake, and for other picks."""


def helicorder(drum: Drum, events: Sequence[Event] = (), *, unit: str = "counts") -> Figure:
    """Draw a day with its picks: a row for every half hour, or less if there are only some hours of data.

    The trace is high-passed at 1 Hz, where local earthquakes are visible but microseism of the sea is not. Its scale is
    set by the median amplitude of the day, and amplitudes larger than about a row are clipped.

    Args:
        drum: the day; all of its record must have been added.
        events: picks, as events; those of other stations and days are left out.
        unit: of the data.
    """
    rows = len(drum.low)
    made = figure(13.3, 1.0 + rows * float(np.clip(9.0 / rows, *_HEIGHTS)))
    place = made.subplots()
    scale = _scale(drum)
    _gaps(place, drum)
    _traces(place, drum, scale)
    seen = [picks_at(drum.station, event, drum.start, drum.stop) for event in events]
    picks = [pick for group in seen for pick in group]
    pairs = [pair for group in seen if (pair := first_pair(group))]
    _picks(place, drum, pairs, picks)
    axes(place, drum)
    words(place, drum, scale, unit, len(pairs), [pick.phase for pick in picks])
    return made


def _scale(drum: Drum) -> float:
    """Amplitude that is as high as a row."""
    sizes = np.maximum(np.abs(drum.low), np.abs(drum.high))
    sizes = sizes[np.isfinite(sizes)]
    return float(np.median(sizes) / _NOISE or sizes.max() or 1.0) if sizes.size else 1.0


def _minutes(drum: Drum) -> Float[ndarray, " columns"]:
    """Edges of the columns, in minutes."""
    return np.linspace(0, drum.minutes, drum.low.shape[1] + 1)


def _gaps(place: Axes, drum: Drum) -> None:
    """Draw grey bars where there are no data."""
    dead = np.isnan(drum.low)
    edges = _minutes(drum)
    for row in np.flatnonzero(dead.any(1)):
        bars = [(edges[begin], edges[end] - edges[begin]) for begin, end in spans(dead[row])]
        place.broken_barh(bars, (row - 0.5, 1), facecolor=NO_DATA, linewidth=0, zorder=0, gid="gaps")


def _traces(place: Axes, drum: Drum, scale: float) -> None:
    """Draw each row as the area between the least and the largest sample of a column, at least as thick as a line."""
    edges = _minutes(drum)
    middle = (edges[1:] + edges[:-1]) / 2
    for row, columns in enumerate(zip(drum.low, drum.high, strict=True)):
        low, high = (row - np.clip(wave / scale, -CLIP, CLIP) for wave in columns)
        place.fill_between(
            middle, low, high, facecolor=_TRACE, edgecolor=_TRACE, linewidth=0.4, zorder=2, gid=f"row {row}"
        )


def _picks(place: Axes, drum: Drum, pairs: Sequence[tuple[PhasePick, PhasePick]], picks: Sequence[PhasePick]) -> None:
    """Draw a line at each pick, and a band from P to S with an edge that is visible on clipped traces as well."""
    paired = {id(pick) for pair in pairs for pick in pair}
    for phase, colour in PHASES.items():
        lines = []
        for pick in picks:
            at = drum.place(pick.time)
            if pick.phase == phase and at is not None:
                half = _HALF if id(pick) in paired else _SINGLE
                lines.append([(at[1], at[0] - half), (at[1], at[0] + half)])
        halo = LineCollection(lines, colors="white", linewidths=2.0, zorder=4)
        place.add_collection(halo, autolim=False)
        place.add_collection(LineCollection(lines, colors=colour, linewidths=1.1, zorder=5, gid=phase), autolim=False)
    bands: dict[int, list[tuple[float, float]]] = {}
    for p, s in pairs:
        for row, begin, end in _stretches(drum, p.time, s.time):
            bands.setdefault(row, []).append((begin, end - begin))
    for row, bars in bands.items():
        place.broken_barh(bars, (row - _HALF, 2 * _HALF), facecolor=PAIR, linewidth=0, zorder=1, gid="pairs")
        place.broken_barh(bars, (row - _HALF, 0.12), facecolor=PAIR, linewidth=0, zorder=3)


def _stretches(drum: Drum, begin: int, end: int) -> list[tuple[int, float, float]]:
    """Parts of a span in the rows: row, first and last minute of each."""
    first, last = drum.place(begin), drum.place(end)
    if first is None or last is None:
        return []
    rows = range(first[0], last[0] + 1)
    return [(k, first[1] if k == first[0] else 0.0, last[1] if k == last[0] else float(drum.minutes)) for k in rows]
