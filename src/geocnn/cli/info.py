"""``geocnn info FILE``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from geocnn.cli.options import SurveyOptions
from geocnn.cli.text import named
from geocnn.words import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geocnn.io.source import Source
    from geocnn.io.statistics import Statistics
    from geocnn.io.waveforms.archive import Scans

__all__ = ["info"]


def info(
    file: Path,
    /,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    picture: Annotated[bool, Parameter(negative="--no-picture")] = True,
    survey: SurveyOptions | None = None,
) -> None:
    """Show what a file holds: geometry, sampling, amplitudes, dead traces, coordinates, and a thumbnail.

    Of seismograms, a file or a folder of them: stations, channels, hours and gaps.

    Args:
        file: SEG-Y line or cube, Zarr array, or .npy; miniSEED and other seismograms.
        out: the thumbnail, .png, .pdf or .svg; default FILE with .png behind it, in this folder.
        overwrite: replace the thumbnail if it exists.
        picture: save the thumbnail.
        survey: what you know better than the headers.
    """
    from rich.console import Console
    from rich.table import Table

    from geocnn.errors import DataError, FormatError
    from geocnn.io.statistics import statistics

    file = named(file)
    try:
        source = (survey or SurveyOptions()).open(file)
    except FormatError as error:
        if not _stations(file):
            raise error from None
        return
    if out is not None:
        from geocnn.figures import check_picture

        check_picture(out, overwrite=overwrite)
    table = Table(
        show_header=False, box=None, pad_edge=False, title=file.name, title_justify="left", title_style="bold"
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    found = statistics(source)
    for label, text in [*source.describe(), *_axes(source), *_amplitudes(found, source), *_map(source)]:
        table.add_row(label, text)
    console = Console(highlight=False, soft_wrap=False)
    console.print(table)
    if not picture:
        return
    if why := _without_picture(found, source):
        if out is not None:
            raise DataError(f"{out.name} is not made, for {why}.")
        console.print(f"note: there is no picture, for {why}.", soft_wrap=True)
        return
    from geocnn.figures import save
    from geocnn.figures.survey import thumbnail

    console.print(f"picture  {save(thumbnail(source), out or _beside(file))}", soft_wrap=True)


def _without_picture(found: "Statistics", source: "Source") -> str:
    """Why nothing can be drawn; empty where something can."""
    if source.grid.ndim > 3:
        said = f"the survey has {source.grid.ndim} axes, and pictures are of one to three"
        return f"{said}; cut a cube or a line out of it, as .npy, and give that"
    return "" if found.live else "all samples are zero, NaN or infinite"


def _stations(file: Path) -> bool:
    """Show the stations of seismograms, or the channels where none is one to be picked; False where there are none."""
    from geocnn.cli.text import say
    from geocnn.errors import DataError
    from geocnn.opening import seismograms

    scans: Scans = {}
    notes: Sequence[str] = ["no channel in it is one to pick earthquakes on."]
    try:
        archive = seismograms(file, scans)
    except DataError as error:
        if not _channels(scans):
            raise
        archive, notes = None, [str(error)]
    if archive is None:
        rows = _channels(scans)
    else:
        rows, notes = archive.describe(), archive.notes
    if not rows:
        return False
    for label, text in rows:
        say(f"{label:<14} {text}")
    for note in notes:
        say(f"note: {note}")
    return True


def _channels(scans: "Scans") -> list[tuple[str, str]]:
    """One row for each channel that was found: its rate, how long it is, and from when to when."""
    from geocnn.io.waveforms.pieces import SECOND, Piece, how_long, utc

    pieces: dict[tuple[str, float], list[Piece]] = {}
    for _, groups, *_ in scans.values():
        for group in groups:
            for piece in group:
                pieces.setdefault((str(piece.channel), piece.rate), []).append(piece)
    rows = []
    for (channel, rate), own in sorted(pieces.items()):
        length = how_long(sum(piece.end - piece.start for piece in own) / SECOND)
        first, last = (utc(time, 1) for time in (min(p.start for p in own), max(p.end for p in own)))
        rows.append((channel, f"{rate:g} Hz, {length} in {number_of(len(own), 'piece')}, {first} to {last}"))
    return rows


def _beside(file: Path) -> Path:
    """A new name in this folder: FILE.png, or FILE-info.png where a picture of that name is there already."""
    plain = Path(f"{file.stem}.png")
    return Path(f"{file.stem}-info.png") if plain.exists() else plain


def _axes(source: "Source") -> list[tuple[str, str]]:
    """One row an axis."""
    rows = []
    for axis in source.grid.axes:
        unit = f" {axis.unit}" if axis.unit else ""
        rows.append((axis.name, f"{axis.start:.10g} to {axis.stop:.10g}{unit}, step {axis.step:g}{unit}, {axis.size}"))
    return rows


def _amplitudes(found: "Statistics", source: "Source") -> list[tuple[str, str]]:
    """Range, spread, dead traces, and samples that are no numbers."""
    rows = []
    if found.live:
        few = f"; few different values ({found.distinct} in {found.sampled} traces)" if found.distinct else ""
        rows = [
            ("amplitude", f"{found.minimum:.4g} to {found.maximum:.4g}{few}"),
            ("mean, std", f"{found.mean:.3g}, {found.std:.4g} (from {found.sampled} traces)"),
            ("percentiles", ", ".join(f"{percent}%: {value:.3g}" for percent, value in found.percentiles.items())),
        ]
    missing = f", {found.missing} missing" if found.missing else ""
    rows.append(("dead traces", f"{found.dead} of {found.traces - found.missing}{missing}"))
    first = ""
    if found.first_nan is not None:
        places = zip(source.grid.axes, found.first_nan, strict=True)
        first = ", the first at " + ", ".join(f"{axis.name} {value:g} {axis.unit}".strip() for axis, value in places)
    rows.append(("NaN or infinite samples", f"{found.nan}{first}"))
    return rows


def _map(source: "Source") -> list[tuple[str, str]]:
    """Corner coordinates, and the distance between lines where it is known."""
    known = source.grid.attributes.get("coordinates")
    if not isinstance(known, dict):
        return []
    names = source.grid.names[:-1]
    byte_x, byte_y = known.get("bytes", ("", ""))
    where = f"X at byte {byte_x}, Y at byte {byte_y}" if byte_x else "X and Y"
    unit = known.get("unit", "")
    rows = [("coordinates", f"{where}{f', in {unit}' if unit else ''}")]
    for *numbers, x, y in known.get("corners", ()):
        place = ", ".join(f"{name} {number:.10g}" for name, number in zip(names, numbers, strict=True))
        rows.append(("", f"{place}: {x:.2f}, {y:.2f}"))
    if spacing := source.grid.spacing:
        parts = [f"{length:.4g} m between {name}s" for name, length in zip(names, spacing, strict=True)]
        rows.append(("spacing", ", ".join(parts) + (_varies(source) if source.grid.is_crooked else "")))
    return rows


def _varies(source: "Source") -> str:
    """How far the distance between the traces of a crooked line varies."""
    distances = source.grid.distances
    return f" in the mean, {distances.min():.4g} to {distances.max():.4g} m"
