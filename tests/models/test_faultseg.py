"""FaultSeg3D: the counts of the papers, the reach that tiles rely on, one code for every dimension."""

import pytest
import torch
from torch import nn

from geocnn.errors import DataError
from geocnn.layers import Conv
from geocnn.models.faultseg import FaultSeg
from geocnn.tracing import reach_of


@pytest.mark.parametrize(("bottleneck", "count"), [(512, 9_422_977), (128, 1_459_585)])
def test_parameter_counts_of_the_papers(bottleneck, count):
    model = FaultSeg(3, bottleneck=bottleneck)
    assert sum(p.numel() for p in model.parameters()) == count
    kernels = [m.kernel_size for m in model.modules() if isinstance(m, Conv)]
    assert kernels.count((3, 3, 3)) == 14
    assert kernels.count((1, 1, 1)) == 1


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_residual_blocks_begin_as_the_network_without_them(ndim):
    torch.manual_seed(0)
    plain = FaultSeg(ndim, width=4, bottleneck=8).double()
    deeper = FaultSeg(ndim, width=4, bottleneck=8, residual=2).double()
    missing, unexpected = deeper.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected
    assert len(missing) == 3 * 2 * 4  # three stages, two blocks, two convolutions with weight and bias
    x = torch.randn(1, 1, *(16, 24, 16)[:ndim], dtype=torch.float64)
    assert torch.equal(deeper(x), plain(x))
    deeper(x).square().mean().backward()
    assert deeper.deepen[0].second.weight.grad.abs().sum() > 0  # and it can leave that beginning


def test_residual_blocks_keep_to_three_million_parameters_and_reach_further():
    model = FaultSeg(3, residual=1)
    weights = 2 * 27 * (2 * 64**2 + 128**2) + 2 * (2 * 64 + 128)  # in full: kernels and biases of three blocks
    assert sum(p.numel() for p in model.parameters()) == 1_459_585 + weights < 3_000_000
    assert reach_of(model) == FaultSeg.reach + 8 + 16 + 8
    torch.manual_seed(0)
    measured = max(reach(1, (240,), 0, residual=1) for _ in range(6))
    assert FaultSeg.reach + 31 <= measured <= FaultSeg.reach + 32


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_shapes_and_gradients_in_every_dimension(ndim):
    model = FaultSeg(ndim, in_channels=2, out_channels=3, width=4, bottleneck=8)
    logits = model(torch.randn(2, 2, *(16, 24, 32)[:ndim]))
    assert logits.shape == (2, 3, *(16, 24, 32)[:ndim])
    logits.square().mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_decoder_is_the_published_one_written_plainly():
    """Repeat, concatenate, convolve: the network of Figure 5 with the same weights gives the same logits."""
    torch.manual_seed(0)
    model = FaultSeg(2, width=4, bottleneck=8).double()
    x = torch.randn(1, 1, 16, 24, dtype=torch.float64)

    def conv(layer, values):
        return nn.functional.conv2d(values, layer.weight, layer.bias, padding=layer.weight.shape[-1] // 2)

    def stage(pair, values):
        return conv(pair[2], conv(pair[0], values).relu()).relu()

    skips, y = [], x
    for pair in model.encoder:
        skips.append(stage(pair, y))
        y = nn.functional.max_pool2d(skips[-1], 2)
    y = stage(model.bottom, y)
    for merge, refine, skip in zip(model.merge, model.refine, reversed(skips), strict=True):
        y = y.repeat_interleave(2, 2).repeat_interleave(2, 3)
        y = conv(refine, conv(merge, torch.cat((y, skip), 1)).relu()).relu()
    torch.testing.assert_close(model(x), conv(model.head, y), rtol=0, atol=1e-12)


def test_a_size_that_is_no_multiple_of_8_is_refused():
    with pytest.raises(DataError, match=r"FaultSeg got windows of 16 x 20 samples.*pad to 16 x 24"):
        FaultSeg(2, width=2, bottleneck=2)(torch.zeros(1, 1, 16, 20))


def reach(ndim, size, axis, residual=0):
    """Largest distance along ``axis`` from which the input changes an output sample, over all alignments by 8."""
    model = FaultSeg(ndim, width=2, bottleneck=2, residual=residual).double()
    for parameter in model.parameters():  # all positive: nothing cancels, no ReLU is dead
        nn.init.uniform_(parameter, 0.5, 1.0)
    x = torch.rand(1, 1, *size, dtype=torch.float64, requires_grad=True)
    y = model(x)
    largest = 0
    for offset in range(8):
        at = [n // 2 for n in size]
        at[axis] = size[axis] // 2 + offset
        (gradient,) = torch.autograd.grad(y[(0, 0, *at)], x, retain_graph=True)
        other = tuple(i for i in range(ndim) if i != axis)
        changed = gradient[0, 0].abs().sum(other).nonzero().flatten() if other else gradient[0, 0].nonzero().flatten()
        largest = max(largest, int((changed - at[axis]).abs().max()))
    return largest


@pytest.mark.parametrize(
    ("ndim", "size", "axis"), [(1, (160,), 0), (2, (160, 16), 0), (2, (16, 160), 1), (3, (8, 160, 8), 1)]
)
def test_reach_measured_by_gradient(ndim, size, axis):
    """A max pool passes the gradient of one sample of its window; many random inputs find the farthest."""
    torch.manual_seed(0)
    measured = max(reach(ndim, size, axis) for _ in range(6 if ndim < 3 else 3))
    assert measured <= FaultSeg.reach
    assert measured >= FaultSeg.reach - 1


def test_reach_is_exact_for_average_pools():
    """With pools that pass every sample on, the farthest is met exactly."""
    from geocnn.layers import AvgPool

    class Averaging(FaultSeg):
        def __init__(self, ndim, **arguments):
            super().__init__(ndim, **arguments)
            self.pool = AvgPool(ndim, 2)

    torch.manual_seed(0)
    model = Averaging(1, width=2, bottleneck=2).double()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.5, 1.0)
    x = torch.rand(1, 1, 160, dtype=torch.float64, requires_grad=True)
    y = model(x)
    distances = []
    for at in range(76, 84):
        (gradient,) = torch.autograd.grad(y[0, 0, at], x, retain_graph=True)
        distances.append(int((gradient[0, 0].nonzero().flatten() - at).abs().max()))
    assert max(distances) == FaultSeg.reach == 51


def test_a_halo_of_56_reproduces_the_whole():
    torch.manual_seed(1)
    model = FaultSeg(1, width=4, bottleneck=8).double().eval()
    x = torch.randn(1, 1, 320, dtype=torch.float64)
    with torch.no_grad():
        whole, tile = model(x), model(x[..., 64:256])
    torch.testing.assert_close(tile[..., 56:-56], whole[..., 120:200], rtol=0, atol=1e-13)
