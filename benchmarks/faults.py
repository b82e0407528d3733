"""How well the shipped fault networks do: held-out synthetic structure, and real sections with manual faults.

    python benchmarks/faults.py [--data ../shared/data] [--network RUN ...] [--pictures runs/faults] [--card]

The synthetic samples are number 0, 1, 2 ... of series 1001, which no training takes (training and validation take
series from a million on). Real sections are three crosslines of the Great South Basin survey, with picks one pixel
thick, and two inlines of F3, whose picks are incomplete: large faults only. They are scored with a tolerance of two
pixels at two thresholds, both from synthetic sections of the preset "field": where F1 is largest, and where F2 is,
which counts recall twice, for whoever would rather delete a fault than miss one.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from numpy.typing import NDArray

import geocnn
from cards import note
from geocnn.calibration import logits_of, reliability
from geocnn.checkpoints import Trained
from geocnn.datasets import FaultStructures
from geocnn.evaluation import best_threshold, evaluate_samples, scores
from geocnn.losses import balanced_bce
from geocnn.synthetic.structure import PRESETS

HELD_OUT = 1001
KEYS = ("iou", "average_precision", "auc", "tolerant_precision", "tolerant_recall", "tolerant_f1")
Section = tuple[str, NDArray[np.float32], NDArray[np.bool_]]


def synthetic(trained: Trained, preset: str, count: int) -> dict[str, float]:
    """Mean scores over held-out volumes or sections."""
    shape = (128,) * 3 if trained.card.ndim == 3 else (256,) * 2
    samples = FaultStructures(count, shape, HELD_OUT, [PRESETS[preset]], trained.card.normalisation)
    return evaluate_samples(trained, samples, show_progress=False)


def published(trained: Trained, count: int = 5) -> str:
    """What Wu et al. (2019) report of their validation: accuracy at 0.5 and the balanced cross-entropy."""

    def metrics(logits: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
        right = ((logits > 0) == (truth > 0.5)).float().mean()
        return {"accuracy": float(right), "loss": float(balanced_bce(logits, truth))}

    samples = FaultStructures(count, (128,) * 3, HELD_OUT, [PRESETS["faultseg3d"]], trained.card.normalisation)
    found = evaluate_samples(trained, samples, show_progress=False, metrics=metrics, summary=dict)
    return (
        f"accuracy {found['accuracy']:.3f}, balanced cross-entropy {found['loss']:.4f}, {count} volumes of faultseg3d"
    )


def best_thresholds(trained: Trained, count: int = 300) -> tuple[float, float]:
    """Thresholds at which synthetic sections, those that gave the one in the card, have the best tolerant F1 and F2."""
    samples = FaultStructures(count, (192, 192), 1003, [PRESETS["field"]], trained.card.normalisation)
    return best_threshold(trained, samples), best_threshold(trained, samples, beta=2.0)


def great_south_basin(folder: Path) -> Iterator[Section]:
    """Crosslines with all faults that an interpreter saw, ``(trace, time)``."""
    for path in sorted((folder / "faults_gsb").glob("crl_*.npz")):
        with np.load(path) as file:
            yield path.stem, np.ascontiguousarray(file["seismic"].T, np.float32), file["fault"].T > 0


def f3(folder: Path) -> Iterator[Section]:
    """Inlines with the large faults."""
    for path in (folder / "faults_f3").glob("f3_inlines*.npz"):
        with np.load(path) as file:
            for number, seismic, fault in zip(file["inline"], file["seismic"], file["fault"], strict=True):
                values = np.ascontiguousarray(seismic.T, np.float32)
                yield f"f3_{number}", values - np.median(values), fault.T


def draw(section: Section, probability: NDArray[np.float32], folder: Path) -> None:
    """Save amplitudes, picks and probability, one below the other."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    from geocnn.figures.style import FAULT

    name, seismic, truth = section
    figure, places = plt.subplots(3, 1, figsize=(13, 15), layout="constrained")
    most = float(np.percentile(np.abs(seismic), 98))
    for place, over, what in zip(places, (None, truth, probability), ("amplitude", "picks", "network"), strict=True):
        place.imshow(seismic.T, cmap="gray", vmin=-most, vmax=most, aspect="auto")
        if over is not None:
            place.imshow(over.T.astype(float), cmap=FAULT, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        place.set(title=f"{name}: {what}", xlabel="trace", ylabel="time sample")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=80)
    plt.close(figure)


