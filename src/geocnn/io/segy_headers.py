"""Headers of a new SEG-Y file (rev 1) from a grid."""

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.grid import Axis, Grid

__all__ = ["binary_header", "text_header", "trace_headers"]

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


def _interval(axis: Axis) -> int:
    """Sample interval in thousandths of the unit, exact to the seven digits of a four-byte float."""
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


def _numbers(axis: Axis) -> NDArray[np.int64]:
    """Integer line numbers: twice the numbers where there are halves, counted from 1 where the axis has others."""
    for times in (1, 2):
        if float(times * axis.start).is_integer() and float(times * axis.step).is_integer():
            return (times * axis.values).astype(np.int64)
    return np.arange(1, axis.size + 1)


def text_header(grid: Grid, description: str = "") -> bytes:
    """Forty lines of 80 characters, EBCDIC."""
    lines = [
        f"{description[:72]}",
        "",
        *(str(axis) for axis in grid.axes),
        "",
        "INLINE AT BYTE 189, CROSSLINE AT BYTE 193, CDP AT BYTE 21",
        "CDP X AT BYTE 181, CDP Y AT BYTE 185, SCALAR AT BYTE 71",
    ]
    lines = [*(lines + [""] * 40)[:38], "SEG Y REV1", "END TEXTUAL HEADER"]
    return "".join(f"C{number:2d} {line[:76]:<76}" for number, line in enumerate(lines, 1)).encode("cp037", "replace")


def binary_header(grid: Grid, code: int = 5) -> bytes:
    """400 bytes: interval, samples, format (5 is IEEE float), sorting, metres or feet, revision 1, fixed length."""
    header = bytearray(400)
    struct.pack_into(">iii", header, 0, 1, 1, 1)
    struct.pack_into(">hhHH", header, 16, _interval(grid.axes[-1]), 0, grid.shape[-1], 0)
    struct.pack_into(">hhh", header, 24, code, 1, 4)
    struct.pack_into(">h", header, 54, 2 if _is_in_feet(grid) else 1)
    struct.pack_into(">HhH", header, 300, 0x0100, 1, 0)
    return bytes(header)


def trace_headers(grid: Grid) -> Callable[[int, int], NDArray[np.uint8]]:
    """A function ``headers(first, count)`` giving trace headers, shape ``(count, 240)``."""
    vertical = grid.axes[-1]
    interval, (delay, scalar) = _interval(vertical), _delay(vertical)
    numbers = [_numbers(axis) for axis in grid.axes[:-1]]
    has_map = _has_map(grid)

    def headers(first: int, count: int) -> NDArray[np.uint8]:
        header = np.zeros(count, dtype=_HEADER)
        trace = np.arange(first, first + count)
        place = np.unravel_index(trace, grid.shape[:-1]) if numbers else ()
        header["line_sequence"] = header["file_sequence"] = header["cdp"] = trace + 1
        header["identification"], header["samples"], header["interval"] = 1, vertical.size, interval
        header["delay"], header["time_scalar"] = delay, scalar
        if len(numbers) == 2:
            header["record"] = header["inline"] = numbers[0][place[0]]
            header["cdp"] = header["crossline"] = numbers[1][place[1]]
        elif numbers:
            header["cdp"] = numbers[0][place[0]]
        if has_map:
            header["x"], header["y"] = np.rint(100 * grid.map_xy(np.column_stack(place))).T
            header["coordinate_scalar"], header["coordinate_units"] = -100, 1
        return header.view(np.uint8).reshape(count, 240)

    return headers


def _has_map(grid: Grid) -> bool:
    """Whether the grid knows map coordinates, and hundredths of them fit into 4 bytes."""
    if not grid.has_coordinates:
        return False
    if grid.is_crooked:
        ends = np.arange(grid.shape[0], dtype=np.float64)[:, None]
    else:
        ends = np.array([*np.ndindex(*(2 for _ in grid.shape[:-1]))]) * (np.array(grid.shape[:-1]) - 1.0)
    return bool(np.all(100 * np.abs(grid.map_xy(ends)) < np.iinfo(np.int32).max))


def _is_in_feet(grid: Grid) -> bool:
    """Whether lengths are in feet, by the map coordinates and the vertical axis."""
    known = grid.attributes.get("coordinates")
    return grid.axes[-1].unit == "ft" or (isinstance(known, dict) and known.get("unit") == "ft")
