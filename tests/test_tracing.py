"""Receptive fields, multiply-adds and layers against gradients, closed forms, papers and torch's own counter."""

from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from geocnn.errors import DataError
from geocnn.layers import BlurPool, Conv, ConvTranspose, MaxPool, Upsample
from geocnn.models import ARCHITECTURES, build
from geocnn.tracing import Field, join, layers, reach_of, receptive_field, trace, trace_network, wide_window


def network(name, *, ndim=None, **options):
    entry = ARCHITECTURES[name]
    with torch.device("meta"):
        return build(name, ndim=ndim or entry.ndim, **({"in_channels": entry.channels} | options))


# Receptive fields


@pytest.mark.parametrize(
    ("name", "size", "stride"),
    [
        ("lenet5", 32, 4),
        ("alexnet2012", 195, 32),
        ("alexnet", 195, 32),
        ("resnet18", 435, 32),
        ("resnet34", 899, 32),
        ("resnet50", 427, 32),
        ("resnet20", 1 + 2 + 6 * 2 + 2 + 4 * (1 + 4) + 4 + 8 * (1 + 4), 4),
        ("trace_classifier", 6, 2),
        ("faultseg", 100, 1),
    ],
)
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_published_receptive_fields(name, size, stride, ndim):
    fields = receptive_field(network(name, ndim=ndim))
    assert [(field.size, field.stride) for field in fields] == [(size, stride)] * ndim


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_reach(ndim):
    assert reach_of(network("faultseg", ndim=ndim)) == 51
    # 2 + 4 + 8 + 16 + 32 + 16 + 8 + 4 + 2 samples of convolutions and 15 of the alignment of four poolings.
    assert reach_of(network("unet", ndim=ndim)) == 92 + 15
    assert reach_of(network("unet2015", ndim=ndim)) == 92 + 15
    assert reach_of(network("unet", ndim=ndim, norm="instance")) is None
    assert reach_of(network("unet", ndim=ndim, norm="group")) is None
    assert reach_of(network("resnet18", ndim=ndim)) is None


def test_modules_of_ones_own():
    conv = torch.nn.Conv2d
    mine = torch.nn.Sequential(conv(1, 8, 5, padding=2), torch.nn.ReLU(), conv(8, 1, 5, padding=4, dilation=2))
    assert reach_of(mine, (1, 64, 64)) == 2 + 4
    assert [field.size for field in receptive_field(mine, (1, 64, 64))] == [1 + 4 + 8] * 2
    with pytest.raises(DataError, match="Sequential is no network of geocnn"):
        reach_of(mine)
    normed = torch.nn.Sequential(conv(1, 8, 5, padding=2), torch.nn.GroupNorm(1, 8))
    assert reach_of(normed, (1, 64, 64)) is None


def test_modules_of_ones_own_that_make_tensors_on_the_way():
    """They are made on the processor, while all else has shapes alone."""

    class Deeper(nn.Conv2d):
        def forward(self, x):
            y = F.conv2d(super().forward(x), self.weight * torch.ones(5, 5), padding=2)
            scaled = torch.linspace(0, 1, x.shape[1])[:, None, None].expand(x.shape).clone()
            scaled *= y
            return scaled[:, torch.tensor([0])] + torch.full((x.shape[-1],), 0.5)

    assert reach_of(Deeper(1, 1, 5, padding=2), (1, 64, 64)) == 2 + 2


def ramp(x, dim=-1, **options):
    """Coordinates along an axis of space, -1 to 1, in the shape of the map for one channel."""
    along = torch.linspace(-1, 1, x.shape[dim], **options)
    return (along if dim == -1 else along[:, None]).expand(len(x), 1, *x.shape[2:])


