"""A survey resampled along its axes, and the way back: a result brought onto the grid of the survey."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn.grid import Axis, Grid
from geocnn.io.resampling import Kind, Taps, apply, mean, taps_of
from geocnn.io.scan import Scan, ScannedSource, scanned
from geocnn.io.slices import Slices, spans
from geocnn.io.source import Source

__all__ = ["RestoredSource", "StretchedSource"]

_BYTES = 32 << 20
"""Of the input that is read at once, where one plane of the output allows."""


class _Resampled(ScannedSource):
    """Base of both ways: reads in parts whose input fits into memory."""

    kinds: tuple[Kind, ...]
    steps: tuple[float, ...]
    """Input samples from one output sample to the next, per axis."""

    def __init__(self, source: Source, grid: Grid) -> None:
        super().__init__()
        self.source, self.grid = source, grid

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """What is read."""
        return np.dtype(np.float32)

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block; only the samples of the input that it needs are read.

        Raises:
            DataError: what is asked for are no slices with step 1.
        """
        return self._read(spans(slices, self.grid.shape))

    def _read(self, bounds: list[tuple[int, int]]) -> NDArray[np.float32]:
        shape = tuple(end - begin for begin, end in bounds)
        if 0 in shape:
            return np.zeros(shape, np.float32)
        sides = zip(bounds, self.source.grid.shape, self.steps, self.kinds, strict=True)
        taps = [taps_of(*side) for side in sides]
        (begin, end), size = bounds[0], 4 * math.prod(one.span.stop - one.span.start for one in taps)
        if size > _BYTES and end - begin > 1:
            middle = (begin + end) // 2
            halves = (begin, middle), (middle, end)
            return np.concatenate([self._read([half, *bounds[1:]]) for half in halves])
        return self._block(bounds, taps)

    def _block(self, bounds: list[tuple[int, int]], taps: list[Taps]) -> NDArray[np.float32]:
        raise NotImplementedError


class StretchedSource(_Resampled):
    """Another source with more or fewer samples along its axes.

    The vertical axis is interpolated by a sinc in a Kaiser window, 8 zero crossings to each side, which is a low-pass
    where samples become fewer (Smith & Gossett 1984, doi:10.1109/ICASSP.1984.1172555), and continued by reflection at
    its ends. Horizontal axes are interpolated linearly where they get more traces, and averaged over the width of a new
    trace where they get fewer, since neighbouring traces can differ by more than a band-limited function may.

    Mutes and dead traces stay what they are: zero. Vertically, and where traces become more, a sample is what the
    sample next to it is; an average is dead where all its traces are. What is dead has no part in horizontal means.
    Samples that are NaN or infinite count as zero, vertically, and are NaN again where they are next to a new sample.

    Args:
        source: the survey.
        factors: new samples per old sample, one positive number an axis; 1 leaves an axis as it is. The first samples
            coincide, an axis of ``n`` samples gets ``round((n - 1) * factor) + 1``.
    """

    def __init__(self, source: Source, factors: Sequence[float]) -> None:
        self.factors = tuple(float(factor) for factor in factors)
        self.steps = tuple(1 / factor for factor in self.factors)
        across: list[Kind] = ["linear" if factor >= 1 else "mean" for factor in self.factors[:-1]]
        self.kinds = (*across, "sinc")
        super().__init__(source, _stretched(source.grid, self.factors))
        self.chunk_rows = max(1, round(getattr(source, "chunk_rows", 1) * self.factors[0]))

    @property
    def path(self) -> Path | None:  # type: ignore[override]
        """Of the survey."""
        return self.source.path

    @cached_property
    def survey(self) -> Scan:
        """Where the traces of the survey begin and end."""
        return scanned(self.source)

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        pairs = zip(self.grid.names, self.factors, strict=True)
        text = ", ".join(f"{name} by {factor:g}" for name, factor in pairs if factor != 1)
        return [*self.source.describe(), ("resampled", text or "nothing")]

    def _block(
        self,
        bounds: list[tuple[int, int]],  # noqa: ARG002  (the way back needs them)
        taps: list[Taps],
    ) -> NDArray[np.float32]:
        box = tuple(one.span for one in taps)
        block = self.source.read(box)
        if all(factor == 1 for factor in self.factors):
            return block
        alive = _alive(self.survey, box)
        good = alive & np.isfinite(block)
        block = np.where(good, block, np.float32(0))
        if self.factors[-1] != 1:
            block = apply(taps[-1].matrix, block, -1)
            alive, good = (mask[..., taps[-1].nearest] for mask in (alive, good))
            block = np.where(good, block, np.float32(0))
        for axis, factor in enumerate(self.factors[:-1]):
            if factor == 1:
                continue
            block, weight = mean(taps[axis].matrix, block, good, axis)
            if factor < 1:
                alive, good = apply(taps[axis].matrix, alive.astype(np.float32), axis) > 0, weight > 0
            else:
                alive, good = (np.take(mask, taps[axis].nearest, axis) for mask in (alive, good))
            block = np.where(good, block, np.float32(0))
        return np.where(alive & ~good, np.float32(np.nan), block)

    def restore(self, result: Source, *, nearest: bool = False) -> "RestoredSource":
        """A result of the stretched survey on the grid of the survey itself; see :class:`RestoredSource`."""
        return RestoredSource(self, result, nearest=nearest)


