"""Place of an earthquake as seen from one station: bins of distance, azimuth and depth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.travel import Layers, TravelTimes, first_arrivals

__all__ = [
    "AZIMUTH",
    "DEPTH",
    "DEPTHS",
    "DISTANCE",
    "HEADS",
    "SURE",
    "Bins",
    "Cluster",
    "Crust",
    "Estimate",
    "Place",
    "asked",
    "encode",
    "heads_of",
    "place_of",
    "plain",
]

_BLUR = 0.6
"""Standard deviation, in bins, of the distribution that is learnt for a true value: neighbours are nearly right."""
_ABOUT = 50
"""Samples on each side of a pick that belong to the same wave."""
SURE = 0.7
"""Least probability of a P pick that counts as sure."""
_DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class Estimate(NamedTuple):
    """A value with its uncertainty.

    Attributes:
        value: the median; for an azimuth the mean direction.
        low: lower end of the interval with a probability of 68 %.
        high: upper end of that interval; for an azimuth it may be the smaller number.
    """

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of the interval, also for directions on both sides of north."""
        return (self.high - self.low if self.high >= self.low else self.high - self.low + 360) / 2


class Cluster(NamedTuple):
    """One of the clusters into which the earthquakes of a region fall.

    Attributes:
        number: number of the cluster, from 1 on.
        probability: probability of this cluster.
    """

    number: int
    probability: float


@dataclass(frozen=True)
class Bins:
    """Bins of equal width, of the logarithm of a number or of a direction.

    Attributes:
        low: lower end of the first bin.
        high: upper end of the last bin.
        count: number of bins.
        circle: whether values are directions in degrees, whose last bin is next to the first; otherwise logarithms.
    """

    low: float
    high: float
    count: int
    circle: bool = False

    def position(self, value: float) -> float:
        """Position of a value among the bins: 0 at the middle of the first bin, 1 at the middle of the second."""
        if self.circle:
            return (value - self.low) / (self.high - self.low) * self.count - 0.5
        value = max(value, 1e-3 * self.low)  # a station may be right above an earthquake
        return math.log(value / self.low) / math.log(self.high / self.low) * self.count - 0.5

    def value(self, position: float) -> float:
        """Value at a position; the inverse of :meth:`position`."""
        share = (position + 0.5) / self.count
        if self.circle:
            return (self.low + share * (self.high - self.low)) % 360
        return float(self.low * (self.high / self.low) ** share)

    def encode(self, value: float) -> Float32[ndarray, " count"]:
        """Distribution that is learnt for a true value; values beyond the ends belong to the outermost bins."""
        apart = np.arange(self.count) - self.position(value)
        if self.circle:
            apart = (apart + self.count / 2) % self.count - self.count / 2
        else:
            apart = np.arange(self.count) - np.clip(self.position(value), 0, self.count - 1)
        weights = np.exp(-0.5 * (apart / _BLUR) ** 2)
        return np.asarray(weights / weights.sum(), np.float32)

    def estimate(self, probability: Float[ndarray, " count"]) -> Estimate:
        """Value and uncertainty of a distribution over the bins."""
        if self.circle:
            angle = np.radians([self.value(k) for k in range(self.count)])
            x, y = float(np.sum(probability * np.cos(angle))), float(np.sum(probability * np.sin(angle)))
            middle = math.degrees(math.atan2(y, x)) % 360
            # Circular standard deviation (K. V. Mardia, P. E. Jupp, 2000, Directional statistics, section 2.3.1).
            spread = min(179.9, math.degrees(math.sqrt(-2 * math.log(min(1.0, max(1e-9, math.hypot(x, y)))))))
            return Estimate(middle, (middle - spread) % 360, (middle + spread) % 360)
        edges = np.concatenate(([0.0], np.cumsum(probability, dtype=np.float64))) / float(np.sum(probability))
        low, middle, high = np.interp((0.16, 0.5, 0.84), edges, np.arange(self.count + 1) - 0.5)
        return Estimate(self.value(middle), self.value(low), self.value(high))


