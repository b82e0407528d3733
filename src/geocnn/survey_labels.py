"""Labels of surveys as the numbers that scores are computed from."""

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.io.labels import is_unknown
from geocnn.io.percent import PERCENT
from geocnn.io.source import Source
from geocnn.losses import UNKNOWN

__all__ = ["classes_of", "mask_of"]


def classes_of(labels: Source, count: int, unknown: float | None) -> NDArray[np.int64]:
    """Class of every sample, UNKNOWN where it is not known.

    Raises:
        DataError: no sample has a class, or one has a class that the network does not know.
    """
    values = labels.read(...)
    known = ~is_unknown(values, unknown)
    bad = known & ((values < 0) | (values >= count) | (values != np.floor(values)))
    if bad.any():
        first = np.argwhere(bad)[0]
        where = ", ".join(f"{a.name} {a.values[i]:g}" for a, i in zip(labels.grid.axes, first, strict=True))
        raise DataError(
            f"the labels{f' {labels.path}' if labels.path else ''} hold {values[bad][0]:g} at {where}; the network "
            f"knows the classes 0 to {count - 1}, and -1, 255 and NaN are unknown: give labels of these."
        )
    if not known.any():
        raise DataError(
            f"the labels{f' {labels.path}' if labels.path else ''} hold no class; the network knows 0 to {count - 1}."
        )
    return np.where(known, values, UNKNOWN).astype(np.int64)


def mask_of(labels: Source, name: str, unknown: float | None) -> NDArray[np.int64]:
    """1 on the class, 0 elsewhere, UNKNOWN where it is not known; whole per cent of 8 bits are probabilities, too.

    Raises:
        DataError: samples lie outside 0..1 and do not mean unknown, or none is of the class.
    """
    values = labels.read(...)
    blank = is_unknown(values, unknown)
    who = f"the labels{f' {labels.path}' if labels.path else ''}"
    need = f"labels for a network that finds {name} are 1 on it, 0 elsewhere, and -1, 255 or NaN where it is not known"
    low, high = (float(f(values, where=~blank, initial=0)) for f in (np.min, np.max))
    if labels.dtype == PERCENT and low >= 0 and 50 < high <= 100:
        values, high = values / np.float32(100), high / 100
    if low < 0 or high > 1:
        raise DataError(f"{who} reach from {low:.4g} to {high:.4g}; {need}: give such a file, or rescale it.")
    if not high > 0.5:
        raise DataError(f"{who} hold no {name}, for no known sample is above 0.5; {need}.")
    return np.where(blank, UNKNOWN, values > 0.5).astype(np.int64)
