"""Reading SEG-Y: every real file and every sample format against segyio and ObsPy."""

import multiprocessing
import pickle
import struct
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import segyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geocnn import io
from geocnn.errors import GeocnnError
from geocnn.io.percent import probabilities

REAL = {
    "carbonate3d.sgy": (76, 181, 268),
    "alaska2d.sgy": (534, 1501),
    "volve10-migvel-depth-sub3d.sgy": (18, 52, 226),
    "volve10r12-full-twt-arb.sgy": (225, 850),
    "volve10r12-full-z-il10117sub.sgy": (202, 1125),
    "f3_tiny.sgy": (23, 18, 75),
}


def everything(source):
    return source.read(tuple(slice(0, n) for n in source.grid.shape))


@pytest.mark.parametrize("name", REAL)
def test_real_files_equal_segyio(data, name):
    source = io.open(data / "segy" / name)
    assert source.grid.shape == REAL[name]
    with segyio.open(data / "segy" / name, ignore_geometry=True) as file:
        samples, times = file.trace.raw[:], file.samples
        inlines, crosslines = file.attributes(189)[:], file.attributes(193)[:]
    values = everything(source)
    np.testing.assert_allclose(source.grid.axes[-1].values, times)
    if source.grid.ndim == 2:
        np.testing.assert_array_equal(values, samples)
        return
    place = [np.searchsorted(a.values, n) for a, n in zip(source.grid.axes, (inlines, crosslines), strict=False)]
    np.testing.assert_array_equal(values[tuple(place)], samples)
    np.testing.assert_array_equal(source.grid.axes[0].values, np.unique(inlines))
    np.testing.assert_array_equal(source.grid.axes[1].values, np.unique(crosslines))


