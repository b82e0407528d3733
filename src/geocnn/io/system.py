"""What the operating system says when it refuses, as parts of sentences."""

import errno
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from geocnn.errors import GeocnnError, TargetError

__all__ = [
    "FULL_DISK",
    "claim",
    "claimed",
    "lives",
    "machine",
    "make_folder",
    "no_room",
    "reason",
    "replaced",
    "write_new",
]

FULL_DISK = errno.ENOSPC
_HELD: set[int] = set()
"""Open folders that this process has claimed."""
_TIDIED: set[Path] = set()
"""Folders from which this process has removed what killed ones have left; a folder of years has 100,000 files."""


def reason(error: OSError) -> str:
    """The system's own words, for example "permission denied"."""
    return (error.strerror or (os.strerror(error.errno) if error.errno else str(error))).lower()


def make_folder(folder: Path, option: str = "--out") -> None:
    """Make a folder, such as that of a run, and those above it.

    Args:
        folder: its path.
        option: that names it.

    Raises:
        TargetError: no permission, or there is a file of that name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = f"{folder} cannot be made ({reason(error)}); choose another folder with {option}."
        raise TargetError(said) from None


def machine() -> str:
    """Name of this machine as part of a file name: others that share the folder have processes of the same numbers."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", socket.gethostname())


def lives(process: int) -> bool:
    """Whether there is a process of that number on this machine."""
    if os.name != "posix":  # elsewhere a process cannot be asked without harm
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's
        return True
    return True


def claim(handle: int) -> bool:
    """Claim an open file or folder for this process until it is closed there; False if another process has it.

    A process that is killed leaves no claim behind. Windows and some network disks know no such claims; there everybody
    gets one.

    Args:
        handle: number of the open file, as ``os.open`` gives it.
    """
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return True
    return True


@contextmanager
def claimed(folder: Path, option: str = "--out") -> Iterator[None]:
    """Claim a folder for this process while the block runs, see :func:`claim`.

    Args:
        folder: its path.
        option: that names it.

    Raises:
        TargetError: another process has it.
    """
    if os.name != "posix":  # elsewhere folders cannot be opened
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    _HELD.add(handle)
    try:
        if not claim(handle):
            raise TargetError(f"another process is writing into {folder}; choose another folder with {option}.")
        yield
    finally:
        _HELD.discard(handle)
        os.close(handle)


def _let_go() -> None:
    """Close what the process claimed from which this one was forked: workers outlive one that is killed by seconds."""
    while _HELD:
        os.close(_HELD.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Where to write what then takes the place of ``path``, with its suffix: the file is finished or as it was.

    What processes of this machine that were killed have left in the folder is removed, the first time that something is
    written there.

    Raises:
        TargetError: no permission, disk full.
    """
    part = path.with_name(f".{path.stem}.{machine()}-{os.getpid()}.part{path.suffix}")
    if path.parent not in _TIDIED:
        _TIDIED.add(path.parent)
        _tidy(path.parent)
    try:
        yield part
        part.replace(path)
    except GeocnnError:
        raise  # of what the block does besides; some are OSErrors, too
    except OSError as error:
        said = f"{path} cannot be written ({reason(error)}); make room there, or choose another folder."
        raise TargetError(said) from None
    finally:
        part.unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Remove what :func:`replaced` of killed processes of this machine has left in a folder."""
    left = re.compile(rf"\..+\.{re.escape(machine())}-(\d+)\.part(\.[^.]*)?")
    with suppress(OSError):  # a folder that cannot be listed can be written in all the same
        for entry in list(folder.iterdir()):
            found = left.fullmatch(entry.name)
            if found and not lives(int(found[1])):
                entry.unlink(missing_ok=True)


def write_new(path: Path, text: str) -> Path:
    """Write a file that was not there, of that name or with a number behind it, and say which.

    Raises:
        OSError: it cannot be written.
    """
    for number in count(1):
        free = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        with suppress(FileExistsError), free.open("x", encoding="utf-8") as file:
            file.write(text)
            return free
    raise AssertionError("there is always a number that nobody has taken")


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
