"""Trained networks on disk: folders with weights.safetensors, card.json and metrics.csv.

There is no pickle in them.
"""

import dataclasses
import hashlib
import json
import platform
import re
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

from geocnn.card_values import check_values
from geocnn.errors import DataError, FormatError, MissingError
from geocnn.grid import Grid
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
    "flat_axis",
    "is_detector",
    "is_picker",
    "judges_seismograms",
    "load",
    "maps_of",
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
"""Networks in the package: name that users type -> dimensions of the data -> folder under weights/."""


@dataclass(frozen=True)
class Card:
    """Everything that prediction needs to know about a network; the content of card.json.

    Attributes:
        name: name of the network.
        task: "classification", "segmentation", "restoration" or "location".
        architecture: key of the table in :mod:`geocnn.models`.
        arguments: keyword arguments of the architecture, ``ndim`` included.
        classes: meaning of the output channels.
        channels: meaning of the input channels, in order.
        axes: names of the axes of space, the vertical one last.
        normalisation: keyword arguments of :meth:`geocnn.normalisation.Normalisation.fit`.
        window: samples per axis of the training windows.
        size_multiple: sizes that the network accepts are multiples of this; at least the product of its strides.
        reach: samples beyond an output sample that can change it; None for the whole window.
        margin: samples at each side of a window for which an unpadded network gives no answer.
        least: an accepted size, from which the others follow in steps of ``size_multiple``.
        threshold: probability from which on a sample counts as one of the class, for a network of one class; for a
            picker that of an arrival.
        finer: samples of the result per sample of the survey, along each axis of the network.
        data: description of the training data.
        training: recipe, arguments, epochs, seconds, machine.
        metrics: results by data set.
        versions: versions of geocnn, torch, numpy and python.
        sha256: checksum of the weights file.
        notes: what users should know: limits, origin, licence.
        unknown: names of fields in card.json that this version of geocnn does not know; they are not written again.
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
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that no network has.

        Raises:
            DataError: the message says which, and what is needed.
        """
        check_values(vars(self))

    @property
    def ndim(self) -> int:
        """Dimensions of the data."""
        return int(self.arguments["ndim"])

    @property
    def lineage(self) -> list[dict[str, Any]]:
        """:attr:`origin` of the network, and then of those that it goes back to, the latest first."""
        found: list[dict[str, Any]] = []
        one: Any = self.origin
        while isinstance(one, dict) and isinstance(one.get("training"), dict):
            found.append(one)
            one = one["training"].get("start")
        return found

    @property
    def origin(self) -> dict[str, Any]:
        """What a network that starts from this one has to know of it: ``start`` in its ``training``."""
        return {"sha256": self.sha256, "data": self.data, "window": list(self.window), "training": self.training}

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
            FormatError: the text is not JSON, lacks fields of a card, or has values that no network has.
        """
        later = ""
        try:
            fields = _table(text)
            later = _later(fields.get("versions"))
            tuples = {k: _with_tuples(fields[k]) for k in ("classes", "channels", "axes", "window", "arguments")}
            known = {entry.name for entry in dataclasses.fields(cls)} - {"unknown"}
            values = {k: v for k, v in fields.items() if k in known} | tuples
            check_values(values)
            card = cls(**values, unknown=tuple(sorted(set(fields) - known)))
            _check_counts(card)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
            cure = f"update geocnn, because {later}" if later else "give a folder written by geocnn train"
            raise FormatError(f"{path} is not a geocnn card ({reason}); {cure}.") from None
        return card

    def to_json(self) -> str:
        """The card as indented JSON, one field per line where possible."""
        fields = dataclasses.asdict(self)
        del fields["unknown"]
        return json.dumps(fields, indent=2, ensure_ascii=False, default=plain_number) + "\n"

    def remarks(self) -> list[str]:
        """A note if the file has fields that this version of geocnn does not know."""
        if not self.unknown:
            return []
        later = _later(self.versions)
        cure = f"; {later}: update geocnn if it matters" if later else ""
        return [f"the card of {self.name} has {', '.join(self.unknown)}, which this geocnn does not know{cure}."]


def _table(text: str | bytes) -> dict[str, Any]:
    """The table of names and values in a card.

    Raises:
        ValueError: the text is not JSON.
        DataError: it holds something else.
    """
    try:
        fields = json.loads(text)
    except RecursionError:
        raise ValueError("its brackets are nested too deeply") from None
    if not isinstance(fields, dict):
        raise DataError("it holds no table of names and values")
    return fields


def _with_tuples(value: Any) -> Any:  # noqa: ANN401  (whatever JSON holds)
    """A list as a tuple, and a table with tuples for its lists."""
    if isinstance(value, dict):
        return {name: _with_tuples(entry) for name, entry in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _later(versions: object) -> str:
    """That a later version of geocnn has written a card, in words; empty if none has."""
    from geocnn import __version__

    writer = str(versions.get("geocnn", "")) if isinstance(versions, dict) else ""
    newer = _release(writer) > _release(__version__)
    return f"geocnn {writer} has written it, and this is {__version__}" if newer else ""


def _release(version: str) -> list[int]:
    """The first three numbers of a version, such as 0.1.0 of 0.1.0.dev3."""
    return [int(n) for n in re.findall(r"\d+", version)[:3]]


def _check_counts(card: Card) -> None:
    """Raise ValueError if names or numbers do not fit one another or the arguments of the network."""
    check_ndim(card.ndim)
    if len(set(card.classes)) < len(card.classes):
        raise ValueError(f"classes is {card.classes!r}; needed is another name for each")
    if len(card.window) not in (0, card.ndim):
        raise ValueError(
            f"window is {card.window!r}; needed is {number_of(card.ndim, 'number')}, one for each axis of the network"
        )
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
        """Short description without weights, as a notebook shows it."""
        size = sum(p.numel() for p in self.model.parameters())
        where = "" if self.folder is None else f", in {self.folder}"
        what = f"{self.card.architecture}, {self.card.ndim}-D, {size:,} parameters"
        return f"{type(self).__name__}({self.card.name}: {what}{where})"


def plain_number(value: object) -> object:
    """A number of NumPy as one that JSON can hold.

    Raises:
        TypeError: the value is no number of NumPy.
    """
    if not isinstance(value, np.generic):
        raise TypeError(f"{value!r} is a {type(value).__name__}, which a card cannot hold; give numbers and words.")
    return value.item()


def versions() -> dict[str, str]:
    """Versions of the packages that results depend on."""
    from geocnn import __version__

    return {
        "geocnn": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def write_atomically(path: Path, write: Mapping[str, Tensor] | str | Iterable[str]) -> None:
    """Write tensors, a text, or pieces of a text to ``path``; it appears complete or stays as it was.

    Raises:
        TargetError: there is no permission, or the disk is full.
    """
    with system.replaced(path) as part:
        if isinstance(write, Mapping):
            # safetensors' save_file is not used: nobody but the owner may read its files.
            part.write_bytes(serialise(_apart(write)))
        else:
            with part.open("w", encoding="utf-8") as file:
                file.writelines([write] if isinstance(write, str) else write)


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of which no two share memory; tied layers share it, but the format does not allow that."""
    result, taken = {}, set()
    for name, tensor in tensors.items():
        plain = tensor.detach().contiguous()
        place = plain.untyped_storage().data_ptr()
        result[name] = plain.clone() if place in taken else plain
        taken.add(place)
    return result


