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
"""Planes, and samples of a trace, for which the weights are laid out.
Other sizes are computed as well, at times a little slower."""


@dataclass(frozen=True)
class Term:
    """One convolution of a sum of convolutions.

    Attributes:
        weight: ``(out, in / groups, *kernel)``, or ``(in, out / groups, *kernel)`` if transposed.
        stride: samples per step, one number per axis.
        padding: zeros at both ends per axis, or samples removed there if transposed.
        dilation: distance of the taps in samples, one number per axis.
        groups: number of groups of channels.
        transposed: whether it is a transposed convolution, the adjoint of the plain one.
    """

    weight: Tensor
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    groups: int = 1
    transposed: bool = False

    @property
    def window(self) -> Window:
        """Window of this convolution along the streamed axis."""
        make = Window.of_transposed_taps if self.transposed else Window.of_taps
        return make(self.weight.shape[2], self.stride[0], self.padding[0], self.dilation[0])

    def cut(self, block: Block, start: int, stop: int) -> tuple[Tensor, Sizes, int]:
        """Cut the planes out of a block of which result planes ``start`` to ``stop`` (excluded) are made.

        Returns:
            The planes; the padding that is left to the kernel; and the position of plane ``start`` among the planes
            that the kernel makes of them.
        """
        first, last = self.window.first(start), self.window.last(stop - 1)
        x = block.span(first, last)
        if not self.transposed:
            return x, (0, *self.padding[1:]), 0
        # The kernel can leave out planes itself: at each end up to all but one of its own planes.
        before = start + self.padding[0] - first * self.stride[0]
        reach = self.dilation[0] * (self.weight.shape[2] - 1)
        behind = (last - first) * self.stride[0] + reach + 1 - before - (stop - start)
        removed = min(before, behind, reach)
        return x, (removed, *self.padding[1:]), before - removed


@dataclass(frozen=True)
class Kernel:
    """A convolution that is ready to run: its weight on the device, in the layout that is fastest there.

    Attributes:
        term: the convolution in the form in which it runs; turned if ``turned``.
        weight: on the device, channels innermost.
        packed: the weight in the layout of oneDNN; None where plain torch is used.
        turned: data of one axis lie along the last axis instead of the first, because the kernels run along the last
            axis; the layout in memory is the same.
    """

    term: Term
    weight: Tensor
    packed: Tensor | None = None
    turned: bool = False

    @classmethod
    def of(cls, term: Term, device: torch.device, dtype: torch.dtype, shape: Sequence[int]) -> "Kernel":
        """Prepare a convolution for a device, a precision and maps of about this shape.

        Args:
            term: the convolution.
            device: where it is to run.
            dtype: precision of its weight.
            shape: ``(channels, planes, *cross-section)`` of the maps.
        """
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
        """Convolve planes that already include their border.

        Args:
            x: ``(1, channels, planes, *cross-section)``.
            padding: the part of the term's padding that is still to be applied.
            bias: one number per channel.
            others: a map that is added to the result, for a plain convolution only; it may be overwritten.
            relu: set negative results to zero.
        """
        if self.turned:
            others = None if others is None else others.transpose(2, 3)
            return self._made(x.transpose(2, 3), padding[::-1], bias, others, relu=relu).transpose(2, 3)
        return self._made(x, padding, bias, others, relu=relu)

    def _made(self, x: Tensor, padding: Sizes, bias: Tensor | None, others: Tensor | None, *, relu: bool) -> Tensor:
        """Convolve planes that are already turned if ``turned`` says so; arguments as for :meth:`__call__`."""
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
    """Weight in the layout of oneDNN; None where oneDNN's fused convolutions are not available."""
    if weight.device.type != "cpu" or weight.dtype not in _FUSED or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    sizes = zip(term.weight.shape[2:], term.dilation, term.padding, strict=True)
    if not term.transposed and any(padding > dilation * (kernel - 1) for kernel, dilation, padding in sizes):
        return None  # with windows of padding alone oneDNN writes beyond its memory
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
    except (AttributeError, RuntimeError):  # these operators are not part of torch's public interface and may change
        return None
    return packed


def _with_onednn(
    term: Term, weight: Tensor, x: Tensor, padding: Sizes, bias: Tensor | None, others: Tensor | None, *, relu: bool
) -> Tensor:
    """Compute convolution, sum and ReLU in one call, with the oneDNN operators that torch's own compiler uses."""
    operators = torch.ops.mkldnn
    sizes = (list(padding), list(term.stride), list(term.dilation), term.groups)
    after = "relu" if relu else "none"
    made: Tensor
    if term.transposed:
        none = [0] * len(term.stride)
        made = operators._convolution_transpose_pointwise(x, weight, bias, sizes[0], none, *sizes[1:], after, [], "")
        return made
    if others is None:
        made = operators._convolution_pointwise(x, weight, bias, *sizes, after, [], "")
        return made
    made = operators._convolution_pointwise_.binary(
        others, x, weight, bias, *sizes, "add", 1.0, "relu" if relu else None, [], ""
    )
    return made
