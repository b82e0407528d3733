"""Network of the recipe segment, fresh or trained, with its loss, scores, schedule and card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geocnn.checkpoints import Card, load
from geocnn.distributed import Team
from geocnn.errors import DataError
from geocnn.hardware import seeded
from geocnn.losses import pooled_cross_entropy, pooled_dice_bce
from geocnn.metrics import overlaps
from geocnn.models import ARCHITECTURES, build
from geocnn.models.base import Segmenter
from geocnn.recipes.again import told
from geocnn.schedule import Schedule
from geocnn.tracing import reach_of
from geocnn.weights_files import carry_over, is_numbered
from geocnn.words import size_text

if TYPE_CHECKING:
    from geocnn.recipes.segment.plan import Job

__all__ = ["Start", "balance", "card", "objective", "schedule", "start"]

_NORMALISATION = {"kind": "zscore", "clip": 4.0}
_RAREST = 10.0
"""Largest ratio of the weights of two classes."""
_EACH = 2
"""Least number of windows of a process in a batch, for batch normalisation of windows of one sample."""


@dataclass(frozen=True)
class Start:
    """A network before training.

    Attributes:
        model: the network.
        architecture: its key in the table of models.
        arguments: keyword arguments of the architecture.
        normalisation: of the data, as in the card.
        classes: names of all classes.
        note: origin of its weights; empty for fresh ones.
        told: what the card of the run keeps of the network that it goes on from.
        lineage: networks of which it knows what they learnt from.
    """

    model: Segmenter
    architecture: str
    arguments: dict[str, Any]
    normalisation: dict[str, Any]
    classes: tuple[str, ...]
    note: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    lineage: tuple[dict[str, Any], ...] = ()


def start(
    ndim: int, classes: Sequence[str], *, from_: str | Card | None, model: str | None, width: int | None, seed: int
) -> Start:
    """Make a network for so many dimensions and these classes; for two classes it has one map of logits.

    Args:
        ndim: dimensions.
        classes: names of all classes; mere numbers give way to the names of the network that it goes on from.
        from_: trained network to go on from, or in its place the card of the run itself.
        model: architecture.
        width: channels of the first level.
        seed: of the weights.

    Raises:
        MissingError: there is no architecture or trained network of that name.
        DataError: the network does not segment, or was trained on other data.
        FormatError: the network has another last layer than its card says.
    """
    with seeded(seed):
        if from_ is not None:
            if model is not None or width is not None:
                name = told(from_, "from_") if isinstance(from_, Card) else from_
                raise DataError(f"--from {name} brings its architecture; leave --model and --width out.")
            return _own(from_, ndim, classes) if isinstance(from_, Card) else _trained(from_, ndim, classes)
        name = model or "unet"
        arguments: dict[str, Any] = {
            "in_channels": 1,
            "out_channels": _maps(classes),
            "width": 16 if width is None else width,
        }
        if name in ARCHITECTURES and ARCHITECTURES[name].task != "segmentation":
            good = ", ".join(k for k, a in ARCHITECTURES.items() if a.task == "segmentation")
            raise DataError(f"--model {name} judges whole windows; networks that segment are {good}.")
        if arguments["width"] < 1:
            raise DataError(f"--width is {width}; needed are 1 or more channels.")
        made = build(name, ndim=ndim, **arguments)
    return Start(_segmenter(made), name, {"ndim": ndim} | arguments, _NORMALISATION, tuple(classes))


def _own(card: Card, ndim: int, classes: Sequence[str]) -> Start:
    """The network of a run, from its own card; its weights are read elsewhere.

    A shipped network has other dimensions, too, which are asked for where it is to be found out which suit the data.
    """
    if card.ndim != ndim:
        return _trained(told(card, "from_") or "", ndim, classes)
    arguments = card.arguments | {"out_channels": _maps(classes)}
    made, lineage = _segmenter(build(card.architecture, **arguments)), tuple(card.lineage[1:])
    named, first = _named(card, classes), card.training.get("start", {})
    return Start(made, card.architecture, arguments, card.normalisation, named, card.notes, first, lineage)


def _trained(name: str, ndim: int, classes: Sequence[str]) -> Start:
    """A trained network; its last layer starts anew for classes that it does not know.

    Raises:
        DataError: it was trained on other data.
    """
    trained = load(name, ndim=ndim)
    old = trained.card
    if old.task != "segmentation" or old.ndim != ndim or len(old.channels) != 1:
        raise DataError(
            f"--from {name} is a network for {old.task} of {old.ndim}-D data with {len(old.channels)} "
            f"channel{'s' * (len(old.channels) > 1)}; needed is one for segmentation of {ndim}-D data with 1 (--ndim "
            "chooses the dimensions)."
        )
    arguments, named = old.arguments | {"out_channels": _maps(classes)}, _named(old, classes)
    build(old.architecture, **old.arguments)  # a new last layer has the weights that it had when load drew some before
    made = _segmenter(build(old.architecture, **arguments))
    with torch.random.fork_rng(devices=[]):
        other = build(old.architecture, **arguments | {"out_channels": _maps(classes) + 1})
    learnt = _mapped(named)
    anew = carry_over(made, other, trained.model.state_dict(), (old.classes, learnt), f"--from {name}")
    note = f"Went on from {name}"
    if len(anew) == len(learnt) != len(old.classes):
        note += f": all but its last layer, which answered for {len(old.classes)} and now for {len(learnt)}"
    elif len(anew) == len(learnt):
        note += f": all but its last layer, which answered for {', '.join(old.classes)}"
    elif anew or learnt != old.classes:
        by = "numbers" if is_numbered(old.classes) else "names"
        note += f", with its last layer by the {by} of the classes"
        note += f"; {', '.join(anew)} start{'s' * (len(anew) == 1)} anew" * bool(anew)
    elif named != tuple(classes):
        note += f", whose name{'s' * (len(learnt) > 1)} of classes it keeps ({', '.join(learnt)})"
    lineage = tuple(old.lineage)
    return Start(made, old.architecture, arguments, old.normalisation, named, f"{note}.", old.origin, lineage)


def _maps(classes: Sequence[str]) -> int:
    """Maps of logits for so many classes."""
    return 1 if len(classes) == 2 else len(classes)


def _mapped(classes: Sequence[str]) -> tuple[str, ...]:
    """Names of the maps, of two classes that of the second, as a card has them."""
    return tuple(classes[1:] if len(classes) == 2 else classes)


def _named(old: Card, classes: Sequence[str]) -> tuple[str, ...]:
    """Names of all classes: of mere numbers those of a network with as many, if it has names."""
    if len(old.classes) != _maps(classes) or not is_numbered(classes) or is_numbered(old.classes):
        return tuple(classes)
    return ("other", *old.classes) if len(classes) == 2 else tuple(old.classes)


def _segmenter(made: torch.nn.Module) -> Segmenter:
    """The network, after a check of its type."""
    if not isinstance(made, Segmenter):
        raise TypeError(f"{type(made).__name__} is no Segmenter")
    return made


def balance(counts: NDArray[np.int64]) -> list[float]:
    """Weights of classes: proportional to one over the square root of their frequency, at most ten times another.

    The mean weight over all samples is 1.
    """
    share = counts / counts.sum()
    weights = 1 / np.sqrt(share)
    weights = np.minimum(weights, _RAREST * weights.min())
    return [float(w) for w in weights / (weights * share).sum()]


def objective(
    job: "Job",
) -> tuple[Callable[[Tensor, Tensor], Tensor], Callable[[dict[str, float]], dict[str, float]], str]:
    """Loss, function from counts to scores, and name of the score that decides.

    For two classes the loss is cross-entropy plus Dice, which takes care of a rare class by itself, so that
    probabilities stay honest; for more it is weighted cross-entropy.
    """
    summary = partial(overlaps, classes=job.classes)
    if len(job.classes) == 2:
        return pooled_dice_bce(), summary, "validation_dice"
    return pooled_cross_entropy(balance(job.counts)), summary, "validation_mean_iou"


def schedule(
    job: "Job",
    *,
    epochs: int,
    samples: int,
    batch_size: int | None,
    learning_rate: float | None,
    patience: int,
    workers: int,
) -> Schedule:
    """AdamW with warm-up and cosine decay, averaged weights, bf16 where the machine has it.

    Raises:
        DataError: a process would have a single window that is one sample for the coarsest batch normalisation.
    """
    size = (8 if job.ndim == 2 else 2) if batch_size is None else batch_size
    model = job.network.model
    normalises = any(name.endswith("running_mean") for name in model.state_dict())
    if normalises and set(job.crop) == {model.sizes.step}:
        team = Team.of_torchrun()
        size = max(size, _EACH * team.size) if batch_size is None else size
        for option, number in (("batch-size", size), ("samples", samples)):
            if 0 < number < _EACH * team.size:
                raise DataError(
                    f"--{option} is {number}; batch normalisation of windows of {size_text(job.crop)} samples needs "
                    f"{_EACH} or more of them{team.words}; give more, or a larger --crop."
                )
        size = team.evened(samples, size, _EACH)
    usual = 3e-4 if job.network.note else 2e-3  # so that what has been learnt is not lost
    # With two planes at the coarsest level the library's bf16 gradient of a 3-D kernel reads beyond its memory.
    thin = job.ndim == 3 and job.crop[0] < 3 * model.sizes.step
    return Schedule.of_windows(
        samples,
        epochs=epochs,
        batch_size=size,
        learning_rate=usual if learning_rate is None else learning_rate,
        ema=0.99,
        workers=workers,
        precision="float32" if thin else "auto",
        patience=patience,
    )


def card(job: "Job") -> Card:
    """Card of the network before training."""
    model = job.network.model
    return Card(
        name="segment",
        task="segmentation",
        architecture=job.network.architecture,
        arguments=job.network.arguments,
        classes=_mapped(job.classes),
        channels=("amplitude",),
        axes=job.axes,
        window=job.crop,
        normalisation=job.network.normalisation,
        size_multiple=model.sizes.step,
        least=model.sizes.least if isinstance(model.sizes.least, int) and model.margin else 0,
        margin=model.margin,
        reach=reach_of(model),
        data=job.data,
        notes=job.network.note,
    )
