"""Stations and earthquakes on a map with equal scales, without anything from the network."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy import ndarray

from geocnn.figures.map_frame import KM_PER_DEGREE, View, frame, unwrapped, view_of
from geocnn.figures.style import INK, figure
from geocnn.io.waveforms.quakeml import Event
from geocnn.words import number_of

__all__ = ["Place", "station_map"]

_WIDTH, _HEIGHT = 10.0, 8.0
_NAME = (0.08, 0.06)
"""Width and height of a name, as shares of the map."""
_SAME, _MATES = 0.01, 3
"""Distance, as a share of the map, up to which stations count as one place; and number of names written there."""
_UNKNOWN = "0.75"
"""Grey of earthquakes whose depth is not known."""
_RING = "0.55"
"""Grey of the circles of uncertainty."""


class Place(NamedTuple):
    """Place of a station.

    Attributes:
        name: name that is written on the map.
        latitude: degrees north.
        longitude: degrees east.
    """

    name: str
    latitude: float
    longitude: float


def station_map(
    stations: Sequence[Place], events: Sequence[Event] = (), *, silent: Sequence[Place] = (), title: str = ""
) -> Figure:
    """Draw stations as triangles and located earthquakes as circles: colour is depth, size magnitude.

    The triangles are open, so that an earthquake below a station is visible.

    A thin circle shows where an earthquake is with a probability of 68 %, if that is known. The map contains all
    stations, earthquakes and circles, except for the largest circles.

    Longitudes are scaled for the middle of the map, so that distances and directions are right on the map of a network,
    and less so if it spans more than some ten degrees.

    Args:
        stations: one or more.
        events: earthquakes; those without an origin are left out.
        silent: stations without data, drawn in grey; left out if they are off the map of the others, or at the place of
            a station with data.
        title: title of the map.

    Raises:
        ValueError: there is neither a station nor an earthquake with an origin.
    """
    origins = [
        (event.origin, None if event.magnitude is None else event.magnitude.value)
        for event in events
        if event.origin is not None
    ]
    latitudes = np.array([s.latitude for s in stations] + [o.latitude for o, _ in origins])
    longitudes = np.array([s.longitude for s in stations] + [o.longitude for o, _ in origins])
    if not latitudes.size:
        raise ValueError("there is neither a station nor a located earthquake; a map needs one.")
    longitudes = unwrapped(longitudes)
    count = len(stations)
    spreads = np.array([o.spread or 0.0 for o, _ in origins])
    view = _view(latitudes, longitudes, np.concatenate((np.zeros(count), spreads)))
    shape = (view.north - view.south) * view.stretch / (view.east - view.west)
    width = float(np.clip(_HEIGHT / shape, 4.5, _WIDTH))
    made = figure(width + 1.6, float(np.clip(width * shape, 3.5, _HEIGHT)) + 1.0)
    place = made.subplots()
    frame(place, view)
    if origins:
        depths = np.array([np.nan if o.depth is None else o.depth for o, _ in origins])
        sizes = _sizes(np.array([np.nan if m is None else m for _, m in origins]))
        _spreads(place, longitudes[count:], latitudes[count:], spreads, view)
        _earthquakes(made, place, longitudes[count:], latitudes[count:], depths, sizes)
        _magnitudes(place, [m for _, m in origins if m is not None])
    _stations(place, stations, longitudes[:count], view, INK, "station")
    others, west = _on_map(silent, stations, view)
    _stations(place, others, west, view, _RING, "station without data")
    made.legend(loc="outside lower center", ncols=8, fontsize=9, frameon=False, handletextpad=0.4)
    number = len(origins)
    told = number_of(count, "station") + f", {number_of(number, 'earthquake')}" * bool(origins)
    place.set_title(title or told, loc="left", fontsize=13, fontweight="bold")
    return made


def _view(
    latitudes: Float64[ndarray, " places"],
    longitudes: Float64[ndarray, " places"],
    spreads: Float64[ndarray, " places"],
) -> View:
    """Extent of the map with circles up to half of its size, so that a vague place does not shrink the map."""
    view = view_of(latitudes, longitudes)
    half = max(view.width, (view.north - view.south) * KM_PER_DEGREE) / 2
    high = np.where(spreads <= half, spreads, 0.0) / KM_PER_DEGREE
    wide = high * view.stretch
    return view_of(
        np.concatenate((latitudes - high, latitudes + high)), np.concatenate((longitudes - wide, longitudes + wide))
    )


def _on_map(
    silent: Sequence[Place], stations: Sequence[Place], view: View
) -> tuple[list[Place], Float64[ndarray, " stations"]]:
    """Stations without data that are on the map and not at the place of one with data, and their longitudes."""
    taken = {(s.latitude, s.longitude) for s in stations}
    west = view.west + (np.array([s.longitude for s in silent]) - view.west) % 360
    shown = [
        k
        for k, s in enumerate(silent)
        if west[k] <= view.east and view.south <= s.latitude <= view.north and (s.latitude, s.longitude) not in taken
    ]
    return [silent[k] for k in shown], west[shown]


def _sizes(magnitudes: Float64[ndarray, " events"]) -> Float64[ndarray, " events"]:
    """Areas of circles in points squared; those of magnitude 1 if the magnitude is not known."""
    areas: Float64[ndarray, " events"] = 10 * 1.8 ** np.clip(np.nan_to_num(magnitudes, nan=1.0), -1, 7)
    return areas


def _earthquakes(
    made: Figure,
    place: Axes,
    longitudes: Float64[ndarray, " events"],
    latitudes: Float64[ndarray, " events"],
    depths: Float64[ndarray, " events"],
    sizes: Float64[ndarray, " events"],
) -> None:
    """Draw circles for earthquakes, the largest at the bottom."""
    from cmcrameri import cm

    order = np.argsort(-sizes, kind="stable")
    known = order[np.isfinite(depths[order])]
    rest = order[~np.isfinite(depths[order])]
    if rest.size:
        drawn = place.scatter(longitudes[rest], latitudes[rest], sizes[rest], color=_UNKNOWN, zorder=2)
        drawn.set(edgecolor=INK, linewidth=0.4, alpha=0.9)
        place.scatter([], [], 60, color=_UNKNOWN, edgecolor=INK, linewidth=0.4, label="depth not known")
    if known.size:
        low, high = float(np.nanmin(depths)), float(np.nanmax(depths))
        points = place.scatter(
            longitudes[known],
            latitudes[known],
            sizes[known],
            c=depths[known],
            cmap=cm.batlow,
            norm=Normalize(low, high if high > low else low + 1),
            zorder=3,
        )
        points.set(edgecolor=INK, linewidth=0.4, alpha=0.9)
        bar = made.colorbar(points, ax=place, label="depth, km", shrink=0.7, aspect=25, pad=0.02)
        bar.ax.invert_yaxis()  # deep is down


def _spreads(
    place: Axes,
    longitudes: Float64[ndarray, " events"],
    latitudes: Float64[ndarray, " events"],
    spreads: Float64[ndarray, " events"],
    view: View,
) -> None:
    """Draw circles of uncertainty, whose radii are in km."""
    known = spreads > 0
    if not known.any():
        return
    high = 2 * spreads[known] / KM_PER_DEGREE
    ring = EllipseCollection(
        high * view.stretch,
        high,
        np.zeros(len(high)),
        units="xy",
        offsets=np.stack((longitudes[known], latitudes[known]), -1),
        offset_transform=place.transData,
        facecolors="none",
        edgecolors=_RING,
        linewidths=0.7,
        alpha=float(np.clip(10 / len(high), 0.2, 1)),  # they would hide a swarm
        zorder=1.5,
    )
    place.add_collection(ring, autolim=False)
    place.plot([], [], "o", markersize=11, markerfacecolor="none", markeredgecolor=_RING, label="68 % within")


def _magnitudes(place: Axes, magnitudes: Sequence[float]) -> None:
    """Draw a legend of sizes, at whole magnitudes."""
    if not magnitudes:
        return
    low, high = int(np.floor(min(magnitudes))), int(np.ceil(max(magnitudes)))
    shown = range(low, high + 1, max(1, -(-(high - low) // 4)))
    for magnitude in shown:
        size = float(_sizes(np.array([float(magnitude)]))[0])
        place.scatter([], [], size, facecolor="none", edgecolor=INK, linewidth=0.8, label=f"M {magnitude}")


def _stations(
    place: Axes,
    stations: Sequence[Place],
    longitudes: Float64[ndarray, " stations"],
    view: View,
    colour: str,
    label: str,
) -> None:
    """Draw open triangles with names; stations at one place share a label, which is below if another is just above."""
    if not stations:
        return
    latitudes = np.array([s.latitude for s in stations])
    drawn = place.scatter(longitudes, latitudes, 90, marker="^", facecolor="none", zorder=5, label=label)
    drawn.set(edgecolor=colour, linewidth=1.6, path_effects=[withStroke(linewidth=3.4, foreground="white")])
    east, north = longitudes / (view.east - view.west), latitudes / (view.north - view.south)
    for k in range(len(stations)):
        same = np.flatnonzero(np.hypot(east - east[k], north - north[k]) < _SAME).tolist()
        if same[0] < k:
            continue
        names = list(dict.fromkeys(stations[n].name for n in same))
        beside, above = np.abs(east - east[k]) < _NAME[0], north - north[k]
        below = bool(np.any(beside & (above >= _SAME) & (above < _NAME[1])))
        place.annotate(
            ", ".join(names[:_MATES]) + f" and {len(names) - _MATES} more" * (len(names) > _MATES),
            (float(longitudes[k]), float(latitudes[k])),
            xytext=(0, -8 if below else 8),
            textcoords="offset points",
            fontsize=9,
            fontweight="bold",
            ha="center",
            va="top" if below else "bottom",
            color=colour,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            zorder=6,
        )
