"""Sharing, receptive field and shift error against counts, gradients and closed forms."""

import math

import pytest
import torch
from scipy import integrate, stats
from torch import nn

from geocnn.layers import AvgPool, Conv, MaxPool, Upsample
from geocnn.models.faultseg import FaultSeg
from geocnn.properties import parameter_sharing, receptive_field, shift_error


def test_sharing_of_the_textbook():
    sharing = parameter_sharing(Conv(1, in_channels=1, out_channels=8, kernel_size=5), (64,))
    assert (sharing.convolution, sharing.unshared, sharing.dense) == (48, 3072, 33_280)


@pytest.mark.parametrize(
    ("conv", "space"),
    [
        (Conv(1, in_channels=2, out_channels=3, kernel_size=4, stride=2, padding=1, bias=False), (21,)),
        (Conv(2, in_channels=1, out_channels=2, kernel_size=(3, 5)), (6, 8)),
        (Conv(3, in_channels=2, out_channels=2, kernel_size=3, padding="valid", dilation=2), (7, 6, 5)),
    ],
)
def test_sharing_counts_real_outputs(conv, space):
    y = conv(torch.zeros(1, conv.in_channels, *space))
    dense = nn.Linear(conv.in_channels * math.prod(space), y.numel(), bias=conv.bias is not None)
    kernel = nn.Linear(conv.weight[0].numel(), y.numel(), bias=conv.bias is not None)  # one row per output
    sharing = parameter_sharing(conv, space)
    assert sharing.dense == sum(p.numel() for p in dense.parameters())
    assert sharing.unshared == sum(p.numel() for p in kernel.parameters())


def test_sharing_needs_a_size_per_axis():
    with pytest.raises(ValueError, match=r"space is \(64,\); a 2-D convolution needs 2 sizes"):
        parameter_sharing(Conv(2, in_channels=1, out_channels=1, kernel_size=3), (64,))


def chain(ndim):
    return nn.Sequential(
        Conv(ndim, in_channels=1, out_channels=2, kernel_size=5),
        AvgPool(ndim, 2),
        Conv(ndim, in_channels=2, out_channels=2, kernel_size=3, dilation=2, padding=2),
        AvgPool(ndim, 3, stride=2),
        Conv(ndim, in_channels=2, out_channels=1, kernel_size=(3, 1, 1)[:ndim], padding=(1, 0, 0)[:ndim]),
    )


@pytest.mark.parametrize(("ndim", "size"), [(1, 96), (2, 64), (3, 64)])
def test_receptive_field_is_where_the_gradient_is(ndim, size):
    layers = chain(ndim)
    x = torch.randn(1, 1, *(size,) * ndim, requires_grad=True)
    y = layers(x)
    y[(0, 0, *(n // 2 for n in y.shape[2:]))].backward()
    assert x.grad is not None
    touched = x.grad[0, 0].nonzero()
    extent = tuple((touched.max(0).values - touched.min(0).values + 1).tolist())
    assert receptive_field(layers, ndim=ndim) == extent


def test_receptive_field_of_lenet5():
    """32 samples: C1 and C3 and C5 with kernel 5, S2 and S4 halve."""
    kernels = [nn.Conv2d(1, 1, 5), nn.AvgPool2d(2), nn.Conv2d(1, 1, 5), nn.AvgPool2d(2), nn.Conv2d(1, 1, 5)]
    assert receptive_field(nn.Sequential(*kernels), ndim=2) == (32, 32)


@pytest.mark.parametrize("layer", [Upsample(1, 2), nn.Upsample(2), nn.ConvTranspose1d(1, 1, 3), FaultSeg(1).merge[0]])
def test_receptive_field_refuses_what_is_no_chain(layer):
    name = type(layer).__name__
    with pytest.raises(TypeError, match=f"{name} is in the network; receptive_field takes a chain"):
        receptive_field(nn.Sequential(layer), ndim=1)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_convolution_moves_along_exactly(ndim):
    layer = nn.Sequential(Conv(ndim, in_channels=1, out_channels=3, kernel_size=3), nn.ReLU()).double()
    x = torch.randn(2, 1, *(14,) * ndim, dtype=torch.float64)
    for axis in range(2, 2 + ndim):
        assert shift_error(layer, x, 3, axis=axis, border=1) < 1e-14
        assert shift_error(layer, x, 3, axis=axis) > 1e-3  # at the border real samples take the place of zeros


def rectified_maximum(count):
    """Expected maximum of that many rectified standard normals."""
    return integrate.quad(lambda x: 1 - stats.norm.cdf(x) ** count, 0, 12)[0]


def test_odd_shifts_of_max_pooling_have_the_closed_form():
    """|u - v| = 2 max(u, v) - u - v, so the error is 2 (E max of 3 - E max of 2) / E max of 2 of the samples."""
    expected = 2 * (rectified_maximum(3) - rectified_maximum(2)) / rectified_maximum(2)
    assert expected == pytest.approx(0.61, abs=0.01)
    noise = torch.randn(200, 8, 256, generator=torch.Generator().manual_seed(0)).relu()
    for shift in (1, 3):
        assert shift_error(MaxPool(1, 2), noise, shift, stride=2) == pytest.approx(expected, rel=0.01)
    for shift in (0, 2, 4):
        assert shift_error(MaxPool(1, 2), noise, shift, stride=2) == 0
