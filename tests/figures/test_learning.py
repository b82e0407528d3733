"""The learning curve: whole epochs, as many scores as can be told apart, a legend beside the points."""

import math

import pytest

from geocnn.figures.learning import learning_curve


def history(epochs, scores):
    rows = [{"epoch": k + 1, "loss": 1 / (k + 1), "validation_loss": 2 / (k + 1)} for k in range(epochs)]
    return [row | {f"validation_{name}": 0.5 for name in scores} for row in rows]


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_epochs_are_whole_numbers(epochs):
    made = learning_curve(history(epochs, ["dice"]), best=1)
    for axes in made.axes:
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(float(tick).is_integer() for tick in ticks)


def test_of_many_scores_those_of_everything_come_first_and_no_colour_twice():
    names = [f"iou_{k}" for k in range(12)] + ["mean_iou", "accuracy"]
    made = learning_curve(history(3, names), best=2)
    right = made.axes[1]
    curves = [line for line in right.lines if not line.get_label().startswith("kept")]
    assert [line.get_label() for line in curves] == ["mean iou", "accuracy", *(f"iou {k}" for k in range(6))]
    assert len({line.get_color() for line in curves}) == 8
    assert right.get_legend().get_title().get_text() == "8 of 14 scores,\nthe worst of the classes"
    assert learning_curve(history(3, names[:5])).axes[1].get_legend().get_title().get_text() == ""


def test_the_legend_lies_beside_the_points():
    made = learning_curve(history(5, ["dice", "iou"]), best=4)
    made.canvas.draw()
    for axes in made.axes:
        assert axes.get_legend().get_window_extent().x0 >= axes.get_window_extent().x1


def test_scores_of_other_units_have_axes_of_their_own_in_which_they_are_seen():
    scores = {"recall": 0.9, "false": 0.1, "distance": 1.3, "azimuth": 86.0, "depth": 0.9, "error_p": 0.04}
    rows = [row | {f"validation_{k}": v for k, v in scores.items()} for row in history(3, [])]
    made = learning_curve(rows)
    drawn = {
        axes.get_ylabel().split("\n")[0]: {line.get_label(): line for line in axes.lines}
        for axes in made.axes
        if axes.get_ylabel()
    }
    assert {label: set(lines) for label, lines in drawn.items()} == {
        "loss": {"training", "validation"},
        "score on validation samples, 0 to 1": {"recall", "false alarms"},
        "mean error, natural logarithm": {"distance", "depth"},
        "mean error, degrees": {"azimuth"},
        "mean error of picks, s": {"P"},
    }
    for axes in made.axes:
        low, high = axes.get_ylim()
        assert all(low <= v <= high for line in axes.lines for v in line.get_ydata())


def test_a_score_of_ones_own_that_is_no_share_is_seen():
    rows = [row | {"validation_gain": -3.0, "validation_dice": float("nan")} for row in history(2, [])]
    _, shares, own = learning_curve(rows).axes
    assert [line.get_label() for line in shares.lines] == ["dice"]
    assert own.get_ylim()[0] < -3 < own.get_ylim()[1]


@pytest.mark.parametrize("best", [None, 1])
def test_of_many_classes_the_worst_are_shown(best):
    """Of the epoch that is kept; a class without a score is not the worst."""
    names = [f"iou_{k}" for k in range(12)] + ["mean_iou", "accuracy"]
    rows = history(2, names)
    for k, worth in enumerate([9, 3, 8, 1, 7, 5, 11, 2, 10, 4, 6, math.nan]):
        rows[0][f"validation_iou_{k}"] = (12 - worth) / 20
        rows[1][f"validation_iou_{k}"] = worth / 20
    right = learning_curve(rows, best=best).axes[1]
    drawn = [line.get_label() for line in right.lines if not line.get_label().startswith("kept")]
    worst = [k for k in range(11) if k in ((1, 3, 5, 7, 9, 10) if best is None else (0, 2, 4, 6, 8, 10))]
    assert drawn == ["mean iou", "accuracy", *(f"iou {k}" for k in worst)]
