"""The page of seismograms in a browser."""

from pathlib import Path

import numpy as np
import pytest

from geocnn.io.times import nanoseconds
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, Magnitude, Origin, PhasePick, quakeml
from geocnn.viewer.records import RecordsPage
from geocnn.viewer.server import Server

START = (1_767_225_600 + 3600) * SECOND  # an hour after midnight
WORDS = Path(__file__).with_name("words.js")
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
    with tab.expect_navigation():  # asked for by the page, whose new address the browser may not have heard of yet
        tab.evaluate("() => void setTimeout(() => location.reload())")
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


def test_magnitudes_stand_beside_their_earthquakes(tab, tmp_path):
    times = (2, 200, 203, 500, 899)
    events = [
        Event((pick("P", time + 0.5),), Origin(START + time * SECOND, 47.0, 8.0), Magnitude(k + 1.5, "ML"))
        for k, time in enumerate(times)
    ]
    catalogue = tmp_path / "catalog.xml"
    catalogue.write_text(quakeml(events, "quakes"), encoding="utf-8")
    tab.add_init_script(path=WORDS)
    page = RecordsPage(open_archive([noise("AAA", 0)]), catalogue, "2026")
    drawn = """() => {
      words.length = 0;
      geocnn.window.draw();
      return [geocnn.view.events.map(({ time }) => geocnn.window.at(time)), words];
    }"""
    with Server(page) as server:
        tab.goto(server.url)
        window(tab)
        places, words = tab.evaluate(drawn)
        # Of the second one there is none, for the third is near, and none of the last one at the edge.
        sizes = {said: place for said, *place in words if "ML" in said}
        assert list(sizes) == ["origin ML 4.5", "origin ML 3.5", "origin ML 1.5"]
        for said, (left, right, top, bottom) in sizes.items():
            own = float(said[-3:]) - 1.5
            assert places[int(own)] < left < places[int(own)] + 10
            assert all(right <= place or left > place for place in places)
            others = [place for name, *place in words if name != said]
            assert not any(left < r and right > x and top < b and bottom > y for x, r, y, b in others)
        tab.evaluate("() => geocnn.view.show(3600 + 190, 3600 + 230)")
        window(tab)
        assert [said for said, *_ in tab.evaluate(drawn)[1] if "ML" in said] == ["origin ML 3.5", "ML 2.5"]


def test_amplitudes_are_in_a_unit_that_nobody_knows(tab, server):
    tab.add_init_script(path=WORDS)
    tab.goto(server.url)
    window(tab)
    drawn = """() => {
      words.length = 0;
      geocnn.window.draw();
      return words.map(([said]) => said).filter((said) => said.startsWith("amplitude"));
    }"""
    assert tab.evaluate(drawn) == ["amplitude above 1 Hz (data units)"]
    tab.keyboard.press("f")
    window(tab)
    assert tab.evaluate(drawn) == ["amplitude (data units from the first sample)"]


def test_a_window_longer_than_the_record_has_it_in_its_middle(tab, server):
    tab.goto(server.url)
    window(tab)
    tab.evaluate("() => geocnn.view.show(3600, 3660)")
    window(tab)
    tab.click("#spans button >> text=1 d")
    _, start, stop = window(tab)
    assert (start, stop) == (pytest.approx(-45, abs=0.1), pytest.approx(945, abs=0.1))


TIMES = [
    *("2026-01-01", "20260101", " 2026-01-01T01:05:00Z ", "2026-01-01 01", "20260101T010500", "20260101T0105,5"),
    *("2026-01-01T01:05:00.123456789Z", "2026-01-01 01:05:00,5", "20260101T010500.25-0530", "2026-01-01T00+01"),
    *("2026-01-01T01:05:00+02:00", "2026-01-01T01:05:00-02:00", "2026-01-01+02:00", "2026-01-01-05", "20260101Z"),
    *("", "noon", "2026", "202601", "2026-01", "20261301", "2026-02-30", "2026-01-01T01:05.5", "2026-01-01T12.5"),
    *("2026-01-01T01:05:00+24:00", "2026-01-01T01:05:00+02:60", "2026-01-01T01:05:00 CET", "2026-01-01T01:60"),
]


def test_the_box_reads_the_times_that_tables_may_have(tab, server):
    tab.goto(server.url)
    window(tab)
    read = tab.evaluate("(texts) => texts.map((text) => geocnn.view.clock.read(text))", TIMES)
    for text, seconds in zip(TIMES, read, strict=True):
        known = nanoseconds(text)
        assert seconds == (None if known is None else pytest.approx((known - START) / SECOND + 3600, abs=1e-6)), text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T03:05:00+02:00", 300),
        ("1:05:00.5", 300.5),
        ("01:05Z", 300),
        ("22:05-03", 300),  # of the day before, as it is there
    ],
)
def test_the_box_goes_to_a_time_of_any_zone(tab, server, text, seconds):
    tab.goto(server.url)
    window(tab)
    tab.evaluate("() => geocnn.view.show(3600, 3660)")
    tab.fill("#time", text)
    tab.press("#time", "Enter")
    _, start, stop = window(tab)
    assert (start + stop) / 2 == pytest.approx(seconds, abs=0.05)
    assert tab.is_hidden(".error")


def test_the_box_says_what_is_no_time(tab, server):
    tab.goto(server.url)
    window(tab)
    tab.fill("#time", "5 o'clock+02")
    tab.press("#time", "Enter")
    assert tab.text_content(".error") == "5 o'clock+02 is no time; needed is one such as 2026-01-01 01:00:00."
