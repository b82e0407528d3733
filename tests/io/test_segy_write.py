"""Results as SEG-Y: only samples change, other software reads them, and new files are proper SEG-Y."""

import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
import segyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geocnn import io
from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.io.stretched import StretchedSource


def everything(source):
    return source.read(tuple(slice(0, n) for n in source.grid.shape))


def write(path, source, values, **options):
    with io.create(path, source, **options) as sink:
        sink.write((0,) * values.ndim, values)


def sample_bytes(source):
    """True for each byte of the file that belongs to a sample."""
    layout = source.file.layout
    mask = np.zeros(layout.file_bytes, dtype=bool)
    traces = mask[layout.offset :].reshape(layout.count, layout.trace_bytes)
    traces[:, layout.header :] = True
    return mask


SAME_FORMAT = [
    "segy/carbonate3d.sgy",
    "segy/alaska2d.sgy",
    "segy/volve10-migvel-depth-sub3d.sgy",
    "segy/volve10r12-full-twt-arb.sgy",
    "segy/volve10r12-full-z-il10117sub.sgy",
    "odd_files/segysak/f3-withdead.sgy",
    "odd_files/segyio/rotated-small-rev2.sgy",
    "odd_files/segyio/stanzas-unknown-count.sgy",
    "odd_files/segyio/small-lsb.sgy",
    "odd_files/segyio/multiformats/Format5lsb.sgy",
]
CONVERTED = ["Format2lsb", "Format3msb", "Format6msb", "Format8lsb", "Format9lsb", "Format10msb", "Format16msb"]


@pytest.mark.parametrize("name", SAME_FORMAT)
def test_only_sample_bytes_change(data, tmp_path, name):
    source = io.open(data / name)
    values = np.random.default_rng(0).random(source.grid.shape, dtype=np.float32)
    write(tmp_path / "result.sgy", source, values)
    before, after = (np.fromfile(p, dtype=np.uint8) for p in (data / name, tmp_path / "result.sgy"))
    np.testing.assert_array_equal(before[~sample_bytes(source)], after[~sample_bytes(source)])
    result = io.open(tmp_path / "result.sgy")
    assert result.grid == source.grid
    assert result.grid.attributes == source.grid.attributes
    expected = np.where(source.present[..., None], values, 0)
    np.testing.assert_allclose(everything(result), expected, atol=2e-7)


@pytest.mark.parametrize("name", CONVERTED)
def test_other_formats_become_ieee_floats_with_the_same_headers(data, tmp_path, name):
    path, target = data / f"odd_files/segyio/multiformats/{name}.sgy", tmp_path / "result.sgy"
    source = io.open(path)
    values = np.random.default_rng(0).random(source.grid.shape, dtype=np.float32)
    write(target, source, values)
    result = io.open(target)
    np.testing.assert_array_equal(everything(result), values)
    before, after = bytearray(path.read_bytes()[:3600]), bytearray(target.read_bytes()[:3600])
    order = "little" if source.order == "<" else "big"
    assert after[3224:3226] == (5).to_bytes(2, order)
    before[3224:3226] = after[3224:3226]
    assert before == after
    count = source.file.layout.count
    np.testing.assert_array_equal(source.file.headers(0, count), result.file.headers(0, count))
    with segyio.open(target, ignore_geometry=True, endian=order) as file:
        np.testing.assert_array_equal(file.trace.raw[:].reshape(values.shape), values)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from([".sgy", ".npy", ".zarr"]))
def test_blocks_in_any_cut_and_order_give_the_same_file(cube, draw, suffix):
    path, values = cube
    cuts = [[0, *sorted(draw.draw(st.sets(st.integers(1, n - 1), max_size=2))), n] for n in values.shape]
    blocks = [
        (i, j, k) for i in range(len(cuts[0]) - 1) for j in range(len(cuts[1]) - 1) for k in range(len(cuts[2]) - 1)
    ]
    target = path.with_name(f"result{suffix}")
    with io.create(target, io.open(path), overwrite=True) as sink:
        for block in draw.draw(st.permutations(blocks)):
            where = tuple(slice(c[b], c[b + 1]) for c, b in zip(cuts, block, strict=True))
            sink.write(tuple(s.start for s in where), values[where])
    np.testing.assert_array_equal(everything(io.open(target)), values)


