"""Exact slab-by-slab prediction: the result of the whole volume in bounded memory.

A network is recorded as a graph (``recording``, ``translation``), the graph is rewritten for speed (``rewrites``), a
schedule says which planes of which map are made when (``schedule``, ``windows``), and the executor makes them
(``execution``, ``operations``, ``convolutions``).
"""

from geocnn.streaming.network import StreamedNetwork

__all__ = ["StreamedNetwork"]
