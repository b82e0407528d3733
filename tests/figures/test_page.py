"""The page for a meeting: one file with everything in it, true scales, and as many faults as there are."""

import base64
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from geocnn import __version__, io
from geocnn.errors import DataError, TargetError
from geocnn.figures import page as module
from geocnn.figures.page import page
from geocnn.figures.page.content import Sheet
from geocnn.figures.page.faults import attitudes
from geocnn.figures.page.pictures import parts
from geocnn.figures.page.scale_bars import round_number
from geocnn.grid import Axis, Grid
from geocnn.interpretation import FaultObject
from geocnn.synthetic.structure import structure

CUBE = Grid(
    (Axis("inline", 48, 100, 2), Axis("crossline", 48, 10, 1), Axis("time", 64, 400, 4, "ms")),
    {"coordinates": {"bytes": [181, 185], "corners": [], "origin": [0, 0], "vectors": [[0, 50], [25, 0]]}},
)
LINE = Grid((Axis("trace", 700, 1), Axis("time", 64, 0, 4, "ms")))
NAME = "a <b> & 'c' $d$.sgy"


def sources(grid, folder=None):
    """Amplitudes with one dead trace, and the faults that were made into them."""
    made = structure(3, shape=grid.shape)
    seismic = made.seismic.numpy().copy()
    seismic[(5,) * (grid.ndim - 1)] = 0
    path = None if folder is None else folder / NAME
    return io.ArraySource(seismic, grid, path), io.ArraySource(made.fault.numpy().astype(np.float32))


def faults(count, ndim=3):
    ranges = ((100.0, 140.0), (12.0, 30.0), (404.0, 600.0))[-ndim:]
    normal = (1.0,) + (0.0,) * (ndim - 1)
    strikes = [7.0 * k % 360 if ndim == 3 else None for k in range(count)]
    return [FaultObject(k + 1, 1000 - k, 0.75, ranges, normal, 60.0, strike) for k, strike in enumerate(strikes)]


class Reader(HTMLParser):
    """What a browser finds."""

    def __init__(self, text):
        super().__init__()
        self.images, self.rows, self.texts, self.open, self.links = [], {"facts": [], "faults": []}, {}, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.links += [attrs[name] for name in ("href", "src") if name in attrs]
        assert tag not in ("script", "link", "iframe")
        if tag == "img":
            self.images.append(attrs)
        elif tag not in ("meta",):
            self.open.append(tag)
        if tag == "table":
            self.table = attrs["class"]
        if tag == "tr" and "thead" not in self.open:
            self.rows[self.table].append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th") and "thead" not in self.open:
            self.rows[self.table][-1].append(data)
        elif self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def read(path):
    reader = Reader(path.read_text(encoding="utf-8"))
    assert reader.open == []
    return reader


