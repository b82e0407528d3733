"""What the page of a survey gets: the right samples, the right words where there are none."""

from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.viewer.answers import CUBE, client, part

import geocnn
from geocnn import io
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.io.horizons import Horizon
from geocnn.viewer import page_of
from geocnn.viewer.server import application


def amplitudes(*shape, seed=0):
    return (1e5 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def test_slices_of_a_cube_are_its_samples_to_sixteen_bits():
    cube = amplitudes(9, 7, 40)
    page = client(io.ArraySource(cube, CUBE))
    whole = {"layer": 0, "left": 0, "top": 0, "width": 100, "height": 100}
    expected = {
        "inline": (cube[3].T, {"at": 3, "right": 7, "bottom": 40}),
        "crossline": (cube[:, 5].T, {"at": 5, "right": 9, "bottom": 40}),
        "map": (cube[:, :, 20], {"at": 20, "right": 7, "bottom": 9}),  # crosslines to the right
    }
    for view, (samples, query) in expected.items():
        values, every = part(page, view=view, **whole, **query)
        assert every == (1, 1)
        np.testing.assert_allclose(values, samples, atol=np.abs(samples).max() / 60_000)


def test_a_layer_of_another_place_is_told():
    cube, shifted = amplitudes(9, 7, 40), Grid((*CUBE.axes[:2], replace(CUBE.axes[2], start=500)))
    page = page_of(io.ArraySource(cube, CUBE), (io.ArraySource(cube, shifted), cube))
    (note,) = page.notes
    assert note == (f"array 2 has {shifted.axes[2]}, and array 1 {CUBE.axes[2]}; it is shown as if it lay there.")


def test_a_layer_with_the_same_numbers_at_another_place_of_the_map_is_told():
    cube = amplitudes(9, 7, 40)
    here, there = (
        Grid(CUBE.axes, {"coordinates": {"origin": [3e5, y], "vectors": [[0, 25], [12, 0]]}}) for y in (5e6, 6e6)
    )
    page = page_of(io.ArraySource(cube, here), (io.ArraySource(cube, there), io.ArraySource(cube, here)))
    first = f"inline {CUBE.axes[0].start:g}, crossline {CUBE.axes[1].start:g} at x 300000, y"
    (note,) = page.notes
    assert note == f"array 2 has {first} 6000000, and array 1 {first} 5000000; it is shown as if it lay there."


def test_a_window_has_no_more_than_the_pixels_and_each_is_the_mean_of_its_samples():
    line = amplitudes(64, 120)
    query = {"layer": 0, "view": "line", "left": 8, "right": 40, "top": 20, "bottom": 100, "width": 16, "height": 20}
    values, every = part(client(line), **query)
    assert every == (2, 4)
    means = line[8:40, 20:100].reshape(16, 2, 20, 4).mean(axis=(1, 3)).T
    np.testing.assert_allclose(values, means, atol=np.abs(means).max() / 60_000)


def test_thin_faults_do_not_fade_where_pixels_are_few():
    line, fault = amplitudes(64, 128), np.zeros((64, 128), np.float32)
    fault[33] = 0.9
    query = {"layer": 1, "view": "line", "left": 0, "right": 64, "top": 0, "bottom": 128, "width": 8, "height": 8}
    values, _ = part(client(line, fault), **query)
    np.testing.assert_allclose(values[:, 4], 0.9, atol=1e-4)
    assert values[:, [0, 1, 2, 3, 5, 6, 7]].max() == 0


def test_missing_and_dead_traces_and_what_is_not_finite_have_no_data():
    line = amplitudes(10, 30)
    line[4] = 0
    line[6, 10] = np.nan
    query = {"layer": 0, "view": "line", "left": 0, "right": 10, "top": 0, "bottom": 30, "width": 50, "height": 50}
    values, _ = part(client(line), **query)
    expected = np.zeros((30, 10), bool)
    expected[:, 4] = expected[10, 6] = True
    np.testing.assert_array_equal(np.isnan(values), expected)


def test_dead_traces_stay_dead_and_mutes_stay_zero_where_one_zooms_in():
    line = amplitudes(10, 60)
    line[4] = 0
    line[:, :20] = 0
    query = {"layer": 0, "view": "line", "left": 2, "right": 8, "top": 5, "bottom": 15, "width": 50, "height": 50}
    values, _ = part(client(line), **query)
    assert np.isnan(values[:, 2]).all()
    assert (np.delete(values, 2, axis=1) == 0).all()


def test_a_spike_does_not_make_all_else_zero():
    line = amplitudes(10, 60)
    line[3, 7] = 1e30
    query = {"layer": 0, "view": "line", "left": 0, "right": 10, "top": 0, "bottom": 60, "width": 90, "height": 90}
    values, _ = part(client(line), **query)
    values[7, 3] = line[3, 7] = 0
    np.testing.assert_allclose(values, line.T, atol=300)


def test_what_predict_returns_is_a_layer_and_a_horizon_of_another_survey_is_refused():
    line = amplitudes(20, 40)
    result = geocnn.predict("faults", line, show_progress=False)
    assert client(line, result).get("/about").json()["layers"][1]["kind"] == "probability"
    with pytest.raises(DataError, match="the horizon top has 7 traces and the survey 20; give one"):
        page_of(line, (Horizon("top", np.zeros(7)),))


def test_text_of_any_name_is_a_horizon(tmp_path):
    (tmp_path / "top.hor").write_text("".join(f"{k} 12\n" for k in range(20)))
    page = page_of(amplitudes(20, 40), (tmp_path / "top.hor",))
    assert page.notes == ["horizon top: 20 of 20 picks, read as trace time"]


def test_maps_of_large_cubes_are_of_some_of_their_traces(monkeypatch):
    monkeypatch.setattr("geocnn.viewer.survey._MANY", 10)
    cube = amplitudes(9, 8, 6)
    query = {"layer": 0, "view": "map", "at": 2, "left": 0, "right": 8, "top": 0, "bottom": 9, "width": 4, "height": 3}
    values, every = part(client(cube), **query)
    assert every == (2, 3)
    expected = cube[[1, 4, 7], :, 2].reshape(3, 4, 2).mean(axis=2)  # the middle one of three inlines
    np.testing.assert_allclose(values, expected, atol=np.abs(expected).max() / 60_000)


@pytest.mark.parametrize("factor", [1e-36, 1e-9, 1e30])
def test_amplitudes_of_any_size_arrive(factor):
    line = amplitudes(5, 20) * np.float32(factor)
    query = {"layer": 0, "view": "line", "left": 0, "right": 5, "top": 0, "bottom": 20, "width": 50, "height": 50}
    values, _ = part(client(line), **query)
    np.testing.assert_allclose(values, line.T, atol=np.abs(line).max() / 60_000)


def test_the_page_knows_axes_layers_places_and_colours():
    cube = amplitudes(9, 7, 40)
    chance = np.random.default_rng(1).random((9, 7, 40)).astype(np.float32)
    classes = np.zeros((9, 7, 40), np.uint8)
    classes[:, :, 5:9] = np.arange(4)
    found = client(io.ArraySource(cube, CUBE), chance, classes).get("/about").json()
    assert [axis["name"] for axis in found["axes"]] == ["inline", "crossline", "time"]
    assert found["axes"][0] == {"name": "inline", "size": 9, "start": 100, "step": 2, "unit": ""}
    files = [layer for layer in found["layers"] if not layer["network"]]
    assert [layer["kind"] for layer in files] == ["amplitude", "probability", "classes"]
    assert found["layers"][0]["high"] == -found["layers"][0]["low"]
    assert found["layers"][2] == {
        "name": "array 3", "kind": "classes", "low": 0.0, "high": 3.0, "background": True, "colours": "grey",
        "threshold": geocnn.load("faults", ndim=3).card.threshold, "on": True, "network": False,
    }  # fmt: skip
    assert found["spacing"] == [25.0, 12.5]
    origin, (along, across) = np.array(found["map"]["origin"]), np.array(found["map"]["vectors"])
    # Inline 110 and crossline 13 are the places 5 and 3.
    np.testing.assert_allclose(origin + 5 * along + 3 * across, CUBE.map_xy(np.array([[5.0, 3.0]]))[0])
    tables = {name: np.frombuffer(b64decode(code), np.uint8) for name, code in found["colours"].items()}
    assert {table.size for table in tables.values()} == {1024}
    grey = tables["grey"].reshape(256, 4)
    assert grey[0].tolist() == [0, 0, 0, 255]
    assert grey[-1].tolist() == [255, 255, 255, 255]


def test_the_page_is_told_the_regular_grid_that_is_near_to_the_traces():
    own = np.moveaxis(np.indices((9, 7)), 0, -1).reshape(-1, 2) @ CUBE.regular[1] + CUBE.regular[0]
    own += np.random.default_rng(0).normal(0, 2, own.shape)
    known = CUBE.attributes["coordinates"] | {"traces": own}
    grid = Grid(CUBE.axes, {"coordinates": known})
    found = client(io.ArraySource(amplitudes(9, 7, 40), grid)).get("/about").json()
    exact = client(io.ArraySource(amplitudes(9, 7, 40), CUBE)).get("/about").json()
    assert found["map"] == exact["map"] | {"near": True}
    assert found["spacing"] == exact["spacing"]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({}, "layer is missing; needed is a number from 0 to 2."),
        ({"layer": 3}, "layer is 3; needed is a number from 0 to 2."),
        ({"layer": 0, "view": "depth"}, "view is depth; needed is line."),
        ({"layer": 0, "view": "line", "left": 3, "right": 3}, "right is 3; needed is a number from 4 to 5."),
        ({"layer": 0, "view": "line", "left": "x"}, "left is x; needed is a number from 0 to 4."),
    ],
)
def test_what_cannot_be_asked_is_answered_with_a_sentence(query, word):
    answer = client(amplitudes(5, 20)).get("/slice", params=query)
    assert answer.status_code == 422
    assert answer.json() == {"error": word}


