"""The result of the whole volume, slab by slab: every streamable network of the zoo, and random small ones."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from geocnn.errors import DataError
from geocnn.layers import BlurPool, Conv, ConvTranspose, MaxPool, Upsample, normalisation
from geocnn.models import build
from geocnn.streaming import StreamedNetwork
from geocnn.streaming.graph import INPUT
from geocnn.streaming.recording import record
from geocnn.streaming.schedule import Schedule

ZOO = {
    "denoiser": {"width": 4, "depth": 2, "blocks": 1},
    "sections_denoiser": {"width": 4, "depth": 2, "blocks": 1},
    "faultseg": {"width": 4, "bottleneck": 8},
    "faultseg residual": {"width": 4, "bottleneck": 8, "residual": 1},
    "picker": {"channels": (4, 8), "kernel_size": 7, "block": 16},
    "unet transposed": {"width": 4, "depth": 2},
    "unet nearest": {"width": 4, "depth": 2, "up": "nearest", "norm": "none"},
    "unet linear": {"width": 4, "depth": 2, "up": "linear", "residual": True},
    "unet anti-aliased": {"width": 4, "depth": 2, "anti_alias": True},
    "unet2015": {"width": 4, "depth": 2},
    "unet2015 anti-aliased": {"width": 4, "depth": 1, "anti_alias": True},
}


def made(name, ndim, planes=None):
    """A network whose normalisation has something to do, and data of a size that it takes, other than a power of 2."""
    torch.manual_seed(0)
    model = build(name.split()[0], ndim=ndim, in_channels=2, out_channels=3, **ZOO[name]).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 1.5)
            if isinstance(module, nn.modules.batchnorm._BatchNorm | Conv | ConvTranspose) and module.bias is not None:
                module.bias.normal_(std=0.1)
            if isinstance(module, Conv) and not module.weight.any():  # residual blocks begin as nothing
                module.weight.normal_(std=0.1)
    space = model.sizes.above({1: (210,), 2: (90, 35), 3: (44 if planes is None else planes, 12, 20)}[ndim])
    return model, torch.randn(1, 2, *space)


def whole(model, x):
    with torch.no_grad():
        return model(x)


def assert_same(found, wanted, rtol=1e-5):
    """Equal to rounding, relative to the largest number."""
    assert found.shape == wanted.shape
    assert float(wanted.std()) > 1e-3  # something to compare
    assert float((found - wanted).abs().max()) <= rtol * float(wanted.abs().max())


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("name", ZOO)
def test_every_streamable_network_of_the_zoo_gives_the_whole_volume_result(name, ndim):
    model, x = made(name, ndim)
    streamed, wanted = StreamedNetwork.of(model, x.shape[1:]), whole(model, x)
    assert streamed.shape == wanted.shape[1:]
    for slab in (1, 7, 16, 10_000):
        assert_same(streamed(x, slab), wanted)


class Trunk(nn.Module):
    """The part of a classifier whose maps still have positions."""

    def __init__(self, classifier):
        super().__init__()
        self.classifier = classifier

    def forward(self, x):
        return self.classifier.forward_features(x)


TRUNKS = {
    "trace_classifier": {"window": 210},
    "lenet": {"window": 92},
    "alexnet": {"width": 0.1},
    "resnet18": {"width": 4, "layers": (1, 1, 1, 1)},
    "resnet34": {"width": 4, "layers": (2, 1, 1, 1), "anti_alias": True},
    "resnet50": {"width": 4, "layers": (1, 1, 1, 1)},
    "resnet20": {"width": 4, "depth": 14},
    "resnet56": {"width": 4, "depth": 8, "shortcut": "B"},
}


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("name", TRUNKS)
def test_the_maps_of_classifiers_come_out_the_same(name, ndim):
    """Strides, shortcuts that skip samples, additions, poolings that overlap."""
    torch.manual_seed(0)
    model = Trunk(build(name, ndim=ndim, in_channels=2, **TRUNKS[name]).eval())
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 1.5)
    x = torch.randn(1, 2, *model.classifier.sizes.above({1: (210,), 2: (90, 75)}[ndim]))
    streamed, wanted = StreamedNetwork.of(model, x.shape[1:]), whole(model, x)
    for slab in (1, 7, 64):
        assert_same(streamed(x, slab), wanted, rtol=3e-5)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("name", ["faultseg", "unet anti-aliased", "unet2015"])
def test_a_part_of_the_result_reads_a_part_of_the_data(name, ndim):
    model, x = made(name, ndim, planes=160)
    streamed, wanted = StreamedNetwork.of(model, x.shape[1:]), whole(model, x)
    asked, n = [], wanted.shape[2]

    def read(start, stop):
        asked.append((start, stop))
        return x[:, :, start:stop]

    start, stop = 2 * n // 3, 3 * n // 4
    found = torch.cat([part for _, part in streamed.slabs(read, 8, start=start, stop=stop)], 1)
    assert_same(found[None], wanted[:, :, start:stop])
    assert asked[0][0] > 0  # not from the beginning on
    assert all(a[1] == b[0] for a, b in itertools.pairwise(asked))  # each plane once


def test_a_restart_gives_the_same_bits():
    """Slabs begin at the same planes wherever the work begins: what was finished before fits what comes after."""
    model, x = made("faultseg", 3)
    streamed = StreamedNetwork.of(model, x.shape[1:])
    through = streamed(x, 8)
    for start in (8, 11, 30):
        again = torch.cat([p for _, p in streamed.slabs(lambda a, b: x[:, :, a:b], 8, start=start)], 1)
        assert torch.equal(again, through[0, :, start:])


def test_bf16_does_not_round_the_input():
    """A difference filter sees the trace of amplitude 0.3 that lies on a level of 1,000, where bf16 has steps of 4."""
    model = nn.Sequential(Conv(1, in_channels=1, out_channels=2, kernel_size=3), nn.ReLU())
    with torch.no_grad():
        model[0].weight[:] = torch.tensor([-1.0, 0.0, 1.0])
    x = 1000 + torch.linspace(0, 30, 400).sin()[None, None] * 0.3
    found = StreamedNetwork.of(model, x.shape[1:], precision="bf16")(x, 16)
    with torch.no_grad():
        torch.testing.assert_close(found[..., 1:-1], model(x)[..., 1:-1], rtol=0.01, atol=0.001)


@pytest.mark.parametrize("name", ZOO)
def test_every_plane_of_every_map_is_made_once(name):
    model, x = made(name, 3)
    graph = record(model, x.shape[1:])
    made_until = dict.fromkeys((INPUT, *graph.nodes), 0)
    for part in Schedule(graph, 8, 0, graph.planes(graph.output)):
        assert part.start == made_until[part.node] < part.stop
        made_until[part.node] = part.stop
    assert made_until[graph.output] == graph.planes(graph.output)
    assert all(made_until[number] <= graph.planes(number) for number in made_until)


@pytest.mark.parametrize("name", ZOO)
def test_memory_depends_on_the_slab_and_not_on_the_length(name):
    model, x = made(name, 3)

    def peak(planes, slab):
        space = model.sizes.above((planes, *x.shape[3:]))
        return StreamedNetwork.of(model, (2, *space)).peak_bytes(slab)

    short, long = peak(200, 8), peak(3200, 8)
    assert long == short
    assert peak(200, 32) > 1.2 * short


def test_the_rewrites_leave_one_step_per_convolution_and_pooling():
    """FaultSeg3D: 14 convolutions of which 3 also take the coarse map, 3 poolings, the head."""
    model, x = made("faultseg", 3)
    assert len(record(model, x.shape[1:]).nodes) > 30
    assert len(StreamedNetwork.of(model, x.shape[1:]).graph.nodes) == 14 + 3 + 1


SIZES = st.sampled_from([1, 2, 3])
KINDS = ["conv", "conv", "conv", "down", "up", "pool", "blur", "repeat", "linear", "norm", "point"]


def _layer(draw, ndim, channels, factor):
    """A function that makes a random layer, its channels, and the up-sampling so far."""
    kind = draw(st.sampled_from(KINDS))
    one = {"in_channels": channels, "out_channels": channels}
    if kind == "conv":
        more = {
            "out_channels": draw(st.sampled_from([2, 4])),
            "kernel_size": draw(st.sampled_from([1, 3, 5])),
            "dilation": draw(SIZES),
            "groups": draw(st.sampled_from([1, 2])),
            "padding_mode": draw(st.sampled_from(["zeros", "reflect"])),
        }
        return lambda: Conv(ndim, **one | more), more["out_channels"], factor
    if kind == "down":
        kernel = draw(st.sampled_from([2, 3, 4]))
        more = {"kernel_size": kernel, "stride": draw(SIZES), "padding": draw(st.integers(0, kernel - 1))}
        return lambda: Conv(ndim, **one | more), channels, factor
    if kind == "up" and factor < 4:
        stride = draw(st.sampled_from([2, 3]))
        kernel, padding = draw(st.integers(stride, stride + 2)), draw(st.integers(0, 1))
        more = {"stride": stride, "kernel_size": kernel, "padding": padding}
        return lambda: ConvTranspose(ndim, **one | more), channels, factor * stride
    if kind == "pool":
        size, stride, padding = draw(st.sampled_from([2, 3])), draw(SIZES), draw(st.integers(0, 1))
        return lambda: MaxPool(ndim, size, stride=stride, padding=padding), channels, factor
    if kind == "blur":
        stride = draw(st.sampled_from([1, 2]))
        return lambda: BlurPool(ndim, stride), channels, factor
    if kind in ("repeat", "linear") and factor < 4:
        return lambda: Upsample(ndim, 2, mode="nearest" if kind == "repeat" else "linear"), channels, factor * 2
    if kind == "norm":
        return lambda: normalisation(ndim, channels, "batch"), channels, factor
    point = draw(st.sampled_from([nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.GELU]))
    return point, channels, factor


@st.composite
def networks(draw):
    """What makes a small network of random layers in 1 to 3 dimensions, and the shape of data for it."""
    ndim, channels, factor, makers = draw(st.sampled_from([1, 2, 3])), 2, 1, []
    for _ in range(draw(st.integers(1, 5))):
        maker, channels, factor = _layer(draw, ndim, channels, factor)
        makers.append(maker)
    space = [draw(st.integers(60, 90)), *(draw(st.integers(24, 30)) for _ in range(ndim - 1))]
    return makers, draw(st.sampled_from(["none", "add", "cat"])), (1, 2, *space)


class _Branched(nn.Module):
    """Layers, the input beside their result or added to it where the sizes allow it, and a last convolution."""

    def __init__(self, layers, branch):
        super().__init__()
        self.layers, self.branch = layers, branch

    def forward(self, x):
        y = self.layers(x.clone())
        if y.shape[2:] == x.shape[2:] and self.branch == "cat":
            return torch.tanh(torch.cat((y, x), 1))
        if y.shape == x.shape and self.branch == "add":
            return y + x
        return y * 2 - 1


@settings(deadline=None, max_examples=40)
@given(networks(), st.integers(1, 40), st.integers(0, 1000))
def test_random_networks_give_the_whole_volume_result(drawn, slab, seed):
    makers, branch, shape = drawn
    torch.manual_seed(seed)
    model, x = _Branched(nn.Sequential(*(make() for make in makers)), branch).eval(), torch.randn(shape)
    try:
        wanted = whole(model, x)
    except (RuntimeError, ValueError):  # the map has become smaller than a kernel
        return
    if 0 in wanted.shape:
        return
    streamed = StreamedNetwork.of(model, x.shape[1:])
    found = streamed(x, slab)
    assert found.shape == wanted.shape
    assert float((found - wanted).abs().max()) <= 2e-5 * max(1.0, float(wanted.abs().max()))
    n = wanted.shape[2]
    part = [p for _, p in streamed.slabs(lambda a, b: x[:, :, a:b], slab, start=n // 3, stop=n // 2 + 1)]
    torch.testing.assert_close(torch.cat(part, 1), found[0, :, n // 3 : n // 2 + 1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "space", "layer"),
    [
        (lambda: build("unet", ndim=2, width=4, depth=1, norm="group"), (16, 16), "inc.double_conv.1"),
        (lambda: build("unet", ndim=1, width=4, depth=1, norm="instance"), (16,), "inc.double_conv.1"),
        (
            lambda: build("resnet18", ndim=2, width=2, in_channels=1),
            (64, 64),
            "the layer avgpool joins the axes of a map",
        ),
        (lambda: build("lenet", ndim=2), (28, 28), "the network itself, behind the layer features, joins"),
        (lambda: build("alexnet", ndim=1, width=0.1, in_channels=1), (256,), "avgpool"),
    ],
)
def test_a_network_that_looks_at_the_whole_of_a_map_is_refused_with_the_name_of_the_layer(model, space, layer):
    with pytest.raises(DataError) as caught:
        StreamedNetwork.of(model(), (1, *space))
    assert "cannot be streamed" in str(caught.value)
    assert layer in str(caught.value)


class Between(nn.Module):
    """A function of a map between two convolutions, which mix its samples and channels."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.first = Conv(2, in_channels=1, out_channels=4, kernel_size=3)
        self.function = function
        self.last = Conv(2, in_channels=4, out_channels=2, kernel_size=3)
        for layer in (self.first, self.last):
            nn.init.normal_(layer.bias)

    def forward(self, x):
        return self.last(self.function(self.first(x)))


