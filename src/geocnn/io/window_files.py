"""Find windows: arrays in memory, in an .npz, .npy or Zarr group, or a folder of files."""

import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.io.arrays import as_array
from geocnn.io.system import replaced
from geocnn.io.zarr_folder import is_one_result, is_zarr
from geocnn.io.zarr_packing import packing_of
from geocnn.words import size_text

if TYPE_CHECKING:
    import zarr

__all__ = ["Arrays", "Given", "are_windows", "find_arrays", "read_arrays", "read_npz", "write_windows"]

DATA = ("x", "images", "windows", "data", "inputs", "samples", "traces")
LABELS = ("y", "labels", "label", "targets", "target")
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
FORMS = "an .npz file or a Zarr group with the arrays x and y, or a folder for each class with pictures or .npy files"
"""What is read, for messages."""
Given = str | Path | NDArray[Any] | tuple[Any, Any] | Mapping[str, Any]
"""Windows as they are given: a path, an array, ``(x, y)``, or arrays by the names that they would have in a file."""


@dataclass(frozen=True)
class Arrays:
    """Windows with their labels, as they are stored.

    Attributes:
        x: ``(windows, ...)``, any kind of number.
        y: class of each window by number or name, ``(windows,)``; None without labels.
        classes: names of the classes, if there are any.
        group: group of each window, ``(windows,)``; None without groups.
        names: names of the windows: their files, or their numbers.
        pictures: whether they are pictures, ``(windows, channels, row, column)``.
    """

    x: NDArray[Any]
    y: NDArray[Any] | None
    classes: tuple[str, ...] | None
    group: NDArray[Any] | None
    names: tuple[str, ...]
    pictures: bool = False


def are_windows(data: object) -> bool:
    """Whether what could be seismograms as well is a file of windows by its name, a Zarr group, or arrays."""
    if isinstance(data, str | Path):
        path = Path(data)
        return path.suffix.lower() in (".npz", ".npy", ".zarr", *PICTURES) or is_zarr(path)
    if isinstance(data, tuple):
        return any(hasattr(type(part), "__array__") for part in data)
    return isinstance(data, Mapping) or hasattr(type(data), "__array__")


def find_arrays(data: Given) -> tuple[str, Arrays]:
    """Name of the windows for messages, and their arrays.

    Raises:
        DataError: neither a path nor arrays.
        MissingError, FormatError: as of :func:`read_arrays`.
    """
    if isinstance(data, str | Path):
        return str(data), read_arrays(Path(data))
    if (array := as_array(data)) is not None:
        return "the data", Arrays(array, None, None, None, _numbers(array))
    if isinstance(data, tuple) and len(data) == 2:
        data = dict(zip(("x", "y"), data, strict=True))
    if not isinstance(data, Mapping):
        raise DataError(
            f'data is a {type(data).__name__}; needed is a path, an array, (x, y), or {{"x": ..., "y": ...}} and, if '
            "there are any, classes and group."
        )
    return "the data", _named(
        "the data", {k: np.asarray(v) if (array := as_array(v)) is None else array for k, v in data.items()}
    )


def read_arrays(path: Path) -> Arrays:
    """Read a file or folder of windows.

    Raises:
        MissingError: there is none.
        FormatError: something else, a damaged one, or one without windows.
        DataError: windows of different sizes.
    """
    if not path.exists():
        raise MissingError(f"there is no file or folder {path}; check the name.")
    if path.is_dir():
        return _zarr(path) if is_zarr(path) else _folder(path)
    if path.suffix.lower() == ".npz":
        return _named(str(path), read_npz(path))
    if path.suffix.lower() == ".npy":
        x = _npy(path)
        return Arrays(x, None, None, None, _numbers(x))
    if path.suffix.lower() in PICTURES:
        return _files([path], path.parent)
    raise FormatError(f"{path} holds no windows to be classified; give {FORMS}.")


def write_windows(target: Path, x: NDArray[Any], y: NDArray[Any]) -> Path:
    """Write windows x and their classes y as an .npz file, beside its place and renamed; return the path.

    Raises:
        TargetError: the folder cannot be written.
    """
    with replaced(target) as part:
        np.savez_compressed(part, x=x, y=y)
    return target


def _named(name: str, found: Mapping[str, Any]) -> Arrays:
    """Choose the arrays by their names.

    Raises:
        FormatError: there are no windows.
        DataError: two classes of one name.
    """
    lower = {k.lower(): v for k, v in found.items()}
    x = next((lower[k] for k in DATA if k in lower), None)
    if x is None:
        have = f"has the arrays {', '.join(found)}" if found else "has no arrays"
        raise FormatError(f"{name} {have}; needed are x (windows, samples ...) and y (windows), the class of each.")
    given = lower.get("classes", lower.get("class_names"))
    classes = None if given is None else tuple(str(c) for c in np.asarray(given).ravel())
    twice = [c for c, count in Counter(classes or ()).items() if count > 1]
    if twice:
        raise DataError(
            f"{name} names the class {twice[0]!r} more than once in classes; name each once, in the order of their "
            "numbers."
        )
    labels = next((lower[k] for k in LABELS if k in lower), None)
    return Arrays(x, labels, classes, lower.get("group", lower.get("groups")), _numbers(x))


