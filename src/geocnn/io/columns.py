"""Columns of numbers and words from a table of comma-separated values."""

import csv
import math
import re
from collections.abc import Mapping
from pathlib import Path

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.io import system

__all__ = ["Row", "check_number", "read_columns", "read_text"]

Row = tuple[int, dict[str, str]]
"""Number of a line, and its words by column."""

_UTF_16 = (b"\xff\xfe<\x00", b"\xfe\xff\x00<")
"""What XML in UTF-16 begins with."""
_DECLARATION = re.compile(r"(\s*<\?xml\b[^>]*?)\s+encoding\s*=\s*[\"']([A-Za-z][\w.-]*)[\"']", re.ASCII)


def read_columns(path: Path, columns: Mapping[str, object], what: str) -> list[Row]:
    """Lines of a table whose first line names its columns, in any order; further columns are left aside.

    Args:
        path: the file.
        columns: names of those that are needed.
        what: what a line is about, for messages: "stations".

    Raises:
        MissingError: no such file.
        FormatError: no table, or columns are missing.
        DataError: it has no line but the first.
    """
    need = f"needed is a table of {what} whose first line is {','.join(columns)}"
    try:
        reader = csv.reader(read_text(path, need).splitlines(), strict=True)
        table = [(reader.line_num, [word.strip() for word in words]) for words in reader if any(words)]
    except csv.Error as error:
        raise FormatError(f"{path} is no table of comma-separated values ({error}); {need}.") from None
    head = [name.lower() for name in table[0][1]] if table else []
    if missing := [name for name in columns if name not in head]:
        have = f"has the columns {', '.join(head)} and not" if head else "is empty and has no"
        raise FormatError(f"{path} {have} {', '.join(missing)}; {need}.")
    rows = [(line, dict(zip(head, words, strict=False))) for line, words in table[1:]]
    for line, words in rows:
        if missing := [name for name in columns if name not in words]:
            raise FormatError(f"{path}, line {line}, ends before its {missing[0]}; {need}, and as many in each line.")
    if not rows:
        raise DataError(f"{path} names no {what}; {need}, and then a line for each.")
    return rows


def read_text(path: Path, need: str) -> str:
    """Read the whole text of a file: UTF-8, or XML in the encoding that it declares.

    The encoding is left out of the declaration, because it is not that of the text any more.

    Raises:
        MissingError: no such file.
        FormatError: it cannot be read, or is no text.
    """
    try:
        return _decoded(path.read_bytes())
    except FileNotFoundError:
        raise MissingError(f"there is no file {path}; {need}.") from None
    except (UnicodeError, LookupError):
        raise FormatError(f"{path} is no text; {need}.") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({system.reason(error)}); {need}.") from None


def _decoded(content: bytes) -> str:
    """Text of a file.

    Raises:
        UnicodeError: it is none.
        LookupError: there is no such encoding.
    """
    encoding = "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"
    # A declaration that can be made out here is not in UTF-16, whatever it says.
    declared = _DECLARATION.match(content[:200].decode("latin-1"))
    if declared is not None and not declared[2].lower().startswith("utf"):
        encoding = declared[2]
    text = content.decode(encoding)
    declared = _DECLARATION.match(text)
    return text if declared is None else declared[1] + text[declared.end() :]


def check_number(where: str, name: str, word: str, limits: tuple[float, float]) -> float:
    """The number that a word is.

    Args:
        where: file and line, for the message.
        name: of the number.
        word: as it stands there.
        limits: the smallest and the largest that it can be.

    Raises:
        FormatError: it is none, or beyond the limits.
    """
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not limits[0] <= value <= limits[1]:
        raise FormatError(f"{where}: {name} is {word!r}; needed is a number within {limits[0]:g} to {limits[1]:g}.")
    return value
