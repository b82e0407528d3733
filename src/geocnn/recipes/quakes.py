"""Picking of arrivals, learnt from synthetic seismograms."""

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geocnn.checkpoints import Card
    from geocnn.models.base import Network
    from geocnn.synthetic.earthquakes import RecordedNoise, TaughtRecords
    from geocnn.training import Recipe

__all__ = ["first_network", "quakes", "recorded_noise"]

_RATE = 100.0
"""Samples per second of the records."""
_SERIES = 2_000_000
"""First series of records; training takes even numbers from here on, validation odd ones, whatever the seed."""
_SHARES = {"noise": 0.3, "records": 0.5}
"""Default shares of the training records that use noise from files, or that come from files."""


def quakes(
    *,
    size: int = 3072,
    samples: int = 6400,
    epochs: int = 25,
    batch_size: int = 32,
    learning_rate: float = 3e-3,
    channels: tuple[int, ...] = (8, 16, 32, 64, 128),
    deviation: float = 0.1,
    distance: tuple[float, float] = (1.0, 150.0),
    start: str | None = None,
    noise: str | None = None,
    noise_share: float = _SHARES["noise"],
    records: str | None = None,
    records_share: float = _SHARES["records"],
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Pick P and S waves of earthquakes in records of three components at 100 Hz, learnt from synthetic ones.

    An encoder-decoder after PhaseNet (Zhu & Beroza 2019) with a scale of its own, on stochastic seismograms (Boore
    2003) in noise between the models of Peterson (1993), made while it learns; none is shown twice.

    Args:
        size: samples of a record, a multiple of 256.
        samples: records an epoch.
        epochs: number of epochs.
        batch_size: records per step.
        learning_rate: the peak.
        channels: of the levels of the network.
        deviation: of the Gaussian about an arrival that is learnt, s.
        distance: of the earthquakes, km, smallest and largest.
        start: network whose weights to start from, a run folder.
        noise: file or folder of seismograms; what is between the arrivals that the network to start from (default the
            one that ships) picks in them is noise for some of the records.
        noise_share: of the records.
        records: file or folder of seismograms in which nobody has picked: what the network to start from (default the
            one that ships) is sure of in them is learnt in more noise, heard faster and slower, and turned.
        records_share: of the records, those from there.
        workers: processes that make records.
        seed: of the weights and the records.

    Raises:
        DataError: numbers that do not fit, a network to start from of another kind, or no noise or no earthquakes in
            the seismograms.
        MissingError: no such file.
    """
    return _recipe(dict(locals()))


def _recipe(given: dict[str, Any]) -> "Recipe":
    """Make the recipe; all arguments are kept in the card."""
    import torch

    from geocnn.datasets import EarthquakeRecords
    from geocnn.losses import soft_cross_entropy
    from geocnn.metrics import pick_scores, picks
    from geocnn.schedule import Schedule
    from geocnn.synthetic.earthquakes import EarthquakeRanges
    from geocnn.training import Recipe

    size, samples, channels, deviation, seed, start = (
        given[name] for name in ("size", "samples", "channels", "deviation", "seed", "start")
    )
    arguments = {"ndim": 1, "in_channels": 3, "out_channels": 3, "channels": tuple(channels)}
    _check(samples, channels, deviation, seed)
    check_shares(given)
    network = first_network("picker", arguments, size, seed, start)
    if start is None:
        # Most samples are noise, so a network without features should say noise. With a bias of 0 it can learn to call
        # the lack of any feature a P wave, and then no P wave is more probable than that.
        torch.nn.init.constant_(network.get_parameter("head.bias")[2:], 4.0)
    noise, records, shares = given["noise"], given["records"], (given["noise_share"], given["records_share"])
    recorded = recorded_noise(noise, shares[0], start, size) if noise else None
    taught = _taught(records, shares[1], start) if records else None
    ranges = EarthquakeRanges(distance=given["distance"])
    made = partial(EarthquakeRecords, size=size, rate=_RATE, ranges=ranges, deviation=deviation)
    pace = {name: given[name] for name in ("epochs", "batch_size", "learning_rate", "workers")}
    return Recipe(
        name="quakes",
        model=network,
        card=_card(network, arguments, _data(samples, size, recorded, taught), size, given),
        train=made(samples, seed=_SERIES + 2 * seed, noise=recorded, taught=taught),
        validation=made(256, seed=_SERIES + 2 * seed + 1),
        loss=soft_cross_entropy,
        metrics=picks,
        summary=partial(pick_scores, rate=_RATE),
        schedule=Schedule.of_windows(samples, **pace, ema=0.995, precision="auto"),
        seed=seed,
        applies_to="",
    )


def _data(samples: int, size: int, noise: "RecordedNoise | None", taught: "TaughtRecords | None") -> str:
    """Description of the training data."""
    words = f"seismograms of geocnn.synthetic.earthquakes: {samples} new records of {size} samples an epoch"
    if noise:
        words += f", {noise.share:.0%} of them in noise of {len(noise.windows)} real records"
    if taught:
        hours = sum(record.waveform.shape[1] for record in taught.records) / _RATE / 3600
        words += f"; {taught.share:.0%} are windows of {hours:.1f} h of real records instead, with "
        words += f"{len(taught.arrivals)} arrivals that the network to start from sees there"
    return words


def _taught(path: str, share: float, start: str | None) -> "TaughtRecords":
    """Real records with the answers of the network to start from.

    Raises:
        DataError: there is nothing to learn from them.
        MissingError: no such file.
    """
    from geocnn.checkpoints import load
    from geocnn.prediction.teacher import taught_records
    from geocnn.synthetic.earthquakes import TaughtRecords

    return TaughtRecords(taught_records(load("quakes" if start is None else start, ndim=1), path), share)


def _check(samples: int, channels: tuple[int, ...], deviation: float, seed: int) -> None:
    """Refuse numbers that do not fit.

    Raises:
        DataError: a number does not fit.
    """
    from geocnn.errors import DataError

    if min(samples, *channels) < 1 or seed < 0 or not 0.01 <= deviation <= 1:
        raise DataError(
            f"--samples is {samples}, --channels {' '.join(map(str, channels))}, --deviation {deviation:g} "
            f"and --seed {seed}; needed are 1 or more samples and channels, 0.01 to 1 s, and a seed of 0 or more."
        )


def check_shares(given: dict[str, Any]) -> None:
    """Refuse a share of noise or records that are not given; the default share cannot be told from none.

    Args:
        given: arguments of a recipe, with noise and perhaps records.

    Raises:
        DataError: such a share is given.
    """
    from geocnn.errors import DataError

    for name, usual in _SHARES.items():
        if name in given and not given[name] and given[f"{name}_share"] != usual:
            raise DataError(
                f"--{name}-share is {given[f'{name}_share']:g} of no seismograms; name their file or folder with "
                f"--{name}, or leave --{name}-share out."
            )


def _card(network: "Network", arguments: dict[str, Any], data: str, size: int, given: dict[str, Any]) -> "Card":
    """Card of the network before training."""
    from geocnn.checkpoints import Card
    from geocnn.synthetic.earthquakes import COMPONENTS
    from geocnn.tracing import reach_of

    return Card(
        name="quakes",
        task="segmentation",
        architecture="picker",
        arguments=arguments,
        classes=("P", "S", "noise"),
        channels=COMPONENTS,
        axes=("time",),
        window=(size,),
        normalisation={"kind": "none"},
        size_multiple=network.sizes.step,
        reach=reach_of(network),
        data=data,
        training={"arguments": given},
    )


def first_network(architecture: str, arguments: dict[str, Any], size: int, seed: int, start: str | None) -> "Network":
    """Check the size, and make the network with its first weights.

    Args:
        architecture: its name in the table.
        arguments: its keyword arguments.
        size: samples of a record.
        seed: seed of the weights.
        start: network whose weights to start from; None for fresh weights.

    Raises:
        DataError: the size does not fit, or the network to start from is of another kind.
    """
    from geocnn.checkpoints import load
    from geocnn.errors import DataError
    from geocnn.hardware import seeded
    from geocnn.models import build

    with seeded(seed):
        network = build(architecture, **arguments)
    if not network.sizes.fits((size,)):
        raise DataError(f"--size is {size}; needed is a multiple of {network.sizes.step} samples.")
    if start is not None:
        trained = load(start, ndim=1)
        if (trained.card.architecture, trained.card.arguments) != (architecture, arguments):
            raise DataError(f"--start {start} is another network; needed is one of this recipe with the same options.")
        network.load_state_dict(trained.model.state_dict())
    return network


def recorded_noise(path: str, share: float, start: str | None, size: int) -> "RecordedNoise":
    """Noise of real stations.

    Raises:
        DataError: there is no noise in the files.
        MissingError: no such file.
    """
    from geocnn.checkpoints import load
    from geocnn.prediction.quiet import quiet_windows
    from geocnn.synthetic.earthquakes import RecordedNoise

    picker = load("quakes" if start is None else start, ndim=1)
    return RecordedNoise(quiet_windows(picker, path, RecordedNoise.length(size)), share)
