"""Results in Zarr as xarray opens them, and what xarray writes as geocnn opens it."""

import math
import warnings
from dataclasses import astuple

import numpy as np
import pytest
import segyio
import zarr

from geocnn import io
from geocnn.cli import main
from geocnn.grid import Axis, Grid
from geocnn.io.segy_coordinates import SEXAGESIMAL
from geocnn.io.zarr import ZarrSink

xarray = pytest.importorskip("xarray")

SHAPE = (5, 6, 7)
TURN = np.deg2rad(20)
VECTORS = np.array([[25 * np.cos(TURN), -25 * np.sin(TURN)], [12.5 * np.sin(TURN), 12.5 * np.cos(TURN)]])
FLAT = np.moveaxis(np.indices(SHAPE[:2]), 0, -1) @ VECTORS + [435_000, 6_470_000]
BESIDE = FLAT + np.random.default_rng(0).normal(0, 0.8, FLAT.shape)
BEND = np.stack([435_000 + 12.5 * np.arange(6), 6_470_000 + 40 * np.sin(np.arange(6) / 3)], axis=-1)
VALUES = np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)


def write(path, values, places, system=1):
    """A cube or a line with map coordinates in centimetres, with segyio."""
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(values.shape[-1]) * 4.0, places[..., 0].size, 5
    with segyio.create(path, spec) as file:
        file.bin.update({segyio.BinField.Interval: 4000, segyio.BinField.MeasurementSystem: system})
        for k, at in enumerate(np.ndindex(*places.shape[:-1])):
            file.trace[k] = values[at]
            x, y = np.rint(100 * places[at]).astype(int)
            lines = {189: 100 + 2 * at[0], 193: 300 + at[1]} if len(at) == 2 else {21: 11 + 2 * at[0]}
            file.header[k] = {**lines, 71: -100, 181: int(x), 185: int(y), 115: values.shape[-1], 117: 4000, 109: 8}
    return path


def copied(source, path, **options):
    with io.create(path, source, **options) as sink:
        sink.write((0,) * source.grid.ndim, source.read(...))
    return path


