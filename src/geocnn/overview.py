"""The architectures in numbers, and networks by name, for ``geocnn models``."""

import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from geocnn.checkpoints import CARD, SHIPPED, Card, load
from geocnn.errors import DataError, MissingError
from geocnn.hardware import seeded
from geocnn.layers import SizeRule
from geocnn.models import ARCHITECTURES, build
from geocnn.models.base import Network
from geocnn.properties import measured_field, work_of_measuring
from geocnn.tracing import Field, trace_network

__all__ = ["Named", "Overview", "counted", "named_network", "narrow_network", "overview"]

_AFFORDABLE = 1_500_000_000
"""Most multiply-adds to measure a field with, some five seconds on one core; beyond, one dimension less is used."""
_TOO_MANY = 10**8
"""Number of samples of a window that is never gone through."""
_LEAST = 32
"""Least length of a window that replaces the published one in more dimensions."""


@dataclass(frozen=True)
class Overview:
    """One row of the table of architectures.

    Attributes:
        name: name of the architecture.
        ndim: its dimensions.
        parameters: number of learnt parameters, for the published numbers of channels and classes.
        field: receptive field from the arithmetic of the layers; None for the whole window.
        measured: receptive field measured by gradients.
        measured_in: dimensions of the network that was measured.
        sizes: sizes per axis that it accepts.
        multiply_adds: number of multiply-adds for the published window.
        window: the published window, or the next size that fits.
        paper: where it was published.
    """

    name: str
    ndim: int
    parameters: int
    field: Field | None
    measured: int | None
    measured_in: int
    sizes: SizeRule
    multiply_adds: int
    window: tuple[int, ...]
    paper: str


@dataclass(frozen=True)
class Named:
    """A network that a user has named.

    Attributes:
        name: name as given.
        model: the network; an untrained one has weights without values unless they are asked for.
        window: samples per axis for its analysis.
        card: card of a trained network; None for an architecture.
    """

    name: str
    model: Network
    window: tuple[int, ...]
    card: Card | None = None


def overview(name: str, *, ndim: int | None = None) -> Overview:
    """Numbers of one architecture for the table.

    Args:
        name: of the architecture.
        ndim: dimensions; default the published ones.

    Raises:
        MissingError: there is no architecture of that name.
    """
    found = named_network(name, ndim=ndim)
    trace = trace_network(found.model, found.window)
    field = trace.fields[-1] if all(f is not None for f in trace.fields) else None
    measured, measured_in = None, found.model.ndim
    if field is not None:
        measured_in = _affordable(name, measured_in, field)
        measured = measured_field(narrow_network(name, measured_in))
    return Overview(
        name,
        found.model.ndim,
        sum(p.numel() for p in found.model.parameters()),
        field,
        measured,
        measured_in,
        found.model.sizes,
        trace.multiply_adds,
        found.window,
        ARCHITECTURES[name].paper,
    )


def named_network(
    name: str,
    *,
    ndim: int | None = None,
    window: Sequence[int] | None = None,
    in_channels: int | None = None,
    out_channels: int | None = None,
    weights: bool = False,
) -> Named:
    """The network that a user means: an architecture, a run folder, or a network that ships.

    Args:
        name: name of it.
        ndim: dimensions; default as many as ``window`` has numbers, else the published ones.
        window: samples per axis, for all axes or each; default the published window; with weights in more dimensions
            than published a shorter one.
        in_channels: of an architecture; default as published.
        out_channels: of an architecture; default as published.
        weights: prefer the trained network if an architecture has the same name, and draw the weights of an untrained
            one, each time the same.

    Raises:
        MissingError: there is nothing of that name.
        DataError: the network cannot have these numbers, or a trained network has them already.
    """
    ndim = len(window) if ndim is None and window is not None and len(window) > 1 else ndim
    trained = name in SHIPPED or Path(name, CARD).is_file()
    if name not in ARCHITECTURES or (weights and trained):
        return _trained(name, ndim, window, channels=in_channels is not None or out_channels is not None)
    entry = ARCHITECTURES[name]
    ndim = entry.ndim if ndim is None else ndim
    asked = _spread(window, ndim)
    usual = _usual_window(name, ndim) if weights else (entry.window,) * ndim
    given = {"in_channels": entry.channels if in_channels is None else in_channels, "out_channels": out_channels}
    arguments: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
    shaped = "window" in _parameters(name)
    made_for = usual if asked is None else asked
    if shaped and min(made_for) > 0 and made_for != (entry.window,) * ndim:
        arguments["window"] = made_for
    try:
        with seeded(0), torch.device("cpu" if weights else "meta"):
            model = build(name, ndim=ndim, **arguments)
    except ValueError as error:
        raise DataError(f"{name} cannot be made like that: {error}") from None
    _check_samples(window, f"{name} as published" if shaped else name, model.sizes)
    return Named(name, model, asked or model.sizes.above(usual))


