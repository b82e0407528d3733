"""Metrics against torchmetrics and by hand."""

import pytest
import torch

from geocnn.metrics import accuracies, overlap


def pairs():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 1, 8, 9, generator=generator)
    return logits, (torch.rand(3, 1, 8, 9, generator=generator) < 0.3).float()


def test_overlap_agrees_with_torchmetrics():
    from torchmetrics.functional import f1_score, jaccard_index, precision, recall

    logits, target = pairs()
    ours = overlap(logits, target)
    reference = {"precision": precision, "recall": recall, "dice": f1_score, "iou": jaccard_index}
    for name, function in reference.items():
        assert ours[name] == pytest.approx(float(function(logits.sigmoid(), target.int(), task="binary")), rel=1e-6)


def test_overlap_by_hand():
    logits = torch.tensor([[[1.0, 1.0, -1.0, -1.0]]])
    target = torch.tensor([[[1.0, 0.0, 1.0, 0.0]]])
    assert overlap(logits, target) == {"precision": 0.5, "recall": 0.5, "dice": 0.5, "iou": 1 / 3}


def test_overlap_of_nothing_is_zero():
    empty = torch.zeros(1, 1, 4)
    assert set(overlap(empty - 1, empty).values()) == {0.0}


def test_accuracies():
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0], [3.0, 1.0, 0.0]])
    found = accuracies(logits, torch.tensor([0, 1, 1]), ("quiet", "positive arrival", "negative arrival"))
    assert found == {"accuracy": pytest.approx(2 / 3), "accuracy_quiet": 1, "accuracy_positive_arrival": 0.5}
