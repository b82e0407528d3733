"""Learning curve of a run."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator

from geocnn.figures.style import INK, figure

__all__ = ["learning_curve"]

_WIDE = 30
"""Ratio of the largest to the smallest loss above which the axis is logarithmic."""
_LINES = 8
"""Largest number of scores in one panel."""
_MEANS = ("mean_iou", "dice", "iou", "accuracy", "balanced_accuracy", "precision", "recall", "pixel_error")
"""Scores over all classes, which come before those of single classes."""
_ERRORS = {
    "error_p": "mean error of picks, s",
    "error_s": "mean error of picks, s",
    "distance": "mean error, natural logarithm\n(0.1 is about 10 %)",
    "depth": "mean error, natural logarithm\n(0.1 is about 10 %)",
    "azimuth": "mean error, degrees",
}
"""Titles of scores that are no shares, see :mod:`geocnn.metrics`."""
_SHARES, _OTHERS = "score on validation samples, 0 to 1", "score on validation samples"
_NAMES = {"false": "false alarms", "error_p": "P", "error_s": "S"}
_NAMES |= {f"{what}_{phase}": f"{what} {phase.upper()}" for what in ("recall", "precision") for phase in "ps"}
_STYLE: dict[str, Any] = {"marker": "o", "markersize": 3}
_ROW = 3
"""Largest number of panels in a row; four panels are drawn as two rows of two."""


def learning_curve(history: list[dict[str, float]], *, title: str = "", best: int | None = None) -> Figure:
    """Loss and validation scores against the epoch; shares have an axis from 0 to 1, others one for each unit.

    Args:
        history: rows of metrics.csv.
        title: name of the network.
        best: epoch whose weights were kept, if it was not simply the last.
    """
    groups = _groups(history)
    count = 1 + len(groups)
    columns = 2 if count == 4 else min(count, _ROW)
    rows = -(-count // columns)
    made = figure(5.5 * columns, 3.6 * rows)
    places: list[Axes] = list(made.subplots(rows, columns, squeeze=False).flat)
    for place in places[count:]:
        place.set_axis_off()
    _losses(places[0], history, title)
    for place, (label, scores) in zip(places[1:], groups.items(), strict=False):
        for key in _worst(history[-1 if best is None else best - 1], scores):
            place.plot(*_points(history, f"validation_{key}"), label=_NAMES.get(key, key.replace("_", " ")), **_STYLE)
        place.set(xlabel="epoch", ylabel=label)
        if label == _SHARES:
            place.set_ylim(0, 1.02)
        elif label != _OTHERS and place.dataLim.y1 > 0:  # errors are judged relative to 0
            place.set_ylim(0, 1.05 * place.dataLim.y1)
    for place in places[:count]:
        _epochs(place, [row["epoch"] for row in history], best)
    for place, scores in zip(places[1:], groups.values(), strict=False):
        if len(scores) > _LINES and (legend := place.get_legend()):
            legend.set_title(f"{_LINES} of {len(scores)} scores,\nthe worst of the classes", FontProperties(size=8))
    return made


def _worst(row: dict[str, float], scores: list[str]) -> list[str]:
    """As many scores as have room, in order: those over all classes, and the worst of the others in an epoch."""
    values = {key: row[f"validation_{key}"] for key in scores}
    large = any(key in _ERRORS for key in scores)  # errors, of which the largest are the worst

    def rank(key: str) -> tuple[bool, bool, float]:
        value = -values[key] if large else values[key]
        return key not in _MEANS, math.isnan(value), value

    chosen = sorted(scores, key=rank)[:_LINES]
    return [key for key in scores if key in chosen]


def _points(history: list[dict[str, float]], key: str) -> tuple[list[float], list[float]]:
    """Epochs and values of a score."""
    return [row["epoch"] for row in history], [row[key] for row in history]


def _losses(place: Axes, history: list[dict[str, float]], title: str) -> None:
    """Draw the losses of training and validation."""
    for key, label in (("loss", "training"), ("validation_loss", "validation")):
        place.plot(*_points(history, key), label=label, **_STYLE)
    place.set(xlabel="epoch", ylabel="loss", title=title)
    losses = [row[key] for row in history for key in ("loss", "validation_loss")]
    if max(losses) > _WIDE * min(losses) > 0:  # otherwise the first epochs would flatten the others
        place.set_yscale("log")


def _epochs(place: Axes, epochs: list[float], best: int | None) -> None:
    """Mark whole epochs and the one that was kept, and add the legend."""
    if best is not None:
        place.axvline(best, color=INK, linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
    if len(epochs) == 1:
        place.set_xticks(epochs)
    else:
        place.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    place.grid(alpha=0.3)  # the legend is beside the points, never over them
    place.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)


def _groups(history: list[dict[str, float]]) -> dict[str, list[str]]:
    """Titles of the axes for scores, and the scores of each, with those over all classes first."""
    found = [k.removeprefix("validation_") for k in history[-1] if k.startswith("validation_")]
    found = sorted((k for k in found if k != "loss"), key=lambda k: k not in _MEANS)
    groups: dict[str, list[str]] = {}
    for key in found:
        values = [v for v in _points(history, f"validation_{key}")[1] if not math.isnan(v)]
        outside = any(not 0 <= value <= 1 for value in values)
        label = _ERRORS.get(key, _OTHERS if outside else _SHARES)
        groups.setdefault(label, []).append(key)
    return groups
