"""Read ahead and write behind, so that the network waits for neither."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from geocnn.interruption import interrupts_held

__all__ = ["ReadAhead", "WriteBehind"]

Read = TypeVar("Read")


class ReadAhead(Generic[Read]):
    """Reads the next slab while the one that was asked for is processed.

    Args:
        read: returns planes ``start`` to ``stop``.
        slab: planes of a slab; slabs begin at its multiples.
        total: number of planes.
    """

    def __init__(self, read: Callable[[int, int], Read], slab: int, total: int) -> None:
        self._read, self._slab, self._total = read, slab, total
        self._pool = ThreadPoolExecutor(1, "geocnn-read")
        self._next: tuple[tuple[int, int], Future[Read]] | None = None

    def __call__(self, start: int, stop: int) -> Read:
        """Planes ``start`` to ``stop``; raises errors of the reading."""
        ahead, self._next = self._next, None
        found = ahead[1].result() if ahead is not None and ahead[0] == (start, stop) else self._read(start, stop)
        if stop < self._total:
            span = stop, min(self._total, stop + self._slab)
            self._next = span, self._pool.submit(self._read, *span)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


class WriteBehind:
    """Runs tasks one after the other in a thread; the caller waits only when several tasks are pending.

    After a task has failed no further ones are run. At its end the ``with`` block waits until all tasks are done, and
    raises the error of the one that failed.
    """

    _AHEAD = 2

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "geocnn-write")
        self._waiting: deque[Future[None]] = deque()
        self._failed = False

    def __call__(self, work: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401  (those of the work)
        """Schedule ``work(*arguments)``; raises the error of an earlier task."""
        while len(self._waiting) >= self._AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._do, work, *arguments))

    def _do(self, work: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401  (those of the work)
        if self._failed:  # later tasks would say that this one is in the file
            return
        try:
            work(*arguments)
        except BaseException:
            self._failed = True
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with interrupts_held() as stop:  # what is being written is finished before the file can be removed
            self._pool.shutdown(cancel_futures=kind is not None)
            if kind is None:
                stop()
        if kind is None:
            for future in self._waiting:
                future.result()
