"""Map coordinates of a Zarr group: the arrays cdp_x and cdp_y over the traces, which xarray takes for coordinates."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import Axis, Grid
from geocnn.io.segy_coordinates import SEXAGESIMAL, coordinates_of
from geocnn.io.zarr_folder import MAP
from geocnn.io.zarr_packing import DIMENSIONS, UNITS, packing_of

if TYPE_CHECKING:
    import zarr

__all__ = ["dimensions_of", "ends_of", "in_arrays", "map_of", "own_map", "write_map"]

_CHUNK = 512  # traces along each of the last two axes, of a line its square: 2 MB
_SECONDS = "seconds of arc"
_ANGLES = {
    _SECONDS: _SECONDS,
    **dict.fromkeys(("degree", "degrees", "degrees_east", "degrees_north", "degree_east", "degree_north"), "degrees"),
}
"""Units of map coordinates that are no lengths."""
_Known = dict[str, object] | None
_Notes = list[tuple[str, str]]


def dimensions_of(array: Any) -> list[str]:  # noqa: ANN401  (an array of Zarr)
    """Names of the dimensions, "axis" for one without; empty where none are told."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get(DIMENSIONS)
    return [str(name or "axis") for name in names] if isinstance(names, list | tuple) else []


def in_arrays(grid: Grid) -> str:
    """Which of the map coordinates of a grid the arrays hold: "traces" or "points", those of each trace.

    "regular" where they are computed, and "" where they are not known for every trace.
    """
    known = grid.attributes.get("coordinates")
    if not isinstance(known, dict) or grid.ndim < 2:
        return ""
    traces = int(np.prod(grid.shape[:-1], dtype=np.int64))
    each = [key for key in ("traces", "points") if len(known.get(key, ())) == traces]
    return each[0] if each else "regular" if grid.has_coordinates else ""


def ends_of(grid: Grid) -> dict[str, object]:
    """The unit of the arrays, and what they hold of the first and of the last trace, to see whether it is changed."""
    last = np.array(grid.shape[:-1]) - 1
    return {
        "unit": _unit(grid),
        "places": [_places(grid, at[None].astype(np.float64))[0].tolist() for at in (0 * last, last)],
    }


def write_map(group: "zarr.Group", grid: Grid) -> None:
    """Write the map coordinates of every trace, which the grid must know; degrees, minutes, seconds in seconds."""
    lines, unit = grid.shape[:-1], _unit(grid)
    wished = (*(1,) * (len(lines) - 2), _CHUNK, _CHUNK) if len(lines) > 1 else (_CHUNK**2,)
    chunks = tuple(min(size, one) for size, one in zip(lines, wished, strict=True))
    arrays = [
        group.create_array(
            name,
            shape=lines,
            chunks=chunks,
            dtype=np.float64,
            fill_value=np.nan,
            dimension_names=grid.names[:-1],
            attributes={"units": unit} if unit else {},
        )
        for name in MAP
    ]
    for first in range(0, lines[0], chunks[0]):
        shape = (min(chunks[0], lines[0] - first), *lines[1:])
        at = np.moveaxis(np.indices(shape, np.float64), 0, -1).reshape(-1, len(lines))
        at[:, 0] += first
        for array, values in zip(arrays, _places(grid, at).T, strict=True):
            array[first : first + shape[0]] = values.reshape(shape)


def _unit(grid: Grid) -> str:
    """Unit of what the arrays hold."""
    known: Any = grid.attributes["coordinates"]
    unit = str(known.get("unit", ""))
    return _SECONDS if unit == SEXAGESIMAL else unit


