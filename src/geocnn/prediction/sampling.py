"""How a survey should be resampled for a network: by which powers of two, and why."""

import math
from collections.abc import Sequence

import numpy as np

from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.interpretation.objects import metres
from geocnn.io.source import Source
from geocnn.prediction.spectrum import dominant_frequency

__all__ = ["MOST", "resampling", "stretch_of"]

MOST = 16.0
"""Largest factor; the least one is its inverse."""
_CYCLES = 8
"""Least number of cycles of the dominant frequency per trace for a survey to be an oversampled reflection record."""
_RATIO = (0.3, 12.0)
"""Range of trace spacing over vertical step, both in metres; beyond it dips are unlike any in the training."""


def stretch_of(
    source: Source, *, frequency: tuple[float, float] = (0.05, 0.26), velocity: float = 2000.0
) -> tuple[tuple[float, ...], str]:
    """Find out whether a survey should be resampled for a network, and by which powers of two.

    If the dominant frequency is below the range ``frequency``, the vertical factor brings it next to the middle of that
    range; if it is above, the smallest change brings it inside. If the spacing of traces, known from regular map
    coordinates, is then outside 0.3 to 12 times the vertical step, the smallest change brings it inside. An axis is not
    resampled by factors beyond 1/16 to 16, because such numbers are no seismic amplitudes, or no metres; nor if it has
    a single sample. The vertical axis is not resampled if a trace has fewer than 8 cycles of the dominant frequency, as
    in a velocity model.

    Args:
        source: survey; some 200 of its traces are read.
        frequency: range of dominant frequencies that the network knows well, cycles per sample. The default covers most
            of :data:`geocnn.synthetic.structure.FIELD`, up to the frequency of white noise, which no resampling
            improves.
        velocity: for the conversion of two-way time to depth, m/s.

    Returns:
        Factors (new samples per old sample), one per axis; and a sentence without its full stop that gives the reason.

    Raises:
        DataError: frequencies or velocity are not positive.
    """
    low, high = frequency
    if not 0 < low < high:
        raise DataError(f"frequency is {low:g} to {high:g}; a smaller and a larger positive number are needed.")
    found, grid = dominant_frequency(source), source.grid
    few, vertical = found < low and found * grid.shape[-1] < _CYCLES, grid.axes[-1]
    down = 1.0 if few else _vertical(found, low, high)
    across, ratios = _across(grid, down, velocity)
    needed = f"needed are {low:g} to {high:g}"
    reasons = [f"dominant frequency is {found:.2g} cycles per sample{_physical(found, vertical)}, {needed}"]
    if found == 0:
        reasons = ["no trace has a spectrum"]
    elif few:
        reasons[0] += f", but a trace has fewer than {_CYCLES} cycles of it, too few for a record of reflections"
    elif down == 1 and not low <= found <= high:
        reasons[0] += f", which no factor of 1/{MOST:g} to {MOST:g} would give"
    for axis, ratio, factor in zip(grid.axes, ratios, across, strict=False):
        if factor != 1:
            reasons.append(f"spacing along {axis.name} is {ratio:.3g} vertical steps, needed are 0.3 to 12")
    factors = (*across, down)
    return factors, f"{'; '.join(reasons)}: {resampling(grid, factors)}"


def _physical(frequency: float, axis: Axis) -> str:
    """The frequency in the unit of the axis, in words; empty where the unit is not known."""
    step = abs(axis.step)
    if axis.unit in ("ms", "s") and step > 0:
        return f" ({frequency / step * (1000 if axis.unit == 'ms' else 1):.3g} Hz at {step:g} {axis.unit})"
    if axis.unit == "m" and step > 0:
        return f" ({1000 * frequency / step:.3g} per km at {step:g} m)"
    return ""


def resampling(grid: Grid, factors: Sequence[float]) -> str:
    """What is resampled, in words."""
    pairs = zip(grid.names, factors, strict=True)
    parts = [
        f"{name} is resampled to {f'{factor:g} samples for one' if factor > 1 else f'one sample for {1 / factor:g}'}"
        for name, factor in pairs
        if factor != 1
    ]
    return " and ".join(parts) or "nothing is resampled"


def _vertical(found: float, low: float, high: float) -> float:
    """Power of two that brings a frequency into a range; 1 if it is inside already."""
    if found == 0 or low <= found <= high:
        return 1.0
    # Surplus samples cost time without telling anything new; fewer samples put more of the survey within reach.
    power = math.ceil(math.log2(found / high)) if found > high else round(math.log2(found / math.sqrt(low * high)))
    factor = 2.0**power
    return factor if 1 / MOST <= factor <= MOST else 1.0


def _across(grid: Grid, down: float, velocity: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Factors of the horizontal axes, and the trace spacing before them, in vertical steps after resampling."""
    if not grid.spacing or grid.axes[-1].step == 0:
        return (1.0,) * (grid.ndim - 1), ()
    scale = np.abs(metres(grid, grid.spacing, velocity)).tolist()
    ratios = tuple(side / (scale[-1] / down) for side in scale[:-1])
    found = zip(ratios, grid.shape, strict=False)
    return tuple(_horizontal(ratio) if size > 1 else 1.0 for ratio, size in found), ratios


def _horizontal(ratio: float) -> float:
    """Power of two closest to 1 that brings the ratio of spacing to vertical step into its range; 1 if none does."""
    low, high = _RATIO
    factor = 1.0
    if ratio < low:
        factor = 2.0 ** -math.ceil(math.log2(low / ratio))
    elif ratio > high:
        factor = 2.0 ** math.ceil(math.log2(ratio / high))
    return factor if 1 / MOST <= factor <= MOST else 1.0
