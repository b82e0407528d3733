"""Earthquakes at all stations of a network: one source, as each station sees it.

Travel times are those of flat layers below each station. Amplitudes are those of a double couple of the magnitude in
m/s; they decrease with distance until nothing rises above the noise of the station.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.geodesy import offsets
from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site
from geocnn.synthetic.earthquakes import Arrival, EarthquakeRanges, EarthquakeRecord, Source
from geocnn.synthetic.earthquakes.background import Background
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.radiation import Mechanism, Radiation, directions, displacement_areas
from geocnn.synthetic.region.receiver import Receiver
from geocnn.travel import CRUST, Layers, Ray

__all__ = ["FAR", "SEEN", "Network", "NetworkRecord", "Quake"]

FAR = 500.0
"""Largest epicentral distance for which waves are made, km: the layers are flat, but the earth is not."""
SEEN = 3.0
"""Least signal-to-noise ratio of an arrival that an analyst would pick."""
_RANGES = EarthquakeRanges(magnitude=(1.0, 4.5))
_WIDENED, _LEAST = 0.5, 20.0
"""Range of sources beyond the stations, as a share of their extent (half on each side), and least extent, km."""
_KM = 111.195
"""Kilometres of a degree on the sphere."""
_AFTER = 2.0
"""Seconds after an arrival in which its amplitude is measured."""
_NOISE, _CHANGES = (0.3, 0.7), 0.05
"""Range of the noise level of stations between Peterson's models, and its change from record to record."""
_ROCK = (1.5, 3.5)
"""Range of P velocity in the uppermost metres, km/s; they bend waves upwards but hardly delay them."""


@dataclass(frozen=True)
class Quake:
    """An earthquake with all properties of its source.

    Attributes:
        latitude: degrees, north is positive.
        longitude: degrees, east is positive.
        depth: below the sea, km.
        magnitude: moment magnitude.
        mechanism: mechanism of its fault.
        origin: time at which it begins, seconds after the first sample.
        stress_drop: decimal logarithm, Pa.
        corner_ratio: corner frequency of P over that of S waves.
    """

    latitude: float
    longitude: float
    depth: float
    magnitude: float
    mechanism: Mechanism
    origin: float
    stress_drop: float
    corner_ratio: float


@dataclass(frozen=True, eq=False)
class NetworkRecord:
    """Records of one earthquake at all stations.

    Attributes:
        quake: the earthquake.
        stations: record of each station, in the order of the stations, with all arrivals, visible or not; a station
            that is too far has neither source nor arrivals.
    """

    quake: Quake
    stations: tuple[EarthquakeRecord, ...]

    def seen(self) -> list[tuple[int, Arrival]]:
        """Arrivals that an analyst would pick, by time, each with the number of its station."""
        found = [(k, a) for k, record in enumerate(self.stations) for a in record.arrivals if (a.snr or 0) >= SEEN]
        return sorted(found, key=lambda pair: pair[1].time)


