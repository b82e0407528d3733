"""A first look at a survey: the line itself, or three slices through a cube."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geocnn.figures.panels import amplitudes, crossings, cube, draw, line, quantity
from geocnn.figures.style import INK, figure

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["middle", "thumbnail"]


def thumbnail(source: "Source") -> Figure:
    """Draw a survey as an interpreter would: time downward, grey, clipped at the 99th percentile of the magnitude.

    A line is shown whole; a cube by its middle inline, middle crossline and a time slice in the middle, with thin lines
    where the slices cross; an array of one axis as a curve. Amplitudes of one sign (velocities) get a sequential
    colour map. Missing and dead traces have the colour of sand.

    Args:
        source: survey of one to three axes.
    """
    axes = source.grid.axes
    if len(axes) == 1:
        made = figure(9, 3)
        place = made.subplots()
        place.plot(axes[0].values, source.read((slice(0, axes[0].size),)), color=INK, linewidth=0.7)
        label = f"{axes[0].name} ({axes[0].unit})" if axes[0].unit else axes[0].name
        place.set(xlabel=label, ylabel="amplitude", xlim=(axes[0].start, axes[0].stop))
        return made
    return _line(source) if len(axes) == 2 else _cube(source)


def _line(source: "Source") -> Figure:
    panel = line(source, source.live)
    made = figure(float(np.clip(3 + 6 * source.grid.shape[0] / source.grid.shape[1], 6.5, 16)), 5)
    place = made.subplots()
    cmap, norm = amplitudes([panel], source)
    image = draw(place, panel, cmap, norm)
    made.colorbar(image, ax=place, label=quantity(norm), shrink=0.8, extend="both", pad=0.01)
    return made


def _cube(source: "Source") -> Figure:
    live = source.live
    at = [middle(live.sum(1)), middle(live.sum(0)), source.grid.shape[2] // 2]
    panels = cube(source, at, live)
    cmap, norm = amplitudes(panels, source)
    made = figure(15, 4.8)
    places = list(made.subplots(1, 3))
    for place, panel in zip(places, panels, strict=True):
        image = draw(place, panel, cmap, norm)
    crossings(places, source, at, "#d1495b")
    made.colorbar(image, ax=places, label=quantity(norm), shrink=0.8, extend="both", pad=0.01)
    return made


def middle(live: NDArray[np.intp]) -> int:
    """Index of the line nearest to the middle, among those with at least 90 % of the most live traces."""
    full = np.flatnonzero(live >= 0.9 * live.max())
    return int(full[np.argmin(np.abs(full - len(live) // 2))])
