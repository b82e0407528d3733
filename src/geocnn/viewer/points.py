"""A probability in space: the places where it is large, few enough to be turned with the mouse."""

import numpy as np
from jaxtyping import Bool, Float32
from numpy import ndarray
from scipy.ndimage import gaussian_filter, maximum_filter1d

from geocnn.io.source import Source

__all__ = ["LEAST", "points"]

LEAST = 0.2
"""Probability below which there are no points."""
_CELLS = 160
"""Neighbourhoods along an axis, at most."""
_MOST = 400_000
"""Points."""


def points(source: Source, least: float = LEAST) -> Float32[ndarray, "points 4"]:
    """Index along each axis and probability, on the ridges of what is larger than that.

    Of samples that share a place of a grid with at most 160 places along an axis, the largest is taken. Of more than
    400,000 points an even share is left, drawn by lot.

    Args:
        source: probabilities in a cube.
        least: probability of a point.
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
    """Places with the largest value along the axis across which a sheet is bent most: its middle, nearly."""
    smooth = gaussian_filter(values, 1.0)
    across = np.argmin([np.gradient(np.gradient(smooth, axis=axis), axis=axis) for axis in range(3)], axis=0)
    highest = np.stack([maximum_filter1d(smooth, 3, axis=axis) for axis in range(3)])
    return np.asarray(smooth >= np.take_along_axis(highest, across[None], axis=0)[0], bool)
