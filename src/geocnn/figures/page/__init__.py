"""Page of a survey with its faults, for a meeting: one HTML file, or a PDF."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geocnn.errors import DataError, TargetError
from geocnn.figures.page.content import Content, Sheet
from geocnn.figures.page.faults import head_of, row_of
from geocnn.figures.page.pictures import parts
from geocnn.figures.page.sheets import pdf
from geocnn.figures.page.web import html
from geocnn.io.partial import PartialSink, check_target
from geocnn.io.percent import probabilities
from geocnn.words import number_of

if TYPE_CHECKING:
    from geocnn.interpretation import FaultObject
    from geocnn.io.source import Source

__all__ = ["check_page", "page"]

_SHEETS = {".html": Sheet(11.0, 5.6, (0, 0, 1, 1)), ".pdf": Sheet(11.69, 8.27, (0.01, 0.04, 0.98, 0.91))}
"""Size of figures: as wide as a laptop's screen for HTML; A4 landscape with room for a heading for PDF."""
_TALL = 200
"""Samples of a line per inch of its height on a screen, which is at most 7.5 inches."""
_MOST = 50
"""Largest number of faults in the table."""


def page(
    path: str | Path,
    seismic: "Source",
    probability: "Source",
    *,
    spread: "Source | None" = None,
    objects: "Sequence[FaultObject]" = (),
    facts: Sequence[tuple[str, str]] = (),
    sections: int = 5,
    threshold: float = 0.2,
    overwrite: bool = False,
) -> Path:
    """Write a survey with its faults as one file: facts, sections, strikes and dips, and a table of faults.

    Of a cube inlines, half as many crosslines, and time slices are shown, evenly spaced inside its outer tenth. A line
    is shown whole and, if it is long, also in the pieces with most probability. Amplitudes are grey with the
    probability in colour over them; missing and dead traces have the colour of sand. Each figure has a scale bar: in
    metres if the headers hold regular map coordinates (taken to be in metres), otherwise in numbers of lines. Only what
    is drawn is read, apart from the pass that finds dead traces. One figure is in memory at a time, but a PDF keeps the
    samples of its figures, some 15 MB each, until it is written.

    Args:
        path: .html, a page that needs no other file, or .pdf, sheets of A4.
        seismic: amplitudes, survey of two or three axes.
        probability: 0..1, or 8-bit per cent, on the same grid.
        spread: standard deviation of the probability on the same grid.
        objects: faults of :func:`geocnn.interpretation.interpret`, the largest first.
        facts: further rows (label, text) below those that the survey tells of itself.
        sections: inlines of a cube, or at most so many pieces of a line.
        threshold: probability from which on there is colour, 0.2 at most.
        overwrite: replace an existing file.

    Returns:
        The path.

    Raises:
        TargetError: another suffix, the file exists, or it cannot be written; nothing is left there.
        DataError: grids that differ, neither two nor three axes, or no section.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    check_page(target, seismic, overwrite=overwrite)
    others = {"probability": probabilities(probability)}
    if spread is not None:
        others["standard deviation"] = probabilities(spread)
    _check(seismic, others, sections)
    sheet = _SHEETS[suffix]
    if suffix == ".html" and seismic.grid.ndim == 2:
        sheet = sheet._replace(height=min(7.5, max(sheet.height, seismic.grid.shape[1] / _TALL)))
    content = _content(seismic, others, objects, facts, sections, sheet, threshold)
    data = html(content) if suffix == ".html" else pdf(content, sheet)
    with _PageFile(target, (), len(data), overwrite=overwrite, source_path=seismic.path) as file:
        file.put(data)
    return target


def check_page(path: str | Path, seismic: "Source", *, overwrite: bool = False) -> None:
    """Check before any work whether a page can be written.

    Args:
        path: path of the page.
        seismic: survey that it will show.
        overwrite: replace an existing file.

    Raises:
        TargetError: neither .html nor .pdf, the file exists, or it cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in _SHEETS:
        raise TargetError(f"{target.name} is no name of a page; end it with .html or .pdf.")
    check_target(target, 0, overwrite=overwrite, source_path=seismic.path)


class _PageFile(PartialSink):
    """A file that is written in one piece."""

    def put(self, data: bytes) -> None:
        """Write the whole file."""
        with self._guard():
            self.partial.write_bytes(data)


def _check(seismic: "Source", others: "dict[str, Source]", sections: int) -> None:
    """Refuse surveys that cannot be drawn.

    Raises:
        DataError: grids differ, there are neither two nor three axes, or no section is asked for.
    """
    shape = seismic.grid.shape
    if len(shape) not in (2, 3):
        raise DataError(
            f"the survey has {number_of(len(shape), 'axis', 'axes')}; a page shows a line (2 axes) or a cube (3 axes)."
        )
    for name, source in others.items():
        if source.grid.shape != shape:
            raise DataError(
                f"the survey has shape {shape} but its {name} {source.grid.shape}; give the result of this survey."
            )
    if sections < 1:
        raise DataError(f"sections is {sections}; give the number of sections to show, 1 or more.")


def _content(
    seismic: "Source",
    others: "dict[str, Source]",
    objects: "Sequence[FaultObject]",
    facts: Sequence[tuple[str, str]],
    sections: int,
    sheet: Sheet,
    threshold: float,
) -> Content:
    """Content of the page; figures are drawn when they are needed."""
    from geocnn import __version__

    left = len(objects) - _MOST
    return Content(
        seismic.path.name if seismic.path is not None else "survey",
        [*seismic.describe(), *facts],
        parts(seismic, others, objects, sections, sheet, threshold),
        head_of(seismic.grid),
        [row_of(fault, seismic.grid) for fault in objects[:_MOST]],
        f"and {left} smaller fault{'s, which are' if left > 1 else ', which is'} not listed." if left > 0 else "",
        f"made with geocnn {__version__}",
    )
