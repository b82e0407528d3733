"""Where the traces of a SEG-Y file begin: the delay of each at byte 109, in samples after the first that begins."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.io.segy_fields import Fields, scaled
from geocnn.io.segy_geometry import Geometry
from geocnn.words import number_of

__all__ = ["DELAY_FIELDS", "Delays", "delays_of"]

DELAY_FIELDS = (29, 109, 215)
_DEAD = 2  # trace identification code at byte 29
_MANY = 5  # traces; of fewer none is far from all others
_MAX_FAR = 0.01  # of the traces; of more we do not believe that their headers alone are damaged
_MAX_SAMPLES = 65535  # of a trace of SEG-Y; an axis that is longer comes from numbers that are no delays
_SAME = 0.05  # samples; what differs by less is the same but for rounding


class Delays(NamedTuple):
    """Beginnings of traces.

    Attributes:
        start: where the first of them begins, in the unit of the vertical axis.
        shift: samples that each trace of the file begins later, shape ``(traces,)``; None where all begin together.
        most: the largest of them.
        notes: remarks for the user (label, text).
    """

    start: float
    shift: NDArray[np.int32] | None
    most: int
    notes: list[tuple[str, str]]


def delays_of(fields: Fields, geometry: Geometry, samples: int, step: float, unit: str) -> Delays:
    """Find out where each trace begins.

    Traces that are marked as dead, and a few that would begin more than a trace away from all others, count as
    beginning where most do; so do all where the axis would become too long to be true.

    Args:
        fields: columns for all of ``DELAY_FIELDS``.
        geometry: which traces have a place.
        samples: of a trace.
        step: sample interval.
        unit: of it and of the delays.
    """
    delays = scaled(fields[109], fields[215])
    placed = np.zeros(len(delays), np.bool_)
    placed[geometry.index[geometry.index >= 0]] = True
    placed &= (fields[29] != _DEAD) | ~np.any(placed & (fields[29] != _DEAD))
    values, counts = np.unique(delays[placed], return_counts=True)
    usual = float(values[np.argmax(counts)])
    if len(values) == 1:
        return Delays(usual, None, 0, [])
    far = placed & _far(delays, placed, samples * step)
    used = placed & ~far
    start, end = float(delays[used].min()), float(delays[used].max())
    if samples + (end - start) / step > _MAX_SAMPLES:
        said = f"traces begin at {start:.7g} to {end:.7g} {unit}, too far apart to be true; all are read as if at"
        return Delays(usual, None, 0, [("delay", f"{said} {usual:.7g} {unit}")])
    notes = []
    if far.any():
        said = f"{number_of(int(far.sum()), 'trace')} would begin at {_range(delays[far])} {unit}, far from all others"
        notes.append(("delay", f"{said}; read as if at {usual:g} {unit}"))
    samples_later = (np.where(used, delays, usual) - start) / step
    shift = np.rint(samples_later).astype(np.int32)
    if (later := used & (delays > start)).any():
        said = f"{int(later.sum())} of {number_of(int(placed.sum()), 'trace')} begin at {_range(delays[later])} {unit}"
        moved = np.abs(samples_later - shift).max() > _SAME
        between = "; what lies between samples is moved to the nearest one" if moved else ""
        notes.append(("delay", f"{said}, the others at {start:g} {unit}; what they lack counts as muted{between}"))
    most = int(shift.max())
    return Delays(start, shift if most else None, most, notes)


def _far(delays: NDArray[np.float64], placed: NDArray[np.bool_], length: float) -> NDArray[np.bool_]:
    """Delays that are more than a trace away from those of all others; none where they are more than a few."""
    low, high = np.quantile(delays[placed], (0.25, 0.75), method="nearest")
    reach = max(length, 3 * (high - low))
    far = (delays < low - reach) | (delays > high + reach)
    count = np.count_nonzero(placed)
    few = count >= _MANY and np.count_nonzero(far & placed) <= max(1, _MAX_FAR * count)
    return far if few else np.zeros_like(far)


def _range(values: NDArray[np.float64]) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
