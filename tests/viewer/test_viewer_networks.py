"""Networks that are applied to the sections that are looked at."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from tests.surveys import network, survey
from tests.viewer.answers import CUBE, client, part

import geocnn
from geocnn import io
from geocnn.errors import DataError
from geocnn.viewer import page_of
from geocnn.viewer.networks import SectionNetwork

WHOLE = {"left": 0, "top": 0, "width": 400, "height": 400}


def test_those_that_ship_are_offered_for_amplitudes_and_are_off():
    layers = client(survey(40, 48)).get("/about").json()["layers"]
    assert [(one["name"], one["kind"], one["on"], one["network"]) for one in layers] == [
        ("array 1", "amplitude", True, False),
        ("faults", "probability", False, True),
        ("denoise", "amplitude", False, True),
    ]
    assert layers[1]["threshold"] == geocnn.load("faults", ndim=2).card.threshold
    assert layers[2]["high"] == layers[0]["high"]
    mask = client(np.abs(survey(40, 48)) > 20_000).get("/about").json()["layers"]
    assert [one["network"] for one in mask] == [False]


def test_those_that_ship_are_there_once_when_they_are_asked_for():
    layers = client(survey(40, 48), networks=["faults"]).get("/about").json()["layers"]
    assert [(one["name"], one["on"]) for one in layers] == [("array 1", True), ("faults", True), ("denoise", False)]


def test_sections_of_a_cube_are_what_the_network_says_of_them_as_lines():
    cube = survey(*CUBE.shape)
    shown = client(io.ArraySource(cube, CUBE), networks=[network(2)])
    for view, axis, at, size in (("inline", 0, 3, 7), ("crossline", 1, 5, 9)):
        values, every = part(shown, layer=1, view=view, at=at, right=size, bottom=40, **WHOLE)
        assert every == (1, 1)
        expected = geocnn.predict(network(2), np.take(cube, at, axis), show_progress=False).array.T
        np.testing.assert_allclose(values, expected, atol=2e-5)
        assert np.ptp(expected) > 0.01


def test_amplitudes_of_a_line_are_those_of_predict_in_a_window_of_it():
    line = survey(60, 80)
    values, every = part(client(line), layer=2, view="line", left=10, right=50, top=20, bottom=80, width=20, height=30)
    assert every == (2, 2)
    expected = geocnn.predict("denoise", line, show_progress=False).array[10:50, 20:80]
    means = expected.reshape(20, 2, 30, 2).mean(axis=(1, 3)).T
    np.testing.assert_allclose(values, means, atol=np.abs(means).max() / 30_000)


def test_dead_traces_stay_blank_in_what_restores_amplitudes():
    line = survey(60, 80)
    line[7] = 0
    values, _ = part(client(line), layer=2, view="line", right=60, bottom=80, **WHOLE)
    assert np.isnan(values[:, 7]).all()
    assert np.isfinite(np.delete(values, 7, axis=1)).all()


def test_a_section_is_computed_once_and_the_oldest_are_forgotten(monkeypatch):
    calls = []
    made = SectionNetwork._applied
    monkeypatch.setattr(SectionNetwork, "_applied", lambda *given: calls.append(given[1:]) or made(*given))
    shown = client(io.ArraySource(survey(*CUBE.shape), CUBE), networks=[network(2)])
    for at in (1, 1, 2):
        part(shown, layer=1, view="inline", at=at, right=7, bottom=40, **WHOLE)
    assert calls == [(0, 1), (0, 2)]
    monkeypatch.setattr("geocnn.viewer.networks._KEPT", 7 * 40 * 4)
    for at in (2, 1, 1):
        part(shown, layer=1, view="inline", at=at, right=7, bottom=40, **WHOLE)
    assert calls == [(0, 1), (0, 2), (0, 1)]  # there is room for one


def test_how_a_network_was_applied_is_told():
    slow = gaussian_filter1d(survey(64, 700), 8)
    slow -= gaussian_filter1d(slow, 12)
    answer = client(slow).get("/slice", params={"layer": 1, "view": "line", "right": 64, "bottom": 700, **WHOLE})
    (note,) = [note for note in json.loads(answer.headers["notes"]) if "resampled" in note]
    assert "the result is on the survey's own grid" in note


def test_several_classes_are_classes_and_what_is_named_is_on():
    segments = network(2, classes=("sand", "shale", "salt"))
    (one,) = [
        k for k in client(survey(40, 48), networks=[segments]).get("/about").json()["layers"] if k["name"] == "random"
    ]
    assert (one["kind"], one["high"], one["on"]) == ("classes", 2, True)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            ("slice", {"view": "map", "at": 4, "right": 7, "bottom": 9}),
            "faults is a network for sections; it has nothin",
        ),
        (("points", {}), "points are those of a probability in a cube"),
    ],
)
def test_what_a_network_for_sections_cannot_say_is_refused(query, sentence):
    where, asked = query
    answer = client(io.ArraySource(survey(*CUBE.shape), CUBE)).get(f"/{where}", params={"layer": 1, **WHOLE, **asked})
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]


def test_a_section_that_would_take_long_is_refused(monkeypatch):
    monkeypatch.setattr("geocnn.viewer.networks._MOST", 1000)
    query = {"layer": 1, "view": "line", "right": 40, "bottom": 48, **WHOLE}
    answer = client(survey(40, 48)).get("/slice", params=query)
    assert answer.status_code == 422
    assert "give geocnn predict the file, and geocnn view its result" in answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("quakes", "the network quakes ships for 1-D only"),
        ("superres", "superres-2d is a network for restoration of 2-D data, 1 channel, and makes surveys finer"),
        ("nothing", "nothing"),
    ],
)
def test_networks_that_do_not_fit_are_refused(name, sentence):
    with pytest.raises(geocnn.errors.GeocnnError) as told:
        page_of(survey(40, 48), (), [name])
    assert sentence in str(told.value)


def test_a_network_over_probabilities_is_refused():
    with pytest.raises(DataError, match="has probability samples; a network is applied to amplitudes"):
        page_of(np.abs(survey(40, 48)) > 20_000, (), [network(2)])


def test_torch_is_left_alone_until_a_network_is_switched_on():
    code = """
