"""One live line: what, how far of how much, how fast, how long still."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

__all__ = ["Tick", "progress"]


@runtime_checkable
class Tick(Protocol):
    """Reports progress: ``tick(1)``, ``tick(1, "loss 0.12")``."""

    def __call__(self, steps: float, text: str = "") -> None:
        """Add ``steps`` to what is done and show ``text`` behind the bar."""


@contextmanager
def progress(what: str, total: float, *, show: bool = True) -> Iterator[Tick]:
    """Show a progress line on standard error while the block runs; nothing with ``show=False``.

    Args:
        what: what is being done.
        total: how many steps there are.
        show: whether to show anything.
    """
    if not show:
        yield lambda steps, text="": None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total, text="")

        def tick(steps: float, text: str = "") -> None:
            bar.update(task, advance=steps, text=text)

        yield tick
