"""ConvNetQuake against the arithmetic of the paper, done by hand."""

import pytest
import torch
from torch import nn

from geocnn.models import build


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
