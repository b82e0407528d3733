"""Distances, azimuths and places on the earth, in the plane around one place."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num
from numpy import ndarray

__all__ = ["DEGREE", "Plane", "offsets", "place_at"]

DEGREE = 111.195
"""Kilometres of a degree on the sphere."""
_FLAT = 1 / 298.257223563
_EQUATOR, _POLE = 6378.137, 6378.137 * (1 - _FLAT)
"""Flattening, and equatorial and polar radius in km, of the WGS84 ellipsoid."""
_ROUNDS = 30
"""Iterations for a geodesic: five are enough unless its ends are nearly on opposite sides of the earth."""
_Places = Float[ndarray, "*places"] | float  # NumPy makes numbers of arrays without dimensions


class Plane(NamedTuple):
    """Places in the plane that touches the earth at a station, at their distance and azimuth (azimuthal equidistant).

    Attributes:
        distance: km.
        azimuth: as seen from the station, degrees from north, 0 to 360.
    """

    distance: Float[ndarray, " places"]
    azimuth: Float[ndarray, " places"]

    @property
    def east(self) -> Float[ndarray, " places"]:
        """Distance to the east, km."""
        return np.asarray(self.distance * np.sin(np.radians(self.azimuth)))

    @property
    def north(self) -> Float[ndarray, " places"]:
        """Distance to the north, km."""
        return np.asarray(self.distance * np.cos(np.radians(self.azimuth)))


def offsets(
    latitude: float, longitude: float, places: tuple[Num[ndarray, " places"], Num[ndarray, " places"]]
) -> Plane:
    """Distance and azimuth of places from a given place, at any latitude and distance.

    They are those of the geodesic on the WGS84 ellipsoid (T. Vincenty, 1975, Direct and inverse solutions of geodesics
    on the ellipsoid, Survey Review 23(176), 88-93), to a millimetre; within some 50 km of the opposite side of the
    earth, to 0.3 %. Places within 150 km are as far from each other in the plane as on the earth, within 0.01 %; at
    500 km, within 0.1 %.

    Args:
        latitude: of the given place, degrees.
        longitude: of the given place, degrees.
        places: latitudes and longitudes of the other places, degrees.
    """
    across = np.radians((np.asarray(places[1], np.float64) - longitude + 180) % 360 - 180)
    here, there = _reduced(np.asarray(latitude, np.float64)), _reduced(np.asarray(places[0], np.float64))
    (sine, cosine), (sine2, cosine2) = here, there
    turn = across  # difference of the longitudes on the auxiliary sphere
    for _ in range(_ROUNDS):
        right = cosine2 * np.sin(turn)
        ahead = cosine * sine2 - sine * cosine2 * np.cos(turn)
        far = np.hypot(right, ahead), sine * sine2 + cosine * cosine2 * np.cos(turn)
        angle = np.arctan2(*far)
        equator = cosine * right / np.maximum(far[0], 1e-300)  # sine of the azimuth where the geodesic crosses it
        square = np.maximum(0.0, 1 - equator**2)
        middle = np.where(square > 1e-12, far[1] - 2 * sine * sine2 / np.maximum(square, 1e-12), 0.0)
        before = turn
        turn = across + _slip(equator, square, angle, *far, middle)
        turn = np.where(np.abs(turn) > np.pi, before, turn)  # to the other side of the earth
        if np.all(np.abs(turn - before) < 1e-12):
            break
    scale, second = _series(square)
    away = _POLE * scale * (angle - _bend(second, *far, middle))
    return Plane(away, np.degrees(np.arctan2(right, ahead)) % 360)


def place_at(latitude: float, longitude: float, east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude, in degrees, of a place so many km from a given one: the inverse of :func:`offsets`.

    Args:
        latitude: of the given place, degrees.
        longitude: of the given place, degrees.
        east: distance to the east, km.
        north: distance to the north, km.
    """
    east_of, north_of = np.array([east], np.float64), np.array([north], np.float64)
    azimuth = np.arctan2(east_of, north_of)
    right, ahead = np.sin(azimuth), np.cos(azimuth)
    sine, cosine = _reduced(np.asarray(latitude, np.float64))
    start = np.arctan2(sine, cosine * ahead)
    equator = cosine * right
    square = 1 - equator**2
    scale, second = _series(square)
    angle = first = np.hypot(east_of, north_of) / (_POLE * scale)
    for _ in range(_ROUNDS):
        middle = np.cos(2 * start + angle)
        angle = first + _bend(second, np.sin(angle), np.cos(angle), middle)
    middle, up, on = np.cos(2 * start + angle), np.sin(angle), np.cos(angle)
    height = np.hypot(equator, sine * up - cosine * on * ahead)
    found = np.arctan2(sine * on + cosine * up * ahead, (1 - _FLAT) * height)
    turn = np.arctan2(up * right, cosine * on - sine * up * ahead)
    across = turn - _slip(equator, square, angle, up, on, middle)
    return float(np.degrees(found[0])), float((longitude + np.degrees(across[0]) + 180) % 360 - 180)


def _reduced(latitude: _Places) -> tuple[_Places, _Places]:
    """Sine and cosine of the reduced latitude, of a latitude in degrees."""
    up, out = (1 - _FLAT) * np.sin(np.radians(latitude)), np.cos(np.radians(latitude))
    radius = np.hypot(up, out)
    return up / radius, out / radius


def _series(square: _Places) -> tuple[_Places, _Places]:
    """Vincenty's A and B; ``square`` is that of the cosine of the azimuth where the geodesic crosses the equator."""
    root = np.sqrt(1 + square * ((_EQUATOR / _POLE) ** 2 - 1))
    k = (root - 1) / (root + 1)
    return (1 + k**2 / 4) / (1 - k), k * (1 - 0.375 * k**2)


def _bend(second: _Places, sine: _Places, cosine: _Places, middle: _Places) -> _Places:
    """Vincenty's difference between the angle on the auxiliary sphere and the distance; ``second`` is his B."""
    far = second / 6 * middle * (4 * sine**2 - 3) * (4 * middle**2 - 3)
    return np.asarray(second * sine * (middle + second / 4 * (cosine * (2 * middle**2 - 1) - far)))


def _slip(
    equator: _Places, square: _Places, angle: _Places, sine: _Places, cosine: _Places, middle: _Places
) -> _Places:
    """Difference of the longitudes on the auxiliary sphere minus that on the ellipsoid, radians."""
    c = _FLAT / 16 * square * (4 + _FLAT * (4 - 3 * square))
    return np.asarray((1 - c) * _FLAT * equator * (angle + c * sine * (middle + c * cosine * (2 * middle**2 - 1))))