def test_a_file_that_became_shorter_is_told(tmp_path):
    with io.create(tmp_path / "cube.sgy", io.ArraySource(amplitudes(9, 7, 40), CUBE)) as sink:
        sink.write((0, 0, 0), amplitudes(9, 7, 40))
    page = client(tmp_path / "cube.sgy")
    (tmp_path / "cube.sgy").write_bytes((tmp_path / "cube.sgy").read_bytes()[:5000])
    query = {"layer": 0, "view": "inline", "at": 8, "left": 0, "right": 7, "top": 0, "bottom": 40}
    answer = page.get("/slice", params={**query, "width": 9, "height": 9})
    assert answer.json() == {"error": "cube.sgy became shorter while it was read; copy it again."}


def test_points_lie_in_the_middle_of_a_fault():
    x, y, z = np.meshgrid(*map(np.arange, (40, 30, 50)), indexing="ij")
    middle = 12 + 0.2 * y + 0.15 * z
    fault = np.exp(-(((x - middle) / 1.5) ** 2)).astype(np.float32)
    page = client(amplitudes(40, 30, 50), fault)
    found = np.frombuffer(page.get("/points", params={"layer": 1}).content, "<f4").reshape(-1, 4)
    assert len(found) > 0.9 * 30 * 50  # the sheet has a point for almost every trace across it
    assert len(found) < 1.6 * 30 * 50
    off = found[:, 0] - (12 + 0.2 * found[:, 1] + 0.15 * found[:, 2])
    assert np.percentile(np.abs(off), 95) < 1
    threshold = geocnn.load("faults", ndim=3).card.threshold
    assert np.all(found[:, 3] >= threshold)
    assert np.abs(off).max() < 1.5 * np.sqrt(-np.log(threshold))
    refused = page.get("/points", params={"layer": 0})
    assert refused.json() == {"error": "points are those of a probability in a cube."}


