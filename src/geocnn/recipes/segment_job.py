"""From the arguments of the recipe segment to the recipe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geocnn.augmentation import Augmentation
from geocnn.metrics import confusion
from geocnn.recipes.segment_network import Start, card, objective, schedule, start
from geocnn.recipes.segment_plan import plan
from geocnn.training import Recipe

__all__ = ["recipe"]


def recipe(given: Mapping[str, Any]) -> Recipe:
    """Read and divide the data, make the network, and put together what learns from what.

    Args:
        given: all arguments of :func:`geocnn.recipes.segment.segment`.

    Raises:
        DataError: data, labels or numbers that do not fit one another.
    """
    named = {k: [given[k]] if isinstance(given[k], str | Path) else given[k] or () for k in ("data", "labels")}
    files = {k: [str(path) for path in paths] for k, paths in named.items()}

    def network(ndim: int, classes: int) -> Start:
        return start(
            ndim, classes, from_=given["from_"], model=given["model"], width=given["width"], seed=given["seed"]
        )

    job = plan(
        (files["data"], files["labels"]),
        names=given["classes"] or (),
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
    return Recipe(
        name="segment",
        model=job.network.model,
        card=card(job).replace(training={"arguments": {**given, **files}}),
        train=job.train(given["samples"], given["seed"], augmentation),
        validation=job.validate(),
        loss=loss,
        metrics=confusion,
        summary=summary,
        monitor=monitor,
        schedule=schedule(
            job,
            epochs=given["epochs"],
            samples=given["samples"],
            batch_size=given["batch_size"],
            learning_rate=given["learning_rate"],
            patience=given["patience"],
            workers=given["workers"],
        ),
        seed=given["seed"],
        report="segmentation",
        applies_to=files["data"][0],
    )
