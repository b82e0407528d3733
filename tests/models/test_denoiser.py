"""The denoiser: no biases, so that it does the same at any scale, and nothing before it has learnt."""

import pytest
import torch

from geocnn.models import build


def network(ndim, **more):
    """Small, and with weights that do something."""
    torch.manual_seed(1)
    model = build("denoiser", ndim=ndim, width=4, blocks=1, **more).eval()
    torch.nn.init.normal_(model.tail.weight, std=0.2)
    return model


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_result_scales_with_the_input(ndim):
    x = torch.randn(1, 1, *(16,) * ndim)
    model = network(ndim)
    with torch.no_grad():
        once, again = model(x), model(1024 * x)
    assert float((once - x).abs().max()) > 0.1  # something was done
    assert torch.equal(again, 1024 * once)  # a power of two: rounding is the same
    assert not [name for name, _ in model.named_parameters() if "bias" in name]


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_a_new_network_changes_nothing(ndim):
    x = torch.randn(2, 3, *(8,) * ndim)
    assert torch.equal(build("denoiser", ndim=ndim, in_channels=3, out_channels=3, width=4)(x), x)


def test_other_channels_are_made_and_not_subtracted():
    model = network(2, in_channels=3)
    assert model(torch.randn(1, 3, 8, 8)).shape == (1, 1, 8, 8)
    assert not model(torch.zeros(1, 3, 8, 8)).any()


def test_parameters_are_counted_by_hand():
    # 3 x 3 kernels: head and tail of 8, four blocks of 8 and two of 16 with two each; 2 x 2 ones down and up.
    by_hand = 9 * (8 + 8 + 2 * 2 * 2 * 8**2 + 2 * 2 * 16**2) + 2 * 4 * 8 * 16
    assert sum(p.numel() for p in build("denoiser", ndim=2, width=8, depth=1, blocks=2).parameters()) == by_hand
    with pytest.raises(ValueError, match="width is 8, depth 0 and blocks 2; needed are 1 or more each"):
        build("denoiser", ndim=2, width=8, depth=0)
