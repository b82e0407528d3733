"""A trained network on disk: a folder with weights.safetensors, card.json and metrics.csv; no pickle anywhere."""

import dataclasses
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise
from torch import Tensor, nn

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.io import system
from geocnn.layers import check_ndim
from geocnn.models import ARCHITECTURES, build
from geocnn.weights_files import misfit
from geocnn.words import number_of

__all__ = [
    "SHIPPED",
    "WEIGHTS",
    "Card",
    "Trained",
    "is_detector",
    "is_picker",
    "judges_seismograms",
    "load",
    "plain_number",
    "read_card",
    "refuse_detector",
    "restores",
    "save",
    "versions",
    "write_atomically",
]

CARD, WEIGHTS = "card.json", "weights.safetensors"

SHIPPED: dict[str, dict[int, str]] = {
    "faults": {2: "faults-2d", 3: "faults-3d"},
    "denoise": {2: "denoise-2d", 3: "denoise-3d"},
    "superres": {2: "superres-2d", 3: "superres-2d"},
    "quakes": {1: "quakes"},
    "detector": {1: "detector"},
}
"""Networks inside the package: name that users type -> dimensions of the data -> folder under weights/."""


@dataclass(frozen=True)
class Card:
    """Everything that prediction needs and training decided; the content of card.json.

    Attributes:
        name: what the network is called.
        task: "classification", "segmentation", "restoration" or "location".
        architecture: key of the table in :mod:`geocnn.models`.
        arguments: keyword arguments of the architecture, ``ndim`` included.
        classes: what the output channels mean.
        channels: what the input channels mean, in order.
        axes: names of the axes of space, the vertical one last.
        normalisation: keyword arguments of :meth:`geocnn.normalisation.Normalisation.fit`.
        window: samples per axis of the training windows.
        size_multiple: sizes that the network takes are multiples of this.
        reach: samples beyond an output sample that can change it; None where that is the whole window.
        margin: samples at each side of a window that an unpadded network has no answer for.
        least: a size that the network takes, from which the others follow in steps of ``size_multiple``.
        threshold: probability from which on a sample is called one of the class, of a network of one; of a picker that
            of an arrival.
        finer: samples of the result per sample of the survey, along each axis of the network.
        data: what it was trained on, in words.
        training: recipe, arguments, epochs, seconds, machine.
        metrics: results by data set.
        versions: of geocnn, torch, numpy and python.
        sha256: of the weights file.
        notes: what users should know: limits, origin, licence.
    """

    name: str
    task: str
    architecture: str
    arguments: dict[str, Any]
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    axes: tuple[str, ...]
    window: tuple[int, ...]
    normalisation: dict[str, Any] = field(default_factory=dict)
    size_multiple: int = 1
    reach: int | None = None
    margin: int = 0
    least: int = 0
    threshold: float = 0.5
    finer: int = 1
    data: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    notes: str = ""

    @property
    def ndim(self) -> int:
        """Dimensions of the data."""
        return int(self.arguments["ndim"])

    def replace(self, **changes: Any) -> "Card":  # noqa: ANN401  (the fields have many types)
        """Copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    @classmethod
    def from_json(cls, text: str | bytes, path: Path) -> "Card":
        """Parse card.json.

        Args:
            text: content of the file.
            path: where it comes from, for the message.

        Raises:
            FormatError: not JSON, or not the fields of a card.
        """
        try:
            fields = json.loads(text)
            tuples: dict[str, Any] = {k: tuple(fields[k]) for k in ("classes", "channels", "axes", "window")}
            tuples["arguments"] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields["arguments"].items()}
            card = cls(**{**fields, **tuples})
            _check_counts(card)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
            raise FormatError(
                f"{path} is not a geocnn card ({reason}); give a folder written by geocnn train."
            ) from None
        return card

    def to_json(self) -> str:
        """Indented JSON, one field a line where possible."""
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False, default=plain_number) + "\n"


def _check_counts(card: Card) -> None:
    """ValueError if the names do not fit the arguments of the network."""
    check_ndim(card.ndim)
    inputs = card.arguments.get("in_channels", 1)
    if len(card.channels) != inputs or len(card.axes) != card.ndim:
        raise ValueError(
            f"it names {number_of(len(card.channels), 'channel')} and {number_of(len(card.axes), 'axis', 'axes')}; "
            f"the network has {number_of(inputs, 'channel')} and {number_of(card.ndim, 'axis', 'axes')}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Trained:
    """A network with its card, ready to predict: evaluation mode, no gradients."""

    model: nn.Module
    card: Card
    folder: Path | None = None

    def __repr__(self) -> str:
        """What it is and where it lies, without weights; a notebook shows it."""
        size = sum(p.numel() for p in self.model.parameters())
        where = "" if self.folder is None else f", in {self.folder}"
        what = f"{self.card.architecture}, {self.card.ndim}-D, {size:,} parameters"
        return f"{type(self).__name__}({self.card.name}: {what}{where})"


def plain_number(value: object) -> object:
    """A number of NumPy as one that JSON can hold.

    Raises:
        TypeError: anything else that JSON cannot hold.
    """
    if not isinstance(value, np.generic):
        raise TypeError(f"{value!r} is a {type(value).__name__}, which a card cannot hold; give numbers and words.")
    return value.item()


def versions() -> dict[str, str]:
    """Versions that decide the numbers."""
    from geocnn import __version__

    return {
        "geocnn": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def write_atomically(path: Path, write: Mapping[str, Tensor] | str | Iterable[str]) -> None:
    """Write tensors, a text, or a text piece by piece, beside ``path`` and rename: the file is finished or as it was.

    Raises:
        TargetError: no permission, disk full.
    """
    with system.replaced(path) as part:
        if isinstance(write, Mapping):
            # Not save_file, whose files nobody but their owner may read.
            part.write_bytes(serialise(_apart(write)))
        else:
            with part.open("w", encoding="utf-8") as file:
                file.writelines([write] if isinstance(write, str) else write)


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of which no two share memory, as layers with tied weights do and the format does not."""
    result, taken = {}, set()
    for name, tensor in tensors.items():
        plain = tensor.detach().contiguous()
        place = plain.untyped_storage().data_ptr()
        result[name] = plain.clone() if place in taken else plain
        taken.add(place)
    return result


