"""Reliability diagrams: whether probabilities mean what they say."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geocnn.figures.style import INK, figure

__all__ = ["reliability_diagrams"]

Bins = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Result of :func:`geocnn.calibration.reliability`."""
_COLOUR = "#2f6690"


def reliability_diagrams(found: Mapping[str, Bins], *, title: str = "") -> Figure:
    """Diagrams of the share of samples that are of the class against their probability, one panel per network.

    Below each the number of samples with such a probability is drawn, because where there are few a point tells little.

    Args:
        found: name of a network -> mean probability, share of the class and share of all samples, per bin.
        title: what was judged.
    """
    made = figure(4.4 * len(found) + 0.4, 5.9)
    places = made.subplots(2, len(found), sharex=True, sharey="row", height_ratios=(3, 1), squeeze=False)
    for (upper, lower), (name, (said, true, share)) in zip(places.T, found.items(), strict=True):
        upper.plot([0, 1], [0, 1], color=INK, linewidth=0.9, linestyle=":", label="as it should be")
        upper.plot(said, true, color=_COLOUR, marker="o", markersize=5, linewidth=1.6, label="network")
        error = float(np.nansum(np.abs(said - true) * share))
        upper.set(title=f"{name}: calibration error {error:.3f}", xlim=(0, 1), ylim=(0, 1))
        edges = np.linspace(0, 1, len(share) + 1)
        lower.bar(edges[:-1], 100 * share, np.diff(edges), align="edge", color=_COLOUR, alpha=0.6, edgecolor="white")
        lower.set(xlabel="probability given", yscale="log")
        for place in (upper, lower):
            place.grid(alpha=0.25)
    places[0, 0].set_ylabel("share that are of the class")
    places[0, 0].legend(frameon=False, loc="upper left")
    places[1, 0].set_ylabel("samples (%)")
    if title:
        made.suptitle(title, fontsize=12)
    return made
