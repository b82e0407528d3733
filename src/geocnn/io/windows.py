"""Windows with a class each: read, checked and brought to one form, whatever they lie in."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.io.window_files import Arrays, Given, find_arrays
from geocnn.words import number_of, size_text

__all__ = ["UNKNOWN", "Windows", "read_windows", "space_in_words"]

UNKNOWN = -1
"""Number in place of the class of a window that nobody labelled."""
_BYTE, _SMALL = 255, 100
"""Number that means no class, as in labels of samples, where all others are below the second."""
_NOTHING = ("", "nan", "NaN", "None", "<NA>", "NaT")
"""Text that NumPy, pandas and Python write where there is nothing."""


@dataclass(frozen=True)
class Windows:
    """Windows in memory.

    Attributes:
        x: ``(windows, channels, *space)``, float32, finite.
        y: ``(windows,)`` number of the class, :data:`UNKNOWN` where it is not known; None where it never is.
        classes: names of the classes; empty where none are known.
        group: ``(windows,)`` number of the group, None where there are none: what must not be torn apart.
        groups: names of the groups.
        names: of the windows, for tables.
        axes: names of the axes of space.
        vertical: which of them is the vertical one.
        unfit: why the labels were not used, where they do not fit the classes that were asked for.
        blank: what the labels are where no class is known, in words.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64] | None
    classes: tuple[str, ...]
    group: NDArray[np.int64] | None
    groups: tuple[str, ...]
    names: tuple[str, ...]
    axes: tuple[str, ...]
    vertical: int
    unfit: str = ""
    blank: str = "below 0, 255 or NaN"

    @property
    def ndim(self) -> int:
        """Dimensions of a window."""
        return self.x.ndim - 2

    @property
    def sha256(self) -> str:
        """Tells whether two sets of windows are the same, whatever is known of them."""
        return hashlib.sha256(np.ascontiguousarray(self.x).data).hexdigest()

    @property
    def digest(self) -> str:
        """Tells whether two sets of windows are the same, with their classes and groups."""
        known = [None if each is None else each.tolist() for each in (self.y, self.group)]
        return hashlib.sha256(json.dumps([self.sha256, self.classes, *known]).encode()).hexdigest()[:16]

    @property
    def constant(self) -> int:
        """How many windows are constant in every channel: there is nothing to see in them."""
        flat = self.x.reshape(len(self.x), self.x.shape[1], -1)
        return int((flat.min(2) == flat.max(2)).all(1).sum())


def read_windows(data: Given, *, ndim: int | None = None, classes: tuple[str, ...] | None = None) -> Windows:
    """Read windows, with their classes where they lie there.

    Labels below 0, 255 where all others are small, NaN, None, and text that stands for nothing ("", "nan", "None",
    "<NA>") mean that the class is not known; such text is a class where the names of the classes have it.

    Args:
        data: .npz or Zarr group with x ``(windows, [channels,] *space)``, y ``(windows,)`` and, if there are any, the
            names of the ``classes`` and a ``group`` of each window (line, event, station); or a folder for each class
            with pictures or .npy files; without classes also a folder of such files or an .npy. Or such arrays
            themselves: x, ``(x, y)``, or all of them by their names. Zarr is read as xarray reads it.
        ndim: dimensions of a window, where its axes do not tell.
        classes: names of the classes of a trained network, in order. Labels that do not fit them are not used then.

    Raises:
        MissingError: no such file.
        FormatError: something else, or damaged.
        DataError: windows, classes and groups that do not fit one another, NaN, or a window without a group.
    """
    name, found = find_arrays(data)
    x = _checked(name, found, 2 if found.pictures else ndim)
    y, names, unfit, blank = None, classes or (), "", ""
    if found.y is not None:
        try:
            y, names, blank = _classes(name, found, classes)
        except DataError as error:
            if classes is None:
                raise
            unfit = str(error)
    count = x.ndim - 2
    axes = ("row", "column") if found.pictures else ("inline", "crossline", "time")[-count:]
    if count == 2 and not found.pictures:
        axes = ("trace", "time")
    group, groups = (
        (None, ()) if found.group is None or classes is not None else _groups(name, found.group, found.names)
    )
    vertical = 0 if found.pictures else count - 1
    return Windows(x, y, names, group, groups, found.names, axes, vertical, unfit, blank or Windows.blank)