def test_crossline_sorted_and_holey_inputs_keep_their_order(tmp_path, make_segy):
    places = [(i, j) for j in range(1, 6) for i in range(1, 5) if (i, j) != (2, 3)]
    path = make_segy(tmp_path / "in.sgy", np.ones((19, 6)), [{189: i, 193: j} for i, j in places], code=1)
    values = np.random.default_rng(0).integers(0, 100, (4, 5, 6)).astype(np.float32)
    source = io.open(path)
    with io.create(tmp_path / "out.sgy", source) as sink:
        for k in range(0, 6, 2):
            sink.write((0, 0, k), values[:, :, k : k + 2])
    with segyio.open(tmp_path / "out.sgy", ignore_geometry=True) as file:
        for number, (i, j) in enumerate(places):
            assert (file.header[number][189], file.header[number][193]) == (i, j)
            np.testing.assert_array_equal(file.trace[number], values[i - 1, j - 1])


@pytest.mark.parametrize("stated", [2, -1])
@pytest.mark.parametrize("code", [5, 3])
def test_trailers_stay_behind_the_traces(tmp_path, make_segy, stated, code):
    path = make_segy(tmp_path / "in.sgy", np.arange(18).reshape(3, 6), code=code)
    trailers = b"((TRAILER))".ljust(3200) + b"((SEG:EndText))".ljust(3200)
    raw = bytearray(path.read_bytes() + trailers)
    raw[3500], raw[3528:3532] = 2, struct.pack(">i", stated)
    path.write_bytes(raw)
    source = io.open(path)
    np.testing.assert_array_equal(source.read(...), np.arange(18).reshape(3, 6))
    write(tmp_path / "out.sgy", source, np.full((3, 6), 7, np.float32))
    assert (tmp_path / "out.sgy").read_bytes()[-6400:] == trailers
    np.testing.assert_array_equal(io.open(tmp_path / "out.sgy").read(...), np.full((3, 6), 7))


def delayed(path, make_segy):
    """A line of 3 traces of 6 samples that begin at 8, 0 and 16 ms."""
    return make_segy(path, np.arange(1, 19).reshape(3, 6), [{109: 8}, {109: 0}, {109: 16}])


@pytest.mark.parametrize("cut", [10, 3])
def test_traces_that_begin_later_keep_their_headers_and_times(tmp_path, make_segy, cut):
    source = io.open(delayed(tmp_path / "in.sgy", make_segy))
    values = np.random.default_rng(0).random((3, 10), dtype=np.float32)
    with io.create(tmp_path / "out.sgy", source) as sink:
        for k in range(0, 10, cut):
            sink.write((0, k), values[:, k : k + cut])
    before, after = (np.fromfile(tmp_path / name, dtype=np.uint8) for name in ("in.sgy", "out.sgy"))
    np.testing.assert_array_equal(before[~sample_bytes(source)], after[~sample_bytes(source)])
    with segyio.open(tmp_path / "out.sgy", ignore_geometry=True) as file:
        for number, shift in enumerate((2, 0, 4)):
            assert file.header[number][109] == 4 * shift
            np.testing.assert_array_equal(file.trace[number], values[number, shift : shift + 6])


@pytest.mark.parametrize("suffix", [".sgy", ".zarr"])
def test_a_new_file_of_traces_that_begin_later_begins_with_the_first(tmp_path, make_segy, suffix):
    fine = StretchedSource(io.open(delayed(tmp_path / "in.sgy", make_segy)), (1, 2))
    write(tmp_path / f"out{suffix}", fine, fine.read(...))
    result = io.open(tmp_path / f"out{suffix}")
    assert result.grid.axes[-1] == Axis("time", 19, 0, 2, "ms")
    np.testing.assert_allclose(result.read(...)[:, ::2], io.open(tmp_path / "in.sgy").read(...), atol=1e-4)


def test_traces_without_numbers_become_blank(tmp_path, make_segy):
    path = make_segy(
        tmp_path / "in.sgy", np.ones((8, 2)), [{189: 1 + i, 193: 1 + j} for i in range(2) for j in range(3)]
    )
    write(tmp_path / "out.sgy", io.open(path), np.full((2, 3, 2), 7, np.float32))
    with segyio.open(tmp_path / "out.sgy", ignore_geometry=True) as file:
        np.testing.assert_array_equal(file.trace.raw[:], np.repeat([[7], [0]], [6, 2], axis=0) * np.ones((1, 2)))


