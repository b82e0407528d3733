"""Checks of numbers per axis, and the window sizes that a network accepts."""

from collections.abc import Sequence
from dataclasses import dataclass

from geocnn.errors import DataError
from geocnn.words import size_text

__all__ = ["SizeRule", "Sizes", "check_ndim", "one_of", "per_axis"]

Sizes = int | tuple[int, ...]


def check_ndim(ndim: int) -> int:
    """Return ``ndim`` if it is 1, 2 or 3; raise ValueError otherwise."""
    if ndim not in (1, 2, 3):
        raise ValueError(f"ndim is {ndim}; geocnn layers work in 1, 2 or 3 dimensions.")
    return ndim


def per_axis(value: Sizes, ndim: int, name: str, *, least: int = 1) -> tuple[int, ...]:
    """Spread one number over all axes, or check that there is one number per axis; raise ValueError otherwise."""
    sizes = (value,) * ndim if isinstance(value, int) else tuple(value)
    if len(sizes) != ndim or any(size < least for size in sizes):
        raise ValueError(f"{name} is {value}; needed is one number or {ndim} of them, {least} or more each.")
    return sizes


def one_of(value: str, known: tuple[str, ...], name: str) -> None:
    """Raise ValueError unless ``value`` is one of the known words."""
    if value not in known:
        raise ValueError(f"{name} is {value!r}; it is one of {', '.join(known)}.")


@dataclass(frozen=True)
class SizeRule:
    """Window sizes that a network accepts: ``least``, ``least + step``, ``least + 2 step``, ... samples per axis.

    Attributes:
        least: smallest size, one number for all axes or one per axis.
        step: distance to the next size; 0 if there is only one size.
    """

    least: Sizes = 1
    step: int = 1

    def fits(self, space: Sequence[int]) -> bool:
        """Whether the network accepts a window of this size."""
        return all(self._fits(n, least) for n, least in zip(space, self._least(len(space)), strict=True))

    def above(self, space: Sequence[int]) -> tuple[int, ...]:
        """Smallest accepted size that is at least as large, or the only one."""
        return tuple(
            least + self.step * -(-max(0, n - least) // max(1, self.step))
            for n, least in zip(space, self._least(len(space)), strict=True)
        )

    def check(self, who: str, space: Sequence[int]) -> None:
        """Refuse a window that does not fit.

        Args:
            who: name of the network, for the message.
            space: samples per axis.

        Raises:
            DataError: it does not fit; the message says what would.
        """
        if self.fits(space):
            return
        have, need = (size_text(sizes) for sizes in (space, self.above(space)))
        cure = f"pad to {need}" if self.step else f"cut or pad to {need}, or make the network for such windows"
        raise DataError(f"{who} got windows of {have} samples; it takes {self}: {cure}.")

    def __str__(self) -> str:
        """The rule in words, for tables and messages."""
        if self.step == 0:
            sizes = self.least if isinstance(self.least, tuple) else (self.least,)
            return f"{size_text(sizes)} samples{' per axis' if len(sizes) == 1 else ''} only"
        if self.step == 1:
            return f"{self.least} or more samples" if self.least != 1 else "any size"
        if self.least == self.step:
            return f"multiples of {self.step}"
        return f"{self.least}, then every {self.step} samples"

    def _least(self, ndim: int) -> tuple[int, ...]:
        return per_axis(self.least, ndim, "least")

    def _fits(self, n: int, least: int) -> bool:
        return n >= least and ((n - least) % self.step == 0 if self.step else n == least)
