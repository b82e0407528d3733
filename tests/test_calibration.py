"""Calibration: closed forms, a network whose confidence is known to be wrong, and nothing but one factor changed."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from geocnn.calibration import calibrated, calibration_error, fit_scaling, reliability
from geocnn.checkpoints import Card, Trained
from geocnn.datasets import TensorSamples
from geocnn.errors import DataError
from geocnn.models import build


@pytest.mark.parametrize(("factor", "offset"), [(0.5, 0.0), (1.0, 1.0), (2.5, -3.0)])
def test_logits_that_are_off_by_a_factor_and_an_offset(factor, offset):
    rng = np.random.default_rng(0)
    logits = rng.normal(-1, 2, 200_000)
    truth = rng.random(len(logits)) < expit(logits)
    found = fit_scaling((logits - offset) / factor, truth)
    assert found == (pytest.approx(factor, rel=0.02), pytest.approx(offset, abs=0.05))


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
        fit_scaling(np.zeros(5), np.ones(5, np.bool_))


@pytest.mark.parametrize("name", ["faultseg", "unet"])
def test_the_last_layer_takes_it(name):
    torch.manual_seed(0)
    arguments = {"ndim": 2, "in_channels": 1, "out_channels": 1, "width": 4}
    model = build(name, **arguments).eval()
    card = Card("n", "segmentation", name, arguments, ("fault",), ("amplitude",), ("trace", "time"), (32, 32))
    x = torch.randn(3, 1, 32, 32)
    with torch.no_grad():
        before = model(x)
        truth = (torch.rand(before.shape) < torch.sigmoid(before / 3 + 1)).float()
        made, (factor, offset) = calibrated(Trained(model, card), TensorSamples(x, truth))
        assert abs(offset - 1) < 0.2
        torch.testing.assert_close(made.model(x), before * factor + offset, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(model(x), before)
    assert made.card is card
