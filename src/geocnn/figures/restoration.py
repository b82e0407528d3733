"""A survey before and after restoration, and the difference."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geocnn.figures.panels import Panel, amplitudes, cube, draw, line, quantity
from geocnn.figures.style import figure
from geocnn.figures.survey import middle
from geocnn.grid import Axis

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["restored"]

_DETAIL = 160
"""Traces and samples of a detail; sections with twice as many of either get a detail."""


def restored(survey: "Source", result: "Source", *, interpolated: bool = False) -> Figure:
    """Draw a line, or an inline and a map of a cube: before, after, and the difference, all in the same grey.

    The difference shows whether signal was lost: no structure should be visible in it. Its strength relative to the
    result, for the amplitudes shown, is in its title. For a large section a second row shows a detail where both are
    strong.

    Args:
        survey: before, of two or three axes.
        result: after, on the same grid.
        interpolated: whether the survey is interpolated, so that the difference is what interpolation does not give.
    """
    live, slices = survey.live, [(line(survey, survey.live), line(result, survey.live))] * (survey.grid.ndim == 2)
    inline: tuple[int, ...] = ()
    if not slices:
        inline = (middle(live.sum(1)),)
        at = [*inline, middle(live.sum(0)), survey.grid.shape[2] // 2]
        both = list(zip(cube(survey, at, live), cube(result, at, live), strict=True))
        slices = [both[0], both[2]]
    if (where := _place(*slices[0], survey.grid.axes[-2:])) is not None:
        slices.insert(1, (_detail(survey, inline, where), _detail(result, inline, where)))
    rows = [_three(*pair, interpolated=interpolated) for pair in slices]
    cmap, norm = amplitudes([row[0] for row in rows], survey, coloured=False)
    made = figure(15.5, 4.9 * len(rows))
    places = made.subplots(len(rows), 3, squeeze=False, sharex="row", sharey="row")
    for row, panels in zip(places, rows, strict=True):
        for place, panel in zip(row, panels, strict=True):
            image = draw(place, panel, cmap, norm)
            if place is not row[0]:
                place.set_ylabel("")
                place.tick_params(labelleft=False)
        if panels[0].down.name == "inline":
            row[0].invert_yaxis()  # a map; the axes of a row are shared
    made.colorbar(image, ax=places, label=quantity(norm), shrink=0.8, extend="both", pad=0.01, aspect=32)
    if survey.path is not None:
        made.suptitle(survey.path.name, fontsize=12)
    return made


def _three(before: Panel, after: Panel, *, interpolated: bool) -> list[Panel]:
    """Panels of before, after and the difference, each with a title."""
    removed = before.values - after.values
    known = np.isfinite(removed)
    left, gone = (float(np.sqrt(np.mean(np.square(v[known], dtype=np.float64)))) for v in (after.values, removed))
    per_cent = 100 * gone / left if left > 0 else 0.0
    share = f"{per_cent:.0f} %" if per_cent >= 10 else f"{per_cent:.2g} %"
    what = f"changed by {share}" if interpolated else f"removed, {share} of what is left"
    slices = f", {before.title}" if before.title else ""
    # Use the axes of the survey, because a result in a .npy file has none of its own.
    return [
        before._replace(title=f"{'interpolated' if interpolated else 'before'}{slices}"),
        before._replace(values=after.values, title="after"),
        before._replace(values=removed, title=what),
    ]


def _place(before: Panel, after: Panel, axes: tuple[Axis, ...]) -> tuple[slice, slice] | None:
    """Traces and samples of a detail; None if the section is small enough to be seen as a whole.

    Both the result and the difference should be strong there, but not strongest, which is often at an edge. Of the
    cells with at least half the largest product of both, the median is taken.
    """
    if max(axis.size for axis in axes) < 2 * _DETAIL:
        return None
    every = [round(axis.step / full.step) for axis, full in zip((before.across, before.down), axes, strict=True)]
    cell = [max(1, _DETAIL // step) for step in every]
    parts = (_cells(after.values, cell), _cells(before.values - after.values, cell))
    much = np.sqrt(parts[0] * parts[1])
    good = np.argwhere(much >= 0.5 * much.max())
    chosen = good[len(good) // 2]
    begins = [int(k * c * e) for k, c, e in zip(chosen, cell, every, strict=True)]
    begins = [max(0, min(b, axis.size - _DETAIL)) for b, axis in zip(begins, axes, strict=True)]
    one, two = (slice(b, min(b + _DETAIL, axis.size)) for b, axis in zip(begins, axes, strict=True))
    return one, two


def _cells(values: NDArray[np.float32], cell: list[int]) -> NDArray[np.float64]:
    """Energy in the cells of a section."""
    energy = np.square(np.nan_to_num(values), dtype=np.float64)
    for axis, size in enumerate(cell):
        energy = np.add.reduceat(energy, np.arange(0, energy.shape[axis], size), axis)
    return energy


def _detail(source: "Source", inline: tuple[int, ...], where: tuple[slice, slice]) -> Panel:
    """Panel of some traces and samples of a section."""
    fixed = tuple(slice(i, i + 1) for i in inline)
    values = source.read((*fixed, *where)).reshape([w.stop - w.start for w in where])
    across, down = (
        replace(axis, size=w.stop - w.start, start=axis.start + w.start * axis.step)
        for axis, w in zip(source.grid.axes[-2:], where, strict=True)
    )
    return Panel(values, across, down, "detail")
