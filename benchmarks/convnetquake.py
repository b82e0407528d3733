"""ConvNetQuake on a synthetic region, beside the figures of its paper.

    python benchmarks/convnetquake.py [--clusters 6 50] [--epochs 90] [--out FOLDER]

One network a number of clusters, learnt from 2,709 earthquakes and judged by 1,000 others and by 131,072 windows of
noise, 15 days. Detection is any class but noise; false is the share of the windows of noise that are detected.
Precision depends on how rare earthquakes are: it is given for as many of them as windows of noise, and then how many
windows there may be for one of an earthquake to have that of the paper, 94.8 %. Location is the share of the detected
earthquakes that are called their cluster. The same with higher demands, as ``geocnn predict RUN --threshold`` has them:
an earthquake of any class is at least so probable.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float32
from numpy import ndarray

from geocnn.classification import probabilities
from geocnn.figures import save
from geocnn.figures.region import region_map
from geocnn.figures.segmentation_report import confusion_matrix
from geocnn.models.convnetquake import REACH, scaled
from geocnn.recipes import build
from geocnn.recipes.convnetquake.data import SIZE, RegionWindows
from geocnn.recipes.convnetquake.report import report
from geocnn.synthetic.region import Region
from geocnn.training import Run, fit

LEARNT, TESTED = 2709, 1000
THRESHOLDS = (0.0, 0.9, 0.99, 0.999)
"""With 0 the most probable class decides alone."""
PRECISE = 0.948
"""Precision of the paper."""
PAPER = {
    6: "| 6 | Perol et al. 2018, Guthrie | 100 | | | | 74.5 | |",
    50: "| 50 | Perol et al. 2018, Guthrie | | | | | 22.5 | |",
}
FIRST = 30_000_000
"""Number of the first record of noise of the test."""
CUTS = 6
"""Windows of a record of noise."""


def noise(region: Region, record: int) -> Float32[ndarray, "windows 3 samples"]:
    """The windows of a record that no training has seen."""
    long = torch.from_numpy(region.noise(FIRST + record, size=CUTS * SIZE + 2 * REACH))
    return scaled(long).numpy()[:, REACH:-REACH].reshape(3, CUTS, SIZE).transpose(1, 0, 2)


def detected(probability: Float32[ndarray, "windows classes"], threshold: float) -> Bool[ndarray, " windows"]:
    """Which windows are called earthquakes."""
    called: Bool[ndarray, " windows"] = (probability.argmax(1) > 0) & (1 - probability[:, 0] >= threshold)
    return called


def false_alarms(run: Run, count: int) -> dict[float, float]:
    """Share of so many windows of noise that are called earthquakes, by threshold."""
    windows = run.recipe.validation
    assert isinstance(windows, RegionWindows)
    false, block = dict.fromkeys(THRESHOLDS, 0), 200
    for start in range(0, count, block * CUTS):
        records = range(start // CUTS, start // CUTS + block)
        x = np.concatenate([noise(windows.region, record) for record in records])[: count - start]
        said = probabilities(run, x, device="cpu", show_progress=False)
        for threshold in THRESHOLDS:
            false[threshold] += int(detected(said, threshold).sum())
    return {threshold: number / count for threshold, number in false.items()}


def rows(run: Run, largest: float, false: dict[float, float]) -> Iterator[str]:
    """Lines of a network, one a threshold.

    Args:
        run: the network.
        largest: share of the earthquakes that are in the largest cluster.
        false: shares of the windows of noise that are called earthquakes.
    """
    windows = run.recipe.validation
    x, y = (part.numpy() for part in windows[range(len(windows))])
    said, true = probabilities(run, x[y > 0], device="cpu", show_progress=False), y[y > 0]
    for threshold, wrong in false.items():
        hit = detected(said, threshold)
        recall = float(hit.mean())
        even = recall / max(recall + wrong, 1e-9)
        one_in = 1 + recall * (1 / PRECISE - 1) / max(wrong, 1e-9)
        right = float((said.argmax(1) == true)[hit].mean())
        cells = [f"{100 * recall:.1f}", f"{100 * wrong:.3f}", f"{100 * even:.1f}", f"{one_in:.0f}"]
        cells += [f"{100 * share:.1f}" for share in (right, largest)]
        name = f"geocnn, {threshold:g}" if threshold else "geocnn"
        yield f"| {said.shape[1] - 1} | {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--clusters", type=int, nargs="+", default=[6, 50])
    parser.add_argument("--epochs", type=int, default=90)
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="the paper has 1e-4")
    parser.add_argument("--noise", type=int, default=131_072, help="windows of noise for the test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for runs and pictures")
    options = parser.parse_args()
    head = ("clusters", "", "recall %", "false %", "precision %, 1 : 1", "94.8 % where one in")
    print(f"| {' | '.join((*head, 'location %', 'largest cluster %'))} |")
    print("|" + " --- |" * 8, flush=True)
    for clusters in options.clusters:
        recipe = build(
            "convnetquake",
            clusters=clusters,
            events=LEARNT + TESTED,
            tested=TESTED,
            epochs=options.epochs,
            learning_rate=options.learning_rate,
            seed=options.seed,
        )
        folder = None if options.out is None else options.out / f"{clusters}-clusters"
        run = fit(recipe, out=folder, overwrite=True, show_progress=False)
        result = report(run)
        print(*rows(run, result.guess, false_alarms(run, options.noise)), sep="\n", flush=True)
        if clusters in PAPER:
            print(PAPER[clusters], flush=True)
        if folder is not None:
            both = (result.truth, result.found)
            save(region_map(result.epicentres, result.centres, result.judged, both, result.station), folder / "map.png")
            save(confusion_matrix(result.counts, run.card.classes), folder / "confusion.png")


if __name__ == "__main__":
    main()
