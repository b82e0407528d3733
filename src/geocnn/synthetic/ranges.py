"""Checks of ranges and probabilities that generators draw from."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from geocnn.errors import DataError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["check_ranges"]


def check_ranges(ranges: "DataclassInstance", possible: Mapping[str, tuple[float | int, float | int]]) -> None:
    """Refuse ranges from which nothing can be drawn.

    Args:
        ranges: dataclass whose fields are ranges ``(smallest, largest)`` or numbers.
        possible: limits of ranges and numbers by name of the field; numbers without limits are probabilities.

    Raises:
        DataError: the smallest number is above the largest, or a number lies outside its limits.
    """
    for field in fields(ranges):
        value = getattr(ranges, field.name)
        least, most = possible.get(field.name, (0, 1))
        if np.ndim(value) == 0:
            if not least <= value <= most:
                what = "it" if field.name in possible else "a probability"
                raise DataError(f"{field.name} is {value:g}; {what} lies within {least:g} to {most:g}.")
        elif field.name in possible:
            low, high = value
            if not least <= low <= high <= most:
                raise DataError(
                    f"{field.name} is {low:g} to {high:g}; needed are a smaller and a larger number within {least:g} "
                    f"to {most:g}."
                )
