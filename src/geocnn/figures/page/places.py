"""Choose the slices of a cube, or the pieces of a line, that a page shows."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.figures.page.cuts import Cut
from geocnn.figures.panels import line
from geocnn.grid import Axis, Grid

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["MAP", "Place", "places_of_cube", "places_of_line"]

MAP = (1, 0)
"""Axes of a map: crosslines to the right, inlines upward."""
_PIECE = 300
"""Traces of a line that can be told apart in one figure; lines half as long again are shown in pieces as well."""
_WHOLE = slice(None)


class Place(NamedTuple):
    """Content of one figure."""

    heading: str
    name: str
    shown: tuple[int, int]
    panels: list[tuple[str, tuple[slice, ...]]]
    """Title and box of each slice in it."""
    marks: tuple[list[float], list[float]] = ([], [])
    """Numbers of the lines, across and down, that are marked: those of the sections."""


def places_of_cube(grid: Grid, live: NDArray[np.bool_], sections: int) -> list[Place]:
    """Inlines, crosslines and maps inside the outer tenth of the lines that have data."""
    inline, crossline, vertical = grid.axes
    at = (
        _even(np.flatnonzero(live.any(1)), sections),
        _even(np.flatnonzero(live.any(0)), max(1, sections // 2)),
        _even(np.arange(vertical.size), 1 if sections == 1 else 2),
    )
    places = [
        Place(f"{axis.name}s".capitalize(), title.capitalize(), (1 - k, 2), [(title, _box(3, k, i))])
        for k, axis in enumerate((inline, crossline))
        for i in at[k]
        for title in (_title(axis, i),)
    ]
    maps = [(_title(vertical, i), _box(3, 2, i)) for i in at[2]]
    marks = [[float(axis.values[i]) for i in at[k]] for k, axis in enumerate((inline, crossline))]
    name = " and ".join(title for title, _ in maps).capitalize()
    return [*places, Place(f"{vertical.name} slices".capitalize(), name, MAP, maps, (marks[1], marks[0]))]


def _even(lines: NDArray[np.intp], count: int) -> list[int]:
    """Evenly spaced choice of ``count`` lines without the outer tenths, or all lines if there are fewer."""
    if not len(lines):
        return [0]
    parts = 0.1 + 0.8 * (np.arange(count) + 0.5) / count
    return sorted({int(lines[k]) for k in np.round(parts * (len(lines) - 1)).astype(np.intp)})


def _box(ndim: int, axis: int, index: int) -> tuple[slice, ...]:
    """Box of one slice of a cube."""
    return tuple(slice(index, index + 1) if k == axis else _WHOLE for k in range(ndim))


def _title(axis: Axis, index: int) -> str:
    """Title of a slice, for example ``time 1200 ms``."""
    return f"{axis.name} {axis.values[index]:.10g} {axis.unit}".strip()


def places_of_line(grid: Grid, live: NDArray[np.bool_], probability: "Source", sections: int) -> list[Place]:
    """The whole line, and for a long one the pieces with most probability, in their order."""
    traces = grid.axes[0]
    whole = Place("The whole line", "The whole line", (0, 1), [("", (_WHOLE, _WHOLE))])
    if traces.size <= 1.5 * _PIECE:
        return [whole]
    count = -(-traces.size // _PIECE)
    edges = [round(k * traces.size / count) for k in range(count + 1)]
    columns = np.nan_to_num(line(Cut(probability, whole.panels[0][1], (0, 1), live), peaks=True).values).sum(1)
    piece = ((np.arange(len(columns)) + 0.5) * count / len(columns)).astype(np.intp)
    most = sorted(np.argsort(-np.bincount(piece, columns, minlength=count), kind="stable")[:sections].tolist())
    heading = (
        "Pieces of the line"
        if len(most) == count
        else f"Pieces of the line: {len(most)} of {count}, with most probability"
    )
    places = [whole]
    for k in most:
        first, last = (traces.values[i] for i in (edges[k], edges[k + 1] - 1))
        title = f"{traces.name}s {first:.10g} to {last:.10g}"
        places.append(Place(heading, title.capitalize(), (0, 1), [(title, (slice(edges[k], edges[k + 1]), _WHOLE))]))
    return places
