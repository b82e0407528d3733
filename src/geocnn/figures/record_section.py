"""Record section: vertical components by epicentral distance, with P and S of the model."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geocnn.figures.seismograms import PHASES
from geocnn.figures.style import INK, figure
from geocnn.io.waveforms.high_pass import CORNER, high_pass
from geocnn.synthetic.network import SEEN
from geocnn.travel import Layers, Ray

if TYPE_CHECKING:
    from geocnn.io.sites import Site
    from geocnn.synthetic.earthquakes import EarthquakeRecord
    from geocnn.synthetic.network import NetworkRecord

__all__ = ["record_sections"]

_COLUMNS = 2
_BEFORE, _AFTER = 4.0, 0.35
"""Seconds shown before the earthquake, and time shown after the last S wave, as a share of its travel time."""
_NAMES = 24
"""Largest number of stations whose traces are labelled with their names."""


def record_sections(records: "Sequence[NetworkRecord]", sites: "Sequence[Site]", layers: Layers) -> Figure:
    """Draw each earthquake: one trace per station at its epicentral distance, each on its own scale, above 1 Hz.

    Curves show the first P and S waves in the layers from the depth of the source, ticks show arrivals that an analyst
    would pick; traces without such arrivals are grey.

    Args:
        records: earthquakes; stations that are too far for their waves are left out.
        sites: the stations.
        layers: layers below the stations.
    """
    columns = min(_COLUMNS, len(records))
    rows = -(-len(records) // columns)
    made = figure(8.0 * columns, 6.0 * rows + 0.4)
    places = made.subplots(rows, columns, squeeze=False)
    for number, record in enumerate(records):
        _draw(places[divmod(number, columns)], record, sites, layers, number)
    for place in places.flat[len(records) :]:
        place.set_axis_off()
    handles = [places.flat[0].plot([], [], color=colour, label=f"{phase} wave")[0] for phase, colour in PHASES.items()]
    made.legend(handles=handles, loc="outside upper right", ncols=2, fontsize=9, frameon=False)
    return made


def _draw(place: Axes, record: "NetworkRecord", sites: "Sequence[Site]", layers: Layers, number: int) -> None:
    """Draw one earthquake."""
    quake = record.quake
    near = [k for k, station in enumerate(record.stations) if station.sources]
    distance = {k: record.stations[k].sources[0].distance for k in near}
    most = max(distance.values(), default=1.0)
    least = min(distance.values(), default=0.0)
    height = 0.4 * max(most - least, 1.0) / max(len(near) - 1, 1) ** 0.75
    last = max((record.stations[k].sources[0].s for k in near), default=1.0)
    seconds = record.stations[0].waveform.shape[1] / record.stations[0].rate
    end = min(last * (1 + _AFTER) + _BEFORE, seconds - quake.origin)
    for k in near:
        _trace(place, record.stations[k], distance[k], height, end)
    if len(near) <= _NAMES:
        _names(place, {sites[k].station: distance[k] for k in near}, 0.022 * (most - least + 2.6 * height))
    away = np.linspace(max(0.0, least - height), most + height, 200)
    rays = [Ray.of(layers, float(x), max(0.1, quake.depth)) for x in away]
    for phase in ("P", "S"):
        place.plot([ray.p if phase == "P" else ray.s for ray in rays], away, color=PHASES[phase], linewidth=0.7)
    place.set_xlim(-min(_BEFORE, quake.origin), end)
    place.set_ylim(max(-height, least - 1.3 * height), most + 1.3 * height)
    place.set_xlabel("time after the earthquake, s", fontsize=9)
    place.set_ylabel("epicentral distance, km", fontsize=9)
    place.tick_params(labelsize=8)
    seen = len({k for k, _ in record.seen()})
    place.set_title(
        f"{number:03d}: M {quake.magnitude:.1f}, {quake.depth:.0f} km deep, seen at {seen} of {len(sites)} stations; "
        f"vertical, above {CORNER:g} Hz",
        fontsize=9,
        loc="left",
    )
    for side in ("top", "right"):
        place.spines[side].set_visible(False)


def _names(place: Axes, distance: dict[str, float], gap: float) -> None:
    """Write the names of the stations beside their traces, moved upwards where they would collide."""
    at = -math.inf
    for name, away in sorted(distance.items(), key=lambda pair: pair[1]):
        at = max(away, at + gap)
        place.text(1.005, at, name, fontsize=7, va="center", transform=place.get_yaxis_transform())


def _trace(place: Axes, record: "EarthquakeRecord", distance: float, height: float, end: float) -> None:
    """Draw the vertical component of a station, with ticks at visible arrivals, grey if there are none."""
    origin = record.sources[0].origin
    moving = high_pass(record.waveform[0], record.live[0], record.rate)
    time = np.arange(len(moving)) / record.rate - origin
    shown = (time >= -_BEFORE) & (time <= end)
    largest = float(np.abs(moving[shown]).max()) or 1.0
    seen = [arrival for arrival in record.arrivals if (arrival.snr or 0) >= SEEN]
    place.plot(time[shown], distance + height * moving[shown] / largest, color=INK if seen else "0.6", linewidth=0.35)
    for arrival in seen:
        ends = distance - 0.6 * height, distance + 0.6 * height
        place.plot([arrival.time - origin] * 2, ends, color=PHASES[arrival.phase], linewidth=1.6)
