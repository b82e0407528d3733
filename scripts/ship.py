"""Put a trained network for surveys into the package, with what it scores on structure that it never saw in its card.

``python scripts/ship.py RUN`` copies weights and card of a run folder of ``geocnn train faults``, which it calibrates,
``geocnn train denoise`` or ``geocnn train superres`` to src/geocnn/weights/NAME. A denoiser for sections becomes that
for cubes as well, which looks at them in both directions.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from scipy.special import expit

from geocnn import checkpoints
from geocnn.calibration import calibrated, calibration_error, logits_of
from geocnn.checkpoints import Card, Trained
from geocnn.datasets import FaultStructures, FinerStructures, NoisyStructures
from geocnn.evaluation import best_threshold, evaluate_samples
from geocnn.models.sections_denoiser import SectionsDenoiser
from geocnn.recipes.restoration import network
from geocnn.synthetic.noise import NoiseRanges
from geocnn.synthetic.structure import PRESETS, QUIET

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

DENOISER_NOTES = (
    "Learnt from synthetic structure alone and shown no real data. It removes what is random from trace to trace; what "
    "is alike along layers, dips or arcs stays, signal or not: multiples, footprint and coherent noise are left. Where "
    "the noise is as strong as the signal some of the weakest reflections go with it: look at what was removed. "
    "Amplitudes, phases and line numbers stay; the result scales with the survey. "
    "Weights under the licence of geocnn (MIT)."
)

SUPERRES_NOTES = (
    "Learnt from synthetic structure alone and shown no real data. What it puts between traces is what the dips around "
    "them ask for, and is not a measurement: where noise is all there is, nothing can be known. Vertically it adds "
    "what is between samples, and little beyond the frequencies of the survey. Noise stays; take denoise for that. "
    "Weights under the licence of geocnn (MIT)."
)


def main() -> None:
    """Evaluate and copy."""
    parser = argparse.ArgumentParser(description="Put a trained network for surveys into the package.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--samples", type=int)
    options = parser.parse_args()
    trained = checkpoints.load(options.run)
    count = options.samples or (20 if trained.card.ndim == 3 else 100)
    if not checkpoints.restores(trained.card):
        made = [faults(trained, count)]
    elif trained.card.finer > 1:
        made = [superres(trained, count)]
    else:
        made = [denoiser(trained, count)]
        if trained.card.ndim == 2:
            made.append(denoiser(in_both_directions(trained), options.samples or 12))
    for one in made:
        checkpoints.save(WEIGHTS / one.card.name, one.model, one.card)


def faults(trained: Trained, count: int) -> Trained:
    """A network that finds faults, calibrated, with threshold and scores."""
    ndim = trained.card.ndim
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
    card = told(trained.card).replace(threshold=threshold, metrics=trained.card.metrics | metrics, notes=NOTES)
    return replace(trained, card=card)


def denoiser(trained: Trained, count: int) -> Trained:
    """A network that removes noise, with what it gains."""
    shape = (64,) * 3 if trained.card.ndim == 3 else (256,) * 2
    metrics = {}
    for snr in (0.0, 6.0, 12.0):
        ranges = NoiseRanges(snr=(snr, snr))
        held_out = NoisyStructures(count, shape, HELD_OUT, QUIET, ranges, trained.card.normalisation)
        size = " x ".join(map(str, shape))
        name = f"{count} synthetic {size}, field structure, noise {snr:g} dB below the signal, series {HELD_OUT}"
        metrics[name] = {key: round(value, 2) for key, value in evaluate_samples(trained, held_out).items()}
    card = told(trained.card).replace(metrics=trained.card.metrics | metrics, notes=DENOISER_NOTES)
    return replace(trained, card=card)


def in_both_directions(trained: Trained) -> Trained:
    """A denoiser for cubes with the weights of one for sections."""
    _, card = network("denoise", 3, 0, None)
    model = SectionsDenoiser(**card.arguments)
    model.take(trained.model.state_dict())
    changed = ("name", "architecture", "arguments", "axes", "reach", "size_multiple")
    own = {name: getattr(card, name) for name in changed}
    data = f"{trained.card.data}; no volume: its weights are those of denoise-2d, for inlines and for crosslines"
    return Trained(model.eval(), trained.card.replace(**own, window=(64,) * 3, data=data, metrics={}))


def superres(trained: Trained, count: int) -> Trained:
    """A network that makes surveys finer, with what it gains."""
    metrics = {}
    for snr in (6.0, 20.0, 60.0):
        held_out = FinerStructures(
            count, (256,) * 2, HELD_OUT, QUIET, NoiseRanges(snr=(snr, snr)), trained.card.normalisation
        )
        name = f"{count} synthetic 256 x 256, field structure, noise {snr:g} dB below the signal, series {HELD_OUT}"
        metrics[name] = {key: round(value, 2) for key, value in evaluate_samples(trained, held_out).items()}
    card = told(trained.card).replace(metrics=trained.card.metrics | metrics, notes=SUPERRES_NOTES)
    return replace(trained, card=card)


def told(card: Card) -> Card:
    """The card with the training that went before, and before that, in place of the folder it lies in."""
    start = card.training["arguments"].get("start")
    if start is None:
        return card
    before = told(checkpoints.load(start, ndim=card.ndim).card)
    arguments = card.training["arguments"] | {"start": None}
    training = card.training | {"arguments": arguments, "start": {"data": before.data, "training": before.training}}
    own = card.training["arguments"]["samples"] * card.training["epochs_done"]
    return card.replace(training=training, data=f"{before.data}; then {own} samples of {card.data}")


if __name__ == "__main__":
    main()