@dataclass(frozen=True, eq=False)
class Network:
    """Stations and earthquakes of a network.

    What belongs to a station is the same in all its records, see :class:`~geocnn.synthetic.region.receiver.Receiver`,
    and does not depend on the other stations. The signal-to-noise ratio of an arrival is a quotient: the largest
    amplitude of its waves, of any component, in the two seconds from it on (for P, before S), over the standard
    deviation that the noise would have within 1..20 Hz if it were as strong as in the band of these waves.

    Attributes:
        sites: places of the stations.
        receivers: properties of the stations.
        surface: velocity of P waves in the uppermost metres below each station, km/s.
        hypocentres: the earthquakes, used in order and then again; None to draw them evenly from a rectangle that is
            half as large again as that of the stations, with depth and magnitude from the ranges.
        layers: layers below each station.
        ranges: ranges from which properties of earthquakes are drawn.
        seed: seed of the series.
        size: samples of a record.
        rate: samples per second.
    """

    sites: tuple[Site, ...]
    receivers: tuple[Receiver, ...]
    surface: tuple[float, ...]
    hypocentres: Hypocentres | None
    layers: Layers
    ranges: EarthquakeRanges
    seed: int
    size: int
    rate: float

    @classmethod
    def of(
        cls,
        sites: Sequence[Site],
        hypocentres: Hypocentres | None = None,
        *,
        layers: Layers = CRUST,
        ranges: EarthquakeRanges = _RANGES,
        seed: int = 0,
        size: int = 12_000,
        rate: float = 100.0,
    ) -> "Network":
        """Combine stations and earthquakes; those farther than :data:`FAR` from all stations are left out.

        Raises:
            DataError: there are no stations, no earthquake is near, or a number is impossible for a record.
        """
        if not sites or seed < 0 or size < 64 or not 0 < rate < 1e6:
            raise DataError(
                f"there are {len(sites)} stations, seed is {seed}, size {size} samples and rate {rate:g} Hz; needed "
                "are a station or more, 0 or more, 64 samples or more, and a rate above 0."
            )
        receivers, surface = zip(*(_receiver(site, seed, rate) for site in sites), strict=True)
        near = hypocentres if hypocentres is None else _near(sites, hypocentres)
        return cls(tuple(sites), receivers, surface, near, layers, ranges, seed, size, rate)

    def record(self, index: int) -> NetworkRecord:
        """Records of earthquake number ``index``, 0 or more, at all stations; always the same."""
        quake = self._quake(index)
        return NetworkRecord(quake, tuple(self._station(k, index, quake) for k in range(len(self.sites))))

    def _quake(self, index: int) -> Quake:
        """Next earthquake of the catalogue, or a drawn one; its mechanism is always drawn."""
        rng = np.random.default_rng((self.seed, 17, index))
        if self.hypocentres is None:
            latitude, longitude, depth, magnitude = self._drawn(rng)
        else:
            found, k = self.hypocentres, index % len(self.hypocentres)
            numbers = found.latitude, found.longitude, found.depth, found.magnitude
            latitude, longitude, depth, magnitude = (float(each[k]) for each in numbers)
        return Quake(
            latitude,
            longitude,
            depth,
            magnitude,
            Mechanism(float(rng.uniform(0, 360)), float(rng.uniform(30, 90)), float(rng.uniform(-180, 180))),
            origin=float(rng.uniform(0.05, 0.1) * self.size / self.rate),
            stress_drop=float(rng.uniform(*self.ranges.stress_drop)),
            corner_ratio=float(rng.uniform(*self.ranges.corner_ratio)),
        )

    def _drawn(self, rng: np.random.Generator) -> tuple[float, float, float, float]:
        """Draw latitude, longitude, depth and magnitude of an earthquake within the network."""
        first = self.sites[0]
        north = np.array([site.latitude - first.latitude for site in self.sites]) * _KM
        narrow = _KM * math.cos(math.radians(float(np.clip(first.latitude + np.mean(north) / _KM, -85, 85))))
        east = np.array([(site.longitude - first.longitude + 180) % 360 - 180 for site in self.sites]) * narrow
        up, along = (
            (extent.min() + extent.max()) / 2
            + (1 + _WIDENED) * max(float(np.ptp(extent)), _LEAST) * rng.uniform(-0.5, 0.5)
            for extent in (north, east)
        )
        shallow, deep = (math.log(max(limit, 0.1)) for limit in self.ranges.depth)
        latitude = float(np.clip(first.latitude + up / _KM, -90, 90))
        longitude = float((first.longitude + along / narrow + 180) % 360 - 180)
        depth, magnitude = math.exp(rng.uniform(shallow, deep)), float(rng.uniform(*self.ranges.magnitude))
        return latitude, longitude, depth, magnitude

    def _station(self, number: int, index: int, quake: Quake) -> EarthquakeRecord:
        """Record of a station."""
        receiver = self.receivers[number]
        rng = np.random.default_rng((receiver.seed, 18, index))
        ground = receiver.ground(rng, self.size)
        live = np.ones((3, self.size), bool)
        seen = self._source(number, quake)
        if seen is None:
            return EarthquakeRecord(ground.waveform, live, self.rate, (), ())
        source, radiation = seen
        drop, ratio = (quake.stress_drop,) * 2, (quake.corner_ratio,) * 2  # of the source: equal everywhere
        disposed = replace(receiver, ranges=replace(receiver.ranges, stress_drop=drop, corner_ratio=ratio))
        waves = disposed.waves(rng, self.size, source, radiation)
        clock = Clock.of(self.size, self.rate)
        arrivals = tuple(
            replace(arrival, snr=_snr(ground, clock, waves, arrival.time, source.origin + source.s))
            for arrival in source.arrivals(0, clock)
        )
        return EarthquakeRecord(ground.waveform + waves, live, self.rate, (source,), arrivals)

    def _source(self, number: int, quake: Quake) -> tuple[Source, Radiation] | None:
        """The earthquake as seen from a station, and its radiation; None if it is too far."""
        site = self.sites[number]
        plane = offsets(site.latitude, site.longitude, (np.array([quake.latitude]), np.array([quake.longitude])))
        distance, azimuth = float(plane.distance[0]), float(plane.azimuth[0])
        if distance > FAR:
            return None
        depth = max(0.1, quake.depth + site.elevation_m / 1000)
        ray = Ray.of(self.layers, distance, depth)
        angles = self.layers.angles(ray.slowness, depth, self.surface[number])
        p, s = directions(quake.mechanism, azimuth + 180, *angles)
        areas = displacement_areas(quake.magnitude, math.hypot(distance, depth), self.layers.speeds(depth))
        source = Source(
            distance=distance,
            depth=depth,
            azimuth=azimuth,
            magnitude=quake.magnitude,
            origin=quake.origin,
            p=ray.p,
            s=ray.s,
            direct=ray.direct,
            polarity=1 if p[0] > 0 else -1,
        )
        return source, Radiation(p, s, areas)


