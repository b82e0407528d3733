"""Results on the way to a result, which a run that was stopped or killed finds again."""

import math
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import TargetError
from geocnn.io.partial import forget_partial

__all__ = ["FinishedStep", "finished_step", "note_step", "sizes_of_steps", "steps"]

_GOES_ON = "is kept, and the same command goes on from there"


@contextmanager
def steps(target: str | Path | None, *, keep: bool = False, beside: str | Path | None = None) -> Iterator[Path]:
    """A folder beside the target for results on the way to it; it is removed at the end.

    A kill or Ctrl-C leaves it, and so does a disk that is full where something in it is finished.

    Args:
        target: file of the result; without it the folder is a temporary one.
        keep: leave the folder at the end, because the target is a step itself.
        beside: another file that the same steps lead to. What a run that was killed has left of one of another name is
            removed.

    Raises:
        KeyboardInterrupt: again, with a sentence that says what is kept, if anything is.
        TargetError: again, likewise.
    """
    if target is None:
        with tempfile.TemporaryDirectory(prefix="geocnn-") as name:
            yield Path(name)
        return
    path = Path(target).resolve()
    folder = _folder(path)
    folder.mkdir(exist_ok=True)
    try:
        _remember(folder / "beside", "" if beside is None else str(Path(beside).resolve()))
        yield folder
    except KeyboardInterrupt:
        if not _begun(folder):
            shutil.rmtree(folder, ignore_errors=True)
            raise KeyboardInterrupt from None  # nothing of what the result inside promises to go on with
        raise KeyboardInterrupt(f"stopped; what is finished of {path.name} {_GOES_ON}.") from None
    except TargetError as error:
        if _promised(folder, error):
            raise
        if not _begun(folder):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        raise TargetError(_kept(str(error))) from error
    except BaseException as error:
        if not _promised(folder, error):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def sizes_of_steps(
    target: Path, shape: Sequence[int], factors: Sequence[float], *, mirrored: bool, spread: bool
) -> dict[Path, int]:
    """Bytes of each step on the way to a result, as ``predict_stretched`` and ``predict_mirrored`` make them.

    Args:
        target: file of the result.
        shape: samples of the survey per axis.
        factors: new samples per old sample, one an axis.
        mirrored: whether mirror images are predicted, too.
        spread: whether their standard deviation is wanted.
    """
    folder, shape = _folder(target.resolve()), tuple(shape)
    names = []
    if any(factor != 1 for factor in factors):
        shape = tuple(round((n - 1) * factor) + 1 for n, factor in zip(shape, factors, strict=True))
        names = [folder / "result.npy", *[folder / "spread.npy"] * spread]
        folder = _folder(names[0])
    names += [folder / f"{k}.npy" for k in range(2 ** (len(shape) - 1) * mirrored)]
    return dict.fromkeys(names, 4 * math.prod(shape))


def _folder(target: Path) -> Path:
    """Where the steps of a result lie."""
    return target.with_name(f".{target.name}.steps")


def _begun(folder: Path) -> bool:
    """Whether something is finished with which the same command goes on."""
    return any(folder.rglob("*.job")) or any(folder.rglob("*.done"))


def _promised(folder: Path, error: BaseException) -> bool:
    """Whether the message names a file in the folder, which it says is kept."""
    return any(str(left) in str(error) for left in folder.rglob("*.partial-*"))


def _kept(message: str) -> str:
    """A message about a result with what is kept in place of that nothing was left."""
    if _GOES_ON in message:
        return message
    nothing, kept = "nothing was left there", f"what is finished {_GOES_ON}"
    return message.replace(nothing, kept) if nothing in message else f"{message} {kept[0].upper()}{kept[1:]}."


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
