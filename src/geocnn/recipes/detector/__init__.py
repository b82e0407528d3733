"""A detector that tells where an earthquake is, learnt from synthetic seismograms."""

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from geocnn.checkpoints import Card
    from geocnn.recipes.detector.data import PlacedRecords
    from geocnn.synthetic.earthquakes import RecordedNoise
    from geocnn.training import Recipe

__all__ = ["detector"]

_RATE = 100.0
"""Samples per second of the records."""
_SERIES = 6_000_000
"""Training takes the even and validation the odd series from here on, whatever the seed."""


def detector(
    *,
    size: int = 3072,
    samples: int = 6400,
    epochs: int = 60,
    batch_size: int = 32,
    learning_rate: float = 2e-3,
    distance: tuple[float, float] = (1.0, 150.0),
    depth: tuple[float, float] = (0.5, 15.0),
    vp: tuple[float, float] = (4.8, 6.4),
    ratio: tuple[float, float] = (1.64, 1.84),
    picker: str = "quakes",
    start: str | None = None,
    noise: str | None = None,
    noise_share: float = 0.3,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Detect local earthquakes in windows of 30 s of three components, and tell distance, azimuth and depth.

    After ConvNetQuake (Perol, Gharbi & Denolle 2018), for any station: learnt from stochastic seismograms (Boore 2003)
    in noise between the models of Peterson (1993), made while it learns. For a network of stations give the distances,
    depths and velocities of its region: what is known beforehand makes the answers better.

    Args:
        size: samples of a window, a multiple of 256.
        samples: records an epoch.
        epochs: number of epochs.
        batch_size: records per step.
        learning_rate: the peak.
        distance: of the hypocentres, km; log-uniform.
        depth: of the sources, km, no more than that; uniform.
        vp: mean velocity of P waves on the way, km/s.
        ratio: of the velocities of P and S waves.
        picker: network that says where P and S are: quakes, or a run folder of geocnn train quakes.
        start: network whose weights to start from, a run folder.
        noise: file or folder of seismograms; what is between the arrivals that the picker finds in them is noise
            for some of the records.
        noise_share: of the records.
        workers: processes that make records.
        seed: of the weights and the records.

    Raises:
        DataError: numbers that do not fit, a network to start from of another kind, or no noise in the seismograms.
        MissingError: no such file.
    """
    given = dict(locals())  # all arguments, for the card
    from geocnn.location import HEADS
    from geocnn.losses import heads_cross_entropy
    from geocnn.metrics import place_scores, places
    from geocnn.recipes.quakes import first_network, recorded_noise
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe

    arguments: dict[str, Any] = {"ndim": 1, "in_channels": 5, "out_channels": sum(HEADS), "heads": HEADS}
    network = first_network("detector", arguments, size, seed, start)
    records = _records(size, picker, {"distance": distance, "depth": depth, "vp": vp, "ratio": ratio})
    recorded = recorded_noise(noise, noise_share, picker, size) if noise else None
    return Recipe(
        name="detector",
        model=network,
        card=_card(arguments, given, recorded),
        train=records(samples, seed=_SERIES + 2 * seed, noise=recorded),
        validation=records(256, seed=_SERIES + 2 * seed + 1),
        loss=partial(heads_cross_entropy, heads=HEADS),
        metrics=places,
        summary=place_scores,
        schedule=Schedule.of_windows(
            samples,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            ema=0.998,
            workers=workers,
            precision="auto",
            threads=1,
        ),
        seed=seed,
        applies_to="",
    )


def _records(size: int, picker: str, pairs: dict[str, tuple[float, float]]) -> "Callable[..., PlacedRecords]":
    """What makes a series of records, and asks about them.

    Raises:
        DataError: ranges that do not fit, or the network is no picker.
    """
    from geocnn.checkpoints import is_picker, load
    from geocnn.errors import DataError
    from geocnn.recipes.detector.data import PlacedRecords
    from geocnn.synthetic.earthquakes import EarthquakeRanges

    given: dict[str, Any] = {name: (float(low), float(high)) for name, (low, high) in pairs.items()}
    # Swarms, in which a record holds several earthquakes, are where one wants to know places most.
    ranges = EarthquakeRanges(**given, second=0.35, flipped=0.01, dead=0.15)
    phases = load(picker, ndim=1)
    if not is_picker(phases.card):
        raise DataError(f"--picker {picker} picks no P and S waves; give quakes, or a run of geocnn train quakes.")
    return partial(PlacedRecords, size=size, rate=_RATE, picker=phases.model, ranges=ranges)


def _card(arguments: dict[str, Any], given: dict[str, Any], recorded: "RecordedNoise | None") -> "Card":
    """What is known of the network before it has learnt."""
    from geocnn.checkpoints import Card
    from geocnn.synthetic.earthquakes import COMPONENTS

    size = given["size"]
    data = f"seismograms of geocnn.synthetic.earthquakes: {given['samples']} new records of {size} samples an epoch"
    if recorded:
        data += f", {given['noise_share']:.0%} of them in noise of {len(recorded.windows)} real records"
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
        training={"arguments": given},
    )
