"""Effect of each operator of torch on receptive fields, and its number of multiply-adds."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from geocnn.tracing import shapes, windows
from geocnn.tracing.call import Call
from geocnn.tracing.maps import Map, Part, Untraceable

__all__ = ["OPERATORS", "UNKNOWN", "Call", "Operator"]


@dataclass(frozen=True)
class Operator:
    """A known operator.

    Attributes:
        words: its name in tables.
        maps: returns the map of its result, or a list with one map for each result.
        multiply_adds: returns the number of its multiply-adds.
        details: returns kernel and stride, for words like "convolution 3 x 3, stride 2".
        main: whether it begins a new row in a table of layers; pointwise operators and views join the row before them.
    """

    words: str
    maps: Callable[[Call], Map | list[Map]]
    multiply_adds: Callable[[Call], int] = lambda _: 0
    details: Callable[[Call], str] = lambda _: ""
    main: bool = False


def _pointwise(call: Call) -> Map:
    return Map.joined(call.maps, call.shapes[0]).told_apart(call.uneven)


def _reduction(call: Call) -> Map:
    source = call.source
    given = call.get(1)
    dims = [given] if isinstance(given, int) else list(given or range(len(source.dims)))
    gone = {d % len(source.dims) for d in dims}
    keep = len(call.shapes[0]) == len(source.dims)
    kept = [(Part(1),) if d in gone else p for d, p in enumerate(source.dims) if keep or d not in gone]
    return source.whole(sorted(gone)).with_dims(kept)


def _softmax(call: Call) -> Map:
    return call.source.whole([call.args[1]])


def _batch_norm(call: Call) -> Map:
    training = call.args[5] if isinstance(call.args[5], bool) else call.args[3]
    return call.source.whole(range(len(call.source.dims))) if training else call.source


def _batch_norm_inference(call: Call) -> Map:
    return call.source


def _whole_norm(call: Call) -> Map:
    return call.source.whole(range(1, len(call.source.dims)))


def _layer_norm(call: Call) -> Map:
    return call.source.whole(range(-len(call.args[1]), 0))


def _adaptive(call: Call) -> Map:
    result = call.source
    for dim, size in enumerate(call.shapes[0][2:], start=2):
        if size != result.shape[dim]:
            result = result.whole([dim]).resized(dim, size)
    return result


def _product(first: int) -> Callable[[Call], Map]:
    """Map of a matrix product, which sums over the last dimension of its argument number ``first``."""

    def multiplied(call: Call) -> Map:
        source = call.of(call.args[first])
        if source is None or len(call.maps) > 1:
            raise Untraceable("multiplies with a map of the input from the right")
        return source.whole([-1]).with_dims([*source.dims[:-1], (Part(call.shapes[0][-1]),)])

    return multiplied


def _product_cost(first: int) -> Callable[[Call], int]:
    def cost(call: Call) -> int:
        matrix: Tensor = call.args[first]
        return math.prod(call.shapes[0]) * matrix.shape[-1]

    return cost


def _unknown(_: Call) -> Map:
    raise Untraceable("has an effect on the receptive field that is not known")


def _plain(
    words: str, maps: Callable[[Call], Map | list[Map]], names: str, *, main: bool = False
) -> dict[str, Operator]:
    return dict.fromkeys(names.split(), Operator(words, maps, main=main))


_DENSE = {
    name: Operator("dense", _product(first), _product_cost(first), main=True)
    for name, first in (("mm", 0), ("addmm", 1), ("bmm", 0), ("baddbmm", 1))
}
_POOLS = {
    name: Operator(words, windows.pooled(dilated=dilated), details=windows.pool_details, main=True)
    for names, words, dilated in (
        ("max_pool2d_with_indices max_pool3d_with_indices", "max pooling", True),
        ("avg_pool1d avg_pool2d avg_pool3d", "average pooling", False),
    )
    for name in names.split()
}
_UPSAMPLINGS = {
    name: Operator(words, windows.upsampled(kind), main=True)
    for names, words, kind in (
        ("upsample_nearest1d upsample_nearest2d upsample_nearest3d", "nearest up-sampling", "nearest"),
        (
            "_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d",
            "nearest up-sampling",
            "exact",
        ),
        ("upsample_linear1d upsample_bilinear2d upsample_trilinear3d", "linear up-sampling", "linear"),
    )
    for name in names.split()
}

_FUNCTIONS = """
exp log log1p abs neg asinh relu leaky_relu prelu _prelu_kernel elu gelu silu mish sigmoid tanh softplus hardtanh
hardsigmoid hardswish log_sigmoid_forward
"""

OPERATORS: dict[str, Operator] = {
    "convolution": Operator("", windows.convolved, windows.convolution_cost, windows.convolution_details, main=True),
    **_DENSE,
    **_POOLS,
    **_UPSAMPLINGS,
    **_plain("adaptive pooling", _adaptive, "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d", main=True),
    **_plain("padding", windows.padded, "constant_pad_nd"),
    **_plain("mirrored padding", windows.padded, "reflection_pad1d reflection_pad2d reflection_pad3d"),
    **_plain("repeated padding", windows.padded, "replication_pad1d replication_pad2d replication_pad3d"),
    **_plain("batch norm", _batch_norm, "native_batch_norm _native_batch_norm_legit cudnn_batch_norm"),
    **_plain("batch norm", _batch_norm_inference, "_native_batch_norm_legit_no_training"),
    **_plain("group norm", _whole_norm, "native_group_norm"),
    **_plain("layer norm", _layer_norm, "native_layer_norm"),
    **_plain("mean", _reduction, "mean"),
    **_plain("maximum", _reduction, "amax max"),
    **_plain("sum", _reduction, "sum"),
    **_plain("deviation", _reduction, "var std var_mean"),
    **_plain("softmax", _softmax, "_softmax _log_softmax"),
    **_plain("concatenation", shapes.concatenated, "cat"),
    **_plain("stack", shapes.stacked, "stack"),
    **_plain("slice", shapes.sliced, "slice"),
    **_plain("choice", shapes.selected, "select"),
    **_plain("choice", shapes.indexed, "index"),
    **_plain("choice", shapes.index_selected, "index_select"),
    **_plain("split", shapes.split, "split split_with_sizes"),
    **_plain("split", shapes.unbound, "unbind"),
    **_plain("view", shapes.viewed, "view _unsafe_view reshape"),
    **_plain("view", shapes.unsqueezed, "unsqueeze"),
    **_plain("view", shapes.squeezed, "squeeze"),
    **_plain("view", shapes.permuted, "permute"),
    **_plain("view", shapes.transposed, "transpose t"),
    **_plain("copy", _pointwise, "clone alias detach _to_copy expand contiguous"),
    **_plain("addition", _pointwise, "add"),
    **_plain("subtraction", _pointwise, "sub rsub"),
    **_plain("multiplication", _pointwise, "mul"),
    **_plain("division", _pointwise, "div reciprocal"),
    **_plain("power", _pointwise, "pow square sqrt rsqrt"),
    **_plain("comparison", _pointwise, "maximum minimum clamp clamp_min clamp_max where eq ne lt le gt ge"),
    **{name: Operator(name.strip("_").split("_kernel")[0], _pointwise) for name in _FUNCTIONS.split()},
}
"""Known operators by their name among torch's aten operators, without the underscore of in-place variants."""

UNKNOWN = Operator("", _unknown)
"""Stands for all operators that are not known."""
