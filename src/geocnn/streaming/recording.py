"""From a network to its graph: run it once on shapes alone and translate every operator that meets the data.

Numbers that do not depend on the data (weights, whatever is computed of them) are computed really, on the way. The
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


def record(network: nn.Module, shape: Sequence[int]) -> Graph:
    """The graph of a network in evaluation mode.

    Args:
        network: its weights on any device; it is put into evaluation mode.
        shape: of the input, ``(channels, *space)``, one that the network takes.

    Raises:
        DataError: a layer that looks at the whole of a map, such as global pooling, or one that is not known; the
            message names it. And what the network itself raises.
    """
    dtype = next((p.dtype for p in network.parameters() if p.is_floating_point()), torch.float32)
    x = torch.empty((1, *shape), device="meta", dtype=dtype)
    recorder = _Recorder(x)
    network.eval()
    # Inference mode would hide from the recorder what composite operators are made of.
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
    """Sees each operator; tensors that depend on the input have a flow, all others are real."""

    def __init__(self, x: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ndim = x.ndim - 2
        self.flows: dict[int, Flow] = {id(x): Flow(INPUT, tuple(x.shape))}
        self.nodes: dict[int, Node] = {}
        self.kept: list[Tensor] = [x]  # so that an id stays that of its tensor
        self.shapes: dict[int, Tensor] = {}
        self.running, self.last = [""], ""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Else torch imports its compiler, for a second, to keep it away from what nobody compiles."""
        return False

    def enter(self, name: str) -> None:
        """A module begins."""
        self.running.append(name)

    def leave(self) -> None:
        """It ends."""
        self.last = self.running.pop()

    @property
    def place(self) -> str:
        """Where the operator is that is running, in words."""
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
        """A tensor on the meta device in place of a real one."""
        if not isinstance(value, Tensor) or value.is_meta:
            return value
        if id(value) not in self.shapes:
            self.kept.append(value)
            self.shapes[id(value)] = value.to("meta")
        return self.shapes[id(value)]

    def _note(self, func: Any, args: tuple[Any, ...], options: dict[str, Any], result: Tensor) -> None:  # noqa: ANN401
        """Append a node, or give the result of an operator that changes nothing the flow of its input."""
        name = func.overloadpacket.__name__
        try:
            if name.endswith("_"):
                self._check_alone(args[0])
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
        """The arguments with flows in place of maps.

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

    def _check_alone(self, target: Tensor) -> None:
        """Refuse to change a map in place of which another tensor shows a part."""
        memory = target.untyped_storage()._cdata
        others = (t for t in self.kept if id(t) != id(target) and id(t) in self.flows)
        if any(t.untyped_storage()._cdata == memory for t in others):
            raise CannotStream("writes into a map that has another view")
