"""What values the fields of a card can have."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from geocnn.errors import DataError

__all__ = ["check_values"]

_Check = tuple[Callable[[Any], bool], str]
"""Whether a value of a card can be, and in words what can be."""
_LARGEST = sys.float_info.max


def _whole(least: int, *, none: bool = False) -> _Check:
    """Check for a whole number."""
    words = f"a whole number from {least} on" + " or none" * none
    return lambda v: (none and v is None) or (_is_whole(v) and v >= least), words


def _number(least: float = -_LARGEST, most: float = _LARGEST, words: str = "a finite number") -> _Check:
    """Check for a number."""
    return (
        lambda v: isinstance(v, int | float | np.number) and not isinstance(v, bool) and bool(least <= v <= most),
        words,
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_list_of(value: object, kind: Callable[[object], bool]) -> bool:
    """Whether a value is a list of items of a kind."""
    return isinstance(value, Sequence) and not isinstance(value, str) and all(map(kind, value))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_TEXT: _Check = _is_text, "a text"
_NAMES: _Check = lambda v: _is_list_of(v, _is_text) and len(v) > 0, "a list of names"
_TABLE: _Check = lambda v: isinstance(v, Mapping), "a table of names and values"


def _one_of(*words: str) -> _Check:
    """Check for one of some words."""
    return lambda v: v in words, f"{', '.join(words[:-1])} or {words[-1]}"


_VALUES: dict[str, _Check] = {
    "task": _one_of("classification", "segmentation", "restoration", "location"),
    **dict.fromkeys(("name", "architecture", "data", "sha256", "notes"), _TEXT),
    **dict.fromkeys(("classes", "channels", "axes"), _NAMES),
    **dict.fromkeys(("arguments", "normalisation", "training", "metrics", "versions"), _TABLE),
    "window": (lambda v: _is_list_of(v, _whole(1)[0]), "a list of whole numbers from 1 on"),
    "size_multiple": _whole(1),
    "reach": _whole(0, none=True),
    "margin": _whole(0),
    "least": _whole(0),
    "threshold": _number(0.0, 1.0, "a number from 0 to 1"),
    "finer": _whole(1),
}
_NORMALISATION: dict[str, _Check] = {
    "kind": _one_of("zscore", "fixed", "record", "none"),
    "clip": _number(0.0, math.inf, "a number from 0 on"),
    "mean": _number(),
    "std": (lambda v: _number()[0](v) and v != 0, "a finite number other than 0"),
}


def check_values(values: Mapping[str, Any]) -> None:
    """Refuse values that no card has.

    Raises:
        DataError: the message says which, and what is needed.
    """
    for name, (fits, needed) in _VALUES.items():
        if name in values and not fits(values[name]):
            raise DataError(f"{name} is {values[name]!r}; needed is {needed}.")
    for name, value in values.get("normalisation", {}).items():
        if name not in _NORMALISATION:
            raise DataError(f"normalisation has {name!r}; it knows {', '.join(_NORMALISATION)}.")
        fits, needed = _NORMALISATION[name]
        if not fits(value):
            raise DataError(f"{name} of normalisation is {value!r}; needed is {needed}.")
    learnt = values.get("training", {}).get("arguments", {})
    if not _TABLE[0](learnt):
        raise DataError(f"arguments of training is {learnt!r}; needed is {_TABLE[1]}.")