DISTANCE = Bins(0.7, 200.0, 32)
"""Bins of the distance of the epicentre, km."""
AZIMUTH = Bins(0.0, 360.0, 24, circle=True)
"""Bins of the azimuth of the epicentre as seen from the station, degrees from north."""
DEPTH = Bins(0.4, 40.0, 12)
"""Bins of the depth, km."""
HEADS = (2, DISTANCE.count, AZIMUTH.count, DEPTH.count)
"""Numbers of bins of the four questions: noise or earthquake, distance, azimuth and depth."""


def heads_of(bins: int) -> tuple[int, ...]:
    """Numbers of bins of each question of a detector from their sum; what exceeds four questions belongs to clusters.

    Raises:
        DataError: there are fewer bins, or a single one for clusters.
    """
    more = bins - sum(HEADS)
    if more < 0 or more == 1:
        raise DataError(
            f"there are {bins} probabilities; a detector of places has {sum(HEADS)}, and those of two clusters or more."
        )
    return (*HEADS, more) if more else HEADS


DEPTHS = 0.5 * 80.0 ** (np.arange(76) / 45)
"""Depths that are tried when earthquakes are located from times at several stations, km below the highest of these.

The deepest earthquakes lie 700 km deep."""
_SHALLOW = 0.0, 0.25
"""Further depths for which travel times are tabulated, km: an earthquake may be nearer to lower stations."""
_NEAR, _FAR = np.arange(0.0, 50.0, 0.25), np.arange(50.0, 1001.0)
"""Distances for which travel times are tabulated, km."""
_USUAL = np.arange(5.0, 101.0), 10.0
"""Usual distances and depth of earthquakes of a network, km."""


@dataclass(frozen=True)
class Crust:
    """Velocities by which earthquakes are located.

    Attributes:
        p: mean velocity of P waves, km/s, with which picks are grouped into earthquakes.
        s: mean velocity of S waves, km/s.
        layers: layers with which earthquakes are then located; without layers the two velocities are used.

    Raises:
        DataError: S waves are not slower than P waves, or the velocities are not in km/s.
    """

    p: float = 6.0
    s: float = 3.45
    layers: Layers | None = None

    @classmethod
    def of(cls, layers: Layers) -> "Crust":
        """Crust with layers, and with the mean velocities of first arrivals at usual distances."""
        distance, depth = _USUAL
        way = np.hypot(distance, depth).sum()
        p, s = (float(way / first_arrivals(layers.tops, v, distance, depth).sum()) for v in (layers.vp, layers.vs))
        return cls(p, s, layers)

    def __post_init__(self) -> None:
        if not 0.1 <= self.s < self.p <= 20:
            raise DataError(
                f"the velocities are {self.p:g} and {self.s:g}; needed are those of P and S waves in km/s, such as "
                "--crust 6.0 3.45."
            )

    def speed(self, phase: str) -> float:
        """Velocity of P or S, km/s."""
        return self.s if phase == "S" else self.p

    @cached_property
    def times(self) -> TravelTimes | None:
        """Travel times in the layers; None without layers."""
        if self.layers is None:
            return None
        return TravelTimes.of(self.layers, np.concatenate((_NEAR, _FAR)).tolist(), [*_SHALLOW, *DEPTHS.tolist()])

    @property
    def pace(self) -> float:
        """Distance in km per second from P to S."""
        return 1 / (1 / self.s - 1 / self.p)


