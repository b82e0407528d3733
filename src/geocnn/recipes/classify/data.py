"""Windows of the recipe classify: split without leaks into training and validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from geocnn.augmentation import Augmentation
from geocnn.classification import has_learnt
from geocnn.datasets import Augmented, Samples, TensorSamples
from geocnn.errors import DataError
from geocnn.io.window_files import FORMS, Given
from geocnn.io.windows import UNKNOWN, Windows, read_windows
from geocnn.metrics import alike
from geocnn.normalisation import Normalisation
from geocnn.words import number_of

__all__ = ["Parts", "labelled", "split"]

_TRIES = 200
"""Number of random choices of validation groups, of which the best is taken."""


@dataclass(frozen=True)
class Parts:
    """Windows with their split and normalisation.

    Attributes:
        name: name of their file or folder, or "arrays".
        windows: all labelled windows.
        learnt: numbers of the training windows, in the order of the file.
        judged: numbers of the validation windows.
        normalisation: how they are normalised, for the card.
        sha256: digest of all windows that were given.
        digest: of these windows with their classes and groups.
        share: share of the windows that is kept to judge by.
        inherited: whether they are divided as for a network that is started from, which learnt from the same windows.
        notes: what a user should know about windows that are empty or left out.
    """

    name: str
    windows: Windows
    learnt: NDArray[np.int64]
    judged: NDArray[np.int64]
    normalisation: dict[str, Any]
    sha256: str
    digest: str
    share: float
    inherited: bool = False
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.windows.classes

    @property
    def ndim(self) -> int:
        """Dimensions of a window."""
        return self.windows.ndim

    @property
    def vertical(self) -> int:
        """Number of the vertical axis among the axes of space."""
        return self.windows.vertical

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class of each window, ``(windows,)``."""
        if self.windows.y is None:
            raise AssertionError("labelled windows have labels")
        return self.windows.y

    @cached_property
    def inputs(self) -> NDArray[np.float32]:
        """Normalised windows, ``(windows, channels, *space)``."""
        return np.stack([Normalisation.fit(x, **self.normalisation).apply(x) for x in self.windows.x])

    def train(self, changes: Augmentation | None, seed: int) -> Samples:
        """Training samples, changed at random in every epoch unless ``changes`` is None."""
        samples = self._samples(self.learnt)
        return samples if changes is None else Augmented(samples, changes, seed)

    def validate(self) -> TensorSamples:
        """Validation samples."""
        return self._samples(self.judged)

    def _samples(self, chosen: NDArray[np.int64]) -> TensorSamples:
        return TensorSamples(torch.from_numpy(self.inputs[chosen]), torch.from_numpy(self.labels[chosen]))


def labelled(
    data: Given | None,
    *,
    ndim: int | None,
    validation: float,
    normalise: Literal["window", "data", "none"],
    seed: int,
    lineage: Sequence[Mapping[str, Any]] = (),
) -> Parts:
    """Read labelled windows and split them.

    Windows that a network in the lineage learnt from are divided as they were then: it would know by heart some of
    those that another choice keeps to judge by.

    Args:
        data: the windows.
        ndim: dimensions of a window, None if they tell.
        validation: share of the windows that is kept to judge by.
        normalise: each window by itself, all with the numbers of the training data, or none.
        seed: of the choice of groups.
        lineage: of the network that is started from, see :attr:`geocnn.checkpoints.Card.lineage`.

    Raises:
        DataError: there are no classes, fewer than two, one without enough windows, or the share leaves nothing.
    """
    if data is None:
        raise DataError(f"the recipe classify needs --data WINDOWS: {FORMS}.")
    told = data if isinstance(data, str | Path) else "the data"
    read = read_windows(data, ndim=ndim)
    windows, left_out = _known(read, told)
    if windows.y is None:
        raise DataError(
            f"{told} has windows without classes; add the array y with the class of each window, or give a folder for "
            "each class."
        )
    _check_classes(windows, told, left_out)
    if not 0 < validation < 1:
        raise DataError(f"--validation is {validation:g}; it is a share of the windows, such as 0.2.")
    past = [one["training"] for one in lineage]
    same = [t["arguments"] for t in past if t.get("recipe") == "classify" and t.get("digest") == read.digest]
    if same:  # all later ones have inherited it from the first
        validation, seed = same[-1]["validation"], same[-1]["seed"]
    learnt, judged = split(windows.y, windows.group, validation, seed)
    if windows.group is not None and len(np.unique(windows.y[learnt])) < len(windows.classes):
        raise DataError(
            f"the groups of {told} cannot be split so that every class is learnt; a class must occur in two groups or "
            "more, or leave group out."
        )
    fixed: dict[str, Any] = {"kind": "zscore" if normalise == "window" else "none"}
    if normalise == "data":
        known = Normalisation.fit(windows.x[learnt])
        fixed = {"kind": "fixed", "mean": float(known.mean), "std": known.std, "clip": known.clip}
    notes = [f"windows without a class ({read.blank}), which are left out: {left_out}."] if left_out else []
    if windows.constant:
        notes.append(f"constant windows, with nothing in them to learn: {windows.constant} of {len(windows.x)}.")
    if not same and any(has_learnt(training, read, data) for training in past):
        notes.append(
            "the network that is started from learnt from these windows, or some of them, with other classes or "
            "groups; it may know by heart what is judged by here, and the scores may be too good."
        )
    name = Path(data).name if isinstance(data, str | Path) else "arrays"
    digests = read.sha256, read.digest
    return Parts(name, windows, learnt, judged, fixed, *digests, validation, bool(same), tuple(notes))


