"""A trace as a table of layers."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from torch import nn

from geocnn.tracing.field import Field
from geocnn.tracing.recording import Step, Trace
from geocnn.words import size_text

__all__ = ["Layer", "layers"]

_SILENT = ("view", "copy")
"""Kinds of steps that form no layer of their own."""
_AHEAD = (*_SILENT, "padding", "choice", "slice", "split")
"""Kinds of steps that prepare the input of a following step."""


@dataclass(frozen=True)
class Layer:
    """One layer: a row of the table.

    Attributes:
        name: path of the module, or of its parameters where the network holds them itself. From the second row of the
                same name on, a number is added, as for a pooling that is used twice: "pool", "pool (2nd)".
        kind: names of its operators.
        shape: of its result, ``(channels, *space)``.
        parameters: number of learnt parameters that no row above has counted.
        fields: receptive field of the result per axis; None where it is the whole axis.
        multiply_adds: for one window of the trace.
        step: number of the step that makes the result.
        after: number of the last pointwise step that follows, such as a ReLU.
        weights: name of the parameter that its first operator takes, "" if there is none.
        inputs: how many numbers it takes from other layers.
        biased: whether it adds a parameter other than its kernel or matrix.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    fields: tuple[Field | None, ...]
    multiply_adds: int
    step: int
    after: int
    weights: str
    inputs: int
    biased: bool

    @property
    def field(self) -> str:
        """Size of the receptive field per axis, in words."""
        return _per_axis(["all" if field is None else str(field.size) for field in self.fields])

    @property
    def stride(self) -> str:
        """Input samples from one sample of the result to the next, in words."""
        return _per_axis(["" if field is None else _number(field.stride) for field in self.fields])


def layers(model: nn.Module, trace: Trace) -> list[Layer]:
    """Group the steps of a trace into layers; pointwise functions and views go with what is in front of them.

    Args:
        model: the module that was traced.
        trace: what was recorded of it.
    """
    left = dict(model.named_parameters())
    ranks = {name: parameter.ndim for name, parameter in left.items()}
    parents = {name for name, module in model.named_modules() if any(True for _ in module.children())} | {""}
    rows: list[Layer] = []
    before: object = None
    for numbers in _groups(trace.steps, parents):
        made = [k for k in numbers if trace.steps[k].words not in _SILENT]
        if not made:
            continue
        # Torch runs 1-D pooling as 2-D pooling with a view behind it.
        step = next((k for k in numbers if k >= made[-1] and len(trace.steps[k].shape) == len(trace.shape)), made[-1])
        steps, last = [trace.steps[k] for k in made], trace.steps[step]
        used = list(dict.fromkeys(name for k in numbers for name in trace.steps[k].parameters))
        count = sum(left.pop(name).numel() for name in used if name in left)
        cost = sum(step.multiply_adds for step in steps)
        after = last.shape, tuple(field and (field.size, field.stride) for field in last.fields)
        if count or cost or any(step.main for step in steps) or after != before:
            kernel = max((ranks[name] for name in used), default=0)
            row = Layer(
                name=last.module or ", ".join(used) or "(network)",
                kind=_kind(steps),
                shape=last.shape[1:],
                parameters=count,
                fields=last.fields,
                multiply_adds=cost,
                step=step,
                after=step,
                weights=used[0] if used else "",
                inputs=_inputs(trace, numbers),
                biased=any(ranks[name] < kernel for name in used),
            )
            rows.append(row)
        elif rows:
            rows[-1] = replace(rows[-1], after=made[-1])
        before = after
    return _told_apart(rows)


def _told_apart(rows: list[Layer]) -> list[Layer]:
    """Rows with a number added to each name that has occurred before."""
    counts: Counter[str] = Counter()
    made = []
    for row in rows:
        counts[row.name] += 1
        number = counts[row.name]
        made.append(row if number == 1 else replace(row, name=f"{row.name} ({_ordinal(number)})"))
    return made


def _ordinal(number: int) -> str:
    """An ordinal number: 1st, 2nd, 3rd, 4th, ..., 11th, 12th, 13th, ..., 21st."""
    teens = number // 10 % 10 == 1
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _groups(steps: tuple[Step, ...], parents: set[str]) -> Iterator[list[int]]:
    """Groups of steps that make one row each.

    A group is one call of a module. If a module holds the parameters of several operators, each operator is a group.
    """
    for _, called in groupby(range(len(steps)), key=lambda k: (steps[k].module, steps[k].call)):
        group: list[int] = []
        seen: set[str] = set()
        for k in called:
            new = set(steps[k].parameters)
            if steps[k].main and seen and not seen & new and (new or steps[k].module in parents):
                ready = next(i for i in range(len(group), 0, -1) if steps[group[i - 1]].words not in _AHEAD)
                yield group[:ready]
                group, seen = group[ready:], set()
            seen |= new if steps[k].main else set()
            group.append(k)
        yield group


def _inputs(trace: Trace, numbers: list[int]) -> int:
    """How many numbers the given steps take from other steps."""
    taken = {k for number in numbers for k in trace.steps[number].inputs} - set(numbers)
    return sum(math.prod((trace.steps[k].shape if k >= 0 else trace.shape)[1:]) for k in taken)


def _kind(steps: list[Step]) -> str:
    """Names of the main steps, or of all steps if none is a main one."""
    main = any(step.main for step in steps)
    return " + ".join(dict.fromkeys(step.words for step in steps if step.main or not main))


def _per_axis(texts: list[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else size_text(texts)


def _number(value: Fraction) -> str:
    return f"{float(value):g}"