def opened(path):
    """The store as xarray has it, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return xarray.open_zarr(path).load()


def same(one, two):
    """Whether two values are of the same types and bits, arrays and nested ones as well."""
    if isinstance(one, np.ndarray):
        return isinstance(two, np.ndarray) and one.dtype == two.dtype and one.tobytes() == two.tobytes()
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    return type(one) is type(two) and one == two


@pytest.mark.parametrize(
    ("places", "system"), [(FLAT, 1), (FLAT, 2), (BESIDE, 1), (BESIDE, 2), (BEND, 1), (BEND, 2), (FLAT[0], 1)]
)
def test_xarray_has_samples_axes_and_the_coordinates_of_the_headers(tmp_path, places, system):
    values = VALUES if places.ndim == 3 else VALUES[0]
    source = io.open(write(tmp_path / "s.sgy", values, places, system))
    data = opened(copied(source, tmp_path / "r.zarr", description="a test"))["data"]
    np.testing.assert_array_equal(data, values)
    assert data.dims == (("inline", "crossline", "time") if places.ndim == 3 else ("trace", "time"))
    np.testing.assert_array_equal(data["time"], 8 + 4 * np.arange(7))
    assert data["time"].attrs == {"units": "ms"}
    assert data["time"].dtype.kind == "i"
    if places.ndim == 3:
        np.testing.assert_array_equal(data["inline"], [100, 102, 104, 106, 108])
        np.testing.assert_array_equal(data.sel(inline=104, crossline=303, time=16), values[2, 3, 2])
        np.testing.assert_array_equal(data.sel(inline=102), values[1])
    else:
        np.testing.assert_array_equal(data["trace"], 11 + 2 * np.arange(6))
    assert data.attrs["description"] == "a test"
    with segyio.open(tmp_path / "s.sgy", ignore_geometry=True) as file:
        headers = np.stack([file.attributes(byte)[:] / 100 for byte in (181, 185)])
    exact = (places is not FLAT and places.ndim == 3) or places is BEND
    for name, theirs in zip(("cdp_x", "cdp_y"), headers, strict=True):
        assert set(data.coords) >= {name}
        assert data[name].dims == data.dims[:-1]
        assert data[name].attrs == {"units": {1: "m", 2: "ft"}[system]}
        np.testing.assert_allclose(data[name].values.ravel(), theirs, rtol=0, atol=1e-9 if exact else 0.02)


def test_a_regular_grid_of_whole_coordinates_has_exactly_these(tmp_path):
    places = np.moveaxis(np.indices(SHAPE[:2]), 0, -1) @ np.array([[15, -20], [8, 6]]) + [435_000, 6_470_000]
    data = opened(copied(io.open(write(tmp_path / "s.sgy", VALUES, places)), tmp_path / "r.zarr"))
    np.testing.assert_array_equal(np.stack([data["cdp_x"], data["cdp_y"]], axis=-1), places)


@pytest.mark.parametrize("places", [FLAT, BESIDE, BEND])
@pytest.mark.parametrize("system", [1, 2])
def test_from_segy_to_zarr_and_back_headers_are_the_same(tmp_path, places, system):
    values = VALUES if places.ndim == 3 else VALUES[0]
    source = io.open(write(tmp_path / "s.sgy", values, places, system))
    result = io.open(copied(source, tmp_path / "r.zarr"))
    assert result.grid == source.grid
    assert same(result.grid.attributes, source.grid.attributes)
    copied(result, tmp_path / "t.sgy")
    with (
        segyio.open(tmp_path / "s.sgy", ignore_geometry=True) as one,
        segyio.open(tmp_path / "t.sgy", ignore_geometry=True) as two,
    ):
        for byte in (21, 71, 109, 115, 117, 181, 185, 189, 193)[0 if places.ndim == 2 else 1 :]:
            off = 1 if byte in (181, 185) and places is FLAT else 0  # cm; of a grid the origin and the vectors are kept
            np.testing.assert_allclose(one.attributes(byte)[:], two.attributes(byte)[:], rtol=0, atol=off)
        assert one.bin[3255] == two.bin[3255]
        np.testing.assert_array_equal(one.trace.raw[:], two.trace.raw[:])


AXES = (Axis("inline", 3, 0.1, 0.3), Axis("crossline", 2, 7, -1), Axis("depth", 4, 1 / 3, 1 / 7, "ft"))
ODD = np.random.default_rng(2).standard_normal((6, 2)) / 3


@pytest.mark.parametrize(
    "grid",
    [
        Grid(AXES),
        Grid(AXES, {"coordinates": {"origin": [1 / 3, 2.0], "vectors": [[0.1, 0.2], [-0.2, 0.1]], "unit": "ft"}}),
        Grid(AXES, {"coordinates": {"origin": [1 / 3, 2.0], "vectors": [[0.1, 0.2], [-0.2, 0.1]], "traces": ODD}}),
        Grid(AXES, {"coordinates": {"unit": "degrees", "units": 3, "traces": ODD}}),
        Grid(AXES, {"coordinates": {"unit": SEXAGESIMAL, "units": 4, "traces": ODD}, "finer": "superres"}),
        Grid(AXES, {"coordinates": {"origin": [0.0, 0.0], "vectors": [[1.0, 0], [0, 1.0]], "traces": ODD[:5]}}),
        Grid(AXES, {"coordinates": {"corners": [[1.0, 2.0, 3.5, 4.5]]}, "cdp": [1, 2, 9], "sorting": "inline"}),
        Grid(AXES[1:], {"coordinates": {"points": ODD[:2].tolist(), "unit": "ft", "bytes": [181, 185]}}),
        Grid(AXES[1:], {"coordinates": {"origin": [0.0, 0.1], "vectors": [[1.0, 0.0]], "traces": ODD[:2]}}),
        Grid(AXES[2:], {"coordinates": {"points": [[1.0, 2.0]]}}),
        Grid((Axis("a b", 3), Axis("a/b", 2, 5), Axis("data", 4, 0, 0.5))),
        Grid((Axis("axis", 3, 7), Axis("axis", 2, 5), Axis("cdp_x", 4, 0, 0.5, "µs"))),
        Grid((Axis("axis", 3), Axis("axis", 2), AXES[2]), {"coordinates": {"unit": "m", "traces": ODD}}),
        Grid((Axis("Time", 3, 7), Axis("time", 2, 5), Axis("zarr.json", 4), Axis("", 2, 5))),
        Grid((Axis("channel", 2, 3), *AXES), {"coordinates": {"origin": [0.0, 0.0], "vectors": [[1.0, 0.0]] * 3}}),
    ],
    ids=str,
)
def test_the_grid_comes_back_to_the_last_bit(tmp_path, grid):
    source = io.ArraySource(np.arange(math.prod(grid.shape), dtype="f4").reshape(grid.shape), grid)
    for inner in ("", "data"):
        result = io.open(copied(source, tmp_path / "r.zarr", overwrite=True) / inner)
        assert [astuple(axis) for axis in result.grid.axes] == [astuple(axis) for axis in grid.axes]
        assert same(grid.attributes, result.grid.attributes)
        np.testing.assert_array_equal(result.read(...), source.read(...))
        assert "coordinates" not in dict(result.describe())


@pytest.mark.parametrize("places", [FLAT, BESIDE])
def test_blocks_of_many_chunks_are_the_same(tmp_path, monkeypatch, places):
    monkeypatch.setattr("geocnn.io.zarr_map._CHUNK", 2)
    source = io.open(write(tmp_path / "s.sgy", VALUES, places))
    data = opened(copied(source, tmp_path / "r.zarr"))
    assert zarr.open_array(tmp_path / "r.zarr" / "cdp_x").chunks == (2, 2)
    index = np.moveaxis(np.indices(SHAPE[:2], float), 0, -1).reshape(-1, 2)
    theirs = np.stack([data["cdp_x"], data["cdp_y"]], axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(theirs, source.grid.map_xy(index))


def test_angles_are_in_degrees_or_seconds(tmp_path):
    for unit, told in (("degrees", "degrees"), (SEXAGESIMAL, "seconds of arc"), ("seconds of arc", "seconds of arc")):
        grid = Grid(AXES, {"coordinates": {"unit": unit, "traces": ODD}})
        data = opened(copied(io.ArraySource(np.ones(grid.shape), grid), tmp_path / "r.zarr", overwrite=True))
        assert data["cdp_x"].attrs == {"units": told}


@pytest.mark.parametrize("kind", ["regular", "irregular", "crooked"])
def test_older_results_are_read(tmp_path, kind):
    """Single arrays with the attribute axes, and map coordinates as JSON."""
    axes = AXES[1:] if kind == "crooked" else AXES
    known = {"origin": [1 / 3, 2.0], "vectors": [[0.1, 0.2], [-0.2, 0.1]], "unit": "ft"}
    known |= {"regular": {}, "irregular": {"traces": ODD.tolist()}, "crooked": {"points": ODD[:2].tolist()}}[kind]
    if kind == "crooked":
        del known["origin"], known["vectors"]
    stated = [{"name": a.name, "start": a.start, "step": a.step, "unit": a.unit} for a in axes]
    values = np.arange(math.prod(a.size for a in axes), dtype="f4").reshape([a.size for a in axes])
    attributes = {"axes": stated, "coordinates": known, "description": "old", "scale_factor": 0.5}
    names = [a.name for a in axes]
    zarr.create_array(tmp_path / "o.zarr", data=values, attributes=attributes, dimension_names=names)
    source = io.open(tmp_path / "o.zarr")
    assert source.grid.axes == axes
    table = {"traces": ODD} if kind == "irregular" else {}
    assert same(source.grid.attributes, {"coordinates": known | table, "description": "old"})
    np.testing.assert_array_equal(source.read(...), values)
    new = copied(source, tmp_path / "o.zarr2.zarr")
    assert same(io.open(new).grid.attributes, source.grid.attributes)
    io.create(tmp_path / "o.zarr", values, overwrite=True).commit()
    assert io.open(tmp_path / "o.zarr" / "data").grid.shape == values.shape


def test_whole_numbers_are_integers_and_others_are_not(tmp_path):
    grid = Grid((Axis("inline", 3, 100, 0.5), Axis("crossline", 2, 7, -1), Axis("time", 4, -8, 0.25, "ms")))
    data = opened(copied(io.ArraySource(VALUES[:3, :2, :4], grid), tmp_path / "r.zarr"))
    np.testing.assert_array_equal(data["inline"], [100, 100.5, 101])
    np.testing.assert_array_equal(data["time"], [-8, -7.75, -7.5, -7.25])
    assert [data[name].dtype for name in grid.names] == [np.float64, np.int64, np.float64]
    assert not data["time"].isnull().any()
    np.testing.assert_array_equal(data["data"].sel(inline=100.5), VALUES[1, :2, :4])


def test_per_cent_is_a_probability_in_xarray_and_itself_in_geocnn(tmp_path):
    values = np.array([[0, 0.5, 1], [0.29, -0.01, 0]], np.float32)
    with io.create(tmp_path / "r.zarr", values, dtype=np.int8, scale=100) as sink:
        sink.write((0, 0), values)
    np.testing.assert_allclose(opened(tmp_path / "r.zarr")["data"], np.where(values < 0, np.nan, values), rtol=1e-6)
    result = io.open(tmp_path / "r.zarr")
    assert result.dtype == np.int8
    np.testing.assert_array_equal(result.read(...), np.rint(values * 100))
    assert not {"samples", "no sample"} & set(dict(result.describe()))
    opened(tmp_path / "r.zarr").to_zarr(tmp_path / "x.zarr", consolidated=False)
    np.testing.assert_array_equal(io.open(tmp_path / "x.zarr").read(...), np.rint(values * 100))
    classes = np.array([[0, 1, 2], [-1, 0, 3]], np.float32)
    with io.create(tmp_path / "c.zarr", classes, dtype=np.int8) as sink:
        sink.write((0, 0), classes)
    np.testing.assert_array_equal(opened(tmp_path / "c.zarr")["data"], classes)


def test_netcdf_takes_a_result(tmp_path):
    source = io.open(write(tmp_path / "s.sgy", VALUES, BESIDE))
    data = opened(copied(source, tmp_path / "r.zarr"))
    data.to_netcdf(tmp_path / "r.nc", engine="scipy")
    again = xarray.load_dataset(tmp_path / "r.nc", engine="scipy")
    xarray.testing.assert_equal(again, data)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.isel(inline=slice(1, 4)),
        lambda data: data.isel(crossline=slice(None, None, -1)),
        lambda data: data.isel(inline=slice(None, None, 2)),
        lambda data: data.sel(time=slice(16, 24)),
        lambda data: data.sel(inline=102),
        lambda data: data.transpose("crossline", "inline", "time"),
        lambda data: data.assign_coords(inline=data["inline"] + 1),
    ],
)
@pytest.mark.parametrize("places", [FLAT, BESIDE])
def test_parts_that_xarray_has_cut_out_have_their_own_numbers_and_places(tmp_path, change, places):
    """Attributes stay with them, and say what was true of the whole."""
    source = io.open(write(tmp_path / "s.sgy", VALUES, places))
    data = change(opened(copied(source, tmp_path / "r.zarr")))
    data.to_zarr(tmp_path / "x.zarr", consolidated=False)
    part = io.open(tmp_path / "x.zarr").grid
    own = data["data"]
    assert part.names == own.dims
    for axis in part.axes:
        np.testing.assert_array_equal(axis.values, own[axis.name])
    assert part.axes[-1].unit == "ms"
    index = np.moveaxis(np.indices(part.shape[:-1], float), 0, -1).reshape(-1, part.ndim - 1)
    theirs = np.stack([own["cdp_x"], own["cdp_y"]], axis=-1).reshape(-1, 2)
    assert part.attributes["coordinates"]["unit"] == "m"
    off = 0.02 if places is FLAT or part.is_irregular else 0.05 * max(part.spacing)  # which is a regular grid
    np.testing.assert_allclose(part.map_xy(index), theirs, rtol=0, atol=off)


@pytest.mark.parametrize("places", [FLAT, BESIDE, BEND])
@pytest.mark.parametrize("inner", ["", "data"])
def test_places_that_are_changed_count(tmp_path, places, inner):
    """In feet of another origin, for instance."""
    values = VALUES if places.ndim == 3 else VALUES[0]
    data = opened(copied(io.open(write(tmp_path / "s.sgy", values, places)), tmp_path / "r.zarr"))
    moved = {name: (data[name] - data[name].min()) / 0.3048 + 1000 for name in ("cdp_x", "cdp_y")}
    data = data.assign_coords({name: one.assign_attrs(units="ft") for name, one in moved.items()})
    data.to_zarr(tmp_path / "x.zarr", consolidated=False)
    grid = io.open(tmp_path / "x.zarr" / inner).grid
    index = np.moveaxis(np.indices(grid.shape[:-1], float), 0, -1).reshape(-1, grid.ndim - 1)
    theirs = np.stack([moved["cdp_x"], moved["cdp_y"]], axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(grid.map_xy(index), theirs, rtol=0, atol=0.02)
    np.testing.assert_allclose(grid.spacing, io.open(tmp_path / "r.zarr").grid.spacing, rtol=1e-3)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("as_coordinates", [True, False])
@pytest.mark.parametrize("places", [FLAT, BESIDE])
def test_what_xarray_writes_has_the_places_of_its_traces(tmp_path, version, as_coordinates, places):
    source = io.open(write(tmp_path / "s.sgy", VALUES, places))
    over, rounded = ("iline", "xline"), np.round(places, 2)
    data = xarray.Dataset(
        {"amplitude": ((*over, "twt"), VALUES)},
        {"iline": 100 + 2 * np.arange(5), "xline": 300 + np.arange(6), "twt": ("twt", np.arange(7) * 4.0)},
    )
    data["twt"].attrs["units"] = "ms"
    for name, values in zip(("cdp_x", "cdp_y"), np.moveaxis(rounded, -1, 0), strict=True):
        data[name] = over, values, {"units": "m"}
    data["cdp_y"] = data["cdp_y"].transpose("xline", "iline")
    data = data.set_coords(["cdp_x", "cdp_y"]) if as_coordinates else data
    data.to_zarr(tmp_path / "x.zarr", zarr_format=version, consolidated=version == 2)
    result = io.open(tmp_path / "x.zarr")
    assert result.grid.names == ("iline", "xline", "twt")
    known, headers = (dict(one.grid.attributes["coordinates"]) for one in (result, source))
    assert result.grid.is_irregular == source.grid.is_irregular
    np.testing.assert_array_equal(known["corners"], headers["corners"])
    np.testing.assert_array_equal(known["origin"], headers["origin"])
    np.testing.assert_array_equal(known["vectors"], headers["vectors"])
    assert known["unit"] == "m"
    copied(result, tmp_path / "t.sgy")
    with segyio.open(tmp_path / "t.sgy") as one, segyio.open(tmp_path / "s.sgy") as two:
        for byte in (181, 185, 189, 193):
            off = 1 if byte in (181, 185) and places is FLAT else 0  # cm
            np.testing.assert_allclose(one.attributes(byte)[:], two.attributes(byte)[:], rtol=0, atol=off)


@pytest.mark.parametrize(
    ("units", "unit", "factor"),
    [("m", "m", 1), ("km", "m", 1000), ("feet", "ft", 1), ("", "", 1), ("somewhere", "", 1), ("s", None, 1)],
)
def test_units_of_others(tmp_path, units, unit, factor):
    data = xarray.Dataset({"d": (("trace", "twt"), VALUES[0])}, {"twt": np.arange(7) * 4.0})
    for name, values in zip(("cdp_x", "cdp_y"), BEND.T, strict=True):
        data[name] = "trace", values / factor, {"units": units} if units else {}
    data.to_zarr(tmp_path / "x.zarr", consolidated=False)
    grid = io.open(tmp_path / "x.zarr").grid
    if unit is None:
        assert not grid.has_coordinates
        return
    assert grid.attributes["coordinates"].get("unit", "") == unit
    assert grid.is_crooked
    np.testing.assert_allclose(grid.map_xy(np.arange(6.0)[:, None]), BEND, atol=0.001)


@pytest.mark.parametrize("kind", ["zero", "nan", "numbers", "one alone", "other dimensions", "text", "too large"])
def test_coordinates_that_make_no_sense_are_left_out(tmp_path, kind):
    over = ("inline", "crossline")
    lines = {"inline": 100 + np.arange(5.0), "crossline": 300 + np.arange(6.0)}
    data = xarray.Dataset({"d": ((*over, "time"), VALUES)}, lines)
    x, y = np.moveaxis(FLAT.copy(), -1, 0)
    if kind in ("zero", "nan", "too large"):
        x[:] = y[:] = {"zero": 0, "nan": np.nan, "too large": 1e9}[kind]
    elif kind == "numbers":
        x, y = np.meshgrid(*lines.values(), indexing="ij")
    data["cdp_x"] = over, x
    if kind != "one alone":
        data["cdp_y"] = ("inline", "other") if kind == "other dimensions" else over, y
    if kind == "text":
        data["cdp_y"] = over, np.full(y.shape, "a")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # text is no type of Zarr v3 yet
        data.to_zarr(tmp_path / "x.zarr", consolidated=False)
    grid = io.open(tmp_path / "x.zarr").grid
    assert grid.names == (*over, "time")
    assert "coordinates" not in grid.attributes


def test_traces_without_a_place_of_others_are_interpolated(tmp_path):
    over, places = ("inline", "crossline"), np.round(FLAT, 2)
    places[1:3, 2] = np.nan
    data = xarray.Dataset({"d": ((*over, "time"), VALUES)})
    data["cdp_x"], data["cdp_y"] = (over, places[..., 0]), (over, places[..., 1])
    data.to_zarr(tmp_path / "x.zarr", consolidated=False)
    grid = io.open(tmp_path / "x.zarr").grid
    np.testing.assert_allclose(grid.map_xy(np.array([[1.0, 2.0], [4.0, 5.0]])), [FLAT[1, 2], FLAT[4, 5]], atol=0.02)


def test_arrays_that_are_gone_are_told(tmp_path):
    path = copied(io.open(write(tmp_path / "s.sgy", VALUES, BESIDE)), tmp_path / "r.zarr")
    data = opened(path).drop_vars(["cdp_x", "cdp_y"])
    data.to_zarr(tmp_path / "x.zarr", consolidated=False)
    result = io.open(tmp_path / "x.zarr")
    said = "cdp_x and cdp_y are missing or damaged, and with them the places of the traces"
    assert ("coordinates", said) in result.describe()
    assert result.grid.has_coordinates
    assert not result.grid.is_irregular


@pytest.mark.parametrize("of", ["geocnn", "xarray"])
def test_info_tells_where_they_are(tmp_path, capsys, of):
    path = copied(io.open(write(tmp_path / "s.sgy", VALUES, BESIDE)), tmp_path / "r.zarr")
    if of == "xarray":
        data = opened(path)
        del data["data"].attrs["geocnn"]
        data.to_zarr(tmp_path / "x.zarr", consolidated=False)
        path = tmp_path / "x.zarr"
    assert main(["info", str(path), "--no-picture"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    where = "X at byte 181, Y at byte 185" if of == "geocnn" else "X and Y"
    assert f"coordinates {where}, in m inline 100, crossline 300: {BESIDE[0, 0, 0]:.2f}, {BESIDE[0, 0, 1]:.2f}" in said
    assert "m between inlines, 12." in said


def test_a_sink_goes_on_with_the_same_bytes(tmp_path):
    """Of a run that a signal has ended after its first mark, against one that was not."""
    source = io.open(write(tmp_path / "s.sgy", VALUES, BESIDE))
    copied(source, tmp_path / "one.zarr")
    killed = ZarrSink(tmp_path / "two.zarr", source.grid, job="job")
    killed.write((0, 0, 0), VALUES[:2])
    killed.mark(2)
    killed._leave = lambda: True  # as if after a minute
    killed._end()
    killed._set_aside()
    with ZarrSink(tmp_path / "two.zarr", source.grid, job="job") as sink:
        assert sink.resumed == (2,)
        sink.write((2, 0, 0), VALUES[2:])
    one, two = (
        {file.relative_to(path): file.read_bytes() for file in path.rglob("*") if file.is_file()}
        for path in (tmp_path / "one.zarr", tmp_path / "two.zarr")
    )
    assert one == two


@pytest.mark.parametrize("order", [("time", "inline", "crossline"), ("inline", "time", "crossline")])
def test_results_that_others_have_turned_are_refused(tmp_path, order, capsys):
    """Else crosslines would be taken for time."""
    source = io.open(write(tmp_path / "s.sgy", VALUES, FLAT))
    turned = opened(copied(source, tmp_path / "r.zarr")).transpose(*order)
    turned.to_zarr(tmp_path / "t.zarr", consolidated=False)
    assert main(["info", str(tmp_path / "t.zarr")]) == 2
    assert "('inline', 'crossline', 'time')" in capsys.readouterr().err.replace("\n", " ")
