"""Arrays in .npy and Zarr against NumPy and zarr themselves."""

import base64
import os
import pickle
import stat
import struct

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geocnn import io
from geocnn.errors import DataError, FormatError
from geocnn.grid import Axis, Grid
from geocnn.io.samples import SampleFormat
from geocnn.io.tracefile import TraceFile, TraceLayout, TraceSource

NOISE = np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32)


def everything(source):
    return source.read(tuple(slice(0, n) for n in source.grid.shape))


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from(["<f4", ">f4", "<f8", "<i2", ">i2", "u1", "?", "<f2"]),
        hnp.array_shapes(min_dims=1, max_dims=4, max_side=6),
        elements=st.integers(0, 1),
    ),
    st.booleans(),
)
def test_npy_of_any_type_order_and_shape(tmp_path_factory, array, fortran):
    path = tmp_path_factory.mktemp("npy") / "a.npy"
    np.save(path, np.asfortranarray(array) if fortran else array)
    source = io.open(path)
    assert source.grid.shape == array.shape
    np.testing.assert_array_equal(everything(source), array.astype(np.float32))
    np.testing.assert_array_equal(everything(pickle.loads(pickle.dumps(source))), array)
    np.testing.assert_array_equal(source.live, array.any(axis=-1))


def test_npy_results_are_plain_numpy_files(tmp_path):
    values = np.random.default_rng(0).random((5, 4, 3), dtype=np.float32)
    with io.create(tmp_path / "r.npy", values) as sink:
        sink.write((2, 0, 1), values[2:, :, 1:])
    expected = np.zeros_like(values)
    expected[2:, :, 1:] = values[2:, :, 1:]
    np.testing.assert_array_equal(np.load(tmp_path / "r.npy", allow_pickle=False), expected)


def test_results_of_other_types(tmp_path):
    values = np.array([[0, 1, 200.4]], dtype=np.float32)
    for suffix in (".npy", ".zarr"):
        with io.create(tmp_path / f"r{suffix}", values, dtype=np.float64) as sink:
            sink.write((0, 0), values)
        assert io.open(tmp_path / f"r{suffix}").dtype == np.float64
        np.testing.assert_array_equal(everything(io.open(tmp_path / f"r{suffix}")), values)


@pytest.mark.parametrize("shape", [(50,), (20, 30), (70, 10, 130), (2, 3, 4, 5)])
def test_zarr_results_carry_their_axes(tmp_path, shape):
    names = ("channel", "inline", "crossline", "time")[-len(shape) :]
    axes = [
        Axis(name, n, 10.0 * i, 2.5, "ms" if name == "time" else "")
        for i, (name, n) in enumerate(zip(names, shape, strict=True))
    ]
    grid = Grid(tuple(axes), {"coordinates": {"origin": [1.0, 2.0]}})
    values = np.random.default_rng(0).random(shape, dtype=np.float32)
    with io.create(tmp_path / "r.zarr", io.ArraySource(values, grid), description="a test") as sink:
        sink.write((0,) * len(shape), values)
    array = zarr.open_array(str(tmp_path / "r.zarr" / "data"), mode="r")
    np.testing.assert_array_equal(array[:], values)
    assert array.metadata.dimension_names == names
    source = io.open(tmp_path / "r.zarr")
    assert source.grid == grid
    assert source.grid.attributes == {**grid.attributes, "description": "a test"}
    np.testing.assert_array_equal(everything(pickle.loads(pickle.dumps(source))), values)


def test_zarr_results_are_flushed_as_windows_wants_it(tmp_path, monkeypatch):
    flushed = []

    def fsync(number):
        if not stat.S_ISDIR(os.fstat(number).st_mode):
            os.write(number, b"")  # refused, as Windows refuses to flush, where the file is open for reading only
            flushed.append(number)

    monkeypatch.setattr(os, "fsync", fsync)
    with io.create(tmp_path / "r.zarr", NOISE) as sink:
        sink.write((0, 0), NOISE)
    assert len(flushed) == 7  # a chunk and zarr.json of each of the three arrays, and that of the group
    np.testing.assert_array_equal(everything(io.open(tmp_path / "r.zarr")), NOISE)


def test_zarr_of_others_is_read_with_plain_axes(tmp_path):
    for version in (2, 3):
        folder = tmp_path / f"v{version}"
        zarr.create_array(store=str(folder), data=np.arange(24, dtype="i4").reshape(4, 6), zarr_format=version)
        source = io.open(folder)
        assert source.grid.names == ("trace", "time")
        np.testing.assert_array_equal(everything(source), np.arange(24).reshape(4, 6))


