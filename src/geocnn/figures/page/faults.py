"""Faults on a page: rows of the table, rose diagram of strikes, and histogram of dips."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.projections.polar import PolarAxes

from geocnn.figures.page.content import ACCENT, Sheet
from geocnn.figures.page.scale_bars import round_number
from geocnn.grid import Grid

if TYPE_CHECKING:
    from geocnn.interpretation import FaultObject

__all__ = ["attitudes", "head_of", "row_of"]


def attitudes(objects: "Sequence[FaultObject]", sheet: Sheet, *, north: bool) -> Figure:
    """Draw a rose diagram of strikes, with both ends of each, and a histogram of dips, both weighted by voxels.

    Args:
        objects: the faults.
        sheet: size of the picture.
        north: whether strikes are counted from map north, or from the direction of increasing inline numbers.
    """
    made = sheet.figure()
    rose, dips = made.add_subplot(1, 2, 1, projection="polar"), made.add_subplot(1, 2, 2)
    if not isinstance(rose, PolarAxes):
        raise TypeError("Matplotlib made no polar axes.")
    total = sum(fault.voxels for fault in objects)
    level = sum(fault.strike is None for fault in objects)
    both = [(fault.strike + turn, fault.voxels) for fault in objects if fault.strike is not None for turn in (0, 180)]
    edges = np.arange(0, 361, 10)
    counts, _ = np.histogram([strike % 360 for strike, _ in both], edges, weights=[voxels for _, voxels in both])
    parts = 100 * counts / total
    rose.bar(np.radians(edges[:-1] + 5), parts, np.radians(10), color=ACCENT, edgecolor="white", linewidth=0.6)
    rose.set_theta_zero_location("N")
    rose.set_theta_direction(-1)
    if parts.any():
        step = round_number(float(parts.max()) / 3)
        ticks = np.arange(step, parts.max() + step / 2, step)
        rose.set_yticks(ticks, [f"{tick:g} %" for tick in ticks])
        for label in rose.get_yticklabels():  # labels may lie on a bar
            label.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    rose.set_rlabel_position(22.5)
    zero = "map north" if north else "where inline numbers increase, 90° where crossline numbers do"
    rose.set_xlabel(f"0° is {zero}", fontsize=9)
    without = f", without {level} level fault{'s' * (level > 1)}" if level else ""
    rose.set_title(f"strike{without}", fontsize=11)
    angles = np.arange(0, 91, 5)
    shares, _ = np.histogram([f.dip for f in objects], angles, weights=[f.voxels for f in objects])
    dips.bar(angles[:-1] + 2.5, 100 * shares / total, width=5, color=ACCENT, edgecolor="white", linewidth=0.6)
    dips.set(xlabel="dip (degrees)", ylabel="per cent of voxels", xlim=(0, 90), xticks=range(0, 91, 15), title="dip")
    dips.title.set_fontsize(11)
    dips.grid(axis="y", alpha=0.25)
    dips.set_axisbelow(True)
    return made


def head_of(grid: Grid) -> list[str]:
    """Names of the columns of the table of faults."""
    ranges = [f"{axis.name} ({axis.unit})" if axis.unit else axis.name for axis in grid.axes]
    if grid.ndim == 2:
        return ["fault", "voxels", "mean probability", "apparent dip (°)", *ranges]
    return ["fault", "voxels", "mean probability", "strike (°)", "dip (°)", *ranges]


def row_of(fault: "FaultObject", grid: Grid) -> list[str]:
    """Cells of a fault in the table."""
    strike = "" if fault.strike is None else f"{round(fault.strike) % 360}"
    ranges = [f"{low:.10g} to {high:.10g}" for low, high in fault.ranges]
    attitude = [f"{fault.dip:.0f}"] if grid.ndim == 2 else [strike, f"{fault.dip:.0f}"]
    return [f"{fault.number}", f"{fault.voxels}", f"{fault.probability:.2f}", *attitude, *ranges]
