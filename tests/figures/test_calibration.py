"""The reliability diagram shows what was measured."""

import numpy as np
import pytest

from geocnn.calibration import calibration_error, reliability
from geocnn.figures.calibration import reliability_diagrams


def test_points_and_errors_of_two_networks():
    rng = np.random.default_rng(0)
    said = rng.random(20_000)
    truth = {"honest": rng.random(20_000) < said, "boastful": rng.random(20_000) < said**2}
    made = reliability_diagrams({name: reliability(said, true) for name, true in truth.items()}, title="field")
    honest, boastful = made.axes[:2]
    middles = np.arange(0.05, 1, 0.1)
    assert honest.lines[1].get_ydata() == pytest.approx(middles, abs=0.05)
    assert boastful.lines[1].get_ydata() == pytest.approx(middles**2, abs=0.05)
    assert boastful.get_title() == f"boastful: calibration error {calibration_error(said, truth['boastful']):.3f}"
    assert calibration_error(said, truth["boastful"]) == pytest.approx(1 / 6, abs=0.01)  # mean of p - p**2
    assert [bar.get_height() for bar in made.axes[2].patches] == pytest.approx([10] * 10, abs=1)
