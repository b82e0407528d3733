"""Weights that resample an axis: a windowed sinc, means, linear, or the nearest sample."""

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Kind", "Taps", "apply", "mean", "taps_of"]

_LOBES = 8
"""Zero crossings of the sinc to each side."""
_BETA = 6.0
"""Of the Kaiser window: about 63 dB, a thousandth, of ripple and of what is folded back."""

Kind = Literal["sinc", "mean", "linear", "nearest"]


class Taps(NamedTuple):
    """Some output samples of an axis as weighted sums of input samples."""

    span: slice
    """Input samples that are needed."""
    matrix: "csr_array"
    """Weights, one row an output sample, each with the sum 1."""
    nearest: NDArray[np.intp]
    """The input sample next to each output sample, counted from the beginning of the span."""


def taps_of(bounds: tuple[int, int], size: int, step: float, kind: Kind) -> Taps:
    """Weights for some output samples of an axis.

    Args:
        bounds: first output sample, and the one behind the last.
        size: input samples of the axis.
        step: input samples from one output sample to the next.
        kind: of interpolation.
    """
    from scipy.sparse import csr_array

    place = np.arange(*bounds, dtype=np.float64) * step
    nearest = np.clip(np.floor(place + 0.5).astype(np.intp), 0, size - 1)
    if step == 1 or kind == "nearest":
        index, weight = nearest[:, None], np.ones((len(place), 1))
    elif kind == "linear":
        inside = np.clip(place, 0, size - 1)
        index = np.floor(inside).astype(np.intp)[:, None] + np.arange(2)
        weight = 1 - np.abs(index - inside[:, None])
        index = np.minimum(index, size - 1)
    else:
        index, weight = (_sinc if kind == "sinc" else _box)(place, step)
        index = _reflected(index, size)
    low, high = int(index.min()), int(index.max()) + 1
    low, high = min(low, int(nearest.min())), max(high, int(nearest.max()) + 1)
    weight = (weight / weight.sum(1, keepdims=True)).astype(np.float32)
    rows = np.repeat(np.arange(len(place)), index.shape[1])
    # A sparse product adds in the order of the columns, however many rows there are: blocks are parts of the whole.
    matrix = csr_array((weight.ravel(), (rows, index.ravel() - low)), (len(place), high - low))
    matrix.sum_duplicates()
    return Taps(slice(low, high), matrix, nearest - low)


def _sinc(place: NDArray[np.float64], step: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Input samples and weights of a sinc in a Kaiser window, which is wider where output samples are farther apart."""
    scale = min(1.0, 1 / step)
    half = math.ceil(_LOBES / scale)
    index = np.floor(place).astype(np.intp)[:, None] + np.arange(1 - half, half + 1)
    distance = (index - place[:, None]) * scale
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (distance / _LOBES) ** 2, 0, None))) / np.i0(_BETA)
    return index, np.sinc(distance) * window * (np.abs(distance) < _LOBES)


def _box(place: NDArray[np.float64], step: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Input samples, and the share of each that lies within half an output sample of the place."""
    reach = math.ceil(step / 2 + 0.5)
    index = np.floor(place + 0.5).astype(np.intp)[:, None] + np.arange(-reach, reach + 1)
    low, high = place[:, None] - step / 2, place[:, None] + step / 2
    return index, np.clip(np.minimum(index + 0.5, high) - np.maximum(index - 0.5, low), 0, None)


def _reflected(index: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Where to look for samples of an axis that is continued by reflection about its first and last sample."""
    length = size - 1
    folded = np.abs(index) % max(2 * length, 1)
    return np.asarray(np.minimum(folded, 2 * length - folded).clip(0), np.intp)


def apply(matrix: "csr_array", block: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Weighted sums along an axis.

    Args:
        matrix: weights, ``(output samples, input samples)``.
        block: of any shape, with the input samples along the axis.
        axis: to be resampled.
    """
    moved = np.moveaxis(block, axis, 0)
    flat = np.ascontiguousarray(moved.reshape(moved.shape[0], -1))
    return np.moveaxis(np.asarray(matrix @ flat).reshape(-1, *moved.shape[1:]), 0, axis)


def mean(
    matrix: "csr_array", block: NDArray[np.float32], good: NDArray[np.bool_], axis: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weighted means of what is good along an axis, and the sums of their weights.

    Args:
        matrix: as for :func:`apply`.
        block: as for :func:`apply`, zero where it is not good.
        good: of the shape of the block.
        axis: as for :func:`apply`.
    """
    weight = apply(matrix, good.astype(np.float32), axis)
    value = apply(matrix, block, axis)
    return np.divide(value, weight, out=np.zeros_like(value), where=weight > 0), weight
