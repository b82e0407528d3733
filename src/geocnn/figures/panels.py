"""Slices through a survey as images with axes: the parts of which figures of surveys consist."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from geocnn.grid import Axis
from geocnn.io.labels import is_unknown
from geocnn.io.panel import Panel, read_panel

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["NO_DATA", "Panel", "amplitudes", "best_slices", "crossings", "cube", "draw", "line", "quantity"]

NO_DATA = "#f2e8d5"  # sand, for places without traces: white is an amplitude

_MOST_TICKS = 7
"""Intervals between the ticks of line numbers, at most."""


def line(
    source: "Source", live: NDArray[np.bool_] | None = None, *, peaks: bool = False, upright: bool = False
) -> Panel:
    """Panel of a whole line.

    Args:
        source: survey of two axes.
        live: traces to show, the others become NaN; default all.
        peaks: show the highest instead of the mean of the samples that share a pixel, so that thin faults do not fade.
        upright: show a picture, whose first axis, the rows, goes downward.
    """
    return read_panel(source, (1, 0) if upright else (0, 1), {}, live, peaks=peaks)


def cube(source: "Source", at: list[int], live: NDArray[np.bool_] | None = None, *, peaks: bool = False) -> list[Panel]:
    """Panels of an inline, a crossline and a map (crosslines to the right, inlines upward).

    Args:
        source: survey of three axes.
        at: index of the slice along each axis.
        live: traces to show, the others become NaN; default all.
        peaks: show the highest instead of the mean of the samples that share a pixel.
    """
    slices = enumerate(((1, 2), (0, 2), (1, 0)))
    return [read_panel(source, shown, {cut: at[cut]}, live, peaks=peaks) for cut, shown in slices]


def amplitudes(panels: list[Panel], source: "Source", *, coloured: bool = True) -> tuple[str | Colormap, Normalize]:
    """Colours of amplitudes: grey, symmetric about zero, clipped at the 99th percentile of the magnitude.

    Samples of one sign (velocities) are shown between their percentiles: in a sequential colour map if ``coloured`` is
    set and they are not 8-bit or other integers, otherwise in grey.
    """
    values = np.concatenate([panel.values[np.isfinite(panel.values)] for panel in panels])
    if not values.size:
        return "gray", Normalize(-1, 1)
    low, high = (float(v) for v in np.percentile(values, (1, 99)))
    if low < 0 < high:
        limit = float(np.percentile(np.abs(values), 99)) or 1.0
        return "gray", Normalize(-limit, limit)
    if high == low:
        low, high = low - 1, high + 1
    if source.dtype.kind in "iub" or not coloured:
        return "gray", Normalize(low, high)
    from cmcrameri import cm

    return cm.batlow, Normalize(low, high)


def quantity(norm: Normalize) -> str:
    """Name of the quantity: samples of one sign are no reflection amplitudes."""
    return "amplitude" if norm.vmin is not None and norm.vmin < 0 else "value"


def draw(place: Axes, panel: Panel, cmap: str | Colormap, norm: Normalize, *, labels: bool = False) -> AxesImage:
    """Draw an image with its axes, the vertical axis downward; NaN has the colour of sand, or shows what is below.

    Args:
        place: axes to draw in.
        panel: image to draw.
        cmap: its colours.
        norm: values of the first and the last colour.
        labels: whether values are classes (-1 and 255 mean none), which must not be averaged: between 0 and 2 is no 1.
    """
    values = np.where(is_unknown(panel.values), np.nan, panel.values) if labels else panel.values
    across, down = panel.across, panel.down
    edges = [axis.values[[0, -1]] + np.array([-0.5, 0.5]) * axis.step for axis in (across, down)]
    place.set_facecolor(NO_DATA)
    image = place.imshow(
        np.ma.masked_invalid(values.T),
        extent=(edges[0][0], edges[0][1], edges[1][1], edges[1][0]),
        aspect="auto",
        cmap=cmap,
        norm=norm,
        interpolation="nearest" if labels else "none" if panel.values.shape[0] < 100 else "antialiased",
    )
    place.set(xlabel=_label(across), ylabel=_label(down), title=panel.title)
    for ticks, axis in ((place.xaxis, across), (place.yaxis, down)):
        if not axis.unit:  # line numbers, not lengths
            ticks.set_major_locator(MaxNLocator(nbins=_MOST_TICKS, integer=True, min_n_ticks=1))
    return image


def crossings(places: list[Axes], source: "Source", at: list[int], colour: str) -> None:
    """Finish the panels of :func:`cube`: true proportions of the map, and thin lines where the slices cross."""
    inline, crossline, vertical = source.grid.axes
    places[2].invert_yaxis()
    aspect = _map_aspect(source, inline, crossline)
    places[2].set_aspect(aspect)
    if aspect != "auto":  # a tall map is narrow, with less room for labels
        tall = aspect * abs(np.ptp(places[2].get_ylim()) / np.ptp(places[2].get_xlim()))
        few = MaxNLocator(nbins=max(1, int(_MOST_TICKS / max(1.0, tall))), integer=True, min_n_ticks=1)
        places[2].xaxis.set_major_locator(few)
    cut = dict(zip(("inline", "crossline", "vertical"), at, strict=True))
    pairs = (("crossline", "vertical"), ("inline", "vertical"), ("crossline", "inline"))
    axes = {"inline": inline, "crossline": crossline, "vertical": vertical}
    for place, pair in zip(places, pairs, strict=True):
        for mark, name in zip((place.axvline, place.axhline), pair, strict=True):
            mark(axes[name].values[cut[name]], color=colour, linewidth=0.6, alpha=0.8)


def _map_aspect(source: "Source", inline: Axis, crossline: Axis) -> float | Literal["auto"]:
    """Ratio of the height of an inline number to the width of a crossline number, if coordinates are known."""
    if not source.grid.spacing:
        return "auto"
    along, across = source.grid.spacing
    aspect = (along / abs(inline.step)) / (across / abs(crossline.step))
    extent = aspect * inline.size * abs(inline.step) / (crossline.size * abs(crossline.step))
    return aspect if 0.2 < extent < 5 else "auto"


def _label(axis: Axis) -> str:
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name


def best_slices(probability: "Source") -> list[int]:
    """Indices of the inline, crossline and time with much probability, outside the outer tenth of the survey.

    They are not those with the most, which often lie in the plane of a fault and show little of it. Of the slices with
    at least a quarter of the largest sum, the one at the 75th percentile is taken.
    """
    shape = probability.grid.shape
    inner = [slice(n // 10, n - n // 10) for n in shape]
    sums = [np.zeros(s.stop - s.start) for s in inner]
    for i in range(inner[0].start, inner[0].stop):
        block = np.nan_to_num(probability.read((slice(i, i + 1), *inner[1:]))[0])  # where there are no data
        sums[0][i - inner[0].start] = block.sum()
        sums[1] += block.sum(1)
        sums[2] += block.sum(0)
    found = []
    for values, cut in zip(sums, inner, strict=True):
        order = [int(i) for i in values.argsort() if values[i] >= values.max() / 4]
        found.append(order[(len(order) - 1) * 3 // 4] + cut.start)
    return found
