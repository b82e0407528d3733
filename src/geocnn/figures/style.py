"""What all pictures share: size, type, colours, and how they are written."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from geocnn.errors import TargetError
from geocnn.io.partial import check_target
from geocnn.io.system import replaced

__all__ = [
    "FAULT",
    "INK",
    "check_picture",
    "class_colours",
    "fault_colours",
    "figure",
    "legible",
    "metric",
    "round_down",
    "save",
]

INK = "#222222"
"""Colour of lines and text."""

# In an order that sets neighbours, such as the layers of a section, apart.
_MUTED = ["#332288", "#ddcc77", "#117733", "#88ccee", "#882255", "#44aa99", "#cc6677", "#999933", "#aa4499", "#661100"]

_KINDS = (".png", ".pdf", ".svg")
_FAINT = 0.2
"""Probability below which a fault is not drawn by itself."""
FAULT = LinearSegmentedColormap.from_list(
    "fault",
    [
        (0.0, (0.98, 0.72, 0.0, 0.0)),
        (_FAINT, (0.98, 0.72, 0.0, 0.0)),
        (0.5, (0.98, 0.55, 0.0, 0.75)),
        (1.0, (0.80, 0.0, 0.05, 1.0)),
    ],
)
"""Transparent where the network sees little, orange at 0.5, red where it is sure; on grey sections."""


def fault_colours(threshold: float) -> LinearSegmentedColormap:
    """:data:`FAULT`; below 0.2, where that begins, from a threshold on, so that all that is called a fault is seen."""
    if threshold >= _FAINT:
        return FAULT
    yellow, orange, red = (0.98, 0.72, 0.0), (0.98, 0.55, 0.0, 0.75), (0.80, 0.0, 0.05, 1.0)
    seen = [(0.0, (*yellow, 0.0)), (threshold, (*yellow, 0.0)), (threshold, (*yellow, 0.35))]
    return LinearSegmentedColormap.from_list("fault", [*seen, (0.5, orange), (1.0, red)])


def figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, laid out so that labels never collide."""
    made = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(made)
    return made


def class_colours(count: int) -> ListedColormap:
    """Colours of so many classes; up to ten that colour-blind people tell apart as well (Tol's muted scheme)."""
    if count <= len(_MUTED):
        return ListedColormap(_MUTED[:count])
    from cmcrameri import cm

    return ListedColormap([cm.batlow(k / (count - 1)) for k in range(count)])


@contextmanager
def legible(made: Figure) -> Iterator[None]:
    """While a figure is drawn: letters that its font lacks, as in names of files, come from a font that has them.

    Where no font that is installed has them, there are boxes in their place; Matplotlib's warning of each, with a line
    of its source, tells nobody what to do.
    """
    for text in (one for one in made.findobj(Text) if isinstance(one, Text) and not one.get_text().isascii()):
        letters = {ord(letter) for letter in text.get_text() if letter.isprintable()}
        lacking = frozenset(letters - _glyphs(findfont(text.get_fontproperties())))
        if lacking and (other := _font_with(lacking)):
            text.set_fontfamily([*text.get_fontfamily(), other])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


@cache
def _glyphs(path: str) -> frozenset[int]:
    """Code points that a font has glyphs for; none of one that cannot be read."""
    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@cache
def _font_with(letters: frozenset[int]) -> str | None:
    """Family of the installed font that has most of some letters, upright ones of plain weight first; None without."""
    # That of last resort has a box for every letter.
    others = [font for font in fontManager.ttflist if not font.name.startswith("Last Resort")]
    others.sort(key=lambda font: (font.style != "normal", font.weight not in (400, "normal", "regular"), font.name))
    best, most = None, 0
    for font in others:
        if (known := len(letters & _glyphs(font.fname))) > most:
            best, most = font.name, known
        if most == len(letters):
            break
    return best


def check_picture(path: Path, *, overwrite: bool) -> None:
    """Find out before any work whether a picture may be written there.

    Raises:
        TargetError: no suffix of a picture, or the file exists and ``overwrite`` is not given.
    """
    if path.suffix.lower() not in _KINDS:
        raise TargetError(f"{path.name} is no name of a picture; end it with .png, .pdf or .svg.")
    check_target(path, 0, overwrite=overwrite)


def save(made: Figure, path: str | Path, *, dpi: int = 120) -> Path:
    """Write a picture beside its place and rename; return the path.

    Raises:
        TargetError: no suffix of a picture, or the folder is missing or cannot be written.
    """
    target = Path(path)
    check_picture(target, overwrite=True)
    with replaced(target) as part, legible(made):
        made.savefig(part, dpi=dpi)
    return target


def metric(value: float) -> str:
    """Number and prefix of a unit, for example "3.2 n" of 3.2e-9."""
    for prefix, unit in (("", 1.0), ("m", 1e-3), ("\N{MICRO SIGN}", 1e-6), ("n", 1e-9)):
        if value >= unit:
            return f"{value / unit:.{2 if value < 10 * unit else 3}g} {prefix}"
    return f"{value / 1e-12:.3g} p"


def round_down(value: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten up to a value above 0, for scale bars."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(k for k in (1, 2, 5) if k * power <= value * (1 + 1e-9)) * power)
