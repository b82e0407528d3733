"""Write a page as sheets of a PDF."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from geocnn.figures.page.content import ACCENT, MUTED, Content, Sheet
from geocnn.figures.style import INK, legible

__all__ = ["pdf"]

_ROWS = 32
"""Rows of a table on a sheet of A4."""


def pdf(content: Content, sheet: Sheet) -> bytes:
    """The page as a PDF: a sheet of facts, one sheet per figure, and the table."""
    file = io.BytesIO()
    dates = {"CreationDate": None, "ModDate": None}  # the same input gives the same bytes
    title = content.title.encode("utf-8", "replace").decode()  # file names may hold bytes that are no UTF-8
    with PdfPages(file, metadata={"Title": title, "Creator": content.footer, **dates}) as pages:
        for made in _sheets(content._replace(title=title), sheet):
            made.text(0.985, 0.012, content.footer, ha="right", va="bottom", fontsize=8, color=MUTED)
            with legible(made):
                pages.savefig(made, dpi=150)
            made.clear()
    return file.getvalue()


def _sheets(content: Content, sheet: Sheet) -> Iterator[Figure]:
    """Sheets one after the other."""
    facts = list(content.facts)
    for begin in range(0, max(1, len(facts)), _ROWS):
        yield _table(sheet, content.title, [], facts[begin : begin + _ROWS])
    for part in content.parts:
        part.figure.text(0.02, 0.985, part.heading, ha="left", va="top", fontsize=13, color=ACCENT, parse_math=False)
        yield part.figure
    for begin in range(0, len(content.rows), _ROWS):
        last = begin + _ROWS >= len(content.rows)
        yield _table(sheet, "Faults", content.head, content.rows[begin : begin + _ROWS], content.more if last else "")


def _table(sheet: Sheet, title: str, head: Sequence[str], rows: Sequence[Sequence[str]], more: str = "") -> Figure:
    """Sheet with a table: numbers right-aligned below their names, facts left-aligned."""
    made = Figure(figsize=(sheet.width, sheet.height), facecolor="white")
    made.text(0.04, 0.95, title, va="top", fontsize=18, color=INK, parse_math=False)
    every = [list(row) for row in (head, *rows) if row]
    wide = [max(6, *(len(row[k]) for row in every)) for k in range(len(every[0]))] if every else []
    ends = 0.04 + np.concatenate([[0.0], np.cumsum(wide)]) * min(0.0105, 0.92 / max(1, sum(wide)))
    for number, row in enumerate(every):
        y = 0.87 - 0.82 / (_ROWS + 2) * number
        for k, text in enumerate(row):
            x, align = (ends[k + 1] - 0.01, "right") if head else (ends[k], "left")
            bold, pale = bool(head) and not number, not head and not k
            weight, colour = "bold" if bold else "normal", MUTED if pale else INK
            made.text(x, y, text, ha=align, va="top", fontsize=9, fontweight=weight, color=colour, parse_math=False)
    made.text(0.04, 0.025, more, fontsize=9, color=MUTED)
    return made