@dataclass(frozen=True, slots=True)
class Place:
    """Result of a detector for one station.

    Attributes:
        probability: probability of an earthquake.
        distance: distance of the epicentre, km.
        depth: km.
        azimuth: direction of the epicentre from the station, degrees from north; None if the directions of the
            horizontal components are not known.
        cluster: the most probable one; None if the detector knows none.
    """

    probability: float
    distance: Estimate
    depth: Estimate
    azimuth: Estimate | None
    cluster: Cluster | None = None

    @classmethod
    def of(cls, parts: Sequence[Sequence[float]]) -> "Place":
        """Place from the result of :meth:`parts`."""
        (probability,), distance, depth, azimuth, cluster = parts
        return cls(
            probability,
            Estimate(*distance),
            Estimate(*depth),
            Estimate(*azimuth) if azimuth else None,
            Cluster(int(cluster[0]), cluster[1]) if cluster else None,
        )

    def parts(self) -> list[list[float]]:
        """All numbers, attribute by attribute; an empty list for unknown attributes."""
        return [
            [self.probability],
            *(list(part or ()) for part in (self.distance, self.depth, self.azimuth, self.cluster)),
        ]

    def describe(self) -> str:
        """The place in words, with intervals of 68 %."""
        far, way, deep = self.distance, self.azimuth, self.depth
        where = ""
        if way is not None:
            where = f" to the {self.direction} (azimuth {way.value:.0f} degrees, {way.half:.0f} to both sides)"
        group = "" if self.cluster is None else f", cluster {self.cluster.number} ({self.cluster.probability:.2f})"
        return (
            f"earthquake with probability {self.probability:.2f}, {plain(far.value, 3)} km away ({plain(far.low, 3)} "
            f"to {plain(far.high, 3)}){where}, {plain(deep.value, 2)} km deep ({plain(deep.low, 2)} to "
            f"{plain(deep.high, 2)}){group}"
        )

    @property
    def direction(self) -> str:
        """One of eight directions in words; empty if it is not known."""
        return "" if self.azimuth is None else _DIRECTIONS[round(self.azimuth.value / 45) % 8]


def encode(
    *, event: bool, where: tuple[float, float, float] | None, cluster: int | None = None, clusters: int = 0
) -> Float32[ndarray, " bins"]:
    """Target of a detector for a pick; zeros where nothing is known.

    Args:
        event: whether the pick is the P wave of an earthquake.
        where: distance (km), azimuth (degrees) and depth (km); None if they are not known.
        cluster: number of the cluster, from 0 on; None if it is not known.
        clusters: number of clusters.
    """
    first = np.eye(2, dtype=np.float32)[int(event)]
    last = np.zeros(clusters, np.float32) if cluster is None else np.eye(clusters, dtype=np.float32)[cluster]
    scales = (DISTANCE, AZIMUTH, DEPTH)
    if where is None:
        return np.concatenate([first, *(np.zeros(scale.count, np.float32) for scale in scales), last])
    return np.concatenate([first, *(scale.encode(value) for scale, value in zip(scales, where, strict=True)), last])


def asked(phases: Float32[ndarray, "2 samples"], onset: int) -> Float32[ndarray, "2 samples"]:
    """Probabilities of P and S prepared for a detector that is asked about one P wave, at 100 Hz.

    P is kept only within half a second of the pick. S is removed from the next P wave on, because it may belong to
    that one.

    Args:
        phases: probabilities from a picker.
        onset: sample of the pick.
    """
    kept = np.zeros_like(phases)
    here = slice(max(0, onset - _ABOUT), onset + _ABOUT + 1)
    kept[0, here] = phases[0, here]
    later = np.flatnonzero(phases[0, here.stop :] >= SURE)
    end = here.stop + int(later[0]) if len(later) else phases.shape[1]
    kept[1, here.start : end] = phases[1, here.start : end]
    return kept


def place_of(
    probability: Float[ndarray, " bins"], likelihood: Float[ndarray, "distances depths"] | None = None
) -> Place:
    """Place from the probabilities of a detector.

    Args:
        probability: probabilities of all bins.
        likelihood: additional likelihood of each distance and depth; None without.

    Raises:
        DataError: the number of bins is wrong.
    """
    heads = heads_of(len(probability))
    event, distance, azimuth, depth, *more = np.split(probability, np.cumsum(heads)[:-1])
    cluster = Cluster(int(np.argmax(more[0])) + 1, float(np.max(more[0]))) if more else None
    if likelihood is not None:
        both = distance[:, None] * depth * likelihood
        distance, depth = both.sum(1), both.sum(0)
    places = DISTANCE.estimate(distance), DEPTH.estimate(depth), AZIMUTH.estimate(azimuth)
    return Place(float(event[1]), *places, cluster)


def plain(number: float, digits: int) -> str:
    """A number with so many digits and without a power of ten: 120 and 17350, not 1.2e+02 and 1.735e+04."""
    return f"{float(f'{number:.{digits}g}'):.10g}"
