"""Compute the answers of a network piece by piece, in the order in which they are ready."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geocnn.checkpoints import Trained, restores
from geocnn.hardware import Precision, autocast, channels_last
from geocnn.normalisation import Normalisation
from geocnn.prediction.alignment import check_size, sizes_explained
from geocnn.prediction.overlap import ReadAhead
from geocnn.prediction.work import Work
from geocnn.reading import Reader
from geocnn.streaming import StreamedNetwork
from geocnn.tiling import Tile

__all__ = ["Mark", "Piece", "Share", "amplitude", "answer", "is_live", "pieces", "still_to_do", "to_do"]

Mark = tuple[int, int]
"""Progress: number of finished tiles, and finished planes of the next tile along the streamed axis."""


class Piece(NamedTuple):
    """A finished piece: index of its first sample in the survey, its samples, and the progress after it."""

    start: tuple[int, ...]
    block: NDArray[np.float32]
    mark: Mark


@dataclass(frozen=True)
class Share:
    """Part of the work that can be done independently.

    Attributes:
        tiles: numbers of its tiles.
        region: part of the survey to which the tiles are restricted; None for all of it.
    """

    tiles: Sequence[int]
    region: tuple[slice, ...] | None = None


_Block = tuple[NDArray[np.float32], NDArray[np.bool_]]
_Answer = Callable[[Tensor], NDArray[np.float32]]
_Answers = tuple[tuple[int, ...], NDArray[np.float32]]


def pieces(
    work: Work,
    trained: Trained,
    reader: Reader,
    device: torch.device,
    precision: Precision,
    tick: Callable[[float], None],
    done: Mark = (0, 0),
    share: Share | None = None,
) -> Iterator[Piece]:
    """Pieces of the survey or of a share of it; tiles without live traces are left out.

    Args:
        work: the plan.
        trained: network.
        reader: of the survey.
        device: where the network runs.
        precision: precision of its maps.
        tick: is called with the progress, in tiles.
        done: progress of an earlier run.
        share: part of the work to do; default all of it.
    """
    one_pass = None if work.network is not None else _OnePass(trained, device, precision)
    say: _Answer = partial(amplitude, reader.normalisation) if restores(trained.card) else answer
    axis = work.axes[0]
    for number, tile in enumerate(work):
        if share is not None and number not in share.tiles:
            continue
        inside = reader.inside(tile)
        where, progress = still_to_do(work, inside, number, done, share), _TileProgress(tick)
        if number == done[0]:
            progress((where[axis].start - inside[axis].start) / max(1, tile.core[axis].stop - tile.core[axis].start))
        live = is_live(reader, where)  # otherwise finished, padding, or dead traces
        if live and work.network is not None:
            for start, block in _streamed(work, work.network, say, reader, tile, where, progress):
                plane = start[axis] + block.shape[axis]
                yield Piece(start, block, (number + 1, 0) if plane == inside[axis].stop else (number, plane))
        elif live:
            assert one_pass is not None
            yield Piece(*_in_one_pass(work, one_pass, say, reader, tile, where, progress), (number + 1, 0))
        progress(1.0)


class _TileProgress:
    """Passes on the progress of one tile and keeps the sum at 1 at most."""

    def __init__(self, tick: Callable[[float], None]) -> None:
        self._tick, self._so_far = tick, 0.0

    def __call__(self, share: float) -> None:
        """Pass on some progress, or what is left up to 1 if that is less."""
        more = min(share, 1.0 - self._so_far)
        self._so_far += more
        self._tick(more)


def still_to_do(
    work: Work, inside: tuple[slice, ...], number: int, done: Mark = (0, 0), share: Share | None = None
) -> tuple[slice, ...]:
    """Part of a tile's block ``inside`` the survey that is still to do, within ``share`` if given; may be empty."""
    where, axis = list(inside), work.axes[0]
    if share is not None and share.region is not None:
        where = [slice(max(w.start, r.start), min(w.stop, r.stop)) for w, r in zip(where, share.region, strict=True)]
    if number <= done[0]:
        start = max(where[axis].start, done[1]) if number == done[0] else where[axis].stop
        where[axis] = slice(start, where[axis].stop)
    return tuple(slice(w.start, max(w.start, w.stop)) for w in where)


