"""Horizons between classes: where the intervals that a network has found begin."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32
from numpy import ndarray
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.io.horizons import Horizon
from geocnn.io.labels import is_unknown
from geocnn.io.partial import check_target
from geocnn.io.percent import PERCENT, PercentSource, is_marked, probabilities
from geocnn.io.scan import scanned, slabs
from geocnn.io.source import Source
from geocnn.io.system import make_folder
from geocnn.io.tracefile import TraceSource
from geocnn.words import number_of

__all__ = ["find_horizons", "horizon_targets", "named_horizons"]

_MOST = 100
"""Classes."""
_FEW = 24
"""Number from which on samples of 8 bits are per cent and no classes; per cent of which there is a horizon reach 50."""


def find_horizons(source: Source, tick: Callable[[int], object] = lambda _done: None) -> list[Horizon]:
    """The horizons of a survey whose samples are numbers of intervals, from 0 downward.

    Horizon k lies on each trace where it sets the classes below k and those from k on apart with the fewest samples on
    the wrong side, half a sample above the first that is below it. Where a trace has samples of one side alone there is
    no horizon.

    Args:
        source: classes, a line or a cube, or the probability of the lower one of two, in 8 bits per cent; NaN, -1, 255
            and what lies outside of the traces of a file are unknown.
        tick: is told how many lines along the first axis are done.

    Raises:
        DataError: the samples are no classes, or there are fewer than two.
    """
    if is_marked(source) or not (source.dtype == PERCENT and scanned(source).maximum < _FEW):
        source = probabilities(source)
    shape, down = source.grid.shape, source.grid.axes[-1]
    if len(shape) not in (2, 3):
        raise DataError(
            f"horizons are those of a line or a cube, and this has {number_of(len(shape), 'axis', 'axes')}."
        )
    found: list[NDArray[np.float32]] = []
    for where in slabs(shape, getattr(source, "chunk_rows", 1)):
        block = source.read(where)
        between = (block > 0) & (block < 1)
        # Of a probability 0 is where there are no data: a network is never that sure. The block is the source's own.
        nothing = (block == 0) if between.any() and not isinstance(source, PercentSource) else np.zeros_like(between)
        block = np.where(between, block >= 0.5, block)
        known = ~is_unknown(block) & ~nothing
        if isinstance(source, TraceSource):
            known &= source.exists(where)
        classes = block[known]
        if classes.size and (classes.min() < 0 or classes.max() >= _MOST or np.any(classes != np.floor(classes))):
            wrong = next(float(v) for v in classes if v < 0 or v >= _MOST or v != np.floor(v))
            raise DataError(
                f"the survey holds {wrong:g}; horizons lie between classes, whole numbers from 0 to {_MOST - 1}."
            )
        for number in range(1, int(classes.max(initial=0)) + 1):
            if number > len(found):
                found.append(np.full(shape[:-1], np.nan, np.float32))
            found[number - 1][where[:-1]] = _between(block, known, number)
        tick(where[0].stop - where[0].start)
    if not found:
        raise DataError("the survey holds no class but 0; horizons lie between two classes or more.")
    if not any(np.isfinite(index).any() for index in found):
        raise DataError("no trace of the survey has one class above another; horizons lie between two classes.")
    depths = (down.start + down.step * index.astype(np.float64) for index in found)
    return [Horizon(f"horizon-{number}", depth) for number, depth in enumerate(depths, start=1)]


def _between(
    block: Float32[ndarray, "*lateral samples"], known: Bool[ndarray, "*lateral samples"], number: int
) -> Float32[ndarray, "*lateral"]:
    """Fractional index at which classes below a number end and others begin; NaN where there is one kind alone."""
    upper, lower = known & (block < number), known & (block >= number)
    # Samples on the wrong side if the boundary lies above sample t, t = 0 to n: lower ones above, upper ones below.
    wrong = np.zeros((*block.shape[:-1], block.shape[-1] + 1), np.int32)
    np.cumsum(lower, axis=-1, out=wrong[..., 1:])
    wrong[..., :-1] += upper[..., ::-1].cumsum(axis=-1, dtype=np.int32)[..., ::-1]
    # Between places that are equally good and follow one another nothing is known: the middle of them is taken.
    best = wrong == wrong.min(axis=-1, keepdims=True)
    first = best.argmax(axis=-1)
    after = ~best & (np.arange(best.shape[-1]) > first[..., None])
    last = np.where(after.any(axis=-1), after.argmax(axis=-1) - 1, block.shape[-1])
    # A few stray samples of the other side do not make a horizon above the first sample or below the last one.
    inside = upper.any(axis=-1) & lower.any(axis=-1) & (first > 0) & (last < block.shape[-1])
    return np.where(inside, (first + last) / 2 - 0.5, np.nan).astype(np.float32)


def named_horizons(found: Sequence[Horizon], names: Sequence[str]) -> list[Horizon]:
    """Horizons with names of their own, those that lie on a trace.

    Args:
        found: from top to bottom.
        names: of all of them; none to leave them as they are.

    Raises:
        DataError: not as many names as horizons, or one twice.
    """
    if names and (len(names) != len(found) or len(set(names)) < len(names)):
        raise DataError(
            f"--names has {number_of(len(names), 'name')}, {', '.join(names)}, and there are "
            f"{number_of(len(found), 'horizon')}; give each one a name of its own, from top to bottom."
        )
    chosen = [replace(one, name=name) for one, name in zip(found, names, strict=True)] if names else found
    return [one for one in chosen if one.picked]


def horizon_targets(folder: Path, names: Sequence[str], *, overwrite: bool) -> list[Path]:
    """Paths of the files of horizons, one for each.

    Raises:
        TargetError: there is one already, or the folder cannot be made.
    """
    make_folder(folder, "--horizons")
    targets = [folder / f"{name}.dat" for name in names]
    for target in targets:
        check_target(target, 0, overwrite=overwrite)
    return targets
