"""Make the recipe segment from its arguments."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geocnn.augmentation import Augmentation
from geocnn.checkpoints import Card
from geocnn.metrics import confusion
from geocnn.recipes.again import told as noted_in
from geocnn.recipes.segment.data import Given
from geocnn.recipes.segment.intervals import intervals
from geocnn.recipes.segment.network import Start, card, objective, schedule, start
from geocnn.recipes.segment.plan import plan
from geocnn.recipes.segment.words import plan_of
from geocnn.training import Recipe

__all__ = ["recipe"]


def recipe(given: Mapping[str, Any]) -> Recipe:
    """Read and split the data, make the network, and combine them into a recipe.

    Args:
        given: all arguments of :func:`geocnn.recipes.segment.segment`; ``from_`` may be the card of the run itself, see
            :mod:`geocnn.recipes.again`.

    Raises:
        DataError: data, labels or numbers that do not fit one another.
    """
    files = {k: _several(given[k]) for k in ("data", "labels")}
    names, told = given["classes"] or (), tuple[str, ...]()
    if given["horizons"]:
        files["labels"], between, told = intervals(files["data"], files["labels"], given["horizons"])
        names = names or between
    # A card holds paths, not samples; a run on arrays is evaluated with data given to ``evaluate``.
    noted: dict[str, Any] = {k: v if all(isinstance(one, str) for one in v) else None for k, v in files.items()}
    if isinstance(given["from_"], Card):
        noted["from_"] = noted_in(given["from_"], "from_")
    if given["horizons"]:
        noted["horizons"] = [str(one) for one in given["horizons"] if isinstance(one, str | Path)] or None

    def network(ndim: int, classes: Sequence[str]) -> Start:
        return start(
            ndim, classes, from_=given["from_"], model=given["model"], width=given["width"], seed=given["seed"]
        )

    job = plan(
        (files["data"], files["labels"]),
        names=names,
        unknown=given["unknown"],
        lines=(given["inlines"] or (), given["crosslines"] or ()),
        ndim=given["ndim"],
        network=network,
        crop=given["crop"],
        validation=given["validation"],
    )
    square = job.ndim == 3 and job.crop[0] == job.crop[1]
    augmentation = Augmentation(
        flip=tuple(range(job.ndim - 1)) if given["flip"] else (),
        rotate=(0, 1) if given["rotate"] and square else None,
        elastic=given["elastic"],
        amplitude=given["amplitude"],
        noise=given["noise"],
    )
    loss, summary, monitor = objective(job)
    planned = schedule(
        job,
        epochs=given["epochs"],
        samples=given["samples"],
        batch_size=given["batch_size"],
        learning_rate=given["learning_rate"],
        patience=given["patience"],
        workers=given["workers"],
    )
    first = {"start": job.network.told} if job.network.told else {}
    applied = files["data"][0]
    return Recipe(
        name="segment",
        model=job.network.model,
        card=card(job).replace(training={"arguments": {**given, **noted}, "windows": job.digest} | first),
        train=job.train(given["samples"], given["seed"], augmentation),
        validation=job.validate(),
        loss=loss,
        metrics=confusion,
        summary=summary,
        monitor=monitor,
        schedule=planned,
        seed=given["seed"],
        report="segmentation",
        applies_to=applied if isinstance(applied, str) else "survey.sgy",
        plan=(*told, *plan_of(job, samples=given["samples"], batch_size=planned.batch_size, epochs=planned.epochs)),
    )


def _several(given: object) -> list[Given]:
    """Surveys from one or several of them; paths become strings."""
    found: list[Any] = list(given) if isinstance(given, list | tuple) else [] if given is None else [given]
    return [str(one) if isinstance(one, Path) else one for one in found]
