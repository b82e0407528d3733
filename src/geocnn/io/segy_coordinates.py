"""Map coordinates of a survey: its corners; origin and vectors of a regular grid, or those of each trace."""

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import Axis
from geocnn.io.segy_fields import Fields, scaled
from geocnn.io.segy_geometry import Geometry
from geocnn.io.segy_lines import LINES, several_lines
from geocnn.words import number_of

__all__ = ["ANGLES", "COORDINATE_FIELDS", "LENGTHS", "MAX_TRACES", "SEXAGESIMAL", "coordinates", "coordinates_of"]

PAIRS = ((181, 185), (73, 77))  # CDP X and Y; source X and Y, where many stacks keep them
COORDINATE_FIELDS = (71, 89, *(byte for pair in PAIRS for byte in pair))
EARTH = 1e8  # m or ft; no map coordinate is larger
MAX_POINTS = 20_000  # enough to see what is usual
MAX_TRACES = 500_000  # whose coordinates are kept one by one where they are on no grid; near to one all are
MAX_FAR = 0.01  # of the traces; where more lie far from a plane it is no plane
EXACT = 0.05  # bins, the larger side, up to which traces are on a regular grid
NEAR = 1.0  # bins, the smaller side, up to which they are near to one: by scatter, or bent by another map projection
LENGTHS = {1: "m", 2: "ft"}  # by the measurement system in the binary header
SEXAGESIMAL = "degrees, minutes, seconds"
ANGLES = {  # by the coordinate units at byte 89: name, and the largest x and y, for many files say so of metres
    2: ("seconds of arc", 1_296_000, 324_000),
    3: ("degrees", 360, 90),
    4: (SEXAGESIMAL, 3_600_000, 900_000),
}

_Notes = list[tuple[str, str]]


def coordinates(fields: Fields, geometry: Geometry, system: int = 0) -> tuple[dict[str, object] | None, _Notes]:
    """Find map coordinates in the trace headers.

    Args:
        fields: columns for all of ``COORDINATE_FIELDS``.
        geometry: where each trace lies.
        system: measurement system of the binary header, 1 for metres, 2 for feet.

    Returns:
        None when there are none; else ``bytes``, ``corners`` (a list of ``[axis numbers..., x, y]``, in the unit of
        the file, usually m), ``units`` (the number at byte 89), ``unit`` where the headers tell it, and of these one:

        - of a regular layout in a unit of length ``origin`` (x, y of the first grid position) and ``vectors`` ((dx, dy)
          from one grid position to the next, per axis);
        - of a cube in one whose traces are beside a regular layout, by no more than a bin but for one in a hundred,
          both of these for the layout that is nearest to them (least squares), and ``traces`` ((x, y) of each grid
          position, in their order, an array);
        - of another line in one ``points`` ((x, y) of each trace);
        - of another cube, and of angles, ``traces`` alone, where they are no more than ``MAX_TRACES``; degrees,
          minutes, seconds all in seconds.

        And remarks for the user (label, text).
    """
    places = np.argwhere(geometry.index >= 0)
    traces = geometry.index[tuple(places.T)]
    for pair in PAIRS:
        if pair == geometry.bytes:
            continue
        x, y = (scaled(fields[byte], fields[71])[traces] for byte in pair)
        usable = _usable(x, y)
        if np.count_nonzero(usable) < 2 or _is_line_numbers(fields, pair, geometry):
            continue
        points = np.stack([x[usable], y[usable]], axis=1)
        if np.ptp(points, axis=0).max() == 0:
            continue
        code = _usual(fields[89][traces][usable])
        step = _last_digit(fields[71][traces][usable])
        found: dict[str, object] = {"bytes": list(pair), "units": code}
        if unit := _unit(code, points, system):
            found["unit"] = unit
        more, notes = _summary(places[usable], points, geometry, unit, step)
        return found | more, notes
    return None, []


def coordinates_of(
    points: NDArray[np.float64], unit: str, axes: tuple[Axis, ...], digit: float
) -> tuple[dict[str, object] | None, _Notes]:
    """Map coordinates of a survey that has them for its traces, but no headers.

    Args:
        points: x and y of each grid position ``(lines..., 2)``, NaN or both 0 for none.
        unit: "m", "ft", "degrees", "seconds of arc" or "".
        axes: the horizontal ones.
        digit: to which they are rounded, 0 where they are not.

    Returns:
        The same as :func:`coordinates`, without ``bytes`` and ``units``.
    """
    shape, flat = points.shape[:-1], points.reshape(-1, 2)
    usable = _usable(*flat.T)
    numbers = np.stack(np.meshgrid(*(axis.values for axis in axes), indexing="ij"), axis=-1)
    if np.count_nonzero(usable) < 2 or np.ptp(flat[usable], axis=0).max() == 0 or np.array_equal(points, numbers):
        return None, []
    geometry = Geometry(axes, np.arange(len(flat)).reshape(shape), (), 1.0)
    places = np.argwhere(geometry.index >= 0)[usable]
    found, notes = _summary(places, flat[usable], geometry, unit, digit)
    return ({"unit": unit} if unit else {}) | found, notes


