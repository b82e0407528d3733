"""Fault sticks: polylines down a fault on parallel sections, for interpretation software.

Two layouts of text files, a node a line, columns apart by spaces:

- "opendtect": ``X Y Z stick node``. Import > FaultStickSets > ASCII in OpendTect takes X, Y, Z and the stick index from
  columns of one's choice and needs no node index, for nodes are in order. Sticks are counted through the whole file.
- "petrel": Charisma fault sticks, ``INLINE- inline crossline X Y Z fault stick``, as resqpy writes and seismiqb reads
  them: the crossline follows the inline without a word of its own. Sticks are counted within each fault.

Z is in the numbers of the survey, ms, m or ft. X and Y are map coordinates where the survey has them, of a cube
whose traces are on a regular grid or within a bin of one, interpolated between those of traces; else numbers of lines
times their spacing: X grows with the inline, Y with the crossline.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from geocnn.checkpoints import write_atomically
from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.interpretation.objects import FaultObject
from geocnn.interpretation.ridges import Ridges
from geocnn.io.partial import check_target

__all__ = ["Stick", "StickFormat", "check_every", "check_format", "find_sticks", "simplify", "write_sticks"]

StickFormat = Literal["opendtect", "petrel"]

_TOLERANCE = 0.75
"""Voxels by which the middles of steps may lie off a stick; those of a plane lie off it by half a voxel at most."""
_APART, _BRIDGED = 3, 10
"""Voxels across, at one sample and from one to the next, and samples down a hole, from which on sticks are parted."""
_LEAST = 5
"""Voxels of a stick, at least."""


@dataclass(frozen=True)
class Stick:
    """A polyline on a fault, from top to bottom.

    Attributes:
        fault: number of its object.
        number: counted within the fault from 1.
        places: ``(nodes, ndim)`` fractional indices on the grid.
    """

    fault: int
    number: int
    places: NDArray[np.float64]


def check_format(layout: str) -> None:
    """Refuse a layout that is not known.

    Raises:
        DataError: it is none of the two.
    """
    if layout not in get_args(StickFormat):
        raise DataError(f"the format of the sticks is {layout!r}; {' and '.join(get_args(StickFormat))} are written.")


def check_every(every: int) -> None:
    """Refuse a distance between sections that is none.

    Raises:
        DataError: it is not positive.
    """
    if every < 1:
        raise DataError(f"every is {every}; sticks are on every 1st, 2nd, ... line: give a positive number.")


def find_sticks(
    ridges: Ridges, label: NDArray[np.int64], objects: Sequence[FaultObject], *, every: int = 10
) -> list[Stick]:
    """Draw sticks on all objects.

    On a section a stick goes through neighbouring voxels of the object, as near to all of them as can be (least
    squares), from the first one to the last. It bends where a chord would lie farther than 0.75 voxels off the middles
    of the steps that the voxels form (Douglas and Peucker 1973), and so follows an oblique fault rather than stairs.
    Holes of 10 samples or more and branches part it, and what has fewer than 5 voxels has none. Sections are inlines;
    for a fault that runs along the inlines, which would fill one, they are crosslines.

    Args:
        ridges: points.
        label: of :func:`~geocnn.interpretation.connection.connect`.
        objects: of :func:`~geocnn.interpretation.objects.describe`.
        every: sections from one to the next, counted from the first of the survey.

    Raises:
        DataError: ``every`` is not positive.
    """
    check_every(every)
    order = np.argsort(label, kind="stable")
    bounds = np.searchsorted(label[order], np.arange(1, len(objects) + 2))
    last = np.array(ridges.shape) - 1
    found: list[Stick] = []
    for one, begin, end in zip(objects, bounds[:-1], bounds[1:], strict=True):
        points = ridges.points[order[begin:end]]
        counted = enumerate(_polylines(points, one.normal, every), start=1)
        found.extend(Stick(one.number, number, np.clip(places, 0, last)) for number, places in counted)
    return found


def _polylines(points: NDArray[np.int32], normal: tuple[float, ...], every: int) -> Iterator[NDArray[np.float64]]:
    """Nodes of the sticks of one object."""
    if points.shape[1] == 2:
        yield from _pieces(points, 0)
        return
    section = 1 if abs(normal[0]) > abs(normal[1]) else 0
    chosen = points[points[:, section] % every == 0]
    chosen = chosen[np.argsort(chosen[:, section], kind="stable")]
    cuts = np.flatnonzero(np.diff(chosen[:, section])) + 1
    for part in np.split(chosen, cuts):
        yield from _pieces(part, 1 - section)


def _pieces(points: NDArray[np.int32], across: int) -> Iterator[NDArray[np.float64]]:
    """Polylines of one section: nodes of neighbouring voxels at every sample, simplified.

    A fault may have holes, and branches that meet on other sections: each run of voxels goes on in the nearest one
    below, and what has none near begins or ends there.
    """
    if not len(points):
        return
    points = points[np.lexsort((points[:, across], points[:, -1]))]
    step = np.diff(points[:, [across, -1]], axis=0)
    runs = np.split(points, np.flatnonzero((step[:, 1] > 0) | (step[:, 0] > _APART)) + 1)
    found: list[list[NDArray[np.int32]]] = []
    open_ones: list[list[NDArray[np.int32]]] = []
    for depth, level in groupby(runs, key=lambda run: int(run[0, -1])):
        open_ones = [piece for piece in open_ones if depth - piece[-1][0, -1] <= _BRIDGED]
        free = list(level)
        pairs = [
            (*_away(piece[-1], run, across), k, n) for k, piece in enumerate(open_ones) for n, run in enumerate(free)
        ]
        taken, placed = set[int](), set[int]()
        for _, _, k, n in sorted(pair for pair in pairs if pair[0] < math.inf):
            if k not in taken and n not in placed:
                open_ones[k].append(free[n])
                taken.add(k)
                placed.add(n)
        begun = [[run] for n, run in enumerate(free) if n not in placed]
        found += begun
        open_ones += begun
    for piece in found:
        if sum(map(len, piece)) >= _LEAST:
            yield _nodes(piece, across)


def _nodes(piece: list[NDArray[np.int32]], across: int) -> NDArray[np.float64]:
    """Nodes of a polyline along runs of voxels, which are stairs where the fault is oblique.

    The corners of stairs are half a voxel off the fault on either side, the middles of their steps lie on it, be they
    level or upright: of these are chosen those at which the polyline bends. Then all nodes are moved to where it is
    nearest to all voxels, in the sense of least squares, so that no corner at an end leads it astray.
    """
    middles = np.array([run[:, [across, -1]].mean(axis=0) for run in piece])
    at = np.append(0.0, np.cumsum(np.abs(np.diff(middles, axis=0)).max(axis=1)))
    onward = np.where(np.gradient(middles[:, 0]) < 0, -1.0, 1.0) if len(piece) > 1 else np.ones(1)
    voxels, of = np.concatenate(piece), np.repeat(np.arange(len(piece)), [len(run) for run in piece])
    places = voxels[:, [across, -1]].astype(np.float64)
    along = at[of] + onward[of] * (places[:, 0] - middles[of, 0])  # voxels from the middle of the first run
    steps = np.append(0, np.flatnonzero(np.diff(middles[:, 0])) + 1)
    marks = np.add.reduceat(np.column_stack([middles, at]), steps) / np.diff([*steps, len(piece)])[:, None]
    marks = marks[(marks[:, 2] > along.min()) & (marks[:, 2] < along.max())]
    first, last = (np.append(places[k], along[k]) for k in (along.argmin(), along.argmax()))
    marks = np.vstack([first, marks, last])
    bends = marks[simplify(marks[:, :2], _TOLERANCE), 2]
    shares = np.stack([np.interp(along, bends, one) for one in np.eye(len(bends))], axis=1)  # of each node in a voxel
    nodes = np.repeat(voxels[:1].astype(np.float64), len(bends), axis=0)
    nodes[:, [across, -1]] = np.round(np.linalg.lstsq(shares, places, rcond=None)[0], 6)
    return nodes


def _away(above: NDArray[np.int32], below: NDArray[np.int32], across: int) -> tuple[float, float]:
    """Voxels from a run to one below, infinite where they are apart across; and across from middle to middle."""
    a, b = above[:, across], below[:, across]
    apart = max(0, int(b[0] - a[-1]), int(a[0] - b[-1]))
    away = math.hypot(apart, below[0, -1] - above[0, -1]) if apart <= _APART else math.inf
    return away, abs(float(b.mean() - a.mean()))


def simplify(nodes: NDArray[np.float64], tolerance: float) -> NDArray[np.intp]:
    """Nodes of a polyline that are needed to follow it (Douglas and Peucker 1973).

    Args:
        nodes: ``(n, 2)``.
        tolerance: distance from the simplified polyline within which nodes are left out.

    Returns:
        Ascending indices of those that stay, both ends among them.
    """
    kept, parts = {0, len(nodes) - 1}, [(0, len(nodes) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        along, offset = nodes[last] - nodes[first], nodes[first + 1 : last] - nodes[first]
        length = math.hypot(*along)
        away = np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0]) / length if length else np.hypot(*offset.T)
        if away.max() > tolerance:
            middle = first + 1 + int(away.argmax())
            kept.add(middle)
            parts += [(first, middle), (middle, last)]
    return np.array(sorted(kept), np.intp)


def _xy(places: NDArray[np.float64], grid: Grid, spacing: Sequence[float]) -> NDArray[np.float64]:
    """Map coordinates ``(n, 2)``, or numbers of lines times spacing."""
    lateral = places[:, :-1]
    if grid.has_coordinates:
        return grid.map_xy(lateral)
    # A step of 2 from one line of the file to the next is one spacing, not two.
    columns = [_at(axis, lateral[:, k]) / abs(axis.step) * spacing[k] for k, axis in enumerate(grid.axes[:-1])]
    columns = columns[::-1] if grid.is_turned else columns
    return np.stack([*columns, np.zeros(len(places))][:2], axis=1)


def _at(axis: Axis, index: NDArray[np.float64]) -> NDArray[np.float64]:
    return axis.start + axis.step * index


def write_sticks(
    sticks: Sequence[Stick],
    path: Path,
    grid: Grid,
    *,
    layout: StickFormat = "opendtect",
    spacing: Sequence[float] = (25.0, 25.0),
    overwrite: bool = False,
) -> None:
    """Write fault sticks as text, as the head of this module describes.

    Args:
        sticks: of :func:`find_sticks`.
        path: of the text file.
        grid: of the survey.
        layout: "opendtect" or "petrel".
        spacing: metres between neighbouring lines of the file, in the order of the axes, where there are no map
            coordinates.
        overwrite: replace an existing file.

    Raises:
        DataError: the layout is neither of the two.
        TargetError: the file exists, or cannot be written.
    """
    check_format(layout)
    rows = []
    for count, stick in enumerate(sticks, start=1):
        xy, z = _xy(stick.places, grid, spacing), _at(grid.axes[-1], stick.places[:, -1])
        numbers = [np.rint(_at(axis, stick.places[:, k])) for k, axis in enumerate(grid.axes[:-1])]
        numbers = numbers[::-1] if grid.is_turned else numbers
        if grid.ndim == 2:  # of a line the trace stands where a cube has its crossline
            numbers = [np.zeros(len(z)), *numbers]
        for node, ((x, y), down) in enumerate(zip(xy, z, strict=True)):
            if layout == "opendtect":
                rows.append(f"{x:.2f} {y:.2f} {down:.3f} {count} {node + 1}\n")
            else:
                inline, crossline = (int(n[node]) for n in numbers)
                where = f"INLINE- {inline:8d} {crossline:8d} {x:15.2f} {y:15.2f} {down:12.3f}"
                rows.append(f"{where} fault_{stick.fault:03d} {stick.number:4d}\n")
    check_target(path, 0, overwrite=overwrite)
    write_atomically(path, "".join(rows))
