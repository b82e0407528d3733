"""Plan of a training on labelled files: dimensions, sections, size of windows, and split."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn.augmentation import Augmentation
from geocnn.errors import DataError
from geocnn.evaluation import surveys_learnt
from geocnn.metrics import alike
from geocnn.recipes.segment.data import (
    Axes,
    Given,
    Piece,
    Survey,
    count_classes,
    labelled,
    open_surveys,
    pieces,
    sections,
    sparse,
    split,
)
from geocnn.recipes.segment.network import Start
from geocnn.recipes.segment.windows import RandomWindows, Tiles, class_counts
from geocnn.recipes.segment.words import said

__all__ = ["Job", "plan"]

_WINDOW = {2: 128, 3: 64}
"""Largest size of a window per axis, by dimensions."""


@dataclass(frozen=True)
class Job:
    """Plan of a training.

    Attributes:
        ndim: dimensions of the network.
        classes: names of all classes.
        network: the network with its first weights.
        crop: samples of a window per axis.
        learn: pieces for training.
        judge: pieces for validation.
        counts: training samples of each class.
        axes: names of the axes of the pieces.
        data: description of the pieces.
        surveys: description of each survey, with its axes.
        why: reason for the number of dimensions.
        apart: how far sections to judge by are from those for training, such as "2 inlines"; empty for others.
        known: note on what the network may know by heart of what it is judged by, or how that is avoided; else empty.
    """

    ndim: int
    classes: tuple[str, ...]
    network: Start
    crop: tuple[int, ...]
    learn: list[Piece]
    judge: list[Piece]
    counts: NDArray[np.int64]
    axes: tuple[str, ...]
    data: str
    surveys: tuple[str, ...]
    why: str
    apart: str = ""
    known: str = ""

    @property
    def digest(self) -> str:
        """Digest of all samples and classes, which tells whether a run can be resumed with these data."""
        return _digest((*self.learn, *self.judge))

    def train(self, samples: int, seed: int, augmentation: Augmentation) -> RandomWindows:
        """Training windows, so many per epoch.

        Raises:
            DataError: ``samples`` is below 1, or the seed is negative.
        """
        if samples < 1 or seed < 0:
            raise DataError(f"--samples is {samples} and --seed {seed}; needed are 1 or more and 0 or more.")
        margin = self.network.model.margin
        return RandomWindows(self.learn, len(self.classes), self.crop, margin, samples, seed, augmentation)

    def validate(self) -> Tiles:
        """Validation windows."""
        return Tiles(self.judge, self.crop, self.network.model.margin)


def plan(
    files: tuple[Sequence[Given], Sequence[Given]],
    *,
    names: Sequence[str],
    unknown: float | None,
    lines: tuple[Sequence[int], Sequence[int]],
    ndim: int | None,
    network: Callable[[int, Sequence[str]], Start],
    crop: int | Sequence[int] | None,
    validation: float,
) -> Job:
    """Read the files and split them.

    Args:
        files: data and labels.
        names: names of the classes; empty to name them by number.
        unknown: value of unknown labels beside -1, 255 and NaN.
        lines: numbers of the interpreted inlines and crosslines.
        ndim: dimensions of the network, None to choose.
        network: makes a network for given dimensions and classes.
        crop: samples of a window per axis, one number for all of them, None to choose.
        validation: share of the data for validation.

    Raises:
        DataError: something does not fit.
    """
    if not 0 < validation < 1:
        raise DataError(f"--validation is {validation:g}; give a share between 0 and 1, such as 0.2.")
    surveys = open_surveys(*files)
    chosen = [sections(survey, *lines) for survey in surveys]
    known = labelled(surveys, chosen, names, unknown)
    classes = _names(count_classes(known, names), names)
    dims, axes, why = _dimensions(surveys, known, chosen, ndim, lambda: _thinnest(network(3, classes)))
    made = network(dims, classes)
    classes = made.classes
    found = [pieces(survey, y, made.normalisation, own) for survey, y, own in zip(surveys, known, axes, strict=True)]
    dense = any(1 in np.diff(own) for each in axes if each for own in each.values())
    cut = len(found) == 1 and len(axes[0] or ()) < 2 and (dense or len(found[0]) == 1)
    sizes = _crop(crop, found, made, validation if cut else None)
    answer = [n - 2 * made.model.margin for n in sizes]
    divided, note = _as_before(made, found, dense=dense), ""
    if divided is not None:
        note = "what is judged by is what the network gone on from was judged by, too, which learnt from these data"
    elif _has_learnt(made, files[0]):
        note = "the network gone on from learnt from these data, too; it may know by heart what it is judged by"
    learn, judge, apart = divided or split(found, validation, answer, dense=dense)
    return Job(
        dims,
        classes,
        made,
        sizes,
        learn,
        judge,
        _counts(learn, judge, classes),
        _axis_names(surveys[0], axes[0], dims),
        f"{said(learn)}, judged by {said(judge)}",
        tuple(f"{Path(s.name).name}: {', '.join(f'{a.name} {a.size}' for a in s.source.grid.axes)}" for s in surveys),
        why,
        apart,
        note,
    )


def _digest(found: Sequence[Piece]) -> str:
    """Digest of all samples and classes of pieces."""
    digest = hashlib.sha256()
    for piece in found:
        for values in (piece.x, piece.y):
            digest.update(f"{values.dtype} {values.shape}".encode())
            digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def _as_before(
    made: Start, found: Sequence[Sequence[Piece]], *, dense: bool
) -> tuple[list[Piece], list[Piece], str] | None:
    """Both parts as for the first network gone on from that learnt from these pieces; None if none has.

    It would know by heart some of what another choice keeps to judge by.
    """
    for one in reversed(made.lineage):
        training: Mapping[str, Any] = one["training"]
        if (
            training.get("recipe") != "segment"
            or not {"windows", "arguments"} <= training.keys()
            or "window" not in one
        ):
            continue
        answer = [n - 2 * made.model.margin for n in one["window"]]
        if len(answer) != found[0][0].x.ndim:
            continue
        try:
            divided = split(found, training["arguments"]["validation"], answer, dense=dense)
        except DataError:  # these are other data
            continue
        if _digest((*divided[0], *divided[1])) == training["windows"]:
            return divided
    return None


def _has_learnt(made: Start, data: Sequence[Given]) -> bool:
    """Whether a network gone on from learnt from a file that is judged by: the last of several."""
    own = data[-1]
    return isinstance(own, str) and any(Path(own).resolve() in surveys_learnt(one["training"]) for one in made.lineage)


def _names(count: int, names: Sequence[str]) -> tuple[str, ...]:
    """Names of all classes; a single name is that of class 1.

    Raises:
        DataError: two classes, or their scores, have the same name.
    """
    found = ("other", names[0]) if len(names) == 1 else tuple(names) or tuple(f"class {k}" for k in range(count))
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"two classes are called {twice}; give --classes names that differ.")
    if pair := alike(found):
        raise DataError(
            f"the classes {pair[0]} and {pair[1]} would have scores of one name, in which a blank is an underscore; "
            "give --classes names that differ in more."
        )
    return found


def _dimensions(
    surveys: Sequence[Survey],
    known: Sequence[NDArray[np.int16]],
    chosen: Sequence[Axes],
    ndim: int | None,
    thinnest: Callable[[], int],
) -> tuple[int, list[Axes | None], str]:
    """Dimensions of the network, the sections of each cube that it learns from (None for all of it), and the reason.

    Args:
        surveys: lines or cubes.
        known: their classes.
        chosen: sections that the user named.
        ndim: dimensions that the user wants, None to choose.
        thinnest: returns the samples of the smallest window of a network for volumes.

    Raises:
        DataError: volumes are asked for, but the data are lines.
    """
    data = surveys[0].source.grid.ndim
    if data == 2:
        if ndim == 3:
            raise DataError(f"--ndim is 3 and {surveys[0].name} is a line; leave --ndim out.")
        return 2, [None] * len(surveys), "the data are lines"
    few = [own or sparse(y) for own, y in zip(chosen, known, strict=True)]
    along, why = 0, "as --ndim says"
    if ndim is None and any(few):
        why = "few sections are labelled"
    elif ndim is None:
        # A window wider than the cube would be filled with mirrored samples.
        sizes, least = [min(axes) for axes in zip(*(y.shape[:2] for y in known), strict=True)], thinnest()
        along = int(np.argmin(sizes))
        if sizes[along] >= least:
            return 3, [None] * len(surveys), "labels are all over the cube"
        why = f"{sizes[along]} {surveys[0].source.grid.names[along]}s are fewer than the {least} of a 3-D window"
    elif ndim == 3:
        return 3, [None] * len(surveys), why
    everywhere = [np.flatnonzero((np.moveaxis(y, along, 0) >= 0).any(axis=(1, 2))).tolist() for y in known]
    return 2, [own or {along: rest} for own, rest in zip(few, everywhere, strict=True)], why


def _thinnest(made: Start) -> int:
    """Samples per axis of the smallest window of a network, counted in its answer."""
    return max(made.model.sizes.above([1] * made.model.ndim)) - 2 * made.model.margin


def _crop(
    crop: int | Sequence[int] | None, found: Sequence[Sequence[Piece]], made: Start, share: float | None
) -> tuple[int, ...]:
    """Samples of a window per axis.

    Args:
        crop: samples that the user wants, None to choose.
        found: pieces that windows are cut from.
        made: the network.
        share: share of the pieces for validation, None if pieces are not cut.

    Raises:
        DataError: the network does not accept the size.
    """
    rule, margin, name = made.model.sizes, made.model.margin, made.architecture
    shape = [max(sizes) for sizes in zip(*(p.x.shape for file in found for p in file), strict=True)]
    if crop is not None:
        crop = (crop,) if isinstance(crop, int) else tuple(crop)
        crop = crop * len(shape) if len(crop) == 1 else crop
        if len(crop) != len(shape) or not rule.fits(crop):
            good = " ".join(map(str, rule.above([*crop, *[crop[-1]] * len(shape)][: len(shape)])))
            raise DataError(
                f"--crop is {' '.join(map(str, crop))}; {name} takes {rule}, for {len(shape)} axes here: give --crop "
                f"{good}."
            )
        return crop
    largest = _WINDOW[len(shape)] + 2 * margin
    sizes = [_at_most(rule.above, n + 2 * margin, largest) for n in shape]
    if share is not None:  # a window, half a window in between, and the rest
        axis = int(np.argmax(shape[:-1]))
        fits = max(1, int((1 - share) * shape[axis] / 1.5)) + 2 * margin
        sizes[axis] = min(sizes[axis], _at_most(rule.above, fits, fits))
    return tuple(sizes)


def _at_most(above: Callable[[Sequence[int]], tuple[int, ...]], n: int, largest: int) -> int:
    """Size that holds ``n`` samples, at most ``largest`` if possible, otherwise the smallest allowed."""
    return next((size for k in range(min(n, largest), 0, -1) if (size := above([k])[0]) <= largest), above([1])[0])


def _counts(learn: Sequence[Piece], judge: Sequence[Piece], classes: Sequence[str]) -> NDArray[np.int64]:
    """Training samples of each class.

    Raises:
        DataError: a class is missing in training or validation.
    """
    counts, other = class_counts(learn, len(classes)), class_counts(judge, len(classes))
    if not counts.all():
        missing, last = classes[int(np.argmin(counts))], len(classes) - 1
        code = f" (if {last} means unknown, give --unknown {last})"  # far larger than the others, such as 99
        lone = classes[last] == f"class {last}" and last > 1 and counts[last] and not (counts + other)[last - 1]
        raise DataError(
            f"{missing} occurs nowhere in what is learnt from ({said(learn)}), and every class must; label some, keep "
            f"less with --validation, or number the classes without gaps{code if lone else ''}."
        )
    if not other.any() or (len(classes) == 2 and not other[1]):
        what = classes[1] if other.any() else "any class"
        raise DataError(
            f"there are no labels of {what} in what is kept to judge by ({said(judge)}); label some, or keep more "
            "with --validation."
        )
    return counts


def _axis_names(survey: Survey, axes: Axes | None, dims: int) -> tuple[str, ...]:
    """Names of the axes of the pieces."""
    names = survey.source.grid.names
    if axes is None or dims == 3:
        return names
    return tuple(n for k, n in enumerate(names) if k not in axes) if len(axes) == 1 else ("trace", names[-1])
