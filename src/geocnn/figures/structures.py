"""Synthetic structures side by side: what was made, and what is known of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from geocnn.figures.style import class_colours, figure

if TYPE_CHECKING:
    from geocnn.synthetic.structure import StructureSample

__all__ = ["sheet"]

_COLUMNS = 3
"""Samples beside one another."""


def sheet(samples: "Sequence[StructureSample]") -> Figure:
    """Draw each sample twice: its amplitudes, and over them its faults, one colour each, and lines of equal age.

    Of a volume the section with the most fault samples is drawn.

    Args:
        samples: sections or volumes of one shape.
    """
    columns = min(_COLUMNS, len(samples))
    rows = -(-len(samples) // columns)
    made = figure(6.2 * columns, 3.3 * rows)
    places = made.subplots(rows, 2 * columns, squeeze=False)
    for number, sample in enumerate(samples):
        row, column = divmod(number, columns)
        _draw(places[row, 2 * column], places[row, 2 * column + 1], sample, number)
    for place in places.flat[2 * len(samples) :]:
        place.set_axis_off()
    made.suptitle("amplitude; faults that can be seen (a colour each) and layers of equal age", fontsize=11)
    return made


def _draw(left: Axes, right: Axes, sample: "StructureSample", number: int) -> None:
    """Draw one sample."""
    at: tuple[slice | int, ...] = (slice(None),)
    what = "trace"
    if sample.seismic.ndim == 3:
        crossline = int(sample.fault.float().sum((0, 2)).argmax())
        at, what = (slice(None), crossline), "inline"
        left.set_title(f"{number:03d}, crossline {crossline}", fontsize=9, loc="left")
    else:
        left.set_title(f"{number:03d}", fontsize=9, loc="left")
    seismic, time = sample.seismic[at].numpy().T, sample.time[at].numpy().T
    faults = np.where(sample.fault[at].numpy(), sample.number[at].numpy(), 0).T
    most = float(np.percentile(np.abs(seismic), 98)) or 1.0
    for place in (left, right):
        place.imshow(seismic, cmap="gray", vmin=-most, vmax=most, aspect="auto", interpolation="bilinear")
        place.tick_params(labelsize=7)
    ages = np.unique(np.percentile(time, np.linspace(4, 96, 12)))
    right.contour(time, levels=ages, colors="#2f6690", linewidths=0.5, alpha=0.7)
    if faults.any():
        colours = class_colours(max(2, len(sample.faults)))(np.arange(max(2, len(sample.faults))))
        over = np.ma.masked_equal(faults, 0)
        cmap = ListedColormap(colours)
        right.imshow(over, cmap=cmap, vmin=0.5, vmax=len(colours) + 0.5, aspect="auto", interpolation="nearest")
    right.set_yticklabels([])
    left.set_xlabel(what, fontsize=8)
    left.set_ylabel("time sample", fontsize=8)
