"""Record the operators of a network: run it on torch's meta device, which has only shapes."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from geocnn.errors import DataError
from geocnn.tracing.field import Field
from geocnn.tracing.maps import Map, Part, Untraceable
from geocnn.tracing.modules import module_paths
from geocnn.tracing.operators import OPERATORS, UNKNOWN, Call

__all__ = ["Step", "Trace", "trace"]

_EVEN = {name for what in ("zeros", "ones", "full") for name in (what, f"new_{what}", f"{what}_like")}
"""Operators whose results hold one number everywhere."""


@dataclass(frozen=True)
class Step:
    """One operator that takes a tensor which depends on the input.

    Attributes:
        operator: its name among torch's aten operators.
        words: its name in tables, with kernel and stride.
        main: a convolution, matrix product, pooling or up-sampling.
        module: path of the module that is running; "" for the network itself.
        call: number of the call of that module, to tell apart the calls of a module that is used more than once.
        inputs: numbers of the steps whose results it takes; -1 is the input of the network.
        shape: of its (first) result.
        fields: input samples that a sample of the result depends on, per axis; None where these are all of the axis.
        parameters: names of the parameters that it uses.
        multiply_adds: number of its multiply-adds.
        placed: whether a sample of the result also depends on its place in the input.
    """

    operator: str
    words: str
    main: bool
    module: str
    call: int
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    fields: tuple[Field | None, ...]
    parameters: tuple[str, ...]
    multiply_adds: int
    placed: bool


@dataclass(frozen=True)
class Trace:
    """What a network computes.

    Attributes:
        shape: of the input, ``(batch, channels, *space)``.
        steps: in the order of computation.
        results: numbers of the steps that made the results.
    """

    shape: tuple[int, ...]
    steps: tuple[Step, ...]
    results: tuple[int, ...]

    @property
    def fields(self) -> tuple[Field | None, ...]:
        """Receptive field of the last result, one per axis."""
        return self.steps[self.results[-1]].fields

    @property
    def placed(self) -> bool:
        """Whether a sample of the last result depends on its place as well, so that no part of the input is enough."""
        return self.steps[self.results[-1]].placed

    @property
    def multiply_adds(self) -> int:
        """Number of multiply-adds of all steps together."""
        return sum(step.multiply_adds for step in self.steps)


def trace(
    model: nn.Module,
    given: Sequence[int] | Tensor,
    forward: Callable[[nn.Module, Tensor], Sequence[Tensor]] | None = None,
    watch: Callable[[int, Tensor], None] | None = None,
) -> Trace:
    """Record the operators of a network in evaluation mode.

    Args:
        model: any module of one input; it is copied, not changed. One on the meta device will do.
        given: shape of the input, ``(channels, *space)``; or real samples ``(batch, channels, *space)``, for ``watch``.
            Windows should not be too small: maps of one sample per axis look as if they had no axes.
        forward: what to run, ``forward(copy, x) -> results``; default the module itself.
        watch: called after each step with its number and its result, which later steps may overwrite.

    Raises:
        DataError: an operator whose effect on the receptive field is not known; the message names operator and layer.
    """
    model = copy.deepcopy(model)
    if isinstance(given, Tensor):
        x = given
    else:
        model, x = model.to("meta"), torch.empty((1, *given), device="meta")
    model.eval().requires_grad_(requires_grad=False)
    recorder = _Recorder(x, {id(p): name for name, p in model.named_parameters()}, watch)
    with torch.no_grad(), module_paths(model, recorder.enter, recorder.leave), recorder:
        results = [model(x)] if forward is None else forward(model, x)
    return Trace(tuple(x.shape), tuple(recorder.steps), tuple(recorder.made[id(y)] for y in results))


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operator that runs; tensors that depend on the input have a map, weights and constants have none."""

    def __init__(self, x: Tensor, parameters: dict[int, str], watch: Callable[[int, Tensor], None] | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        ndim = x.ndim - 2
        self.watch = watch
        self.steps: list[Step] = []
        self.made = {id(x): -1}  # id of a tensor -> number of the step that made it
        self.maps = {
            id(x): Map(
                ((Part(x.shape[0]),), (Part(x.shape[1]),), *((Part(n, axis),) for axis, n in enumerate(x.shape[2:]))),
                (Field(),) * ndim,
            )
        }
        self.even: set[int] = set()  # memories of constants that hold one number everywhere, known without the number
        self.parameters: dict[int, tuple[str, ...]] = {tensor: (name,) for tensor, name in parameters.items()}
        self.kept: list[Tensor] = [x]  # keeps tensors alive, so that no other tensor gets the same id
        self.running: list[tuple[str, int]] = [("", 0)]
        self.calls = 0

    def enter(self, name: str) -> None:
        """Note that a module begins."""
        self.calls += 1
        self.running.append((name, self.calls))

    def leave(self) -> None:
        """Note that the running module ends."""
        self.running.pop()

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401  (an operator of torch has no public type)
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run the operator and note what it did."""
        name, options = func.overloadpacket.__name__, kwargs or {}
        tensors = list(_tensors([*args, *options.values()]))
        uneven = frozenset(dim for t in tensors if id(t) not in self.maps for dim in self._uneven(t))
        if any(t.is_meta for t in tensors) and name != "index":  # a tensor that a module makes on the way is a real one
            target = args[:1] if name.endswith("_") else ()  # is the result, by whose identity it is known
            args, options = (*target, *tree_map(self._shape, args[len(target) :])), tree_map(self._shape, options)
            tensors = list(_tensors([*args, *options.values()]))
        # Look the maps up first: an in-place operator may change the shape of its first argument.
        maps = [self.maps[id(t)] for t in tensors if id(t) in self.maps]
        if name.startswith("new_") or name.endswith("_like"):
            maps = []  # of the shape of a map, but not of its samples
        result = _shapes_of_batch_norm(name, args) or func(*args, **options)
        results = list(_tensors([result]))
        self.kept.extend(results)
        used = tuple(dict.fromkeys(p for t in tensors for p in self.parameters.get(id(t), ())))
        if not maps:
            self.parameters.update({id(t): used for t in results if used})
            self._note_constant(name, results, even=name in _EVEN or (name in ("clone", "_to_copy") and not uneven))
        elif results:
            self._note(name, args, options, tensors, maps, results, used, uneven)
            if self.watch is not None:
                self.watch(len(self.steps) - 1, results[0])
        return result

    def _note(
        self,
        name: str,
        args: tuple[Any, ...],
        options: dict[str, Any],
        tensors: list[Tensor],
        maps: list[Map],
        results: list[Tensor],
        used: tuple[str, ...],
        uneven: frozenset[int],
    ) -> None:
        """Append the step of one operator."""
        place, number = self.running[-1]
        operator = OPERATORS.get(name) or OPERATORS.get(name.removesuffix("_"), UNKNOWN)
        try:
            if name.endswith("_") and (len(maps) > 1 or id(args[0]) not in self.maps):
                self._check_alone(args[0])
            call = Call(args, options, maps, lambda t: self.maps.get(id(t)), [tuple(t.shape) for t in results], uneven)
            made = operator.maps(call)
            cost, words = operator.multiply_adds(call), f"{operator.words} {operator.details(call)}".strip()
        except Untraceable as error:
            raise DataError(
                f"the operator {name} in {f'the layer {place}' if place else 'the network itself'} {error}; the "
                "receptive field of such a network cannot be told."
            ) from None
        inputs = tuple(dict.fromkeys(self.made[id(t)] for t in tensors if id(t) in self.maps))
        made = made if isinstance(made, list) else [made]
        for tensor, map_ in zip(results, made, strict=False):  # results without a map are indices and statistics
            self.maps[id(tensor)], self.made[id(tensor)] = map_, len(self.steps)
        shape = tuple(results[0].shape)
        fields, placed = made[0].fields, made[0].placed
        self.steps.append(Step(name, words, operator.main, place, number, inputs, shape, fields, used, cost, placed))

    def _shape(self, value: Any) -> Any:  # noqa: ANN401  (an argument of an operator)
        """Version of a tensor on the meta device; other values are returned unchanged."""
        if not isinstance(value, Tensor) or value.is_meta:
            return value
        shape = value.to("meta")
        if id(value) in self.maps:  # a map has been written into it
            self.kept.append(shape)
            self.maps[id(shape)], self.made[id(shape)] = self.maps[id(value)], self.made[id(value)]
        return shape

    def _note_constant(self, name: str, results: list[Tensor], *, even: bool) -> None:
        """Note whether what has been made of constants holds one number everywhere; views share memory with it."""
        memories = {t.untyped_storage()._cdata for t in results}
        if even:
            self.even |= memories
        elif name.endswith("_"):
            self.even -= memories

    def _uneven(self, constant: Tensor) -> list[int]:
        """Dimensions, counted from the last, -1, along which the numbers of a constant may differ."""
        if constant.untyped_storage()._cdata in self.even:
            return []
        dims = [d for d in range(-constant.ndim, 0) if constant.shape[d] > 1 and constant.stride(d)]
        return [d for d in dims if constant.is_meta or not (constant == constant.narrow(d, 0, 1)).all()]

    def _check_alone(self, target: Tensor) -> None:
        """Refuse to write a map into a tensor in place while another tensor is a view of the same memory.

        Raises:
            Untraceable: there is such a view.
        """
        memory, constant = target.untyped_storage()._cdata, id(target) not in self.maps
        others = [t for t in self.kept if id(t) != id(target) and (constant or id(t) in self.maps)]
        if any(t.untyped_storage()._cdata == memory for t in others):
            raise Untraceable("writes into a map that has another view")


def _shapes_of_batch_norm(name: str, args: tuple[Any, ...]) -> tuple[Tensor, Tensor, Tensor] | None:
    """Results of batch normalisation in inference on the meta device; None for any other call.

    The result has the shape of the input. Torch would evaluate every term of the formula to find that out, which takes
    longer than all other layers of a residual network together.
    """
    if name != "native_batch_norm" or not args[0].is_meta or args[5]:
        return None
    return torch.empty_like(args[0]), args[0].new_empty(0), args[0].new_empty(0)


def _tensors(values: Sequence[Any]) -> Iterator[Tensor]:
    """All tensors in nested lists and tuples."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
