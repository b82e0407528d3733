"""Axes of a Zarr array: its own attributes, or the coordinates that stand beside it, as xarray writes them.

Attributes also tell what its numbers mean, by the conventions of xarray: ``scale_factor`` and ``add_offset``, and
``_FillValue`` and ``missing_value`` for no sample, see :class:`Packing`.
"""

import base64
import binascii
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import FormatError
from geocnn.grid import Axis, Grid
from geocnn.io.source import as_grid

if TYPE_CHECKING:
    import zarr

__all__ = ["Packing", "axes_of", "packing_of", "survey_of"]

_DIMENSIONS = "_ARRAY_DIMENSIONS"  # of xarray in Zarr v2; v3 has dimension_names
_VERTICAL = ("time", "twt", "depth", "z", "sample", "samples")
_UNITS = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), (1.0, "ms")),
    **dict.fromkeys(("s", "sec", "second", "seconds"), (1000.0, "ms")),
    **dict.fromkeys(("us", "microsecond", "microseconds"), (0.001, "ms")),
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), (1e-6, "ms")),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), (1.0, "m")),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), (1000.0, "m")),
    **dict.fromkeys(("ft", "foot", "feet"), (1.0, "ft")),
}
"""Factor and unit of a vertical axis, by the ``units`` of its coordinate."""
_REGULAR = 1e-3  # of a step, by which a coordinate may be off
_SECONDS = 0.1  # steps of a time without a unit that are shorter are in seconds
_PACKED = ("_FillValue", "missing_value", "scale_factor", "add_offset")


class Packing(NamedTuple):
    """What the numbers of an array mean.

    Attributes:
        missing: numbers that stand for no sample.
        scale: factor of all others.
        offset: that is added then.
    """

    missing: tuple[np.generic, ...] = ()
    scale: float = 1.0
    offset: float = 0.0

    @property
    def scaled(self) -> bool:
        """Whether samples are other than the numbers."""
        return (self.scale, self.offset) != (1, 0)

    def samples(self, stored: NDArray[np.generic]) -> NDArray[np.generic]:
        """The samples of a block of numbers, NaN where there is none; the block itself where it is plain."""
        if not self.missing and not self.scaled:
            return stored
        out = stored.astype(np.float64)
        if self.scaled:
            out = out * self.scale + self.offset
        out[np.isin(stored, self.missing)] = np.nan
        return out


def packing_of(array: "zarr.Array[Any]") -> Packing:
    """What the attributes of an array say on its numbers.

    Where geocnn has stated the axes samples are not scaled, though results may have inherited what their survey said.
    In Zarr v2 xarray keeps no attribute ``_FillValue`` but the fill value of the array. 0 is what others fill arrays
    with, and counts as no sample only where samples are scaled.
    """
    attributes = dict(array.attrs)
    scale, offset = (_number(attributes.get(key), one) for key, one in (("scale_factor", 1.0), ("add_offset", 0.0)))
    if isinstance(attributes.get("axes"), list):
        scale, offset = 1.0, 0.0
    missing = [value for key in ("_FillValue", "missing_value") for value in _fills(attributes.get(key))]
    if array.metadata.zarr_format == 2 and _DIMENSIONS in attributes:
        missing += [value for value in _fills(array.fill_value) if value or (scale, offset) != (1, 0)]
    dtype = array.dtype
    with np.errstate(over="ignore"):
        cast = [np.float64(value).astype(dtype) for value in missing if _fits(value, dtype)]
    return Packing(tuple(dict.fromkeys(cast)), scale, offset)


def _number(value: object, otherwise: float) -> float:
    """A number of an attribute, which may be a list of one."""
    try:
        found = float(np.asarray(value, np.float64).reshape(()))
    except (TypeError, ValueError):
        return otherwise
    return found if np.isfinite(found) else otherwise


