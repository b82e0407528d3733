"""Places of the earthquakes of a catalogue, as seen from the stations of a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int64
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.geodesy import offsets
from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site
from geocnn.synthetic.clusters import Centre, centres, clusters

__all__ = ["Place", "Places"]

_SHALLOWEST = 0.1
"""Least depth of a source below a station, km."""


class Place(NamedTuple):
    """Place of an earthquake, as seen from a station.

    Attributes:
        distance: distance of the epicentre, km.
        azimuth: of the epicentre, degrees from north.
        depth: below the station, km.
        cluster: number of its cluster, from 0 on; None without clusters.
    """

    distance: float
    azimuth: float
    depth: float
    cluster: int | None


@dataclass(frozen=True, eq=False)
class Places:
    """Places to draw from: all earthquakes are equally frequent, and near stations are more frequent than far ones.

    A catalogue has errors, and future earthquakes lie beside past ones, so places are spread by its error.

    Attributes:
        distance: distance of the epicentres, km; rows are stations.
        azimuth: azimuth of the epicentres, degrees from north.
        depth: below the stations, km.
        share: probability of each station for an earthquake; zero for stations that are too far.
        cluster: number of the cluster of each earthquake; None without clusters.
        centres: centres of the clusters.
        error: standard deviation of what is added to places to the east, to the north and downwards, km.
        stations: names of the stations.
    """

    distance: Float[ndarray, "stations events"]
    azimuth: Float[ndarray, "stations events"]
    depth: Float[ndarray, "stations events"]
    share: Float[ndarray, "stations events"]
    cluster: Int64[ndarray, " events"] | None
    centres: tuple[Centre, ...]
    error: float
    stations: tuple[str, ...]

    @classmethod
    def of(
        cls,
        sites: Sequence[Site],
        hypocentres: Hypocentres,
        *,
        farthest: float,
        groups: int = 0,
        error: float = 1.0,
        seed: int = 0,
    ) -> "Places":
        """Places of those earthquakes of a catalogue that are near a station.

        Args:
            sites: the stations.
            hypocentres: the earthquakes.
            farthest: largest distance of a hypocentre from a station, km.
            groups: number of clusters, by k-means of the epicentres; 0 for none.
            error: error of the catalogue, km.
            seed: seed of the clusters.

        Raises:
            DataError: no earthquake is near, or there are fewer places than clusters.
        """
        planes = [offsets(s.latitude, s.longitude, (hypocentres.latitude, hypocentres.longitude)) for s in sites]
        distance = np.stack([plane.distance for plane in planes])
        azimuth = np.stack([plane.azimuth for plane in planes])
        above = np.array([[site.elevation_m / 1000] for site in sites])
        depth = np.maximum(_SHALLOWEST, hypocentres.depth + above)
        way = np.hypot(distance, depth)
        near = (way <= farthest).any(0)
        if not near.any():
            raise DataError(
                f"of {len(hypocentres)} earthquakes none is within {farthest:g} km of one of {len(sites)} stations; "
                "give a larger --distance, other stations or another catalogue."
            )
        distance, azimuth, depth, way = (array[:, near] for array in (distance, azimuth, depth, way))
        share = np.where(way <= farthest, 1 / np.maximum(way, 1), 0)
        share /= share.sum(0)
        names = tuple(map(str, sites))
        if not groups:
            return cls(distance, azimuth, depth, share, None, (), error, names)
        first = planes[0]
        cluster = clusters(np.stack([first.east[near], first.north[near]], 1), groups, seed=seed)
        return cls(distance, azimuth, depth, share, cluster, centres(hypocentres[near], cluster), error, names)

    def __len__(self) -> int:
        """Number of earthquakes."""
        return len(self.distance[0])

    def draw(self, rng: np.random.Generator) -> Place:
        """Draw an earthquake, and a station that has seen it."""
        event = int(rng.integers(len(self)))
        station = int(rng.choice(len(self.distance), p=self.share[:, event]))
        east, north, down = self.error * rng.standard_normal(3)
        angle = np.radians(self.azimuth[station, event])
        east += self.distance[station, event] * np.sin(angle)
        north += self.distance[station, event] * np.cos(angle)
        return Place(
            float(np.hypot(east, north)),
            float(np.degrees(np.arctan2(east, north)) % 360),
            max(_SHALLOWEST, float(self.depth[station, event] + down)),
            None if self.cluster is None else int(self.cluster[event]),
        )
