"""Report on how well a network of the recipe segment answers on its validation data."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from geocnn.hardware import channels_last
from geocnn.losses import UNKNOWN
from geocnn.recipes.segment.data import Piece
from geocnn.recipes.segment.windows import Tiles

if TYPE_CHECKING:
    from geocnn.training import Run

__all__ = ["Curve", "Report", "Shown", "report"]

_BINS = 200
"""Number of steps of probability in the curve."""
_SHOWN = 3
"""Number of windows in each half of the figure."""

Side = tuple[str, float, float]
"""A side of a section: name of its axis with the unit, and first and last number."""
Shown = tuple[str, NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], tuple[Side, Side]]
"""A section: title, samples, classes (UNKNOWN where not known), answers (probability or class), and its two sides."""


@dataclass(frozen=True)
class Curve:
    """Precision and recall for two classes at every threshold of probability.

    Attributes:
        thresholds: thresholds of probability, rising.
        precision: precision of samples at or above each threshold; NaN where there are none.
        recall: share of the true samples that are at or above each threshold.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of precision and recall, 0 where nothing is found."""
        both = np.nan_to_num(self.precision) + self.recall
        return np.asarray(2 * np.nan_to_num(self.precision) * self.recall / np.maximum(both, 1e-12))

    @property
    def best(self) -> int:
        """Index of the threshold with the largest F1."""
        return int(np.argmax(self.f1))


@dataclass(frozen=True)
class Report:
    """Measured performance on the validation data.

    Attributes:
        classes: names of all classes.
        counts: number of samples, ``(true, found)``.
        curve: precision and recall for two classes; None for more.
        worst: windows with the worst answers, the worst first.
        best: windows with the best answers, the best first.
        data: file to apply the network to.
        notes: what else a user should know.
    """

    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    curve: Curve | None
    worst: list[Shown]
    best: list[Shown]
    data: Path
    notes: tuple[str, ...]

    def rows(self) -> list[list[str]]:
        """Table by class; "-" where a score is undefined."""
        true, found, hit = self.counts.sum(1), self.counts.sum(0), self.counts.diagonal()
        rows = [["validation", "precision", "recall", "IoU", "samples"]]
        for k, name in enumerate(self.classes):
            parts = ((hit[k], found[k]), (hit[k], true[k]), (hit[k], true[k] + found[k] - hit[k]))
            rows.append([name, *(f"{a / b:.3f}" if b else "-" for a, b in parts), f"{true[k]}"])
        return rows

    def lines(self) -> Iterator[str]:
        """Sentences beyond the table."""
        if self.curve is not None:
            k, name = self.curve.best, self.classes[1]
            if k == 0:  # everything is at or above it
                yield (
                    f"no threshold finds {name} better than calling every sample so would: precision "
                    f"{self.curve.precision[k]:.3f}, recall {self.curve.recall[k]:.3f}, F1 {self.curve.f1[k]:.3f} (the "
                    "table is for 0.5)"
                )
                yield from self.notes
                return
            yield (
                f"best threshold {self.curve.thresholds[k]:.2g}: precision {self.curve.precision[k]:.3f}, recall "
                f"{self.curve.recall[k]:.3f}, F1 {self.curve.f1[k]:.3f} (the table is for 0.5)"
            )
        else:
            true, hit = self.counts.sum(1), self.counts.diagonal()
            union = true + self.counts.sum(0) - hit
            iou = (hit / np.maximum(union, 1))[true > 0]
            yield f"mean IoU {iou.mean():.3f}, accuracy {hit.sum() / true.sum():.3f}"
        yield from self.notes

    def command(self, folder: Path) -> str:
        """Command that applies the network."""
        suffix = self.data.suffix or ".sgy"
        out = f"{self.data.stem}-{folder.resolve().name}{suffix}"
        return f"geocnn predict {shlex.quote(str(folder))} {shlex.quote(str(self.data))} --out {shlex.quote(out)}"


def report(run: "Run") -> Report:
    """Evaluate a run on its validation windows.

    Args:
        run: a finished run of the recipe segment.
    """
    names, tiles = run.card.classes, run.recipe.validation
    if not isinstance(tiles, Tiles):
        raise TypeError(f"{type(tiles).__name__} are no windows of the recipe segment")
    classes = ("other", *names) if len(names) == 1 else names
    counts = np.zeros((len(classes), len(classes)), np.int64)
    histogram = np.zeros((2, _BINS + 1), np.int64)
    scores, variety = np.full(len(tiles), np.nan), np.zeros(len(tiles), np.int64)
    for i in range(len(scores)):
        _, y, answer = _answers(run, tiles, i)
        known = y != UNKNOWN
        found = (answer > 0.5 if len(classes) == 2 else answer).astype(np.int64)
        own = _pairs(y[known], found[known], len(classes))
        counts += own
        scores[i], variety[i] = _score(own), np.count_nonzero(own.sum(1))
        if len(classes) == 2:
            histogram += _pairs(y[known], np.floor(answer[known] * _BINS).astype(np.int64), _BINS + 1)[:2]
    order = [int(i) for i in np.argsort(scores, kind="stable") if not np.isnan(scores[i])]
    several = [i for i in order if variety[i] > 1]  # windows of a single class tell little
    order = several if len(several) >= 2 * _SHOWN else order
    what = "Dice" if len(classes) == 2 else "mean IoU"
    low, high = order[: (len(order) + 1) // 2], order[::-1][: len(order) // 2]
    high = [i for i in high if scores[i] > max(0, scores[order[0]])]  # if all are alike, none is the best
    worst, best = (
        [_shown(f"{what} {scores[i]:.2f}", _place(tiles, i), _answers(run, tiles, i)) for i in chosen[:_SHOWN]]
        for chosen in (low, high)
    )
    data = Path(run.recipe.applies_to)
    notes = (run.card.notes,) if run.card.notes else ()
    return Report(classes, counts, _curve(histogram) if len(classes) == 2 else None, worst, best, data, notes)


Answers = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]


@torch.inference_mode()
def _answers(run: "Run", tiles: Tiles, index: int) -> Answers:
    """Samples, classes, and probability (two classes) or class of a validation window, where there are data."""
    place = next(run.model.parameters()).device
    x, y = tiles[[index]]
    logits = run.model(channels_last(x.to(place), run.card.ndim))[0].float().cpu()
    answer = torch.sigmoid(logits[0]) if len(logits) == 1 else logits.argmax(0).float()
    part, (_, origin) = tiles.answered(index), tiles.places[index]
    inner = tuple(slice(p.start - start, p.stop - start) for p, start in zip(part, origin, strict=True))
    real = tuple(slice(p.start - tiles.margin, p.stop - tiles.margin) for p in inner)
    return x[0, 0][inner].numpy(), y[0][real].numpy(), answer[real].numpy()


def _place(tiles: Tiles, index: int) -> Piece:
    """The part of a piece that the answer for a window covers."""
    part = tiles.pieces[tiles.places[index][0]]
    for axis, own in enumerate(tiles.answered(index)):
        part = part.part(axis, own.start, own.stop)
    return part


def _shown(score: str, place: Piece, answers: Answers) -> Shown:
    """A section for the figure; of a volume the one with most samples of a class other than 0, or most labels."""
    x, y, answer = answers
    axes, title = place.axes, f"{score}: {place.name}"
    if x.ndim == 3:
        most = int(np.argmax((y > 0).sum((1, 2)) + (y >= 0).sum((1, 2)) / y[0].size))
        title += f", {axes[0].name} {axes[0].values[most]:g}"
        x, y, answer, axes = x[most], y[most], answer[most], axes[1:]
    across, down = axes
    sides = (across.name, across.start, across.stop), (f"{down.name} ({down.unit or 'samples'})", down.start, down.stop)
    return title, x, y, answer, sides


def _pairs(true: NDArray[np.int64], found: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Counts of all pairs of numbers below ``size``, ``(true, found)``."""
    return np.bincount(true * size + found, minlength=size**2).reshape(size, size)


def _score(counts: NDArray[np.int64]) -> float:
    """Dice of class 1, NaN if it neither occurs nor is found; for more classes mean IoU of those that occur."""
    hit, true, found = counts.diagonal(), counts.sum(1), counts.sum(0)
    if len(counts) > 2:
        return float((hit / np.maximum(true + found - hit, 1))[true > 0].mean())
    return float(2 * hit[1] / (true[1] + found[1])) if true[1] + found[1] else float("nan")


def _curve(histogram: NDArray[np.int64]) -> Curve:
    """Curve from the number of samples of both classes in bins of probability."""
    true, called = histogram[1, ::-1].cumsum()[::-1], histogram.sum(0)[::-1].cumsum()[::-1]
    with np.errstate(invalid="ignore"):
        return Curve(np.arange(_BINS + 1) / _BINS, true / called, true / true[0])
