"""Losses: from logits and targets to one number to make small."""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["balanced_bce", "cross_entropy", "dice_bce"]


def cross_entropy(
    logits: Float[Tensor, "batch classes *space"], target: Int[Tensor, " batch *space"]
) -> Float[Tensor, ""]:
    """Mean of -log softmax at the true class; finite for any logits, unlike log(p + epsilon)."""
    return F.cross_entropy(logits.float(), target.long())


def balanced_bce(
    logits: Float[Tensor, "batch maps *space"], target: Float[Tensor, "batch maps *space"]
) -> Float[Tensor, ""]:
    """Class-balanced binary cross-entropy (Xie & Tu 2015, eq. 2; Wu et al. 2019, eq. 2).

    The rare fault samples are weighted by the share of the others in the batch, and the reverse.
    """
    share = target.mean()
    weight = target * (1 - share) + (1 - target) * share
    return F.binary_cross_entropy_with_logits(logits.float(), target, weight=weight)


def dice_bce(
    logits: Float[Tensor, "batch maps *space"], target: Float[Tensor, "batch maps *space"]
) -> Float[Tensor, ""]:
    """Binary cross-entropy plus one minus the soft Dice overlap (Milletari et al. 2016, section 3).

    Cross-entropy keeps the probabilities honest; Dice keeps the rare class from being given up. The overlap is taken
    over the whole batch, so that a volume without faults does not weigh as much as one with many.
    """
    logits = logits.float()
    p = torch.sigmoid(logits)
    dice = (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1)
    return F.binary_cross_entropy_with_logits(logits, target) + 1 - dice
