"""A slice through a survey, or a part of one, reduced to about the pixels of a picture."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import Axis

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["PIXELS", "Panel", "read_panel"]

PIXELS = (1400, 900)  # of a panel, about; more samples do not show
_BLOCK = 8 << 20  # bytes read at once


class Panel(NamedTuple):
    """Samples (horizontal, vertical), their axes, and the slice that they are, for example "inline 2069"."""

    values: NDArray[np.float32]
    across: Axis
    down: Axis
    title: str = ""


def read_panel(
    source: "Source",
    shown: tuple[int, int],
    cut: dict[int, int],
    live: NDArray[np.bool_] | None = None,
    *,
    peaks: bool = False,
    window: tuple[slice, slice] = (slice(None), slice(None)),
    pixels: tuple[int, int] | None = None,
    sparse: bool = False,
) -> Panel:
    """The slice along two axes, read in blocks of bounded size.

    Args:
        source: survey.
        shown: axes of the survey that are the horizontal and the vertical one of the picture.
        cut: index along each of the others.
        live: traces to show, the others become NaN; default all.
        peaks: of samples that share a pixel show the highest instead of the mean: a thin fault must not fade.
        window: samples along the two axes; default all.
        pixels: that the picture has at most along the two axes; default :data:`PIXELS`.
        sparse: of planes along the first axis that share a pixel read the middle one alone.

    Raises:
        FormatError: the file has become shorter since it was opened.
    """
    axes = source.grid.axes
    bounds = {axis: slice(*w.indices(axes[axis].size)[:2]) for axis, w in zip(shown, window, strict=True)}
    every = {
        k: max(1, -(-(bounds[k].stop - bounds[k].start) // n)) for k, n in zip(shown, pixels or PIXELS, strict=True)
    }
    first, second = sorted(shown)
    width = bounds[second].stop - bounds[second].start
    sparse &= every[first] > 1
    rows = every[first] * (1 if sparse else max(1, _BLOCK // (4 * width * every[first])))
    pieces = []
    for begin in range(bounds[first].start, bounds[first].stop, rows):
        box = [slice(cut[k], cut[k] + 1) if k in cut else slice(0, axis.size) for k, axis in enumerate(axes)]
        end = min(begin + rows, bounds[first].stop)
        planes = slice(middle := (begin + end) // 2, middle + 1) if sparse else slice(begin, end)
        box[first], box[second] = planes, bounds[second]
        block = source.read(tuple(box))
        if live is not None:
            # A copy where traces are dead: what was read may be the user's own array.
            alive = live[tuple(box[:-1])][..., None]
            block = block if alive.all() else np.where(alive, block, np.float32(np.nan))
        share = 1 if sparse else every[first]
        pieces.append(_reduced(block.squeeze(tuple(cut)), (share, every[second]), peaks=peaks))
    values = np.concatenate(pieces)
    titles = [f"{axes[k].name} {axes[k].values[i]:g} {axes[k].unit}".strip() for k, i in cut.items()]
    across, down = (_coarser(axes[axis], bounds[axis], every[axis]) for axis in shown)
    return Panel(values if shown == (first, second) else values.T, across, down, "".join(titles))


def _reduced(block: NDArray[np.float32], every: tuple[int, int], *, peaks: bool) -> NDArray[np.float32]:
    """Mean or maximum of the samples that share a pixel; NaN counts for nothing, and where there is nothing else."""
    if every == (1, 1):
        return block
    size = [-(-n // step) for n, step in zip(block.shape, every, strict=True)]
    padding = [(0, n * step - have) for n, step, have in zip(size, every, block.shape, strict=True)]
    padded = np.pad(block, padding, constant_values=np.nan) if any(end for _, end in padding) else block
    shared = padded.reshape(size[0], every[0], size[1], every[1])
    if peaks:
        return np.asarray(np.fmax.reduce(np.fmax.reduce(shared, axis=3), axis=1))
    known = np.isfinite(shared)
    sums, counts = np.where(known, shared, 0).sum((1, 3), dtype=np.float64), known.sum((1, 3))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)


def _coarser(axis: Axis, bounds: slice, every: int) -> Axis:
    """The axis of pixels that hold ``every`` samples each."""
    centre = axis.start + axis.step * (bounds.start + (every - 1) / 2)
    return Axis(axis.name, -(-(bounds.stop - bounds.start) // every), centre, axis.step * every, axis.unit)
