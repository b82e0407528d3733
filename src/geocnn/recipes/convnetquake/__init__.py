"""ConvNetQuake: earthquakes of a region detected and located at one station.

T. Perol, M. Gharbi, M. Denolle, 2018, Convolutional neural network for earthquake detection and location, Science
Advances 4(2), e1700578. As there: class 0 is noise, the others are clusters of epicentres by k-means; Adam; batches of
64 windows of earthquakes and 64 of noise; 1e-3 times the squares of the kernels of the convolutions in the loss; white
noise added.

What differs: the records are synthetic; amplitudes are relative to the noise about them, and compressed
(:func:`geocnn.models.convnetquake.scaled`), not relative to the largest amplitude of the month, which a stream does not
know; windows of an earthquake are cut anew in every epoch, P 0.5 to 4 s behind the beginning; white noise, 20 to 80 dB
below the largest amplitude, is added to windows of noise as well; the learning rate is ten times as large, 1e-3, for
the time that a processor has; weights begin as He et al. (2015) have them.
"""

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
    velocity_model: Path | None = None,
    events: int = 2918,
    tested: int | None = None,
    hours: int = 48,
    epochs: int = 90,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    l2: float = 1e-3,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Detect earthquakes in windows of 10 s of one station, and tell from which part of the region they come.

    ConvNetQuake as published (Perol, Gharbi & Denolle 2018): Adam, as many windows of noise as of earthquakes, L2 on
    the kernels of the convolutions, white noise added. The published records are no longer to be had: these are
    synthetic, of a catalogue like that of Guthrie, Oklahoma, or of yours, at a station that keeps its site, instrument
    and scatterers. Amplitudes are relative to the noise about them, not to the largest of the month, which a stream
    does not know; windows are cut anew in every epoch. geocnn predict RUN FOLDER finds earthquakes in records of any
    length then.

    Args:
        clusters: of epicentres; the paper has 6 and 50.
        stations: StationXML, or a table with the columns network, station, latitude, longitude and elevation_m.
        station: which of them, such as OK.ABC1 or ABC1; default the first.
        catalogue: table with the columns latitude, longitude, depth_km and magnitude; without it one is made.
        error: standard deviation of the epicentres from which the clusters are made, to east and north, km.
        velocity_model: of the crust, a table with the columns depth_km, of the top of a layer, vp_km_s, vs_km_s;
            default is one such as that of central Oklahoma.
        events: earthquakes of the catalogue that is made, with those for testing.
        tested: earthquakes that are kept for testing; default a fifth, and at most 209.
        hours: of noise to learn from.
        epochs: number of epochs, in which each earthquake is shown once.
        batch_size: windows per step, half of them of earthquakes.
        learning_rate: of Adam; the paper has 1e-4, for longer.
        l2: factor of the sum of squares of the kernels in the loss.
        workers: processes that prepare windows.
        seed: of the catalogue, the station, the weights and the order.

    Raises:
        DataError, FormatError, MissingError: numbers or files that do not fit, no earthquake near, no such station.
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
        velocity_model=velocity_model,
        counts=(events, tested, hours),
        l2=l2,
        seed=seed,
    )
    return Recipe(
        name="convnetquake",
        model=job.model,
        card=job.card.replace(training={"arguments": given} | job.card.training),
        train=job.train,
        validation=job.validation,
        loss=cross_entropy,
        metrics=confusion,
        summary=partial(detections, classes=clusters + 1),
        schedule=Schedule(epochs, batch_size, learning_rate, shuffle=False, fresh=True, workers=workers, threads=1),
        seed=seed,
        report="convnetquake",
        applies_to="windows.npz",
        plan=job.lines,
        penalty=partial(kernel_penalty, weight=l2) if l2 else None,
    )
