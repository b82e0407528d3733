"""Figure of horizons: a section with its intervals, and maps of times or depths."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from cmcrameri import cm
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from geocnn.figures.panels import NO_DATA, Panel, draw
from geocnn.figures.style import INK, class_colours, figure
from geocnn.figures.survey import middle
from geocnn.grid import Axis, Grid
from geocnn.io.horizons import Horizon
from geocnn.io.panel import read_panel

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["horizons"]

_LINES = 24
"""Lines of small type that fit beside a section."""
_NEAR = 0.1
"""Width of a name, as a share of the section: names of horizons whose ends are nearer than this are moved apart."""
_MAPS = 8
"""Largest number of maps in a figure."""


def horizons(result: "Source", found: Sequence[Horizon]) -> Figure:
    """Draw a section of the classes with the horizons between them, and for a cube a map of each horizon.

    Each map has a colour bar in the unit of the vertical axis, dark for shallow and bright for deep. Places without a
    horizon have the colour of sand.

    Args:
        result: classes, or the probability of the lower class of two.
        found: one or more horizons, from top to bottom.
    """
    cube = result.grid.ndim == 3
    maps = list(found[:_MAPS]) if cube else []
    columns = min(4, len(maps)) or 1
    rows = -(-len(maps) // columns)
    made = figure(14, 4.6 + 3.2 * rows)
    # Separate layouts, so that names beside the section take no room beside the maps.
    parts: list[Any] = [made]
    if maps:
        parts = np.ravel(made.subfigures(2, 1, height_ratios=[4.6, 3.2 * rows])).tolist()  # type: ignore[arg-type]
    _section(parts[0].subplots(), result, found)
    for number, horizon in enumerate(maps):
        place = parts[1].add_subplot(rows, columns, number + 1)
        image = _map(place, result.grid, horizon)
        parts[1].colorbar(image, ax=place, shrink=0.85, pad=0.03, aspect=24).ax.invert_yaxis()
        if number % columns:
            place.set_ylabel("")
    if result.path is not None:
        made.suptitle(result.path.name, fontsize=12)
    return made


def _section(place: Axes, result: "Source", found: Sequence[Horizon]) -> None:
    """Draw a line, or the inline of a cube on which most horizons are known, with the horizons over it."""
    if result.grid.ndim == 2:
        panel, values = read_panel(result, (0, 1), {}, peaks=True), [one.values for one in found]
    else:
        best = middle(np.sum([np.isfinite(one.values).sum(axis=1) for one in found], axis=0))
        panel, values = read_panel(result, (1, 2), {0: best}, peaks=True), [one.values[best] for one in found]
    count = max(2, round(float(np.nanmax(panel.values, initial=1.0))) + 1)
    draw(place, panel, class_colours(count), Normalize(-0.5, count - 0.5), labels=True)
    place.images[0].set_alpha(0.45)
    across, down = (axis.values for axis in result.grid.axes[-2:])
    known = np.concatenate([depth[np.isfinite(depth)] for depth in values])
    low, high = (float(known.min()), float(known.max())) if known.size else (float(down[0]), float(down[-1]))
    spare = 0.15 * (high - low) + 5 * abs(float(down[1] - down[0]))
    bottom, top = min(high + spare, float(down.max())), max(low - spare, float(down.min()))
    place.set_ylim(bottom, top)
    line, near = (bottom - top) / _LINES, _NEAR * abs(float(across[-1] - across[0]))
    named: list[tuple[float, float]] = []
    for horizon, depth in zip(found, values, strict=True):
        place.plot(across, depth, color=INK, linewidth=1.2)
        seen = np.flatnonzero(np.isfinite(depth))
        if seen.size:
            last = seen[-1] == len(across) - 1
            x, y = place.get_xlim()[1] if last else float(across[seen[-1]]), float(depth[seen[-1]])
            y = max([y, *(other + line for end, other in named if abs(end - x) <= near)])  # names must not overlap
            named.append((x, y))
            place.annotate(
                horizon.name,
                (x, y),
                (6, 0),
                textcoords="offset points",
                va="center",
                size=8,
                annotation_clip=False,
                path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )


def _map(place: Axes, grid: Grid, horizon: Horizon) -> AxesImage:
    """Draw times or depths, with crosslines to the right and inlines upward."""
    inline, crossline, down = grid.axes
    known = horizon.values[np.isfinite(horizon.values)]
    low, high = (float(v) for v in np.percentile(known, (1, 99))) if known.size else (0.0, 1.0)
    title = f"{horizon.name}, {_label(down)}"
    panel = Panel(horizon.values.T.astype(np.float32), crossline, inline, title)
    place.set_facecolor(NO_DATA)
    image = draw(place, panel, cm.batlow, Normalize(low, high if high > low else low + 1))
    place.invert_yaxis()
    place.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, min_n_ticks=1))
    return image


def _label(axis: Axis) -> str:
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name
