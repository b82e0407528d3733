"""Plan how a network goes through a survey within the allowed memory, and say why."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch

from geocnn import budget
from geocnn.checkpoints import Card, Trained, flat_axis, maps_of
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.hardware import Precision
from geocnn.prediction.alignment import check_size, first_line, for_lack_of_memory, sizes_explained, sizes_of
from geocnn.streaming import StreamedNetwork
from geocnn.tiling import EDGE, Plan, Tile, plan

__all__ = ["Work", "plan_work", "streamed_network"]

_SLAB = 250_000
"""Samples of a slab beyond which larger slabs are hardly faster."""
_PLANES = 16
"""Least number of planes of a slab, because each convolution reads two or more planes beyond it; less if these would
be more than four times the samples above."""
_COPIES = 40
"""Bytes per sample of a slab for reading it, for the next slab and for the result."""
_SCRATCH = 1.25
"""Peak memory relative to that of the maps: for working copies of convolutions, and for waste of the allocator."""


@dataclass(frozen=True, repr=False)
class Work:
    """Plan of work: what is computed piece by piece.

    Attributes:
        tiles: blocks of the survey with their halos.
        window: samples of the input for a tile, per axis of the network.
        margin: samples of the input before the first sample of a tile's block.
        slab: planes along the first axis of the network that are read at once; 0 where a tile is one piece.
        network: the streamed network for a tile; None if the network looks at whole windows.
        needed: memory in bytes, besides that of the process itself.
        reason: why the work is not streamed, or why in strips; empty if neither.
    """

    tiles: Plan
    window: tuple[int, ...]
    margin: int
    slab: int
    network: StreamedNetwork | None
    needed: int
    reason: str = ""

    def __len__(self) -> int:
        """Number of tiles."""
        return len(self.tiles)

    def __iter__(self) -> Iterator[Tile]:
        """Iterate over the tiles."""
        return iter(self.tiles)

    @property
    def axes(self) -> tuple[int, ...]:
        """Axes of the survey that the network sees; the first of them is streamed."""
        return tuple(axis for axis in range(len(self.tiles.shape)) if axis != self.tiles.flat)

    def __repr__(self) -> str:
        """The plan as text, without the weights of the network."""
        return f"Work({self})"

    def __str__(self) -> str:
        """Summary for users."""
        streamed = f", streamed in slabs of {self.slab}" if self.slab else ""
        return f"{self.tiles}{streamed}{'; ' * bool(self.reason)}{self.reason}"


def plan_work(
    trained: Trained,
    grid: Grid,
    *,
    tile: tuple[int, ...] | None,
    allowed: int,
    device: torch.device,
    precision: Precision,
    beside: int = budget.FIXED,
) -> Work:
    """Plan to stream the network if possible, in as few strips as memory allows; otherwise in windows.

    Args:
        trained: network.
        grid: axes of the survey.
        tile: samples of a tile without its halo, if the user gives them.
        allowed: memory in bytes, besides that of the process itself.
        device: where it runs.
        precision: of the maps.
        beside: bytes that the process itself takes, with a result in memory.

    Raises:
        DataError: the smallest tile, or the one that was asked for, does not fit.
    """
    card, shape, flat = trained.card, grid.shape, flat_axis(grid, trained.card)
    # Without a known reach each tile would read the whole survey, so that there is only one tile. Nothing is added to
    # that: the network may tell places apart, or take all samples into account.
    reach, edge = (max(shape), 0) if card.reach is None else (card.reach, EDGE)
    cut = partial(plan, shape, multiple=card.size_multiple, reach=reach, edge=edge, flat=flat)
    streamed = partial(_streamed, trained, allowed, device, precision)
    try:
        return streamed(cut(tile=tile)) if tile is not None else _in_strips(streamed, cut, allowed, beside)
    except _TooLargeError as error:
        raise _no_room(error.tiles, error.needed, allowed, beside, asked=tile is not None) from None
    except _WholeMapError as error:  # the result depends on the window
        return _in_windows(trained, cut, tile, allowed, beside, str(error))


class _TooLargeError(Exception):
    """The tiles do not fit into memory."""

    def __init__(self, tiles: Plan, needed: int) -> None:
        super().__init__(tiles, needed)
        self.tiles, self.needed = tiles, needed


class _WholeMapError(Exception):
    """The network cannot be streamed; the text says why."""


def _window(card: Card, tiles: Plan) -> tuple[int, ...]:
    """Samples of the input for a tile: its block, plus what a network without padding loses at its edges."""
    space = [n + 2 * card.margin for axis, n in enumerate(tiles.reads) if axis != tiles.flat]
    return sizes_of(card).above(space)


def streamed_network(
    trained: Trained, window: tuple[int, ...], device: torch.device, precision: Precision
) -> StreamedNetwork:
    """The streamed network for one tile.

    Args:
        trained: network.
        window: samples of the input for a tile, per axis of the network.
        device: where it runs.
        precision: of the maps.

    Raises:
        DataError: the network cannot be streamed; the message says why.
    """
    shape = (len(trained.card.channels), *window)
    return StreamedNetwork.of(trained.model, shape, device=device, precision=precision)


def _streamed(trained: Trained, allowed: int, device: torch.device, precision: Precision, tiles: Plan) -> Work:
    """Plan that streams these tiles, in slabs as thick as is useful and fits.

    Raises:
        _TooLargeError: even the thinnest slab does not fit.
        _WholeMapError: the network cannot be streamed.
    """
    card, window = trained.card, _window(trained.card, tiles)
    try:
        network = streamed_network(trained, window, device, precision)
    except DataError as error:
        raise _WholeMapError(str(error)) from None
    except (RuntimeError, TypeError) as error:  # it looks at values, or does not take such a window
        if for_lack_of_memory(error):
            raise
        raise _WholeMapError(f"it cannot be run on shapes alone ({first_line(error)}).") from None
    check_size(card, window, network.shape[1:])
    maps_of(card, torch.empty((1, *network.shape), device="meta"))
    step, cross = card.size_multiple, math.prod(window[1:])
    planes = max(-(-_SLAB // cross), min(_PLANES, 4 * _SLAB // cross))
    slab = min(max(1, -(-planes // step)) * step, window[0])
    while (needed := int(_SCRATCH * network.peak_bytes(slab)) + _COPIES * slab * cross) > allowed:
        if slab == 1:
            raise _TooLargeError(tiles, needed)
        slab = max(1, slab // 2)
    return Work(tiles, window, card.margin, slab, network, needed)


def _in_strips(streamed: Callable[[Plan], Work], cut: Callable[..., Plan], allowed: int, beside: int) -> Work:
    """Plan for the whole survey if its cross-section fits, otherwise for strips along the first axis, with exact halos.

    Raises:
        _TooLargeError: the narrowest strip does not fit.
        _WholeMapError: the network cannot be streamed.
    """
    whole = cut()
    try:
        return streamed(whole)
    except _TooLargeError as error:
        needed = error.needed
    reason = f"in strips, because one piece needs --memory {_gigabytes(beside + needed)}GB"
    axis = next(axis for axis in range(len(whole.shape)) if axis != whole.flat)
    least = cut(tile=(1,) * len(whole.shape), uncut=axis)
    largest = whole.block
    while True:  # memory is about proportional to the cross-section
        largest = max(least.block, int(0.97 * largest * min(1.0, allowed / needed)))
        tiles = cut(largest=largest, uncut=axis)
        try:
            return replace(streamed(tiles), reason=reason)
        except _TooLargeError as error:
            if tiles.block <= least.block:
                raise
            needed, largest = error.needed, tiles.block


def _in_windows(
    trained: Trained, cut: Callable[..., Plan], tile: tuple[int, ...] | None, allowed: int, beside: int, reason: str
) -> Work:
    """Plan for windows of the survey, each in one pass.

    Raises:
        DataError: the smallest window, or the one that was asked for, does not fit.
    """
    with sizes_explained(trained.card):
        per_sample = budget.per_sample(trained.model, trained.card, _window(trained.card, cut()))
    smallest = (1,) * len(cut().shape)
    least = cut(tile=tile or smallest)
    if per_sample * least.block > allowed:
        raise _no_room(least, int(per_sample * least.block), allowed, beside, asked=tile is not None)
    tiles = cut(largest=int(allowed / per_sample)) if tile is None else least
    needed = int(per_sample * tiles.block)
    return Work(tiles, _window(trained.card, tiles), trained.card.margin, 0, None, needed, f"in whole tiles: {reason}")


def _no_room(tiles: Plan, needed: int, allowed: int, beside: int, *, asked: bool) -> DataError:
    """Error that says which memory or tile to ask for instead."""
    size, memory = " x ".join(map(str, tiles.core)), _gigabytes(beside + needed)
    return DataError(
        f"a tile of {size} with its halo of {tiles.halo} needs {memory} GB, but {(allowed + beside) / 1e9:.2g} GB are "
        f"allowed; give --memory {memory}GB{' or a smaller --tile' if asked else ''}."
    )


def _gigabytes(needed: int) -> str:
    """Memory in gigabytes, rounded up, as text."""
    return f"{math.ceil(needed / 1e8) / 10:g}"
