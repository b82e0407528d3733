"""Horizons that are picked in the page of a survey."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.viewer.answers import CUBE, HOST

from geocnn import io
from geocnn.io.horizons import Horizon, read_horizon
from geocnn.viewer import page_of
from geocnn.viewer.server import application
from geocnn.viewer.survey import SurveyPage

SHAPE = CUBE.shape
PLACE = 12 + 0.7 * np.arange(SHAPE[0])[:, None] + 0.5 * np.arange(SHAPE[1])[None]
"""Samples of a reflection."""


def cube():
    away = np.arange(SHAPE[2]) - PLACE[..., None]
    return io.ArraySource(np.exp(-((away / 2) ** 2)).astype(np.float32) - 0.1, CUBE)


@pytest.fixture
def page():
    return page_of(cube(), ())


@pytest.fixture
def asked(page):
    return TestClient(application(page), base_url=HOST)


def send(asked, path, **words):
    answer = asked.post(f"/horizon/{path}", json=words)
    assert answer.status_code == 200, answer.text
    return answer.json()


def index(asked, number=0):
    found = np.frombuffer(asked.get("/horizon", params={"number": number}).content, "<f4")
    return found.reshape(SHAPE[:2])


def line(asked, trace, to_trace, way="crest", layer=0, **section):
    """From the reflection to the reflection."""
    seen = PLACE[section["at"]] if section["view"] == "inline" else PLACE[:, section["at"]]
    ends = {"sample": seen[trace], "to_sample": seen[to_trace] - 0.4}
    return send(asked, "line", number=0, trace=trace, to_trace=to_trace, way=way, layer=layer, **ends, **section)


def test_a_reflection_is_followed_along_sections_of_either_kind(asked):
    made = send(asked, "new", name=" top: sand ")
    assert (made["number"], made["horizons"]) == (0, ["top- sand"])
    line(asked, 0, 6, view="inline", at=3)
    assert made["unsaved"] == []
    state = line(asked, 8, 1, view="crossline", at=5)  # from right to left
    assert state["unsaved"] == [0]
    assert state["where"] == [trace * SHAPE[1] + 5 for trace in range(8, 0, -1)]
    found = index(asked)
    expected = np.full(SHAPE[:2], np.nan)
    expected[3], expected[1:, 5] = PLACE[3], PLACE[1:, 5]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, atol=0.2)
    np.testing.assert_allclose(state["index"], found[:0:-1, 5], atol=1e-4)


def test_a_click_goes_on_from_the_pick_before_to_the_crest_of_its_sign(asked):
    send(asked, "new", name="top")
    line(asked, 0, 3, view="inline", at=3)
    before = index(asked)[3, :4]
    given = {"sample": float(before[3]), "to_sample": PLACE[3, 6] + 1, "trace": 3, "to_trace": 6}
    send(asked, "line", number=0, view="inline", at=3, way="crest", layer=0, **given)
    np.testing.assert_allclose(index(asked)[3, :4], before, atol=1e-4)
    np.testing.assert_allclose(index(asked)[3], PLACE[3], atol=0.1)


def test_what_is_seen_is_followed():
    shifted = io.ArraySource(np.roll(cube().read(...), 4, axis=-1), CUBE)
    asked = TestClient(application(page_of(cube(), (shifted,))), base_url=HOST)
    names = [one["name"] for one in asked.get("/about").json()["layers"]]
    for number, (seen, more) in enumerate([("array 1", 0), ("array 2", 4), ("denoise", 0)]):
        send(asked, "new", name=seen)
        ends = {"trace": 0, "to_trace": 6, "sample": PLACE[3, 0] + more, "to_sample": PLACE[3, 6] + more}
        given = {"view": "inline", "at": 3, "way": "waveform", "layer": names.index(seen)}
        found = send(asked, "line", number=number, **given, **ends)["index"]
        np.testing.assert_allclose(found, PLACE[3] + more, atol=0.4)


def test_a_page_that_is_loaded_anew_finds_all_of_it(asked):
    assert asked.get("/horizons").json() == {"version": 0, "undo": None, "redo": None, "horizons": [], "unsaved": []}
    send(asked, "new", name="top")
    line(asked, 0, 6, view="inline", at=3)
    line(asked, 0, 6, view="inline", at=5)
    last = send(asked, "undo")
    known = asked.get("/horizons").json()
    assert known == {"version": 4, "undo": "top picked", "redo": "top picked", "horizons": ["top"], "unsaved": [0]}
    assert last.items() >= known.items()
    asked.post("/horizon/save", json={"number": 0})
    assert asked.get("/horizons").json() == known | {"unsaved": []}


def test_lines_are_straight_on_demand_and_a_click_alone_is_a_pick(asked):
    send(asked, "new", name="top")
    send(asked, "line", number=0, view="inline", at=2, trace=1, sample=3, to_trace=5, to_sample=11, way="straight")
    np.testing.assert_allclose(index(asked)[2, 1:6], [3, 5, 7, 9, 11])
    place = PLACE[4, 3]
    for way, sample in (("crest", place), ("waveform", place + 1.3), ("straight", place + 1.3)):
        given = {"trace": 3, "sample": place + 1.3, "to_trace": 3, "to_sample": place + 1.3, "way": way, "layer": 0}
        assert send(asked, "line", number=0, view="inline", at=4, **given)["index"] == [pytest.approx(sample, abs=0.1)]


def test_picks_are_taken_away_and_every_step_goes_back_and_forth(asked):
    send(asked, "new", name="top")
    line(asked, 0, 6, view="inline", at=3)
    before = index(asked)
    send(asked, "erase", number=0, view="inline", at=3, trace=4, to_trace=2)
    assert np.isnan(index(asked)[3, 2:5]).all()
    assert np.isfinite(index(asked)[3, [0, 1, 5, 6]]).all()
    state = send(asked, "undo")
    assert (state["undo"], state["redo"]) == ("top picked", "top erased")
    np.testing.assert_array_equal(index(asked), before)
    send(asked, "undo")
    assert np.isnan(index(asked)).all()
    send(asked, "redo")
    np.testing.assert_array_equal(index(asked), before)
    line(asked, 0, 2, view="inline", at=4)
    assert asked.post("/horizon/redo", json={}).json() == {"error": "there is nothing to do again."}


def test_a_horizon_of_a_file_is_gone_on_with_and_saved_for_others_to_read(tmp_path):
    values = np.full(SHAPE[:2], np.nan)
    values[0] = 420.0
    page = SurveyPage([cube()], ["cube"], [Horizon("base", values)])
    asked = TestClient(application(page), base_url=HOST)
    line(asked, 0, 6, view="inline", at=3)
    text = asked.post("/horizon/save", json={"number": 0}).text
    (tmp_path / "base.dat").write_text(text)
    read = read_horizon(tmp_path / "base.dat", CUBE)
    values[3] = 400 + 4 * PLACE[3]
    np.testing.assert_allclose(read.values, values, atol=1)
    assert "inline crossline x y time_ms" in text
    assert page.close() == ""
    assert asked.post("/horizon/undo", json={}).json()["unsaved"] == [0]  # the file has more


def test_what_was_not_saved_is_kept_when_the_page_ends(page, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "top.dat").write_text("of yesterday")
    for name in ("top", "base", "empty"):
        send(asked, "new", name=name)
    line(asked, 0, 6, view="inline", at=3)
    send(asked, "line", number=1, view="inline", at=2, trace=0, sample=3, to_trace=2, to_sample=3, way="straight")
    assert page.close().splitlines() == [
        "picks of top that were not saved are in top-2.dat.",
        "picks of base that were not saved are in base.dat.",
    ]
    assert (tmp_path / "top.dat").read_text() == "of yesterday"
    np.testing.assert_allclose(read_horizon(tmp_path / "base.dat", CUBE).values[2, :3], 412)
    assert page.close() == ""


def test_nothing_is_kept_of_what_was_taken_away_and_names_are_those_of_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.full(SHAPE[:2], np.nan)
    values[3] = 420.0
    page = SurveyPage([cube()], ["cube"], [Horizon("a", values), Horizon("b/c", values)])
    asked = TestClient(application(page), base_url=HOST)
    for number, last in ((0, 6), (1, 2)):
        send(asked, "erase", number=number, view="inline", at=3, trace=0, to_trace=last)
    assert page.close() == "picks of b/c that were not saved are in b-c.dat."
    assert [path.name for path in tmp_path.iterdir()] == ["b-c.dat"]


@pytest.mark.parametrize(
    ("path", "words", "said"),
    [
        ("new", {"name": "top"}, "there is a horizon top already; give another name."),
        ("new", {"name": " . "}, "give the horizon a name."),
        ("new", {"name": "x" * 80}, "name has 80 letters; needed are 60 at most."),
        ("line", {"number": 3}, "number is 3; needed is a number from 0 to 0."),
        ("line", {"number": 0, "view": "map"}, "view is map; needed is inline or crossline."),
        ("line", {"number": 0, "view": "inline", "at": 9}, "at is 9; needed is a number from 0 to 8."),
        ("erase", {"number": 0, "view": "inline", "at": 1, "trace": 0, "to_trace": 3}, "top has no picks there."),
        ("save", {"number": 0}, "top has no picks; click along a reflection first."),
        ("undo", {}, "there is nothing to undo."),
    ],
)
def test_what_cannot_be_is_a_sentence(asked, path, words, said):
    send(asked, "new", name="top")
    answer = asked.post(f"/horizon/{path}", json=words)
    assert (answer.status_code, answer.json()) == (422, {"error": said})


def test_pages_of_other_sites_pick_nothing(asked):
    answer = asked.post("/horizon/new", json={"name": "top"}, headers={"Origin": "http://elsewhere"})
    assert answer.status_code == 422
    assert asked.get("/horizons").json()["horizons"] == []
    assert asked.post("/horizon/save", json={"number": 0}).json()["error"].startswith("there is no horizon yet")


def test_a_line_is_picked_as_well():
    place = 20 + 0.3 * np.arange(50)
    away = np.arange(60) - place[:, None]
    asked = TestClient(application(page_of(np.exp(-((away / 2) ** 2)) - 0.1, ())), base_url=HOST)
    send(asked, "new", name="top")
    given = {"trace": 2, "sample": place[2], "to_trace": 47, "to_sample": place[47], "way": "waveform", "layer": 0}
    state = send(asked, "line", number=0, **given)
    np.testing.assert_allclose(state["index"], place[2:48], atol=0.3)


def test_what_cannot_be_written_when_the_page_ends_is_not_called_saved(page, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    send(asked, "new", name="top")
    line(asked, 0, 6, view="inline", at=3)
    with monkeypatch.context() as broken:

        def refuse(*_):
            raise OSError(28, "No space")

        broken.setattr("geocnn.viewer.horizon_picks.write_new", refuse)
        assert page.close() == "picks of top were not saved, and cannot be written here (no space)."
    assert asked.get("/horizons").json()["unsaved"] == [0]
    assert page.close() == "picks of top that were not saved are in top.dat."
    assert asked.get("/horizons").json()["unsaved"] == []


def test_a_page_that_ends_waits_for_a_step_that_is_at_work(page, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    send(asked, "new", name="top")
    line(asked, 0, 6, view="inline", at=3)
    with ThreadPoolExecutor(1) as pool:
        with page.picks._lock:
            end = pool.submit(page.close)
            with pytest.raises(TimeoutError):
                end.result(0.3)
            page.picks._horizons[0].index[:] = 7.0
        assert end.result(20) == "picks of top that were not saved are in top.dat."
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", CUBE).values, 428)
