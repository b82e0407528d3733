"""``geocnn export NETWORK``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geocnn.words import number_of, size_text

if TYPE_CHECKING:
    from geocnn.checkpoints import Card
    from geocnn.export import Exported

__all__ = ["export"]


def export(
    network: str,
    /,
    *,
    onnx: bool = False,
    torchscript: bool = False,
    exported_program: bool = False,
    out: Path | None = None,
    ndim: Literal[1, 2, 3] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a network as a file for other programs, and check that it gives the same numbers.

    Args:
        network: faults, or a folder written by geocnn train.
        onnx: an .onnx file, for onnxruntime and most other programs; needs pip install 'geocnn[export]'.
        torchscript: a .pt file, for programs in C++ with libtorch.
        exported_program: a .pt2 file, for torch.export.load and what compiles from it.
        out: the file, or a folder for it; default the network's name in this folder.
        ndim: which of the shipped networks of a name; default the largest. A folder has one alone.
        overwrite: replace files that exist.
    """
    from geocnn.checkpoints import load
    from geocnn.cli.text import say
    from geocnn.errors import DataError
    from geocnn.export import SUFFIXES, Form
    from geocnn.export import export as run

    asked: dict[Form, bool] = {"onnx": onnx, "torchscript": torchscript, "exported-program": exported_program}
    forms = [form for form, wanted in asked.items() if wanted]
    if not forms:
        raise DataError("export needs to know what to write; give --onnx, --torchscript or --exported-program.")
    if len(forms) > 1 and out is not None and not out.is_dir():
        raise DataError(f"--out {out} is one name for {len(forms)} files; name a folder that exists, or leave it out.")
    trained = load(network, ndim=ndim)
    if ndim is not None and trained.card.ndim != ndim:
        raise DataError(f"--ndim is {ndim} and the network in {network} is {trained.card.ndim}-D; leave --ndim out.")
    name = trained.card.name if trained.folder is None else trained.folder.resolve().name
    for form in forms:
        target = out if out is not None and not out.is_dir() else (out or Path()) / f"{name}{SUFFIXES[form]}"
        made = run(trained, target, form=form, overwrite=overwrite, show_progress=sys.stderr.isatty())
        say(f"{form:<16} {made.path}")
        say(f"{'':<16} {_checked(made)}")
    for label, text in _how_to_use(made, trained.card):
        say(f"{label:<16} {text}")


def _checked(made: "Exported") -> str:
    """What the check has shown."""
    if made.difference is None:
        return "not checked: onnxruntime is not installed (pip install 'geocnn[export]')"
    sizes = " and ".join(size_text(space) for space in made.checked)
    return f"checked on windows of {sizes} samples: largest difference {made.difference:.1e}"


def _how_to_use(made: "Exported", card: "Card") -> list[tuple[str, str]]:
    """Names, shapes and amplitudes that whoever runs the file has to know."""
    from geocnn.export import INPUT, OUTPUT

    space = ", ".join(card.axes)
    rows = [
        ("input", f"{INPUT}, float32 (batch, {_channels(card)}, {space})"),
        ("sizes", f"{made.sizes}"),
        ("normalisation", _normalisation(card)),
    ]
    if card.task == "classification":
        return [*rows, ("output", f"{OUTPUT} (batch, classes); softmax gives probabilities: {', '.join(card.classes)}")]
    if card.task == "location":
        heads = ", ".join(map(str, card.arguments["heads"]))
        said = "noise or earthquake, distance, azimuth, depth as in geocnn.location"
        return [*rows, ("output", f"{OUTPUT} (batch, bins): {heads} bins; softmax of each gives {said}")]
    if card.task == "restoration":
        given = f", of a survey interpolated to {card.finer} times as many traces and samples" if card.finer > 1 else ""
        return [*rows, ("output", f"{OUTPUT} (batch, 1, {space}); times std plus mean, amplitudes{given}")]
    way = "sigmoid gives the probability" if len(card.classes) == 1 else "the largest is the class"
    return [*rows, ("output", f"{OUTPUT} (batch, maps, {space}); {way}: {', '.join(card.classes)}")]


def _channels(card: "Card") -> str:
    """Number of the channels, and what they are."""
    count = len(card.channels)
    if card.channels == tuple(f"channel {k + 1}" for k in range(count)):
        return number_of(count, "channel")
    return f"{count} {card.channels[0]}" if count == 1 else f"{count} channels: {' '.join(card.channels)}"


def _normalisation(card: "Card") -> str:
    """What to do to the samples first."""
    known = dict(card.normalisation)
    kind, clip = known.get("kind", "zscore"), known.get("clip", 4.0)
    if kind == "none":
        return "none: amplitudes as they are"
    cut = f", cut at +-{clip:g}" if clip is not None else ""
    if kind == "fixed":
        return f"(x - {known['mean']:.6g}) / {known['std']:.6g}{cut}"
    what = "each window" if card.task == "classification" else "the whole survey"
    return f"(x - mean) / std of {what}, both from the central 99.8 %{cut}"
