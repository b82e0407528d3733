"""Network of the recipe classify, with its loss, scores, schedule and card."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from geocnn.checkpoints import WEIGHTS, Card, load
from geocnn.classification import scores
from geocnn.distributed import Team
from geocnn.errors import DataError
from geocnn.io.windows import space_in_words
from geocnn.losses import cross_entropy, pooled_cross_entropy
from geocnn.models import ARCHITECTURES, build
from geocnn.models.base import Classifier
from geocnn.recipes.classify.data import Parts
from geocnn.schedule import Schedule
from geocnn.weights_files import SUFFIXES, load_weights
from geocnn.words import number_of, size_text

__all__ = ["Start", "card", "check_width", "objective", "plan", "schedule", "start_network", "summary"]

_LARGE = 64
"""Least number of samples of a window for which a network is used that begins by halving it twice."""
_EACH = 2
"""Least number of windows of a process in a batch, for batch normalisation."""
_NAMED = 8
"""Largest number of groups that are named."""


@dataclass(frozen=True)
class Start:
    """A network before training.

    Attributes:
        model: the network.
        architecture: its key in the table of models.
        arguments: keyword arguments of the architecture.
        note: origin of its weights; empty for fresh ones.
    """

    model: Classifier
    architecture: str
    arguments: dict[str, Any]
    note: str = ""


def start_network(parts: Parts, *, model: str | None, width: float | None, start: str | None, seed: int) -> Start:
    """Make a network for these windows and classes.

    Raises:
        MissingError: there is no architecture, network or file of that name.
        DataError: the network does not accept these windows.
        FormatError: the weights are of another network.
    """
    if start is not None and Path(start).suffix.lower() not in SUFFIXES:
        trained = load(start)
        if model is not None and model != trained.card.architecture:
            raise DataError(
                f"--start {start} is {trained.card.architecture} and --model is {model}; leave --model out."
            )
        name, given, weights = trained.card.architecture, _kept(trained.card), Path(start) / WEIGHTS
    else:
        space = parts.windows.x.shape[2:]
        name = model or ("resnet20" if max(space) < _LARGE else "resnet18")
        given, weights = {} if width is None else {"width": width}, Path(start or "")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network, arguments = _made(parts, name, given)
    if start is None:
        return Start(network, name, arguments)
    kept = load_weights(network, weights, other_classes=True)
    note = f"Started from {start}"
    if kept:
        note += f": all but its last layer ({', '.join(kept)}), which had another number of classes and starts anew"
    return Start(network, name, arguments, f"{note}.")


def _kept(old: Card) -> dict[str, Any]:
    """Arguments of a trained network that do not depend on the windows."""
    return {k: v for k, v in old.arguments.items() if k not in ("ndim", "in_channels", "out_channels", "window")}


def _made(parts: Parts, name: str, arguments: dict[str, Any]) -> tuple[Classifier, dict[str, Any]]:
    """The network with fresh weights, and its arguments for the card.

    Raises:
        MissingError: there is no architecture of that name.
        DataError: it is no classifier, or does not accept such windows or such a width.
    """
    space, channels = parts.windows.x.shape[2:], parts.windows.x.shape[1]
    if name in ARCHITECTURES:
        if ARCHITECTURES[name].task != "classification":
            good = ", ".join(k for k, a in ARCHITECTURES.items() if a.task == "classification")
            raise DataError(f"--model {name} does not judge whole windows; networks that do are {good}.")
        module, kind = ARCHITECTURES[name].home.split(":")
        takes = inspect.signature(getattr(import_module(module), kind)).parameters
        if "width" in arguments:
            default = takes["width"].default if "width" in takes else None
            arguments = arguments | {"width": check_width(name, arguments["width"], default)}
        if "window" in takes:
            arguments = arguments | {"window": space}
    arguments = {"in_channels": channels, "out_channels": len(parts.classes)} | arguments
    size = size_text(space)
    try:
        model = build(name, ndim=parts.ndim, **arguments)
    except ValueError as error:
        raise DataError(f"--model {name} cannot be made for windows of {size} samples: {error}") from None
    if not isinstance(model, Classifier):
        raise TypeError(f"{type(model).__name__} is no Classifier")
    if not model.sizes.fits(space):
        need = size_text(model.sizes.above(space))
        raise DataError(
            f"--model {name} does not take windows of {size} samples but {model.sizes}; pad them to {need}, or choose "
            "another --model, such as resnet20."
        )
    return model, {"ndim": parts.ndim} | arguments


def check_width(model: str, width: object, default: float | None) -> float:
    """Check a width, and convert it: to a whole number if the default is one, else to a factor.

    Raises:
        DataError: the architecture has only one width (no default), or does not accept this one.
    """
    if default is None:
        raise DataError(f"--model {model} has one width; leave --width out.")
    said = f"{width:g}" if isinstance(width, int | float) else repr(width)
    if isinstance(default, int):
        if isinstance(width, int | float) and width >= 1 and width == int(width):
            return int(width)
        raise DataError(f"--width is {said}; {model} takes a whole number of channels, 1 or more.")
    if isinstance(width, int | float) and 0 < width < inf:
        return float(width)
    raise DataError(f"--width is {said}; {model} takes a factor above 0, such as 0.5.")


def objective(parts: Parts, *, balance: bool) -> Callable[[Tensor, Tensor], Tensor]:
    """Cross-entropy as loss; if balanced, windows are weighted so that every class counts the same in total."""
    if not balance:
        return cross_entropy
    counts = np.bincount(parts.labels[parts.learnt], minlength=len(parts.classes))
    return pooled_cross_entropy([float(w) for w in counts.sum() / (len(counts) * counts)])


def summary(counts: dict[str, float], classes: tuple[str, ...]) -> dict[str, float]:
    """Scores of an epoch from counts of :func:`geocnn.metrics.confusion`: overall, mean of classes, and per class."""
    size = range(len(classes))
    found = scores(np.array([[counts[f"{i} as {j}"] for j in size] for i in size]), classes)
    by_class = {f"accuracy_{c.replace(' ', '_')}": found[f"recall_{c.replace(' ', '_')}"] for c in classes}
    return {k: found[k] for k in ("accuracy", "balanced_accuracy")} | {k: v for k, v in by_class.items() if v == v}


def schedule(
    model: Classifier,
    windows: int,
    *,
    epochs: int,
    patience: int,
    batch_size: int | None,
    learning_rate: float,
    workers: int,
    fresh: bool,
) -> Schedule:
    """AdamW with warm-up and cosine decay; the batch size leaves no last batch of a single window.

    Raises:
        DataError: a process would have a single window of a batch, and the network normalises over batches.
    """
    size = max(2, min(32, windows // 8)) if batch_size is None else batch_size
    if any(name.endswith("running_mean") for name in model.state_dict()):
        team = Team.of_torchrun()
        needed = f"batch normalisation needs {_EACH} or more{team.words}"
        if windows < _EACH * team.size:
            found = number_of(windows, "window")
            raise DataError(
                f"there {'is' if windows == 1 else 'are'} {found} to learn from; {needed}; give more windows."
            )
        size = max(size, _EACH * team.size) if batch_size is None else size
        if 0 < size < _EACH * team.size:
            raise DataError(f"--batch-size is {size}; {needed}.")
        size = team.evened(windows, size, _EACH)
    return Schedule.annealed(
        windows,
        epochs=epochs,
        batch_size=size,
        learning_rate=learning_rate,
        weight_decay=1e-3,
        clip=5.0,
        fresh=fresh,
        workers=workers,
        patience=patience,
    )


def plan(parts: Parts, network: Start, validation: float) -> tuple[str, ...]:
    """Lines on the training that a user should see before it begins."""
    windows, counts = parts.windows, np.bincount(parts.labels, minlength=len(parts.classes))
    weights = sum(p.numel() for p in network.model.parameters())
    kept = f"{len(parts.judged)} of {len(parts.labels)} windows"
    if windows.group is None:
        judged = f"{kept}, the last {100 * validation:g} % of each class"
    else:
        names = [windows.groups[k] for k in np.unique(windows.group[parts.judged])]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        judged = f"{kept}, group{'s' * (len(names) > 1)} {', '.join(names[:_NAMED])}{more}"
    return (
        f"data: {len(parts.labels)} windows of {parts.name}, {space_in_words(windows)}",
        f"classes: {', '.join(f'{name} ({n})' for name, n in zip(parts.classes, counts, strict=True))}",
        f"to judge by: {judged}",
        f"network: {network.architecture}, {weights:,} parameters",
        *(f"note: {note}" for note in parts.notes),
    )


def card(parts: Parts, network: Start) -> Card:
    """Card of the network before training."""
    windows = parts.windows
    channels = windows.x.shape[1]
    names = tuple(f"channel {k + 1}" for k in range(channels))
    if channels == 1:
        names = ("amplitude",)
    elif channels == 3 and windows.axes == ("row", "column"):
        names = ("red", "green", "blue")
    return Card(
        name="classify",
        task="classification",
        architecture=network.architecture,
        arguments=network.arguments,
        classes=parts.classes,
        channels=names,
        axes=windows.axes,
        window=tuple(windows.x.shape[2:]),
        normalisation=parts.normalisation,
        data=f"{len(parts.learnt)} windows of {parts.name}, judged by {len(parts.judged)} others",
        notes=network.note,
    )
