"""The picker: a scale of its own, and a size that the field would call small."""

import numpy as np
import pytest
import torch

from geocnn.layers import FastScale, LocalScale
from geocnn.models.picker import Picker
from geocnn.models.picker_phases import PickerInPhases
from geocnn.tracing import reach_of


def noise(size, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((1, 3, size)).astype(np.float32))


def test_half_a_million_parameters_at_most_and_a_reach_of_half_a_minute():
    model = Picker(1)
    assert sum(p.numel() for p in model.parameters()) == 382_619
    # Strides of 4 and kernels of 7: 3 samples of each level, on the way down, at the bottom twice, on the way up twice.
    levels = (
        3 + sum(3 * 4**k for k in range(4)) + sum(3 * 4**k for k in range(1, 5)) + 2 * sum(3 * 4**k for k in range(4))
    )
    assert levels < reach_of(model) < levels + 9 * 256


@pytest.mark.parametrize("factor", [1e-9, 1e9, -1.0])
def test_a_factor_changes_nothing_but_the_sign(factor):
    torch.manual_seed(0)
    model = Picker(1, channels=(4, 8, 8)).eval()
    x = noise(2048)
    with torch.no_grad():
        torch.testing.assert_close(model.scale(x * factor), model.scale(x) * np.sign(factor), rtol=1e-4, atol=1e-4)
        if factor > 0:
            torch.testing.assert_close(model(x * factor), model(x), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "options", [{"channels": (8, 16, 32)}, {"channels": (4, 6, 10, 7), "kernel_size": 5}, {"kernel_size": 9}]
)
@pytest.mark.parametrize("piece", [24, 10_000])
def test_in_phases_the_answer_is_the_same(options, piece, monkeypatch):
    monkeypatch.setattr("geocnn.models.picker_phases._PIECE", piece)
    torch.manual_seed(1)
    model = Picker(1, **options)
    with torch.no_grad():
        for value in model.state_dict().values():  # trained ones are not 0 and 1 either
            if value.is_floating_point():
                value.add_(0.1 * torch.rand_like(value))
        fast = PickerInPhases(model.eval())
        for size in (256, 2048, 256 * 13):
            x = noise(size) + (torch.arange(size) > size // 2) * 50
            torch.testing.assert_close(fast(x), model(x), rtol=1e-4, atol=1e-4)
    assert not PickerInPhases.fits(Picker(2, channels=(4, 8)))
    assert not PickerInPhases.fits(Picker(1, channels=(4, 8), kernel_size=11))


@pytest.mark.parametrize("gaps", [(), ((0, slice(0, 40)),), ((1, slice(900, 3000)), (slice(None), slice(5000, 5700)))])
@pytest.mark.parametrize(("block", "smooth"), [(256, 8), (64, 4)])
def test_the_fast_scale_is_the_scale(gaps, block, smooth):
    x = torch.cat([noise(7680), 1e-9 * noise(7680)])
    x[:, :, 4000:4100] *= 1e6
    for channels, samples in gaps:
        x[:, channels, samples] = 0
    fast, wanted = FastScale(block=block, smooth=smooth), LocalScale(1, block=block, smooth=smooth)(x)
    assert float(wanted.abs().max()) > 8
    torch.testing.assert_close(fast(x), wanted, rtol=2e-5, atol=2e-5)
    torch.testing.assert_close(fast.quiet(x), wanted[:, :3], rtol=2e-5, atol=2e-5)
    assert not fast(torch.zeros(1, 3, 512)).any()
    large = torch.tensor([1e17, -3e16]).repeat(256)[None, None]
    torch.testing.assert_close(fast(1e15 * large), LocalScale(1)(1e15 * large), rtol=1e-5, atol=1e-5)


def test_slow_waves_go_and_fast_ones_stay():
    time, layer = torch.arange(8192) / 100, LocalScale(1)
    amplitude = {}
    for hertz in (0.05, 0.2, 5.0, 20.0):
        x = noise(8192) * 0.01 + torch.sin(2 * torch.pi * hertz * time)
        low = layer.finer(layer.around(layer.around(layer.coarse(x))))
        amplitude[hertz] = float((x - low)[0, 0, 1000:-1000].std()) / 0.7071
    assert amplitude[0.05] < 0.02
    assert amplitude[0.2] < 0.1
    assert amplitude[5.0] == pytest.approx(1, abs=0.1)
    assert amplitude[20.0] == pytest.approx(1, abs=0.1)


def test_noise_has_the_same_size_wherever_an_earthquake_is_near():
    x = noise(12288)
    loud = x.clone()
    loud[..., 6000:6400] *= 1000
    layer = LocalScale(1)
    quiet, near = layer(x)[:, :3], layer(loud)[:, :3]
    assert float(quiet.std()) == pytest.approx(1.1, abs=0.15)  # of asinh(x / 0.55) for normal numbers x
    ratio = near[..., 5500:5900].std() / quiet[..., 5500:5900].std()
    assert 0.05 < float(ratio) < 0.8  # a scale of standard deviations would leave 1 / 400
    torch.testing.assert_close(near[..., :3000], quiet[..., :3000])  # and far from it nothing changes
    assert float(near.abs().max()) < 12
    other = layer(loud)[:, 3:]
    ratio = other / (1 - 0.25 * other.abs())  # of the other half, without its bound
    assert float(ratio[..., 6000:6400].std() / ratio[..., 5500:5900].std()) == pytest.approx(1000, rel=0.15)
    assert float(other.abs().max()) < 4


def test_gaps_and_dead_components_stay_zero_and_do_not_change_the_scale():
    layer, x = LocalScale(1), noise(8192)
    dead = x.clone()
    dead[:, 1:] = 0
    alone = LocalScale(1)(x[:, :1])
    torch.testing.assert_close(layer(dead)[:, [0, 3]], alone)
    assert not layer(dead)[:, [1, 2, 4, 5]].any()
    gap = x.clone()
    gap[..., 3000:4000] = 0
    found = layer(gap)
    assert not found[..., 3000:4000].any()
    assert float(found[..., 2000:2900].std()) == pytest.approx(float(layer(x)[..., 2000:2900].std()), rel=0.1)
    assert not layer(torch.zeros(1, 3, 512)).any()
