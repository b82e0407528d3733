"""Cut a survey into tiles whose results join exactly.

The survey is padded by reflection at each side, to sizes that the network accepts; for a network that sees all of it
at once only as far as these need it. A tile is a block of the padded survey plus a halo of at least the reach of the
network, with its origin on a multiple of the network's stride. Inside the block its result then equals that of the
whole padded survey, whatever the tile size.
"""

import itertools
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.words import size_text

__all__ = ["EDGE", "Plan", "Tile", "plan", "reflect"]

EDGE = 16
"""Samples of reflection around the survey; beyond, the network's zero padding is what it knows from training."""
_CALL = 10_000
"""Fixed cost of a tile in samples; without it single samples would seem cheapest for a network without halo."""


@dataclass(frozen=True)
class Tile:
    """One tile, in samples of the padded survey.

    Attributes:
        core: block whose result this tile gives, one slice per axis.
        read: the block with its halo, shifted inwards at the edge of the padded survey, so that all tiles read blocks
            of the same size, for which memory is taken once and reused.
    """

    core: tuple[slice, ...]
    read: tuple[slice, ...]


@dataclass(frozen=True)
class Plan:
    """All tiles of a survey.

    Attributes:
        shape: samples of the survey.
        before: samples of reflection before the first sample, per axis.
        padded: samples of the padded survey.
        core: samples of a tile without its halo.
        halo: samples read around a tile.
        flat: axis along which the survey is cut into single sections, without reflection and halo; None if there is
            none.
    """

    shape: tuple[int, ...]
    before: int
    padded: tuple[int, ...]
    core: tuple[int, ...]
    halo: int
    flat: int | None = None

    @property
    def pads(self) -> tuple[int, ...]:
        """Samples of reflection before the first sample of each axis."""
        return tuple(0 if axis == self.flat else self.before for axis in range(len(self.shape)))

    @property
    def _halos(self) -> tuple[int, ...]:
        return tuple(0 if axis == self.flat else self.halo for axis in range(len(self.shape)))

    def __len__(self) -> int:
        """Number of tiles."""
        return math.prod(-(-n // c) for n, c in zip(self.padded, self.core, strict=True))

    def __iter__(self) -> Iterator[Tile]:
        """Tiles in the order of the file: the first axis changes slowest."""
        starts = (range(0, n, c) for n, c in zip(self.padded, self.core, strict=True))
        for origin in itertools.product(*starts):
            core, read = [], []
            for start, size, n, halo in zip(origin, self.core, self.padded, self._halos, strict=True):
                stop = min(start + size, n)
                length = min(n, size + 2 * halo)
                first = min(max(0, start - halo), n - length)
                core.append(slice(start, stop))
                read.append(slice(first, first + length))
            yield Tile(tuple(core), tuple(read))

    @property
    def block(self) -> int:
        """Number of samples that a tile reads."""
        return math.prod(self.reads)

    @property
    def reads(self) -> tuple[int, ...]:
        """Samples that a tile reads per axis, the same for all tiles."""
        return tuple(min(n, c + 2 * h) for n, c, h in zip(self.padded, self.core, self._halos, strict=True))

    @property
    def redundancy(self) -> float:
        """Samples computed per sample of the padded survey."""
        return len(self) * self.block / math.prod(self.padded)

    def __str__(self) -> str:
        """Summary for users."""
        tiles = "in one piece" if len(self) == 1 else f"{len(self)} tiles of {size_text(self.core)}, halo {self.halo}"
        padded = "" if self.padded == self.shape else f", padded by reflection to {size_text(self.padded)}"
        return f"{size_text(self.shape)} samples{padded}, {tiles}"


def plan(
    shape: tuple[int, ...],
    *,
    multiple: int,
    reach: int,
    edge: int = EDGE,
    largest: int = sys.maxsize,
    tile: tuple[int, ...] | None = None,
    flat: int | None = None,
    uncut: int | None = None,
) -> Plan:
    """Choose the tiles that cost the least and fit into memory.

    Args:
        shape: samples of the survey.
        multiple: sizes that the network accepts are multiples of this.
        reach: samples beyond an output sample that can change it.
        edge: samples of reflection at each side of the survey, rounded up to the multiple.
        largest: samples of the largest block that memory allows, halo included.
        tile: samples of a tile without its halo, if the user gives them; rounded up to the multiple.
        flat: axis along which the survey is cut into single sections, for a network with one dimension less.
        uncut: axis along which tiles are not cut.

    Raises:
        DataError: not even the smallest tile fits, or ``tile`` does not.
    """
    edge, halo = _up(edge, multiple), _up(reach, multiple)
    padded = tuple(n if axis == flat else _up(n + 2 * edge, multiple) for axis, n in enumerate(shape))

    def made(core: tuple[int, ...]) -> Plan:
        sizes = list(map(min, core, padded))
        if flat is not None:
            sizes[flat] = 1
        if uncut is not None:
            sizes[uncut] = padded[uncut]
        return Plan(shape, edge, padded, tuple(sizes), halo, flat)

    if tile is not None:
        sizes = np.atleast_1d(tile).tolist()  # from Python a single number may come without a tuple
        whole = [n for n in sizes if isinstance(n, int | float) and n >= 1 and n % 1 == 0]
        if len(whole) < len(sizes) or len(sizes) != len(shape):
            raise DataError(
                f"--tile is {' '.join(map(str, sizes))}; the data need {len(shape)} positive whole numbers."
            )
        chosen = made(tuple(_up(int(n), multiple) for n in whole))
    else:
        chosen = made(_cheapest(padded, multiple, halo, largest, flat, uncut))
    if chosen.block > largest:
        raise DataError(
            f"a tile of {size_text(chosen.core)} with its halo of {halo} has {chosen.block / 1e6:.1f} million samples, "
            f"but memory allows {largest / 1e6:.1f} million; give more --memory or a smaller --tile."
        )
    return chosen


def _cheapest(
    padded: tuple[int, ...], multiple: int, halo: int, largest: int, flat: int | None, uncut: int | None
) -> tuple[int, ...]:
    """Core sizes with the fewest computed samples among those that fit; the smallest ones if none fits."""
    options = []
    for axis, n in enumerate(padded):
        if axis in (flat, uncut):
            options.append([(1, n, 1) if axis == flat else (n, 1, n)])
            continue
        cores = sorted({-(-n // (k * multiple)) * multiple for k in range(1, n // multiple + 1)})
        options.append([(core, -(-n // core), min(n, core + 2 * halo)) for core in cores])

    def cost(axes: tuple[tuple[int, int, int], ...]) -> tuple[bool, int]:
        block, tiles = (math.prod(axis[k] for axis in axes) for k in (2, 1))
        return (False, (block + _CALL) * tiles) if block <= largest else (True, block)

    return tuple(core for core, _, _ in min(itertools.product(*options), key=cost))


def reflect(
    index: NDArray[np.integer], first: NDArray[np.integer] | int, last: NDArray[np.integer] | int
) -> NDArray[np.intp]:
    """Index of the sample that continues an axis at ``index``, by reflection about its ends ``first`` and ``last``.

    The arguments broadcast against each other; an axis of one sample has that sample everywhere.
    """
    length = np.asarray(last) - first
    folded = np.abs(index - first) % np.maximum(2 * length, 1)
    return np.asarray(first + np.minimum(folded, 2 * length - folded).clip(0), dtype=np.intp)


def _up(size: int, multiple: int) -> int:
    """The size, rounded up to a multiple."""
    return -(-size // multiple) * multiple
