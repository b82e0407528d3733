"""Read and write data: ``open`` recognises a file, ``create`` makes a result, finished or absent."""

from dataclasses import replace
from inspect import getattr_static
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, cast
from zipfile import ZipFile, is_zipfile

import numpy as np
from numpy.typing import DTypeLike, NDArray

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.grid import Grid
from geocnn.io.arrays import as_array
from geocnn.io.scan import ScannedSource
from geocnn.io.source import ArraySource, Sink, Source, as_grid

if TYPE_CHECKING:
    from geocnn.io.partial import PartialSink
    from geocnn.io.segy import SegyOptions

__all__ = ["RESULT_SUFFIXES", "SURVEYS", "ArraySource", "Sink", "Source", "as_grid", "create", "open"]

_SEGY = (".sgy", ".segy", ".su")
SURVEYS = (*_SEGY, ".zarr", ".npy")
"""Suffixes of surveys and of results."""
RESULT_SUFFIXES = ".sgy, .segy, .zarr or .npy, or .su where the data have it"
"""In words."""
_OTHERS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "compressed with gzip",
    b"\x89HDF": "an HDF5 file",
    b"CDF": "a netCDF file",
}


def open(  # noqa: A001  (the field's verb, always used as geocnn.open)
    data: str | Path | NDArray[np.generic] | Source,
    *,
    inline_byte: int | None = None,
    crossline_byte: int | None = None,
    domain: Literal["time", "depth"] = "time",
    ndim: int | None = None,
    sample_interval: float | None = None,
) -> Source:
    """Open a survey; nothing but headers is read.

    Args:
        data: path of a SEG-Y, SU, Zarr or .npy file; or an array, a tensor, or a source, which is returned as it is.
        inline_byte: SEG-Y header byte of the inline number; searched when missing.
        crossline_byte: SEG-Y header byte of the crossline number; searched when missing.
        domain: "time" (ms) or "depth" (m): SEG-Y headers do not tell.
        ndim: 3 insists on a cube, 2 reads a SEG-Y file as one line in file order.
        sample_interval: in ms (m in depth), instead of the one in the headers.

    Returns:
        A cube (inline, crossline, time), a line (trace, time) or whatever axes the array has.

    Raises:
        MissingError: no such file.
        FormatError: the file is of no known format, damaged, or of a form that is not read.
        GeometryError: the traces form neither a line nor a cube.
        DataError: options that do not fit the data, or one another.
    """
    from geocnn.io.segy import SegyOptions

    if domain not in ("time", "depth") or ndim not in (None, 2, 3):
        raise DataError(f"domain is 'time' or 'depth' and ndim is 2 or 3, not {domain!r} and {ndim!r}.")
    options = SegyOptions(inline_byte, crossline_byte, domain, ndim, sample_interval)
    if isinstance(data, np.ndarray):
        return _restated(ArraySource(data), options)
    if isinstance(data, str | Path):
        path = Path(data)
        return _open_path(path if path.name not in ("", "..") else path.resolve(), options)  # "." has no name
    # Not isinstance(), which would evaluate ``live``: a pass over the file.
    members = ("grid", "dtype", "live", "path", "read", "describe")
    lacking = [name for name in members if getattr_static(data, name, None) is None and not _reaches(data, name)]
    if not lacking:
        if options != SegyOptions():
            raise DataError(
                "a Source is open already and keeps its grid; give domain, inline_byte, crossline_byte, ndim and "
                "sample_interval where it is opened."
            )
        return data
    if (array := as_array(data)) is not None:
        return _restated(ArraySource(array), options)
    if len(lacking) < len(members):
        raise DataError(
            f"{type(data).__name__} is no Source, for it has no {', '.join(lacking)}; add that, or give geocnn.open "
            "the path or the array."
        )
    raise DataError(f"a survey is a path, an array or a Source, not {type(data).__name__}; give one of these.")


def _reaches(data: object, name: str) -> bool:
    """Whether an attribute is None or comes from elsewhere (``__getattr__``); ``live`` costs a pass and is believed."""
    return hasattr(type(data), "__getattr__") if name == "live" else hasattr(data, name)


def _restated(source: ScannedSource, options: "SegyOptions") -> Source:
    """A source without headers, its vertical axis restated by the user's domain and sample interval."""
    if options.pair is not None or options.ndim is not None:
        raise DataError("--inline-byte, --crossline-byte and --ndim are for the headers of SEG-Y files.")
    last = source.grid.axes[-1]
    if options.domain == "depth":
        last = replace(last, name="depth", unit="ft" if last.unit == "ft" else "m")
    if options.sample_interval is not None:
        last = replace(last, step=float(options.sample_interval), unit=last.unit or "ms")
    source.grid = Grid((*source.grid.axes[:-1], last), source.grid.attributes)
    return cast("Source", source)


