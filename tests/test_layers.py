"""Layers against formula 8.1 in plain loops, against SciPy and NumPy, and how they move with their input."""

import itertools

import numpy as np
import pytest
import scipy.signal
import torch
from torch import nn

from geocnn.layers import (
    AvgPool,
    Conv,
    ConvTranspose,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    Upsample,
    UpsampleConcatConv,
    check_ndim,
    normalisation,
)

SPACE = {1: (11,), 2: (9, 10), 3: (7, 6, 8)}


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def formula(x, w, b, *, stride, padding, dilation, groups=1, mode="constant"):
    """y[o, i] = b[o] + sum_c sum_k w[o, c, k] x[c, stride i + dilation k - padding], one number at a time."""
    n, out, space = x.shape[0], w.shape[0], w.shape[2:]
    x = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]], mode=mode)
    size = [
        (full - d * (k - 1) - 1) // s + 1 for full, k, s, d in zip(x.shape[2:], space, stride, dilation, strict=True)
    ]
    y = np.empty((n, out, *size))
    per_group = out // groups
    for sample, o in itertools.product(range(n), range(out)):
        first = o // per_group * w.shape[1]
        for i in np.ndindex(*size):
            total = b[o]
            for c in range(w.shape[1]):
                for k in np.ndindex(*space):
                    at = tuple(s * ii + d * kk for s, ii, d, kk in zip(stride, i, dilation, k, strict=True))
                    total += w[(o, c, *k)] * x[(sample, first + c, *at)]
            y[(sample, o, *i)] = total
    return y


CASES = [
    {"kernel_size": 3},
    {"kernel_size": 3, "padding": "valid"},
    {"kernel_size": 2, "stride": 2, "padding": "valid"},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "dilation": 2},
    {"kernel_size": 3, "padding_mode": "reflect"},
    {"kernel_size": 3, "padding_mode": "reflect", "dilation": 2},
    {"kernel_size": 3, "groups": 2},
    {"kernel_size": 1, "bias": False},
    {"kernel_size": 3, "true_convolution": True},
]


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_conv_is_formula_8_1(ndim, case):
    conv = Conv(ndim, in_channels=2, out_channels=4, **case).double()
    if conv.bias is not None:
        nn.init.normal_(conv.bias)
    w = conv.weight.detach().numpy()
    b = np.zeros(4) if conv.bias is None else conv.bias.detach().numpy()
    if case.get("true_convolution"):
        w = np.flip(w, tuple(range(2, 2 + ndim)))
    x = random(1, 2, *SPACE[ndim])
    expected = formula(
        x,
        w,
        b,
        stride=conv.stride,
        padding=conv.padding,
        dilation=conv.dilation,
        groups=case.get("groups", 1),
        mode="reflect" if case.get("padding_mode") == "reflect" else "constant",
    )
    np.testing.assert_allclose(conv(tensor(x)).detach().numpy(), expected, rtol=0, atol=1e-12)