def test_seismic_unix_results_keep_their_headers(data, tmp_path):
    source = io.open(data / "odd_files/segyio/small-lsb.su", sample_interval=4)
    values = np.random.default_rng(0).random(source.grid.shape, dtype=np.float32)
    write(tmp_path / "out.su", source, values)
    before, after = (np.fromfile(p, dtype=np.uint8) for p in (source.path, tmp_path / "out.su"))
    same = ~sample_bytes(source)
    traces = same.reshape(source.file.layout.count, -1)
    assert set(after.reshape(traces.shape)[:, 116:118].view("<i2").ravel().tolist()) == {4000}
    traces[:, 116:118] = False  # the interval, which the file does not state
    np.testing.assert_array_equal(before[same], after[same])
    np.testing.assert_array_equal(everything(io.open(tmp_path / "out.su")), values)


def test_results_of_one_byte_are_refused_for_seismic_unix(data, tmp_path):
    """An SU file has no header that says so, and nothing could read it."""
    source = io.open(data / "odd_files/segyio/small-lsb.su", sample_interval=4)
    with pytest.raises(DataError, match=r"^out\.su: Seismic Unix files hold floats of 4 bytes, not int8; write \.sgy"):
        io.create(tmp_path / "out.su", source, dtype=np.int8)
    assert list(tmp_path.iterdir()) == []
    with io.create(tmp_path / "out.sgy", source, dtype=np.int8) as sink:
        sink.write((0,) * source.grid.ndim, np.full(source.grid.shape, 7, np.float32))
    assert np.unique(everything(io.open(tmp_path / "out.sgy"))) == [7]


@pytest.mark.parametrize("step", [4, 2, 1, 0.5, 0.25, 0.125, 1000 / 300 * 0.3, float(np.float32(0.008)), 32.767])
def test_sample_intervals_come_back(tmp_path, step):
    grid = Grid((Axis("trace", 2), Axis("time", 5, 0, step, "ms")))
    write(tmp_path / "new.sgy", io.ArraySource(np.ones(grid.shape, np.float32), grid), np.ones(grid.shape, np.float32))
    assert io.open(tmp_path / "new.sgy").grid.axes[-1].step == pytest.approx(step, rel=1e-6)


COORDINATES = {"origin": [435_000.5, 6_470_000.25], "vectors": [[21.65, 12.5], [-6.25, 10.825]]}
POINTS = [[1500.25, 700.0], [1550.0, 720.5], [1580.0, 790.0]]
GRIDS = [
    Grid(
        (Axis("inline", 4, 100, 2), Axis("crossline", 3, 500, 1), Axis("time", 30, 999, 3, "ms")),
        {"coordinates": COORDINATES},
    ),
    Grid((Axis("inline", 2, 1, 1), Axis("crossline", 3, 9, -4), Axis("depth", 10, 12.5, 5, "m"))),
    Grid((Axis("trace", 7, 101, 1), Axis("time", 12, -20, 0.5, "ms"))),
    Grid((Axis("trace", 3, 101, 1), Axis("depth", 12, 0, 10, "ft")), {"coordinates": {"points": POINTS, "unit": "ft"}}),
]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_new_files_keep_the_grid(tmp_path, grid):
    values = np.random.default_rng(0).standard_normal(grid.shape).astype(np.float32)
    write(tmp_path / "new.sgy", io.ArraySource(values, grid), values, description="synthetic survey")
    source = io.open(tmp_path / "new.sgy", domain=grid.axes[-1].name)
    flipped = tuple(slice(None, None, -1 if axis.step < 0 else 1) for axis in grid.axes)
    np.testing.assert_array_equal(everything(source), values[flipped])
    for ours, given_ in zip(source.grid.axes, grid.axes, strict=True):
        np.testing.assert_allclose(np.sort(ours.values), np.sort(given_.values))
        assert (ours.name, ours.unit) == (given_.name, given_.unit)
    if "coordinates" in grid.attributes:
        found = source.grid.attributes["coordinates"]
        for name in ("origin", "vectors", "points"):
            if name in grid.attributes["coordinates"]:
                np.testing.assert_allclose(found[name], grid.attributes["coordinates"][name], atol=0.01)
        assert found["unit"] == grid.attributes["coordinates"].get("unit", "m")


