"""Sharing, receptive field and shift error against counts, gradients and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import nn

from geocnn.layers import AvgPool, Conv, MaxPool, SizeRule
from geocnn.models import ARCHITECTURES, build
from geocnn.models.base import Segmenter
from geocnn.models.unet import UNet
from geocnn.overview import narrow_network
from geocnn.properties import effective_receptive_field, measured_field, parameter_sharing, shift_error, shortest
from geocnn.tracing import receptive_field


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


class Chain(Segmenter):
    """Layers one after the other as a network."""

    def __init__(self, ndim, *layers):
        super().__init__(ndim, 1, 1, SizeRule(25))
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


def conv(ndim, kernel, **options):
    return Conv(ndim, in_channels=1, out_channels=1, kernel_size=kernel, **options)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_measured_fields_of_chains_have_the_closed_form(ndim):
    """1 + sum_i dilation_i (kernel_i - 1) prod_(j < i) stride_j, whatever the signs of the weights."""
    network = Chain(
        ndim,
        conv(ndim, 5, padding="valid"),
        nn.ReLU(),
        MaxPool(ndim, 3, stride=2),
        conv(ndim, 3, dilation=2),
        AvgPool(ndim, 2),
        conv(ndim, 4, stride=3, padding=1),
    )
    assert measured_field(network) == 1 + 4 + 2 + 2 * 2 * 2 + 1 * 2 + 3 * 4
    before = network.layers[0].weight.clone()
    assert measured_field(network, axis=2 - 2 - ndim) == measured_field(network)
    assert torch.equal(before, network.layers[0].weight)


def test_measured_fields_are_those_of_the_axis():
    network = Chain(2, conv(2, (3, 9)), MaxPool(2, (1, 4)))
    assert (measured_field(network, axis=-2), measured_field(network, axis=-1)) == (3, 12)


def test_whole_windows_have_no_bounded_field():
    assert measured_field(UNet(1, width=1, depth=1, norm="instance")) is None


@pytest.mark.parametrize(
    ("name", "ndim"), [(name, ndim) for name in ARCHITECTURES for ndim in (1, 2) if (name, ndim) != ("resnet1202", 2)]
)
def test_gradient_and_formula_agree(name, ndim):
    """A narrow network has the same geometry; 1,202 layers take long, so that they are measured once."""
    if name == "detector":  # sums over the whole window
        options = {"in_channels": 3, "heads": (1,), "out_channels": 1, "width": 2, "bands": 1, "delays": (1, 9, 3)}
        assert receptive_field(build(name, ndim=ndim, block=16, **options)) is None
        return
    network = narrow_network(name, ndim)
    if name == "picker":  # 256 alignments in a window of 32,768 take long: two levels less
        network = build(name, ndim=ndim, in_channels=1, out_channels=1, channels=(1, 1, 1), block=16)
    fields = receptive_field(network)
    assert [measured_field(network, axis=axis) for axis in range(-ndim, 0)] == [field.size for field in fields]


@pytest.mark.parametrize("name", ["lenet1989", "resnet20", "faultseg"])
def test_gradient_and_formula_agree_in_3d(name):
    network = narrow_network(name, 3)
    assert measured_field(network) == receptive_field(network)[-1].size


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unet", {"up": "nearest"}),
        ("unet", {"up": "linear", "residual": True}),
        ("unet", {"anti_alias": True, "norm": "none"}),
        ("unet2015", {"depth": 2, "anti_alias": True}),
        ("resnet18", {"anti_alias": True}),
        ("resnet50", {"stride_in_1x1": True}),
        ("resnet20", {"shortcut": "B", "anti_alias": True}),
        ("resnet20", {"residual": False}),
        ("lenet", {"anti_alias": True, "window": 64}),
        ("alexnet", {"anti_alias": True}),
    ],
)
def test_gradient_and_formula_agree_for_the_choices_too(name, options, ndim):
    width = 0.02 if name in ("lenet", "alexnet") else 2
    network = build(name, ndim=ndim, in_channels=1, out_channels=1, width=width, **options)
    assert measured_field(network) == receptive_field(network)[-1].size


def test_effective_field_of_one_convolution_is_its_kernel():
    network = Chain(2, conv(2, 3, bias=False))
    with torch.no_grad():
        network.layers[0].weight[:] = torch.tensor([[1.0, 2.0, 1.0], [0.0, 16.0, 0.0], [1.0, 2.0, 1.0]])
    found = effective_receptive_field(network, (25, 25), inputs=2)
    assert found.gradient[11:14, 11:14] * 24 == pytest.approx(np.array([[1, 2, 1], [0, 16, 0], [1, 2, 1]]))
    assert found.gradient.sum() == pytest.approx(1)
    assert found.widths == (3, 3)
    assert found.bounds == ((11, 13), (11, 13))
    assert found.profile(0)[11:14] * 24 == pytest.approx([4, 16, 4])


def test_effective_fields_are_smaller_and_grow_with_the_root_of_depth():
    """Luo et al. 2016, section 2: a Gaussian whose width grows as the square root of the number of layers."""
    torch.manual_seed(0)
    widths = []
    for depth in (8, 32):
        layers = [conv(1, 3, bias=False) for _ in range(depth)]
        for layer in layers:
            nn.init.constant_(layer.weight, 1 / 3)
        found = effective_receptive_field(Chain(1, *layers), (max(25, 2 * depth + 1),), inputs=1)
        deviation = math.sqrt(depth * 2 / 3)  # of a sum of steps -1, 0, 1
        widths.append(found.widths[0])
        assert widths[-1] == pytest.approx(2 * 1.96 * deviation, abs=1.5)
    assert widths[1] / widths[0] == pytest.approx(2, abs=0.3)


def test_the_shortest_interval():
    profile = np.array([0.0, 1, 5, 3, 0, 1])
    assert shortest(profile, 0.5) == (2, 2)
    assert shortest(profile, 0.8) == (2, 3)
    assert shortest(profile, 0.9) == (1, 3)
    assert shortest(profile, 1.0) == (1, 5)


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
