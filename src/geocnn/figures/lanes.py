"""Channels of a window, one below the other."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Num
from matplotlib.axes import Axes
from numpy import ndarray

from geocnn.figures.style import INK

__all__ = ["lanes"]

_NAMED = 8
"""Largest number of channels that are labelled with their names."""
_APART = 20
"""Largest ratio of the amplitudes of channels that are drawn on the same scale."""


def lanes(
    place: Axes,
    time: Num[ndarray, " samples"],
    window: Float[ndarray, "channels samples"],
    names: Sequence[str],
    *,
    linewidth: float,
) -> None:
    """Draw all channels about their means, on the same scale unless some would look flat beside others.

    Args:
        place: axes to draw in.
        time: times of the samples.
        window: samples to draw.
        names: names of the channels.
        linewidth: width of the lines, points.
    """
    moving = window - window.mean(1, keepdims=True)
    peaks = np.abs(moving).max(1, keepdims=True)
    together = peaks.max(initial=0) < _APART * peaks[peaks > 0].min(initial=np.inf)
    moving /= 2.1 * np.where(peaks > 0, peaks.max(initial=0) if together else peaks, 1)
    for lane, trace in enumerate(moving):
        place.plot(time, trace - lane, linewidth=linewidth, color=INK)
    place.set_ylim(0.55 - len(window), 0.55)
    place.set_yticks(-np.arange(len(window)) if len(window) <= _NAMED else [], names if len(window) <= _NAMED else [])
