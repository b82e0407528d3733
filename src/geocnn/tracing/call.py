"""One call of an operator of torch, with what is known of the maps among its arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geocnn.tracing.maps import Map, Untraceable

__all__ = ["Call"]


@dataclass(frozen=True)
class Call:
    """One call of an operator.

    Attributes:
        args: positional arguments.
        options: keyword arguments.
        maps: what is known of each tensor among the arguments that depends on the input, in order.
        of: returns what is known of a tensor; None for weights and other constants.
        shapes: of the results, in order.
        uneven: dimensions, counted from the last, -1, along which the numbers of a constant among the arguments may
            differ.
    """

    args: tuple[Any, ...]
    options: dict[str, Any]
    maps: list[Map]
    of: Callable[[Any], Map | None]
    shapes: list[tuple[int, ...]]
    uneven: frozenset[int] = frozenset()

    def get(self, index: int, default: Any = None) -> Any:  # noqa: ANN401  (arguments of operators have many types)
        """A positional argument, or ``default`` where it is not given."""
        return self.args[index] if len(self.args) > index else default

    @property
    def source(self) -> Map:
        """The only map among the arguments.

        Raises:
            Untraceable: there are others, as in attention, or the first argument is no map.
        """
        map_ = self.of(self.args[0])
        if map_ is None or len(self.maps) > 1:
            raise Untraceable("multiplies or mixes two maps of the input with each other")
        return map_
