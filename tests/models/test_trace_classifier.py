"""The textbook's classifier: parameter counts, formula, initial weights, any dimension."""

import math

import numpy as np
import pytest
import torch
from scipy import signal

from geocnn.models import build
from geocnn.models.trace_classifier import TraceClassifier, initialise
from geocnn.synthetic.random import Xoshiro
from geocnn.synthetic.traces import traces


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_parameter_counts_are_those_of_the_textbook():
    model = TraceClassifier(1)
    assert (count(model.conv), count(model.dense), count(model.output)) == (48, 4112, 51)
    assert count(model) == 4211


def test_initial_weights_equal_the_reference(oracles):
    model = TraceClassifier(1, true_convolution=True)
    initialise(model, Xoshiro.from_state(traces(42).state).fill)
    with np.load(oracles / "chapter_seed42.npz") as chapter:
        for ours, reference in {
            "conv.weight": "conv_weight_lux",
            "conv.bias": "conv_bias",
            "dense.weight": "dense1_weight",
            "dense.bias": "dense1_bias",
            "output.weight": "dense2_weight",
            "output.bias": "dense2_bias",
        }.items():
            np.testing.assert_array_equal(model.state_dict()[ours], chapter[reference], err_msg=ours)
        np.testing.assert_array_equal(model.conv.weight.detach().flip(-1), chapter["conv_weight_torch"])


@pytest.mark.parametrize(("head", "true_convolution"), [("flatten", True), ("flatten", False), ("pool", True)])
def test_logits_equal_the_formula_in_numpy(head, true_convolution):
    torch.manual_seed(0)
    model = TraceClassifier(1, head=head, true_convolution=true_convolution, in_channels=2).double()
    x = np.random.default_rng(0).standard_normal((3, 2, 64))
    p = {k: v.numpy() for k, v in model.state_dict().items()}
    apply = signal.convolve if true_convolution else signal.correlate
    expected = []
    for trace in x:
        maps = [
            sum(apply(trace[c], kernel[c], mode="same") for c in range(2)) + b
            for kernel, b in zip(p["conv.weight"], p["conv.bias"], strict=True)
        ]
        pooled = np.maximum(np.stack(maps), 0).reshape(8, 32, 2).max(axis=2)
        features = pooled.ravel() if head == "flatten" else pooled.max(axis=1)
        hidden = np.maximum(p["dense.weight"] @ features + p["dense.bias"], 0)
        expected.append(p["output.weight"] @ hidden + p["output.bias"])
    np.testing.assert_allclose(model(torch.from_numpy(x)).detach(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("head", ["flatten", "pool"])
@pytest.mark.parametrize(("ndim", "window"), [(1, 64), (2, (16, 12)), (3, (8, 6, 4))])
def test_every_dimension_learns_in_every_parameter(ndim, window, head):
    torch.manual_seed(1)
    model = build("trace_classifier", ndim=ndim, window=window, head=head, out_channels=4, in_channels=2)
    sizes = (window,) if isinstance(window, int) else window
    logits = model(torch.randn(5, 2, *sizes))
    assert logits.shape == (5, 4)
    logits.square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in model.parameters())


def test_two_dimensions_repeat_one_dimension():
    """Windows that do not change along the first axis, a kernel that looks along the second alone: the 1-D network."""
    torch.manual_seed(2)
    line, plane = TraceClassifier(1, head="pool"), TraceClassifier(2, head="pool")
    state = line.state_dict()
    kernel = torch.zeros_like(plane.conv.weight)
    kernel[:, :, 2] = state["conv.weight"]
    plane.load_state_dict(state | {"conv.weight": kernel})
    x = torch.randn(3, 1, 64)
    torch.testing.assert_close(plane(x[:, :, None].expand(3, 1, 6, 64)), line(x))


@pytest.mark.parametrize(("ndim", "window"), [(1, 64), (2, (16, 12)), (3, (8, 6, 4))])
def test_initial_weights_fill_their_range_in_every_dimension(ndim, window):
    model = TraceClassifier(ndim, window=window, in_channels=2)
    initialise(model, Xoshiro(0).fill)
    for layer, gain in ((model.conv, 2), (model.dense, 2), (model.output, 1)):
        fan_in = layer.weight[0].numel()
        bound = math.sqrt(3) * gain / math.sqrt(fan_in)
        assert 0.8 * bound < float(layer.weight.detach().abs().max()) <= bound
        assert layer.bias is not None
        assert float(layer.bias.detach().abs().max()) <= 1 / math.sqrt(fan_in)


def test_flatten_refuses_another_window_and_pool_takes_it():
    message = "got windows of 60 samples; it takes 64 samples per axis only: cut or pad to 64, or make the network for "
    with pytest.raises(ValueError, match=message):
        TraceClassifier(1)(torch.zeros(1, 1, 60))
    assert TraceClassifier(1, head="pool")(torch.zeros(1, 1, 60)).shape == (1, 3)


def test_odd_windows_are_refused():
    with pytest.raises(ValueError, match=r"window is \(63,\); needed are even numbers"):
        TraceClassifier(1, window=63)
