"""Scores against their definitions, counted sample by sample."""

import math
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.surveys import network, survey
from torch import nn

import geocnn
from geocnn import evaluation
from geocnn.checkpoints import Card, Trained
from geocnn.cli import main
from geocnn.datasets import TensorSamples
from geocnn.errors import DataError
from geocnn.evaluation import evaluate_samples, evaluate_survey, scores
from geocnn.grid import Axis, Grid
from geocnn.io import ArraySource
from geocnn.io.horizons import Horizon, IntervalSource
from geocnn.io.stretched import StretchedSource
from geocnn.models import build
from geocnn.synthetic.structure import structure


def counted(probability, truth, threshold, tolerance):
    """The definitions in loops over samples: no distance transform, no arrays."""
    found = [tuple(p) for p in np.argwhere(probability >= threshold)]
    true = [tuple(p) for p in np.argwhere(truth)]

    def near(points, others):
        return sum(any(math.dist(p, q) <= tolerance for q in others) for p in points)

    hit = len(set(found) & set(true))
    precision, recall = near(found, true) / len(found), near(true, found) / len(true)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "precision": hit / len(found),
        "recall": hit / len(true),
        "dice": 2 * hit / (len(found) + len(true)),
        "iou": hit / len(set(found) | set(true)),
        "tolerant_precision": precision,
        "tolerant_recall": recall,
        "tolerant_f1": f1,
        "tolerant_iou": f1 / (2 - f1),
    }


def ranked(probability, truth):
    """Average precision as the area of steps, and the share of pairs in the right order, over all thresholds."""
    p, t = probability.ravel(), truth.ravel()
    area, before = 0.0, 0.0
    for threshold in sorted(set(p), reverse=True):
        called = p >= threshold
        recall = (called & t).sum() / t.sum()
        area += (recall - before) * (called & t).sum() / called.sum()
        before = recall
    pairs = [float(a > b) + 0.5 * float(a == b) for a in p[t] for b in p[~t]]
    return {"average_precision": area, "auc": sum(pairs) / len(pairs)}


@pytest.mark.parametrize("shape", [(90,), (9, 11), (5, 6, 7)])
@pytest.mark.parametrize("seed", range(4))
def test_scores_are_their_definitions(shape, seed):
    draw = np.random.default_rng(seed)
    truth = draw.random(shape) < 0.15
    # From 1e-9 to 1, as of a network that is sure or knows how rare the class is; many samples have the same.
    probability = (1 / (1 + np.exp(-draw.integers(-20, 21, shape) - 2.0 * truth))).astype(np.float32)
    threshold, tolerance = 0.7, 2
    got = scores(probability, truth, threshold=threshold, tolerance=tolerance)
    expected = counted(probability, truth, threshold, tolerance) | ranked(probability, truth)
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, abs=1e-6), name


def test_samples_without_a_probability_do_not_count():
    draw = np.random.default_rng(0)
    truth, probability = draw.random((20, 20)) < 0.3, draw.random((20, 20)).astype(np.float32)
    beside = np.indices(truth.shape)[0] < 10
    whole = scores(probability, truth, known=~beside)
    assert scores(np.where(beside, np.nan, probability), truth) == whole
    assert undefined(scores(np.full_like(probability, np.nan), truth)) == set(whole)


def test_tolerance_is_a_euclidean_distance_that_counts_itself():
    truth = np.zeros((9, 9), bool)
    truth[4, 4] = True
    for step, near in (((0, 2), True), ((1, 1), True), ((2, 1), False), ((2, 2), False), ((0, 3), False)):
        probability = np.zeros((9, 9), np.float32)
        probability[4 + step[0], 4 + step[1]] = 1
        got = scores(probability, truth)
        assert (got["tolerant_precision"], got["tolerant_recall"], got["tolerant_iou"]) == (near, near, near)
        assert got["dice"] == 0


def undefined(got):
    return {name for name, value in got.items() if math.isnan(value)}


