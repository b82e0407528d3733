"""Points of large probability in a cube, few enough to be turned with the mouse."""

import numpy as np
from jaxtyping import Bool, Float32
from numpy import ndarray
from scipy.ndimage import gaussian_filter, maximum_filter1d

from geocnn.io.source import Source

__all__ = ["LEAST", "points"]

LEAST = 0.2
"""Default of the least probability of a point."""
_CELLS = 160
"""Largest number of cells of the grid along an axis."""
_MOST = 400_000
"""Largest number of points."""


def points(source: Source, least: float = LEAST) -> Float32[ndarray, "points 4"]:
    """Points on the ridges of a probability: index along each axis, and the probability.

    The cube is divided into a grid of at most 160 cells along an axis; of the samples in a cell the largest is taken.
    Of more than 400,000 points a random selection is kept, all with equal probability.

    Args:
        source: probabilities in a cube.
        least: least probability of a point.
    """
    shape = source.grid.shape
    cell = tuple(-(-n // _CELLS) for n in shape)
    planes = []
    for begin in range(0, shape[0], cell[0]):
        block = source.read((slice(begin, min(begin + cell[0], shape[0])), ...))
        padding = [(0, -n % size) for n, size in zip(block.shape, cell, strict=True)]
        padded = np.pad(np.nan_to_num(block), padding).max(axis=0)
        rows, columns = (n // size for n, size in zip(padded.shape, cell[1:], strict=True))
        planes.append(padded.reshape(rows, cell[1], columns, cell[2]).max(axis=(1, 3)))
    coarse = np.stack(planes)
    place = np.nonzero((coarse >= least) & _ridges(coarse))
    middles = [cell[axis] * index + (cell[axis] - 1) / 2 for axis, index in enumerate(place)]
    found = np.column_stack([*middles, coarse[place]]).astype("<f4")
    if len(found) > _MOST:
        found = found[np.random.default_rng(0).choice(len(found), _MOST, replace=False)]
    return found


def _ridges(values: Float32[ndarray, "x y z"]) -> Bool[ndarray, "x y z"]:
    """Samples that are largest along the axis of strongest curvature: roughly the middle of sheets."""
    smooth = gaussian_filter(values, 1.0)
    across = np.argmin([np.gradient(np.gradient(smooth, axis=axis), axis=axis) for axis in range(3)], axis=0)
    highest = np.stack([maximum_filter1d(smooth, 3, axis=axis) for axis in range(3)])
    return np.asarray(smooth >= np.take_along_axis(highest, across[None], axis=0)[0], bool)
