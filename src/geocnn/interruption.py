"""Hold Ctrl-C back, so that work stops between two steps and never inside one.

Signals of a batch system (SIGTERM) or a closed terminal (SIGHUP) can be handled in the same way.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ignore_interrupts", "interrupts_held", "terminations_as_interrupts"]


@contextmanager
def interrupts_held() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back until the block calls the function that it receives.

    That function raises KeyboardInterrupt if Ctrl-C was pressed; call it where work can stop. A second Ctrl-C is not
    held back. Nothing is held back outside the main thread, or if Ctrl-C is handled by other code.
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
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, like Ctrl-C, while the block runs.

    Gives a function that returns the number of the signal that came, or None. Signals that are handled by other code or
    ignored (``nohup``) stay as they are, and so does everything outside the main thread.
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
    """Let a worker process ignore Ctrl-C, which a terminal sends to it as well; the main process ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
