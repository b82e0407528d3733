"""Faults, each described by a row of a table: size, probability, extent, strike and dip.

Azimuths are clockwise from map north, the direction in which Y increases, where the survey has map coordinates. Without
them they are in the plane of the lines: 0 degrees is the direction in which inline numbers increase, 90 degrees that in
which crossline numbers increase, drawn to the right of it. The vertical axis points down.
"""

import csv
import io as text
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn.checkpoints import write_atomically
from geocnn.errors import DataError
from geocnn.grid import FOOT, UPWARD, Axis, Grid
from geocnn.interpretation.parting import spread
from geocnn.interpretation.ridges import Ridges
from geocnn.io.partial import check_target

__all__ = ["FaultObject", "describe", "metres", "write_table"]

_FLATNESS = 3.0
"""How much farther than across its plane an object reaches, at least, for a plane to be laid through its points."""
_AGREE = 0.87
"""Cosine, in voxels, between a plane through the points and their normals: 30 degrees, as between neighbours."""
_ALONG = 1e-6
"""Horizontal part of a unit normal below which a plane is level and has no strike."""


@dataclass(frozen=True)
class FaultObject:
    """A fault: connected ridge points.

    Attributes:
        number: 1 for the largest.
        voxels: how many points it has.
        probability: mean over them.
        ranges: (smallest, largest) coordinate along each axis, in the numbers and units of the survey.
        normal: unit vector across it, in metres along the directions of increasing line numbers and down.
        dip: degrees from the horizontal, 0..90; on a line the apparent dip.
        strike: degrees clockwise, 0..360, dip to the right of it, from map north or, where the survey has no map
            coordinates, from the direction of increasing inline numbers; None on a line and for a level plane.
        spread: degrees, root mean square, between what is across its voxels, in voxels, and the mean of that: what it
            bends, and much where faults that cross at acute angles are taken as one.
    """

    number: int
    voxels: int
    probability: float
    ranges: tuple[tuple[float, float], ...]
    normal: tuple[float, ...]
    dip: float
    strike: float | None
    spread: float = 0.0


def metres(grid: Grid, spacing: Sequence[float], velocity: float) -> NDArray[np.float64]:
    """Metres from one sample to the next along each axis, negative where the numbers of an axis descend.

    Args:
        grid: of the survey; a vertical axis in ms or s is two-way time, in m or ft depth, without unit it counts ms.
        spacing: metres between neighbouring lines of the file, in the order of the axes; of a line between traces.
        velocity: m/s with which time becomes depth, ``velocity * time / 2``.

    Raises:
        DataError: numbers that are not positive, or not one for each horizontal axis.
    """
    across, given = grid.axes[:-1], spacing
    lines = [axis.name for axis in across]
    if len(spacing) != len(across) or not all(0 < value < math.inf for value in spacing):
        if grid.is_turned:  # users give that of inlines first
            given, lines = spacing[::-1], lines[::-1]
        raise DataError(
            f"spacing is {' '.join(f'{value:g}' for value in given) or 'empty'}; "
            f"{len(across)} positive number{'s' * (len(across) > 1)} of metres {'are' if len(across) > 1 else 'is'} "
            f"needed, for {' and '.join(lines)}, such as {' '.join(['25'] * len(across))}."
        )
    if not 0 < velocity < math.inf:
        raise DataError(f"velocity is {velocity:g}; a positive number of m/s is needed, such as 2000.")
    sides = [math.copysign(value, axis.step) for value, axis in zip(spacing, across, strict=True)]
    return np.array([*sides, _down(grid, velocity)])


def _down(grid: Grid, velocity: float) -> float:
    """Metres down from one sample to the next.

    Numbers of which the store says that they grow upward, and those that descend from zero or below where it does not
    tell, are heights, or negative times.
    """
    axis = grid.axes[-1]
    if grid.attributes.get(UPWARD, axis.step < 0 and axis.start <= 0):
        axis = replace(axis, step=-axis.step)
    if axis.unit == "ft":
        return axis.step * FOOT
    if axis.unit == "m" or (axis.name == "depth" and not axis.unit):
        return axis.step
    seconds = axis.step * (1.0 if axis.unit == "s" else 1e-3)
    return velocity * seconds / 2


