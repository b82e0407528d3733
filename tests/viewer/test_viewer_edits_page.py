"""Picks of the page of seismograms, changed with mouse and keys in a browser."""

import numpy as np
import pytest

from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick, quakeml
from geocnn.viewer.records import RecordsPage
from geocnn.viewer.review import Review
from geocnn.viewer.server import Server

START = (1_767_225_600 + 3600) * SECOND  # an hour after midnight
READY = "() => window.geocnn && !geocnn.asking && !geocnn.drawing && geocnn.window.wave && geocnn.whole.wave"
PICKS = "() => geocnn.view.picks.every.map((one) => `${one.phase} ${(one.time - 3600).toFixed(2)}`).join(' ')"
COUNT = "(count) => geocnn.edits.state.version === count && geocnn.view.picks.version === count"


def pick(phase, seconds, **known):
    return PhasePick(Channel("XX", "AAA", "", "HHZ"), phase, START + round(seconds * SECOND), **known)


@pytest.fixture
def page(tmp_path, five_minutes):
    catalogue = tmp_path / "catalog.xml"
    events = [Event((pick("P", 20, probability=0.9, uncertainty=0.05),)), Event((pick("S", 60, probability=0.8),))]
    catalogue.write_text(quakeml(events, "quakes"), encoding="utf-8")
    noise = np.random.default_rng(0).normal(0, 100, 30_000).round()
    rows = {("AAA", letter): row for letter, row in zip("ZNE", five_minutes[0], strict=True)} | {("BBB", "Z"): noise}
    archive = open_archive(
        [
            ArrayPiece.of(Channel("XX", name, "", f"HH{letter}"), START, 100.0, row)
            for (name, letter), row in rows.items()
        ]
    )
    return RecordsPage(archive, catalogue, "2026")


