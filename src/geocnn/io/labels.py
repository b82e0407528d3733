"""Labels: whole numbers of classes, some of which say that nothing is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_unknown"]

_UNKNOWN = (-1, 255)


def is_unknown(labels: NDArray[Any], also: float | None = None) -> NDArray[np.bool_]:
    """Which labels mean unknown: NaN, -1, 255, and a further number if one is given."""
    numbers = _UNKNOWN if also is None else (*_UNKNOWN, also)
    return np.asarray(np.isnan(labels) | np.isin(labels, numbers), bool)
