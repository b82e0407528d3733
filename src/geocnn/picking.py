"""From probabilities of phases to picks, and comparison of picks with known arrivals."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

__all__ = ["AROUND", "Pick", "find_arrivals", "find_picks", "peaks", "residuals"]

_WITHIN = 0.4
"""Seconds on each side of a peak that belong to the same arrival."""
_S_BEHIND, _P_BEFORE = (0.2, 10.0), (0.2, 20.0)
"""Seconds from P to S: for an S pick that confirms a P wave, where longer times would admit many chance picks; and for
a P wave that confirms an S pick, up to 170 km away."""
_TRACE = 1 / 8
"""Least odds of a P wave that confirms an S pick, relative to those of a pick: weak P waves are easily missed."""
AROUND = 22.0
"""Seconds on each side of an arrival on which its pick can depend."""


class Pick(NamedTuple):
    """A pick of a phase.

    Attributes:
        sample: time in samples; the first sample is 0.
        probability: probability of an arrival within 0.4 s, whatever its exact time.
        uncertainty: standard deviation of its time, s.
    """

    sample: float
    probability: float
    uncertainty: float


def find_picks(
    probability: Float[ndarray, " samples"],
    *,
    threshold: float = 0.3,
    rate: float = 100.0,
    deviation: float = 0.1,
    separation: float = 0.5,
) -> list[Pick]:
    """Picks with a probability of at least ``threshold``, by time; if two are near each other, the higher peak is kept.

    If a network is sure of a wave but not of its time, it spreads the learnt Gaussian: the peak is low, but its area is
    not. So the probability of an arrival is the area within 0.4 s over that of one Gaussian. A plateau is one peak, at
    its middle. An end of the record is no peak, because what rises there has its peak elsewhere.

    Args:
        probability: probability of the phase, by sample.
        threshold: least area of a pick.
        rate: samples per second.
        deviation: of the Gaussian with which the network was trained, s.
        separation: least time between two arrivals, s.
    """
    if len(probability) < 3:
        return []
    one, half = deviation * rate * math.sqrt(2 * math.pi), max(1, round(_WITHIN * rate))
    values = np.asarray(probability, np.float64)
    least = threshold * one / (2 * half + 1) / 2  # the peak is at least the mean
    smooth = _smoothed(values, deviation * rate / 2, least)
    found = []
    for peak in peaks(smooth, height=least, apart=max(1, round(separation * rate))).tolist():
        near = slice(max(0, peak - half), peak + half + 1)
        weights, time = values[near], np.arange(near.start, min(near.stop, len(values)))
        area = float(weights.sum())
        if area < threshold * one:
            continue
        before, here, after = smooth[peak - 1 : peak + 2]
        bend = before - 2 * here + after
        at = peak + (0.5 * (before - after) / bend if bend < 0 else 0.0)
        spread = float(np.sum(weights * (time - at) ** 2)) / area / rate**2 - deviation**2
        found.append(Pick(float(at), min(1.0, area / one), max(spread, (0.5 / rate) ** 2) ** 0.5))
    return found


def find_arrivals(
    probability: Float[ndarray, "2 samples"],
    *,
    threshold: float = 0.3,
    alone: float = 3.0,
    rate: float = 100.0,
    deviation: float = 0.1,
) -> list[tuple[Pick, str]]:
    """P and S picks by time; a pick that no other one confirms must be more probable.

    Records contain much more noise than training data, and noise seldom looks like both waves of an earthquake. A P
    wave is confirmed by an S pick 0.2 to 10 s after it, and an S wave by a P wave 0.2 to 20 s before it, even a faint
    one. Other picks need at least ``alone`` times the odds of the threshold.

    Args:
        probability: probabilities of P and S, by sample.
        threshold: least probability of a confirmed arrival, see :func:`find_picks`.
        alone: factor on the odds of unconfirmed arrivals; 1 treats all alike.
        rate: samples per second.
        deviation: of the Gaussian with which the network was trained, s.
    """
    p, s = (find_picks(row, threshold=threshold, rate=rate, deviation=deviation) for row in probability)
    surer = _times_odds(threshold, alone)
    times = [pick.sample / rate for pick in s]

    def p_is_one(pick: Pick) -> bool:
        near, far = (pick.sample / rate + seconds for seconds in _S_BEHIND)
        return pick.probability >= surer or bisect_right(times, far) > bisect_left(times, near)

    def s_is_one(pick: Pick) -> bool:
        far, near = (max(0, round(pick.sample - seconds * rate)) for seconds in reversed(_P_BEFORE))
        return pick.probability >= surer or bool(
            find_picks(
                probability[0, far:near], threshold=_times_odds(threshold, _TRACE), rate=rate, deviation=deviation
            )
        )

    return sorted([(pick, "P") for pick in p if p_is_one(pick)] + [(pick, "S") for pick in s if s_is_one(pick)])


def _times_odds(probability: float, factor: float) -> float:
    """Probability with its odds multiplied by a factor."""
    return factor * probability / (1 - probability + factor * probability)


def peaks(values: Float[ndarray, " samples"], *, height: float, apart: int = 1) -> Int[ndarray, " peaks"]:
    """Local maxima by time; a plateau counts once, at its middle, and ends do not count.

    They equal those of ``scipy.signal.find_peaks``, but importing that takes as long as picking some hours of a
    station.

    Args:
        values: values by sample.
        height: least height of a peak.
        apart: least distance of two peaks in samples; of nearer ones the highest is kept.
    """
    steps = np.diff(values)
    moves = np.flatnonzero(steps)
    tops = (steps[moves[:-1]] > 0) & (steps[moves[1:]] < 0)
    found = (moves[:-1] + 1 + moves[1:])[tops] // 2
    found = found[values[found] >= height]
    # A kept peak crosses out those too near; none kept before it is among them, or it would itself be crossed out.
    first, last = np.searchsorted(found, found - apart, "right"), np.searchsorted(found, found + apart)
    kept = np.ones(len(found), np.bool_)
    for k in np.argsort(-values[found], kind="stable").tolist():
        if kept[k]:
            kept[first[k] : last[k]] = False
            kept[k] = True
    return np.asarray(found[kept], np.intp)


def _smoothed(values: Float[ndarray, " samples"], deviation: float, least: float) -> Float[ndarray, " samples"]:
    """Averages weighted by a Gaussian, up to four deviations away; ends are continued.

    Values below ``least`` whose neighbours are as small become 0: nearly all of a record is quiet.
    """
    reach = int(4 * deviation + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights /= weights.sum()
    smooth = np.zeros(len(values))
    high = np.flatnonzero(values >= least)
    for near in np.split(high, 1 + np.flatnonzero(np.diff(high) > 2 * reach + 2)):
        if near.size:
            first, last = max(0, near[0] - reach - 1), min(len(values), near[-1] + reach + 2)
            at = np.arange(first - reach, last + reach).clip(0, len(values) - 1)
            smooth[first:last] = np.convolve(values[at], weights, "valid")
    return smooth


def residuals(found: Sequence[float], true: Sequence[float], tolerance: float) -> Float[ndarray, " pairs"]:
    """Differences (found minus true) of matching times; each is used once, the nearest pairs first.

    Args:
        found: times of picks.
        true: times of known arrivals, in the same unit.
        tolerance: largest difference of a pair.
    """
    first, second = np.asarray(found, np.float64), np.asarray(true, np.float64)
    order = np.argsort(second)
    # A little more than the tolerance, because the ends of a window are rounded; what is too far is left out below.
    reach = tolerance + 4 * np.spacing(np.abs(first) + tolerance)
    low = np.searchsorted(second[order], first - reach)
    high = np.searchsorted(second[order], first + reach, "right")
    count = high - low
    i = np.repeat(np.arange(len(first)), count)
    j = order[np.arange(len(i)) + np.repeat(low - (count.cumsum() - count), count)]
    distance = first[i] - second[j]
    near = np.abs(distance) <= tolerance
    i, j, distance = i[near], j[near], distance[near]
    used_i, used_j, pairs = set[int](), set[int](), []
    for k in np.lexsort((j, i, np.abs(distance))).tolist():
        a, b = int(i[k]), int(j[k])
        if a not in used_i and b not in used_j:
            used_i.add(a)
            used_j.add(b)
            pairs.append(k)
    return np.asarray(distance[pairs], np.float64)
