"""Values of options as cyclopts reads them, but that no fraction is rounded where a whole number is needed."""

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

from cyclopts import CoercionError, Token, convert

__all__ = ["as_typed"]


def as_typed(kind: Any, tokens: Sequence[Token]) -> Any:  # noqa: ANN401  (of any option)
    """The value of an option.

    Args:
        kind: its type.
        tokens: what was typed.

    Raises:
        CoercionError: it cannot be read, or is a fraction, such as 1.5, of which cyclopts would make 2.
    """
    kinds = _parts(kind)
    if int in kinds and float not in kinds:
        for token in tokens:
            if "." in token.value and not _is_whole(token.value):
                raise CoercionError(token=token, target_type=int)
    return convert(kind, tokens)


def _parts(kind: Any) -> set[Any]:  # noqa: ANN401
    """A type, and all that it is made of: of ``tuple[int, ...] | None`` and of ``Literal[2, 3]`` int among others."""
    if get_origin(kind) is Literal:
        return set(map(type, get_args(kind)))
    return {kind}.union(*map(_parts, get_args(kind)))


def _is_whole(text: str) -> bool:
    try:
        return float(text).is_integer()
    except ValueError:
        return True  # no number at all, which is refused in other words
