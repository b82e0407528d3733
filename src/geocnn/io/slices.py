"""What :meth:`Source.read` takes: one rule for all sources."""

from types import EllipsisType

from geocnn.errors import DataError
from geocnn.words import number_of

__all__ = ["Slices", "spans"]

Slices = slice | EllipsisType | tuple[slice | EllipsisType, ...]
"""One slice per axis, or fewer: ``...`` and axes that are not mentioned are whole."""


def spans(slices: Slices, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Bounds (begin, end) of one slice per axis, negative and missing bounds resolved as NumPy does.

    Args:
        slices: one slice per axis; ``...`` stands for whole axes, and so do axes left out at the end.
        shape: samples per axis.

    Raises:
        DataError: more slices than axes, a second ``...``, an integer, or a step other than 1.
    """
    given = slices if isinstance(slices, tuple) else (slices,)
    if given.count(...) > 1 or not all(
        s is ... or (isinstance(s, slice) and s.step in (None, 1) and _whole(s.start, s.stop)) for s in given
    ):
        raise DataError(f"read() takes slices with step 1, such as read((slice(0, 8), ...)), not {slices}.")
    left = given.index(...) if ... in given else len(given)
    known = [s for s in given if isinstance(s, slice)]
    if len(known) > len(shape):
        raise DataError(
            f"read() has {number_of(len(known), 'slice')} for {number_of(len(shape), 'axis', 'axes')}; one for "
            "each, such as read((slice(0, 8), ...)), are enough."
        )
    full = [*known[:left], *[slice(None)] * (len(shape) - len(known)), *known[left:]]
    return [(s.indices(n)[0], max(s.indices(n)[:2])) for s, n in zip(full, shape, strict=True)]


def _whole(*bounds: object) -> bool:
    """Whether bounds are missing or whole numbers, those of NumPy too."""
    return all(bound is None or hasattr(bound, "__index__") for bound in bounds)