import sys
import numpy as np
from geocnn.viewer import page_of
from geocnn.viewer.server import application
from starlette.testclient import TestClient
asked = TestClient(application(page_of(np.random.default_rng(0).standard_normal((40, 50)), ())), base_url="http://127.0.0.1")
query = {"view": "line", "left": 0, "right": 40, "top": 0, "bottom": 50, "width": 40, "height": 50}
assert asked.get("/slice", params={"layer": 0, **query}).status_code == 200
assert asked.post("/horizon/new", json={"name": "top"}).status_code == 200
before = "torch" in sys.modules
assert asked.get("/slice", params={"layer": 1, **query}).status_code == 200
print(before, "torch" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout == "False True\n"


@pytest.mark.parametrize("kind", [DataError, RuntimeError])
def test_errors_hold_no_frames_of_the_network(monkeypatch, kind):
    def fail(*_):
        raise kind("no")

    monkeypatch.setattr(SectionNetwork, "_applied", fail)
    with pytest.raises(kind) as told:
        SectionNetwork.of(io.ArraySource(survey(40, 48)), network(2))(0, 0)
    assert [entry.name for entry in told.traceback][-1] == "__call__"
    assert told.value.__context__ is None


def test_sections_that_wait_when_the_page_ends_are_answered_with_a_sentence(monkeypatch):
    """One is at work, one waits for it, one comes later."""
    begun, go, answers = threading.Event(), threading.Event(), []

    def slow(_network, _axis, _index):
        begun.set()
        assert go.wait(20)
        raise DataError("geocnn view has ended.")

    monkeypatch.setattr(SectionNetwork, "_applied", slow)
    asked = SectionNetwork.of(io.ArraySource(survey(40, 48)), network(2))

    def ask():
        with pytest.raises(DataError) as error:
            asked(0, 0)
        answers.append(str(error.value))

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ask)
        assert begun.wait(20)
        second = pool.submit(ask)
        while asked._pool._work_queue.qsize() == 0:
            time.sleep(0.01)
        end = pool.submit(asked.close)
        second.result(20)
        go.set()
        for one in (first, end, pool.submit(ask)):
            one.result(20)
    assert answers == ["geocnn view has ended."] * 3
