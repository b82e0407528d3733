"""Padding above and below a survey: samples without data that conversions left nonzero."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["padding"]

_TRACES = 8
"""From so many on, traces that agree are no coincidence."""
_VALUES = 2
"""Numbers that padding holds at most: reflections of flat layers agree too, but change from sample to sample."""
_ODD = 4.0
"""Standard deviations by which the outermost sample of all traces lies beside the rest."""


def padding(traces: NDArray[np.float32]) -> tuple[int, int]:
    """Count the first and the last samples that are padding.

    They are the same in all traces, or there is one outermost sample that lies more than four standard deviations
    beside the mean of the survey and changes less from trace to trace than the rest, as resampling leaves it. Zeros are
    none: they are mutes.

    Args:
        traces: of all over the survey, ``(traces, samples)``.

    Returns:
        At the top and at the bottom; 0 where all could be padding, or there are too few traces to tell.
    """
    count, samples = traces.shape
    if count < _TRACES or samples < _TRACES or not np.isfinite(traces).all():
        return 0, 0
    top, bottom = _constant(traces), _constant(traces[:, ::-1])
    if top + bottom >= samples // 2:
        return 0, 0
    inside = traces[:, max(1, top) : samples - max(1, bottom)].astype(np.float64)
    mean, deviation = float(inside.mean()), float(inside.std())
    top += top == 0 and _odd(traces[:, 0], mean, deviation)
    bottom += bottom == 0 and _odd(traces[:, -1], mean, deviation)
    return top, bottom


def _constant(traces: NDArray[np.float32]) -> int:
    """First samples that all traces share, of few numbers; 0 where there are more, or only zeros."""
    shared = (traces == traces[:1]).all(0)
    run = int(shared.argmin()) if not shared.all() else len(shared)
    numbers = np.unique(traces[0, :run])
    return run if len(numbers) <= _VALUES and numbers.any() else 0


def _odd(samples: NDArray[np.float32], mean: float, deviation: float) -> bool:
    """Whether a sample of all traces is none of the survey."""
    return bool(abs(float(samples.mean()) - mean) > _ODD * deviation and float(samples.std()) < deviation)
