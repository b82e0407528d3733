"""``geocnn synth``: synthetic surveys with their labels."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

__all__ = ["synth"]


def synth(
    kind: Literal["structure"] = "structure",
    /,
    *,
    preset: Literal["field", "plain", "faultseg3d"] = "field",
    shape: tuple[int, ...] = (128, 128, 128),
    number: Annotated[int, Parameter(name=["--number", "-n"])] = 1,
    seed: int = 0,
    form: Annotated[Literal["sgy", "zarr", "npy"], Parameter(name="--format")] = "sgy",
    out: Path = Path("synthetic"),
    overwrite: bool = False,
) -> None:
    """Make folded and faulted synthetic surveys, each with its labels, and a sheet of pictures of them.

    The labels are fault (0 or 1), number and throw of the fault, relative geologic time, and the image without noise.

    Args:
        kind: structure is the only one so far.
        preset: field has the variation of real sections; faultseg3d is the published workflow, plain has wider ranges.
        shape: inlines, crosslines and time samples, or traces and time samples for sections.
        number: how many.
        seed: of the series; the same seed gives the same surveys.
        form: of the files.
        out: folder for NNN-seismic.sgy, NNN-fault.sgy and so on, and sheet.png.
        overwrite: replace files of an earlier call.
    """
    from geocnn.cli.text import free, say
    from geocnn.errors import DataError
    from geocnn.figures import save
    from geocnn.figures.structures import sheet
    from geocnn.surveys import write_survey
    from geocnn.synthetic.structure import PRESETS, structure

    del kind
    if number < 1:
        raise DataError(f"--number is {number}; 1 or more are needed.")
    ranges = PRESETS[preset]
    for index in range(number):
        suffix = f".{form}"
        files = write_survey(out, index, seed=seed, shape=shape, ranges=ranges, suffix=suffix, overwrite=overwrite)
        say(f"{files['seismic']} with {', '.join(name for name in files if name != 'seismic')}")
    shown = [structure(index, seed=seed, shape=shape, ranges=ranges) for index in range(min(number, 12))]
    picture = out / "sheet.png"
    say(f"picture {save(sheet(shown), picture if overwrite else free(picture))}")
