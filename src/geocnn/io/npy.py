"""NumPy's .npy files. They hold samples alone: the axes are plain counters."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import DTypeLike, NDArray

from geocnn.errors import FormatError
from geocnn.grid import Grid
from geocnn.io.samples import SampleFormat
from geocnn.io.source import ArraySource, as_grid
from geocnn.io.tracefile import TraceFile, TraceLayout, TraceSource
from geocnn.io.tracesink import TraceSink

__all__ = ["NpySource", "create_npy", "open_npy"]


class NpySource(TraceSource):
    """A C-ordered .npy file, read piece by piece."""

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return [("format", f"NumPy array of {self.dtype}"), ("geometry", "none in the file; axes are counted from 0")]


def open_npy(path: Path) -> NpySource | ArraySource:
    """Open a .npy file; the last axis is the vertical.

    Raises:
        FormatError: no .npy file, cut, or no array of real numbers.
    """
    with path.open("rb") as file:
        try:
            version = npy_format.read_magic(file)
            reader = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
            shape, fortran, dtype = reader(file)
        except ValueError as error:
            raise FormatError(f"{path.name} is a damaged .npy file: its header cannot be read.") from error
        offset = file.tell()
    if 0 in shape:
        raise FormatError(f"{path.name} is empty, its shape is {shape}; a survey has a sample or more along each axis.")
    if dtype.kind not in "biuf" or not shape:
        raise FormatError(f"{path.name} holds {dtype} with shape {shape}; a survey is an array of real numbers.")
    needed, size = offset + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize, path.stat().st_size
    if size < needed:
        raise FormatError(f"{path.name} is cut: {size} of {needed} bytes are there; copy it again.")
    if fortran and len(shape) > 1:
        return ArraySource(np.load(path, mmap_mode="r", allow_pickle=False), path=path)
    count = int(np.prod(shape[:-1], dtype=np.int64))
    layout = TraceLayout(offset, 0, shape[-1], count, SampleFormat(dtype, name=str(dtype)))
    return NpySource(TraceFile(path, layout), as_grid(shape), _index(shape))


def create_npy(
    path: Path,
    grid: Grid,
    dtype: DTypeLike = np.float32,
    *,
    overwrite: bool = False,
    source_path: Path | None = None,
    job: str = "",
) -> TraceSink:
    """A .npy result; the grid's axes are not kept in the file.

    Raises:
        TargetError: the target cannot be written.
    """
    stored, head = np.dtype(dtype), BytesIO()
    description = {"descr": npy_format.dtype_to_descr(stored), "fortran_order": False, "shape": grid.shape}
    npy_format.write_array_header_1_0(head, description)
    index = _index(grid.shape)
    layout = TraceLayout(head.tell(), 0, grid.shape[-1], index.size, SampleFormat(stored, name=str(stored)))
    return TraceSink(
        path, layout, index, head.getvalue(), _no_headers, overwrite=overwrite, source_path=source_path, job=job
    )


def _index(shape: tuple[int, ...]) -> NDArray[np.int64]:
    return np.arange(int(np.prod(shape[:-1], dtype=np.int64))).reshape(shape[:-1])


def _no_headers(first: int, count: int) -> NDArray[np.uint8]:  # noqa: ARG001  (the signature of TraceSink)
    return np.empty((count, 0), dtype=np.uint8)
