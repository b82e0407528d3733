"""The landmark networks against reference numbers that are not ours, and the counts of their papers."""

import json
import math

import pytest
import torch
from torch import nn

from geocnn.layers import BlurPool
from geocnn.models import build
from geocnn.models.alexnet import AlexNet2012, ResponseNorm
from geocnn.models.lenet import C3_TABLE, LeNet, LeNet5
from geocnn.models.unet2015 import UNet2015

OURS = {
    "alexnet_torchvision": ("alexnet", {}),
    **{f"resnet{n}": (f"resnet{n}", {}) for n in (18, 34, 50, 101, 152)},
    **{f"cifar_resnet{n}": (f"resnet{n}", {}) for n in (20, 32, 44, 56, 110, 1202)},
    "unet2015_valid_upconv": ("unet2015", {"in_channels": 1, "out_channels": 2}),
    "unet_milesial_bn_padded": ("unet", {"in_channels": 3, "out_channels": 2}),
    "lenet1989_karpathy": ("lenet1989", {}),
}


@pytest.fixture(scope="module")
def reference(oracles):
    return json.loads((oracles / "landmark_networks.json").read_text())["nets"]


def learnt(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


@torch.no_grad()
def fill(model, gain):
    """The closed-form weights of the reference."""
    layers = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    for layer in layers:
        layer.reset_running_stats()
    norms = {id(layer.weight) for layer in layers}
    for k, p in enumerate(model.parameters()):
        wave = torch.cos(0.7 * torch.arange(p.numel(), dtype=torch.float64) + k)
        scale = gain * math.sqrt(2 / (p.numel() / p.shape[0])) if p.ndim > 1 else 0.1
        p.copy_((wave * scale + (id(p) in norms)).view(p.shape))


def test_every_network_of_the_reference_is_here(reference):
    assert set(reference) == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_names_shapes_and_outputs_equal_the_reference(reference, name):
    there = reference[name]
    ours, arguments = OURS[name]
    with torch.device("meta"):  # without the time that random weights take
        model = build(ours, ndim=2, **arguments).double().eval()
    assert [[key, list(value.shape)] for key, value in model.state_dict().items()] == there["keys"]
    assert sum(p.numel() for p in model.parameters()) == there["n_params"]
    if ours == "resnet1202":  # its outputs are of the order of 1e40: the closed-form weights do not suit its depth
        return
    model.to_empty(device="cpu")
    fill(model, there["gain"])
    x = torch.sin(0.37 * torch.arange(math.prod(there["input"]), dtype=torch.float64)).view(there["input"])
    with torch.no_grad():
        y = model(x)
    if ours == "lenet1989":  # the reference has the tanh of the last units in the network
        y = y.tanh()
    assert list(y.shape) == there["output"]
    scale = max(1.0, there["abs_sum"] / y.numel())
    torch.testing.assert_close(
        y.flatten()[:8], torch.tensor(there["first8"], dtype=torch.float64), rtol=0, atol=1e-9 * scale
    )
    assert float(y.sum()) == pytest.approx(there["sum"], abs=1e-9 * there["abs_sum"])
    assert float(y.abs().sum()) == pytest.approx(there["abs_sum"], rel=1e-9)
    assert int(y.argmax()) == there["argmax"]


def test_counts_of_lenet_1989():
    model = build("lenet1989", ndim=2)
    layers = {"H1": 1_068, "H2": 2_592, "H3": 5_790, "out": 310}
    for layer, count in layers.items():
        assert sum(p.numel() for name, p in model.named_parameters() if name.startswith(layer)) == count
    assert learnt(model) == 9_760
    units = [(2, 12, 8, 8), (2, 12, 4, 4)]
    assert model.forward_features(torch.zeros(2, 1, 16, 16)).shape == units[1]
    assert model.H1b.shape == units[0][1:]


def test_counts_of_lenet_5():
    model = LeNet5(2)
    counts = {name: learnt(layer) for name, layer in model.named_children()}
    assert counts == {"C1": 156, "S2": 12, "C3": 1_516, "S4": 32, "C5": 48_120, "F6": 10_164, "output": 0}
    assert learnt(model) == 60_000
    assert sum(b.numel() for b in model.buffers()) == 840
    assert set(model.output.codes.unique().tolist()) == {-1.0, 1.0}
    assert learnt(LeNet(2)) == 61_706


def test_c3_sees_the_maps_of_the_table():
    """Every map of S2 goes into ten maps of C3, and a change of one changes these alone."""
    model = LeNet5(2).double()
    x = torch.randn(1, 6, 14, 14, dtype=torch.float64)
    before = model.C3(x)
    assert [len(seen) for seen in C3_TABLE] == [3] * 6 + [4] * 9 + [6]
    for k in range(6):
        changed = x.clone()
        changed[:, k] += 1
        moved = (model.C3(changed) != before).flatten(2).any(2)[0]
        assert moved.tolist() == [k in seen for seen in C3_TABLE]
        assert int(moved.sum()) == 10


def test_code_words_are_told_apart():
    """A unit that is wrong here and there must not turn one digit into another (the paper's reason for them)."""
    codes = LeNet5(2, out_channels=14).output.codes
    distance = (codes[:, None] != codes).sum(2) + 84 * torch.eye(14, dtype=torch.int64)
    assert int(distance.min()) >= 5


def test_counts_of_the_two_towers():
    model = AlexNet2012(2)
    counts = [n for n in (learnt(layer) for layer in (*model.features, *model.classifier)) if n]
    assert counts == [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 4_097_000]
    assert learnt(model) == 60_965_224


def test_response_normalisation_is_the_formula_of_the_paper():
    x = torch.randn(2, 9, 3, 4, dtype=torch.float64) * 30
    expected = torch.empty_like(x)
    for c in range(9):
        near = x[:, max(0, c - 2) : c + 3]
        expected[:, c] = x[:, c] / (2 + 1e-4 * near.square().sum(1)) ** 0.75
    torch.testing.assert_close(ResponseNorm()(x), expected)


def test_the_published_u_net_maps_572_to_388():
    model = UNet2015(2, width=2).eval()
    assert model(torch.zeros(1, 1, 572, 572)).shape == (1, 2, 388, 388)
    assert 572 - 2 * model.margin == 388
    assert UNet2015(2).sizes.fits((572, 188))


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_unpadded_sizes_and_margin_at_any_depth(depth):
    model = UNet2015(1, width=2, depth=depth, out_channels=1).eval()
    takes = [n for n in range(1, model.sizes.least + 2 * 2**depth) if model.sizes.fits((n,))]
    assert len(takes) == 2  # the least and the one after it
    for n in takes:
        assert model(torch.zeros(1, 1, n)).shape[2] == n - 2 * model.margin
    assert 1 <= takes[0] - 2 * model.margin <= 2**depth


def test_bottlenecks_stride_where_they_are_told():
    for early, strides in ((False, [1, 2]), (True, [2, 1])):
        block = build("resnet50", ndim=1, width=8, stride_in_1x1=early).layer2[0]
        assert [block.conv1.stride[0], block.conv2.stride[0]] == strides


@pytest.mark.parametrize("n", [20, 110])
def test_plain_networks_have_the_weights_of_option_a(n):
    plain, a, b = (
        build(f"resnet{n}", ndim=2, **options)
        for options in ({"residual": False}, {"shortcut": "A"}, {"shortcut": "B"})
    )
    assert learnt(plain) == learnt(a)
    assert learnt(b) - learnt(a) == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64  # two projections with their normalisations
    convolutions = [m for m in plain.modules() if isinstance(m, nn.Module) and hasattr(m, "kernel_size")]
    assert sum(1 for m in convolutions if m.kernel_size == (3, 3)) + 1 == n  # and the dense layer


@pytest.mark.parametrize(
    ("name", "n", "options"),
    [
        ("lenet1989", 16, {}),
        ("lenet", 28, {}),
        ("lenet5", 32, {}),
        ("alexnet", 64, {"width": 0.05}),
        ("alexnet2012", 67, {"width": 0.05, "window": 67}),
        ("resnet18", 64, {}),
        ("resnet50", 64, {}),
        ("resnet20", 64, {}),
        ("unet", 64, {"width": 4}),
        ("unet2015", 188, {"width": 2}),
    ],
)
def test_anti_aliasing_adds_nothing_to_learn_and_keeps_the_sizes(name, n, options):
    options = {"in_channels": 1, "out_channels": 3, **options}
    sharp, smooth = (build(name, ndim=2, anti_alias=on, **options).eval() for on in (False, True))
    assert sharp.state_dict().keys() == smooth.state_dict().keys()
    assert any(isinstance(m, BlurPool) for m in smooth.modules())
    smooth.load_state_dict(sharp.state_dict())
    x = torch.randn(1, 1, n, n)
    features = [m.forward_features(x) if hasattr(m, "forward_features") else m(x) for m in (sharp, smooth)]
    assert features[0].shape == features[1].shape
    assert not torch.allclose(*features)


def test_the_padded_u_net_in_all_its_forms():
    for norm in ("batch", "instance", "group", "none"):
        for up in ("transposed", "nearest", "linear"):
            for residual in (False, True):
                model = build("unet", ndim=2, width=4, depth=2, norm=norm, up=up, residual=residual, out_channels=3)
                y = model(torch.randn(2, 1, 16, 24))
                assert y.shape == (2, 3, 16, 24)
                y.square().mean().backward()
                assert all(p.grad is not None for p in model.parameters())
