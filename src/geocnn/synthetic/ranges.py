"""Ranges that generators draw from."""

from collections.abc import Mapping

from geocnn.errors import DataError

__all__ = ["check_ranges"]


def check_ranges(ranges: object, possible: Mapping[str, tuple[float | int, float | int]]) -> None:
    """Refuse ranges that cannot be drawn from.

    Args:
        ranges: has the attributes that ``possible`` names, each ``(smallest, largest)``.
        possible: what each may lie within.

    Raises:
        DataError: the smallest is above the largest, or one lies outside.
    """
    for name, (least, most) in possible.items():
        low, high = getattr(ranges, name)
        if not least <= low <= high <= most:
            raise DataError(
                f"{name} is {low:g} to {high:g}; needed are a smaller and a larger number within {least:g} to {most:g}."
            )