def _usual_window(name: str, ndim: int) -> tuple[int, ...]:
    """Window with about as many samples as the published one, so that maps in more dimensions fit into memory.

    A network that is made for one window keeps the published one where that is not out of all proportion, because
    others may be too small for its layers.
    """
    entry = ARCHITECTURES[name]
    shaped = "window" in _parameters(name)
    if ndim <= entry.ndim or (shaped and entry.window**ndim < _TOO_MANY):
        return (entry.window,) * ndim
    return (min(entry.window, max(_LEAST, round(entry.window ** (entry.ndim / ndim)))),) * ndim


def _trained(name: str, ndim: int | None, window: Sequence[int] | None, *, channels: bool) -> Named:
    """A run folder or a network that ships, by name."""
    if not Path(name).is_dir() and name not in SHIPPED:
        near = get_close_matches(name, [*ARCHITECTURES, *SHIPPED], n=1)
        known = f"architectures are {', '.join(ARCHITECTURES)}, and geocnn ships {', '.join(SHIPPED)}."
        hint = f"did you mean {near[0]}? Else give a folder written by geocnn train." if near else known
        raise MissingError(f"there is no architecture or network {name!r}; {hint}")
    ships = name in SHIPPED and not Path(name, CARD).is_file()
    if ships and ndim is not None and ndim not in SHIPPED[name]:
        have = " and ".join(f"{n}-D" for n in SHIPPED[name])
        raise DataError(
            f"the network {name} ships for {have} data, and {ndim}-D is asked for, by --ndim or the numbers of "
            "--input; ask for one of these, or give the folder of another network."
        )
    trained = load(name, ndim=ndim if ships else None)
    card, model = trained.card, trained.model
    if not isinstance(model, Network):
        raise TypeError(f"{name} is a {type(model).__name__}, not one of our networks.")
    if channels or (ndim is not None and ndim != card.ndim):
        raise DataError(
            f"{name} is a trained network for {card.ndim}-D data of {model.in_channels} channel"
            f"{'s' * (model.in_channels > 1)}; its dimensions and channels cannot be changed: leave --ndim, "
            f"--in-channels and --out-channels out, or give the architecture {card.architecture}."
        )
    asked = _spread(window, card.ndim)
    _check_samples(window, name, model.sizes)
    return Named(name, model, asked or model.sizes.above(card.window), card)


def _spread(window: Sequence[int] | None, ndim: int) -> tuple[int, ...] | None:
    """One number per axis, from one number for all axes or one per axis."""
    if window is None:
        return None
    if len(window) not in (1, ndim):
        given = " ".join(map(str, window)) or "empty"
        raise DataError(f"--input is {given}; needed is one number of samples for all axes, or {ndim}.")
    return tuple(window) * ndim if len(window) == 1 else tuple(window)


def _check_samples(window: Sequence[int] | None, who: str, sizes: SizeRule) -> None:
    """Refuse a window without samples; other sizes that do not fit are refused later, by the network."""
    if window is not None and min(window) < 1:
        raise DataError(f"--input is {' '.join(map(str, window))}; sizes are 1 or more, and {who} takes {sizes}.")


def _parameters(name: str) -> dict[str, Any]:
    """Parameters of an architecture with their defaults."""
    module, kind = ARCHITECTURES[name].home.split(":")
    signature = inspect.signature(getattr(import_module(module), kind))
    return {key: parameter.default for key, parameter in signature.parameters.items()}


def narrow_network(name: str, ndim: int) -> Network:
    """An architecture with as few channels as possible: width does not change the receptive field."""
    known = _parameters(name)
    width = {"width": 0.01 if isinstance(known["width"], float) else 1} if "width" in known else {}
    bottleneck = {"bottleneck": 2} if "bottleneck" in known else {}
    with seeded(0):
        return build(name, ndim=ndim, in_channels=1, out_channels=1, **width, **bottleneck)


def _affordable(name: str, ndim: int, field: Field) -> int:
    """Dimensions, as many as possible, in which the receptive field of an architecture is measured soon enough."""
    while ndim > 1:
        with torch.device("meta"):
            narrow = narrow_network(name, ndim)
        if work_of_measuring(narrow, field) <= _AFFORDABLE:
            break
        ndim -= 1
    return ndim


def counted(number: int) -> str:
    """A large number with three digits and a prefix, for example 1.81 G."""
    for power, letter in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if number >= 10**power:
            digits = max(0, 2 - int(math.log10(number / 10**power)))
            return f"{number / 10**power:.{digits}f} {letter}"
    return str(number)