def describe(
    ridges: Ridges, label: NDArray[np.int64], grid: Grid, scale: NDArray[np.float64]
) -> tuple[FaultObject, ...]:
    """Describe the objects, the largest first.

    Args:
        ridges: points.
        label: of :func:`~geocnn.interpretation.connection.connect`.
        grid: of the survey.
        scale: of :func:`metres`.
    """
    order = np.argsort(label, kind="stable")
    bounds = np.searchsorted(label[order], np.arange(1, int(label.max(initial=0)) + 2))
    directions = grid.directions
    if directions is None:  # inline numbers increase northwards in thought, those of crosslines eastwards
        directions = np.array([[0.0, 1.0], [1.0, 0.0]])[:: -1 if grid.is_turned else 1]
    found = []
    for number, (begin, end) in enumerate(pairwise(bounds), start=1):
        own = order[begin:end]
        points = ridges.points[own]
        normal = _normal(points, ridges.normals[own], scale)
        dip, strike = _attitude(normal, directions)
        ends = zip(grid.axes, points.min(axis=0), points.max(axis=0), strict=True)
        ranges = tuple(_range(axis, int(low), int(high)) for axis, low, high in ends)
        probability = float(ridges.probability[own].mean(dtype=np.float64))
        across = tuple(float(value) for value in normal)
        found.append(
            FaultObject(number, len(own), probability, ranges, across, dip, strike, spread(ridges.normals[own]))
        )
    return tuple(found)


def _range(axis: Axis, low: int, high: int) -> tuple[float, float]:
    """Coordinates of two samples, the smaller first."""
    a, b = axis.start + axis.step * low, axis.start + axis.step * high
    return min(a, b), max(a, b)


def _normal(points: NDArray[np.int32], normals: NDArray[np.float32], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector across an object, in metres.

    Where the object is flat it is that of the plane of least squares through its points. The voxels of surveys are
    flat, 25 m wide and 4 m high, and what is 60 degrees in metres is 85 degrees in voxels: there a degree in the
    normals of the ridges would be five degrees of dip. Objects too small for a plane, or that lie in a plane only for
    being narrow, have the principal direction of their normals, the largest eigenvector of the sum of ``n n^T``; a
    normal in voxels is divided by their sizes.
    """
    direction = np.linalg.eigh(normals.T.astype(np.float64) @ normals)[1][:, -1]
    if len(points) > points.shape[1]:
        spread, axes = np.linalg.eigh(np.cov((points * scale).T))
        plane = axes[:, 0] * scale  # in voxels
        agree = abs(float(plane @ direction)) > _AGREE * float(np.linalg.norm(plane))
        if agree and spread[1] > _FLATNESS**2 * max(spread[0], 0.0):
            return np.asarray(axes[:, 0], np.float64)
    across = direction / scale
    return np.asarray(across / np.linalg.norm(across), np.float64)


def _attitude(normal: NDArray[np.float64], directions: NDArray[np.float64]) -> tuple[float, float | None]:
    """Dip, and strike by the right-hand rule, of a plane from its unit normal and the directions of the lines."""
    down = abs(float(normal[-1]))
    if len(normal) == 2:
        return math.degrees(math.atan2(abs(float(normal[0])), down)), None
    # A plane rises along each line as it does on the map along the line's direction: lines need not be at right angles.
    east, north = (float(side) for side in np.linalg.solve(directions, normal[:2]))
    level = math.hypot(east, north)
    dip = math.degrees(math.atan2(level, down))
    if level < _ALONG:
        return dip, None
    # On the plane n . x = 0 depth grows against the horizontal part of a normal that points down.
    turn = -math.copysign(1.0, float(normal[-1]))
    toward = math.degrees(math.atan2(turn * east, turn * north))
    return dip, (toward - 90.0) % 360.0


def write_table(objects: Sequence[FaultObject], path: Path, grid: Grid, *, overwrite: bool = False) -> None:
    """Write a row for every object, below a row of names and units.

    Args:
        objects: of :func:`describe`.
        path: .csv file.
        grid: of the survey, for names and units of the axes.
        overwrite: replace an existing file.

    Raises:
        TargetError: the file exists, or cannot be written.
    """
    ends = [
        f"{axis.name} {end}{f' ({axis.unit})' if axis.unit else ''}" for axis in grid.axes for end in ("min", "max")
    ]
    dip = "dip (degrees)" if grid.ndim == 3 else "apparent dip (degrees)"
    out = text.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    strike = "strike (degrees)" if grid.ndim == 2 or grid.directions is not None else "strike (degrees from inline)"
    rows.writerow(["fault", "voxels", "mean probability", *ends, dip, strike, "spread (degrees)"])
    for one in objects:
        coordinates = [f"{value:.10g}" for pair in one.ranges for value in pair]
        along = "" if one.strike is None else f"{round(one.strike, 1) % 360:.1f}"
        attitude = f"{one.dip:.1f}", along, f"{one.spread:.1f}"
        rows.writerow([one.number, one.voxels, f"{one.probability:.4f}", *coordinates, *attitude])
    check_target(path, 0, overwrite=overwrite)
    write_atomically(path, out.getvalue())
