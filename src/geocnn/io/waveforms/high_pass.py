"""Samples without the unrest of the sea, as seismologists look at local earthquakes."""

import numpy as np
import scipy.signal
from jaxtyping import Bool, Float32
from numpy import ndarray

__all__ = ["CORNER", "REACH", "high_pass"]

CORNER = 1.0
"""Hz below which samples are left out: there is the unrest of the sea, tens of times what small earthquakes move."""
REACH = 2.0
"""Seconds on each side that the filter looks at: half as strong at 1 Hz, below 1/1000 under 0.5 Hz."""


def high_pass(
    samples: Float32[ndarray, " samples"], live: Bool[ndarray, " samples"], rate: float
) -> Float32[ndarray, " samples"]:
    """Samples above 1 Hz, where they are, not later; beside gaps as if the record went on steadily.

    Short gaps are bridged by a line. In long ones the nearest sample is held, of which the filter sees one side alone:
    what comes of a live sample depends on those within three times the reach of the filter.
    """
    reach = round(REACH * rate)
    filled = samples.astype(np.float64)
    if not live.all():
        known = np.flatnonzero(live)
        dead = np.flatnonzero(~live)
        after = known[np.minimum(np.searchsorted(known, dead), len(known) - 1)]
        before = known[np.maximum(np.searchsorted(known, dead) - 1, 0)]
        nearest = filled[np.where(dead - before < after - dead, before, after)]
        filled[dead] = np.where(after - before <= 2 * reach, np.interp(dead, known, filled[known]), nearest)
    filled -= filled.mean()  # of single precision the filter needs all
    taps = scipy.signal.firwin(2 * reach + 1, CORNER, fs=rate, pass_zero=False, window=("kaiser", 6.0))
    taps -= taps.mean()
    passed: Float32[ndarray, " samples"] = scipy.signal.oaconvolve(
        filled.astype(np.float32), taps.astype(np.float32), "same"
    )
    return passed
