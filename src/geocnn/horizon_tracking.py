"""Follow a reflection through a section from one place to another."""

import numpy as np
from jaxtyping import Float, Float32, Int
from numpy import ndarray

__all__ = ["follow", "snapped"]

_NEAR = 3
"""Samples on each side of a place that a user points at in which its peak or trough is searched."""
_STEP = 3
"""Largest change in samples per trace, relative to the straight line between the ends."""
_WAVE = 6
"""Samples of a waveform on each side of its place."""
_GOOD = 0.8
"""Largest score of a place; likeness and amplitude together can reach 2, so that all clear reflections score alike."""
_STIFF = 0.05
"""Cost of each sample of change relative to the straight line, on the scale of the scores."""
_BAND = 100
"""Samples on each side of the straight line between the ends in which the reflection is searched."""
_SOON = 12
"""Traces from an end over which the path changes from crests of single traces to those of the mean waveform."""


def snapped(trace: Float32[ndarray, " samples"], sample: float, sign: float | None = None) -> tuple[float, float]:
    """Find the peak or trough that a user points at.

    Args:
        trace: amplitudes.
        sample: place that the user points at.
        sign: 1 for peaks, -1 for troughs; None for whichever is stronger there.

    Returns:
        Position of the extremum, refined by a parabola, and its sign; the given place and sign 1 if there is no such
        extremum
            nearby.
    """
    at = int(np.clip(round(sample), 0, len(trace) - 1))
    first, last = max(1, at - _NEAR), min(len(trace) - 2, at + _NEAR)
    inside = np.arange(first, last + 1)
    found = []
    for direction in (1.0, -1.0) if sign is None else (sign,):
        values = direction * trace
        tops = inside[
            (values[inside] > 0) & (values[inside] >= values[inside - 1]) & (values[inside] >= values[inside + 1])
        ]
        # Of several equal samples of a clipped crest, as in 8-bit data, the one nearest to the given place.
        found += [(float(values[top]), -abs(top - sample), int(top), direction) for top in tops]
    if not found:
        return float(np.clip(sample, 0, len(trace) - 1)), 1.0 if sign is None else sign
    _, _, top, direction = max(found)
    return top + float(_top(direction * trace[None], np.array([top]))[0]), direction


def follow(
    section: Float32[ndarray, "traces samples"], first: float, last: float, *, sign: float = 0
) -> Float[ndarray, " traces"]:
    """Follow a reflection from its sample on the first trace to its sample on the last; returns its samples.

    The path consists of places with waveforms like those at the ends and large amplitudes of the ``sign``. It stays
    within 100 samples of the straight line between the ends, and changes by at most three samples per trace relative to
    it. It is found by dynamic programming (R. Bellman, 1957), with amplitudes relative to their mean size, so that no
    single bright spot decides. Finally each sample is moved to where the mean waveform along the path fits best.

    Args:
        section: amplitudes, of two traces or more.
        first: sample on the first trace, with which the result begins.
        last: sample on the last trace.
        sign: 1 for peaks, -1 for troughs, see :func:`snapped`; 0 for other places, such as zero crossings, for which
            only the waveform decides.
    """
    count, size = section.shape
    values = np.nan_to_num(section) * np.float32(sign or 1)
    begin, end = (int(np.clip(round(sample), 0, size - 1)) for sample in (first, last))
    line = np.rint(np.linspace(begin, end, count)).astype(np.int64)
    offsets = np.arange(-_BAND, _BAND + 1)
    places = line[:, None] + offsets
    inside = (places >= 0) & (places < size)
    places = places.clip(0, size - 1)
    like = _likeness(values, places, (begin, end))
    seen = np.take_along_axis(values, places, axis=1)
    loud = float(np.sqrt(np.mean(np.square(seen)))) or 1.0
    good = like + (np.tanh(seen / (1.5 * loud)) if sign else like)
    path = (line + offsets[_best(np.where(inside, good.clip(max=_GOOD), -10.0))]).clip(0, size - 1)
    found, top = _aligned(values, path)
    if sign:
        found += top
    # Noise moves the crests of single traces, also at the ends. A place that is no crest is as far from the waveforms
    # as at the ends.
    reach = min(_SOON, count) if sign else count
    share = (1 - np.arange(count) / max(1, reach - 1)).clip(0)
    found += (first - found[0]) * share + (last - found[-1]) * share[::-1]
    return found.clip(0, size - 1)


