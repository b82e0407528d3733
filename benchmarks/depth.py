"""What depth does with and without shortcuts: plain and residual networks on the same digits, same schedule.

``python benchmarks/depth.py`` prints the table of benchmarks/README.md and draws the picture; runs that are finished in
the folder are not repeated, interrupted ones go on.
"""

import argparse
import csv
from pathlib import Path
from typing import Any

import geocnn
from geocnn.figures import save
from geocnn.figures.comparison import depths

SAME: dict[str, Any] = {"train": 4000, "test": 2000, "epochs": 10, "batch_size": 64, "learning_rate": 2e-3, "shift": 0}


def history(folder: Path) -> list[dict[str, float]]:
    """Rows of metrics.csv."""
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def main() -> None:
    """Train what is missing, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/images"), help="folder with MNIST")
    parser.add_argument("--out", type=Path, default=Path("runs/depth"))
    parser.add_argument("--layers", type=int, nargs="+", default=[20, 56, 110])
    options = parser.parse_args()
    found: dict[bool, dict[int, list[dict[str, float]]]] = {False: {}, True: {}}
    print("| network | layers | parameters | training loss | test error % | seconds |")
    print("|---|---|---|---|---|---|")
    for residual in (False, True):
        for layers in options.layers:
            folder = options.out / f"{'residual' if residual else 'plain'}-{layers}"
            run = geocnn.fit(
                "digits",
                data=options.data,
                model=f"resnet{layers}",
                residual=residual,
                out=folder,
                resume=(folder / "state.safetensors").is_file(),
                **SAME,
            )
            rows = found[residual][layers] = history(folder)
            last, count = rows[-1], sum(p.numel() for p in run.model.parameters())
            kind = "residual" if residual else "plain"
            cells = f"{last['loss']:.4f} | {100 * (1 - last['validation_accuracy']):.2f} | {last['seconds']:.0f}"
            print(f"| {kind} | {layers} | {count:,} | {cells} |", flush=True)
    title = f"{SAME['train']} MNIST digits to learn from, {SAME['test']} for testing"
    print(save(depths(found[False], found[True], title=title), options.out / "depth.png"))


if __name__ == "__main__":
    main()
