"""A log that programs read: a line of JSON for what is run, for every part that is finished, and for the end."""

import json
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from geocnn.errors import TargetError
from geocnn.io import system
from geocnn.prediction.pieces import Mark

__all__ = ["Log", "opened", "resident", "samples_in"]

_LINE = 1 << 20
"""Bytes of a line at most."""


class Log:
    """Appends lines to a file, each whole and at once: whoever reads along, or after a crash, finds them in order.

    The first line has ``event`` "begun" and says what is run, the last one "finished", "interrupted" or "failed". A
    line between them is a part of the result that has been written: ``tile`` of ``tiles`` with live traces (from 1 on),
    ``planes`` (first, behind the last) ``of`` how many along the axis that is streamed, ``samples``, ``seconds`` since
    the line before, ``rate`` of the run so far in samples per second, ``left`` seconds, and resident ``memory`` in
    bytes. Every line has its ``time``. With workers a line says which ``worker`` it was, and seconds and memory are
    those of it; the lines come when a share of the work is finished. Where a survey is predicted several times, as its
    mirror images are, tiles are counted through all of them, and what is left is that of all.

    Args:
        path: the file; None for no log.
        apart: what the log must not be, or lie in: the data and the result.
        facts: of the first line, in place of what a prediction on the way to the result says.

    Attributes:
        passes: how often the survey is predicted.
        trouble: why the log ends early; empty where it does not.

    Raises:
        TargetError: it cannot be written, is a file of something else, or belongs to the data or the result.
    """

    def __init__(self, path: str | Path | None, apart: Sequence[str | Path | None] = (), **facts: object) -> None:
        self.trouble, self.passes = "", 1
        self._facts = facts
        self._file: int | None = None
        if path is None:
            return
        self._path, self._fresh = Path(path), not os.path.lexists(path)
        self._check([Path(other) for other in apart if other is not None])
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            raise _unwritable(self._path, error) from None
        self._begun = self._before = time.perf_counter()
        self._tiles: dict[int, int] = {}
        self._counted, self._in_all, self._passed = 0, 0, 0
        self._of, self._total, self._done, self._says = 0, 0, 0, False

    def _check(self, apart: list[Path]) -> None:
        """Refuse names that would spoil something else."""
        target = self._path.resolve()
        for other in (path.resolve() for path in apart):
            if target == other:
                raise TargetError(f"{self._path} is the data or the result itself; choose another --log.")
            if other in target.parents:
                raise TargetError(f"the log {self._path} would lie in {other.name}; choose another --log.")
        if not target.is_file():
            return
        try:
            with target.open("rb") as file:
                first = file.readline(_LINE)
        except OSError as error:
            raise _unwritable(self._path, error) from None
        if first and not _is_ours(first):
            raise TargetError(f"{self._path} exists and is no log of geocnn; choose another --log.")

    def begins(self, of: int, **facts: object) -> None:
        """Say what is run, once.

        Args:
            of: planes of the survey along the axis that is streamed.
            facts: network, input, output and whatever else decides the numbers.
        """
        if self._file is None:
            return
        self._of, before, self._says = of, self._says, True
        if not before:
            self._write({"event": "begun", **facts, **self._facts})

    def expects(self, left: Mapping[int, tuple[slice, ...]], tiles: Mapping[int, tuple[slice, ...]]) -> None:
        """Note what there is to do, in this pass; time counts from the first one.

        Args:
            left: what is not finished yet, as :func:`geocnn.prediction.pieces.to_do` gives it.
            tiles: numbers of all tiles with live traces, which alone are counted, finished ones too.
        """
        if self._file is None:
            return
        self._tiles = {tile: count for count, tile in enumerate(sorted(tiles), start=1 + self._counted)}
        self._counted += len(self._tiles)
        self._passed += 1
        more = max(0, self.passes - self._passed)  # which are taken to be like this one
        self._in_all = self._counted + more * len(self._tiles)
        self._total = self._done + samples_in(left) + more * samples_in(tiles)
        self._before = time.perf_counter()
        if self._passed == 1:
            self._begun = self._before

    def add(self, tile: int, planes: tuple[int, int], samples: int, **more: object) -> None:
        """A part of the result is finished.

        Args:
            tile: its number among all, from 0 on.
            planes: first plane, and the one behind the last.
            samples: of the result.
            more: what another process measured, instead of what this one would.
        """
        if self._file is None:
            return
        now = time.perf_counter()
        self._done += samples
        rate = self._done / max(1e-9, now - self._begun)
        facts: dict[str, Any] = {"tile": self._tiles[tile], "tiles": self._in_all}
        facts |= {"planes": list(planes), "of": self._of}
        facts |= {"samples": samples, "seconds": round(now - self._before, 3), "rate": round(rate)}
        facts |= {"left": round(max(0, self._total - self._done) / rate, 1), "memory": resident()}
        self._before = now
        self._write(facts | more)

    def piece(self, start: int, stop: int, mark: Mark, samples: int) -> None:
        """Planes ``start`` to ``stop`` are finished, with which the work has come as far as ``mark``."""
        self.add(mark[0] if mark[1] else mark[0] - 1, (start, stop), samples)

    def _write(self, facts: dict[str, object]) -> None:
        """Append a line; a log that fails does not stop the work."""
        if self._file is None:
            return
        line = json.dumps({"time": datetime.now().astimezone().isoformat(timespec="milliseconds"), **facts})
        try:
            os.write(self._file, f"{line}\n".encode())
        except OSError as error:
            self.trouble = f"the log {self._path} ends early: {system.reason(error)}."
            self._shut()

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if self._says:
            seconds = round(time.perf_counter() - self._begun, 3)
            if kind is None:
                self._write({"event": "finished", "seconds": seconds})
            elif issubclass(kind, KeyboardInterrupt):
                self._write({"event": "interrupted", "seconds": seconds})
            else:
                self._write({"event": "failed", "seconds": seconds, "error": str(error) or kind.__name__})
        elif self._fresh:  # refused before anything was done
            self._path.unlink(missing_ok=True)
        self._shut()


def opened(
    log: "str | Path | Log | None", apart: Sequence[str | Path | None] = (), **facts: object
) -> AbstractContextManager[Log]:
    """A log; one that is open already, of what this prediction is a part of, as it is.

    Args:
        log: its file, or itself.
        apart: as of :class:`Log`.
        facts: as of :class:`Log`.

    Raises:
        TargetError: as of :class:`Log`.
    """
    return nullcontext(log) if isinstance(log, Log) else Log(log, apart, **facts)


def _is_ours(line: bytes) -> bool:
    """Whether a file with this first line is a log."""
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and found.keys() >= {"time", "event"}


def samples_in(tiles: Mapping[int, tuple[slice, ...]]) -> int:
    """Samples of these parts of the survey."""
    return sum(math.prod(w.stop - w.start for w in where) for where in tiles.values())


def resident() -> int | None:
    """Memory of this process in bytes: what is resident, at its peak where the system tells no more; None if unknown.

    Source: proc(5), ``/proc/self/statm``, second number, in pages; getrusage(2), ``ru_maxrss``.
    """
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _unwritable(path: Path, error: OSError) -> TargetError:
    return TargetError(f"the log {path} cannot be written ({system.reason(error)}); choose another --log.")
