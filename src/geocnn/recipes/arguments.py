"""Check the arguments of a recipe against its signature, which from Python nothing else does."""

import inspect
import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from geocnn.errors import DataError

__all__ = ["check_arguments", "texts"]

_TYPES: dict[Any, tuple[type, ...]] = {
    bool: (bool,),
    int: (int,),
    float: (int, float),
    str: (str, os.PathLike),
    NoneType: (NoneType,),
}
"""Types of values that are taken for an annotation; others are left to the recipe."""
_OWN = ("segment", "classify")
"""Recipes that take data in memory, cards and more in place of what is typed, and look at all values themselves."""
_WORDS: dict[Any, tuple[str, str]] = {
    bool: ("True or False", "of True or False"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("text", "texts"),
    NoneType: ("None", "None"),
}
"""Annotations in words, for one value and for several."""


def check_arguments(name: str, recipe: Callable[..., object], given: Mapping[str, object]) -> None:
    """Refuse arguments that a recipe does not have, and values of another kind than it takes.

    Args:
        name: of the recipe.
        recipe: the function that makes it.
        given: its keyword arguments.

    Raises:
        DataError: the message says which, and what is needed.
    """
    known = inspect.signature(recipe).parameters
    for key, value in given.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}."
            raise DataError(f"the recipe {name} has no argument {key}; {hint}")
        wanted, usual = known[key].annotation, known[key].default
        if name not in _OWN and not _fits(value, wanted):
            such = "" if usual is None or usual is inspect.Parameter.empty else f", such as {usual!r}"
            raise DataError(f"{key} is {value!r}; the recipe {name} takes {_words(wanted)}{such}.")


def texts(recipe: Callable[..., object], given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with text for paths where a recipe takes text, which a card can hold."""
    known = inspect.signature(recipe).parameters

    def taken(key: str, value: object) -> object:
        kinds = (known[key].annotation, *get_args(known[key].annotation))
        return os.fspath(value) if isinstance(value, os.PathLike) and str in kinds and Path not in kinds else value

    return {key: taken(key, value) for key, value in given.items()}


def _fits(value: object, wanted: Any) -> bool:  # noqa: ANN401  (an annotation)
    """Whether a value is of the kind that an annotation names; True for kinds that are not known here."""
    if get_origin(wanted) in (Union, UnionType):
        return any(_fits(value, kind) for kind in get_args(wanted))
    if get_origin(wanted) is Literal:  # the recipe knows more about the words
        return isinstance(value, tuple({type(word) for word in get_args(wanted)}))
    if get_origin(wanted) is tuple:
        kinds = get_args(wanted)
        if not isinstance(value, list | tuple):
            return False
        if kinds[-1] is not Ellipsis:
            return len(value) == len(kinds) and all(map(_fits, value, kinds))
        return all(_fits(entry, kinds[0]) for entry in value)
    taken = _TYPES.get(wanted)
    return taken is None or (isinstance(value, taken) and (wanted is bool or not isinstance(value, bool)))


def _words(wanted: Any, *, several: bool = False) -> str:  # noqa: ANN401  (an annotation)
    """An annotation in words."""
    kinds = get_args(wanted)
    if get_origin(wanted) in (Union, UnionType):
        return " or ".join(_words(kind, several=several) for kind in kinds)
    if get_origin(wanted) is Literal:
        return f"{'some' if several else 'one'} of {', '.join(map(str, kinds))}"
    if get_origin(wanted) is tuple:
        count = "" if kinds[-1] is Ellipsis else f"{len(kinds)} "
        return f"{count}{_words(kinds[0], several=True)}"
    return _WORDS[wanted][several] if wanted in _WORDS else str(wanted)
