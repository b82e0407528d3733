"""Description of what the recipe segment is about to do."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from geocnn.grid import Axis
from geocnn.recipes.segment.data import Piece

if TYPE_CHECKING:
    from geocnn.recipes.segment.plan import Job

__all__ = ["plan_of", "said"]

_MOST = 8
"""Largest number of sections, files or classes that are named one by one."""


def said(found: Sequence[Piece]) -> str:
    """Pieces with their ranges, such as "cube.sgy, inline 2, 12, 22, crossline 300..327", without the time axis."""
    groups = [list(own) for _, own in groupby(found, key=lambda p: (p.file, p.section and p.section[0]))]
    return _some([_group(own) for own in groups], "; ")


def plan_of(job: "Job", *, samples: int, batch_size: int, epochs: int) -> tuple[str, ...]:
    """Lines about data, classes, network and windows that a user sees before training begins.

    Args:
        job: plan of the training.
        samples: windows an epoch.
        batch_size: windows a step.
        epochs: largest number of epochs.
    """
    known = int(job.counts.sum())
    share = known / sum(piece.y.size for piece in job.learn)
    rest = "" if share == 1 else f"; {_percent(1 - share)} of the samples are unknown"
    classes = [f"{name} {_percent(n / known)}" for name, n in zip(job.classes, job.counts.tolist(), strict=True)]
    parameters = sum(p.numel() for p in job.network.model.parameters())
    note = f"; {job.network.note[0].lower()}{job.network.note[1:].rstrip('.')}" if job.network.note else ""
    size = " x ".join(map(str, job.crop))
    near = (
        f"note: what is judged by is {job.apart} from the nearest that is learnt from; farther away the network may do "
        "worse than its scores"
    )
    return (
        f"data: {_some(job.surveys, '; ')}",
        f"learns from: {said(job.learn)}",
        f"judged by: {said(job.judge)}",
        f"classes to learn: {_some(classes, ', ')} of {known:,} samples{rest}",
        f"network: {job.network.architecture}, {job.ndim}-D ({job.why}), {parameters:,} parameters{note}",
        f"windows: {size} samples ({', '.join(job.axes)}), {samples} an epoch, {batch_size} a step, at most {epochs} "
        f"epoch{'s' * (epochs != 1)}",
        *([near] if job.apart else []),
        *([f"note: {job.known}"] if job.known else []),
    )


def _group(own: Sequence[Piece]) -> str:
    """Description of pieces of one file that are sections across one axis, or no sections."""
    first = own[0]
    ranges = ", ".join(_range(axis) for axis in first.axes[:-1])
    if first.section is None:
        return f"{first.file}, {ranges}"
    numbers = [f"{piece.section[1]:g}" for piece in own if piece.section is not None]
    return f"{first.file}, {first.section[0]} {_some(numbers, ', ')}, {ranges}"


def _range(axis: Axis) -> str:
    """Range of an axis, for example "crossline 300..327"."""
    return f"{axis.name} {axis.start:g}..{axis.stop:g}"


def _some(words: Sequence[str], between: str) -> str:
    """Words joined; if there are many, only the first ones and the last."""
    if len(words) > _MOST:
        return f"{between.join(words[: _MOST - 2])}{between}... {words[-1]} ({len(words)})"
    return between.join(words)


def _percent(share: float) -> str:
    """A share in per cent that says neither 0 % nor 100 % unless that is exact."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{100 * share:.{0 if 0.1 <= share <= 0.9 or share in (0, 1) else 1}f} %"
