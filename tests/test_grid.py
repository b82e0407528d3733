"""What a grid knows of the ground below its samples."""

import math

import pytest

from geocnn.grid import Axis, Grid

CUBE = (Axis("inline", 4, 100, 2), Axis("crossline", 3, 10, -1), Axis("time", 5, 0, 4, "ms"))
LINE = CUBE[1:]


def located(axes, *vectors, **more):
    return Grid(axes, {"coordinates": {"origin": [5.0, 7.0], "vectors": [list(v) for v in vectors]} | more})


def test_the_spacing_is_the_length_of_the_vectors_whatever_the_numbers_of_lines():
    grid = located(CUBE, (30, -40), (-5, -12))
    assert grid.has_coordinates
    assert grid.spacing == (50.0, 13.0)
    assert located(LINE, (1.0, 1.0)).spacing == (pytest.approx(math.sqrt(2)),)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"coordinates": None},
        {"coordinates": {"bytes": [181, 185], "corners": []}},  # traces on no regular grid
        {"coordinates": {"vectors": [[0, 25], [25, 0]]}},
        {"coordinates": {"origin": [0, 0], "vectors": [[0, 25]]}},  # of a line
    ],
)
def test_without_regular_map_coordinates_there_is_no_spacing(attributes):
    grid = Grid(CUBE, attributes)
    assert not grid.has_coordinates
    assert grid.spacing == ()


def test_lines_upon_one_another_have_coordinates_but_no_spacing():
    grid = located(CUBE, (0, 25), (0, 0))
    assert grid.has_coordinates
    assert grid.spacing == ()


def test_a_single_trace_has_no_horizontal_axis():
    assert located(CUBE[2:]).spacing == ()
