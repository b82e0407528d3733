"""Metrics of one batch, for segmentation and classification; the tests hold them to torchmetrics."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["accuracies", "overlap"]


@torch.no_grad()
def overlap(logits: Float[Tensor, "batch maps *space"], target: Float[Tensor, "batch maps *space"]) -> dict[str, float]:
    """Precision, recall, Dice and IoU (intersection over union) at probability 0.5, over the whole batch.

    A number whose denominator is zero, such as the recall where nothing is true, is 0.
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
def accuracies(
    logits: Float[Tensor, "batch classes"], target: Int[Tensor, " batch"], classes: Sequence[str]
) -> dict[str, float]:
    """Share of windows whose largest logit is the true class: of all, and of those of each class that has any."""
    right = (logits.argmax(1) == target).float()
    by_class = {f"accuracy_{name.replace(' ', '_')}": right[target == k] for k, name in enumerate(classes)}
    return {"accuracy": float(right.mean())} | {name: float(r.mean()) for name, r in by_class.items() if len(r)}