def segy_map(path):
    """X, Y and byte 89 of each trace as segyio reads them, and the scalar."""
    with segyio.open(path, ignore_geometry=True) as file:
        scalar = int(file.attributes(71)[0][0])
        xy = np.column_stack([file.attributes(181)[:], file.attributes(185)[:]])
        codes, system = set(file.attributes(89)[:].tolist()), file.bin[segyio.BinField.MeasurementSystem]
    return xy / -scalar if scalar < 0 else xy * scalar, scalar, codes, system


@pytest.mark.parametrize(("x", "scalar"), [(450_000.25, -100), (32_450_000.0, -10), (950_000_000.0, 1)])
def test_large_coordinates_have_fewer_digits(tmp_path, x, scalar):
    """As those with the number of the zone before them: 32 450 000 m in hundredths does not fit into 4 bytes."""
    vectors = [[20.0, 10.0], [-5.0, 10.0]]
    grid = Grid(GRIDS[0].axes, {"coordinates": {"origin": [x, 5_500_000.0], "vectors": vectors}})
    write(tmp_path / "new.sgy", io.ArraySource(np.ones(grid.shape, np.float32), grid), np.ones(grid.shape, np.float32))
    found, said, codes, system = segy_map(tmp_path / "new.sgy")
    assert (said, codes, system) == (scalar, {1}, 1)
    places = np.array([*np.ndindex(grid.shape[:-1])])
    np.testing.assert_allclose(found, grid.map_xy(places), rtol=0, atol=0.5 if scalar == 1 else 0.5 / -scalar)


@pytest.mark.parametrize("suffix", [".zarr", ".sgy"])
@pytest.mark.parametrize(
    ("code", "scalar", "x", "y"),
    [
        (2, -100, [4_140_000 + 40 * k + k % 3 for k in range(12)], [21_600_000] * 12),
        (3, -10000, [115_000 + 7 * k for k in range(12)], [-600_000 + 2 * k for k in range(12)]),
        (4, -100, [11_595_980 + 4 * k if k < 5 else 12_000_000 + 4 * (k - 5) for k in range(12)], [60_000_000] * 12),
        (1, 1, [32_450_000 + 12 * k for k in range(12)], [5_500_000 + 5 * k for k in range(12)]),
        (0, -10, [4_500_000 + 120 * k + 70 * (k % 4) for k in range(12)], [55_000_000 - 50 * k for k in range(12)]),
    ],
    ids=["seconds of arc", "degrees", "degrees, minutes, seconds", "zone", "crooked"],
)
@pytest.mark.parametrize("system", [0, 1, 2])
def test_coordinates_and_their_unit_go_through_other_forms(tmp_path, make_segy, suffix, code, scalar, x, y, system):
    headers = [{21: 1 + k, 71: scalar, 89: code, 181: x[k], 185: y[k]} for k in range(12)]
    path = make_segy(tmp_path / "in.sgy", np.ones((12, 9)), headers)
    with segyio.open(path, "r+", ignore_geometry=True) as file:
        file.bin.update({segyio.BinField.MeasurementSystem: system})
    middle = tmp_path / f"middle{suffix}"
    write(middle, io.open(path), np.ones((12, 9), np.float32))
    source = StretchedSource(io.open(middle), (1, 2))  # which has no headers of its own
    write(tmp_path / "out.sgy", source, np.ones(source.grid.shape, np.float32))
    before, _, codes, _ = segy_map(path)
    after, _, *kept = segy_map(tmp_path / "out.sgy")
    np.testing.assert_allclose(after, before, rtol=0, atol=0.051 if code == 1 else 1e-6)
    assert kept == [codes, system]


