"""How good is a network: on labelled samples, or on a survey whose faults are known."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.typing import NDArray

from geocnn import io
from geocnn.checkpoints import Trained, load
from geocnn.datasets import Samples
from geocnn.errors import DataError
from geocnn.hardware import channels_last, choose_device
from geocnn.io.source import Source
from geocnn.metrics import accuracies
from geocnn.prediction import predict
from geocnn.progress import progress

__all__ = ["evaluate_samples", "evaluate_survey", "scores"]


def scores(
    probability: Float[ndarray, "*space"], truth: Bool[ndarray, "*space"], *, threshold: float = 0.5, tolerance: int = 2
) -> dict[str, float]:
    """Segmentation scores of a probability volume against a mask.

    Args:
        probability: 0..1.
        truth: True on a fault.
        threshold: a sample at or above is called a fault.
        tolerance: samples (Euclidean) within which a called sample matches a true one, for the scores named tolerant.

    Returns:
        ``precision``, ``recall``, ``dice`` and ``iou`` sample by sample; ``average_precision`` and ``auc`` over all
        thresholds; ``tolerant_precision``, ``tolerant_recall``, ``tolerant_f1`` and ``tolerant_iou = f1 / (2 - f1)``.

    Raises:
        DataError: the shapes differ.
    """
    if probability.shape != truth.shape:
        raise DataError(
            f"the prediction has {probability.shape} samples and the labels {truth.shape}; they must be equal."
        )
    found = probability >= threshold
    hit, n_found, n_true = float((found & truth).sum()), float(found.sum()), float(truth.sum())
    precision, recall = hit / max(n_found, 1.0), hit / max(n_true, 1.0)
    near_precision = float((found & _near(truth, tolerance)).sum()) / max(n_found, 1.0)
    near_recall = float((truth & _near(found, tolerance)).sum()) / max(n_true, 1.0)
    near_f1 = _harmonic(near_precision, near_recall)
    return {
        "precision": precision,
        "recall": recall,
        "dice": _harmonic(precision, recall),
        "iou": hit / max(n_found + n_true - hit, 1.0),
        **_ranking(probability, truth),
        "tolerant_precision": near_precision,
        "tolerant_recall": near_recall,
        "tolerant_f1": near_f1,
        "tolerant_iou": near_f1 / (2 - near_f1),
    }


def _harmonic(a: float, b: float) -> float:
    """Harmonic mean, zero if both are."""
    return 2 * a * b / (a + b) if a + b else 0.0


def _near(mask: NDArray[np.bool_], tolerance: int) -> NDArray[np.bool_]:
    """True within ``tolerance`` samples of a True sample."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return mask
    return np.asarray(distance_transform_edt(~mask) <= tolerance)


def _ranking(probability: NDArray[np.float32], truth: NDArray[np.bool_]) -> dict[str, float]:
    """Average precision and area under the ROC curve, from 1,000 bins of probability."""
    from torchmetrics.functional.classification import binary_auroc, binary_average_precision

    p, t = (
        torch.from_numpy(np.ascontiguousarray(probability)).flatten(),
        torch.from_numpy(truth.astype(np.int64)).flatten(),
    )
    return {
        "average_precision": float(binary_average_precision(p, t, thresholds=1000)),
        "auc": float(binary_auroc(p, t, thresholds=1000)),
    }


def evaluate_samples(
    network: str | Path | Trained, samples: Samples, *, device: str = "auto", show_progress: bool = True
) -> dict[str, float]:
    """Scores on labelled samples, each sample judged alone and the scores averaged.

    For a classifier: those of :func:`geocnn.metrics.accuracies`.
    For a segmentation network: those of :func:`scores`.
    """
    trained = network if isinstance(network, Trained) else load(network)
    place = choose_device(device)
    model = channels_last(trained.model.to(place), trained.card.ndim)
    logits, targets = [], []
    with torch.inference_mode(), progress("evaluate", len(samples), show=show_progress) as tick:
        for i in range(len(samples)):
            x, y = samples[[i]]
            logits.append(model(channels_last(x.to(place), trained.card.ndim)).float().cpu())
            targets.append(y)
            tick(1)
    if trained.card.task == "classification":
        return accuracies(torch.cat(logits), torch.cat(targets), trained.card.classes)
    rows = [scores(torch.sigmoid(p)[0, 0].numpy(), t[0, 0].numpy() > 0.5) for p, t in zip(logits, targets, strict=True)]
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def evaluate_survey(
    network: str | Path | Trained,
    data: str | Path | NDArray[np.generic] | Source,
    labels: str | Path | NDArray[np.generic] | Source,
    *,
    memory: str | None = None,
    device: str = "auto",
    show_progress: bool = True,
) -> dict[str, float]:
    """Scores on a survey with known faults; ``labels`` is a file or array of the same shape, above 0.5 on a fault.

    Raises:
        DataError: the shapes differ, or the labels hold no fault.
    """
    source, truth = io.open(data), io.open(labels)
    if source.grid.shape != truth.grid.shape:
        have, need = (" x ".join(map(str, grid.shape)) for grid in (truth.grid, source.grid))
        raise DataError(f"the labels have {have} samples and the data {need}; both must lie on the same grid.")
    mask = truth.read(tuple(slice(0, n) for n in truth.grid.shape)) > 0.5
    if not mask.any():
        raise DataError(
            f"the labels{f' {truth.path}' if truth.path else ''} hold no sample above 0.5; a fault mask is 1 on the "
            "faults, else 0."
        )
    result = predict(network, source, memory=memory, device=device, show_progress=show_progress)
    if result.array is None:
        raise AssertionError("predict without out keeps its result in memory")
    return scores(result.array, mask)
