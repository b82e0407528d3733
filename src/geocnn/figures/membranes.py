"""Figure of a microscope section: known membranes, found membranes, and where they differ."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from geocnn.figures.style import figure

__all__ = ["membranes"]

_FALSE, _MISSED = (0.80, 0.25, 0.15), (0.10, 0.40, 0.75)
_PROBABILITY = LinearSegmentedColormap.from_list("membrane", ["#ffffff", "#9a9a9a", "#111111"])


def membranes(
    image: NDArray[np.float32], truth: NDArray[np.bool_], probability: NDArray[np.float32], *, title: str = ""
) -> Figure:
    """Draw one section.

    Args:
        image: grey values, (rows, columns).
        truth: True on a membrane.
        probability: probability of a membrane, 0 to 1.
        title: title of the figure.
    """
    made = figure(10.5, 10.2)
    places = made.subplots(2, 2, sharex=True, sharey=True).ravel()
    found = probability >= 0.5
    wrong = np.repeat(_grey(image)[..., None], 3, axis=2)
    wrong[found & ~truth] = _FALSE
    wrong[~found & truth] = _MISSED
    places[0].imshow(image, cmap="gray")
    places[1].imshow(truth, cmap="gray_r", interpolation="none")
    shown = places[2].imshow(probability, cmap=_PROBABILITY, vmin=0, vmax=1)
    places[3].imshow(wrong, interpolation="none")
    share = float((found != truth).mean())
    names = ("section", "known membranes", "found", f"wrong: {100 * share:.1f} % of the pixels")
    for place, name in zip(places, names, strict=True):
        place.set_title(name)
    for place in places[2:]:
        place.set_xlabel("column")
    for place in places[::2]:
        place.set_ylabel("row")
    made.colorbar(shown, ax=places[2], label="membrane probability", shrink=0.8, pad=0.02)
    marks = [Patch(color=_FALSE, label="found, not known"), Patch(color=_MISSED, label="known, not found")]
    made.legend(handles=marks, loc="outside lower right", ncols=2, frameon=False)
    if title:
        made.suptitle(title, fontsize=12)
    return made


def _grey(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pale grey values 0 to 1, so that colours on them show."""
    low, high = np.percentile(image, (1, 99))
    return np.asarray(0.35 + 0.65 * ((image - low) / max(high - low, 1e-9)).clip(0, 1), dtype=np.float32)
