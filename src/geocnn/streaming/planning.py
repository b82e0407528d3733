"""How much memory a slab takes, counted before anything is computed."""

import math

from geocnn.streaming.graph import INPUT, Graph
from geocnn.streaming.schedule import Schedule

__all__ = ["peak_bytes"]


def peak_bytes(graph: Graph, slab: int, itemsize: int) -> int:
    """Bytes of all maps that live at once, at the worst moment.

    Args:
        graph: the network.
        slab: planes of the input that are read at once.
        itemsize: bytes of a number.
    """
    plane = {k: itemsize * math.prod(graph.map_shape(k)) // graph.planes(k) for k in (INPUT, *graph.nodes)}
    pieces: dict[int, list[tuple[int, int]]] = {k: [] for k in plane}
    kept = peak = 0
    for part in Schedule(graph, slab, 0, graph.planes(graph.output)):
        made = plane[part.node] * (part.stop - part.start)
        copies = 0
        if part.node != INPUT:
            for source, (low, high) in zip(graph.nodes[part.node].inputs, part.reads, strict=True):
                if not any(a <= low and high <= b for a, b in pieces[source]):
                    copies += plane[source] * (high - low)
        peak = max(peak, kept + copies + made)
        for source, keep in part.keep.items():
            kept -= plane[source] * sum(b - a for a, b in pieces[source] if b <= keep)
            pieces[source] = [(a, b) for a, b in pieces[source] if b > keep]
        if part.node != graph.output:
            pieces[part.node].append((part.start, part.stop))
            kept += made
    return peak
