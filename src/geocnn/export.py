"""Write networks for other programs: as ONNX, TorchScript, or an exported program of torch.

Before the file gets its name, its results are compared with those of the network, on windows of two sizes if it takes
several. Sizes are free where the network's size rule leaves them free. The file begins after the normalisation, which
is described by the card inside the file, and ends with logits.
"""

import copy
import math
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from geocnn.checkpoints import Card, Trained, load
from geocnn.errors import DataError, MissingError, TargetError
from geocnn.io.partial import check_target
from geocnn.io.system import replaced
from geocnn.layers import SizeRule
from geocnn.models.base import Classifier, Network
from geocnn.progress import progress
from geocnn.words import size_text

__all__ = ["INPUT", "OUTPUT", "SUFFIXES", "Exported", "Form", "export", "exported_program", "free_sizes"]

Form = Literal["onnx", "torchscript", "exported-program"]
SUFFIXES: dict[Form, str] = {"onnx": ".onnx", "torchscript": ".pt", "exported-program": ".pt2"}
INPUT, OUTPUT, CARD = "input", "logits", "card.json"
"""Names of the input and output tensors, and of the card inside the file."""

_TOLERANCE = 1e-4
"""Largest difference that counts as rounding, relative to the largest logit."""


@dataclass(frozen=True)
class Exported:
    """A file written by :func:`export`.

    Attributes:
        path: the file.
        form: "onnx", "torchscript" or "exported-program".
        sizes: sizes per axis that it accepts.
        difference: largest difference from the network's own logits; None if the file could not be run.
        checked: samples per axis of the windows used for the check.
        card: card of the network.
    """

    path: Path
    form: Form
    sizes: SizeRule
    difference: float | None
    checked: tuple[tuple[int, ...], ...]
    card: Card


def export(
    network: str | Path | Trained,
    out: str | Path,
    *,
    form: Form = "onnx",
    ndim: int | None = None,
    overwrite: bool = False,
    show_progress: bool = True,
) -> Exported:
    """Write a network for other programs.

    Args:
        network: "faults", a run folder, or what :func:`geocnn.load` or :func:`geocnn.fit` returned.
        out: the file: .onnx, .pt (TorchScript) or .pt2 (exported program).
        form: form of the file.
        ndim: dimensions, to choose among shipped networks of the same name.
        overwrite: replace the file if it exists.
        show_progress: show a live line.

    Raises:
        DataError: the form is unknown, the network is none of geocnn.models, or results differ from its own.
        MissingError: there is no such network, or a required package is not installed.
        TargetError: ``out`` cannot be written.
    """
    if form not in get_args(Form):
        raise DataError(f"form is {form!r}; it is one of {', '.join(get_args(Form))}.")
    trained, path = network if isinstance(network, Trained) else load(network, ndim=ndim), Path(out)
    _check_target(path, form, overwrite=overwrite)
    if form == "onnx" and (missing := [name for name in ("onnx", "onnxscript") if find_spec(name) is None]):
        raise MissingError(
            f"ONNX files need {' and '.join(missing)}, which is not installed; type pip install 'geocnn[export]'."
        )
    model = copy.deepcopy(trained.model).to("cpu", torch.float32).eval()
    if not isinstance(model, Network):
        raise DataError(
            f"the network {trained.card.name} is a {type(model).__name__} of your own, and only of the networks of "
            "geocnn.models is it known which sizes they take; write it with torch.onnx.export or torch.export.export."
        )
    model.requires_grad_(requires_grad=False)
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.contiguous()  # prediction leaves channels innermost
    sizes, write = free_sizes(model), {"onnx": _onnx, "torchscript": _script, "exported-program": _program}[form]
    with replaced(path) as part, progress(f"export {path.name}", 2, show=show_progress) as tick:
        part.write_bytes(write(model, trained.card, sizes))
        tick(1, "written, being checked")
        windows = _windows(model, sizes)
        run = _runner(form, part)
        difference = None if run is None else max(_difference(model, run, x) for x in windows)
        tick(1)
    checked = tuple(tuple(x.shape[2:]) for x in windows) if run else ()
    return Exported(path, form, sizes, difference, checked, trained.card)


def free_sizes(model: Network) -> SizeRule:
    """Sizes that an exported file accepts: those for which the smallest map has at least two samples per axis.

    Maps of one sample are a special case for torch.export, which writes only one general case.
    """
    rule = model.sizes
    if rule.step == 0:
        return rule
    first = rule.above((1,) * model.ndim)
    if not isinstance(model, Classifier):
        sizes = tuple(n + rule.step if n == rule.step else n for n in first)
        return SizeRule(sizes[0] if len(set(sizes)) == 1 else sizes, rule.step)
    shadow, steps = copy.deepcopy(model).to("meta"), 1

    def smallest_map(steps: int) -> int:
        space = (first[0] + steps * rule.step,) * model.ndim
        return shadow.forward_features(torch.empty(1, model.in_channels, *space, device="meta")).shape[2]

    while smallest_map(steps) < 2:
        steps *= 2
    return SizeRule(first[0] + rule.step * bisect_left(range(steps), 2, key=smallest_map), rule.step)


