"""Tensors inside a network: which dimensions are axes of space, and what samples depend on."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from geocnn.tracing.field import Field, Window, join

__all__ = ["Map", "Part", "Untraceable"]


class Untraceable(Exception):  # noqa: N818  (caught where operator and layer are known, and said there)
    """Receptive fields cannot be computed here; the text is meant to follow the names of operator and layer."""


@dataclass(frozen=True)
class Part:
    """One factor of a dimension of a tensor: after a view a dimension may be a product of several.

    Attributes:
        size: number of samples.
        axis: number of the axis of space that it runs along; None for batch, channels and units.
    """

    size: int
    axis: int | None = None


@dataclass(frozen=True)
class Map:
    """What is known of a tensor that depends on the input.

    Attributes:
        dims: the factors of each dimension; several where a view has merged dimensions.
        fields: input samples that a sample depends on, for each axis of space; None where it depends on the whole axis.
        placed: whether a sample also depends on its place in the input, as with coordinates among the channels.
    """

    dims: tuple[tuple[Part, ...], ...]
    fields: tuple[Field | None, ...]
    placed: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of each dimension."""
        return tuple(math.prod(part.size for part in parts) for parts in self.dims)

    def axes(self, dim: int) -> list[int]:
        """Numbers of the axes of space that a dimension runs along."""
        return [part.axis for part in self.dims[dim] if part.axis is not None]

    def with_dims(self, dims: Sequence[tuple[Part, ...]]) -> "Map":
        """The same samples with other dimensions."""
        return replace(self, dims=tuple(dims))

    def resized(self, dim: int, size: int) -> "Map":
        """The map with another size of one dimension, which is no axis of space or exactly one."""
        axes = self.axes(dim)
        part = Part(size, axes[0] if axes else None)
        return self.with_dims([(part,) if d == dim % len(self.dims) else p for d, p in enumerate(self.dims)])

    def whole(self, dims: Sequence[int]) -> "Map":
        """The map if each sample depends on all samples along these dimensions."""
        axes = {axis for dim in dims for axis in self.axes(dim)}
        return replace(self, fields=tuple(None if a in axes else f for a, f in enumerate(self.fields)))

    def told_apart(self, dims: Iterable[int]) -> "Map":
        """The map made with numbers that differ along these dimensions; where these are axes of space, by place."""
        return replace(self, placed=self.placed or any(self.axes(dim) for dim in dims))

    def windowed(self, dim: int, size: int, window: Window, outputs: int = 1, inputs: int = 1) -> "Map":
        """The map if each sample is made of a window of samples along one dimension; see :meth:`Field.through`.

        Raises:
            Untraceable: the dimension combines several axes.
        """
        axes = self.axes(dim)
        if len(axes) > 1 or (axes and len(self.dims[dim]) > 1):
            raise Untraceable("takes windows along axes that were merged")
        fields = list(self.fields)
        for axis in axes:
            field = fields[axis]
            fields[axis] = None if field is None else field.through(window, outputs, inputs)
        return replace(self, fields=tuple(fields)).resized(dim, size)

    def viewed(self, shape: Sequence[int]) -> "Map":
        """The same samples in another shape.

        Raises:
            Untraceable: an axis of space is cut into pieces.
        """
        left = [part for parts in self.dims for part in parts if part.size > 1]
        dims = []
        for size in shape:
            parts: list[Part] = []
            while (missing := size // math.prod(part.size for part in parts)) > 1:
                part = left.pop(0)
                if part.size > missing:
                    if part.size % missing or (part.axis is not None and self.fields[part.axis] is not None):
                        raise Untraceable("cuts an axis of space into pieces")
                    left.insert(0, Part(part.size // missing, part.axis))
                    part = Part(missing, part.axis)
                parts.append(part)
            dims.append(tuple(parts) or (Part(1),))
        return self.with_dims(dims)

    @classmethod
    def joined(cls, maps: Sequence["Map"], shape: Sequence[int]) -> "Map":
        """The map made sample by sample of several maps, broadcast to ``shape``.

        Raises:
            Untraceable: the axes of the maps lie in different dimensions, or their samples are not equally far apart.
        """
        count = len(shape)
        aligned = [[(Part(1),)] * (count - len(m.dims)) + list(m.dims) for m in maps]
        dims = []
        for d, size in enumerate(shape):
            made = {dim[d] for dim, m in zip(aligned, maps, strict=True) if math.prod(p.size for p in dim[d]) == size}
            spatial = [parts for parts in made if any(part.axis is not None for part in parts)]
            if len(spatial) > 1:
                raise Untraceable("joins maps along different axes")
            dims.append(spatial[0] if spatial else (Part(size),))
        fields: list[Field | None] = []
        for axis in range(len(maps[0].fields)):
            known = [m.fields[axis] for m in maps]
            bounded = [field for field in known if field is not None]
            try:
                fields.append(join(bounded) if len(bounded) == len(known) else None)
            except ValueError as error:
                raise Untraceable(str(error)) from None
        return cls(tuple(dims), tuple(fields), any(m.placed for m in maps))
