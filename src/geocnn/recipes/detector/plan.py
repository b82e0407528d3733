"""Training data of the recipe detector: records, and places of the earthquakes of a region."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from geocnn.checkpoints import Card, is_picker, load
from geocnn.errors import DataError
from geocnn.io.regions import read_region
from geocnn.io.velocity_models import read_layers
from geocnn.location import HEADS
from geocnn.models.base import Network
from geocnn.recipes.detector.data import PlacedRecords
from geocnn.recipes.quakes import check_shares, first_network, recorded_noise
from geocnn.synthetic.earthquakes import COMPONENTS, EarthquakeRanges, Places, RecordedNoise
from geocnn.travel import TravelTimes

__all__ = ["Job", "plan"]

_RATE = 100.0
"""Samples per second of the records."""
_SERIES = 6_000_000
"""First series of records; training takes even numbers from here on, validation odd ones, whatever the seed."""


@dataclass(frozen=True, eq=False)
class Job:
    """Network and records of a training, with a description.

    Attributes:
        model: the network with its first weights.
        card: card before training.
        heads: number of bins of each question.
        train: training records.
        validation: validation records.
        lines: what a user should see before training begins.
    """

    model: Network
    card: Card
    heads: tuple[int, ...]
    train: PlacedRecords
    validation: PlacedRecords
    lines: tuple[str, ...]


def plan(given: dict[str, Any]) -> Job:
    """Make network and records.

    Args:
        given: arguments of the recipe.
    """
    check_shares(given)
    size, samples, seed, picker = (given[name] for name in ("size", "samples", "seed", "picker"))
    clusters, error, share = (given[name] for name in ("clusters", "error", "noise_share"))
    ranges = {name: given[name] for name in ("distance", "depth", "vp", "ratio")}
    files = given["stations"], given["station"], given["catalogue"]
    places, where = _places(files, clusters, error, ranges["distance"][1], seed)
    times = _times(given["velocity_model"], ranges, places, error)
    heads = (*HEADS, clusters) if clusters else HEADS
    arguments = _arguments(heads)
    network = _network(arguments, size, seed, given["start"])
    records = _records(size, picker, ranges, places, times)
    recorded = recorded_noise(given["noise"], share, picker, size) if given["noise"] else None
    return Job(
        network,
        _card(arguments, given, recorded, places, where),
        heads,
        records(samples, seed=_SERIES + 2 * seed, noise=recorded),
        records(256, seed=_SERIES + 2 * seed + 1),
        (f"earthquakes: {where}",) if where else (),
    )


def _arguments(heads: Sequence[int]) -> dict[str, Any]:
    """Keyword arguments of a detector with these bins."""
    return {"ndim": 1, "in_channels": 5, "out_channels": sum(heads), "heads": tuple(heads)}


def _network(arguments: dict[str, Any], size: int, seed: int, start: str | None) -> Network:
    """Detector with its first weights; a network without clusters can be the start of one with clusters.

    Raises:
        DataError: the size does not fit, or the network to start from is of another kind.
    """
    plain = _arguments(HEADS)
    if start is None or arguments == plain or load(start, ndim=1).card.arguments != plain:
        return first_network("detector", arguments, size, seed, start)
    known = first_network("detector", plain, size, seed, start).state_dict()
    network = first_network("detector", arguments, size, seed, None)
    for name, value in network.state_dict().items():
        same = known[name]
        known[name] = same if same.shape == value.shape else torch.cat((same, value[len(same) :]))
    network.load_state_dict(known)
    return network


def _places(
    files: tuple[str | None, str | None, str | None], clusters: int, error: float, farthest: float, seed: int
) -> tuple[Places | None, str]:
    """Places of the earthquakes of a region, and a description; None if no files are given.

    Raises:
        DataError: clusters without a single station, an error that no catalogue has, or no earthquake near.
    """
    region = read_region(*files)
    if not 0 <= error <= 50 or clusters < 0 or clusters == 1:
        raise DataError(f"--error is {error:g} and --clusters {clusters}; needed are 0 to 50 km, and 0 or 2 or more.")
    if clusters and (region is None or len(region.sites) > 1):
        have = "no stations are" if region is None else f"{len(region.sites)} stations are"
        raise DataError(
            f"--clusters is {clusters}, and {have} given; clusters are told apart at one station: give --stations FILE "
            "--catalogue FILE --station NAME."
        )
    if region is None:
        return None, ""
    found = Places.of(region.sites, region.hypocentres, farthest=farthest, groups=clusters, error=error, seed=seed)
    at = f"station {region.sites[0]}" if len(region.sites) == 1 else f"{len(region.sites)} stations"
    left = len(region.hypocentres) - len(found)
    far = f" (the other {left} are farther than {farthest:g} km)" if left else ""
    groups = f", {clusters} clusters" if clusters else ""
    return found, f"{len(found)} of {region.name} at {at}{groups}{far}"


def _times(
    model: str | None, pairs: dict[str, tuple[float, float]], places: Places | None, error: float
) -> TravelTimes | None:
    """Travel times in the layers of a file, for the ranges in which earthquakes are drawn; None without a file."""
    if model is None:
        return None
    deepest = pairs["depth"][1] if places is None else float(places.depth.max())
    return TravelTimes.within(read_layers(model), *(most + 8 * error for most in (pairs["distance"][1], deepest)))


def _records(
    size: int,
    picker: str,
    pairs: dict[str, tuple[float, float]],
    places: Places | None,
    times: TravelTimes | None,
) -> Callable[..., PlacedRecords]:
    """Function that makes a series of records with questions.

    Raises:
        DataError: ranges do not fit, or the network is no picker.
    """
    given: dict[str, Any] = {name: (float(low), float(high)) for name, (low, high) in pairs.items()}
    # In swarms, where a record holds several earthquakes, places are of most interest.
    ranges = EarthquakeRanges(**given, second=0.35, flipped=0.01, dead=0.15)
    phases = load(picker, ndim=1)
    if not is_picker(phases.card):
        raise DataError(f"--picker {picker} picks no P and S waves; give quakes, or a run of geocnn train quakes.")
    return partial(PlacedRecords, size=size, rate=_RATE, picker=phases.model, ranges=ranges, places=places, times=times)


def _card(
    arguments: dict[str, Any],
    given: dict[str, Any],
    recorded: RecordedNoise | None,
    places: Places | None,
    where: str,
) -> Card:
    """Card of the network before training."""
    size = given["size"]
    data = f"seismograms of geocnn.synthetic.earthquakes: {given['samples']} new records of {size} samples an epoch"
    if recorded:
        data += f", {given['noise_share']:.0%} of them in noise of {len(recorded.windows)} real records"
    if where:
        data += f", where the earthquakes are: {where}"
    if given["velocity_model"]:
        data += f", with travel times in the layers of {Path(given['velocity_model']).name}"
    clusters = {"clusters": list(places.centres), "station": places.stations[0]} if places and places.centres else {}
    layers = {"layers": asdict(read_layers(given["velocity_model"]))} if given["velocity_model"] else {}
    return Card(
        name="detector",
        task="location",
        architecture="detector",
        arguments=arguments,
        classes=("noise", "earthquake"),
        channels=(*COMPONENTS, "P", "S"),
        axes=("time",),
        window=(size,),
        normalisation={"kind": "none"},
        size_multiple=256,
        data=data,
        training={"arguments": given} | clusters | layers,
    )
