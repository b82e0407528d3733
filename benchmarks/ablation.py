"""What each choice of the fault recipe buys: networks, losses, averaging and data, all at the same budget.

    python benchmarks/ablation.py [--ndim 2] [--samples 5000] [--seeds 2] [--rows 0 1 2] [--data ../shared/data]
        [--out runs/ablation]

Every network learns from as many new sections (volumes), in as many steps, from scratch; the rows that begin with dots
differ in one choice from the network that ships in 2-D. Judged by held-out structure of the preset "field" and,
in 2-D, by three real crosslines of the Great South Basin at the threshold that is best on that structure. Runs that are
finished in the folder are not repeated, interrupted ones go on.
"""

import argparse
import dataclasses
from pathlib import Path
from statistics import mean
from typing import Any

import geocnn
from faults import best_thresholds, great_south_basin, synthetic
from geocnn.evaluation import scores
from geocnn.models import build
from geocnn.recipes.faults import faults
from geocnn.training import Recipe, fit

SHIPS = "U-Net, batch normalisation, residual, Dice + BCE, averaged weights"
CHOICES: dict[str, dict[str, Any]] = {
    "FaultSeg, balanced BCE (as published)": {"model": "faultseg", "loss": "balanced"},
    "FaultSeg, Dice + BCE": {"model": "faultseg"},
    "FaultSeg with residual blocks, Dice + BCE": {"model": "faultseg", "residual": 1},
    "U-Net, no normalisation": {"network": {"norm": "none", "residual": False}},
    "U-Net, batch normalisation": {"network": {"residual": False}},
    SHIPS: {},
    "... transposed convolutions in place of up-sampling": {"network": {"up": "transposed"}},
    "... balanced BCE": {"loss": "balanced"},
    "... last weights in place of averaged ones": {"schedule": {"ema": None}},
    "... the same learning rate throughout": {"schedule": {"decay": "constant"}},
    "... learnt from the preset plain": {"structure": ("plain",)},
    "... learnt from the preset faultseg3d": {"structure": ("faultseg3d",)},
}
"""What differs from the network that ships in 2-D: arguments of the recipe, of its network, of its schedule."""


def recipe_of(choice: dict[str, Any], options: argparse.Namespace, seed: int) -> Recipe:
    """The recipe with a choice made otherwise."""
    other = dict(choice)
    network, schedule = other.pop("network", {}), other.pop("schedule", {})
    crop = (128,) * 2 if options.ndim == 2 else (64,) * 3
    recipe = faults(ndim=options.ndim, crop=crop, samples=options.samples, epochs=1, seed=seed, **other)
    if network:
        arguments = recipe.card.arguments | network
        model = build(recipe.card.architecture, **arguments)
        recipe = dataclasses.replace(recipe, model=model, card=recipe.card.replace(arguments=arguments))
    return dataclasses.replace(recipe, schedule=dataclasses.replace(recipe.schedule, **schedule))


def judged(run: Path, ndim: int, data: Path) -> dict[str, float]:
    """Scores of a run."""
    trained = geocnn.load(run)
    found = synthetic(trained, "field", 60 if ndim == 2 else 8)
    result = {"average precision, field": found["average_precision"]}
    sections = list(great_south_basin(data)) if ndim == 2 else []
    if sections:
        threshold, _ = best_thresholds(trained)
        each = []
        for _, seismic, truth in sections:
            probability = geocnn.predict(trained, seismic, show_progress=False).array
            assert probability is not None
            each.append(scores(probability, truth, threshold=threshold)["tolerant_f1"])
        result["tolerant F1, Great South Basin"] = mean(each)
    return result


def main() -> None:
    """Train what is missing, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--ndim", type=int, default=2, choices=(2, 3))
    parser.add_argument("--samples", type=int, default=5000, help="sections or volumes that each network is shown")
    parser.add_argument("--seeds", type=int, default=2, help="networks a row, which are averaged")
    parser.add_argument("--rows", type=int, nargs="*", default=range(len(CHOICES)), help="which of the rows, from 0")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    options = parser.parse_args()
    for number, (name, choice) in enumerate(CHOICES.items()):
        if number not in options.rows:
            continue
        rows, seconds, parameters = [], 0.0, 0
        for seed in range(options.seeds):
            folder = options.out / f"{options.ndim}d-{number}-{seed}"
            recipe = recipe_of(choice, options, seed)
            run = fit(recipe, out=folder, resume=(folder / "state.safetensors").is_file(), show_progress=False)
            rows.append(judged(folder, options.ndim, options.data))
            seconds += run.history[-1]["seconds"] / options.seeds
            parameters = sum(p.numel() for p in run.model.parameters())
        if number == min(options.rows):
            print("| network | parameters | " + " | ".join(rows[0]) + " | seconds |")
            print("|---" * (len(rows[0]) + 3) + "|")
        cells = []
        for key in rows[0]:
            values = [row[key] for row in rows]
            spread = f" ± {(max(values) - min(values)) / 2:.3f}" if options.seeds > 1 else ""
            cells.append(f"{mean(values):.3f}{spread}")
        print(f"| {name} | {parameters:,} | {' | '.join(cells)} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
