"""A section of a survey with a prediction over it."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from geocnn.figures.style import figure
from geocnn.grid import Axis

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["section"]

Panel = tuple[tuple[slice, ...], Axis, Axis, str]

FAULT = LinearSegmentedColormap.from_list(
    "fault", [(0.0, (0.96, 0.75, 0.0, 0.0)), (0.5, (0.98, 0.55, 0.0, 0.75)), (1.0, (0.80, 0.0, 0.05, 1.0))]
)
"""Transparent where the network sees nothing, orange at 0.5, red where it is sure; on grey sections."""


def section(
    seismic: "Source", probability: "Source", *, truth: "Source | None" = None, label: str = "fault probability"
) -> Figure:
    """Draw a line, or an inline, a crossline and a time slice of a cube, amplitudes grey, probability in colour.

    The slices of a cube go through the inline, crossline and time with the most probability. With ``truth`` a second
    row shows the known faults.

    Args:
        seismic: amplitudes.
        probability: 0..1 on the same grid.
        truth: known faults, above 0.5 on a fault.
        label: of the colour bar.
    """
    panels = _panels(probability)
    limit = max(_limit(seismic, panel) for panel in panels)
    rows = [(probability, label)] + ([(truth, "known faults")] if truth else [])
    widths = [1.0] if len(panels) == 1 else [1.0] * len(panels)
    made = figure(6.2 if len(panels) == 1 else 5 * len(panels), 4.4 * len(rows))
    if len(panels) == 1:
        made.set_size_inches(*_line_size(panels[0], len(rows)))
    axes = made.subplots(len(rows), len(panels), squeeze=False, width_ratios=widths)
    for row, (values, text) in zip(axes, rows, strict=True):
        for place, panel in zip(row, panels, strict=True):
            grey = _show(place, seismic, panel, cmap="gray", vmin=-limit, vmax=limit)
            colour = _show(place, values, panel, cmap=FAULT, vmin=0, vmax=1)
        made.colorbar(colour, ax=row[-1], label=text, shrink=0.8)
        if len(panels) == 1 or values is not truth:
            made.colorbar(grey, ax=row[0] if len(panels) == 1 else row[-1], label="amplitude", shrink=0.8)
    return made


def _panels(probability: "Source") -> list[Panel]:
    """The line itself, or inline, crossline and time slice with the most probability."""
    grid = probability.grid
    everything = tuple(slice(0, n) for n in grid.shape)
    if grid.ndim == 2:
        return [(everything, grid.axes[0], grid.axes[1], "")]
    inline, crossline, time = grid.axes
    sums = [np.zeros(n) for n in grid.shape]
    for i in range(inline.size):
        block = probability.read((slice(i, i + 1), *everything[1:]))[0]
        sums[0][i] = block.sum()
        sums[1] += block.sum(1)
        sums[2] += block.sum(0)
    best = [int(s.argmax()) for s in sums]
    cut = [tuple(slice(b, b + 1) if k == axis else everything[k] for k in range(3)) for axis, b in enumerate(best)]
    names = [f"{a.name} {a.values[b]:g} {a.unit}".strip() for a, b in zip(grid.axes, best, strict=True)]
    return [
        (cut[0], crossline, time, names[0]),
        (cut[1], inline, time, names[1]),
        (cut[2], inline, crossline, names[2]),
    ]


def _read(source: "Source", panel: Panel) -> NDArray[np.float32]:
    """The panel's samples, horizontal axis first."""
    block = source.read(panel[0])
    return block.reshape(panel[1].size, panel[2].size)


def _limit(source: "Source", panel: Panel) -> float:
    """Amplitude that is shown as black and white."""
    values = np.abs(_read(source, panel))
    values = values[np.isfinite(values) & (values > 0)]
    return float(np.quantile(values, 0.98)) if values.size else 1.0


def _show(axes: Axes, source: "Source", panel: Panel, **colours: object) -> AxesImage:
    """One image with its axes; the vertical axis points down."""
    _, across, down, title = panel
    values = _read(source, panel)
    edge = [a.values[[0, -1]] + np.array([-0.5, 0.5]) * a.step for a in (across, down)]
    image = axes.imshow(
        np.ma.masked_invalid(values.T),
        extent=(edge[0][0], edge[0][1], edge[1][1], edge[1][0]),
        aspect="auto",
        interpolation="bilinear" if colours.get("cmap") == "gray" else "nearest",
        **colours,  # type: ignore[arg-type]
    )
    axes.set(xlabel=_label(across), ylabel=_label(down), title=title)
    return image


def _label(axis: Axis) -> str:
    """Name with unit."""
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name


def _line_size(panel: Panel, rows: int) -> tuple[float, float]:
    """Inches for a 2-D line: long lines get wide pictures."""
    ratio = panel[1].size / max(1, panel[2].size)
    return float(np.clip(7 + 4 * ratio, 8, 18)), 5.2 * rows
