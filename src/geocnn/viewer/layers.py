"""Layers of the page: amplitudes, probabilities or classes, told apart by their samples."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geocnn.io.labels import is_unknown
from geocnn.io.percent import PERCENT, is_marked, probabilities
from geocnn.io.scan import ScannedSource, slabs
from geocnn.io.slices import Slices
from geocnn.io.source import Source
from geocnn.io.tracefile import TraceSource
from geocnn.viewer.networks import SectionNetwork, fault_threshold

__all__ = ["Kind", "Layer", "layer", "network_layer"]

Kind = Literal["amplitude", "probability", "classes"]

_PLACES = 7
"""Number of pieces of a survey that are read to find out what it holds."""
_BYTES = 4 << 20
"""Size of a piece in bytes."""
_CLASSES = 24
"""Largest number of classes; data with more different whole numbers are amplitudes."""
_FEW = 10
"""Number of classes from which on samples of 8 bits are per cent, some of which are unknown."""


@dataclass(frozen=True)
class Layer:
    """A survey as it is shown on the page.

    Attributes:
        source: its samples.
        name: name of its file, or name of an array.
        kind: kind of its samples.
        low: value of the first colour; for amplitudes of both signs the negative of ``high``.
        high: value of the last colour; for classes the largest number.
        background: whether class 0 is a background, which is shown transparent.
        colours: colour table for amplitudes.
        threshold: probability from which on colours are shown at first. For files it is that of the network for faults
            that ships, as in figures and tables, because files do not tell their network.
        on: whether a layer over amplitudes is shown at first.
        network: makes the samples of sections when these are shown; None where ``source`` has the samples.
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
        """Properties of the layer for the page."""
        names = ("name", "kind", "low", "high", "background", "colours", "threshold", "on")
        return {**{name: getattr(self, name) for name in names}, "network": self.network is not None}


def layer(source: Source, name: str) -> Layer:
    """Make a layer: find out what a survey holds, from a few pieces spread over it.

    Args:
        source: survey of two or three axes.
        name: name of the layer on the page.
    """
    source = probabilities(source) if _is_percent(source) else source
    every = _some(source)
    if _is_label(every):
        source = _KnownSource(source)
        every = every[~is_unknown(every)]
    values = every[every != 0]  # zeros may be padding
    threshold = fault_threshold(source.grid.ndim)
    if not values.size:
        note = f"{name} has no sample that is finite and not zero where it was looked at."
        return Layer(source, name, "probability", 0.0, 1.0, note=note)
    low, high = float(values.min()), float(values.max())
    whole = bool(np.all(values == np.rint(values)))
    if whole and low >= 0 and high < 256 and len(np.unique(values)) <= _CLASSES:
        kind: Kind = "classes" if high > 1 else "probability"
        if kind == "classes" and isinstance(source, TraceSource):
            source = _KnownSource(source)  # samples that a trace lacks are of no class
        background = 2 * len(values) < len(every)
        return Layer(source, name, kind, 0.0, max(high, 1.0), background=background, threshold=threshold)
    if low >= 0 and high <= 1:
        return Layer(source, name, "probability", 0.0, 1.0, threshold=threshold)
    eight_bits = whole and low >= 0 and high < 256
    if low < 0 < high:
        limit = float(np.percentile(np.abs(values), 99))
        return Layer(source, name, "amplitude", -limit, limit)
    low, high = (float(v) for v in np.percentile(values, (1, 99)))
    # 8-bit amplitudes have their zero in the middle of the range; other values of one sign, such as velocities, do not.
    colours = "grey" if eight_bits and 96 < np.median(values) < 160 else "batlow"
    return Layer(source, name, "amplitude", low, high if high > low else low + 1, colours=colours)


def network_layer(below: Layer, network: SectionNetwork, *, on: bool) -> Layer:
    """Layer of a network's results for the sections of a survey.

    Args:
        below: layer of the survey's amplitudes.
        network: network that is applied.
        on: whether the layer is shown at first.
    """
    if network.classes == 0:
        return replace(below, name=network.name, on=on, network=network, note="")
    kind: Kind = "probability" if network.classes == 1 else "classes"
    high = max(1.0, network.classes - 1.0)
    return Layer(below.source, network.name, kind, 0.0, high, threshold=network.threshold, on=on, network=network)


def _is_label(values: NDArray[np.float32]) -> bool:
    """Whether values are whole numbers of few classes, some of them unknown."""
    unknown = is_unknown(values)
    rest = values[~unknown]
    few = rest.size and rest.min() >= 0 and rest.max() < _CLASSES and len(np.unique(rest)) > 1
    return bool(unknown.any() and few and np.all(rest == np.rint(rest)))


class _KnownSource(ScannedSource):
    """Labels with NaN where the class is not known, or the file has no sample."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source, self.grid, self.dtype = source, source.grid, np.dtype(np.float32)

    @property
    def path(self) -> Path | None:  # type: ignore[override]
        """Path of the labels."""
        return self.source.path

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block."""
        block = self.source.read(slices)
        unknown = is_unknown(block)
        if isinstance(self.source, TraceSource):
            unknown |= ~self.source.exists(slices)
        return np.where(unknown, np.float32(np.nan), block)

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``."""
        return self.source.describe()


def _is_percent(source: Source) -> bool:
    """Whether samples are per cent, as ``--samples int8`` writes them; 8-bit amplitudes reach below -1."""
    if source.dtype != PERCENT or is_marked(source):
        return is_marked(source)
    values = _some(source)
    low, high = (float(f(values, initial=0)) for f in (np.min, np.max))
    # Numbers of classes, too, are -1 where there are no data, and few.
    return bool(values.size and high <= 100 and (low >= 0 or (low == -1 and high >= _FEW)))


def _some(source: Source) -> NDArray[np.float32]:
    """Finite samples from some places of a survey."""
    blocks = list(slabs(source.grid.shape, getattr(source, "chunk_rows", 1), _BYTES))
    chosen = sorted({int(k) for k in np.linspace(0, len(blocks) - 1, _PLACES)})
    parts = []
    for k in chosen:
        block = source.read(blocks[k])
        parts.append(block[np.isfinite(block)])
    return np.concatenate(parts)
