"""Put a trained detector into the package, calibrated, with what it scores on records that it never saw.

``python scripts/ship_detector.py RUN [--before RECORDS]`` copies weights and card of a run folder to
src/geocnn/weights/detector.

Each question gets a temperature (Guo et al. 2017, On calibration of modern neural networks, section 4.1) that makes the
cross-entropy smallest on one series of synthetic records; it goes into the weights of the last layer. On another series
it is counted how often what is true lies within the intervals of 68 %.
"""

import argparse
from pathlib import Path

import numpy as np
import scipy.optimize
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from geocnn import checkpoints
from geocnn.checkpoints import Trained
from geocnn.location import HEADS, place_of
from geocnn.metrics import head_probabilities, place_scores, places
from geocnn.recipes import build
from geocnn.recipes.detector.data import PlacedRecords

WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "geocnn" / "weights"
SERIES = (1005, 1007)
"""Calibrated on the first and judged on the second series, of which no training takes any."""
RECORDS = 1536
NOTES = (
    "Learnt from synthetic seismograms of local earthquakes (up to 150 km), in part in noise that stations in Chile, "
    "Oklahoma and Sichuan recorded, and from no real earthquake; in five runs, each from where the one before had "
    "ended: in the last with the picker that ships now, in the others with one before it; in the first with more "
    "earthquakes right below the station, in the first two with S waves of later earthquakes left in the question, in "
    "the first three down to 25 or 30 km. It is asked about P waves that a picker "
    "has found. A station tells distance from S minus P, azimuth from the motion of the ground, which wrong or unknown "
    "orientations of the components spoil, and next to nothing of depth. How it does on real records is in "
    "benchmarks/README.md. Weights under the licence of geocnn (MIT)."
)


def answers(trained: Trained, samples: PlacedRecords) -> tuple[Tensor, Tensor]:
    """Logits and what is known of new records."""
    parts = []
    for first in range(0, len(samples), 32):
        x, y = samples[range(first, first + 32)]
        with torch.inference_mode():
            parts.append((trained.model(x), y))
    return torch.cat([z for z, _ in parts]), torch.cat([y for _, y in parts])


def temperatures(logits: Tensor, known: Tensor) -> list[float]:
    """Of each question."""
    found = []
    for z, y in zip(*(torch.split(t, list(HEADS), 1) for t in (logits, known)), strict=True):

        def entropy(logarithm: float, z: Tensor = z, y: Tensor = y) -> float:
            return float(-(F.log_softmax(z / np.exp(logarithm), 1) * y).sum())

        found.append(float(np.exp(scipy.optimize.minimize_scalar(entropy, bounds=(-1, 1), method="bounded").x)))
    return found


def within(logits: Tensor, known: Tensor) -> dict[str, float]:
    """Shares of what is true inside the intervals of 68 %."""
    said = head_probabilities(logits, HEADS).numpy()
    inside: dict[str, list[bool]] = {"distance": [], "azimuth": [], "depth": []}
    for p, y in zip(said, known.numpy(), strict=True):
        if y[HEADS[0] :].any():
            found, true = place_of(p), place_of(y)
            assert found.azimuth is not None
            assert true.azimuth is not None
            inside["distance"].append(found.distance.low <= true.distance.value <= found.distance.high)
            inside["depth"].append(found.depth.low <= true.depth.value <= found.depth.high)
            apart = abs((found.azimuth.value - true.azimuth.value + 180) % 360 - 180)
            inside["azimuth"].append(apart <= found.azimuth.half)
    return {f"{name} within its 68 %": round(float(np.mean(hits)), 3) for name, hits in inside.items()}


def main() -> None:
    """Calibrate, evaluate and copy."""
    parser = argparse.ArgumentParser(description="Put a trained detector into the package.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--before", type=int, default=0, help="records that the network to start from had seen")
    options = parser.parse_args()
    trained = checkpoints.load(options.run)
    known = trained.card.training
    arguments = {k: v for k, v in known["arguments"].items() if k not in ("start", "noise")}
    like = build("detector", **arguments).validation
    assert isinstance(like, PlacedRecords)
    first, second = (PlacedRecords(RECORDS, like.size, s, like.rate, like.picker, like.ranges) for s in SERIES)
    found = temperatures(*answers(trained, first))
    print("temperatures", found)
    last = trained.model.get_submodule("answers.5")
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        factors = torch.cat([torch.full((n,), 1 / t) for n, t in zip(HEADS, found, strict=True)])
        last.weight.mul_(factors[:, None])
        last.bias.mul_(factors)
    logits, truth = answers(trained, second)
    judged = {k: round(v, 4) for k, v in place_scores(places(logits, truth)).items()} | within(logits, truth)
    print(judged)
    records = known["epochs_done"] * known["arguments"]["samples"] + options.before
    noise = trained.card.data.partition(", ")[2]
    card = trained.card.replace(
        data=f"{records} {trained.card.data.partition(': ')[0]}, each of {trained.card.window[0]} samples at 100 Hz"
        + (f"; {noise}" if noise else ""),
        metrics=trained.card.metrics | {f"{RECORDS} synthetic records, series {SERIES[1]}": judged},
        notes=NOTES,
    )
    checkpoints.save(WEIGHTS / card.name, trained.model, card)


if __name__ == "__main__":
    main()