@pytest.mark.parametrize("name", ["alaska2d.sgy", "volve10r12-full-twt-arb.sgy"])
def test_real_lines_equal_obspy(data, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from obspy.io.segy.segy import _read_segy

        file = _read_segy(str(data / "segy" / name), unpack_headers=False)
        theirs = np.stack([trace.data for trace in file.traces])
    np.testing.assert_array_equal(everything(io.open(data / "segy" / name)), theirs)


@pytest.mark.parametrize("endian", ["big", "little"])
@pytest.mark.parametrize("code", [1, 2, 3, 5, 6, 8, 10, 11, 12, 16])
def test_every_sample_format_in_both_byte_orders(tmp_path, make_segy, code, endian):
    values = np.random.default_rng(code).integers(0, 127, (6, 11))
    path = make_segy(
        tmp_path / "f.sgy", values, [{189: 1 + i // 3, 193: 1 + i % 3} for i in range(6)], code=code, endian=endian
    )
    source = io.open(path)
    np.testing.assert_array_equal(everything(source), values.reshape(2, 3, 11))
    with segyio.open(path, ignore_geometry=True, endian=endian) as file:
        assert source.dtype == file.dtype


def test_time_axis_has_delay_and_its_scalar(tmp_path, make_segy):
    headers = [{109: 9995, 215: -10, 21: 7 + i} for i in range(3)]
    source = io.open(make_segy(tmp_path / "d.sgy", np.ones((3, 5)), headers, interval=2500))
    axis = source.grid.axes[-1]
    assert (axis.name, axis.start, axis.step, axis.unit) == ("time", 999.5, 2.5, "ms")
    assert (source.grid.axes[0].start, source.grid.axes[0].step) == (7, 1)


def test_depth_is_stated_by_the_user(tmp_path, make_segy):
    axis = io.open(make_segy(tmp_path / "d.sgy", np.ones((3, 5)), interval=5000), domain="depth").grid.axes[-1]
    assert (axis.name, axis.step, axis.unit) == ("depth", 5.0, "m")


def test_unequal_delays_and_intervals_are_told(tmp_path, make_segy):
    headers = [{109: 8, 117: 2000}, {109: 8, 117: 2000}, {109: 12, 117: 2000}]
    rows = dict(io.open(make_segy(tmp_path / "d.sgy", np.ones((3, 5)), headers)).describe())
    assert rows["interval"] == "4 ms in the binary header (used), 2 ms in traces"
    assert rows["delay"] == "1 of 3 traces begin at 12 ms, the others at 8 ms; what they lack counts as muted"


def test_an_interval_that_is_only_rounded_in_the_traces_is_not_told(tmp_path, make_segy):
    path = make_segy(tmp_path / "d.sgy", np.ones((3, 5)), [{117: 2667}] * 3, interval=2667)
    raw = bytearray(path.read_bytes())
    raw[3500], raw[3272:3280] = 2, struct.pack(">d", 8000 / 3)
    path.write_bytes(raw)
    source = io.open(path)
    assert source.grid.axes[-1].step == pytest.approx(8 / 3)
    assert "interval" not in dict(source.describe())


@pytest.fixture
def delayed(tmp_path, make_segy):
    """A cube whose traces begin 0 to 7 samples after 100 ms, as it is stored, and in its place."""
    rng = np.random.default_rng(3)
    stored, later = rng.standard_normal((6, 5, 20)).astype(np.float32), rng.integers(0, 8, (6, 5))
    later[0, 0] = 0
    headers = [{189: 1 + i, 193: 1 + j, 109: 100 + 4 * later[i, j]} for i in range(6) for j in range(5)]
    placed = np.zeros((6, 5, 20 + later.max()), np.float32)
    for at in np.ndindex(6, 5):
        placed[(*at, slice(later[at], later[at] + 20))] = stored[at]
    return make_segy(tmp_path / "delayed.sgy", stored.reshape(30, 20), headers), placed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_traces_that_begin_later_are_read_where_they_are(delayed, draw):
    path, placed = delayed
    source = io.open(path)
    assert source.grid.axes[-1].start == 100
    assert source.grid.shape == placed.shape
    bounds = [sorted(draw.draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in placed.shape]
    slices = tuple(slice(*b) for b in bounds)
    np.testing.assert_array_equal(source.read(slices), placed[slices])
    np.testing.assert_array_equal(source.exists(slices), placed[slices] != 0)


def test_which_samples_a_file_has_is_known_without_reading(tmp_path, make_segy):
    headers = [{189: 1 + i, 193: 1 + j, 109: 4 * i} for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    source = io.open(make_segy(tmp_path / "d.sgy", np.ones((8, 20)), headers))
    np.testing.assert_array_equal(source.exists(...), source.read(...) != 0)
    source.file.path.unlink()
    assert source.exists((slice(1, 2), slice(None), slice(1, 21))).tolist() == [
        [[True] * 20, [False] * 20, [True] * 20]
    ]
    plain = [{**header, 109: 0} for header in headers]
    source = io.open(make_segy(tmp_path / "p.sgy", np.ones((8, 20)), plain))
    np.testing.assert_array_equal(source.exists(...), source.read(...) != 0)


def test_per_cent_are_unknown_where_a_file_has_no_samples(tmp_path, make_segy):
    headers = [{189: 1 + i, 193: 1 + j, 109: 4 * i} for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    path = make_segy(tmp_path / "d.sgy", np.zeros((8, 20)), headers, code=8)
    chance = probabilities(io.open(path))
    expected = np.full((3, 3, 22), np.nan)
    for i in range(3):
        expected[i, :, i : i + 20] = 0
    expected[1, 1] = np.nan
    np.testing.assert_array_equal(chance.read(...), expected)


@pytest.mark.parametrize(
    ("delays", "marks", "axis", "said"),
    [
        ([0, 400], [1, 1], (0, 120), "10 of 20 traces begin at 400 ms, the others at 0 ms; {lack}"),
        ([400, 400], [1, 1], (400, 20), None),
        ([0, 400], [2, 1], (400, 20), None),  # dead traces begin nowhere
        ([-30, 12], [2, 2], (-30, 30),
         "10 of 20 traces begin at 12 ms, the others at -30 ms; {lack}; what lies between samples is moved to the "
         "nearest one"),
    ],
)  # fmt: skip
def test_half_of_the_traces_begin_elsewhere(tmp_path, make_segy, delays, marks, axis, said):
    headers = [{109: delays[k % 2], 29: marks[k % 2]} for k in range(20)]
    source = io.open(make_segy(tmp_path / "d.sgy", np.ones((20, 20)), headers))
    assert (source.grid.axes[-1].start, source.grid.axes[-1].size) == axis
    told = None if said is None else said.format(lack="what they lack counts as muted")
    assert dict(source.describe()).get("delay") == told


def test_a_damaged_delay_moves_no_trace(tmp_path, make_segy):
    headers = [{109: 30_000 if k == 7 else 0} for k in range(20)]
    source = io.open(make_segy(tmp_path / "d.sgy", np.ones((20, 20)), headers))
    assert source.grid.shape == (20, 20)
    assert source.live.all()
    assert dict(source.describe())["delay"] == (
        "1 trace would begin at 30000 ms, far from all others; read as if at 0 ms"
    )


def test_delays_too_far_apart_are_none(tmp_path, make_segy):
    headers = [{109: 30_000 * (k % 2), 215: 100} for k in range(20)]
    source = io.open(make_segy(tmp_path / "d.sgy", np.ones((20, 20)), headers))
    assert source.grid.shape == (20, 20)
    assert dict(source.describe())["delay"] == (
        "traces begin at 0 to 3000000 ms, too far apart to be true; all are read as if at 0 ms"
    )


def test_interval_missing_in_the_binary_header_comes_from_the_traces(tmp_path, make_segy):
    path = make_segy(tmp_path / "d.sgy", np.ones((3, 5)), [{117: 2000}] * 3, interval=0)
    assert io.open(path).grid.axes[-1].step == 2.0
    assert io.open(path, sample_interval=8).grid.axes[-1].step == 8.0


def test_more_than_32767_samples(tmp_path, make_segy):
    values = np.arange(2 * 40_000, dtype=np.float32).reshape(2, 40_000)
    np.testing.assert_array_equal(everything(io.open(make_segy(tmp_path / "l.sgy", values))), values)


def test_coordinates_and_their_scalar(tmp_path, make_segy):
    # A grid turned by 30 degrees, 25 m between inlines, 12.5 m between crosslines, in centimetres.
    turn = np.deg2rad(30)
    along, across = 25 * np.array([np.cos(turn), np.sin(turn)]), 12.5 * np.array([-np.sin(turn), np.cos(turn)])
    headers = []
    for i in range(4):
        for j in range(5):
            x, y = np.rint(100 * (np.array([435_000.0, 6_470_000.0]) + i * along + j * across)).astype(int)
            headers.append({189: 1 + i, 193: 1 + j, 71: -100, 181: int(x), 185: int(y)})
    known = io.open(make_segy(tmp_path / "c.sgy", np.ones((20, 5)), headers)).grid.attributes["coordinates"]
    np.testing.assert_allclose(known["origin"], [435_000, 6_470_000], atol=0.02)
    np.testing.assert_allclose(known["vectors"], [along, across], atol=0.01)
    np.testing.assert_allclose(known["corners"][-1], [4, 5, *(known["origin"] + 3 * along + 4 * across)], atol=0.05)


def places(points):
    """Trace headers of a line, coordinates in whole units."""
    return [{21: k, 71: 1, 181: int(x), 185: int(y)} for k, (x, y) in enumerate(np.rint(points), 1)]


def test_a_crooked_line_keeps_the_coordinates_of_its_traces(tmp_path, make_segy):
    points = np.cumsum([[400_000, 6_000_000], *([[10, 3]] * 9), *([[-2, 14]] * 10)], axis=0)
    headers = places(points)
    headers[4] |= {181: 0, 185: 0}  # unknown: between its neighbours
    grid = io.open(make_segy(tmp_path / "c.sgy", np.ones((20, 5)), headers)).grid
    assert grid.is_crooked
    np.testing.assert_allclose(grid.map_xy(np.arange(20)[:, None]), points, atol=0.01)
    assert grid.spacing == pytest.approx((np.hypot(*np.diff(points, axis=0).T).mean(),))


@pytest.mark.parametrize("along", [0, 1])
def test_one_line_of_a_cube_keeps_its_coordinates(tmp_path, make_segy, along):
    points = np.array([400_000, 6_000_000]) + np.arange(20)[:, None] * [30, 40]
    numbers = [{189: 7, 193: 1 + k} if along else {189: 1 + k, 193: 7} for k in range(20)]
    headers = [own | header for own, header in zip(places(points), numbers, strict=True)]
    grid = io.open(make_segy(tmp_path / "c.sgy", np.ones((20, 5)), headers), ndim=3).grid
    assert grid.shape == ((1, 20, 5) if along else (20, 1, 5))
    where = np.column_stack([np.zeros(20), np.arange(20)][:: 1 if along else -1])
    np.testing.assert_allclose(grid.map_xy(where), points, atol=0.01)
    assert grid.spacing == pytest.approx((50, 50))
    assert grid.directions is not None
    np.testing.assert_allclose(grid.directions @ grid.directions.T, np.eye(2), atol=1e-6)


def turned(shape):
    """Map coordinates in centimetres of a cube turned by 33 degrees, by its index."""
    turn = np.deg2rad(33)
    along, across = 2500 * np.array([np.cos(turn), np.sin(turn)]), 1250 * np.array([-np.sin(turn), np.cos(turn)])
    return {at: [45_000_000, 670_000_000] + at[0] * along + at[1] * across for at in np.ndindex(*shape)}


def located(xy, wrong):
    """Trace headers of a cube; some have other coordinates."""
    headers = []
    for at, point in xy.items():
        x, y = wrong.get(at, np.rint(point).astype(int))
        headers.append({189: 1 + at[0], 193: 1 + at[1], 71: -100, 181: int(x), 185: int(y)})
    return headers


FAR = [(0, 7), (12, 3), (19, 19), (5, 5)]
OFF = [(1, 2), (2_000_000_000, 5), (45_000_000, 670_010_000), (-300, 670_000_000)]


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 trace has coordinates far from its place"), (4, "4 traces have coordinates far from")]
)
def test_a_few_wrong_coordinates_take_none_away(tmp_path, make_segy, count, said):
    xy = turned((20, 20))
    headers = located(xy, dict(zip(FAR[:count], OFF, strict=False)))
    source = io.open(make_segy(tmp_path / "o.sgy", np.ones((400, 5)), headers))
    assert dict(source.describe())["coordinates"].startswith(said)
    np.testing.assert_allclose(source.grid.map_xy(np.array(list(xy))), np.array(list(xy.values())) / 100, atol=0.02)
    assert source.grid.spacing == pytest.approx((25, 12.5), abs=1e-3)
    corners = np.array(source.grid.attributes["coordinates"]["corners"])
    np.testing.assert_allclose(corners[:, 2:], [xy[c] / 100 for c in [(0, 0), (0, 19), (19, 0), (19, 19)]], atol=0.02)


def test_many_wrong_coordinates_make_no_plane(tmp_path, make_segy):
    headers = located(turned((20, 20)), {(3, k): (40_000_000, 600_000_000) for k in range(6)})
    grid = io.open(make_segy(tmp_path / "o.sgy", np.ones((400, 5)), headers)).grid
    assert not grid.has_coordinates
    known = grid.attributes["coordinates"]["traces"][60:67]
    np.testing.assert_allclose(known, [[400_000, 6_000_000]] * 6 + [np.rint(turned((20, 20))[3, 6]) / 100])


def test_a_few_traces_are_no_reason_to_call_one_wrong(tmp_path, make_segy):
    """The third of five points may be where the line bends."""
    points = np.array([[0, 0], [100, 0], [200, 70], [300, 0], [400, 0]]) + 400_000
    assert io.open(make_segy(tmp_path / "c.sgy", np.ones((5, 5)), places(points))).grid.is_crooked


def test_the_plane_is_that_of_all_traces_of_a_large_cube(tmp_path, make_segy, monkeypatch):
    """Every fifth trace would be of one crossline."""
    monkeypatch.setattr("geocnn.io.segy_coordinates.MAX_POINTS", 60)
    xy = turned((60, 5))
    source = io.open(make_segy(tmp_path / "l.sgy", np.ones((len(xy), 1)), located(xy, {})))
    assert source.grid.spacing == pytest.approx((25, 12.5), abs=1e-3)


def test_a_cube_on_no_grid_keeps_the_coordinates_of_its_traces(tmp_path, make_segy, monkeypatch):
    rng, xy = np.random.default_rng(0), turned((6, 8))
    moved = {at: np.rint(point + rng.uniform(-3000, 3000, 2)).astype(int) for at, point in xy.items()}
    headers = located(xy, moved | {(2, 3): (0, 0)})  # one is unknown
    del headers[30]  # and one is missing
    path = make_segy(tmp_path / "i.sgy", np.ones((47, 5)), headers)
    known = io.open(path).grid.attributes["coordinates"]
    assert "origin" not in known
    found, every = np.array(known["traces"]), np.array(list(moved.values())) / 100
    there = np.delete(np.arange(48), [19, 30])
    np.testing.assert_allclose(found[there], every[there])
    np.testing.assert_allclose(found, np.array(list(xy.values())) / 100, atol=45)
    monkeypatch.setattr("geocnn.io.segy_coordinates.MAX_TRACES", 40)
    source = io.open(path)
    assert "traces" not in source.grid.attributes["coordinates"]
    assert dict(source.describe())["coordinates"] == (
        "those of 48 traces are on no regular grid in m or ft, and too many to be kept in a result of another grid or "
        "form; up to 40 are"
    )


def test_coordinates_rounded_to_metres_are_regular(tmp_path, make_segy):
    turn, bin_ = np.deg2rad(33), 6.25
    points = 400_000 + np.arange(40)[:, None] * bin_ * np.array([np.cos(turn), np.sin(turn)])
    grid = io.open(make_segy(tmp_path / "c.sgy", np.ones((40, 5)), places(points))).grid
    assert not grid.is_crooked
    assert grid.spacing == pytest.approx((bin_,), abs=0.05)


def test_coordinates_in_feet(tmp_path, make_segy):
    points = 400_000 + np.arange(20)[:, None] * [82.0, 0]
    path = make_segy(tmp_path / "c.sgy", np.ones((20, 5)), places(points))
    assert "unit" not in io.open(path).grid.attributes["coordinates"]
    with segyio.open(path, "r+", ignore_geometry=True) as file:
        file.bin.update({segyio.BinField.MeasurementSystem: 2})
    grid = io.open(path, domain="depth").grid
    assert grid.attributes["coordinates"]["unit"] == "ft"
    assert grid.spacing == pytest.approx((82 * 0.3048,))
    assert grid.axes[-1].unit == "ft"
    assert io.open(path).grid.axes[-1].unit == "ms"


@pytest.mark.parametrize("code", ["cp037", "ascii"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Depth min: -4502.00 max: -2.00; Trace start time/depth: bytes 109-110", True),
        ("Time min: -4502.00 max: -2.00; Trace start time/depth: bytes 109-110", False),
        ("SAMPLE RATE 4 MS, DEPTH MIGRATED", False),
        ("no word of it", False),
    ],
)
def test_a_text_header_that_speaks_of_depth_is_told_of(tmp_path, make_segy, code, words, told):
    path = make_segy(tmp_path / "d.sgy", np.ones((3, 5)))
    with path.open("r+b") as file:
        file.write(f"C 1 {words}".ljust(3200).encode(code))
    said = ("domain", "the text header speaks of depth; give --domain depth if the vertical axis is")
    assert (said in io.open(path).describe()) == told
    assert said not in io.open(path, domain="depth").describe()


def test_angles_are_no_lengths(tmp_path, make_segy):
    """Seconds of arc, by byte 89, make no spacing; what is too large for them is metres all the same."""
    points = np.array([13_000, 210_000]) + np.arange(20)[:, None] * [1, 0]
    path = make_segy(tmp_path / "c.sgy", np.ones((20, 5)), places(points))
    assert io.open(path).grid.spacing == (1.0,)
    headers = [header | {89: 2} for header in places(points)]
    grid = io.open(make_segy(tmp_path / "d.sgy", np.ones((20, 5)), headers)).grid
    assert grid.attributes["coordinates"]["unit"] == "seconds of arc"
    assert grid.spacing == ()
    headers = [header | {89: 2} for header in places(points + 6_000_000)]
    assert io.open(make_segy(tmp_path / "e.sgy", np.ones((20, 5)), headers)).grid.spacing == (1.0,)


def test_live_mask_tells_missing_dead_and_nan_traces(tmp_path, make_segy):
    values = np.ones((11, 5), dtype=np.float32)
    values[0], values[1], values[2, 3] = 0, np.nan, np.nan
    places = [(i, j) for i in range(1, 5) for j in range(1, 4) if (i, j) != (3, 2)]
    source = io.open(make_segy(tmp_path / "m.sgy", values, [{189: i, 193: j} for i, j in places]))
    expected = np.ones((4, 3), dtype=bool)
    expected[0, 0] = expected[0, 1] = expected[2, 1] = False
    np.testing.assert_array_equal(source.live, expected)
    found = source.scan()
    assert (found.nan, found.first_nan, found.minimum, found.maximum) == (6, (0, 1, 0), 1.0, 1.0)
    np.testing.assert_array_equal(source.read((slice(2, 3), slice(0, 3), slice(0, 5)))[0, 1], np.zeros(5))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_block_equals_the_same_block_of_the_whole(cube, draw):
    path, values = cube
    source = io.open(path)
    bounds = [sorted(draw.draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in values.shape]
    slices = tuple(slice(*b) for b in bounds)
    np.testing.assert_array_equal(source.read(slices), values[slices])


def test_narrow_windows_of_long_traces(tmp_path, make_segy):
    values = np.random.default_rng(0).standard_normal((7, 3000)).astype(np.float32)
    source = io.open(make_segy(tmp_path / "w.sgy", values, code=1))
    np.testing.assert_allclose(source.read((slice(1, 6), slice(2990, 2993))), values[1:6, 2990:2993], rtol=1e-6)


def test_crossline_sorted_files_read_the_same(tmp_path, make_segy):
    values = np.random.default_rng(0).standard_normal((4, 3, 6)).astype(np.float32)
    headers = [{189: i, 193: j} for j in range(1, 4) for i in range(1, 5)]
    source = io.open(make_segy(tmp_path / "x.sgy", values.transpose(1, 0, 2).reshape(12, 6), headers))
    assert source.grid.attributes["sorting"] == "crossline"
    np.testing.assert_array_equal(everything(source), values)


def test_sources_travel_to_other_processes_and_threads(cube):
    path, values = cube
    source = io.open(path)
    everything(source)  # opens the file, whose position a forked child must not share
    np.testing.assert_array_equal(everything(pickle.loads(pickle.dumps(source))), values)
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda _: everything(source), range(40)):
            np.testing.assert_array_equal(got, values)
    with multiprocessing.get_context("spawn").Pool(1) as workers:
        np.testing.assert_array_equal(workers.apply(everything, (source,)), values)


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        ((slice(1, 2), slice(0, 3), slice(0, 20)), 3 * 320),  # an inline: whole traces in one piece
        ((slice(0, 4), slice(1, 2), slice(5, 10)), 4 * 20),  # a crossline: just its samples
    ],
)
def test_only_asked_traces_are_read(cube, monkeypatch, slices, expected):
    path, values = cube
    source = io.open(path)
    asked = []
    gather = type(source.file)._gather
    monkeypatch.setattr(
        type(source.file), "_gather", lambda self, p, width: (asked.append(len(p) * width), gather(self, p, width))[1]
    )
    np.testing.assert_array_equal(source.read(slices), values[slices])
    assert sum(asked) == expected


def test_arrays_and_sources_open_as_they_are(cube):
    values = cube[1]
    source = io.open(values)
    assert io.open(source) is source
    assert source.grid.names == ("inline", "crossline", "time")
    np.testing.assert_array_equal(everything(source), values)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(3200, 3600 + 3 * 320), st.integers(0, 255)), min_size=1, max_size=6),
    length=st.one_of(st.none(), st.integers(0, 3600 + 12 * 320)),
)
def test_damaged_headers_are_read_or_refused_in_words(cube, changes, length):
    raw = bytearray(cube[0].read_bytes())
    for at, value in changes:
        raw[at] = value
    damaged = cube[0].with_name("damaged.sgy")
    damaged.write_bytes(raw[:length])
    try:
        source = io.open(damaged)
    except GeocnnError as error:
        assert "damaged.sgy" in str(error)  # noqa: PT017
    else:
        assert everything(source).shape == source.grid.shape


def test_opening_imports_no_heavy_library(cube):
    code = f"import sys, geocnn; geocnn.open({str(cube[0])!r}); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "zarr", "matplotlib", "scipy", "segyio"} & set(modules)
