"""Figures on how a segmentation network answers on its validation data."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap, Normalize, to_rgba
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from geocnn.figures.panels import NO_DATA
from geocnn.figures.style import FAULT, INK, class_colours, figure

__all__ = ["confusion_matrix", "precision_recall", "windows"]

Side = tuple[str, float, float]
"""A side of a section: name of its axis, and first and last number."""
Shown = tuple[str, NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], tuple[Side, Side]]
"""A section: title, samples, classes (below 0 where not known), probability of class 1 or class, and its two sides."""

_MATCH, _OTHER = "#2f6690", "#c1121f"
_NONE = "#dddddd"
"""Colour of a class of which there is nothing."""
_LETTERS, _LETTER, _LINE = 20, 0.1, 0.17
"""Letters in a line of a class name; and width of a letter and height of a line, inches."""
_OVER, _BLANK = 0.72, 0.8
"""Opacity of the colours over the data, for several classes and for unknown samples."""


def precision_recall(
    thresholds: NDArray[np.float64], precision: NDArray[np.float64], recall: NDArray[np.float64], best: int
) -> Figure:
    """Draw precision against recall for all thresholds, and both against the threshold.

    Args:
        thresholds: thresholds of probability, rising.
        precision: precision of the samples at or above each threshold.
        recall: share of the true samples that are at or above each threshold.
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
    mark = f"best threshold {thresholds[best]:.2g}"
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


def confusion_matrix(counts: NDArray[np.int64], classes: Sequence[str], *, unit: str = "samples") -> Figure:
    """Draw the confusion matrix: what each class is taken for, in per cent of its own samples.

    Args:
        counts: number of samples, ``(true, found)``; the row of a class that has none is grey and says so.
        classes: their names.
        unit: what is counted.
    """
    size, total = len(classes), counts.sum(1)
    share = 100 * counts / np.maximum(total, 1)[:, None]
    cell, bar, across = 0.55 * max(3, size), 1.3, 0.3  # inches
    names = [
        "\n".join(textwrap.wrap(name, _LETTERS, max_lines=3, placeholder=" ...")) or repr(name) for name in classes
    ]
    wide, lines = max(len(line) for name in names for line in name.split("\n")), max(n.count("\n") for n in names) + 1
    slanted = wide * _LETTER > cell / max(3, size)
    below = across + (wide * _LETTER + lines * _LINE if slanted else lines * _LINE)
    beside = across + (wide + len("  (10.0 M)")) * _LETTER
    made = figure(beside + cell + bar, cell + below + 0.2)
    place = made.subplots()
    place.set_facecolor(_NONE)
    shown = np.ma.masked_where(np.broadcast_to(total[:, None] == 0, share.shape), share)
    image = place.imshow(shown, cmap="Blues", norm=Normalize(0, 100))
    for true in np.flatnonzero(total == 0).tolist():
        place.text((size - 1) / 2, true, f"no {unit}", ha="center", va="center", color=INK, fontsize=9)
    for (true, found), value in np.ndenumerate(share):
        if total[true] and (value >= 0.05 or true == found):
            colour = "white" if value > 60 else INK
            text = f"{value:.0f}" if value >= 10 else f"{value:.1f}"
            place.text(found, true, text, ha="center", va="center", color=colour, fontsize=9)
    place.set_xticks(range(size), names)
    if slanted:
        place.tick_params(axis="x", rotation=90)
    place.set_yticks(range(size), [f"{name}  ({_short(n)})" for name, n in zip(names, total.tolist(), strict=True)])
    place.set(xlabel="taken for", ylabel=f"class ({unit})")
    place.tick_params(length=0)
    made.colorbar(image, ax=place, label="% of the class", shrink=0.85)
    return made