def between(function, x=None):
    model = Between(function).eval()
    x = torch.randn(1, 1, 31, 18) if x is None else x
    return StreamedNetwork.of(model, x.shape[1:])(x, 5), whole(model, x)


ACTIVATIONS = [name for name in nn.modules.activation.__all__ if name not in ("Threshold", "MultiheadAttention")]
REFUSED = {"RReLU", "CELU", "GLU", "Hardshrink", "Softshrink"}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_of_torch_gives_the_whole_volume_result_or_is_refused(name):
    made = getattr(nn, name)(**{"dim": 1} if name in ("Softmax", "LogSoftmax", "Softmin", "GLU") else {})
    if name in REFUSED:
        with pytest.raises(DataError, match="cannot be streamed"):
            between(lambda h: torch.cat([made(h)] * 2, 1) if name == "GLU" else made(h))
        return
    assert_same(*between(made))


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda h: (3 * h).int().float(), "changes the type of its numbers"),
        (lambda h: (3 * h).long() * 1.0, "changes the type of its numbers"),
        (lambda h: (4 * h).to(torch.int32) / 4, "changes the type of its numbers"),
        (lambda h: h.half().float(), "changes the type of its numbers"),
        (lambda h: h.bool().float(), "changes the type of its numbers"),
        (lambda h: h * ((h > 0) * 2), "changes the type of its numbers"),
        (lambda h: h * ((h > 0) + (h.abs() > 0.3)), "computes with masks"),
        (lambda h: h * (~(h > 0)), "computes with masks"),
        (lambda h: h * ((h > 0) | (h < -1)), "computes with masks"),
        (lambda h: h * torch.logical_xor(h > 0, h < 1), "computes with masks"),
        (lambda h: torch.where(h > 0, h, -h), "is not known to work slab by slab"),
        (lambda h: h.masked_fill(h > 0, 0.5), "is not known to work slab by slab"),
        (lambda h: nn.functional.interpolate(h, scale_factor=1.02), "a factor that is not the ratio of the sizes"),
        (lambda h: nn.functional.interpolate(h, scale_factor=2.02), "a factor that is not the ratio of the sizes"),
        (lambda h: torch.zeros(h.shape).add_(h), "writes a map into numbers that are no map"),
    ],
)
def test_what_floating_point_does_not_give_is_refused(function, reason):
    with pytest.raises(DataError, match=reason):
        between(function)