def _fills(value: Any) -> Iterator[float]:  # noqa: ANN401
    """The finite numbers of an attribute for no sample; in Zarr v3 xarray writes floats as base64."""
    for one in value if isinstance(value, list | tuple) else [value]:
        try:
            found = struct.unpack("<d", base64.b64decode(one))[0] if isinstance(one, str) else float(one)
        except (TypeError, ValueError, struct.error, binascii.Error):
            continue
        if np.isfinite(found):  # what is not is no sample anyway
            yield float(found)


def _fits(value: float, dtype: "np.dtype[Any]") -> bool:
    """Whether a sample can have a value."""
    if dtype.kind not in "iu":
        return dtype.kind == "f"
    return value == int(value) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max


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
        The grid, and notes on coordinates.

    Raises:
        FormatError: the vertical axis is not the last.
    """
    plain = as_grid(array.shape)
    attributes: dict[str, object] = {key: value for key, value in array.attrs.items() if key not in _PACKED}
    stated, listed = attributes.pop("axes", None), attributes.pop(_DIMENSIONS, None)
    if isinstance(attributes.get("coordinates"), str):  # names of arrays; ours are numbers
        del attributes["coordinates"]
    names = getattr(array.metadata, "dimension_names", None) or listed
    if not isinstance(names, list | tuple) or len(names) != array.ndim:
        names = plain.names
    axes, notes = [], []
    if isinstance(stated, list) and len(stated) == array.ndim:
        for size, own, known in zip(array.shape, names, stated, strict=True):
            facts: Mapping[str, Any] = known if isinstance(known, dict) else {}
            start, step = float(facts.get("start", 0.0)), float(facts.get("step", 1.0))
            axes.append(Axis(str(facts.get("name", own or "axis")), size, start, step, str(facts.get("unit", ""))))
        return Grid(tuple(axes), attributes), []
    called = [str(own or "axis") for own in names]
    found = [group.get(own) if group is not None else None for own in called]
    beside = [
        one if getattr(one, "shape", None) == (size,) else None for one, size in zip(found, array.shape, strict=True)
    ]
    _check_last(called, [_unit(one) for one in beside], name)
    for number, (size, own, one) in enumerate(zip(array.shape, called, beside, strict=True)):
        axis = _axis(own, one, last=number == array.ndim - 1) if one is not None else Axis(own, size)
        if axis is None:
            notes.append(f"{own} has no numbers with a regular step and is counted from 0")
        elif number == array.ndim - 1 and _in_seconds(axis, one):
            notes.append(f"{own} has no unit and a step of {axis.step:g}, which is taken for seconds")
            axis = Axis(own, size, round(1000 * axis.start, 9), round(1000 * axis.step, 9), "ms")
        axes.append(axis or Axis(own, size))
    return Grid(tuple(axes), attributes), notes


def _axis(name: str, coordinate: Any, *, last: bool) -> Axis | None:  # noqa: ANN401  (an array of Zarr)
    """The axis of a coordinate, None where it is damaged or not regular; a vertical one in ms, m or ft."""
    try:
        values = packing_of(coordinate).samples(np.asarray(coordinate[...]))
    except (KeyError, ValueError, RuntimeError, OSError):
        return None
    if values.dtype.kind not in "iuf":
        return None
    values = values.astype(np.float64)
    step = float(values[-1] - values[0]) / (len(values) - 1) if len(values) > 1 else 1.0
    off = np.abs(values - values[0] - step * np.arange(len(values))).max()
    if not step or not off <= _REGULAR * abs(step):
        return None
    factor, unit = _UNITS.get(_told(coordinate), (1.0, "")) if last else (1.0, "")
    return Axis(name, len(values), round(factor * float(values[0]), 9), round(factor * step, 9), unit)


def _told(coordinate: Any) -> str:  # noqa: ANN401
    """The ``units`` of a coordinate, in small letters; none where there is no coordinate."""
    return "" if coordinate is None else str(coordinate.attrs.get("units", "")).strip().lower()


def _unit(coordinate: Any) -> str:  # noqa: ANN401
    """Unit of a coordinate that may be vertical: ms, m or ft; none for others."""
    return _UNITS.get(_told(coordinate), (1.0, ""))[1]


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