def windows(worst: Sequence[Shown], best: Sequence[Shown], classes: Sequence[str]) -> Figure:
    """Draw data, known classes and found classes, of the worst windows on the left and of the best on the right.

    Args:
        worst: windows, the worst first.
        best: windows, the best first; empty if no window is better than another.
        classes: names of all classes; for two classes, answers are probabilities of the second.
    """
    rows = max(len(worst), len(best))
    wide, high = worst[0][1].shape
    panel = 2.3 * float(np.clip(high / wide, 0.5, 1.25))
    made = figure(15.5 if best else 8.5, rows * (panel + 0.85) + 0.9)
    parts = made.subfigures(1, 2 if best else 1, wspace=0.03, squeeze=False)[0]
    limit = float(np.percentile(np.abs(np.concatenate([w[1].ravel() for w in (*worst, *best)])), 99)) or 1.0
    for part, name, shown in zip(parts, ("worst ", "best ") if best else ("",), (worst, best), strict=False):
        part.suptitle(f"{name}window{'s' * (len(shown) > 1)} of the validation".capitalize(), fontsize=12)
        for place, one in zip(part.subfigures(rows, 1, squeeze=False)[:, 0], shown, strict=False):
            _row(place, one, Normalize(-limit, limit), len(classes))
    made.legend(handles=_key(classes), loc="outside lower center", ncols=9, frameon=False)
    return made


def _key(classes: Sequence[str]) -> list[Patch]:
    """Patches for a legend of the colours as they are drawn."""
    if len(classes) == 2:
        known = [Patch(color=FAULT(1.0), label=classes[1]), Patch(color=FAULT(0.5), label="found with probability 0.5")]
    else:
        colours = class_colours(len(classes))
        known = [Patch(color=_over_grey(colours(k), _OVER), label=name) for k, name in enumerate(classes)]
    return [*known, Patch(color=_over_grey(to_rgba(NO_DATA), _BLANK), label="unknown")]


def _over_grey(colour: tuple[float, ...], opacity: float) -> tuple[float, float, float]:
    """A colour as it appears over an amplitude of zero."""
    red, green, blue = (opacity * part + (1 - opacity) * 0.5 for part in colour[:3])
    return red, green, blue


def _row(part: SubFigure, shown: Shown, norm: Normalize, classes: int) -> None:
    """Draw one window: data, known classes and answers."""
    title, x, y, answer, sides = shown
    part.suptitle(title, fontsize=9, x=0.02, ha="left")
    row = part.subplots(1, 3, sharex=True, sharey=True)
    for place, name in zip(row, ("data", "known", "found"), strict=True):
        _image(place, x, sides, "gray", norm)
        place.set_title(name, fontsize=9)
        place.set_xlabel(sides[0][0], fontsize=8)
        place.tick_params(labelsize=7)
        place.locator_params(nbins=4)
    row[0].set_ylabel(sides[1][0], fontsize=8)
    cmap: Colormap = FAULT if classes == 2 else class_colours(classes)
    scale = Normalize(0, 1) if classes == 2 else Normalize(-0.5, classes - 0.5)
    alpha = 1.0 if classes == 2 else _OVER
    blank = ListedColormap([NO_DATA])
    _image(row[1], np.where(y < 0, np.nan, y).astype(np.float32), sides, cmap, scale, alpha)
    _image(row[1], np.where(y < 0, 1.0, np.nan).astype(np.float32), sides, blank, Normalize(0, 1), _BLANK)
    _image(row[2], answer, sides, cmap, scale, alpha)


def _image(
    place: Axes,
    values: NDArray[np.float32],
    sides: tuple[Side, Side],
    cmap: str | Colormap,
    norm: Normalize,
    alpha: float = 1.0,
) -> None:
    """Draw samples with the vertical axis downward."""
    edges = []
    for (_, first, last), n in zip(sides, values.shape, strict=True):
        half = (last - first) / max(1, n - 1) / 2 or 0.5
        edges.append((first - half, last + half))
    place.imshow(
        np.ma.masked_invalid(values.T),
        extent=(*edges[0], *edges[1][::-1]),
        cmap=cmap,
        norm=norm,
        aspect="auto",
        alpha=alpha,
        interpolation="nearest",
    )


def _short(count: int) -> str:
    """A number of samples in few letters."""
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.0f} k" if count >= 1e4 else f"{count}"
