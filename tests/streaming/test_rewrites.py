"""Each rewrite alone gives the numbers of the graph that it found, and does what it is for."""

import pytest
import torch
from torch import nn

from geocnn.layers import Conv, ConvTranspose, Upsample, normalisation
from geocnn.streaming import rewrites
from geocnn.streaming.execution import run
from geocnn.streaming.operations import Concatenation, Upsampling
from geocnn.streaming.recording import record
from geocnn.streaming.schedule import Schedule


class Block(nn.Module):
    """A little of everything that is rewritten."""

    def __init__(self, ndim, factor=2, kernel=3):
        super().__init__()
        self.first = Conv(ndim, in_channels=1, out_channels=4, kernel_size=3)
        self.norm = normalisation(ndim, 4, "batch")
        self.down = Conv(ndim, in_channels=4, out_channels=6, kernel_size=factor, stride=factor, padding="valid")
        self.up = Upsample(ndim, factor)
        self.joined = Conv(ndim, in_channels=10, out_channels=4, kernel_size=kernel)
        self.side = Conv(ndim, in_channels=4, out_channels=4, kernel_size=1)
        self.back = ConvTranspose(ndim, in_channels=6, out_channels=4, kernel_size=factor, stride=factor)
        self.norm_of_back = normalisation(ndim, 4, "batch")

    def forward(self, x):
        fine = torch.relu(self.norm(self.first(x)))
        coarse = self.down(fine)
        y = self.joined(torch.cat((self.up(coarse), fine), 1))
        y = torch.relu(y + self.side(fine)) + fine
        return y + self.norm_of_back(self.back(coarse))


def block(ndim, **sizes):
    torch.manual_seed(0)
    model = Block(ndim, **sizes).eval()
    for module in model.modules():
        if hasattr(module, "running_mean"):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.weight.data.normal_()
            module.bias.data.normal_()
    return model.double(), torch.randn(1, 1, *(24, 12, 18)[:ndim], dtype=torch.float64)


def result(graph, x):
    ready = graph.to(torch.device("cpu"), torch.float64)
    flat = x.unsqueeze(-1) if x.ndim == 3 else x
    parts = run(ready, Schedule(graph, 5, 0, graph.planes(graph.output)), lambda a, b: flat[:, :, a:b])
    found = torch.cat([part for _, part in parts], 2)
    return found.squeeze(-1) if x.ndim == 3 else found


ROOM_FOR = {
    rewrites.upsample_in_phases: (rewrites.split_concatenation,),
    rewrites.fuse_relu: (rewrites.fold_affine,),
}
"""What must go before, so that a convolution stands beside what a rewrite looks for."""


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("sizes", [{}, {"factor": 3}, {"kernel": 5}, {"factor": 3, "kernel": 1}])
@pytest.mark.parametrize("change", [*rewrites.REWRITES, None], ids=lambda c: c.__name__ if c else "all")
def test_a_rewrite_changes_the_steps_and_not_the_numbers(change, ndim, sizes):
    model, x = block(ndim, **sizes)
    graph = record(model, x.shape[1:])
    graph = rewrites.rewritten(graph, ROOM_FOR.get(change, ()))
    changed = rewrites.rewritten(graph, (change,) if change else rewrites.REWRITES)
    assert len(changed.nodes) < len(graph.nodes)
    with torch.no_grad():
        torch.testing.assert_close(result(changed, x), model(x), rtol=1e-12, atol=1e-12)


def test_up_sampling_in_phases_leaves_8_of_27_multiply_adds():
    """Of the half of the kernel that meets the up-sampled map (Odena et al. 2016; 4^3 taps per coarse sample)."""
    up = nn.Sequential(Upsample(3, 2), Conv(3, in_channels=5, out_channels=7, kernel_size=3))
    graph = record(up, (5, 8, 8, 8))
    changed = rewrites.rewritten(graph, (rewrites.upsample_in_phases,))
    before, after = (next(iter(g.nodes[g.output].operation.terms)).weight.numel() for g in (graph, changed))
    assert before == 27 * 5 * 7  # per fine sample
    assert after / 8 == 8 * 5 * 7  # per coarse sample, of which there are an eighth


def test_no_map_is_joined_or_up_sampled_any_more():
    model, x = block(3)
    changed = rewrites.rewritten(record(model, x.shape[1:]))
    assert not any(isinstance(n.operation, Concatenation | Upsampling) for n in changed.nodes.values())


def test_a_map_that_is_used_twice_is_left_alone():
    """Normalisation folded into its convolution would change what the other user gets."""

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = Conv(2, in_channels=1, out_channels=4, kernel_size=3)
            self.norm = normalisation(2, 4, "batch")

        def forward(self, x):
            y = self.conv(x)
            return torch.relu(y) - self.norm(y)

    torch.manual_seed(0)
    model, x = Twice().eval().double(), torch.randn(1, 1, 9, 7, dtype=torch.float64)
    model.norm.running_var.fill_(3.0)
    graph = rewrites.rewritten(record(model, x.shape[1:]))
    assert len(graph.nodes) == 4
    with torch.no_grad():
        torch.testing.assert_close(result(graph, x), model(x), rtol=1e-12, atol=1e-12)
