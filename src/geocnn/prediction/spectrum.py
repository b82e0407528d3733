"""The dominant frequency of a survey, from some of its traces."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from geocnn.io.scan import scanned
from geocnn.io.source import Source

__all__ = ["dominant_frequency"]

_PLACES, _BESIDE = 25, 8
"""Number of places in the survey where traces are read, and number of neighbouring traces at each."""
_LEAST = 16
"""Least number of live samples of a trace that is used."""


def dominant_frequency(source: Source) -> float:
    """Mean frequency of some 200 traces, weighted by their power spectra, cycles per sample; 0 if none has a spectrum.

    All traces have the same weight. The mean is preferred to the peak of the spectrum, which thin layers and swell can
    put anywhere in the band.
    """
    means = []
    for trace in _traces(source):
        tapered = (trace - trace.mean()) * np.hanning(len(trace))
        largest = np.abs(tapered).max()
        if largest == 0 or largest <= 1e-9 * np.abs(trace).max():
            continue  # a constant trace, as in padding
        power = np.abs(np.fft.rfft(tapered / largest, 2 * len(trace))) ** 2
        means.append(float((np.fft.rfftfreq(2 * len(trace)) * power).sum() / power.sum()))
    return float(np.mean(means)) if means else 0.0


def _traces(source: Source) -> list[NDArray[np.float64]]:
    """Live parts of some traces from all over the survey; samples that are not finite are zero."""
    shape = source.grid.shape
    across = len(shape) - 1
    each = max(1, round(_PLACES ** (1 / max(1, across))))
    starts = [sorted({int((k + 0.5) * n / each) for k in range(each)}) for n in shape[:-1]]
    blocks = []
    for place in product(*starts):
        box = [slice(begin, begin + 1) for begin in place]
        if box:  # neighbouring traces along the last horizontal axis
            box[-1] = slice(place[-1], min(place[-1] + _BESIDE, shape[-2]))
        blocks.append(source.read((*box, slice(0, shape[-1]))).reshape(-1, shape[-1]))
    live = [trace for trace in map(_live, np.concatenate(blocks)) if len(trace) >= _LEAST]
    # All of them may be dead in an irregular survey; then use traces that the pass of a prediction has found.
    return live or [trace for trace in map(_live, scanned(source).sample[:: _PLACES // 2]) if len(trace) >= _LEAST]


def _live(trace: NDArray[np.float32]) -> NDArray[np.float64]:
    """Samples from the first to the last that is finite and not zero."""
    clean = np.where(np.isfinite(trace), trace, 0).astype(np.float64)
    inside = np.flatnonzero(clean)
    return clean[inside[0] : inside[-1] + 1] if len(inside) else clean[:0]
