"""Operations of a network on some planes of a map, equal to a pass over the whole map.

Maps are ``(1, channels, planes, *cross-section)``; planes lie along the axis that is streamed. An operation is given
all planes of its windows that the map has. It continues the map beyond its ends itself, as its border demands.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geocnn.streaming.convolutions import Kernel, Term
from geocnn.streaming.maps import Block, Sizes
from geocnn.streaming.windows import SAME, Window

__all__ = [
    "Affine",
    "Concatenation",
    "Convolution",
    "Crop",
    "Operation",
    "Pad",
    "Pointwise",
    "Pool",
    "Upsampling",
]


class Operation(ABC):
    """One step of a network.

    Attributes:
        windows: for each input the planes that a result plane is made of.
        align: number of planes; results are made in multiples of it, which is cheaper, up to the end of the map.
    """

    windows: tuple[Window, ...] = (SAME,)
    align: int = 1

    @abstractmethod
    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop`` (excluded), as a new tensor.

        Args:
            blocks: one block of each input, with the planes that the windows ask for.
            start: first result plane.
            stop: end of the result planes (excluded).
        """

    def to(self, device: torch.device, dtype: torch.dtype, shapes: Sequence[Sizes]) -> "Operation":  # noqa: ARG002
        """This operation with its tensors on a device and in a precision.

        Args:
            device: where it is to run.
            dtype: precision of its tensors.
            shapes: ``(channels, planes, *cross-section)`` of each input.
        """
        return self


@dataclass(frozen=True)
class Convolution(Operation):
    """Sum of convolutions of several maps, a bias and maps added unchanged; ReLU may follow.

    Attributes:
        terms: one per map that is convolved; transposed ones first.
        bias: one number per channel.
        added: number of inputs that are added unchanged; they come after those that are convolved.
        relu: set negative results to zero.
        kernels: one per term, ready to run; made by :meth:`to`.
    """

    terms: tuple[Term, ...]
    bias: Tensor | None = None
    added: int = 0
    relu: bool = False
    kernels: tuple[Kernel, ...] = ()

    @property
    def windows(self) -> tuple[Window, ...]:  # type: ignore[override]
        """Windows of the convolved maps, then of the added ones."""
        return tuple(term.window for term in self.terms) + (SAME,) * self.added

    @property
    def align(self) -> int:  # type: ignore[override]
        """Common multiple of the strides of all transposed terms."""
        return math.lcm(*(term.stride[0] if term.transposed else 1 for term in self.terms))

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        result: Tensor | None = None
        last = len(self.terms) - 1
        for number, (term, kernel) in enumerate(zip(self.terms, self.kernels, strict=True)):
            x, padding, skipped = term.cut(blocks[number], start, stop)
            relu = self.relu and number == last and not self.added
            if term.transposed and result is not None:  # its kernel may make more planes than are wanted
                result += kernel(x, padding, None).narrow(2, skipped, stop - start)
                result = result.relu_() if relu else result
            else:
                result = kernel(x, padding, None if number else self.bias, result, relu=relu)
                result = result.narrow(2, skipped, stop - start)
        assert result is not None
        for block in blocks[last + 1 :]:
            result += block.span(start, stop - 1)
        return result.relu_() if self.relu and self.added else result

    def to(self, device: torch.device, dtype: torch.dtype, shapes: Sequence[Sizes]) -> "Convolution":
        """This operation with its tensors on a device and in a precision, for maps of these shapes."""
        kernels = tuple(Kernel.of(t, device, dtype, shape) for t, shape in zip(self.terms, shapes, strict=False))
        return replace(self, kernels=kernels, bias=None if self.bias is None else self.bias.to(device, dtype))


@dataclass(frozen=True)
class Affine(Operation):
    """``scale x + shift`` per channel: batch normalisation with the statistics of the training."""

    scale: Tensor
    shift: Tensor

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        x = blocks[0].span(start, stop - 1)
        each = (1, -1, *(1,) * (x.ndim - 2))
        return x * self.scale.view(each) + self.shift.view(each)

    def to(self, device: torch.device, dtype: torch.dtype, shapes: Sequence[Sizes]) -> "Affine":  # noqa: ARG002
        """This operation with its tensors on a device and in a precision."""
        return Affine(self.scale.to(device, dtype), self.shift.to(device, dtype))


@dataclass(frozen=True)
class Pool(Operation):
    """Maximum or mean over windows; padding counts as minus infinity for the maximum and as zero for the mean."""

    kind: Literal["max", "avg"]
    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes

    @property
    def windows(self) -> tuple[Window, ...]:  # type: ignore[override]
        """Window of the pooled map."""
        return (Window.of_taps(self.kernel[0], self.stride[0], self.padding[0], self.dilation[0]),)

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        (window,) = self.windows
        edge = float("-inf") if self.kind == "max" else 0.0
        x = blocks[0].span(window.first(start), window.last(stop - 1), edge)
        padding, flat = (0, *self.padding[1:]), x.ndim == 4
        if self.kind == "max" and self.kernel == self.stride and not any(self.padding) and set(self.dilation) == {1}:
            return _side_by_side(x, self.kernel)
        if self.kind == "avg":
            return (F.avg_pool2d if flat else F.avg_pool3d)(x, self.kernel, self.stride, padding)
        return (F.max_pool2d if flat else F.max_pool3d)(x, self.kernel, self.stride, padding, self.dilation)


