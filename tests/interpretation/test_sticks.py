"""Fault sticks: on the planes they stand for, and read back from both layouts."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import cKDTree
from tests.interpretation.drawing import centre, normal_of, sheet

from geocnn import io
from geocnn.errors import DataError, TargetError
from geocnn.grid import Axis, Grid
from geocnn.interpretation.connection import connect
from geocnn.interpretation.objects import describe, metres
from geocnn.interpretation.ridges import Ridges, find_ridges
from geocnn.interpretation.sticks import Stick, find_sticks, simplify, write_sticks

CUBE = Grid((Axis("inline", 41, 100, 2), Axis("crossline", 41, 500), Axis("time", 41, 1000, 4, "ms")))
COORDINATES = {"origin": [435_000.5, 6_470_000.25], "vectors": [[21.65, 12.5], [-6.25, 10.825]]}


def sticks_of(values, grid, **options):
    """From probabilities to sticks."""
    ridges = find_ridges(io.ArraySource(values, grid))
    label, sides = connect(ridges), [25.0] * (grid.ndim - 1)
    return find_sticks(ridges, label, describe(ridges, label, grid, metres(grid, sides, 2000)), **options)


@pytest.mark.parametrize(("normal", "section"), [((0.2, 1, 0.5), 0), ((1, 0.3, -0.4), 1), ((0, 0.6, 1), 0)])
def test_sticks_lie_on_the_plane_on_every_tenth_section(normal, section):
    sticks = sticks_of(sheet(CUBE.shape, normal), CUBE)
    assert [stick.number for stick in sticks] == [1, 2, 3, 4, 5]
    assert {stick.fault for stick in sticks} == {1}
    unit = np.array(normal) / np.linalg.norm(normal)
    for count, stick in enumerate(sticks):
        np.testing.assert_array_equal(stick.places[:, section], 10 * count)
        assert (np.diff(stick.places[:, -1]) > 0).all()
        depth = np.arange(stick.places[0, -1], stick.places[-1, -1] + 1)
        along = np.stack([np.interp(depth, stick.places[:, -1], stick.places[:, k]) for k in range(3)], axis=1)
        inner = along[((along > 4) & (along < 36))[:, 1 - section]]
        assert len(inner) > 12
        assert np.abs((inner - centre(41)) @ unit).max() < 1.25


BINS = np.array([25.0, 25.0, 4.0])  # m: 4 ms at 2000 m/s


def dips_of(places):
    """Dip in degrees and length in m of each segment."""
    level, down = np.hypot(*(np.diff(places, axis=0) * BINS)[:, :2].T), np.diff(places[:, -1]) * BINS[2]
    return np.degrees(np.arctan2(down, level)), np.hypot(level, down)


@pytest.mark.parametrize("dip", [5, 20, 35, 50, 60, 70, 80, 89])
@pytest.mark.parametrize(("strike", "offset"), [(0, 0), (2, 0.37), (17, 0.2), (44, 0), (63, 0.37), (92, 0), (170, 0.4)])
def test_sticks_are_no_stairs(strike, dip, offset):
    """Of a plane, whose ridge is stairs of voxels, 11 samples high at 60 degrees."""
    grid = Grid((Axis("inline", 30), Axis("crossline", 32), Axis("time", 100, 0, 4, "ms")))
    normal = normal_of(strike, dip, BINS)
    unit, metric = normal / np.linalg.norm(normal), np.abs(normal / BINS)
    across = 0 if metric[0] > metric[1] else 1
    values = sheet(grid.shape, normal, width=1.2, offset=offset)
    sticks, points = sticks_of(values, grid, every=5), find_ridges(io.ArraySource(values, grid)).points
    assert len(sticks) >= 4
    for stick in sticks:
        away = (stick.places - [centre(n) for n in grid.shape]) @ unit - offset
        assert np.abs(away).max() < 0.7  # voxels
        apparent = np.degrees(np.arctan2(metric[across], metric[2]))
        np.testing.assert_allclose(dips_of(stick.places)[0], apparent, atol=10)
        own = points[points[:, 1 - across] == stick.places[0, 1 - across]]
        gaps = cKDTree(np.linspace(stick.places[0], stick.places[-1], 500)).query(own)[0]
        assert np.count_nonzero(gaps > 1.2) <= 2  # to both ends


@pytest.mark.parametrize("width", [None, 1.2, 2.0])
def test_a_listric_fault_keeps_its_curvature(width):
    """A mask one voxel thick, and probabilities, around a curve that goes from 83 to 16 degrees in metres."""
    depth = np.linspace(10, 210, 4000)
    curve = np.column_stack([10 + 60 * ((depth - 10) / 200) ** 2.5, depth])
    tree = cKDTree(curve)
    away = tree.query(np.moveaxis(np.indices((90, 220)), 0, -1).astype(float))[0]
    values = (away <= 0.6).astype(np.float32) if width is None else np.exp(-((away / width) ** 2) / 2)
    grid = Grid((Axis("trace", 90), Axis("time", 220, 0, 4, "ms")))
    (stick,) = sticks_of(values.astype(np.float32), grid)
    assert 5 <= len(stick.places) <= 12
    fine = np.concatenate([np.linspace(a, b, 50) for a, b in pairwise(stick.places)])
    off, nearest = tree.query(fine)
    inner = (nearest > 0) & (nearest < len(curve) - 1)
    assert off[inner].max() < 0.75
    np.testing.assert_allclose(stick.places[[0, -1]], curve[[0, -1]], atol=3.2)  # probabilities reach beyond its ends
    steps = np.diff(fine, axis=0) * BINS[1:]
    length, true = np.hypot(*steps.T), np.gradient(curve, axis=0)[nearest[1:]] * BINS[1:]
    turned = np.degrees(np.arctan2(steps[:, 1], steps[:, 0]) - np.arctan2(true[:, 1], true[:, 0]))
    assert length[np.abs(turned) > 12].sum() < 0.05 * length.sum()


def test_a_straight_stick_has_few_nodes():
    sticks = sticks_of(sheet(CUBE.shape, (0, 1, 0.2)), CUBE, every=1)
    assert len(sticks) == 41
    assert max(len(stick.places) for stick in sticks) <= 6
    with pytest.raises(DataError, match="every is 0"):
        sticks_of(sheet(CUBE.shape, (0, 1, 0.2)), CUBE, every=0)


@pytest.mark.parametrize("section", [0, 1, None])
def test_sticks_keep_to_holes_and_branches(section):
    """Two branches with a hole below them, a small hole that is bridged, and a few voxels apart."""
    columns = {5: [*range(10, 40), *range(60, 70), *range(75, 90)], 20: [*range(15, 40)], 35: [*range(50, 54)]}
    drawn = sorted((across, depth) for across, depths in columns.items() for depth in depths)
    points = np.array([(10, *place) for place in drawn], np.int32)
    if section == 1:
        points = points[:, [1, 0, 2]]
    elif section is None:
        points = points[:, 1:]
    normal = np.zeros(points.shape[1])
    normal[-2 if section == 0 else 0] = 1
    normals = np.tile(normal, (len(points), 1)).astype(np.float32)
    ridges = Ridges(points, normals, np.ones(len(points), np.float32), (100,) * points.shape[1])
    label, grid = np.ones(len(points), np.int64), Grid(CUBE.axes[-points.shape[1] :])
    objects = describe(ridges, label, grid, metres(grid, [25.0] * (grid.ndim - 1), 2000))
    sticks = find_sticks(ridges, label, objects)
    assert [stick.number for stick in sticks] == [1, 2, 3]
    ends = [(stick.places[0, -2:], stick.places[-1, -2:]) for stick in sticks]
    if section == 1:
        ends = [(stick.places[0, ::2], stick.places[-1, ::2]) for stick in sticks]
    np.testing.assert_array_equal(ends, [[(5, 10), (5, 39)], [(20, 15), (20, 39)], [(5, 60), (5, 89)]])


def test_a_branch_begins_beside_the_fault_it_leaves():
    trunk, branch = [(20, depth) for depth in range(10, 60)], [(depth - 10, depth) for depth in range(31, 60)]
    points = np.array(sorted(trunk + branch), np.int32)
    ridges = Ridges(points, np.tile(np.float32([1, 0]), (len(points), 1)), np.ones(len(points), np.float32), (60, 60))
    label, grid = np.ones(len(points), np.int64), Grid((Axis("trace", 60), Axis("time", 60)))
    main, side = find_sticks(ridges, label, describe(ridges, label, grid, metres(grid, [25.0], 2000)))
    np.testing.assert_allclose([main.places[0], main.places[-1]], [(20, 10), (20, 59)], atol=0.2)
    np.testing.assert_array_equal(side.places[-1], (49, 59))
    assert side.places[0, 1] < 36
    assert np.abs(main.places[:, 0] - 20).max() <= 1.5


def sticks_of_points(drawn):
    """Sticks of one fault on a line."""
    points = np.array(sorted(drawn), np.int32)
    ridges = Ridges(points, np.tile(np.float32([0, 1]), (len(points), 1)), np.ones(len(points), np.float32), (90, 90))
    label, grid = np.ones(len(points), np.int64), Grid((Axis("trace", 90), Axis("time", 90)))
    return [
        stick.places for stick in find_sticks(ridges, label, describe(ridges, label, grid, metres(grid, [25.0], 2)))
    ]


@pytest.mark.parametrize("flip", [False, True])
def test_flat_faults_have_sticks_from_end_to_end(flip):
    def drawn(*places):
        return [(79 - across if flip else across, depth) for across, depth in places]

    (flat,) = sticks_of_points(drawn(*((across, 40) for across in range(10, 60))))
    assert sorted(flat.tolist()) == sorted(map(list, drawn((10, 40), (59, 40))))
    (gentle,) = sticks_of_points(drawn(*((across, across // 12) for across in range(6, 70))))
    line = [(across, (across - 5.5) / 12) for across in (6, 69)]  # 12 of its voxels are level around 11.5, 23.5, ...
    np.testing.assert_allclose(gentle, drawn(*line), atol=0.15)
    listric = [*((20 + depth // 2, depth) for depth in range(40)), *((across, 40) for across in range(40, 75))]
    (found,) = sticks_of_points(drawn(*listric))
    np.testing.assert_allclose(found, drawn((19.75, 0), (39.75, 40), (74, 40)), atol=1)
    assert not sticks_of_points(drawn(*((across, 40) for across in range(4))))


def test_simplify_keeps_corners_and_ends():
    nodes = np.array([(0, 0), (0.1, 1), (0, 2), (5, 3), (5, 4), (5.05, 5)], float)
    assert simplify(nodes, 0.5).tolist() == [0, 2, 3, 5]
    assert simplify(nodes, 100).tolist() == [0, 5]
    assert simplify(nodes, 0.0).tolist() == [0, 1, 2, 3, 4, 5]
    assert simplify(nodes[:2], 0.5).tolist() == [0, 1]
    loop = np.array([(0, 0), (3, 0), (0, 0)], float)
    assert simplify(loop, 1).tolist() == [0, 1, 2]


STICKS = [
    Stick(1, 1, np.array([[0, 3.5, 0], [0, 4, 10.0]])),
    Stick(1, 2, np.array([[10, 5, 2], [10, 6, 4.0], [10, 7, 40]])),
    Stick(2, 1, np.array([[20, 1, 1], [20, 2, 2.0]])),
]


def test_opendtect_round_trip(tmp_path):
    write_sticks(STICKS, tmp_path / "s.dat", CUBE, spacing=(25.0, 12.5))
    read = np.loadtxt(tmp_path / "s.dat")
    assert read[:, 3].tolist() == [1, 1, 2, 2, 2, 3, 3]
    assert read[:, 4].tolist() == [1, 2, 1, 2, 3, 1, 2]
    # Inline 100 + 2 i: 50 steps of 25 m and i more of them; crossline 500 + j, 12.5 m each.
    np.testing.assert_allclose(read[:, 0], [1250, 1250, 1500, 1500, 1500, 1750, 1750])
    np.testing.assert_allclose(read[:, 1], [6293.75, 6300, 6312.5, 6325, 6337.5, 6262.5, 6275])
    np.testing.assert_allclose(read[:, 2], [1000, 1040, 1008, 1016, 1160, 1004, 1008])


def test_petrel_round_trip_with_map_coordinates(tmp_path):
    grid = Grid(CUBE.axes, {"coordinates": COORDINATES})
    write_sticks(STICKS, tmp_path / "s.dat", grid, layout="petrel")
    rows = [line.split() for line in (tmp_path / "s.dat").read_text().splitlines()]
    assert {(len(row), row[0]) for row in rows} == {(8, "INLINE-")}
    assert [row[6] for row in rows] == ["fault_001"] * 5 + ["fault_002"] * 2
    assert [int(row[7]) for row in rows] == [1, 1, 2, 2, 2, 1, 1]
    assert [int(row[1]) for row in rows] == [100, 100, 120, 120, 120, 140, 140]
    assert [int(row[2]) for row in rows[1:]] == [504, 505, 506, 507, 501, 502]
    read = np.array([[float(word) for word in row[3:6]] for row in rows])
    np.testing.assert_allclose(
        read[2], [435_000.5 + 10 * 21.65 - 5 * 6.25, 6_470_000.25 + 125 + 54.125, 1008], atol=0.01
    )


def test_a_line(tmp_path):
    grid = Grid((Axis("trace", 50, 1), Axis("time", 60, 0, 4, "ms")))
    values = sheet(grid.shape, (1, 0.5))
    sticks = sticks_of(values, grid)
    assert len(sticks) == 1
    write_sticks(sticks, tmp_path / "o.dat", grid, spacing=(12.5,))
    read = np.loadtxt(tmp_path / "o.dat")
    across = 24.5 - 0.5 * (read[:, 2] / 4 - 29.5)  # from the equation of the line
    np.testing.assert_allclose(read[:, 0] / 12.5 - 1, across, atol=1.5)
    np.testing.assert_array_equal(read[:, 1], 0)
    write_sticks(sticks, tmp_path / "p.dat", grid, layout="petrel", spacing=(12.5,))
    rows = [line.split() for line in (tmp_path / "p.dat").read_text().splitlines()]
    assert {row[1] for row in rows} == {"0"}
    np.testing.assert_allclose([int(row[2]) - 1 for row in rows], across, atol=2)


def test_a_crooked_line_has_the_coordinates_of_its_traces(tmp_path):
    points = [[500.0 + 10 * k, 900.0 + max(0, 12 * (k - 20))] for k in range(50)]  # turns at its 21st trace
    grid = Grid((Axis("trace", 50, 1), Axis("time", 60, 0, 4, "ms")), {"coordinates": {"points": points}})
    write_sticks([Stick(1, 1, np.array([[10, 0], [20.5, 10], [49, 20.0]]))], tmp_path / "o.dat", grid)
    read = np.loadtxt(tmp_path / "o.dat")
    np.testing.assert_allclose(read[:, :2], [[600, 900], [705, 906], [990, 900 + 12 * 29]])


def test_what_is_refused(tmp_path):
    (tmp_path / "s.dat").write_text("mine")
    with pytest.raises(TargetError, match=r"s\.dat exists already; give --overwrite"):
        write_sticks(STICKS, tmp_path / "s.dat", CUBE)
    assert (tmp_path / "s.dat").read_text() == "mine"
    with pytest.raises(DataError, match="the format of the sticks is 'zmap'; opendtect and petrel are written"):
        write_sticks(STICKS, tmp_path / "t.dat", CUBE, layout="zmap")
    with pytest.raises(TargetError, match=r"the folder .* does not exist"):
        write_sticks(STICKS, tmp_path / "no" / "t.dat", CUBE)
