"""Results as SEG-Y: the input file with its samples replaced, or a new file made from a grid."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.io.samples import SampleFormat
from geocnn.io.segy import SegySource
from geocnn.io.segy_headers import binary_header, text_header, trace_headers, whole_interval
from geocnn.io.tracefile import TraceLayout
from geocnn.io.tracesink import Headers, TraceSink

__all__ = ["create_segy", "create_segy_like"]

_FLOAT = np.dtype(np.float32)


def create_segy_like(
    path: Path, like: SegySource, dtype: np.dtype[np.generic] = _FLOAT, *, overwrite: bool = False, job: str = ""
) -> TraceSink:
    """A copy of a SEG-Y (or SU) file whose samples will be replaced.

    Text, binary and trace headers, the order of the traces, where each begins, missing traces, and trailers stay as
    they are, byte for byte.
    Four-byte floats keep their format (IBM or IEEE); all other formats cannot hold a result between 0 and 1 and
    become IEEE floats, format 5, which changes two bytes of the binary header, as one-byte integers, format 8, do.
    A sample interval that the user has stated is written where the standard has it, see :func:`_with_interval`.

    Args:
        path: where the result will be.
        like: the input.
        dtype: of the samples, int8 or a float of four bytes.
        overwrite: replace an existing result.
        job: what is being done; see :class:`~geocnn.io.partial.PartialSink`.

    Raises:
        DataError: samples of one byte for an SU file, or a stated sample interval that the headers cannot hold.
        TargetError: the target cannot be written, or is the input.
    """
    layout = like.file.layout
    with like.file.path.open("rb") as file:
        head = bytearray(file.read(layout.offset))
        file.seek(layout.file_bytes)
        tail = file.read()
    small = dtype == np.int8
    if small and not head:  # no header that could tell
        raise DataError(f"{path.name}: Seismic Unix files hold floats of 4 bytes, not int8; write .sgy, .zarr or .npy.")
    if small or not (layout.form.ibm or layout.form.stored.str[1:] == "f4"):
        form, code = _form(like.order, small=small)
        layout = replace(layout, form=form)
        if head:  # SU has no binary header
            struct.pack_into(like.order + "h", head, 3224, code)
    headers = _with_interval(head, like) if like.restated else like.file.headers
    return TraceSink(
        path,
        layout,
        like.index,
        bytes(head),
        headers,
        tail,
        overwrite=overwrite,
        source_path=like.file.path,
        shift=like.shift,
        job=job,
    )


def _with_interval(head: bytearray, like: SegySource) -> Headers:
    """Trace headers with the interval that the user has stated, which is put into the binary header as well.

    It goes to bytes 3217 and 117, and to the extended field of revision 2, bytes 3273-3280, where that is in use: then
    it need not be a whole number of thousandths, and the others have the nearest one, or 0 where that is too large.

    Raises:
        DataError: the headers cannot hold it.
    """
    axis, order = like.grid.axes[-1], like.order
    extended = head and head[3500] >= 2 and struct.unpack_from(order + "d", head, 3272)[0] > 0
    if extended:
        struct.pack_into(order + "d", head, 3272, 1000 * axis.step)
    interval = round(1000 * axis.step) if extended else whole_interval(axis)
    field = struct.pack(order + "h", interval if interval <= np.iinfo(np.int16).max else 0)
    if head:
        head[3216:3218] = field

    def headers(first: int, count: int) -> NDArray[np.uint8]:
        found = like.file.headers(first, count).copy()
        found[:, 116:118] = np.frombuffer(field, np.uint8)
        return found

    return headers


def create_segy(
    path: Path,
    grid: Grid,
    dtype: np.dtype[np.generic] = _FLOAT,
    *,
    overwrite: bool = False,
    description: str = "",
    source_path: Path | None = None,
    job: str = "",
) -> TraceSink:
    """A new SEG-Y file (rev 1, big-endian, IEEE floats or one-byte integers) for a grid of one to three axes.

    Line numbers are at bytes 189 and 193, a line's trace numbers at byte 21, coordinates (where the grid knows them)
    at 181 and 185 in hundredths of a metre, or tenths or whole ones where these do not fit into 4 bytes, the start of
    the vertical axis at byte 109.

    Args:
        path: where the result will be.
        grid: axes; the last one is the vertical.
        dtype: of the samples, int8 or a float of four bytes.
        overwrite: replace an existing result.
        description: goes to the text header.
        source_path: input that must not be overwritten; its name goes to the text header.
        job: what is being done; see :class:`~geocnn.io.partial.PartialSink`.

    Raises:
        DataError: the grid does not fit into SEG-Y.
        TargetError: the target cannot be written.
    """
    if not 1 <= grid.ndim <= 3:
        raise DataError(f"SEG-Y holds lines and cubes, not {grid.ndim} axes ({', '.join(grid.names)}); write .zarr.")
    count = int(np.prod(grid.shape[:-1], dtype=np.int64))
    form, code = _form(">", small=dtype == np.int8)
    layout = TraceLayout(3600, 240, grid.shape[-1], count, form)
    source = "" if source_path is None else source_path.name
    head = text_header(grid, description, source) + binary_header(grid, code)
    index = np.arange(count, dtype=np.int64).reshape(grid.shape[:-1])
    return TraceSink(
        path, layout, index, head, trace_headers(grid), overwrite=overwrite, source_path=source_path, job=job
    )


def _form(order: str, *, small: bool) -> tuple[SampleFormat, int]:
    """Samples of one or four bytes, and their code in the binary header (SEG-Y rev 1, bytes 3225-3226)."""
    if small:
        return SampleFormat(np.dtype(np.int8), name="1-byte integer"), 8
    return SampleFormat(np.dtype(order + "f4"), name="4-byte IEEE float"), 5
