"""Objects: what belongs together, and its strike and dip against planes drawn with known ones."""

import csv

import numpy as np
import pytest
from tests.interpretation.drawing import normal_of, sheet

from geocnn import io
from geocnn.errors import DataError, TargetError
from geocnn.grid import Axis, Grid
from geocnn.interpretation.connection import connect
from geocnn.interpretation.objects import FaultObject, describe, metres, write_table
from geocnn.interpretation.ridges import Ridges, find_ridges


def grid_of(shape, steps=(1, 1, 4), unit="ms"):
    """Axes of a survey."""
    names = ("inline", "crossline", "time") if len(shape) == 3 else ("trace", "time")
    lateral = [Axis(n, size, 100, step) for n, size, step in zip(names, shape[:-1], steps, strict=False)]
    return Grid((*lateral, Axis(names[-1], shape[-1], 400, steps[-1], unit)))


def objects_of(values, grid, spacing=(25.0, 25.0), velocity=2000.0, min_size=50):
    """The chain from probabilities to objects."""
    ridges = find_ridges(io.ArraySource(values, grid))
    label = connect(ridges, min_size=min_size)
    return ridges, label, describe(ridges, label, grid, metres(grid, spacing, velocity))


ATTITUDES = [(0, 60), (25, 70), (130, 45), (215, 80), (300, 30), (350, 65)]
SURVEYS = [  # spacing, steps of the numbers, unit, velocity, and metres a voxel worked out by hand
    ((4.0, 4.0), (1, 1, 4), "m", 2000.0, (4.0, 4.0, 4.0)),
    ((25.0, 12.5), (1, 1, 4), "ms", 3000.0, (25.0, 12.5, 6.0)),
    ((25.0, 25.0), (2, 1, 2), "ms", 4000.0, (25.0, 25.0, 4.0)),
]


@pytest.mark.parametrize("attitude", ATTITUDES, ids=str)
@pytest.mark.parametrize("survey", SURVEYS, ids=str)
def test_strike_and_dip(attitude, survey):
    spacing, steps, unit, velocity, scale = survey
    shape = (44, 44, 44)
    values = sheet(shape, normal_of(*attitude, np.array(scale)))
    _, label, objects = objects_of(values, grid_of(shape, steps, unit), spacing, velocity)
    assert len(objects) == 1
    assert (label == 1).mean() > 0.97
    turned = (objects[0].strike - attitude[0] + 180) % 360 - 180
    assert abs(turned) < 2
    assert abs(objects[0].dip - attitude[1]) < 2


MAPS = [  # (east, north) from one line of the file to the next, inlines first, and steps of the numbers
    ([[0, 25], [25, 0]], (1, 1, 4)),
    ([[17.6, -17.8], [8.9, 8.8]], (2, 1, 4)),  # crosslines run to the left of inlines
    ([[-20, 15], [-9, -12]], (1, 1, 4)),
    ([[0, 25], [20, 10]], (1, 1, 4)),  # not at right angles
    ([[0, -25], [25, 0]], (-1, 1, 4)),  # numbers descend
]


@pytest.mark.parametrize("attitude", ATTITUDES, ids=str)
@pytest.mark.parametrize("survey", MAPS, ids=str)
def test_strike_is_from_map_north_where_coordinates_are_known(attitude, survey):
    vectors, steps = survey
    strike, dip = np.radians(attitude)
    toward = strike + np.pi / 2  # down the dip, clockwise from north
    across = np.array([np.sin(dip) * np.sin(toward), np.sin(dip) * np.cos(toward), -np.cos(dip)])  # east, north, down
    shape = (44, 44, 44)
    plain = grid_of(shape, steps)
    grid = Grid(plain.axes, {"coordinates": {"origin": [4e5, 6e6], "vectors": vectors}})
    values = sheet(shape, (*(np.array(vectors) @ across[:2]), 4 * across[2]))
    _, _, (one,) = objects_of(values, grid, grid.spacing)
    assert abs((one.strike - attitude[0] + 180) % 360 - 180) < 2
    assert abs(one.dip - attitude[1]) < 2


