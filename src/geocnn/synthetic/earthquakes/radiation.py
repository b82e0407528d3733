"""Radiation of a known earthquake: P and S of a double couple, and scattered waves.

K. Aki, P. G. Richards, 2002, Quantitative seismology, 2nd ed., sections 4.3 and 4.4.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray

from geocnn.synthetic.earthquakes.spectra import moment

__all__ = ["Mechanism", "Radiation", "directions", "displacement_areas"]

_MEAN = (math.sqrt(4 / 15), math.sqrt(2 / 5))
"""Root mean square over all directions of the radiation of P and S of a double couple (Aki & Richards, p. 115)."""
_DENSITY, _SURFACE = 2700.0, 2.0
"""Density, kg/m^3, and amplification of the motion at the free surface."""


@dataclass(frozen=True)
class Mechanism:
    """Mechanism of a fault, degrees: strike clockwise from north, dip to its right, and rake."""

    strike: float
    dip: float = 90.0
    rake: float = 0.0

    def tensor(self) -> Float[ndarray, "3 3"]:
        """Moment tensor of unit moment; axes up, north, east (Aki & Richards, eq. 4.88)."""
        strike, dip, rake = (math.radians(a) for a in (self.strike, self.dip, self.rake))
        across = math.cos(dip) * math.sin(rake)
        slip = np.array(
            [
                math.sin(rake) * math.sin(dip),
                math.cos(rake) * math.cos(strike) + across * math.sin(strike),
                math.cos(rake) * math.sin(strike) - across * math.cos(strike),
            ]
        )
        normal = np.array([math.cos(dip), -math.sin(dip) * math.sin(strike), math.sin(dip) * math.cos(strike)])
        tensor: Float[ndarray, "3 3"] = np.outer(slip, normal) + np.outer(normal, slip)
        return tensor


@dataclass(frozen=True, eq=False)
class Radiation:
    """Radiation of a known earthquake towards a station, which is otherwise random.

    Attributes:
        p: motion of the direct P wave, up, north and east, relative to its mean over all directions.
        s: the same for the S wave.
        areas: areas of the displacement pulses of P and S for the mean radiation, m s.
        scattered: random numbers of standard deviation 1 for the waves behind P and S, from the onsets on,
            ``(2, 3, samples)``; None to draw them.
    """

    p: Float[ndarray, " 3"]
    s: Float[ndarray, " 3"]
    areas: tuple[float, float]
    scattered: Float32[ndarray, "2 3 samples"] | None = None


def directions(
    mechanism: Mechanism, azimuth: float, takeoff: float, incidence: float
) -> tuple[Float[ndarray, " 3"], Float[ndarray, " 3"]]:
    """Motion of the direct P and S waves at the station (up, north, east), relative to the mean over all directions.

    The S wave keeps its components within and across the plane of the ray, which bends on its way up.

    Args:
        mechanism: mechanism of the source.
        azimuth: direction of the station as seen from the source, degrees from north.
        takeoff: angle of the ray at the source, degrees from upwards.
        incidence: angle of the ray at the station, degrees from upwards.
    """
    below, above = (_frame(azimuth, angle) for angle in (takeoff, incidence))
    traction = mechanism.tensor() @ below[0]
    p, within, across = (float(traction @ axis) for axis in below)
    return p / _MEAN[0] * above[0], (within * above[1] + across * above[2]) / _MEAN[1]


def _frame(azimuth: float, angle: float) -> Float[ndarray, "3 3"]:
    """Unit vectors (up, north, east) of a rising ray: along it, across it in its plane, and across its plane."""
    a, i = math.radians(azimuth), math.radians(angle)
    north, east = math.cos(a), math.sin(a)
    return np.array(
        [
            (math.cos(i), math.sin(i) * north, math.sin(i) * east),
            (-math.sin(i), math.cos(i) * north, math.cos(i) * east),
            (0.0, -east, north),
        ]
    )


def displacement_areas(magnitude: float, distance: float, speeds: tuple[float, float]) -> tuple[float, float]:
    """Areas of the far-field displacement pulses of P and S for mean radiation, m s (Aki & Richards, eq. 4.91).

    Args:
        magnitude: moment magnitude.
        distance: distance from the source, km.
        speeds: velocities of P and S waves at the source, km/s.
    """
    strength = _SURFACE * moment(magnitude) / (4 * math.pi * _DENSITY * 1e3 * distance)
    p, s = (strength * mean / (1e3 * speed) ** 3 for mean, speed in zip(_MEAN, speeds, strict=True))
    return p, s
