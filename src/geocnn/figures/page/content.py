"""Content of a page (facts, figures and a table) before it is written to one file."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from geocnn.figures.style import figure

__all__ = ["ACCENT", "MUTED", "Content", "Part", "Sheet"]

ACCENT, MUTED = "#2f6690", "#666666"
"""Colours of headings, bars and marks, and of less important text."""


class Sheet(NamedTuple):
    """Size of a figure in inches, and the rectangle for its panels: left, bottom, width, height, as shares of it."""

    width: float
    height: float
    rect: tuple[float, float, float, float]

    def figure(self) -> Figure:
        """An empty figure of this size."""
        made = figure(self.width, self.height)
        engine = made.get_layout_engine()
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.set(rect=self.rect)
        return made


class Part(NamedTuple):
    """A figure with its heading; parts with the same heading follow one another."""

    heading: str
    caption: str
    figure: Figure


class Content(NamedTuple):
    """Content of a page, in its order."""

    title: str
    facts: Sequence[tuple[str, str]]
    parts: Iterable[Part]
    head: Sequence[str]
    """Header of the table of faults."""
    rows: Sequence[Sequence[str]]
    """Rows of the table, one per fault; without rows there is no table."""
    more: str
    """A line below the table; may be empty."""
    footer: str
