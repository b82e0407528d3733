"""High-pass filters at 1 Hz, which remove microseism from records of local earthquakes."""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Complex128, Float32, Float64
from numpy import ndarray

__all__ = ["CORNER", "REACH", "causal_high_pass", "high_pass"]

CORNER = 1.0
"""Corner frequency, Hz: below it the microseism of the sea is tens of times larger than small earthquakes."""
_FACTORS = 4096
"""Lengths of transforms are multiples of it: with a large prime factor they would take four times as long."""
REACH = 2.0
"""Seconds on each side that the filter reaches: its gain is 1/2 at 1 Hz and below 1/1000 under 0.5 Hz."""


def high_pass(
    samples: Float32[ndarray, " samples"], live: Bool[ndarray, " samples"], rate: float
) -> Float32[ndarray, " samples"]:
    """Samples above 1 Hz without a shift in time; at gaps as if the record went on steadily.

    Short gaps are bridged by a straight line. In long ones the nearest sample is held, so that the filter sees one side
    only: a live sample depends on the samples within three times the reach of the filter.
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
    filled -= filled.mean()  # the filter needs all digits of single precision
    size = -(-(len(filled) + 2 * reach) // _FACTORS) * _FACTORS
    spectrum = np.fft.rfft(filled.astype(np.float32), size) * np.fft.rfft(_taps(rate), size)
    passed: Float32[ndarray, " samples"] = np.fft.irfft(spectrum, size)
    return passed[reach : reach + len(filled)]


@lru_cache(maxsize=8)
def _taps(rate: float) -> Float32[ndarray, " taps"]:
    """Taps of a linear-phase filter: a pulse minus a windowed sinc (A. Oppenheim, R. Schafer, section 7.5)."""
    reach = round(REACH * rate)
    time = np.arange(-reach, reach + 1)
    window = np.kaiser(2 * reach + 1, 6.0)
    taps = window * ((time == 0) - 2 * CORNER / rate * np.sinc(2 * CORNER / rate * time))
    taps /= np.sum(taps * np.cos(np.pi * time))  # makes the gain 1 at the highest frequency
    return np.asarray(taps - taps.mean(), np.float32)


def causal_high_pass(samples: Float64[ndarray, " samples"], rate: float) -> Float64[ndarray, " samples"]:
    """Samples above 1 Hz, computed from earlier samples only, so that a first motion keeps its sign.

    This is a Butterworth filter of second order, applied by the spectrum of its bilinear transform. SciPy has it as
    well, but importing SciPy takes as long as picking some hours of a station. The record is followed by as many zeros,
    in which the response of the filter ends before it wraps around.
    """
    spectrum = np.fft.rfft(samples, 2 * len(samples)) * _response(2 * len(samples), rate)
    passed: Float64[ndarray, " samples"] = np.fft.irfft(spectrum)
    return passed[: len(samples)]


@lru_cache(maxsize=8)
def _response(size: int, rate: float) -> Complex128[ndarray, " frequencies"]:
    """Frequency response of the Butterworth filter for transforms of ``size`` samples."""
    late = np.exp(-2j * np.pi * np.fft.rfftfreq(size))  # delay by one sample
    fast, slow = 1 - late, math.tan(math.pi * CORNER / rate) * (1 + late)
    response: Complex128[ndarray, " frequencies"] = fast**2 / (fast**2 + math.sqrt(2) * fast * slow + slow**2)
    return response
