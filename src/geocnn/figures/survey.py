"""A first look at a survey: the line itself, or three slices through a cube."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from geocnn.figures.style import INK, figure
from geocnn.grid import Axis

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["thumbnail"]

CLIP_PERCENT = 99.0
LONGEST = 4000  # samples drawn along an axis; more do not fit on paper


def thumbnail(source: "Source") -> Figure:
    """Draw a survey as an interpreter would: grey, time downward, clipped at the 99th percentile of the magnitude.

    A line is shown whole; a cube by its middle inline, middle crossline and a time slice in the middle, with marks
    where the slices cross; an array of one axis as a curve. Amplitudes of one sign (velocities) get a sequential
    colour map. Places without traces are hatched by nothing: they stay white.

    Args:
        source: survey of one to three axes.
    """
    axes = source.grid.axes[-3:]
    if len(axes) == 1:
        return _curve(source, axes[0])
    if len(axes) == 2:
        return _line(source, axes[0], axes[1])
    return _cube(source, axes[0], axes[1], axes[2])


def _curve(source: "Source", axis: Axis) -> Figure:
    made = figure(9, 3)
    place = made.subplots()
    place.plot(axis.values, _read(source, ()), color=INK, linewidth=0.7)
    place.set(xlabel=_label(axis), ylabel="amplitude", xlim=(axis.start, axis.stop))
    return made


def _line(source: "Source", trace: Axis, vertical: Axis) -> Figure:
    values = _read(source, (slice(None),))
    values[~_live(source)[-trace.size :]] = np.nan
    made = figure(float(np.clip(3.5 + 6 * trace.size / max(vertical.size, 1), 6.5, 16)), 5)
    place = made.subplots()
    image = _image(place, values, trace, vertical, _colours(values))
    made.colorbar(image, ax=place, label="amplitude", shrink=0.8, extend="both")
    return made


def _cube(source: "Source", inline: Axis, crossline: Axis, vertical: Axis) -> Figure:
    i, j, k = inline.size // 2, crossline.size // 2, vertical.size // 2
    live = _live(source)
    panels = [
        (_read(source, (slice(i, i + 1), slice(None))), live[i], crossline, vertical, inline, i),
        (_read(source, (slice(None), slice(j, j + 1))), live[:, j], inline, vertical, crossline, j),
        (_read(source, (slice(None), slice(None)), slice(k, k + 1)), live, inline, crossline, vertical, k),
    ]
    colours = _colours(np.concatenate([values[alive].ravel() for values, alive, *_ in panels]))
    made = figure(15, 4.8)
    places = made.subplots(1, 3)
    for place, (values, alive, across, down, fixed, at) in zip(places, panels, strict=True):
        values[~alive] = np.nan
        image = _image(place, values, across, down, colours)
        place.set_title(f"{fixed.name} {fixed.values[at]:g} {fixed.unit}".strip())
    for place, across, down in zip(places, (j, i, i), (k, k, j), strict=True):
        _cross(place, across, down)
    made.colorbar(image, ax=places, label="amplitude", shrink=0.8, extend="both", pad=0.01)
    return made
