"""Surveys of one size are of one place unless their coordinates say otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from geocnn.grid import Axis, Grid
from geocnn.io import ArraySource
from geocnn.io.same_place import difference

CUBE = Grid((Axis("inline", 4, 100, 2), Axis("crossline", 5, 300), Axis("time", 6, 0, 4, "ms")))


def other(axis, **changes):
    axes = list(CUBE.axes)
    axes[axis] = replace(axes[axis], **changes)
    return Grid(tuple(axes))


@pytest.mark.parametrize(
    ("grid", "own"),
    [
        (other(0, start=102), "inline 102..108 step 2 (4)"),
        (other(0, start=106, step=-2), "inline 106..100 step -2 (4)"),
        (other(1, step=2), "crossline 300..308 step 2 (5)"),
        (other(2, start=500), "time 500..520 ms step 4 (6)"),
        (other(2, step=2), "time 0..10 ms step 2 (6)"),
    ],
)
def test_another_start_or_step_is_told_with_both_ranges(grid, own):
    said = difference(grid, CUBE)
    assert said is not None
    assert said[0] == own
    assert said[1] in str(CUBE)
    assert difference(CUBE, grid) == said[::-1]


def test_all_axes_that_differ_are_told():
    both = Grid((*other(0, start=2).axes[:2], other(2, step=2).axes[2]))
    assert difference(both, CUBE) == (
        "inline 2..8 step 2 (4) and time 0..10 ms step 2 (6)",
        "inline 100..106 step 2 (4) and time 0..20 ms step 4 (6)",
    )


def test_axes_without_coordinates_and_what_files_round_are_no_difference():
    assert difference(CUBE, CUBE) is None
    assert difference(ArraySource(np.zeros(CUBE.shape)).grid, CUBE) is None
    assert difference(other(2, start=0.0004, step=4.00001), CUBE) is None
    assert difference(other(2, step=0.004, unit="s"), CUBE) is None
