"""Labels from horizons: the intervals between them are the classes."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn import io
from geocnn.checkpoints import Card
from geocnn.errors import DataError
from geocnn.io.horizons import Horizon, IntervalSource, read_horizon
from geocnn.recipes.segment.data import Given
from geocnn.words import number_of

__all__ = ["check_learnt", "intervals"]


def intervals(
    data: Sequence[Given], labels: Sequence[Given], horizons: Sequence[str | Path | Horizon]
) -> tuple[list[Given], tuple[str, ...], tuple[str, ...]]:
    """Labels for each survey, names of the classes, and notes on how the files were read.

    Args:
        data: surveys.
        labels: labels that are given as well, which is an error.
        horizons: text files, or what was read from them, from top to bottom.

    Raises:
        MissingError: no such file.
        FormatError: a file is no horizon.
        DataError: labels are given as well, two horizons have the same name, none of them lies in a survey, or one lies
            above those before it.
    """
    if labels:
        raise DataError("--horizons are given in place of --labels; leave one of the two out.")
    if not data:
        raise DataError("--horizons are those of a survey; give --data SURVEY as well.")
    made: list[Given] = []
    told: list[str] = []
    for one in data:
        grid = io.open(one).grid
        found = [h if isinstance(h, Horizon) else read_horizon(h, grid) for h in horizons]
        told += [f"horizon {horizon.name}: {horizon.told}" for horizon in found if horizon.told]
        _check(found)
        made.append(IntervalSource(found, grid))
    stems = [horizon.name for horizon in found]
    between = [f"{upper} to {lower}" for upper, lower in pairwise(stems)]
    return made, (f"above {stems[0]}", *between, f"below {stems[-1]}"), tuple(told)


def check_learnt(card: Card, who: str, horizons: Sequence[str | Path | Horizon]) -> None:
    """Refuse horizons whose number of intervals is not the number of classes of a network to be evaluated.

    With too few horizons everything below the last would count as one interval, of which the network knows several.

    Args:
        card: of the network.
        who: name of the network, for the message.
        horizons: text files, or what was read from them, from top to bottom.

    Raises:
        DataError: the numbers differ; the message names the horizons that it has learnt.
    """
    count = max(2, len(card.classes)) - 1  # a network of one class tells it from everything else
    if card.task != "segmentation" or count == len(horizons):
        return
    learnt = card.training.get("arguments", {}).get("horizons")
    apart = ", ".join(card.classes) if len(card.classes) > 1 else f"{card.classes[0]} and the rest"
    needed = f"all that it has learnt, from top to bottom: --horizons {' '.join(learnt)}" if learnt else "as many"
    raise DataError(
        f"the network {who} tells {apart} apart, which takes {number_of(count, 'horizon')}, and --horizons names "
        f"{len(horizons)}; give {needed}."
    )


def _check(found: Sequence[Horizon]) -> None:
    """Refuse horizons in the wrong order.

    Raises:
        DataError: a horizon lies above the one before it, on most traces that have both, or has its name.
    """
    for upper, lower in pairwise(found):
        if upper.name == lower.name:
            raise DataError(f"two horizons are called {upper.name}; give files with names that differ.")
        both: NDArray[np.bool_] = np.isfinite(upper.values) & np.isfinite(lower.values)
        if both.any() and np.mean(lower.values[both] < upper.values[both]) > 0.5:
            raise DataError(f"{lower.name} lies above {upper.name}; give --horizons from top to bottom.")
