"""Figure of the places that a detector gives for one station: a compass with distances."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from numpy import ndarray

from geocnn.figures.phases import first_pair, picks_at
from geocnn.figures.style import INK, figure
from geocnn.io.waveforms import Station
from geocnn.io.waveforms.quakeml import Event
from geocnn.location import Place
from geocnn.words import number_of

__all__ = ["station_places"]

_RINGS = (1, 2, 5, 10, 20, 50, 100, 200)
"""Distances of the rings, km."""
_SURE = 60.0
"""Largest half width of the interval of an azimuth for a point; other earthquakes are bars of distance only."""
_LEAST = 0.5
"""Least probability of an earthquake that is shown."""


def station_places(station: Station, events: Sequence[Event]) -> Figure | None:
    """Draw the places that a detector gives for the earthquakes of a station; None if there are none.

    Each earthquake whose azimuth is known to within 60 degrees on both sides is a point at its azimuth and distance,
    darker for smaller uncertainty. Behind the points is the density of all, each spread by its uncertainty.

    Args:
        station: where they were seen.
        events: of the station.
    """
    shown = [event for event in events if event.place is not None and event.place.probability >= _LEAST]
    places = [place for event in shown if (place := event.place) is not None]
    if not places:
        return None
    made = figure(8.2, 7.6)
    compass: PolarAxes = made.add_subplot(projection="polar")  # type: ignore[assignment]
    compass.set_theta_zero_location("N")
    compass.set_theta_direction(-1)
    angle, rings, density = _density(places)
    from cmcrameri import cm

    compass.pcolormesh(angle, rings, density, cmap=cm.grayC_r, vmin=0, vmax=1.6 * float(density.max()), zorder=0)
    sure = [(p.distance, way) for p in places if (way := p.azimuth) is not None and way.half <= _SURE]
    points = compass.scatter(
        np.radians([way.value for _, way in sure]),
        np.log10([distance.value for distance, _ in sure]),
        c=[way.half for _, way in sure],
        cmap=cm.lajolla,
        vmin=0,
        vmax=_SURE,
        s=42,
        edgecolor=INK,
        linewidth=0.5,
        zorder=3,
    )
    if sure:
        made.colorbar(points, ax=compass, label="azimuth within, degrees to both sides", shrink=0.6, pad=0.09)
    compass.set_ylim(np.log10(_RINGS[0]) - 0.15, np.log10(_RINGS[-1]))
    compass.set_yticks(np.log10(_RINGS), [f"{ring} km" for ring in _RINGS], fontsize=8, color="0.3")
    compass.set_rlabel_position(22.5)
    compass.set_xticks(np.radians(np.arange(0, 360, 45)), ["N", "NE", "E", "SE", "S", "SW", "W", "NW"])
    compass.grid(color="0.75", linewidth=0.6)
    compass.set_axisbelow(True)
    made.suptitle(f"{station}", x=0.02, ha="left", fontsize=15, fontweight="bold")
    both = sum(first_pair(picks_at(station, event)) is not None for event in shown)
    words = f"{number_of(len(places), 'earthquake')} with a probability of {_LEAST:g} or more, {both} with both"
    words += " P and S, seen from this station alone"
    words += f"\n{len(sure)} with a direction: points"
    compass.set_title(f"{words}; grey: where all of them together are", fontsize=9.5, color="0.3", pad=22)
    return made


def _density(
    places: Sequence[Place],
) -> tuple[Float64[ndarray, " angles"], Float64[ndarray, " rings"], Float64[ndarray, "rings_1 angles_1"]]:
    """Edges in azimuth (radians) and logarithm of distance, and the sum of all distributions in between."""
    angle = np.radians(np.arange(0, 361, 5.0))
    rings = np.linspace(np.log10(_RINGS[0]) - 0.15, np.log10(_RINGS[-1]), 60)
    theta, radius = (angle[1:] + angle[:-1]) / 2, (rings[1:] + rings[:-1]) / 2
    total = np.zeros((len(radius), len(theta)))
    for place in places:
        along = np.ones(len(theta))
        if place.azimuth is not None:
            half = max(np.radians(place.azimuth.half), 0.05)
            apart = (theta - np.radians(place.azimuth.value) + np.pi) % (2 * np.pi) - np.pi
            along = np.exp(-0.5 * (apart / half) ** 2)
        spread = max(np.log10(place.distance.high / place.distance.low) / 2, 0.02)
        across = np.exp(-0.5 * ((radius - np.log10(place.distance.value)) / spread) ** 2)
        total += np.outer(across / across.sum(), along / along.sum())
    return angle, rings, total
