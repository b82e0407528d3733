"""Read a survey as a network needs it: normalised, continued, dead traces and mutes filled."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool
from numpy import ndarray
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.io.padding import padding
from geocnn.io.scan import scanned, slabs
from geocnn.io.segy_lines import LINES
from geocnn.io.source import Source
from geocnn.io.stretched import StretchedSource
from geocnn.normalisation import Normalisation
from geocnn.tiling import Plan, Tile, reflect
from geocnn.words import number_of

__all__ = ["Reader", "has_data"]

_SLOW = 8
"""Work relative to that in one piece above which a note is given."""


@dataclass
class Reader:
    """Reads normalised tiles, in which edges, mutes and dead traces are filled, and blanks the results there.

    Attributes:
        source: survey.
        tiles: plan of the tiles.
        fit: keyword arguments of :meth:`Normalisation.fit`, which sees live traces from all of the survey.
        nothing: value of the result where there are no data; a negative one is written as -1.

    Raises:
        DataError: no trace is live.
    """

    source: Source
    tiles: Plan
    fit: Mapping[str, Any]
    nothing: float = 0

    def __post_init__(self) -> None:
        self.found = found = scanned(self.source)
        self.first, self.last, self.live = found.first, found.last, found.live
        if not self.live.any():
            raise DataError(
                f"{self.source.path or 'the array'} has no live trace: every sample is zero or missing; look at it "
                "with geocnn info."
            )
        above, below = self.padded = padding(found.sample)
        inside = slice(above, found.sample.shape[-1] - below)
        if any(self.padded):
            self.first = np.maximum(self.first, above)
            self.last = np.where(self.live, np.minimum(self.last, inside.stop - 1), self.last)
        self.normalisation = Normalisation.fit(found.sample[:, inside], **self.fit)
        self.fill = _nearest_live(self.live, self.tiles.halo)

    def inside(self, tile: Tile) -> tuple[slice, ...]:
        """Part of the survey whose result a tile gives; empty if it is all padding."""
        return tuple(
            slice(min(max(0, c.start - before), n), max(0, min(n, c.stop - before)))
            for c, n, before in zip(tile.core, self.tiles.shape, self.tiles.pads, strict=True)
        )

    def read(self, spans: Sequence[slice]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Samples of the padded survey, ready for the network, and which of them were not finite."""
        axes = zip(spans, self.tiles.shape, self.tiles.pads, strict=True)
        *across, down = [reflect(np.arange(r.start, r.stop) - before, 0, n - 1) for r, n, before in axes]
        traces = tuple(f[np.ix_(*across)] for f in self.fill)
        # Reflect at mutes, trace by trace: the edge of a mute would look like a fault to the network.
        first, last = self.first[traces], self.last[traces]
        muted = ((first > down.min()) | (last < down.max())) & (last >= 0)
        inside = reflect(down, first[muted][:, None], last[muted][:, None])
        low = [int(t.min()) for t in traces] + [min(int(i.min()) for i in (down, inside) if i.size)]
        high = [int(t.max()) for t in traces] + [max(int(i.max()) for i in (down, inside) if i.size)]
        box = tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))
        columns = self.source.read(box)[tuple(t - a for t, a in zip(traces, low, strict=False))]
        block = columns[..., down - low[-1]]
        block[muted] = np.take_along_axis(columns[muted], inside - low[-1], axis=-1)
        bad = ~np.isfinite(block)
        return self.normalisation.apply(block), bad

    def blank(
        self, where: tuple[slice, ...], result: NDArray[np.float32], bad: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Set the result to ``nothing`` where data are dead, muted, padding or not finite."""
        depth = np.arange(where[-1].start, where[-1].stop)
        alive = (depth >= self.first[where[:-1]][..., None]) & (depth <= self.last[where[:-1]][..., None])
        return np.where(alive & ~bad, result, np.float32(self.nothing))

    def notes(self, least: int = 1) -> list[str]:
        """Notes for the user about these data, for a network that needs ``least`` samples per axis.

        Traces and samples are counted in the original survey, even if it is read resampled.
        """
        notes, found, grid, factor, resampled = [], self.found, self.source.grid, 1.0, ""
        nothing = f"{-1 if self.nothing else 'zero'} in the result"
        if isinstance(self.source, StretchedSource):
            found, grid, factor = self.source.survey, self.source.source.grid, self.source.factors[-1]
            resampled = " after resampling"
        survey = self.source.source if isinstance(self.source, StretchedSource) else self.source
        if said := dict(getattr(survey, "notes", ())).get(LINES):
            notes.append(f"{said}; the result is that of a cube.")
        dead = int((~found.live).sum())
        if dead:
            said = "is dead or missing; it is" if dead == 1 else "are dead or missing; they are"
            notes.append(f"{dead} of {number_of(found.live.size, 'trace')} {said} {nothing}.")
        above, below = (math.ceil(n / factor) for n in self.padded)
        if above or below:
            ends = " and ".join(f"{n} {end}" for n, end in ((above, "first"), (below, "last")) if n)
            several = f"the {ends} samples of all traces are padding, which the network does not see; they are"
            one = f"the {ends[2:]} sample of all traces is padding, which the network does not see; it is"
            notes.append(f"{one if above + below == 1 else several} {nothing}.")
        if found.first_nan is not None:
            where = ", ".join(f"{a.name} {a.values[i]:g}" for a, i in zip(grid.axes, found.first_nan, strict=True))
            notes.append(
                f"{found.nan} samples are NaN or infinite, the first at {where}; they are {nothing}."
                if found.nan != 1
                else f"1 sample is NaN or infinite, at {where}; it is {nothing}."
            )
        small = [a for k, a in enumerate(self.source.grid.axes) if a.size < least and k != self.tiles.flat]
        if self.tiles.redundancy > _SLOW:
            notes.append(
                f"the tiles and their halos are {self.tiles.redundancy:.0f} times the survey; with more --memory or a "
                "larger --tile it would go faster."
            )
        notes.extend(
            f"{a.name} has only {number_of(a.size, 'sample')}{resampled}, fewer than the network's "
            f"{least}; padded by reflection."
            for a in small
        )
        return notes


def has_data(source: Source) -> Bool[ndarray, "*space"]:
    """Where a network sees data: not on dead traces, in mutes, in padding or at NaN.

    Raises:
        DataError: no trace is live.
    """
    shape = source.grid.shape
    reader = Reader(source, Plan(shape, 0, shape, shape, 0), {})
    found = np.zeros(shape, np.bool_)
    for where in slabs(shape, getattr(source, "chunk_rows", 1)):
        block = source.read(where)
        found[where] = reader.blank(where, np.ones_like(block), ~np.isfinite(block)) > 0
    return found


def _nearest_live(live: NDArray[np.bool_], reach: int) -> tuple[NDArray[np.intp], ...]:
    """Indices of the trace to show to the network, for every trace: itself, or the nearest live one within reach."""
    own = np.indices(live.shape)
    if live.all():
        return tuple(own)
    from scipy.ndimage import distance_transform_edt

    distance, nearest = distance_transform_edt(~live, return_indices=True)
    return tuple(np.where(distance <= reach, nearest, own))
