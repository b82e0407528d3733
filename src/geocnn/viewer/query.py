"""What a page asks of the program that serves it, checked."""

from collections.abc import Mapping

import numpy as np
from starlette.requests import Request

from geocnn.errors import DataError

__all__ = ["Query"]


class Query:
    """What a query has, checked: pages are ours, but whoever asks may not be."""

    def __init__(self, request: Request) -> None:
        self._given: Mapping[str, str] = request.query_params

    def number(self, name: str, low: float, high: float) -> float:
        """A number between bounds."""
        text = self._given.get(name, "")
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not low <= value <= high:
            raise DataError(f"{name} is {text or 'missing'}; needed is a number from {low:g} to {high:g}.")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number between bounds."""
        return int(self.number(name, low, high))

    def span(self, begin: str, end: str, size: int) -> slice:
        """A window along an axis, one sample or more."""
        first = self.whole(begin, 0, size - 1)
        return slice(first, self.whole(end, first + 1, size))

    def one_of(self, name: str, known: list[str]) -> str:
        """A word of these."""
        text = self._given.get(name, "")
        if text not in known:
            raise DataError(f"{name} is {text or 'missing'}; needed is {' or '.join(known)}.")
        return text

    def text(self, name: str, most: int) -> str:
        """Some letters."""
        text = self._given.get(name, "")
        if len(text) > most:
            raise DataError(f"{name} has {len(text)} letters; needed are {most} at most.")
        return text
