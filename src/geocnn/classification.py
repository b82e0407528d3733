"""Apply a trained classifier to windows: a class and probabilities for each, as a table."""

import csv
import io as text
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from geocnn.checkpoints import Card, Trained, load, maps_of, write_atomically
from geocnn.errors import DataError, TargetError
from geocnn.hardware import channels_last, choose_device, flushed
from geocnn.io.partial import check_target
from geocnn.io.window_files import Given
from geocnn.io.windows import UNKNOWN, Windows, read_windows
from geocnn.models.base import Network
from geocnn.normalisation import Normalisation
from geocnn.progress import progress
from geocnn.words import number_of, size_text

__all__ = [
    "Classified",
    "check_table",
    "classify",
    "confusion_table",
    "has_learnt",
    "normalised",
    "probabilities",
    "scores",
]

_BATCH = 64


@dataclass(frozen=True, eq=False, repr=False)
class Classified:
    """Answers of a classifier for windows.

    Attributes:
        names: names of the windows.
        probability: ``(windows, classes)``.
        truth: number of the known class, ``(windows,)``, -1 where it is not known; None if no class is known.
        card: card of the network.
        notes: what a user should know: windows of another size than in training, or windows from the training.
        unfit: why labels in the file of windows were not used; empty if they were, or there are none.
    """

    names: tuple[str, ...]
    probability: NDArray[np.float32]
    truth: NDArray[np.int64] | None
    card: Card
    notes: tuple[str, ...] = ()
    unfit: str = ""

    def __repr__(self) -> str:
        """Number of windows by class, as a notebook shows it."""
        counts = np.bincount(self.found, minlength=len(self.classes))
        told = ", ".join(f"{name} ({count})" for name, count in zip(self.classes, counts, strict=True))
        return f"Classified({number_of(len(self.names), 'window')}: {told}, by {self.card.name})"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return self.card.classes

    @property
    def found(self) -> NDArray[np.int64]:
        """Number of the most probable class, ``(windows,)``."""
        return np.asarray(self.probability.argmax(1), np.int64)

    def judged(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """True and found classes of the windows whose class is known."""
        if self.truth is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        known = self.truth != UNKNOWN
        return self.truth[known], self.found[known]

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write one row per window: name, class, its probability, the known class if any, then all probabilities.

        Raises:
            TargetError: the file exists, or cannot be written.
        """
        check_table(path, overwrite=overwrite)
        classes, found = self.card.classes, self.found
        known = [] if self.truth is None else ["known"]
        out = text.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["window", "class", "probability", *known, *(f"p {name}" for name in classes)])
        for k, (name, p) in enumerate(zip(self.names, self.probability, strict=True)):
            truth = [] if self.truth is None else ["" if self.truth[k] == UNKNOWN else classes[self.truth[k]]]
            rows.writerow([name, classes[found[k]], f"{p.max():.4f}", *truth, *(f"{v:.4f}" for v in p)])
        write_atomically(path, out.getvalue())


def check_table(path: Path, *, overwrite: bool) -> None:
    """Check before any work whether a table can be written.

    Raises:
        TargetError: the suffix is wrong, the folder is missing, or the file exists.
    """
    if path.suffix.lower() != ".csv":
        raise TargetError(f"{path} is no name of a table; a classifier writes .csv, for example {path.stem}.csv.")
    check_target(path, 0, overwrite=overwrite)


def classify(
    network: str | Path | Trained, data: Given, *, device: str = "auto", show_progress: bool = True
) -> Classified:
    """Classify windows.

    Args:
        network: a run folder, or what :func:`geocnn.load` or :func:`geocnn.fit` returned.
        data: windows, as for :func:`geocnn.io.windows.read_windows`; classes may be missing, or be others.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.

    Raises:
        DataError: the network does not judge windows, or does not accept these.
        FormatError: the file holds no windows.
        MissingError: there is no such file or network.
    """
    trained = network if isinstance(network, Trained) else load(network)
    card = trained.card
    if card.task != "classification":
        raise DataError(f"the network {card.name} does {card.task}; needed is one that classifies windows.")
    windows = read_windows(data, ndim=card.ndim, classes=card.classes)
    if windows.x.shape[1] != len(card.channels):
        name, count = data if isinstance(data, str | Path) else "the data", windows.x.shape[1]
        raise DataError(
            f"the windows of {name} are {windows.ndim}-D with {number_of(count, 'channel')}, but the network "
            f"{card.name} takes {card.ndim}-D windows with {len(card.channels)} ({', '.join(card.channels)})."
        )
    p = probabilities(trained, normalised(windows, card), device=device, show_progress=show_progress)
    return Classified(windows.names, p, windows.y, card, tuple(_notes(windows, card, data)), windows.unfit)


def _notes(windows: Windows, card: Card, data: Given) -> Iterator[str]:
    """Notes for the user on the windows that a network was applied to."""
    yield from card.remarks()
    have, learnt = (size_text(size) for size in (windows.x.shape[2:], card.window))
    if have != learnt:
        yield f"{card.name} was trained on windows of {learnt} samples; these have {have}."
    if windows.constant:
        yield f"constant windows, whose answers mean nothing: {windows.constant} of {len(windows.x)}."
    if windows.unfit:
        yield f"the known classes are left aside: {windows.unfit}"
    own, *before = (has_learnt(one["training"], windows, data) for one in card.lineage)
    if own or any(before):
        who = "the network" if own else "a network that this one goes back to"
        yield (
            f"the windows that {who} learnt from are among these, and it may know them by heart; geocnn evaluate "
            "without --data tells how it does with those that were kept to judge by."
        )


def has_learnt(training: Mapping[str, Any], windows: Windows, data: Given) -> bool:
    """Whether a network learnt from such windows, or from a file or folder in which they lie.

    Args:
        training: of the card of the network.
        windows: what was read.
        data: where from.
    """
    if training.get("windows") == windows.sha256:
        return True
    told = training.get("arguments", {}).get("data") if training.get("recipe") == "classify" else None
    if not isinstance(data, str | Path) or not isinstance(told, str):
        return False
    here = Path(data).resolve()
    return Path(told).resolve() in (here, *here.parents)


def normalised(windows: Windows, card: Card) -> NDArray[np.float32]:
    """Windows normalised for the network, each by itself unless the card fixes the numbers."""
    return np.stack([Normalisation.fit(x, **card.normalisation).apply(x) for x in windows.x])


@torch.inference_mode()
def probabilities(
    trained: Trained, x: NDArray[np.float32], *, device: str = "auto", show_progress: bool = True
) -> NDArray[np.float32]:
    """Probabilities ``(windows, classes)`` for normalised windows ``(windows, channels, *space)``.

    Raises:
        DataError: the network does not accept windows of this size, or its result does not fit its card.
    """
    place = choose_device(device)
    model = channels_last(trained.model.to(place).eval(), trained.card.ndim)
    if isinstance(model, Network):
        model.check(torch.empty(1, *x.shape[1:]))
    results = []
    with flushed(), progress(f"classify with {trained.card.name}", len(x), show=show_progress) as tick:
        for start in range(0, len(x), _BATCH):
            batch = torch.from_numpy(x[start : start + _BATCH])
            logits = maps_of(trained.card, model(channels_last(batch.to(place), trained.card.ndim))).float()
            results.append(logits.softmax(1).cpu().numpy())
            tick(len(batch))
    return np.concatenate(results)


def confusion_table(truth: NDArray[np.int64], found: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Confusion table ``(classes, classes)``: windows of the row's class that are taken for the column's."""
    return np.bincount(truth * classes + found, minlength=classes**2).reshape(classes, classes)


def scores(table: NDArray[np.int64], classes: tuple[str, ...]) -> dict[str, float]:
    """Scores from a confusion table: share of right windows, its mean over classes, and scores of each class.

    ``recall`` is the share of the windows of a class that are found, ``precision`` the share of the windows called so
    that are right, ``f1`` their harmonic mean; NaN where no window is of the class or called so.
    """
    hit = table.diagonal().astype(float)
    true, found = table.sum(1), table.sum(0)
    with np.errstate(invalid="ignore"):
        recall, precision, f1 = hit / true, hit / found, 2 * hit / (true + found)
    result = {"accuracy": float(hit.sum() / table.sum()), "balanced_accuracy": float(np.nanmean(recall))}
    for k, name in enumerate(classes):
        for kind, value in (("precision", precision), ("recall", recall), ("f1", f1)):
            result[f"{kind}_{name.replace(' ', '_')}"] = float(value[k])
    return result
