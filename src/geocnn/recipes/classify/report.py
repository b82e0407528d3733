"""Report on how well a network of the recipe classify judges its validation windows."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geocnn.classification import confusion_table, probabilities, scores

if TYPE_CHECKING:
    from geocnn.training import Run

__all__ = ["Report", "Shown", "report"]

_SHOWN, _CLASSES, _EACH = 6, 10, 2
"""Windows in each half of the figure; classes up to which the best of each are shown; and how many of each."""

Shown = tuple[str, bool, NDArray[np.float32]]
"""A window in the figure: title, whether the answer is right, and samples ``(channels, *space)``."""


@dataclass(frozen=True)
class Report:
    """Measured performance on the validation windows.

    Attributes:
        classes: names of the classes.
        counts: number of windows, ``(true, found)``.
        worst: windows whose true class was given the smallest probability, the worst first.
        best: rightly classified windows with the largest probability, of each class in turn.
        axes: names of the axes of space.
        channels: names of the channels.
        data: file to apply the network to.
        notes: what else a user should know.
    """

    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    worst: list[Shown]
    best: list[Shown]
    axes: tuple[str, ...]
    channels: tuple[str, ...]
    data: Path
    notes: tuple[str, ...]

    def rows(self) -> list[list[str]]:
        """Table by class; "-" where a score is undefined."""
        found, rows = scores(self.counts, self.classes), [["validation", "precision", "recall", "F1", "windows"]]
        for name, count in zip(self.classes, self.counts.sum(1), strict=True):
            values = [found[f"{kind}_{name.replace(' ', '_')}"] for kind in ("precision", "recall", "f1")]
            rows.append([name, *("-" if np.isnan(v) else f"{v:.3f}" for v in values), f"{count}"])
        return rows

    def lines(self) -> Iterator[str]:
        """Sentences beyond the table."""
        found, n = scores(self.counts, self.classes), self.counts.sum()
        yield (
            f"accuracy {found['accuracy']:.3f} ({n - self.counts.diagonal().sum()} of {n} windows wrong), mean of the "
            f"classes {found['balanced_accuracy']:.3f}"
        )
        yield from self.notes

    def command(self, folder: Path) -> str:
        """Command that applies the network."""
        out = f"{self.data.stem}-{folder.resolve().name}.csv"
        return f"geocnn predict {shlex.quote(str(folder))} {shlex.quote(str(self.data))} --out {shlex.quote(out)}"


def report(run: "Run", data: Path | None = None) -> Report:
    """Evaluate a run on its validation windows.

    Args:
        run: a finished run of a recipe for windows.
        data: file to apply the network to; default that of the recipe.
    """
    x, y = (part.numpy() for part in run.recipe.validation[range(len(run.recipe.validation))])
    place = str(next(run.model.parameters()).device)
    p = probabilities(run, x, device=place, show_progress=False)
    classes, found = run.card.classes, p.argmax(1)
    right = p[np.arange(len(y)), y]
    order = np.argsort(right, kind="stable")
    half = min(_SHOWN, (len(order) + 1) // 2)
    places = np.full(len(y), len(y))  # rank of each right window in its class, 0 for the best
    for k in range(len(classes)):
        own = order[::-1][(y[order[::-1]] == k) & (found[order[::-1]] == k)]
        places[own] = np.arange(len(own))
    best = [k for k in np.lexsort((y, places)) if places[k] < _EACH]

    def shown(k: int) -> Shown:
        called = f"{classes[y[k]]}, {p[k, y[k]]:.2f}"
        if found[k] == y[k]:
            return called, True, x[k]
        return f"{classes[y[k]]}, {p[k, y[k]]:.2f}\ncalled {classes[found[k]]}, {p[k, found[k]]:.2f}", False, x[k]

    return Report(
        classes,
        confusion_table(y, found, len(classes)),
        [shown(int(k)) for k in order[:half]],
        [shown(int(k)) for k in best[: max(half, min(_CLASSES, len(classes)))]],
        run.card.axes,
        run.card.channels,
        data or Path(run.recipe.applies_to),
        (run.card.notes,) if run.card.notes else (),
    )