def _side_by_side(x: Tensor, kernel: Sizes) -> Tensor:
    """Maximum over adjacent windows, one axis after the other.

    Torch's pooling takes longer, because it also returns the positions of the maxima.
    """
    for axis, size in enumerate(kernel, start=2):
        if size > 1:
            count = x.shape[axis] // size * size
            parts = [x[(slice(None),) * axis + (slice(first, count, size),)] for first in range(size)]
            x = reduce(torch.maximum, parts)
    return x


@dataclass(frozen=True)
class Upsampling(Operation):
    """Up-sampling by whole factors: samples are repeated, or interpolated between their centres."""

    kind: Literal["nearest", "linear"]
    factor: Sizes

    @property
    def windows(self) -> tuple[Window, ...]:  # type: ignore[override]
        """Window of the coarse map."""
        return ((Window.of_nearest if self.kind == "nearest" else Window.of_linear)(self.factor[0]),)

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        (window,), block = self.windows, blocks[0]
        # Beyond the ends of the map its outermost planes are repeated, as interpolation does at the ends of its input.
        first, last = max(0, window.first(start)), min(block.total - 1, window.last(stop - 1))
        x = block.span(first, last)
        size = [n * f for n, f in zip(x.shape[2:], self.factor, strict=True)]
        if self.kind == "nearest":
            made = F.interpolate(x, size, mode="nearest-exact")
        else:
            mode = "bilinear" if x.ndim == 4 else "trilinear"
            made = F.interpolate(x, size, mode=mode, align_corners=False)
        return made.narrow(2, start - first * self.factor[0], stop - start)


@dataclass(frozen=True)
class Concatenation(Operation):
    """Concatenation of maps along their channels."""

    count: int

    @property
    def windows(self) -> tuple[Window, ...]:  # type: ignore[override]
        """One window per map: each result plane is made of the same plane of every map."""
        return (SAME,) * self.count

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        return torch.cat([block.span(start, stop - 1) for block in blocks], 1)


@dataclass(frozen=True)
class Pointwise(Operation):
    """A function of single samples, or of all channels at one place.

    Attributes:
        function: an operator of torch.
        arguments: of the function; each map is replaced by its number, as :class:`Pointwise.Map`.
        options: keyword arguments of the function.
        count: number of maps.
    """

    @dataclass(frozen=True)
    class Map:
        """Placeholder for a map among the arguments."""

        number: int

    function: Callable[..., Tensor]
    arguments: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    count: int = 1

    @property
    def windows(self) -> tuple[Window, ...]:  # type: ignore[override]
        """One window per map: each result plane is made of the same plane of every map."""
        return (SAME,) * self.count

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        maps = [block.span(start, stop - 1) for block in blocks]
        return self.function(
            *(maps[a.number] if isinstance(a, Pointwise.Map) else a for a in self.arguments), **self.options
        )

    def to(self, device: torch.device, dtype: torch.dtype, shapes: Sequence[Sizes]) -> "Pointwise":  # noqa: ARG002
        """This operation with its tensors on a device and in a precision."""
        moved = tuple(a.to(device, dtype) if isinstance(a, Tensor) else a for a in self.arguments)
        return replace(self, arguments=moved)


@dataclass(frozen=True)
class Crop(Operation):
    """Every n-th sample of a range, per axis and for channels.

    Attributes:
        channels: range of channels.
        start: first sample per axis.
        step: distance per axis.
        size: samples per axis.
    """

    channels: slice
    start: Sizes
    step: Sizes
    size: Sizes

    @property
    def windows(self) -> tuple[Window, ...]:  # type: ignore[override]
        """Window of the map that is cropped."""
        return (Window(self.step[0], 1, self.start[0], self.start[0]),)

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        (window,) = self.windows
        x = blocks[0].span(window.first(start), window.last(stop - 1))[:, self.channels, :: self.step[0]]
        for axis in range(1, len(self.start)):
            first, step, size = self.start[axis], self.step[axis], self.size[axis]
            x = x[(slice(None),) * (2 + axis) + (slice(first, first + step * (size - 1) + 1, step),)]
        return x.clone(memory_format=torch.preserve_format)


@dataclass(frozen=True)
class Pad(Operation):
    """Samples added at the ends of the axes: a constant, the mirror image, or the outermost sample repeated.

    Attributes:
        kind: "constant", "reflect" or "replicate".
        sides: ``(before, behind)`` per axis, not negative.
        channels: channels added before and behind; with "constant" only.
        value: the constant.
    """

    kind: Literal["constant", "reflect", "replicate"]
    sides: tuple[tuple[int, int], ...]
    channels: tuple[int, int] = (0, 0)
    value: float = 0.0

    @property
    def windows(self) -> tuple[Window, ...]:  # type: ignore[override]
        """Window of the padded map: a mirror image lies up to twice the padding away from its sample."""
        before, behind = self.sides[0]
        if self.kind == "constant":
            return (Window(low=-before, high=-before),)
        return (Window(low=-before - 2 * behind, high=before),)

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        block, before = blocks[0], self.sides[0][0]
        planes = range(start - before, stop - before)
        others = [p for side in reversed(self.sides[1:]) for p in side] + [0, 0]
        if self.kind == "constant":
            x = block.span(planes.start, planes.stop - 1, self.value)
            return (
                F.pad(x, [*others, *self.channels], value=self.value) if any((*others, *self.channels)) else x.clone()
            )
        if self.kind == "reflect":
            index = [min(abs(p), 2 * (block.total - 1) - abs(p)) for p in planes]
        else:
            index = [min(max(p, 0), block.total - 1) for p in planes]
        x = block.planes.index_select(2, torch.tensor(index, device=block.planes.device) - block.start)
        return F.pad(x, others, mode=self.kind) if any(others) else x
