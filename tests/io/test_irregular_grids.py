"""Cubes whose traces lie beside a regular grid: distances and directions of the grid, and each trace's own place."""

import csv
from pathlib import Path

import numpy as np
import pytest
import segyio
from scipy.interpolate import RegularGridInterpolator
from tests.interpretation.drawing import centre

import geocnn
from geocnn import io
from geocnn.cli import main
from geocnn.grid import Axis, Grid
from geocnn.interpretation import interpret
from geocnn.io.horizons import Horizon, read_horizon, write_horizon
from geocnn.io.segy_coordinates import coordinates
from geocnn.io.segy_fields import Fields
from geocnn.io.segy_geometry import Geometry
from geocnn.io.stretched import StretchedSource

SHAPE = (30, 34, 60)
EARTH = 6.37e6


def scattered(shape=SHAPE[:2]):
    """Middles of sources and receivers, 1.5 m beside the middles of bins of 25 m x 12.5 m, turned by 20 degrees."""
    turn = np.deg2rad(20)
    vectors = np.array([[25 * np.cos(turn), -25 * np.sin(turn)], [12.5 * np.sin(turn), 12.5 * np.cos(turn)]])
    places = np.moveaxis(np.indices(shape), 0, -1) @ vectors + [435_000, 6_470_000]
    return places + np.random.default_rng(0).normal(0, 1.5, places.shape), vectors


def bent(count=3200, lines=3):
    """40 km in bins of 12.5 m, seen 250 km from the central meridian of another transverse Mercator projection."""
    east = 250_000 + 12.5 * np.arange(count)
    own = np.stack(np.broadcast_arrays(east + east**3 / (6 * EARTH**2), 12.5 * np.arange(lines)[:, None]), axis=-1)
    return own + np.array([500_000, 5_900_000]), np.array([[0, 12.5], [12.5 * (1 + 270_000**2 / (2 * EARTH**2)), 0]])


def fault(shape=SHAPE):
    """A plane that dips to the east by 60 degrees on the scattered grid, at 2000 m/s and 4 ms."""
    x, y = ((np.indices(shape[:2])[k] - centre(shape[k])) for k in (0, 1))
    _, vectors = scattered()
    east = x * vectors[0, 0] + y * vectors[1, 0]
    depth = np.tan(np.radians(60)) * east / 4 + centre(shape[2])
    steep = np.hypot(1, np.tan(np.radians(60)) * np.hypot(*vectors[:, 0]) / 4)
    away = (np.arange(shape[2]) - depth[..., None]) / steep
    return np.exp(-(away**2) / 3).astype(np.float32)


def write(path, values, places):
    """A cube with map coordinates in centimetres, with segyio."""
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(values.shape[-1]) * 4.0, places[..., 0].size, 5
    with segyio.create(path, spec) as file:
        file.bin.update({segyio.BinField.Interval: 4000, segyio.BinField.MeasurementSystem: 1})
        for k, at in enumerate(np.ndindex(*places.shape[:2])):
            file.trace[k] = values[at]
            x, y = np.rint(100 * places[at]).astype(int)
            file.header[k] = {
                189: 100 + 2 * at[0],
                193: 300 + at[1],
                71: -100,
                181: int(x),
                185: int(y),
                115: 60,
                117: 4000,
            }
    return path


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    return write(tmp_path_factory.mktemp("irregular") / "s.sgy", fault(), scattered()[0])


@pytest.mark.parametrize("made", [scattered, bent])
def test_distances_are_those_of_the_grid_and_places_those_of_the_traces(tmp_path, made):
    places, vectors = made()
    grid = io.open(write(tmp_path / "c.sgy", np.zeros((*places.shape[:2], 1), np.float32), places)).grid
    assert grid.is_irregular
    assert grid.spacing == pytest.approx(np.hypot(*vectors.T), rel=2e-3)
    np.testing.assert_allclose(grid.directions, vectors / np.hypot(*vectors.T)[:, None], atol=2e-3)
    index = np.moveaxis(np.indices(places.shape[:2], float), 0, -1).reshape(-1, 2)
    np.testing.assert_allclose(grid.map_xy(index), places.reshape(-1, 2), atol=0.0051)
    assert grid.attributes["coordinates"]["traces"].nbytes == 16 * len(index)


