"""How much memory a schedule takes, counted before anything is computed."""

import math
from dataclasses import dataclass

from geocnn.streaming.graph import INPUT, Graph
from geocnn.streaming.schedule import Schedule

__all__ = ["Room", "peak_bytes", "rooms"]


@dataclass
class Room:
    """Memory that a map needs from the moment its planes are made until the last step has taken them.

    Attributes:
        planes: most planes that are held at once.
        piece: most planes that are made at once.
        passing: the next step takes all planes of a piece as soon as they are made, so that nothing has to be held.
    """

    planes: int = 0
    piece: int = 0
    passing: bool = True


def rooms(schedule: Schedule) -> dict[int, Room]:
    """Memory that each map needs, by number; the result needs none."""
    graph, users = schedule.graph, schedule.graph.users()
    found = {number: Room(passing=len(users[number]) == 1) for number in (INPUT, *graph.nodes)}
    kept, last = schedule.begins(), dict.fromkeys(found, (0, 0))
    for part in schedule:
        for source, span in zip(_inputs(graph, part.node), part.reads, strict=True):
            at_once = span == last[source] and part.keep[source] == last[source][1]
            found[source].passing = found[source].passing and at_once
            # Planes that nothing will read and that are still to come cannot be let go of yet.
            kept[source] = min(part.keep[source], last[source][1])
        room = found[part.node]
        room.planes = max(room.planes, part.stop - kept[part.node])
        room.piece = max(room.piece, part.stop - part.start)
        last[part.node] = part.start, part.stop
    del found[graph.output]
    return found


def peak_bytes(graph: Graph, slab: int) -> int:
    """Largest number of bytes that all maps take at the same time.

    Args:
        graph: the network, in the precision in which it runs.
        slab: planes of the input that are read at once.
    """
    maps = (INPUT, *graph.nodes)
    plane = {k: graph.dtype_of(k).itemsize * math.prod(graph.map_shape(k)) // graph.planes(k) for k in maps}
    schedule = Schedule(graph, slab, 0, graph.planes(graph.output))
    held = sum(plane[k] * (room.piece if room.passing else room.planes) for k, room in rooms(schedule).items())
    # In addition: the planes that are being made, and a copy of the planes they are made of where one is needed.
    widened = graph.entry.itemsize // graph.dtype.itemsize
    return held + max(
        plane[part.node] * (part.stop - part.start) * (widened if INPUT in _inputs(graph, part.node) else 1)
        + max((plane[s] * (b - a) for s, (a, b) in zip(_inputs(graph, part.node), part.reads, strict=True)), default=0)
        for part in schedule
    )


def _inputs(graph: Graph, number: int) -> tuple[int, ...]:
    """Numbers of the maps that a step takes; reading takes none."""
    return () if number == INPUT else graph.nodes[number].inputs
