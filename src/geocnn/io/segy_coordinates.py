"""Map coordinates of a survey: corners always, origin and vectors per axis when the traces lie on a regular grid."""

import numpy as np
from numpy.typing import NDArray

from geocnn.io.segy_fields import Fields, scaled
from geocnn.io.segy_geometry import Geometry

__all__ = ["COORDINATE_FIELDS", "coordinates"]

PAIRS = ((181, 185), (73, 77))  # CDP X and Y; source X and Y, where many stacks keep them
COORDINATE_FIELDS = (71, *(byte for pair in PAIRS for byte in pair))
EARTH = 1e8  # m or ft; no map coordinate is larger
MAX_POINTS = 20_000  # enough for the least-squares plane


def coordinates(fields: Fields, geometry: Geometry) -> dict[str, object] | None:
    """Find map coordinates in the trace headers.

    Args:
        fields: columns for all of ``COORDINATE_FIELDS``.
        geometry: where each trace lies.

    Returns:
        None when there are none; else ``bytes``, ``corners`` (a list of ``[axis numbers..., x, y]``, in the unit of
        the file, usually m) and, for a regular layout, ``origin`` (x, y of the first grid position) and
        ``vectors`` ((dx, dy) from one grid position to the next, per axis).
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
        return _summary(pair, places[usable], points, geometry)
    return None


def _is_line_numbers(fields: Fields, pair: tuple[int, int], geometry: Geometry) -> bool:
    """Whether the pair repeats the inline and crossline numbers."""
    same = zip(pair, geometry.bytes, strict=False)
    return bool(geometry.bytes) and all(np.array_equal(fields[a], fields[b]) for a, b in same)


def _summary(
    pair: tuple[int, int], places: NDArray[np.intp], points: NDArray[np.float64], geometry: Geometry
) -> dict[str, object]:
    """Corners, and the plane x, y = origin + i * vector0 + j * vector1 if it explains every point."""
    shape = geometry.index.shape
    every = max(1, len(places) // MAX_POINTS)
    design = np.column_stack([np.ones(len(places)), places])
    plane = np.linalg.lstsq(design[::every], points[::every], rcond=None)[0]
    misfit = float(np.abs(design @ plane - points).max())
    spacing = float(np.linalg.norm(plane[1:], axis=1).max())
    regular = misfit <= max(0.05 * spacing, 1e-6 * spacing) and np.linalg.matrix_rank(design[::every]) == plane.shape[0]
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
    if regular:
        found["origin"] = [round(float(v), 3) for v in plane[0]]
        found["vectors"] = [[round(float(v), 6) for v in row] for row in plane[1:]]
    return found