def test_zarr_groups(tmp_path):
    group = zarr.open_group(str(tmp_path / "g.zarr"), mode="w")
    group.create_array("amplitude", data=np.ones((3, 4), "f4"))
    assert io.open(tmp_path / "g.zarr").grid.shape == (3, 4)
    group.create_array("velocity", data=np.ones((5, 4), "f4"))
    with pytest.raises(FormatError, match="amplitude, velocity"):
        io.open(tmp_path / "g.zarr")
    assert io.open(tmp_path / "g.zarr" / "velocity").grid.shape == (5, 4)


def as_of_xarray(path, version, dims, coordinates, **more):
    """A store as xarray writes a Dataset: ``seis``, and a coordinate with units for each name."""
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    shape = [4, 3, 5][-len(dims) :]
    arrays = {"seis": (dims, np.arange(np.prod(shape), dtype="f4").reshape(shape), {"units": "amp"}), **more}
    arrays |= {name: ((name,), np.asarray(values), {"units": unit}) for name, (values, unit) in coordinates.items()}
    for name, (own, values, attributes) in arrays.items():
        named = {"dimension_names": own} if version == 3 else {}
        told = attributes if version == 3 else attributes | {"_ARRAY_DIMENSIONS": list(own)}
        group.create_array(name, data=values, attributes=told, **named)
    return path


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("inner", ["", "seis"])
@pytest.mark.parametrize(
    ("vertical", "start", "step", "unit"),
    [
        (("twt", [100, 104, 108, 112, 116], "ms"), 100, 4, "ms"),
        (("time", [0.1, 0.104, 0.108, 0.112, 0.116], "s"), 100, 4, "ms"),
        (("depth", [-10.0, 0, 10, 20, 30], "m"), -10, 10, "m"),
        (("samples", [0, 1, 2, 3, 4], ""), 0, 1, ""),
    ],
)
def test_what_xarray_writes_has_its_coordinates(tmp_path, version, inner, vertical, start, step, unit):
    name, values, told = vertical
    coordinates = {"iline": ([10, 12, 14, 16], ""), "xline": ([7, 6, 5], ""), name: (values, told)}
    more = {"cdp_x": (("iline", "xline"), np.ones((4, 3)), {})}  # one of three dimensions is the survey
    path = as_of_xarray(tmp_path / "x.zarr", version, ("iline", "xline", name), coordinates, **more) / inner
    source = io.open(path)
    axes = (Axis("iline", 4, 10, 2), Axis("xline", 3, 7, -1), Axis(name, 5, start, step, unit))
    assert source.grid == Grid(axes)
    assert source.grid.attributes == {"units": "amp"}
    np.testing.assert_array_equal(everything(pickle.loads(pickle.dumps(source))).ravel(), np.arange(60))
    with io.create(tmp_path / "r.zarr", source) as sink:
        sink.write((0, 0, 0), everything(source))
    assert io.open(tmp_path / "r.zarr").grid == source.grid


def test_a_coordinate_without_a_step_is_told_and_counted(tmp_path):
    coordinates = {"trace": ([1, 2, 5], ""), "twt": ([0, 4, 8, 12, 16], "ms")}
    source = io.open(as_of_xarray(tmp_path / "x.zarr", 3, ("trace", "twt"), coordinates))
    assert source.grid == Grid((Axis("trace", 3), Axis("twt", 5, 0, 4, "ms")))
    assert ("axes", "trace has no numbers with a regular step and is counted from 0") in source.describe()


def test_of_several_surveys_one_is_to_be_named(tmp_path):
    more = {"dip": (("inline", "crossline", "twt"), np.ones((4, 3, 5)), {}), "time": (("time",), np.ones(5), {})}
    path = as_of_xarray(tmp_path / "x.zarr", 3, ("inline", "crossline", "twt"), {}, **more)
    with pytest.raises(FormatError) as error:
        io.open(path)
    assert str(error.value) == "x.zarr is a group that holds dip, seis; open the array itself, x.zarr/NAME."
    assert io.open(path / "dip").grid.names == ("inline", "crossline", "twt")


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", ["twt", "Depth", "samples"])
def test_the_vertical_axis_is_the_last(tmp_path, version, name):
    with pytest.raises(FormatError) as error:
        io.open(as_of_xarray(tmp_path / "x.zarr", version, (name, "inline", "crossline"), {}))
    assert str(error.value) == (
        f"x.zarr has the axes ({name}, inline, crossline), and {name}, the vertical one, must be the last; write it as "
        f"(inline, crossline, {name}), with numpy.moveaxis(array, 0, -1) or in xarray with .transpose('inline', "
        f"'crossline', '{name}')."
    )


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("name", "unit", "others"),
    [("t", "ms", ("", "")), ("lag", "nanoseconds", ("m", "")), ("height", "m", ("", ""))],
)
def test_the_vertical_axis_is_known_by_its_unit_too(tmp_path, version, name, unit, others):
    numbers = {"inline": ([1, 2, 3], others[0]), "crossline": ([1, 2, 3, 4, 5], others[1])}
    coordinates = {name: (np.arange(4) * 4, unit), **numbers}
    with pytest.raises(FormatError, match=f"and {name}, the vertical one, must be the last; write it as"):
        io.open(as_of_xarray(tmp_path / "x.zarr", version, (name, "inline", "crossline"), coordinates))


