"""Arrays in memory, whichever library made them."""

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError

__all__ = ["as_array"]


def as_array(data: object) -> NDArray[np.generic] | None:
    """An array as it is, a tensor or what else NumPy can take for one as an array; None for anything else.

    Raises:
        DataError: NumPy cannot take it as it is: a tensor on a GPU, or one that gradients flow through.
    """
    if isinstance(data, np.ndarray):
        return data
    if not hasattr(type(data), "__array__"):
        return None
    try:
        return np.asarray(data)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"this {type(data).__name__} is no array for NumPy ({str(error).rstrip('.')}); give an array, of a tensor "
            "x.detach().float().cpu().numpy()."
        ) from None
