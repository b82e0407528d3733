"""Windows with a class each: read, checked and brought to one form, whatever they lie in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.io.window_files import Arrays, read_arrays

__all__ = ["Windows", "read_windows"]


@dataclass(frozen=True)
class Windows:
    """Windows in memory.

    Attributes:
        x: ``(windows, channels, *space)``, float32, finite.
        y: ``(windows,)`` number of the class, None where it is not known.
        classes: names of the classes; empty where none are known.
        group: ``(windows,)`` number of the group, None where there are none: what must not be torn apart.
        names: of the windows, for tables.
        axes: names of the axes of space.
        vertical: which of them is the vertical one.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64] | None
    classes: tuple[str, ...]
    group: NDArray[np.int64] | None
    names: tuple[str, ...]
    axes: tuple[str, ...]
    vertical: int

    @property
    def ndim(self) -> int:
        """Dimensions of a window."""
        return self.x.ndim - 2


def read_windows(path: str | Path, *, ndim: int | None = None, classes: tuple[str, ...] | None = None) -> Windows:
    """Read windows, with their classes where they lie there.

    Args:
        path: .npz or Zarr group with x ``(windows, [channels,] *space)``, y ``(windows,)`` and, if there are any, the
            names of the ``classes`` and a ``group`` of each window (line, event, station); or a folder for each class
            with pictures or .npy files; without classes also a folder of such files or an .npy.
        ndim: dimensions of a window, where its axes do not tell.
        classes: names that the classes must have, in order, of a trained network.

    Raises:
        MissingError: no such file.
        FormatError: something else, or damaged.
        DataError: windows, classes and groups that do not fit one another, or NaN.
    """
    path = Path(path)
    found = read_arrays(path)
    x = _checked(path, found, 2 if found.pictures else ndim)
    y, names = (None, ()) if found.y is None else _classes(path, found, classes)
    if found.y is None and classes is not None:
        names = classes
    count = x.ndim - 2
    axes = ("row", "column") if found.pictures else ("inline", "crossline", "time")[-count:]
    if count == 2 and not found.pictures:
        axes = ("trace", "time")
    group = None if found.group is None else _groups(path, found.group, len(x))
    return Windows(x, y, names, group, found.names, axes, 0 if found.pictures else count - 1)


def _checked(path: Path, found: Arrays, ndim: int | None) -> NDArray[np.float32]:
    """The windows as ``(windows, channels, *space)``."""
    x = found.x
    shape = " x ".join(map(str, x.shape))
    if x.dtype.kind not in "biuf":
        raise DataError(f"the windows of {path} are {x.dtype}; needed are real numbers.")
    if not 2 <= x.ndim <= 5 or 0 in x.shape:
        raise DataError(
            f"the windows of {path} form an array of {shape or 'no'} numbers; needed is (windows, samples ...), with "
            "the channels, if there are several, in second place."
        )
    dims = ndim or {2: 1, 5: 3}.get(x.ndim)
    if dims is None:
        plain, more = x.ndim - 1, f"{x.shape[1]} channel{'s' * (x.shape[1] > 1)}"
        raise DataError(
            f"the windows of {path} form an array of {shape} numbers: give --ndim {plain} if they are {plain}-D, or "
            f"--ndim {plain - 1} if they are {plain - 1}-D with {more}."
        )
    if x.ndim - dims not in (1, 2):
        raise DataError(
            f"the windows of {path} form an array of {shape} numbers, which cannot be {dims}-D windows; needed are "
            f"{dims + 1} axes, or {dims + 2} with channels."
        )
    x = np.ascontiguousarray(x if x.ndim - dims == 2 else x[:, None], np.float32)
    if not np.isfinite(x).all():
        bad = np.argwhere(~np.isfinite(x))
        first, *where = bad[0].tolist()
        raise DataError(
            f"window {found.names[first]} of {path} holds NaN or infinite numbers, the first at index "
            f"{', '.join(map(str, where[1:]))}, as do {len(np.unique(bad[:, 0]))} of {len(x)} windows; replace the "
            "numbers, or leave these windows out."
        )
    return x


def _classes(path: Path, found: Arrays, known: tuple[str, ...] | None) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number of the class of each window among the known ones, or among those of the file; and their names."""
    y = np.asarray(found.y)
    if y.shape != (len(found.x),):
        shape = " x ".join(map(str, y.shape))
        raise DataError(f"{path} has {len(found.x)} windows and {shape} labels; needed is one class for each window.")
    if y.dtype.kind in "biuf":
        labels, names = _of_codes(path, y, found)
        if known is not None and found.classes is None and not set(labels) <= set(known):
            # Numbers are then places among them.
            labels, _ = _of_codes(path, y, Arrays(found.x, y, known, None, found.names))
    else:
        labels = [v.decode() if isinstance(v, bytes) else str(v) for v in y.tolist()]
        names = list(found.classes or sorted(set(labels)))
    number = {name: k for k, name in enumerate(known or names)}
    outside = [label for label in labels if label not in number]
    if outside:
        raise DataError(f"{path} has the class {outside[0]!r}, which is none of {', '.join(number)}.")
    return np.array([number[label] for label in labels], np.int64), tuple(number)


def _of_codes(path: Path, y: NDArray[Any], found: Arrays) -> tuple[list[str], list[str]]:
    """Name of the class of each window, and all names, where classes are whole numbers."""
    if not np.isfinite(y).all() or (y != np.round(y)).any():
        raise DataError(f"the labels of {path} are {y.dtype} and no whole numbers; needed is the class of each window.")
    codes, names = y.astype(np.int64), found.classes
    if names is None:
        return [str(v) for v in codes.tolist()], [str(v) for v in np.unique(codes).tolist()]
    outside = (codes < 0) | (codes >= len(names))
    if outside.any():
        first = int(outside.argmax())
        raise DataError(
            f"window {found.names[first]} of {path} has the class {codes[first]}, but there are {len(names)} classes, "
            f"0 to {len(names) - 1} ({', '.join(names)})."
        )
    return [names[v] for v in codes.tolist()], list(names)


def _groups(path: Path, group: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Number of the group of each window."""
    if np.shape(group) != (count,):
        shape = " x ".join(map(str, np.shape(group)))
        raise DataError(f"{path} has {count} windows and {shape} groups; needed is one group for each window.")
    return np.asarray(np.unique(np.asarray(group), return_inverse=True)[1], np.int64)