def test_the_table_tells_what_strikes_are_from(tmp_path):
    plain = grid_of((30, 30, 30))
    turned = Grid(plain.axes, {"coordinates": {"origin": [0, 0], "vectors": [[0, 25], [25, 0]]}})
    for grid, name in ((plain, "strike (degrees from inline)"), (turned, "strike (degrees)")):
        write_table([], tmp_path / "t.csv", grid, overwrite=True)
        assert (tmp_path / "t.csv").read_text().strip().endswith(f",{name},spread (degrees)")


def test_strike_is_told_by_numbers_where_they_descend():
    scale = np.array([25.0, 25.0, 4.0])
    values = sheet((44, 44, 44), normal_of(25, 70, scale))[::-1].copy()
    _, _, (one,) = objects_of(values, grid_of((44, 44, 44), (-1, 1, 4)))
    assert abs(one.strike - 25) < 2


def test_a_small_object_has_the_direction_of_its_normals():
    points = np.array([[5, 5, k] for k in range(8)], np.int32)  # a plane through a line of points is anything
    normals = np.tile(np.array([0.6, 0.0, 0.8], np.float32), (8, 1))
    ridges = Ridges(points, normals, np.full(8, 0.75, np.float32), (10, 10, 10))
    grid = grid_of((10, 10, 10))
    (one,) = describe(ridges, connect(ridges, min_size=1), grid, metres(grid, (25, 25), 2000))
    # In metres the normal is (0.6 / 25, 0, 0.8 / 4), which dips towards lower inlines.
    assert one.dip == pytest.approx(np.degrees(np.arctan2(0.6 / 25, 0.8 / 4)), abs=1e-4)
    assert one.strike == pytest.approx(90)
    assert (one.voxels, one.probability) == (8, 0.75)
    assert one.ranges == ((105, 105), (105, 105), (400, 428))


def test_an_object_on_one_inline_is_not_the_plane_of_the_inline():
    grid = grid_of((1, 40, 40))
    _, _, (one,) = objects_of(np.repeat(sheet((40, 40), (1, 0.5))[None], 1, axis=0), grid, min_size=20)
    # On the inline the normal is (1 / 25, 0.5 / 4): it dips towards lower crosslines.
    assert one.dip == pytest.approx(np.degrees(np.arctan2(1 / 25, 0.5 / 4)), abs=2)
    assert one.strike == pytest.approx(180)


def test_a_line_has_an_apparent_dip_and_no_strike():
    # 50 degrees: 3 m down for 2.517 m along.
    down, along = np.sin(np.radians(50)) / 4, np.cos(np.radians(50)) / 12.5
    values = sheet((60, 60), (down, -along))
    _, _, (one,) = objects_of(values, grid_of((60, 60), (1, 4)), spacing=(12.5,))
    assert one.strike is None
    assert abs(one.dip - 50) < 2


@pytest.mark.parametrize(
    ("first", "second"), [((1, 0, 0.3), (-0.3, 1, 0.2)), ((1, 0.5, 0.3), (1, -0.5, 0.2)), ((1, 0.1, 0), (0.1, 0.2, 1))]
)
@pytest.mark.parametrize("width", [1.0, 2.0])
def test_two_planes_that_cross_are_two_objects(first, second, width):
    shape = (56, 56, 56)
    each = [sheet(shape, first, width=width), sheet(shape, second, width=width, offset=0.3)]
    ridges, label, objects = objects_of(np.maximum(*each), grid_of(shape), (4.0, 4.0))
    assert len(objects) == 2
    at = tuple(ridges.points.T)
    belongs = each[0][at] > each[1][at]
    for number in (1, 2):
        share = belongs[label == number].mean()
        assert max(share, 1 - share) > 0.97
        assert (label == number).sum() > 0.9 * min(find_size(e) for e in each)


def find_size(values):
    """Ridge points of a plane alone."""
    return len(find_ridges(io.open(values)))


def ridge_points(places, normals, shape):
    """Ridges at places in any order."""
    order = np.lexsort(np.array(places).T[::-1])
    normals = np.array(normals, np.float32)[order]
    return Ridges(np.array(places, np.int32)[order], normals, np.ones(len(places), np.float32), shape)


def test_only_a_gap_wider_than_a_voxel_divides():
    touching = [(5, j, j) for j in range(4)] + [(6, 4, 4)]
    apart = [(0, 7, 0), (0, 9, 0)]
    ridges = ridge_points(touching + apart, [(1, 0, 0)] * 7, (10, 10, 10))
    label = connect(ridges, min_size=1)
    assert label.tolist() == [2, 3, 1, 1, 1, 1, 1]
    assert connect(ridges, min_size=2).tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert connect(ridges, min_size=6).tolist() == [0] * 7


