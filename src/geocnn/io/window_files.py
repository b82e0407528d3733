"""Where windows lie: arrays in an .npz, .npy or Zarr group, or a folder of pictures and arrays; what is in them."""

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError, FormatError, MissingError

__all__ = ["Arrays", "read_arrays"]

DATA = ("x", "images", "windows", "data", "inputs", "samples", "traces")
LABELS = ("y", "labels", "label", "targets", "target")
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
FORMS = "an .npz file or a Zarr group with the arrays x and y, or a folder for each class with pictures or .npy files"
"""What is read, for messages."""


@dataclass(frozen=True)
class Arrays:
    """What was found, as it lies there.

    Attributes:
        x: ``(windows, ...)``, any kind of number.
        y: ``(windows,)`` class of each, by number or name; None where there is none.
        classes: names of the classes, if there are any.
        group: ``(windows,)`` what belongs together, if it is told.
        names: of the windows: their files, or their numbers.
        pictures: whether they are pictures, ``(windows, channels, row, column)``.
    """

    x: NDArray[Any]
    y: NDArray[Any] | None
    classes: tuple[str, ...] | None
    group: NDArray[Any] | None
    names: tuple[str, ...]
    pictures: bool = False


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
        return _zarr(path) if _is_zarr(path) else _folder(path)
    if path.suffix.lower() == ".npz":
        return _named(path, _npz(path))
    if path.suffix.lower() == ".npy":
        x = _npy(path)
        return Arrays(x, None, None, None, _numbers(x))
    if path.suffix.lower() in PICTURES:
        return _files([path], path.parent)
    raise FormatError(f"{path} holds no windows to be classified; give {FORMS}.")


def _named(path: Path, found: Mapping[str, Any]) -> Arrays:
    """Choose the arrays by their names."""
    lower = {k.lower(): v for k, v in found.items()}
    x = next((lower[k] for k in DATA if k in lower), None)
    if x is None:
        have = f"has the arrays {', '.join(found)}" if found else "has no arrays"
        raise FormatError(f"{path} {have}; needed are x (windows, samples ...) and y (windows), the class of each.")
    classes = lower.get("classes", lower.get("class_names"))
    return Arrays(
        x,
        next((lower[k] for k in LABELS if k in lower), None),
        None if classes is None else tuple(str(name) for name in np.asarray(classes).ravel()),
        lower.get("group", lower.get("groups")),
        _numbers(x),
    )


def _numbers(x: NDArray[Any]) -> tuple[str, ...]:
    """Names of windows that have none."""
    return tuple(str(k) for k in range(len(x))) if x.ndim else ()


def _npz(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file.

    Raises:
        FormatError: it is none, or holds Python objects.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise FormatError(_refusal(path, error)) from None


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


def _refusal(path: Path, error: Exception) -> str:
    """Why a file of NumPy's was not read."""
    if "allow_pickle=False" in str(error) and "Object arrays" in str(error):
        return (
            f"{path} holds Python objects, which can run anything when they are read; save arrays of numbers or text."
        )
    return f"{path} is damaged or no {path.suffix.lower()} file; write it again with NumPy."


def _is_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr store."""
    return any((path / name).exists() for name in ("zarr.json", ".zgroup", ".zarray"))


def _zarr(path: Path) -> Arrays:
    """Arrays, and names of classes among the attributes, of a Zarr group.

    Raises:
        FormatError: a single array, or a damaged store.
    """
    import zarr

    try:
        store = zarr.open(str(path), mode="r")
        if isinstance(store, zarr.Array):
            raise FormatError(f"{path} is one Zarr array; needed is a group with the arrays x and y.")
        found = {name: np.asarray(array[...]) for name, array in store.arrays()}
        known = {k: v for k, v in store.attrs.items() if k in ("classes", "class_names")}
    except (ValueError, OSError, KeyError, TypeError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path} is a damaged Zarr group ({error}); write it again.") from None
    return _named(path, {**known, **found})


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
            have, need = (_size(w.shape) for w in (window, windows[0]))
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


def _size(shape: Iterable[int]) -> str:
    """Sizes in words."""
    return " x ".join(map(str, shape))
