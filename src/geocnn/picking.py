"""From probabilities of a phase to picks, and how well they fit known ones."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.signal
from jaxtyping import Float
from numpy import ndarray

__all__ = ["Pick", "find_picks", "residuals"]


class Pick(NamedTuple):
    """A peak of the probability.

    Attributes:
        sample: where, from 0.
        probability: of the phase at the peak.
    """

    sample: int
    probability: float


def find_picks(probability: Float[ndarray, " samples"], *, threshold: float = 0.3, separation: int = 50) -> list[Pick]:
    """Peaks of at least ``threshold``, the highest first where two are nearer than ``separation`` samples; by time.

    A plateau is one peak, at its middle, and an end of the record is no peak: what rises there has its peak elsewhere.
    """
    peaks, _ = scipy.signal.find_peaks(probability, height=threshold, distance=max(1, separation))
    return [Pick(int(k), float(probability[k])) for k in peaks]


def residuals(found: Sequence[float], true: Sequence[float], tolerance: float) -> Float[ndarray, " pairs"]:
    """Found less true times of the pairs that fit, each of both used once, the nearest pairs first.

    Args:
        found: times of picks.
        true: times of known arrivals, in the same unit.
        tolerance: largest distance of a pair.
    """
    distance = np.subtract.outer(np.asarray(found, np.float64), np.asarray(true, np.float64))
    pairs: list[tuple[int, int]] = []
    for index in np.argsort(np.abs(distance), axis=None, kind="stable"):
        i, j = np.unravel_index(index, distance.shape)
        if abs(distance[i, j]) > tolerance:
            break
        if all(i != a and j != b for a, b in pairs):
            pairs.append((int(i), int(j)))
    return np.array([distance[pair] for pair in pairs], np.float64)