def space_in_words(windows: Windows) -> str:
    """Axes and channels of a window: "trace 64, time 128, 1 channel"."""
    channels, *space = windows.x.shape[1:]
    axes = ", ".join(f"{axis} {size}" for axis, size in zip(windows.axes, space, strict=True))
    return f"{axes}, {number_of(channels, 'channel')}"


def _checked(path: str, found: Arrays, ndim: int | None) -> NDArray[np.float32]:
    """The windows as ``(windows, channels, *space)``."""
    x = found.x
    shape = size_text(x.shape)
    if x.dtype.kind not in "biuf":
        raise DataError(f"the windows of {path} are {x.dtype}; needed are real numbers.")
    if not 2 <= x.ndim <= 5 or 0 in x.shape:
        raise DataError(
            f"the windows of {path} form an array of {shape or 'no'} numbers; needed is (windows, samples ...), with "
            "the channels, if there are several, in second place."
        )
    dims = ndim or {2: 1, 5: 3}.get(x.ndim)
    if dims is None:
        plain, more = x.ndim - 1, number_of(x.shape[1], "channel")
        raise DataError(
            f"the windows of {path} form an array of {shape} numbers: give --ndim {plain} if they are {plain}-D, or "
            f"--ndim {plain - 1} if they are {plain - 1}-D with {more}."
        )
    if x.ndim - dims not in (1, 2):
        raise DataError(
            f"the windows of {path} form an array of {shape} numbers, which cannot be {dims}-D windows; needed are "
            f"{dims + 1} axes, or {dims + 2} with channels."
        )
    return _single(path, x if x.ndim - dims == 2 else x[:, None], found.names)


def _single(path: str, x: NDArray[Any], names: tuple[str, ...]) -> NDArray[np.float32]:
    """The windows as float32, all of it finite.

    Raises:
        DataError: NaN, or numbers beyond float32.
    """
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(x, np.float32)
    lost = (np.isinf(single) & np.isfinite(x)) | ((single == 0) & (x != 0) if not single.any() else False)
    if lost.any():
        first = tuple(np.argwhere(lost)[0])
        raise DataError(
            f"window {names[first[0]]} of {path} holds {x[first]:g}, which leaves the range of float32, 1e-45 to 3e38; "
            "rescale the windows, for example to a standard deviation of 1."
        )
    if not np.isfinite(single).all():
        bad = np.argwhere(~np.isfinite(single))
        number, *where = bad[0].tolist()
        several = len(np.unique(bad[:, 0]))
        raise DataError(
            f"{several} of {number_of(len(x), 'window')} of {path} {'holds' if several == 1 else 'hold'} NaN or "
            f"infinite numbers, the first is window {names[number]} at index {', '.join(map(str, where[1:]))}; replace "
            "the numbers, or leave these windows out."
        )
    return single


