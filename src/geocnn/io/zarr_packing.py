"""What the numbers of a Zarr array mean, by the conventions of xarray.

Attributes tell it: ``scale_factor`` and ``add_offset``, and ``_FillValue`` and ``missing_value`` for no sample.
"""

import base64
import binascii
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.io.percent import PERCENT
from geocnn.io.zarr_folder import STATEMENT

if TYPE_CHECKING:
    import zarr

__all__ = ["DIMENSIONS", "IN_PER_CENT", "PACKED", "UNITS", "Packing", "packing_of"]

DIMENSIONS = "_ARRAY_DIMENSIONS"
"""Attribute with the names of dimensions of xarray in Zarr v2; v3 has dimension_names."""
PACKED = ("_FillValue", "missing_value", "scale_factor", "add_offset")
"""Attributes that speak of the numbers of their own array, and that results do not inherit."""
IN_PER_CENT = {"scale_factor": 0.01, "_FillValue": -1}
"""Of results in per cent, by which other software reads probabilities, NaN where there are no data."""

UNITS = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), (1.0, "ms")),
    **dict.fromkeys(("s", "sec", "second", "seconds"), (1000.0, "ms")),
    **dict.fromkeys(("us", "microsecond", "microseconds"), (0.001, "ms")),
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), (1e-6, "ms")),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), (1.0, "m")),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), (1000.0, "m")),
    **dict.fromkeys(("ft", "foot", "feet"), (1.0, "ft")),
}
"""Factor and unit of a length or a time, by the ``units`` of its array."""


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

    Results of geocnn in per cent are read as they are stored: their marks are for other software. Older results, which
    state the axes in an attribute, are not scaled, though they may have inherited what their survey said. In Zarr v2
    xarray keeps no attribute ``_FillValue`` but the fill value of the array. 0 is what others fill arrays with, and
    counts as no sample only where samples are scaled.
    """
    attributes = dict(array.attrs)
    scale, offset = (_number(attributes.get(key), one) for key, one in (("scale_factor", 1.0), ("add_offset", 0.0)))
    if array.dtype == PERCENT and STATEMENT in attributes and scale == IN_PER_CENT["scale_factor"]:
        return Packing()
    if isinstance(attributes.get("axes"), list):
        scale, offset = 1.0, 0.0
    missing = [value for key in ("_FillValue", "missing_value") for value in _fills(attributes.get(key))]
    if array.metadata.zarr_format == 2 and DIMENSIONS in attributes:
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
