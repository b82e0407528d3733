"""Metrics of one batch, for segmentation, classification, picks and places."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from geocnn.location import HEADS, heads_of, place_of
from geocnn.losses import UNKNOWN
from geocnn.picking import find_picks, peaks, residuals

__all__ = [
    "accuracies",
    "alike",
    "confusion",
    "detections",
    "head_probabilities",
    "mask_confusion",
    "overlap",
    "overlaps",
    "pick_scores",
    "picks",
    "pixel_scores",
    "place_scores",
    "places",
    "signal_to_noise",
]


@torch.no_grad()
def overlap(logits: Float[Tensor, "batch maps *space"], target: Float[Tensor, "batch maps *space"]) -> dict[str, float]:
    """Precision, recall, Dice and IoU (intersection over union) at probability 0.5, over the whole batch.

    A score whose denominator is zero, such as the recall where nothing is true, is 0.
    """
    found, true = logits > 0, target > 0.5
    hit, n_found, n_true = float((found & true).sum()), float(found.sum()), float(true.sum())
    return {
        "precision": hit / max(n_found, 1.0),
        "recall": hit / max(n_true, 1.0),
        "dice": 2 * hit / max(n_found + n_true, 1.0),
        "iou": hit / max(n_found + n_true - hit, 1.0),
    }


@torch.no_grad()
def signal_to_noise(
    result: Float[Tensor, "batch channels *space"], target: Float[Tensor, "batch channels *space"]
) -> dict[str, float]:
    """Ratio of the energy of the target to that of the difference, dB: mean over the samples of the batch."""
    axes = tuple(range(1, target.ndim))
    wrong = (result.float() - target).square().mean(axes).clamp(min=1e-12)
    return {"snr": float(10 * torch.log10(target.square().mean(axes) / wrong).mean())}


@torch.no_grad()
def confusion(logits: Float[Tensor, "batch maps *space"], target: Int[Tensor, " batch *space"]) -> dict[str, float]:
    """Number of samples of each class that are taken for each class, per window, over the samples of known class.

    One map answers for the classes 0 and 1, several for one class each. Counts of batches add up to those of a data
    set, from which :func:`overlaps` and :func:`accuracies` compute their scores; the mean of the scores of batches
    would be something else.

    Returns:
        "1 as 0": samples of class 1 taken for class 0, divided by the batch size; and so on.
    """
    classes = max(2, logits.shape[1])
    found = (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(1)
    known = target != UNKNOWN
    pairs = torch.bincount(target[known] * classes + found[known], minlength=classes**2).double() / len(target)
    return {f"{k // classes} as {k % classes}": n for k, n in enumerate(pairs.tolist())}


@torch.no_grad()
def mask_confusion(
    logits: Float[Tensor, "batch 1 *space"], target: Float[Tensor, "batch maps *space"]
) -> dict[str, float]:
    """Counts of :func:`confusion` for a mask; a second map of the target holds weights, 0 where it is not known."""
    classes = (target[:, 0] > 0.5).long()
    if target.shape[1] > 1:
        classes[target[:, 1] <= 0] = UNKNOWN
    return confusion(logits, classes)


_PHASES = ("p", "s")


@torch.no_grad()
def picks(
    logits: Float[Tensor, "batch maps samples"],
    target: Float[Tensor, "batch maps samples"],
    *,
    threshold: float = 0.3,
    tolerance: int = 50,
) -> dict[str, float]:
    """Counts of P (map 0) and S (map 1) picks and known arrivals, per window; see :func:`pick_scores`.

    Args:
        logits: logits of P, S and noise.
        target: their probabilities, 1 at an arrival.
        threshold: probability of a pick, see :func:`geocnn.picking.find_picks`; the samples are 0.01 s apart.
        tolerance: samples within which a pick fits an arrival.
    """
    probability, truth = torch.softmax(logits.float(), 1).cpu().numpy(), target.cpu().numpy()
    whats = ("true", "found", "hit", "distance")
    counts = dict.fromkeys([f"{what}_{phase}" for what in whats for phase in _PHASES], 0.0)
    for number, phase in enumerate(_PHASES):
        for p, t in zip(probability[:, number], truth[:, number], strict=True):
            found = [pick.sample for pick in find_picks(p, threshold=threshold)]
            true = peaks(t, height=0.5).tolist()
            fit = residuals(found, true, tolerance)
            for what, count in zip(whats, (len(true), len(found), len(fit), abs(fit).sum()), strict=True):
                counts[f"{what}_{phase}"] += float(count) / len(truth)
    return counts


def pick_scores(counts: Mapping[str, float], *, rate: float) -> dict[str, float]:
    """Recall and precision of P and S, and mean absolute error in seconds of right picks, from counts.

    The error is NaN if no pick is right.

    Args:
        counts: result of :func:`picks` for one batch, or its mean over many.
        rate: samples per second.
    """
    scores = {}
    for phase in _PHASES:
        true, found, hit, distance = (counts[f"{what}_{phase}"] for what in ("true", "found", "hit", "distance"))
        scores[f"recall_{phase}"], scores[f"precision_{phase}"] = hit / max(true, 1e-9), hit / max(found, 1e-9)
        scores[f"error_{phase}"] = distance / hit / rate if hit else math.nan
    return scores


@torch.no_grad()
def head_probabilities(logits: Float[Tensor, "batch bins"], heads: Sequence[int]) -> Float[Tensor, "batch bins"]:
    """Softmax over the bins of each question, for several questions one after the other."""
    return torch.cat([torch.softmax(z, 1) for z in torch.split(logits.float(), list(heads), 1)], 1)


@torch.no_grad()
def places(logits: Float[Tensor, "batch bins"], target: Float[Tensor, "batch bins"]) -> dict[str, float]:
    """Sums of the errors of a detector, per window; see :func:`place_scores`."""
    found = head_probabilities(logits, heads_of(logits.shape[1])).cpu().numpy()
    truth = target.cpu().numpy()
    sums = dict.fromkeys(("events", "noises", "hits", "false", "places", "distance", "azimuth", "depth"), 0.0)
    sums |= dict.fromkeys(("clusters", "cluster"), 0.0)
    for p, y in zip(found, truth, strict=True):
        said = place_of(p)
        sums["events"] += float(y[1])
        sums["noises"] += float(y[0])
        sums["hits"] += float(y[1] * (said.probability > 0.5))
        sums["false"] += float(y[0] * (said.probability > 0.5))
        if y[HEADS[0] :].any():
            known = place_of(y)
            assert said.azimuth is not None
            assert known.azimuth is not None
            sums["places"] += 1
            sums["distance"] += abs(math.log(said.distance.value / known.distance.value))
            sums["azimuth"] += abs((said.azimuth.value - known.azimuth.value + 180) % 360 - 180)
            sums["depth"] += abs(math.log(said.depth.value / known.depth.value))
            if said.cluster is not None and known.cluster is not None:
                sums["clusters"] += 1
                sums["cluster"] += float(said.cluster.number == known.cluster.number)
    return {name: value / len(truth) for name, value in sums.items()}


def place_scores(sums: Mapping[str, float]) -> dict[str, float]:
    """Scores from the sums of :func:`places` for one batch, or from their mean over many.

    ``recall`` and ``false`` are the shares of earthquakes and of noise that are called earthquakes. ``distance`` and
    ``depth`` are mean errors in natural logarithms (0.1 is about 10 %), and ``azimuth`` in degrees. ``cluster`` is the
    share of the earthquakes whose cluster is right, if there are clusters. Errors are NaN if no place is known.
    """
    scores = {"recall": sums["hits"] / max(sums["events"], 1e-9), "false": sums["false"] / max(sums["noises"], 1e-9)}
    known = sums["places"]
    scores |= {name: sums[name] / known if known else math.nan for name in ("distance", "azimuth", "depth")}
    return scores | ({"cluster": sums["cluster"] / sums["clusters"]} if sums["clusters"] else {})


def alike(classes: Sequence[str]) -> tuple[str, str] | None:
    """The first two classes whose scores would have one name, in which a blank is an underscore; None without such."""
    known: dict[str, str] = {}
    for name in classes:
        key = name.replace(" ", "_")
        if key in known:
            return known[key], name
        known[key] = name
    return None


def accuracies(counts: Mapping[str, float], classes: Sequence[str]) -> dict[str, float]:
    """Accuracy of windows from the counts of :func:`confusion`, overall and for each class that occurs.

    Args:
        counts: result of :func:`confusion` for one batch, or its mean over many.
        classes: their names, two or more.
    """
    size = range(len(classes))
    hit = [counts[f"{k} as {k}"] for k in size]
    true = [math.fsum(counts[f"{i} as {j}"] for j in size) for i in size]
    by_class = {f"accuracy_{name.replace(' ', '_')}": hit[k] / true[k] for k, name in enumerate(classes) if true[k] > 0}
    return {"accuracy": math.fsum(hit) / max(math.fsum(true), 1e-9)} | by_class


def detections(counts: Mapping[str, float], *, classes: int) -> dict[str, float]:
    """Scores of a classifier of earthquakes and places, from the counts of :func:`confusion`; class 0 is noise.

    ``precision`` is the share of the detections (a class other than 0 is found) that are right, ``recall`` the share of
    the earthquakes that are detected, and ``location`` the share of these whose class is right (Perol et al. 2018). A
    score whose denominator is zero is 0.

    Args:
        counts: result of :func:`confusion` for one batch, or its mean over many.
        classes: number of classes, including noise.
    """
    size = range(classes)
    table = torch.tensor([[counts[f"{i} as {j}"] for j in size] for i in size], dtype=torch.float64)
    found, true, hit = (float(part.sum()) for part in (table[:, 1:], table[1:], table[1:, 1:]))
    return {
        "precision": hit / max(found, 1e-9),
        "recall": hit / max(true, 1e-9),
        "location": float(table.diagonal()[1:].sum()) / max(hit, 1e-9),
    }


def overlaps(counts: Mapping[str, float], classes: Sequence[str]) -> dict[str, float]:
    """Scores from the counts of :func:`confusion`.

    For two classes: precision, recall, Dice and IoU of the second. For more: IoU of each class, their mean, and
    accuracy. A class that does not occur has no score and does not count in the mean.

    Args:
        counts: result of :func:`confusion` for one batch, or its mean over many.
        classes: their names, two or more.
    """
    size = range(len(classes))
    table = torch.tensor([[counts[f"{i} as {j}"] for j in size] for i in size], dtype=torch.float64)
    hit, true, found = table.diagonal(), table.sum(1), table.sum(0)
    iou = hit / (true + found - hit).clamp(min=1e-9)
    if len(classes) == 2:
        one = [float(v) for v in (hit[1] / found[1].clamp(min=1e-9), hit[1] / true[1].clamp(min=1e-9))]
        dice = float(2 * hit[1] / (true[1] + found[1]).clamp(min=1e-9))
        return {"precision": one[0], "recall": one[1], "dice": dice, "iou": float(iou[1])}
    occurring = true > 0
    mean = float(iou[occurring].sum()) / max(1, int(occurring.sum()))
    by_class = {f"iou_{name.replace(' ', '_')}": float(iou[k]) for k, name in enumerate(classes) if occurring[k]}
    return {"mean_iou": mean, "accuracy": float(hit.sum() / table.sum().clamp(min=1e-9))} | by_class


def pixel_scores(counts: Mapping[str, float]) -> dict[str, float]:
    """Share of wrong samples at probability 0.5, and Dice, from the counts of :func:`mask_confusion`."""
    wrong = counts["0 as 1"] + counts["1 as 0"]
    dice = overlaps(counts, ("other", "it"))["dice"]
    return {"pixel_error": wrong / max(math.fsum(counts.values()), 1e-9), "dice": dice}
