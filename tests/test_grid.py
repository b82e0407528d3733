"""What a grid knows of the ground below its samples."""

import math

import numpy as np
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


def test_map_coordinates_in_feet_make_a_spacing_in_metres():
    assert located(CUBE, (0, 100), (50, 0), unit="ft").spacing == (pytest.approx(30.48), pytest.approx(15.24))


def test_a_crooked_line_has_the_coordinates_of_its_traces():
    grid = Grid(LINE, {"coordinates": {"points": [[0, 0], [30, 40], [30, 70]]}})
    assert grid.has_coordinates
    assert grid.is_crooked
    assert grid.spacing == (40.0,)
    np.testing.assert_allclose(grid.distances, [50, 30])
    np.testing.assert_allclose(grid.map_xy(np.array([[0.5], [2.0]])), [[15, 20], [30, 70]])
    assert not located(LINE, (1.0, 1.0)).is_crooked
    assert not Grid(LINE, {"coordinates": {"points": [[0, 0], [30, 40]]}}).has_coordinates  # of another line


def test_directions_are_those_of_increasing_numbers():
    np.testing.assert_allclose(located(CUBE, (30, -40), (-5, -12)).directions, [[0.6, -0.8], [5 / 13, 12 / 13]])
    assert located(CUBE, (0, 25), (0, 12.5)).directions is None  # inlines along crosslines
    assert Grid(CUBE).directions is None
    assert located(LINE, (1.0, 1.0)).directions is None


def test_a_section_of_a_cube_lies_where_the_cube_has_it():
    axes = (Axis("inline", 9, 100, 2), Axis("crossline", 7, 10, 1), Axis("time", 40, 400, 4, "ms"))
    known = {"origin": [1000.0, 2000.0], "vectors": [[0, 25.0], [12.5, 3.0]], "unit": "ft"}
    cube = Grid(axes, {"coordinates": known})
    for axis, index in ((0, 3), (1, 5)):
        section = cube.section(axis, index)
        assert section.axes == axes[:axis] + axes[axis + 1 :]
        np.testing.assert_allclose(section.spacing, [cube.spacing[1 - axis]])
        places = np.array([[0.0], [4.5]])
        np.testing.assert_allclose(section.map_xy(places), cube.map_xy(np.insert(places, axis, index, axis=1)))
    assert not Grid(axes).section(0, 1).has_coordinates
