"""A first look at a survey: the line itself, or three slices through a cube."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from geocnn.figures.style import INK, figure
from geocnn.grid import Axis

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["thumbnail"]

LONGEST = 3000  # traces drawn along an axis; more do not show on paper
NO_DATA = "#f2e8d5"  # sand, for places without traces: white is an amplitude

Panel = tuple[NDArray[np.float32], Axis, Axis]
"""Samples (horizontal, vertical) and the two axes."""


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
        place.set(xlabel=_label(axes[0]), ylabel="amplitude", xlim=(axes[0].start, axes[0].stop))
        return made
    return _line(source) if len(axes) == 2 else _cube(source)


def _line(source: "Source") -> Figure:
    panel = _panel(source, 2)
    made = figure(float(np.clip(3 + 6 * source.grid.shape[0] / source.grid.shape[1], 6.5, 16)), 5)
    place = made.subplots()
    cmap, norm = _colours([panel], source)
    image = _image(place, panel, cmap, norm)
    made.colorbar(image, ax=place, label=_quantity(norm), shrink=0.8, extend="both", pad=0.01)
    return made


def _cube(source: "Source") -> Figure:
    inline, crossline, vertical = source.grid.axes
    middle = [_middle(source.live.sum(1)), _middle(source.live.sum(0)), vertical.size // 2]
    panels = [_panel(source, axis, middle[axis]) for axis in (0, 1, 2)]
    cmap, norm = _colours(panels, source)
    made = figure(15, 4.8)
    places = made.subplots(1, 3)
    for place, panel, fixed, at in zip(places, panels, (inline, crossline, vertical), middle, strict=True):
        image = _image(place, panel, cmap, norm)
        place.set_title(f"{fixed.name} {fixed.values[at]:g} {fixed.unit}".strip())
    places[2].invert_yaxis()
    places[2].set_aspect(_map_aspect(source, inline, crossline))
    crossings = ((crossline, vertical), (inline, vertical), (crossline, inline))
    cut = dict(zip(source.grid.axes, middle, strict=True))
    for place, pair in zip(places, crossings, strict=True):
        for draw, axis in zip((place.axvline, place.axhline), pair, strict=True):
            draw(axis.values[cut[axis]], color="#d1495b", linewidth=0.6, alpha=0.8)
    made.colorbar(image, ax=places, label=_quantity(norm), shrink=0.8, extend="both", pad=0.01)
    return made


def _middle(live: NDArray[np.intp]) -> int:
    """The line nearest to the middle among those with nearly as many live traces as the fullest."""
    full = np.flatnonzero(live >= 0.9 * live.max())
    return int(full[np.argmin(np.abs(full - len(live) // 2))])


def _quantity(norm: Normalize) -> str:
    """Samples of one sign are no reflection amplitudes."""
    return "amplitude" if norm.vmin is not None and norm.vmin < 0 else "value"


def _panel(source: "Source", fixed: int, at: int = 0) -> Panel:
    """Samples of a line (``fixed=2`` of two axes) or of the slice ``at`` along axis ``fixed`` of a cube."""
    axes, shape = source.grid.axes, source.grid.shape
    if len(axes) == 3 and fixed == 0:
        rows: list[tuple[slice, ...]] = [(slice(at, at + 1), slice(0, shape[1]), slice(0, shape[2]))]
        across, down, live, every = axes[1], axes[2], source.live[at], 1
    else:  # along the first axis, row by row where there are too many to draw
        every = -(-shape[0] // LONGEST)
        rest: list[slice] = [slice(0, n) for n in shape[1:]]
        if len(axes) == 3:
            rest[fixed - 1] = slice(at, at + 1)
        step = 1 if every > 1 else shape[0]
        rows = [(slice(i, min(i + step, shape[0])), *rest) for i in range(0, shape[0], step * every)]
        across, down = axes[0], axes[-1]
        live = source.live[:, at] if fixed == 1 else source.live
        if len(axes) == 3 and fixed == 2:
            down = axes[1]
    values = np.concatenate([source.read(row) for row in rows])
    values = values.reshape(-1, down.size) if len(axes) == 2 or fixed != 2 else values[..., 0]
    live = live[::every]
    values[~live] = np.nan
    across = Axis(across.name, values.shape[0], across.start, across.step * every, across.unit)
    if len(axes) == 3 and fixed == 2:  # a map: crosslines to the right, inlines upward
        return values.T, down, across
    return values, across, down


def _colours(panels: list[Panel], source: "Source") -> tuple[str | Colormap, Normalize]:
    """Grey, symmetric about zero; sequential for velocities; grey between the percentiles for 8-bit data."""
    values = np.concatenate([values[np.isfinite(values)] for values, _, _ in panels])
    if not values.size:
        return "gray", Normalize(-1, 1)
    low, high = (float(v) for v in np.percentile(values, (1, 99)))
    if low < 0 < high:
        limit = float(np.percentile(np.abs(values), 99)) or 1.0
        return "gray", Normalize(-limit, limit)
    if high == low:
        low, high = low - 1, high + 1
    if source.dtype.kind in "iub":
        return "gray", Normalize(low, high)
    from cmcrameri import cm

    return cm.batlow, Normalize(low, high)


def _image(place: Axes, panel: Panel, cmap: str | Colormap, norm: Normalize) -> AxesImage:
    values, across, down = panel
    edges = [axis.values[[0, -1]] + np.array([-0.5, 0.5]) * axis.step for axis in (across, down)]
    place.set_facecolor(NO_DATA)
    image = place.imshow(
        np.ma.masked_invalid(values.T),
        extent=(edges[0][0], edges[0][1], edges[1][1], edges[1][0]),
        aspect="auto",
        cmap=cmap,
        norm=norm,
        interpolation="none" if values.shape[0] < 100 else "antialiased",
    )
    place.set(xlabel=_label(across), ylabel=_label(down))
    return image


def _map_aspect(source: "Source", inline: Axis, crossline: Axis) -> float | str:
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
