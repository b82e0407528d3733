"""Order of work: when each plane of each map is made, and how long it is needed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from geocnn.streaming.graph import INPUT, Graph

__all__ = ["Part", "Schedule"]


@dataclass(frozen=True)
class Part:
    """Planes of one map that are made at once.

    Attributes:
        node: number of the map; :data:`INPUT` for planes that are read.
        start: first plane.
        stop: end of the planes (excluded).
        reads: range of planes ``(first, end)`` of each input that the planes are made of, within the input.
        keep: first plane of each input map that is still needed afterwards, by number of the map.
    """

    node: int
    start: int
    stop: int
    reads: tuple[tuple[int, int], ...]
    keep: dict[int, int]


@dataclass(frozen=True)
class Schedule:
    """Order in which slabs of the input are read and planes of all maps are made, for some planes of the result.

    After each slab of the input every map is continued as far as its inputs allow, so that each plane of each map is
    made once. Planes before those that are asked for are made only as far as the wanted planes depend on them.

    Attributes:
        graph: the network.
        slab: planes of the input that are read at once. Slabs begin at multiples of it, wherever the work begins, so
            that the same planes are always made together and come out the same to the last bit.
        start: first plane of the result that is asked for.
        stop: end of the wanted planes (excluded).
    """

    graph: Graph
    slab: int
    start: int
    stop: int

    @cached_property
    def rates(self) -> dict[int, Fraction]:
        """Planes of each map per plane of the input, by number of the map."""
        found = {INPUT: Fraction(1)}
        for number, node in self.graph.nodes.items():
            window = node.operation.windows[0]
            found[number] = found[node.inputs[0]] * window.per / window.step
        return found

    def begins(self) -> dict[int, int]:
        """First plane of each map that is made, by number of the map."""
        # The last plane is made in any case: a map takes its shape from its inputs, even where it is padding alone.
        needed = {number: self.graph.planes(number) - 1 for number in (INPUT, *self.graph.nodes)}
        needed[self.graph.output] = self.start
        for number, node in reversed(self.graph.nodes.items()):
            needed[number] -= needed[number] % node.operation.align
            for source, window in zip(node.inputs, node.operation.windows, strict=True):
                needed[source] = min(needed[source], max(0, window.first(needed[number])))
        return needed

    def __iter__(self) -> Iterator[Part]:
        """Iterate over all parts in the order in which they are made."""
        graph, users = self.graph, self.graph.users()
        done = self.begins()
        begun = dict(done)
        while done[graph.output] < self.stop:
            if done[INPUT] < graph.shape[1]:
                stop = min(graph.shape[1], (done[INPUT] // self.slab + 1) * self.slab)
                yield Part(INPUT, done[INPUT], stop, (), {})
                done[INPUT] = stop
            for number, node in graph.nodes.items():
                ready = self._ready(number, done)
                # A map waits for its inputs even if its first planes are padding alone: it takes its shape from them.
                if ready <= done[number] or any(done[k] == begun[k] < graph.planes(k) for k in node.inputs):
                    continue
                spans = self._spans(number, done[number], ready)
                part_start, done[number] = done[number], ready
                keep = {source: self._keep(source, users[source], done) for source in set(node.inputs)}
                yield Part(number, part_start, ready, spans, keep)

    def _ready(self, number: int, done: dict[int, int]) -> int:
        """End of the planes of a map (excluded) that can be made from the planes that its inputs have so far."""
        node, total = self.graph.nodes[number], self.graph.planes(number)
        ready = total
        for source, window in zip(node.inputs, node.operation.windows, strict=True):
            if done[source] < self.graph.planes(source):
                ready = min(ready, window.ready(done[source]))
        # When the input has ended, do not make all the rest at once, but as many planes as one slab makes.
        ready = min(ready, done[number] + self.most(number))
        return ready if ready == total else ready - ready % node.operation.align

    def most(self, number: int) -> int:
        """Largest number of planes of a map that are made at once."""
        align = self.graph.nodes[number].operation.align
        return math.ceil(self.slab * self.rates[number] / align) * align

    def _spans(self, number: int, start: int, stop: int) -> tuple[tuple[int, int], ...]:
        """Range of planes of each input that planes ``start`` to ``stop`` are made of, within the input."""
        node, spans = self.graph.nodes[number], []
        for source, window in zip(node.inputs, node.operation.windows, strict=True):
            total = self.graph.planes(source)
            low = min(max(0, window.first(start)), total)
            spans.append((low, max(low, min(total, window.last(stop - 1) + 1))))
        return tuple(spans)

    def _keep(self, source: int, users: list[int], done: dict[int, int]) -> int:
        """First plane of a map that is still needed by its users."""
        needed = self.graph.planes(source)
        for number in users:
            if done[number] >= self.graph.planes(number):
                continue
            node = self.graph.nodes[number]
            for its, window in zip(node.inputs, node.operation.windows, strict=True):
                if its == source:
                    needed = min(needed, max(0, window.first(done[number])))
        return needed
