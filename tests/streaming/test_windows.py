"""Which planes make a plane: against torch itself, by planes that change when one is changed."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from geocnn.streaming.windows import Window


def taps(kernel, stride, padding, dilation):
    return (
        lambda x: F.conv1d(x, torch.ones(1, 1, kernel, dtype=x.dtype), None, stride, padding, dilation),
        Window.of_taps(kernel, stride, padding, dilation),
    )


def transposed(kernel, stride, padding):
    return (
        lambda x: F.conv_transpose1d(x, torch.ones(1, 1, kernel, dtype=x.dtype), None, stride, padding),
        Window.of_transposed_taps(kernel, stride, padding),
    )


CASES = [
    *(taps(*sizes) for sizes in [(3, 1, 1, 1), (1, 1, 0, 1), (5, 2, 2, 1), (4, 3, 0, 2), (7, 2, 3, 1), (3, 1, 0, 4)]),
    *(transposed(*sizes) for sizes in [(2, 2, 0), (4, 2, 1), (3, 2, 1), (8, 4, 2), (3, 1, 1)]),
    *(
        (lambda x, f=f: F.interpolate(x, scale_factor=f, mode="nearest-exact"), Window.of_nearest(f))
        for f in (1, 2, 3, 5)
    ),
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_plane_depends_on_the_planes_of_its_window_alone(number):
    operation, window = CASES[number]
    n = 24
    x = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    y = operation(x)
    for o in range(y.shape[-1]):
        (gradient,) = torch.autograd.grad(y[0, 0, o], x, retain_graph=True)
        used = gradient[0, 0].nonzero().flatten().tolist()
        low, high = max(0, window.first(o)), min(n - 1, window.last(o))
        assert (used[0], used[-1]) == (low, high)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_linear_up_sampling_lies_between_its_neighbours(factor):
    window = Window.of_linear(factor)
    x = torch.zeros(1, 1, 12, dtype=torch.float64, requires_grad=True)
    y = F.interpolate(x, scale_factor=factor, mode="linear", align_corners=False)
    for o in range(y.shape[-1]):
        (gradient,) = torch.autograd.grad(y[0, 0, o], x, retain_graph=True)
        used = gradient[0, 0].nonzero().flatten().tolist()
        assert max(0, window.first(o)) <= used[0]
        assert used[-1] <= min(11, window.last(o))


@pytest.mark.parametrize("number", range(len(CASES)))
def test_ready_is_the_first_plane_that_cannot_be_made(number):
    window = CASES[number][1]
    for plane in range(-4, 40):
        ready = window.ready(plane)
        assert window.last(ready - 1) < plane <= window.last(ready)
