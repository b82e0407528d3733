"""Translate each operator of torch into an :class:`~geocnn.streaming.operations.Operation`.

Data of one axis get a second axis of one sample, because two-dimensional kernels are faster.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geocnn.streaming.convolutions import Term
from geocnn.streaming.operations import (
    Affine,
    Concatenation,
    Convolution,
    Crop,
    Operation,
    Pad,
    Pointwise,
    Pool,
    Upsampling,
)
from geocnn.tracing.windows import is_ratio

__all__ = ["CannotStream", "Flow", "translate"]


class CannotStream(Exception):  # noqa: N818  (no failure: the reason why a network is run in windows)
    """An operator needs all planes of a map at once, or is not known; the text follows the name of its layer."""


@dataclass(frozen=True)
class Flow:
    """What a tensor of the recorded run stands for.

    Attributes:
        number: of the step that makes it.
        shape: ``(batch, channels, *space)``, with the extra axis if there is one.
        extra: position of an axis of one sample that torch inserts for pooling along one axis; None if there is none.
    """

    number: int
    shape: tuple[int, ...]
    extra: int | None = None

    def plain(self, who: str = "") -> "Flow":
        """This flow, if it has no extra axis.

        Raises:
            CannotStream: there is an extra axis.
        """
        if self.extra is not None:
            raise CannotStream(f"{who} changes the number of axes".strip())
        return self


@dataclass(frozen=True)
class _Call:
    """A call of an operator, with flows in place of the maps among its arguments."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    options: dict[str, Any]
    shape: tuple[int, ...]
    ndim: int

    def get(self, position: int, default: Any = None) -> Any:  # noqa: ANN401
        """A positional argument, or ``default`` where it is not given."""
        return self.args[position] if position < len(self.args) else default

    @property
    def source(self) -> Flow:
        """The only map among the arguments.

        Raises:
            CannotStream: the first argument is no map, or others are maps as well.
        """
        first = self.args[0]
        if not isinstance(first, Flow) or any(isinstance(a, Flow) for a in self.args[1:]):
            raise CannotStream("takes a map in the place of a weight")
        return first

    def spread(self, value: Any, fill: int) -> tuple[int, ...]:  # noqa: ANN401  (an int or a sequence)
        """One number per axis, with ``fill`` for the axis that data of one axis get in addition."""
        numbers = [value] if isinstance(value, int) else list(value)
        numbers = numbers * self.ndim if len(numbers) == 1 else numbers
        extra = self.source.extra
        if extra is not None and len(numbers) > self.ndim:
            del numbers[extra - 2]
        return (*numbers, fill) if self.ndim == 1 else tuple(numbers)


Translated = Flow | tuple[Operation, tuple[int, ...]]
"""Either the flow of an existing step, if the operator changes nothing, or a new operation and the steps it takes."""


def translate(
    name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
    shape: tuple[int, ...],
    ndim: int,
) -> Translated:
    """Translate one call of an operator.

    Args:
        name: of the operator, among torch's aten operators.
        function: the operator.
        args: its positional arguments, with flows in place of maps.
        options: its keyword arguments.
        shape: of its result, ``(batch, channels, *space)``.
        ndim: axes of space of the data.

    Raises:
        CannotStream: the operator needs all planes of a map at once, or is not known.
    """
    translator = _TRANSLATORS.get(name) or _TRANSLATORS.get(name.removesuffix("_"))
    if translator is None:
        raise CannotStream(_WHOLE.get(name, "does what is not known to work slab by slab"))
    return translator(_Call(function, args, options, shape, ndim))


def _convolution(call: _Call) -> Translated:
    source = call.source.plain()
    weight, bias, stride, padding, dilation, transposed, _, groups = (call.get(k) for k in range(1, 9))
    if call.ndim == 1:
        weight = weight.unsqueeze(-1)
    sizes = (call.spread(stride, 1), call.spread(padding, 0), call.spread(dilation, 1))
    if transposed and any(call.get(7)):
        raise CannotStream("has an output padding")
    weight = _without_gaps(weight.detach(), sizes[0][0], sizes[2][0]) if transposed else weight.detach()
    term = Term(weight, *sizes, groups, transposed)
    return Convolution((term,), None if bias is None else bias.detach()), (source.number,)


