"""ConvNetQuake against the arithmetic of the paper, done by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from geocnn.models import build
from geocnn.models.convnetquake import REACH, scaled
from geocnn.models.convnetquake_windows import ConvNetQuakeInWindows


@pytest.mark.parametrize(("clusters", "published"), [(6, 22_951), (50, 28_627)])
def test_counts_of_the_paper(clusters, published):
    model = build("convnetquake", ndim=1, out_channels=clusters + 1)
    first, others = 3 * 3 * 32 + 32, 3 * 32 * 32 + 32  # kernel x channels in x channels out, and biases
    dense = 4 * 32 * (clusters + 1) + clusters + 1
    counts = [sum(p.numel() for p in layer.parameters()) for layer in (*model.features, model.classifier)]
    assert [n for n in counts if n] == [first, *[others] * 7, dense]
    assert sum(counts) == published


def test_samples_of_the_layers():
    """1,001 samples, halved eight times as a kernel of 3 with one sample of padding does it."""
    model, x, sizes = build("convnetquake", ndim=1), torch.zeros(1, 3, 1001), []
    for layer in model.features:
        x = layer(x)
        if not isinstance(layer, nn.ReLU):
            sizes.append(x.shape[2])
    assert sizes == [501, 251, 126, 63, 32, 16, 8, 4]
    assert model.forward_features(torch.zeros(1, 3, 1001)).flatten(1).shape == (1, 128)


@pytest.mark.parametrize("window", [1, 2, 255, 256, 257, 1000, 3001])
def test_other_windows(window):
    assert build("convnetquake", ndim=1, width=2, window=window)(torch.zeros(2, 3, window)).shape == (2, 7)


@pytest.mark.parametrize(
    ("window", "step"), [(1001, 64), (1001, 1000), (128, 64), (300, 7), (1000, 256), (77, 48), (5, 4), (4, 2)]
)
def test_windows_along_a_record_are_those_by_themselves(window, step):
    torch.manual_seed(window)
    model = build("convnetquake", ndim=1, width=8, window=window).eval()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    record = torch.randn(3, 5 * window + 3)
    with torch.inference_mode():
        wanted = model(record.unfold(1, window, step).transpose(0, 1))
        found = ConvNetQuakeInWindows(model, step)(record)
    assert found.shape == wanted.shape
    assert float(wanted.std(0).min()) > 1e-3
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_the_scale_of_a_record():
    """The same for any factor, offset and beginning; relative to the noise, of which half lies within its deviation."""
    rng = np.random.default_rng(4)
    record = torch.from_numpy(rng.normal(0, 3, (3, 9000)).astype(np.float32))
    record[:, 6000:6300] *= 200
    plain = scaled(record)
    torch.testing.assert_close(scaled(record * 1e-12), plain, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(scaled(record + 4096), plain, atol=2e-2, rtol=1e-2)
    torch.testing.assert_close(scaled(record[:, 512:])[:, REACH:], plain[:, 512 + REACH :], atol=1e-5, rtol=1e-4)
    assert scaled(record[:, :-777]).shape == (3, 8223)
    later = record.clone()
    later[:, 5000 + REACH :] = 7.0
    torch.testing.assert_close(scaled(later)[:, :5000], plain[:, :5000], atol=1e-6, rtol=1e-6)
    assert 0.3 < float(plain[:, :3000].abs().median()) < 1.5
    assert 4 < float(plain[:, 6000:6300].abs().max()) < 9  # of 600 times the noise the inverse hyperbolic sine
    assert not scaled(torch.full((3, 1500), 5.0))[:, 300:1200].any()


def test_networks_and_steps_without_that_form_are_refused():
    with pytest.raises(ValueError, match="2 dimensions"):
        ConvNetQuakeInWindows(build("convnetquake", ndim=2, window=64), 8)
    with pytest.raises(ValueError, match="step of 64 samples"):
        ConvNetQuakeInWindows(build("convnetquake", ndim=1, window=64), 64)
