"""The page of a survey in a browser: what is where, and what keys and mouse do."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.surveys import network

import geocnn
from geocnn import io
from geocnn.grid import Axis, Grid
from geocnn.io.horizons import Horizon

GRID = Grid((Axis("inline", 40, 100, 2), Axis("crossline", 30, 10, 1), Axis("time", 60, 400, 4, "ms")))
IDLE = "() => window.geocnn && geocnn.panels.every((p) => !p.busy && !p.drawing && (!p.images || p.images.size))"
SECTION = """([trace, sample]) => {
  const panel = geocnn.panels[2];
  const { x, y } = panel.canvas.getBoundingClientRect();
  return [x + panel.x(trace + 0.5), y + panel.y(sample + 0.5)];
}"""
PICKED = "(count) => geocnn.state.horizons[0].index.filter(Number.isFinite).length === count"
PIXEL = """([number, x, y]) => {
  const canvas = geocnn.panels[number].host.querySelector("canvas");
  const box = geocnn.panels[number].box;
  const ratio = window.devicePixelRatio || 1;
  const at = [box.x + x * box.width, box.y + y * box.height].map((v) => Math.round(v * ratio));
  return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
}"""
BOX = """() => {
  const at = geocnn.panels[0].canvas.getBoundingClientRect();
  const { x, y, width, height } = geocnn.panels[0].box;
  return [at.x + x, at.y + y, width, height];
}"""
UNDER = """() => {
  const at = geocnn.panels[0].canvas.getBoundingClientRect();
  return geocnn.panels[0].edges(700 - at.x, 400 - at.y);
}"""
RED = """() => {
  const gl = geocnn.panels[1].gl;
  const out = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
  gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, out);
  let count = 0;
  for (let k = 0; k < out.length; k += 4) count += out[k] > 180 && out[k + 2] < 60;
  return count;
}"""
WORDS = Path(__file__).with_name("words.js")
UNTIL = """(number) => {
  const { state } = geocnn;
  const slice = state.slice.bind(state);
  const released = new Promise((resolve) => (window.release = resolve));
  state.slice = async (query, ...more) => {
    if (query.layer === number) await released;
    return slice(query, ...more);
  };
}"""  # a layer is at work until it is released
MAP, SPACE, INLINE, CROSSLINE = range(4)
WHITE, BLACK = [255, 255, 255, 255], [0, 0, 0, 255]


def cube():
    """Positive for late inlines, large crosslines and late times each in a part of its own, negative elsewhere."""
    values = np.full(GRID.shape, -1, np.float32)
    values[25:] = 1
    values[:, 20:, :] = 1
    values[:, :, 50:] = 1
    return io.ArraySource(values, GRID)


def pixel(tab, number, x, y):
    return tab.evaluate(PIXEL, [number, x, y])


def noise(seed=0):
    return io.ArraySource(np.random.default_rng(seed).standard_normal(GRID.shape).astype(np.float32), GRID)


def readout(tab):
    """What is told to be under the pointer, by name."""
    rows = tab.locator("#readout div").all_inner_texts()
    return {row.split(" ")[0] if ":" not in row else row.split(":")[0]: row.split(" ")[-1] for row in rows}


def caption(tab):
    """The line above the panels of a picture that is saved now."""
    with tab.expect_download():
        tab.keyboard.press("s")
    return tab.evaluate("() => saved.at(-1)")


def test_slices_of_a_cube_are_the_right_way_round(tab):
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        # Inlines upward on the map, crosslines to the right.
        assert pixel(tab, MAP, 0.2, 0.1) == WHITE
        assert pixel(tab, MAP, 0.2, 0.9) == BLACK
        assert pixel(tab, MAP, 0.9, 0.9) == WHITE
        # Time downward.
        assert pixel(tab, INLINE, 0.2, 0.2) == BLACK
        assert pixel(tab, INLINE, 0.2, 0.95) == WHITE
        assert pixel(tab, INLINE, 0.9, 0.2) == WHITE
        assert pixel(tab, CROSSLINE, 0.2, 0.2) == BLACK
        assert pixel(tab, CROSSLINE, 0.9, 0.2) == WHITE
        assert tab.title() == "array 1 - geocnn"


def test_clicks_and_keys_move_the_slices_and_the_address_remembers_them(tab):
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        box = tab.evaluate(BOX)
        tab.mouse.click(box[0] + 0.5 / 30 * box[2], box[1] + 0.5 / 40 * box[3])
        tab.wait_for_function(IDLE)
        assert tab.evaluate("() => geocnn.state.at") == [39, 0, 30]
        assert tab.evaluate("() => geocnn.panels[2].title.trim()") == "inline 178"
        tab.keyboard.press("ArrowLeft")  # the pointer is on the map, whose slice is a time
        tab.keyboard.press("Shift+ArrowRight")
        assert tab.evaluate("() => geocnn.state.at") == [39, 0, 39]
        assert server.url + "#at=39,0,39" == tab.url
        tab.reload()
        tab.wait_for_function(IDLE)
        assert tab.evaluate("() => geocnn.state.at") == [39, 0, 39]
        assert tab.input_value("input[aria-label='time number']") == "556"


def test_what_is_under_the_pointer_is_the_sample(tab):
    values = np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32)
    with geocnn.view(values, np.abs(values) > 1, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        found = tab.evaluate("() => { const p = geocnn.panels[0]; return p.under(p.x(7.5), p.y(11.5)); }")
        assert found["place"] == [7, 11]
        assert found["samples"][0]["value"] == pytest.approx(values[7, 11], abs=1e-4)
        assert found["samples"][1]["value"] == (abs(values[7, 11]) > 1)


def test_the_wheel_zooms_about_the_pointer_and_a_double_click_shows_all_again(tab):
    values = np.random.default_rng(0).standard_normal((200, 300)).astype(np.float32)
    with geocnn.view(values, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.mouse.move(700, 400)
        before = tab.evaluate(UNDER)
        tab.mouse.wheel(0, -600)
        tab.wait_for_function("() => geocnn.panels[0].window.right - geocnn.panels[0].window.left < 120")
        after = tab.evaluate(UNDER)
        assert after == pytest.approx(before, abs=1e-6)
        tab.mouse.dblclick(700, 400)
        tab.wait_for_function("() => geocnn.panels[0].window.right === 200 && geocnn.panels[0].window.left === 0")


def test_a_difference_is_one_amplitude_minus_the_other(tab):
    one = np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32)
    two = one.copy()
    two[:10] -= 10
    with geocnn.view(one, two, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.select_option("select[aria-label=minus]", "1")
        tab.wait_for_function(IDLE)
        assert pixel(tab, 0, 0.2, 0.5) == WHITE
        assert pixel(tab, 0, 0.8, 0.5) in ([127, 127, 127, 255], [128, 128, 128, 255])


def test_it_says_when_it_has_ended(tab, tmp_path):
    np.save(tmp_path / "line.npy", np.random.default_rng(0).standard_normal((20, 30)))
    server = geocnn.view(tmp_path / "line.npy", browser=False, wait=False)
    tab.goto(server.url)
    tab.wait_for_function(IDLE)
    server.close()
    tab.evaluate("() => { geocnn.state.kept.clear(); geocnn.panels[0].zoom(0.5, 300, 300); }")
    tab.wait_for_selector(".error:not([hidden])")
    assert tab.text_content(".error") == "geocnn view has ended; start it again in the terminal."


def test_the_view_in_space_has_slices_and_points(tab):
    chance = np.zeros(GRID.shape, np.float32)
    chance[18:21] = [[[0.4]], [[0.9]], [[0.4]]]
    with geocnn.view(cube(), io.ArraySource(chance, GRID), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(
            "() => window.geocnn && geocnn.panels[1].textures.size === 3 && geocnn.panels[1].clouds.get(1)"
        )
        tab.wait_for_function(IDLE)
        with_points = tab.evaluate(RED)
        tab.click("text=probability in space")
        tab.wait_for_function(IDLE)
        assert with_points > 10 * tab.evaluate(RED) + 500


def test_horizons_are_drawn_on_sections_and_can_be_left_out(tab):
    flat = np.full((40, 30), 400 + 4 * 22.0)
    with geocnn.view(cube(), Horizon("top", flat), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.wait_for_function(IDLE)
        at = (0.3, 22.5 / 60)
        assert pixel(tab, INLINE, *at)[:3] == [230, 159, 0]  # the first colour of horizons
        assert pixel(tab, CROSSLINE, *at)[:3] == [230, 159, 0]
        tab.uncheck("text=top")
        tab.wait_for_function(IDLE)
        assert pixel(tab, INLINE, *at) == BLACK


def test_picks_on_a_few_traces_are_seen(tab):
    few = np.full((40, 30), np.nan)
    few[20, 5::10] = 400 + 4 * 22.0
    with geocnn.view(cube(), Horizon("top", few), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.wait_for_function(IDLE)
        assert pixel(tab, INLINE, 5.5 / 30, 22.5 / 60)[:3] == [230, 159, 0]
        assert pixel(tab, INLINE, 10.5 / 30, 22.5 / 60) == BLACK


def test_what_is_missing_in_what_is_subtracted_has_no_data(tab):
    one = np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32)
    two = np.zeros_like(one)
    two[:10] = np.nan
    two[0, 0] = 5
    with geocnn.view(one, two + 0.001 * one, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.select_option("select[aria-label=minus]", "1")
        tab.wait_for_function(IDLE)
        assert pixel(tab, 0, 0.2, 0.5) == [242, 232, 213, 255]


def test_one_axis_alone_is_zoomed_with_shift_and_keys_work_after_a_click_beside(tab):
    values = np.random.default_rng(0).standard_normal((200, 300)).astype(np.float32)
    with geocnn.view(values, np.abs(values) > 1, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.mouse.move(700, 400)
        tab.keyboard.down("Shift")
        tab.mouse.wheel(0, -600)
        tab.keyboard.up("Shift")
        tab.wait_for_function("() => geocnn.panels[0].window.right - geocnn.panels[0].window.left < 120")
        assert tab.evaluate("() => [geocnn.panels[0].window.top, geocnn.panels[0].window.bottom]") == [0, 300]
        tab.uncheck("label:has-text('array 2') input")
        tab.keyboard.press("o")  # back on, for it was off
        tab.keyboard.press("+")
        assert tab.evaluate("() => geocnn.state.gain") == pytest.approx(2**0.5)


def test_numbers_of_lines_go_up_and_down_with_the_arrows_of_their_field(tab):
    grid = Grid((Axis("inline", 40, 101, 2), *GRID.axes[1:]))
    with geocnn.view(io.ArraySource(cube().read(...), grid), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.focus("input[aria-label='inline number']")
        for key, number in (("ArrowUp", 143), ("ArrowUp", 145), ("ArrowDown", 143), ("ArrowDown", 141)):
            tab.keyboard.press(key)
            assert tab.input_value("input[aria-label='inline number']") == str(number)


def test_without_webgl_all_but_the_view_in_space_works(tab):
    tab.add_init_script("""{
      const made = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind === "webgl" ? null : made.call(this, kind, ...more);
      };
    }""")
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        assert "has no WebGL" in tab.text_content("#panels")
        tab.mouse.move(400, 300)
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate("() => geocnn.state.at") == [20, 15, 31]


def test_a_probability_begins_at_the_threshold_of_its_network(tab):
    chance = np.full(GRID.shape, 0.15, np.float32)
    with geocnn.view(chance, cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        assert tab.get_by_label("from").first.input_value() == "0.13"
    with geocnn.view(chance, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        assert tab.get_by_role("slider", name="in space").input_value() == "0.13"


def test_numbers_beside_a_bar_of_colours_stand_apart(tab):
    loud = np.random.default_rng(0).standard_normal((40, 60)).astype(np.float32) * np.float32(1e37)
    with geocnn.view(loud, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        words = tab.locator("#display .ends span")
        low, name, high = words.all_inner_texts()
        assert (low, name) == (f"-{high}", "amplitude")
        assert len(high) == len("2.57e+37")
        boxes = [words.nth(k).bounding_box() for k in range(3)]
        gaps = [right["x"] - left["x"] - left["width"] for left, right in pairwise(boxes)]
        assert min(gaps) >= 8


def test_a_network_is_switched_on_and_goes_over_sections_alone(tab):
    with geocnn.view(cube(), browser=False, wait=False, networks=[network(2, threshold=0.2)]) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        off, on = (tab.locator(".layer", has_text=name) for name in ("faults", "random"))
        assert off.locator(".bar").is_hidden()
        assert on.locator(".bar").is_visible()
        assert on.get_by_label("from").input_value() == "0.2"
        assert "without random" in tab.locator(".panel header").first.inner_text()
        tab.get_by_label("random").uncheck()
        tab.wait_for_function(IDLE)
        plain = [pixel(tab, panel, 0.2, 0.1) for panel in (MAP, INLINE)]
        tab.get_by_label("random").check()
        tab.wait_for_function(IDLE)
        map_, inline = (pixel(tab, panel, 0.2, 0.1) for panel in (MAP, INLINE))
        assert map_ == plain[0]
        assert inline != plain[1]
        tab.get_by_label("minus").select_option(label="denoise (network)")
        tab.wait_for_function(IDLE)
        assert "without denoise and random" in tab.locator(".panel header").first.inner_text()
        assert pixel(tab, MAP, 0.2, 0.1) == plain[0]


def begun(tab, server, *, key=True):
    """The page, with a new horizon that clicks are picks of."""
    tab.goto(server.url)
    tab.wait_for_function(IDLE)
    tab.get_by_label("new horizon").fill("top")
    if key:
        tab.keyboard.press("Enter")
    else:
        tab.get_by_role("button", name="New", exact=True).click()
    tab.wait_for_selector(".row.horizon.active")


def test_a_horizon_is_picked_with_clicks_and_undone(tab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with geocnn.view(cube(), browser=False, wait=False) as server:
        begun(tab, server)
        tab.get_by_label("between clicks").select_option("straight")
        slices = tab.evaluate("() => geocnn.state.at")

        def at(trace, sample):
            return tab.evaluate(SECTION, [trace, sample])

        tab.mouse.click(*at(4, 20))
        tab.wait_for_function(PICKED, arg=1)
        tab.mouse.click(*at(14, 40))
        tab.wait_for_function(PICKED, arg=11)
        first = slices[0] * 30
        along = tab.evaluate(f"() => [...geocnn.state.horizons[0].index.slice({first} + 4, {first} + 15)]")
        np.testing.assert_allclose(along, 20 + 2 * np.arange(11), atol=0.3)
        assert tab.evaluate("() => geocnn.state.at") == slices  # clicks are picks now
        tab.keyboard.down("Shift")
        tab.mouse.move(*at(6, 30))
        tab.mouse.down()
        tab.mouse.move(*at(9, 30), steps=4)
        tab.mouse.up()
        tab.keyboard.up("Shift")
        tab.wait_for_function(PICKED, arg=7)
        tab.keyboard.press("Control+z")
        tab.wait_for_function(PICKED, arg=11)
        assert tab.locator(".row.horizon").inner_text().startswith("top *")
        with tab.expect_download() as saved:
            tab.get_by_role("button", name="Save", exact=True).click()
        assert saved.value.suggested_filename == "top.dat"
        tab.wait_for_function("() => !document.querySelector('.row.horizon').innerText.includes('*')")
        tab.keyboard.press("h")
        tab.mouse.click(*at(20, 30))
        tab.wait_for_function("(before) => geocnn.state.at[1] !== before", arg=slices[1])
        assert tab.evaluate(PICKED, 11)
    assert not list(tmp_path.glob("*.dat"))


def test_undo_goes_back_to_the_click_before_and_hidden_horizons_are_seen_when_picked(tab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where picks go that are not saved
    with geocnn.view(cube(), browser=False, wait=False) as server:
        begun(tab, server, key=False)
        tab.get_by_label("between clicks").select_option("straight")
        for trace in (4, 10, 16):  # faster than they are answered
            tab.mouse.click(*tab.evaluate(SECTION, [trace, 20]))
        tab.wait_for_function(PICKED, arg=13)
        tab.get_by_role("button", name="Undo").click()
        tab.wait_for_function(PICKED, arg=7)
        tab.wait_for_function("() => geocnn.tool.trail.length === 2")
        tab.keyboard.press("o")
        assert tab.evaluate("() => geocnn.state.horizons[0].on") is False
        tab.mouse.click(*tab.evaluate(SECTION, [12, 20]))
        tab.wait_for_function(PICKED, arg=9)
        assert tab.locator(".row.horizon input").is_checked()


def test_what_was_swept_and_had_no_picks_is_told_and_looks_as_before(browser):
    tab = browser.new_page(viewport={"width": 1200, "height": 800})  # its console has the refusal
    with geocnn.view(cube(), browser=False, wait=False) as server:
        begun(tab, server)
        tab.wait_for_function(IDLE)
        before = pixel(tab, INLINE, 0.8, 0.2)
        tab.keyboard.down("Shift")
        tab.mouse.move(*tab.evaluate(SECTION, [20, 30]))
        tab.mouse.down()
        tab.mouse.move(*tab.evaluate(SECTION, [28, 30]), steps=4)
        tab.wait_for_function(IDLE)
        assert pixel(tab, INLINE, 0.8, 0.2) != before
        tab.mouse.up()
        tab.wait_for_selector(".error:not([hidden])")
        tab.wait_for_function(IDLE)
        assert tab.text_content(".error") == "top has no picks there."
        assert pixel(tab, INLINE, 0.8, 0.2) == before
    tab.close()


def test_a_reload_and_a_second_window_know_what_is_picked(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where picks go that are not saved
    tab, other = browser.new_page(), browser.new_page()
    tab.on("dialog", lambda dialog: dialog.accept())  # the browser asks before what is not saved is left
    shown = "() => [geocnn.tool.undo.title, geocnn.tool.redo.disabled, document.querySelector('#horizons').innerText]"
    with geocnn.view(cube(), browser=False, wait=False) as server:
        begun(tab, server)
        tab.mouse.click(*tab.evaluate(SECTION, [4, 20]))
        tab.wait_for_function(PICKED, arg=1)
        tab.reload()
        tab.wait_for_function(IDLE)
        assert tab.evaluate(PICKED, 1)
        undo, redo, words = tab.evaluate(shown)
        assert (undo, redo) == ("top picked (Ctrl+Z)", True)
        assert words.startswith("top *")
        other.goto(server.url)
        other.wait_for_function(IDLE)
        other.get_by_label("new horizon").fill("base")
        other.keyboard.press("Enter")
        other.wait_for_selector(".row.horizon.active")
        other.mouse.click(*other.evaluate(SECTION, [9, 25]))
        other.wait_for_function("() => geocnn.tool.unsaved.length === 2")
        tab.evaluate("() => { window.dispatchEvent(new Event('focus')); }")
        tab.wait_for_function("() => geocnn.state.horizons.length === 2 && geocnn.tool.unsaved.length === 2")
        tab.keyboard.press("h")
        tab.keyboard.press("Control+z")  # what the other one did last
        tab.wait_for_function("() => geocnn.state.horizons[1].index.every(Number.isNaN)")
        other.evaluate("() => { window.dispatchEvent(new Event('focus')); }")
        other.wait_for_function("() => geocnn.state.horizons[1].index.every(Number.isNaN)")
        assert other.evaluate(PICKED, 1)
        for one in (tab, other):
            one.close()


def test_keys_are_letters_while_a_name_is_typed(tab):
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.get_by_label("new horizon").focus()
        tab.keyboard.type("hosfm+-")
        assert tab.get_by_label("new horizon").input_value() == "hosfm+-"
        assert tab.evaluate("() => [geocnn.state.gain, geocnn.tool.number]") == [1, None]
        assert tab.locator("#panels.single").count() == 0


def test_the_survey_is_seen_until_a_network_has_done_its_work(tab):
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.set_viewport_size({"width": 900, "height": 600})
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        seen = """(set) => {
          const { state, panels } = geocnn;
          const before = [state.base, state.less];
          Object.assign(state, set);
          const made = state.pictures(new Map([[0, panels[2].images.get(0)]]), panels[2].view);
          [state.base, state.less] = before;
          return made.length;
        }"""
        assert tab.evaluate(seen, {"base": 2}) == 1
        assert tab.evaluate(seen, {"less": 2}) == 1
        tab.get_by_label("denoise").check()
        tab.get_by_label("faults").check()
        tab.get_by_label("minus").select_option(label="denoise (network)")
        tab.wait_for_function(IDLE)
        header = tab.locator(".panel header").first
        assert header.locator(".hint").text_content() == "without denoise and faults"
        assert header.bounding_box()["height"] < 30  # one line


def test_a_probability_of_a_line_has_nothing_in_space(tab):
    chance = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    with geocnn.view(chance, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        assert "in space" not in tab.inner_text("aside")


def test_what_is_under_the_pointer_follows_keys_and_settings(tab):
    one, two = noise(), noise(1)
    values, others = one.read(...), two.read(...)
    with geocnn.view(one, two, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.mouse.move(*tab.evaluate(SECTION, [10, 20]))
        assert float(readout(tab)["array 1"]) == pytest.approx(values[20, 10, 20], abs=1e-3)
        tab.keyboard.press("Shift+ArrowRight")
        tab.wait_for_function(IDLE)
        said = readout(tab)
        assert (said["inline"], said["crossline"]) == ("160", "20")
        assert float(said["array 1"]) == pytest.approx(values[30, 10, 20], abs=1e-3)
        tab.get_by_label("minus").select_option(label="array 2")
        tab.wait_for_function(IDLE)
        difference = values[30, 10, 20] - others[30, 10, 20]
        assert float(readout(tab)["difference"]) == pytest.approx(difference, abs=2e-3)
        tab.mouse.wheel(0, -600)
        tab.wait_for_function(IDLE)
        tab.evaluate("() => geocnn.panels[2].move(5, 0)")
        tab.wait_for_function(IDLE)
        assert readout(tab)["crossline"] == "25"
        tab.keyboard.press("f")
        tab.wait_for_function(IDLE)
        assert readout(tab)["crossline"] == "20"
        tab.evaluate(UNTIL, 0)
        tab.keyboard.press("ArrowRight")
        tab.wait_for_function("() => document.getElementById('readout').innerText.includes('162')")
        assert "array 1" not in readout(tab)  # which is still that of the slice before
        tab.evaluate("() => release()")
        tab.wait_for_function(IDLE)
        assert float(readout(tab)["array 1"]) == pytest.approx(values[31, 10, 20], abs=1e-3)
        tab.mouse.move(100, 400)
        assert readout(tab) == {}
        tab.keyboard.press("ArrowRight")
        tab.wait_for_function(IDLE)
        assert readout(tab) == {}


def test_a_picture_is_saved_when_what_is_at_work_has_done_it(tab):
    tab.add_init_script(path=WORDS)
    chance = np.full(GRID.shape, 0.9, np.float32)
    with geocnn.view(noise(), io.ArraySource(chance, GRID), noise(1), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        assert caption(tab) == "array 1, array 2"
        tab.get_by_label("array 2").uncheck()
        assert caption(tab) == "array 1"
        tab.get_by_label("minus").select_option(label="array 3")
        assert caption(tab) == "array 1 minus array 3"
        tab.get_by_label("minus").select_option(label="nothing")
        tab.wait_for_function(IDLE)
        tab.evaluate("() => geocnn.state.kept.clear()")
        tab.evaluate(UNTIL, 1)
        tab.get_by_label("array 2").check()
        tab.keyboard.press("s")
        tab.wait_for_selector("#save:disabled")
        assert tab.text_content("#save") == "Saving ..."
        tab.keyboard.press("s")  # once is enough
        before = tab.evaluate("() => saved.length")
        with tab.expect_download() as told:
            tab.evaluate("() => release()")
        assert told.value.suggested_filename == "array 1-view.png"
        assert tab.evaluate("() => saved.at(-1)") == "array 1, array 2"
        assert tab.evaluate("() => saved.length") == before + 5  # with titles of four panels
        assert tab.text_content("#save:enabled") == "Save as PNG"


def test_what_one_layer_lacks_the_others_have(tab):
    tab.add_init_script(path=WORDS)
    chance = np.full(GRID.shape, 0.9, np.float32)
    with geocnn.view(cube(), io.ArraySource(chance, GRID), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.evaluate(
            """() => {
              const { state } = geocnn;
              const slice = state.slice.bind(state);
              state.slice = async (query, ...more) => {
                if (query.layer === 1) throw new Error("this section is too large.");
                return slice(query, ...more);
              };
              state.kept.clear();
              state.move(0, 30);
            }"""
        )
        tab.wait_for_selector(".error:not([hidden])")
        tab.wait_for_function(IDLE)
        assert tab.text_content(".error") == "this section is too large."
        assert pixel(tab, INLINE, 0.2, 0.2) == WHITE
        tab.evaluate("() => geocnn.controls.alone(geocnn.panels[2])")
        assert caption(tab) == "array 1"


def test_the_survey_is_there_while_a_network_makes_the_slice_that_is_seen(tab):
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.evaluate(UNTIL, 2)
        tab.get_by_label("denoise").check()
        tab.evaluate("() => geocnn.state.move(0, 30)")
        tab.wait_for_function(f"() => ({PIXEL})([2, 0.2, 0.2])[0] === 255")
        assert tab.locator(".busy", has_text="denoise at work").count() == 2
        tab.evaluate("() => { geocnn.state.move(0, 20); release(); }")
        tab.wait_for_function(IDLE)
        assert tab.evaluate("() => geocnn.panels[2].drawn.map((one) => one.layers)") == [[2]]
        tab.evaluate("() => { geocnn.state.base = 0; geocnn.state.changed('picture'); }")
        tab.wait_for_function(IDLE)
        assert pixel(tab, INLINE, 0.2, 0.2) == BLACK


def test_a_number_that_is_taken_away_leaves_the_slice(tab):
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        number = tab.get_by_label("inline number")
        number.fill("")
        number.press("Tab")
        assert tab.evaluate("() => geocnn.state.at[0]") == 20
        assert number.input_value() == "140"
        number.fill("151")
        number.press("Enter")
        assert tab.evaluate("() => geocnn.state.at[0]") == 26
        assert number.input_value() == "152"


def test_keys_work_with_caps_lock(tab):
    with geocnn.view(cube(), io.ArraySource(cube().read(...) > 0, GRID), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.mouse.move(*tab.evaluate(SECTION, [10, 20]))
        tab.keyboard.press("O")
        assert not tab.get_by_label("array 2").is_checked()
        tab.keyboard.press("M")
        assert tab.locator("#panels.single").count() == 1
        tab.mouse.wheel(0, -600)
        tab.wait_for_function("() => geocnn.panels[2].window.right - geocnn.panels[2].window.left < 20")
        tab.keyboard.press("F")
        assert tab.evaluate("() => geocnn.panels[2].window.right") == 30
        with tab.expect_download():
            tab.keyboard.press("S")
        tab.get_by_label("new horizon").fill("top")
        tab.keyboard.press("Enter")
        tab.wait_for_selector(".row.horizon.active")
        tab.keyboard.press("H")
        assert tab.locator(".row.horizon.active").count() == 0


@pytest.mark.parametrize("size", [(700, 500), (1200, 800)])
def test_labels_of_the_cube_in_space_are_in_its_panel(tab, size):
    tab.add_init_script(path=WORDS)
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    with geocnn.view(cube(), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        wide, tall = tab.evaluate(
            "() => { const c = geocnn.panels[1].labels; return [c.clientWidth, c.clientHeight]; }"
        )
        for height in (0.55, 0.1, 1.5):
            tab.evaluate("(height) => { geocnn.panels[1].size[2] = height; geocnn.panels[1].fit(); }", height)
            tab.wait_for_function(IDLE)
            tab.evaluate("() => { words.length = 0; geocnn.panels[1].paint(); }")
            said = tab.evaluate("() => words")
            axes = ["inline", "100", "178", "crossline", "10", "39", "time (ms)", "400", "636"]
            assert {name for name, *_ in said} >= set(axes) - ({"time (ms)", "636"} if height == 0.1 else set())
            for k, (_, left, right, top, bottom) in enumerate(said):
                assert left >= 0
                assert right <= wide
                assert top >= 20  # below the title
                assert bottom <= tall
                for _, *other in said[:k]:
                    assert right <= other[0] or left >= other[1] or bottom <= other[2] or top >= other[3]


def test_a_map_keeps_its_proportions_when_the_window_changes(tab):
    grid = Grid(GRID.axes, {"coordinates": {"origin": [0, 0], "vectors": [[0, 25.0], [25.0, 0]], "corners": []}})
    shape = """() => {
      const { box, window: w } = geocnn.panels[0];
      const [x, y] = [box.width / (w.right - w.left), box.height / (w.bottom - w.top)];
      return [y / x, (w.right - w.left) * (w.bottom - w.top)];
    }"""
    with geocnn.view(io.ArraySource(cube().read(...), grid), browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        assert tab.evaluate(shape)[0] == pytest.approx(1)
        tab.set_viewport_size({"width": 700, "height": 800})
        tab.wait_for_function("() => geocnn.panels[0].box.width < 200 && geocnn.panels[0].window.left === 0")
        assert tab.evaluate(shape)[0] == pytest.approx(1)
        tab.evaluate("() => geocnn.panels[0].zoom(0.5, 120, 150)")
        before = tab.evaluate(shape)
        tab.set_viewport_size({"width": 1200, "height": 800})
        tab.wait_for_function(f"() => geocnn.panels[0].box.width > 300 && Math.abs(({shape})()[0] - 1) < 1e-6")
        assert tab.evaluate(shape) == pytest.approx(before)


def test_what_is_below_does_not_move_when_the_pointer_leaves(tab):
    chance = np.full(GRID.shape, 0.00012, np.float32)
    with geocnn.view(cube(), *(io.ArraySource(chance, GRID),) * 4, browser=False, wait=False) as server:
        tab.goto(server.url)
        tab.wait_for_function(IDLE)
        tab.mouse.move(*tab.evaluate(SECTION, [10, 20]))
        assert readout(tab)["array 2"] == "0"
        before = tab.locator("#slices").bounding_box()
        tab.mouse.move(100, 400)
        assert readout(tab) == {}
        assert tab.locator("#slices").bounding_box() == before
