"""Put a trained fault network into the package, with what it scores on structure that it never saw in its card.

``python scripts/ship.py RUN`` copies weights and card of a run folder to src/geocnn/weights/NAME, calibrated.
"""

import argparse
from pathlib import Path

from scipy.special import expit

from geocnn import checkpoints
from geocnn.calibration import calibrated, calibration_error, logits_of
from geocnn.checkpoints import Card
from geocnn.datasets import FaultStructures
from geocnn.evaluation import best_threshold, evaluate_samples
from geocnn.synthetic.structure import PRESETS

WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "geocnn" / "weights"
HELD_OUT = 1001
CALIBRATION = (1003, 1005)
"""Series from which factor, offset and threshold are found, and by which calibration is judged."""
NOTES = (
    "Learnt from synthetic structure alone and shown no real data: on real surveys expect a first look, not an "
    "interpretation. It has met no salt, no volcanics and no multiples. What the structure is like was chosen with "
    "sections of the Great South Basin, F3 and the NPRA line 31-81 in view. What its choices bought, at an equal "
    "budget in 2-D (benchmarks/README.md, ablation.py): much by the structure that it learnt from; no other choice "
    "stood out from what two seeds differ by. "
    "Weights under the licence of geocnn (MIT)."
)


def main() -> None:
    """Evaluate and copy."""
    parser = argparse.ArgumentParser(description="Put a trained fault network into the package.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--samples", type=int)
    options = parser.parse_args()
    trained = checkpoints.load(options.run)
    ndim = trained.card.ndim
    count = options.samples or (20 if ndim == 3 else 100)
    shape = (128,) * 3 if ndim == 3 else (256,) * 2
    known = [
        FaultStructures(
            count if ndim == 3 else 3 * count,
            trained.card.window,
            series,
            [PRESETS["field"]],
            trained.card.normalisation,
        )
        for series in CALIBRATION
    ]
    logits, truth = logits_of(trained.model, known[1])
    trained, (factor, offset) = calibrated(trained, known[0])
    raw, error = (calibration_error(expit(values), truth) for values in (logits, factor * logits + offset))
    calibration = {"factor": factor, "offset": offset, "error": error, "error before": raw}
    calibration = {name: round(value, 4) for name, value in calibration.items()}
    metrics: dict[str, object] = {f"calibration, field structure, series {CALIBRATION}": calibration}
    for kind, ranges in PRESETS.items():
        found = evaluate_samples(trained, FaultStructures(count, shape, HELD_OUT, [ranges], trained.card.normalisation))
        held_out = f"{count} synthetic {' x '.join(map(str, shape))}, {kind} structure, series {HELD_OUT}"
        metrics[held_out] = {name: round(value, 4) for name, value in found.items()}
    threshold = best_threshold(trained, known[0])
    card = _told(trained.card).replace(threshold=threshold, metrics=trained.card.metrics | metrics, notes=NOTES)
    checkpoints.save(WEIGHTS / card.name, trained.model, card)


def _told(card: Card) -> Card:
    """The card with the training that went before, and before that, in place of the folder it lies in."""
    start = card.training["arguments"].get("start")
    if start is None:
        return card
    before = _told(checkpoints.load(start, ndim=card.ndim).card)
    arguments = card.training["arguments"] | {"start": None}
    training = card.training | {"arguments": arguments, "start": {"data": before.data, "training": before.training}}
    own = card.training["arguments"]["samples"] * card.training["epochs_done"]
    return card.replace(training=training, data=f"{before.data}; then {own} samples of {card.data}")


if __name__ == "__main__":
    main()
