"""Labels: whole numbers of classes, some of which say that nothing is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_unknown"]

_UNKNOWN = (-1, 255)


def is_unknown(labels: NDArray[Any], also: float | None = None) -> NDArray[np.bool_]:
    """Which labels are not known: NaN, -1, 255, and a number that somebody else uses for it."""
    numbers = _UNKNOWN if also is None else (*_UNKNOWN, also)
    return np.asarray(np.isnan(labels) | np.isin(labels, numbers), bool)
