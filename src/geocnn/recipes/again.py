"""Arguments of a trained network's recipe, to make the recipe and its validation samples again, or to go on with it.

Some recipes start from a trained network, which may be gone by then. In the place of its name they take the card of the
run itself, which tells what they had from it.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geocnn.checkpoints import Card

__all__ = ["STARTS", "arguments_again", "arguments_on", "digest_of", "told"]

STARTS = {"segment": "from_", "classify": "start"}
"""Argument with the network to start from, of the recipes that take a card in its place."""
_FILES = ("data", "labels", "horizons", "stations", "catalogue", "velocity_model", "picker")
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


def arguments_on(name: str, arguments: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Arguments for a run that is to go on: its card in place of the network that it started from.

    The name of that network stays where it is another one, so that this is told of, and where no epoch is finished.

    Args:
        name: name of the recipe.
        arguments: of the recipe.
        folder: folder of the run.
    """
    from geocnn.checkpoints import read_card
    from geocnn.errors import FormatError, MissingError

    key = STARTS.get(name, "")
    given = arguments.get(key)
    if given is None:
        return dict(arguments)
    try:
        card = read_card(folder.resolve())
    except (MissingError, FormatError):
        return dict(arguments)
    same = card.training.get("recipe") == name and told(card, key) is not None
    if same and (str(given) == told(card, key) or digest_of(given) == card.training.get("start", {}).get("sha256", "")):
        return {**arguments, key: card}
    return dict(arguments)


def told(card: "Card", key: str) -> str | None:
    """Argument of the recipe of a run, such as the network that it started from."""
    found = card.training.get("arguments", {}).get(key)
    return None if found is None else str(found)


def digest_of(start: str | Path) -> str | None:
    """SHA-256 of the weights of a trained network, or of a file of weights; None if there is none."""
    from geocnn.checkpoints import read_card
    from geocnn.errors import DataError, FormatError, MissingError

    path = Path(start)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else read_card(path).sha256
    except (MissingError, FormatError, DataError, OSError):
        return None


def _arguments(card: "Card") -> dict[str, Any]:
    """Arguments as the command line gave them (JSON makes lists of tuples), without those that change no sample."""
    noted: dict[str, Any] = card.training["arguments"]
    # The network to start from, and noise and records for training, may be gone; validation samples do not need them.
    gone = ("start", "noise", "noise_share", "records", "records_share") if "noise_share" in noted else ("start",)
    kept = {k: tuple(v) if isinstance(v, list) else v for k, v in noted.items() if k not in gone}
    if (key := STARTS.get(card.training.get("recipe", ""), "")) and noted.get(key) is not None:
        kept[key] = card
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
