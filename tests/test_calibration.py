"""Calibration: closed forms, a network whose confidence is known to be wrong, and nothing but one factor changed."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from geocnn.calibration import calibrated, calibration_error, fit_temperature, reliability
from geocnn.checkpoints import Card, Trained
from geocnn.datasets import TensorSamples
from geocnn.errors import DataError
from geocnn.models import build


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_of_logits_that_are_too_large_by_a_factor(temperature):
    rng = np.random.default_rng(0)
    logits = rng.normal(-1, 2, 200_000)
    truth = rng.random(len(logits)) < expit(logits)
    assert fit_temperature(logits * temperature, truth) == pytest.approx(temperature, rel=0.02)


def test_reliability_and_error_by_hand():
    probability = np.array([0.05, 0.15, 0.15, 0.95, 1.0])
    truth = np.array([False, True, False, True, False])
    said, true, share = reliability(probability, truth, 10)
    np.testing.assert_allclose(said[[0, 1, 9]], [0.05, 0.15, 0.975])
    np.testing.assert_allclose(true[[0, 1, 9]], [0, 0.5, 0.5])
    np.testing.assert_allclose(share[[0, 1, 9]], [0.2, 0.4, 0.4])
    assert np.isnan(said[2:9]).all()
    assert calibration_error(probability, truth) == pytest.approx(0.2 * 0.05 + 0.4 * 0.35 + 0.4 * 0.475)


def test_samples_of_one_kind_are_refused():
    with pytest.raises(DataError, match="give more samples"):
        fit_temperature(np.zeros(5), np.ones(5, np.bool_))


@pytest.mark.parametrize("name", ["faultseg", "unet"])
def test_the_last_layer_takes_it(name):
    torch.manual_seed(0)
    arguments = {"ndim": 2, "in_channels": 1, "out_channels": 1, "width": 4}
    model = build(name, **arguments).eval()
    card = Card("n", "segmentation", name, arguments, ("fault",), ("amplitude",), ("trace", "time"), (32, 32))
    x = torch.randn(3, 1, 32, 32)
    with torch.no_grad():
        before = model(x)
        truth = (torch.rand(before.shape) < torch.sigmoid(before / 3)).float()
        made, temperature = calibrated(Trained(model, card), TensorSamples(x, truth))
        torch.testing.assert_close(made.model(x) * temperature, before, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(model(x), before)
    assert made.card is card