@pytest.fixture
def server(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where changes are kept that a test has not saved
    with Server(page) as opened:
        yield opened


def opened(tab, server, start=0, stop=50):
    """The page, with so many seconds of the record in the window."""
    tab.goto(server.url)
    tab.wait_for_function(READY)
    tab.evaluate("([start, stop]) => geocnn.view.show(3600 + start, 3600 + stop)", [start, stop])
    tab.wait_for_function(READY)
    return tab.evaluate("() => geocnn.edits.state.version")


def place(tab, seconds):
    """Where on the screen a time is."""
    return tab.evaluate(
        """(time) => {
          const { x, y, height } = geocnn.window.canvas.getBoundingClientRect();
          return [x + geocnn.window.at(3600 + time), y + height / 2];
        }""",
        seconds,
    )


def press(tab, key, version):
    tab.keyboard.press(key)
    tab.wait_for_function(COUNT, arg=version)
    return tab.evaluate(PICKS)


def shift(tab, start, stop, steps=5):
    """Move the mouse from a time to another one with its button down."""
    tab.mouse.move(*place(tab, start))
    tab.mouse.down()
    tab.mouse.move(*place(tab, stop), steps=steps)


def test_keys_set_a_pick_where_the_pointer_is_and_take_it_away(tab, server):
    version = opened(tab, server)
    tab.mouse.move(*place(tab, 25))
    second = tab.evaluate("() => (geocnn.view.stop - geocnn.view.start) / geocnn.window.box().width")
    added = press(tab, "s", version + 1).split(" ")
    assert added[:3] == ["P", "20.00", "S"]
    assert float(added[3]) == pytest.approx(25, abs=second)
    event = tab.evaluate("() => geocnn.view.picks.every.map((one) => one.event)")
    assert event[0] == event[1] != event[2]
    assert tab.evaluate("() => geocnn.view.marked.manual && geocnn.view.marked.phase") == "S"
    assert "manual" in tab.text_content("#readout")
    assert press(tab, "Delete", version + 2) == "P 20.00 S 60.00"
    assert press(tab, "Control+z", version + 3).split(" ") == [*added[:4], "S", "60.00"]
    assert press(tab, "Control+z", version + 4) == "P 20.00 S 60.00"
    assert press(tab, "Control+Shift+z", version + 5).split(" ")[:4] == added[:4]
    assert press(tab, "Control+y", version + 6) == "P 20.00 S 60.00"
    assert tab.text_content("#said").startswith("done again: S of XX.AAA at 2026-01-01 01:00:2")
    tab.click("#undo")
    tab.wait_for_function(COUNT, arg=version + 7)
    tab.mouse.move(*place(tab, 40))
    assert "P 40.0" in press(tab, "P", version + 8)  # with caps lock


def test_a_pick_is_moved_with_the_mouse(tab, server):
    version = opened(tab, server)
    tab.mouse.move(*place(tab, 20))
    assert tab.evaluate("() => getComputedStyle(geocnn.window.canvas).cursor") == "ew-resize"
    shift(tab, 20, 23)
    assert tab.evaluate(PICKS).startswith("P 23.0")  # while it is held
    assert tab.evaluate("() => geocnn.edits.state.version") == version
    tab.mouse.up()
    tab.wait_for_function(COUNT, arg=version + 1)
    moved = tab.evaluate(PICKS)
    assert moved.startswith("P 23.0")
    assert tab.evaluate("() => [geocnn.view.start, geocnn.view.stop]") == [3600, 3650]
    tab.locator("#picks [aria-selected=true]", has_text="manual").wait_for()
    tab.reload()
    tab.wait_for_function(READY)
    assert tab.evaluate(PICKS) == moved
    assert press(tab, "Control+z", version + 2) == "P 20.00 S 60.00"


def test_what_is_not_on_a_pick_moves_the_window_and_so_does_all_where_a_pixel_is_long(tab, server):
    version = opened(tab, server)
    shift(tab, 40, 35)
    tab.mouse.up()
    assert tab.evaluate("() => geocnn.view.start") == pytest.approx(3605, abs=0.2)
    tab.evaluate("() => Object.assign(geocnn.view.record, { start: 3000, stop: 4500 })")  # as if it were longer
    tab.evaluate("() => geocnn.view.show(3400, 4100)")
    shift(tab, 20, 50)
    tab.mouse.up()
    assert tab.evaluate("() => geocnn.view.start") == pytest.approx(3370, abs=2)
    tab.keyboard.press("p")
    assert tab.text_content(".error") == "zoom in to 10 minutes or less to set a pick."
    tab.wait_for_function(READY)
    assert tab.evaluate(PICKS) == "P 20.00 S 60.00"
    assert tab.evaluate("() => geocnn.edits.state.version") == version


def test_picks_stay_in_order_while_one_is_moved_past_another(tab, server):
    opened(tab, server, 0, 80)
    shift(tab, 20, 65)
    phases = "() => geocnn.view.picks.between(3600, 3680).map((one) => one.phase)"
    assert tab.evaluate(phases) == ["S", "P"]
    tab.mouse.up()


def test_a_pick_that_is_set_is_seen(tab, server):
    version = opened(tab, server)
    tab.uncheck("#phases input >> nth=1")
    tab.mouse.move(*place(tab, 30))
    press(tab, "s", version + 1)
    tab.wait_for_function("() => geocnn.view.selected")
    tab.wait_for_selector("#phases input:checked >> nth=1")


def test_an_answer_that_comes_late_changes_nothing(tab, server):
    version = opened(tab, server)
    tab.evaluate(
        """() => {
          const { fetch } = window;
          const waiting = new Promise((release) => (window.release = release));
          window.fetch = async (...asked) => {
            const answer = await fetch(...asked);
            window.asked = true;
            await waiting;
            return answer;
          };
          window.late = geocnn.view.refresh();
          window.fetch = fetch;
        }"""
    )
    tab.wait_for_function("() => window.asked")
    tab.mouse.move(*place(tab, 30))
    after = press(tab, "s", version + 1)
    tab.evaluate("async () => { window.release(); await window.late; }")
    assert tab.evaluate(PICKS) == after


def test_a_click_selects_a_pick_and_one_beside_it_none(tab, server):
    opened(tab, server)
    tab.mouse.click(*place(tab, 20))
    assert tab.evaluate("() => geocnn.view.marked.time") == 3620
    tab.mouse.click(*place(tab, 30))
    assert tab.evaluate("() => geocnn.view.marked") is None
    tab.keyboard.press("Backspace")
    assert tab.text_content(".error") == "no pick is selected; click on one."
    tab.mouse.move(*place(tab, 20))
    tab.mouse.move(5, 5)
    tab.keyboard.press("p")
    assert tab.text_content(".error") == "point at a seismogram; P sets a pick where the pointer is."
    assert tab.evaluate(PICKS) == "P 20.00 S 60.00"


def test_the_pointer_stays_where_it_is_when_the_window_moves(tab, server):
    version = opened(tab, server)
    tab.mouse.move(*place(tab, 25))
    tab.evaluate("() => geocnn.view.show(3700, 3750)")
    assert press(tab, "p", version + 1).startswith("P 20.00 S 60.00 P 125.0")
    tab.evaluate("() => geocnn.view.show(3590, 3640)")
    tab.mouse.move(*place(tab, -5))
    tab.keyboard.press("p")
    assert tab.text_content(".error") == "XX.AAA..HH has no data there."
    x, y = place(tab, -10)
    tab.mouse.move(x - 20, y)  # beside the seismograms
    tab.keyboard.press("s")
    assert tab.text_content(".error") == "point at a seismogram; S sets a pick where the pointer is."
    assert tab.evaluate("() => geocnn.edits.state.version") == version + 1


def test_a_pick_does_not_leave_the_window_while_it_is_moved(tab, server):
    version = opened(tab, server)
    shift(tab, 20, 45)
    x, y = place(tab, 50)
    tab.mouse.move(x + 25, y)
    tab.mouse.up()
    tab.wait_for_function(COUNT, arg=version + 1)
    assert tab.evaluate("() => geocnn.view.selected.time") == pytest.approx(3650, abs=0.06)
    tab.evaluate("() => geocnn.view.show(3595, 3655)")
    shift(tab, 49.95, -3)
    tab.mouse.up()
    tab.wait_for_function(COUNT, arg=version + 2)
    assert tab.evaluate("() => geocnn.view.selected.time") == 3600


def test_keys_do_not_change_which_pick_the_mouse_has_hold_of(tab, server):
    version = opened(tab, server, 0, 80)
    shift(tab, 20, 25)
    tab.keyboard.press("n")
    assert tab.evaluate("() => geocnn.view.marked.phase") == "S"
    tab.evaluate("() => geocnn.view.show(3600, 3680)")
    tab.mouse.move(*place(tab, 30))
    tab.mouse.up()
    tab.wait_for_function(COUNT, arg=version + 1)
    assert tab.evaluate(PICKS).startswith("P 30.0")
    assert tab.evaluate(PICKS).endswith(" S 60.00")
    shift(tab, 60, 70)
    tab.keyboard.press("Escape")
    tab.wait_for_function("() => geocnn.view.picks.every.at(-1).time === 3660")
    tab.mouse.move(*place(tab, 75))
    tab.mouse.up()
    assert tab.evaluate("() => geocnn.edits.state.version") == version + 1


def test_what_no_longer_holds_of_a_pick_goes_while_it_is_moved(tab, server, page):
    page.edits.review = Review(
        [Event((pick("P", 20, polarity=1),)), Event((pick("P", 30, polarity=1, mode="manual"),))]
    )
    opened(tab, server)
    for time, kept in ((20, 0), (30, 1)):
        shift(tab, time, time + 2)
        assert tab.evaluate("() => geocnn.view.marked.polarity") == kept
        tab.mouse.up()
        tab.wait_for_function("(kept) => !geocnn.window.held && geocnn.view.marked.polarity === kept", arg=kept)


def test_what_is_seen_is_picked_and_the_page_goes_on(tab, server, page):
    version = opened(tab, server, 40, 240)
    before = tab.evaluate(PICKS)
    page.edits._network._reading.acquire()  # so that it takes its time
    tab.keyboard.press("g")
    assert tab.text_content("#pick") == "Picking ..."
    assert tab.is_disabled("#pick")
    tab.mouse.move(*place(tab, 50))
    during = press(tab, "p", version + 1)
    assert "P 50.0" in during
    page.edits._network._reading.release()
    tab.wait_for_function(COUNT, arg=version + 2)
    tab.wait_for_selector("#pick:enabled")
    assert tab.text_content("#pick") == "Pick what is seen"
    words, seen = tab.text_content("#said"), tab.evaluate(PICKS)
    assert len(seen.split(" ")) > len(during.split(" ")) + 6
    count = (len(seen.split(" ")) - len(during.split(" "))) // 2
    assert words.endswith(" S found")
    assert sum(map(int, words.split(" ")[0:4:3])) == count
    assert f"{count + 3} picks" in tab.text_content("#stations")
    assert press(tab, "Control+z", version + 3) == during
    assert press(tab, "Control+z", version + 4) == before


def test_what_is_saved_is_told_and_asked_for(tab, server, tmp_path):
    version = opened(tab, server)
    dialogs = []
    tab.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    tab.mouse.move(*place(tab, 25))
    assert tab.text_content("#unsaved") == ""
    press(tab, "s", version + 1)
    assert tab.text_content("#unsaved") == "changes that are not saved"
    tab.reload()
    tab.wait_for_function(READY)
    assert dialogs == ["beforeunload"]
    assert tab.text_content("#unsaved") == "changes that are not saved"
    for form, name in (("quakeml", "catalog-reviewed.xml"), ("csv", "catalog-reviewed.csv")):
        with tab.expect_download() as told:
            tab.click(f"#{form}")
        assert told.value.suggested_filename == name
        told.value.save_as(tmp_path / name)
        events = read_catalogue(tmp_path / name)
        assert [[one.phase for one in event.picks] for event in events] == [["P", "S"], ["S"]]
    tab.wait_for_function("() => !geocnn.edits.state.changed")
    assert tab.text_content("#unsaved") == ""
    tab.reload()
    tab.wait_for_function(READY)
    assert dialogs == ["beforeunload"]


def test_a_key_saves_what_has_been_done_until_then(tab, server, tmp_path):
    opened(tab, server)
    shift(tab, 20, 23)
    tab.mouse.up()
    with tab.expect_download() as told:
        tab.keyboard.press("Control+s")
    assert told.value.suggested_filename == "catalog-reviewed.xml"
    told.value.save_as(tmp_path / "saved.xml")
    assert read_catalogue(tmp_path / "saved.xml")[0].picks[0].mode == "manual"
    tab.wait_for_function("() => !geocnn.edits.state.changed")


def test_what_is_told_stays_while_data_come_in(tab, server):
    version = opened(tab, server)
    tab.keyboard.press("Delete")
    tab.mouse.move(*place(tab, 30))
    press(tab, "s", version + 1)
    tab.evaluate("() => geocnn.view.show(3700, 3710)")
    tab.wait_for_function(READY)
    assert tab.is_visible(".error")
    tab.wait_for_selector(".error", state="hidden", timeout=8000)


def test_a_window_that_one_comes_back_to_shows_what_another_has_done(browser, server):
    one, other = browser.new_page(), browser.new_page()
    for tab in (one, other):
        version = opened(tab, server)
    one.mouse.click(*place(one, 20))
    press(one, "Delete", version + 1)
    other.evaluate("() => window.dispatchEvent(new Event('focus'))")
    other.wait_for_function(COUNT, arg=version + 1)
    assert other.evaluate(PICKS) == "S 60.00"
    assert other.text_content("#unsaved") == "changes that are not saved"
    for tab in (one, other):
        tab.close()


def test_a_page_that_outlives_its_program_begins_anew_with_the_next_one(tab, page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Server(page) as first:
        port = int(first.url.split(":")[2].strip("/"))
        version = opened(tab, first)
        tab.mouse.click(*place(tab, 20))
        press(tab, "Delete", version + 1)
    again = RecordsPage(page._archive, tmp_path / "catalog-reviewed.xml", "2026")
    with Server(again, port):
        tab.evaluate("() => { window.before = true; window.dispatchEvent(new Event('focus')); }")
        tab.wait_for_function(f"() => !window.before && ({READY})()")
        assert tab.evaluate(PICKS) == "S 60.00"
        assert tab.evaluate("() => [geocnn.view.start, geocnn.view.stop]") == [3600, 3650]
        assert "catalog-reviewed.xml" in tab.text_content("#facts")


def test_a_pick_that_another_window_has_removed_is_told_of(browser, server):
    one, other = browser.new_page(), browser.new_page()  # their consoles have the refusal
    for tab in (one, other):
        version = opened(tab, server)
    one.mouse.click(*place(one, 20))
    other.mouse.click(*place(other, 20))
    press(one, "Delete", version + 1)
    other.keyboard.press("Delete")
    other.wait_for_selector(".error:not([hidden])")
    assert other.text_content(".error") == (
        "that pick is gone; somebody has removed it, perhaps in another window of this page."
    )
    assert other.evaluate(PICKS) == "S 60.00"
    for tab in (one, other):
        tab.close()


def test_the_keys_are_named(tab, server):
    opened(tab, server)
    keys = " ".join(tab.locator("#keys kbd").all_text_contents()).lower().split(" ")
    assert {"n", "b", "p", "s", "g", "f", "c", "i", "delete", "z", "drag", "click", "wheel"} <= set(keys)
    assert "ctrl y" in tab.text_content("#keys").lower()
