"""The detector: what changes nothing of its answer, and that it counts delays."""

import numpy as np
import pytest
import torch

from geocnn.layers import Delays, Polarisation
from geocnn.models.detector import Detector


def noise(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def record(size=3072):
    """Noise, with a P wave at sample 640, an S wave at 960, and what a picker says of them."""
    x = torch.cat((noise(1, 3, size), torch.zeros(1, 2, size)), 1)
    for row, at in ((3, 640), (4, 960)):
        x[:, :3, at : at + 80] += 20 * noise(1, 3, 80, seed=at)
        x[:, row, at - 10 : at + 10] = 0.9
    return x


@pytest.mark.parametrize("factor", [1e-9, 1e9, -1.0])
def test_neither_strength_nor_sign_matters(factor):
    torch.manual_seed(0)
    model, x = Detector(1).eval(), record()
    other = torch.cat((x[:, :3] * factor, x[:, 3:]), 1)
    with torch.no_grad():
        torch.testing.assert_close(model(other), model(x), rtol=1e-3, atol=1e-3)


def test_where_in_the_window_an_earthquake_is_hardly_matters():
    torch.manual_seed(0)
    model, x = Detector(1).eval(), record()
    with torch.no_grad():
        here, later = (model(torch.roll(x, shift, 2)) for shift in (0, 768))
        other = model(torch.cat((x[:, :, :640], x[:, :, 900:], x[:, :, 640:900]), 2))  # S comes sooner
    assert float((here - later).abs().max()) < 0.2 * float((here - other).abs().max())


def test_a_factor_on_the_energy_is_a_sum_and_directions_stay():
    layer = Polarisation(1, bands=3)
    x = 100 * noise(2, 3, 512)
    with torch.no_grad():
        here, louder, turned = layer(x), layer(2 * x), layer(x * torch.tensor([1.0, -1.0, 1.0])[:, None])
    torch.testing.assert_close(louder[:, :3], here[:, :3] + np.log(4), rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(louder[:, 3:], here[:, 3:], rtol=1e-3, atol=1e-3)
    # Covariances in the order 00 01 02 11 12 22, three bands each: those with component 1 alone change their sign.
    signs = torch.tensor([1, -1, 1, 1, -1, 1]).repeat_interleave(3)[:, None]
    torch.testing.assert_close(turned[:, 3:], here[:, 3:] * signs, rtol=1e-4, atol=1e-5)
    trace = here[:, 3:6] + here[:, 12:15] + here[:, 18:21]
    torch.testing.assert_close(trace, torch.ones_like(trace), rtol=1e-2, atol=1e-2)


def test_delays_are_the_cross_correlation_in_bins():
    rng = np.random.default_rng(3)
    first, second = (np.where(rng.random(400) < 0.01, rng.random(400), 0) for _ in range(2))
    layer = Delays(1, 2, 300, 12)
    found = layer(*(torch.from_numpy(t)[None, None] for t in (first, second))).sum(2)[0].numpy()
    for (near, far), value in zip(layer.ranges, found, strict=True):
        sums = 0.0
        for t in range(400):
            sums += second[t] * max((first[t - d] for d in range(near, far) if t - d >= 0), default=0.0)
        assert value == pytest.approx(sums)
    assert layer.ranges[0][0] == 2
    assert layer.ranges[-1][1] == 300
    assert found.sum() > 0


def test_heads_that_do_not_add_up():
    with pytest.raises(ValueError, match="heads that add up to out_channels"):
        Detector(1, heads=(2, 3), out_channels=70)
