"""The recipe for denoising: that it learns, what it starts from and what it refuses."""

import pytest
import torch

from geocnn.checkpoints import load
from geocnn.errors import DataError
from geocnn.recipes import again, build, evaluate, fit

SMALL = {"ndim": 2, "crop": (32, 32), "samples": 200, "epochs": 2, "batch_size": 4, "learning_rate": 2e-3}


def test_some_seconds_of_training_removes_noise(tmp_path):
    run = fit("denoise", **SMALL, snr=(0.0, 0.0), out=tmp_path / "run", show_progress=False)
    known = evaluate(run, show_progress=False)
    assert known["snr_before"] == pytest.approx(0, abs=0.01)
    assert known["snr"] > 1.5
    assert known["snr"] == pytest.approx(run.history[-1]["validation_snr"], abs=0.01)
    further = build("denoise", **SMALL, start=str(tmp_path / "run"))
    assert all(torch.equal(a, b) for a, b in zip(run.model.parameters(), further.model.parameters(), strict=True))


@pytest.mark.parametrize("ndim", [2, 3])
def test_training_goes_on_from_the_networks_that_ship(ndim):
    shipped, further = load("denoise", ndim=ndim), build("denoise", ndim=ndim, start="denoise")
    for name, value in shipped.model.state_dict().items():
        assert torch.equal(value, further.model.state_dict()[name])
    assert further.card.reach == shipped.card.reach


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="--crop is 30 32; needed are 2 multiples of 4, 16 or more, such as --crop 64"):
        build("denoise", **SMALL | {"crop": (30, 32)})
    with pytest.raises(DataError, match="--samples is 0"):
        build("denoise", **SMALL | {"samples": 0})
    with pytest.raises(DataError, match=r"--start faults is unet with .*; needed is denoiser with"):
        build("denoise", **SMALL, start="faults")
    with pytest.raises(DataError, match="snr is 20 to 0; needed are a smaller and a larger number"):
        build("denoise", **SMALL, snr=(20.0, 0.0))


def test_a_network_for_cubes_that_learnt_from_sections_is_judged_on_cubes():
    """The one that ships has the weights of that for sections, and their arguments in its card."""
    x, y = again(load("denoise").card, "denoise").validation[[0]]
    assert x.shape == y.shape == (1, 1, 64, 64, 64)
    x, _ = again(load("denoise", ndim=2).card, "denoise").validation[[0]]
    assert x.shape == (1, 1, 128, 128)
