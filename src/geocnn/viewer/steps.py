"""Steps that can be undone and redone, for picks and for horizons."""

from typing import Generic, TypeVar

from geocnn.errors import DataError

__all__ = ["Steps"]

Step = TypeVar("Step")


class Steps(Generic[Step]):
    """Steps that were done, and steps that were undone since.

    Attributes:
        done: steps that were done, by time.
    """

    def __init__(self) -> None:
        self.done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def latest(self) -> Step | None:
        """Step that can be undone; None if there is none."""
        return self.done[-1] if self.done else None

    @property
    def following(self) -> Step | None:
        """Step that can be redone; None if there is none."""
        return self._undone[-1] if self._undone else None

    def add(self, step: Step) -> None:
        """Add a new step, after which no undone step can be redone."""
        self.done.append(step)
        self._undone.clear()

    def undo(self) -> Step:
        """Undo the latest step and return it.

        Raises:
            DataError: there is none.
        """
        if not self.done:
            raise DataError("there is nothing to undo.")
        self._undone.append(self.done.pop())
        return self._undone[-1]

    def redo(self) -> Step:
        """Redo the step that was undone last, and return it.

        Raises:
            DataError: there is none.
        """
        if not self._undone:
            raise DataError("there is nothing to do again.")
        self.done.append(self._undone.pop())
        return self.done[-1]