class Placed(nn.Module):
    """A network with numbers that are no map beside the map, and a convolution behind."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.last = nn.LazyConv2d(1, 3, padding=1)

    def forward(self, x):
        return self.last(self.function(x))


class Anchored(nn.Module):
    """A number of its own for each place."""

    def __init__(self):
        super().__init__()
        self.register_buffer("grid", torch.linspace(0, 1, 64).expand(1, 1, 64, 64).clone())

    def forward(self, x):
        return x - self.grid


TOLD_APART = {
    "coordinates as channels": lambda x: torch.cat([x, ramp(x)], 1),
    "of the other axis": lambda x: torch.cat([ramp(x, -2, device=x.device), x], 1),
    "added": lambda x: x + torch.arange(x.shape[-1]),
    "times, on the device": lambda x: x * torch.linspace(0, 1, x.shape[2], device=x.device)[:, None],
    "in place": lambda x: ramp(x).clone().mul_(x),
    "chosen": lambda x: torch.where(ramp(x) > 0, x, -x),
    "a buffer": Anchored(),
    "numbers counted": lambda x: x + torch.ones_like(x).cumsum(-1),
    "zeros written on": lambda x: x + place_one(torch.zeros_like(x)),
    "noise": lambda x: x + torch.randn_like(x),
    "stacked": lambda x: torch.stack([x, ramp(x)], 2)[:, 0],
}
ALIKE = {
    "zeros as channels": lambda x: torch.cat([x, torch.zeros_like(x)], 1),
    "zeros on the device": lambda x: torch.cat([x, x.new_zeros(x.shape)], 1),
    "zeros of the processor": lambda x: torch.cat([x, torch.zeros(x.shape).to(x.device)], 1),
    "ones made larger": lambda x: x * torch.ones(1, 1, 1, 1, device=x.device).expand(x.shape).clone(),
    "one number a channel": lambda x: x * torch.tensor([0.5, 2.0])[:, None, None],
    "one number": lambda x: x + torch.tensor(2.0),
    "stacked channels": lambda x: torch.stack([x, torch.ones_like(x)], 2)[:, 0],
}


def place_one(zeros):
    zeros[..., 3] = 1
    return zeros


@pytest.mark.parametrize("name", TOLD_APART)
def test_numbers_that_tell_places_apart_leave_one_window(name):
    """A window in another place gives other numbers: nothing less than all of it is the reach."""
    net = Placed(TOLD_APART[name])
    with torch.no_grad():
        net(torch.zeros(1, 1, 64, 64))
    assert reach_of(net, (1, 64, 64)) is None


@pytest.mark.parametrize("name", ALIKE)
def test_numbers_that_are_alike_everywhere_leave_the_reach_of_the_layers(name):
    torch.manual_seed(0)
    net, x = Placed(ALIKE[name]), torch.randn(1, 1, 24, 24)
    with torch.no_grad():
        whole, part = net(x), net(x[..., 5:20])
    assert torch.allclose(whole[..., 6:19], part[..., 1:-1], atol=1e-5)
    assert reach_of(net, (1, 64, 64)) == 1


def test_an_up_sampling_by_another_factor_than_that_of_the_sizes_drifts():
    """Sample j is the one of the whole part of j / 1.004, which lags behind more and more."""
    drifting = nn.Upsample(scale_factor=1.004)
    assert reach_of(drifting, (1, 82, 82)) is None
    y = drifting(torch.arange(300.0)[None, None])[0, 0]
    assert (len(y), y[3], y[-1]) == (301, 2, 298)
    assert reach_of(nn.Sequential(nn.AvgPool2d(2), nn.Upsample(scale_factor=2)), (1, 82, 82)) == 1


def test_a_module_of_ones_own_that_does_not_take_the_window_is_named():
    class Skipping(nn.Module):
        def forward(self, x):
            return torch.cat([x, F.interpolate(F.max_pool2d(x, 2), scale_factor=2)], 1)

    with pytest.raises(DataError, match=r"Skipping fails with the window \(1, 63, 63\), .* \(Sizes of"):
        reach_of(Skipping(), (1, 63, 63))
    assert reach_of(Skipping(), (1, 64, 64)) == 1

    class Looking(nn.Module):
        def forward(self, x):
            return x * x.numpy().any()

    with pytest.raises(DataError, match="or write the reach into the card yourself"):
        reach_of(Looking(), (1, 64, 64))


def test_the_published_unet_sees_188_samples_or_204():
    """By the alignment of the sample: 188 is the smallest window, all of which its four samples of output see."""
    (field,) = receptive_field(network("unet2015", ndim=1))
    sizes = [high - low + 1 for low, high in zip(field.low, field.high, strict=True)]
    assert (min(sizes), max(sizes), field.period) == (188, 204, 16)
    assert [field.at(j) for j in range(4)] == [(0, 187)] * 4


def touched(model, size, index):
    """First and last input sample with a gradient from one output sample."""
    x = torch.ones(1, 2, size, dtype=torch.float64, requires_grad=True)
    y = model.double()(x)
    found = torch.autograd.grad(y[0, :, index].sum(), x)[0][0].abs().sum(0).nonzero()
    return int(found[0]), int(found[-1])


class Cropped(nn.Module):
    """Branches of different geometry, cropped and concatenated; functions beside modules."""

    def __init__(self):
        super().__init__()
        self.down, self.up = (
            positive(Conv, kernel_size=4, stride=2, padding=1),
            positive(ConvTranspose, kernel_size=4, stride=2),
        )
        self.last = positive(Conv, kernel_size=3, in_channels=6)

    def forward(self, x):
        low = self.up(F.relu(self.down(x)))[..., 1:-1]
        return self.last(torch.cat((low, x + 0.5, F.pad(x[:, [1, 0]], (3, 0))[..., :-3].abs()), 1))


def positive(kind, **options):
    layer = kind(1, **({"in_channels": 2, "out_channels": 2} | options))
    nn.init.constant_(layer.weight, 0.5)
    return layer


CHAINS = {
    "dilated": [
        positive(Conv, kernel_size=3, dilation=3),
        positive(Conv, kernel_size=4, stride=3, padding=2, groups=2),
    ],
    "mean, then strided": [nn.AvgPool1d(3, 2, padding=1), positive(Conv, kernel_size=2, padding="valid")],
    "transposed": [positive(ConvTranspose, kernel_size=5, stride=3, padding=1), positive(Conv, kernel_size=3)],
    "transposed, even": [
        positive(ConvTranspose, kernel_size=2, stride=2),
        positive(ConvTranspose, kernel_size=4, stride=2),
    ],
    "up and down": [Upsample(1, 3), positive(Conv, kernel_size=3), nn.AvgPool1d(2), Upsample(1, 2)],
    "linear": [Upsample(1, 2, mode="linear"), positive(Conv, kernel_size=3), Upsample(1, 3, mode="linear")],
    "nearest": [nn.Upsample(scale_factor=4), nn.AvgPool1d(3), nn.Upsample(scale_factor=3)],
    "mirrored": [nn.ReflectionPad1d((3, 1)), positive(Conv, kernel_size=5), nn.ReplicationPad1d(2), BlurPool(1, 2)],
    "cut": [nn.ConstantPad1d((-3, 2), 0.0), positive(Conv, kernel_size=3, padding="valid")],
    "branches": [nn.AvgPool1d(2), Cropped(), nn.AvgPool1d(3)],
}


@pytest.mark.parametrize("name", CHAINS)
def test_every_sample_away_from_the_edges_has_the_field_of_its_gradient(name):
    model = nn.Sequential(*CHAINS[name])
    size = 72
    recorded = trace(model, (2, size))
    (field,) = recorded.fields
    count = recorded.steps[-1].shape[-1]
    inside = [j for j in range(count) if field.at(j)[0] >= 8 and field.at(j)[1] < size - 8]
    assert len(inside) > 2 * field.period or len(inside) > 10
    assert [field.at(j) for j in inside] == [touched(model, size, j) for j in inside]
    assert field.size == max(field.at(j)[1] - field.at(j)[0] + 1 for j in inside)


def test_real_samples_give_the_same_trace_and_the_values_of_each_step():
    model, x = network("resnet20", width=2).to_empty(device="cpu"), torch.randn(2, 3, 24, 24)
    model.load_state_dict(build("resnet20", ndim=2, width=2).state_dict())
    values = []
    recorded = trace(model, x, watch=lambda step, value: values.append((step, value.clone())))
    on_meta = trace(model, (3, 24, 24))
    assert [(s.words, s.module, s.fields, s.shape[1:]) for s in recorded.steps] == [
        (s.words, s.module, s.fields, s.shape[1:]) for s in on_meta.steps
    ]
    assert [step for step, _ in values] == list(range(len(recorded.steps)))
    assert torch.equal(values[-1][1], model.eval()(x))


def test_the_model_is_left_alone():
    model = build("unet", ndim=2, width=2, depth=1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trace_network(model, (16, 16))
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model._forward_hooks
    assert next(model.parameters()).requires_grad


def test_windows_are_wide_or_the_only_ones():
    assert wide_window(network("unet", ndim=3)) == (1024,) * 3
    assert wide_window(network("unet2015")) == (188 + 16 * 53,) * 2
    assert wide_window(network("lenet5")) == (32, 32)


# The arithmetic


def test_fields_of_samples_repeat():
    field = Field((0, -1), (4, 6), 3)
    assert [field.at(j) for j in (-1, 0, 1, 2, 5)] == [(-4, 3), (0, 4), (-1, 6), (3, 7), (5, 12)]
    assert (field.size, field.stride, field.period) == (8, Fraction(3, 2), 2)
    with pytest.raises(ValueError, match="the samples of the map are 3/2 input samples apart; reach needs 1"):
        field.reach()


def test_joined_fields_hold_both():
    fine, coarse = Field((-1,), (1,), 1), Field((-4, -3), (2, 5), 2)
    assert join([fine, coarse]) == Field((-4, -3), (2, 5), 2)
    with pytest.raises(ValueError, match="maps are joined whose samples are 1, 2 input samples apart"):
        join([fine, Field(step=2)])


def test_dense_layers_and_means_see_everything():
    pooled = trace(
        nn.Sequential(Conv(2, in_channels=1, out_channels=2, kernel_size=3), nn.AdaptiveAvgPool2d(1)), (1, 9, 9)
    )
    assert pooled.fields == (None, None)
    along_one = trace(nn.Linear(9, 4), (1, 8, 9))  # the last axis alone
    assert along_one.fields == (Field(), None)
    assert trace(nn.BatchNorm1d(1, track_running_stats=False), (1, 9)).fields == (None,)
    assert trace(nn.Softmax(1), (3, 9)).fields == (Field(),)


# What is not known is said


class Odd(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.inner = nn.Module()
        self.inner.forward = function

    def forward(self, x):
        return self.inner(x)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (
            lambda x: x.cumsum(-1),
            "the operator cumsum in the layer inner has an effect on the receptive field that is not known",
        ),
        (lambda x: x.flip(-1), "the operator flip in the layer inner has an effect"),
        (lambda x: x @ x.mT, "the operator bmm in the layer inner"),
        (lambda x: F.interpolate(x, 17, mode="linear", align_corners=True), "aligns corners"),
        (lambda x: x[..., [0, 3, 4]], "chooses single samples along an axis of space"),
        (lambda x: x.view(1, 2, 4, 2).amax(-1), "cuts an axis of space into pieces"),
        (lambda x: x[..., ::2] + x[..., :4], "maps are joined whose samples are 2, 1 input samples apart"),
        (
            lambda x: F.conv_transpose1d(x, torch.ones(2, 1, 2, device=x.device), stride=3),
            "leaves samples without input",
        ),
        (lambda x: (y := x + 0.0)[:, :1].add_(y[:, 1:]), "writes into a map that has another view"),
        (lambda x: (y := torch.zeros(1, 2, 8))[:, :1].add_(x[:, 1:]) + y, "writes into a map that has another view"),
    ],
)
def test_unknown_effects_are_errors_that_name_operator_and_layer(function, said):
    with pytest.raises(DataError) as caught:
        trace(Odd(function), (2, 8))
    assert said in str(caught.value)
    assert str(caught.value).endswith("; the receptive field of such a network cannot be told.")


# Multiply-adds


DEEP = {"resnet101", "resnet152", "resnet110", "resnet1202"}  # the same blocks as the others, more often


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name not in DEEP])
def test_multiply_adds_are_half_of_what_torch_counts_and_rows_add_up(name, ndim):
    model = network(name, ndim=ndim)
    space = model.sizes.above((ARCHITECTURES[name].window,) * ndim)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.empty(1, model.in_channels, *space, device="meta"))
    recorded = trace_network(model, space)
    assert 2 * recorded.multiply_adds == counter.get_total_flops()
    rows = layers(model, recorded)
    assert sum(row.parameters for row in rows) == sum(p.numel() for p in model.parameters())
    assert sum(row.multiply_adds for row in rows) == recorded.multiply_adds


def test_multiply_adds_of_the_papers():
    """He et al. 2016, Table 1: 1.8, 3.6, 3.8, 7.6, 11.3 billion; the bottlenecks of today have a little more."""
    counts = {n: trace_network(network(f"resnet{n}"), (224, 224)).multiply_adds / 1e9 for n in (18, 34, 50)}
    assert counts == pytest.approx({18: 1.814, 34: 3.664, 50: 4.089}, abs=1e-3)
    published = trace_network(network("resnet50", stride_in_1x1=True), (224, 224)).multiply_adds
    assert published / 1e9 == pytest.approx(3.858, abs=1e-3)


# Layers


def counted(name, space, **options):
    model = network(name, **options)
    return {row.name: row for row in layers(model, trace_network(model, space))}


def test_parameters_of_lenet5_as_in_the_paper():
    rows = counted("lenet5", (32, 32))
    found = {name: rows[name].parameters for name in ("C1", "S2", "C3", "S4", "C5", "F6")}
    assert found == {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48_120, "F6": 10_164}
    assert {name: rows[name].shape for name in ("C1", "S2", "C3", "S4", "C5", "F6")} == {
        "C1": (6, 28, 28),
        "S2": (6, 14, 14),
        "C3": (16, 10, 10),
        "S4": (16, 5, 5),
        "C5": (120, 1, 1),
        "F6": (84,),
    }
    assert [rows[name].field for name in ("C1", "S2", "C3", "S4", "C5")] == ["5", "6", "14", "16", "32"]


def test_parameters_of_lenet1989_as_in_the_paper():
    """1,068, 2,592, 5,790 and 310, held by the network itself and not by modules."""
    rows = list(counted("lenet1989", (16, 16)).values())
    assert [(row.name, row.parameters) for row in rows] == [
        ("H1w, H1b", 1068),
        ("H2w, H2b", 2592),
        ("H3w, H3b", 5790),
        ("outw, outb", 310),
    ]
    assert [row.shape for row in rows] == [(12, 8, 8), (12, 4, 4), (30,), (10,)]


def test_shapes_of_the_published_unet():
    rows = list(counted("unet2015", (572, 572)).values())
    assert rows[-1].shape == (2, 388, 388)
    assert [row.shape[1] for row in rows if row.kind.startswith("transposed")] == [56, 104, 200, 392]


def test_what_a_layer_does_is_said():
    kinds = {row.kind for row in counted("alexnet2012", (227, 227)).values()}
    assert kinds >= {
        "convolution 11 x 11, stride 4",
        "convolution 5 x 5, groups 2",
        "average pooling over 5 channels",
        "max pooling 3 x 3, stride 2",
        "dense",
    }
    model = nn.Sequential(MaxPool(1, 2), ConvTranspose(1, in_channels=1, out_channels=1, kernel_size=2, stride=2))
    first, second = layers(model, trace(model, (1, 16)))
    assert (first.kind, first.shape, first.field, first.stride) == ("max pooling 2", (1, 8), "2", "2")
    assert (second.kind, second.inputs, second.biased) == ("transposed convolution 2, stride 2", 8, True)


def test_layers_that_are_used_again_are_numbered():
    pool = MaxPool(1, 2)
    model = nn.Sequential(*[pool] * 23)
    names = [row.name for row in layers(model, trace(model, (1, 1 << 23)))]
    assert names[:5] == ["0", "0 (2nd)", "0 (3rd)", "0 (4th)", "0 (5th)"]
    assert names[10:14] == ["0 (11th)", "0 (12th)", "0 (13th)", "0 (14th)"]
    assert names[20:] == ["0 (21st)", "0 (22nd)", "0 (23rd)"]


def test_axes_with_fields_of_their_own():
    model = Conv(2, in_channels=1, out_channels=1, kernel_size=(3, 5), stride=(1, 2), padding=(1, 2), dilation=(3, 1))
    (row,) = layers(model, trace(model, (1, 20, 20)))
    assert (row.kind, row.field, row.stride) == ("convolution 3 x 5, stride 1 x 2, dilation 3 x 1", "7 x 5", "1 x 2")
