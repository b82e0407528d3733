"""Columns of a text file with a horizon, and what they may mean.

A line is a place and a time or depth, whatever words stand between the numbers, such as the ``INLINE : 1200 XLINE :
800`` of Charisma and Petrel; lines without numbers are skipped, and so are names in quotation marks. Where a header
names the columns they are what it says. Else they are tried as ``inline crossline z``, crosslines first as well,
``x y z``, ``inline crossline x y z`` and ``x y inline crossline z``, of lines ``trace z``, ``x y z`` and others alike;
columns behind these are attributes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import FormatError, MissingError
from geocnn.grid import Axis, Grid
from geocnn.io.horizon_places import Places, by_coordinates, by_numbers, settled
from geocnn.io.system import reason

__all__ = ["Reading", "Table", "is_text", "own_header", "readings", "suited", "table_of"]

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_RUN_TOGETHER = re.compile(r"(\.\d+)(?=[-+]\d)")
"""The end of a number at the sign of the next one: columns of a fixed width that both fill."""
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")
_DECIMAL_POINT = re.compile(r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_COMMENTS = ("#", "!", "//")
_HEAD = 1000
"""Lines after which the number of columns is known."""
_NAMES = {
    "inline": re.compile(r"(il|iline|in_?line)(_?(no|number))?"),
    "crossline": re.compile(r"(xl|xline|cross_?line|x_?line)(_?(no|number))?"),
    "trace": re.compile(r"trace(_?(no|number))?|cdp"),
    "x": re.compile(r"x|cdp_?x|x_?coord(inate)?|easting|utm_?x"),
    "y": re.compile(r"y|cdp_?y|y_?coord(inate)?|northing|utm_?y"),
    "z": re.compile(r"(z|time|twt|t|depth|tvd|tvdss)(_?(?P<unit>msec|ms|sec|s|metres|meters|m|feet|ft))?"),
}
"""Names of columns, in small letters and without brackets."""
_UNITS = {"msec": "ms", "sec": "s", "metres": "m", "meters": "m", "feet": "ft"}
"""As headers write them."""
_TIME, _DEPTH = ("ms", "s", "time", "twt", "t"), ("m", "ft", "depth", "tvd", "tvdss")
"""Units and names of each of the two; z may be either."""
_LATTICE = 0.05
"""Distance from their places, in the unit of the map, within which picks lie on a lattice: digits are left out."""
_FAULTS = re.compile(r"\W*fault\W+voxels\W+mean probability\W")
"""How the table of :func:`geocnn.interpretation.objects.write_table` begins, whatever a spreadsheet puts between."""
_CHARISMA = re.compile(r"INLINE-(\s+[-+.\d]+){5}\s+\S*[^\W\d]\S*.*\s\d+\s*")
"""A node of a fault stick: inline, crossline, X, Y, Z, name of the fault, stick; horizons have ``INLINE :``."""


class Table(NamedTuple):
    """The numbers of a file, and the names of its columns where a header has them."""

    rows: NDArray[np.float64]
    names: tuple[str, ...]


class Reading(NamedTuple):
    """A way to read a file.

    Attributes:
        places: where the picks lie.
        z: times or depths as they stand there.
        unit: of them, "s", "ms", "m" or "ft"; "" where nothing tells.
        words: the columns.
    """

    places: Places
    z: NDArray[np.float64]
    unit: str
    words: str


def is_text(path: Path) -> bool:
    """Whether a file may hold columns of numbers: text, and digits at its beginning."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return b"\0" not in head and any(48 <= byte < 58 for byte in head)


