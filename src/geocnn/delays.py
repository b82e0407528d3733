"""What the time from P to S says of the distance of an earthquake, beside a detector that has looked at the record.

A detector may take the S wave of another earthquake for that of the one it is asked about, which is then ten times
too far away. A pick of S behind the P wave is seldom too early: either it is the S wave, or that one was missed and it
is a later one. Its likelihood at each distance and depth, times what the detector says (Bayes), is nearer to the
truth than either.
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
"""Standard deviation of the logarithm of the delay: other velocities, bins, and errors of picks."""
_LATER = 0.05
"""Likelihood of a later S wave, relative to the peak of that of the right one."""
_FALSE = 1e-6
"""Likelihood of a pick that is no S wave, at every place: what the detector is sure of stays."""
_NEW = 0.5
"""Part of what a pick tells, as a power: the rest the detector has seen."""
_RATE = 100.0
"""Samples per second that a detector takes."""
_SOONEST = 15
"""Samples from P to S at least."""
_TRAIN, _ABRUPT = 3.0, 0.5
"""Seconds in which several picks are of the waves about one S wave; sooner behind P than that is mostly its coda."""
_LESS = 0.9
"""Part of the largest probability among them that S has at least."""
_USUAL = {"vp": (4.8, 6.4), "ratio": (1.64, 1.84)}
"""Of detectors whose cards do not say it."""


@dataclass(frozen=True, eq=False)
class Delays:
    """Seconds from P to S at the distances and depths that a detector tells apart.

    Attributes:
        seconds: of the middles of the bins.
    """

    seconds: Float[ndarray, "distances depths"]

    @classmethod
    def of(cls, training: dict[str, Any]) -> "Delays":
        """Of a detector: those of what it has learnt from.

        Args:
            training: of its card.
        """
        distance, depth = (np.array([bins.value(k) for k in range(bins.count)]) for bins in (DISTANCE, DEPTH))
        if layers := training.get("layers"):
            known = Layers(*(tuple(layers[name]) for name in ("tops", "vp", "vs")))
            times = TravelTimes.of(known, distance.tolist(), depth.tolist())
            return cls((times.s - times.p).T)
        (slow, fast), (near, far) = ({**_USUAL, **training.get("arguments", {})}[name] for name in ("vp", "ratio"))
        pace = math.sqrt(slow / (far - 1) * fast / (near - 1))  # km for each second, in the middle
        return cls(np.hypot(distance[:, None], depth) / pace)

    def likelihood(self, seconds: float) -> Float[ndarray, "distances depths"]:
        """Of an S pick so long after P: it is the S wave, or, less likely, a later one."""
        late = np.log(seconds / self.seconds) / _SPREAD
        made: Float[ndarray, "distances depths"] = np.exp(-0.5 * late**2) + _LATER * (late > 0) + _FALSE
        return made**_NEW


def delay_after(phase: Float32[ndarray, " samples"], onset: int, *, threshold: float, deviation: float) -> float | None:
    """Seconds from a P wave to the pick of its S wave; None where there is none.

    Args:
        phase: probability of S, as :func:`geocnn.location.asked` leaves it.
        onset: sample of P.
        threshold: probability of a pick.
        deviation: of the Gaussian that the picker has learnt, s.
    """
    picks = find_picks(phase, threshold=threshold, rate=_RATE, deviation=deviation)
    later = [pick for pick in picks if pick.sample > onset + _SOONEST]
    delays = [(pick.sample - onset) / _RATE for pick in later]
    return delays[s_wave(delays, [pick.probability for pick in later])] if delays else None


def s_wave(delays: Sequence[float], probabilities: Sequence[float]) -> int:
    """Which of the S picks behind a P wave, and before the next, is its S wave.

    It is the first that is nearly as probable as any within 3 s of the first of all, since the coda of P, and a
    conversion, look like a faint S wave shortly before it; nearly as probable as any at all, where the first is so soon
    behind P that it is likely a part of it.

    Args:
        delays: of the picks, s, growing.
        probabilities: of the picks.
    """
    end = math.inf if delays[0] < _ABRUPT else delays[0] + _TRAIN
    near = [p for delay, p in zip(delays, probabilities, strict=True) if delay <= end]
    return next(k for k, p in enumerate(near) if p >= _LESS * max(near))
