"""Figures of a page: amplitudes with another layer over them, and scale bars for each slice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from geocnn.figures.page.content import ACCENT, Part, Sheet
from geocnn.figures.page.cuts import Cut
from geocnn.figures.page.faults import attitudes
from geocnn.figures.page.places import MAP, Place, places_of_cube, places_of_line
from geocnn.figures.page.scale_bars import exaggeration, map_aspect, scale_bars, scale_of
from geocnn.figures.panels import Panel, amplitudes, draw, line, quantity
from geocnn.figures.style import fault_colours

if TYPE_CHECKING:
    from geocnn.interpretation import FaultObject
    from geocnn.io.source import Source

__all__ = ["Layer", "Pen", "parts"]

_SPREAD = LinearSegmentedColormap.from_list(
    "spread",
    [
        (0.0, (0.35, 0.6, 0.85, 0.0)),
        (0.15, (0.35, 0.6, 0.85, 0.0)),
        (0.5, (0.2, 0.45, 0.8, 0.75)),
        (1.0, (0.15, 0.0, 0.45, 1.0)),
    ],
)
"""Transparent where all runs agree, violet where they differ, so that it is not mistaken for a probability."""


@dataclass(frozen=True)
class Layer:
    """A layer that is drawn over the amplitudes."""

    source: "Source"
    label: str
    cmap: Colormap
    norm: Normalize


@dataclass(frozen=True)
class Pen:
    """Settings that all figures of a survey share."""

    seismic: "Source"
    live: NDArray[np.bool_]
    cmap: str | Colormap
    norm: Normalize
    sheet: Sheet

    def draw(self, place: Place, layer: Layer) -> Figure:
        """Draw slices side by side, each with its scale bar, and the colour bars of both layers."""
        made = self.sheet.figure()
        axes = list(made.subplots(1, len(place.panels), squeeze=False)[0])
        for at, (title, box) in zip(axes, place.panels, strict=True):
            images = self._overlay(at, place, box, layer)
            at.set_title(title, fontsize=11)
        shrink = 0.85 if place.shown != MAP else 0.6
        end = "neither" if layer.norm.vmax == 1 else "max"
        for image, label, extend in zip(images, (quantity(self.norm), layer.label), ("both", end), strict=True):
            made.colorbar(image, ax=axes, label=label, extend=extend, aspect=32 * shrink, shrink=shrink, pad=0.012)
        made.draw_without_rendering()  # from here on the sizes of the panels are known
        scales = [scale_of(self.seismic.grid, k) for k in place.shown]
        for at in axes:
            scale_bars(at, *scales)
            if scales[0][1] == scales[1][1] == "m" and place.shown != MAP:
                said = f"{at.get_title()}  vertical exaggeration {exaggeration(at, scales):.2g}"
                at.set_title(said.strip(), fontsize=11)
        return made

    def _overlay(self, at: Axes, place: Place, box: tuple[slice, ...], layer: Layer) -> tuple[AxesImage, AxesImage]:
        """Draw amplitudes with another layer over them; a map has its second axis upward, and true proportions."""
        grey = line(Cut(self.seismic, box, place.shown, self.live))
        over = line(Cut(layer.source, box, place.shown, self.live), peaks=True)
        below = draw(at, grey, self.cmap, self.norm)
        # Use the axes of the survey, because a result in a .npy file has none of its own.
        above = draw(at, grey._replace(values=over.values), layer.cmap, layer.norm)
        if place.shown == MAP:
            at.invert_yaxis()
            at.set_aspect(map_aspect(self.seismic.grid, at))
        for numbers, mark in zip(place.marks, (at.axvline, at.axhline), strict=True):
            for number in numbers:
                mark(number, color=ACCENT, linewidth=0.7, alpha=0.8)
        return below, above


def parts(
    seismic: "Source",
    others: "dict[str, Source]",
    objects: "Sequence[FaultObject]",
    sections: int,
    sheet: Sheet,
    threshold: float,
) -> Iterator[Part]:
    """All figures of a page, one after the other.

    Args:
        seismic: survey of two or three axes.
        others: layers to draw over it, by name; "probability" comes first.
        objects: faults for the picture of strikes and dips, of a cube.
        sections: inlines of a cube, or at most so many pieces of a line.
        sheet: size of the pictures.
        threshold: probability from which on there is colour, 0.2 at most.
    """
    grid, live, cube = seismic.grid, seismic.live, seismic.grid.ndim == 3
    probability = others["probability"]
    places = places_of_cube(grid, live, sections) if cube else places_of_line(grid, live, probability, sections)
    looks = [places[len(places) // 3]] if cube else places[:1]  # colours are set by one section
    shown = [(place.panels[0][1], place.shown) for place in looks]
    cmap, norm = amplitudes([line(Cut(seismic, *cut, live)) for cut in shown], seismic, coloured=False)
    pen = Pen(seismic, live, cmap, norm, sheet)
    for name, source in others.items():
        layer = Layer(source, "fault probability", fault_colours(threshold), Normalize(0, 1))
        if name != "probability":
            panels = [line(Cut(source, *cut, live), peaks=True) for cut in shown]
            layer = Layer(source, f"{name} of the probability", _SPREAD, Normalize(0, _high(panels)))
        for place in places:
            heading = place.heading if name == "probability" else f"{place.heading}: {layer.label}"
            yield Part(heading, f"{place.name}: amplitudes grey, {layer.label} in colour.", pen.draw(place, layer))
    if cube and objects:
        caption = "Strikes, both ends of each, and dips of the faults, weighted by voxels."
        yield Part("Strike and dip", caption, attitudes(objects, sheet, north=grid.directions is not None))


def _high(panels: list[Panel]) -> float:
    """Largest value except for a few outliers, for the end of a colour bar."""
    values = np.concatenate([panel.values[np.isfinite(panel.values)] for panel in panels])
    return max(0.05, float(np.percentile(values, 99.9))) if values.size else 0.05
