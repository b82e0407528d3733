"""Which planes of which map are made when, and which are still needed: whole numbers alone, no samples."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from geocnn.streaming.graph import INPUT, Graph

__all__ = ["Part", "Schedule"]


@dataclass(frozen=True)
class Part:
    """Some planes of a map that are made at once.

    Attributes:
        node: number of the map; :data:`INPUT` for planes that are read.
        start: first plane.
        stop: behind the last one.
        reads: planes ``(first, behind the last)`` of each input, as far as the input has them.
        keep: number of a map -> first of its planes that is still needed after this.
    """

    node: int
    start: int
    stop: int
    reads: tuple[tuple[int, int], ...]
    keep: dict[int, int]


@dataclass(frozen=True)
class Schedule:
    """The order of work for some planes of the result, in slabs.

    A slab of the input is read, then every map goes on as far as its inputs allow: each plane of each map is made
    once. What lies between the first plane that is read and the first that is asked for is warming up: it is made
    only where the reach of the network asks for it.

    Attributes:
        graph: the network.
        slab: planes of the input that are read at once. Slabs begin at multiples of it, wherever the work begins: the
            same planes are made together then, and come out the same to the last bit.
        start: first plane of the result that is asked for.
        stop: behind the last one.
    """

    graph: Graph
    slab: int
    start: int
    stop: int

    @cached_property
    def rates(self) -> dict[int, Fraction]:
        """Number of a map -> its planes per plane of the input."""
        found = {INPUT: Fraction(1)}
        for number, node in self.graph.nodes.items():
            window = node.operation.windows[0]
            found[number] = found[node.inputs[0]] * window.per / window.step
        return found

    def begins(self) -> dict[int, int]:
        """Number of a map -> the first of its planes that is made."""
        needed = {number: self.graph.planes(number) for number in (INPUT, *self.graph.nodes)}
        needed[self.graph.output] = self.start
        for number, node in reversed(self.graph.nodes.items()):
            needed[number] -= needed[number] % node.operation.align
            for source, window in zip(node.inputs, node.operation.windows, strict=True):
                needed[source] = min(needed[source], max(0, window.first(needed[number])))
        return needed

    def __iter__(self) -> Iterator[Part]:
        """All parts in the order in which they are made."""
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
                # What begins with planes of padding alone waits all the same: it takes its shape from its input.
                if ready <= done[number] or any(done[k] == begun[k] < graph.planes(k) for k in node.inputs):
                    continue
                spans = self._spans(number, done[number], ready)
                part_start, done[number] = done[number], ready
                keep = {source: self._keep(source, users[source], done) for source in set(node.inputs)}
                yield Part(number, part_start, ready, spans, keep)

    def _ready(self, number: int, done: dict[int, int]) -> int:
        """Planes of a map, from its first on, that its inputs allow."""
        node, total = self.graph.nodes[number], self.graph.planes(number)
        ready = total
        for source, window in zip(node.inputs, node.operation.windows, strict=True):
            if done[source] < self.graph.planes(source):
                ready = min(ready, window.ready(done[source]))
        # Not all that is left at once when the input has ended: as many planes as a slab of it makes.
        ready = min(ready, done[number] + self.most(number))
        return ready if ready == total else ready - ready % node.operation.align

    def most(self, number: int) -> int:
        """Most planes of a map that are made at once."""
        align = self.graph.nodes[number].operation.align
        return math.ceil(self.slab * self.rates[number] / align) * align

    def _spans(self, number: int, start: int, stop: int) -> tuple[tuple[int, int], ...]:
        """Planes of each input that some planes are made of, as far as the input has them."""
        node, spans = self.graph.nodes[number], []
        for source, window in zip(node.inputs, node.operation.windows, strict=True):
            total = self.graph.planes(source)
            low = min(max(0, window.first(start)), total)
            spans.append((low, max(low, min(total, window.last(stop - 1) + 1))))
        return tuple(spans)

    def _keep(self, source: int, users: list[int], done: dict[int, int]) -> int:
        """First plane of a map that is needed for what is still to be made of it."""
        needed = self.graph.planes(source)
        for number in users:
            if done[number] >= self.graph.planes(number):
                continue
            node = self.graph.nodes[number]
            for its, window in zip(node.inputs, node.operation.windows, strict=True):
                if its == source:
                    needed = min(needed, max(0, window.first(done[number])))
        return needed