@pytest.mark.parametrize("cdp", [[*range(1, 8), *range(20, 25)], [*range(31, 20, -2), *range(19, 7, -2)]])
def test_cdp_numbers_with_gaps_are_doubled_with_them(tmp_path, make_segy, cdp):
    headers = [{21: n, 5: 1 + k} for k, n in enumerate(cdp)]
    source = StretchedSource(io.open(make_segy(tmp_path / "in.sgy", np.ones((12, 5)), headers)), (2, 1))
    write(tmp_path / "out.sgy", source, np.ones(source.grid.shape, np.float32))
    with segyio.open(tmp_path / "out.sgy", ignore_geometry=True) as file:
        found = file.attributes(21)[:]
    times = 2 if cdp[0] == 1 else 1
    np.testing.assert_array_equal(found[::2], times * np.array(cdp))
    np.testing.assert_array_equal(found[1::2], times * np.add(cdp[1:], cdp[:-1]) / 2)


@pytest.mark.parametrize(("first", "again"), [((4_000_000, 400), (8_000_000, 800)), ((6_000_000, 400), (1, 800))])
def test_a_finer_cube_is_numbered_so_that_it_is_read_as_one(tmp_path, make_segy, first, again):
    """Twice the numbers may be too large for those of lines."""
    headers = [{189: first[0] + 3 * i, 193: first[1] + j} for i in range(4) for j in range(5)]
    fine = StretchedSource(io.open(make_segy(tmp_path / "in.sgy", np.ones((20, 6)), headers)), (2, 2, 1))
    write(tmp_path / "fine.sgy", fine, fine.read(...))
    result = io.open(tmp_path / "fine.sgy").grid
    assert result.shape == fine.grid.shape
    assert tuple(axis.start for axis in result.axes[:2]) == again


def words(path):
    """The text header, line by line."""
    with segyio.open(path, ignore_geometry=True) as file:
        text = bytes(file.text[0]).decode()
    return [text[k + 4 : k + 80].rstrip() for k in range(0, 3200, 80)]


def test_the_text_header_says_what_stands_in_the_headers(tmp_path, make_segy):
    headers = [{189: 7 + i, 193: 301 + j, 71: 1, 181: 1000 + 25 * j, 185: 50 * i} for i in range(4) for j in range(5)]
    source = StretchedSource(io.open(make_segy(tmp_path / "in.sgy", np.ones((20, 6)), headers)), (1, 2, 2))
    write(tmp_path / "out.sgy", source, np.ones(source.grid.shape, np.float32))
    assert words(tmp_path / "out.sgy")[:8] == [
        "written by geocnn",
        "from in.sgy",
        "inline 7..10 step 1 (4)",
        "crossline 602..610 step 1 (9), twice the numbers of in.sgy",
        "time 0..20 ms step 2 (11)",
        "",
        "INLINE AT BYTE 189, CROSSLINE AT BYTE 193, CDP AT BYTE 21",
        "CDP X AT BYTE 181, CDP Y AT BYTE 185, SCALAR -100 AT BYTE 71",
    ]
    with segyio.open(tmp_path / "out.sgy") as file:
        assert (file.xlines[0], file.xlines[-1]) == (602, 610)
    grid = Grid((Axis("trace", 4, 1, 0.3), Axis("time", 5, 0, 4, "ms")))
    write(tmp_path / "b.sgy", io.ArraySource(np.ones((4, 5), np.float32), grid), np.ones((4, 5)), description="layers")
    assert words(tmp_path / "b.sgy")[:3] == ["layers", "from an array", "trace 1..4 step 1 (4), counted"]
    headers = [{21: n, 71: -100, 89: 2, 181: 5_000 * n + n * n, 185: 100} for n in (1, 2, 3, 9, 10)]
    source = StretchedSource(io.open(make_segy(tmp_path / "in.sgy", np.ones((5, 6)), headers)), (2, 1))
    write(tmp_path / "c.sgy", source, np.ones(source.grid.shape, np.float32))
    assert words(tmp_path / "c.sgy")[2:8] == [
        "cdp 2..20 with gaps (9), twice the numbers of in.sgy",
        "time 0..20 ms step 4 (6)",
        "",
        "CDP AT BYTE 21",
        "CDP X AT BYTE 181, CDP Y AT BYTE 185, SCALAR -1000 AT BYTE 71",
        "COORDINATES IN SECONDS OF ARC, UNITS 2 AT BYTE 89",
    ]


