"""``geocnn explain NAME``."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from geocnn.overview import Named

__all__ = ["explain"]

_TRIED = 32
"""Largest number of validation samples among which one with all channels is looked for."""


def explain(
    name: str,
    /,
    *,
    data: Path | None = None,
    out: Path = Path("explain.png"),
    overwrite: bool = False,
    ndim: Literal[1, 2, 3] | None = None,
    inline_byte: int | None = None,
    crossline_byte: int | None = None,
    quiet: bool = False,
) -> None:
    """Measure on one network what convolution is praised for, as a report and a picture.

    First kernels and feature maps; what a shift of the input does to each layer; the receptive field and the part of it
    that matters; what sharing saves.

    Args:
        name: run folder, shipped network such as faults, or architecture such as resnet18 (then with random weights).
        data: survey whose middle it looks at, SEG-Y, Zarr array or .npy, of a cube the middle section for a network for
            sections; default the first validation sample of its recipe, or synthetic structure or noise.
        out: the picture, .png, .pdf or .svg.
        overwrite: replace the picture if it exists.
        ndim: dimensions of an architecture or shipped network; default as published, of faults 3.
        inline_byte: SEG-Y trace header byte of the inline number in --data, if not found by itself.
        crossline_byte: SEG-Y trace header byte of the crossline number in --data.
        quiet: no progress line.
    """
    from geocnn import io
    from geocnn.budget import check_memory
    from geocnn.cli.text import say
    from geocnn.explanation import explanation, memory_needed
    from geocnn.figures import check_picture, save
    from geocnn.figures.explain import explain as draw
    from geocnn.overview import named_network
    from geocnn.specimens import from_survey, synthetic

    source = io.open(data, inline_byte=inline_byte, crossline_byte=crossline_byte) if data else None
    own = None if source is None else _own(name, source.grid.ndim)
    found = named_network(name, ndim=ndim or own, weights=True)
    check_picture(out, overwrite=overwrite)
    work = f"explaining {found.name} in {found.model.ndim} dimensions"
    check_memory(memory_needed(found), work, "ask for fewer dimensions with --ndim")
    if source is not None:
        x, where = from_survey(found, source)
        origin = f"{where} of {data.name if data else 'the data'}"
        _refuse_nothing(x, origin)
    else:
        x, origin = _validation_sample(found) or synthetic(found)
    made = explanation(found, x, origin, show_progress=not quiet)
    picture = save(draw(made), out)  # before the report, of which somebody may read the first lines only
    for line in [*made.lines(), "", f"picture {picture}"]:
        say(line)


def _own(name: str, ndim: int) -> int | None:
    """Dimensions of data, where those of the network are chosen by them: not of a run folder, nor where none ships."""
    from geocnn.checkpoints import SHIPPED

    return None if Path(name).is_dir() or ndim not in SHIPPED.get(name, (ndim,)) else ndim


def _refuse_nothing(x: "Tensor", origin: str) -> None:
    """Refuse an input in which nothing moves: every network would look perfectly equivariant.

    Raises:
        DataError: all samples are the same.
    """
    from geocnn.errors import DataError

    if not x.std() > 0:
        raise DataError(
            f"{origin}, which the network is to be measured with, holds no signal: every sample there is the same or "
            "missing; look at the data with geocnn info, and give others or leave --data out."
        )


def _validation_sample(found: "Named") -> "tuple[Tensor, str] | None":
    """The first validation sample of the recipe of a trained network in which all channels are live.

    Recipes leave out components at random, as stations do; if that happens in all that are looked at, the first is
    taken. None where the samples cannot be made here.
    """
    from geocnn.errors import GeocnnError
    from geocnn.recipes import again

    if found.card is None:
        return None
    try:
        samples = again(found.card, found.name).validation
        tried = range(min(len(samples), _TRIED))
        number = next((k for k in tried if bool((samples[[k]][0].flatten(2).std(-1) > 0).all())), 0)
        x, _ = samples[[number]]
        found.model.check(x)
    except (KeyError, TypeError, ValueError, GeocnnError):
        return None
    recipe = found.card.training["recipe"]
    if number == 0:
        return x, f"first validation sample of the recipe {recipe}"
    return x, f"validation sample {number + 1} of the recipe {recipe}, the first with all channels"
