"""Arguments of a trained network's recipe, to make the recipe and its validation samples again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geocnn.checkpoints import Card

__all__ = ["arguments_again"]

_FILES = ("data", "labels", "horizons", "stations", "catalogue", "velocity_model", "from_", "picker")
"""Arguments of recipes that name files or networks on which the validation samples depend."""


def arguments_again(card: "Card", who: str) -> dict[str, Any]:
    """Arguments of a recipe from a card, as far as the validation samples depend on them.

    Args:
        card: card of the network.
        who: name of the network, for the message.

    Raises:
        KeyError: the card has no arguments.
        MissingError: files that the network was trained on are no longer there.
    """
    arguments = _arguments(card)
    _check_files(arguments, card, who)
    return arguments


def _arguments(card: "Card") -> dict[str, Any]:
    """Arguments as the command line gave them (JSON makes lists of tuples), without those that change no sample."""
    noted: dict[str, Any] = card.training["arguments"]
    # The network to start from, and noise and records for training, may be gone; validation samples do not need them.
    gone = ("start", "noise", "noise_share", "records", "records_share") if "noise_share" in noted else ("start",)
    kept = {k: tuple(v) if isinstance(v, list) else v for k, v in noted.items() if k not in gone}
    # A network for cubes may have been trained on sections only, as the one for denoising that ships.
    return kept | {"ndim": card.ndim, "crop": None} if kept.get("ndim") not in (None, card.ndim) else kept


def _check_files(arguments: dict[str, Any], card: "Card", who: str) -> None:
    """Refuse arguments that name files which do not exist.

    Raises:
        MissingError: a file is missing; the message names it and says what to do.
    """
    from geocnn.checkpoints import SHIPPED, is_detector
    from geocnn.errors import MissingError

    for key in _FILES:
        value = arguments.get(key)
        for name in value if isinstance(value, tuple) else (value,):
            if not isinstance(name, str | Path) or str(name) in SHIPPED or Path(name).exists():
                continue
            given = "windows with --data" if card.task == "classification" else "a survey with --data and its known"
            given += ", their classes as the array y" if card.task == "classification" else " answers with --labels"
            other = "" if is_detector(card) else f", or give {given}"
            if Path(name).is_absolute():
                raise MissingError(f"{who} learnt from {name}, which is no longer there; put it back{other}.")
            raise MissingError(
                f"{who} learnt from {name}, and there is no such file in {Path.cwd()}, for it is relative to the "
                f"folder in which the network was trained; type this there{other}."
            )
