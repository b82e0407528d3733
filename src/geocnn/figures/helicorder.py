"""A day of a station as seismologists look through it: one row below the other, with what was picked in it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy import ndarray

from geocnn.figures.phases import first_pair, picks_at
from geocnn.figures.seismograms import PHASES
from geocnn.figures.style import INK, figure, metric, round_down
from geocnn.io.waveforms.drum import CORNER, Drum
from geocnn.io.waveforms.pieces import spans
from geocnn.io.waveforms.quakeml import Event, PhasePick

__all__ = ["helicorder"]

_HEIGHTS = (0.19, 0.5)
"""Inches of a row, those of a full day and the most."""
_NOISE = 0.12
"""What the usual amplitude of a column becomes, in rows: small earthquakes must show above it."""
_CLIP = 0.6
"""Rows from its middle to which a trace may reach: into its neighbours, not over them."""
_TRACE = "#5a5a5a"
"""Grey, so that lines on a clipped trace are seen as well."""
_NO_DATA = "#dddddd"
_HALF, _SINGLE = 0.47, 0.3
"""Half of the height of lines at picks, in rows: of P and S of one earthquake, and of others."""
_PAIR = "#f2cb3d"
"""Yellow, beside red and blue told apart by everyone."""
_NAMES = ("vertical", "north", "east")


def helicorder(drum: Drum, events: Sequence[Event] = (), *, unit: str = "counts") -> Figure:
    """Draw a day: a row for every half hour, or less where there are but some hours, and the picks.

    The trace is high-passed at 1 Hz, in which local earthquakes are seen and the unrest of the sea is not. Its scale
    goes by the usual amplitude of the day, and what is larger than about a row is clipped.

    Args:
        drum: the day, all of whose record has been added.
        events: what was picked; picks of other stations and days are left out.
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
    _axes(place, drum)
    _words(place, drum, scale, unit, len(pairs), [pick.phase for pick in picks])
    return made


def _scale(drum: Drum) -> float:
    """Amplitude that is as high as a row."""
    sizes = np.maximum(np.abs(drum.low), np.abs(drum.high))
    sizes = sizes[np.isfinite(sizes)]
    return float(np.median(sizes) / _NOISE or sizes.max() or 1.0) if sizes.size else 1.0


def _minutes(drum: Drum) -> Float[ndarray, " columns"]:
    """Where columns begin and end."""
    return np.linspace(0, drum.minutes, drum.low.shape[1] + 1)


def _gaps(place: Axes, drum: Drum) -> None:
    """Grey where there are no data."""
    dead = np.isnan(drum.low)
    edges = _minutes(drum)
    for row in np.flatnonzero(dead.any(1)):
        bars = [(edges[begin], edges[end] - edges[begin]) for begin, end in spans(dead[row])]
        place.broken_barh(bars, (row - 0.5, 1), facecolor=_NO_DATA, linewidth=0, zorder=0, gid="gaps")


def _traces(place: Axes, drum: Drum, scale: float) -> None:
    """Each row as the area between the smallest and the largest sample of a column, no thinner than a line."""
    edges = _minutes(drum)
    middle = (edges[1:] + edges[:-1]) / 2
    for row, columns in enumerate(zip(drum.low, drum.high, strict=True)):
        low, high = (row - np.clip(wave / scale, -_CLIP, _CLIP) for wave in columns)
        place.fill_between(
            middle, low, high, facecolor=_TRACE, edgecolor=_TRACE, linewidth=0.4, zorder=2, gid=f"row {row}"
        )


def _picks(place: Axes, drum: Drum, pairs: Sequence[tuple[PhasePick, PhasePick]], picks: Sequence[PhasePick]) -> None:
    """A line at each pick, and a band from P to S, with an edge that is seen on clipped traces too."""
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
        place.broken_barh(bars, (row - _HALF, 2 * _HALF), facecolor=_PAIR, linewidth=0, zorder=1, gid="pairs")
        place.broken_barh(bars, (row - _HALF, 0.12), facecolor=_PAIR, linewidth=0, zorder=3)


def _stretches(drum: Drum, begin: int, end: int) -> list[tuple[int, float, float]]:
    """Row, first and last minute of the parts that a time has in the rows."""
    first, last = drum.place(begin), drum.place(end)
    if first is None or last is None:
        return []
    rows = range(first[0], last[0] + 1)
    return [(k, first[1] if k == first[0] else 0.0, last[1] if k == last[0] else float(drum.minutes)) for k in rows]


def _axes(place: Axes, drum: Drum) -> None:
    """Time of the day at the left, minutes below."""
    rows = len(drum.low)
    starts = [drum.first + 60 * drum.minutes * row for row in range(rows)]
    step = 60 * drum.minutes * (1 if rows <= 26 else 2)
    shown = [row for row, start in enumerate(starts) if start % step == 0]
    place.set_yticks(shown, [f"{starts[r] // 3600:02d}:{starts[r] // 60 % 60:02d}" for r in shown], fontsize=10)
    place.set_ylim(rows - 0.3, -0.7)
    place.set_xlim(0, drum.minutes)
    place.set_xticks(np.arange(0, drum.minutes + 1, 5 if drum.minutes > 15 else 1))
    place.tick_params(axis="x", labelsize=10)
    place.set_xlabel("minutes", fontsize=10)
    place.text(-0.008, 1.0, "UTC", transform=place.transAxes, fontsize=10, ha="right", va="bottom")
    place.grid(axis="x", color="0.85", linewidth=0.6, zorder=-1)
    place.set_axisbelow(True)
    for side in ("top", "right", "left"):
        place.spines[side].set_visible(False)
    place.tick_params(axis="y", length=0)


def _words(place: Axes, drum: Drum, scale: float, unit: str, pairs: int, phases: Sequence[str]) -> None:
    """Title, legend and scale."""
    date = drum.day.item()
    title = f"{drum.channel}   {date.day} {date:%B %Y}, day {date:%j}"
    place.set_title(title, loc="left", fontsize=15, fontweight="bold", pad=20)
    told = (
        f"{_NAMES[drum.component]} component above {CORNER:g} Hz (zero phase), {drum.minutes} minutes a row, "
        f"clipped at {_amount(float(f'{_CLIP * scale:.2g}'), unit)}"
    )
    place.text(0, 1.005, told, transform=place.transAxes, fontsize=10, va="bottom", color="0.3")
    height = round_down(scale)
    x = 1.012
    trans = place.get_yaxis_transform()
    place.plot([x, x], [0, height / scale], transform=trans, color=INK, linewidth=2, clip_on=False)
    place.text(
        x + 0.005,
        height / scale / 2,
        _amount(height, unit).replace(" ", "\n"),
        transform=trans,
        fontsize=9,
        va="center",
    )
    count = {phase: sum(p == phase for p in phases) for phase in PHASES}
    handles: list[Artist] = [
        place.plot([], [], color=colour, linewidth=2, label=f"{phase} ({count[phase]})")[0]
        for phase, colour in PHASES.items()
    ]
    handles.append(Patch(color=_PAIR, label=f"P and S of one earthquake ({pairs})"))
    if np.isnan(drum.low).any():
        handles.append(Patch(color=_NO_DATA, label="no data"))
    place.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(0, 1.0, 1, 0.1),
        ncols=4,
        fontsize=10,
        frameon=False,
        borderaxespad=0,
        columnspacing=1.4,
        handlelength=1.4,
    )


def _amount(value: float, unit: str) -> str:
    """An amplitude, with a prefix where the unit is one of physics."""
    return f"{metric(value)}{unit}" if unit.startswith("m") else f"{value:g} {unit}"