def _without_gaps(weight: Tensor, stride: int, dilation: int) -> Tensor:
    """Weight of a transposed convolution with zeros behind its taps along the streamed axis, up to its stride.

    A shorter kernel leaves planes that are made of none, which no window can say.
    """
    missing = -(-(stride - 1) // dilation) + 1 - weight.shape[2]
    return F.pad(weight, [0, 0] * (weight.ndim - 3) + [0, missing]) if missing > 0 else weight


def _pool(kind: str) -> Callable[[_Call], Translated]:
    def pool(call: _Call) -> Translated:
        source, kernel, dilation = call.source, call.get(1), 1
        if kind == "max":
            dilation, ceil = call.get(4, 1), call.get(5, default=False)
        else:
            ceil = call.get(4, default=False) or not call.get(5, default=True) or call.get(6) is not None
        if ceil:
            raise CannotStream("counts the samples of its windows")
        stride, padding = call.spread(call.get(2) or kernel, 1), call.spread(call.get(3, 0), 0)
        operation = Pool(kind, call.spread(kernel, 1), stride, padding, call.spread(dilation, 1))  # type: ignore[arg-type]
        return operation, (source.number,)

    return pool


def _upsampling(kind: str) -> Callable[[_Call], Translated]:
    def upsampled(call: _Call) -> Translated:
        source = call.source.plain()
        before, after = source.shape[2:], call.shape[2:]
        if kind == "linear" and call.get(2, default=False):
            raise CannotStream("aligns corners")
        scales = call.args[3 if kind == "linear" else 2 :]
        if not is_ratio(scales, before, after):
            raise CannotStream("up-samples by a factor that is not the ratio of the sizes")
        if any(b % a for a, b in zip(before, after, strict=True)):
            raise CannotStream("up-samples by no whole factor")
        factor = tuple(b // a for a, b in zip(before, after, strict=True))
        return Upsampling(kind, call.spread(factor, 1)), (source.number,)  # type: ignore[arg-type]

    return upsampled


def _batch_norm(call: _Call) -> Translated:
    weight, bias, mean, var = (None if call.get(k) is None else call.get(k).detach() for k in range(1, 5))
    training = call.get(5, default=False)
    if training is True or mean is None or var is None:
        raise CannotStream("normalises by the statistics of the map itself")
    epsilon = call.get(7) if isinstance(training, bool) else call.get(6)
    scale = (var.double() + epsilon).rsqrt() * (1.0 if weight is None else weight.double())
    shift = -mean.double() * scale + (0.0 if bias is None else bias.double())
    return Affine(scale.to(mean.dtype), shift.to(mean.dtype)), (call.source.plain().number,)


def _concatenation(call: _Call) -> Translated:
    flows = call.args[0]
    if call.get(1, 0) % len(call.shape) != 1 or not all(isinstance(f, Flow) for f in flows):
        raise CannotStream("joins maps along an axis of space, or with numbers that are no map")
    return Concatenation(len(flows)), tuple(f.plain().number for f in flows)


def _pointwise(call: _Call) -> Translated:
    numbers: list[int] = []
    arguments: list[Any] = []
    for value in call.args:
        if isinstance(value, Flow):
            if value.plain().shape[2:] != call.shape[2:]:
                raise CannotStream("spreads a map over the samples of another")
            arguments.append(Pointwise.Map(len(numbers)))
            numbers.append(value.number)
        elif isinstance(value, Tensor):
            arguments.append(_constant(value.detach(), call))
        else:
            arguments.append(value)
    operation = Pointwise(_out_of_place(call.function), tuple(arguments), call.options, len(numbers))
    return operation, tuple(numbers)


def _log_sigmoid(call: _Call) -> Translated:
    # The operator also returns what only its gradient needs.
    source = call.source
    return Pointwise(F.logsigmoid, (Pointwise.Map(0),)), (source.number,)


def _constant(value: Tensor, call: _Call) -> Tensor:
    """Tensor of one number, or of one per channel, in a shape that broadcasts to the maps.

    Raises:
        CannotStream: its numbers differ from sample to sample.
    """
    if value.numel() == 1:
        return value.reshape(())
    full = value.reshape((1,) * (len(call.shape) - value.ndim) + tuple(value.shape))
    if full.shape[1] != full.numel():
        raise CannotStream("adds or multiplies numbers that differ from sample to sample")
    return full.unsqueeze(-1) if call.ndim == 1 else full


def _softmax(call: _Call) -> Translated:
    if call.args[1] % len(call.shape) != 1:
        raise CannotStream("sums over an axis of space")
    return _pointwise(replace(call, args=(call.args[0], 1, *call.args[2:])))


def _mean(call: _Call) -> Translated:
    dims, keep = call.get(1), call.get(2, False)
    if not keep or not dims or any(d % len(call.shape) != 1 for d in dims):
        raise CannotStream("looks at the whole of a map")
    return _pointwise(replace(call, args=(call.args[0], [1], True)))


def _same(call: _Call) -> Translated:
    if call.source.shape != call.shape:
        raise CannotStream("spreads a map")
    return call.source


def _slice(call: _Call) -> Translated:
    source = call.source.plain()
    if source.shape == call.shape:
        return source
    dim, step = call.get(1, 0) % len(call.shape), call.get(4, 1)
    begin = call.get(2) or 0
    begin = min(source.shape[dim], begin if begin >= 0 else max(0, source.shape[dim] + begin))
    if dim == 0:
        raise CannotStream("chooses among the samples of a batch")
    channels = slice(begin, begin + step * (call.shape[1] - 1) + 1, step) if dim == 1 else slice(None)
    ones, zeros = [1] * call.ndim, [0] * call.ndim
    if dim > 1:
        ones[dim - 2], zeros[dim - 2] = step, begin
    operation = Crop(channels, call.spread(zeros, 0), call.spread(ones, 1), call.spread(call.shape[2:], 1))
    return operation, (source.number,)


def _pad(kind: str) -> Callable[[_Call], Translated]:
    def padded(call: _Call) -> Translated:
        source, sides = call.source.plain(), list(call.args[1])
        if min(sides) < 0:
            raise CannotStream("pads by less than nothing")
        sides += [0] * (2 * (call.ndim + 1) - len(sides))
        pairs = [(sides[2 * k], sides[2 * k + 1]) for k in range(len(sides) // 2)]
        space, channels = pairs[call.ndim - 1 :: -1], pairs[call.ndim]
        if any(p != (0, 0) for p in pairs[call.ndim + 1 :]):
            raise CannotStream("adds to the batch")
        value = float(call.get(2, 0.0)) if kind == "constant" else 0.0
        spread = (*space, (0, 0)) if call.ndim == 1 else tuple(space)
        return Pad(kind, spread, channels, value), (source.number,)  # type: ignore[arg-type]

    return padded


def _unsqueezed(call: _Call) -> Translated:
    source = call.source.plain()
    dim = call.args[1] % (len(source.shape) + 1)
    if call.ndim != 1 or dim < 2:
        raise CannotStream("changes the number of axes")
    return replace(source, shape=call.shape, extra=dim)


def _squeezed(call: _Call) -> Translated:
    source, given = call.source, call.get(1)
    dims = [given] if isinstance(given, int) else list(given or ())
    if source.extra is None or [d % len(source.shape) for d in dims] != [source.extra]:
        raise CannotStream("changes the number of axes")
    return Flow(source.number, call.shape)


def _out_of_place(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """Variant of an in-place operator that does not change its argument, which another step may still need."""
    name = function.overloadpacket.__name__  # type: ignore[attr-defined]
    if not name.endswith("_"):
        return function
    packet = getattr(torch.ops.aten, name.removesuffix("_"))
    made: Callable[..., Tensor] = getattr(packet, function._overloadname)  # type: ignore[attr-defined]
    return made


def _names(text: str, translator: Callable[[_Call], Translated]) -> dict[str, Callable[[_Call], Translated]]:
    return dict.fromkeys(text.split(), translator)


_TRANSLATORS: dict[str, Callable[[_Call], Translated]] = {
    "convolution": _convolution,
    **_names("max_pool2d_with_indices max_pool3d_with_indices", _pool("max")),
    **_names("avg_pool1d avg_pool2d avg_pool3d", _pool("avg")),
    **_names("upsample_nearest1d upsample_nearest2d upsample_nearest3d", _upsampling("nearest")),
    **_names("_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d", _upsampling("nearest")),
    **_names("upsample_linear1d upsample_bilinear2d upsample_trilinear3d", _upsampling("linear")),
    **_names("native_batch_norm cudnn_batch_norm _native_batch_norm_legit", _batch_norm),
    **_names("_native_batch_norm_legit_no_training", _batch_norm),
    "cat": _concatenation,
    "slice": _slice,
    "constant_pad_nd": _pad("constant"),
    **_names("reflection_pad1d reflection_pad2d reflection_pad3d", _pad("reflect")),
    **_names("replication_pad1d replication_pad2d replication_pad3d", _pad("replicate")),
    "unsqueeze": _unsqueezed,
    "squeeze": _squeezed,
    **_names("_softmax _log_softmax", _softmax),
    "mean": _mean,
    "_prelu_kernel": _pointwise,
    **_names("clone alias detach _to_copy contiguous", _same),
    **_names("add sub rsub mul div reciprocal pow square sqrt rsqrt maximum minimum", _pointwise),
    **_names(
        "clamp clamp_min clamp_max exp log abs neg asinh relu leaky_relu elu gelu silu mish sigmoid tanh", _pointwise
    ),
    **_names("softplus hardtanh hardsigmoid hardswish eq ne lt le gt ge", _pointwise),
    "log_sigmoid_forward": _log_sigmoid,
}

_WHOLE = {
    **dict.fromkeys(["amax", "max", "sum", "var", "std", "var_mean"], "looks at the whole of a map"),
    **dict.fromkeys(["native_group_norm", "native_layer_norm"], "normalises by the statistics of the map itself"),
    **dict.fromkeys(["_adaptive_avg_pool2d", "_adaptive_avg_pool3d"], "pools all of a map into few samples"),
    **dict.fromkeys(["view", "_unsafe_view", "reshape"], "joins the axes of a map"),
    **dict.fromkeys(["mm", "addmm", "bmm", "baddbmm"], "multiplies all of a map with a matrix"),
}
