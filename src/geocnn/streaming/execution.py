"""Run a network slab by slab: the planes that are kept of each map, and the main loop."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from geocnn.streaming.graph import INPUT, Graph
from geocnn.streaming.maps import Block
from geocnn.streaming.planning import Room, rooms
from geocnn.streaming.schedule import Schedule

__all__ = ["run"]

_SHIFT = 3
"""Maps that hold at most so many times the planes that are made at once are no rings: at the end of their memory the
planes are moved to its front. For such small maps that costs less than reading around the end of a ring."""


class _Held:
    """The planes of one map that later steps still need.

    They lie in one block of memory that is reused, so that the memory of a schedule can be counted beforehand,
    whatever the allocator does with blocks that come and go.
    """

    def __init__(self, total: int, room: Room, dtype: torch.dtype) -> None:
        self.total, self.room, self.dtype = total, room, dtype
        self.memory: Tensor | None = None
        self.low = self.high = 0  # range of planes of the map that are held
        self.start = 0  # position of plane ``low`` in the memory
        self.ring = room.planes > _SHIFT * room.piece

    def add(self, start: int, planes: Tensor) -> None:
        """Hold planes that have just been made."""
        count = planes.shape[2]
        if self.room.passing:
            self.memory, self.low, self.high, self.start = planes.to(self.dtype), start, start + count, 0
            return
        if self.memory is None:
            self.low = self.high = start
            shape = (*planes.shape[:2], self.room.planes, *planes.shape[3:])
            layout = torch.channels_last if planes.ndim == 4 else torch.channels_last_3d
            self.memory = torch.empty(shape, dtype=self.dtype, device=planes.device, memory_format=layout)
        if not self.ring and self.start + self.high - self.low + count > self.room.planes:
            self.memory[:, :, : self.high - self.low] = self._at(self.low, self.high).clone()
            self.start = 0
        place = self._place(self.high)
        fitting = min(count, self.room.planes - place)
        self.memory[:, :, place : place + fitting] = planes[:, :, :fitting]
        if fitting < count:
            self.memory[:, :, : count - fitting] = planes[:, :, fitting:]
        self.high += count

    def block(self, start: int, stop: int) -> Block:
        """Planes ``start`` to ``stop`` (excluded) as one block; copied only where they lie at both ends of the ring."""
        assert self.memory is not None
        return Block(self._at(start, stop), start, self.total)

    def forget(self, keep: int) -> None:
        """Free the planes before ``keep``."""
        keep = min(keep, self.high)
        if not self.room.passing and keep > self.low:
            self.start, self.low = self._place(keep), keep

    def _place(self, plane: int) -> int:
        """Position of a plane in the memory."""
        return (self.start + plane - self.low) % self.room.planes

    def _at(self, start: int, stop: int) -> Tensor:
        """Planes ``start`` to ``stop`` (excluded) as one tensor."""
        assert self.memory is not None
        if self.room.passing:
            return self.memory.narrow(2, start - self.low, stop - start)
        first = self._place(start)
        fitting = min(stop - start, self.room.planes - first)
        part = self.memory.narrow(2, first, fitting)
        return part if fitting == stop - start else torch.cat((part, self.memory[:, :, : stop - start - fitting]), 2)


@torch.inference_mode()
def run(
    graph: Graph, schedule: Schedule, read: Callable[[int, int], Tensor], tick: Callable[[float], None] | None = None
) -> Iterator[tuple[int, Tensor]]:
    """Run a network and yield its result in slabs.

    Args:
        graph: the network, its tensors on the device where it is to run.
        schedule: order of work.
        read: planes ``start`` to ``stop`` of the input, ``(1, channels, planes, *cross-section)``.
        tick: is called after each step with the share of the work that it was, in planes of the input.

    Yields:
        Number of the first plane of a slab, and its planes, ``(1, channels, planes, *cross-section)``: only the planes
        that the schedule asks for.
    """
    held = {k: _Held(graph.planes(k), room, graph.dtype_of(k)) for k, room in rooms(schedule).items()}
    share = 1 / max(1, len(graph.nodes))
    for part in schedule:
        if part.node == INPUT:
            held[INPUT].add(part.start, read(part.start, part.stop))
            continue
        node = graph.nodes[part.node]
        blocks = [held[source].block(*span) for source, span in zip(node.inputs, part.reads, strict=True)]
        made = node.operation(blocks, part.start, part.stop)
        del blocks
        for source, keep in part.keep.items():
            held[source].forget(keep)
        if tick:
            tick(share * (part.stop - part.start) * graph.shape[1] / graph.planes(part.node))
        if part.node == graph.output:
            low, high = max(part.start, schedule.start), min(part.stop, schedule.stop)
            if low < high:
                yield low, made.narrow(2, low - part.start, high - low)
        else:
            held[part.node].add(part.start, made)
