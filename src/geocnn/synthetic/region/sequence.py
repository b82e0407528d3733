"""A catalogue like that of an induced sequence: swarms along faults, as at Guthrie, Oklahoma.

Of the earthquakes near Guthrie from 2014 to 2016 (Perol et al. 2018, Figure 1) it has the kind: some ten by ten km of
swarms along steep faults that strike north-east and east-south-east, where the stress of the region makes faults slip
sideways (S. A. Holland, 2013, Seismol. Res. Lett. 84, 876-890; D. E. McNamara et al., 2015, Geophys. Res. Lett. 42,
2742-2749), at depths of 2 to 8 km, and a few elsewhere. None of them is a real one.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site

__all__ = ["SITE", "sequence", "strikes"]

SITE = Site("XX", "SYN", 35.85, -97.43, 330.0)
"""A station in the middle of the sequence."""

_CENTRE, _HALF = (35.85, -97.40), (15.0, 17.0)
"""Centre of the region, and half its extent to north and east, km: 35.72-35.98 N, 97.59-97.21 W."""
_DEGREE = 111.0
_STRIKES, _TURN = (55.0, 115.0), 8.0
_FAULTS, _ELSEWHERE = 24, 0.05
_SMALLEST, _LARGEST = 1.2, 4.8


def sequence(count: int, *, seed: int = 0) -> tuple[Hypocentres, Float[ndarray, " events"]]:
    """Earthquakes, and the strikes of their faults in degrees.

    Args:
        count: number of earthquakes.
        seed: seed of the faults and the earthquakes.
    """
    rng = np.random.default_rng((seed, 7))
    share = rng.dirichlet(np.full(_FAULTS, 2.0))  # some swarms are larger than others
    fault = rng.choice(_FAULTS, count, p=share)
    along, depth, across = np.empty(count), np.empty(count), 0.12 * rng.standard_normal(count)
    place, strike = np.empty((count, 2)), np.empty(_FAULTS)
    for number in range(_FAULTS):
        own = np.flatnonzero(fault == number)
        strike[number] = rng.choice(_STRIKES) + _TURN * rng.standard_normal()
        place[own] = rng.uniform(-0.8, 0.8, 2) * _HALF
        length, middle = np.exp(rng.uniform(np.log(2.0), np.log(7.0))), rng.uniform(3.0, 7.0)
        patch = rng.uniform(-0.5, 0.5, 4)[rng.integers(0, 4, len(own))]
        along[own] = length * (patch + 0.12 * rng.standard_normal(len(own)))
        depth[own] = middle + 0.7 * rng.standard_normal(len(own))
    angle = np.radians(strike[fault])
    place[:, 0] += along * np.cos(angle) - across * np.sin(angle)
    place[:, 1] += along * np.sin(angle) + across * np.cos(angle)
    scattered = rng.random(count) < _ELSEWHERE
    place[scattered] = rng.uniform(-1, 1, (int(scattered.sum()), 2)) * _HALF
    depth[scattered] = rng.uniform(2, 8, int(scattered.sum()))
    latitude = _CENTRE[0] + place[:, 0] / _DEGREE
    longitude = _CENTRE[1] + place[:, 1] / (_DEGREE * np.cos(np.radians(latitude)))
    depth = np.where(depth < 2, 4 - depth, depth)  # depths beyond the range are folded back into it
    depth = np.clip(np.where(depth > 8, 16 - depth, depth), 2, 8)
    found = Hypocentres(latitude, longitude, depth, _magnitudes(rng, count))
    return found, np.where(scattered, strikes(rng, count), strike[fault] + 5 * rng.standard_normal(count))


def strikes(rng: np.random.Generator, count: int) -> Float[ndarray, " events"]:
    """Draw strikes of unknown faults, degrees: one of the two of the region, with some scatter."""
    drawn: Float[ndarray, " events"] = rng.choice(_STRIKES, count) + _TURN * rng.standard_normal(count)
    return drawn


def _magnitudes(rng: np.random.Generator, count: int) -> Float[ndarray, " events"]:
    """Draw magnitudes by the law of Gutenberg and Richter with b = 1, from 1.2 to 4.8."""
    drawn: Float[ndarray, " events"] = np.minimum(_SMALLEST + rng.exponential(1 / np.log(10), count), _LARGEST)
    return drawn
