"""Faults of a probability volume thinned to ridges one voxel wide, slab by slab.

A fault is a ridge of the smoothed probability (Steger 1998, "An unbiased detector of curvilinear structures", sections
2 and 3.1; in three dimensions a sheet): across it, along the eigenvector of the most negative eigenvalue of the
Hessian, the probability has its maximum. Steger places the maximum between pixels; we keep the voxel nearest to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.io.source import Source
from geocnn.progress import Tick
from geocnn.words import number_of

__all__ = ["Ridges", "check_threshold", "find_ridges", "halo", "thin_block"]

_TRUNCATE = 4.0
"""Standard deviations after which the Gaussian is cut."""
_REACH = 2
"""Voxels of the smoothed volume that a decision looks away from its own."""
_FLAT = 1e-5
"""Curvature below which there is no ridge but rounding: float32 knows 6e-8 of 1."""
_SLACK = 0.02
"""Share by which a voxel may be below one beside it along the normal. A fault midway between two voxels has the same
probability in both: without it the least change along the fault would drop both, and leave a hole."""
_SLAB_BYTES = 32 << 20
_TOLERANCE = 1e-3
"""How far a probability may leave 0..1 by what is stored: float16, IBM floats, compression."""


@dataclass(frozen=True)
class Ridges:
    """All voxels of a survey on the ridges of its faults, in the order of the file.

    Attributes:
        points: ``(n, ndim)`` indices.
        normals: ``(n, ndim)`` unit vectors across the fault, in voxels; their sign means nothing.
        probability: ``(n,)`` as it is in the file, not smoothed.
        shape: samples of the survey per axis.
    """

    points: NDArray[np.int32]
    normals: NDArray[np.float32]
    probability: NDArray[np.float32]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.points)


def halo(sigma: float) -> int:
    """Voxels around a block that decide about ridges in it: those of the Gaussian, and two for the Hessian."""
    return int(_TRUNCATE * sigma + 0.5) + _REACH


def thin_block(
    probability: NDArray[np.float32], *, threshold: float = 0.5, sigma: float = 1.0
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Thin the faults in a block.

    A voxel stays where its smoothed probability is no less than a voxel away on either side along the normal, and
    largest along the axis that crosses the fault most directly: the second makes the ridge one voxel wide where the
    fault is oblique. A band in which the probability is constant over more than 8 sigma has no ridge.

    Args:
        probability: 0..1, two or three axes; continued beyond its edge by the values there.
        threshold: only voxels of at least this probability are looked at.
        sigma: of the smoothing, in voxels.

    Returns:
        Mask of the ridges, of the shape of the block; and normals ``(n, ndim)`` of its True voxels, in C order.
    """
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(probability, sigma, mode="nearest", truncate=_TRUNCATE, output=np.float32)
    where = np.argwhere(probability >= threshold)
    where = where[_peaks(smooth, where).any(axis=1)]
    value, normal = np.linalg.eigh(_hessian(smooth, where))
    normals = normal[:, :, 0]
    peaks = np.take_along_axis(_peaks(smooth, where), np.abs(normals).argmax(axis=1)[:, None], axis=1)[:, 0]
    here = smooth[tuple(where.T)]
    kept = peaks & (value[:, 0] < -_FLAT)
    for side in (normals, -normals):
        kept &= here >= (1 - _SLACK) * _beside(smooth, where, side)
    mask = np.zeros(probability.shape, np.bool_)
    mask[tuple(where[kept].T)] = True
    return mask, normals[kept]


def _at(smooth: NDArray[np.float32], where: NDArray[np.intp], step: NDArray[np.intp]) -> NDArray[np.float64]:
    """Values beside voxels; beyond the edge those of the edge."""
    last = np.array(smooth.shape) - 1
    return np.asarray(smooth[tuple(np.clip(where + step, 0, last).T)], np.float64)


