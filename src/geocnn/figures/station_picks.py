"""Days to years of a station in one figure: picks, times of data, and distances of earthquakes."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LogNorm
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from numpy import ndarray

from geocnn.figures.phases import first_pair, picks_at
from geocnn.figures.seismograms import PHASES
from geocnn.figures.style import INK, figure
from geocnn.figures.time_bins import Bins, stamps, time_bins
from geocnn.io.waveforms import Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.words import number_of

if TYPE_CHECKING:
    from geocnn.prediction.arrivals import Arrival

__all__ = ["station_picks"]

_SPEED = 8.0
"""Distance in km per second from P to S in the crust: 1 / (1/v_S - 1/v_P) with v_P = 6 km/s and v_P/v_S = 1.75."""
_NO_DATA = "#e4e4e4"
_SEEN = 5e-4
"""Least visible width, as a share of the axis: about half a pixel."""


def station_picks(
    station: Station, arrivals: "Sequence[Arrival]", events: Sequence[Event], *, unit: str = "counts"
) -> Figure:
    """Draw S minus P against time, number of picks per hour or day, and times of data.

    Earthquakes from one place have one height, so swarms and aftershocks are horizontal clouds. The distances on the
    right assume 8 km per second, which is right for shallow earthquakes in the crust.

    Args:
        station: the station.
        arrivals: picks; those of other stations are left out.
        events: groups of picks.
        unit: of the data.
    """
    bins = time_bins(station)
    known = [a for a in arrivals if str(a.station) == str(station)]
    times = {p: np.array([a.pick.time / SECOND for a in known if a.pick.phase == p]) for p in PHASES}
    pairs = [pair for event in events if (pair := first_pair(picks_at(station, event)))]
    made = figure(13.3, 8.2)
    grid = made.add_gridspec(3, 2, width_ratios=(13, 2), height_ratios=(10, 5, 1.1), wspace=0.01)
    above = made.add_subplot(grid[0, 0])
    beside = made.add_subplot(grid[0, 1], sharey=above)
    middle = made.add_subplot(grid[1, 0], sharex=above)
    below = made.add_subplot(grid[2, 0], sharex=above)
    _distances(made, above, beside, pairs, [max(_size(pick) for pick in pair) for pair in pairs], unit)
    _rates(middle, bins, times)
    _availability(below, bins)
    for place in (above, middle):
        _empty(place, bins)
        place.tick_params(labelbottom=False)
    _time(below, bins)
    words = f"{len(times['P'])} P and {len(times['S'])} S picks, {number_of(len(pairs), 'earthquake')} with both"
    above.set_title(f"{station}   {bins.dates()}", loc="left", fontsize=15, fontweight="bold", pad=20)
    above.text(0, 1.01, words, transform=above.transAxes, fontsize=10, va="bottom", color="0.3")
    return made


def _size(pick: PhasePick) -> float:
    """Amplitude of a pick, 0 if it is not known."""
    return 0.0 if pick.amplitude is None else pick.amplitude.value


def _distances(
    made: Figure,
    place: Axes,
    beside: Axes,
    pairs: Sequence[tuple[PhasePick, PhasePick]],
    sizes: Sequence[float],
    unit: str,
) -> None:
    """Draw S minus P of each pair, larger and darker for larger amplitudes; on the right how many there are."""
    from cmcrameri import cm

    delay = np.array([(s.time - p.time) / SECOND for p, s in pairs])
    amplitude = np.array(sizes, dtype=float)
    loud = amplitude[amplitude > 0]
    low, high = (float(v) for v in np.percentile(loud, (2, 99.5))) if loud.size else (1.0, 10.0)
    norm = LogNorm(low, max(high, 10 * low), clip=True)
    order = np.argsort(amplitude)
    part = np.asarray(norm(np.maximum(amplitude[order], low)), dtype=float)
    points = place.scatter(
        stamps(np.array([p.time / SECOND for p, _ in pairs])[order]) if pairs else [],
        delay[order],
        s=9 + 51 * part**2,
        c=np.maximum(amplitude[order], low),
        cmap=cm.batlow_r,
        norm=norm,
        edgecolor=INK,
        linewidth=0.25,
        zorder=3,
        clip_on=False,  # not cut at the edge
    )
    if pairs:
        made.colorbar(points, ax=beside, label=f"amplitude, {unit}", aspect=30, fraction=0.5, extend="both", pad=0.05)
    else:
        place.text(0.5, 0.5, "no P with its S", transform=place.transAxes, fontsize=12, color="0.4", ha="center")
    top = 1.3 * max(delay.max(), 2.0) if pairs else 20.0  # more than a decade, so that it contains some numbers
    bottom = max(0.15, min(0.8 * delay.min(), 0.1 * top)) if pairs else 0.5
    place.set_yscale("log")
    place.set_ylim(bottom, top)
    place.set_ylabel("S minus P, s", fontsize=10)
    place.grid(color="0.88", linewidth=0.6)
    _ticks(place.yaxis, [t for t in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) if bottom <= t <= top])
    beside.hist(delay, bins=np.geomspace(bottom, top, 50).tolist(), orientation="horizontal", color="0.55")
    beside.tick_params(bottom=False, labelbottom=False, left=False, labelleft=False, which="both")
    beside.spines[["top", "bottom", "right"]].set_visible(False)
    beside.grid(axis="y", color="0.88", linewidth=0.6)
    beside.set_axisbelow(True)
    right = beside.secondary_yaxis("right", functions=(partial(np.multiply, _SPEED), partial(np.multiply, 1 / _SPEED)))
    right.set_ylabel(f"distance, km ({_SPEED:g} km for each second)", fontsize=10)
    _ticks(right.yaxis, [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if bottom <= t / _SPEED <= top])


def _ticks(axis: Axis, at: Sequence[float]) -> None:
    """Set plain numbers as ticks of a logarithmic axis."""
    axis.set_ticks(list(at))
    axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axis.set_minor_formatter(NullFormatter())


def _counts(times: Float64[ndarray, " times"], bins: Bins) -> Int[ndarray, " bins"]:
    """Number of picks in each bin."""
    return np.histogram(times, bins.edges)[0]


def _rates(place: Axes, bins: Bins, times: dict[str, Float64[ndarray, " times"]]) -> None:
    """Draw the number of P picks upward and of S picks downward."""
    most = 1
    for phase, sign in (("P", 1), ("S", -1)):
        count = _counts(times[phase], bins)
        most = max(most, int(count.max()))
        place.stairs(sign * count, stamps(bins.edges), fill=True, color=PHASES[phase], label=f"{phase} picks", zorder=3)
    place.axhline(0, color=INK, linewidth=0.6, zorder=4)
    place.set_ylim(-1.15 * most, 1.15 * most)
    place.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    place.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{abs(v):g}"))
    place.set_ylabel(f"picks per {bins.name}", fontsize=10)
    place.grid(axis="both", color="0.88", linewidth=0.6)
    place.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=10, frameon=False).set_in_layout(False)


def _availability(place: Axes, bins: Bins) -> None:
    """Draw the share of the time with data."""
    place.stairs(100 * bins.share, stamps(bins.edges), fill=True, color="#44aa99")
    place.set_ylim(0, 100)
    place.set_yticks([0, 100], ["0", "100"])
    place.set_ylabel("data, %", fontsize=10)
    place.set_facecolor(_NO_DATA)
    told = f"{100 * bins.recorded:.3g}"
    told = f"{'over 99.9' if told == '100' and len(bins.gaps) else told} % of the time"
    place.text(1.012, 0.5, told, transform=place.transAxes, fontsize=10, va="center").set_in_layout(False)


def _empty(place: Axes, bins: Bins) -> None:
    """Draw grey bars where there are no data, if they are wide enough to be visible."""
    begin, end = bins.edges[[0, -1]]
    wide = bins.gaps[np.diff(bins.gaps)[:, 0] >= _SEEN * (end - begin)]
    bars = [(start, stop - start) for start, stop in date2num(stamps(wide)).tolist()]  # type: ignore[no-untyped-call]
    across = place.get_xaxis_transform()
    place.broken_barh(bars, (0, 1), transform=across, color=_NO_DATA, linewidth=0, zorder=0, gid="gaps")


def _time(place: Axes, bins: Bins) -> None:
    """Set up the time axis, which all panels share."""
    begin, end = stamps(bins.edges[[0, -1]])
    place.set_xlim(begin, end)
    ticks = AutoDateLocator(minticks=5, maxticks=12)  # type: ignore[no-untyped-call]
    place.xaxis.set_major_locator(ticks)
    place.xaxis.set_major_formatter(ConciseDateFormatter(ticks))  # type: ignore[no-untyped-call]
    place.set_xlabel("UTC", fontsize=10)
