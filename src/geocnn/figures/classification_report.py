"""Windows that a classifier judges worst and best."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geocnn.figures.style import INK, figure

__all__ = ["windows"]

Shown = tuple[str, bool, NDArray[np.float32]]
"""Title, whether the answer is right, and the window ``(channels, *space)``."""

_TITLES = ("worst: the class it is, with its probability, and what it was called", "best of each class")
_RIGHT, _WRONG = "#2f6690", "#c1121f"


def windows(worst: Sequence[Shown], best: Sequence[Shown], axes: Sequence[str]) -> Figure:
    """The worst and the best answers; titles are the class of the window and its probability, and what it was called.

    Args:
        worst: the worst first.
        best: the best of each class.
        axes: names of the axes of space; pictures have rows and columns.
    """
    columns = max(len(worst), len(best), 1)
    height = 1.5 if len(axes) == 1 else 1.8
    made = figure(max(5.0, 1.75 * columns), 2 * height + 0.9)
    parts = np.ravel(np.asarray(made.subfigures(2, 1)))
    for part, shown, name in zip(parts, (worst, best), _TITLES, strict=True):
        part.suptitle(name, x=0.01, ha="left", fontsize=9, color=INK)
        places = part.subplots(1, columns, squeeze=False)[0]
        for place in places:
            place.set_axis_off()
        for place, (title, right, window) in zip(places, shown, strict=False):
            _draw(place, window, axes)
            place.set_title(title, fontsize=8, color=_RIGHT if right else _WRONG)
    return made


def _draw(place: Axes, window: NDArray[np.float32], axes: Sequence[str]) -> None:
    """A trace as a line, a section or picture as an image, the middle section of a volume."""
    place.set_axis_on()
    place.set(xticks=[], yticks=[])
    for side in place.spines.values():
        side.set(color="#bbbbbb", linewidth=0.6)
    if len(axes) == 1:
        for trace in window:
            place.plot(trace, linewidth=0.9)
        place.margins(x=0)
        return
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
