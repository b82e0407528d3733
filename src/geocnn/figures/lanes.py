"""Channels of a window one below the other."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from numpy import ndarray

from geocnn.figures.style import INK

__all__ = ["lanes"]

_NAMED = 8
"""Channels up to which each has its name beside it."""


def lanes(
    place: Axes,
    time: Float[ndarray, " samples"],
    window: Float[ndarray, "channels samples"],
    names: Sequence[str],
    *,
    linewidth: float,
) -> None:
    """Draw all channels on one scale, each about its mean.

    Args:
        place: where to draw.
        time: of the samples.
        window: what to draw.
        names: of the channels.
        linewidth: points.
    """
    moving = window - window.mean(1, keepdims=True)
    moving /= 2.1 * np.abs(moving).max() or 1.0
    for lane, trace in enumerate(moving):
        place.plot(time, trace - lane, linewidth=linewidth, color=INK)
    place.set_ylim(0.55 - len(window), 0.55)
    place.set_yticks(-np.arange(len(window)) if len(window) <= _NAMED else [], names if len(window) <= _NAMED else [])