def test_a_cube_as_one_file_with_all_in_it(tmp_path):
    seismic, probability = sources(CUBE, tmp_path)
    spread = io.ArraySource(np.full(CUBE.shape, 0.1, np.float32))
    facts = [("network", "faults <3D>"), ("threshold", "0.5")]
    made = page(tmp_path / "p.html", seismic, probability, spread=spread, objects=faults(60), facts=facts, sections=3)
    found = read(made)
    # 3 inlines, a crossline, both time slices in one; twice, and the rose diagram
    assert len(found.images) == 2 * (3 + 1 + 1) + 1
    for image in found.images:
        kind, _, data = image["src"].partition(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(data, validate=True).startswith(b"\x89PNG")
        assert image["alt"]
    assert found.rows["facts"] == [list(row) for row in [*seismic.describe(), *facts]]
    assert len(found.rows["faults"]) == 50
    assert found.rows["faults"][1] == ["2", "999", "0.75", "7", "60", "100 to 140", "12 to 30", "404 to 600"]
    assert found.texts["p"] == ["and 10 smaller faults, which are not listed."]
    assert found.texts["h1"] == found.texts["title"] == [NAME]
    assert found.texts["footer"] == [f"made with geocnn {__version__}"]
    assert found.texts["h2"][:3] == ["Inlines", "Crosslines", "Time slices"]
    text = made.read_text()
    assert "://" not in text
    assert "<b>" not in text
    assert all(link.startswith("data:") for link in found.links)
    assert [p.name for p in tmp_path.iterdir()] == ["p.html"]
    made = page(tmp_path / "q.html", seismic, probability, objects=faults(51), sections=1)
    assert read(made).texts["p"] == ["and 1 smaller fault, which is not listed."]


def test_a_long_line_is_shown_whole_and_in_the_pieces_with_most_probability(tmp_path):
    seismic, _ = sources(LINE)
    values = np.zeros(LINE.shape, np.float32)
    values[500:600] = 1  # of pieces of 233 or 234 traces the last one has most, the second some, the first none
    values[300, 5] = 1
    found = read(page(tmp_path / "p.html", seismic, io.ArraySource(values), objects=faults(2, 2), sections=2))
    captions = [caption.partition(":")[0] for caption in found.texts["figcaption"]]
    assert captions == ["The whole line", "Traces 234 to 467", "Traces 468 to 700"]
    assert [row[0] for row in found.rows["faults"]] == ["1", "2"]
    assert len(found.rows["faults"][0]) == 6  # no strike on a line
    assert "p" not in found.texts


def test_no_faults_no_table(tmp_path):
    found = read(page(tmp_path / "p.html", *sources(CUBE), sections=1))
    assert len(found.images) == 3
    assert found.rows["faults"] == []
    assert found.texts["h1"] == ["survey"]


def pages_of(path):
    data = path.read_bytes()
    assert data.startswith(b"%PDF")
    return len(re.findall(rb"/Type /Page\b", data)), data


def test_pdf_has_a_sheet_for_each_picture_and_the_same_bytes_every_time(tmp_path):
    seismic, probability = sources(CUBE, tmp_path)
    made = page(tmp_path / "p.PDF", seismic, probability, objects=faults(60), sections=1)
    count, data = pages_of(made)
    assert count == 1 + (1 + 1 + 1) + 1 + 2  # facts, sections, rose diagram, 50 rows of 32 a sheet
    assert page(tmp_path / "q.pdf", seismic, probability, objects=faults(60), sections=1).read_bytes() == data


def test_a_line_without_faults_as_pdf(tmp_path):
    count, data = pages_of(page(tmp_path / "p.pdf", *sources(LINE)))
    assert count == 1 + 1 + 3
    assert b"://" not in data


def test_names_that_are_no_page_and_files_that_exist_are_refused(tmp_path):
    seismic, probability = sources(LINE)
    with pytest.raises(TargetError, match=r"^p\.png is no name of a page; end it with \.html or \.pdf\.$"):
        page(tmp_path / "p.png", seismic, probability)
    assert not list(tmp_path.iterdir())
    for name in ("p.html", "p.pdf"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(TargetError, match="exists already"):
            page(tmp_path / name, seismic, probability)
        assert (tmp_path / name).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2
    assert page(tmp_path / "p.html", seismic, probability, overwrite=True).read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(TargetError, match="does not exist; make it first"):
        page(tmp_path / "no" / "p.html", seismic, probability)


def test_other_grids_are_refused_before_anything_is_drawn(tmp_path):
    seismic, probability = sources(LINE)
    other = io.ArraySource(np.zeros((700, 65), np.float32))
    with pytest.raises(DataError, match=r"shape \(700, 64\) but its probability \(700, 65\)"):
        page(tmp_path / "p.html", seismic, other)
    with pytest.raises(DataError, match=r"but its standard deviation \(700, 65\)"):
        page(tmp_path / "p.html", seismic, probability, spread=other)
    with pytest.raises(DataError, match="sections is 0"):
        page(tmp_path / "p.html", seismic, probability, sections=0)
    trace = io.ArraySource(np.zeros(64, np.float32))
    with pytest.raises(DataError, match="has 1 axis;"):
        page(tmp_path / "p.html", trace, trace)
    assert not list(tmp_path.iterdir())


def test_a_failure_on_the_way_leaves_nothing(tmp_path, monkeypatch):
    seismic, probability = sources(LINE)
    monkeypatch.setattr(module, "html", lambda _content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        page(tmp_path / "p.html", seismic, probability)
    assert not list(tmp_path.iterdir())


def drawn(seismic, probability, sections=3, threshold=0.2):
    """The figures themselves."""
    found = parts(seismic, {"probability": probability}, [], sections, Sheet(11.0, 5.6, (0, 0, 1, 1)), threshold)
    return [[at for at in part.figure.axes if len(at.images) == 2] for part in found]


def test_slices_are_at_their_places_with_units_and_dead_traces_are_no_data():
    seismic, probability = sources(CUBE)
    before = seismic.read(...).copy()
    *sections, maps = drawn(seismic, probability)
    # 0.1 + 0.8 (1/6, 1/2, 5/6) and 0.1 + 0.8 / 2 of 47 lines, to the nearest; 0.1 + 0.8 (1/4, 3/4) of 63 samples
    assert [at.get_title() for (at,) in sections] == ["inline 122", "inline 148", "inline 172", "crossline 34"]
    assert [at.get_title() for at in maps] == ["time 476 ms", "time 576 ms"]
    np.testing.assert_array_equal(sections[0][0].images[0].get_array(), before[11].T)
    np.testing.assert_array_equal(sections[0][0].images[1].get_array(), probability.read(...)[11].T)
    dead = np.ma.getmaskarray(maps[0].images[0].get_array())
    np.testing.assert_array_equal(np.argwhere(dead), [[5, 5]])
    np.testing.assert_array_equal(maps[0].images[0].get_array()[~dead], before[:, :, 19][~dead])
    assert (sections[0][0].get_xlabel(), sections[0][0].get_ylabel()) == ("crossline", "time (ms)")
    low, high = maps[0].get_ylim()
    assert low < high
    assert maps[0].get_aspect() == 25 / 25  # 50 m in two inline numbers, 25 m in one crossline number
    np.testing.assert_array_equal(seismic.read(...), before)  # the user's own array is as it was


def bars(at):
    """Length of each scale bar in numbers of its axis, and what stands beside it."""
    lines = [drawn for drawn in at.lines if drawn.get_transform() == at.transAxes]
    lengths = [
        max(
            np.ptp(drawn.get_xdata()) * abs(np.diff(at.get_xlim())),
            np.ptp(drawn.get_ydata()) * abs(np.diff(at.get_ylim())),
        )
        for drawn in lines
    ]
    return [(float(length[0]), text.get_text()) for length, text in zip(lengths, at.texts, strict=True)]


@pytest.mark.parametrize(("threshold", "seen"), [(0.13, True), (0.2, False)])
def test_faint_faults_are_seen_from_the_threshold_on(threshold, seen):
    seismic, _ = sources(CUBE)
    probability = io.ArraySource(np.full(CUBE.shape, 0.15, np.float32))
    image = drawn(seismic, probability, threshold=threshold)[0][0].images[1]
    assert (image.to_rgba(image.get_array())[..., 3] > 0.3).all() == seen


def test_scale_bars_in_metres_where_the_spacing_is_known():
    (inline,), *_, (crossline,), maps = drawn(*sources(CUBE))
    # 48 crosslines are 1200 m, a fifth 240 m; 64 samples 256 ms, a fifth 51 ms; 48 inlines 2400 m, a fifth 480 m
    assert bars(inline) == [(pytest.approx(200 / 25), "200 m"), (pytest.approx(50), "50 ms")]
    assert bars(crossline)[0] == (pytest.approx(2 * 500 / 50), "500 m")
    assert bars(maps[0]) == [(pytest.approx(200 / 25), "200 m")]  # in true proportions one is enough


def test_scale_bars_in_lines_and_samples_where_nothing_is_known():
    grid = Grid((Axis("inline", 48, 100, 2), Axis("crossline", 48, 10, 1), Axis("time", 64)))
    (inline,), *_, (crossline,), _ = drawn(*sources(grid))
    assert bars(inline) == [(pytest.approx(10), "10 crosslines"), (pytest.approx(10), "10 samples")]
    assert bars(crossline)[0] == (pytest.approx(20), "10 inlines")


def test_kilometres_and_vertical_exaggeration_in_depth():
    known = {"coordinates": {"bytes": [181, 185], "corners": [], "origin": [0, 0], "vectors": [[30, 40]]}}
    grid = Grid((Axis("trace", 200, 1), Axis("depth", 64, 0, 10, "m")), known)
    seismic, probability = sources(grid)
    ((at,),) = drawn(seismic, probability)
    assert bars(at) == [(pytest.approx(2000 / 50), "2 km"), (pytest.approx(100), "100 m")]
    said = float(re.fullmatch(r"vertical exaggeration ([\d.]+)", at.get_title())[1])
    box = at.get_window_extent()
    assert said == pytest.approx((200 * 50 / box.width) / (64 * 10 / box.height), rel=0.05)


def test_round_numbers():
    cases = {240: 200, 51: 50, 0.07: 0.05, 3: 2, 3.3: 5, 8: 10, 1.2e4: 1e4}
    for value, expected in cases.items():
        assert math.isclose(round_number(value), expected)


def test_rose_and_histogram_are_weighted_by_voxels():
    one = FaultObject(1, 300, 0.9, ((0.0, 1.0),) * 3, (0.0, 1.0, 0.0), 62.0, 33.0)
    two = FaultObject(2, 100, 0.9, ((0.0, 1.0),) * 3, (0.0, 0.0, 1.0), 0.0, None)
    rose, dips = attitudes([one, two], Sheet(11.0, 5.6, (0, 0, 1, 1)), north=True).axes
    assert rose.get_xlabel() == "0° is map north"
    heights = {round(np.degrees(bar.get_x() + bar.get_width() / 2)): bar.get_height() for bar in rose.patches}
    assert {angle: height for angle, height in heights.items() if height} == {35: 75, 215: 75}
    shares = {bar.get_x(): bar.get_height() for bar in dips.patches if bar.get_height()}
    assert shares == {0: 25, 60: 75}
    assert rose.get_title() == "strike, without 1 level fault"
    assert all(label.get_path_effects() for label in rose.get_yticklabels())  # they are read on bars as well


class Counting(io.ArraySource):
    """Notes what was read."""

    samples = 0

    def read(self, slices):
        block = super().read(slices)
        self.samples += block.size
        return block


def test_only_what_is_drawn_is_read(tmp_path):
    seismic, probability = sources(CUBE)
    counted = Counting(probability.read(...))
    page(tmp_path / "p.html", seismic, counted, sections=3)
    assert counted.samples == 4 * 48 * 64 + 2 * 48 * 48


def test_tiny_surveys_and_those_without_a_live_trace(tmp_path):
    for number, shape in enumerate([(1, 1), (3, 20), (1, 1, 5), (2, 3, 4)]):
        for value in (0, 1):
            seismic = io.ArraySource(np.full(shape, value, np.float32))
            path = tmp_path / f"{number}{value}.html"
            assert read(page(path, seismic, io.ArraySource(np.zeros(shape, np.float32)))).images
