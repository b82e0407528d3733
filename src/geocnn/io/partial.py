"""A result file that is finished or absent: written beside its target, renamed at the end."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError, TargetError
from geocnn.io.system import FULL_DISK, lives, machine, no_room, reason
from geocnn.io.zarr_folder import is_one_result, is_zarr

__all__ = ["PartialSink", "check_target", "forget_partial"]

_WORTH_KEEPING = 60.0
"""Seconds of work from which on Ctrl-C leaves a job's partial file for the next run."""
_KEPT = "kept"
"""In place of the number of a process: a partial file that nobody writes any more."""
_OURS: set[Path] = set()
"""Partial files that this process writes. Others with its number are of one that was killed: in a container that is
started again, processes get the same numbers."""


class PartialSink:
    """Base of all sinks: the safe life of a partial file. Formats add ``write`` and, where needed, ``_finish``.

    A sink can be sent to other processes (pickled): its copies there join the partial file. They write into it and own
    nothing, so that neither their end nor a failure of theirs removes it; all else is the business of the first one.

    Args:
        path: where the result will be.
        shape: samples per axis.
        needed: size of the finished result in bytes.
        overwrite: replace an existing result.
        source_path: input that must not be overwritten by its own result.
        job: what is being done, in one line. A partial file that a process has left of the very same job, because it
            was killed or stopped by Ctrl-C after a minute, is taken over, as far as :meth:`mark` had been called;
            without a job, or of another one, it is removed.

    Attributes:
        rows: planes along the first axis that are best written together: those of a chunk.
        units: samples per axis of what is read and written as a whole, a chunk or a trace: two processes must not
            write into the same one at the same time.
        resumed: what the last call of :meth:`mark` said before the process ended; None for a fresh result.

    Raises:
        TargetError: the target cannot be written; nothing has been touched.
    """

    rows: int = 1
    units: tuple[int, ...]
    scale: float = 1.0
    """What samples are multiplied by before they are stored."""
    _owner: bool = True
    _HANDLES: tuple[str, ...] = ()
    """Attributes that mean nothing in another process."""

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        needed: int,
        *,
        overwrite: bool = False,
        source_path: Path | None = None,
        job: str = "",
    ) -> None:
        left = _left_over(path.resolve(), job) if job else None
        check_target(path, 0 if left else needed, overwrite=overwrite, source_path=source_path)
        self.path = path
        self.shape = shape
        self.units = (1,) * len(shape)
        self.needed = needed
        self.overwrite = overwrite
        self._target = path.resolve()  # through links: the file is replaced, not the link
        self.partial = _partial(self._target, str(os.getpid()))
        self._job = job
        self.resumed: tuple[int, ...] | None = None
        if left:
            orphan, self.resumed = left
            orphan.replace(self.partial)
            _marks(orphan).replace(_marks(self.partial))
            _OURS.add(self.partial)
        forget_partial(self._target)
        if not left:
            _OURS.add(self.partial)
            _marks(self.partial).unlink(missing_ok=True)  # without its partial file it would be taken for ours
        self._begun = time.monotonic()
        self._open = True

    def write(self, start: tuple[int, ...], block: NDArray[np.float32]) -> None:
        """Write ``block`` with its first sample at index ``start``."""
        raise NotImplementedError

    def mark(self, *position: int) -> None:
        """Note how far the work has come, for a process that takes it over; without a job nothing is noted."""
        if self._job and self._open and self._owner:
            path = _marks(self.partial)
            fresh = "" if path.exists() else f"{self._job}\n"
            with self._guard(), path.open("a") as file:
                file.write(f"{fresh}{' '.join(map(str, position))}\n")

    def _finish(self) -> None:
        """Flush everything to the disk and close; after this the partial file is complete."""

    def _close(self) -> None:
        """Close without flushing."""

    def _join(self) -> None:
        """Open the partial file of another process."""

    def flush(self) -> None:
        """Make sure that what was written is where other machines see it."""

    def commit(self) -> None:
        """Make the result appear at its path.

        Raises:
            TargetError: the disk is full, a result has appeared there in the meantime, or the system does not replace
                the one that is there; in the last two cases the finished result is kept beside it.
        """
        if not self._open:
            return
        if not self._owner:
            raise DataError(f"{self.path.name} is finished by the process that began it, not by one that joined.")
        refused = None
        with self._guard():
            self._finish()
            self._close()
            appeared = not self.overwrite and self._target.exists()
            if not appeared:
                refused = self._put_in_place()
            self._end()
        if appeared:  # hours of work are not thrown away for it
            raise TargetError(
                f"{self.path} has appeared while its result was being made, and is left as it is; the result is "
                f"{self.partial}, give that file another name."
            )
        if refused is not None:
            raise self._kept_after(refused)

    def _put_in_place(self) -> OSError | None:
        """Give the finished file its name; the error if the system refuses, as Windows does while it is open elsewhere.

        Raises:
            OSError: it has its name, and something else has failed.
        """
        try:
            _replace(self.partial, self._target)
        except OSError as error:
            if not os.path.lexists(self.partial):
                raise
            return error
        _marks(self.partial).unlink(missing_ok=True)
        return None

    def _kept_after(self, error: OSError) -> TargetError:
        """Keep the finished file, which the system does not put in its place, and say what to do with it."""
        kept, way = self.partial, "give the result its name, or another one"
        if _marks(self.partial).is_file():
            with contextlib.suppress(OSError):  # the same command finds it under the number of this process, too
                kept = self._set_aside()
            way = "run the same command again, which goes on from there, or give the result another name"
        return TargetError(
            f"{self.path} cannot be put in its place ({reason(error)}), perhaps because another program has it open; "
            f"the finished result is {kept}. Close the program and {way}."
        )

    def _end(self) -> None:
        """Nothing more is written."""
        self._open = False
        if self._owner:
            _OURS.discard(self.partial)

    def abort(self) -> None:
        """Remove what was written so far, if it is ours; the path stays as it was."""
        self._end()
        with contextlib.suppress(OSError):
            self._close()
        if not self._owner:
            return
        _remove(self.partial)
        _marks(self.partial).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        elif issubclass(kind, KeyboardInterrupt) and self._leave():
            raise KeyboardInterrupt(
                f"stopped; what is finished of {self.path.name} is kept, and the same command goes on from there."
            ) from None
        else:
            self.abort()

    def _leave(self) -> bool:
        """Leave what was written for a run that goes on with it; False where it is not worth that."""
        worth = self.resumed is not None or time.monotonic() - self._begun > _WORTH_KEEPING
        if not (self._open and self._owner and worth and _marks(self.partial).is_file()):
            return False
        self._end()
        with self._guard():
            self._close()
            self._set_aside()
        return True

    def _set_aside(self) -> Path:
        """Rename the partial file to that of no process."""
        kept = _partial(self._target, _KEPT)
        _remove(kept)
        self.partial.replace(kept)
        _marks(self.partial).replace(_marks(kept))
        return kept

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name not in self._HANDLES} | {"_owner": False}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        with self._guard():
            self._join()

    def __del__(self) -> None:
        if getattr(self, "_open", False):
            self.abort()

    def _ready(self, start: tuple[int, ...], block: NDArray[np.float32]) -> NDArray[np.float32]:
        """A block in the numbers that are stored.

        Raises:
            DataError: it does not lie inside the result.
        """
        inside = len(start) == block.ndim == len(self.shape) and all(
            a >= 0 and a + n <= size for a, n, size in zip(start, block.shape, self.shape, strict=True)
        )
        if not inside:
            raise DataError(
                f"a block of shape {block.shape} at {start} is not inside the result of shape {self.shape}."
            )
        if not self._open:
            raise DataError(f"{self.path.name} is finished or abandoned already; nothing more can be written.")
        return block if self.scale == 1 else block * np.float32(self.scale)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Remove the partial file after any failure; failures of the system become plain sentences."""
        try:
            yield
        except OSError as error:
            self.abort()
            if isinstance(error, TargetError):
                raise
            raise _system_error(error, self._target, self.path.name, self.needed) from error
        except BaseException:
            self.abort()
            raise


def check_target(path: Path, needed: int, *, overwrite: bool, source_path: Path | None = None) -> None:
    """Find out before any work whether a result can be written.

    Args:
        path: target.
        needed: bytes.
        overwrite: whether an existing result may be replaced.
        source_path: input that must not be overwritten.

    Raises:
        TargetError: folder missing or not ours to write in, target is the input, exists, or does not fit on the disk.
    """
    target = path.resolve()
    if not target.parent.is_dir():
        raise TargetError(f"the folder {path.parent} for {path.name} does not exist; make it first.")
    if not os.access(target.parent, os.W_OK):
        raise TargetError(f"cannot write {path.name} in {target.parent}: permission denied; choose another folder.")
    source = source_path.resolve() if source_path is not None else None
    if source is not None and target.exists() and (target in source.parents or target.samefile(source)):
        raise TargetError(f"{path} is the input itself; choose another name for the result.")
    if target.is_dir() and not is_zarr(target):
        raise TargetError(f"{path} is a folder and no Zarr store; it is not replaced, choose another name.")
    if target.exists() and not overwrite:
        raise TargetError(_exists(path))
    if target.is_dir() and not is_one_result(target):
        raise TargetError(
            f"{path} is neither one Zarr array nor one result of geocnn (another group, or with other files); it is "
            "not replaced, choose another name."
        )
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise TargetError(_full(target, path.name, needed, free))


def _partial(target: Path, owner: str) -> Path:
    """Where the partial file of a process of this machine lies."""
    return target.with_name(f".{target.name}.partial-{machine()}-{owner}")


def _orphans(target: Path) -> Iterator[Path]:
    """Partial files that processes of this machine left behind."""
    start = _partial(target, "").name
    for entry in list(target.parent.iterdir()) if target.parent.is_dir() else []:
        owner = entry.name.removeprefix(start)
        if not entry.name.startswith(start) or entry in _OURS:
            continue
        if owner == _KEPT or (owner.isdecimal() and (int(owner) == os.getpid() or not lives(int(owner)))):
            yield entry


def forget_partial(target: Path, *, unless_marked: bool = False) -> bool:
    """Remove what processes of this machine, which have ended, left behind of a result.

    Args:
        target: where the result would be, without links.
        unless_marked: leave what a run can go on with.

    Returns:
        Whether something was left.
    """
    left = False
    for entry in _orphans(target):
        if unless_marked and _marks(entry).is_file():
            left = True
            continue
        with contextlib.suppress(OSError):
            _remove(entry)
            _marks(entry).unlink(missing_ok=True)
    return left


def _marks(partial: Path) -> Path:
    """Where it is noted how far a partial file has come."""
    return partial.with_name(f"{partial.name}.done")


def _left_over(target: Path, job: str) -> tuple[Path, tuple[int, ...]] | None:
    """A partial file of the same job, and how far it has come."""
    for entry in _orphans(target):
        with contextlib.suppress(OSError, ValueError):
            # A line without its end was being written when the process was killed.
            first, *marks = _marks(entry).read_text().split("\n")[:-1]
            if first == job and marks:
                return entry, tuple(int(number) for number in marks[-1].split())
    return None


def _exists(path: Path) -> str:
    return f"{path} exists already; give --overwrite (in Python overwrite=True) or another name."


def _full(target: Path, name: str, needed: int, free: int) -> str:
    return (
        f"no room for {name} in {target.parent}: {needed / 1e6:.4g} MB are needed, {free / 1e6:.4g} MB are free; "
        "nothing was left there. Make room or choose another folder."
    )


def _system_error(error: OSError, target: Path, name: str, needed: int) -> TargetError:
    if error.errno == FULL_DISK:
        return TargetError(_full(target, name, needed, shutil.disk_usage(target.parent).free))
    if (known := no_room(error)) is not None:
        what, cure = known
        return TargetError(
            f"no room for {name} in {target.parent}: {needed / 1e6:.4g} MB are needed, but {what}; nothing was left "
            f"there. {cure[0].upper()}{cure[1:]}."
        )
    return TargetError(f"cannot write {name} in {target.parent}: {reason(error)}; choose another folder.")


def _replace(partial: Path, target: Path) -> None:
    """Rename over the target; a folder (Zarr) or a file in the way is moved aside first and removed afterwards."""
    if not target.is_dir() and not partial.is_dir():
        partial.replace(target)
    elif target.exists():
        aside = target.with_name(f".{target.name}.old-{os.getpid()}")
        target.replace(aside)
        try:
            partial.replace(target)
        except BaseException:
            aside.replace(target)
            raise
        _remove(aside)
    else:
        partial.replace(target)
    if os.name == "posix":  # the new name itself must survive a power cut
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
