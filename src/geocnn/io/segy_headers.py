"""Headers of a new SEG-Y file (rev 1) from a grid."""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.io.segy_coordinates import ANGLES, SEXAGESIMAL
from geocnn.io.segy_geometry import are_line_numbers

__all__ = ["binary_header", "text_header", "trace_headers", "whole_interval"]

_FIELDS = {  # first byte, counted from 1 -> (name, type)
    1: ("line_sequence", ">i4"),
    5: ("file_sequence", ">i4"),
    9: ("record", ">i4"),
    13: ("channel", ">i4"),
    21: ("cdp", ">i4"),
    29: ("identification", ">i2"),
    71: ("coordinate_scalar", ">i2"),
    89: ("coordinate_units", ">i2"),
    109: ("delay", ">i2"),
    115: ("samples", ">u2"),
    117: ("interval", ">i2"),
    181: ("x", ">i4"),
    185: ("y", ">i4"),
    189: ("inline", ">i4"),
    193: ("crossline", ">i4"),
    215: ("time_scalar", ">i2"),
}
_HEADER = np.dtype(
    {
        "names": [name for name, _ in _FIELDS.values()],
        "formats": [kind for _, kind in _FIELDS.values()],
        "offsets": [byte - 1 for byte in _FIELDS],
        "itemsize": 240,
    }
)
_SAME = 1e-6
"""Relative difference of numbers that are the same but for rounding: over the longest trace less than a sample."""
_LARGEST = np.iinfo(np.int32).max
_COUNTED = "counted"
_MULTIPLES = {1: "", 2: "twice the numbers", **{times: f"{times} times the numbers" for times in (4, 8, 16)}}
"""What numbers with fractions are multiplied by to be whole, and words for it; surveys are made finer by two."""
_FINEST = {"degrees": 10_000, **dict.fromkeys(("seconds of arc", SEXAGESIMAL), 1000)}
"""By what coordinates are multiplied at most before they are rounded; lengths by 100."""


def whole_interval(axis: Axis) -> int:
    """Sample interval in thousandths of the unit, exact to the seven digits of a four-byte float.

    Raises:
        DataError: SEG-Y cannot state it, or not as many samples.
    """
    if axis.step < 0:
        turned = (
            f"the numbers upward, as in xarray .assign_coords({axis.name}=-survey.{axis.name})"
            if axis.start <= 0
            else f"it over, as in xarray .isel({axis.name}=slice(None, None, -1))"
        )
        raise DataError(
            f"the vertical axis descends, {axis}, and that of SEG-Y ascends; write .zarr, or turn {turned}, and begin "
            "with that."
        )
    interval = round(axis.step * 1000)
    if not 0 < interval <= 32767 or axis.size > 65535:
        raise DataError(
            f"SEG-Y holds up to 65535 samples, an interval up to 32.767 {axis.unit or 'ms'}, not {axis}; write .zarr."
        )
    if abs(axis.step * 1000 - interval) > _SAME * interval:
        unit = axis.unit or "ms"
        raise DataError(
            f"SEG-Y states the sample interval in whole thousandths of 1 {unit}, and {axis.step:.7g} {unit} is none; "
            "write .zarr, or .npy without axes."
        )
    return interval


def _delay(axis: Axis) -> tuple[int, int]:
    """Start of the vertical axis as a 2-byte integer and its scalar (byte 215), exact to 0.001 where it fits."""
    for divisor in (1, 10, 100, 1000):
        delay = axis.start * divisor
        if abs(delay - round(delay)) < 1e-6 and abs(round(delay)) <= 32767:
            return round(delay), 1 if divisor == 1 else -divisor
    raise DataError(f"SEG-Y cannot state that the traces begin at {axis.start:g} {axis.unit}; write .zarr.")


