"""Divide the work among processes into shares, no two of which write into the same chunk."""

import itertools
import math
from collections.abc import Mapping, Sequence

from geocnn.prediction.pieces import Mark, Share
from geocnn.prediction.work import Work

__all__ = ["Tiles", "collides", "divided", "front"]

_LEAST = 4
"""Least length of a share along the streamed axis, in halos: its ends, computed twice, are a small part then."""

Tiles = Mapping[int, tuple[slice, ...]]
"""Type of the result of :func:`geocnn.prediction.pieces.to_do`."""


def divided(work: Work, tiles: Tiles, units: Sequence[int], wanted: int) -> list[Share]:
    """Divide the work into shares of about equal size, in the order of the work.

    For a streamed network a share is a box of the survey. Along the streamed axis its ends are multiples of ``units``;
    along the others they are multiples of ``units`` as well as ends of tiles, so that no chunk belongs to two shares.
    For a network that looks at whole windows a share is a group of tiles; see :func:`collides`.

    Args:
        work: the plan.
        tiles: what is to be done.
        units: size of the chunks of the result, samples per axis.
        wanted: number of shares, if there is enough to do for so many.
    """
    if work.network is None:
        count = min(len(tiles), 4 * wanted)
        return [Share(tuple(part)) for part in _in_turn(sorted(tiles), count)]
    axis, flat, shape = work.axes[0], work.tiles.flat, work.tiles.shape
    cuts = [_ends_of_tiles(work, a, units[a]) for a in range(len(shape))]
    across = math.prod(len(c) - 1 for a, c in enumerate(cuts) if a not in (axis, flat))
    if flat is not None:
        cuts[flat] = _thinned(cuts[flat], -(-wanted // across), 1)
        across *= len(cuts[flat]) - 1
    low = min((where[axis].start for where in tiles.values()), default=0)
    inner = range(-(-(low + 1) // units[axis]) * units[axis], shape[axis], units[axis])
    cuts[axis] = _thinned([low, *inner, shape[axis]], -(-wanted // across), _LEAST * work.tiles.halo)
    order = [a for a in range(len(shape)) if a != axis] + [axis]
    shares = []
    for spans in itertools.product(*([slice(*pair) for pair in itertools.pairwise(cuts[a])] for a in order)):
        region = tuple(spans[order.index(a)] for a in range(len(shape)))
        inside = tuple(number for number, where in tiles.items() if _meet(where, region))
        if inside:
            shares.append(Share(inside, region))
    return shares


def collides(work: Work, units: Sequence[int]) -> bool:
    """Whether shares of whole tiles write into the same chunks, so that they must not write at the same time."""
    if work.network is not None:
        return False
    return any(
        len(_ends_of_tiles(work, axis, unit)) < len(_ends_of_tiles(work, axis, 1)) for axis, unit in enumerate(units)
    )


def front(work: Work, tiles: Tiles, finished: Sequence[Share], mark: Mark) -> Mark:
    """Progress without a gap, in the order in which a single process would work.

    Args:
        work: the plan.
        tiles: what was to be done.
        finished: shares that are finished.
        mark: progress before.
    """
    number, plane = mark
    axis = work.axes[0]
    while number < len(work):
        where = tiles.get(number)
        if where is not None:
            plane = max(plane, where[axis].start)
            covers = (s for s in finished if number in s.tiles)
            stops = (
                where[axis].stop if s.region is None else s.region[axis].stop for s in covers if _has(s, axis, plane)
            )
            stop = min(where[axis].stop, max(stops, default=plane))
            if stop == plane:
                return number, plane if plane > where[axis].start else 0
            plane = stop
            if plane < where[axis].stop:
                continue
        number, plane = number + 1, 0
    return number, 0


def _has(share: Share, axis: int, plane: int) -> bool:
    """Whether a share contains a plane."""
    return share.region is None or share.region[axis].start <= plane < share.region[axis].stop


def _meet(where: tuple[slice, ...], region: tuple[slice, ...]) -> bool:
    """Whether two boxes have samples in common."""
    return all(max(a.start, b.start) < min(a.stop, b.stop) for a, b in zip(where, region, strict=True))


def _ends_of_tiles(work: Work, axis: int, unit: int) -> list[int]:
    """Samples where one tile ends and the next begins, if multiples of ``unit``; and both ends of the survey."""
    size, before, core = work.tiles.shape[axis], work.tiles.pads[axis], work.tiles.core[axis]
    ends = (k * core - before for k in range(1, -(-work.tiles.padded[axis] // core)))
    return [0, *(end for end in ends if 0 < end < size and end % unit == 0), size]


def _thinned(ends: list[int], parts: int, least: int) -> list[int]:
    """Cut a range at some of ``ends`` into at most ``parts`` parts of about equal size, none much below ``least``."""
    first, last = ends[0], ends[-1]
    parts = max(1, min(parts, (last - first) // max(1, least)))
    wished = (first + (last - first) * k / parts for k in range(1, parts))
    return sorted({first, last} | {min(ends, key=lambda end: abs(end - wish)) for wish in wished})


def _in_turn(numbers: Sequence[int], count: int) -> list[Sequence[int]]:
    """Split a sequence into ``count`` consecutive parts."""
    return [numbers[len(numbers) * k // count : len(numbers) * (k + 1) // count] for k in range(count)]