def exported_program(model: Network, sizes: SizeRule, axes: tuple[str, ...] = ()) -> torch.export.ExportedProgram:
    """The network as a graph of torch operators, with the batch and, where the rule allows, all sizes free.

    Args:
        model: network on the processor, in evaluation mode.
        sizes: result of :func:`free_sizes` for it.
        axes: names of the axes of space, for messages.
    """
    example, free = _windows(model, sizes)[0], _free(model, sizes, axes)
    return torch.export.export(model, (example,), dynamic_shapes=(free,), strict=False)


def _free(model: Network, sizes: SizeRule, axes: tuple[str, ...]) -> dict[int, Any]:
    """Axes of the input whose size may differ from the example, and their steps."""
    from torch.export import Dim

    free: dict[int, Any] = {0: Dim("batch")}
    for axis, least in enumerate(sizes.above((1,) * model.ndim) if sizes.step else ()):
        # With a prefix, because bare names such as trace have a meaning in the algebra package.
        name = f"n_{axes[axis]}" if len(axes) == model.ndim and axes[axis].isidentifier() else f"n_{axis}"
        count, rest = divmod(least, sizes.step)
        samples = Dim(name, min=count)
        samples = samples if sizes.step == 1 else sizes.step * samples
        free[axis + 2] = samples + rest if rest else samples
    return free


def _windows(model: Network, sizes: SizeRule) -> list[Tensor]:
    """Random windows: two of the smallest size and, if larger sizes exist, three with another size per axis."""
    generator = torch.Generator().manual_seed(0)
    first = sizes.above((1,) * model.ndim)
    spaces = [first, tuple(n + (axis + 1) * sizes.step for axis, n in enumerate(first))] if sizes.step else [first]
    return [
        torch.randn(batch, model.in_channels, *space, generator=generator)
        for batch, space in zip((2, 3), spaces, strict=False)
    ]


def _onnx(model: Network, card: Card, sizes: SizeRule) -> bytes:
    """ONNX file as bytes; the card is in its metadata."""
    program = exported_program(model, sizes, card.axes)
    with _quiet():
        made = torch.onnx.export(
            program,
            dynamo=True,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=(_free(model, sizes, card.axes),),  # gives the sizes their names
            verbose=False,
            optimize=True,
        )
    if made is None:
        raise AssertionError("torch.onnx.export without a file returns the program")
    made.model.metadata_props[CARD] = card.to_json()
    return bytes(made.model_proto.SerializeToString())


def _script(model: Network, card: Card, sizes: SizeRule) -> bytes:
    """TorchScript file as bytes; the card is among its extra files."""
    file, example = BytesIO(), _windows(model, sizes)[0]
    with _quiet(), torch.no_grad():
        script = torch.jit.trace(model, example, check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(script, file, _extra_files={CARD: card.to_json()})
    return file.getvalue()


def _program(model: Network, card: Card, sizes: SizeRule) -> bytes:
    """Exported program as bytes; the card is among its extra files."""
    file = BytesIO()
    with _quiet():
        torch.export.save(exported_program(model, sizes, card.axes), file, extra_files={CARD: card.to_json()})
    return file.getvalue()


def _runner(form: Form, path: Path) -> Callable[[Tensor], Tensor] | None:
    """Function that runs a written file; None if it cannot be run here."""
    if form == "onnx":
        if find_spec("onnxruntime") is None:
            return None
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

        def run(x: Tensor) -> Tensor:
            (logits,) = session.run([OUTPUT], {INPUT: x.numpy()})
            return torch.from_numpy(np.asarray(logits))

        return run
    with _quiet():
        loaded: nn.Module = (
            torch.jit.load(str(path))  # type: ignore[no-untyped-call]
            if form == "torchscript"
            else torch.export.load(path).module()
        )
    return loaded


@torch.no_grad()
def _difference(model: Network, run: Callable[[Tensor], Tensor], x: Tensor) -> float:
    """Largest difference between the logits of a file and those of the network.

    Raises:
        DataError: the difference is more than rounding.
    """
    wanted, found = model(x), run(x)
    difference = float((wanted - found).abs().max()) if wanted.shape == found.shape else math.inf
    if not difference <= _TOLERANCE * max(1.0, float(wanted.abs().max())):
        size = size_text(x.shape[2:])
        raise DataError(
            f"the exported network differs from the network itself by {difference:.2g} on windows of {size} samples "
            "and was not kept; try another form, such as --exported-program."
        )
    return difference


def _check_target(path: Path, form: Form, *, overwrite: bool) -> None:
    """Refuse an unsuitable file name before any work.

    Raises:
        TargetError: the suffix is wrong, the folder is missing, or a file or folder of that name exists.
    """
    if path.suffix.lower() != SUFFIXES[form]:
        raise TargetError(f"{path} has the wrong ending for {form}; name it {path.with_suffix(SUFFIXES[form])}.")
    check_target(path, 0, overwrite=overwrite)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide messages of torch: that TorchScript is old, that torchvision is missing, and its own deprecations."""
    import logging

    registry = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = registry.level
    registry.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
            warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)
            # Warnings on our own size checks, which hold for the traced window and are left out of the file.
            warnings.filterwarnings("ignore", "Converting a tensor to a Python")
            warnings.filterwarnings("ignore", "torch.tensor results are registered as constants")  # as intended
            yield
    finally:
        registry.setLevel(level)