def test_what_is_undefined_is_nan():
    nothing, everything = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    high, low = np.full((4, 4), 0.9, np.float32), np.full((4, 4), 0.1, np.float32)
    assert undefined(scores(high, nothing)) == {"recall", "tolerant_recall", "average_precision", "auc"}
    assert undefined(scores(low, everything)) == {"precision", "tolerant_precision", "auc"}
    assert undefined(scores(low, nothing)) == set(scores(low, nothing))
    assert scores(high, nothing)["dice"] == scores(low, everything)["dice"] == scores(low, everything)["recall"] == 0
    assert scores(high, nothing)["tolerant_f1"] == scores(low, everything)["tolerant_iou"] == 0
    assert undefined(scores(high, everything)) == {"auc"}


class Same(nn.Module):
    """Gives back its input as logits."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.weight


CARD = Card(
    "same", "segmentation", "faultseg", {"ndim": 2}, ("fault",), ("amplitude",), ("trace", "time"), window=(6, 6)
)


def test_undefined_scores_are_left_out_of_means():
    draw = torch.Generator().manual_seed(0)
    inputs = torch.randn(3, 1, 6, 6, generator=draw)
    targets = (torch.rand(3, 1, 6, 6, generator=draw) < 0.3).float()
    targets[1] = 0
    network = Trained(Same().eval(), CARD)
    got = evaluate_samples(network, TensorSamples(inputs, targets), device="cpu", show_progress=False)
    alone = [scores(torch.sigmoid(x[0]).numpy(), t[0].numpy() > 0.5) for x, t in zip(inputs, targets, strict=True)]
    assert got["recall"] == pytest.approx((alone[0]["recall"] + alone[2]["recall"]) / 2)
    assert got["auc"] == pytest.approx((alone[0]["auc"] + alone[2]["auc"]) / 2)
    assert got["dice"] == pytest.approx((alone[0]["dice"] + 0 + alone[2]["dice"]) / 3)
    nowhere = evaluate_samples(network, TensorSamples(inputs[1:2], targets[1:2]), device="cpu", show_progress=False)
    assert math.isnan(nowhere["recall"])


@pytest.mark.parametrize(("maps", "classes"), [(2, ("fault",)), (1, ("other", "fault")), (3, ("other", "fault"))])
def test_a_network_whose_maps_are_not_the_classes_of_its_card_has_no_scores(maps, classes):
    """Of one map for two classes every probability below 1 would be the first class."""
    trained = Trained(nn.Conv2d(1, maps, 3, padding=1).eval(), CARD.replace(classes=classes, reach=1))
    data, labels = survey(12, 14), np.arange(12 * 14).reshape(12, 14) % 2
    samples = TensorSamples(torch.zeros(2, 1, 6, 6), torch.zeros(2, 1, 6, 6))
    for judge in (
        lambda: evaluate_survey(trained, data, labels, show_progress=False),
        lambda: evaluate_samples(trained, samples, device="cpu", show_progress=False),
    ):
        with pytest.raises(DataError, match=f"makes {maps} map.* its card has {len(classes)} class"):
            judge()


@pytest.mark.parametrize("bad", [np.inf, -0.1, 1.5, 254, -2])
def test_labels_that_are_no_mask_are_refused_before_the_work(monkeypatch, bad):
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: pytest.fail("predicted"))
    labels = np.zeros((6, 6))
    labels[2, 3], labels[1, 1] = 1, bad
    with pytest.raises(DataError, match="labels for a network that finds fault are 1 on it, 0 elsewhere"):
        evaluate_survey(Trained(Same().eval(), CARD), np.ones((6, 6)), labels)


def test_whole_per_cent_are_labels_as_probabilities_are(monkeypatch):
    draw = np.random.default_rng(3)
    probability = draw.random((8, 30), np.float32)
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: SimpleNamespace(array=probability, notes=[]))
    percent = draw.integers(0, 101, (8, 30)).astype(np.int8)
    percent[2, :9] = -1
    labels = np.where(percent == -1, np.nan, percent / 100)
    got, plain = (evaluate_survey(Trained(Same().eval(), CARD), np.ones((8, 30)), each) for each in (percent, labels))
    assert got == plain
    with pytest.raises(DataError, match="reach from 0 to 101"):
        evaluate_survey(Trained(Same().eval(), CARD), np.ones((8, 30)), np.where(percent == 100, 101, percent).clip(0))
    with pytest.raises(DataError, match="reach from 0 to 100"):
        evaluate_survey(Trained(Same().eval(), CARD), np.ones((8, 30)), percent.clip(0).astype(np.int16))


@pytest.mark.parametrize("blank", [-1, 255, np.nan, 7])
def test_unknown_samples_count_for_nothing(monkeypatch, blank):
    """Scores of sparse labels are those of the known samples alone, whatever the network says elsewhere."""
    draw = np.random.default_rng(1)
    probability = draw.random((8, 30)).astype(np.float32)
    truth, known = draw.random((8, 30)) < 0.3, draw.random((8, 30)) < 0.4
    card = CARD.replace(training={"arguments": {"unknown": 7}}, threshold=0.4)
    seen = SimpleNamespace(array=probability, notes=[])
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: seen)
    labels = np.where(known, truth, blank)
    got = evaluate_survey(Trained(Same().eval(), card), np.ones((8, 30)), labels)
    seen.array = np.where(known, probability, draw.random((8, 30))).astype(np.float32)
    assert evaluate_survey(Trained(Same().eval(), card), np.ones((8, 30)), labels) == got
    rest = counted(np.where(known, probability, 0), truth & known, 0.4, 2) | ranked(probability[known], truth[known])
    assert got.pop("threshold") == 0.4
    for name, value in rest.items():
        assert got[name] == pytest.approx(value, abs=1e-6), name


def test_scores_are_the_same_whether_horizons_are_looked_for_or_not(monkeypatch):
    probability = np.random.default_rng(2).random((8, 30), np.float32)
    grid = Grid((Axis("trace", 8), Axis("time", 30, 0, 4, "ms")))
    labels = IntervalSource([Horizon("top", np.full(8, 62.0))], grid)
    card = CARD.replace(threshold=0.2)
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: SimpleNamespace(array=probability, notes=[]))
    plain = evaluate_survey(Trained(Same().eval(), card), np.ones((8, 30)), labels.read(...))
    got = evaluate_survey(Trained(Same().eval(), card), np.ones((8, 30)), labels)
    assert got.pop("error_of_top") >= 0
    assert got.pop("found_of_top") == 1
    assert got == plain


def test_what_the_network_does_not_see_does_not_count(monkeypatch):
    draw = np.random.default_rng(3)
    data = draw.standard_normal((8, 30))
    data[:, 20:], data[3], data[5, 7] = 0, 0, np.nan  # padding, a dead trace, a hole
    seen = (data != 0) & np.isfinite(data)
    truth, probability = draw.random((8, 30)) < 0.3, np.where(seen, draw.random((8, 30)), 0).astype(np.float32)
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: SimpleNamespace(array=probability, notes=[]))
    got = evaluate_survey(Trained(Same().eval(), CARD), data, truth)
    want = scores(probability, truth, known=seen, threshold=got.pop("threshold"))
    assert got == want
    classes = np.where(seen, probability > 0.5, -1)
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: SimpleNamespace(array=classes, notes=[]))
    got = evaluate_survey(Trained(Same().eval(), CARD.replace(classes=("a", "b", "c"))), data, truth)
    assert got["accuracy"] == pytest.approx((classes == truth)[seen].mean())


def test_errors_of_horizons_say_on_how_many_picks_they_rest(monkeypatch):
    grid = Grid((Axis("trace", 8), Axis("time", 30, 0, 4, "ms")))
    labels = IntervalSource([Horizon("top", np.full(8, 62.0))], grid)
    found = (np.arange(30) >= 16) * np.ones((8, 1))
    found[:6] = 0  # on most traces nothing lies below
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: SimpleNamespace(array=found, notes=[]))
    card = CARD.replace(classes=("above", "below"))
    data = ArraySource(np.random.default_rng(4).standard_normal((8, 30)), grid)
    got = evaluate_survey(Trained(Same().eval(), card), data, labels)
    assert got["error_of_top"] == 0
    assert got["found_of_top"] == 2 / 8
    labels = IntervalSource([Horizon("top", np.full(8, 62.0)), Horizon("none", np.full(8, np.nan))], grid)
    got = evaluate_survey(Trained(Same().eval(), card.replace(classes=("above", "below", "deep"))), data, labels)
    assert np.isnan([got["error_of_none"], got["found_of_none"]]).all()  # it is picked on no trace


@pytest.mark.parametrize("bad", [3, 0.5, -2])
def test_labels_of_other_classes_are_refused_before_the_work(monkeypatch, bad):
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: pytest.fail("predicted"))
    labels = np.zeros((6, 6))
    labels[2, 3], labels[1, 1] = 1, bad
    card = CARD.replace(classes=("a", "b", "c"))
    with pytest.raises(DataError, match=rf"hold {bad:g} at trace 1, time 1; the network knows the classes 0 to 2"):
        evaluate_survey(Trained(Same().eval(), card), np.ones((6, 6)), labels)


def test_classes_that_occur_nowhere_have_no_score(monkeypatch):
    labels = np.arange(36).reshape(6, 6) % 2.0
    found = np.where(np.arange(36).reshape(6, 6) < 6, 3, labels)
    card = CARD.replace(classes=("a", "b c", "d", "e"), training={"arguments": {"unknown": 0}})
    monkeypatch.setattr(evaluation, "predict_stretched", lambda *_, **__: SimpleNamespace(array=found, notes=[]))
    got = evaluate_survey(Trained(Same().eval(), CARD.replace(classes=card.classes)), np.ones((6, 6)), labels)
    assert list(got) == ["mean_iou", "accuracy", "iou_a", "iou_b_c", "iou_d", "iou_e"]
    assert undefined(got) == {"iou_d", "iou_e"}
    assert got["mean_iou"] == got["iou_a"] == got["iou_b_c"] == pytest.approx(15 / 18)
    got = evaluate_survey(Trained(Same().eval(), card), np.ones((6, 6)), labels)  # 0 was unknown to this one
    assert undefined(got) == {"iou_a", "iou_d", "iou_e"}


@pytest.fixture(scope="module")
def fine():
    """A section four times as fine as what the network for faults has learnt, and its faults."""
    sample = structure(2, seed=11, shape=(128, 160))
    mask = sample.fault.numpy()[:, np.floor(np.arange(4 * 159 + 1) / 4 + 0.5).astype(int)]
    return StretchedSource(geocnn.open(sample.seismic.numpy()), (1, 4)).read(...), mask.astype(np.float32)


@pytest.mark.parametrize("stretch", [None, "auto", 1, (1, 0.5)])
def test_what_is_scored_is_what_predict_gives(fine, stretch):
    data, labels = fine
    said: list[str] = []
    options = {"stretch": stretch, "device": "cpu", "show_progress": False}
    made = geocnn.predict("faults", data, **options)
    got = geocnn.evaluate("faults", data, labels, announce=said.append, **options)
    assert got == scores(made.array, labels > 0.5, threshold=got["threshold"]) | {"threshold": made.card.threshold}
    assert said == [f"note: {note}" for note in made.notes]
    assert len(said) == (stretch != 1)


def test_a_survey_is_scored_resampled_unless_asked_otherwise(fine):
    found = evaluate_survey("faults", *fine, show_progress=False)
    plain = evaluate_survey("faults", *fine, stretch=1, show_progress=False)
    assert found["tolerant_f1"] > 0.9
    assert plain["tolerant_f1"] < 0.6


def test_the_command_scores_what_predict_writes_and_says_so(fine, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", fine[0])
    np.save("truth.npy", fine[1])
    common = ["--quiet", "--device", "cpu"]
    for more in ([], ["--stretch", "1"], ["--stretch", "1", "0.5"], ["--stretch", "auto"]):
        assert (
            main(["predict", "faults", "data.npy", "--out", "r.npy", "--no-picture", "--overwrite", *common, *more])
            == 0
        )
        notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
        assert main(["evaluate", "faults", "--data", "data.npy", "--labels", "truth.npy", *common, *more]) == 0
        told = capsys.readouterr().out.splitlines()
        assert told[: len(notes)] == notes
        assert len(notes) == (more != ["--stretch", "1"])
        threshold = float(told[len(notes)].split()[-1])
        want = scores(np.load("r.npy"), fine[1] > 0.5, threshold=threshold)
        assert [line.split()[-1] for line in told[len(notes) + 1 :]] == [f"{value:.4f}" for value in want.values()]


def test_resampled_classes_are_scored_where_there_are_data_alone():
    """As the result has them: -1, which is no class, where the network saw nothing."""
    card = network(2, classes=("a", "b", "c")).card
    arguments = card.arguments | {"out_channels": 3}
    trained = Trained(build("faultseg", **arguments).eval(), card.replace(arguments=arguments))
    data = survey(40, 160)
    data[6:8], data[12, :50], data[20, 100] = 0, 0, np.nan
    labels = np.random.default_rng(0).integers(0, 3, data.shape)
    for stretch in ((1, 2), (1, 0.25)):
        found = geocnn.predict(trained, data, stretch=stretch, show_progress=False).array
        got = geocnn.evaluate(trained, data, labels, stretch=stretch, show_progress=False)
        assert got["accuracy"] == pytest.approx((found == labels)[found >= 0].mean())


@pytest.mark.parametrize(("share", "count"), [(0.5, 40), (0.1, 5000), (0.99, 5000)])
@pytest.mark.parametrize("middle", [-14.0, 0.0, 14.0])
def test_ranking_agrees_with_torchmetrics_at_every_probability(share, count, middle):
    """Of rare classes and of sure networks nearly all probabilities lie within a thousandth of 0 or 1."""
    from torchmetrics.functional.classification import binary_auroc, binary_average_precision

    rng = np.random.default_rng(count)
    truth = rng.random(count) < share
    logits = middle + 2 * truth + 1.5 * rng.standard_normal(count)
    probability = (1 / (1 + np.exp(-logits))).astype(np.float32)
    found = evaluation.scores(probability, truth)
    p, t = torch.from_numpy(probability), torch.from_numpy(truth.astype(np.int64))
    assert found["average_precision"] == pytest.approx(float(binary_average_precision(p, t)), abs=1e-5)
    assert found["auc"] == pytest.approx(float(binary_auroc(p, t)), abs=1e-5)


def test_ranking_takes_less_memory_than_the_samples_twice():
    draw = np.random.default_rng(0)
    probability, truth = draw.random(2_000_000, np.float32), draw.random(2_000_000) < 0.05
    tracemalloc.start()
    try:
        evaluation._ranking(probability, truth)
        assert tracemalloc.get_traced_memory()[1] < 2 * probability.nbytes
    finally:
        tracemalloc.stop()


def test_the_roc_curve_of_an_answer_of_yes_and_no_ends_at_both_corners():
    truth = np.repeat([True, False], 100)
    answer = np.concatenate([np.ones(80), np.zeros(20), np.ones(10), np.zeros(90)]).astype(np.float32)
    assert evaluation.scores(answer, truth)["auc"] == pytest.approx((0.8 + 0.9) / 2)


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_the_best_threshold_is_that_of_a_search(beta):
    rng = np.random.default_rng(3)
    truth = np.zeros((4, 1, 24, 20), np.float32)
    truth[:, :, :, 8:10] = 1
    logits = (rng.normal(-2, 1.5, truth.shape) + 2.5 * truth).astype(np.float32)
    x, y = torch.from_numpy(logits), torch.from_numpy(truth)
    found = evaluation.best_threshold(Trained(Same().eval(), CARD), TensorSamples(x, y), beta=beta)
    # Side by side with more room between them than the tolerance, they are one sample.
    probability, mask = (
        np.pad(v[:, 0], ((0, 0), (0, 3), (0, 0))).reshape(-1, 20) for v in (1 / (1 + np.exp(-logits)), truth)
    )
    curve = {}
    for threshold in evaluation._THRESHOLDS:
        at = scores(probability, mask > 0, threshold=threshold)
        p, r = at["tolerant_precision"], at["tolerant_recall"]
        curve[threshold] = (1 + beta**2) * p * r / (beta**2 * p + r) if p + r > 0 else 0.0
    assert found == max(curve, key=curve.get)


def test_no_threshold_without_anything_of_the_class():
    x = torch.zeros(2, 1, 8, 8)
    with pytest.raises(DataError, match="nothing in the samples is of fault"):
        evaluation.best_threshold(Trained(Same().eval(), CARD), TensorSamples(x, x))
