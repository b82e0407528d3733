"""Axes of a Zarr array: what geocnn has stated, or the coordinates that stand beside it, as xarray writes them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import FormatError
from geocnn.grid import UPWARD, Axis, Grid
from geocnn.io.source import as_grid
from geocnn.io.zarr_folder import STATEMENT, statement
from geocnn.io.zarr_map import dimensions_of, map_of, own_map
from geocnn.io.zarr_packing import DIMENSIONS, PACKED, UNITS, packing_of

if TYPE_CHECKING:
    import zarr

__all__ = ["axes_of", "survey_of"]

_VERTICAL = ("time", "twt", "depth", "z", "sample", "samples")
_POSITIVE = ("up", "down")  # where numbers grow, by the attribute "positive" of the conventions for climate data
_SAME = 1e-6  # of a step, by which a coordinate may differ from what is stated
_REGULAR = 1e-3  # of a step, by which a coordinate may be off
_SECONDS = 0.1  # steps of a time without a unit that are shorter are in seconds


def survey_of(group: "zarr.Group", name: str) -> "zarr.Array[Any]":
    """The array of a group that is a survey: the only one, or the only one of two or three dimensions.

    Arrays that others name as their coordinates are none, and one of three dimensions is preferred. Where none has two
    or three, it is the only one that is no coordinate of an axis.

    Raises:
        FormatError: there is none, or there are several.
    """
    arrays = dict(group.arrays())
    named = {word for array in arrays.values() for word in str(dict(array.attrs).get("coordinates", "")).split()}
    free = {key: array for key, array in arrays.items() if key not in named}
    wide = [array for array in free.values() if array.ndim in (2, 3)]
    cubes = [array for array in wide if array.ndim == 3]
    others = [array for key, array in free.items() if array.ndim and dimensions_of(array) != [key]]
    for found in (list(arrays.values()), wide, cubes, *[others] * (not wide)):
        if len(found) == 1:
            return found[0]
    listed = [key for key, array in sorted(arrays.items()) if array in wide or (not wide and array.ndim)]
    names = ", ".join(listed) or "no arrays"
    raise FormatError(f"{name} is a group that holds {names}; open the array itself, {name}/NAME.")


def axes_of(array: "zarr.Array[Any]", group: "zarr.Group | None", name: str) -> tuple[Grid, list[tuple[str, str]]]:
    """Axes as geocnn has stated them, else from the coordinates beside the array, else counted; and map coordinates.

    A statement holds for axes whose coordinates are still what it says: other software keeps it with parts of a result.

    Args:
        array: the survey.
        group: that holds it and its coordinates.
        name: of the store.

    Returns:
        The grid, and notes on coordinates (label, text).

    Raises:
        FormatError: the vertical axis is not the last.
    """
    stated = statement(array.attrs.asdict())
    ours = (*PACKED, DIMENSIONS, STATEMENT, "axes")
    attributes: dict[str, object] = {key: value for key, value in array.attrs.items() if key not in ours}
    if stated or not isinstance(attributes.get("coordinates"), dict):  # of others they are names of arrays
        attributes.pop("coordinates", None)
    names = dimensions_of(array) or _names(stated)
    if len(names) != array.ndim:
        names = list(as_grid(array.shape).names)
    found = [group.get(own) if group is not None and own else None for own in names]
    beside = [
        one if getattr(one, "shape", None) == (size,) else None for one, size in zip(found, array.shape, strict=True)
    ]
    kept = _stated(stated.get("axes", []), names, array.shape, beside)
    order = [own for own in _names(stated) if own in names]
    if (
        not all(kept) or [own for own in names if own in order] != order
    ):  # others may have turned what geocnn has stated
        _check_last(names, [_unit(one) for one in beside], name)
    axes, notes = _axes(names, array.shape, beside, kept)
    known: dict[str, object] | None = None
    more: list[tuple[str, str]] = []
    if stated and all(kept[:-1]) and _names(stated)[:-1] == names[:-1]:
        known, more = own_map(stated, group, axes[:-1])
    elif "coordinates" not in attributes and group is not None:
        known, more = map_of(group, axes[:-1])
    if known is not None:
        attributes["coordinates"] = known
    positive = None if beside[-1] is None else str(beside[-1].attrs.get("positive", "")).strip().lower()
    if positive in _POSITIVE:
        attributes[UPWARD] = positive == "up"
    return Grid(axes, attributes), notes + more


def _stated(
    stated: Sequence[dict[str, Any]], names: list[str], shape: tuple[int, ...], beside: Sequence[Any]
) -> list[Axis | None]:
    """The axes of a statement, by their names; None where there is none, or the coordinate beside says otherwise."""
    in_order = _names({"axes": stated}) == names
    by_name = {str(facts.get("name")): facts for facts in stated}
    listed = stated if in_order else [by_name.get(own) for own in names]
    axes: list[Axis | None] = []
    for own, size, facts, one in zip(names, shape, listed, beside, strict=True):
        if facts is None or facts.get("size", size) != size:
            axes.append(None)
            continue
        start, step = float(facts.get("start", 0.0)), float(facts.get("step", 1.0))
        axis = Axis(str(facts.get("name", own)), size, start, step, str(facts.get("unit", "")))
        values = None if one is None else _values(one)
        same = values is None or np.abs(values - axis.values).max() <= _SAME * abs(step)
        axes.append(axis if same else None)
    return axes


def _names(stated: dict[str, Any]) -> list[str]:
    """Names of the axes of a statement, as they are those of dimensions."""
    return [str(facts.get("name") or "axis") for facts in stated.get("axes", [])]


def _axes(
    names: list[str], shape: tuple[int, ...], beside: Sequence[Any], kept: Sequence[Axis | None]
) -> tuple[tuple[Axis, ...], list[tuple[str, str]]]:
    """The axes that are kept, all others from the coordinates beside the array or counted; and notes."""
    axes: list[Axis] = []
    notes = []
    for number, (size, own, one, same) in enumerate(zip(shape, names, beside, kept, strict=True)):
        last = number == len(shape) - 1
        axis = same or (_axis(own, one, last=last) if one is not None else Axis(own, size))
        if axis is None:
            notes.append(("axes", f"{own} has no numbers with a regular step and is counted from 0"))
        elif not same and last and _in_seconds(axis, one):
            notes.append(("axes", f"{own} has no unit and a step of {axis.step:g}, which is taken for seconds"))
            axis = Axis(own, size, round(1000 * axis.start, 9), round(1000 * axis.step, 9), "ms")
        axes.append(axis or Axis(own, size))
    return tuple(axes), notes


def _values(coordinate: Any) -> NDArray[np.float64] | None:  # noqa: ANN401  (an array of Zarr)
    """The numbers of a coordinate, None where it is damaged or holds none."""
    try:
        values = packing_of(coordinate).samples(np.asarray(coordinate[...]))
    except (KeyError, ValueError, RuntimeError, OSError):
        return None
    return values.astype(np.float64) if values.dtype.kind in "iuf" else None


def _axis(name: str, coordinate: Any, *, last: bool) -> Axis | None:  # noqa: ANN401
    """The axis of a coordinate, None where it is damaged or not regular; a vertical one in ms, m or ft."""
    values = _values(coordinate)
    if values is None:
        return None
    step = float(values[-1] - values[0]) / (len(values) - 1) if len(values) > 1 else 1.0
    off = np.abs(values - values[0] - step * np.arange(len(values))).max()
    if not step or not off <= _REGULAR * abs(step):
        return None
    factor, unit = UNITS.get(_told(coordinate), (1.0, "")) if last else (1.0, "")
    return Axis(name, len(values), round(factor * float(values[0]), 9), round(factor * step, 9), unit)


def _told(coordinate: Any) -> str:  # noqa: ANN401
    """The ``units`` of a coordinate, in small letters; none where there is no coordinate."""
    return "" if coordinate is None else str(coordinate.attrs.get("units", "")).strip().lower()


def _unit(coordinate: Any) -> str:  # noqa: ANN401
    """Unit of a coordinate that may be vertical: ms, m or ft; none for others."""
    return UNITS.get(_told(coordinate), (1.0, ""))[1]


def _in_seconds(axis: Axis, coordinate: Any) -> bool:  # noqa: ANN401
    """Whether a vertical axis is a time without a unit whose step can only be in seconds."""
    time = axis.name.lower() in ("time", "twt")
    return time and coordinate is not None and not _told(coordinate) and abs(axis.step) < _SECONDS


def _check_last(names: list[str], units: list[str], store: str) -> None:
    """Refuse an array whose vertical axis is another than the last, by its name or by its unit.

    Of units only a time tells, or a length that one axis of a cube has alone: distances along lines are lengths too.

    Raises:
        FormatError: it is.
    """
    vertical = [name.lower() in _VERTICAL for name in names]
    if not any(vertical) and not units[-1]:
        alone = len(names) > 2 and sum(map(bool, units)) == 1
        vertical = [unit == "ms" or (alone and bool(unit)) for unit in units]
    if len(names) > 1 and any(vertical) and not vertical[-1]:
        first = vertical.index(True)
        wanted = [*names[:first], *names[first + 1 :], names[first]]
        raise FormatError(
            f"{store} has the axes ({', '.join(names)}), and {names[first]}, the vertical one, must be the last; write "
            f"it as ({', '.join(wanted)}), with numpy.moveaxis(array, {first}, -1) or in xarray with "
            f".transpose({', '.join(repr(one) for one in wanted)})."
        )
