"""Data of the recipe convnetquake: the station, the catalogue, and their split."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from geocnn.checkpoints import Card
from geocnn.errors import DataError
from geocnn.hardware import seeded
from geocnn.io.regions import read_region
from geocnn.io.velocity_models import read_layers
from geocnn.models import build
from geocnn.models.base import Network
from geocnn.recipes.convnetquake.data import NORMALISATION, RATE, RECORD, SIZE, RegionWindows
from geocnn.synthetic.clusters import centres
from geocnn.synthetic.earthquakes import COMPONENTS
from geocnn.synthetic.region import FAR, LAYERS, SITE, Region, sequence
from geocnn.travel import Layers

__all__ = ["Job", "plan"]

_LEARNT, _JUDGED = 10_000_000, 20_000_000
"""First number of the noise records for training and for validation; records of earthquakes use smaller numbers."""
_SERIES = 5_000_000
"""First series of windows; training takes even numbers from here on, validation odd ones."""
_TESTED = 209
"""Largest number of earthquakes for testing by default: that of the paper, of 2918."""
_NOTES = (
    "Learnt from synthetic records of one station, whose site, path and scattered waves it knows: for another station, "
    "and for real records, it has to learn anew. Detection is any class but noise."
)


@dataclass(frozen=True, eq=False)
class Job:
    """Network and windows of a training, with a description.

    Attributes:
        model: the network with its first weights.
        card: card before training.
        train: training windows.
        validation: validation windows, of other earthquakes and noise.
        lines: what a user should see before training begins.
    """

    model: Network
    card: Card
    train: RegionWindows
    validation: RegionWindows
    lines: tuple[str, ...]


def plan(
    *,
    clusters: int,
    places: tuple[str | Path | None, str | None, str | Path | None],
    error: float,
    velocity_model: Path | None,
    counts: tuple[int, int | None, int],
    l2: float,
    seed: int,
) -> Job:
    """Make network and windows.

    Args:
        clusters: number of clusters.
        places: file of stations, name of the station, file of earthquakes.
        error: of catalogued epicentres, km.
        velocity_model: file of layers.
        counts: number of earthquakes to be made, number of earthquakes for testing, None for the default, and
            hours of noise.
        l2: factor of the penalty on the kernels.
        seed: seed of everything.
    """
    events, tested, hours = counts
    given = {"events": events, "tested": tested, "hours": hours}
    known = {name: number for name, number in given.items() if number is not None}
    if min(clusters, *known.values()) < 1 or seed < 0 or not 0 <= error <= 50 or not 0 <= l2 < 1e3:
        raise DataError(
            f"--clusters is {clusters}, {', '.join(f'--{name} {number}' for name, number in known.items())}, --error "
            f"{error:g}, --l2 {l2:g} and --seed {seed}; needed are 1 or more of clusters, events, tested and hours, 0 "
            "to 50 km, and 0 or more of the others."
        )
    layers = LAYERS if velocity_model is None else read_layers(velocity_model)
    region, found = _region(places, events, clusters, error, layers, seed)
    tested = _tested(tested, len(region))
    order = np.random.default_rng((seed, 17)).permutation(len(region))
    noise = range(_LEARNT, _LEARNT + 60 * hours)
    train = RegionWindows(region, order[tested:], noise, _SERIES + 2 * seed)
    judged = range(_JUDGED, _JUDGED + tested)
    validation = RegionWindows(region, order[:tested], judged, _SERIES + 2 * seed + 1, white=False)
    with seeded(seed):
        model = build("convnetquake", ndim=1, in_channels=3, out_channels=clusters + 1)
    said = (
        f"synthetic records of {found} at station {region.site}: {len(train.events)} to learn from in {hours} h of "
        f"noise, {tested} for testing"
    )
    sizes = np.bincount(region.cluster)
    return Job(
        model,
        _card(clusters, said).replace(
            training={"clusters": list(centres(region.hypocentres, region.cluster)), "station": str(region.site)}
        ),
        train,
        validation,
        (
            f"data: {said}",
            f"classes: noise and {clusters} clusters of {sizes.min()} to {sizes.max()} earthquakes each",
            f"network: convnetquake, {sum(p.numel() for p in model.parameters()):,} parameters",
        ),
    )


def _tested(given: int | None, count: int) -> int:
    """Number of earthquakes that are kept for testing, of ``count``.

    Raises:
        DataError: none is left to learn from.
    """
    if given is None and count < 2:
        raise DataError(f"there is {count} earthquake; needed are 2 or more, one to learn from and one for testing.")
    tested = min(_TESTED, max(1, count // 5)) if given is None else given
    if tested >= count:
        raise DataError(f"--tested is {tested} of {count} earthquakes; some must be left to learn from.")
    return tested


def _region(
    places: tuple[str | Path | None, str | None, str | Path | None],
    events: int,
    clusters: int,
    error: float,
    layers: Layers,
    seed: int,
) -> tuple[Region, str]:
    """The region, and a description of its earthquakes."""
    told = read_region(*places)
    put = partial(Region.of, groups=clusters, error=error, layers=layers, seed=seed, size=RECORD, rate=RATE)
    if told is None:
        made, strike = sequence(events, seed=seed)
        return put(made, SITE, strike=strike), f"{events} made earthquakes"
    known = told.hypocentres
    region = put(known, told.sites[0])
    far = f" (the other {len(known) - len(region)} are farther than {FAR:g} km)" if len(region) < len(known) else ""
    return region, f"{len(region)} earthquakes of {told.name}{far}"


def _card(clusters: int, data: str) -> Card:
    """Card of the network before training."""
    return Card(
        name="convnetquake",
        task="classification",
        architecture="convnetquake",
        arguments={"ndim": 1, "in_channels": 3, "out_channels": clusters + 1},
        classes=("noise", *(f"cluster {k + 1}" for k in range(clusters))),
        channels=COMPONENTS,
        axes=("time",),
        window=(SIZE,),
        normalisation=dict(NORMALISATION),
        data=data,
        notes=_NOTES,
    )