def _classes(path: str, found: Arrays, known: tuple[str, ...] | None) -> tuple[NDArray[np.int64], tuple[str, ...], str]:
    """Number of the class of each window among the known ones, or among those of the file; and their names.

    Last is what text stands for no class, in words; empty for numbers and where there is none.
    """
    y, blank = np.asarray(found.y), ""
    if y.shape != (len(found.x),):
        shape = size_text(y.shape)
        raise DataError(f"{path} has {len(found.x)} windows and {shape} labels; needed is one class for each window.")
    if y.dtype.kind in "biuf":
        labels, names = _of_codes(path, y, found, known)
        if known is not None and found.classes is None and not any(name.lstrip("-").isdigit() for name in known):
            # Which number stands for which name nobody can know: classes need not be in the order of the alphabet.
            raise DataError(
                f"the labels of {path} are numbers and the classes of the network have names ({', '.join(known)}); put "
                "the names in the order of the numbers into the file, as the array classes."
            )
    else:
        labels, blank = _of_text(y, {*(found.classes or ()), *(known or ())})
        names = list(found.classes or sorted({label for label in labels if label is not None}))
    number: dict[str | None, int] = {name: k for k, name in enumerate(known or names)}
    outside = [label for label in labels if label is not None and label not in number]
    if outside:
        raise DataError(f"{path} has the class {outside[0]!r}, which is none of {', '.join(known or names)}.")
    return np.array([number.get(label, UNKNOWN) for label in labels], np.int64), tuple(known or names), blank


def _of_text(y: NDArray[Any], named: set[str]) -> tuple[list[str | None], str]:
    """Name of the class of each window, None if it has none, where classes are text; and what stands for none."""
    labels: list[str | None] = []
    spelled, doubtful = set[str](), False
    for value in y.tolist():
        text, is_text = _text(value), isinstance(value, str | bytes)
        none = text.strip() in _NOTHING and not (is_text and text in named)
        labels.append(None if none else text)
        if none:
            spelled.add(text if text.strip() else repr(text))
            doubtful |= is_text  # it may be the name of a class after all
    return labels, " or ".join(sorted(spelled)) + ", which the array classes does not name" * doubtful


def _text(value: object) -> str:
    """A label or a group as text."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _of_codes(
    path: str, y: NDArray[Any], found: Arrays, known: tuple[str, ...] | None
) -> tuple[list[str | None], list[str]]:
    """Name of the class of each window, None if it has none, and all names, where classes are whole numbers."""
    codes, names = np.where(np.isnan(y), UNKNOWN, y.astype(np.float64)), found.classes
    if not np.isfinite(codes).all() or (codes != np.round(codes)).any():
        raise DataError(f"the labels of {path} are {y.dtype} and no whole numbers; needed is the class of each window.")
    codes = codes.astype(np.int64)
    others = codes[codes != _BYTE]
    if names is not None:
        is_class = len(names) > _BYTE
    else:
        is_class = str(_BYTE) in known if known is not None else bool((others >= _SMALL).any())
    blank = (codes < 0) | ((codes == _BYTE) & (not is_class))
    if names is None:
        own = [str(v) for v in np.unique(codes[~blank]).tolist()]
        return [None if none else str(v) for v, none in zip(codes.tolist(), blank, strict=True)], own
    outside = ~blank & (codes >= len(names))
    if outside.any():
        first = int(outside.argmax())
        raise DataError(
            f"window {found.names[first]} of {path} has the class {codes[first]}, but there are {len(names)} classes, "
            f"0 to {len(names) - 1} ({', '.join(names)})."
        )
    return [None if none else names[v] for v, none in zip(codes.tolist(), blank, strict=True)], list(names)


def _groups(path: str, group: NDArray[Any], window: tuple[str, ...]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number of the group of each window, and the names of the groups.

    Raises:
        DataError: there is not one for each window.
    """
    count = len(window)
    if np.shape(group) != (count,):
        shape = size_text(np.shape(group))
        raise DataError(f"{path} has {count} windows and {shape} groups; needed is one group for each window.")
    known = np.asarray(group)
    if none := [k for k, value in enumerate(known) if _text(value).strip() in _NOTHING]:
        several = f"{len(none)} of {count} windows of {path} {'has' if len(none) == 1 else 'have'} no group"
        raise DataError(
            f"{several} ({_text(known[none[0]]) or 'empty text'}), the first is window {window[none[0]]}; give each "
            "window one, of its own where nothing is known of its neighbours, or leave group out."
        )
    names, numbers = np.unique(known.astype(str) if known.dtype == object else known, return_inverse=True)
    return np.asarray(numbers, np.int64), tuple(str(name) for name in names.tolist())
