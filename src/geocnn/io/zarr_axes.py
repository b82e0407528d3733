"""Axes of a Zarr array: its own attributes, or the coordinates that stand beside it, as xarray writes them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geocnn.errors import FormatError
from geocnn.grid import Axis, Grid
from geocnn.io.source import as_grid

if TYPE_CHECKING:
    import zarr

__all__ = ["axes_of", "survey_of"]

_DIMENSIONS = "_ARRAY_DIMENSIONS"  # of xarray in Zarr v2; v3 has dimension_names
_VERTICAL = ("time", "twt", "depth", "z", "sample", "samples")
_UNITS = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), (1.0, "ms")),
    **dict.fromkeys(("s", "sec", "second", "seconds"), (1000.0, "ms")),
    **dict.fromkeys(("us", "microsecond", "microseconds"), (0.001, "ms")),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), (1.0, "m")),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), (1000.0, "m")),
    **dict.fromkeys(("ft", "foot", "feet"), (1.0, "ft")),
}
"""Factor and unit of a vertical axis, by the ``units`` of its coordinate."""
_REGULAR = 1e-3  # of a step, by which a coordinate may be off


def survey_of(group: "zarr.Group", name: str) -> "zarr.Array[Any]":
    """The array of a group that is a survey: the only one, or the only one of two or three dimensions.

    Arrays that others name as their coordinates are none, and one of three dimensions is preferred.

    Raises:
        FormatError: there is none, or there are several.
    """
    arrays = dict(group.arrays())
    named = {word for array in arrays.values() for word in str(dict(array.attrs).get("coordinates", "")).split()}
    wide = [array for key, array in arrays.items() if array.ndim in (2, 3) and key not in named]
    cubes = [array for array in wide if array.ndim == 3]
    for found in (list(arrays.values()), wide, cubes):
        if len(found) == 1:
            return found[0]
    names = ", ".join(key for key, array in sorted(arrays.items()) if array in wide or not wide) or "no arrays"
    raise FormatError(f"{name} is a group that holds {names}; open the array itself, {name}/NAME.")


def axes_of(array: "zarr.Array[Any]", group: "zarr.Group | None", name: str) -> tuple[Grid, list[str]]:
    """Axes from the attributes, else from the coordinates beside the array, else counted.

    Args:
        array: the survey.
        group: that holds it and its coordinates.
        name: of the store.

    Returns:
        The grid, and names of coordinates that are damaged or not regular and have no part in it.

    Raises:
        FormatError: the vertical axis is not the last.
    """
    plain = as_grid(array.shape)
    attributes: dict[str, object] = {key: value for key, value in array.attrs.items() if key != "_FillValue"}
    stated, listed = attributes.pop("axes", None), attributes.pop(_DIMENSIONS, None)
    if isinstance(attributes.get("coordinates"), str):  # names of arrays; ours are numbers
        del attributes["coordinates"]
    names = getattr(array.metadata, "dimension_names", None) or listed
    if not isinstance(names, list | tuple) or len(names) != array.ndim:
        names = plain.names
    axes, odd = [], []
    if isinstance(stated, list) and len(stated) == array.ndim:
        for size, own, known in zip(array.shape, names, stated, strict=True):
            facts: Mapping[str, Any] = known if isinstance(known, dict) else {}
            start, step = float(facts.get("start", 0.0)), float(facts.get("step", 1.0))
            axes.append(Axis(str(facts.get("name", own or "axis")), size, start, step, str(facts.get("unit", ""))))
        return Grid(tuple(axes), attributes), []
    _check_last([str(own or "axis") for own in names], name)
    for number, (size, own) in enumerate(zip(array.shape, names, strict=True)):
        axis = Axis(str(own or "axis"), size)
        beside = group.get(axis.name) if group is not None else None
        if getattr(beside, "shape", None) == (size,):
            found = _axis(axis.name, beside, last=number == array.ndim - 1)
            odd += [axis.name] * (found is None)
            axis = found or axis
        axes.append(axis)
    return Grid(tuple(axes), attributes), odd


def _axis(name: str, coordinate: Any, *, last: bool) -> Axis | None:  # noqa: ANN401  (an array of Zarr)
    """The axis of a coordinate, None where it is damaged or not regular; a vertical one in ms, m or ft."""
    try:
        values = np.asarray(coordinate[...])
    except (KeyError, ValueError, RuntimeError, OSError):
        return None
    if values.dtype.kind not in "iuf":
        return None
    values = values.astype(np.float64)
    step = float(values[-1] - values[0]) / (len(values) - 1) if len(values) > 1 else 1.0
    off = np.abs(values - values[0] - step * np.arange(len(values))).max()
    if not step or not off <= _REGULAR * abs(step):
        return None
    factor, unit = _UNITS.get(str(coordinate.attrs.get("units", "")).strip().lower(), (1.0, "")) if last else (1.0, "")
    return Axis(name, len(values), round(factor * float(values[0]), 9), round(factor * step, 9), unit)


def _check_last(names: list[str], store: str) -> None:
    """Refuse an array whose vertical axis is another than the last.

    Raises:
        FormatError: it is.
    """
    vertical = [name.lower() in _VERTICAL for name in names]
    if len(names) > 1 and any(vertical) and not vertical[-1]:
        first = vertical.index(True)
        wanted = [*names[:first], *names[first + 1 :], names[first]]
        raise FormatError(
            f"{store} has the axes ({', '.join(names)}), and {names[first]}, the vertical one, must be the last; write "
            f"it as ({', '.join(wanted)}), with numpy.moveaxis(array, {first}, -1) or in xarray with "
            f".transpose({', '.join(repr(one) for one in wanted)})."
        )
