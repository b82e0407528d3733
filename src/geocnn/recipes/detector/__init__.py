"""A detector that tells where an earthquake is, learnt from synthetic seismograms."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geocnn.training import Recipe

__all__ = ["detector"]

_VELOCITIES = {"vp": (4.8, 6.4), "ratio": (1.64, 1.84)}
"""Default ranges of velocities, for which layers can stand."""


def detector(
    *,
    size: int = 3072,
    samples: int = 6400,
    epochs: int = 60,
    batch_size: int = 32,
    learning_rate: float = 2e-3,
    distance: tuple[float, float] = (1.0, 150.0),
    depth: tuple[float, float] = (0.5, 15.0),
    vp: tuple[float, float] = _VELOCITIES["vp"],
    ratio: tuple[float, float] = _VELOCITIES["ratio"],
    velocity_model: Path | None = None,
    stations: Path | None = None,
    station: str | None = None,
    catalogue: Path | None = None,
    error: float = 1.0,
    clusters: int = 0,
    picker: str = "quakes",
    start: str | None = None,
    noise: str | None = None,
    noise_share: float = 0.3,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Detect local earthquakes in windows of 30 s of three components, and tell distance, azimuth and depth.

    After ConvNetQuake (Perol, Gharbi & Denolle 2018), for any station: learnt from stochastic seismograms (Boore 2003)
    in noise between the models of Peterson (1993). What is known beforehand makes the answers better: stations and a
    catalogue, or distances and depths, and velocities. For a single station it learns clusters of epicentres as well.

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
        velocity_model: table of layers, depth_km of their tops, vp_km_s, vs_km_s, in place of --vp and --ratio.
        stations: StationXML, or a table: network, station, latitude, longitude, elevation_m.
        station: the only one of them to learn for, such as OK.ABC1 or ABC1.
        catalogue: table of earthquakes, latitude, longitude, depth_km, magnitude, in place of even distances, depths.
        error: standard deviation of its places, to east, to north and downwards, km.
        clusters: of its epicentres, for a single station; 0 for none.
        picker: network that says where P and S are: quakes, or a run folder of geocnn train quakes.
        start: network whose weights to start from, a run folder.
        noise: seismograms; what is between their arrivals is noise for some of the records.
        noise_share: of the records.
        workers: processes that make records.
        seed: of the weights and the records.

    Raises:
        DataError: numbers or networks that do not fit, no noise in the seismograms, or no earthquake near.
        FormatError, MissingError: a table that is none; no such file or station.
    """
    given = {k: str(v) if isinstance(v, Path) else v for k, v in locals().items()}  # all arguments, for the card
    from geocnn.losses import heads_cross_entropy
    from geocnn.metrics import place_scores, places
    from geocnn.recipes.detector.plan import plan
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe

    job = plan(_checked(given))
    pace = {"batch_size": batch_size, "learning_rate": learning_rate, "ema": 0.998, "workers": workers}
    return Recipe(
        name="detector",
        model=job.model,
        card=job.card,
        train=job.train,
        validation=job.validation,
        loss=partial(heads_cross_entropy, heads=job.heads),
        metrics=places,
        summary=place_scores,
        schedule=Schedule.of_windows(samples, epochs=epochs, **pace, precision="auto", threads=1),
        seed=seed,
        applies_to="",
        plan=job.lines,
    )


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments, without ranges of velocities beside layers; the default ranges cannot be told from none.

    Raises:
        DataError: there are both.
    """
    from geocnn.errors import DataError

    ranges = [name for name, usual in _VELOCITIES.items() if tuple(given[name]) != usual]
    if given["velocity_model"] and ranges:
        words = " ".join(f"--{name} {' '.join(f'{number:g}' for number in given[name])}" for name in ranges)
        raise DataError(
            f"--velocity-model {given['velocity_model']} gives the velocities, in place of --vp and --ratio; leave out "
            f"{words}, or --velocity-model."
        )
    return given
