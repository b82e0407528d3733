"""What the samples of an array mean: one named, regular axis per dimension."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Axis", "Grid"]


@dataclass(frozen=True)
class Axis:
    """A regular axis: sample ``i`` lies at ``start + i * step``.

    Attributes:
        name: the field's own term: "inline", "crossline", "trace", "time", "depth", "channel".
        size: number of samples.
        start: coordinate of the first sample, in ``unit``.
        step: distance between samples, in ``unit``; negative for a descending axis.
        unit: "ms", "m", or "" for plain numbers such as inline numbers.
    """

    name: str
    size: int
    start: float = 0.0
    step: float = 1.0
    unit: str = ""

    @property
    def values(self) -> NDArray[np.float64]:
        """Coordinates of all samples, shape ``(size,)``, in ``unit``."""
        return self.start + self.step * np.arange(self.size, dtype=np.float64)

    @property
    def stop(self) -> float:
        """Coordinate of the last sample, in ``unit``."""
        return self.start + self.step * (self.size - 1)

    def __str__(self) -> str:
        """For example ``inline 1971..2121 step 2 (76)``."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} {self.start:g}..{self.stop:g}{unit} step {self.step:g} ({self.size})"


@dataclass(frozen=True)
class Grid:
    """The axes of an array in the order of its dimensions; the vertical axis is the last.

    Attributes:
        axes: one :class:`Axis` per dimension.
        attributes: facts about the whole array that a result file must keep (JSON values only).
    """

    axes: tuple[Axis, ...]
    attributes: dict[str, object] = field(default_factory=dict, compare=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples per axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.axes)

    @property
    def names(self) -> tuple[str, ...]:
        """Axis names in order."""
        return tuple(axis.name for axis in self.axes)

    @property
    def has_coordinates(self) -> bool:
        """Whether the map coordinates of every place follow from ``attributes``: an origin, and a vector an axis."""
        known = self.attributes.get("coordinates")
        return isinstance(known, dict) and "origin" in known and len(known.get("vectors", ())) == self.ndim - 1

    @property
    def spacing(self) -> tuple[float, ...]:
        """Distance between neighbouring lines of the file, one number for each horizontal axis.

        In the unit of the map coordinates, which are taken to be in metres; the step of the axis plays no part in it.
        Empty where there are no regular map coordinates, or where lines lie upon one another.
        """
        known = self.attributes.get("coordinates")
        if not isinstance(known, dict) or not self.has_coordinates:
            return ()
        sides = tuple(float(np.hypot(*vector)) for vector in known["vectors"])
        return sides if all(side > 0 for side in sides) else ()

    def __str__(self) -> str:
        """All axes, comma separated."""
        return ", ".join(str(axis) for axis in self.axes)
