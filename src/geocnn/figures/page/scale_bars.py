"""True scales of a figure: bars of round lengths, proportions of a map, and exaggeration."""

import math
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from geocnn.grid import Grid

__all__ = ["exaggeration", "map_aspect", "round_number", "scale_bars", "scale_of"]

_CONTINUOUS = ("m", "ft", "ms", "s")
"""Units of lengths that need not be whole numbers."""
_CORNER = (0.97, 0.06)
"""Position of the scale bars in the panel, as shares of it."""


def scale_of(grid: Grid, k: int) -> tuple[float, str]:
    """Size of a step of 1 in the numbers of axis ``k``, and its unit: m, that of the file, lines or samples."""
    axis, known = grid.axes[k], grid.spacing
    step = abs(axis.step) or 1.0
    if k < grid.ndim - 1:
        return (known[k] / step, "m") if known else (1 / step, f"{axis.name}s")
    if axis.unit or axis.name == "depth":
        return 1.0, axis.unit or "m"
    return 1 / step, "samples"


def map_aspect(grid: Grid, at: Axes) -> float | Literal["auto"]:
    """Ratio of the height of an inline number to the width of a crossline number, unless the map would be a strip."""
    if not grid.spacing:
        return "auto"
    aspect = scale_of(grid, 0)[0] / scale_of(grid, 1)[0]
    return aspect if 0.2 < aspect * _extent(at.get_ylim()) / _extent(at.get_xlim()) < 5 else "auto"


def _extent(ends: tuple[float, float]) -> float:
    return abs(ends[1] - ends[0])


def exaggeration(at: Axes, scales: list[tuple[float, str]]) -> float:
    """Vertical exaggeration: how much higher than wide a square of the ground is drawn."""
    box = at.get_window_extent()
    across, down = (
        _extent(ends) * scale for ends, (scale, _) in zip((at.get_xlim(), at.get_ylim()), scales, strict=True)
    )
    return float((across / box.width) / (down / box.height))


def round_number(value: float) -> float:
    """Nearest number of the series 1, 2, 5, 10, 20, ..., on a logarithmic scale."""
    power = 10.0 ** math.floor(math.log10(value))
    return min((k * power for k in (1, 2, 5, 10)), key=lambda x: abs(math.log(x / value)))


def scale_bars(at: Axes, across: tuple[float, str], down: tuple[float, str]) -> None:
    """Draw bars at the lower right, about a fifth of each side long, black with a white rim to show on any colour."""
    x, y = _CORNER
    rim = [withStroke(linewidth=4.5, foreground="white")]
    sides = [(at.get_xlim(), across, True), (at.get_ylim(), down, False)]
    # A map in its true proportions needs only one bar.
    for ends, (scale, unit), flat in sides if at.get_aspect() == "auto" else sides[:1]:
        extent = _extent(ends) * scale
        length = round_number(extent / 5)
        if unit not in _CONTINUOUS:
            length = max(1.0, length)
        share = length / extent
        if share > 0.8:  # for a handful of lines a bar is useless
            continue
        bar = ([x - share, x], [y, y]) if flat else ([x, x], [y, y + share])
        at.plot(*bar, color="black", linewidth=2.5, solid_capstyle="butt", transform=at.transAxes, path_effects=rim)
        at.annotate(
            _length(length, unit),
            (x - share / 2, y) if flat else (x, y + share / 2),
            xytext=(0, 5) if flat else (-5, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center" if flat else "right",
            va="bottom" if flat else "center",
            rotation=0 if flat else 90,
            fontsize=9,
            path_effects=rim,
        )


def _length(value: float, unit: str) -> str:
    """A length as text, for example ``2 km``, ``200 ms``, ``50 crosslines``."""
    if unit == "m" and value >= 1000:
        return f"{value / 1000:g} km"
    return f"{value:g} {unit if unit in _CONTINUOUS or value != 1 else unit.removesuffix('s')}"
