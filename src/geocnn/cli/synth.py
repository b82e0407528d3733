"""``geocnn synth``: a synthetic survey with its labels."""

from pathlib import Path

__all__ = ["synth"]


def synth(
    *,
    shape: tuple[int, ...] = (128, 128, 128),
    number: int = 1,
    seed: int = 0,
    out: Path = Path("synthetic"),
    overwrite: bool = False,
) -> None:
    """Make folded and faulted synthetic surveys as SEG-Y, each with fault mask and relative geologic time.

    Args:
        shape: inlines, crosslines and time samples, or traces and time samples for sections.
        number: how many.
        seed: of the series; the same seed gives the same surveys.
        out: folder for NNN-seismic.sgy, NNN-fault.sgy, NNN-time.sgy, NNN-clean.sgy and a picture each.
        overwrite: replace files of an earlier call.
    """
    from geocnn.cli.text import say
    from geocnn.errors import DataError
    from geocnn.figures import save
    from geocnn.figures.section import section
    from geocnn.io import open as open_
    from geocnn.surveys import write_survey

    if number < 1:
        raise DataError(f"--number is {number}; 1 or more are needed.")
    for index in range(number):
        files = write_survey(out, index, seed=seed, shape=shape, overwrite=overwrite)
        for kind, path in files.items():
            say(f"{kind:<8} {path}")
        picture = section(open_(files["seismic"]), open_(files["fault"]), label="fault mask")
        say(f"picture  {save(picture, out / f'{index:03d}.png')}")
