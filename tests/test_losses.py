"""Losses against their formulas in NumPy, and where formulas fail."""

import numpy as np
import pytest
import torch
from scipy.special import expit, log_softmax

from geocnn.losses import balanced_bce, cross_entropy, dice_bce


def maps(seed=0, share=0.1):
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((2, 1, 6, 7)), (rng.random((2, 1, 6, 7)) < share).astype(np.float64)


def bce(logits, target):
    p = expit(logits)
    return -(target * np.log(p) + (1 - target) * np.log(1 - p))


def both(loss, logits, target):
    return float(loss(torch.from_numpy(logits), torch.from_numpy(target)))


@pytest.mark.parametrize("space", [(), (5,), (4, 3)])
def test_cross_entropy(space):
    rng = np.random.default_rng(1)
    logits, target = rng.standard_normal((6, 3, *space)), rng.integers(0, 3, (6, *space))
    expected = -np.take_along_axis(log_softmax(logits, 1), target[:, None], 1).mean()
    assert both(cross_entropy, logits, target) == pytest.approx(expected, rel=1e-6)
    assert both(cross_entropy, logits, target.astype(np.int32)) == pytest.approx(expected, rel=1e-6)


def test_cross_entropy_lives_on_where_log_of_a_probability_dies():
    logits = torch.tensor([[1e6, 0.0]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([1]))
    loss.backward()
    assert float(loss.detach()) == 1e6
    assert logits.grad.tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_balanced_bce(share):
    logits, target = maps(share=share)
    beta = 1 - target.mean()
    expected = np.mean(np.where(target == 1, beta, 1 - beta) * bce(logits, target))
    assert both(balanced_bce, logits, target) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_dice_bce():
    logits, target = maps()
    p = expit(logits)
    dice = (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1)
    assert both(dice_bce, logits, target) == pytest.approx(bce(logits, target).mean() + 1 - dice, rel=1e-6)


@pytest.mark.parametrize("loss", [balanced_bce, dice_bce])
def test_perfect_is_zero_and_gradients_are_finite_anywhere(loss):
    _, target = maps()
    perfect = torch.from_numpy(np.where(target == 1, 60.0, -60.0))
    assert float(loss(perfect, torch.from_numpy(target))) == pytest.approx(0, abs=1e-6)
    for scale in (0.0, 1.0, 1e8):
        logits = (torch.from_numpy(maps()[0]) * scale).requires_grad_()
        loss(logits, torch.from_numpy(target)).backward()
        assert logits.grad.isfinite().all()