def save(folder: Path, model: nn.Module, card: Card) -> Card:
    """Write weights and card into ``folder``; return the card with checksum and versions filled in.

    Raises:
        TargetError: no permission, disk full.
    """
    system.make_folder(folder)
    write_atomically(folder / WEIGHTS, model.state_dict())
    card = card.replace(sha256=_sha256(folder / WEIGHTS), versions=versions())
    write_atomically(folder / CARD, card.to_json())
    return card


def load(name: str | Path, *, ndim: int | None = None) -> Trained:
    """Load a shipped network by name, or one from a run folder.

    Args:
        name: "faults", or a folder with card.json and weights.safetensors.
        ndim: which of the shipped networks of that name, by the dimensions of the data; default the largest.

    Raises:
        MissingError: neither a shipped network nor a folder, or the card names an architecture that we have not.
        FormatError: the folder is damaged: no card, weights that do not fit it or its checksum.
        DataError: no shipped network of that name for ``ndim`` dimensions, or something that is no name.
    """
    folder = _find(name, ndim)
    card_path, weights_path = folder / CARD, folder / WEIGHTS
    card = _read_card(folder)
    if card.sha256 and _sha256(weights_path) != card.sha256:
        raise FormatError(
            f"{weights_path} is damaged (its SHA-256 is not the one in card.json); copy it again from its source, or "
            "continue the training that wrote it with --resume."
        )
    try:
        weights = load_file(weights_path)
    except SafetensorError as error:
        raise FormatError(
            f"{weights_path} is no file of weights ({str(error).rstrip('.')}); copy it again from its source."
        ) from None
    if card.architecture not in ARCHITECTURES:
        raise MissingError(
            f"{card_path} names the architecture {card.architecture!r}, which geocnn has not; if it is a module of "
            f"your own, load {weights_path.name} into it and give geocnn.checkpoints.Trained(module, "
            f"read_card({str(name)!r}))."
        )
    try:
        model = build(card.architecture, **card.arguments)
    except (ValueError, TypeError) as error:
        reason = str(error).split("__init__() ")[-1].rstrip(".")
        raise FormatError(f"{card_path} describes no network that can be built ({reason}); copy it again.") from None
    if (difference := misfit(model.state_dict(), weights)) is not None:
        raise FormatError(
            f"{weights_path} does not fit the network in card.json ({difference}); "
            "take both files from the same training run."
        )
    model.load_state_dict(weights)
    return Trained(model.eval().requires_grad_(requires_grad=False), card, folder)


