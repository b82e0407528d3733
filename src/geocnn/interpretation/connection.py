"""Connect ridge points to faults: neighbours with similar normals, with care at crossings.

Where two faults cross or meet, smoothing turns their normals gradually into one another, so that a chain of like
neighbours leads from one to the other. Points with unlike normals around them are therefore left out at first, as a
junction. What remains falls into pieces; pieces that continue one another across a junction are joined, and every
point of a junction goes to the piece in whose plane it lies.
"""

import math
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geocnn.interpretation.ridges import Ridges

__all__ = ["connect"]

_ANGLE = 30.0
"""Degrees between the normals of neighbours from which on they belong to different faults."""
_CONTINUES = 20.0
"""Degrees between the normals of pieces from which on one does not continue the other across a junction."""
_AROUND = 3
"""Voxels around a point in which its neighbours are asked whether they agree."""
_COHERENT = 0.98
"""Mean square cosine between the normals around a point and their main direction, below which it is a junction."""
_ACROSS = 10.0
"""Voxels from a junction point to the pieces around it."""
_NEAREST = 16
"""Points of the pieces around a junction point that are looked at."""
_OFF_PLANE = 1.5
"""Voxels that a point may lie off the plane of another one that it continues."""

Indices = NDArray[np.int64]
Pairs = tuple[Indices, Indices]


def connect(ridges: Ridges, *, min_size: int = 50, angle: float = _ANGLE) -> Indices:
    """Number the objects that ridge points form.

    Points within one voxel of each other, also diagonally, belong together if their normals differ by less than
    ``angle``. Faults that cross at 45 degrees or more (in voxels) stay apart; a gap wider than a voxel divides.

    Args:
        ridges: points.
        min_size: objects with fewer points are dropped.
        angle: degrees.

    Returns:
        ``(n,)`` number of each point's object, 1 for the largest; 0 where it is dropped. Of objects of one size the
        one that begins first in the file has the lower number.
    """
    if not len(ridges):
        return np.zeros(0, np.int64)
    first, second = _neighbours(ridges)
    junction = _junctions(ridges, (first, second))
    alike = _cosine(ridges, first, second) > math.cos(math.radians(angle))
    plain = alike & ~junction[first] & ~junction[second]
    piece = _components(len(ridges), [(first[plain], second[plain])])
    bridges, attached = _across(ridges, junction, _touched(junction, (first, second)), piece)
    left = junction.copy()
    left[attached[0]] = False
    rough = alike & left[first] & left[second]
    edges = [(first[plain], second[plain]), bridges, attached, (first[rough], second[rough])]
    return _numbered(_components(len(ridges), edges), min_size)


def _numbered(label: Indices, min_size: int) -> Indices:
    """Components by their size, small ones 0; labels are in the order in which components begin."""
    sizes = np.bincount(label)
    order = np.argsort(-sizes, kind="stable")
    number = np.zeros(len(sizes), np.int64)
    number[order] = np.arange(1, len(sizes) + 1)
    number[sizes < min_size] = 0
    return number[label]


def _neighbours(ridges: Ridges) -> Pairs:
    """Points within one voxel of each other, each pair once: half of the neighbours are looked up in sorted keys."""
    shape, points = ridges.shape, ridges.points.astype(np.int64)
    strides = np.array([math.prod(shape[k + 1 :]) for k in range(len(shape))], np.int64)
    keys = points @ strides  # ascending, for the points are in the order of the file
    every = [np.array(step) for step in product((-1, 0, 1), repeat=len(shape))]
    firsts, seconds = [], []
    for step in every[len(every) // 2 + 1 :]:
        beside = points + step
        inside = np.flatnonzero(((beside >= 0) & (beside < shape)).all(axis=1))
        wanted = keys[inside] + step @ strides
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        hit = keys[place] == wanted
        firsts.append(inside[hit])
        seconds.append(place[hit])
    return np.concatenate(firsts), np.concatenate(seconds)


def _junctions(ridges: Ridges, pairs: Pairs) -> NDArray[np.bool_]:
    """Points around which normals point in several directions.

    The tensors ``n n^T`` are summed over neighbours and neighbours of neighbours; the largest eigenvalue over the trace
    is the mean square cosine between the normals and their main direction.
    """
    count, ndim = ridges.normals.shape
    tensor = (ridges.normals[:, :, None] * ridges.normals[:, None, :]).reshape(count, ndim * ndim)
    rows, columns = np.concatenate(pairs), np.concatenate(pairs[::-1])
    graph = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(count, count))
    for _ in range(_AROUND):
        tensor = tensor + graph @ tensor
    values = np.linalg.eigvalsh(tensor.reshape(count, ndim, ndim))
    return np.asarray(values[:, -1] < _COHERENT * values.sum(axis=1))