@pytest.mark.parametrize(
    "function",
    [
        lambda h: h * (h > 0),
        lambda h: h * ((h > 0) * (h < 1)),
        lambda h: (h > 0).float() + (h.abs() > 0.3).float() + h,
        lambda h: (h > 0) + h,
        lambda h: h * ((h > 0) == (h > 0.5)),
        lambda h: h * ((h > 0) < (h > -0.5)),
        lambda h: h * torch.maximum(h > 0, h < -1) + torch.minimum(h > 0, h < 1),
        lambda h: torch.cat([h[:, :2], h[:, 2:] > 0], 1),
        lambda h: h * torch.cat([h[:, :2] > 0, h[:, 2:] > 1], 1),
        lambda h: h.double().exp().float(),
    ],
)
def test_masks_count_as_the_numbers_0_and_1(function):
    assert_same(*between(function))


@pytest.mark.parametrize("slab", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    "layers",
    [
        lambda: [nn.AvgPool2d(1, stride=3), nn.Conv2d(2, 2, 4, padding=2)],
        lambda: [nn.Conv2d(2, 2, 1, stride=3), nn.AvgPool2d((4, 2), stride=(2, 3))],
        lambda: [nn.ConvTranspose2d(2, 2, 1, stride=2)],
        lambda: [nn.ConvTranspose2d(2, 2, (2, 3), stride=(4, 2), padding=(1, 0)), nn.ReLU(), nn.Conv2d(2, 2, 3)],
        lambda: [nn.ConvTranspose2d(2, 4, 2, stride=5, dilation=3, groups=2)],
        lambda: [nn.Conv2d(2, 2, 3, stride=3, padding=3), nn.ConvTranspose2d(2, 2, 3, stride=3)],
        lambda: [nn.Conv2d(2, 3, 1, padding=1), nn.Conv2d(3, 2, 1, padding=2)],
        lambda: [Joined()],
    ],
)
def test_slabs_of_any_thickness_fit_kernels_that_leave_samples_out(layers, slab):
    """Kernels shorter than their stride; padding as wide as a kernel; a sum of up-samplings that is not centred."""
    torch.manual_seed(0)
    model, x = nn.Sequential(*layers()).eval(), torch.randn(1, 2, 33, 18)
    streamed, wanted = StreamedNetwork.of(model, x.shape[1:]), whole(model, x)
    assert_same(streamed(x, slab), wanted)
    for start, stop in ((0, 1), (wanted.shape[2] // 2, wanted.shape[2] - 1), (wanted.shape[2] - 1, wanted.shape[2])):
        part = [p for _, p in streamed.slabs(lambda a, b: x[:, :, a:b], slab, start=start, stop=stop)]
        torch.testing.assert_close(torch.cat(part, 1), wanted[0, :, start:stop], rtol=1e-5, atol=1e-5)


class Joined(nn.Module):
    """Two maps sampled up and joined, before a kernel whose padding takes one plane fewer than it adds."""

    def __init__(self):
        super().__init__()
        self.side, self.last = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(5, 2, 4, padding=1)

    def forward(self, x):
        return torch.relu(self.last(nn.functional.interpolate(torch.cat([x, self.side(x)], 1), scale_factor=3)))
