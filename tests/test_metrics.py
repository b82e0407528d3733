"""Metrics against torchmetrics and by hand."""

import numpy as np
import pytest
import torch

from geocnn.metrics import accuracies, alike, confusion, mask_confusion, overlap, overlaps, pixel_scores


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
    counts = confusion(logits, torch.tensor([0, 1, 1]))
    found = accuracies(counts, ("quiet", "positive arrival", "negative arrival"))
    assert found == {"accuracy": pytest.approx(2 / 3), "accuracy_quiet": 1, "accuracy_positive_arrival": 0.5}


def test_where_all_is_right_accuracies_are_one_to_the_last_bit():
    for size in range(1, 40):
        target = torch.arange(size) % 3
        counts = confusion(torch.nn.functional.one_hot(target, 3).float(), target)
        assert set(accuracies(counts, ("a", "b", "c")).values()) == {1.0}


def test_pixel_errors_count_where_the_weight_is_not_zero():
    """Over batches of any size, whose own scores differ."""
    rng = np.random.default_rng(3)
    logits, mask = rng.standard_normal((5, 1, 7, 9)), rng.random((5, 1, 7, 9)) < 0.3
    weight = rng.integers(0, 3, (5, 1, 7, 9)).astype(np.float64)
    mask[3:], weight[4] = False, 0  # no membranes in the second batch, and nothing known of its end
    target = torch.from_numpy(np.concatenate((mask, weight), 1))
    means = {}
    for batch in (slice(0, 3), slice(3, 5)):
        for key, value in mask_confusion(torch.from_numpy(logits[batch]), target[batch]).items():
            means[key] = means.get(key, 0.0) + value * len(target[batch]) / 5
    found, known = pixel_scores(means), weight > 0
    assert found["pixel_error"] == pytest.approx(((logits > 0) != mask)[known].mean(), rel=1e-6)
    both = ((logits > 0) & mask)[known].sum(), (logits > 0)[known].sum() + mask[known].sum()
    assert found["dice"] == pytest.approx(2 * both[0] / both[1])


def test_counts_of_a_mask_alone_are_those_of_its_classes():
    logits, target = pairs()
    assert mask_confusion(logits, target) == confusion(logits, target[:, 0].long())
    assert overlaps(mask_confusion(logits, target), ("other", "it")) == pytest.approx(overlap(logits, target))


@pytest.mark.parametrize("maps", [1, 4])
def test_overlaps_of_batches_are_those_of_all_samples(maps):
    """Counts add up over batches of any size, whose own scores differ; unknown samples are left out."""
    from torchmetrics.functional import jaccard_index

    generator = torch.Generator().manual_seed(1)
    classes = max(2, maps)
    logits = torch.randn(5, maps, 6, 7, generator=generator)
    target = torch.randint(-1, classes, (5, 6, 7), generator=generator)
    target[3:] = target[3:].clamp(max=0)  # few classes in the second batch
    means = {}
    for batch in (slice(0, 3), slice(3, 5)):
        for key, value in confusion(logits[batch], target[batch]).items():
            means[key] = means.get(key, 0.0) + value * len(target[batch]) / 5
    names = [f"layer {k}" for k in range(classes)]
    ours = overlaps(means, names)
    found = (logits[:, 0] > 0).long() if maps == 1 else logits.argmax(1)
    options = {"task": "multiclass", "num_classes": classes, "ignore_index": -1, "average": "none"}
    iou = jaccard_index(found, target, **options).tolist()
    if maps == 1:
        known = target >= 0
        assert ours["iou"] == pytest.approx(iou[1])
        assert ours == pytest.approx(overlap(logits[:, 0][known][None], target[known][None].float()))
    else:
        assert [ours[f"iou_layer_{k}"] for k in range(4)] == pytest.approx(iou)
        assert ours["mean_iou"] == pytest.approx(sum(iou) / 4)
        assert ours["accuracy"] == pytest.approx(float((found == target)[target >= 0].float().mean()))


def test_a_class_that_does_not_occur_has_no_score():
    counts = confusion(torch.eye(3)[None, :, :2], torch.tensor([[0, 1]]))
    assert set(overlaps(counts, ("a", "b", "c"))) == {"mean_iou", "accuracy", "iou_a", "iou_b"}


def test_classes_with_scores_of_one_name_count_each_in_the_mean():
    target = torch.arange(40).reshape(1, 40) % 4
    logits = torch.nn.functional.one_hot(target.where(target != 1, 3), 4).movedim(-1, 1).float()
    found = overlaps(confusion(logits, target), ("a", "b c", "b_c", "d"))
    assert found["mean_iou"] == pytest.approx((1 + 0 + 1 + 0.5) / 4)
    assert alike(("a", "b c", "b_c", "d")) == ("b c", "b_c")
    assert alike(("a", "d", "a")) == ("a", "a")
    assert alike(("a b c", "abc", "a")) is None
