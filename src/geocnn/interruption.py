"""Ctrl-C at a moment of our choosing: work stops between two steps, never inside one."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ignore_interrupts", "interrupts_held"]


@contextmanager
def interrupts_held() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back until the block calls the function that it is given.

    That function raises KeyboardInterrupt if Ctrl-C was pressed since; call it where everything is in order. A second
    Ctrl-C is not held back. Outside the main thread, or where somebody else handles Ctrl-C, nothing is held back.
    """
    pressed = False

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    def stop_if_pressed() -> None:
        if pressed:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield stop_if_pressed
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield stop_if_pressed
    finally:
        signal.signal(signal.SIGINT, before)


def ignore_interrupts(_worker: int = 0) -> None:
    """Make a worker process deaf to Ctrl-C, which a terminal sends to it too; the main process ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
