"""Labelled surveys as pieces for training; labels may be missing anywhere."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn import io
from geocnn.errors import DataError
from geocnn.grid import Axis
from geocnn.io.labels import is_unknown
from geocnn.io.same_place import difference
from geocnn.io.source import Source
from geocnn.losses import UNKNOWN
from geocnn.reading import Reader
from geocnn.tiling import Plan
from geocnn.words import number_of, size_text

__all__ = ["Axes", "Given", "Piece", "Survey", "open_surveys", "pieces", "sections"]

_MOST = 100
"""Largest number of classes; data with more values are amplitudes."""
_FILL = 64
"""Largest distance, in traces, from which a dead trace is filled."""
_SPARSE = 0.25
"""Share of labelled sections of a cube below which they are learnt from one by one."""

Given = str | NDArray[Any] | Source
"""A path or, from Python, an array or source."""
Axes = dict[int, list[int]]
"""Indices of sections, by the axis that they are perpendicular to."""


@dataclass(frozen=True)
class Piece:
    """A line, a section of a cube or a cube, with its labels.

    Attributes:
        x: normalised samples.
        y: class of each sample, UNKNOWN where it is not known.
        file: name of the file.
        axes: axes of space, as in the file.
        section: axis of the cube that the section is perpendicular to, and its number there; None for lines and cubes.
        place: index of this axis, and of the section on it.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int16]
    file: str
    axes: tuple[Axis, ...]
    section: tuple[str, float] | None = None
    place: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Name of the piece for figures and messages."""
        return self.file if self.section is None else f"{self.file}, {self.section[0]} {self.section[1]:g}"

    def part(self, axis: int, start: int, stop: int) -> "Piece":
        """Samples ``start`` to ``stop`` (excluded) along an axis."""
        cut, old = (*[slice(None)] * axis, slice(start, stop)), self.axes[axis]
        new = replace(old, size=stop - start, start=old.start + start * old.step)
        axes = (*self.axes[:axis], new, *self.axes[axis + 1 :])
        return replace(self, x=self.x[cut], y=self.y[cut], axes=axes)


@dataclass(frozen=True)
class Survey:
    """A survey with labels on the same grid.

    Attributes:
        source: its samples.
        labels: its labels, which have not been checked yet.
        name: name of the data, for messages.
    """

    source: Source
    labels: Source
    name: str


def open_surveys(data: Sequence[Given], labels: Sequence[Given]) -> list[Survey]:
    """Open data and labels, files or arrays, in pairs.

    Raises:
        DataError: there are none, the numbers, shapes, axes or places differ, or they are neither all lines nor all
            cubes.
    """
    if not data or not labels:
        raise DataError("the recipe segment needs --data SURVEY and --labels CLASSES, a class a sample, or --horizons.")
    if len(data) != len(labels):
        raise DataError(
            f"--data names {_files(len(data))} and --labels {_files(len(labels))}; give as many, in the same order."
        )
    surveys = [Survey(io.open(d), io.open(t), _name(d, "the data")) for d, t in zip(data, labels, strict=True)]
    for survey, own in zip(surveys, labels, strict=True):
        have, need = survey.labels.grid.shape, survey.source.grid.shape
        if have != need:
            raise DataError(
                f"{_name(own, 'the label array')} has {size_text(have)} samples and {survey.name} {size_text(need)}; "
                "labels must lie on the grid of their data."
            )
        if apart := difference(survey.labels.grid, survey.source.grid):
            raise DataError(
                f"{_name(own, 'the label array')} has {apart[0]}, and {survey.name} {apart[1]}; labels must lie on the "
                "grid of their data: give those of this survey, or where only headers are wrong the samples as .npy, "
                "which has none."
            )
        if len(need) not in (2, 3) or len(need) != surveys[0].source.grid.ndim:
            raise DataError(
                f"{survey.name} has {number_of(len(need), 'dimension')}; needed are lines (trace, time) or "
                "cubes (inline, crossline, time), all of one kind."
            )
    return surveys


def sections(survey: Survey, inlines: Sequence[int], crosslines: Sequence[int]) -> Axes:
    """Indices of the interpreted sections of a cube.

    Raises:
        DataError: the survey lacks such a number, or is a line.
    """
    grid, found = survey.source.grid, {}
    for axis, (option, numbers) in enumerate((("--inlines", inlines), ("--crosslines", crosslines))):
        if not numbers:
            continue
        if grid.ndim != 3:
            raise DataError(f"{survey.name} is a line and has no sections to name with {option}; leave it out.")
        values = grid.axes[axis].values
        missing = [n for n in numbers if not np.isclose(values, n).any()]
        if missing:
            raise DataError(
                f"{option} names {missing[0]}, and {survey.name} has {grid.axes[axis]}; name some of these."
            )
        found[axis] = sorted({int(np.argmin(np.abs(values - n))) for n in numbers})
    return found


def classes_of(survey: Survey, unknown: float | None, most: int) -> NDArray[np.int16]:
    """Class of every sample, UNKNOWN where labels are NaN, -1, 255 or ``unknown``.

    Args:
        survey: whose labels to read.
        unknown: another label that means unknown.
        most: number of classes.

    Raises:
        DataError: a value that is no class.
    """
    grid, name = survey.labels.grid, survey.labels.path or "the label array"
    result = np.empty(grid.shape, np.int16)
    for row in range(grid.shape[0]):
        values = survey.labels.read((slice(row, row + 1), ...))
        blank = is_unknown(values, unknown)
        bad = ~blank & ((values < 0) | (values >= most) | (values != np.floor(values)))
        if bad.any():
            first = np.argwhere(bad)[0]
            first[0] += row
            where = ", ".join(f"{a.name} {a.values[i]:g}" for a, i in zip(grid.axes, first, strict=True))
            raise DataError(
                f"{name} holds {values[bad][0]:g} at {where}; labels are whole numbers from 0 to {most - 1}"
                f"{', one for each of --classes' if most != _MOST else ''}, or -1, 255, NaN or --unknown for unknown."
            )
        result[row] = np.where(blank, UNKNOWN, values)[0]
    return result


def count_classes(found: Sequence[NDArray[np.int16]], names: Sequence[str]) -> int:
    """Number of classes: the number of names, or one more than the largest class.

    Raises:
        DataError: no class is known, or there is only one.
    """
    highest = max(int(y.max()) for y in found)
    if highest == UNKNOWN:
        raise DataError(
            "the labels know no sample: all of them are -1, 255, NaN or --unknown, dead, or outside --inlines and "
            "--crosslines."
        )
    count = max(2, len(names)) if names else highest + 1
    if count < 2:
        raise DataError("the labels hold the class 0 alone; a network needs two classes or more to tell apart.")
    return count


def labelled(
    surveys: Sequence[Survey], chosen: Sequence[Axes], names: Sequence[str], unknown: float | None
) -> list[NDArray[np.int16]]:
    """Classes of all surveys; where sections are chosen, all other samples are unknown."""
    most = max(2, len(names)) if names else _MOST
    found = []
    for survey, axes in zip(surveys, chosen, strict=True):
        y = classes_of(survey, unknown, most)
        if axes:
            known = np.zeros(y.shape, bool)
            for axis, indices in axes.items():
                np.moveaxis(known, axis, 0)[indices] = True
            y[~known] = UNKNOWN
        found.append(y)
    return found


def sparse(y: NDArray[np.int16]) -> Axes:
    """The labelled sections of a cube, if they are few along one axis; empty if labels are everywhere."""
    known = y != UNKNOWN
    for axis in (0, 1):
        own = np.flatnonzero(known.any(axis=tuple(k for k in range(3) if k != axis)))
        if 0 < len(own) <= _SPARSE * y.shape[axis]:
            return {axis: own.tolist()}
    return {}


def pieces(survey: Survey, y: NDArray[np.int16], fit: Mapping[str, Any], axes: Axes | None) -> list[Piece]:
    """Read a survey, all of it or some sections, as prediction would show it to the network.

    Samples without data (dead traces, mutes and NaN) have no known class.

    Args:
        survey: what to read.
        y: its classes.
        fit: keyword arguments of :meth:`geocnn.normalisation.Normalisation.fit`.
        axes: sections of a cube to read; None for all of it in one piece.
    """
    shape = y.shape
    reader = Reader(survey.source, Plan(shape, 0, shape, shape, _FILL), fit)
    everything = tuple(slice(0, n) for n in shape)
    boxes = (
        [(None, everything)]
        if axes is None
        else [
            (axis, (*everything[:axis], slice(i, i + 1), *everything[axis + 1 :]))
            for axis, own in axes.items()
            for i in own
        ]
    )
    found = []
    for axis, box in boxes:
        x, bad = reader.read(box)
        known = reader.blank(box, (y[box] - UNKNOWN).astype(np.float32), bad).astype(np.int16) + np.int16(UNKNOWN)
        own, section, place = survey.source.grid.axes, None, None
        if axis is not None:
            place = axis, box[axis].start
            section = own[axis].name, float(own[axis].values[box[axis].start])
            x, known, own = x.squeeze(axis), known.squeeze(axis), (*own[:axis], *own[axis + 1 :])
        found.append(Piece(x, known, Path(survey.name).name, own, section, place))
    return found


def split(
    found: Sequence[Sequence[Piece]], share: float, crop: Sequence[int], *, dense: bool
) -> tuple[list[Piece], list[Piece], str]:
    """Split pieces into training and validation by position, so that neighbours do not leak.

    If there are several files, the last one is for validation. Otherwise, if no two labelled sections of a cube touch,
    its last sections are; else the end of every piece along its longest horizontal axis, with half a window left out.
    Inlines and crosslines, which share the traces where they cross, are split at one place of the cube.

    Args:
        found: pieces by file.
        share: share of the samples for validation.
        crop: samples of a window per axis.
        dense: whether some labelled sections are next to each other.

    Returns:
        Both parts, and how far they are from each other where these are sections, such as "2 inlines".

    Raises:
        DataError: one of the two parts would be empty.
    """
    if len(found) > 1:
        return [p for file in found[:-1] for p in file], list(found[-1]), ""
    own = list(found[0])
    places = [piece.place for piece in own if piece.place is not None]
    if len({axis for axis, _ in places}) > 1:
        return _split_crossing(own, share, crop)
    if len(own) > 1 and not dense:
        count = min(len(own) - 1, max(1, round(share * len(own))))
        return own[:-count], own[-count:], _lines(own[0], places[-count][1] - places[-count - 1][1])
    axis = int(np.argmax(own[0].x.shape[:-1]))
    learn, judge = [], []
    for piece in own:
        n, gap = piece.x.shape[axis], math.ceil(crop[axis] / 2)
        last = max(1, round(share * n))
        if n - last - gap < 1:
            raise DataError(
                f"{piece.name} has {n} samples along its longest axis; {last} to be judged by and a gap of {gap} (half "
                "a window) leave nothing to learn from: give more data, a smaller --crop or a smaller --validation."
            )
        learn.append(piece.part(axis, 0, n - last - gap))
        judge.append(piece.part(axis, n - last, n))
    return learn, judge, ""


def _split_crossing(own: list[Piece], share: float, crop: Sequence[int]) -> tuple[list[Piece], list[Piece], str]:
    """Split inlines and crosslines at the place of the cube where the parts are closest to the shares asked for.

    Half a window is left out, or a tenth of the cube if that is less: sections may be far longer than the cube is wide.
    """
    best = (math.inf, 0, 0, 0)
    for axis in (0, 1):
        known = np.zeros(next(p.x.shape[0] for p in own if p.place and p.place[0] != axis), np.int64)
        for piece in own:
            labels = (piece.y != UNKNOWN).sum(-1)
            if piece.place and piece.place[0] == axis:
                known[piece.place[1]] += labels.sum()
            else:
                known += labels
        gap = max(1, min(math.ceil(crop[0] / 2), len(known) // 10))
        before = np.concatenate([[0], known.cumsum()]) / max(1, known.sum())
        for end in range(1, len(known) - gap):
            learnt, judged = before[end], 1 - before[end + gap]
            if min(learnt, judged) > 0:
                best = min(best, (abs(judged - share) + abs(learnt - 1 + share), axis, end, end + gap))
    if best[0] == math.inf:
        raise DataError(
            f"the labelled sections of {own[0].file} are too few to learn from some and judge by others; label more "
            "along --inlines and --crosslines, or give a survey of its own to judge by, the last of --data."
        )
    _, axis, end, start = best
    learn, judge = [], []
    for piece in own:
        if piece.place is None or piece.place[0] != axis:
            learn.append(piece.part(0, 0, end))
            judge.append(piece.part(0, start, piece.x.shape[0]))
        elif not end <= piece.place[1] < start:
            (learn if piece.place[1] < end else judge).append(piece)
    across = next(piece for piece in own if piece.place and piece.place[0] == axis)
    return learn, judge, _lines(across, start - end + 1)


def _lines(piece: Piece, count: int) -> str:
    """So many sections of a kind, for example "2 inlines"."""
    return number_of(count, piece.section[0] if piece.section else "section")


def _name(given: Given, otherwise: str) -> str:
    """Path of a file, or other words for data in memory."""
    return given if isinstance(given, str) else otherwise


def _files(count: int) -> str:
    return number_of(count, "file")
