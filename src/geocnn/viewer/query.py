"""Check what a page asks for."""

from collections.abc import Mapping

import numpy as np
from starlette.requests import Request

from geocnn.errors import DataError

__all__ = ["Query"]


class Query:
    """Values of a query; they are checked, because the request may not come from our page."""

    def __init__(self, request: Request) -> None:
        self._given: Mapping[str, str] = request.query_params

    def number(self, name: str, low: float, high: float) -> float:
        """A number from a range."""
        text = self._given.get(name, "")
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not low <= value <= high:
            raise DataError(f"{name} is {text or 'missing'}; needed is a number from {low:g} to {high:g}.")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from a range."""
        return int(self.number(name, low, high))

    def span(self, begin: str, end: str, size: int) -> slice:
        """A window of at least one sample along an axis."""
        first = self.whole(begin, 0, size - 1)
        return slice(first, self.whole(end, first + 1, size))

    def one_of(self, name: str, known: list[str]) -> str:
        """One of several words."""
        text = self._given.get(name, "")
        if text not in known:
            raise DataError(f"{name} is {text or 'missing'}; needed is {' or '.join(known)}.")
        return text

    def text(self, name: str, most: int) -> str:
        """A text of limited length."""
        text = self._given.get(name, "")
        if len(text) > most:
            raise DataError(f"{name} has {len(text)} letters; needed are {most} at most.")
        return text
