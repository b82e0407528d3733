"""Losses: functions of logits and targets that training makes small."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from torch import Tensor, nn

__all__ = [
    "UNKNOWN",
    "Pooled",
    "balanced_bce",
    "bce",
    "border_weights",
    "cross_entropy",
    "dice_bce",
    "heads_cross_entropy",
    "kernel_penalty",
    "known_cross_entropy",
    "known_dice_bce",
    "noise_left",
    "pooled_cross_entropy",
    "pooled_dice_bce",
    "soft_cross_entropy",
    "weighted_bce",
]

UNKNOWN = -1
"""Class of samples that are not known: they count neither in losses nor in metrics."""


@dataclass(frozen=True)
class Pooled:
    """A loss with sums over samples, from which that of a whole data set follows exactly, batch by batch.

    The mean of the losses of batches is something else where a loss is divided by weights or numbers of samples that
    differ from batch to batch, and it depends on which samples meet in a batch.

    Attributes:
        loss: function from logits and targets to the loss.
        sums: function from logits and targets to sums over their samples, ``(sums,)``.
        of: function from such sums to the loss.
    """

    loss: Callable[[Tensor, Tensor], Tensor]
    sums: Callable[[Tensor, Tensor], Tensor]
    of: Callable[[Tensor], Tensor]

    def __call__(self, logits: Tensor, target: Tensor) -> Tensor:
        """The loss of one batch."""
        return self.loss(logits, target)


def cross_entropy(
    logits: Float[Tensor, "batch classes *space"], target: Int[Tensor, " batch *space"]
) -> Float[Tensor, ""]:
    """Mean of -log softmax at the true class; finite for any logits, unlike log(p + epsilon)."""
    return F.cross_entropy(logits.float(), target.long())


def balanced_bce(
    logits: Float[Tensor, "batch maps *space"], target: Float[Tensor, "batch maps *space"]
) -> Float[Tensor, ""]:
    """Class-balanced binary cross-entropy (Xie & Tu 2015, eq. 2; Wu et al. 2019, eq. 2).

    The rare fault samples are weighted by the share of the others in the batch, and vice versa.
    """
    share = target.mean()
    weight = target * (1 - share) + (1 - target) * share
    return F.binary_cross_entropy_with_logits(logits.float(), target, weight=weight)


def bce(logits: Float[Tensor, "batch maps *space"], target: Float[Tensor, "batch maps *space"]) -> Float[Tensor, ""]:
    """Binary cross-entropy: smallest where each probability is the share of such samples that are of the class."""
    return F.binary_cross_entropy_with_logits(logits.float(), target)


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


def known_dice_bce(logits: Float[Tensor, "batch 1 *space"], target: Int[Tensor, " batch *space"]) -> Float[Tensor, ""]:
    """The loss :func:`dice_bce` over samples of known class (0 or 1); 0 if there are none."""
    known = target != UNKNOWN
    z, true = logits[:, 0][known], target[known].float()
    return dice_bce(z[None], true[None]) if len(z) else 0 * logits.sum()


def pooled_dice_bce() -> Pooled:
    """The loss :func:`known_dice_bce`, of a data set with the overlap over all of it.

    In a batch without the class the overlap is next to nothing, however good a network is.
    """
    return Pooled(known_dice_bce, _dice_sums, _dice_bce)


def _dice_sums(logits: Float[Tensor, "batch 1 *space"], target: Int[Tensor, " batch *space"]) -> Float[Tensor, " 5"]:
    """Over the known samples: cross-entropy, their number, probability at the class, probability, and the class."""
    known = target != UNKNOWN
    z, true = logits[:, 0][known].float(), target[known].float()
    p = torch.sigmoid(z)
    entropy = F.binary_cross_entropy_with_logits(z, true, reduction="sum")
    return torch.stack([entropy, known.sum().to(entropy), (p * true).sum(), p.sum(), true.sum()])


def _dice_bce(sums: Float[Tensor, " 5"]) -> Float[Tensor, ""]:
    entropy, count, both, found, true = sums.unbind()
    return entropy / count.clamp(min=1) + 1 - (2 * both + 1) / (found + true + 1)


def soft_cross_entropy(
    logits: Float[Tensor, "batch classes *space"], target: Float[Tensor, "batch classes *space"]
) -> Float[Tensor, ""]:
    """Mean over the samples of the cross-entropy with probabilities that sum to 1 (Zhu & Beroza 2019, eq. 2)."""
    return -(F.log_softmax(logits.float(), 1) * target).sum(1).mean()


def heads_cross_entropy(
    logits: Float[Tensor, "batch bins"], target: Float[Tensor, "batch bins"], heads: Sequence[int]
) -> Float[Tensor, ""]:
    """Sum over several questions of the mean cross-entropy with probabilities that sum to 1, or to 0 where unknown.

    Args:
        logits: logits of all bins of all questions.
        target: probabilities of the bins.
        heads: bins of each question, in the order of the logits.
    """
    parts = zip(*(torch.split(z, list(heads), 1) for z in (logits.float(), target)), strict=True)
    losses = [-(F.log_softmax(z, 1) * y).sum() / y.sum().clamp(min=1) for z, y in parts]
    return torch.stack(losses).sum()


def known_cross_entropy(
    logits: Float[Tensor, "batch classes *space"], target: Int[Tensor, " batch *space"], weight: Sequence[float]
) -> Float[Tensor, ""]:
    """Weighted mean of -log softmax at the true class over the known samples; 0 if there are none.

    Args:
        logits: one map per class.
        target: number of the class, UNKNOWN where it is not known.
        weight: weight of each class.
    """
    weights = logits.new_tensor(weight, dtype=torch.float32)
    known = target != UNKNOWN
    if not bool(known.any()):
        return 0 * logits.float().sum()
    return F.cross_entropy(logits.float(), target.long(), weight=weights, ignore_index=UNKNOWN)


def pooled_cross_entropy(weight: Sequence[float]) -> Pooled:
    """The loss :func:`known_cross_entropy` with these weights of classes.

    In a batch of one class the weights cancel; over a data set they do not.
    """
    return Pooled(partial(known_cross_entropy, weight=weight), partial(_weighted_sums, weight=weight), _weighted_mean)


def _weighted_sums(
    logits: Float[Tensor, "batch classes *space"], target: Int[Tensor, " batch *space"], weight: Sequence[float]
) -> Float[Tensor, " 2"]:
    """Over the known samples: weighted cross-entropy, and weights."""
    weights = logits.new_tensor(weight, dtype=torch.float32)[target[target != UNKNOWN].long()].sum()
    return torch.stack([known_cross_entropy(logits, target, weight) * weights, weights])


def _weighted_mean(sums: Float[Tensor, " 2"]) -> Float[Tensor, ""]:
    return sums[0] / torch.where(sums[1] > 0, sums[1], 1)  # both are 0 where nothing is known


def noise_left(
    result: Float[Tensor, "batch channels *space"], target: Float[Tensor, "batch channels *space"]
) -> Float[Tensor, ""]:
    """Mean ratio of remaining noise to signal over the samples of a batch, in dB.

    The ratio is taken for each sample, so that a quiet section counts as much as a noisy one; below -40 dB it hardly
    decreases any more.
    """
    axes = tuple(range(1, target.ndim))
    wrong = (result.float() - target).square().mean(axes)
    return 10 * torch.log10(wrong / target.square().mean(axes).clamp(min=1e-12) + 1e-4).mean()


def weighted_bce(logits: Float[Tensor, "batch 1 *space"], target: Float[Tensor, "batch 2 *space"]) -> Float[Tensor, ""]:
    """Binary cross-entropy with a weight for every sample; the target holds the mask and, after it, the weights."""
    truth, weight = target[:, :1], target[:, 1:]
    summed = F.binary_cross_entropy_with_logits(logits.float(), truth, weight=weight, reduction="sum")
    return summed / weight.sum()


def kernel_penalty(model: nn.Module, weight: float) -> Float[Tensor, ""]:
    """``weight`` times the sum of squares of all convolution kernels, for L2 regularisation as part of the loss."""
    squares = [p.square().sum() for p in model.parameters() if p.ndim > 2]
    return weight * torch.stack(squares).sum()


def border_weights(cells: Bool[ndarray, "*space"], *, w0: float = 10.0, sigma: float = 5.0) -> Float[ndarray, "*space"]:
    """Weights that teach a network the narrow borders between touching cells (Ronneberger et al. 2015, eq. 2).

    ``1 + w0 exp(-(d1 + d2)^2 / (2 sigma^2))`` outside the cells, with the distances to the nearest and the second
    nearest cell in samples; 1 inside. The weights of the paper that balance the two classes are left to the caller.

    Args:
        cells: True inside a cell; cells that touch along a face are one.
        w0: weight of a border of zero width, in addition to 1.
        sigma: width that counts as narrow, in samples.
    """
    from scipy.ndimage import distance_transform_edt, find_objects, label

    number, _ = label(cells)
    far = int(np.ceil(5 * sigma))
    nearest = np.full(cells.shape, np.inf)
    second = nearest.copy()
    for index, box in enumerate(find_objects(number), start=1):
        around = tuple(
            slice(max(0, side.start - far), min(n, side.stop + far)) for side, n in zip(box, cells.shape, strict=True)
        )
        distance = distance_transform_edt(number[around] != index)
        second[around] = np.minimum(second[around], np.maximum(nearest[around], distance))
        nearest[around] = np.minimum(nearest[around], distance)
    weights = 1 + w0 * np.exp(-np.square(nearest + second) / (2 * sigma**2))
    return np.asarray(np.where(cells, 1, weights), dtype=np.float32)