def _receiver(site: Site, seed: int, rate: float) -> tuple[Receiver, float]:
    """A station and the velocity below it, drawn by its name, so that other stations do not change it."""
    own = int(np.random.SeedSequence((seed, 19, *str(site).encode())).generate_state(1)[0])
    rng = np.random.default_rng((own, 20))
    quiet, surface = float(rng.uniform(*_NOISE)), float(rng.uniform(*_ROCK))
    return Receiver.draw(own, size=None, rate=rate, noise_level=(quiet, quiet + _CHANGES)), surface


def _near(sites: Sequence[Site], hypocentres: Hypocentres) -> Hypocentres:
    """Earthquakes that are near enough to a station.

    Raises:
        DataError: there are none.
    """
    places = hypocentres.latitude, hypocentres.longitude
    distance = np.min([offsets(site.latitude, site.longitude, places).distance for site in sites], axis=0)
    if (distance > FAR).all():
        nearest = float(distance.min())  # larger distances are not exact
        how_far = f"{nearest:.0f}" if nearest < 1000 else "more than 1000"
        raise DataError(
            f"of {len(hypocentres)} earthquakes none is within {FAR:g} km of one of the {len(sites)} stations, the "
            f"nearest {how_far} km away; choose other stations or another catalogue."
        )
    return hypocentres[distance <= FAR]


def _snr(ground: Background, clock: Clock, waves: Float32[ndarray, "3 size"], time: float, s: float) -> float:
    """Signal-to-noise ratio of an arrival."""
    end = min(time + _AFTER, s) if time < s else time + _AFTER
    after = waves[:, round(time * clock.rate) : max(round(end * clock.rate), round(time * clock.rate) + 1)]
    return float(np.abs(after).max() / ground.beside(clock, after))
