"""Put numbers into words."""

from collections.abc import Iterable

__all__ = ["number_of", "size_text"]


def size_text(sizes: Iterable[object]) -> str:
    """Sizes along axes, for example "96 x 96 x 128"."""
    return " x ".join(map(str, sizes))


def number_of(number: int, what: str, several: str = "") -> str:
    """A number with its noun, for example "1 horizon" or "2 horizons".

    Args:
        number: the number.
        what: noun for one.
        several: noun for more, if it is not ``what`` with an s.
    """
    return f"{number} {what if number == 1 else several or what + 's'}"
