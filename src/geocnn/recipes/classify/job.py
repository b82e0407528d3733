"""Make the recipe classify from its arguments."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from geocnn.augmentation import Augmentation
from geocnn.metrics import confusion
from geocnn.recipes.classify.data import labelled
from geocnn.recipes.classify.network import card, objective, origin, plan, schedule, start_network, summary
from geocnn.training import Recipe

__all__ = ["recipe"]


def recipe(given: Mapping[str, Any]) -> Recipe:
    """Read and split the windows, make the network, and combine them into a recipe.

    Args:
        given: all arguments of :func:`geocnn.recipes.classify.classify`; ``start`` may be the card of the run itself,
            see :mod:`geocnn.recipes.again`.

    Raises:
        DataError: windows, classes or numbers that do not fit one another.
    """
    divided = {k: given[k] for k in ("ndim", "validation", "normalise", "seed")}
    data = given["data"]
    first = origin(given["start"], given["model"])
    parts = labelled(data, **divided, lineage=first.lineage)
    network = start_network(parts, first, **{k: given[k] for k in ("model", "width", "seed")})
    changes = Augmentation(
        flip=tuple(axis for axis in range(parts.ndim) if axis != parts.vertical) if given["flip"] else (),
        **{k: given[k] for k in ("shift", "amplitude", "noise", "elastic")},
    )
    changed = changes != Augmentation()
    noted = {**given, "data": data if isinstance(data, str) else "arrays", "start": first.name}
    told = {"arguments": noted, "windows": parts.sha256, "digest": parts.digest}
    told |= {"start": first.told} if first.told else {}
    learning = {k: given[k] for k in ("epochs", "patience", "batch_size", "learning_rate", "workers")}
    return Recipe(
        name="classify",
        model=network.model,
        card=card(parts, network).replace(training=told),
        train=parts.train(changes if changed else None, given["seed"]),
        validation=parts.validate(),
        loss=objective(parts, balance=given["balance"]),
        metrics=confusion,
        summary=partial(summary, classes=parts.classes),
        monitor="-validation_loss",  # unlike accuracy it has no ties in small sets, and it keeps probabilities honest
        schedule=schedule(network.model, len(parts.learnt), fresh=changed, **learning),
        seed=given["seed"],
        report="classification",
        applies_to=data if isinstance(data, str) else "windows.npz",
        plan=plan(parts, network),
    )
