"""Map coordinates of a survey: its corners; origin and vectors of a regular grid, or points of a crooked line."""

import numpy as np
from numpy.typing import NDArray

from geocnn.io.segy_fields import Fields, scaled
from geocnn.io.segy_geometry import Geometry

__all__ = ["COORDINATE_FIELDS", "LENGTHS", "coordinates"]

PAIRS = ((181, 185), (73, 77))  # CDP X and Y; source X and Y, where many stacks keep them
COORDINATE_FIELDS = (71, 89, *(byte for pair in PAIRS for byte in pair))
EARTH = 1e8  # m or ft; no map coordinate is larger
MAX_POINTS = 20_000  # enough for the least-squares plane
LENGTHS = {1: "m", 2: "ft"}  # by the measurement system in the binary header
ANGLES = {  # by the coordinate units at byte 89: name, and the largest x and y, for many files say so of metres
    2: ("seconds of arc", 1_296_000, 324_000),
    3: ("degrees", 360, 90),
    4: ("degrees, minutes, seconds", 3_600_000, 900_000),
}


def coordinates(fields: Fields, geometry: Geometry, system: int = 0) -> dict[str, object] | None:
    """Find map coordinates in the trace headers.

    Args:
        fields: columns for all of ``COORDINATE_FIELDS``.
        geometry: where each trace lies.
        system: measurement system of the binary header, 1 for metres, 2 for feet.

    Returns:
        None when there are none; else ``bytes``, ``corners`` (a list of ``[axis numbers..., x, y]``, in the unit of
        the file, usually m), ``unit`` where the headers tell it and, for a regular layout in a unit of length,
        ``origin`` (x, y of the first grid position) and ``vectors`` ((dx, dy) from one grid position to the next, per
        axis); for another line in one ``points`` ((x, y) of each trace).
    """
    places = np.argwhere(geometry.index >= 0)
    traces = geometry.index[tuple(places.T)]
    for pair in PAIRS:
        if pair == geometry.bytes:
            continue
        x, y = (scaled(fields[byte], fields[71])[traces] for byte in pair)
        usable = (np.abs(x) < EARTH) & (np.abs(y) < EARTH) & ((x != 0) | (y != 0))
        if np.count_nonzero(usable) < 2 or _is_line_numbers(fields, pair, geometry):
            continue
        points = np.stack([x[usable], y[usable]], axis=1)
        if np.ptp(points, axis=0).max() == 0:
            continue
        unit = _unit(fields[89][traces][usable], points, system)
        step = _last_digit(fields[71][traces][usable])
        return _summary(pair, places[usable], points, geometry, unit, step)
    return None


def _unit(codes: NDArray[np.int32], points: NDArray[np.float64], system: int) -> str:
    """Unit of the coordinates, nothing where the headers do not tell."""
    name, *largest = ANGLES.get(int(codes[0]), ("", 0, 0))
    angles = name and np.all(np.abs(points).max(axis=0) <= largest)
    return name if angles else LENGTHS.get(system, "")


def _last_digit(scalars: NDArray[np.int32]) -> float:
    """What a step of 1 in the headers is, to which coordinates are rounded."""
    return float(scaled(np.ones(1, np.int32), scalars[:1])[0])


def _is_line_numbers(fields: Fields, pair: tuple[int, int], geometry: Geometry) -> bool:
    """Whether the pair repeats the inline and crossline numbers."""
    same = zip(pair, geometry.bytes, strict=False)
    return bool(geometry.bytes) and all(np.array_equal(fields[a], fields[b]) for a, b in same)


def _summary(
    pair: tuple[int, int],
    places: NDArray[np.intp],
    points: NDArray[np.float64],
    geometry: Geometry,
    unit: str,
    digit: float,
) -> dict[str, object]:
    """Corners, and the plane x, y = origin + i * vector0 + j * vector1 if it explains every point, to rounding."""
    shape = geometry.index.shape
    every = max(1, len(places) // MAX_POINTS)
    design = np.column_stack([np.ones(len(places)), places])
    plane = np.linalg.lstsq(design[::every], points[::every], rcond=None)[0]
    misfit = float(np.abs(design @ plane - points).max())
    spacing = float(np.linalg.norm(plane[1:], axis=1).max())
    allowed = max(0.05 * spacing, 0.75 * digit if digit < spacing / 2 else 0.0)
    regular = misfit <= allowed and np.linalg.matrix_rank(design[::every]) == plane.shape[0]
    corners = []
    for corner in np.ndindex(*(2 for _ in shape)):
        place = np.array([bit * (n - 1) for bit, n in zip(corner, shape, strict=True)])
        if regular:
            x, y = np.array([1.0, *place]) @ plane
        else:
            nearest = int(np.argmin(np.abs(places - place).sum(axis=1)))
            place, (x, y) = places[nearest], points[nearest]
        numbers = [axis.start + axis.step * int(i) for axis, i in zip(geometry.axes, place, strict=True)]
        corners.append([*numbers, round(float(x), 3), round(float(y), 3)])
    found: dict[str, object] = {"bytes": list(pair), "corners": corners}
    if unit:
        found["unit"] = unit
    if unit and unit not in LENGTHS.values():
        return found
    if regular:
        found["origin"] = [round(float(v), 3) for v in plane[0]]
        found["vectors"] = [[round(float(v), 6) for v in row] for row in plane[1:]]
    elif len(shape) == 1:
        of_trace = [np.interp(np.arange(shape[0]), places[:, 0], column) for column in points.T]
        found["points"] = np.round(np.column_stack(of_trace), 3).tolist()
    return found
