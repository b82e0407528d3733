"""Write results to a file: collect them, write in a thread, and note what is finished."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from geocnn import io
from geocnn.checkpoints import Card, restores
from geocnn.errors import DataError
from geocnn.io.source import Source
from geocnn.prediction.overlap import WriteBehind
from geocnn.prediction.pieces import Mark, Piece
from geocnn.prediction.work import Work

__all__ = ["Finished", "InMemory", "Results", "Samples", "Stored", "check_unchanged", "job_of", "state_of"]

Samples = Literal["float32", "int8"]
"""Type of the samples in a file of results."""

Finished = Callable[[int, int, Mark, int], None]


class Stored(NamedTuple):
    """How the numbers of a result are stored in the file."""

    dtype: str
    scale: float

    @classmethod
    def of(cls, samples: Samples, card: Card) -> "Stored":
        """How the results of a network are stored: with 8 bits probabilities are per cent, classes keep their numbers.

        Raises:
            DataError: there is no such type, or amplitudes would be stored as per cent.
        """
        if samples not in get_args(Samples):
            raise DataError(f"samples is {samples!r}; it is one of {' and '.join(get_args(Samples))}.")
        if samples == "int8" and restores(card):
            raise DataError(
                f"samples is int8, whole per cent of probabilities, and {card.name} gives amplitudes; leave it out."
            )
        return cls(samples, 100.0 if samples == "int8" and len(card.classes) == 1 else 1.0)

    @property
    def nothing(self) -> float:
        """What stands for a probability where there are no data: 0, which no network says, or -1 per cent.

        Many a probability is 0 when rounded to whole per cent.
        """
        return 0.0 if self.scale == 1 else -1 / self.scale

    def told(self, notes: Sequence[str]) -> list[str]:
        """Notes of a step, in which no data are zero, as those of the result."""
        return [note.replace("zero in the result", "-1 in the result") if self.nothing else note for note in notes]


class Results:
    """Takes pieces in order and writes as many planes at once as suits the format.

    Args:
        sink: the target.
        axis: axis along which the pieces follow one another.
        finished: is called with what has been written: first plane, the plane after the last, progress, and samples.
        turn: lock that is held while writing, for processes that write into the same chunks.

    Attributes:
        done: progress of an earlier run that was killed.
    """

    def __init__(
        self, sink: io.Sink, axis: int, finished: Finished, turn: AbstractContextManager[Any] | None = None
    ) -> None:
        tiles, planes = sink.resumed or (0, 0)
        self.done: Mark = (tiles, planes)
        self._sink, self._axis, self._finished = sink, axis, finished
        self._turn = turn or nullcontext()
        self._waiting: list[Piece] = []
        self._write = WriteBehind()

    def add(self, piece: Piece) -> None:
        """Write a piece soon; raises the error of an earlier write."""
        if self._waiting and not self._goes_on(piece):
            self._flush()
        self._waiting.append(piece)
        stop = piece.start[self._axis] + piece.block.shape[self._axis]
        if piece.mark[1] == 0 or (self._axis == 0 and stop % self._sink.rows < piece.block.shape[0]):
            self._flush()

    def _goes_on(self, piece: Piece) -> bool:
        """Whether a piece continues the one before it along the axis."""
        before = self._waiting[-1]
        expected = list(before.start)
        expected[self._axis] += before.block.shape[self._axis]
        return tuple(expected) == piece.start

    def _flush(self) -> None:
        """Hand the collected pieces to the writing thread."""
        first, last = self._waiting[0], self._waiting[-1]
        block = np.concatenate([piece.block for piece in self._waiting], self._axis)
        self._write(self._put, first.start, block)
        self._write(self._sink.mark, *last.mark)
        stop = last.start[self._axis] + last.block.shape[self._axis]
        self._write(self._finished, first.start[self._axis], stop, last.mark, block.size)
        self._waiting = []

    def _put(self, start: tuple[int, ...], block: NDArray[np.float32]) -> None:
        with self._turn:
            self._sink.write(start, block)

    def __enter__(self) -> Self:
        self._write.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._write.__exit__(kind, error, trace)
            return
        with self._write:  # the thread is ended even if the last piece cannot be handed over
            if self._waiting:
                self._flush()


class InMemory:
    """Takes pieces and copies them into an array.

    Args:
        array: in the shape of the survey; None to keep nothing.
        axis: axis along which the pieces follow one another.
        finished: is called after every piece, as for :class:`Results`.
    """

    done: Mark = (0, 0)

    def __init__(self, array: NDArray[np.float32] | None, axis: int, finished: Finished) -> None:
        self._array, self._axis, self._finished = array, axis, finished

    def add(self, piece: Piece) -> None:
        """Copy a piece to its place."""
        if self._array is not None:
            self._array[tuple(slice(s, s + n) for s, n in zip(piece.start, piece.block.shape, strict=True))] = (
                piece.block
            )
        start = piece.start[self._axis]
        self._finished(start, start + piece.block.shape[self._axis], piece.mark, piece.block.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: all pieces are in the array already."""


def state_of(source: Source) -> str:
    """Digest by which a file is recognised as unchanged: sizes and times of the file, or of all files of a folder."""
    if source.path is None:
        return ""
    path = source.path.resolve()
    facts = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(_files(path))]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _files(path: Path) -> Iterator[Path]:
    """The file itself, or all files of a folder."""
    if path.is_file():
        yield path
    for folder, _, names in os.walk(path):
        yield from (Path(folder) / name for name in names)


def job_of(
    source: Source,
    state: str,
    card: Card,
    work: Work,
    precision: str,
    device: torch.device,
    threads: int,
    samples: str,
) -> str:
    """Digest that two runs share if their results are equal to the last bit; empty for data in memory."""
    if not state:
        return ""
    axes = [(a.name, a.size, a.start, a.step) for a in source.grid.axes]
    facts = [state, axes, card.to_json(), str(work), precision, device.type, threads, samples, torch.__version__]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def check_unchanged(source: Source, state: str) -> None:
    """Refuse to finish if the file of the data has changed since the run began.

    Raises:
        DataError: it has changed.
    """
    if state_of(source) != state:
        raise DataError(f"{source.path} has changed while it was being read; nothing was written, run it again.")
