"""Maps of operators on windows of samples: convolution, pooling, up-sampling, padding."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from geocnn.tracing.call import Call
from geocnn.tracing.field import Window
from geocnn.tracing.maps import Map, Untraceable
from geocnn.words import size_text

__all__ = [
    "convolution_cost",
    "convolution_details",
    "convolved",
    "is_ratio",
    "padded",
    "pool_details",
    "pooled",
    "taps",
    "upsampled",
]


def _spread(value: Any, ndim: int) -> list[int]:  # noqa: ANN401  (an int or a sequence, of length 1 or ndim)
    numbers = [value] * ndim if isinstance(value, int) else list(value)
    return numbers * ndim if len(numbers) == 1 else numbers


def taps(kernel: int, stride: int, padding: int, dilation: int) -> Window:
    """The windows of a convolution along one axis."""
    return lambda j: (j * stride - padding, j * stride - padding + dilation * (kernel - 1))


def _transposed_taps(kernel: int, stride: int, padding: int, dilation: int) -> Window:
    def window(j: int) -> tuple[int, int]:
        made = [j + padding - dilation * k for k in range(kernel) if (j + padding - dilation * k) % stride == 0]
        if not made:
            raise Untraceable(f"has a kernel of {kernel} and a stride of {stride}, which leaves samples without input")
        return min(made) // stride, max(made) // stride

    return window


def convolved(call: Call) -> Map:
    """Map of a convolution or a transposed convolution."""
    weight = call.args[1]
    ndim = weight.ndim - 2
    stride, padding, dilation = (_spread(call.args[k], ndim) for k in (3, 4, 5))
    result, transposed = call.source.whole([1]).resized(1, call.shapes[0][1]), call.args[6]
    for axis in range(ndim):
        sizes = (weight.shape[2 + axis], stride[axis], padding[axis], dilation[axis])
        dim, size = 2 + axis, call.shapes[0][2 + axis]
        if transposed:
            result = result.windowed(dim, size, _transposed_taps(*sizes), outputs=sizes[1])
        else:
            result = result.windowed(dim, size, taps(*sizes), inputs=sizes[1])
    return result


def convolution_cost(call: Call) -> int:
    """Multiply-adds: samples of the result (of the input, if transposed) times kernel and channels of a group."""
    weight, source = call.args[1], call.source.shape
    at = source if call.args[6] else call.shapes[0]
    return int(at[0] * math.prod(at[2:]) * weight.numel())


def convolution_details(call: Call) -> str:
    """Kind, kernel, stride, dilation and groups in words."""
    weight = call.args[1]
    ndim = weight.ndim - 2
    text = f"{'transposed ' * call.args[6]}convolution {size_text(weight.shape[2:])}"
    for name, value, plain in (
        ("stride", call.args[3], [1] * ndim),
        ("dilation", call.args[5], [1] * ndim),
        ("groups", [call.args[8]], [1]),
    ):
        if (numbers := _spread(value, len(plain))) != plain:
            text += f", {name} {numbers[0] if len(set(numbers)) == 1 else size_text(numbers)}"
    return text


def _pool_sizes(call: Call, *, dilated: bool) -> list[tuple[int, int, int, int]]:
    kernel = call.args[1]
    ndim = len(call.shapes[0]) - 2
    sizes = [_spread(v, ndim) for v in (kernel, call.get(2) or kernel, call.get(3, 0))]
    return list(zip(*sizes, _spread(call.get(4, 1) if dilated else 1, ndim), strict=True))


def pooled(*, dilated: bool) -> Callable[[Call], Map]:
    """Function that returns the map of a pooling; ``dilated`` if the operator takes a dilation."""

    def result(call: Call) -> Map:
        made = call.source
        for dim, (kernel, stride, padding, dilation) in enumerate(_pool_sizes(call, dilated=dilated), start=2):
            if (kernel, stride, padding) != (1, 1, 0):
                window = taps(kernel, stride, padding, dilation)
                made = made.windowed(dim, call.shapes[0][dim], window, inputs=stride)
        return made

    return result


def pool_details(call: Call) -> str:
    """Window and stride of a pooling in words."""
    sizes = _pool_sizes(call, dilated=False)
    spatial = [size for dim, size in enumerate(sizes, start=2) if call.source.axes(dim)]
    kernel, stride = [k for k, *_ in spatial], [s for _, s, *_ in spatial]
    if sizes[0][0] > 1 and max(kernel) == 1:
        return f"over {sizes[0][0]} channels"  # a view has put them there
    return size_text(kernel) + (
        "" if kernel == stride else f", stride {stride[0] if len(set(stride)) == 1 else size_text(stride)}"
    )


def upsampled(kind: str) -> Callable[[Call], Map]:
    """Function that returns the map of an up-sampling; ``kind`` is "nearest", "exact" (nearest centre) or "linear"."""

    def result(call: Call) -> Map:
        made = call.source
        if kind == "linear" and call.get(2, default=False):
            raise Untraceable("aligns corners, so that the distance of samples depends on the size")
        scales = call.args[3 if kind == "linear" else 2 :]
        if not is_ratio(scales, made.shape[2:], call.shapes[0][2:]):  # samples drift from those that they are made of
            made = made.told_apart(range(2, len(made.dims)))
        for dim, size in enumerate(call.shapes[0][2:], start=2):
            before = made.shape[dim]
            common = math.gcd(before, size)
            inputs, outputs = before // common, size // common
            made = made.windowed(dim, size, _interpolation(kind, inputs, outputs), outputs, inputs)
        return made

    return result


def is_ratio(scales: Sequence[float | None], before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether the scales of an up-sampling are the ratios of the sizes after and before, or not given.

    A scale of 1.004 makes 82 samples of 82, but not of the same places.
    """
    given = zip(scales, before, after, strict=False)
    return all(scale is None or math.isclose(scale * n, made, rel_tol=1e-9) for scale, n, made in given)


def _interpolation(kind: str, inputs: int, outputs: int) -> Window:
    def window(j: int) -> tuple[int, int]:
        if kind == "nearest":
            return j * inputs // outputs, j * inputs // outputs
        middle = (2 * j + 1) * inputs  # centre of sample j, in units of 1 / (2 outputs) of a sample of the map before
        if kind == "exact":
            return middle // (2 * outputs), middle // (2 * outputs)
        before = middle - outputs
        return before // (2 * outputs), -(-before // (2 * outputs))

    return window


def padded(call: Call) -> Map:
    """Map with samples added at its ends, or removed where numbers are negative; also for mirrored padding."""
    result, sides = call.source, call.args[1]
    for k in range(len(sides) // 2):
        dim = len(result.dims) - 1 - k
        if sides[2 * k : 2 * k + 2] != [0, 0]:
            result = result.windowed(dim, call.shapes[0][dim], taps(1, 1, sides[2 * k], 1))
    return result
