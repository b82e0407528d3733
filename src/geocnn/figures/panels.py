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

__all__ = ["NO_DATA", "PIXELS", "Panel", "amplitudes", "crossings", "cube", "draw", "line", "quantity"]

PIXELS = (1400, 900)  # of a panel, about; more samples do not show
_BLOCK = 8 << 20  # bytes read at once
NO_DATA = "#f2e8d5"  # sand, for places without traces: white is an amplitude


class Panel(NamedTuple):
    """Samples (horizontal, vertical), their axes, and the slice that they are, for example "inline 2069"."""

    values: NDArray[np.float32]
    across: Axis
    down: Axis
    title: str = ""


def line(source: "Source", live: NDArray[np.bool_] | None = None, *, peaks: bool = False) -> Panel:
    """A whole line.

    Args:
        source: survey of two axes.
        live: traces to show, the others become NaN; default all.
        peaks: of samples that share a pixel show the highest instead of the mean: a thin fault must not fade.
    """
    return _panel(source, (0, 1), {}, live, peaks=peaks)


def cube(source: "Source", at: list[int], live: NDArray[np.bool_] | None = None, *, peaks: bool = False) -> list[Panel]:
    """An inline, a crossline and a map (crosslines to the right, inlines upward).

    Args:
        source: survey of three axes.
        at: index of the slice along each axis.
        live: traces to show, the others become NaN; default all.
        peaks: of samples that share a pixel show the highest instead of the mean.
    """
    return [
        _panel(source, shown, {cut: at[cut]}, live, peaks=peaks) for cut, shown in enumerate(((1, 2), (0, 2), (1, 0)))
    ]


def _panel(
    source: "Source", shown: tuple[int, int], cut: dict[int, int], live: NDArray[np.bool_] | None, *, peaks: bool
) -> Panel:
    """The slice along two axes (horizontal, vertical), read in blocks and reduced to about the pixels of a picture."""
    axes = source.grid.axes
    every = {axis: -(-axes[axis].size // pixels) for axis, pixels in zip(shown, PIXELS, strict=True)}
    first, second = sorted(shown)
    fixed = tuple(cut)
    rows = max(1, _BLOCK // (4 * axes[second].size * every[first])) * every[first]
    pieces = []
    for begin in range(0, axes[first].size, rows):
        box = [slice(cut[k], cut[k] + 1) if k in cut else slice(0, axis.size) for k, axis in enumerate(axes)]
        box[first] = slice(begin, min(begin + rows, axes[first].size))
        block = source.read(tuple(box))
        if live is not None:
            # A copy where traces are dead: what was read may be the user's own array.
            alive = live[tuple(box[:-1])][..., None]
            block = block if alive.all() else np.where(alive, block, np.float32(np.nan))
        pieces.append(_reduced(block.squeeze(fixed), (every[first], every[second]), peaks=peaks))
    values = np.concatenate(pieces)
    titles = [f"{axes[k].name} {axes[k].values[i]:g} {axes[k].unit}".strip() for k, i in cut.items()]
    across, down = (_coarser(axes[axis], every[axis]) for axis in shown)
    return Panel(values if shown == (first, second) else values.T, across, down, "".join(titles))


def _reduced(block: NDArray[np.float32], every: tuple[int, int], *, peaks: bool) -> NDArray[np.float32]:
    """Mean or maximum of the samples that share a pixel; NaN counts for nothing, and where there is nothing else."""
    if every == (1, 1):
        return block
    size = [-(-n // step) for n, step in zip(block.shape, every, strict=True)]
    padding = [(0, n * step - have) for n, step, have in zip(size, every, block.shape, strict=True)]
    padded = np.pad(block, padding, constant_values=np.nan) if any(end for _, end in padding) else block
    shared = padded.reshape(size[0], every[0], size[1], every[1])
    if peaks:
        return np.asarray(np.fmax.reduce(np.fmax.reduce(shared, axis=3), axis=1))
    known = np.isfinite(shared)
    sums, counts = np.where(known, shared, 0).sum((1, 3), dtype=np.float64), known.sum((1, 3))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)


def _coarser(axis: Axis, every: int) -> Axis:
    """The axis of pixels that hold ``every`` samples each."""
    centre = axis.start + axis.step * (every - 1) / 2
    return Axis(axis.name, -(-axis.size // every), centre, axis.step * every, axis.unit)


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


def draw(place: Axes, panel: Panel, cmap: str | Colormap, norm: Normalize, *, labels: bool = False) -> AxesImage:
    """One image with its axes, the vertical axis downward; NaN in the colour of sand, or what was drawn before.

    Args:
        place: where to draw.
        panel: what to draw.
        cmap: its colours.
        norm: values of the first and the last of them.
        labels: the values are numbers of classes: between 0 and 2 there is no 1.
    """
    across, down = panel.across, panel.down
    edges = [axis.values[[0, -1]] + np.array([-0.5, 0.5]) * axis.step for axis in (across, down)]
    place.set_facecolor(NO_DATA)
    image = place.imshow(
        np.ma.masked_invalid(panel.values.T),
        extent=(edges[0][0], edges[0][1], edges[1][1], edges[1][0]),
        aspect="auto",
        cmap=cmap,
        norm=norm,
        interpolation="nearest" if labels else "none" if panel.values.shape[0] < 100 else "antialiased",
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
    if not source.grid.spacing:
        return "auto"
    along, across = source.grid.spacing
    aspect = (along / abs(inline.step)) / (across / abs(crossline.step))
    extent = aspect * inline.size * abs(inline.step) / (crossline.size * abs(crossline.step))
    return aspect if 0.2 < extent < 5 else "auto"


def _label(axis: Axis) -> str:
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name