def is_live(reader: Reader, where: tuple[slice, ...]) -> bool:
    """Whether a part of the survey has live traces, or must be written anyway because its empty value is not 0."""
    return all(w.stop > w.start for w in where) and (reader.nothing != 0 or bool(reader.live[where[:-1]].any()))


def to_do(work: Work, reader: Reader, done: Mark) -> dict[int, tuple[slice, ...]]:
    """What is left of each tile with live traces, in samples of the survey, by number of the tile."""
    left = {number: still_to_do(work, reader.inside(tile), number, done) for number, tile in enumerate(work)}
    return {number: where for number, where in left.items() if is_live(reader, where)}


def answer(logits: Tensor) -> NDArray[np.float32]:
    """Probability of a single class, or number of the most probable class, from logits ``(classes, *space)``."""
    result = torch.sigmoid(logits[0]) if len(logits) == 1 else logits.argmax(0).float()
    return result.cpu().numpy()


def amplitude(normalisation: Normalisation, made: Tensor) -> NDArray[np.float32]:
    """Amplitudes in the unit of the survey, from the normalised ones ``(1, *space)`` that the network returned."""
    return normalisation.undo(made[0].cpu().numpy())


def _spans(work: Work, tile: Tile) -> list[slice]:
    """Samples of the padded survey that form the input for a tile; beyond its edges the survey is continued."""
    spans = list(tile.read)
    for axis, size in zip(work.axes, work.window, strict=True):
        start = tile.read[axis].start - work.margin
        spans[axis] = slice(start, start + size)
    return spans


def _kept(work: Work, tile: Tile, where: tuple[slice, ...]) -> list[slice]:
    """Slices of the answers for a tile that belong to ``where``, per axis of the survey."""
    pads = work.tiles.pads
    return [
        slice(w.start + before - r.start, w.stop + before - r.start)
        for w, r, before in zip(where, tile.read, pads, strict=True)
    ]


def _streamed(
    work: Work,
    network: StreamedNetwork,
    say: _Answer,
    reader: Reader,
    tile: Tile,
    where: tuple[slice, ...],
    tick: Callable[[float], None],
) -> Iterator[_Answers]:
    """Answers for a tile, slab by slab.

    If ``where`` begins or ends inside the tile, some more planes are computed on that side and dropped. All kept planes
    are then computed together with the same planes as without a cut, and are equal to the last bit.
    """
    axis, *others = work.axes
    spans, kept, flat = _spans(work, tile), _kept(work, tile, where), work.tiles.flat
    all_of_it, more = _kept(work, tile, reader.inside(tile))[axis], network.at_once(work.slab)
    begin, end = max(all_of_it.start, kept[axis].start - more), min(all_of_it.stop, kept[axis].stop + more)
    bad: list[tuple[int, NDArray[np.bool_]]] = []

    def read(start: int, stop: int) -> _Block:
        origin = spans[axis].start
        return reader.read((*spans[:axis], slice(origin + start, origin + stop), *spans[axis + 1 :]))

    def planes(start: int, stop: int) -> Tensor:
        block, wrong = ahead(start, stop)
        if wrong.any():
            bad.append((start, wrong))
        return torch.from_numpy(block if flat is None else block.squeeze(flat))[None, None]

    total = spans[axis].stop - spans[axis].start
    with ReadAhead(read, work.slab, total) as ahead:
        done = partial(_share, tick, total)
        for first, made in network.slabs(planes, work.slab, start=begin, stop=end, tick=done):
            low, high = max(first, kept[axis].start), min(first + made.shape[1], kept[axis].stop)
            if low >= high:
                continue
            result = say(made[(slice(None), slice(None), *(kept[other] for other in others))])
            result = result[low - first : high - first]
            result = result if flat is None else np.expand_dims(result, flat)
            part = list(where)
            part[axis] = slice(where[axis].start + low - kept[axis].start, where[axis].start + high - kept[axis].start)
            wrong = _wrong(work, bad, (low, high), kept, result.shape)
            yield tuple(w.start for w in part), reader.blank(tuple(part), result, wrong)