def save(folder: Path, model: nn.Module, card: Card) -> Card:
    """Write weights and card to ``folder``; return the card with checksum and versions filled in.

    Raises:
        TargetError: there is no permission, or the disk is full.
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
        ndim: dimensions of the data, to choose among shipped networks of that name; default the largest.

    Raises:
        MissingError: there is neither a shipped network nor a folder, or the card names an unknown architecture.
        FormatError: the folder is damaged: it has no card, or weights that do not fit the card or its checksum.
        DataError: there is no shipped network of that name for ``ndim`` dimensions, or the value is no name.
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
        with torch.random.fork_rng(devices=[]):  # the first weights, which are replaced, are drawn at random
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
    """Read only the card of a shipped network or a run folder, without its weights.

    Args:
        name: as of :func:`load`.
        ndim: as of :func:`load`.

    Raises:
        MissingError: there is neither a shipped network nor a folder.
        FormatError: the folder is damaged.
        DataError: there is no shipped network of that name for ``ndim`` dimensions.
    """
    return _read_card(_find(name, ndim))


def flat_axis(grid: Grid, card: Card) -> int | None:
    """Axis of a cube along which a network for sections goes from section to section; None for other data.

    It is the horizontal axis that sections in the training did not have, or inlines if they had neither.
    """
    if card.ndim == grid.ndim:
        return None
    return next((axis for axis in (1, 0) if grid.names[axis] not in card.axes and grid.names[1 - axis] in card.axes), 0)


def is_picker(card: Card) -> bool:
    """Whether a network gives probabilities of P, S and noise in seismograms."""
    return card.task == "segmentation" and card.classes == ("P", "S", "noise") and card.ndim == 1


def restores(card: Card) -> bool:
    """Whether a network restores the amplitudes of a survey."""
    return card.task == "restoration"


def is_detector(card: Card) -> bool:
    """Whether a network tells where the earthquake in a window of seismograms is."""
    return card.task == "location" and card.ndim == 1


def refuse_detector(card: Card) -> None:
    """Refuse a detector, which needs a picker, where another network is wanted.

    Raises:
        DataError: the network is a detector.
    """
    if is_detector(card):
        raise DataError(
            f"the network {card.name} tells where earthquakes are that a picker has found; type geocnn predict quakes "
            f"PATH --detector {card.name}, or give the folder of that network there."
        )


def maps_of(card: Card, made: object) -> Tensor:
    """The result of a network, ``(batch, maps, ...)``, after a check that it is one tensor with the maps of its card.

    A network of one class makes one map, of which the sigmoid is the probability, one of several makes one for each.

    Raises:
        DataError: it is something else, such as the dict of a network of torchvision, or has other maps.
    """
    if not isinstance(made, Tensor):
        kind = f"a {type(made).__name__}"
        if isinstance(made, Mapping):
            kind += f" of {', '.join(map(str, made))}"
        elif isinstance(made, list | tuple):
            kind += f" of {len(made)}"
        raise DataError(
            f"the network {card.name} returns {kind}; needed is one tensor (batch, maps, samples ...): put it into a "
            "module whose forward returns that part of its result alone."
        )
    maps, classes = made.shape[1] if made.ndim > 1 else 0, len(card.classes)
    if maps != classes and card.task != "location":
        raise DataError(
            f"the network {card.name} makes {number_of(maps, 'map')} and its card has "
            f"{number_of(classes, 'class', 'classes')} ({', '.join(card.classes)}); needed are as many: name the class "
            f"of each map in the card, or let the last layer make {classes}."
        )
    return made


def judges_seismograms(card: Card) -> bool:
    """Whether a network classifies windows of seismograms as noise or earthquakes of several places."""
    return card.task == "classification" and card.architecture == "convnetquake" and card.ndim == 1


def _read_card(folder: Path) -> Card:
    """Read the card of a run folder, after a check that the folder is complete.

    Raises:
        FormatError: a file is missing, or the card cannot be read.
    """
    for path in (folder / CARD, folder / WEIGHTS):
        if not path.is_file():
            raise FormatError(
                f"{folder} has no {path.name}; give a folder written by geocnn train, or a network that ships."
            )
    return Card.from_json((folder / CARD).read_bytes(), folder / CARD)


def _find(name: str | Path, ndim: int | None) -> Path:
    """Folder of a network. A run on disk takes precedence over a shipped name, but any other folder does not."""
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
    """SHA-256 checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
