"""Whether several results have room on their disks."""

import shutil
from collections import defaultdict
from collections.abc import Mapping
from glob import escape
from pathlib import Path

import numpy as np

from geocnn.errors import TargetError
from geocnn.io.source import Source

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
        return traces * samples * itemsize
    layout = getattr(getattr(like, "file", None), "layout", None)
    if layout is not None and layout.header:
        return int(layout.offset + layout.count * (layout.header + layout.samples * itemsize))
    return _HEAD + traces * (_TRACE_HEAD + samples * itemsize)


def check_room(sizes: Mapping[Path, int]) -> None:
    """Find out before any work whether files have room together.

    Args:
        sizes: bytes of each; what an earlier run has left of it counts as free, and so does the room on other disks.

    Raises:
        TargetError: those on one disk have not.
    """
    disks: dict[int, list[Path]] = defaultdict(list)
    for path in sizes:
        disks[path.resolve().parent.stat().st_dev].append(path)
    for paths in disks.values():
        needed = sum(sizes[path] for path in paths)
        free = shutil.disk_usage(paths[0].resolve().parent).free
        if free < needed and free + sum(map(_left, paths)) < needed:
            names = ", ".join(path.name for path in paths)
            raise TargetError(
                f"no room for {names} together: {needed / 1e6:.4g} MB are needed, {free / 1e6:.4g} MB are free; "
                "nothing was left there. Make room or choose another folder for some."
            )


def _left(path: Path) -> int:
    """Bytes of what runs that were stopped have left of a file."""
    target = path.resolve()
    found = target.parent.glob(f".{escape(target.name)}.partial-*")
    files = (file for one in found for file in (one, *one.rglob("*")))
    return sum(file.stat().st_size for file in files if file.is_file())
