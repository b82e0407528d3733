"""Rewrites of a graph before it runs: less memory traffic, fewer multiply-adds.

Results are equal up to rounding.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from geocnn.streaming.convolutions import Term
from geocnn.streaming.graph import Graph, Node
from geocnn.streaming.operations import Affine, Concatenation, Convolution, Pointwise, Upsampling

__all__ = ["REWRITES", "add_into", "fold_affine", "fuse_relu", "rewritten", "split_concatenation", "upsample_in_phases"]

Change = Callable[[Graph, int], Node | None]
"""A rewrite: takes a graph and the number of a step, returns the new step, or None where the step stays as it is."""


def fold_affine(graph: Graph, number: int) -> Node | None:
    """Fold batch normalisation into the convolution before it: ``scale conv(x) + shift`` is a convolution as well."""
    node = graph.nodes[number]
    before = _convolution(graph, node, 0)
    if not isinstance(node.operation, Affine) or before is None or before.relu or before.added:
        return None
    scale, shift = node.operation.scale, node.operation.shift
    terms = tuple(replace(term, weight=_scaled(term, scale)) for term in before.terms)
    bias = shift if before.bias is None else before.bias * scale + shift
    return replace(node, operation=replace(before, terms=terms, bias=bias), inputs=_inputs(graph, node, 0))


def fuse_relu(graph: Graph, number: int) -> Node | None:
    """Fuse a ReLU into the convolution before it, which then writes the zeros itself."""
    node = graph.nodes[number]
    before = _convolution(graph, node, 0)
    if not _is(node, torch.ops.aten.relu.default) or before is None:
        return None
    return replace(node, operation=replace(before, relu=True), inputs=_inputs(graph, node, 0))


def add_into(graph: Graph, number: int) -> Node | None:
    """Turn a sum of two maps, at least one of them from a convolution, into a convolution that adds to a map."""
    node = graph.nodes[number]
    if not _is(node, torch.ops.aten.add.Tensor, arguments=2):
        return None
    if len({graph.map_shape(source) for source in node.inputs}) > 1:
        return None
    found = [_convolution(graph, node, k) for k in (0, 1)]
    one, two = (None if c is None or c.relu or c.added else c for c in found)
    if one is not None and two is not None:
        pairs = [
            (t, i) for k, c in enumerate((one, two)) for t, i in zip(c.terms, _inputs(graph, node, k), strict=True)
        ]
        biases = [c.bias for c in (one, two) if c.bias is not None]
        return _of_terms(node, Convolution((), sum(biases[1:], biases[0]) if biases else None), pairs)
    for k, convolution in enumerate((one, two)):
        if convolution is not None:
            inputs = (*_inputs(graph, node, k), node.inputs[1 - k])
            return replace(node, operation=replace(convolution, added=1), inputs=inputs)
    return None


def split_concatenation(graph: Graph, number: int) -> Node | None:
    """Split a convolution of concatenated maps into a sum of one convolution per map, which saves the concatenation."""
    node = graph.nodes[number]
    if not isinstance(node.operation, Convolution) or len(node.operation.terms) != 1:
        return None
    (term,), source = node.operation.terms, node.inputs[0]
    joined = graph.nodes.get(source)
    if joined is None or not isinstance(joined.operation, Concatenation) or term.groups != 1:
        return None
    if not _alone(graph, source) or len(set(joined.inputs)) < len(joined.inputs):
        return None
    sizes = [graph.map_shape(each)[0] for each in joined.inputs]
    weights = torch.split(term.weight, sizes, 0 if term.transposed else 1)
    pairs = [(replace(term, weight=weight), each) for weight, each in zip(weights, joined.inputs, strict=True)]
    return _of_terms(node, node.operation, pairs)


def upsample_in_phases(graph: Graph, number: int) -> Node | None:
    """Move a convolution in front of an up-sampling: it becomes a transposed convolution of the coarse map.

    This is its polyphase form. Nearest up-sampling by ``f`` repeats samples, so that several of the ``k`` taps of a
    kernel fall on the same coarse sample: their weights are added, and the transposed kernel has ``f + k - 1`` taps.
    For k = 3 in 3-D and f = 2, 8 of 27 multiply-adds per sample are left.

    Nearest up-sampling by ``f`` repeats samples, so that the ``k`` taps of a kernel fall on few of them: a kernel of
    ``f + k - 1`` taps whose numbers are sums of the old ones. Of 27 multiply-adds a sample (k = 3 in 3-D, f = 2) 8 are
    left.
    """
    node = graph.nodes[number]
    if not isinstance(node.operation, Convolution):
        return None
    pairs = list(zip(node.operation.terms, node.inputs, strict=False))
    for k, (term, source) in enumerate(pairs):
        coarse = graph.nodes.get(source)
        if coarse is None or not isinstance(coarse.operation, Upsampling) or coarse.operation.kind != "nearest":
            continue
        if _in_phases(term) and _alone(graph, source):
            pairs[k] = (_phases(term, coarse.operation.factor), coarse.inputs[0])
            return _of_terms(node, node.operation, pairs)
    return None


REWRITES: tuple[Change, ...] = (fold_affine, split_concatenation, upsample_in_phases, add_into, fuse_relu)
"""All rewrites, in the order in which they are tried; each may make another one possible."""


def rewritten(graph: Graph, changes: tuple[Change, ...] = REWRITES) -> Graph:
    """Apply all rewrites until none applies any more."""
    while (changed := next(_changed(graph, changes), None)) is not None:
        graph = changed
    return graph


def _changed(graph: Graph, changes: tuple[Change, ...]) -> Iterator[Graph]:
    """The graph after the first rewrite that applies; nothing if none does."""
    for change in changes:
        for number in graph.nodes:
            made = change(graph, number)
            if made is not None:
                yield replace(graph, nodes={**graph.nodes, number: made}).without_idle()


def _alone(graph: Graph, number: int) -> bool:
    """Whether a map is taken by exactly one step and is not the result."""
    return number != graph.output and len(graph.users()[number]) == 1


def _is(node: Node, function: Callable[..., Tensor], arguments: int = 1) -> bool:
    """Whether a step is this function of so many maps, without further arguments."""
    operation = node.operation
    if not isinstance(operation, Pointwise) or operation.function is not function or operation.options:
        return False
    return operation.count == len(operation.arguments) == arguments


def _convolution(graph: Graph, node: Node, position: int) -> Convolution | None:
    """The convolution that makes an input of a step, if its result is used nowhere else; otherwise None."""
    source = node.inputs[position]
    before = graph.nodes.get(source)
    alone = before is not None and isinstance(before.operation, Convolution) and _alone(graph, source)
    return before.operation if alone else None  # type: ignore[union-attr, return-value]


def _inputs(graph: Graph, node: Node, position: int) -> tuple[int, ...]:
    """Inputs of the step that makes the input at ``position`` of a step."""
    return graph.nodes[node.inputs[position]].inputs


def _of_terms(node: Node, convolution: Convolution, pairs: list[tuple[Term, int]]) -> Node:
    """A step with these terms and their inputs.

    Transposed terms come first, because only a plain convolution can add to an existing map.
    """
    ordered = sorted(pairs, key=lambda pair: not pair[0].transposed)
    inputs = (*(source for _, source in ordered), *node.inputs[len(node.inputs) - convolution.added :])
    return replace(node, operation=replace(convolution, terms=tuple(term for term, _ in ordered)), inputs=inputs)


def _scaled(term: Term, scale: Tensor) -> Tensor:
    """The weight with each output channel scaled."""
    weight = term.weight
    if not term.transposed:
        return weight * scale.view(-1, *(1,) * (weight.ndim - 1))
    grouped = weight.reshape(term.groups, -1, *weight.shape[1:])
    return (grouped * scale.view(term.groups, 1, -1, *(1,) * (weight.ndim - 2))).reshape(weight.shape)


def _in_phases(term: Term) -> bool:
    """Whether a convolution of an up-sampled map can be moved in front of the up-sampling."""
    kernel = term.weight.shape[2:]
    plain = not term.transposed and term.groups == 1 and set(term.stride) == set(term.dilation) == {1}
    return plain and all(p < k for p, k in zip(term.padding, kernel, strict=True))


def _phases(term: Term, factor: tuple[int, ...]) -> Term:
    """The transposed convolution of the coarse map that replaces a convolution of the up-sampled one."""
    weight, padding = term.weight.transpose(0, 1), []
    for axis, (f, p) in enumerate(zip(factor, term.padding, strict=True), start=2):
        taps = weight.shape[axis]
        shape = list(weight.shape)
        shape[axis] = taps + f - 1
        summed = weight.new_zeros(shape)
        for phase in range(f):  # tap t of the old kernel and repetition r of a sample meet at tap r - t + k - 1
            summed.narrow(axis, phase, taps).add_(weight.flip(axis))
        weight = summed
        padding.append(taps - 1 - p)
    return Term(weight, tuple(factor), tuple(padding), (1,) * len(factor), transposed=True)
