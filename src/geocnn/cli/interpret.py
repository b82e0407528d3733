"""``geocnn interpret RESULT``: faults as objects."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from geocnn.cli.options import SurveyOptions

if TYPE_CHECKING:
    from geocnn.interpretation import FaultObject

__all__ = ["interpret"]

_SHOWN = 10
"""Faults that are printed."""


def interpret(
    result: Path,
    /,
    *,
    threshold: float = 0.5,
    min_size: int = 50,
    thin: Path | None = None,
    table: Path | None = None,
    sticks: Path | None = None,
    form: Annotated[Literal["opendtect", "petrel"], Parameter(name="--sticks-format")] = "opendtect",
    every: int = 10,
    spacing: tuple[float, ...] | None = None,
    velocity: float = 2000.0,
    overwrite: bool = False,
    quiet: bool = False,
    survey: SurveyOptions | None = None,
) -> None:
    """Turn fault probabilities, as geocnn predict faults writes them, into faults: thin, numbered, with strike and dip.

    Args:
        result: fault probabilities: SEG-Y, Zarr array or .npy, a line or a cube.
        threshold: probability from which on a voxel can be on a fault.
        min_size: faults with fewer voxels are left out.
        thin: survey for the probability on faults one voxel wide, 0 elsewhere.
        table: .csv for a row a fault: number, size, extent, strike and dip.
        sticks: text file for fault sticks.
        form: of the sticks, as OpendTect or Petrel imports them.
        every: sticks are drawn on every so many inlines.
        spacing: metres between neighbouring lines, inlines and crosslines, of a line between traces; default what the
            coordinates in the headers say, else 25.
        velocity: m/s, with which two-way time becomes depth for dips.
        overwrite: replace files that exist.
        quiet: no progress line.
        survey: what you know better than the headers.
    """
    from geocnn.cli.text import named, say
    from geocnn.cli.text import table as columns
    from geocnn.interpretation import interpret as run

    source = (survey or SurveyOptions()).open_result(named(result))
    found = run(
        source,
        threshold=threshold,
        min_size=min_size,
        thin=thin,
        table=table,
        sticks=sticks,
        sticks_format=form,
        every=every,
        spacing=spacing,
        velocity=velocity,
        overwrite=overwrite,
        show_progress=not quiet,
    )
    for note in found.notes:
        say(f"note: {note}")
    say(f"{len(found.objects)} fault{'s' * (len(found.objects) != 1)} of {min_size} voxels or more")
    if found.objects:
        head = ("fault", "voxels", "probability", "strike", "dip", *source.grid.names)
        for line in columns([head, *(_row(fault) for fault in found.objects[:_SHOWN])]):
            say(line)
    if len(found.objects) > _SHOWN:
        say(f"... and {len(found.objects) - _SHOWN} smaller ones")
    for what, path in (("thin", thin), ("table", table), ("sticks", sticks)):
        if path is not None:
            say(f"{what:<7} {path}")


def _row(fault: "FaultObject") -> tuple[str, ...]:
    """A fault in words."""
    strike = "" if fault.strike is None else f"{fault.strike:.0f}"
    ranges = (f"{low:g}..{high:g}" for low, high in fault.ranges)
    return str(fault.number), str(fault.voxels), f"{fault.probability:.2f}", strike, f"{fault.dip:.0f}", *ranges
