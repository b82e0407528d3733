"""Figure of a survey with a prediction over it: a line, or sections of a cube."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from geocnn.figures.panels import Panel, amplitudes, best_slices, crossings, cube, draw, line, quantity
from geocnn.figures.style import class_colours, fault_colours, figure
from geocnn.io.source import PICTURE

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["section"]

_CROSSING = "#2f6690"


def section(
    seismic: "Source",
    probability: "Source",
    *,
    truth: "Source | None" = None,
    label: str = "fault probability",
    classes: Sequence[str] = (),
    threshold: float = 0.2,
) -> Figure:
    """Draw a line, or an inline, a crossline and a map of a cube, amplitudes in grey, probability in colour.

    The slices of a cube go through places of much probability, away from the outer tenth of the survey; thin lines show
    where they cross. Missing and dead traces have the colour of sand. With ``truth`` a second row shows known faults.

    Args:
        seismic: amplitudes, survey of two or three axes; rows and columns of a picture are drawn as such.
        probability: 0..1 on the same grid.
        truth: known faults, above 0.5 on a fault.
        label: label of the colour bar.
        classes: names of the classes, if ``probability`` holds numbers of classes.
        threshold: probability from which on colours are visible, 0.2 at most.
    """
    several = len(classes) > 1
    over_cmap = class_colours(len(classes)) if several else fault_colours(threshold)
    over_norm = Normalize(-0.5, len(classes) - 0.5) if several else Normalize(0, 1)
    at = (
        []
        if seismic.grid.ndim == 2
        else best_slices(probability)
        if not several
        else [n // 2 for n in seismic.grid.shape]
    )
    upright = seismic.grid.names == PICTURE
    grey = cube(seismic, at, seismic.live) if at else [line(seismic, seismic.live, upright=upright)]
    rows = [(probability, label)] + ([(truth, "known faults")] if truth is not None else [])
    cmap, norm = amplitudes(grey, seismic, coloured=False)
    width, height = (15.0, 4.9) if at else _line_size(seismic)
    made = figure(width, height * len(rows))
    name = seismic.path.name if seismic.path is not None else ""
    places = made.subplots(len(rows), len(grey), squeeze=False)
    for row, (values, text) in zip(places, rows, strict=True):
        over = cube(values, at, peaks=True) if at else [line(values, peaks=True, upright=upright)]
        images = [
            _overlay(place, (below, cmap, norm), (above, over_cmap, over_norm), labels=several)
            for place, below, above in zip(row, grey, over, strict=True)
        ]
        if upright:
            row[0].set_aspect("equal")
        if at:
            crossings(list(row), seismic, at, _CROSSING)
        for image, what, extend in zip(images[0], (quantity(norm), text), ("both", "neither"), strict=True):
            bar = made.colorbar(image, ax=list(row), label=what, extend=extend, aspect=32, shrink=0.85, pad=0.012)
        if several:
            bar.set_ticks(range(len(classes)), labels=list(classes))
            bar.set_label("")
    if name:
        made.suptitle(name, fontsize=12)
    return made


def _overlay(
    place: Axes,
    grey: tuple[Panel, str | Colormap, Normalize],
    over: tuple[Panel, str | Colormap, Normalize],
    *,
    labels: bool,
) -> tuple[AxesImage, AxesImage]:
    """Draw amplitudes with the probability over them, or half transparent with classes if ``labels`` is set."""
    below = draw(place, *grey)
    limits = place.get_xlim(), place.get_ylim()
    # Use the axes of the survey, because a result in a .npy file has none of its own.
    above = draw(place, grey[0]._replace(values=over[0].values), *over[1:], labels=labels)
    if labels:
        above.set_alpha(0.5)
    place.set(xlim=limits[0], ylim=limits[1])
    return below, above


def _line_size(seismic: "Source") -> tuple[float, float]:
    """Size in inches of the figure of a line: room for its traces and samples, but not too long for a screen."""
    if seismic.grid.names == PICTURE:
        rows, columns = seismic.grid.shape
        height = 7 * min(1.5, max(0.5, rows / columns))
        return height * columns / rows + 2.2, height
    traces, samples = seismic.grid.shape
    return float(np.clip(2 + traces / 60, 8, 18)), float(np.clip(samples / 130, 4.5, 9))
