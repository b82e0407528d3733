"""How a segmentation network answers in the part of the data that was kept to judge by."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from geocnn.figures.panels import NO_DATA
from geocnn.figures.section import FAULT
from geocnn.figures.style import INK, class_colours, figure

__all__ = ["confusion_matrix", "precision_recall", "windows"]

Shown = tuple[str, NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]
"""Title, samples, classes (below 0 where there is none), and probability of class 1 or number of the class."""

_MATCH, _OTHER = "#2f6690", "#c1121f"


def precision_recall(
    thresholds: NDArray[np.float64], precision: NDArray[np.float64], recall: NDArray[np.float64], best: int
) -> Figure:
    """Precision against recall for all thresholds, and both against the threshold.

    Args:
        thresholds: rising.
        precision: of what is at or above.
        recall: of what is true.
        best: index of the threshold to mark.
    """
    made = figure(9.5, 4.2)
    left, right = made.subplots(1, 2)
    grid = np.linspace(0.01, 1, 200)
    for f1 in (0.2, 0.4, 0.6, 0.8):  # lines of equal F1
        r = grid[grid > f1 / 2 + 0.01]
        p = f1 * r / (2 * r - f1)
        left.plot(r[p <= 1], p[p <= 1], color="#cccccc", linewidth=0.8, zorder=1)
        left.annotate(
            f"F1 {f1:g}",
            (1.0, f1 / (2 - f1)),
            xytext=(-2, 2),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=7,
            color="#999999",
        )
    left.plot(recall, precision, color=_MATCH, linewidth=1.8)
    middle = int(np.argmin(np.abs(thresholds - 0.5)))
    mark = f"best threshold {thresholds[best]:.2f}"
    left.plot(recall[best], precision[best], "o", color=_OTHER, label=mark)
    left.plot(recall[middle], precision[middle], "o", color=INK, markerfacecolor="white", label="threshold 0.5")
    left.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    left.legend(frameon=False, loc="upper right")
    both = np.nan_to_num(precision)
    f1s = 2 * both * recall / np.maximum(both + recall, 1e-12)
    for values, name, colour in ((precision, "precision", _MATCH), (recall, "recall", "#7a9e7e"), (f1s, "F1", INK)):
        right.plot(thresholds, values, color=colour, label=name, linewidth=1.6)
    right.axvline(thresholds[best], color=_OTHER, linewidth=0.9, linestyle=":", label=mark)
    right.set(xlabel="threshold of probability", ylabel="score", xlim=(0, 1), ylim=(0, 1.02))
    right.legend(frameon=False)
    for place in (left, right):
        place.grid(alpha=0.25)
    return made


def confusion_matrix(counts: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """What each class is taken for, in per cent of its own samples.

    Args:
        counts: ``(true, found)``.
        classes: their names.
    """
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = len(classes)
    made = figure(3.2 + 0.62 * size, 2.2 + 0.52 * size)
    place = made.subplots()
    image = place.imshow(100 * share, cmap="Blues", norm=Normalize(0, 100))
    for (true, found), value in np.ndenumerate(100 * share):
        if value >= 0.05 or true == found:
            colour = "white" if value > 60 else INK
            text = f"{value:.0f}" if value >= 10 else f"{value:.1f}"
            place.text(found, true, text, ha="center", va="center", color=colour, fontsize=9)
    place.set_xticks(range(size), classes, rotation=45 if size > 3 else 0, ha="right" if size > 3 else "center")
    names = [f"{name}  ({_short(n)})" for name, n in zip(classes, counts.sum(1).tolist(), strict=True)]
    place.set_yticks(range(size), names)
    place.set(xlabel="taken for", ylabel="class (samples)")
    place.tick_params(length=0)
    made.colorbar(image, ax=place, label="% of the class", shrink=0.85)
    return made


def windows(worst: Sequence[Shown], best: Sequence[Shown], classes: Sequence[str]) -> Figure:
    """Input, truth and answer of the worst windows, left, and of the best, right.

    Args:
        worst: the worst first.
        best: the best first; none if there is only one window.
        classes: all names; of two, answers are probabilities of the second.
    """
    rows = max(len(worst), len(best))
    wide, high = worst[0][1].shape
    panel = 2.3 * float(np.clip(high / wide, 0.5, 1.25))
    made = figure(15.5, rows * (panel + 0.35) + 1.1)
    parts = made.subfigures(1, 2 if best else 1, wspace=0.03, squeeze=False)[0]
    limit = float(np.percentile(np.abs(np.concatenate([w[1].ravel() for w in (*worst, *best)])), 99)) or 1.0
    names = ("worst", "best") if best else ("only",)
    for part, name, shown in zip(parts, names, (worst, best), strict=False):
        title = f"{name} window{'s' * (len(shown) > 1)} of the validation"
        _half(part, title, shown, rows, Normalize(-limit, limit), len(classes))
    if len(classes) == 2:
        patches = [Patch(color=FAULT(0.75), label=classes[1]), Patch(color=NO_DATA, label="unknown")]
    else:
        colours = class_colours(len(classes))
        patches = [Patch(color=colours(k), label=name) for k, name in enumerate(classes)]
        patches.append(Patch(color=NO_DATA, label="unknown"))
    made.legend(handles=patches, loc="outside lower center", ncols=min(len(patches), 9), frameon=False)
    return made


def _half(part: SubFigure, title: str, shown: Sequence[Shown], rows: int, norm: Normalize, classes: int) -> None:
    """One window a row."""
    part.suptitle(title, fontsize=12)
    places = part.subplots(rows, 3, squeeze=False)
    for place in places[len(shown) :].flat:
        place.set_visible(False)
    for row, (label, x, y, answer) in zip(places, shown, strict=False):
        for place, name in zip(row, ("input", "labels", "answer"), strict=True):
            _image(place, x, "gray", norm)
            place.set(xticks=[], yticks=[])
            if row is places[0]:
                place.set_title(name, fontsize=10)
        row[0].set_ylabel(label, fontsize=9)
        cmap: Colormap = FAULT if classes == 2 else class_colours(classes)
        scale = Normalize(0, 1) if classes == 2 else Normalize(-0.5, classes - 0.5)
        alpha = 1.0 if classes == 2 else 0.72
        _image(row[1], np.where(y < 0, np.nan, y).astype(np.float32), cmap, scale, alpha)
        _image(row[1], np.where(y < 0, 1.0, np.nan).astype(np.float32), ListedColormap([NO_DATA]), Normalize(0, 1), 0.8)
        _image(row[2], answer, cmap, scale, alpha)


def _image(place: Axes, values: NDArray[np.float32], cmap: str | Colormap, norm: Normalize, alpha: float = 1.0) -> None:
    """Samples with the vertical axis downward."""
    shown = np.ma.masked_invalid(values.T)
    place.imshow(shown, cmap=cmap, norm=norm, aspect="auto", alpha=alpha, interpolation="nearest")


def _short(count: int) -> str:
    """A number of samples in few letters."""
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.0f} k" if count >= 1e4 else f"{count}"
