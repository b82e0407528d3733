"""A network that is ready to be streamed along the first axis of data of a known size."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from geocnn.hardware import Precision, autocast_dtype
from geocnn.streaming.execution import run
from geocnn.streaming.graph import Graph
from geocnn.streaming.planning import peak_bytes
from geocnn.streaming.recording import record
from geocnn.streaming.rewrites import rewritten
from geocnn.streaming.schedule import Schedule

__all__ = ["StreamedNetwork"]

Read = Callable[[int, int], Tensor]
"""Reads planes ``start`` to ``stop`` (excluded) of the input, ``(1, channels, planes, *cross-section)``."""


@dataclass(frozen=True)
class StreamedNetwork:
    """A network as steps that work on a few planes at a time; every plane of every map is made once.

    Attributes:
        graph: the steps, rewritten for speed, for an input of one shape.
        device: where it runs.
        ndim: axes of space of the data.
    """

    graph: Graph
    device: torch.device
    ndim: int

    @classmethod
    def of(
        cls,
        network: nn.Module,
        shape: Sequence[int],
        *,
        device: torch.device | str = "cpu",
        precision: Precision = "float32",
    ) -> "StreamedNetwork":
        """Compile a network for data of one shape.

        Args:
            network: any module of one input whose layers look at windows of samples; it is put into evaluation mode.
            shape: ``(channels, *space)`` of the whole input, one that the network takes.
            device: where it is to run.
            precision: "float32", "bf16", or "auto": bf16 where the machine has it.

        Raises:
            DataError: a layer that looks at the whole of a map (global pooling, group normalisation), or an operator
                that is not known; the message names the layer. Or the network does not take that shape.
        """
        place = torch.device(device)
        dtype = autocast_dtype(precision, place) or torch.float32
        graph = rewritten(record(network, shape)).to(place, dtype)
        return cls(graph, place, len(shape) - 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole result, ``(channels, *space)``."""
        return self.graph.map_shape(self.graph.output)[: 1 + self.ndim]

    def slabs(
        self,
        read: Read,
        slab: int,
        *,
        start: int = 0,
        stop: int | None = None,
        tick: Callable[[float], None] | None = None,
    ) -> Iterator[tuple[int, Tensor]]:
        """Compute the result, some planes at a time.

        Args:
            read: gives planes of the input; each plane is read once, in order.
            slab: planes of the input that are read at once.
            start: first plane of the result that is wanted.
            stop: end of the wanted planes (excluded); default all.
            tick: is called with the progress, in planes of the input.

        Yields:
            Number of the first plane, and planes ``(channels, planes, *cross-section)`` in float32.
        """
        end = self.shape[1] if stop is None else stop
        for first, made in run(self.graph, Schedule(self.graph, slab, start, end), self._lifted(read), tick):
            yield first, made[0, :, :, 0].float() if self.ndim == 1 else made[0].float()

    def __call__(self, x: Tensor, slab: int = 16) -> Tensor:
        """Compute the whole result ``(1, channels, *result)`` for data in memory ``(1, channels, *space)``."""
        parts = [made for _, made in self.slabs(lambda a, b: x[:, :, a:b], slab)]
        return torch.cat(parts, 1)[None]

    def at_once(self, slab: int) -> int:
        """Largest number of result planes that are made at once when ``slab`` planes of the input are read at once."""
        return Schedule(self.graph, slab, 0, 0).most(self.graph.output)

    def peak_bytes(self, slab: int) -> int:
        """Largest memory that the maps take at once, in bytes, when ``slab`` planes are read at once."""
        return peak_bytes(self.graph, slab)

    def _lifted(self, read: Read) -> Read:
        """Reader whose planes are on the device, in the dtype of the input map and with channels innermost."""
        layout = torch.channels_last if self.ndim < 3 else torch.channels_last_3d

        def planes(start: int, stop: int) -> Tensor:
            x = read(start, stop)
            x = x.unsqueeze(-1) if self.ndim == 1 else x
            return x.to(self.device, self.graph.entry).contiguous(memory_format=layout)

        return planes