def _known(windows: Windows, told: str | Path) -> tuple[Windows, int]:
    """Windows that have a class, and the number of those that have none.

    Raises:
        DataError: no window has a class.
    """
    if windows.y is None or not (unknown := windows.y == UNKNOWN).any():
        return windows, 0
    if unknown.all():
        raise DataError(f"no window of {told} has a class, all labels are {windows.blank}; label some of each class.")
    kept = np.flatnonzero(~unknown)
    groups = None if windows.group is None else windows.group[kept]
    names = tuple(windows.names[k] for k in kept)
    return replace(windows, x=windows.x[kept], y=windows.y[kept], group=groups, names=names), int(unknown.sum())


def _check_classes(windows: Windows, told: str | Path, left_out: int) -> None:
    """Refuse data with fewer than two classes, with scores of one name, or with fewer than two windows of a class.

    Raises:
        DataError: the data are like that; the message lists the classes.
    """
    counts = np.bincount(windows.y if windows.y is not None else [], minlength=len(windows.classes))
    few = [f"{name} ({n})" for name, n in zip(windows.classes, counts, strict=True) if n < 2]
    if len(windows.classes) < 2:
        hint = f" (a label {windows.blank}, of {number_of(left_out, 'window')}, means no class)" if left_out else ""
        raise DataError(
            f"{told} has windows of one class ({windows.classes[0]}); needed are two classes or more{hint}."
        )
    if pair := alike(windows.classes):
        raise DataError(
            f"the classes {pair[0]} and {pair[1]} of {told} would have scores of one name, in which a blank is an "
            "underscore; give them names that differ in more."
        )
    if few:
        raise DataError(
            f"{told} has too few windows of {', '.join(few)}; needed are 2 or more of each class, to learn from and to "
            "judge by."
        )


def split(
    y: NDArray[np.int64], group: NDArray[np.int64] | None, share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the training windows, and of the validation windows.

    Whole groups are kept for validation, chosen so that as many classes as possible occur there, and all classes in
    the others. Without groups the last windows of each class are kept.

    Raises:
        DataError: there is only one group.
    """
    judged = np.zeros(len(y), bool)
    if group is None:
        for k in np.unique(y):
            own = np.flatnonzero(y == k)
            judged[own[-min(len(own) - 1, max(1, round(share * len(own)))) :]] = True
    else:
        judged = _by_group(y, group, share, np.random.default_rng(seed))
    return np.flatnonzero(~judged), np.flatnonzero(judged)


def _by_group(
    y: NDArray[np.int64], group: NDArray[np.int64], share: float, random: np.random.Generator
) -> NDArray[np.bool_]:
    """Which windows belong to the groups that are kept for validation."""
    sizes = np.bincount(group)
    if len(sizes) < 2:
        raise DataError("all windows are of one group; needed are two groups or more, one to judge by.")
    best, best_score = np.zeros(len(y), bool), (-1, -1, -np.inf)
    for _ in range(_TRIES):
        order = random.permutation(len(sizes))
        number = int(np.argmin(np.abs(np.cumsum(sizes[order][:-1]) - share * len(y)))) + 1
        judged = np.isin(group, order[:number])
        score = (len(np.unique(y[~judged])), len(np.unique(y[judged])), -abs(float(judged.mean()) - share))
        if score > best_score:
            best, best_score = judged, score
    return best
