"""Ctrl-C at a moment of our choosing: work stops between two steps, never inside one.

What a batch system (SIGTERM) or a closed terminal (SIGHUP) sends can be made to stop work in the same way.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ignore_interrupts", "interrupts_held", "terminations_as_interrupts"]


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


@contextmanager
def terminations_as_interrupts() -> Iterator[Callable[[], int | None]]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does while the block runs, which is to raise KeyboardInterrupt.

    Gives a function that returns the number of the signal that came, None if none did. Signals that somebody else
    handles, or that are ignored (``nohup``), stay as they are, and so does everything outside the main thread.
    """
    came: int | None = None

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = number
        like_ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(like_ctrl_c):  # Ctrl-C is ignored, as in a script's background
            raise KeyboardInterrupt
        like_ctrl_c(signal.SIGINT, frame)

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
    if threading.current_thread() is not threading.main_thread():
        wanted = []
    taken = [number for number in wanted if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, handle)
    try:
        yield lambda: came
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def ignore_interrupts(_worker: int = 0) -> None:
    """Make a worker process deaf to Ctrl-C, which a terminal sends to it too; the main process ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