def _peaks(smooth: NDArray[np.float32], where: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether voxels are maxima along each axis, ``(n, ndim)``; of two equal neighbours the first one is.

    None at the end of an axis is, for what lies beyond it is not known, and its continuation would always look like a
    fault along the edge.
    """
    here = smooth[tuple(where.T)]
    steps = np.eye(smooth.ndim, dtype=np.intp)
    found = np.stack([(here > _at(smooth, where, -e)) & (here >= _at(smooth, where, e)) for e in steps], axis=1)
    return np.asarray(found & (where < np.array(smooth.shape) - 1))


def _hessian(smooth: NDArray[np.float32], where: NDArray[np.intp]) -> NDArray[np.float64]:
    """Second derivatives ``(n, ndim, ndim)`` of fourth order: differences over one and two voxels, extrapolated.

    Those over one voxel alone turn the normal of an oblique fault by up to two degrees.
    """
    ndim = smooth.ndim
    found = np.zeros((len(where), ndim, ndim))
    here = smooth[tuple(where.T)].astype(np.float64)
    unit = np.eye(ndim, dtype=np.intp)
    for reach, weight in ((1, 4 / 3), (2, -1 / 3)):
        for i, j in product(range(ndim), repeat=2):
            a, b = reach * unit[i], reach * unit[j]
            if i == j:
                second = _at(smooth, where, a) - 2 * here + _at(smooth, where, -a)
                found[:, i, i] += weight * second / reach**2
            elif i < j:
                same = _at(smooth, where, a + b) + _at(smooth, where, -a - b)
                mixed = (same - _at(smooth, where, a - b) - _at(smooth, where, b - a)) / (4 * reach**2)
                found[:, i, j] += weight * mixed
                found[:, j, i] += weight * mixed
    return found


def _beside(smooth: NDArray[np.float32], where: NDArray[np.intp], step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear interpolation at ``where + step``, steps of up to one voxel.

    The weights come from the step alone: ``map_coordinates`` takes them from index plus step, whose rounding depends
    on where in the block a voxel lies, and with it which of two equal voxels stays.
    """
    toward, share = np.sign(step).astype(np.intp), np.abs(step)
    total = np.zeros(len(where))
    for corner in product((0, 1), repeat=smooth.ndim):
        chosen = np.array(corner)
        weight = np.ones(len(where))
        for axis, taken in enumerate(corner):
            weight *= share[:, axis] if taken else 1 - share[:, axis]
        total += weight * _at(smooth, where, toward * chosen)
    return total


def find_ridges(
    source: Source, *, threshold: float = 0.5, sigma: float = 1.0, rows: int | None = None, tick: Tick | None = None
) -> Ridges:
    """Find the ridges of a whole survey; a slab of it is in memory at a time, and the ridges.

    Args:
        source: probabilities, a line ``(trace, time)`` or a cube ``(inline, crossline, time)``.
        threshold: only voxels of at least this probability are looked at.
        sigma: of the smoothing, in voxels.
        rows: planes along the first axis that are decided at a time; the result does not depend on it.
        tick: is told of the planes that are done.

    Raises:
        DataError: neither two nor three axes, samples that are no probabilities, or a threshold outside 0..1.
    """
    shape = source.grid.shape
    _check(source, threshold, sigma)
    edge = halo(sigma)
    points, normals, probability = [], [], []
    for start, stop in _slabs(shape, edge, rows):
        first = max(0, start - edge)
        block = _read(source, slice(first, min(stop + edge, shape[0])))
        mask, across = thin_block(block, threshold=threshold, sigma=sigma)
        where = np.argwhere(mask)
        inside = (where[:, 0] >= start - first) & (where[:, 0] < stop - first)
        where = where[inside]
        probability.append(block[tuple(where.T)])
        points.append((where + np.array([first] + [0] * (len(shape) - 1))).astype(np.int32))
        normals.append(across[inside].astype(np.float32))
        if tick is not None:
            tick(stop - start)
    return Ridges(np.concatenate(points), np.concatenate(normals), np.concatenate(probability), shape)


def _slabs(shape: tuple[int, ...], edge: int, rows: int | None) -> Iterator[tuple[int, int]]:
    """Planes that are decided together: as many as have their room, but no fewer than their halo."""
    fitting = _SLAB_BYTES // (4 * int(np.prod(shape[1:], dtype=np.int64))) - 2 * edge
    rows = max(2 * edge, fitting) if rows is None else max(1, rows)
    for start in range(0, shape[0], rows):
        yield start, min(start + rows, shape[0])


def _read(source: Source, planes: slice) -> NDArray[np.float32]:
    """Probabilities of some planes; NaN becomes 0.

    Raises:
        DataError: they leave 0..1.
    """
    block = source.read((planes, ...))
    bad = ~np.isfinite(block)
    if bad.any():
        block = np.where(bad, np.float32(0), block)
    low, high = float(block.min()), float(block.max())
    if low < -_TOLERANCE or high > 1 + _TOLERANCE:
        raise DataError(
            f"{_name(source)} reaches from {low:.4g} to {high:.4g}; fault probabilities lie between 0 and 1: give a "
            "result of geocnn predict faults, or for classes --horizons FOLDER."
        )
    return block


def check_threshold(threshold: float) -> None:
    """Refuse what is no probability.

    Raises:
        DataError: it is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise DataError(f"the threshold is {threshold:g}; a probability between 0 and 1 is needed, such as 0.5.")


def _check(source: Source, threshold: float, sigma: float) -> None:
    """Refuse what has no ridges."""
    grid = source.grid
    if grid.ndim not in (2, 3):
        raise DataError(
            f"{_name(source)} has {number_of(grid.ndim, 'axis', 'axes')} ({', '.join(grid.names)}); faults are found "
            "on lines (trace, time) and in cubes (inline, crossline, time): give one of these."
        )
    check_threshold(threshold)
    if not sigma > 0:
        raise DataError(f"sigma is {sigma:g}; a positive number of voxels is needed, such as 1.")


def _name(source: Source) -> str:
    return source.path.name if source.path else "the array"
