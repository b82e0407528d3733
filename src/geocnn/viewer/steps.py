"""Steps that can be undone and done again, those of picks and those of horizons."""

from typing import Generic, TypeVar

from geocnn.errors import DataError

__all__ = ["Steps"]

Step = TypeVar("Step")


class Steps(Generic[Step]):
    """What was done, and what was undone since.

    Attributes:
        done: by time.
    """

    def __init__(self) -> None:
        self.done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def latest(self) -> Step | None:
        """The step that can be undone."""
        return self.done[-1] if self.done else None

    @property
    def following(self) -> Step | None:
        """The step that can be done again."""
        return self._undone[-1] if self._undone else None

    def add(self, step: Step) -> None:
        """Something new, after which nothing can be done again."""
        self.done.append(step)
        self._undone.clear()

    def undo(self) -> Step:
        """The step to take back.

        Raises:
            DataError: there is none.
        """
        if not self.done:
            raise DataError("there is nothing to undo.")
        self._undone.append(self.done.pop())
        return self._undone[-1]

    def redo(self) -> Step:
        """The step to do again.

        Raises:
            DataError: there is none.
        """
        if not self._undone:
            raise DataError("there is nothing to do again.")
        self.done.append(self._undone.pop())
        return self.done[-1]
