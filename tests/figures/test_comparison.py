"""The picture of depths shows what the histories hold."""

import pytest

from geocnn.figures.comparison import depths


def history(*accuracies):
    rows = enumerate(accuracies, start=1)
    return [{"epoch": float(k), "loss": 1 / k, "validation_accuracy": accuracy} for k, accuracy in rows]


def test_curves_and_final_errors():
    made = depths({20: history(0.5, 0.9), 110: history(0.1, 0.2)}, {20: history(0.6, 0.95)}, title="digits")
    loss, _, plain, residual = made.axes
    assert [line.get_label() for line in plain.lines] == ["20 layers: 10.0 %", "110 layers: 80.0 %"]
    assert plain.lines[1].get_ydata() == pytest.approx([90, 80])
    assert residual.lines[0].get_ydata() == pytest.approx([40, 5])
    assert loss.lines[0].get_ydata() == pytest.approx([1, 0.5])
    assert len({line.get_color() for line in plain.lines}) == 2
