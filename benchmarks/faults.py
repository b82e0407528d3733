"""How well the shipped fault networks do: held-out synthetic structure, and real sections with manual faults.

    python benchmarks/faults.py [--data ../shared/data]

The synthetic samples are number 0, 1, 2 ... of series 1001, which no training takes (training and validation use the
series 2 seed and 2 seed + 1 of small seeds). The real sections are three crosslines of the Great South Basin survey
with faults picked by hand, one pixel thick; they are scored with a tolerance of two pixels at the best threshold of
all sections, as published results on them are.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import geocnn
from geocnn.datasets import FaultStructures
from geocnn.evaluation import evaluate_samples, scores
from geocnn.synthetic.structure import StructureRanges

HELD_OUT = 1001


def synthetic(ndim: int, count: int) -> dict[str, float]:
    """Mean scores over held-out volumes or sections."""
    shape = (128,) * 3 if ndim == 3 else (256,) * 2
    samples = FaultStructures(count, shape, HELD_OUT, StructureRanges())
    return evaluate_samples(geocnn.load("faults", ndim=ndim), samples, show_progress=False)


def field_sections(folder: Path) -> tuple[float, dict[str, float]]:
    """Best threshold, and scores at it, over all real sections together."""
    found: list[NDArray[np.float32]] = []
    truth: list[NDArray[np.bool_]] = []
    for path in sorted(folder.glob("crl_*.npz")):
        with np.load(path) as file:
            result = geocnn.predict("faults", np.ascontiguousarray(file["seismic"].T, np.float32), show_progress=False)
            if result.array is None:
                raise RuntimeError("predict without out gives an array")
            # Sections side by side, apart by more than the tolerance, so that one call scores them all.
            found.append(np.pad(result.array, ((0, 8), (0, 0))))
            truth.append(np.pad(file["fault"].T > 0, ((0, 8), (0, 0))))
    probability, mask = np.concatenate(found), np.concatenate(truth)
    rows = {t: scores(probability, mask, threshold=t) for t in np.arange(0.05, 1, 0.05).round(2)}
    best = max(rows, key=lambda t: rows[t]["tolerant_f1"])
    return float(best), rows[best]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--volumes", type=int, default=20)
    options = parser.parse_args()
    keys = ("iou", "average_precision", "auc", "tolerant_precision", "tolerant_recall", "tolerant_f1")
    print("| network | data | " + " | ".join(k.replace("_", " ") for k in keys) + " | seconds |")
    print("|---" * (len(keys) + 3) + "|")
    for ndim, count in ((3, options.volumes), (2, 5 * options.volumes)):
        start = time.perf_counter()
        found = synthetic(ndim, count)
        what = f"{count} synthetic {'volumes of 128^3' if ndim == 3 else 'sections of 256^2'}"
        cells = " | ".join(f"{found[k]:.3f}" for k in keys)
        print(f"| faults {ndim}-D | {what} | {cells} | {time.perf_counter() - start:.0f} |", flush=True)
    if (options.data / "faults_gsb").is_dir():
        start = time.perf_counter()
        threshold, found = field_sections(options.data / "faults_gsb")
        cells = " | ".join(f"{found[k]:.3f}" for k in keys)
        seconds = time.perf_counter() - start
        print(f"| faults 2-D | 3 Great South Basin crosslines, threshold {threshold:g} | {cells} | {seconds:.0f} |")


if __name__ == "__main__":
    main()
