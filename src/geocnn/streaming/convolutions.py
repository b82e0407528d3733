"""Convolution of planes: what it is, and how the machine does it fastest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geocnn.streaming.maps import Block, Sizes
from geocnn.streaming.windows import Window

__all__ = ["Kernel", "Term"]

_CONV: tuple[Callable[..., Tensor], ...] = (F.conv2d, F.conv3d)
_CONV_TRANSPOSE: tuple[Callable[..., Tensor], ...] = (F.conv_transpose2d, F.conv_transpose3d)
_FUSED = (torch.float32, torch.bfloat16)
_TYPICAL, _TYPICAL_TRACE = 18, 16_384
"""Planes for which weights are laid out: others are computed as well, at times a little slower."""


@dataclass(frozen=True)
class Term:
    """A convolution, whose result is added to others.

    Attributes:
        weight: ``(out, in / groups, *kernel)``, or ``(in, out / groups, *kernel)`` if transposed.
        stride: per axis.
        padding: zeros at both ends per axis, or samples removed there if transposed.
        dilation: per axis.
        groups: of channels.
        transposed: the adjoint.
    """

    weight: Tensor
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    groups: int = 1
    transposed: bool = False

    @property
    def window(self) -> Window:
        """Along the streamed axis."""
        make = Window.of_transposed_taps if self.transposed else Window.of_taps
        return make(self.weight.shape[2], self.stride[0], self.padding[0], self.dilation[0])

    def cut(self, block: Block, start: int, stop: int) -> tuple[Tensor, Sizes, int]:
        """Planes that the result planes need, padding of the kernel, and first result plane of those it then makes."""
        first, last = self.window.first(start), self.window.last(stop - 1)
        x = block.span(first, last)
        if not self.transposed:
            return x, (0, *self.padding[1:]), 0
        # The kernel itself can leave out up to all but one of its planes at both ends.
        before = start + self.padding[0] - first * self.stride[0]
        reach = self.dilation[0] * (self.weight.shape[2] - 1)
        behind = (last - first) * self.stride[0] + reach + 1 - before - (stop - start)
        removed = min(before, behind, reach)
        return x, (removed, *self.padding[1:]), before - removed


@dataclass(frozen=True)
class Kernel:
    """A term with its weight where it is used, in the layout that is fastest there.

    Attributes:
        term: the convolution as the machine does it.
        weight: on the device, channels innermost.
        packed: for oneDNN, in its own layout; None where plain torch is used.
        turned: data of one axis lie along the last one, which the kernels go along; in memory that is the same.
    """

    term: Term
    weight: Tensor
    packed: Tensor | None = None
    turned: bool = False

    @classmethod
    def of(cls, term: Term, device: torch.device, dtype: torch.dtype, shape: Sequence[int]) -> "Kernel":
        """On a device and in a precision, for maps of about this shape, ``(channels, planes, *cross-section)``."""
        turned = tuple(shape[2:]) == (1,) and term.weight.shape[3:] == (1,)
        if turned:
            stride, padding, dilation = (sizes[::-1] for sizes in (term.stride, term.padding, term.dilation))
            term = Term(term.weight.transpose(2, 3), stride, padding, dilation, term.groups, term.transposed)
            shape = (shape[0], 1, min(shape[1], _TYPICAL_TRACE))
        layout = torch.channels_last if term.weight.ndim == 4 else torch.channels_last_3d
        weight = term.weight.to(device, dtype).contiguous(memory_format=layout)
        return cls(term, weight, _packed(term, weight, shape), turned)

    def __call__(
        self, x: Tensor, padding: Sizes, bias: Tensor | None, others: Tensor | None = None, *, relu: bool = False
    ) -> Tensor:
        """Result for planes that have their border already.

        Args:
            x: ``(1, channels, planes, *cross-section)``.
            padding: what is left of the padding of the term.
            bias: one number per channel.
            others: what is added, and may be overwritten.
            relu: negative results become zero.
        """
        if self.turned:
            others = None if others is None else others.transpose(2, 3)
            return self._made(x.transpose(2, 3), padding[::-1], bias, others, relu=relu).transpose(2, 3)
        return self._made(x, padding, bias, others, relu=relu)

    def _made(self, x: Tensor, padding: Sizes, bias: Tensor | None, others: Tensor | None, *, relu: bool) -> Tensor:
        """The same for data as the machine has them."""
        if self.packed is not None:
            return _with_onednn(self.term, self.packed, x, padding, bias, others, relu=relu)
        term, at = self.term, x.ndim - 4
        if term.transposed:
            made = _CONV_TRANSPOSE[at](x, self.weight, bias, term.stride, padding, 0, term.groups, term.dilation)
        else:
            made = _CONV[at](x, self.weight, bias, term.stride, padding, term.dilation, term.groups)
        if others is not None:
            made += others
        return made.relu_() if relu else made


def _packed(term: Term, weight: Tensor, shape: Sequence[int]) -> Tensor | None:
    """The weight in the layout of oneDNN; None where its fused convolutions cannot be had."""
    if weight.device.type != "cpu" or weight.dtype not in _FUSED or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    operators, none = torch.ops.mkldnn, [0] * len(term.stride)
    padding, stride, dilation = (list(sizes) for sizes in (term.padding, term.stride, term.dilation))
    size = [1, shape[0], min(_TYPICAL, shape[1]), *shape[2:]]
    try:
        packed: Tensor
        if term.transposed:
            packed = operators._reorder_convolution_transpose_weight(
                weight, padding, none, stride, dilation, term.groups, size
            )
        else:
            packed = operators._reorder_convolution_weight(weight, padding, stride, dilation, term.groups, size)
    except (AttributeError, RuntimeError):  # no part of torch's public interface: it may change
        return None
    return packed


def _with_onednn(
    term: Term, weight: Tensor, x: Tensor, padding: Sizes, bias: Tensor | None, others: Tensor | None, *, relu: bool
) -> Tensor:
    """One call for the convolution, the sum and ReLU: the operators that torch's own compiler uses."""
    operators = torch.ops.mkldnn
    sizes = (list(padding), list(term.stride), list(term.dilation), term.groups)
    after = "relu" if relu else "none"
    made: Tensor
    if term.transposed:
        none = [0] * len(term.stride)
        made = operators._convolution_transpose_pointwise(
            x, weight, bias, sizes[0], none, *sizes[1:], after if others is None else "none", [], ""
        )
        if others is None:
            return made
        made += others
        return made.relu_() if relu else made
    if others is None:
        made = operators._convolution_pointwise(x, weight, bias, *sizes, after, [], "")
        return made
    made = operators._convolution_pointwise_.binary(
        others, x, weight, bias, *sizes, "add", 1.0, "relu" if relu else None, [], ""
    )
    return made
