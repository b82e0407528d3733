"""Part faults that cross or meet at acute angles, by planes laid through objects that bend.

The plane through most of the points, then the one through most of what is left, and so on (M. A. Fischler, R. C.
Bolles, 1981, Random sample consensus, Comm. ACM 24(6), 381-395, with the points' own normals in place of random
samples). What only bends, such as a listric fault, gives planes too. But of two that cross or meet one at least goes
on beyond the other; those of a bent surface end where the next one begins, and stay one object.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geocnn.interpretation.ridges import Ridges

__all__ = ["part", "spread"]

_BENT = 10.0
"""Degrees of :func:`spread` from which on an object is looked at: two planes that cross at 20 degrees have that."""
_SEEDS = 48
"""Points, spread over an object, whose planes are tried."""
_OFF, _ANGLE = 2.5, 25.0
"""Voxels that a point may lie off a plane that it belongs to, and degrees between their normals."""
_PLANES, _LEAST = 6, 0.1
"""Planes of an object at most, and the share of its points that each has at least."""
_FITTED = 10
"""Points through which a plane is laid, at least."""
_BEYOND, _SIDE = 3.0, 0.12
"""Voxels from a plane at which a point is beyond it, and the share of points on each side of what goes through."""

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


def spread(normals: NDArray[np.floating]) -> float:
    """Degrees between normals and their principal direction, root mean square (of the cosine)."""
    values = np.linalg.eigvalsh(normals.T.astype(np.float64) @ normals)
    return math.degrees(math.acos(math.sqrt(min(1.0, float(values[-1] / values.sum())))))


def part(ridges: Ridges, label: Indices, *, min_size: int) -> Indices:
    """Objects of which those that are several faults are numbered as such, from 1, the largest first.

    Args:
        ridges: points.
        label: number of each point's object; 0 for none.
        min_size: points that each part has at least, else the object stays whole.
    """
    parted, following = label.copy(), int(label.max(initial=0)) + 1
    order = np.argsort(label, kind="stable")  # points by object, as there may be thousands
    ends = np.searchsorted(label[order], np.arange(1, following + 1))
    for begin, end in pairwise(ends.tolist()):
        own = order[begin:end]
        if len(own) < 2 * min_size or spread(ridges.normals[own]) <= _BENT:
            continue
        which = _planes(ridges.points[own].astype(np.float64), ridges.normals[own].astype(np.float64), min_size)
        for other in range(1, int(which.max(initial=0)) + 1):
            parted[own[which == other]] = following
            following += 1
    sizes = np.bincount(parted, minlength=following)
    largest = [k for k in np.argsort(-sizes, kind="stable") if k and sizes[k]]
    again = np.zeros(following, np.int64)
    again[largest] = np.arange(1, len(largest) + 1)
    numbered: Indices = again[parted]
    return numbered


def _planes(points: Floats, normals: Floats, min_size: int) -> Indices:
    """Which of several faults each point belongs to, from 0; all 0 where they are one."""
    found: list[tuple[Floats, Floats]] = []
    left, least = np.arange(len(points)), max(min_size, _LEAST * len(points))
    while len(found) < _PLANES and len(left) >= least:
        centre, normal, own = _largest(points[left], normals[left])
        if len(own) < least:
            break
        found.append((centre, normal))
        left = np.delete(left, own)
    if len(found) < 2:
        return np.zeros(len(points), np.int64)
    off = np.stack([_off(points, plane) for plane in found])
    unlike = np.stack([1 - np.abs(normals @ normal) for _, normal in found])
    which = np.argmin(np.abs(off) / _OFF + unlike / (1 - math.cos(math.radians(_ANGLE))), axis=0)
    faults: Indices = _joined(off, which)[which]
    return faults


def _largest(points: Floats, normals: Floats) -> tuple[Floats, Floats, Indices]:
    """A point of, the normal to, and the points of the plane that most points belong to."""
    best = np.zeros(0, np.int64)
    for seed in np.unique(np.linspace(0, len(points) - 1, _SEEDS).astype(int)):
        own = _of(points, normals, (points[seed], normals[seed]))
        best = own if len(own) > len(best) else best
    centre, normal = points[best].mean(axis=0), normals[best[0]]
    for _ in range(3):  # by least squares through what belongs to it
        if len(best) < _FITTED:
            break
        centre = points[best].mean(axis=0)
        normal = np.linalg.eigh(np.cov((points[best] - centre).T))[1][:, 0]
        best = _of(points, normals, (centre, normal))
    return centre, normal, best


def _of(points: Floats, normals: Floats, plane: tuple[Floats, Floats]) -> Indices:
    """Points that belong to a plane."""
    alike = np.abs(normals @ plane[1]) > math.cos(math.radians(_ANGLE))
    return np.flatnonzero(alike & (np.abs(_off(points, plane)) <= _OFF))


def _off(points: Floats, plane: tuple[Floats, Floats]) -> Floats:
    """Voxels off a plane."""
    return np.asarray((points - plane[0]) @ plane[1])


def _joined(off: Floats, which: Indices) -> Indices:
    """Number of the fault of each plane, from 0: planes of which neither goes through the other are one."""
    number = np.arange(len(off))
    for a in range(len(off)):
        for b in range(a):
            if not _through(off[b][which == a]) and not _through(off[a][which == b]):
                number[number == number[a]] = number[b]
    return np.unique(number, return_inverse=True)[1].astype(np.int64)


def _through(off: Floats) -> bool:
    """Whether points lie on both sides of a plane."""
    sides = [float((off > _BEYOND).mean()), float((off < -_BEYOND).mean())] if len(off) else [0.0]
    return min(sides) >= _SIDE