def _open_path(path: Path, options: "SegyOptions") -> Source:
    """Look at the content first, at the suffix only when the content says nothing."""
    if not path.exists():
        raise MissingError(f"there is no file {path}; check the name.")
    if path.is_dir():
        from geocnn.io.zarr import ZarrSource
        from geocnn.io.zarr_folder import is_zarr

        if not is_zarr(path):
            raise FormatError(f"{path.name or path} is a folder and no Zarr store (it has no zarr.json); name a file.")
        return _restated(ZarrSource(path), options)
    with path.open("rb") as file:
        head = file.read(3600)
    if not head:
        raise FormatError(f"{path.name} is empty (0 bytes); copy it again.")
    if head.startswith(b"\x93NUMPY"):
        from geocnn.io.npy import open_npy

        return _restated(open_npy(path), options)
    if head.startswith(b"PK\x03\x04") and (arrays := _arrays_of(path)):
        raise FormatError(
            f"{path.name} holds several arrays ({', '.join(arrays)}), and a survey is one; write that with numpy.save "
            "into a .npy file."
        )
    for magic, kind in _OTHERS.items():
        if head.startswith(magic):
            raise FormatError(f"{path.name} is {kind}, not a survey; geocnn reads SEG-Y, Zarr and .npy.")
    from geocnn.io.segy import open_segy
    from geocnn.io.segy_format import is_segy

    if path.suffix.lower() in _SEGY or is_segy(head):
        return open_segy(path, options)
    raise FormatError(_no_survey(path.name, head))


def _no_survey(name: str, head: bytes) -> str:
    """Sentence on a file that is no survey: what it is, and what to type instead."""
    from geocnn.io.waveforms.miniseed import is_miniseed

    if is_miniseed(head):
        return (
            f"{name} holds seismograms in miniSEED, not a survey; geocnn predict quakes {name} picks P and S waves in "
            f"them, and geocnn view {name} shows them."
        )
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return f"{name} is XML, not a survey; a catalogue is looked at with its seismograms, geocnn view FOLDER {name}."
    return (
        f"{name} is no format that geocnn knows, or is damaged; it reads surveys in SEG-Y, Zarr and .npy, and "
        "seismograms in miniSEED."
    )


def _arrays_of(path: Path) -> list[str]:
    """Names of the arrays of a .npz file, none of another file."""
    if not is_zipfile(path):
        return []
    with ZipFile(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def create(
    path: str | Path,
    like: Source | NDArray[np.generic],
    *,
    overwrite: bool = False,
    dtype: DTypeLike = np.float32,
    scale: float = 1.0,
    description: str = "",
    job: str = "",
) -> Sink:
    """Create a result on the grid of ``like``; it appears at its path complete, at commit, or not at all.

    A SEG-Y result of a SEG-Y input is the input with its samples replaced; any other input gives a new SEG-Y file.

    Args:
        path: its suffix chooses the format: .sgy, .segy, .su, .zarr or .npy.
        like: the input whose geometry the result keeps.
        overwrite: replace an existing result.
        dtype: sample type of .zarr and .npy; SEG-Y results are 4-byte floats, or with int8 1-byte integers.
        scale: what samples are multiplied by before they are stored, as 100 for per cent.
        description: one line for the text header or the attributes of a new file.
        job: what is being done, in one line: what a killed process has left of the same job is taken over, and the
            sink's ``resumed`` says how far it had come.

    Raises:
        DataError: unknown suffix, a sample type of no real numbers, or the grid does not fit into the format.
        TargetError: the target exists, is the input, or cannot be written.
    """
    path, like = Path(path), open(like)
    sink = _sink(path, like, _stored(dtype), description, _Life(overwrite=overwrite, job=job))
    sink.scale = scale
    return sink


def _sink(path: Path, like: Source, dtype: np.dtype[np.generic], description: str, life: "_Life") -> "PartialSink":
    """A sink of the format that the suffix names.

    Raises:
        DataError: there is none, or the grid does not fit into it.
    """
    suffix = path.suffix.lower()
    if suffix == ".zarr":
        from geocnn.io.zarr import ZarrSink

        return ZarrSink(path, like.grid, dtype, description=description, source_path=like.path, **life)
    if suffix == ".npy":
        from geocnn.io.npy import create_npy

        return create_npy(path, like.grid, dtype, source_path=like.path, **life)
    if suffix in _SEGY:
        from geocnn.io.segy import SegySource
        from geocnn.io.segy_sink import create_segy, create_segy_like

        if isinstance(like, SegySource) and (suffix == ".su") == (like.file.layout.offset == 0):
            return create_segy_like(path, like, dtype, **life)
        if suffix != ".su":
            return create_segy(path, like.grid, dtype, description=description, source_path=like.path, **life)
    raise DataError(f"{path.name}: a result needs the suffix {RESULT_SUFFIXES}.")


class _Life(TypedDict):
    """Arguments that all sinks take."""

    overwrite: bool
    job: str


def _stored(dtype: DTypeLike) -> np.dtype[np.generic]:
    """A sample type that results can have.

    Raises:
        DataError: it holds no real numbers, or is unknown.
    """
    try:
        stored = np.dtype(dtype)
    except TypeError:
        stored = None
    if stored is None or stored.kind not in "iuf" or stored.itemsize > 8:
        raise DataError(f"dtype is {dtype!r}; a result holds integers or floats, for example dtype='float32'.")
    return stored