def _share(tick: Callable[[float], None], total: int, planes: float) -> None:
    """Pass on progress, converted from planes to tiles."""
    tick(planes / total)


def _wrong(
    work: Work,
    bad: list[tuple[int, NDArray[np.bool_]]],
    span: tuple[int, int],
    kept: list[slice],
    shape: tuple[int, ...],
) -> NDArray[np.bool_]:
    """Which samples of some planes were not finite; entries of ``bad`` that are no longer needed are removed."""
    axis, margin = work.axes[0], work.margin
    wrong = np.zeros(shape, np.bool_)
    for start, found in list(bad):
        low, high = max(start - margin, span[0]), min(start - margin + found.shape[axis], span[1])
        if start - margin + found.shape[axis] <= span[0]:
            bad.remove((start, found))
        elif low < high:
            inner = [slice(k.start + margin, k.stop + margin) for k in kept]
            if work.tiles.flat is not None:
                inner[work.tiles.flat] = kept[work.tiles.flat]
            inner[axis] = slice(low + margin - start, high + margin - start)
            place = [slice(None)] * len(shape)
            place[axis] = slice(low - span[0], high - span[0])
            wrong[tuple(place)] = found[tuple(inner)]
    return wrong


class _OnePass:
    """A network that is applied to whole windows."""

    def __init__(self, trained: Trained, device: torch.device, precision: Precision) -> None:
        self._card, self._ndim, self._device, self._precision = trained.card, trained.card.ndim, device, precision
        self._model = channels_last(trained.model.to(device).eval(), trained.card.ndim)

    @torch.inference_mode()
    def __call__(self, block: NDArray[np.float32], tick: Callable[[float], None]) -> Tensor:
        """Logits ``(classes, *space)``."""
        x = channels_last(torch.from_numpy(block)[None, None].to(self._device), self._ndim)
        with autocast(self._precision, self._device), _during_forward(self._model, tick), sizes_explained(self._card):
            logits: Tensor = self._model(x)[0].float()
        check_size(self._card, x.shape[2:], logits.shape[1:])
        return logits


@contextmanager
def _during_forward(model: nn.Module, tick: Callable[[float], None]) -> Iterator[None]:
    """Call ``tick`` after each layer with weights, with its share of a pass, because one tile can take minutes."""
    layers = [m for m in model.modules() if any(True for _ in m.parameters(recurse=False))]
    hooks = [m.register_forward_hook(lambda *_: tick(1 / len(layers))) for m in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _in_one_pass(
    work: Work,
    network: _OnePass,
    say: _Answer,
    reader: Reader,
    tile: Tile,
    where: tuple[slice, ...],
    tick: Callable[[float], None],
) -> _Answers:
    """Answers for a tile, in one pass."""
    flat, kept, spans = work.tiles.flat, _kept(work, tile, where), _spans(work, tile)
    block, bad = reader.read(tuple(spans))
    logits = network(block if flat is None else block.squeeze(flat), tick)
    result = say(logits[(slice(None), *(kept[axis] for axis in work.axes))])
    result = result if flat is None else np.expand_dims(result, flat)
    wrong = bad[
        tuple(
            slice(w.start + b - s.start, w.stop + b - s.start)
            for w, b, s in zip(where, work.tiles.pads, spans, strict=True)
        )
    ]
    return tuple(w.start for w in where), reader.blank(where, result, wrong)