class RestoredSource(_Resampled):
    """A result of a stretched survey on the survey's own grid; zero where the survey is dead, muted or not finite.

    It is interpolated linearly, so that a probability stays within 0..1, between what is neither dead nor muted. Among
    numbers of classes 0 is a class, and -1 stands in its place.

    Args:
        stretched: the survey as the result's network has seen it.
        result: on the grid of ``stretched``.
        nearest: take the sample next to it instead: numbers of classes have no mean.
    """

    path: Path | None = None

    def __init__(self, stretched: StretchedSource, result: Source, *, nearest: bool = False) -> None:
        super().__init__(result, stretched.source.grid)
        self.stretched, self.steps = stretched, stretched.factors
        self.kinds = (("nearest" if nearest else "linear"),) * self.grid.ndim
        self.nothing = np.float32(-1 if nearest else 0)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Of the result."""
        return self.source.dtype

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return self.source.describe()

    def _block(self, bounds: list[tuple[int, int]], taps: list[Taps]) -> NDArray[np.float32]:
        box = tuple(one.span for one in taps)
        alive = _alive(self.stretched.scan(), box)
        block, weight = np.where(alive, self.source.read(box), np.float32(0)), alive.astype(np.float32)
        for axis, one in enumerate(taps):
            if self.steps[axis] != 1:
                block, weight = apply(one.matrix, block, axis), apply(one.matrix, weight, axis)
        value = np.divide(block, weight, out=np.full_like(block, self.nothing), where=weight > 0)
        where = tuple(slice(begin, end) for begin, end in bounds)
        kept = _alive(self.stretched.survey, where)
        if self.stretched.survey.nan:
            kept &= np.isfinite(self.stretched.source.read(where))
        return np.where(kept, value, self.nothing)


def _stretched(grid: Grid, factors: tuple[float, ...]) -> Grid:
    """Axes of the stretched survey, its map coordinates, and numbers of its traces."""
    axes = tuple(_axis(axis, factor) for axis, factor in zip(grid.axes, factors, strict=True))
    attributes, known = dict(grid.attributes), grid.attributes.get("coordinates")
    before, after, across = grid.shape[:-1], tuple(axis.size for axis in axes[:-1]), factors[:-1]
    if all(factor == 1 for factor in across):
        return Grid(axes, attributes)
    more: dict[str, object] = {}
    if isinstance(known, dict) and "vectors" in known:
        pairs = zip(known["vectors"], factors, strict=False)
        more["vectors"] = [[side / factor for side in v] for v, factor in pairs]
    if isinstance(known, dict) and grid.is_crooked:
        places = np.arange(axes[0].size)[:, None] / factors[0]
        more["points"] = grid.map_xy(places).tolist()
    if isinstance(known, dict) and len(known.get("traces", ())) == math.prod(before):
        more["traces"] = _between(np.reshape(known["traces"], (*before, 2)), after, across).reshape(-1, 2)
    if isinstance(known, dict):
        attributes["coordinates"] = known | more
    numbers = grid.attributes.get("cdp")
    if isinstance(numbers, list) and (len(numbers),) == before:
        attributes["cdp"] = _between(np.asarray(numbers), after, across).tolist()
    return Grid(axes, attributes)


def _between(values: NDArray[Any], shape: tuple[int, ...], factors: tuple[float, ...]) -> NDArray[np.float64]:
    """What traces have, interpolated linearly between them, along each horizontal axis."""
    found = np.asarray(values, np.float64)
    for axis, (size, factor) in enumerate(zip(shape, factors, strict=True)):
        last = found.shape[axis] - 1
        places = np.clip(np.arange(size) / factor, 0, last)
        before = np.minimum(places.astype(np.int64), max(0, last - 1))
        part = np.expand_dims(places - before, tuple(range(1, found.ndim - axis)))
        low, high = np.take(found, before, axis), np.take(found, np.minimum(before + 1, last), axis)
        found = low + part * (high - low)
    return found


def _axis(axis: Axis, factor: float) -> Axis:
    return replace(axis, size=round((axis.size - 1) * factor) + 1, step=axis.step / factor)


def _alive(found: Scan, box: tuple[slice, ...]) -> NDArray[np.bool_]:
    """False in dead traces and mutes."""
    depth = np.arange(box[-1].start, box[-1].stop)
    first, last = (np.asarray(bound[box[:-1]])[..., None] for bound in (found.first, found.last))
    return np.asarray((depth >= first) & (depth <= last))
