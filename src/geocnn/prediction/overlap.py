"""Reading ahead and writing behind, so that the network waits for neither."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from geocnn.interruption import interrupts_held

__all__ = ["ReadAhead", "WriteBehind"]

Read = TypeVar("Read")


class ReadAhead(Generic[Read]):
    """Reads the slab behind the one that was asked for while that one is at work.

    Args:
        read: gives planes ``start`` to ``stop``.
        slab: planes of a slab; slabs begin at its multiples.
        total: planes that there are.
    """

    def __init__(self, read: Callable[[int, int], Read], slab: int, total: int) -> None:
        self._read, self._slab, self._total = read, slab, total
        self._pool = ThreadPoolExecutor(1, "geocnn-read")
        self._next: tuple[tuple[int, int], Future[Read]] | None = None

    def __call__(self, start: int, stop: int) -> Read:
        """These planes; whatever the reading raises."""
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
    """Does one thing after the other in a thread of its own; the caller waits only when it is several ahead.

    After something has gone wrong nothing more is done. Leaving the ``with`` block waits until all is done, and raises
    what went wrong.
    """

    _AHEAD = 2

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "geocnn-write")
        self._waiting: deque[Future[None]] = deque()
        self._failed = False

    def __call__(self, work: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401  (those of the work)
        """Do ``work(*arguments)`` soon; raises what an earlier one raised."""
        while len(self._waiting) >= self._AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._do, work, *arguments))

    def _do(self, work: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401  (those of the work)
        if self._failed:  # what follows says that this is in the file
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
        with interrupts_held() as stop:  # what is being written is finished before anybody removes it
            self._pool.shutdown(cancel_futures=kind is not None)
            if kind is None:
                stop()
        if kind is None:
            for future in self._waiting:
                future.result()