def read_card(name: str | Path, *, ndim: int | None = None) -> Card:
    """The card alone of a shipped network or a run folder; its weights are not looked at.

    Args:
        name: as of :func:`load`.
        ndim: as of :func:`load`.

    Raises:
        MissingError: neither a shipped network nor a folder.
        FormatError: the folder is damaged.
        DataError: no shipped network of that name for ``ndim`` dimensions.
    """
    return _read_card(_find(name, ndim))


def is_picker(card: Card) -> bool:
    """Whether a network gives probabilities of P, S and noise in seismograms."""
    return card.task == "segmentation" and card.classes == ("P", "S", "noise") and card.ndim == 1


def restores(card: Card) -> bool:
    """Whether a network gives amplitudes, those of the survey without something."""
    return card.task == "restoration"


def is_detector(card: Card) -> bool:
    """Whether a network tells where the earthquake in a window of seismograms is."""
    return card.task == "location" and card.ndim == 1


def refuse_detector(card: Card) -> None:
    """Refuse a network that is nothing without a picker where another is wanted.

    Raises:
        DataError: it is a detector.
    """
    if is_detector(card):
        raise DataError(
            f"the network {card.name} tells where earthquakes are that a picker has found; type geocnn predict quakes "
            f"PATH --detector {card.name}, or give the folder of that network there."
        )


def judges_seismograms(card: Card) -> bool:
    """Whether a network tells noise from earthquakes of several places in windows of seismograms."""
    return card.task == "classification" and card.architecture == "convnetquake" and card.ndim == 1


def _read_card(folder: Path) -> Card:
    """The card of a run folder that is whole.

    Raises:
        FormatError: a file is missing, or the card is none.
    """
    for path in (folder / CARD, folder / WEIGHTS):
        if not path.is_file():
            raise FormatError(
                f"{folder} has no {path.name}; give a folder written by geocnn train, or a network that ships."
            )
    return Card.from_json((folder / CARD).read_bytes(), folder / CARD)


def _find(name: str | Path, ndim: int | None) -> Path:
    """Folder of a network; a run on disk goes before a shipped name, any other folder of that name does not."""
    try:
        path = Path(name)
    except TypeError:
        raise DataError(
            f"a network is a name, a folder, or what geocnn.load or geocnn.fit returned, not {type(name).__name__}; of "
            "a module of your own make a geocnn.checkpoints.Trained(module, card)."
        ) from None
    if path.is_dir() and (str(name) not in SHIPPED or (path / CARD).is_file()):
        return path
    if str(name) not in SHIPPED:
        near = get_close_matches(str(name), SHIPPED, n=1)
        hint = f"did you mean {near[0]}? Else" if near else f"geocnn ships {', '.join(sorted(SHIPPED))}, or"
        raise MissingError(f"there is no network {str(name)!r}; {hint} give a folder written by geocnn train.")
    by_ndim = SHIPPED[str(name)]
    if ndim is not None and ndim not in by_ndim:
        have = " and ".join(f"{n}-D" for n in by_ndim)
        raise DataError(
            f"the data have {number_of(ndim, 'dimension')}, but the network {name} ships for {have} only; give it "
            "such data, or train another."
        )
    chosen = by_ndim[max(by_ndim) if ndim is None else ndim]
    return Path(str(files("geocnn") / "weights" / chosen))


def _sha256(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
