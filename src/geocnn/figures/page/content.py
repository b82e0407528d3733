"""What stands on a page: facts, pictures, and a table, before they become one file."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from geocnn.figures.style import figure

__all__ = ["ACCENT", "MUTED", "Content", "Part", "Sheet"]

ACCENT, MUTED = "#2f6690", "#666666"
"""Of headings, bars and marks; and of what is not to strike the eye."""


class Sheet(NamedTuple):
    """Inches of a picture, and where in it panels may be: left, bottom, width, height in parts of it."""

    width: float
    height: float
    rect: tuple[float, float, float, float]

    def figure(self) -> Figure:
        """An empty picture."""
        made = figure(self.width, self.height)
        engine = made.get_layout_engine()
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.set(rect=self.rect)
        return made


class Part(NamedTuple):
    """A picture; parts of one heading follow one another."""

    heading: str
    caption: str
    figure: Figure


class Content(NamedTuple):
    """What stands on a page, in its order."""

    title: str
    facts: Sequence[tuple[str, str]]
    parts: Iterable[Part]
    head: Sequence[str]
    """Of the table of faults."""
    rows: Sequence[Sequence[str]]
    """One a fault; without any there is no table."""
    more: str
    """A line below the table, empty where nothing is to be said."""
    footer: str
