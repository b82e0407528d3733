"""Distances, azimuths and places on the earth, in the plane around one place."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

__all__ = ["DEGREE", "Plane", "offsets", "place_at"]

DEGREE = 111.195
"""Kilometres of a degree on the sphere."""
_AXIS, _SQUARED = 6378.137, 0.00669437999014
"""Equatorial radius in km, and squared eccentricity, of the WGS84 ellipsoid."""


class Plane(NamedTuple):
    """Places in the plane that touches the earth at a station.

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
    latitude: float, longitude: float, places: tuple[Float[ndarray, " places"], Float[ndarray, " places"]]
) -> Plane:
    """Distance and azimuth of places from a given place.

    Gauss's formulae of the mean latitude on the WGS84 ellipsoid are used (W. Torge, J. Mueller, 2012, Geodesy, section
    6.3). They are within 0.01 % and 0.01 degrees of the geodesic up to 150 km away, outside the polar regions.

    Args:
        latitude: of the given place, degrees.
        longitude: of the given place, degrees.
        places: latitudes and longitudes of the other places, degrees.
    """
    mean = np.radians((latitude + places[0]) / 2)
    up = np.radians(places[0] - latitude)
    across = np.radians((places[1] - longitude + 180) % 360 - 180)
    radii = _radii(mean)
    east = radii[0] * np.cos(mean) * across
    north = radii[1] * up * np.cos(across / 2)
    turn = across * np.sin(mean) / 2  # meridians converge: the azimuth changes on the way
    return Plane(np.hypot(east, north), np.degrees(np.arctan2(east, north) - turn) % 360)


def place_at(latitude: float, longitude: float, east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude, in degrees, of a place so many km from a given one: the inverse of :func:`offsets`.

    Args:
        latitude: of the given place, degrees.
        longitude: of the given place, degrees.
        east: distance to the east, km.
        north: distance to the north, km.
    """
    found = np.array([latitude, longitude], np.float64)
    for _ in range(6):  # each time the error shrinks by the distance over the earth's radius
        seen = offsets(latitude, longitude, (found[:1], found[1:]))
        mean = np.radians((latitude + found[0]) / 2)
        radii = _radii(mean)
        found[0] += np.degrees((north - seen.north[0]) / radii[1])
        found[1] += np.degrees((east - seen.east[0]) / radii[0] / np.cos(mean))
    if abs(found[0]) > 90:  # beyond the pole
        found[:] = np.sign(found[0]) * 180 - found[0], found[1] + 180
    return float(found[0]), float((found[1] + 180) % 360 - 180)


def _radii(latitude: Float[ndarray, "*places"]) -> tuple[Float[ndarray, "*places"], Float[ndarray, "*places"]]:
    """Radii of curvature across the meridian and along it, km, at a latitude in radians."""
    flat = 1 - _SQUARED * np.sin(latitude) ** 2
    return _AXIS / np.sqrt(flat), _AXIS * (1 - _SQUARED) / flat**1.5
