"""The convolutions of oneDNN, which are no part of torch's public interface, against torch's own."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from geocnn.streaming.convolutions import Kernel, Term

CPU = torch.device("cpu")


def term(ndim, *, transposed, groups=1, stride=1, dilation=1):
    weight = torch.randn(8, 8 // groups, *(4 if transposed else 3,) * ndim)
    return Term(weight, (stride,) * ndim, (0,) + (1,) * (ndim - 1), (dilation,) * ndim, groups, transposed)


def plain(kind, x, bias, others, relu):
    at = x.ndim - 4
    operation = (F.conv_transpose2d, F.conv_transpose3d)[at] if kind.transposed else (F.conv2d, F.conv3d)[at]
    more = (0, kind.groups, kind.dilation) if kind.transposed else (kind.dilation, kind.groups)
    made = operation(x, kind.weight, bias, kind.stride, kind.padding, *more) + others
    return made.relu() if relu else made


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize(
    "kind",
    [
        {"transposed": False},
        {"transposed": False, "groups": 2},
        {"transposed": False, "stride": 2},
        {"transposed": False, "dilation": 2},
        {"transposed": True, "stride": 2},
        {"transposed": True, "groups": 2, "stride": 2},
    ],
)
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_fused_convolutions_agree_with_plain_ones(ndim, kind, relu, dtype):
    torch.manual_seed(0)
    made, bias = term(ndim, **kind), torch.randn(8)
    layout = torch.channels_last if ndim == 2 else torch.channels_last_3d
    x = torch.randn(1, 8, 9, *(12,) * (ndim - 1)).contiguous(memory_format=layout)
    kernel = Kernel.of(made, CPU, dtype, (8, 9, *x.shape[3:]))
    assert kernel.packed is not None
    slow = Kernel(made, kernel.weight)
    tolerance = 2e-5 if dtype == torch.float32 else 0.05
    added_to = torch.randn_like(plain(made, x, bias, 0, relu)).contiguous(memory_format=layout)
    for others in (None,) if made.transposed else (None, added_to):
        wanted = plain(made, x, bias, 0 if others is None else others, relu)
        for each in (kernel, slow):
            added = None if others is None else others.to(dtype, copy=True)
            found = each(x.to(dtype), made.padding, bias.to(dtype), added, relu=relu)
            assert found.dtype == dtype
            torch.testing.assert_close(found.float(), wanted, rtol=tolerance, atol=tolerance * 10)
