"""Results on the way to a result, which a run that was stopped or killed finds again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geocnn.io.partial import forget_partial

__all__ = ["FinishedStep", "finished_step", "note_step", "steps"]


@contextmanager
def steps(target: str | Path | None, *, keep: bool = False, beside: str | Path | None = None) -> Iterator[Path]:
    """A folder beside the target for results on the way to it; it is removed at the end, and left by a kill or Ctrl-C.

    Args:
        target: file of the result; without it the folder is a temporary one.
        keep: leave the folder at the end, because the target is a step itself.
        beside: another file that the same steps lead to. What a run that was killed has left of one of another name is
            removed.

    Raises:
        KeyboardInterrupt: again, with a sentence that says what is kept, if anything is.
    """
    if target is None:
        with tempfile.TemporaryDirectory(prefix="geocnn-") as name:
            yield Path(name)
        return
    path = Path(target).resolve()
    folder = path.with_name(f".{path.name}.steps")
    folder.mkdir(exist_ok=True)
    try:
        _remember(folder / "beside", "" if beside is None else str(Path(beside).resolve()))
        yield folder
    except KeyboardInterrupt:
        if not any(folder.rglob("*.job")) and not any(folder.rglob("*.done")):
            shutil.rmtree(folder, ignore_errors=True)
            raise KeyboardInterrupt from None  # nothing of what the result inside promises to go on with
        raise KeyboardInterrupt(
            f"stopped; what is finished of {path.name} is kept, and the same command goes on from there."
        ) from None
    except BaseException as error:
        if not any(str(left) in str(error) for left in folder.rglob("*.partial-*")):  # what it promises is kept
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def _remember(note: Path, beside: str) -> None:
    """Note the other file of these steps, and remove what is left of the one that was noted before."""
    before = note.read_text(encoding="utf-8") if note.is_file() else ""
    if before and before != beside:
        forget_partial(Path(before))
    note.write_text(beside, encoding="utf-8")


class FinishedStep:
    """In place of the sink of a step that an earlier run has finished: nothing is left to be written.

    Args:
        path: of the step.
        tiles: number of tiles that it consists of.

    Attributes:
        path: of the step.
        rows: as of a sink.
        resumed: how far the work has come: to its end.
    """

    rows = 1

    def __init__(self, path: Path, tiles: int) -> None:
        self.path = path
        self.resumed = (tiles, 0)

    def write(self, start: tuple[int, ...], block: NDArray[np.float32]) -> None:
        """Refuse what should never be asked for."""
        raise AssertionError(f"{self.path} is finished; a block of {block.shape} at {start} was to be written")

    def mark(self, *position: int) -> None:
        """Note nothing."""

    def commit(self) -> None:
        """Leave the finished file as it is."""

    def abort(self) -> None:
        """Leave the finished file as it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the finished file as it is."""


def finished_step(path: str | Path, job: str) -> bool:
    """Whether an earlier run of the same job has finished a step."""
    note = _note(path)
    return bool(job) and Path(path).exists() and note.is_file() and note.read_text(encoding="utf-8") == job


def note_step(path: str | Path, job: str) -> None:
    """Remember of which job a step is that has been finished."""
    if job:
        _note(path).write_text(job, encoding="utf-8")


def _note(path: str | Path) -> Path:
    return Path(f"{path}.job")
