"""ConvNetQuake: earthquakes of a region detected and located at one station."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geocnn.recipes.convnetquake.plan import Job
    from geocnn.training import Recipe

__all__ = ["convnetquake"]


def convnetquake(
    *,
    clusters: int = 6,
    stations: Path | None = None,
    station: str | None = None,
    catalogue: Path | None = None,
    error: float = 0.5,
    events: int = 2918,
    tested: int = 209,
    hours: int = 48,
    epochs: int = 60,
    batch_size: int = 128,
    learning_rate: float = 1e-4,
    l2: float = 1e-3,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Detect earthquakes in windows of 10 s of one station, and tell from which part of the region they come.

    ConvNetQuake as published (Perol, Gharbi & Denolle 2018): eight convolutions on 1,001 samples of three components;
    class 0 is noise, the others are clusters of epicentres (k-means). Adam, batches of as many windows of noise as of
    earthquakes, L2 on the kernels of the convolutions, white noise added. The published records are no longer to be
    had: these are synthetic ones for a catalogue like that of Guthrie, Oklahoma, or for one of your own, at a station
    that keeps its site, its instrument and the scatterers around it.

    What differs from the paper: windows are normalised one by one (the mean of each component is removed, then all are
    divided by the largest magnitude), not by the largest amplitude of the month, which a stream does not know; a window
    of an earthquake is cut anew in every epoch, P 0.5 to 4 s behind its beginning; white noise is added to windows of
    noise as well, 20 to 80 dB below the largest amplitude; fewer steps: 43 an epoch.

    Args:
        clusters: of epicentres; the paper has 6 and 50.
        stations: StationXML, or a table with the columns network, station, latitude, longitude and elevation_m;
            without it a station in the middle of the catalogue that is made.
        station: which of them, such as OK.ABC1 or ABC1; default the first.
        catalogue: table with the columns latitude, longitude, depth_km and magnitude; without it one is made.
        error: standard deviation of the epicentres from which the clusters are made, to east and north, km.
        events: earthquakes of the catalogue that is made, with those for testing.
        tested: earthquakes that are kept for testing.
        hours: of noise to learn from.
        epochs: number of epochs, in which each earthquake is shown once.
        batch_size: windows per step, half of them of earthquakes.
        learning_rate: of Adam.
        l2: factor of the sum of squares of the kernels in the loss.
        workers: processes that prepare windows.
        seed: of the catalogue, the station, the weights and the order.

    Raises:
        DataError: numbers that do not fit, or no earthquake near the station.
        FormatError: files that are no stations or no catalogue.
        MissingError: no such file or station.
    """
    given = {k: str(v) if isinstance(v, Path) else v for k, v in locals().items()}  # all arguments, for the card
    from geocnn.losses import cross_entropy, kernel_penalty
    from geocnn.metrics import confusion, detections
    from geocnn.recipes.convnetquake.plan import plan
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe

    job: Job = plan(
        clusters=clusters,
        places=(stations, station, catalogue),
        error=error,
        counts=(events, tested, hours),
        l2=l2,
        seed=seed,
    )
    return Recipe(
        name="convnetquake",
        model=job.model,
        card=job.card.replace(training={"arguments": given}),
        train=job.train,
        validation=job.validation,
        loss=cross_entropy,
        metrics=confusion,
        summary=partial(detections, classes=clusters + 1),
        schedule=Schedule(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            shuffle=False,
            fresh=True,
            workers=workers,
            threads=1,
        ),
        seed=seed,
        report="convnetquake",
        applies_to="windows.npz",
        plan=job.lines,
        penalty=partial(kernel_penalty, weight=l2) if l2 else None,
    )
