"""Results as SEG-Y: only samples change, other software reads them, and new files are proper SEG-Y."""

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
    np.testing.assert_array_equal(before[~sample_bytes(source)], after[~sample_bytes(source)])
    np.testing.assert_array_equal(everything(io.open(tmp_path / "out.su", sample_interval=4)), values)


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