def table_of(path: Path) -> Table:
    """The numbers of all lines that have as many as most.

    Raises:
        MissingError: no such file.
        FormatError: there are none, or they are those of faults.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise MissingError(f"there is no file {path}; check the name.") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({reason(error)}); give a text file with a horizon.") from None
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    lines = raw.decode("utf-16" if wide else "utf-8-sig", errors="replace").splitlines()
    if sum(_has_decimal_commas(line) for line in lines[:_HEAD]) > 0.5 * len(lines[:_HEAD]):
        lines = [re.sub(r"(?<=\d),(?=\d)", ".", line) for line in lines]
    head = next((line for line in lines if line.strip()), "")
    if _FAULTS.match(head):
        raise FormatError(_no_horizon(path.name, "the table of faults", "table"))
    if _CHARISMA.fullmatch(head):
        raise FormatError(_no_horizon(path.name, "a file of fault sticks", "sticks"))
    found = [[] if line.lstrip().startswith(_COMMENTS) else _numbers(line) for line in lines]
    counts = Counter(len(numbers) for numbers in found[:_HEAD] if len(numbers) >= 2)
    if not counts:
        raise FormatError(f"{path.name} holds no columns of numbers; a horizon is a text file with a place and a time.")
    count = counts.most_common(1)[0][0]
    rows = np.array([numbers for numbers in found if len(numbers) == count], np.float64)
    first = next(k for k, numbers in enumerate(found) if len(numbers) == count)
    names = _header(lines[:first], count)
    if not names and _are_sticks(rows):
        raise FormatError(_no_horizon(path.name, "a file of fault sticks", "sticks"))
    return Table(rows, names)


def _numbers(line: str) -> list[str]:
    """All numbers of a line."""
    return _NUMBER.findall(_RUN_TOGETHER.sub(r"\1 ", _QUOTED.sub(" ", line)))


def _has_decimal_commas(line: str) -> bool:
    """Whether commas are decimal points: columns are set apart by something else, and no number has a point."""
    words = re.split(r"[\s;]+", _QUOTED.sub(" ", line).strip())
    return (
        len(words) > 1
        and any(_DECIMAL_COMMA.fullmatch(word) for word in words)
        and not any(_DECIMAL_POINT.fullmatch(word) for word in words)
    )


def _no_horizon(name: str, what: str, option: str) -> str:
    """Sentence on why a file of faults is refused as a horizon."""
    return (
        f"{name} is {what} that geocnn predict faults --{option} writes, and no horizon; give a text file with the "
        "place of a trace and the time or depth of the horizon on each line."
    )


def _are_sticks(rows: NDArray[np.float64]) -> bool:
    """Whether rows are X, Y, Z, stick and node of fault sticks, as :mod:`geocnn.interpretation.sticks` writes them.

    Sticks and the nodes of each are counted from 1, two nodes or more, and nodes go downward. The columns and rows of a
    grid behind the picks of a horizon may be counted alike, but there the places are a lattice.
    """
    if rows.shape[1] != 5:
        return False
    stick, node = rows[:, 3], rows[:, 4]
    first = node == 1
    counted = np.array_equal(stick, np.cumsum(first)) and bool(np.all(first[1:] | (np.diff(node) == 1)))
    down = np.diff(rows[:, 2])[~first[1:]]
    alone = bool(np.any(first & np.append(first[1:], True)))
    if not counted or alone or not (np.all(down > 0) or np.all(down < 0)):
        return False
    if node.max() == 2:
        return True
    terms = np.column_stack([np.ones(len(rows)), stick, node])
    xy = rows[:, :2] - rows[0, :2]
    return float(np.abs(terms @ np.linalg.lstsq(terms, xy, rcond=None)[0] - xy).max()) > _LATTICE


def _header(lines: list[str], count: int) -> tuple[str, ...]:
    """Names of so many columns in the last line above them; none where they name no time or no place."""
    for line in reversed(lines):
        words = re.split(r"[\s,;]+", line.strip().lstrip("#!/ ").lower().replace("(", "_").replace(")", ""))
        names = tuple(word.strip("\"'[]") for word in words if word)
        if len(names) == count:
            kinds = [_kind(name) for name in names]
            return names if "z" in kinds and len(set(kinds) - {""}) > 1 else ()
    return ()


def _kind(name: str) -> str:
    """What a column is by its name; empty for something else."""
    return next((kind for kind, form in _NAMES.items() if form.fullmatch(name)), "")


def own_header(grid: Grid) -> tuple[str, ...]:
    """Names of the columns that geocnn writes for a horizon of a survey."""
    down = grid.axes[-1]
    places = ("x", "y") if grid.has_coordinates else ()
    return (*grid.names[:-1], *places, f"{down.name}_{down.unit}" if down.unit else down.name)


def suited(table: Table, down: Axis) -> Table:
    """Leave out columns of times for a survey in depth, and of depths for one in time, if there is another.

    Args:
        table: of a file.
        down: the vertical axis of the survey; without a unit it may be either.
    """
    names = tuple("" if _is_other(column, down) else column for column in table.names)
    return table._replace(names=names) if "z" in map(_kind, names) else table


def _is_other(column: str, down: Axis) -> bool:
    """Whether a column has times by its name, and the survey depths, or the other way round."""
    other = _DEPTH if down.unit in _TIME else _TIME if down.unit in _DEPTH else ()
    return _kind(column) == "z" and (_unit(column) or column) in other


def _unit(column: str) -> str:
    """Unit of a column of times or depths by its name; "" for none."""
    found = _NAMES["z"].fullmatch(column)
    unit = found["unit"] or "" if found else ""
    return _UNITS.get(unit, unit)


def readings(table: Table, grid: Grid, *, named: bool) -> Iterator[Reading]:
    """All ways to read a file for a survey, those of its header or else of the number of columns.

    Args:
        table: of the file.
        grid: of the survey.
        named: whether the header is believed; its unit is in any case.
    """
    lines = list(grid.names[:-1])
    kinds = [_kind(name) for name in table.names]
    column = table.names[kinds.index("z")] if kinds else ""
    other = _is_other(column, grid.axes[-1])  # files of SEG-Y do not tell whether they are in time or in depth
    unit, called = ("", f", though its column is called {column}") if other else (_unit(column), "")
    if named and kinds:
        columns: list[list[str]] = [kinds]
    else:
        wide = table.rows.shape[1]
        forms = [[*lines, "z"], ["x", "y", "z"], [*lines, "x", "y", "z"], ["x", "y", *lines, "z"]]
        forms += [[*lines[::-1], "z"], [*lines[::-1], "x", "y", "z"]] if len(lines) == 2 else []
        columns = [form for form in forms if len(form) <= wide]
    for form in columns:
        words = " ".join(part if part != "z" else grid.axes[-1].name for part in form if part)
        places = _places(table.rows, form, grid)
        if places is not None:
            yield Reading(places, table.rows[:, form.index("z")], unit, f"{words}{places.words}{called}")


def _places(rows: NDArray[np.float64], form: list[str], grid: Grid) -> Places | None:
    """Where picks lie by the columns of a form; None where it has none that tell."""
    lines = list(grid.names[:-1])
    numbers, xy = (
        rows[:, [form.index(name) for name in wanted]] if set(wanted) <= set(form) else None
        for wanted in (lines, ["x", "y"])
    )
    if xy is None or not grid.has_coordinates:
        return None if numbers is None else Places(by_numbers(numbers, grid))
    return Places(by_coordinates(xy, grid)) if numbers is None else settled(numbers, xy, grid)
