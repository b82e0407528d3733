"""What the operating system says when it refuses, as parts of sentences."""

import errno
import os

__all__ = ["FULL_DISK", "no_room", "reason"]

FULL_DISK = errno.ENOSPC


def reason(error: OSError) -> str:
    """The system's own words, for example "permission denied"."""
    return (error.strerror or (os.strerror(error.errno) if error.errno else str(error))).lower()


def no_room(error: OSError) -> tuple[str, str] | None:
    """What is exhausted and what to do about it; None where the error is another one.

    Returns:
        For example ``("the disk is full", "make room or choose another folder")``.
    """
    return {
        FULL_DISK: ("the disk is full", "make room or choose another folder"),
        errno.EDQUOT: (
            "your disk quota is used up",
            "make room within it (quota -s shows it) or choose another folder",
        ),
        errno.EFBIG: (
            "files here have a size limit",
            "lift it with ulimit -f unlimited, or choose another folder or a .zarr, which is many small files",
        ),
    }.get(error.errno or 0)
