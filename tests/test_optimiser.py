"""The small AdamW against torch's."""

import copy

import pytest
import torch
from torch import nn

from geocnn.optimiser import AdamW


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv1d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 2)).double()


def gradients(model, step):
    generator = torch.Generator().manual_seed(step)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 10.0 ** (step % 7 - 3)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_fifty_steps_equal_torch(decay):
    ours, theirs = network(), network()
    small = AdamW(ours.named_parameters(), weight_decay=decay)
    groups = [
        {"params": [p for p in theirs.parameters() if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in theirs.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    reference = torch.optim.AdamW(groups, lr=1e-3)
    for step in range(50):
        rate = 1e-2 / (step + 1)
        gradients(ours, step)
        gradients(theirs, step)
        small.step(rate)
        for group in reference.param_groups:
            group["lr"] = rate
        reference.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)
        assert a.grad is None


def test_state_round_trip_continues_exactly():
    one = network()
    first = AdamW(one.named_parameters(), weight_decay=0.01)
    for step in range(5):
        gradients(one, step)
        first.step(1e-2)
    two = copy.deepcopy(one)
    second = AdamW(two.named_parameters(), weight_decay=0.01)
    second.load_state({k: v.clone() for k, v in first.state().items()})
    for step in range(5, 10):
        for model, optimiser in ((one, first), (two, second)):
            gradients(model, step)
            optimiser.step(1e-2)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_clip_equals_torch_and_reports_the_norm():
    ours, theirs = network(), network()
    gradients(ours, 5)
    gradients(theirs, 5)
    norm = AdamW(ours.named_parameters()).clip(0.5)
    assert norm == pytest.approx(float(nn.utils.clip_grad_norm_(theirs.parameters(), 0.5)))
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-5, atol=0)


def test_small_gradients_and_missing_ones_are_left_alone():
    model = network()
    optimiser = AdamW(model.named_parameters())
    assert optimiser.clip(1.0) == 0.0
    gradients(model, 0)
    before = [p.grad.clone() for p in model.parameters()]
    optimiser.clip(1e9)
    optimiser.clip(None)
    assert all(torch.equal(a, p.grad) for a, p in zip(before, model.parameters(), strict=True))


def test_frozen_parameters_stay_and_nothing_to_learn_is_refused():
    model = network()
    model[0].requires_grad_(requires_grad=False)
    assert AdamW(model.named_parameters()).names == ("3.weight", "3.bias")
    model.requires_grad_(requires_grad=False)
    with pytest.raises(ValueError, match="no parameters that can be learnt"):
        AdamW(model.named_parameters())
