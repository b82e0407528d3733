"""To which cluster of a region an earthquake belongs: the detector on the synthetic region of convnetquake.py.

    python benchmarks/clusters.py [--clusters 6 50] [--epochs 8] [--out FOLDER]

The detector goes on from the one that ships, with the places of 2,709 earthquakes of the catalogue at the one station;
its records are those of any station, as in ``geocnn train detector --stations --catalogue --station --clusters``. It is
judged by the 1,000 others as that station records them, each with the P wave 5 s behind the beginning, and by how often
it is right beside how sure it says that it is.
"""

import argparse
import dataclasses
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch

from geocnn.checkpoints import Trained, load
from geocnn.location import Place
from geocnn.prediction.locator import BEFORE, Locator
from geocnn.prediction.picker import Picker
from geocnn.recipes import build
from geocnn.recipes.detector.data import PlacedRecords
from geocnn.synthetic.clusters import centres
from geocnn.synthetic.earthquakes import Places
from geocnn.synthetic.region import FAR, SITE, Region, sequence
from geocnn.training import Recipe, fit

LEARNT, TESTED = 2709, 1000
ERROR = 0.5
"""Of the epicentres of the catalogue, km."""
SIZE, RATE = 3072, 100.0
ONSET = 5.0
OTHERS = 100_000_000
"""Number of the first record of noise of the test."""
HEAD = (
    "clusters",
    "recall %",
    "location %",
    "mean probability %",
    "largest cluster %",
    "distance, km",
    "azimuth",
    "minutes",
)


def recipe(region: Region, learnt: np.ndarray, clusters: int, epochs: int, folder: Path) -> Recipe:
    """What geocnn train detector does with files of the station and of the earthquakes to learn from.

    Args:
        region: station, earthquakes, clusters.
        learnt: numbers of the earthquakes to learn from.
        clusters: number of clusters.
        epochs: of training.
        folder: for the files.
    """
    known = region.hypocentres[learnt]
    rows = zip(known.latitude, known.longitude, known.depth, known.magnitude, strict=True)
    table = ["latitude,longitude,depth_km,magnitude", *(",".join(f"{v:.6f}" for v in row) for row in rows)]
    (folder / "catalogue.csv").write_text("\n".join(table))
    site = f"{SITE.network},{SITE.station},{SITE.latitude},{SITE.longitude},{SITE.elevation_m}"
    (folder / "station.csv").write_text(f"network,station,latitude,longitude,elevation_m\n{site}\n")
    made = build(
        "detector",
        start="detector",
        stations=folder / "station.csv",
        catalogue=folder / "catalogue.csv",
        clusters=clusters,
        error=ERROR,
        vp=(4.9, 6.0),
        ratio=(1.7, 1.8),
        epochs=epochs,
        learning_rate=1e-3,
    )
    # The clusters of all earthquakes, not those that k-means would make of the ones to learn from.
    train, validation = (_labelled(part, region, learnt) for part in (made.train, made.validation))
    return dataclasses.replace(made, train=train, validation=validation)


def _labelled(samples: object, region: Region, learnt: np.ndarray) -> PlacedRecords:
    assert isinstance(samples, PlacedRecords)
    places = Places.of([SITE], region.hypocentres[learnt], farthest=2 * FAR, error=ERROR)
    cluster = region.cluster[learnt]
    named = dataclasses.replace(places, cluster=cluster, centres=centres(region.hypocentres[learnt], cluster))
    return dataclasses.replace(samples, places=named)


def said(trained: Trained, region: Region, tested: np.ndarray) -> list[Place]:
    """What it says of the earthquakes of the test."""
    picker, locator = Picker.of(load("quakes", ndim=1), device="cpu"), Locator.of(trained, device="cpu")
    found = []
    for event in tested.tolist():
        record = region.waves(event, size=SIZE, onset=ONSET) + region.noise(OTHERS + event, size=SIZE)
        with torch.inference_mode():
            phases = torch.softmax(picker.model(torch.from_numpy(record)[None]), 1)[0, :2].numpy()
        found += locator(record, phases, [BEFORE], threshold=picker.threshold, deviation=picker.deviation)
    return found


def row(region: Region, tested: np.ndarray, found: list[Place], minutes: float) -> str:
    """Cells of a network."""
    detected = np.array([place.probability > 0.5 for place in found])
    told = [place.cluster for place in found if place.cluster is not None]
    right = np.array([c.number - 1 for c in told]) == region.cluster[tested]
    sure = np.array([c.probability for c in told])
    away = np.abs([p.distance.value for p in found] - region.plane.distance[tested])
    ways = np.array([p.azimuth.value for p in found if p.azimuth is not None])
    turned = np.abs((ways - region.plane.azimuth[tested] + 180) % 360 - 180)
    largest = np.bincount(region.cluster[tested]).max() / len(tested)
    shares = (detected.mean(), right[detected].mean(), sure[detected].mean(), largest)
    cells = [
        *(f"{100 * share:.1f}" for share in shares),
        f"{away.mean():.2f} ({np.median(away):.2f})",
        f"{np.median(turned):.0f}",
    ]
    return f"| {region.cluster.max() + 1} | {' | '.join(cells)} | {minutes:.0f} |"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--clusters", type=int, nargs="+", default=[6, 50])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("runs/clusters"), help="folder for the runs")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"| {' | '.join(HEAD)} |")
    print("|" + " --- |" * len(HEAD), flush=True)
    made, strike = sequence(LEARNT + TESTED)
    put = partial(Region.of, made, SITE, strike=strike, error=ERROR, size=SIZE, rate=RATE)
    for clusters in options.clusters:
        region = put(groups=clusters)
        order = np.random.default_rng((0, 17)).permutation(len(region))  # as geocnn train convnetquake divides them
        started = time.perf_counter()
        run = fit(
            recipe(region, order[TESTED:], clusters, options.epochs, options.out),
            out=options.out / str(clusters),
            overwrite=True,
            show_progress=False,
        )
        minutes = (time.perf_counter() - started) / 60
        print(row(region, order[:TESTED], said(run, region, order[:TESTED]), minutes), flush=True)


if __name__ == "__main__":
    main()
