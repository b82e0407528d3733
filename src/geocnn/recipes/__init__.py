"""Jobs, one function each; their typed keyword arguments are the options of ``geocnn train``."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocnn.errors import DataError, MissingError
from geocnn.recipes.classify import classify
from geocnn.recipes.digits import digits
from geocnn.recipes.faults import faults
from geocnn.recipes.membranes import membranes
from geocnn.recipes.segment import segment
from geocnn.recipes.traces import traces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geocnn.checkpoints import Trained
    from geocnn.io.source import Source
    from geocnn.training import Recipe, Run

__all__ = ["RECIPES", "build", "evaluate", "fit"]

RECIPES: dict[str, Callable[..., "Recipe"]] = {
    "traces": traces,
    "faults": faults,
    "digits": digits,
    "membranes": membranes,
    "segment": segment,
    "classify": classify,
}
"""Name that users type -> function that makes the recipe."""


def build(name: str, **arguments: Any) -> "Recipe":  # noqa: ANN401  (each recipe has its own)
    """Make the recipe of that name with these arguments.

    Raises:
        MissingError: no recipe of that name.
    """
    if name not in RECIPES:
        near = get_close_matches(name, RECIPES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(RECIPES)}."
        raise MissingError(f"there is no recipe {name!r}; {hint}")
    return RECIPES[name](**arguments)


def fit(
    recipe: "str | Recipe",
    *,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "auto",
    show_progress: bool = True,
    **arguments: Any,  # noqa: ANN401  (each recipe has its own)
) -> "Run":
    """Train by name, ``fit("traces", seed=42)``, or a recipe of your own; under torchrun the processes share the work.

    Args:
        recipe: "traces", "faults", or a :class:`geocnn.training.Recipe`.
        out: run folder; nothing is written without one.
        resume: continue the interrupted run in ``out``.
        overwrite: replace the run in ``out``.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        arguments: of the recipe, when it is given by name.

    Raises:
        MissingError: no recipe of that name.
        DataError: arguments beside a recipe of your own; and as :func:`geocnn.training.fit`.
    """
    from geocnn.distributed import Team
    from geocnn.training import fit as train

    if isinstance(recipe, str):
        made = build(recipe, **arguments)
    elif arguments:
        raise DataError(f"the recipe is made already, and {', '.join(arguments)} would be lost; give it to the recipe.")
    else:  # whatever its card says of arguments, they may have been changed since
        training = {k: v for k, v in recipe.card.training.items() if k != "arguments"}
        made = replace(recipe, card=recipe.card.replace(training=training))
    return train(
        made,
        out=out,
        resume=resume,
        overwrite=overwrite,
        device=device,
        show_progress=show_progress,
        team=Team.of_torchrun(),
    )


def evaluate(
    network: "str | Path | Trained",
    data: "str | Path | NDArray[Any] | Source | None" = None,
    labels: "str | Path | NDArray[Any] | Source | None" = None,
    *,
    memory: str | None = None,
    device: str = "auto",
    show_progress: bool = True,
) -> dict[str, float]:
    """Score a network: on a survey with labels, or without one on the validation samples of its recipe.

    Args:
        network: "faults", a run folder, or what :func:`geocnn.load` or :func:`geocnn.fit` returned.
        data: survey, as for :func:`geocnn.predict`; for a classifier windows with their classes, a path.
        labels: mask on the same grid, above 0.5 on a fault.
        memory: as for :func:`geocnn.predict`.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.

    Raises:
        DataError: only one of ``data`` and ``labels``, or they do not fit.
    """
    from geocnn.checkpoints import Trained, load
    from geocnn.evaluation import evaluate_samples, evaluate_survey

    if isinstance(data, str | Path) and labels is None:
        network = network if isinstance(network, Trained) else load(network)
        if network.card.task == "classification":
            return _judge_windows(network, data, device=device, show_progress=show_progress)
    if (data is None) != (labels is None):
        raise DataError("evaluate needs both --data and --labels, or neither for the samples of the recipe.")
    if data is not None and labels is not None:
        return evaluate_survey(network, data, labels, memory=memory, device=device, show_progress=show_progress)
    trained = network if isinstance(network, Trained) else load(network)
    noted = trained.card.training
    try:
        inspect.signature(RECIPES[noted["recipe"]]).bind(**noted["arguments"])
    except (KeyError, TypeError):
        raise DataError(
            f"the card of {trained.folder or trained.card.name} names no recipe with samples to be judged by; give a "
            "survey with --data and its known answers with --labels."
        ) from None
    recipe = build(noted["recipe"], **noted["arguments"])
    return evaluate_samples(
        trained,
        recipe.validation,
        device=device,
        show_progress=show_progress,
        metrics=recipe.metrics,
        summary=recipe.summary,
    )


def _judge_windows(network: "Trained", data: str | Path, *, device: str, show_progress: bool) -> dict[str, float]:
    """Scores of a classifier on windows with known classes.

    Raises:
        DataError: their classes are not known.
    """
    from geocnn.classification import classify, confusion_table, scores

    result = classify(network, data, device=device, show_progress=show_progress)
    if result.truth is None:
        raise DataError(f"{data} has windows without classes to judge by; add the array y, the class of each window.")
    classes = result.card.classes
    return scores(confusion_table(result.truth, result.found, len(classes)), classes)
