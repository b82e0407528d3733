"""Slices through a survey as images with their axes: what all pictures of surveys are made of."""

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from geocnn.grid import Axis

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["LONGEST", "NO_DATA", "Panel", "amplitudes", "crossings", "cube", "draw", "line", "quantity"]

LONGEST = 3000  # traces drawn along an axis; more do not show on paper
NO_DATA = "#f2e8d5"  # sand, for places without traces: white is an amplitude


class Panel(NamedTuple):
    """Samples (horizontal, vertical), their axes, and the slice that they are, for example "inline 2069"."""

    values: NDArray[np.float32]
    across: Axis
    down: Axis
    title: str = ""


def line(source: "Source", live: NDArray[np.bool_] | None = None) -> Panel:
    """A whole line, traces left out evenly where there are too many to draw.

    Args:
        source: survey of two axes.
        live: traces to show, the others become NaN; default all.
    """
    axes, every = source.grid.axes, _every(source)
    values = _rows(source, (slice(0, axes[1].size),))
    if live is not None:
        values[~live[::every]] = np.nan
    return Panel(values, _thinned(axes[0], values, every), axes[1])


def cube(source: "Source", at: list[int], live: NDArray[np.bool_] | None = None) -> list[Panel]:
    """An inline, a crossline and a map (crosslines to the right, inlines upward).

    Args:
        source: survey of three axes.
        at: index of the slice along each axis.
        live: traces to show, the others become NaN; default all.
    """
    (inline, crossline, vertical), every = source.grid.axes, _every(source)
    every_crossline, whole = slice(0, crossline.size), slice(0, vertical.size)
    first = source.read((slice(at[0], at[0] + 1), every_crossline, whole))[0]
    second = _rows(source, (slice(at[1], at[1] + 1), whole))[:, 0]
    third = _rows(source, (every_crossline, slice(at[2], at[2] + 1)))[..., 0]
    if live is not None:
        first[~live[at[0]]] = np.nan
        second[~live[::every, at[1]]] = np.nan
        third[~live[::every]] = np.nan
    thinned = _thinned(inline, second, every)
    titles = [f"{a.name} {a.values[i]:g} {a.unit}".strip() for a, i in zip(source.grid.axes, at, strict=True)]
    return [
        Panel(first, crossline, vertical, titles[0]),
        Panel(second, thinned, vertical, titles[1]),
        Panel(third.T, crossline, thinned, titles[2]),
    ]


def _every(source: "Source") -> int:
    return -(-source.grid.shape[0] // LONGEST)


def _rows(source: "Source", rest: tuple[slice, ...]) -> NDArray[np.float32]:
    """Along the first axis, row by row where there are too many to draw."""
    size, every = source.grid.shape[0], _every(source)
    step = 1 if every > 1 else size
    return np.concatenate([source.read((slice(i, i + step), *rest)) for i in range(0, size, step * every)])


def _thinned(axis: Axis, values: NDArray[np.float32], every: int) -> Axis:
    return Axis(axis.name, len(values), axis.start, axis.step * every, axis.unit)


def amplitudes(panels: list[Panel], source: "Source", *, coloured: bool = True) -> tuple[str | Colormap, Normalize]:
    """Colours of samples: grey, symmetric about zero, clipped at the 99th percentile of the magnitude.

    Samples of one sign (velocities) are shown between their percentiles: in a sequential colour map where ``coloured``
    and not 8-bit or other integers, else grey.
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
    """Samples of one sign are no reflection amplitudes."""
    return "amplitude" if norm.vmin is not None and norm.vmin < 0 else "value"


def draw(place: Axes, panel: Panel, cmap: str | Colormap, norm: Normalize) -> AxesImage:
    """One image with its axes, the vertical axis downward; NaN in the colour of sand, or what was drawn before."""
    across, down = panel.across, panel.down
    edges = [axis.values[[0, -1]] + np.array([-0.5, 0.5]) * axis.step for axis in (across, down)]
    place.set_facecolor(NO_DATA)
    image = place.imshow(
        np.ma.masked_invalid(panel.values.T),
        extent=(edges[0][0], edges[0][1], edges[1][1], edges[1][0]),
        aspect="auto",
        cmap=cmap,
        norm=norm,
        interpolation="none" if panel.values.shape[0] < 100 else "antialiased",
    )
    place.set(xlabel=_label(across), ylabel=_label(down), title=panel.title)
    for ticks, axis in ((place.xaxis, across), (place.yaxis, down)):
        if not axis.unit:  # line numbers, not lengths
            ticks.set_major_locator(MaxNLocator(nbins=7, integer=True))
    return image


def crossings(places: list[Axes], source: "Source", at: list[int], colour: str) -> None:
    """Finish the panels of :func:`cube`: a map with its true proportions, thin lines where the slices cross."""
    inline, crossline, vertical = source.grid.axes
    places[2].invert_yaxis()
    places[2].set_aspect(_map_aspect(source, inline, crossline))
    cut = dict(zip(("inline", "crossline", "vertical"), at, strict=True))
    pairs = (("crossline", "vertical"), ("inline", "vertical"), ("crossline", "inline"))
    axes = {"inline": inline, "crossline": crossline, "vertical": vertical}
    for place, pair in zip(places, pairs, strict=True):
        for mark, name in zip((place.axvline, place.axhline), pair, strict=True):
            mark(axes[name].values[cut[name]], color=colour, linewidth=0.6, alpha=0.8)


def _map_aspect(source: "Source", inline: Axis, crossline: Axis) -> float | Literal["auto"]:
    """Height of one inline number over width of one crossline number on the map, if coordinates are known."""
    known = source.grid.attributes.get("coordinates")
    if not isinstance(known, dict) or "vectors" not in known:
        return "auto"
    along, across = (float(np.hypot(*vector)) for vector in known["vectors"])
    aspect = (along / abs(inline.step)) / (across / abs(crossline.step)) if across and along else 0.0
    extent = aspect * inline.size * abs(inline.step) / (crossline.size * abs(crossline.step))
    return aspect if 0.2 < extent < 5 else "auto"


def _label(axis: Axis) -> str:
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name
