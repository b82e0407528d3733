"""The answers of a network, piece by piece, in the order in which they are ready."""

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
from geocnn.prediction.overlap import ReadAhead
from geocnn.prediction.work import Work
from geocnn.reading import Reader
from geocnn.streaming import StreamedNetwork
from geocnn.tiling import Tile

__all__ = ["Mark", "Piece", "Share", "amplitude", "answer", "is_live", "pieces", "still_to_do", "to_do"]

Mark = tuple[int, int]
"""How far the work has come: tiles that are finished, and planes of the next one along the axis that is streamed."""


class Piece(NamedTuple):
    """Answers that are ready: index of their first sample in the survey, themselves, and what is finished with them."""

    start: tuple[int, ...]
    block: NDArray[np.float32]
    mark: Mark


@dataclass(frozen=True)
class Share:
    """Part of the work that can be done by itself.

    Attributes:
        tiles: their numbers.
        region: part of the survey, beyond which nothing is made of the tiles; None for all of them.
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
    """All of the survey, or a share of it, but tiles in which no trace is live.

    Args:
        work: what is planned.
        trained: network.
        reader: of the survey.
        device: where the network runs.
        precision: of its maps.
        tick: is told of progress, in tiles.
        done: what is finished already.
        share: what is to be done; default everything.
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
        live = is_live(reader, where)  # else finished, padding, or dead traces
        if live and work.network is not None:
            for start, block in _streamed(work, work.network, say, reader, tile, where, progress):
                plane = start[axis] + block.shape[axis]
                yield Piece(start, block, (number + 1, 0) if plane == inside[axis].stop else (number, plane))
        elif live:
            assert one_pass is not None
            yield Piece(*_in_one_pass(work, one_pass, say, reader, tile, where, progress), (number + 1, 0))
        progress(1.0)


class _TileProgress:
    """Passes the progress on a tile on: never more than all of it, whatever the steps say."""

    def __init__(self, tick: Callable[[float], None]) -> None:
        self._tick, self._so_far = tick, 0.0

    def __call__(self, share: float) -> None:
        """Tell of some more; the rest, where that is less."""
        more = min(share, 1.0 - self._so_far)
        self._so_far += more
        self._tick(more)


def still_to_do(
    work: Work, inside: tuple[slice, ...], number: int, done: Mark = (0, 0), share: Share | None = None
) -> tuple[slice, ...]:
    """Part of a tile's block ``inside`` the survey that is left of it, or of a share of it; empty if there is none."""
    where, axis = list(inside), work.axes[0]
    if share is not None and share.region is not None:
        where = [slice(max(w.start, r.start), min(w.stop, r.stop)) for w, r in zip(where, share.region, strict=True)]
    if number <= done[0]:
        start = max(where[axis].start, done[1]) if number == done[0] else where[axis].stop
        where[axis] = slice(start, where[axis].stop)
    return tuple(slice(w.start, max(w.start, w.stop)) for w in where)


def is_live(reader: Reader, where: tuple[slice, ...]) -> bool:
    """Whether there are live traces in a part of the survey; or it has to be said that there are none."""
    return all(w.stop > w.start for w in where) and (reader.nothing != 0 or bool(reader.live[where[:-1]].any()))


def to_do(work: Work, reader: Reader, done: Mark) -> dict[int, tuple[slice, ...]]:
    """Number of each tile with live traces that is not finished -> what is left of it, in samples of the survey."""
    left = {number: still_to_do(work, reader.inside(tile), number, done) for number, tile in enumerate(work)}
    return {number: where for number, where in left.items() if is_live(reader, where)}


def answer(logits: Tensor) -> NDArray[np.float32]:
    """Probability of the one class, or number of the most probable one, of ``(classes, *space)``."""
    result = torch.sigmoid(logits[0]) if len(logits) == 1 else logits.argmax(0).float()
    return result.cpu().numpy()


def amplitude(normalisation: Normalisation, made: Tensor) -> NDArray[np.float32]:
    """Amplitudes of the survey, of ``(1, *space)`` as the network that was given normalised ones has made it."""
    return normalisation.undo(made[0].cpu().numpy())


def _spans(work: Work, tile: Tile) -> list[slice]:
    """Samples of the padded survey that the network is given for a tile; beyond it the survey is continued."""
    spans = list(tile.read)
    for axis, size in zip(work.axes, work.window, strict=True):
        start = tile.read[axis].start - work.margin
        spans[axis] = slice(start, start + size)
    return spans


def _kept(work: Work, tile: Tile, where: tuple[slice, ...]) -> list[slice]:
    """Part of the answers for a tile's block that is used, per axis of the survey."""
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
    """The answers for a tile, slab by slab.

    Where the work begins or ends inside the tile, some planes more are made on that side and left out: what is kept
    was then made together with the same planes, and is the same to the last bit, as in one go.
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
    """Progress in tiles."""
    tick(planes / total)


def _wrong(
    work: Work,
    bad: list[tuple[int, NDArray[np.bool_]]],
    span: tuple[int, int],
    kept: list[slice],
    shape: tuple[int, ...],
) -> NDArray[np.bool_]:
    """Where the samples of some planes were not finite; planes that are done with are forgotten."""
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
        self._ndim, self._device, self._precision = trained.card.ndim, device, precision
        self._model = channels_last(trained.model.to(device).eval(), trained.card.ndim)

    @torch.inference_mode()
    def __call__(self, block: NDArray[np.float32], tick: Callable[[float], None]) -> Tensor:
        """Logits ``(classes, *space)``."""
        x = channels_last(torch.from_numpy(block)[None, None].to(self._device), self._ndim)
        with autocast(self._precision, self._device), _during_forward(self._model, tick):
            logits: Tensor = self._model(x)[0].float()
        return logits


@contextmanager
def _during_forward(model: nn.Module, tick: Callable[[float], None]) -> Iterator[None]:
    """Call ``tick`` after each layer with weights, with its part of a whole pass: one tile can take minutes."""
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
    """The answers for a tile."""
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