@pytest.mark.parametrize(("step", "times"), [(0.5, "twice"), (0.25, "4 times"), (0.125, "8 times"), (1 / 3, None)])
def test_lines_of_a_cube_that_was_made_finer_twice_have_a_multiple_of_their_numbers(tmp_path, step, times):
    grid = Grid((Axis("inline", 3, 7), Axis("crossline", 9, 301, step), Axis("time", 5, 0, 4, "ms")))
    write(tmp_path / "out.sgy", io.ArraySource(np.ones(grid.shape, np.float32), grid), np.ones(grid.shape, np.float32))
    first = round(301 / step) if times else 1
    with segyio.open(tmp_path / "out.sgy") as file:
        np.testing.assert_array_equal(file.xlines, first + np.arange(9))
    how = f", {times} the numbers of the array" if times else ", counted"
    assert words(tmp_path / "out.sgy")[3] == f"crossline {first}..{first + 8} step 1 (9){how}"


def test_new_files_are_read_by_segyio_and_obspy(tmp_path):
    grid, path = GRIDS[0], tmp_path / "new.sgy"
    values = np.random.default_rng(0).standard_normal(grid.shape).astype(np.float32)
    write(path, io.ArraySource(values, grid), values, description="faulted layers")
    with segyio.open(path) as file:  # with geometry: segyio itself must find the cube
        np.testing.assert_array_equal(segyio.tools.cube(file), values)
        np.testing.assert_array_equal(file.ilines, grid.axes[0].values)
        np.testing.assert_array_equal(file.xlines, grid.axes[1].values)
        np.testing.assert_allclose(file.samples, grid.axes[2].values)
        assert b"faulted layers" in bytes(file.text[0])
        assert file.bin[segyio.BinField.SEGYRevision] == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from obspy.io.segy.segy import _read_segy

        theirs = _read_segy(str(path), unpack_headers=True)
    np.testing.assert_array_equal(np.stack([t.data for t in theirs.traces]), values.reshape(12, 30))
    header = theirs.traces[5].header
    assert header.for_3d_poststack_data_this_field_is_for_in_line_number == 102
    assert header.delay_recording_time == 999
    assert header.sample_interval_in_ms_for_this_trace == 3000


