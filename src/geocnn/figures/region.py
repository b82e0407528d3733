"""Map of a region: station, clusters of epicentres, and a network's answers for a test."""

import numpy as np
from jaxtyping import Float, Int64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy import ndarray

from geocnn.figures.style import INK, class_colours, figure, legible

__all__ = ["region_map"]

_NAMED = 10
"""Largest number of clusters for which the legend names the colours; with more, only the map has their numbers."""
_GRID = 400


def region_map(
    epicentres: Float[ndarray, "earthquakes 2"],
    centres: Float[ndarray, "clusters 2"],
    judged: Float[ndarray, "tested 2"],
    classes: tuple[Int64[ndarray, " tested"], Int64[ndarray, " tested"]],
    station: str,
) -> Figure:
    """Draw the test epicentres in the colour of the cluster that the network gave, over the cells of the clusters.

    Right answers are filled circles, wrong clusters are crosses in the colour of that cluster, and earthquakes taken
    for noise are empty squares. A cell, as in k-means, contains all places that are nearest to a centre.

    Args:
        epicentres: all epicentres, east and north of the station, km.
        centres: centres of the clusters.
        judged: epicentres of the test earthquakes.
        classes: the true and the found class of each, 0 for noise, 1 for the first cluster.
        station: codes of the station.
    """
    truth, found = classes
    count = len(centres)
    colours = class_colours(count)(np.arange(count))
    made = figure(11.2, 7.4)
    place = made.subplots()
    _cells(place, epicentres, centres)
    place.plot(*epicentres.T, ".", color="0.78", markersize=2.2, zorder=1, label="all epicentres")
    right, missed = (found == truth) & (found > 0), found == 0
    wrong = ~right & ~missed
    taken = colours[np.maximum(found, 1) - 1]
    for chosen, mark, edge, width in ((right, "o", "white", 0.6), (wrong, "X", INK, 0.6)):
        east, north = judged[chosen].T
        place.scatter(east, north, 38, taken[chosen], marker=mark, edgecolors=edge, linewidths=width, zorder=3)
    east, north = judged[missed].T
    place.scatter(east, north, 30, "none", marker="s", edgecolors=INK, linewidths=1.0, zorder=4)
    outline = [withStroke(linewidth=3.4, foreground="white")]
    place.plot(0, 0, "^", color=INK, markersize=10, fillstyle="none", zorder=5, path_effects=outline)
    for number, (east, north) in enumerate(centres.tolist(), start=1):
        outline = [withStroke(linewidth=2.5, foreground="white")]
        place.text(
            east, north, f"{number}", ha="center", va="center", fontsize=11, color=INK, path_effects=outline, zorder=6
        )
    place.set_aspect("equal")
    place.set(xlabel=f"east of {station}, km", ylabel=f"north of {station}, km")
    place.set_title(
        f"{len(judged)} earthquakes of the test: where they were, and which cluster they were called", fontsize=11
    )
    _legend(made, place, colours, (int(right.sum()), int(wrong.sum()), int(missed.sum())), station)
    with legible(made):
        made.canvas.draw()  # axes with equal scales make room for labels only at the second drawing
    return made


def _cells(place: Axes, epicentres: Float[ndarray, "earthquakes 2"], centres: Float[ndarray, "clusters 2"]) -> None:
    """Draw the borders of the cells."""
    low, high = epicentres.min(0), epicentres.max(0)
    margin = 0.04 * float((high - low).max()) + 0.1
    east, north = (np.linspace(a - margin, b + margin, _GRID) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(east, north), -1)
    nearest = np.argmin([np.sum((grid - c) ** 2, axis=-1) for c in centres], axis=0)
    for number in range(len(centres)):
        place.contour(east, north, nearest == number, levels=[0.5], colors="0.55", linewidths=0.8, zorder=2)
    place.set(xlim=(east[0], east[-1]), ylim=(north[0], north[-1]))


def _legend(
    made: Figure, place: Axes, colours: Float[ndarray, "clusters 4"], counts: tuple[int, int, int], station: str
) -> None:
    """Draw the legend of marks and colours."""
    marks = [
        place.plot([], [], "^", color=INK, markersize=10, fillstyle="none", label=f"station {station}")[0],
        place.plot([], [], ".", color="0.6", label="an epicentre of the catalogue")[0],
        place.plot([], [], "-", color="0.55", linewidth=0.8, label="border of a cluster")[0],
        place.plot([], [], "o", color="0.45", label=f"called its cluster ({counts[0]})")[0],
        place.plot([], [], "X", color="0.45", markeredgecolor=INK, label=f"called another cluster ({counts[1]})")[0],
        place.plot([], [], "s", markerfacecolor="none", color=INK, label=f"not detected ({counts[2]})")[0],
    ]
    if len(colours) <= _NAMED:
        for number, colour in enumerate(colours, start=1):
            marks.append(place.plot([], [], "o", color=colour, label=f"called cluster {number}")[0])
    made.legend(handles=marks, loc="outside right upper", fontsize=9, frameon=False)