def _places(grid: Grid, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map coordinates ``(n, 2)`` of traces with the indices ``(n, ndim - 1)``."""
    known: Any = grid.attributes["coordinates"]
    kind = in_arrays(grid)
    if kind == "regular":
        return grid.map_xy(at)
    each = np.ravel_multi_index(tuple(at.T.astype(np.intp)), grid.shape[:-1])
    return np.asarray(np.asarray(known[kind], np.float64)[each], np.float64)


def own_map(stated: dict[str, Any], group: "zarr.Group | None", axes: tuple[Axis, ...]) -> tuple[_Known, _Notes]:
    """Map coordinates as geocnn has stated them, with those of the traces from their arrays.

    Where others have changed the arrays, to another projection for instance, they are as those of others.

    Args:
        stated: see :func:`geocnn.io.zarr_folder.statement`.
        group: that holds the arrays.
        axes: the horizontal ones.

    Returns:
        The map coordinates, None if there are none; and notes (label, text).
    """
    known, kind = stated.get("coordinates"), stated.get("arrays")
    if not isinstance(known, dict):
        return None, []
    if "traces" in known:
        known = known | {"traces": np.asarray(known["traces"], np.float64)}
    if kind and group is not None and _are_changed(stated.get("ends"), group, tuple(axis.size for axis in axes)):
        return map_of(group, axes)
    if kind not in ("traces", "points"):
        return known, []
    found = _table(group, axes)
    if found is None:
        said = f"{' and '.join(MAP)} are missing or damaged, and with them the places of the traces"
        return known, [("coordinates", said)]
    table = found[0].reshape(-1, 2)
    return known | {kind: table if kind == "traces" else table.tolist()}, []


def _are_changed(ends: Any, group: "zarr.Group", lines: tuple[int, ...]) -> bool:  # noqa: ANN401  (JSON)
    """Whether the arrays put the first or the last trace elsewhere than it was, or have another unit."""
    arrays: list[Any] = [group.get(name) for name in MAP]
    places = (0,) * len(lines), tuple(size - 1 for size in lines)
    try:
        found = [[float(np.asarray(array[place])) for array in arrays] for place in places]
        units = {str(array.attrs.get("units", "")) for array in arrays}
        return units != {ends["unit"]} or not np.allclose(found, ends["places"], rtol=1e-12, atol=0, equal_nan=True)
    except (AttributeError, TypeError, KeyError, ValueError, IndexError, RuntimeError, OSError):
        return False  # missing or damaged


def map_of(group: "zarr.Group", axes: tuple[Axis, ...]) -> tuple[_Known, _Notes]:
    """Map coordinates from the arrays of others, by the same rules as from the headers of SEG-Y files.

    Args:
        group: that holds the arrays.
        axes: horizontal axes of the survey.

    Returns:
        See :func:`geocnn.io.segy_coordinates.coordinates_of`; None where the group has none for each trace.
    """
    found = _table(group, axes)
    if found is None or len(axes) not in (1, 2):
        return None, []
    return coordinates_of(*found, axes, _last_digit(found[0]))


def _table(group: "zarr.Group | None", axes: tuple[Axis, ...]) -> tuple[NDArray[np.float64], str] | None:
    """The arrays as one, ``(lines..., 2)``, and their unit; None where one is missing, damaged or not of the traces."""
    names = [axis.name or "axis" for axis in axes]
    columns, units = [], []
    for name in MAP:
        array: Any = group.get(name) if group is not None else None
        if not hasattr(array, "metadata") or not hasattr(array, "shape"):
            return None
        own = dimensions_of(array) or names
        if sorted(own) != sorted(names) or len(array.shape) != len(own):
            return None
        try:
            values = packing_of(array).samples(np.asarray(array[...]))
        except (KeyError, ValueError, RuntimeError, OSError):
            return None
        if own != names and len(set(names)) == len(names):
            values = values.transpose([own.index(one) for one in names])
        if values.shape != tuple(axis.size for axis in axes) or values.dtype.kind not in "iuf":
            return None
        told = str(array.attrs.get("units", "")).strip().lower()
        factor, unit = UNITS.get(told, (1.0, _ANGLES.get(told, "")))
        columns.append(factor * values.astype(np.float64))
        units.append(unit)
    return (np.stack(columns, axis=-1), units[0]) if units[0] == units[1] != "ms" else None


def _last_digit(points: NDArray[np.float64]) -> float:
    """1, 0.1 or 0.01 for coordinates that are rounded to that, 0 for others."""
    known = points[np.isfinite(points)]
    for digits in range(3):
        if np.all(np.abs(known - np.round(known, digits)) <= 1e-3 * 10.0**-digits):
            return float(10.0**-digits)
    return 0.0
