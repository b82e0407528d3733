"""Earthquakes of a region at one station: a catalogue, clusters of epicentres, and records.

What a network can learn about locations from one station is in the records for physical reasons: travel times of a
layered earth, the direction of P and S waves and the radiation of a double couple, attenuation with distance, and a
coda that neighbouring earthquakes share (:mod:`geocnn.synthetic.region.scatterers`).
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.geodesy import Plane, offsets
from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site
from geocnn.synthetic.clusters import clusters
from geocnn.synthetic.earthquakes.radiation import Mechanism, Radiation, directions, displacement_areas
from geocnn.synthetic.earthquakes.source import Source
from geocnn.synthetic.region.receiver import Receiver
from geocnn.synthetic.region.sequence import SITE, sequence, strikes
from geocnn.travel import Layers, TravelTimes

__all__ = ["FAR", "LAYERS", "SITE", "Region", "sequence"]

LAYERS = Layers(tops=(0.0, 1.5, 8.0, 21.0, 42.0), vp=(4.0, 5.8, 6.25, 6.5, 8.0), vs=(2.2, 3.35, 3.6, 3.75, 4.5))
"""Sediments over the crystalline basement, as in central Oklahoma; plausible numbers, not measured ones."""
FAR = 40.0
"""Largest distance of a source, km: its S wave follows P within about 5.5 s."""


@dataclass(frozen=True, eq=False)
class Region:
    """A station with its earthquakes and their clusters.

    Attributes:
        site: place of the station.
        hypocentres: the earthquakes, none farther than :data:`FAR`.
        plane: the epicentres as seen from the station.
        strike: strikes of the faults, degrees.
        cluster: number of each earthquake's cluster, from 0 on, by its catalogued epicentre.
        receiver: properties of the station.
        layers: layers below the station.
        times: travel times in the layers.
    """

    site: Site
    hypocentres: Hypocentres
    plane: Plane
    strike: Float[ndarray, " events"]
    cluster: Int64[ndarray, " events"]
    receiver: Receiver
    layers: Layers
    times: TravelTimes

    @classmethod
    def of(
        cls,
        hypocentres: Hypocentres,
        site: Site = SITE,
        *,
        strike: Float[ndarray, " events"] | None = None,
        groups: int = 6,
        error: float = 0.0,
        layers: Layers = LAYERS,
        seed: int = 0,
        size: int = 1401,
        rate: float = 100.0,
    ) -> "Region":
        """Combine a station and earthquakes; those farther than :data:`FAR` are left out.

        Args:
            hypocentres: the earthquakes.
            site: place of the station.
            strike: strikes of the faults, degrees; drawn if not given.
            groups: number of clusters, by k-means.
            error: standard deviation of the catalogued epicentres, from which clusters are made, to east and north, km.
            layers: layers below the station.
            seed: seed of the station, the records and the clusters.
            size: samples of a record of an earthquake.
            rate: samples per second.

        Raises:
            DataError: no earthquake is near, or there are fewer places than clusters.
        """
        rng = np.random.default_rng((seed, 13))
        strike = strikes(rng, len(hypocentres)) if strike is None else strike
        plane = offsets(site.latitude, site.longitude, (hypocentres.latitude, hypocentres.longitude))
        near = np.hypot(plane.distance, hypocentres.depth + site.elevation_m / 1000) <= FAR
        if not near.any():
            nearest = float(plane.distance.min())  # larger distances are not exact
            how_far = f"{nearest:.0f}" if nearest < 1000 else "more than 1000"
            raise DataError(
                f"of {len(hypocentres)} earthquakes none is within {FAR:g} km of station {site}, the nearest {how_far} "
                "km away; choose another station or catalogue."
            )
        kept, plane = hypocentres[near], Plane(plane.distance[near], plane.azimuth[near])
        catalogued = np.stack([plane.east, plane.north], 1) + error * rng.standard_normal((len(kept), 2))
        labels = clusters(catalogued, groups, seed=seed)
        receiver, times = Receiver.draw(seed, size=size, rate=rate), TravelTimes.within(layers, FAR + 1, FAR + 1)
        return cls(site, kept, plane, strike[near], labels, receiver, layers, times)

    def __len__(self) -> int:
        """Number of earthquakes."""
        return len(self.hypocentres)

    def source(self, index: int, onset: float) -> Source:
        """Source of an earthquake whose P wave arrives ``onset`` seconds after the first sample."""
        distance, depth = float(self.plane.distance[index]), self._below(index)
        p, s, _ = self.times.at(distance, depth)
        motion, _ = self._directions(index)
        return Source(
            distance=distance,
            depth=depth,
            azimuth=float(self.plane.azimuth[index]),
            magnitude=float(self.hypocentres.magnitude[index]),
            origin=onset - p,
            p=p,
            s=s,
            direct=p,
            polarity=1 if motion[0] > 0 else -1,
        )

    def waves(self, index: int, *, size: int, onset: float) -> Float32[ndarray, "3 size"]:
        """Record of an earthquake without noise, m/s, components Z, N, E; always the same.

        Args:
            index: number of the earthquake.
            size: samples.
            onset: time of the P wave, seconds after the first sample.
        """
        source = self.source(index, onset)
        speeds = self.layers.speeds(source.depth)
        areas = displacement_areas(source.magnitude, math.hypot(source.distance, source.depth), speeds)
        place = np.array([self.plane.east[index], self.plane.north[index], source.depth])
        p, s = self._directions(index)
        radiation = Radiation(p, s, areas, self.receiver.scattered(place, speeds))
        rng = np.random.default_rng((self.receiver.seed, 14, index))
        return self.receiver.waves(rng, size, source, radiation)

    def noise(self, index: int, *, size: int) -> Float32[ndarray, "3 size"]:
        """Noise record number ``index``, m/s, components Z, N, E; always the same."""
        return self.receiver.noise(np.random.default_rng((self.receiver.seed, 15, index)), size)

    def _below(self, index: int) -> float:
        """Depth of a source below the station, km."""
        return max(0.1, float(self.hypocentres.depth[index]) + self.site.elevation_m / 1000)

    def _directions(self, index: int) -> tuple[Float[ndarray, " 3"], Float[ndarray, " 3"]]:
        """Motion of P and S at the station; the ray of S is taken to be that of the direct P wave."""
        distance, depth = float(self.plane.distance[index]), self._below(index)
        near, far = max(0.0, distance - 0.5), distance + 0.5
        slowness = (self.times.at(far, depth).p - self.times.at(near, depth).p) / (far - near)
        mechanism = Mechanism(float(self.strike[index]))
        return directions(mechanism, float(self.plane.azimuth[index]) + 180, *self.layers.angles(slowness, depth))
