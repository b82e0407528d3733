"""Samples without the unrest of the sea, as seismologists look at local earthquakes."""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Complex128, Float32, Float64
from numpy import ndarray

__all__ = ["CORNER", "REACH", "causal_high_pass", "high_pass"]

CORNER = 1.0
"""Hz below which samples are left out: there is the unrest of the sea, tens of times what small earthquakes move."""
_FACTORS = 4096
"""Samples whose multiples are transformed: numbers with a large prime in them take four times as long."""
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
    size = -(-(len(filled) + 2 * reach) // _FACTORS) * _FACTORS
    spectrum = np.fft.rfft(filled.astype(np.float32), size) * np.fft.rfft(_taps(rate), size)
    passed: Float32[ndarray, " samples"] = np.fft.irfft(spectrum, size)
    return passed[reach : reach + len(filled)]


@lru_cache(maxsize=8)
def _taps(rate: float) -> Float32[ndarray, " taps"]:
    """Of a filter of linear phase: what a windowed sinc leaves of a pulse (A. Oppenheim, R. Schafer, section 7.5)."""
    reach = round(REACH * rate)
    time = np.arange(-reach, reach + 1)
    window = np.kaiser(2 * reach + 1, 6.0)
    taps = window * ((time == 0) - 2 * CORNER / rate * np.sinc(2 * CORNER / rate * time))
    taps /= np.sum(taps * np.cos(np.pi * time))  # as it is at the highest frequency
    return np.asarray(taps - taps.mean(), np.float32)


def causal_high_pass(samples: Float64[ndarray, " samples"], rate: float) -> Float64[ndarray, " samples"]:
    """Samples above 1 Hz, from those before them alone, so that a first motion keeps its sign.

    A Butterworth filter of second order, by the spectrum of its bilinear transform. SciPy has it too, and takes as long
    to be imported as some hours of a station to be picked in. The record stands before as many zeros: what the filter
    remembers at its end is over when it begins anew.
    """
    spectrum = np.fft.rfft(samples, 2 * len(samples)) * _response(2 * len(samples), rate)
    passed: Float64[ndarray, " samples"] = np.fft.irfft(spectrum)
    return passed[: len(samples)]


@lru_cache(maxsize=8)
def _response(size: int, rate: float) -> Complex128[ndarray, " frequencies"]:
    """Of the filter, in spectra of so many samples."""
    late = np.exp(-2j * np.pi * np.fft.rfftfreq(size))  # a sample later
    fast, slow = 1 - late, math.tan(math.pi * CORNER / rate) * (1 + late)
    response: Complex128[ndarray, " frequencies"] = fast**2 / (fast**2 + math.sqrt(2) * fast * slow + slow**2)
    return response
