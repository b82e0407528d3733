"""Frame of a helicorder: hours, minutes, title, legend and scale."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from geocnn.figures.seismograms import PHASES
from geocnn.figures.style import INK, metric, round_down
from geocnn.io.waveforms.drum import Drum
from geocnn.io.waveforms.high_pass import CORNER

__all__ = ["CLIP", "NO_DATA", "PAIR", "axes", "words"]

CLIP = 0.6
"""Largest amplitude of a trace in rows: it reaches into neighbouring rows, but not over them."""
NO_DATA = "#dddddd"
"""Grey of times without data."""
PAIR = "#f2cb3d"
"""Yellow of pairs of P and S; everyone can tell it from red and blue."""
_NAMES = ("vertical", "north", "east")


def axes(place: Axes, drum: Drum) -> None:
    """Label the time of day on the left, and minutes below.

    Args:
        place: axes to draw in.
        drum: the day.
    """
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


def words(place: Axes, drum: Drum, scale: float, unit: str, pairs: int, phases: Sequence[str]) -> None:
    """Add title, legend and scale.

    Args:
        place: axes to draw in.
        drum: the day.
        scale: amplitude that is as high as a row.
        unit: of the data.
        pairs: number of earthquakes with P and S.
        phases: phases of all picks.
    """
    date = drum.day.item()
    title = f"{drum.channel}   {date.day} {date:%B %Y}, day {date:%j}"
    place.set_title(title, loc="left", fontsize=15, fontweight="bold", pad=20)
    told = (
        f"{_NAMES[drum.component]} component above {CORNER:g} Hz (zero phase), {drum.minutes} minutes a row, "
        f"clipped at {_amount(float(f'{CLIP * scale:.2g}'), unit)}"
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
    handles.append(Patch(color=PAIR, label=f"P and S of one earthquake ({pairs})"))
    if np.isnan(drum.low).any():
        handles.append(Patch(color=NO_DATA, label="no data"))
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
    """An amplitude in words, with a prefix if the unit is a physical one."""
    return f"{metric(value)}{unit}" if unit.startswith("m") else f"{value:g} {unit}"
