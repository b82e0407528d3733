"""Write a page as one HTML file that contains its figures and loads nothing."""

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape

from matplotlib.figure import Figure

from geocnn.figures.page.content import Content
from geocnn.figures.style import legible

__all__ = ["html"]

_DPI = 140
"""Resolution of figures, 11 inches wide, shown 1060 pixels wide: sharp on fine screens, about 0.5 MB each."""

_STYLE = """
body { margin: 0; background: #f3f2ef; color: #222; font: 16px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
main { max-width: 1060px; margin: 0 auto; padding: 28px 20px 20px; background: #fff }
h1 { font-size: 1.6rem; margin: 0 0 14px; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 36px 0 8px; padding-bottom: 4px; border-bottom: 2px solid #2f6690 }
figure { margin: 12px 0 24px; break-inside: avoid }
img { display: block; width: 100%; height: auto }
figcaption, .more, footer { color: #666; font-size: .88rem }
table { border-collapse: collapse; font-size: .9rem }
.facts th { padding: 2px 20px 2px 0; color: #666; font-weight: normal; text-align: left; white-space: nowrap }
.facts th, .facts td { vertical-align: top; overflow-wrap: anywhere }
.wide { overflow-x: auto }
.faults { width: 100%; font-variant-numeric: tabular-nums }
.faults th, .faults td { padding: 4px 10px; text-align: right; border-bottom: 1px solid #e3e1dc; white-space: nowrap }
.faults thead th { border-bottom: 2px solid #999; white-space: normal; vertical-align: bottom }
.faults tbody tr:nth-child(even) { background: #f8f7f4 }
footer { margin-top: 36px; padding-top: 8px; border-top: 1px solid #e3e1dc }
@media print { body { background: #fff } main { max-width: none; padding: 0 } }
"""


def html(content: Content) -> bytes:
    """The page as HTML in UTF-8; all text from files or users is escaped."""
    # File names may hold bytes that are no UTF-8.
    return "".join(_pieces(content)).encode("utf-8", "replace")


def _pieces(content: Content) -> Iterator[str]:
    """Pieces of the page from top to bottom; each figure is freed before the next one is drawn."""
    title = escape(content.title)
    yield f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    if content.facts:
        rows = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>\n" for name, text in content.facts)
        yield f'<table class="facts">\n{"".join(rows)}</table>\n'
    heading = ""
    for part in content.parts:
        if part.heading != heading:
            heading = part.heading
            yield f"<h2>{escape(heading)}</h2>\n"
        caption = escape(part.caption)
        yield f'<figure><img src="data:image/png;base64,{_png(part.figure)}" alt="{caption}">'
        yield f"<figcaption>{caption}</figcaption></figure>\n"
    if content.rows:
        head = _row(content.head, "th")
        yield f'<h2>Faults</h2>\n<div class="wide">\n<table class="faults">\n<thead>{head}</thead>\n'
        yield f"<tbody>\n{''.join(_row(row, 'td') for row in content.rows)}</tbody>\n</table>\n</div>\n"
    if content.more:
        yield f'<p class="more">{escape(content.more)}</p>\n'
    yield f"<footer>{escape(content.footer)}</footer>\n</main>\n</body>\n</html>\n"


def _row(cells: Sequence[str], tag: str) -> str:
    """Row of a table."""
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>\n"


def _png(made: Figure) -> str:
    """A figure as a PNG in base64, for a data address."""
    file = io.BytesIO()
    with legible(made):
        made.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    made.clear()  # frees its memory before the garbage collector runs
    return base64.b64encode(file.getvalue()).decode("ascii")
