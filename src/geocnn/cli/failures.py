"""What the command line says, and the code it exits with, when a command fails: one plain sentence, no traceback."""

import io
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from cyclopts import (
    App,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from geocnn.errors import GeocnnError
from geocnn.io.system import no_room, reason

__all__ = ["explain", "open_streams", "silence"]

_OUT_OF_MEMORY = ("out of memory", "cannot allocate memory", "can't allocate memory", "std::bad_alloc")
"""Words in the RuntimeErrors of torch on processors and GPUs."""


def explain(error: BaseException, app: App) -> tuple[int, str]:
    """Exit code and sentence for whatever ended a command.

    Args:
        error: what was raised.
        app: whose commands a user may have meant.

    Returns:
        2 where the user or the machine can cure it, 130 after Ctrl-C, 141 where nobody reads on, 1 for our own faults.
    """
    if isinstance(error, KeyboardInterrupt):
        return 130, str(error) or "stopped; no unfinished file was left behind."
    if isinstance(error, CycloptsError):
        return 2, _usage(error, app)
    if isinstance(error, GeocnnError):
        return 2, str(error)
    if isinstance(error, BrokenPipeError):
        return 141, ""
    if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _OUT_OF_MEMORY):
        return 2, (
            "the machine ran out of memory; give less, in prediction by --memory 2GB or a smaller --tile, in training "
            "by a smaller --crop or --batch-size."
        )
    if isinstance(error, OSError) and error.errno is not None:
        return 2, _system(error)
    kind, text = type(error).__name__, (str(error).strip().splitlines() or [""])[0].rstrip(".")
    said = f"{kind}: {text}" if text else kind
    return 1, f"this is a fault of geocnn's ({said}); run again with --debug and report what it prints."


def open_streams() -> None:
    """Let every word be said somewhere: a stream that is closed says it to nobody, and odd letters are spelt out."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  (as long as we run)
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def silence() -> None:
    """Nobody reads our output any more: let Python flush the rest of it into nothing when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _system(error: OSError) -> str:
    """A failure of the operating system that no part of geocnn foresaw."""
    if (told := no_room(error)) is not None:
        what, cure = told
        return f"{what}{f' ({error.filename})' if error.filename else ''}; {cure}."
    return f"the system refuses {error.filename or 'a file'}: {reason(error)}; check its name and permissions."


def _usage(error: CycloptsError, app: App) -> str:
    """A command line that does not fit the command."""
    verb = " ".join(error.command_chain or ())
    see = f"see geocnn {verb} --help.".replace("  ", " ")
    if isinstance(error, UnknownCommandError):
        return _unknown_command(error, app)
    if isinstance(error, UnknownOptionError):
        return f"{verb or 'geocnn'} has no option {error.token.keyword or error.token.value}; {_near(error)}{see}"
    if isinstance(error, UnusedCliTokensError):
        rest = " ".join(error.unused_tokens or ())
        return f"{verb} has no use for {rest}; options are written with their names, {see}"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        return f"{verb} needs {_missing(error.argument.token_count()[0], error)}; {see}"
    if isinstance(error, RepeatArgumentError):
        return f"{error.token.keyword} is given twice; once is enough, {see}"
    if isinstance(error, CoercionError) and error.token is not None and error.argument is not None:
        return (
            f"{error.token.keyword or error.argument.name} is {error.token.value}; {_wanted(error.target_type)}, {see}"
        )
    return f"{str(error).strip().rstrip('.')}; {see}"


def _missing(count: int, error: MissingArgumentError) -> str:
    """What is missing: an argument, or values behind an option."""
    name = error.keyword or (error.argument.name if error.argument else "an argument")
    if not name.startswith("--"):
        return name
    if count == 1:
        return f"a value behind {name}"
    return f"{count} values behind {name}, not {len(error.tokens_so_far)}"


def _wanted(kind: object) -> str:
    """What kind of value an option takes."""
    if get_origin(kind) is Literal:
        return f"it is one of {', '.join(map(str, get_args(kind)))}"
    if get_origin(kind) in (Union, UnionType):
        return ", or ".join(dict.fromkeys(_wanted(one) for one in get_args(kind) if one is not NoneType))
    words = {int: "needed is a whole number", float: "needed is a number", bool: "it takes no value"}
    return next((text for known, text in words.items() if kind is known), "that cannot be read")


def _near(error: UnknownOptionError) -> str:
    """The option that the user may have meant: one that begins its words with these letters, or is spelt like it."""
    known = [name for argument in error.argument_collection for name in argument.names]
    word = error.token.keyword or error.token.value or ""
    near = [name for name in known if _initials(name) == word.lstrip("-")] or get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}? Else " if near else ""


def _initials(option: str) -> str:
    """First letters of the words of an option, for example lr of --learning-rate; none of a single word."""
    words = option.lstrip("-").split("-")
    return "".join(word[:1] for word in words) if len(words) > 1 else ""


def _unknown_command(error: UnknownCommandError, app: App) -> str:
    """There is no such command or recipe."""
    word, place = (error.unused_tokens or ["?"])[0], app
    for name in error.command_chain or ():
        place = place[name]
    known = [name for name in place if not name.startswith("-")]
    near = get_close_matches(word, known, n=1)
    what = "recipe" if error.command_chain else "command"
    return f"there is no {what} {word}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}.")
