"""Distances and azimuths of places on the earth, and groups of them."""

import contextlib
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int64
from numpy import ndarray
from scipy.cluster.vq import ClusterError, kmeans2

from geocnn.errors import DataError

__all__ = ["Plane", "clusters", "offsets"]

_AXIS, _SQUARED = 6378.137, 0.00669437999014
"""Equatorial radius, km, and squared eccentricity of the WGS84 ellipsoid."""


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
        """The way to the east, km."""
        return np.asarray(self.distance * np.sin(np.radians(self.azimuth)))

    @property
    def north(self) -> Float[ndarray, " places"]:
        """The way to the north, km."""
        return np.asarray(self.distance * np.cos(np.radians(self.azimuth)))


def offsets(
    latitude: float, longitude: float, places: tuple[Float[ndarray, " places"], Float[ndarray, " places"]]
) -> Plane:
    """Where places are, seen from one.

    Gauss's formulae of the mean latitude on the WGS84 ellipsoid (W. Torge, J. Mueller, 2012, Geodesy, section 6.3):
    within 0.01 % of the geodesic and 0.01 degrees up to 150 km away, outside the polar regions.

    Args:
        latitude: of the one, degrees.
        longitude: of the one, degrees.
        places: latitudes and longitudes of the others, degrees.
    """
    mean = np.radians((latitude + places[0]) / 2)
    up = np.radians(places[0] - latitude)
    across = np.radians((places[1] - longitude + 180) % 360 - 180)
    flat = 1 - _SQUARED * np.sin(mean) ** 2
    east = _AXIS / np.sqrt(flat) * np.cos(mean) * across
    north = _AXIS * (1 - _SQUARED) / flat**1.5 * up * np.cos(across / 2)
    turn = across * np.sin(mean) / 2  # meridians converge: the azimuth changes on the way
    return Plane(np.hypot(east, north), np.degrees(np.arctan2(east, north) - turn) % 360)


def clusters(points: Float[ndarray, "points 2"], count: int, *, seed: int = 0) -> Int64[ndarray, " points"]:
    """Number of the cluster of each point, by k-means; cluster 0 has the most points.

    Starts from k-means++ (D. Arthur, S. Vassilvitskii, 2007), the best of ten; always the same for the same seed.

    Args:
        points: such as east and north, km.
        count: of the clusters.
        seed: of the starts.

    Raises:
        DataError: fewer places than clusters, or places that do not fall into so many.
    """
    different = len(np.unique(points, axis=0))
    if not 1 <= count <= different:
        raise DataError(
            f"{count} clusters are asked for among {different} different epicentres; give 1 to {different}."
        )
    best, least = None, np.inf
    for start in range(10):
        first = _spread(np.random.default_rng((seed, start)), points, count)
        with contextlib.suppress(ClusterError):  # a cluster that lost its last point
            centres, labels = kmeans2(points, first, iter=100, minit="matrix", missing="raise")
            spread = float(np.sum((points - centres[labels]) ** 2))
            if spread < least:
                best, least = labels.astype(np.int64), spread
    if best is None:
        raise DataError(f"{len(points)} epicentres do not fall into {count} clusters; ask for fewer.")
    order = np.argsort(-np.bincount(best, minlength=count), kind="stable")
    return np.asarray(np.argsort(order)[best], np.int64)


def _spread(rng: np.random.Generator, points: Float[ndarray, "points 2"], count: int) -> Float[ndarray, "count 2"]:
    """First centres: each as probable as it is far, in squares, from those before it."""
    chosen = [points[rng.integers(len(points))]]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.sum((points - chosen[-1]) ** 2, axis=1))
        chosen.append(points[rng.choice(len(points), p=distance / distance.sum())])
    return np.array(chosen)
