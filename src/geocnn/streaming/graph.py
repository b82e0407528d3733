"""A network as steps in the order of computation, each with the maps it takes."""

from dataclasses import dataclass, replace

import torch

from geocnn.streaming.operations import Convolution, Operation

__all__ = ["INPUT", "Graph", "Node"]

INPUT = -1
"""Number of the input map; all other maps have the number of the step that makes them."""


@dataclass(frozen=True)
class Node:
    """One step of a network.

    Attributes:
        operation: what it does.
        inputs: numbers of the steps whose results it takes; :data:`INPUT` is the input of the network.
        shape: of its result for the whole input, ``(channels, planes, *cross-section)``.
        layer: path of the module that does it.
    """

    operation: Operation
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    layer: str


@dataclass(frozen=True)
class Graph:
    """A network for an input of known shape.

    Attributes:
        shape: of the input, ``(channels, planes, *cross-section)``; data of one axis get a second axis of one sample.
        nodes: number of a step -> the step, in the order of computation.
        output: number of the step that makes the result.
        dtype: sample type of all maps but the input.
        entry: sample type of the input, and of the weights of the steps that it goes into.
    """

    shape: tuple[int, ...]
    nodes: dict[int, Node]
    output: int
    dtype: torch.dtype = torch.float32
    entry: torch.dtype = torch.float32

    def planes(self, number: int) -> int:
        """Number of planes of a map for the whole input."""
        return self.map_shape(number)[1]

    def map_shape(self, number: int) -> tuple[int, ...]:
        """Shape of a map, ``(channels, planes, *cross-section)``."""
        return self.shape if number == INPUT else self.nodes[number].shape

    def users(self) -> dict[int, list[int]]:
        """Steps that take each map, by its number; a step that takes a map twice is listed twice."""
        found: dict[int, list[int]] = {INPUT: [], **{number: [] for number in self.nodes}}
        for number, node in self.nodes.items():
            for source in node.inputs:
                found[source].append(number)
        return found

    def to(self, device: torch.device, dtype: torch.dtype) -> "Graph":
        """Copy of the graph with the tensors of all steps on a device and in a precision.

        Convolutions of the input stay in float32. They take little time, because the input has few channels; and a
        third of the visible changes that bf16 makes to probabilities come from rounding the samples and those weights.
        """
        rounded = dtype.itemsize < torch.float32.itemsize
        entry = torch.float32 if rounded and self._enters_by_convolutions() else dtype
        nodes = {}
        for number, node in self.nodes.items():
            shapes = [self.map_shape(source) for source in node.inputs]
            kind = entry if INPUT in node.inputs else dtype
            nodes[number] = replace(node, operation=node.operation.to(device, kind, shapes))
        return replace(self, nodes=nodes, dtype=dtype, entry=entry)

    def dtype_of(self, number: int) -> torch.dtype:
        """Dtype of a map."""
        return self.entry if number == INPUT else self.dtype

    def _enters_by_convolutions(self) -> bool:
        """Whether every step that takes the input is a convolution of the input alone."""
        takers = [self.nodes[number] for number in self.users()[INPUT]]
        return all(node.inputs == (INPUT,) and isinstance(node.operation, Convolution) for node in takers)

    def without_idle(self) -> "Graph":
        """Copy of the graph without the steps that do not contribute to the result."""
        needed, waiting = set(), [self.output]
        while waiting:
            number = waiting.pop()
            if number != INPUT and number not in needed:
                needed.add(number)
                waiting.extend(self.nodes[number].inputs)
        return replace(self, nodes={number: node for number, node in self.nodes.items() if number in needed})