@pytest.mark.parametrize(
    ("names", "units"),
    [(("x", "y", "t"), ("m", "m", "")), (("distance", "t"), ("m", "")), (("inline", "lag", "twt"), ("", "s", ""))],
)
def test_distances_along_lines_are_not_vertical(tmp_path, names, units):
    sizes = (4, 3, 5)[-len(names) :]
    coordinates = {name: (np.arange(size), unit) for name, size, unit in zip(names, sizes, units, strict=True)}
    assert io.open(as_of_xarray(tmp_path / "x.zarr", 3, names, coordinates)).grid.names == names


@pytest.mark.parametrize("name", ["twt", "TIME"])
def test_a_time_without_a_unit_and_with_a_short_step_is_in_seconds(tmp_path, name):
    source = io.open(as_of_xarray(tmp_path / "x.zarr", 3, ("trace", name), {name: (1 + np.arange(5) * 0.004, "")}))
    assert source.grid.axes[-1] == Axis(name, 5, 1000, 4, "ms")
    note = f"{name} has no unit and a step of 0.004, which is taken for seconds"
    assert ("axes", note) in source.describe()


@pytest.mark.parametrize(
    ("name", "step", "unit", "axis"),
    [
        ("twt", 0.5, "", Axis("twt", 5, 0, 0.5)),
        ("depth", 0.05, "", Axis("depth", 5, 0, 0.05)),
        ("twt", 0.05, "ms", Axis("twt", 5, 0, 0.05, "ms")),
        ("twt", 0.05, "samples", Axis("twt", 5, 0, 0.05)),
    ],
)
def test_others_stay_as_they_are(tmp_path, name, step, unit, axis):
    source = io.open(as_of_xarray(tmp_path / "x.zarr", 3, ("trace", name), {name: (np.arange(5) * step, unit)}))
    assert source.grid.axes[-1] == axis
    assert "axes" not in dict(source.describe())


@pytest.mark.parametrize("version", [2, 3])
def test_packed_samples_are_unpacked(tmp_path, version):
    stored = np.array([[0, 100, -32768], [-200, 9, 32767]], "i2")
    marks = {"scale_factor": 0.01, "add_offset": 1.0, "_FillValue": -32768, "missing_value": [9], "units": "amp"}
    if version == 2:  # xarray keeps it as the fill value of the array
        marks |= {"_ARRAY_DIMENSIONS": ["trace", "time"]}
        del marks["_FillValue"]
    filled = {"fill_value": -32768} if version == 2 else {}
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(2, 3), dtype="i2", zarr_format=version, attributes=marks, **filled
    )
    array[:] = stored
    source = io.open(tmp_path / "a.zarr")
    assert source.dtype == np.float32
    expected = np.float32([[1, 2, np.nan], [-1, np.nan, 328.67]])
    np.testing.assert_allclose(source.read(...), expected, rtol=1e-6)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(source)).read((slice(1, 2), slice(1, 3))), expected[1:, 1:])
    rows = dict(source.describe())
    assert rows["samples"] == "0.01 times what is stored, plus 1"
    assert set(rows["no sample"].split(" or ")) == {"-32768", "9"}
    assert source.grid.attributes == {"units": "amp"}
    with io.create(tmp_path / "r.zarr", source) as sink:
        sink.write((0, 0), source.read(...))
    np.testing.assert_allclose(io.open(tmp_path / "r.zarr").read(...), expected, rtol=1e-6)


@pytest.mark.parametrize("mark", [-999.25, base64.b64encode(struct.pack("<d", -999.25)).decode()])
@pytest.mark.parametrize("key", ["_FillValue", "missing_value"])
def test_what_marks_no_sample_is_nan(tmp_path, key, mark):
    values = np.array([[1, -999.25, 0], [2, np.inf, 4]], "f4")
    zarr.create_array(tmp_path / "a.zarr", data=values, attributes={key: mark})
    source = io.open(tmp_path / "a.zarr")
    np.testing.assert_array_equal(source.read(...), np.where(values == np.float32(-999.25), np.nan, values))
    assert source.dtype == np.float32
    assert source.grid.attributes == {}


