"""Which header bytes hold the line numbers of a SEG-Y file, found by looking for the pair that fills a grid best.

The standard says inline at byte 189 and crossline at byte 193; files in the wild disagree. A pair of fields is a
geometry when no two traces share its numbers and the traces fill a good part of the rectangle they span, each
axis with its own regular step. Sorting, direction, steps and missing traces do not matter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import GeometryError
from geocnn.grid import Axis
from geocnn.io.segy_fields import Fields

__all__ = ["CANDIDATES", "COUNTERS", "FIELD_PAIRS", "GEOMETRY_FIELDS", "Geometry", "are_line_numbers", "find_geometry"]

CANDIDATES = ((189, 193), (9, 21), (5, 21), (181, 185), (17, 13))
FIELD_PAIRS = ((9, 21), (5, 21), (17, 13))  # have another meaning in field records
COUNTERS = (21, 193, 189, 17, 5, 1, 13)
OFFSET = 37
GEOMETRY_FIELDS = tuple(dict.fromkeys([*COUNTERS, OFFSET, *(byte for pair in CANDIDATES for byte in pair)]))

MIN_FILL = 0.1  # of the spanned rectangle; a diagonal or winding 2-D line stays below
MIN_TRACES_A_LINE = 1.1  # a 2-D line with two counters has one trace per number
MAX_NUMBER, MAX_STEP = 10_000_000, 1000  # beyond these a found number is a coordinate or lies in the wrong byte order
MAX_UNUSABLE = 0.01  # of the traces; of more we do not believe that their headers alone are damaged
MAX_BETWEEN = 0.1  # of the traces of a usual line, that a line off the step of the others may have to be damage
HALF_FULL = 0.6  # of the grid; where a step is made finer by damage it is filled by half, or by less
MIN_SORTED = 0.5  # of the neighbours; of traces in random order hardly any follow each other
MAX_LINE = 100_000  # more traces than this without any line number are no 2-D line


@dataclass(frozen=True)
class Geometry:
    """Traces laid out on a cube or a line.

    Attributes:
        axes: (inline, crossline) or (trace,).
        index: trace number in the file per grid position, -1 for none, shape of the axes.
        bytes: header bytes that hold the numbers; empty for a line counted in file order.
        fill: share of grid positions that have a trace.
        left_out: traces without line numbers that are on no grid position.
        doubled: traces whose place is taken by a later trace with the same numbers.
        unusable: traces whose numbers lie so far from all others, or so between them, that their headers must be
            damaged.
    """

    axes: tuple[Axis, ...]
    index: NDArray[np.int64]
    bytes: tuple[int, ...]
    fill: float
    left_out: int = 0
    doubled: int = 0
    unusable: int = 0

    @property
    def sorting(self) -> str:
        """Axis along which most neighbours follow each other in the file: "inline", "crossline", "trace", or "none"."""
        if len(self.axes) == 1:
            return "trace"
        along, across = self._following(1), self._following(0)
        if max(along, across) < MIN_SORTED:
            return "none"
        return "inline" if along >= across else "crossline"

    def _following(self, axis: int) -> float:
        """Share of the neighbours along an axis that are neighbours in the file, too."""
        first, second = np.delete(self.index, -1, axis), np.delete(self.index, 0, axis)
        both = (first >= 0) & (second >= 0)
        pairs = int(np.count_nonzero(both))
        return int(np.count_nonzero(both & (np.abs(second - first) == 1))) / pairs if pairs else 0.0

    @property
    def fold(self) -> float:
        """Traces per occupied position."""
        occupied = int(np.count_nonzero(self.index >= 0))
        return (occupied + self.doubled) / occupied

    def __str__(self) -> str:
        """For example ``inline at byte 189, crossline at byte 193, 100 % of the grid filled``."""
        if len(self.axes) == 2:
            percent = f"{100 * self.fill:.4g} % of the grid filled"
            return f"inline at byte {self.bytes[0]}, crossline at byte {self.bytes[1]}, {percent}"
        return f"line, numbered by byte {self.bytes[0]}" if self.bytes else "line, traces counted in file order"


def find_geometry(
    fields: Fields, name: str, *, pair: tuple[int, int] | None = None, ndim: int | None = None
) -> Geometry:
    """Find the cube or the line that the traces form.

    Args:
        fields: columns for all of ``GEOMETRY_FIELDS`` and for ``pair``.
        name: file name for messages.
        pair: header bytes of inline and crossline, if the user knows them.
        ndim: 3 insists on a cube, 2 takes the traces as one line in file order.

    Raises:
        GeometryError: prestack, doubled line numbers, many damaged headers, or no pair that fills a grid.
    """
    if ndim == 2 and pair is None:
        return _line(fields)
    if pair is not None:
        return _given(fields, name, pair)
    grids = [cube for candidate in CANDIDATES if (cube := _cube(fields, candidate)) and _is_grid(cube, fields)]
    if cubes := [cube for cube in grids if not cube.doubled]:
        return max(cubes, key=lambda cube: round(cube.fill, 2))
    if grids:
        raise _doubled(fields, name, grids[0])
    if ndim == 3:
        if (cube := _single_line_cube(fields)) is not None:
            return cube
        _refuse_damaged(fields, name)
        raise GeometryError(
            f"{name}: none of the byte pairs {_pairs()} fills a grid; give --inline-byte and --crossline-byte."
        )
    _refuse_prestack(fields, name)
    _refuse_damaged(fields, name)
    count = len(fields[OFFSET])
    line = _line(fields)
    if count > MAX_LINE and not line.bytes:
        raise GeometryError(
            f"{name}: none of the byte pairs {_pairs()} fills a grid, and {count} traces are too many for a line; "
            "give --inline-byte and --crossline-byte, or --ndim 2."
        )
    return line


def _pairs() -> str:
    return ", ".join(f"{inline}/{crossline}" for inline, crossline in CANDIDATES)


def _axis(name: str, numbers: NDArray[np.int64]) -> Axis:
    """Regular axis through sorted distinct numbers; its step is their greatest common divisor."""
    step = int(np.gcd.reduce(np.diff(numbers))) if len(numbers) > 1 else 1
    return Axis(name, int(numbers[-1] - numbers[0]) // step + 1, float(numbers[0]), float(step))


def _outlying(numbers: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Numbers far outside the range of the others: damaged headers. None where they are more than a share of all.

    Far is three times the distance between the quartiles, which for lines of equal length is one and a half times the
    whole survey.
    """
    low, high = (int(q) for q in np.quantile(numbers, (0.25, 0.75), method="nearest"))
    reach = 3 * max(high - low, 1)
    far = (numbers < low - reach) | (numbers > high + reach)
    return far if far.sum() <= max(1.0, share * len(numbers)) else np.zeros_like(far)


