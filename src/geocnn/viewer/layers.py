"""What is shown one above the other: amplitudes, probabilities, classes, told apart by their samples."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geocnn.io.labels import is_unknown
from geocnn.io.percent import PERCENT, probabilities
from geocnn.io.scan import ScannedSource, slabs
from geocnn.io.slices import Slices
from geocnn.io.source import Source
from geocnn.viewer.networks import SectionNetwork, fault_threshold

__all__ = ["Kind", "Layer", "layer", "network_layer"]

Kind = Literal["amplitude", "probability", "classes"]

_PLACES = 7
"""Pieces of a survey that are looked at."""
_BYTES = 4 << 20
"""Size of a piece."""
_CLASSES = 24
"""Different whole numbers, from 0 on, that may be classes; more are amplitudes."""


@dataclass(frozen=True)
class Layer:
    """A survey as it is shown.

    Attributes:
        source: its samples.
        name: of the file, or what an array is called.
        kind: what the samples are.
        low: value of the first colour; of amplitudes of both signs the negative of ``high``.
        high: value of the last one; of classes the largest number.
        background: class 0 is most of it, and what lies below is to be seen there.
        colours: table for amplitudes.
        threshold: probability from which on a colour is seen at first; of a file that of the network for faults that
            ships, as in pictures and tables, for files do not say which network they are of.
        on: whether it is seen at first, of what lies over amplitudes.
        network: what makes the samples of sections when they are looked at; None where ``source`` has them.
        note: what a user should know.
    """

    source: Source
    name: str
    kind: Kind
    low: float
    high: float
    background: bool = False
    colours: str = "grey"
    threshold: float = 0.3
    on: bool = True
    network: SectionNetwork | None = None
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """For the page."""
        names = ("name", "kind", "low", "high", "background", "colours", "threshold", "on")
        return {**{name: getattr(self, name) for name in names}, "network": self.network is not None}


def layer(source: Source, name: str) -> Layer:
    """Find out what a survey holds, from a few pieces spread over it.

    Args:
        source: survey of two or three axes.
        name: what it is called on the page.
    """
    source = probabilities(source) if _is_percent(source) else source
    every = _some(source)
    if _is_label(every):
        source = _KnownSource(source)
        every = every[~is_unknown(every)]
    values = every[every != 0]  # of which padding is made
    threshold = fault_threshold(source.grid.ndim)
    if not values.size:
        note = f"{name} has no sample that is finite and not zero where it was looked at."
        return Layer(source, name, "probability", 0.0, 1.0, note=note)
    low, high = float(values.min()), float(values.max())
    whole = bool(np.all(values == np.rint(values)))
    if whole and low >= 0 and high < 256 and len(np.unique(values)) <= _CLASSES:
        kind: Kind = "classes" if high > 1 else "probability"
        background = 2 * len(values) < len(every)
        return Layer(source, name, kind, 0.0, max(high, 1.0), background=background, threshold=threshold)
    if low >= 0 and high <= 1:
        return Layer(source, name, "probability", 0.0, 1.0, threshold=threshold)
    eight_bits = whole and low >= 0 and high < 256
    if low < 0 < high:
        limit = float(np.percentile(np.abs(values), 99))
        return Layer(source, name, "amplitude", -limit, limit)
    low, high = (float(v) for v in np.percentile(values, (1, 99)))
    # Seismic in 8 bits has its zero in the middle of them; other values of one sign, such as velocities, have none.
    colours = "grey" if eight_bits and 96 < np.median(values) < 160 else "batlow"
    return Layer(source, name, "amplitude", low, high if high > low else low + 1, colours=colours)


def network_layer(below: Layer, network: SectionNetwork, *, on: bool) -> Layer:
    """What a network says of the sections of a survey.

    Args:
        below: the survey, amplitudes.
        network: what is applied to it.
        on: whether it is seen at first.
    """
    if network.classes == 0:
        return replace(below, name=network.name, on=on, network=network, note="")
    kind: Kind = "probability" if network.classes == 1 else "classes"
    high = max(1.0, network.classes - 1.0)
    return Layer(below.source, network.name, kind, 0.0, high, threshold=network.threshold, on=on, network=network)


def _is_label(values: NDArray[np.float32]) -> bool:
    """Whether these are whole numbers of few classes, some of which say that nothing is known."""
    unknown = is_unknown(values)
    rest = values[~unknown]
    few = rest.size and rest.min() >= 0 and rest.max() < _CLASSES and len(np.unique(rest)) > 1
    return bool(unknown.any() and few and np.all(rest == np.rint(rest)))


class _KnownSource(ScannedSource):
    """Classes with NaN where they are not known."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source, self.grid, self.dtype = source, source.grid, np.dtype(np.float32)

    @property
    def path(self) -> Path | None:  # type: ignore[override]
        """Of the labels."""
        return self.source.path

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block."""
        block = self.source.read(slices)
        return np.where(is_unknown(block), np.float32(np.nan), block)

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return self.source.describe()


def _is_percent(source: Source) -> bool:
    """Whether samples are per cent, as ``--samples int8`` writes them; 8-bit amplitudes have both signs."""
    if source.dtype != PERCENT:
        return False
    values = _some(source)
    return bool(values.size and values.min() >= 0 and values.max() <= 100)


def _some(source: Source) -> NDArray[np.float32]:
    """Finite samples of some places."""
    blocks = list(slabs(source.grid.shape, getattr(source, "chunk_rows", 1), _BYTES))
    chosen = sorted({int(k) for k in np.linspace(0, len(blocks) - 1, _PLACES)})
    parts = []
    for k in chosen:
        block = source.read(blocks[k])
        parts.append(block[np.isfinite(block)])
    return np.concatenate(parts)
