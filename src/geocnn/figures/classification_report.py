"""Figure of the windows that a classifier judges worst and best."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geocnn.figures.lanes import lanes
from geocnn.figures.style import INK, figure

__all__ = ["windows"]

Shown = tuple[str, bool, NDArray[np.float32]]
"""A window: title, whether the answer is right, and samples ``(channels, *space)``."""

_TITLES = ("worst: the class it is, with its probability, and what it was called", "best of each class")
_RIGHT, _WRONG = "#2f6690", "#c1121f"
_ROW, _LINE = 6, 24
"""Windows in a row, and largest number of letters in a line of a title."""
_LONG = 400
"""Number of samples from which a trace is drawn twice as wide, with a thinner line."""


def windows(
    worst: Sequence[Shown],
    best: Sequence[Shown],
    axes: Sequence[str],
    *,
    channels: Sequence[str] = (),
    rate: float | None = None,
) -> Figure:
    """Draw the worst and the best answers; titles tell class, probability, and what the window was called.

    Args:
        worst: windows, the worst first.
        best: the best windows of each class.
        axes: names of the axes of space; pictures have rows and columns.
        channels: names of the channels; default their numbers.
        rate: samples per second of traces, if it is known.
    """
    first = next(iter((*worst, *best)), None)
    shape = first[2].shape if first else (1,)
    wide = 2 if len(axes) == 1 and shape[-1] >= _LONG else 1
    columns = max(min(_ROW // wide, max(len(worst), len(best))), 1)
    rows = [max(1, -(-len(shown) // columns)) for shown in (worst, best)]
    texts = [[_wrapped(title) for title, _, _ in shown] for shown in (worst, best)]
    height = 1.4 + 0.2 * min(shape[0], 8) if len(axes) == 1 else 1.8
    heights = [
        n * (height + 0.13 * max((t.count("\n") for t in text), default=0)) + 0.4
        for n, text in zip(rows, texts, strict=True)
    ]
    what = _what(first[2], axes) if first else ""
    made = figure(max(6.5 if what else 5.0, 1.75 * wide * columns), sum(heights) + 0.3)
    parts = np.ravel(np.asarray(made.subfigures(2, 1, height_ratios=heights)))
    names = channels or [f"channel {k + 1}" for k in range(shape[0])]
    for part, shown, text, name, n in zip(parts, (worst, best), texts, _TITLES, rows, strict=True):
        part.suptitle(name + what, x=0.01, ha="left", fontsize=9, color=INK)
        places = np.ravel(part.subplots(n, columns, squeeze=False))
        for place in places:
            place.set_axis_off()
        for place, (_, right, window), title in zip(places, shown, text, strict=False):
            _frame(place)
            if len(axes) == 1:
                _traces(place, window, names, rate)
            else:
                _image(place, window, axes)
            place.set_title(title, fontsize=8, color=_RIGHT if right else _WRONG)
    return made


def _wrapped(title: str) -> str:
    """Title in lines no wider than a window; a name that would fill more than two lines is cut."""
    lines = []
    for line in title.split("\n"):
        *_, p = line.rpartition(", ")
        name = line[: -len(p) - 2]
        name = name if len(name) <= 2 * _LINE - 6 else f"{name[: 2 * _LINE - 10].rstrip()} ..."
        lines += textwrap.wrap(f"{name}, {p}", _LINE)
    return "\n".join(lines)


def _what(window: NDArray[np.float32], axes: Sequence[str]) -> str:
    """Note on the part of a window that is drawn; empty if it is all of it."""
    channels = len(window)
    said = [f"the middle {axes[0]}"] if len(axes) == 3 else []
    if len(axes) > 1 and channels > 1 and not (tuple(axes) == ("row", "column") and channels == 3):
        said.append(f"channel 1 of {channels}")
    return f" ({', '.join(said)})" if said else ""


def _frame(place: Axes) -> None:
    """Draw a thin frame."""
    place.set_axis_on()
    place.tick_params(labelsize=6, length=2, color="#bbbbbb", labelcolor="#555555")
    for side in place.spines.values():
        side.set(color="#bbbbbb", linewidth=0.6)


def _traces(place: Axes, window: NDArray[np.float32], names: Sequence[str], rate: float | None) -> None:
    """Draw a trace as a line, or several below one another on the same scale, each about its mean."""
    place.margins(x=0)
    place.set_yticks([])
    place.set_xlabel("sample" if rate is None else "time, s", fontsize=6, color="#555555", labelpad=1)
    time = np.arange(window.shape[1]) / (rate or 1.0)
    width = 0.4 if window.shape[1] >= _LONG else 0.9
    if len(window) == 1:
        place.plot(time, window[0], linewidth=width, color=_RIGHT)
        return
    lanes(place, time, window, names, linewidth=width)


def _image(place: Axes, window: NDArray[np.float32], axes: Sequence[str]) -> None:
    """Draw a section or picture as it is, of a volume the middle section."""
    place.set(xticks=[], yticks=[])
    if len(axes) == 3:
        window = window[:, window.shape[1] // 2]
    if tuple(axes) == ("row", "column"):
        image = window.transpose(1, 2, 0)
        low, high = float(image.min()), float(image.max())
        image = (image - low) / (high - low or 1.0)
        place.imshow(image if image.shape[2] == 3 else image[..., 0], cmap="gray", interpolation="nearest")
        return
    limit = float(np.abs(window[0]).max()) or 1.0
    place.imshow(window[0].T, cmap="gray", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
