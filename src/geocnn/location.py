"""Where an earthquake is, seen from one station, as distributions over bins of distance, azimuth and depth."""

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
"""Standard deviation, in bins, of what is learnt about the true value: neighbours are nearly right."""
_ABOUT = 50
"""Samples on each side of a pick that are of the same wave."""
SURE = 0.7
"""Probability from which on what looks like another P wave is one."""
_DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class Estimate(NamedTuple):
    """A number with its uncertainty.

    Attributes:
        value: the median, of an azimuth the mean direction.
        low: from here
        high: to here it is with a probability of 68 %; of an azimuth ``high`` may be the smaller number.
    """

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of the interval, of a direction that goes through north as well."""
        return (self.high - self.low if self.high >= self.low else self.high - self.low + 360) / 2


class Cluster(NamedTuple):
    """One of the clusters into which the earthquakes of a region fall.

    Attributes:
        number: from 1 on.
        probability: that it is this one.
    """

    number: int
    probability: float


@dataclass(frozen=True)
class Bins:
    """Bins of equal width, of the logarithm or of a direction.

    Attributes:
        low: lower end of the first.
        high: upper end of the last.
        count: of the bins.
        circle: directions in degrees, whose last bin is beside the first; else bins of the logarithm.
    """

    low: float
    high: float
    count: int
    circle: bool = False

    def position(self, value: float) -> float:
        """Where a value lies: 0 at the middle of the first bin, 1 at that of the second."""
        if self.circle:
            return (value - self.low) / (self.high - self.low) * self.count - 0.5
        value = max(value, 1e-3 * self.low)  # right below a station, and above it
        return math.log(value / self.low) / math.log(self.high / self.low) * self.count - 0.5

    def value(self, position: float) -> float:
        """What lies there."""
        share = (position + 0.5) / self.count
        if self.circle:
            return (self.low + share * (self.high - self.low)) % 360
        return float(self.low * (self.high / self.low) ** share)

    def encode(self, value: float) -> Float32[ndarray, " count"]:
        """The distribution that is learnt about a true value; values beyond the ends belong to the last bins."""
        apart = np.arange(self.count) - self.position(value)
        if self.circle:
            apart = (apart + self.count / 2) % self.count - self.count / 2
        else:
            apart = np.arange(self.count) - np.clip(self.position(value), 0, self.count - 1)
        weights = np.exp(-0.5 * (apart / _BLUR) ** 2)
        return np.asarray(weights / weights.sum(), np.float32)

    def estimate(self, probability: Float[ndarray, " count"]) -> Estimate:
        """Value and uncertainty of a distribution."""
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
"""Of the epicentre, km."""
AZIMUTH = Bins(0.0, 360.0, 24, circle=True)
"""Of the epicentre as seen from the station, degrees from north."""
DEPTH = Bins(0.4, 40.0, 12)
"""km."""
HEADS = (2, DISTANCE.count, AZIMUTH.count, DEPTH.count)
"""Bins of the four questions: noise or an earthquake, then where."""


def heads_of(bins: int) -> tuple[int, ...]:
    """Bins of each question of a detector with so many in all; what is more than of four belongs to clusters.

    Raises:
        DataError: fewer, or a single cluster.
    """
    more = bins - sum(HEADS)
    if more < 0 or more == 1:
        raise DataError(
            f"there are {bins} probabilities; a detector of places has {sum(HEADS)}, and those of two clusters or more."
        )
    return (*HEADS, more) if more else HEADS


DEPTHS = np.geomspace(0.5, 40.0, 46)
"""Of earthquakes that are looked for from the times at several stations, km."""
_NEAR, _FAR = np.arange(0.0, 50.0, 0.25), np.arange(50.0, 1001.0)
"""Distances for which travel times are tabulated, km."""
_USUAL = np.arange(5.0, 101.0), 10.0
"""Distances and the depth of earthquakes of most networks, km."""


@dataclass(frozen=True)
class Crust:
    """Velocities by which earthquakes are located.

    Attributes:
        p: mean velocity of P waves, km/s, by which picks are put together to earthquakes.
        s: that of S waves, km/s.
        layers: by which earthquakes are then located; without them it is by these two velocities.

    Raises:
        DataError: S waves are not the slower ones, or the velocities are no km/s.
    """

    p: float = 6.0
    s: float = 3.45
    layers: Layers | None = None

    @classmethod
    def of(cls, layers: Layers) -> "Crust":
        """In layers, with the velocities that first arrivals have on the average of usual distances."""
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
        """Travel times in the layers."""
        if self.layers is None:
            return None
        return TravelTimes.of(self.layers, np.concatenate((_NEAR, _FAR)).tolist(), DEPTHS.tolist())

    @property
    def pace(self) -> float:
        """Kilometres for each second from P to S."""
        return 1 / (1 / self.s - 1 / self.p)


@dataclass(frozen=True, slots=True)
class Place:
    """What one station says of an earthquake.

    Attributes:
        probability: that there is one.
        distance: of the epicentre, km.
        depth: km.
        azimuth: of the epicentre, seen from the station, degrees from north; None where nobody knows in which
            directions the horizontal components point.
        cluster: the likeliest; None where the detector knows of none.
    """

    probability: float
    distance: Estimate
    depth: Estimate
    azimuth: Estimate | None
    cluster: Cluster | None = None

    @classmethod
    def of(cls, parts: Sequence[Sequence[float]]) -> "Place":
        """The place with these :meth:`parts`."""
        (probability,), distance, depth, azimuth, cluster = parts
        return cls(
            probability,
            Estimate(*distance),
            Estimate(*depth),
            Estimate(*azimuth) if azimuth else None,
            Cluster(int(cluster[0]), cluster[1]) if cluster else None,
        )

    def parts(self) -> list[list[float]]:
        """All of its numbers, attribute by attribute; none of what is not known."""
        return [
            [self.probability],
            *(list(part or ()) for part in (self.distance, self.depth, self.azimuth, self.cluster)),
        ]

    def describe(self) -> str:
        """In words, with the intervals of 68 %."""
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
        """One of eight; empty where it is not known."""
        return "" if self.azimuth is None else _DIRECTIONS[round(self.azimuth.value / 45) % 8]


def encode(
    *, event: bool, where: tuple[float, float, float] | None, cluster: int | None = None, clusters: int = 0
) -> Float32[ndarray, " bins"]:
    """What a detector learns of a pick; zeros where nothing is known.

    Args:
        event: whether it is the P wave of an earthquake.
        where: distance, km, azimuth, degrees, and depth, km; None where they are not known.
        cluster: from 0 on; None where it is not known.
        clusters: number of them.
    """
    first = np.eye(2, dtype=np.float32)[int(event)]
    last = np.zeros(clusters, np.float32) if cluster is None else np.eye(clusters, dtype=np.float32)[cluster]
    scales = (DISTANCE, AZIMUTH, DEPTH)
    if where is None:
        return np.concatenate([first, *(np.zeros(scale.count, np.float32) for scale in scales), last])
    return np.concatenate([first, *(scale.encode(value) for scale, value in zip(scales, where, strict=True)), last])


def asked(phases: Float32[ndarray, "2 samples"], onset: int) -> Float32[ndarray, "2 samples"]:
    """Probabilities of P and S as a detector takes them that is asked about one P wave, at 100 Hz.

    P is left within half a second of the pick alone. What comes from the next P wave on may be the S wave of that one,
    and is left out.

    Args:
        phases: as a picker gives them.
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
    """What the probabilities of a detector say.

    Args:
        probability: of all bins.
        likelihood: of what else is known, at each distance and depth.

    Raises:
        DataError: another number of bins.
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
    """A number to so many digits, large ones without a power of ten: 120 and 17350, not 1.2e+02 and 1.735e+04."""
    return f"{float(f'{number:.{digits}g}'):.10g}"
