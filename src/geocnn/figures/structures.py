"""Figure of synthetic structures side by side: amplitudes, and their labels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from geocnn.figures.style import class_colours, figure
from geocnn.grid import Grid

if TYPE_CHECKING:
    from geocnn.synthetic.structure import StructureSample

__all__ = ["sheet"]

_COLUMNS = 3
"""Number of samples side by side."""


def sheet(samples: "Sequence[StructureSample]", grid: Grid) -> Figure:
    """Draw each sample twice: its amplitudes, and over them its faults in colours, with lines of equal age.

    Of a volume the section with the most fault samples is drawn.

    Args:
        samples: sections or volumes of one shape.
        grid: line numbers and times of all of them.
    """
    columns = min(_COLUMNS, len(samples))
    rows = -(-len(samples) // columns)
    made = figure(6.2 * columns, 3.3 * rows)
    places = made.subplots(rows, 2 * columns, squeeze=False)
    for number, sample in enumerate(samples):
        row, column = divmod(number, columns)
        _draw(places[row, 2 * column], places[row, 2 * column + 1], sample, grid, number)
    for place in places.flat[2 * len(samples) :]:
        place.set_axis_off()
    made.suptitle("amplitude; faults that can be seen (a colour each) and layers of equal age", fontsize=11)
    return made


def _draw(left: Axes, right: Axes, sample: "StructureSample", grid: Grid, number: int) -> None:
    """Draw one sample."""
    at: tuple[slice | int, ...] = (slice(None),)
    across, down = grid.axes[0], grid.axes[-1]
    title = f"{number:03d}"
    if sample.seismic.ndim == 3:
        crossline = int(sample.fault.float().sum((0, 2)).argmax())
        at = (slice(None), crossline)
        title += f", {grid.axes[1].name} {grid.axes[1].values[crossline]:g}"
    left.set_title(title, fontsize=9, loc="left")
    (west, east), (top, base) = ((axis.start - axis.step / 2, axis.stop + axis.step / 2) for axis in (across, down))
    extent = (west, east, base, top)
    seismic, time = sample.seismic[at].numpy().T, sample.time[at].numpy().T
    faults = np.where(sample.fault[at].numpy(), sample.number[at].numpy(), 0).T
    most = float(np.percentile(np.abs(seismic), 98)) or 1.0
    for place in (left, right):
        place.imshow(
            seismic, cmap="gray", vmin=-most, vmax=most, aspect="auto", interpolation="bilinear", extent=extent
        )
        place.tick_params(labelsize=7)
    ages = np.unique(np.percentile(time, np.linspace(4, 96, 12)))
    right.contour(across.values, down.values, time, levels=ages, colors="#2f6690", linewidths=0.5, alpha=0.7)
    if faults.any():
        colours = class_colours(max(2, len(sample.faults)))(np.arange(max(2, len(sample.faults))))
        over = np.ma.masked_equal(faults, 0)
        look: dict[str, Any] = {
            "cmap": ListedColormap(colours),
            "vmin": 0.5,
            "vmax": len(colours) + 0.5,
            "interpolation": "nearest",
        }
        right.imshow(over, aspect="auto", extent=extent, **look)
    right.set_yticklabels([])
    left.set_xlabel(across.name, fontsize=8)
    left.set_ylabel(f"{down.name}, {down.unit}" if down.unit else f"{down.name} sample", fontsize=8)
