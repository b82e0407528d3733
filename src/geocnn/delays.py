"""Use the time from P to S to improve the distance that a detector gives.

A detector may mistake the S wave of another earthquake for the right one, and then give ten times the distance. An S
pick after the P wave is seldom too early: either it is the right S wave, or that was missed and it is a later one. The
likelihood of the pick at each distance and depth, times the probability by the detector (Bayes), is nearer to the
truth than either of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray

from geocnn.location import DEPTH, DISTANCE
from geocnn.picking import find_picks
from geocnn.travel import Layers, TravelTimes

__all__ = ["Delays", "delay_after", "s_wave"]

_SPREAD = 0.3
"""Standard deviation of the logarithm of the delay: for other velocities, widths of bins, and errors of picks."""
_LATER = 0.05
"""Likelihood of a later S wave, relative to the peak of the likelihood of the right one."""
_FALSE = 1e-6
"""Likelihood of a false S pick, everywhere the same, so that answers of which the detector is sure are kept."""
_NEW = 0.5
"""Exponent of the likelihood: the part of the pick's information that the detector has not used."""
_RATE = 100.0
"""Samples per second of the input of a detector."""
_SOONEST = 15
"""Least number of samples from P to S."""
_TRAIN, _ABRUPT = 3.0, 0.5
"""Seconds within which picks belong to the same S wave; and seconds after P within which they are mostly coda."""
_LESS = 0.9
"""Least probability of the S pick, relative to the largest among these picks."""
_USUAL = {"vp": (4.8, 6.4), "ratio": (1.64, 1.84)}
"""Ranges of detectors whose cards do not tell them."""


@dataclass(frozen=True, eq=False)
class Delays:
    """Seconds from P to S at the distances and depths that a detector tells apart.

    Attributes:
        seconds: delays for the middles of the bins of depth and distance.
    """

    seconds: Float[ndarray, "distances depths"]

    @classmethod
    def of(cls, training: dict[str, Any]) -> "Delays":
        """Delays for the velocities that a detector was trained with.

        Args:
            training: ``training`` of its card.
        """
        distance, depth = (np.array([bins.value(k) for k in range(bins.count)]) for bins in (DISTANCE, DEPTH))
        if layers := training.get("layers"):
            known = Layers(*(tuple(layers[name]) for name in ("tops", "vp", "vs")))
            times = TravelTimes.of(known, distance.tolist(), depth.tolist())
            return cls((times.s - times.p).T)
        (slow, fast), (near, far) = ({**_USUAL, **training.get("arguments", {})}[name] for name in ("vp", "ratio"))
        pace = math.sqrt(slow / (far - 1) * fast / (near - 1))  # km per second of delay, for mean velocities
        return cls(np.hypot(distance[:, None], depth) / pace)

    def likelihood(self, seconds: float) -> Float[ndarray, "distances depths"]:
        """Likelihood of an S pick at a delay: it is the S wave or, less likely, a later one."""
        late = np.log(seconds / self.seconds) / _SPREAD
        made: Float[ndarray, "distances depths"] = np.exp(-0.5 * late**2) + _LATER * (late > 0) + _FALSE
        return made**_NEW


def delay_after(phase: Float32[ndarray, " samples"], onset: int, *, threshold: float, deviation: float) -> float | None:
    """Delay in seconds from a P wave to the pick of its S wave; None without a pick.

    Args:
        phase: probability of S, as returned by :func:`geocnn.location.asked`.
        onset: sample of P.
        threshold: probability of a pick.
        deviation: of the Gaussian with which the picker was trained, s.
    """
    picks = find_picks(phase, threshold=threshold, rate=_RATE, deviation=deviation)
    later = [pick for pick in picks if pick.sample > onset + _SOONEST]
    delays = [(pick.sample - onset) / _RATE for pick in later]
    return delays[s_wave(delays, [pick.probability for pick in later])] if delays else None


def s_wave(delays: Sequence[float], probabilities: Sequence[float]) -> int:
    """Index of the S pick that belongs to a P wave, among those before the next P wave.

    It is the first pick that is nearly as probable as any within 3 s of the first one, because the coda of P and
    conversions look like faint S waves shortly before the real one. If the first pick is so early that it is probably
    part of P, all picks are compared instead.

    Args:
        delays: delays of the picks, s, increasing.
        probabilities: probabilities of the picks.
    """
    end = math.inf if delays[0] < _ABRUPT else delays[0] + _TRAIN
    near = [p for delay, p in zip(delays, probabilities, strict=True) if delay <= end]
    return next(k for k, p in enumerate(near) if p >= _LESS * max(near))
