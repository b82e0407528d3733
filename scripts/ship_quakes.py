"""Put a trained picker into the package, with its threshold and what it scores on records that it never saw.

``python scripts/ship_quakes.py RUN [RUN]`` copies weights and card of a run folder to src/geocnn/weights/quakes; of
several runs, each from where the one before had ended, the mean of the weights and the card of the last.
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
PRECISION = 0.78
"""The threshold is the lowest at which so many picks are right: an associator drops false ones, and nobody finds those
that are missing."""
NOTES = (
    "Learnt from synthetic seismograms of local earthquakes (up to 150 km), later in part in noise that stations in "
    "Chile, Oklahoma and Sichuan recorded, and at last, in rounds, half from records of these stations that nobody has "
    "picked, with what the network itself had said of them in the round before, mean of six views (the records upside "
    "down and turned), made certain above 0.4 (geocnn train quakes --records). No pick of an analyst was learnt. "
    "What the synthetic ones are like, the rounds and the rule for the threshold were chosen with records of Northern "
    "California, New Zealand and Iceland in view, whose scores are among the metrics. Weak P waves before strong S "
    "waves and swarms in which coda covers the next earthquake are where it misses most; blasts and footsteps can look "
    "like earthquakes to it. Weights under the licence of geocnn (MIT)."
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


def mean(runs: list[Trained]) -> Trained:
    """The last one with the mean of the weights (M. Wortsman et al., 2022, Model soups, ICML, 23965-23998)."""
    states = [run.model.state_dict() for run in runs]
    together = {name: sum(state[name].double() for state in states) / len(states) for name in states[0]}
    runs[-1].model.load_state_dict({name: value.to(states[0][name].dtype) for name, value in together.items()})
    return runs[-1]


def main() -> None:
    """Find the threshold, evaluate and copy."""
    parser = argparse.ArgumentParser(description="Put a trained picker into the package.")
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--before", type=int, default=0, help="records that the network to start from had seen")
    options = parser.parse_args()
    trained = mean([checkpoints.load(run) for run in options.runs])
    for threshold in THRESHOLDS:
        found = scores(trained, SERIES[0], threshold)
        print(f"{threshold:.2f}  {found}", flush=True)
        if np.mean([found["precision_p"], found["precision_s"]]) >= PRECISION:
            break
    judged = {name: round(value, 4) for name, value in scores(trained, SERIES[1], threshold).items()}
    arguments = {**trained.card.training["arguments"], "start": "quakes"}  # of its own past
    known = {**trained.card.training, "arguments": arguments}
    last = known["epochs_done"] * known["arguments"]["samples"]
    kind, _, how = trained.card.data.partition(": ")
    card = trained.card.replace(
        threshold=threshold,
        training=known,
        data=f"{options.before + last} {kind}, each of {trained.card.window[0]} samples at 100 Hz; the last {last} in "
        f"epochs of {how}",
        metrics=trained.card.metrics | {f"1024 synthetic records, series {SERIES[1]}, at the threshold": judged},
        notes=NOTES,
    )
    checkpoints.save(WEIGHTS / card.name, trained.model, card)


if __name__ == "__main__":
    main()
