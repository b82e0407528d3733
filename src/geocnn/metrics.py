"""Metrics of one batch, for segmentation and classification; the tests hold them to torchmetrics."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["accuracy", "overlap"]


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
def accuracy(logits: Float[Tensor, "batch classes"], target: Int[Tensor, " batch"]) -> dict[str, float]:
    """Share of windows whose largest logit is the true class."""
    return {"accuracy": float((logits.argmax(1) == target).float().mean())}
