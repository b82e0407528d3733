"""``geocnn interpret RESULT``: faults as objects."""

from pathlib import Path
from typing import TYPE_CHECKING

from geocnn.cli.options import FaultOptions, SurveyOptions, given
from geocnn.words import number_of

if TYPE_CHECKING:
    from geocnn.grid import Grid
    from geocnn.interpretation import FaultObject, Interpretation
    from geocnn.io.source import Source

__all__ = ["interpret", "say_doubts", "told"]

_SHOWN = 10
"""Faults that are printed."""


def interpret(
    result: Path,
    /,
    *,
    horizons: Path | None = None,
    names: tuple[str, ...] | None = None,
    overwrite: bool = False,
    quiet: bool = False,
    faults: FaultOptions | None = None,
    survey: SurveyOptions | None = None,
) -> None:
    """Turn fault probabilities, as geocnn predict faults writes them, into faults: thin, numbered, with strike and dip.

    With --horizons: turn classes, as geocnn predict RUN writes them for a network of geocnn train segment, into the
    horizons between them, as text files with inline, crossline, map coordinates and time, and a picture with maps.

    Args:
        result: fault probabilities or classes: SEG-Y, Zarr array or .npy, a line or a cube.
        horizons: folder for a text file a horizon and their picture.
        names: of the horizons, from top to bottom; default horizon-1, horizon-2 and so on.
        overwrite: replace files that exist.
        quiet: no progress line.
        faults: what becomes of them.
        survey: what you know better than the headers.
    """
    from geocnn.cli.text import named
    from geocnn.errors import DataError

    faults = faults or FaultOptions()
    source = (survey or SurveyOptions()).open_result(named(result))
    if horizons is not None:
        _horizons(source, horizons, names or (), faults, overwrite=overwrite, show_progress=not quiet)
        return
    if names:
        raise DataError("--names are those of horizons; give --horizons FOLDER as well.")
    say_doubts(source)
    told(faults.interpret(source, overwrite=overwrite, show_progress=not quiet), faults, source.grid)


def say_doubts(source: "Source") -> None:
    """Say what makes it doubtful that the times or depths that are to be written are what they are called."""
    from geocnn.cli.text import say

    for label, text in source.describe():
        if label == "domain":
            say(f"note: {text}")


def _horizons(
    source: "Source",
    folder: Path,
    names: tuple[str, ...],
    faults: FaultOptions,
    *,
    overwrite: bool,
    show_progress: bool,
) -> None:
    """Write the horizons of a survey of classes, and say where they lie."""
    import numpy as np

    from geocnn.cli.text import say
    from geocnn.cli.text import table as columns
    from geocnn.errors import DataError, TargetError
    from geocnn.figures import save
    from geocnn.figures.horizons import horizons as picture
    from geocnn.interpretation.horizons import find_horizons, horizon_targets, named_horizons
    from geocnn.io.horizons import write_horizon
    from geocnn.progress import progress

    if asked := given(faults):
        raise DataError(f"{asked[0]} is for faults, and --horizons is for classes; leave one of the two out.")
    there = [folder / f"{name}.dat" for name in names or ("horizon-1",)] + [folder / "horizons.png"]
    if (old := next((path for path in there if path.exists()), None)) and not overwrite:
        raise TargetError(f"{old} exists already; give --overwrite or another folder.")
    say_doubts(source)
    with progress("horizons", source.grid.shape[0], show=show_progress) as tick:
        found = named_horizons(find_horizons(source, tick), names)
    targets = horizon_targets(folder, [one.name for one in found], overwrite=overwrite)
    down = source.grid.axes[-1]
    rows = [("horizon", "traces", f"from {down.unit}".strip(), f"to {down.unit}".strip())]
    for horizon, target in zip(found, targets, strict=True):
        write_horizon(horizon, target, source.grid)
        low, high = f"{np.nanmin(horizon.values):g}", f"{np.nanmax(horizon.values):g}"
        rows.append((horizon.name, str(horizon.picked), low, high))
    for line in columns(rows):
        say(line)
    say(f"files   {targets[0]}" + (f" to {targets[-1].name}" if len(targets) > 1 else ""))
    say(f"picture {save(picture(source, found), folder / 'horizons.png')}")


def told(found: "Interpretation", options: FaultOptions, grid: "Grid") -> None:
    """Say which faults there are, and where the files lie."""
    from geocnn.cli.text import say
    from geocnn.cli.text import table as columns

    for note in found.notes:
        say(f"note: {note}")
    faults = f"{number_of(len(found.objects), 'fault')} of {options.min_size} voxels or more"
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