def test_between_traces_they_are_interpolated_and_beyond_them_the_grid_goes_on(survey):
    grid, rng = io.open(survey).grid, np.random.default_rng(1)
    size = np.array(SHAPE[:2])
    places = rng.uniform(0, 1, (500, 2)) * (size - 1)
    theirs = RegularGridInterpolator(tuple(map(np.arange, size)), np.rint(100 * scattered()[0]) / 100)
    np.testing.assert_allclose(grid.map_xy(places), theirs(places), atol=0.001)
    beyond = places + 2 * (size - 1)
    ends = np.broadcast_to(size - 1, beyond.shape)
    expected = theirs(ends) + (beyond - ends) @ grid.regular[1]
    np.testing.assert_allclose(grid.map_xy(beyond[(beyond > ends).all(axis=1)]), expected[(beyond > ends).all(axis=1)])


def test_the_headers_of_a_regular_grid_make_no_table(tmp_path):
    _, vectors = scattered()
    places = np.moveaxis(np.indices(SHAPE[:2]), 0, -1) @ vectors + [435_000, 6_470_000]
    grid = io.open(write(tmp_path / "r.sgy", fault(), places)).grid
    assert not grid.is_irregular
    assert set(grid.attributes["coordinates"]) == {"bytes", "corners", "units", "unit", "origin", "vectors"}
    where = np.array([[3.5, 7.25], [-4, 60]])
    known = grid.attributes["coordinates"]
    np.testing.assert_array_equal(grid.map_xy(where), np.array(known["origin"]) + where @ np.array(known["vectors"]))


@pytest.mark.parametrize("kind", ["by chance", "two halves", "to and fro", "40 m beside", "damaged"])
def test_nonsense_is_no_grid(tmp_path, kind):
    places, rng = scattered()[0], np.random.default_rng(2)
    if kind == "by chance":
        places = rng.uniform([0, 0], [1e5, 1e6], places.shape)
    elif kind == "two halves":
        places[15:] += [0, 3000]
    elif kind == "to and fro":
        places[::2] = places[::2, ::-1]
    elif kind == "40 m beside":
        places += rng.normal(0, 40, places.shape)
    else:
        places[3, :20] = [1, 2]
    grid = io.open(write(tmp_path / "n.sgy", np.zeros((*places.shape[:2], 1), np.float32), places)).grid
    assert not grid.has_coordinates
    assert grid.spacing == ()
    np.testing.assert_allclose(grid.attributes["coordinates"]["traces"], places.reshape(-1, 2), atol=0.0051)


def test_a_damaged_header_is_no_part_of_the_grid(tmp_path):
    places, vectors = scattered()
    wrong = places.copy()
    wrong[4, 5], wrong[20, 30] = [1, 2], [435_000, 7_000_000]
    source = io.open(write(tmp_path / "d.sgy", np.zeros((*places.shape[:2], 1), np.float32), wrong))
    told = [text for label, text in source.describe() if label == "coordinates"]
    assert told[0] == "2 traces have coordinates far from their places"
    assert told[1].endswith(" m beside a regular grid; each trace keeps its own, and distances are those of the grid")
    assert 4 < float(told[1].split()[2]) < 9
    assert source.grid.spacing == pytest.approx((25, 12.5), abs=0.05)
    np.testing.assert_allclose(
        source.grid.map_xy(np.array([[4.0, 5.0], [20.0, 30.0]])), [places[4, 5], places[20, 30]], atol=8
    )
    np.testing.assert_allclose(source.grid.directions, vectors / np.hypot(*vectors.T)[:, None], atol=2e-3)


