"""``geocnn interpret RESULT``: faults as objects."""

from pathlib import Path
from typing import TYPE_CHECKING

from geocnn.cli.options import FaultOptions, SurveyOptions

if TYPE_CHECKING:
    from geocnn.grid import Grid
    from geocnn.interpretation import FaultObject, Interpretation

__all__ = ["interpret", "told"]

_SHOWN = 10
"""Faults that are printed."""


def interpret(
    result: Path,
    /,
    *,
    overwrite: bool = False,
    quiet: bool = False,
    faults: FaultOptions | None = None,
    survey: SurveyOptions | None = None,
) -> None:
    """Turn fault probabilities, as geocnn predict faults writes them, into faults: thin, numbered, with strike and dip.

    Args:
        result: fault probabilities: SEG-Y, Zarr array or .npy, a line or a cube.
        overwrite: replace files that exist.
        quiet: no progress line.
        faults: what becomes of them.
        survey: what you know better than the headers.
    """
    from geocnn.cli.text import named

    faults = faults or FaultOptions()
    source = (survey or SurveyOptions()).open_result(named(result))
    told(faults.interpret(source, overwrite=overwrite, show_progress=not quiet), faults, source.grid)


def told(found: "Interpretation", options: FaultOptions, grid: "Grid") -> None:
    """Say which faults there are, and where the files lie."""
    from geocnn.cli.text import say
    from geocnn.cli.text import table as columns

    for note in found.notes:
        say(f"note: {note}")
    faults = f"{len(found.objects)} fault{'s' * (len(found.objects) != 1)} of {options.min_size} voxels or more"
    say(f"{faults}, of a probability from {found.threshold:g} on")
    if found.objects:
        attitude = ("strike", "dip") if grid.ndim == 3 else ("apparent dip",)
        head = ("fault", "voxels", "probability", *attitude, *grid.names)
        for line in columns([head, *(_row(fault) for fault in found.objects[:_SHOWN])]):
            say(line)
    if len(found.objects) > _SHOWN:
        say(f"... and {len(found.objects) - _SHOWN} smaller ones")
    for what, path in options.files:
        say(f"{what:<7} {path}")


def _row(fault: "FaultObject") -> tuple[str, ...]:
    """A fault in words."""
    strike = [] if len(fault.ranges) == 2 else ["" if fault.strike is None else f"{fault.strike:.0f}"]
    ranges = (f"{low:g}..{high:g}" for low, high in fault.ranges)
    return str(fault.number), str(fault.voxels), f"{fault.probability:.2f}", *strike, f"{fault.dip:.0f}", *ranges
