"""Slices of a cube and pieces of a line as surveys of their own."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import Grid
from geocnn.io.slices import Slices, spans

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["Cut"]


class Cut:
    """Two axes of a survey as a line: a slice of a cube, or a part of a line.

    Args:
        source: the survey.
        box: part of the survey, one slice per axis; an axis that is not shown has one sample.
        shown: horizontal and vertical axis.
        live: live traces of the survey; samples of other traces become NaN.
    """

    def __init__(
        self, source: "Source", box: tuple[slice, ...], shown: tuple[int, int], live: NDArray[np.bool_]
    ) -> None:
        self._source, self._shown, self._live = source, shown, live
        self._box = [slice(*ends) for ends in spans(box, source.grid.shape)]
        axes = [(source.grid.axes[k], self._box[k]) for k in shown]
        self.grid = Grid(
            tuple(replace(a, size=s.stop - s.start, start=a.start + a.step * s.start) for a, s in axes),
            source.grid.attributes,
        )
        self.dtype, self.path = source.dtype, source.path
        self.live = np.ones(self.grid.shape[:-1], np.bool_)  # dead traces are NaN already

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block; missing and dead traces are NaN."""
        box = list(self._box)
        for k, (begin, end) in zip(self._shown, spans(slices, self.grid.shape), strict=True):
            box[k] = slice(self._box[k].start + begin, self._box[k].start + end)
        block = self._source.read(tuple(box))
        # A copy, because the block may be the user's own array.
        block = np.where(self._live[tuple(box[:-1])][..., None], block, np.float32(np.nan))
        block = block.squeeze(tuple({*range(block.ndim)} - {*self._shown}))
        return block if self._shown[0] < self._shown[1] else block.T

    def describe(self) -> list[tuple[str, str]]:
        """Rows of the survey for ``geocnn info``."""
        return self._source.describe()