def _likeness(
    values: Float32[ndarray, "traces samples"], places: Int[ndarray, "traces places"], ends: tuple[int, int]
) -> Float[ndarray, "traces places"]:
    """Correlation (-1 to 1) of the waveform at each place with those at the ends, weighted to the nearer end."""
    padded = np.pad(values, ((0, 0), (_WAVE, _WAVE)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _WAVE + 1, axis=1)
    share = np.linspace(0, 1, len(values))[:, None]
    looked = (1 - share) * _of_size_one(windows[0, ends[0]]) + share * _of_size_one(windows[-1, ends[1]])
    found = _of_size_one(np.take_along_axis(windows, places[..., None], axis=1))
    return np.asarray(np.einsum("tpw,tw->tp", found, _of_size_one(looked)))


def _of_size_one(waves: Float[ndarray, "*any samples"]) -> Float[ndarray, "*any samples"]:
    """Waveforms scaled to unit size; zeros stay zeros."""
    size = np.linalg.norm(waves, axis=-1, keepdims=True)
    return np.asarray(np.divide(waves, size, out=np.zeros(waves.shape, np.float32), where=size > 0))


def _best(worth: Float[ndarray, "traces places"]) -> Int[ndarray, " traces"]:
    """Places of the path with the largest sum, from the middle place on the first trace to that on the last."""
    count, width = worth.shape
    middle = width // 2
    total = np.full(width, -np.inf)
    total[middle] = 0
    came = np.zeros((count, width), np.int64)
    steps = np.arange(-_STEP, _STEP + 1)
    padded = np.full(width + 2 * _STEP, -np.inf)
    for trace in range(1, count):
        padded[_STEP:-_STEP] = total
        # Scores of the places that each place can be reached from, minus the cost of the step.
        before = np.stack([padded[_STEP + step : _STEP + step + width] - _STIFF * abs(step) for step in steps])
        which = before.argmax(0)
        came[trace] = steps[which]
        total = before[which, np.arange(width)] + worth[trace]
    path = np.full(count, middle)
    for trace in range(count - 1, 0, -1):
        path[trace - 1] = path[trace] + came[trace, path[trace]]
    return path


def _aligned(
    values: Float32[ndarray, "traces samples"], path: Int[ndarray, " traces"]
) -> tuple[Float[ndarray, " traces"], float]:
    """Place near each place of a path where the mean waveform fits best, and the distance of its crest from there.

    A path may lie beside the crest where that costs fewer steps, and noise moves the crests of single traces.
    """
    reach = _WAVE + _NEAR
    padded = np.pad(values, ((0, 0), (reach, reach)))
    for _ in range(2):  # the mean becomes sharper when waveforms are aligned
        fits, _ = _fits(padded, path, reach)
        path = (path + fits.argmax(1) - _NEAR).clip(0, values.shape[1] - 1)
    fits, mean = _fits(padded, path, reach)
    crest = _WAVE + int(mean[_WAVE : _WAVE + 2 * _NEAR + 1].argmax())
    off = float(crest - reach + _top(mean[None], np.array([crest]))[0])
    return path + _top(fits, np.full(len(path), _NEAR)), off


def _fits(
    padded: Float32[ndarray, "traces samples"], path: Int[ndarray, " traces"], reach: int
) -> tuple[Float[ndarray, "traces shifts"], Float[ndarray, " wave"]]:
    """Fit of the mean waveform near each place of a path, and that waveform."""
    around = _of_size_one(np.take_along_axis(padded, path[:, None] + np.arange(2 * reach + 1), axis=1))
    mean = around.mean(0)
    waves = np.lib.stride_tricks.sliding_window_view(around, 2 * _WAVE + 1, axis=1)
    return np.asarray(_of_size_one(waves) @ _of_size_one(mean[_NEAR:-_NEAR])), mean


def _top(curves: Float[ndarray, "curves places"], at: Int[ndarray, " curves"]) -> Float[ndarray, " curves"]:
    """Offset of the top of the parabola through each place of a curve, at most half a place."""
    rows, inner = np.arange(len(curves)), at.clip(1, curves.shape[1] - 2)
    before, here, after = (curves[rows, inner + k].astype(np.float64) for k in (-1, 0, 1))
    bend = before - 2 * here + after
    more = np.divide(0.5 * (before - after), bend, out=np.zeros(len(rows)), where=bend < 0)
    return np.asarray(more.clip(-0.5, 0.5))
