"""Zarr stores: groups that xarray opens, with the samples in the array ``data`` and their coordinates beside it.

Each axis has an array of its name, and every trace its map coordinates in ``cdp_x`` and ``cdp_y``. An attribute of the
samples states the axes exactly, see :func:`geocnn.io.zarr_folder.statement`. What xarray writes is read, and single
arrays, as results once were, see :mod:`geocnn.io.zarr_axes`.
"""

import json
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from geocnn.errors import FormatError
from geocnn.grid import UPWARD, Grid
from geocnn.io.partial import PartialSink
from geocnn.io.percent import PERCENT
from geocnn.io.samples import SampleFormat, encode, loses_all
from geocnn.io.scan import ScannedSource
from geocnn.io.slices import Slices, spans
from geocnn.io.zarr_axes import axes_of, survey_of
from geocnn.io.zarr_folder import DATA, MAP, STATEMENT, is_coordinate_name, is_zarr
from geocnn.io.zarr_map import ends_of, in_arrays, write_map
from geocnn.io.zarr_packing import DIMENSIONS, IN_PER_CENT, PACKED, packing_of
from geocnn.words import size_text

if TYPE_CHECKING:
    import zarr

__all__ = ["ZarrSink", "ZarrSource"]

_EXACT = 2.0**53  # whole numbers below it are exact in 8-byte floats
CHUNKS = {1: (1 << 19,), 2: (512, 1024), 3: (64, 64, 128)}  # about 2 MB of float32


class ZarrSource(ScannedSource):
    """One array of a Zarr store.

    Args:
        path: folder of the store, or of a group that holds one survey and its coordinates.

    Raises:
        FormatError: the store cannot be read, holds several surveys, one whose vertical axis is not the last, or no
            real numbers.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path: Path | None = path
        self._path = path
        self._array, group = _open_array(path)
        if 0 in self._array.shape:
            shape = self._array.shape
            raise FormatError(
                f"{path.name} is empty, its shape is {shape}; a survey has a sample or more along each axis."
            )
        if self._array.dtype.kind not in "biuf" or not self._array.shape:
            raise FormatError(
                f"{path.name} holds {self._array.dtype} with shape {self._array.shape}; "
                "a survey is an array of real numbers."
            )
        self.grid, self._notes = axes_of(self._array, group, path.name)
        self._packing = packing_of(self._array)
        self.dtype = np.dtype(np.float32) if self._packing.scaled else np.dtype(self._array.dtype)
        self.chunk_rows = self._array.chunks[0]

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block as float32, NaN where its attributes say that there is no sample; only its chunks are touched.

        Raises:
            DataError: what is asked for are no slices with step 1.
            FormatError: a chunk is damaged.
        """
        wanted = tuple(slice(a, b) for a, b in spans(slices, self.grid.shape))
        try:
            block = self._packing.samples(np.asarray(self._array[wanted]))
        except (KeyError, ValueError, RuntimeError, OSError) as error:
            raise FormatError(
                f"{self._path.name} has a damaged chunk ({_first_line(error)}); copy it again."
            ) from error
        with np.errstate(over="ignore"):
            single = np.ascontiguousarray(block, dtype=np.float32)
        self.out_of_range |= loses_all(np.asarray(block), single)
        return single

    @property
    def in_per_cent(self) -> bool:
        """Whether geocnn has marked the samples as per cent."""
        attributes = self._array.attrs
        marked = attributes.get("scale_factor") == IN_PER_CENT["scale_factor"] and STATEMENT in attributes
        return marked and self.dtype == PERCENT

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        chunks = size_text(self._array.chunks)
        stored, packing = self._array.dtype, self._packing
        rows = [("format", f"Zarr v{self._array.metadata.zarr_format}, {stored}, chunks of {chunks}")]
        if packing.scaled:
            rows.append(("samples", f"{packing.scale:g} times what is stored, plus {packing.offset:g}"))
        if packing.missing:
            rows.append(("no sample", " or ".join(f"{value:g}" for value in packing.missing)))
        return rows + self._notes

    def __reduce__(self) -> tuple[type["ZarrSource"], tuple[Path]]:
        return type(self), (self._path.absolute(),)


def _open_array(path: Path) -> tuple["zarr.Array[Any]", "zarr.Group | None"]:
    """The survey of a store, and the group that it is in."""
    import zarr

    try:
        node = zarr.open(str(path), mode="r")
        if isinstance(node, zarr.Group):
            return survey_of(node, path.name), node
        above = zarr.open(str(path.absolute().parent), mode="r") if is_zarr(path.absolute().parent) else None
    except (KeyError, ValueError, TypeError, OSError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path.name} is a damaged Zarr store ({_first_line(error)}); copy it again.") from error
    return node, above if isinstance(above, zarr.Group) else None


