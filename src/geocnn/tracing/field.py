"""Receptive fields along one axis: input samples that each sample of a map depends on."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

__all__ = ["Field", "join"]

Window = Callable[[int], tuple[int, int]]
"""Function: number of an output sample -> first and last sample of the preceding map that it is made of."""


@dataclass(frozen=True)
class Field:
    """First and last input sample that each sample of a map depends on, far from all edges.

    The samples form a repeating pattern: behind an up-sampling neighbours have fields of different length, and the
    pattern of lengths repeats after ``period`` samples.

    Attributes:
        low: first input sample of each sample 0, 1, ... of the first period.
        high: last input sample of each of these.
        step: input samples from one period to the next.
    """

    low: tuple[int, ...] = (0,)
    high: tuple[int, ...] = (0,)
    step: int = 1

    @property
    def period(self) -> int:
        """Samples of the map after which the pattern repeats."""
        return len(self.low)

    @property
    def stride(self) -> Fraction:
        """Input samples from one sample of the map to the next."""
        return Fraction(self.step, self.period)

    @cached_property
    def size(self) -> int:
        """Number of input samples that one sample of the map depends on; the largest in a period."""
        return max(high - low + 1 for low, high in zip(self.low, self.high, strict=True))

    def at(self, index: int) -> tuple[int, int]:
        """First and last input sample that a sample of the map depends on."""
        turns, place = divmod(index, self.period)
        return self.low[place] + turns * self.step, self.high[place] + turns * self.step

    def reach(self, margin: int = 0) -> int:
        """Largest distance from a sample to an input sample that it depends on.

        Args:
            margin: position of sample 0 in the input.

        Raises:
            ValueError: the stride of the map is not 1.
        """
        if self.stride != 1:
            raise ValueError(f"the samples of the map are {self.stride} input samples apart; reach needs 1.")
        ends = [(j + margin - self.at(j)[0], self.at(j)[1] - j - margin) for j in range(self.period)]
        return max(0, *(max(pair) for pair in ends))

    def through(self, window: Window, outputs: int = 1, inputs: int = 1) -> "Field":
        """Field of the samples of the next map.

        Args:
            window: which samples of this map make a sample of the next.
            outputs: samples of the next map after which the windows repeat: ``window(j + outputs) = window(j) +
                inputs``.
            inputs: samples of this map by which the windows have then moved on.
        """
        turns = self.period // math.gcd(self.period, inputs)
        low, high = [], []
        for index in range(outputs * turns):
            first, last = window(index)
            low.append(min(self.at(i)[0] for i in range(first, min(last, first + self.period - 1) + 1)))
            high.append(max(self.at(i)[1] for i in range(max(first, last - self.period + 1), last + 1)))
        return Field(tuple(low), tuple(high), self.step * inputs * turns // self.period)


def join(fields: Sequence[Field]) -> Field:
    """Field of samples that combine the samples with the same index of several maps.

    Raises:
        ValueError: the samples of the maps are not equally far apart.
    """
    first, *others = fields
    if any(other.stride != first.stride for other in others):
        strides = ", ".join(str(field.stride) for field in fields)
        raise ValueError(f"maps are joined whose samples are {strides} input samples apart")
    if not others:
        return first
    period = math.lcm(*(field.period for field in fields))
    ends = [[field.at(j) for field in fields] for j in range(period)]
    low, high = (tuple(best(end[side] for end in at) for at in ends) for side, best in ((0, min), (1, max)))
    return Field(low, high, int(first.stride * period))
