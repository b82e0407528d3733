"""Seismograms one below the other, with their known arrivals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geocnn.figures.style import INK, figure, metric

if TYPE_CHECKING:
    from geocnn.synthetic.earthquakes import EarthquakeRecord

__all__ = ["PHASES", "sheet"]

PHASES = {"P": "#cc3311", "S": "#0077bb"}
"""Colours of the phases (Tol's vibrant scheme, which colour-blind people tell apart)."""
_COLUMNS = 2


def sheet(records: "Sequence[EarthquakeRecord]", *, unit: str = "m/s") -> Figure:
    """Draw each record: components Z, N and E on one scale, and a line at each P and S arrival.

    Args:
        records: records of equal length.
        unit: of their amplitudes; empty if it is not known.
    """
    columns = min(_COLUMNS, len(records))
    rows = -(-len(records) // columns)
    made = figure(8.0 * columns, 2.1 * rows + 0.6)
    places = made.subplots(rows, columns, squeeze=False)
    for number, record in enumerate(records):
        _draw(places[divmod(number, columns)], record, number, unit)
    for place in places.flat[len(records) :]:
        place.set_axis_off()
    for column in range(columns):  # the last column may be shorter by one
        places[(len(records) - 1 - column) // columns, column].set_xlabel("time, s", fontsize=9)
    handles = [places.flat[0].plot([], [], color=colour, label=f"{phase} wave")[0] for phase, colour in PHASES.items()]
    made.legend(handles=handles, loc="outside upper right", ncols=2, fontsize=9, frameon=False)
    return made


def _draw(place: Axes, record: "EarthquakeRecord", number: int, unit: str) -> None:
    """Draw one record."""
    wave = np.where(record.live, record.waveform, np.nan)
    dead: NDArray[np.bool_] = ~np.any(record.live, axis=1)
    wave[~dead] -= np.nanmean(wave[~dead], axis=1, keepdims=True)
    time = np.arange(wave.shape[1]) / record.rate
    most = float(np.nanmax(np.abs(wave))) if record.live.any() else 1.0
    for row, trace in enumerate(wave):
        place.plot(time, trace / (most or 1.0) - 1.3 * row, color=INK, linewidth=0.4)
        if dead[row]:
            place.text(0.01 * time[-1], -1.3 * row, "no data", fontsize=8, color="0.5", va="center")
    for arrival in record.arrivals:
        place.axvline(arrival.time, color=PHASES[arrival.phase], linewidth=0.9)
    place.set_xlim(0, time[-1])
    place.set_ylim(-3.7, 1.1)
    place.set_yticks([0, -1.3, -2.6], ["Z", "N", "E"], fontsize=8)
    place.tick_params(labelsize=8, left=False)
    told = [f"{s.distance:.0f} km away, {s.depth:.0f} km deep" for s in record.sources]
    words = "; ".join(told) or "no earthquake"
    size = f"{metric(most)}{unit}" if unit else f"{most:.3g}"
    place.set_title(f"{number:03d}: {words}; peak {size}", fontsize=8, loc="left")
    for side in ("top", "right", "left"):
        place.spines[side].set_visible(False)
