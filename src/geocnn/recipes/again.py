"""The recipe that a network learnt by, made anew from its card for the samples that it is judged by."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geocnn.checkpoints import Card

__all__ = ["arguments_again"]

_FILES = ("data", "labels", "horizons", "stations", "catalogue", "velocity_model", "from_", "picker")
"""Arguments of recipes that name files, or networks, which the samples to be judged by depend on."""


def arguments_again(card: "Card", who: str) -> dict[str, Any]:
    """The arguments of a recipe, as far as the samples go that a network is judged by.

    Args:
        card: of the network; it has the arguments of its recipe.
        who: the network, for the message.

    Raises:
        KeyError: the card has none.
        MissingError: files that it learnt from are not where they were.
    """
    arguments = _arguments(card)
    _check_files(arguments, card, who)
    return arguments


def _arguments(card: "Card") -> dict[str, Any]:
    """Arguments as the command line gave them, which JSON has made lists of, without those that change no sample."""
    noted: dict[str, Any] = card.training["arguments"]
    # What a network began with and learnt from besides may be gone; what it is judged by is made anew.
    gone = ("start", "noise", "noise_share", "records", "records_share") if "noise_share" in noted else ("start",)
    kept = {k: tuple(v) if isinstance(v, list) else v for k, v in noted.items() if k not in gone}
    # A network for cubes may have learnt from sections alone, as the one that ships for denoising.
    return kept | {"ndim": card.ndim, "crop": None} if kept.get("ndim") not in (None, card.ndim) else kept


def _check_files(arguments: dict[str, Any], card: "Card", who: str) -> None:
    """Refuse to look for files that are not there.

    Raises:
        MissingError: with the first of them, and what to do.
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
