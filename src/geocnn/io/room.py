"""Whether several results have room on their disks."""

import shutil
from collections import defaultdict
from collections.abc import Mapping
from glob import escape
from pathlib import Path

import numpy as np

from geocnn.errors import TargetError
from geocnn.io.source import Source
from geocnn.io.zarr_map import in_arrays
from geocnn.words import number_of

__all__ = ["check_room", "size_of"]

_HEAD, _TRACE_HEAD = 3600, 240
"""Bytes of the headers of a SEG-Y file and of each of its traces."""


def size_of(path: Path, like: Source, *, itemsize: int = 4) -> int:
    """Bytes of a result on the grid of a survey; of Zarr, which is compressed, the most.

    Args:
        path: its suffix tells the format.
        like: the survey, whose headers a SEG-Y result has.
        itemsize: bytes of a sample.
    """
    *lateral, samples = like.grid.shape
    traces = int(np.prod(lateral, dtype=np.int64))
    if path.suffix.lower() in (".zarr", ".npy"):
        places = 16 * traces if path.suffix.lower() == ".zarr" and in_arrays(like.grid) else 0
        return traces * samples * itemsize + places
    layout = getattr(getattr(like, "file", None), "layout", None)
    if layout is not None and layout.header:
        return int(layout.offset + layout.count * (layout.header + layout.samples * itemsize))
    return _HEAD + traces * (_TRACE_HEAD + samples * itemsize)


def check_room(sizes: Mapping[Path, int], steps: Mapping[Path, int] | None = None) -> None:
    """Find out before any work whether files have room together.

    Args:
        sizes: bytes of each; what an earlier run has left of it counts as free, and so does the room on other disks.
        steps: bytes of each file on the way to them; one that an earlier run has finished counts as free.

    Raises:
        TargetError: those on one disk have not.
    """
    steps = steps or {}
    disks: dict[int, list[Path]] = defaultdict(list)
    for path in (*sizes, *steps):
        disks[_folder(path).stat().st_dev].append(path)
    for paths in disks.values():
        needed = sum(steps[path] if path in steps else sizes[path] for path in paths)
        free = shutil.disk_usage(_folder(paths[0])).free
        if free >= needed:
            continue
        left = sum(_left(path, finished=path in steps) for path in paths)
        if free + left < needed:
            results = [path for path in paths if path not in steps]
            names = ", ".join(path.name for path in results)
            more = f" with {number_of(len(paths) - len(results), 'step')} on the way" * (len(paths) > len(results))
            there = "what an earlier run has left there is kept" if left else "nothing was left there"
            raise TargetError(
                f"no room for {names}{more or ' together'}: {needed / 1e6:.4g} MB are needed, {free / 1e6:.4g} MB are "
                f"free; {there}. Make room or choose another folder{' for some' * (len(results) > 1)}."
            )


def _folder(path: Path) -> Path:
    """The folder of a file, or of those above it the first one that is there."""
    return next(folder for folder in path.resolve().parents if folder.is_dir())


def _left(path: Path, *, finished: bool) -> int:
    """Bytes of what runs that were stopped have left of a file; with the file itself where that would be taken."""
    target = path.resolve()
    found = [*target.parent.glob(f".{escape(target.name)}.partial-*"), *[target] * finished]
    files = (file for one in found for file in (one, *one.rglob("*")))
    return sum(file.stat().st_size for file in files if file.is_file())
