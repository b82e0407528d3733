"""Run a network slab by slab: what is kept of each map, and the loop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from geocnn.streaming.graph import INPUT, Graph
from geocnn.streaming.maps import Block
from geocnn.streaming.schedule import Schedule

__all__ = ["run"]


@dataclass
class _Kept:
    """Planes of a map that are still needed, in the pieces in which they were made."""

    total: int
    pieces: list[tuple[int, Tensor]] = field(default_factory=list)

    def block(self, start: int, stop: int) -> Block:
        """Some of them together; a copy only where they were not made together."""
        inside = []
        for first, piece in self.pieces:
            low, high = max(start, first), min(stop, first + piece.shape[2])
            if low < high:
                inside.append(piece.narrow(2, low - first, high - low))
        if not inside:  # only planes beyond an end of the map are asked for
            return Block(self.pieces[-1][1].narrow(2, 0, 0), start, self.total)
        return Block(inside[0] if len(inside) == 1 else torch.cat(inside, 2), start, self.total)

    def forget(self, keep: int) -> None:
        """Let go of pieces whose planes all lie before ``keep``."""
        self.pieces = [(first, piece) for first, piece in self.pieces if first + piece.shape[2] > keep]


@torch.inference_mode()
def run(
    graph: Graph, schedule: Schedule, read: Callable[[int, int], Tensor], tick: Callable[[float], None] | None = None
) -> Iterator[tuple[int, Tensor]]:
    """Results in slabs.

    Args:
        graph: the network, its numbers where they are to be used.
        schedule: order of work.
        read: planes ``start`` to ``stop`` of the input, ``(1, channels, planes, *cross-section)``.
        tick: is told the planes of the input that each step amounts to.

    Yields:
        Number of the first plane, and the planes, ``(1, channels, planes, *cross-section)``; those that the schedule
        asks for and no others.
    """
    kept = {number: _Kept(graph.planes(number)) for number in (INPUT, *graph.nodes)}
    share = 1 / max(1, len(graph.nodes))
    for part in schedule:
        if part.node == INPUT:
            kept[INPUT].pieces.append((part.start, read(part.start, part.stop)))
            continue
        node = graph.nodes[part.node]
        blocks = [kept[source].block(*span) for source, span in zip(node.inputs, part.reads, strict=True)]
        made = node.operation(blocks, part.start, part.stop)
        del blocks
        for source, keep in part.keep.items():
            kept[source].forget(keep)
        if tick:
            tick(share * (part.stop - part.start) * graph.shape[1] / graph.planes(part.node))
        if part.node == graph.output:
            low, high = max(part.start, schedule.start), min(part.stop, schedule.stop)
            if low < high:
                yield low, made.narrow(2, low - part.start, high - low)
        else:
            kept[part.node].pieces.append((part.start, made))