@pytest.mark.parametrize("marks", [{}, {"_FillValue": "AAAAAAAA+H8="}, {"scale_factor": 1, "add_offset": [0.0]}])
@pytest.mark.parametrize("version", [2, 3])
def test_samples_without_marks_are_what_is_stored(tmp_path, version, marks):
    """Zarr fills with 0, which is a sample; xarray marks floats with NaN."""
    values = np.array([[1, 0, 0], [2, -1, 4]], "i4")
    attributes = {"_ARRAY_DIMENSIONS": ["trace", "time"], **marks}
    zarr.create_array(tmp_path / "a.zarr", data=values, attributes=attributes, zarr_format=version)
    source = io.open(tmp_path / "a.zarr")
    np.testing.assert_array_equal(source.read(...), values)
    assert source.dtype == np.int32
    assert set(dict(source.describe())) == {"format"}


def test_results_that_inherited_a_scale_are_not_scaled(tmp_path):
    grid = Grid(io.open(NOISE).grid.axes, {"scale_factor": 0.01, "add_offset": 1.0})
    with io.create(tmp_path / "r.zarr", io.ArraySource(NOISE, grid)) as sink:
        sink.write((0, 0), NOISE)
    source = io.open(tmp_path / "r.zarr")
    np.testing.assert_array_equal(source.read(...), NOISE)
    assert source.grid.attributes == {}


@pytest.mark.parametrize("mark", [None, "none", 0.5, 1e30, -1e9, {}, [[3]]])
def test_marks_that_no_sample_can_have_are_none(tmp_path, mark):
    values = np.array([[1, 0, 0], [2, -1, 4]], "i2")
    attributes = {"_FillValue": mark, "scale_factor": "a", "add_offset": None}
    zarr.create_array(tmp_path / "a.zarr", data=values, attributes=attributes)
    np.testing.assert_array_equal(io.open(tmp_path / "a.zarr").read(...), values)


def test_the_user_states_axes_that_the_file_does_not_know(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 4)))
    axis = io.open(tmp_path / "a.npy", sample_interval=4, domain="depth").grid.axes[-1]
    assert (axis.name, axis.step, axis.unit) == ("depth", 4, "m")
    assert io.open(np.ones((3, 4)), sample_interval=2).grid.axes[-1].unit == "ms"


def test_masked_samples_are_nan():
    values = np.ma.masked_equal(np.arange(6).reshape(2, 3), 4)
    np.testing.assert_array_equal(io.open(values).read(...), [[0, 1, 2], [3, np.nan, 5]])


@pytest.mark.parametrize("factor", [1e50, 1e-50])
@pytest.mark.parametrize("name", ["array", "c.npy", "a.zarr"])
def test_amplitudes_beyond_float32_are_not_called_dead(tmp_path, factor, name):
    values = np.random.default_rng(0).standard_normal((5, 6)) * factor
    if name == "c.npy":
        np.save(tmp_path / name, values)
    elif name == "a.zarr":
        zarr.create_array(store=str(tmp_path / name), data=values)
    source = io.open(values if name == "array" else tmp_path / name)
    with pytest.raises(DataError, match="leave the range of float32"):
        _ = source.live
    values[2] /= factor  # one trace suffices for the pass
    assert io.open(values).live.tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("order", [1, -1])
def test_in_whatever_order_their_traces_lie(tmp_path, order):
    (tmp_path / "raw").write_bytes((np.random.default_rng(0).standard_normal((30, 20)) * 1e50).tobytes())
    file = TraceFile(tmp_path / "raw", TraceLayout(0, 0, 20, 30, SampleFormat(np.dtype("f8"))))
    grid = Grid((Axis("inline", 6), Axis("crossline", 5), Axis("time", 20)))
    with pytest.raises(DataError, match="leave the range of float32"):
        _ = TraceSource(file, grid, np.arange(30)[::order].reshape(6, 5)).live


def test_a_source_of_ones_own_is_not_scanned_at_the_door():
    class Own(io.ArraySource):
        @property
        def live(self):
            raise AssertionError

    class Wrapper:
        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            return getattr(self.inner, name)

    own = Own(np.ones((2, 2)))
    assert io.open(own) is own
    wrapper = Wrapper(own)
    assert io.open(wrapper) is wrapper


@pytest.mark.parametrize("suffix", [".npy", ".zarr", ".sgy"])
@pytest.mark.parametrize("dtype", [bool, complex, object, "U3", np.longdouble])
def test_results_are_real_numbers(tmp_path, suffix, dtype):
    with pytest.raises(DataError, match="dtype"):
        io.create(tmp_path / f"r{suffix}", np.ones((2, 2)), dtype=dtype)
    assert not list(tmp_path.iterdir())


def test_arrays_without_samples_are_called_empty(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((0, 100), np.float32))
    zarr.create_array(tmp_path / "a.zarr", shape=(0, 100), chunks=(1, 100), dtype="float32")
    for name in ("a.npy", "a.zarr"):
        with pytest.raises(
            FormatError, match=rf"{name} is empty, its shape is \(0, 100\); a survey has a sample or more"
        ):
            io.open(tmp_path / name)
