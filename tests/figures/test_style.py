"""Letters of pictures: from the font that has them, and no warnings of Matplotlib where none has."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager
from matplotlib.image import imread

from geocnn.figures import style

NAME = "\u5c0f\u6587\u4ef6.sgy"
"""Letters that Matplotlib's own font lacks."""


def font(path, letters):
    """A font in which each of some letters is a black square."""
    pen = TTGlyphPen(None)
    corners = [(0, 0), (0, 900), (900, 900), (900, 0)]
    pen.moveTo(corners[0])
    for corner in corners[1:]:
        pen.lineTo(corner)
    pen.closePath()
    names = {ord(letter): f"uni{ord(letter):04X}" for letter in letters}
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder([".notdef", *names.values()])
    made.setupCharacterMap(names)
    made.setupGlyf(dict.fromkeys([".notdef", *names.values()], pen.glyph()))
    made.setupHorizontalMetrics(dict.fromkeys([".notdef", *names.values()], (1000, 0)))
    made.setupHorizontalHeader(ascent=900, descent=-100)
    made.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    made.setupOS2(sTypoAscender=900, usWeightClass=400)
    made.setupPost()
    made.save(path)


def drawn(path):
    """A picture of the name, and in which fonts it is."""
    made = style.figure(3, 1)
    text = made.text(0.1, 0.4, NAME)
    style.save(made, path)
    return imread(path)[..., 0] if path.suffix == ".png" else None, text.get_fontfamily()


@pytest.fixture
def fonts(monkeypatch):
    """Those of Matplotlib, and others that a test adds."""
    known = [one for one in fontManager.ttflist if "DejaVu" in one.name or "Last Resort" in one.name]
    monkeypatch.setattr(fontManager, "ttflist", known)
    style._font_with.cache_clear()
    yield
    style._font_with.cache_clear()


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_without_a_font_for_a_name_nothing_is_said(tmp_path, suffix):
    assert drawn(tmp_path / f"a{suffix}")[1] == ["sans-serif"]  # warnings are errors here


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_font_that_has_the_letters_of_a_name_is_taken(tmp_path, suffix):
    font(tmp_path / "squares.ttf", NAME[:3])
    fontManager.addfont(tmp_path / "squares.ttf")
    picture, families = drawn(tmp_path / f"a{suffix}")
    assert families == ["sans-serif", "Squares"]
    assert picture is None or (picture < 0.2).sum() > 3 * 12**2  # three squares of 16 pixels
