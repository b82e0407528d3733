"""``fit("traces")`` against every number printed in the textbook, and the report against what is known."""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch

import geocnn
from geocnn.datasets import TensorSamples
from geocnn.errors import DataError
from geocnn.losses import cross_entropy
from geocnn.recipes.faults import faults
from geocnn.recipes.traces import traces
from geocnn.recipes.traces_report import report
from geocnn.textbook import PRINTED
from geocnn.training import Run, fit


@pytest.fixture(scope="module")
def chapter(oracles):
    with np.load(oracles / "chapter_seed42.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def run():
    return geocnn.fit("traces", seed=42, device="cpu", show_progress=False)


@pytest.fixture(scope="module")
def measured(run):
    return report(run)


def train(**arguments):
    return fit(traces(**arguments), device="cpu", show_progress=False)


def losses(run, epochs=tuple(PRINTED)):
    return [run.history[e - 1]["loss"] for e in epochs]


def test_printed_losses_to_every_digit(run):
    assert [f"{x:.4f}" for x in losses(run)] == ["1.1431", "0.2116", "0.0077", "0.0013", "0.0007"]


def test_printed_holdout_to_every_digit(run):
    last = run.history[-1]
    assert f"{last['validation_loss']:.4f}" == "0.0008"
    names = ("accuracy", "accuracy_quiet", "accuracy_positive_arrival", "accuracy_negative_arrival")
    assert [f"{last[f'validation_{name}']:.3f}" for name in names] == ["1.000"] * 4


def test_holdout_accuracies_are_counted_over_all_batches():
    """The textbook's single batch divided into some that lack a class."""
    made = traces(epochs=12)
    made = dataclasses.replace(made, schedule=dataclasses.replace(made.schedule, batch_size=5))
    run = fit(made, device="cpu", show_progress=False)
    x, y = made.validation[range(len(made.validation))]
    with torch.no_grad():
        right = (run.model(x).argmax(1) == y).double()
    names = [f"validation_accuracy_{name.replace(' ', '_')}" for name in made.card.classes]
    assert [run.history[-1][name] for name in names] == pytest.approx([float(right[y == k].mean()) for k in range(3)])


def test_all_losses_follow_the_reference(run, chapter):
    """The reference takes log(p + 1e-7); log-softmax differs by less than 1e-6 of loss."""
    ours = np.array([row["loss"] for row in run.history])
    assert np.abs(ours - chapter["loss"]).max() < 1e-6
    assert run.history[-1]["validation_loss"] == pytest.approx(float(chapter["holdout_loss"]), abs=1e-6)


def test_with_the_printed_form_of_the_loss_the_reference_is_met_to_rounding(chapter):
    def printed_loss(logits, target):
        return -(torch.softmax(logits, 1).gather(1, target[:, None]) + 1e-7).log().mean()

    run = fit(dataclasses.replace(traces(), loss=printed_loss), device="cpu", show_progress=False)
    ours = np.array([row["loss"] for row in run.history])
    assert np.abs(ours - chapter["loss"]).max() < 3e-7


def test_the_figure_traces_of_the_textbook_are_recognised(run, chapter):
    with torch.no_grad():
        assert run.model(torch.from_numpy(chapter["examples"])[:, None]).argmax(1).tolist() == [0, 1, 2]


def test_without_the_flip_the_losses_are_those_of_the_formula():
    run = train(true_convolution=False)
    assert [f"{x:.4f}" for x in losses(run)] == ["1.1247", "0.2162", "0.0085", "0.0015", "0.0008"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_other_seeds_learn_as_well(seed):
    run = train(seed=seed)
    assert run.history[-1]["validation_accuracy"] == 1
    # Medians over 60 seeds are 1.195 0.272 0.0225 0.0030 0.0012.
    for loss, median in zip(losses(run), (1.195, 0.272, 0.0225, 0.0030, 0.0012), strict=True):
        assert median / 6 < loss < median * 6


def test_a_nan_sample_is_refused_and_named():
    recipe = traces(epochs=1)
    spoilt, targets = (t.clone() for t in recipe.train[range(len(recipe.train))])
    spoilt[17, 0, 5] = torch.nan
    recipe = dataclasses.replace(recipe, train=TensorSamples(spoilt, targets))
    with pytest.raises(DataError, match="training sample 17: 1 value is NaN"):
        fit(recipe, device="cpu", show_progress=False)


def test_log_softmax_stays_alive_on_large_amplitudes():
    recipe = traces()
    x = recipe.train[range(len(recipe.train))][0] * 1e6
    kernel = dict(recipe.model.named_parameters())["conv.weight"]
    wrong = recipe.model(x).detach().argmin(1)  # confident and wrong
    loss = cross_entropy(recipe.model(x), wrong)
    assert torch.isfinite(loss)
    (alive,) = torch.autograd.grad(loss, kernel)
    assert float(alive.abs().max()) > 0
    printed_form = (recipe.model(x).softmax(1).gather(1, wrong[:, None]) + 1e-7).log().mean()
    (dead,) = torch.autograd.grad(printed_form, kernel)
    assert float(dead.abs().max()) == 0


def test_card_repeats_the_run(tmp_path):
    run = geocnn.fit("traces", seed=5, epochs=2, head="pool", out=tmp_path / "run", device="cpu", show_progress=False)
    trained = geocnn.load(tmp_path / "run")
    x = torch.randn(4, 1, 64)
    torch.testing.assert_close(trained.model(x), run.model(x), rtol=0, atol=0)
    card = json.loads((tmp_path / "run" / "card.json").read_text())
    assert card["task"] == "classification"
    assert card["classes"] == ["quiet", "positive arrival", "negative arrival"]
    again = geocnn.fit(card["training"]["recipe"], **card["training"]["arguments"], device="cpu", show_progress=False)
    assert again.history[-1]["loss"] == run.history[-1]["loss"]


def test_flatten_knows_arrivals_only_where_it_was_trained(measured):
    full, narrow = (t for t in measured.positions if t.head == "flatten")
    assert full.centres == (12, 52)
    assert (full.mean(12, 52), full.mean(1, 7), full.mean(56, 64)) == (1.0, 0.0, 0.0)
    assert narrow.centres == (12, 32)
    assert (narrow.mean(12, 32), narrow.mean(40, 52)) == (1.0, 0.0)


def test_a_global_pool_knows_arrivals_anywhere(measured):
    full, narrow = (t for t in measured.positions if t.head == "pool")
    assert full.mean(1, 64) == 1.0
    assert narrow.mean(1, 64) == 1.0


def test_sharing_and_shifts(measured):
    assert measured.sharing == (48, 3072, 33_280)
    convolution, pooled, noise, smoothed = (t.errors for t in measured.shifts)
    assert convolution == (0, 0, 0, 0)
    for errors in (pooled, noise, smoothed):
        assert errors[1] == errors[3] == 0
    assert noise[0] == pytest.approx(0.61, abs=0.01)
    assert smoothed[0] < noise[0] / 2


def test_report_reads_as_a_table(measured):
    rows = measured.rows()
    assert rows[:6] == [
        ("epoch 1", "1.1431", "1.1431"),
        ("epoch 15", "0.2116", "0.2116"),
        ("epoch 30", "0.0077", "0.0077"),
        ("epoch 45", "0.0013", "0.0013"),
        ("epoch 60", "0.0007", "0.0007"),
        ("holdout loss", "0.0008", "0.0008"),
    ]
    assert rows[6:] == [(f"holdout {k}", "1.000", "1.000") for k in ("accuracy", "quiet", "positive", "negative")]
    text = "\n".join(measured.lines())
    assert "33,280" in text
    assert max(map(len, measured.lines())) <= 80


def test_report_of_other_settings_shows_no_printed_numbers():
    other = report(train(seed=1, head="pool", epochs=3))
    assert other.printed == {}
    assert [row[1] for row in other.rows()] == [""] * len(other.rows())
    assert [row[0] for row in other.rows()][:3] == ["epoch 1", "epoch 3", "holdout loss"]
    assert other.rows()[1][2] == f"{other.losses[-1]:.4f}"
    wide = dataclasses.replace(other, losses=(1.0, 250_000.0, 2.0))
    assert len({len(line) for line in wide.lines()[:3]}) == 1
    assert [t.head for t in other.positions] == ["pool", "flatten", "pool", "flatten"]


def test_report_is_for_this_recipe_only():
    recipe = faults(ndim=2, crop=(32, 32), samples=1, epochs=1)
    history = [{"epoch": 1.0, "loss": 1.0}]
    with pytest.raises(TypeError, match="report is for the recipe traces; this is a run of faults"):
        report(Run(model=recipe.model, card=recipe.card, history=history, folder=None, recipe=recipe))


def test_a_class_that_the_holdout_lacks_has_its_row():
    """As counted in the labels themselves."""
    from geocnn.recipes import build

    count = next(
        n for n in range(9, 60) if len(set(build("traces", count=n).validation[range(n // 5)][1].tolist())) < 3
    )
    run = geocnn.fit("traces", count=count, epochs=2, device="cpu", show_progress=False)
    there = set(run.recipe.validation[range(len(run.recipe.validation))][1].tolist())
    lines = report(run).lines()
    for number, name in enumerate(("quiet", "positive", "negative")):
        (row,) = [line for line in lines if line.startswith(f"holdout {name}")]
        assert row.endswith(" -") == (number not in there)
    assert "-: no trace of this class is in the holdout" in lines


@pytest.mark.parametrize("noise", [math.nan, math.inf, -1.0])
def test_a_noise_that_is_no_number_is_refused_as_such(noise):
    with pytest.raises(DataError, match=f"noise is {noise:g} and 144 of 180 traces are for training; noise must be 0"):
        geocnn.fit("traces", noise=noise, show_progress=False)
