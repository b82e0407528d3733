"""Clusters of epicentres, and their centres."""

import contextlib
from typing import TypedDict

import numpy as np
from jaxtyping import Float, Int64
from numpy import ndarray
from scipy.cluster.vq import ClusterError, kmeans2

from geocnn.errors import DataError
from geocnn.geodesy import offsets
from geocnn.io.hypocentres import Hypocentres

__all__ = ["Centre", "centres", "clusters"]


class Centre(TypedDict):
    """Centre of a cluster, in degrees, and root mean square distance of its earthquakes from there, km."""

    latitude: float
    longitude: float
    spread_km: float


def centres(hypocentres: Hypocentres, cluster: Int64[ndarray, " events"]) -> tuple[Centre, ...]:
    """Centres of clusters.

    Args:
        hypocentres: the earthquakes.
        cluster: number of the cluster of each earthquake, from 0 on.
    """
    found = []
    first = float(hypocentres.longitude[0])
    for number in range(int(cluster.max()) + 1):
        own = hypocentres[cluster == number]
        east = (own.longitude - first + 180) % 360 - 180  # correct also across the date line
        latitude, longitude = float(own.latitude.mean()), float(first + east.mean())
        away = offsets(latitude, longitude, (own.latitude, own.longitude)).distance
        found.append(
            Centre(
                latitude=round(latitude, 5),
                longitude=round((longitude + 180) % 360 - 180, 5),
                spread_km=round(float(np.sqrt(np.mean(away**2))), 3),
            )
        )
    return tuple(found)


def clusters(points: Float[ndarray, "points 2"], count: int, *, seed: int = 0) -> Int64[ndarray, " points"]:
    """Number of the cluster of each point, by k-means; cluster 0 has the most points.

    K-means starts from k-means++ (D. Arthur, S. Vassilvitskii, 2007); the best of ten runs is taken, always the same
    for a seed.

    Args:
        points: coordinates, such as east and north in km.
        count: number of clusters.
        seed: seed of the starting points.

    Raises:
        DataError: there are fewer places than clusters, or the places do not fall into so many.
    """
    different = len(np.unique(points, axis=0))
    if not 1 <= count <= different:
        raise DataError(
            f"{count} clusters are asked for among {different} different epicentres; give 1 to {different}."
        )
    best, least = None, np.inf
    for start in range(10):
        first = _spread(np.random.default_rng((seed, start)), points, count)
        with contextlib.suppress(ClusterError):  # a cluster has lost its last point
            centres, labels = kmeans2(points, first, iter=100, minit="matrix", missing="raise")
            spread = float(np.sum((points - centres[labels]) ** 2))
            if spread < least:
                best, least = labels.astype(np.int64), spread
    if best is None:
        raise DataError(f"{len(points)} epicentres do not fall into {count} clusters; ask for fewer.")
    order = np.argsort(-np.bincount(best, minlength=count), kind="stable")
    return np.asarray(np.argsort(order)[best], np.int64)


def _spread(rng: np.random.Generator, points: Float[ndarray, "points 2"], count: int) -> Float[ndarray, "count 2"]:
    """Starting points: each is drawn with a probability proportional to its squared distance from those before it."""
    chosen = [points[rng.integers(len(points))]]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.sum((points - chosen[-1]) ** 2, axis=1))
        chosen.append(points[rng.choice(len(points), p=distance / distance.sum())])
    return np.array(chosen)
