"""Put a trained picker into the package, with its threshold and what it scores on records that it never saw.

``python scripts/ship_quakes.py RUN`` copies weights and card of a run folder to src/geocnn/weights/quakes.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from geocnn import checkpoints
from geocnn.checkpoints import Trained
from geocnn.datasets import EarthquakeRecords
from geocnn.evaluation import evaluate_samples
from geocnn.metrics import pick_scores, picks

WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "geocnn" / "weights"
SERIES = (1001, 1003)
"""The threshold is found on the first and judged on the second series, of which no training takes any."""
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
PRECISION = 0.7
"""The threshold is the lowest at which so many picks are right: an associator drops false ones, and nobody finds those
that are missing."""
NOTES = (
    "Learnt from synthetic seismograms of local earthquakes (up to 150 km), of late in part in noise that stations in "
    "Chile, Oklahoma and Sichuan recorded, and from no real earthquake. What the synthetic ones are like was chosen "
    "with records of Northern California, New Zealand and Iceland in view, whose scores are in "
    "benchmarks/README.md. Weak P waves before strong S waves and swarms in which coda covers the next earthquake are "
    "where it misses most; blasts and footsteps can look like earthquakes to it. Weights under the licence of geocnn "
    "(MIT)."
)


def scores(trained: Trained, series: int, threshold: float) -> dict[str, float]:
    """Recall, precision and error of picks on new records."""
    return evaluate_samples(
        trained,
        EarthquakeRecords(1024, 3072, series, 100.0),
        metrics=partial(picks, threshold=threshold),
        summary=partial(pick_scores, rate=100.0),
        show_progress=False,
    )


def main() -> None:
    """Find the threshold, evaluate and copy."""
    parser = argparse.ArgumentParser(description="Put a trained picker into the package.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--before", type=int, default=0, help="records that the network to start from had seen")
    options = parser.parse_args()
    trained = checkpoints.load(options.run)
    for threshold in THRESHOLDS:
        found = scores(trained, SERIES[0], threshold)
        print(f"{threshold:.2f}  {found}", flush=True)
        if np.mean([found["precision_p"], found["precision_s"]]) >= PRECISION:
            break
    judged = {name: round(value, 4) for name, value in scores(trained, SERIES[1], threshold).items()}
    known = trained.card.training
    records = known["epochs_done"] * known["arguments"]["samples"] + options.before
    noise = trained.card.data.partition(", ")[2]
    card = trained.card.replace(
        threshold=threshold,
        data=f"{records} {trained.card.data.partition(': ')[0]}, each of {trained.card.window[0]} samples at 100 Hz"
        + (f"; in the last {records - options.before} {noise}" if noise else ""),
        metrics=trained.card.metrics | {f"1024 synthetic records, series {SERIES[1]}, at the threshold": judged},
        notes=NOTES,
    )
    checkpoints.save(WEIGHTS / card.name, trained.model, card)


if __name__ == "__main__":
    main()