def test_faults_have_dips_strikes_and_places_on_the_map(survey, tmp_path, capsys):
    made = interpret(survey, table=tmp_path / "t.csv", sticks=tmp_path / "s.dat", show_progress=False)
    assert made.objects[0].dip == pytest.approx(60, abs=1)
    assert made.objects[0].strike == pytest.approx(0, abs=1.5) or made.objects[0].strike == pytest.approx(360, abs=1.5)
    assert not [note for note in made.notes if "apart" in note or "spacing" in note]
    header, *rows = csv.reader(Path(tmp_path / "t.csv").read_text().splitlines())
    assert "strike (degrees)" in header
    assert len(rows) == 1
    nodes = np.loadtxt(tmp_path / "s.dat")
    middle = scattered()[0].reshape(-1, 2).mean(axis=0)
    depth = np.tan(np.radians(60)) * (nodes[:, 0] - middle[0]) / 4 + centre(SHAPE[2])
    off = np.abs(depth - nodes[:, 2] / 4) * 4 / np.tan(np.radians(60))
    assert off.max() < 6  # m; traces are scattered by 1.5
    assert main(["info", str(survey), "--no-picture"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "spacing 25.01 m between inlines, 12.5 m between crosslines" in said
    assert "beside a regular grid; each trace keeps its own" in said


def test_horizons_go_by_the_places_of_the_traces(survey, tmp_path):
    grid = io.open(survey).grid
    values = np.random.default_rng(3).uniform(20, 200, SHAPE[:2])
    write_horizon(Horizon("top", values), tmp_path / "top.dat", grid)
    table = np.loadtxt(tmp_path / "top.dat")
    np.testing.assert_allclose(table[:, 2:4], scattered()[0].reshape(-1, 2), atol=0.011)
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", grid).values, values, atol=0.001)
    np.savetxt(tmp_path / "xyz.dat", table[:, 2:])
    read = read_horizon(tmp_path / "xyz.dat", grid)
    assert "x y" in read.told
    np.testing.assert_allclose(read.values, values, atol=0.001)
    table[:, 2:4] += [3000, 0]
    np.savetxt(tmp_path / "far.dat", table[:, 2:])
    with pytest.raises(geocnn.errors.DataError, match="no pick inside of the survey"):
        read_horizon(tmp_path / "far.dat", grid)


@pytest.mark.parametrize("chain", [["copy.sgy"], ["copy.zarr"], ["copy.zarr", "again.sgy"]])
def test_results_keep_the_place_of_each_trace(survey, tmp_path, chain):
    source = io.open(survey)
    for name in chain:
        with io.create(tmp_path / name, source) as sink:
            sink.write((0, 0, 0), source.read(...))
        source = io.open(tmp_path / name)
    assert source.grid.is_irregular
    assert source.grid.spacing == pytest.approx(io.open(survey).grid.spacing)
    index = np.moveaxis(np.indices(SHAPE[:2], float), 0, -1).reshape(-1, 2)
    np.testing.assert_allclose(source.grid.map_xy(index), scattered()[0].reshape(-1, 2), atol=0.0051)
    if chain[-1].endswith(".sgy"):
        with segyio.open(tmp_path / chain[-1]) as file, segyio.open(survey) as own:
            for byte in (181, 185, 71):
                np.testing.assert_array_equal(file.attributes(byte)[:], own.attributes(byte)[:])


def test_all_traces_of_a_large_cube_keep_their_places(survey, monkeypatch):
    monkeypatch.setattr("geocnn.io.segy_coordinates.MAX_TRACES", 1000)
    assert io.open(survey).grid.is_irregular


def test_a_finer_survey_and_a_section_have_them_too(survey):
    source = io.open(survey)
    fine = StretchedSource(source, (1, 2, 1)).grid
    assert fine.is_irregular
    assert fine.spacing == pytest.approx(np.array(source.grid.spacing) / [1, 2])
    places = np.random.default_rng(4).uniform(0, 1, (100, 2)) * [29, 33]
    np.testing.assert_allclose(fine.map_xy(places * [1, 2]), source.grid.map_xy(places), atol=1e-6)
    for axis, index in ((0, 7), (1, 12)):
        section = source.grid.section(axis, index)
        along = places[:, [1 - axis]]
        np.testing.assert_allclose(section.map_xy(along), source.grid.map_xy(np.insert(along, axis, index, axis=1)))
        assert section.spacing == (source.grid.spacing[1 - axis],)


def test_a_table_of_another_survey_is_not_used():
    axes = (Axis("inline", 4), Axis("crossline", 3), Axis("time", 5))
    known = {"origin": [0.0, 0.0], "vectors": [[0, 25.0], [12.5, 0]], "traces": np.zeros((5, 2))}
    grid = Grid(axes, {"coordinates": known})
    assert not grid.is_irregular
    np.testing.assert_array_equal(grid.map_xy(np.array([[1.0, 2.0]])), [[25, 25]])


def test_what_is_asked_of_the_headers_does_not_grow_with_the_grid():
    """A million traces: 16 bytes each, and none for those on a regular grid."""
    shape = (1000, 1000)
    places, _ = scattered(shape)
    xy = np.rint(100 * places.reshape(-1, 2)).astype(np.int32)
    lines = np.indices(shape).reshape(2, -1).astype(np.int32)
    fields: Fields = {181: xy[:, 0], 185: xy[:, 1], 73: xy[:, 0], 77: xy[:, 1], 189: lines[0], 193: lines[1]}
    fields |= {71: np.full(10**6, -100, np.int32), 89: np.ones(10**6, np.int32)}
    axes = (Axis("inline", 1000), Axis("crossline", 1000))
    geometry = Geometry(axes=axes, index=np.arange(10**6).reshape(shape), bytes=(189, 193), fill=1.0)
    found, notes = coordinates(fields, geometry, 1)
    assert found["traces"].nbytes == 16 * 10**6
    np.testing.assert_allclose(np.hypot(*np.array(found["vectors"]).T), [25, 12.5], rtol=1e-6)
    assert [label for label, _ in notes] == ["coordinates"]
