"""A live line that shows progress: task, steps done, speed, and remaining time."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

__all__ = ["Tick", "allowed", "progress", "time_unit"]

_ALLOWED = ContextVar("_ALLOWED", default=True)
"""Whether lines are shown at all."""


@runtime_checkable
class Tick(Protocol):
    """Reports progress: ``tick(1)``, ``tick(1, "loss 0.12")``."""

    def __call__(self, steps: float, text: str = "") -> None:
        """Add ``steps`` to the progress and show ``text`` after the bar."""


@contextmanager
def allowed(*, show: bool) -> Iterator[None]:
    """With ``show=False`` no line is shown while the block runs, also by functions that cannot be told so."""
    before = _ALLOWED.set(_ALLOWED.get() and show)
    try:
        yield
    finally:
        _ALLOWED.reset(before)


@contextmanager
def progress(what: str, total: float, *, show: bool = True) -> Iterator[Tick]:
    """Show a progress line on standard error while the block runs; nothing with ``show=False``.

    Whole steps are shown; a fraction at the end counts as one.

    Args:
        what: what is being done.
        total: number of steps.
        show: whether to show anything.
    """
    if not (show and _ALLOWED.get()):
        yield lambda steps, text="": None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task, done = bar.add_task(what, total=total, text="", count=_count(0, total)), 0.0

        def tick(steps: float, text: str = "") -> None:
            nonlocal done
            done += steps
            bar.update(task, advance=steps, text=text, count=_count(done, total))

        yield tick


def time_unit(seconds: float) -> tuple[str, int]:
    """Unit for a duration of record, and its seconds, so that numbers are small but not zero."""
    if seconds >= 7200:
        return "hours", 3600
    return ("minutes", 60) if seconds >= 120 else ("seconds", 1)


def _count(done: float, total: float) -> str:
    """Steps done and total, such as " 3/24"; rounding errors of fractions do not show."""
    all_of_them = math.ceil(total - 1e-6 * total)
    shown = all_of_them if done >= total * (1 - 1e-6) else min(math.floor(done + 1e-6), all_of_them)
    return f"{shown:{len(str(all_of_them))}d}/{all_of_them}"