class _Numbers(NamedTuple):
    """Whole numbers of lines or traces, as they stand in the headers."""

    name: str
    values: NDArray[np.int64]
    how: str
    """What they are where they are not those of the axis: "twice the numbers", for instance, or "counted"."""

    def said(self, source: str) -> str:
        """A line of the text header."""
        steps = np.unique(np.diff(self.values))
        step = "with gaps" if len(steps) > 1 else f"step {steps[0] if len(steps) else 1}"
        how = [self.how if self.how == _COUNTED else f"{self.how} of {source}"] if self.how else []
        return ", ".join([f"{self.name} {self.values[0]}..{self.values[-1]} {step} ({len(self.values)})", *how])


def _whole(name: str, values: NDArray[np.float64], *, of_cube: bool = False) -> _Numbers:
    """Twice the numbers where there are halves, four times for quarters, and so on; counted from 1 for others.

    They are counted as well where no reader takes a multiple.
    """
    for times, how in _MULTIPLES.items():
        whole = np.all(times * values == np.rint(times * values)) and np.all(np.abs(times * values) <= _LARGEST)
        step = times * (values[1] - values[0]) if len(values) > 1 else 1.0
        lowest = times * float(values.min())
        if whole and (not of_cube or are_line_numbers(lowest, step)):
            return _Numbers(name, (times * values).astype(np.int64), how)
    return _Numbers(name, np.arange(1, len(values) + 1), _COUNTED)


def _numbers(grid: Grid) -> list[_Numbers]:
    """Of each horizontal axis; of a line that has CDP numbers with gaps these."""
    known = grid.attributes.get("cdp")
    if grid.ndim == 2 and isinstance(known, list) and len(known) == grid.shape[0]:
        found = _whole("cdp", np.array(known, np.float64))
        if found.how != _COUNTED:
            return [found]
    return [_whole(axis.name, axis.values, of_cube=grid.ndim > 2) for axis in grid.axes[:-1]]


