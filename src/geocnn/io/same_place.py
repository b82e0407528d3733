"""Whether two surveys of one size are of one place."""

from geocnn.grid import Axis, Grid

__all__ = ["difference"]

_OFF = 0.1
"""Steps by which the ends of two axes may differ and be the same, for what files round."""


def difference(own: Grid, other: Grid) -> tuple[str, str] | None:
    """The axes of two grids of one shape that differ in their start or step, each grid's in words; None without any.

    Axes that only count from 0, as those of .npy files, can be those of any survey, and so can those in other units.
    """
    pairs = [pair for pair in zip(own.axes, other.axes, strict=True) if _differ(*pair)]
    if not pairs:
        return None
    one, two = (" and ".join(map(str, axes)) for axes in zip(*pairs, strict=True))
    return one, two


def _differ(one: Axis, two: Axis) -> bool:
    """Whether both axes have coordinates, and not the same."""
    if _counts(one) or _counts(two) or one.unit != two.unit:
        return False
    most = _OFF * min(abs(one.step), abs(two.step))
    return max(abs(one.start - two.start), abs(one.stop - two.stop)) > most


def _counts(axis: Axis) -> bool:
    """Whether an axis has no coordinates but the numbers of its samples."""
    return (axis.start, axis.step, axis.unit) == (0, 1, "")
