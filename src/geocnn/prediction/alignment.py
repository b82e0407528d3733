"""Hold the card of a network against its layers: where tiles join is decided by how the layers move and reach."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from geocnn.checkpoints import Card, Trained
from geocnn.errors import DataError, GeocnnError
from geocnn.layers import SizeRule
from geocnn.tracing import Trace, trace
from geocnn.words import size_text

__all__ = ["aligned", "check_size", "first_line", "for_lack_of_memory", "sizes_explained", "sizes_of"]

_TIMES, _WIDE = 4, 480
"""The window that is traced is so many times that of the training, so that the deepest map has several samples; for a
network that does not take that, it has so many samples per axis."""
_OWN = (GeocnnError, RuntimeError, ValueError, TypeError, LookupError, AttributeError)
"""What a module of somebody's own may raise where there are only shapes."""


def aligned(trained: Trained) -> tuple[Trained, list[str]]:
    """The network with a card whose sizes and reach its layers allow, and notes about the card that it had.

    Otherwise the result would depend on the tiles. The cards of networks that ship are right, and the card of a module
    whose layers cannot be followed is believed.
    """
    card, notes = trained.card, trained.card.remarks()
    if _ships(trained) or (seen := _seen(trained)) is None:
        return trained, notes
    fields = [field for field in seen.fields if field is not None]
    if any(field.stride != 1 for field in fields):
        if not seen.placed:
            return trained, notes  # refused where the size of its result is known
        fields = []
    period = math.lcm(card.size_multiple, *(field.period for field in fields))
    reach = None if seen.placed or len(fields) < len(seen.fields) else max(field.reach(card.margin) for field in fields)
    if card.reach is None or (reach is not None and reach <= card.reach):
        reach = card.reach
    needed = card.replace(size_multiple=period, reach=reach)
    if needed == card:
        return trained, notes
    changed = [name for name in ("size_multiple", "reach") if getattr(needed, name) != getattr(card, name)]
    had, has = (" and ".join(f"{name}={getattr(one, name)}" for name in changed) for one in (card, needed))
    notes.append(f"the card of {card.name} has {had}, but its layers need {has}; that is used. Write it into the card.")
    return replace(trained, card=needed), notes


def _ships(trained: Trained) -> bool:
    """Whether a network is one of the package."""
    return trained.folder is not None and trained.folder.parent == Path(str(files("geocnn") / "weights"))


def _seen(trained: Trained) -> Trace | None:
    """What the layers do with a window; None if they cannot be followed."""
    card = trained.card
    larger = tuple(_TIMES * n for n in card.window)
    for window in (sizes_of(card).above(larger) if card.least else larger, sizes_of(card).above((_WIDE,) * card.ndim)):
        with suppress(*_OWN):
            return trace(trained.model, (len(card.channels), *window))
    return None


def sizes_of(card: Card) -> SizeRule:
    """Sizes of the windows that a network takes."""
    return SizeRule(card.least or card.size_multiple, card.size_multiple)


@contextmanager
def sizes_explained(card: Card) -> Iterator[None]:
    """Say what a card may lack if its network fails on a window.

    Raises:
        DataError: it has failed, and not for lack of memory.
    """
    try:
        yield
    except RuntimeError as error:
        if for_lack_of_memory(error):
            raise
        # With a number for each place it takes one size alone, and then it has no reach.
        fixed = f"if it takes the size of its training alone, {size_text(card.window)}, give it such data; "
        raise DataError(
            f"the network {card.name} fails on a window, although its card allows {sizes_of(card)} "
            f"({first_line(error)}); {fixed if card.reach is None else ''}if only some sizes suit it, write "
            "size_multiple into its card, the product of its strides: 8 for three poolings by 2."
        ) from error


def check_size(card: Card, window: Sequence[int], made: Sequence[int]) -> None:
    """Refuse a network whose result does not have the size of its window, less the margin in its card.

    Raises:
        DataError: the result has another size.
    """
    if tuple(made) == tuple(n - 2 * card.margin for n in window):
        return
    lost = {n - k for n, k in zip(window, made, strict=True)}
    loss, cure = lost.pop() if len(lost) == 1 else -1, "sample its result up"
    if loss == 0:
        cure = "write margin=0 into its card"
    elif loss > 1:
        cure = f"pad its convolutions, or write margin={loss // 2} into its card"
    raise DataError(
        f"the network {card.name} makes {size_text(made)} samples of {size_text(window)}; needed is one for each, less "
        f"{card.margin} at each side, the margin in its card: {cure}."
    )


def for_lack_of_memory(error: Exception) -> bool:
    """Whether an error of torch says that there is not enough memory."""
    return any(word in str(error).lower() for word in ("out of memory", "allocate memory", "bad_alloc"))


def first_line(error: Exception) -> str:
    """What an error says, without further lines and without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