def _off_step(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Numbers between those of the lines, that alone make their step as fine as it is: damaged headers.

    These are at most one in a hundred, and each has far fewer traces than a line: a whole line between the others, or a
    part of the survey with lines closer to one another, is no damage.
    """
    values, counts = np.unique(numbers, return_counts=True)
    rare = counts <= MAX_BETWEEN * np.median(counts)
    nothing = np.zeros(len(numbers), np.bool_)
    if not rare.any() or np.count_nonzero(~rare) < 3:
        return nothing
    usual = values[~rare]
    step = int(np.gcd.reduce(np.diff(usual)))
    off = (values - usual[0]) % step != 0
    if not off.any() or counts[off].sum() > MAX_UNUSABLE * len(numbers):
        return nothing
    return np.asarray((numbers - usual[0]) % step != 0, np.bool_)


def _cube(fields: Fields, pair: tuple[int, int], share: float = MAX_UNUSABLE) -> Geometry | None:
    """The grid of one byte pair, or None when its rectangle is far larger than the traces can fill.

    At most ``share`` of the traces are left out for numbers far away from all others, and one in a hundred for numbers
    between those of the lines.
    """
    inline, crossline = (fields[byte].astype(np.int64) for byte in pair)
    numbered = (inline != 0) | (crossline != 0)
    if numbered.sum() < 0.5 * len(numbered) or (~numbered).sum() == 1:
        numbered[:] = True  # zeros are numbers here, not blanks
    blank = int(np.count_nonzero(~numbered))
    if numbered.sum() > 4:  # of fewer none is outlying
        far = _outlying(inline[numbered], share) | _outlying(crossline[numbered], share)
        numbered[numbered] = ~far
    cube = _filled(inline, crossline, numbered, pair, blank)
    if cube is None or cube.fill < HALF_FULL:
        off = _off_step(inline[numbered]) | _off_step(crossline[numbered])
        if off.any():
            numbered[numbered] = ~off
            cube = _filled(inline, crossline, numbered, pair, blank)
    return cube


def _filled(
    inline: NDArray[np.int64],
    crossline: NDArray[np.int64],
    numbered: NDArray[np.bool_],
    pair: tuple[int, int],
    blank: int,
) -> Geometry | None:
    """The grid of the traces that are numbered, or None when its rectangle is far larger than they can fill."""
    unusable = int(np.count_nonzero(~numbered)) - blank
    inline, crossline = inline[numbered], crossline[numbered]
    axes = (_axis("inline", np.unique(inline)), _axis("crossline", np.unique(crossline)))
    size = axes[0].size * axes[1].size
    if size > 50 * len(inline):
        return None
    row, column = (
        ((numbers - int(axis.start)) // int(axis.step)) for numbers, axis in zip((inline, crossline), axes, strict=True)
    )
    index = np.full((axes[0].size, axes[1].size), -1, dtype=np.int64)
    index[row, column] = np.flatnonzero(numbered)
    filled = int(np.count_nonzero(index >= 0))
    return Geometry(axes, index, pair, filled / size, blank, len(inline) - filled, unusable)


def _is_grid(cube: Geometry, fields: Fields) -> bool:
    """Whether the traces form an area: several per line on both axes, and a good part of the rectangle."""
    present = cube.index >= 0
    lines = max(np.count_nonzero(present.any(axis=1)), np.count_nonzero(present.any(axis=0)))
    area = min(cube.index.shape) > 1 and present.sum() >= MIN_TRACES_A_LINE * lines and cube.fill >= MIN_FILL
    shots = cube.bytes in FIELD_PAIRS and len(np.unique(fields[OFFSET])) > 1  # records: one trace a shot and CDP
    return bool(area and all(are_line_numbers(axis.start, axis.step) for axis in cube.axes) and not shots)


def are_line_numbers(start: float, step: float) -> bool:
    """Whether numbers that begin with one, with that step, are taken for those of the lines of a cube."""
    return abs(start) <= MAX_NUMBER and abs(step) <= MAX_STEP


def _given(fields: Fields, name: str, pair: tuple[int, int]) -> Geometry:
    """The grid of the user's byte pair."""
    cube = _cube(fields, pair)
    if cube is None:
        raise GeometryError(
            f"{name}: bytes {pair[0]} and {pair[1]} are no inline and crossline: the numbers there are scattered over "
            "a far larger rectangle than the traces fill; leave the options out to search."
        )
    if cube.doubled:
        raise _doubled(fields, name, cube)
    return cube


def _doubled(fields: Fields, name: str, cube: Geometry) -> GeometryError:
    """The error for a grid on which several traces share a place: prestack when their offsets vary."""
    offset = fields[OFFSET]
    count, places = len(offset), len(np.unique(np.stack([fields[byte] for byte in cube.bytes]), axis=1).T)
    if len(np.unique(offset)) > 1:
        share = "are at one position" if places == 1 else f"share {places} positions"
        return GeometryError(
            f"{name} is prestack: its {count} traces with offsets {offset.min()} to {offset.max()} {share}; "
            "stack it first, name other bytes with --inline-byte and --crossline-byte, or read the traces as one line "
            "with --ndim 2."
        )
    return GeometryError(
        f"{name}: bytes {cube.bytes[0]} and {cube.bytes[1]} give only {places} different positions to {count} traces; "
        "name other bytes with --inline-byte and --crossline-byte, or read the traces as one line with --ndim 2."
    )


def _single_line_cube(fields: Fields) -> Geometry | None:
    """A cube of one inline or one crossline, for ``ndim=3``."""
    for pair in CANDIDATES:
        cube = _cube(fields, pair)
        if cube is not None and not cube.doubled and cube.fill > 0.5:
            return cube
    return None


def _refuse_prestack(fields: Fields, name: str) -> None:
    """Raise for gathers on a line or at a single place: positions that several offsets share."""
    offset = fields[OFFSET]
    if len(np.unique(offset)) == 1:
        return
    shared = [cube for pair in (*CANDIDATES[:3], (21, 21)) if (cube := _cube(fields, pair)) and cube.fold >= 2]
    if shared:
        raise _doubled(fields, name, min(shared, key=lambda cube: cube.fold))


def _refuse_damaged(fields: Fields, name: str) -> None:
    """Raise where most traces fill a grid and the others do not belong to it: a line would be the wrong answer."""
    for pair in CANDIDATES:
        cube = _cube(fields, pair, share=0.25)
        if cube is not None and cube.unusable and not cube.doubled and _is_grid(cube, fields):
            count = len(fields[OFFSET])
            raise GeometryError(
                f"{name}: {count - cube.left_out - cube.unusable} of {count} traces fill a grid of inlines at byte "
                f"{pair[0]} and crosslines at byte {pair[1]}, but the numbers of {cube.unusable} lie far away from it; "
                "repair their headers, name other bytes with --inline-byte and --crossline-byte, or read the traces as "
                "one line with --ndim 2."
            )


def _line(fields: Fields) -> Geometry:
    """All traces in file order, numbered by the first header field that counts regularly."""
    count = len(fields[OFFSET])
    index = np.arange(count, dtype=np.int64)
    for byte in COUNTERS:
        numbers = fields[byte].astype(np.int64)
        steps = np.unique(np.diff(numbers))
        if len(steps) == 1 and steps[0] != 0:
            return Geometry((Axis("trace", count, float(numbers[0]), float(steps[0])),), index, (byte,), 1.0)
    return Geometry((Axis("trace", count, 1.0, 1.0),), index, (), 1.0)
