"""Report on how well a run of the recipe convnetquake detects and locates its test earthquakes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int64
from numpy import ndarray

from geocnn.classification import confusion_table, probabilities
from geocnn.io.window_files import write_windows
from geocnn.recipes.convnetquake.data import RegionWindows

if TYPE_CHECKING:
    from geocnn.training import Run

__all__ = ["Report", "report", "save_windows"]


@dataclass(frozen=True, eq=False)
class Report:
    """Measured performance; class 0 is noise.

    Attributes:
        counts: number of windows, ``(true, found)``.
        epicentres: all epicentres, east and north of the station, km, ``(earthquakes, 2)``.
        centres: centres of the clusters, ``(clusters, 2)``.
        judged: epicentres of the test earthquakes, ``(tested, 2)``.
        truth: true classes of these.
        found: classes that the network gave.
        station: codes of the station.
    """

    counts: Int64[ndarray, "classes classes"]
    epicentres: Float[ndarray, "earthquakes 2"]
    centres: Float[ndarray, "clusters 2"]
    judged: Float[ndarray, "tested 2"]
    truth: Int64[ndarray, " tested"]
    found: Int64[ndarray, " tested"]
    station: str

    @property
    def guess(self) -> float:
        """Score of guessing: share of the test earthquakes that are in the largest cluster."""
        return float(self.counts[1:].sum(1).max() / self.counts[1:].sum())

    def lines(self) -> Iterator[str]:
        """Sentences on detection, location, and guessing."""
        table = self.counts
        hit, events, noise, false = (int(p.sum()) for p in (table[1:, 1:], table[1:], table[0], table[0, 1:]))
        right = int(table.diagonal()[1:].sum())
        yield f"detected: {hit} of {events} earthquakes ({hit / events:.1%}), and {false} of {noise} windows of noise"
        yield (
            f"located: {right} of {hit} detected earthquakes in their cluster ({right / max(hit, 1):.1%}); "
            f"always saying the largest cluster, {self.guess:.1%}"
        )


def report(run: "Run") -> Report:
    """Evaluate a run on its validation windows.

    Raises:
        TypeError: the run is of another recipe.
    """
    windows = run.recipe.validation
    if not isinstance(windows, RegionWindows):
        raise TypeError(f"report is for the recipe convnetquake; this is a run of {run.recipe.name}.")
    x, y = (part.numpy() for part in windows[range(len(windows))])
    place = str(next(run.model.parameters()).device)
    found = np.asarray(probabilities(run, x, device=place, show_progress=False).argmax(1), np.int64)
    region = windows.region
    epicentres = np.stack([region.plane.east, region.plane.north], 1)
    clusters = range(len(run.card.classes) - 1)
    return Report(
        counts=confusion_table(y, found, len(run.card.classes)),
        epicentres=epicentres,
        centres=np.stack([epicentres[region.cluster == k].mean(0) for k in clusters]),
        judged=epicentres[[windows.event(index) for index in range(0, len(windows), 2)]],
        truth=y[::2],
        found=found[::2],
        station=str(region.site),
    )


def save_windows(run: "Run", folder: Path) -> Path:
    """Write the test windows with their classes as windows.npz.

    Raises:
        TargetError: the folder cannot be written.
    """
    x, y = run.recipe.validation[range(len(run.recipe.validation))]
    return write_windows(folder / "windows.npz", x.numpy(), np.array(run.card.classes)[y.numpy()])