def _numbers(x: NDArray[Any]) -> tuple[str, ...]:
    """Names of windows that have none."""
    return tuple(str(k) for k in range(len(x))) if x.ndim else ()


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file.

    Raises:
        FormatError: it is none, as an .npy file of that name, or holds Python objects.
    """
    name = "x"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = {}
            for name in arrays.files:  # the one that cannot be read is named
                found[name] = arrays[name]
            return found
    except (ValueError, TypeError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise FormatError(_refusal(path, error, name)) from None


def _npy(path: Path) -> NDArray[Any]:
    """The array of an .npy file.

    Raises:
        FormatError: it is none, or holds Python objects.
    """
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise FormatError(_refusal(path, error)) from None
    return np.asarray(found)


def _refusal(path: Path, error: Exception, name: str = "x") -> str:
    """Why an array in a file of NumPy's was not read."""
    if "allow_pickle=False" in str(error) and "Object arrays" in str(error):
        return (
            f"{path} holds Python objects in {name}, which can run anything when they are read; save text, such as "
            f"that of pandas, as {name}.astype(str), and numbers as {name}.astype(float)."
        )
    return f"{path} is damaged or no {path.suffix.lower()} file; write it again with NumPy."


def _zarr(path: Path) -> Arrays:
    """Arrays, and names of classes among the attributes, of a Zarr group.

    Raises:
        FormatError: a single array, a survey, or a damaged store.
    """
    import zarr

    try:
        store = zarr.open(str(path), mode="r")
        if isinstance(store, zarr.Array):
            raise FormatError(f"{path} is one Zarr array; needed is a group with the arrays x and y.")
        if is_one_result(path):  # before it is read, which may be larger than the memory
            raise FormatError(f"{path} is a survey or a result of one; needed is a group with the arrays x and y.")
        found = {name: _unpacked(array) for name, array in store.arrays()}
        known = {k: v for k, v in store.attrs.items() if k in ("classes", "class_names")}
    except (ValueError, OSError, KeyError, TypeError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path} is a damaged Zarr group ({error}); write it again.") from None
    return _named(str(path), {**known, **found})


def _unpacked(array: "zarr.Array[Any]") -> NDArray[Any]:
    """What an array of a Zarr group means, as xarray and surveys read it: scaled, and NaN where there is no number."""
    stored = np.asarray(array[...])
    return packing_of(array).samples(stored) if stored.dtype.kind in "iuf" else stored


def _folder(path: Path) -> Arrays:
    """A folder for each class, or one folder of windows without classes.

    Raises:
        FormatError: there is nothing in it that can be read.
        DataError: a class without windows, or windows of different sizes.
    """
    folders = [f for f in sorted(path.iterdir()) if f.is_dir() and not f.name.startswith(".")]
    if not folders:
        return _files(_readable(path), path)
    by_class = {folder.name: _readable(folder) for folder in folders}
    empty = [name for name, files in by_class.items() if not files]
    if empty:
        raise DataError(
            f"the folder {path / empty[0]} holds no window; put {', '.join(PICTURES)} or .npy files into it, or remove "
            "it."
        )
    found = _files([file for files in by_class.values() for file in files], path)
    names = np.array([name for name, files in by_class.items() for _ in files])
    return Arrays(found.x, names, tuple(by_class), None, found.names, found.pictures)


def _readable(folder: Path) -> list[Path]:
    """Pictures and arrays in a folder, by name."""
    return [file for file in sorted(folder.iterdir()) if file.suffix.lower() in (*PICTURES, ".npy")]


def _files(files: list[Path], root: Path) -> Arrays:
    """One window a file.

    Raises:
        FormatError: no files, or a damaged one.
        DataError: windows of different sizes.
    """
    if not files:
        raise FormatError(f"{root} holds no windows; give {FORMS}.")
    kinds = {file.suffix.lower() in PICTURES for file in files}
    if len(kinds) > 1:
        raise DataError(f"{root} holds both pictures and .npy files; give one kind of them.")
    windows = [_picture(file) if file.suffix.lower() in PICTURES else _npy(file) for file in files]
    for file, window in zip(files, windows, strict=True):
        if window.shape != windows[0].shape:
            have, need = (size_text(w.shape) for w in (window, windows[0]))
            raise DataError(f"{file} has {have} samples and {files[0]} {need}; all windows must be of one size.")
    return Arrays(
        np.stack(windows), None, None, None, tuple(str(f.relative_to(root)) for f in files), pictures=kinds == {True}
    )


def _picture(path: Path) -> NDArray[Any]:
    """A picture as ``(channels, row, column)``: one channel if it is grey, else red, green and blue.

    Raises:
        FormatError: it is damaged.
        MissingError: Pillow is not installed.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingError("pictures are read with Pillow, which is not installed; type pip install pillow.") from None
    try:
        with Image.open(path) as image:
            grey = image.mode in ("1", "L", "F", "I", "LA") or image.mode.startswith("I;16")
            shown = image.convert("L" if image.mode in ("1", "LA") else image.mode if grey else "RGB")
            values = np.asarray(shown)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise FormatError(f"{path} is damaged or no picture; copy it again, or remove it.") from None
    return values[None] if values.ndim == 2 else np.moveaxis(values, -1, 0)