def row(name: str, what: str, found: dict[str, float], seconds: float) -> None:
    """Print a row of the table."""
    print(f"| {name} | {what} | {' | '.join(f'{found[k]:.3f}' for k in KEYS)} | {seconds:.0f} |", flush=True)


def real(name: str, trained: Trained, options: argparse.Namespace) -> None:
    """Rows of real sections, each alone and their mean."""
    figures = {}
    thresholds = sorted({*best_thresholds(trained), *options.threshold}, reverse=True)
    for survey, sections in (("Great South Basin", great_south_basin), ("F3", f3)):
        start, found = time.perf_counter(), []
        for section in sections(options.data):
            probability = geocnn.predict(trained, section[1], show_progress=False).array
            assert probability is not None
            found.append((section, probability))
            if options.pictures:
                draw(section, probability, options.pictures)
        seconds = time.perf_counter() - start
        for threshold in thresholds:
            each = {part[0]: scores(probability, part[2], threshold=threshold) for part, probability in found}
            if each:
                each["mean"] = {k: float(np.mean([one[k] for one in each.values()])) for k in KEYS}
            for part, one in each.items():
                row(name, f"{survey}, {part}, threshold {threshold:g}", one, seconds)
                figures[f"real sections, {survey}, {part}, threshold {threshold:g}"] = {k: one[k] for k in KEYS}
    if options.card:
        note(trained, figures)


def calibration(networks: dict[str, Trained], count: int, folder: Path) -> None:
    """Save the reliability diagrams of networks on structure from which no temperature was found."""
    from geocnn.figures import save
    from geocnn.figures.calibration import reliability_diagrams

    found = {}
    for name, trained in networks.items():
        volumes = count if trained.card.ndim == 3 else 3 * count
        samples = FaultStructures(volumes, trained.card.window, 1005, [PRESETS["field"]], trained.card.normalisation)
        logits, truth = logits_of(trained.model, samples)
        found[name] = reliability(1 / (1 + np.exp(-logits)), truth)
    title = "probability of a fault in synthetic structure, preset field"
    print(save(reliability_diagrams(found, title=title), folder / "reliability.png"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--network", nargs="*", help="run folders; default the networks that ship")
    parser.add_argument("--volumes", type=int, default=20, help="synthetic volumes; five times as many sections")
    parser.add_argument("--threshold", type=float, nargs="*", default=[], help="further thresholds for real sections")
    parser.add_argument("--card", action="store_true", help="put the figures of real sections into the card")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the real sections")
    options = parser.parse_args()
    ships = {f"faults {ndim}-D": geocnn.load("faults", ndim=ndim) for ndim in (3, 2)}
    networks = {folder: geocnn.load(folder) for folder in options.network} if options.network else ships
    print("| network | data | " + " | ".join(k.replace("_", " ") for k in KEYS) + " | seconds |")
    print("|---" * (len(KEYS) + 3) + "|")
    said = []
    for name, trained in networks.items():
        count = options.volumes if trained.card.ndim == 3 else 5 * options.volumes
        for preset in ("faultseg3d", "field"):
            start = time.perf_counter()
            found = synthetic(trained, preset, count)
            what = (
                f"{count} synthetic {'volumes of 128^3' if trained.card.ndim == 3 else 'sections of 256^2'}, {preset}"
            )
            row(name, what, found, time.perf_counter() - start)
        if trained.card.ndim == 2:
            real(name, trained, options)
        else:
            said.append(f"{name}: {published(trained)}")
    print(*said, sep="\n")
    if options.pictures:
        calibration(networks, options.volumes, options.pictures)


if __name__ == "__main__":
    main()
