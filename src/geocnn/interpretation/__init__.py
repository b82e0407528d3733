"""From fault probabilities to interpretation: thin faults, a table of faults, fault sticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn import io
from geocnn.checkpoints import read_card
from geocnn.errors import DataError, TargetError
from geocnn.grid import Grid
from geocnn.interpretation.connection import connect
from geocnn.interpretation.objects import FaultObject, describe, metres, write_table
from geocnn.interpretation.parting import part
from geocnn.interpretation.ridges import Ridges, check_threshold, find_ridges
from geocnn.interpretation.sticks import StickFormat, check_every, check_format, find_sticks, write_sticks
from geocnn.io.partial import check_target
from geocnn.io.percent import probabilities
from geocnn.io.room import size_of
from geocnn.io.scan import slabs
from geocnn.io.source import Source
from geocnn.progress import progress
from geocnn.words import number_of

__all__ = ["FaultObject", "Interpretation", "check_numbers", "check_targets", "interpret"]

_SPACING = 25.0
"""Metres between lines where neither the user nor the headers tell."""
_BENT = 15.0
"""Degrees by which a fault bends, root mean square, from which on it is worth a note."""
_UNEVEN = 1.2
"""Largest over smallest distance between the traces of a line from which on it is worth a note."""


@dataclass(frozen=True)
class Interpretation:
    """The faults of a survey.

    Attributes:
        objects: the faults, the largest first.
        points: voxels on ridges, those of objects that were too small included.
        threshold: probability from which on a voxel could be on a fault.
        notes: what a user should know.
    """

    objects: tuple[FaultObject, ...]
    points: int
    threshold: float
    notes: tuple[str, ...] = ()


def interpret(
    result: str | Path | NDArray[np.generic] | Source,
    *,
    threshold: float | None = None,
    min_size: int = 50,
    spacing: Sequence[float] | None = None,
    velocity: float = 2000.0,
    thin: str | Path | None = None,
    table: str | Path | None = None,
    sticks: str | Path | None = None,
    sticks_format: StickFormat = "opendtect",
    every: int = 10,
    overwrite: bool = False,
    show_progress: bool = True,
) -> Interpretation:
    """Turn fault probabilities into faults: ridges one voxel wide, connected to objects.

    The survey is read slab by slab; only voxels on ridges, about one in a hundred, are kept in memory.

    Args:
        result: fault probabilities, whatever :func:`geocnn.open` takes: a line or a cube of values 0..1, or in 8 bits
            of per cent.
        threshold: probability from which on a voxel can be on a fault; default that of the faults network for lines
            or cubes.
        min_size: faults with fewer voxels are left out.
        spacing: metres between neighbouring lines of the file, (inline, crossline) in whatever order the axes are, of
            a line between traces; default what the map coordinates in the headers say, else 25.
        velocity: m/s, with which two-way time becomes depth for dips.
        thin: survey file (.sgy, .zarr, .npy) for the probability on the faults' ridges, 0 elsewhere.
        table: .csv file for a row a fault.
        sticks: text file for fault sticks.
        sticks_format: "opendtect" or "petrel"; see :mod:`geocnn.interpretation.sticks`.
        every: fault sticks are drawn on every so many inlines.
        overwrite: replace files that exist.
        show_progress: show a live line.

    Raises:
        DataError: the survey holds no probabilities or neither two nor three axes, or an argument does not fit.
        TargetError: a file exists or cannot be written; found out before any work.
    """
    stored = io.open(result)
    source = probabilities(stored)
    grid = source.grid
    targets = {name: Path(path) for name, path in (("thin", thin), ("table", table), ("sticks", sticks)) if path}
    check_targets(targets, source, overwrite=overwrite)
    check_format(sticks_format)
    check_numbers(grid, threshold=threshold, min_size=min_size, every=every, spacing=spacing, velocity=velocity)
    known = grid.spacing if spacing is None else _of_axes(spacing, grid)
    scale = metres(grid, known or [_SPACING] * (grid.ndim - 1), velocity)
    if threshold is None:
        threshold = read_card("faults", ndim=min(max(len(grid.shape), 2), 3)).threshold
    with progress("ridges", grid.shape[0], show=show_progress) as tick:
        ridges = find_ridges(source, threshold=threshold, tick=tick)
    label = part(ridges, connect(ridges, min_size=min_size), min_size=min_size)
    objects = describe(ridges, label, grid, scale)
    if "thin" in targets:
        _write_thin(ridges, label > 0, stored, targets["thin"], overwrite=overwrite, show_progress=show_progress)
    if "table" in targets:
        write_table(objects, targets["table"], grid, overwrite=overwrite)
    if "sticks" in targets:
        lines = find_sticks(ridges, label, objects, every=every)
        sides = tuple(abs(float(side)) for side in scale[:-1])
        write_sticks(lines, targets["sticks"], grid, layout=sticks_format, spacing=sides, overwrite=overwrite)
    notes = [*_left_out(label, min_size, threshold), *(_taken(grid, known, velocity) if objects else ())]
    notes += _bent(objects)
    if "sticks" in targets:
        notes += _without_sticks(objects, {stick.fault for stick in lines}, grid, every)
    if objects and "sticks" in targets and not grid.has_coordinates:
        notes.append("the survey has no regular map coordinates; X and Y of the sticks are line numbers times spacing.")
    return Interpretation(objects, len(ridges), threshold, tuple(notes))


def _without_sticks(objects: Sequence[FaultObject], have: set[int], grid: Grid, every: int) -> list[str]:
    """Note on objects of which no stick has been drawn."""
    bare = len(objects) - len(have)
    if not bare:
        return []
    where = " on each of the sections that are drawn" * (grid.ndim == 3)
    more = "; a smaller --every draws more" * (grid.ndim == 3 and every > 1)
    return [
        f"{bare} of {number_of(len(objects), 'fault')} {'has' if bare == 1 else 'have'} no stick, with fewer than 5 "
        f"voxels in a row{where}{more}."
    ]


def _bent(objects: Sequence[FaultObject]) -> list[str]:
    """Note on objects that bend so much that they may be several faults."""
    bent = [f"{one.number} ({one.spread:.0f})" for one in objects if one.spread > _BENT]
    if not bent:
        return []
    those = f"faults {', '.join(bent[:5])}{' and others' * (len(bent) > 5)}" if len(bent) > 1 else f"fault {bent[0]}"
    return [
        f"{those} bend{'s' * (len(bent) == 1)} by so many degrees in voxels, or may be several that meet at acute "
        "angles; strike and dip are those of all of it."
    ]


def check_numbers(
    grid: Grid,
    *,
    threshold: float | None,
    min_size: int,
    every: int,
    spacing: Sequence[float] | None,
    velocity: float,
) -> None:
    """Find out before any work whether the numbers that :func:`interpret` takes can be what they are for.

    Args:
        grid: of the survey; the others are those of :func:`interpret`.

    Raises:
        DataError: one of them cannot.
    """
    if threshold is not None:
        check_threshold(threshold)
    if min_size < 1:
        raise DataError(f"min_size is {min_size}; a fault has at least 1 voxel: give a positive number, such as 50.")
    check_every(every)
    metres(grid, [_SPACING] * (grid.ndim - 1) if spacing is None else _of_axes(spacing, grid), velocity)


def _of_axes(spacing: Sequence[float], grid: Grid) -> tuple[float, ...]:
    """What is given for inlines and crosslines in the order of the axes."""
    return tuple(spacing)[:: -1 if grid.is_turned else 1]


def check_targets(targets: dict[str, Path], source: Source, *, overwrite: bool) -> None:
    """Find out before any work whether all files can be written.

    Args:
        targets: files by what they will hold: thin, table, sticks.
        source: survey.
        overwrite: replace files that exist.

    Raises:
        TargetError: one cannot, or two are the same.
        DataError: the suffix is of no survey.
    """
    if "table" in targets and targets["table"].suffix.lower() != ".csv":
        raise TargetError(f"{targets['table'].name} is no name of a table; give one that ends in .csv.")
    if "thin" in targets and targets["thin"].suffix.lower() not in io.SURVEYS:
        raise DataError(f"{targets['thin'].name}: thin faults need the suffix {io.RESULT_SUFFIXES}.")
    for name, path in targets.items():
        needed = size_of(path, source) if name == "thin" else 0
        check_target(path, needed, overwrite=overwrite, source_path=source.path)
    if len({path.resolve() for path in targets.values()}) < len(targets):
        raise TargetError("two of the files would have the same name; give thin, table and sticks a name each.")


def _write_thin(
    ridges: Ridges, kept: NDArray[np.bool_], source: Source, path: Path, *, overwrite: bool, show_progress: bool
) -> None:
    """Write the probability on ridges, slab by slab."""
    points, probability = ridges.points[kept], ridges.probability[kept]
    shape = source.grid.shape
    with (
        progress(f"write {path.name}", shape[0], show=show_progress) as tick,
        io.create(path, source, overwrite=overwrite, description="fault probability on ridges") as sink,
    ):
        for where in slabs(shape, sink.rows):
            first, stop = where[0].start, where[0].stop
            block = np.zeros((stop - first, *shape[1:]), np.float32)
            begin, end = np.searchsorted(points[:, 0], (first, stop))
            inside = points[begin:end] - np.array([first] + [0] * (len(shape) - 1))
            block[tuple(inside.T)] = probability[begin:end]
            sink.write((first,) + (0,) * (len(shape) - 1), block)
            tick(stop - first)


def _left_out(label: NDArray[np.int64], min_size: int, threshold: float) -> list[str]:
    """Note on voxels that belong to no object."""
    if not len(label):
        return [f"no voxel is on a ridge of at least {threshold:g}; with a lower threshold there may be some."]
    small = int((label == 0).sum())
    return [f"{small} of {len(label)} ridge voxels are in objects of fewer than {min_size}, left out."] if small else []


def _taken(grid: Grid, known: Sequence[float], velocity: float) -> list[str]:
    """Notes on assumptions for strikes and dips that are not from the file."""
    notes = []
    if not known:
        notes.append(f"lines are taken to be {_SPACING:g} m apart, for strike and dip; give --spacing if they are not.")
    if grid.is_crooked and known == grid.spacing and (away := grid.distances).max() > _UNEVEN * away.min():
        mean, low, high = known[0], away.min(), away.max()
        notes.append(
            f"traces are {low:.3g} to {high:.3g} m apart along the line; dips are for their mean, {mean:.3g} m."
        )
    if grid.ndim == 3:
        of = "the direction in which inline numbers increase" if grid.directions is None else "map north"
        notes.append(f"strikes are clockwise from {of}, with the dip to their right.")
    down = grid.axes[-1]
    if down.unit not in ("m", "ft") and down.name != "depth":
        unit = "" if down.unit else f" and samples of {down.step:g} ms, for the file does not tell"
        notes.append(f"dips are for a velocity of {velocity:g} m/s{unit}.")
    return notes