def test_neighbours_do_not_reach_around_the_edge():
    ridges = ridge_points([(0, 0, 9), (0, 1, 0), (1, 9, 9), (2, 0, 0)], [(1, 0, 0)] * 4, (10, 10, 10))
    assert sorted(connect(ridges, min_size=1)) == [1, 2, 3, 4]


def test_signs_of_normals_do_not_matter_but_angles_do():
    tilted = (np.cos(np.radians(20)), np.sin(np.radians(20)), 0)
    ridges = ridge_points([(5, 5, k) for k in range(3)], [(1, 0, 0), (-1, 0, 0), tilted], (10, 10, 10))
    assert connect(ridges, min_size=1, angle=90).tolist() == [1, 1, 1]
    two = ridge_points([(5, 5, 1), (5, 5, 2)], [(1, 0, 0), (0, 1, 0)], (10, 10, 10))
    assert connect(two, min_size=1).tolist() == [1, 2]


def test_a_cut_through_a_plane_makes_two_objects():
    values = sheet((40, 40, 40), (1, 0.2, 0.1))
    values[:, 18:22] = 0
    assert len(objects_of(values, grid_of((40, 40, 40)))[2]) == 2
    assert len(objects_of(values, grid_of((40, 40, 40)), min_size=5000)[2]) == 0


def test_no_points_are_no_objects():
    ridges, label, objects = objects_of(np.zeros((20, 20, 20), np.float32), grid_of((20, 20, 20)))
    assert (len(ridges), label.tolist(), objects) == (0, [], ())


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (Axis("time", 5, 0, 4, "ms"), 6.0),  # 3000 m/s * 0.004 s / 2
        (Axis("time", 5, 0, 0.004, "s"), 6.0),
        (Axis("time", 5), 1.5),
        (Axis("depth", 5, 0, 5, "m"), 5.0),
        (Axis("depth", 5, 0, 5), 5.0),
        (Axis("depth", 5, 0, 10, "ft"), 3.048),
    ],
    ids=str,
)
def test_metres_of_a_sample(axis, expected):
    grid = Grid((Axis("inline", 3, 0, -2), Axis("crossline", 3), axis))
    np.testing.assert_allclose(metres(grid, (25, 12.5), 3000), [-25, 12.5, expected])


def test_spacing_and_velocity_are_positive():
    grid = grid_of((3, 3, 3))
    with pytest.raises(DataError, match="2 positive numbers of metres are needed, for inline and crossline"):
        metres(grid, (25.0,), 2000)
    with pytest.raises(DataError, match="spacing is"):
        metres(grid, (25.0, 0.0), 2000)
    with pytest.raises(DataError, match="velocity is -1"):
        metres(grid, (25.0, 25.0), -1)


def test_the_table(tmp_path):
    one = FaultObject(1, 80, 0.87654, ((100, 120), (7, 9), (400, 1200.5)), (1.0, 0.0, 0.0), 61.26, 359.96)
    two = FaultObject(2, 60, 0.5, ((100, 101), (7, 8), (400, 404)), (0.0, 0.0, 1.0), 0.0, None)
    write_table([one, two], tmp_path / "t.csv", grid_of((30, 30, 30)))
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0].items())[:3] == [("fault", "1"), ("voxels", "80"), ("mean probability", "0.8765")]
    assert [rows[0][f"time {end} (ms)"] for end in ("min", "max")] == ["400", "1200.5"]
    assert [rows[0][f"inline {end}"] for end in ("min", "max")] == ["100", "120"]
    assert (rows[0]["dip (degrees)"], rows[0]["strike (degrees from inline)"]) == ("61.3", "0.0")
    assert (rows[1]["dip (degrees)"], rows[1]["strike (degrees from inline)"]) == ("0.0", "")
    with pytest.raises(TargetError, match=r"t\.csv exists already; give --overwrite"):
        write_table([], tmp_path / "t.csv", grid_of((30, 30, 30)))
    write_table([], tmp_path / "t.csv", grid_of((30, 30)), overwrite=True)
    assert (tmp_path / "t.csv").read_text().count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