def test_different_numbers_per_axis():
    conv = Conv(2, in_channels=1, out_channels=2, kernel_size=(3, 5), stride=(2, 1), padding=(0, 2)).double()
    x = random(1, 1, 9, 10)
    expected = formula(x, conv.weight.detach().numpy(), np.zeros(2), stride=(2, 1), padding=(0, 2), dilation=(1, 1))
    np.testing.assert_allclose(conv(tensor(x)).detach().numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize(("padding", "mode"), [("same", "same"), ("valid", "valid")])
def test_conv_agrees_with_scipy(ndim, padding, mode):
    x = random(*SPACE[ndim])
    for flip, reference in ((False, scipy.signal.correlate), (True, scipy.signal.convolve)):
        conv = Conv(
            ndim, in_channels=1, out_channels=1, kernel_size=5, padding=padding, bias=False, true_convolution=flip
        ).double()
        expected = reference(x, conv.weight.detach().numpy()[0, 0], mode=mode, method="direct")
        np.testing.assert_allclose(conv(tensor(x)[None, None])[0, 0].detach().numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_he_initialisation(ndim):
    torch.manual_seed(0)
    conv = Conv(ndim, in_channels=64, out_channels=64, kernel_size=3)
    assert float(conv.weight.detach().std()) == pytest.approx((2 / (64 * 3**ndim)) ** 0.5, rel=0.03)
    assert not conv.bias.any()


@pytest.mark.parametrize("ndim", [1, 2, 3])
@torch.no_grad()
def test_conv_commutes_with_a_shift(ndim):
    """The shift error away from the border is rounding alone, whatever the weights."""
    conv = nn.Sequential(Conv(ndim, in_channels=1, out_channels=3, kernel_size=3), nn.ReLU())
    x = torch.zeros(1, 1, *(16,) * ndim)
    inner = (slice(None), slice(None), *(slice(4, 10),) * ndim)
    x[inner] = torch.randn_like(x[inner])
    axes = tuple(range(2, 2 + ndim))
    shifted = conv(x.roll((2,) * ndim, axes))
    assert float((shifted - conv(x).roll((2,) * ndim, axes)).abs().max()) <= 1e-6
    double = conv.double()
    error = double(x.double().roll((2,) * ndim, axes)) - double(x.double()).roll((2,) * ndim, axes)
    assert float(error.abs().max()) <= 1e-15


def test_pooling_commutes_with_even_shifts_only():
    """A stride-2 max pool commutes with a shift by 2 and not with a shift by 1 (Zhang 2019)."""
    x, pool = torch.randn(1, 1, 64), MaxPool(1, 2)
    assert torch.equal(pool(x.roll(2, 2)), pool(x).roll(1, 2))
    odd = pool(pool(x.roll(1, 2))) - pool(pool(x))
    assert float(odd.abs().max()) > 0.1


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize(("size", "stride", "padding"), [(2, None, 0), (3, 2, 1), (3, 1, 0), (4, 3, 2)])
def test_pooling_against_loops(ndim, size, stride, padding):
    x = random(1, 2, *SPACE[ndim])
    step = stride or size
    for layer, outside, reduce in ((MaxPool, -np.inf, np.max), (AvgPool, 0.0, np.mean)):
        padded = np.pad(x, [(0, 0), (0, 0), *[(padding, padding)] * ndim], constant_values=outside)
        length = [(n - size) // step + 1 for n in padded.shape[2:]]
        expected = np.empty((1, 2, *length))
        for i in np.ndindex(*length):
            window = (slice(None), slice(None), *(slice(step * ii, step * ii + size) for ii in i))
            expected[(slice(None), slice(None), *i)] = reduce(padded[window], axis=tuple(range(2, 2 + ndim)))
        result = layer(ndim, size, stride=stride, padding=padding)(tensor(x)).numpy()
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_global_pooling(ndim):
    x = random(2, 3, *SPACE[ndim])
    axes = tuple(range(2, 2 + ndim))
    np.testing.assert_allclose(GlobalMaxPool()(tensor(x)).numpy(), x.max(axes), rtol=0, atol=0)
    np.testing.assert_allclose(GlobalAvgPool()(tensor(x)).numpy(), x.mean(axes), rtol=0, atol=1e-14)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (4, 2, 1), (3, 1, 1), (3, 3, 0)])
def test_transposed_convolution(ndim, kernel, stride, padding):
    """It is the adjoint of the convolution, <conv x, y> = <x, convT y>, and equals its definition in loops."""
    up = ConvTranspose(ndim, in_channels=3, out_channels=2, kernel_size=kernel, stride=stride, padding=padding)
    up = up.double()
    y = random(1, 3, *(4,) * ndim)
    result = up(tensor(y)).detach().numpy()
    size = (4 - 1) * stride - 2 * padding + kernel
    assert result.shape == (1, 2, *(size,) * ndim)
    w = up.weight.detach().numpy()
    full = np.zeros((1, 2, *(size + 2 * padding,) * ndim))
    for i in np.ndindex(*(4,) * ndim):
        window = (0, slice(None), *(slice(stride * ii, stride * ii + kernel) for ii in i))
        full[window] += np.tensordot(y[(0, slice(None), *i)], w, 1)
    inner = (slice(None), slice(None), *(slice(padding, padding + size),) * ndim)
    np.testing.assert_allclose(result, full[inner], rtol=0, atol=1e-12)
    conv = Conv(
        ndim, in_channels=2, out_channels=3, kernel_size=kernel, stride=stride, padding=padding, bias=False
    ).double()
    conv.weight = up.weight
    x = random(*result.shape, seed=1)
    assert float((conv(tensor(x)) * tensor(y)).sum().detach()) == pytest.approx(float((x * result).sum()), rel=1e-12)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("factor", [1, 2, 3])
def test_upsampling(ndim, factor):
    x = random(1, 2, *SPACE[ndim])
    nearest, linear = x, x
    for axis, n in enumerate(SPACE[ndim], start=2):
        nearest = np.repeat(nearest, factor, axis)
        # Output i lies at (i + 1/2) / factor - 1/2, held at the outer samples.
        at = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
        low = np.minimum(at.astype(int), n - 2)
        w = (at - low).reshape(-1, *(1,) * (x.ndim - axis - 1))
        linear = np.take(linear, low, axis) * (1 - w) + np.take(linear, low + 1, axis) * w
    np.testing.assert_array_equal(Upsample(ndim, factor)(tensor(x)).numpy(), nearest)
    result = Upsample(ndim, factor, mode="linear")(tensor(x)).numpy()
    np.testing.assert_allclose(result, linear, rtol=0, atol=1e-6)


def test_nearest_upsampling_by_awkward_factors():
    """41 and 47 are factors whose reciprocal rounds down in float32."""
    x = torch.arange(50.0)[None, None]
    for factor in (41, 47, 55):
        assert torch.equal(Upsample(1, factor)(x), x.repeat_interleave(factor, 2))


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_polyphase_decoder_equals_the_plain_one(ndim, dtype):
    layer = UpsampleConcatConv(ndim, coarse_channels=3, skip_channels=2, out_channels=4).to(dtype)
    nn.init.normal_(layer.bias)
    plain = Conv(ndim, in_channels=5, out_channels=4, kernel_size=3).to(dtype)
    plain.load_state_dict(layer.state_dict())
    coarse = tensor(random(2, 3, *(3, 4, 2)[:ndim])).to(dtype).requires_grad_()
    skip = tensor(random(2, 2, *(6, 8, 4)[:ndim])).to(dtype).requires_grad_()
    results = layer(coarse, skip), plain(torch.cat((Upsample(ndim)(coarse), skip), 1))
    tolerance = 1e-12 if dtype == torch.float64 else 2e-5
    torch.testing.assert_close(*results, rtol=0, atol=tolerance)
    outer = torch.randn_like(results[0])
    gradients = [
        torch.autograd.grad(result, [coarse, skip, *module.parameters()], outer)
        for result, module in zip(results, (layer, plain), strict=True)
    ]
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=50 * tolerance)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_normalisation(ndim):
    x = 5 + 3 * random(4, 8, *SPACE[ndim])
    space = tuple(range(2, 2 + ndim))

    def standard(values, axes):
        return (values - values.mean(axes, keepdims=True)) / np.sqrt(values.var(axes, keepdims=True) + 1e-5)

    groups = x.reshape(4, 2, 4, *SPACE[ndim])
    expected = {
        "batch": standard(x, (0, *space)),
        "instance": standard(x, space),
        "group": standard(groups, tuple(range(2, 3 + ndim))).reshape(x.shape),
        "none": x,
    }
    for kind, values in expected.items():
        result = normalisation(ndim, 8, kind, groups=2).double()(tensor(x)).detach().numpy()
        np.testing.assert_allclose(result, values, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: check_ndim(4), "ndim is 4"),
        (lambda: Conv(2, in_channels=1, out_channels=1, kernel_size=(3, 3, 3)), "one number or 2 of them"),
        (lambda: Conv(2, in_channels=1, out_channels=1, kernel_size=0), "1 or more each"),
        (lambda: Conv(1, in_channels=1, out_channels=1, kernel_size=2), "odd kernels"),
        (lambda: Conv(1, in_channels=1, out_channels=1, kernel_size=3, stride=2), "stride 1"),
        (lambda: Conv(1, in_channels=1, out_channels=1, kernel_size=3, padding=-1), "0 or more each"),
        (lambda: Conv(1, in_channels=3, out_channels=4, kernel_size=3, groups=2), "groups is 2"),
        (lambda: MaxPool(1, 2, padding=2), "at most half a window"),
        (lambda: normalisation(1, 6, "group", groups=4), "must be divisible by num_groups"),
        (
            lambda: UpsampleConcatConv(1, coarse_channels=1, skip_channels=1, out_channels=1)(
                torch.zeros(1, 1, 1), torch.zeros(1, 1, 1)
            ),
            "twice as many",
        ),
    ],
)
def test_errors_say_what_is_needed(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_print_of_a_layer_shows_its_sizes():
    assert "kernel_size=(3, 3)" in repr(Conv(2, in_channels=1, out_channels=2, kernel_size=3))
    assert "size=(2,), stride=(2,)" in repr(MaxPool(1))


def test_reflection_needs_more_samples_than_padding():
    layer = Conv(1, in_channels=1, out_channels=1, kernel_size=5, padding_mode="reflect")
    with pytest.raises(ValueError, match="reflects more than a map"):
        layer(torch.zeros(1, 1, 2))
    assert layer(torch.zeros(1, 1, 3)).shape == (1, 1, 3)