def test_ibm_results_are_read_by_segyio_and_obspy(data, tmp_path):
    source = io.open(data / "segy/alaska2d.sgy")
    values = np.random.default_rng(0).random(source.grid.shape, dtype=np.float32)
    write(tmp_path / "out.sgy", source, values)
    with segyio.open(tmp_path / "out.sgy", ignore_geometry=True) as file:
        np.testing.assert_allclose(file.trace.raw[:], values, atol=2e-7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from obspy.io.segy.segy import _read_segy

        theirs = _read_segy(str(tmp_path / "out.sgy"))
        np.testing.assert_allclose(np.stack([t.data for t in theirs.traces]), values, atol=2e-7)


def test_grids_that_segy_cannot_hold_are_refused(tmp_path):
    for start, step, size in ((0, 50, 5), (0, 4, 70_000), (1e6, 4, 5), (0, 0.0625, 5), (0, 1 / 3, 5), (0, 1.5875, 5)):
        grid = Grid((Axis("trace", 2), Axis("time", size, start, step, "ms")))
        with pytest.raises(DataError):
            io.create(tmp_path / "no.sgy", io.ArraySource(np.zeros(grid.shape, np.float32), grid))
    with pytest.raises(DataError):
        io.create(tmp_path / "no.sgy", np.zeros((2, 2, 2, 2), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_blocks_outside_are_refused(cube):
    path, values = cube
    with pytest.raises(DataError), io.create(Path(path).with_name("o.sgy"), io.open(path)) as sink:
        sink.write((1, 0, 0), values)
    assert [p.name for p in path.parent.iterdir()] == ["cube.sgy"]


@pytest.mark.parametrize("coordinates", [False, True])
def test_a_cube_with_its_crosslines_first_is_written_by_the_names_of_its_axes(tmp_path, coordinates):
    values = np.random.default_rng(2).standard_normal((5, 4, 6)).astype(np.float32)
    axes = (Axis("crossline", 5, 2000, 3), Axis("inline", 4, 100, 2), Axis("time", 6, 0, 4, "ms"))
    known = {"origin": [5e5, 6e6], "vectors": [[0.0, 12.5], [25.0, 0.0]], "unit": "m"}
    grid = Grid(axes, {"coordinates": known} if coordinates else {})
    write(tmp_path / "t.sgy", io.ArraySource(values, grid), values)
    with segyio.open(tmp_path / "t.sgy") as file:
        assert file.ilines.tolist() == [100, 102, 104, 106]
        assert file.xlines.tolist() == [2000, 2003, 2006, 2009, 2012]
        for k, inline in enumerate(file.ilines):
            np.testing.assert_array_equal(file.iline[inline], values[:, k])
    again = io.open(tmp_path / "t.sgy")
    assert [str(axis) for axis in again.grid.axes[:2]] == [
        "inline 100..106 step 2 (4)",
        "crossline 2000..2012 step 3 (5)",
    ]
    np.testing.assert_array_equal(everything(again), values.transpose(1, 0, 2))
    if coordinates:
        assert again.grid.map_xy(np.array([[1.0, 2.0]])).tolist() == [[500_025.0, 6_000_025.0]]


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("revision", [1, 2])
def test_a_stated_sample_interval_is_in_the_headers_of_the_result(tmp_path, make_segy, revision, dtype):
    path = make_segy(
        tmp_path / "w.sgy", np.ones((12, 20), np.float32), [{189: 1 + k // 4, 193: 1 + k % 4} for k in range(12)]
    )
    raw = bytearray(path.read_bytes())
    raw[3500] = revision
    if revision == 2:
        struct.pack_into(">d", raw, 3272, 2000.0)
    path.write_bytes(raw)
    source = io.open(path, sample_interval=5)
    write(tmp_path / "r.sgy", source, np.ones(source.grid.shape, np.float32), dtype=dtype)
    assert io.open(tmp_path / "r.sgy").grid.axes == source.grid.axes
    with segyio.open(tmp_path / "r.sgy", ignore_geometry=True) as file:
        assert file.bin[3217] == 5000
        assert set(file.attributes(117)[:].tolist()) == {5000}
    expected, found = bytes(raw), (tmp_path / "r.sgy").read_bytes()
    allowed = {3216, 3217, 3224, 3225, *(range(3272, 3280) if revision == 2 else ())}
    assert {k for k in range(3600) if found[k] != expected[k]} <= allowed
    width = 4 if dtype == "float32" else 1
    for trace in range(12):
        a = bytearray(found[3600 + trace * (240 + 20 * width) :][:240])
        b = bytearray(expected[3600 + trace * 320 :][:240])
        a[116:118] = b[116:118] = bytes(2)
        assert a == b


def test_a_stated_sample_interval_that_headers_cannot_hold_is_refused_or_extended(tmp_path, make_segy):
    path = make_segy(tmp_path / "w.sgy", np.ones((3, 20), np.float32), [{21: 1 + k} for k in range(3)])
    with pytest.raises(DataError, match="whole thousandths of 1 ms"):
        io.create(tmp_path / "r.sgy", io.open(path, sample_interval=1 / 3))
    raw = bytearray(path.read_bytes())
    raw[3500] = 2
    struct.pack_into(">d", raw, 3272, 2000.0)
    path.write_bytes(raw)
    source = io.open(path, sample_interval=1 / 3)
    write(tmp_path / "r.sgy", source, np.ones(source.grid.shape, np.float32))
    assert io.open(tmp_path / "r.sgy").grid.axes[-1].step == pytest.approx(1 / 3, rel=1e-12)


@pytest.mark.parametrize(
    ("axis", "turn"),
    [
        (Axis("time", 5, 16, -4, "ms"), "turn it over, as in xarray .isel(time=slice(None, None, -1))"),
        (Axis("depth", 5, 0, -4, "m"), "turn the numbers upward, as in xarray .assign_coords(depth=-survey.depth)"),
    ],
)
def test_a_vertical_axis_that_descends_is_told_with_what_to_type(tmp_path, axis, turn):
    grid = Grid((Axis("trace", 2), axis))
    with pytest.raises(DataError) as raised:
        io.create(tmp_path / "no.sgy", io.ArraySource(np.zeros(grid.shape, np.float32), grid))
    assert str(raised.value) == (
        f"the vertical axis descends, {axis}, and that of SEG-Y ascends; write .zarr, or {turn}, and begin with that."
    )