def test_only_this_machine_is_answered():
    page = TestClient(application(page_of(amplitudes(5, 20), ())), base_url="http://example.org")
    assert page.get("/about").status_code == 400


def test_the_page_asks_for_nothing_that_is_not_there():
    page = client(amplitudes(5, 20))
    assert page.get("/").status_code == 200
    words = page.get("/").text
    seen, wanted = set(), {"survey.html", "style.css", "survey.js"}
    while wanted - seen:
        name = (wanted - seen).pop()
        seen.add(name)
        answer = page.get(f"/pages/{name}")
        assert answer.status_code == 200, name
        wanted |= {line.split('"./')[1].split('"')[0] for line in answer.text.splitlines() if ' from "./' in line}
    assert "http://" not in words
    assert "https://" not in words


def test_horizons_are_where_their_files_say(tmp_path):
    depth = 400 + 4 * np.add.outer(np.arange(9.0), 2 * np.arange(7.0))
    depth[3, 4] = np.nan
    lines = [f"{100 + 2 * i} {10 + j} {depth[i, j]}" for i in range(9) for j in range(7) if (i, j) != (3, 4)]
    (tmp_path / "top.dat").write_text("\n".join(lines))
    page = client(io.ArraySource(amplitudes(9, 7, 40), CUBE), tmp_path / "top.dat", Horizon("base", depth + 40))
    assert page.get("/horizons").json()["horizons"] == ["top", "base"]
    for number, more in ((0, 0), (1, 10)):
        found = np.frombuffer(page.get("/horizon", params={"number": number}).content, "<f4").reshape(9, 7)
        np.testing.assert_allclose(found, (depth - 400) / 4 + more)
