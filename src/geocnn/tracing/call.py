"""One call of an operator of torch, as the arithmetic of fields sees it."""

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
        maps: what is known of those tensors among the arguments that depend on the input, in order.
        of: looks a tensor up; None for weights and other constants.
        shapes: of the results.
    """

    args: tuple[Any, ...]
    options: dict[str, Any]
    maps: list[Map]
    of: Callable[[Any], Map | None]
    shapes: list[tuple[int, ...]]

    def get(self, index: int, default: Any = None) -> Any:  # noqa: ANN401  (arguments of operators have many types)
        """Positional argument, or what it is where it is not given."""
        return self.args[index] if len(self.args) > index else default

    @property
    def source(self) -> Map:
        """The one map that the operator works on.

        Raises:
            Untraceable: there are others, as in attention.
        """
        map_ = self.of(self.args[0])
        if map_ is None or len(self.maps) > 1:
            raise Untraceable("multiplies or mixes two maps of the input with each other")
        return map_