def _cosine(ridges: Ridges, first: Indices, second: Indices) -> NDArray[np.float32]:
    """Between normals, whatever their signs."""
    return np.asarray(np.abs((ridges.normals[first] * ridges.normals[second]).sum(axis=-1)))


def _components(count: int, edges: list[Pairs]) -> Indices:
    """Number of the component of every point, in the order in which they begin."""
    first, second = (np.concatenate([pair[k] for pair in edges]) for k in (0, 1))
    graph = coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _touched(junction: NDArray[np.bool_], pairs: Pairs) -> Indices:
    """Number of the connected junction that each point lies in or beside, -1 for none.

    The edge of a fault can look like a junction too, for there the normals are bent; but a gap parts the junctions on
    its two sides, and so nothing continues across it.
    """
    first, second = pairs
    inner = junction[first] & junction[second]
    touched = np.where(junction, _components(len(junction), [(first[inner], second[inner])]), -1)
    for a, b in ((first, second), (second, first)):
        outside = junction[b] & ~junction[a]
        touched[a[outside]] = touched[b[outside]]
    return touched


def _across(ridges: Ridges, inside: NDArray[np.bool_], touched: Indices, piece: Indices) -> tuple[Pairs, Pairs]:
    """Points of pieces that continue one another across a junction; and junction points with those they belong to.

    Args:
        ridges: points.
        inside: whether they are in a junction.
        touched: junction that they are in or beside.
        piece: of every point outside of junctions.
    """
    none = np.zeros(0, np.int64)
    junction, border = np.flatnonzero(inside), np.flatnonzero(~inside & (touched >= 0))
    if not len(junction) or not len(border):
        return (none, none), (none, none)
    points = ridges.points.astype(np.float64)
    near = min(_NEAREST, len(border))
    distance, found = map(np.asarray, cKDTree(points[border]).query(points[junction], k=[*range(1, near + 1)]))
    other = border[np.minimum(found, len(border) - 1)]
    reached = (distance <= _ACROSS) & (touched[other] == touched[junction][:, None])
    off = np.abs(((points[junction][:, None] - points[other]) * ridges.normals[other]).sum(axis=-1))
    off[~reached] = np.inf
    best, own = off.argmin(axis=1), np.arange(len(junction))
    fits = off[own, best] <= _OFF_PLANE
    attached = junction[fits], other[own, best][fits]
    return _bridges(ridges, other, reached, piece), attached


def _bridges(ridges: Ridges, other: Indices, reached: NDArray[np.bool_], piece: Indices) -> Pairs:
    """Of the points around each junction point, ``(junction points, near)``, pairs of which one continues the other."""
    least, firsts, seconds = math.cos(math.radians(_CONTINUES)), [], []
    for i, j in combinations(range(other.shape[1]), 2):
        both = np.flatnonzero(reached[:, i] & reached[:, j])
        both = both[piece[other[both, i]] != piece[other[both, j]]]
        a, b = other[both, i], other[both, j]
        step = (ridges.points[b] - ridges.points[a]).astype(np.float64)
        kept = _cosine(ridges, a, b) > least
        for k in (a, b):
            kept &= np.abs((step * ridges.normals[k]).sum(axis=1)) <= _OFF_PLANE
        firsts.append(a[kept])
        seconds.append(b[kept])
    none = np.zeros(0, np.int64)
    return np.concatenate([*firsts, none]), np.concatenate([*seconds, none])
