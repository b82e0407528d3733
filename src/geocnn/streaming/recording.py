"""Record the graph of a network: run it on shapes alone and translate its operators.

Tensors that do not depend on the data (weights and what is computed from them) get real values on the way. The
network's Python code runs as it is, so that loops, branches on the size and functions outside modules need no care.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from geocnn.errors import DataError
from geocnn.streaming.graph import INPUT, Graph, Node
from geocnn.streaming.translation import CannotStream, Flow, translate
from geocnn.tracing.modules import module_paths

__all__ = ["record"]

_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "maximum", "minimum")
_MOVES = ("cat", "slice", "unsqueeze", "squeeze", "clone", "alias", "detach")
_OF_MASKS = frozenset([*_COMPARISONS, *_MOVES, "mul"])
"""Operators that make of the numbers 0 and 1, as which masks are streamed, what they make of masks."""


def record(network: nn.Module, shape: Sequence[int]) -> Graph:
    """Record the graph of a network in evaluation mode.

    Args:
        network: its weights on any device; it is put into evaluation mode.
        shape: of the input, ``(channels, *space)``, one that the network accepts.

    Raises:
        DataError: a layer looks at the whole of a map, such as global pooling, or is not known; the message names it.
            Errors of the network itself pass through.
    """
    dtype = next((p.dtype for p in network.parameters() if p.is_floating_point()), torch.float32)
    x = torch.empty((1, *shape), device="meta", dtype=dtype)
    recorder = _Recorder(x)
    network.eval()
    # In inference mode the recorder would see composite operators whole instead of the operators they are made of.
    paths = module_paths(network, recorder.enter, recorder.leave)
    with torch.inference_mode(mode=False), torch.no_grad(), paths, recorder:
        result = network(x)
    if not isinstance(result, Tensor) or id(result) not in recorder.flows:
        raise DataError(f"{type(network).__name__} returns no map of its input, so that it cannot be streamed.")
    flow = recorder.flows[id(result)]
    flow.plain("the network itself")
    lifted = (*shape, 1) if len(shape) == 2 else tuple(shape)
    return Graph(lifted, recorder.nodes, flow.number).without_idle()


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operator that runs; tensors that depend on the input have a flow, all others have real values."""

    def __init__(self, x: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ndim, self.dtype = x.ndim - 2, x.dtype
        self.flows: dict[int, Flow] = {id(x): Flow(INPUT, tuple(x.shape))}
        self.nodes: dict[int, Node] = {}
        self.kept: list[Tensor] = [x]  # keeps tensors alive, so that no other tensor gets the same id
        self.shapes: dict[int, Tensor] = {}
        self.running, self.last = [""], ""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep torch from importing its compiler: that takes a second, and nothing is compiled here."""
        return False

    def enter(self, name: str) -> None:
        """Note that a module begins."""
        self.running.append(name)

    def leave(self) -> None:
        """Note that the running module ends."""
        self.last = self.running.pop()

    @property
    def place(self) -> str:
        """The layer whose operator is running, in words for a message."""
        if self.running[-1]:
            return f"the layer {self.running[-1]}"
        return f"the network itself, behind the layer {self.last}," if self.last else "the network itself"

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401  (an operator of torch has no public type)
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run the operator and note what it did."""
        options = kwargs or {}
        if not any(isinstance(a, Tensor) and id(a) in self.flows for a in tree_leaves((args, options))):
            return func(*args, **options)
        result = func(*tree_map(self._shape, args), **tree_map(self._shape, options))
        results = [r for r in tree_leaves(result) if isinstance(r, Tensor)]
        if results:
            self.kept.extend(results)
            self._note(func, args, options, results[0])
        return result

    def _shape(self, value: Any) -> Any:  # noqa: ANN401
        """Version of a real tensor on the meta device; other values are returned unchanged."""
        if not isinstance(value, Tensor) or value.is_meta:
            return value
        if id(value) not in self.shapes:
            self.kept.append(value)
            self.shapes[id(value)] = value.to("meta")
        return self.shapes[id(value)]

    def _note(self, func: Any, args: tuple[Any, ...], options: dict[str, Any], result: Tensor) -> None:  # noqa: ANN401
        """Append a node; if the operator changes nothing, give its result the flow of its input."""
        name = func.overloadpacket.__name__
        try:
            if name.endswith("_"):
                self._check_alone(args[0])
            self._check_types(name.removesuffix("_"), args, result.dtype)
            made = translate(name, func, self._flows(args), options, tuple(result.shape), self.ndim)
        except CannotStream as error:
            raise DataError(
                f"{self.place} {error} (operator {name}), so that the network cannot be streamed."
            ) from None
        if isinstance(made, Flow):
            self.flows[id(result)] = made
            return
        operation, inputs = made
        number = len(self.nodes)
        extra = next((a.extra for a in self._flows(args) if isinstance(a, Flow)), None)
        shape = [n for axis, n in enumerate(result.shape) if axis not in (0, extra)] + [1] * (self.ndim == 1)
        self.nodes[number] = Node(operation, inputs, tuple(shape), self.running[-1])
        self.flows[id(result)] = Flow(number, tuple(result.shape), extra)

    def _flows(self, values: Any) -> Any:  # noqa: ANN401
        """The arguments with each map replaced by its flow.

        Raises:
            CannotStream: a tensor without values, made for the size of the input.
        """

        def replaced(value: Any) -> Any:  # noqa: ANN401
            if isinstance(value, Tensor) and id(value) in self.flows:
                return self.flows[id(value)]
            if isinstance(value, Tensor) and value.is_meta:
                raise CannotStream("takes numbers that are made anew for each input")
            return value

        return tree_map(replaced, values)

    def _check_types(self, name: str, args: tuple[Any, ...], made: torch.dtype) -> None:
        """Refuse a result that floating point, in which all maps are streamed, does not give.

        Args:
            name: of the operator.
            args: its arguments.
            made: sample type of its result.

        Raises:
            CannotStream: whole numbers, or fewer bits than the network has elsewhere; or what is no arithmetic, such as
                the sum of two masks.
        """
        if made == torch.bool:
            of_masks = all(a.dtype == made for a in tree_leaves(args) if isinstance(a, Tensor) and id(a) in self.flows)
            if name == "_to_copy" and of_masks:
                return
            if name not in _OF_MASKS:
                raise CannotStream("changes the type of its numbers" if not of_masks else "computes with masks")
        elif not made.is_floating_point or made.itemsize < min(self.dtype.itemsize, torch.float32.itemsize):
            raise CannotStream("changes the type of its numbers")

    def _check_alone(self, target: Tensor) -> None:
        """Refuse to write into a map while another tensor is a view of it, or to write a map into another tensor.

        Raises:
            CannotStream: there is such a view, or the other tensor is no map.
        """
        if id(target) not in self.flows:
            raise CannotStream("writes a map into numbers that are no map")
        memory = target.untyped_storage()._cdata
        others = (t for t in self.kept if id(t) != id(target) and id(t) in self.flows)
        if any(t.untyped_storage()._cdata == memory for t in others):
            raise CannotStream("writes into a map that has another view")