class _Places(NamedTuple):
    """Coordinates as they stand in the headers: what they are multiplied by, their unit, and those of some traces."""

    divisor: int
    units: int
    unit: str
    of: Callable[[NDArray[np.int64]], NDArray[np.float64]]

    def stored(self, trace: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of traces, by their numbers in the file, ``(traces, 2)``; degrees, minutes, seconds are known in seconds."""
        whole = np.rint(self.divisor * self.of(trace)).astype(np.int64)
        if self.unit != SEXAGESIMAL:
            return whole
        minutes, seconds = np.divmod(np.abs(whole), 60 * self.divisor)
        degrees = 10_000 * (minutes // 60) + 100 * (minutes % 60)
        return np.asarray(np.sign(whole) * (self.divisor * degrees + seconds), np.int64)


def _places(grid: Grid) -> _Places | None:
    """Map coordinates where the grid knows them, in the smallest unit that fits into 4 bytes; None where not."""
    known: Any = grid.attributes.get("coordinates")
    if not isinstance(known, dict) or grid.ndim < 2:
        return None
    lines, unit = grid.shape[:-1], known.get("unit", "m")
    if len(known.get("traces", ())) == np.prod(lines, dtype=np.int64):
        table = np.asarray(known["traces"], np.float64)
        ends = np.arange(len(table))

        def xy(trace: NDArray[np.int64]) -> NDArray[np.float64]:
            return np.asarray(table[trace], np.float64)

    elif grid.has_coordinates:
        corners = np.array([*np.ndindex(*(2 for _ in lines))]) * (np.array(lines) - 1)
        ends = np.arange(lines[0]) if grid.is_crooked else np.ravel_multi_index(tuple(corners.T), lines)

        def xy(trace: NDArray[np.int64]) -> NDArray[np.float64]:
            return grid.map_xy(np.column_stack(np.unravel_index(trace, lines)))

    else:
        return None
    angles = {name: code for code, (name, *_) in ANGLES.items()}
    units = int(known.get("units", angles.get(unit, 1)))
    for divisor in (10_000, 1000, 100, 10, 1):
        made = _Places(divisor, units, unit, xy)
        if divisor <= _FINEST.get(unit, 100) and np.all(np.abs(made.stored(ends)) <= _LARGEST):
            return made
    return None


def text_header(grid: Grid, description: str = "", source: str = "") -> bytes:
    """Forty lines of 80 characters, EBCDIC.

    Args:
        grid: axes.
        description: what the samples are.
        source: name of the file that they are made from.
    """
    places, numbers, by = _places(grid), _numbers(grid), grid.attributes.get("finer")
    lines = [
        description or "written by geocnn",
        f"from {source or 'an array'}{f', made finer by geocnn {by}' if by else ''}",
        *(one.said(source or "the array") for one in numbers),
        str(grid.axes[-1]),
        "",
        "INLINE AT BYTE 189, CROSSLINE AT BYTE 193, CDP AT BYTE 21" if len(numbers) == 2 else "CDP AT BYTE 21",
    ]
    if places is not None:
        lines.append(f"CDP X AT BYTE 181, CDP Y AT BYTE 185, SCALAR {_scalar(places.divisor)} AT BYTE 71")
    if places is not None and places.unit in _FINEST:
        lines.append(f"COORDINATES IN {places.unit.upper()}, UNITS {places.units} AT BYTE 89")
    lines = [*(lines + [""] * 40)[:38], "SEG Y REV1", "END TEXTUAL HEADER"]
    return "".join(f"C{number:2d} {line[:76]:<76}" for number, line in enumerate(lines, 1)).encode("cp037", "replace")


def binary_header(grid: Grid, code: int = 5) -> bytes:
    """400 bytes: interval, samples, format (5 is IEEE float), sorting, metres or feet, revision 1, fixed length."""
    header = bytearray(400)
    struct.pack_into(">iii", header, 0, 1, 1, 1)
    struct.pack_into(">hhHH", header, 16, whole_interval(grid.axes[-1]), 0, grid.shape[-1], 0)
    struct.pack_into(">hhh", header, 24, code, 1, 4)
    struct.pack_into(">h", header, 54, _system(grid))
    struct.pack_into(">HhH", header, 300, 0x0100, 1, 0)
    return bytes(header)


def trace_headers(grid: Grid) -> Callable[[int, int], NDArray[np.uint8]]:
    """A function ``headers(first, count)`` giving trace headers, shape ``(count, 240)``."""
    vertical = grid.axes[-1]
    interval, (delay, scalar) = whole_interval(vertical), _delay(vertical)
    numbers = [one.values for one in _numbers(grid)]
    places = _places(grid)

    def headers(first: int, count: int) -> NDArray[np.uint8]:
        header = np.zeros(count, dtype=_HEADER)
        trace = np.arange(first, first + count)
        place = np.unravel_index(trace, grid.shape[:-1]) if numbers else ()
        header["line_sequence"] = header["file_sequence"] = header["cdp"] = trace + 1
        header["identification"], header["samples"], header["interval"] = 1, vertical.size, interval
        header["delay"], header["time_scalar"] = delay, scalar
        if len(numbers) == 2:
            inline, crossline = (1, 0) if grid.is_turned else (0, 1)
            header["record"] = header["inline"] = numbers[inline][place[inline]]
            header["cdp"] = header["crossline"] = numbers[crossline][place[crossline]]
        elif numbers:
            header["cdp"] = numbers[0][place[0]]
        if places is not None:
            header["x"], header["y"] = places.stored(trace).T
            header["coordinate_scalar"], header["coordinate_units"] = _scalar(places.divisor), places.units
        return header.view(np.uint8).reshape(count, 240)

    return headers


def _scalar(divisor: int) -> int:
    """As byte 71 states it."""
    return 1 if divisor == 1 else -divisor


def _system(grid: Grid) -> int:
    """Measurement system: that of the input, or by the units of the vertical axis and the map coordinates."""
    known, stated = grid.attributes.get("coordinates"), grid.attributes.get("measurement_system")
    feet = grid.axes[-1].unit == "ft" or (isinstance(known, dict) and known.get("unit") == "ft")
    return stated if isinstance(stated, int) and not feet else 2 if feet else 1
