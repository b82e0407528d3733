"""What the samples of an array mean: one named, regular axis per dimension."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FOOT", "UPWARD", "Axis", "Grid"]

FOOT = 0.3048
"""Metres in a foot."""
UPWARD = "vertical_axis_is_upward"
"""Attribute: whether a store says that the numbers of the vertical axis grow upward, as heights do, or downward."""
_LINES = tuple(re.compile(rf"({word})(_?(no|number))?") for word in ("il|iline|in_?line", "xl|cross_?line|x_?line"))
"""Names of the axes of inlines and of crosslines, in small letters."""
_PARALLEL = 0.01
"""Least sine of the angle between inlines and crosslines on the map; below it they cannot be told apart."""


@dataclass(frozen=True)
class Axis:
    """A regular axis: sample ``i`` lies at ``start + i * step``.

    Attributes:
        name: the field's own term: "inline", "crossline", "trace", "time", "depth", "channel".
        size: number of samples.
        start: coordinate of the first sample, in ``unit``.
        step: distance between samples, in ``unit``; negative for a descending axis.
        unit: "ms", "m", "ft", or "" for plain numbers such as inline numbers.
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
        attributes: facts about the whole array that a result file must keep (JSON values, and the array of the map
            coordinates of its traces).
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
    def is_turned(self) -> bool:
        """Whether it is a cube whose first axis is that of the crosslines, and the second that of the inlines, by name.

        Cubes whose axes have other names have their inlines first.
        """
        if self.ndim != 3:
            return False
        inline, crossline = _LINES
        first, second = (name.lower() for name in self.names[:2])
        return bool(crossline.fullmatch(first) and inline.fullmatch(second))

    @property
    def _map(self) -> dict[str, Any]:
        """Map coordinates in ``attributes`` if they are known for every place; otherwise empty.

        They consist of an origin and a vector per axis, or for a crooked line of the points of its traces. With an
        origin and vectors there may be "traces", the places ``(traces, 2)`` of traces that lie beside a regular grid.
        """
        known = self.attributes.get("coordinates")
        if not isinstance(known, dict):
            return {}
        regular = "origin" in known and len(known.get("vectors", ())) == self.ndim - 1
        crooked = self.ndim == 2 and len(known.get("points", ())) == self.shape[0]
        return known if regular or crooked else {}

    @property
    def has_coordinates(self) -> bool:
        """Whether map coordinates of every place can be computed from ``attributes``."""
        return bool(self._map)

    @property
    def is_crooked(self) -> bool:
        """Whether it is a line with map coordinates whose traces are not evenly spaced on a straight line."""
        return "points" in self._map

    @property
    def is_irregular(self) -> bool:
        """Whether its traces have map coordinates of their own, beside the regular grid that is nearest to them."""
        known = self._map
        return "vectors" in known and len(known.get("traces", ())) == math.prod(self.shape[:-1])

    @property
    def regular(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Origin ``(2,)`` and vectors ``(ndim - 1, 2)`` on the map of the regular grid that traces are on or near.

        There must be map coordinates, and not those of a crooked line.
        """
        return np.asarray(self._map["origin"], np.float64), np.asarray(self._map["vectors"], np.float64)

    @property
    def distances(self) -> NDArray[np.float64]:
        """Metres from each trace of a crooked line to the next."""
        steps = np.diff(np.asarray(self._map["points"], np.float64), axis=0)
        return np.asarray(_metres(self._map) * np.hypot(*steps.T), np.float64)

    @property
    def spacing(self) -> tuple[float, ...]:
        """Metres between neighbouring lines of the file, one number for each horizontal axis.

        Map coordinates are in metres unless ``attributes`` say feet; the step of the axis plays no part. For a crooked
        line it is the mean, and where traces lie beside a regular grid that of the grid. Empty without map coordinates,
        or if lines coincide.
        """
        sides = tuple(_metres(self._map) * float(np.hypot(*vector)) for vector in self._map.get("vectors", ()))
        if self.is_crooked:
            sides = (float(self.distances.mean()),)
        return sides if all(side > 0 for side in sides) else ()

    @property
    def directions(self) -> NDArray[np.float64] | None:
        """Unit vectors (east, north) in which the inline and the crossline numbers of a cube increase.

        None without map coordinates, or if inlines and crosslines are parallel.
        """
        if self.ndim != 3 or not self.spacing:
            return None
        vectors = np.array(
            [np.multiply(vector, axis.step) for vector, axis in zip(self._map["vectors"], self.axes, strict=False)]
        )
        units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return units if abs(float(np.linalg.det(units))) > _PARALLEL else None

    def map_xy(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map coordinates of places, in their own unit; the grid must have them.

        Between traces that lie beside a regular grid they are interpolated linearly, and beyond the last ones they go
        on as the grid does.

        Args:
            places: ``(n, ndim - 1)`` fractional indices along the horizontal axes.

        Returns:
            ``(n, 2)`` x and y.
        """
        if self.is_crooked:
            points = np.asarray(self._map["points"], np.float64)
            return np.column_stack([np.interp(places[:, 0], np.arange(len(points)), column) for column in points.T])
        origin, vectors = self.regular
        if not self.is_irregular:
            return np.asarray(origin + places @ vectors, np.float64)
        inner = np.clip(places, 0, np.array(self.shape[:-1]) - 1)
        return np.asarray((places - inner) @ vectors + _between(self._traces, inner), np.float64)

    @property
    def _traces(self) -> NDArray[np.float64]:
        """Map coordinates of the traces of an irregular grid, ``(lines..., 2)``."""
        return np.asarray(self._map["traces"], np.float64).reshape(*self.shape[:-1], 2)

    def section(self, axis: int, index: int) -> "Grid":
        """The grid of a section through a cube, with its map coordinates.

        Args:
            axis: horizontal axis that the section is perpendicular to.
            index: position along that axis.
        """
        axes = tuple(one for k, one in enumerate(self.axes) if k != axis)
        if not self._map:
            return Grid(axes)
        place = np.zeros((1, self.ndim - 1))
        place[0, axis] = index
        vectors = [vector for k, vector in enumerate(self._map["vectors"]) if k != axis]
        known = {"unit": self._map.get("unit", "m"), "origin": self.map_xy(place)[0].tolist(), "vectors": vectors}
        if self.is_irregular:
            origin, every = self.regular
            known["origin"] = (origin + place[0] @ every).tolist()
            known["traces"] = self._traces.take(index, axis)
        return Grid(axes, {"coordinates": known})

    def __str__(self) -> str:
        """All axes as text, separated by commas."""
        return ", ".join(str(axis) for axis in self.axes)


def _between(table: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values ``(n, 2)`` of a table ``(lines..., 2)`` at fractional indices ``(n, axes)``, interpolated linearly."""
    last = np.array(table.shape[:-1]) - 1
    low = np.minimum(places.astype(np.intp), np.maximum(last - 1, 0))
    part, found = places - low, np.zeros((len(places), 2))
    for corner in np.ndindex(*(2,) * len(last)):
        weight = np.where(corner, part, 1 - part).prod(axis=1)
        found += weight[:, None] * table[tuple(np.minimum(low + corner, last).T)]
    return found


def _metres(known: dict[str, Any]) -> float:
    """Metres of a unit of map coordinates."""
    return FOOT if known.get("unit") == "ft" else 1.0
