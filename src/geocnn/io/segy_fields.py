"""Trace header fields of a whole SEG-Y file as columns."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from geocnn.io.tracefile import TraceFile

__all__ = ["Fields", "read_fields", "scaled"]

# First bytes (counted from 1) of the 2-byte fields that are read; all others are 4-byte integers.
_SHORT = {29, 71, 89, 109, 115, 117, 215}

Fields = dict[int, NDArray[np.int32]]


def read_fields(file: TraceFile, order: str, fields: Iterable[int]) -> Fields:
    """Read header fields of all traces.

    Args:
        file: the traces.
        order: ">" big-endian or "<" little-endian.
        fields: first bytes, counted from 1 as in the standard.

    Returns:
        One signed integer per trace for each field, shape ``(traces,)``.
    """
    wanted = tuple(dict.fromkeys(fields))
    columns = {byte: np.empty(file.layout.count, dtype=np.int32) for byte in wanted}
    for first in range(0, file.layout.count, file.layout.block):
        count = min(file.layout.block, file.layout.count - first)
        headers = file.headers(first, count)
        for byte in wanted:
            kind, size = ("i2", 2) if byte in _SHORT else ("i4", 4)
            raw = np.ascontiguousarray(headers[:, byte - 1 : byte - 1 + size])
            columns[byte][first : first + count] = raw.view(order + kind)[:, 0]
    return columns


def scaled(values: NDArray[np.int32], scalars: NDArray[np.int32]) -> NDArray[np.float64]:
    """Apply SEG-Y scalars: positive multiplies, negative divides, zero means one. Shape ``(traces,)``."""
    factor = np.where(scalars > 0, scalars, 1) / np.where(scalars < 0, -scalars.astype(np.float64), 1.0)
    return np.asarray(values * factor, dtype=np.float64)
