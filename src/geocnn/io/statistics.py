"""Amplitude statistics of a survey: counts of all samples, distribution of spread traces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geocnn.io.scan import scanned
from geocnn.io.source import Source

__all__ = ["PERCENTILES", "Statistics", "sample_traces", "statistics"]

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
FEW_VALUES = 256


@dataclass(frozen=True)
class Statistics:
    """Amplitudes of the live traces.

    Attributes:
        minimum: of all samples; NaN (like the following) if nothing is live.
        maximum: of all samples.
        mean: of the sub-sample.
        std: standard deviation of the sub-sample.
        percentiles: percent -> amplitude, of the sub-sample.
        traces: positions of the grid.
        live: traces with something in them.
        dead: traces that are all zero (or all NaN).
        missing: grid positions for which the file has no trace.
        nan: samples that are NaN or infinite.
        first_nan: coordinates of the first of them along each axis, None if there is none.
        distinct: number of different values when they are few (8-bit data), else None.
        sampled: traces in the sub-sample.
    """

    minimum: float
    maximum: float
    mean: float
    std: float
    percentiles: dict[int, float]
    traces: int
    live: int
    dead: int
    missing: int
    nan: int
    first_nan: tuple[float, ...] | None
    distinct: int | None
    sampled: int


def statistics(source: Source, max_traces: int = 2000) -> Statistics:
    """Statistics of a survey of any size, in one pass and bounded memory.

    Args:
        source: survey.
        max_traces: traces in the sub-sample for mean, deviation and percentiles.
    """
    found = scanned(source)
    sample = sample_traces(source, max_traces)
    values = sample[np.isfinite(sample)].astype(np.float64)
    present = getattr(source, "present", None)
    missing = 0 if present is None else int(np.count_nonzero(~present))
    live = int(np.count_nonzero(found.live))
    distinct = len(np.unique(values))
    first = None
    if found.first_nan is not None:
        first = tuple(axis.start + axis.step * i for axis, i in zip(source.grid.axes, found.first_nan, strict=True))
    percentiles = np.percentile(values, PERCENTILES) if values.size else np.full(len(PERCENTILES), np.nan)
    return Statistics(
        minimum=found.minimum,
        maximum=found.maximum,
        mean=float(values.mean()) if values.size else np.nan,
        std=float(values.std()) if values.size else np.nan,
        percentiles=dict(zip(PERCENTILES, (float(p) for p in percentiles), strict=True)),
        traces=found.live.size,
        live=live,
        dead=found.live.size - live - missing,
        missing=missing,
        nan=found.nan,
        first_nan=first,
        distinct=distinct if distinct <= FEW_VALUES else None,
        sampled=len(sample),
    )


def sample_traces(source: Source, max_traces: int = 2000) -> NDArray[np.float32]:
    """Live traces spread evenly over a survey, for statistics and normalisation.

    Args:
        source: survey.
        max_traces: at most so many, and never more than 2000 or about 64 MB.

    Returns:
        Samples, shape ``(traces, samples)``; NaN samples are left in place.
    """
    found = scanned(source)
    sample = found.sample
    if len(sample) <= max_traces:
        return sample
    return sample[np.linspace(0, len(sample) - 1, max_traces).astype(np.int64)]