def _first_line(error: Exception) -> str:
    """What a library says, as part of a sentence."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip().rstrip(".")


class ZarrSink(PartialSink):
    """A Zarr v3 group that appears at its path complete.

    Args:
        path: folder of the store.
        grid: axes and attributes to keep.
        dtype: sample type.
        overwrite: replace an existing store.
        description: kept as an attribute.
        source_path: input that must not be overwritten.
        job: what is being done; see :class:`~geocnn.io.partial.PartialSink`.

    Raises:
        TargetError: the target cannot be written.
    """

    _HANDLES = ("_array",)

    def __init__(
        self,
        path: Path,
        grid: Grid,
        dtype: DTypeLike = np.float32,
        *,
        overwrite: bool = False,
        description: str = "",
        source_path: Path | None = None,
        job: str = "",
    ) -> None:
        import zarr

        stored = np.dtype(dtype)
        needed = int(np.prod(grid.shape, dtype=np.int64)) * stored.itemsize
        if in_arrays(grid):
            needed += 16 * int(np.prod(grid.shape[:-1], dtype=np.int64))
        super().__init__(path, grid.shape, needed, overwrite=overwrite, source_path=source_path, job=job)
        wished = CHUNKS.get(grid.ndim, (1,) * (grid.ndim - 3) + CHUNKS[3])
        chunks = tuple(min(n, size) for n, size in zip(wished, grid.shape, strict=True))
        self.rows, self.units = chunks[0], chunks
        with self._guard():
            if self.resumed:
                for unfinished in self.partial.rglob("*.partial"):  # a chunk that was being written
                    unfinished.unlink()
                self._array = zarr.open_array(str(self.partial / DATA), mode="r+")
                return
            group = zarr.create_group(str(self.partial))
            self._array = group.create_array(
                DATA,
                shape=grid.shape,
                chunks=chunks,
                dtype=stored,
                fill_value=0,
                dimension_names=grid.names,
                attributes=_attributes(grid, description),
            )
            _write_axes(group, grid)
            if in_arrays(grid):
                write_map(group, grid)

    def write(self, start: tuple[int, ...], block: NDArray[np.float32]) -> None:
        """Write ``block`` with its first sample at index ``start``.

        Raises:
            DataError: the block does not lie inside the grid.
            TargetError: the disk is full; the partial store is removed.
        """
        stored = encode(self._ready(start, block), SampleFormat(self._array.dtype))
        with self._guard():
            (self.partial / "zarr.json").stat()  # Zarr would make the folder again that somebody has removed
            self._array[tuple(slice(a, a + n) for a, n in zip(start, block.shape, strict=True))] = stored

    def _join(self) -> None:
        import zarr

        (self.partial / "zarr.json").stat()
        self._array = zarr.open_array(str(self.partial / DATA), mode="r+")

    def _finish(self) -> None:
        import zarr

        (self.partial / "zarr.json").stat()
        if self._array.dtype == PERCENT and self.scale == 1 / IN_PER_CENT["scale_factor"]:
            self._array.attrs.update(IN_PER_CENT)
        with warnings.catch_warnings():  # that it may change in Zarr, and xarray warns without it
            warnings.simplefilter("ignore")
            zarr.consolidate_metadata(str(self.partial))
        for folder, _, names in os.walk(self.partial):
            for name in names:
                with (Path(folder) / name).open("r+b") as file:  # Windows flushes only what may be written
                    os.fsync(file.fileno())


def _attributes(grid: Grid, description: str) -> dict[str, Any]:
    """Attributes of the samples, of which the statement is read by geocnn and the others by all."""
    ours = (*PACKED, DIMENSIONS, STATEMENT, UPWARD, "axes", "coordinates")
    kept: dict[str, Any] = {key: value for key, value in grid.attributes.items() if key not in ours}
    if description:
        kept["description"] = description
    stated: dict[str, Any] = {
        "axes": [{"name": a.name, "size": a.size, "start": a.start, "step": a.step, "unit": a.unit} for a in grid.axes]
    }
    known = grid.attributes.get("coordinates")
    if kind := in_arrays(grid):
        kept["coordinates"] = " ".join(MAP)
        stated |= {"arrays": kind, "ends": ends_of(grid)}
    if isinstance(known, dict):
        stated["coordinates"] = {key: value for key, value in known.items() if key != kind}
    kept[STATEMENT] = json.dumps(stated, default=lambda one: np.asarray(one).tolist())
    return kept


def _write_axes(group: "zarr.Group", grid: Grid) -> None:
    """An array of coordinates for each axis whose name can be that of an array."""
    names = [axis.name.lower() for axis in grid.axes]
    for axis in grid.axes:
        if not is_coordinate_name(axis.name) or names.count(axis.name.lower()) > 1:
            continue
        values = axis.values
        attributes: dict[str, Any] = {"units": axis.unit} if axis.unit else {}
        if axis is grid.axes[-1] and UPWARD in grid.attributes:
            attributes["positive"] = "up" if grid.attributes[UPWARD] else "down"
        whole = np.all(values == np.rint(values)) and np.all(np.abs(values) < _EXACT)
        group.create_array(
            axis.name,
            data=values.astype(np.int64) if whole else values,
            dimension_names=(axis.name,),
            attributes=attributes,
        )
