"""Architectures, one a file, and the table that names them."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from torch import nn

from geocnn.errors import MissingError

__all__ = ["ARCHITECTURES", "build"]

ARCHITECTURES: dict[str, str] = {
    "faultseg": "geocnn.models.faultseg:FaultSeg",
    "trace_classifier": "geocnn.models.trace_classifier:TraceClassifier",
}
"""Name in the card -> module and class."""


def build(name: str, *, ndim: int, **arguments: Any) -> nn.Module:  # noqa: ANN401  (each class has its own)
    """Make the network of that name with fresh weights.

    Raises:
        MissingError: no architecture of that name.
    """
    if name not in ARCHITECTURES:
        near = get_close_matches(name, ARCHITECTURES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(ARCHITECTURES)}."
        raise MissingError(f"there is no architecture {name!r}; {hint}")
    module, kind = ARCHITECTURES[name].split(":")
    make: Callable[..., nn.Module] = getattr(import_module(module), kind)
    return make(ndim, **arguments)
