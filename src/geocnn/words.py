"""Numbers as parts of sentences."""

from collections.abc import Iterable

__all__ = ["number_of", "size_text"]


def size_text(sizes: Iterable[object]) -> str:
    """Sizes along axes, for example "96 x 96 x 128"."""
    return " x ".join(map(str, sizes))


def number_of(number: int, what: str, several: str = "") -> str:
    """How many there are, for example "1 horizon" or "2 horizons".

    Args:
        number: of them.
        what: the word for one.
        several: for more, where that is not the same with an s.
    """
    return f"{number} {what if number == 1 else several or what + 's'}"