def _usable(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether coordinates can be those of a place on the Earth."""
    return np.asarray((np.abs(x) < EARTH) & (np.abs(y) < EARTH) & ((x != 0) | (y != 0)), np.bool_)


def _usual(values: NDArray[np.int32]) -> int:
    """What most traces have; the header of the first one may be the damaged one."""
    several, counts = np.unique(values[:: max(1, len(values) // MAX_POINTS)], return_counts=True)
    return int(several[np.argmax(counts)])


def _unit(code: int, points: NDArray[np.float64], system: int) -> str:
    """Unit of the coordinates, nothing where the headers do not tell."""
    name, *largest = ANGLES.get(code, ("", 0, 0))
    angles = name and np.mean(np.all(np.abs(points) <= largest, axis=1)) >= 1 - MAX_FAR
    return name if angles else LENGTHS.get(system, "")


def _last_digit(scalars: NDArray[np.int32]) -> float:
    """What a step of 1 in the headers is, to which coordinates are rounded."""
    return float(scaled(np.ones(1, np.int32), np.array([_usual(scalars)], np.int32))[0])


def _is_line_numbers(fields: Fields, pair: tuple[int, int], geometry: Geometry) -> bool:
    """Whether the pair repeats the inline and crossline numbers."""
    same = zip(pair, geometry.bytes, strict=False)
    return bool(geometry.bytes) and all(np.array_equal(fields[a], fields[b]) for a, b in same)


def _seconds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """DDDMMSS.ss as seconds, which can be added and halved."""
    size = np.abs(values)
    degrees, minutes = size // 10_000, size // 100 % 100
    return np.asarray(np.sign(values) * (3600 * degrees + 60 * minutes + size % 100), np.float64)


def _sexagesimal(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The way back of :func:`_seconds`."""
    size = np.abs(seconds)
    degrees, minutes = size // 3600, size // 60 % 60
    return np.asarray(np.sign(seconds) * (10_000 * degrees + 100 * minutes + size % 60), np.float64)


def _summary(
    places: NDArray[np.intp], points: NDArray[np.float64], geometry: Geometry, unit: str, digit: float
) -> tuple[dict[str, object], _Notes]:
    """Corners, and the plane x, y = origin + i * vector0 + j * vector1 if it explains the points, at least nearly."""
    points = _seconds(points) if unit == SEXAGESIMAL else points
    shape, digits, length = geometry.index.shape, 7 if unit == "degrees" else 3, not unit or unit in LENGTHS.values()
    plane, far = _surface(places, points, shape, digit)
    regular = far is not None
    if far is None and len(shape) > 1 and length:
        other, far = _surface(places, points, shape)
        plane = plane if far is None else other
    near = far is not None
    notes: _Notes = []
    if far is None and (apart := several_lines(places, points, shape)):
        inlines = number_of(len(np.unique(places[:, 0])), "line")
        step, wide = (f"{one:.0f}" if one >= 100 else f"{one:.3g}" for one in apart)
        said = (
            f"these are {inlines} of their own by the map coordinates, not a cube: traces are {step} apart along them"
        )
        notes.append((LINES, f"{said}, and they lie about {wide} from one another, not side by side trace by trace"))
    if far is not None and far.any():
        notes.append(("coordinates", f"{_has(int(far.sum()))} coordinates far from {_its(int(far.sum()))}"))
        places, points = places[~far], points[~far]
    if near and not regular:
        most = np.hypot(*(plane[0] + places @ plane[1:] - points).T).max()
        said = f"up to {most:.3g} {unit}".rstrip() + " beside a regular grid"
        notes.append(("coordinates", f"{said}; each trace keeps its own, and distances are those of the grid"))
    found: dict[str, object] = {"corners": _corners(places, points, geometry, unit, digits, plane if regular else None)}
    if near and length:
        found["origin"] = [round(float(v), 3) for v in plane[0]]
        found["vectors"] = [[round(float(v), 6) for v in row] for row in plane[1:]]
    if regular and length:
        return found, notes
    if len(shape) == 1 and length:
        found["points"] = np.round(_of_every_trace(places, points, shape, plane), digits).tolist()
    elif (near and length) or geometry.index.size <= MAX_TRACES:
        found["traces"] = np.round(_of_every_trace(places, points, shape, plane), digits)
    else:
        said = f"those of {geometry.index.size} traces are on no regular grid in m or ft, and too many to be kept in"
        notes.append(("coordinates", f"{said} a result of another grid or form; up to {MAX_TRACES} are"))
    return found, notes


def _corners(
    places: NDArray[np.intp],
    points: NDArray[np.float64],
    geometry: Geometry,
    unit: str,
    digits: int,
    plane: NDArray[np.float64] | None,
) -> list[list[float]]:
    """Numbers of the lines and coordinates of the corners, without a plane of the traces that are nearest to them."""
    corners = []
    for corner in np.ndindex(*(2 for _ in geometry.index.shape)):
        place = np.array([bit * (n - 1) for bit, n in zip(corner, geometry.index.shape, strict=True)])
        if plane is not None:
            at = np.array([1.0, *place]) @ plane
        else:
            nearest = int(np.argmin(np.abs(places - place).sum(axis=1)))
            place, at = places[nearest], points[nearest]
        numbers = [axis.start + axis.step * int(i) for axis, i in zip(geometry.axes, place, strict=True)]
        at = _sexagesimal(np.round(at, digits)) if unit == SEXAGESIMAL else at
        corners.append([*numbers, *(round(float(v), digits) for v in at)])
    return corners


def _has(count: int) -> str:
    return f"{number_of(count, 'trace')} {'has' if count == 1 else 'have'}"


def _its(count: int) -> str:
    return "its place" if count == 1 else "their places"


def _surface(
    places: NDArray[np.intp], points: NDArray[np.float64], shape: tuple[int, ...], digit: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The plane of :func:`_plane`; for a cube of one line with a vector across it, as long as that along it."""
    if len(shape) == 1 or min(shape) > 1:
        return _plane(places, points, digit)
    along = int(np.argmax(shape))
    line, far = _plane(places[:, [along]], points, digit)
    across = np.array([-line[1, 1], line[1, 0]])
    return np.insert(line, 2 - along, across, axis=0), far


def _plane(
    places: NDArray[np.intp], points: NDArray[np.float64], digit: float | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The least-squares plane ``(1 + axes, 2)``, and which points are far from it: a few, damaged, have no part in it.

    Those that are more than half as far away as the farthest are left out, and the plane is laid again, until it
    explains all others. None in place of them where it does not before too many are left out, and for a plane that is
    not determined. It explains points to ``EXACT`` and the last digit of the headers, without one to ``NEAR``.
    """
    far = np.zeros(len(places), np.bool_)
    most = max(1, int(MAX_FAR * len(places))) if len(places) >= 10 else 0  # of fewer none is odd
    first = None
    while True:
        plane, full = _least_squares(places[~far], points[~far])
        first = plane if first is None else first
        away = np.abs(plane[0] + places @ plane[1:] - points).max(axis=1)
        sides = np.linalg.norm(plane[1:], axis=1)
        allowed = NEAR * float(sides.min()) if digit is None else _rounding(float(sides.max()), digit)
        worst = away[~far].max()
        if full and worst <= allowed and np.count_nonzero(away > allowed) <= most:
            return plane, away > allowed
        far = far | (away > worst / 2)
        if not full or np.count_nonzero(far) > most:
            return first, None


def _rounding(spacing: float, digit: float) -> float:
    """How far from their plane traces of a regular grid may be."""
    return max(EXACT * spacing, 0.75 * digit if digit < spacing / 2 else 0.0)


def _least_squares(places: NDArray[np.intp], points: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Origin and vectors, and whether they are determined; by normal equations, which are exact enough when centred."""
    middle, mean = places.mean(axis=0), points.mean(axis=0)
    design = places - middle
    square = design.T @ design
    vectors = np.linalg.lstsq(square, design.T @ (points - mean), rcond=None)[0]
    return np.vstack([mean - middle @ vectors, vectors]), bool(np.linalg.matrix_rank(square) == len(square))


def _of_every_trace(
    places: NDArray[np.intp], points: NDArray[np.float64], shape: tuple[int, ...], plane: NDArray[np.float64]
) -> NDArray[np.float64]:
    """X and Y of each grid position ``(positions, 2)``.

    Where there is no trace, or none with coordinates, what the others differ from the plane is interpolated along the
    last axis; a line of the cube without any is like the nearest that has some.
    """
    rows = np.full((*shape, 2), np.nan).reshape(-1, shape[-1], 2)
    every = np.moveaxis(np.indices(shape, np.float64), 0, -1).reshape(*rows.shape[:2], len(shape))
    flat = np.asarray(plane[0] + every @ plane[1:], np.float64)
    at = np.ravel_multi_index(tuple(places.T), shape)
    rows.reshape(-1, 2)[at] = points - flat.reshape(-1, 2)[at]
    known = np.isfinite(rows[..., 0])
    some = np.flatnonzero(known.any(axis=1))
    for row in np.flatnonzero(~known.all(axis=1) & known.any(axis=1)):
        have = np.flatnonzero(known[row])
        for column in rows[row].T:
            column[:] = np.interp(np.arange(shape[-1]), have, column[have])
    none = np.flatnonzero(~known.any(axis=1))
    rows[none] = rows[some[np.abs(none[:, None] - some).argmin(axis=1)]]
    return np.asarray(flat + rows, np.float64).reshape(-1, 2)
