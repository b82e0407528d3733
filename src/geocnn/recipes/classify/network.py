"""Network of the recipe classify, with its loss, scores, schedule and card."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from geocnn.checkpoints import Card, load
from geocnn.classification import scores
from geocnn.distributed import Team
from geocnn.errors import DataError
from geocnn.hardware import seeded
from geocnn.io.windows import space_in_words
from geocnn.losses import cross_entropy, pooled_cross_entropy
from geocnn.models import ARCHITECTURES, build
from geocnn.models.base import Classifier
from geocnn.recipes.again import digest_of, told
from geocnn.recipes.classify.data import Parts
from geocnn.schedule import Schedule
from geocnn.weights_files import SUFFIXES, carry_over, load_weights
from geocnn.words import number_of, size_text

__all__ = [
    "Origin",
    "Start",
    "card",
    "check_width",
    "objective",
    "origin",
    "plan",
    "schedule",
    "start_network",
    "summary",
]

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


@dataclass(frozen=True)
class Origin:
    """What a network starts from: another network, a file of weights, or nothing.

    Attributes:
        name: what the user typed.
        card: of the trained network, or of the run itself that goes on.
        weights: of the trained network; None if they are not needed, since the run has its own.
        told: what the card of the run keeps of it.
        lineage: networks of which it knows what they learnt from.
    """

    name: str | None = None
    card: Card | None = None
    weights: Mapping[str, Tensor] | None = None
    told: dict[str, Any] = field(default_factory=dict)
    lineage: tuple[dict[str, Any], ...] = ()


def origin(start: str | Card | None, model: str | None) -> Origin:
    """Find what to start from.

    Args:
        start: a trained network, a file of weights, or in its place the card of the run itself.
        model: architecture that the user wants.

    Raises:
        MissingError: there is no network of that name.
        DataError: it judges no whole windows, or is of another architecture.
    """
    if isinstance(start, Card):
        own = start.training.get("start", {})
        return Origin(told(start, "start"), start, None, own, tuple(start.lineage[1:]))
    if start is None:
        return Origin()
    if Path(start).suffix.lower() in SUFFIXES:
        digest = digest_of(start)
        return Origin(start, told={"sha256": digest} if digest else {})
    trained = load(start)
    if trained.card.task != "classification":
        raise DataError(
            f"--start {start} is a network for {trained.card.task}; needed is one that judges whole windows, as "
            "geocnn train classify makes them."
        )
    if model is not None and model != trained.card.architecture:
        raise DataError(f"--start {start} is {trained.card.architecture} and --model is {model}; leave --model out.")
    card = trained.card
    return Origin(start, card, trained.model.state_dict(), card.origin, tuple(card.lineage))


def start_network(parts: Parts, first: Origin, *, model: str | None, width: float | None, seed: int) -> Start:
    """Make a network for these windows and classes.

    Raises:
        MissingError: there is no architecture or file of that name.
        DataError: the network does not accept these windows.
        FormatError: the weights are of another network.
    """
    if first.card is not None:
        name, given = first.card.architecture, _kept(first.card)
    else:
        space = parts.windows.x.shape[2:]
        name = model or ("resnet20" if max(space) < _LARGE else "resnet18")
        given = {} if width is None else {"width": width}
    with seeded(seed):
        network, arguments = _made(parts, name, given)
    if first.name is None:
        return Start(network, name, arguments)
    if first.card is None:
        kept = load_weights(network, Path(first.name), other_classes=True)
        note = f"Started from {first.name}"
        if kept:
            note += f": all but its last layer ({', '.join(kept)}), which had another number of classes and starts anew"
        return Start(network, name, arguments, f"{note}.")
    if first.weights is None:
        return Start(network, name, arguments, first.card.notes)
    with torch.random.fork_rng(devices=[]):
        other = build(name, **arguments | {"out_channels": len(parts.classes) + 1})
    anew = carry_over(network, other, first.weights, (first.card.classes, parts.classes), f"--start {first.name}")
    return Start(network, name, arguments, _note(first.name, first.card.classes, parts.classes, anew))


def _note(name: str, old: tuple[str, ...], new: tuple[str, ...], anew: list[str]) -> str:
    """Sentence on the origin of the weights of a network with these classes, of which some start anew."""
    if len(anew) == len(new):
        return (
            f"Started from {name}: all but its last layer, which had other classes ({', '.join(old)}) and starts anew."
        )
    if anew:
        begin = f"{', '.join(anew)} start{'s' * (len(anew) == 1)} anew"
        return f"Started from {name}, with its last layer by the names of the classes; {begin}."
    if old != new and set(new) <= set(old):
        return f"Started from {name}, with its last layer by the names of the classes."
    if old != new:
        return f"Started from {name}, with its last layer by the numbers of the classes, there called {', '.join(old)}."
    return f"Started from {name}."


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


def plan(parts: Parts, network: Start) -> tuple[str, ...]:
    """Lines on the training that a user should see before it begins."""
    windows, counts = parts.windows, np.bincount(parts.labels, minlength=len(parts.classes))
    weights = sum(p.numel() for p in network.model.parameters())
    kept = f"{len(parts.judged)} of {len(parts.labels)} windows"
    if windows.group is None:
        judged = f"{kept}, the last {100 * parts.share:g} % of each class"
    else:
        names = [windows.groups[k] for k in np.unique(windows.group[parts.judged])]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        judged = f"{kept}, group{'s' * (len(names) > 1)} {', '.join(names[:_NAMED])}{more}"
    if parts.inherited:
        judged += "; divided as for the network that is started from, which learnt from the others"
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
