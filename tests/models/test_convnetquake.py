"""ConvNetQuake against the arithmetic of the paper, done by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from geocnn.models import build
from geocnn.models.convnetquake_windows import ConvNetQuakeInWindows
from geocnn.normalisation import Normalisation


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


@pytest.mark.parametrize(("window", "step"), [(1001, 64), (1001, 1000), (128, 64), (300, 7)])
def test_windows_along_a_record_are_those_by_themselves(window, step):
    torch.manual_seed(window)
    model = build("convnetquake", ndim=1, width=8, window=window).eval()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    rng = np.random.default_rng(step)
    record = rng.normal(0, 10.0 ** rng.integers(-3, 4, (3, 1)), (3, 5 * window + 3)).astype(np.float32)
    record[:, window : 2 * window] *= 1000
    record[:, 3 * window : 4 * window + step] = 5.0  # constant windows become zeros
    starts = range(0, record.shape[1] - window + 1, step)
    windows = [record[:, start : start + window] for start in starts]
    alone = np.stack([Normalisation.fit(x, kind="peak").apply(x) for x in windows])
    with torch.inference_mode():
        wanted, found = model(torch.from_numpy(alone)), ConvNetQuakeInWindows(model, step)(torch.from_numpy(record))
    assert found.shape == (len(windows), 7)
    assert float(wanted.std(0).min()) > 1e-3
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_networks_and_steps_without_that_form_are_refused():
    with pytest.raises(ValueError, match="2 dimensions"):
        ConvNetQuakeInWindows(build("convnetquake", ndim=2, window=64), 8)
    with pytest.raises(ValueError, match="step of 64 samples"):
        ConvNetQuakeInWindows(build("convnetquake", ndim=1, window=64), 64)
