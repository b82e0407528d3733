"""Losses against their formulas in NumPy, and where formulas fail."""

import numpy as np
import pytest
import torch
from scipy.special import expit, log_softmax

from geocnn.losses import (
    balanced_bce,
    bce,
    border_weights,
    cross_entropy,
    dice_bce,
    known_cross_entropy,
    known_dice_bce,
    pooled_cross_entropy,
    pooled_dice_bce,
    weighted_bce,
)


def maps(seed=0, share=0.1):
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((2, 1, 6, 7)), (rng.random((2, 1, 6, 7)) < share).astype(np.float64)


def by_hand(logits, target):
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
    expected = np.mean(np.where(target == 1, beta, 1 - beta) * by_hand(logits, target))
    assert both(balanced_bce, logits, target) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_bce():
    logits, target = maps()
    assert both(bce, logits, target) == pytest.approx(by_hand(logits, target).mean(), rel=1e-6)


def test_dice_bce():
    logits, target = maps()
    p = expit(logits)
    dice = (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1)
    assert both(dice_bce, logits, target) == pytest.approx(by_hand(logits, target).mean() + 1 - dice, rel=1e-6)


@pytest.mark.parametrize("loss", [balanced_bce, bce, dice_bce])
def test_perfect_is_zero_and_gradients_are_finite_anywhere(loss):
    _, target = maps()
    perfect = torch.from_numpy(np.where(target == 1, 60.0, -60.0))
    assert float(loss(perfect, torch.from_numpy(target))) == pytest.approx(0, abs=1e-6)
    for scale in (0.0, 1.0, 1e8):
        logits = (torch.from_numpy(maps()[0]) * scale).requires_grad_()
        loss(logits, torch.from_numpy(target)).backward()
        assert logits.grad.isfinite().all()


def test_weighted_bce_is_the_weighted_mean():
    logits, target = maps(4)
    weights = np.random.default_rng(5).random(target.shape)
    expected = (weights * by_hand(logits, target)).sum() / weights.sum()
    assert both(weighted_bce, logits, np.concatenate((target, weights), 1)) == pytest.approx(expected, rel=1e-6)


def test_border_weights_between_two_cells_are_the_formula():
    """Two walls 7 samples apart: the distances to them add up to 8 everywhere in between."""
    cells = np.ones((20, 40), np.bool_)
    cells[:, 15:22] = False
    weights = border_weights(cells, w0=10.0, sigma=5.0)
    np.testing.assert_allclose(weights[:, 15:22], 1 + 10 * np.exp(-(8**2) / 50), rtol=1e-6)
    assert (weights[cells] == 1).all()


def test_border_weights_of_one_cell_or_none_are_one():
    cells = np.zeros((12, 12), np.bool_)
    assert (border_weights(cells) == 1).all()
    cells[3:6, 3:6] = True
    assert (border_weights(cells) == 1).all()


def test_border_weights_see_the_two_nearest_of_many_cells():
    from scipy.ndimage import distance_transform_edt, label

    cells = np.random.default_rng(0).random((40, 50)) < 0.15
    number, count = label(cells)
    distances = np.sort([distance_transform_edt(number != k) for k in range(1, count + 1)], axis=0)
    expected = 1 + 10 * np.exp(-((distances[0] + distances[1]) ** 2) / (2 * 2.0**2))
    np.testing.assert_allclose(border_weights(cells, sigma=2.0)[~cells], expected[~cells], atol=1e-4)


def test_what_is_not_known_is_left_out_of_the_losses():
    rng = np.random.default_rng(5)
    logits, target = rng.standard_normal((2, 3, 6, 7)), rng.integers(-1, 3, (2, 6, 7))
    known, weight = target >= 0, np.array([1.0, 2.0, 0.5])
    rows, true = np.moveaxis(logits, 1, -1)[known], target[known]
    wanted = -log_softmax(rows, axis=1)[np.arange(len(true)), true]
    found = known_cross_entropy(torch.from_numpy(logits), torch.from_numpy(target), [1.0, 2.0, 0.5])
    assert float(found) == pytest.approx(np.average(wanted, weights=weight[true]), rel=1e-6)
    binary = torch.from_numpy(np.minimum(target, 1))
    z = torch.from_numpy(logits[:, :1])
    cut = (torch.from_numpy(a[None]) for a in (logits[:, 0][known], np.minimum(target, 1)[known].astype(float)))
    assert float(known_dice_bce(z, binary)) == pytest.approx(float(dice_bce(*cut)), rel=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_losses_of_batches_add_up_to_that_of_a_data_set(classes):
    """Batches of one class, of several, and of no known one."""
    rng = np.random.default_rng(2)
    logits = torch.from_numpy(rng.standard_normal((9, 1 if classes == 2 else 3, 5)))
    target = torch.from_numpy(np.sort(rng.integers(-1, classes, 45)).reshape(9, 5))
    loss = pooled_dice_bce() if classes == 2 else pooled_cross_entropy([1.0, 4.0, 0.5])
    parts = [loss.sums(logits[part], target[part]) for part in (slice(0, 1), slice(1, 5), slice(5, 9))]
    assert loss.of(parts[0]) == 0
    assert float(loss.of(sum(parts))) == pytest.approx(float(loss(logits, target)), rel=1e-5)
