"""The page of seismograms in a browser."""

import numpy as np
import pytest

from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick, quakeml
from geocnn.viewer.records import RecordsPage
from geocnn.viewer.server import Server

START = (1_767_225_600 + 3600) * SECOND  # an hour after midnight
READY = "() => window.geocnn && !geocnn.asking && !geocnn.drawing && geocnn.window.wave && geocnn.whole.wave"


def noise(station, seed, letter="Z"):
    samples = np.random.default_rng(seed).normal(0, 100, 90_000).round()
    return ArrayPiece.of(Channel("XX", station, "", f"HH{letter}"), START, 100.0, samples)


def pick(phase, seconds, **known):
    return PhasePick(Channel("XX", "AAA", "", "HHZ"), phase, START + round(seconds * SECOND), **known)


@pytest.fixture
def server(tmp_path):
    catalogue = tmp_path / "catalog.xml"
    picks = (pick("P", 300.25, probability=0.9, uncertainty=0.05), pick("S", 305.5, probability=0.8))
    catalogue.write_text(quakeml([Event(picks), Event((pick("P", 700, probability=0.4),))], "quakes"), encoding="utf-8")
    archive = open_archive([*(noise("AAA", k, letter) for k, letter in enumerate("ZNE")), noise("BBB", 7)])
    with Server(RecordsPage(archive, catalogue, "2026")) as opened:
        yield opened


def window(tab):
    tab.wait_for_function(READY)
    return tab.evaluate("() => [geocnn.view.record.name, geocnn.view.start - 3600, geocnn.view.stop - 3600]")


def test_keys_go_from_pick_to_pick_and_a_reload_shows_the_same(tab, server):
    tab.goto(server.url)
    assert window(tab) == ["XX.AAA..HH", 0, pytest.approx(900)]  # the station with picks
    assert tab.title() == "2026 - geocnn"
    for key, time in (("n", 300.25), ("n", 305.5), ("n", 700), ("b", 305.5)):
        tab.keyboard.press(key)
        tab.wait_for_function(f"() => Math.abs((geocnn.view.start + geocnn.view.stop) / 2 - 3600 - {time}) < 1")
        _, start, stop = window(tab)
        assert stop - start == pytest.approx(60, abs=1)
    before = window(tab)
    tab.wait_for_function("() => decodeURI(location.hash.slice(1)) === geocnn.view.words()")  # when the hand rests
    tab.reload()
    tab.wait_for_function("() => window.geocnn && geocnn.view.stop - geocnn.view.start < 61")
    assert window(tab)[1:] == pytest.approx(before[1:], abs=0.2)


def test_arrows_choose_the_station_and_the_window_stays(tab, server):
    tab.goto(server.url)
    window(tab)
    tab.evaluate("() => geocnn.view.show(3900, 3960)")
    tab.keyboard.press("ArrowDown")
    tab.wait_for_function("() => geocnn.view.record.name === 'XX.BBB..HH'")
    assert window(tab)[1:] == [pytest.approx(300), pytest.approx(360)]
    assert "HHZ" in tab.text_content("aside")


def test_zoomed_in_it_asks_for_samples_and_shows_those_of_the_file(tab, server):
    tab.goto(server.url)
    window(tab)
    with tab.expect_response(lambda answer: "/waves" in answer.url and answer.headers.get("kind") == "samples") as told:
        tab.evaluate("() => geocnn.view.show(3900, 3903)")
    answer = told.value
    rows = np.frombuffer(answer.body(), "<f4").reshape(-1, int(answer.headers["size"]))
    assert rows.shape[0] == 3
    assert float(answer.headers["step"]) == 0.01
    assert window(tab) == ["XX.AAA..HH", pytest.approx(300), pytest.approx(303)]
