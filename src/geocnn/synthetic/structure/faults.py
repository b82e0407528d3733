"""Faults: surfaces along which layers have slipped, with bending around them."""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from geocnn.synthetic.structure.ranges import StructureRanges

__all__ = ["Fault", "Labels", "draw_faults", "unfault"]

Row = tuple[float, float, float, float]
Span = tuple[float, float]

_LOG2_E = 1 / math.log(2)


class Fault(NamedTuple):
    """One fault; vectors are in samples along (inline, crossline, vertical), downward positive."""

    centre: tuple[float, float, float]
    normal: tuple[float, float, float]
    """Unit vector across the plane, towards the hanging wall."""
    strike: tuple[float, float, float]
    """Unit vector along the plane, horizontal."""
    dip: tuple[float, float, float]
    """Unit vector down the plane."""
    slip: float
    """Displacement of the hanging wall along ``dip`` at the centre, negative for a reverse fault."""
    radius: tuple[float, float]
    """Extents of the slip along strike and dip: standard deviations, or half the way to the tip line."""
    form: str = "gaussian"
    """Change of slip along the fault: gaussian about the centre, linear along dip, or to a tip line."""
    bend: float = 0.0
    """Distance of the fault from its plane at one radius up or down dip, towards the hanging wall."""
    drag: tuple[float, float] = (0.0, 1.0)
    """Share of the slip that is taken up by bending, and the distance within which it is."""
    fades: float = 0.0
    """Distance within which slip dies out away from the plane; 0 if it does not."""
    moves: float = 1.0
    """Share of the slip by which the hanging wall moves; the foot wall moves by the rest."""
    zone: float = 0.0
    """Width of the zone across which one wall gradually passes into the other; 0 for a sharp plane."""

    @property
    def throw(self) -> float:
        """Vertical part of the slip at the centre, samples."""
        return abs(self.slip * self.dip[2])

    @property
    def frame(self) -> tuple[Row, ...]:
        """Rows from (x, y, z, 1) to the distance from the plane, and to positions along strike and dip in radii."""
        x, y, z = self.centre
        rows = (self.normal, 1.0), (self.strike, self.radius[0]), (self.dip, self.radius[1])
        return tuple((a / r, b / r, c / r, -(a * x + b * y + c * z) / r) for (a, b, c), r in rows)


class Labels(NamedTuple):
    """Labels of samples beside faults."""

    number: Float[Tensor, " points"]
    """Number of the fault, from 1; 0 elsewhere."""
    throw: Float[Tensor, " points"]
    """Throw of the fault at the sample, samples; 0 elsewhere."""


def draw_faults(
    rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges, count: int
) -> list[Fault]:
    """Draw faults, each with its own strike, dip and throw, or in one or two families."""
    if ranges.stretch[1] > ranges.stretch[0]:
        stretch = math.exp(rng.uniform(*np.log(ranges.stretch)))
        low, high = (math.degrees(math.atan(stretch * math.tan(math.radians(dip)))) for dip in ranges.dip)
        ranges = ranges.replace(dip=(max(1.0, low), min(90.0, high)))
    if not ranges.families or rng.random() >= ranges.families:
        return [_draw_fault(rng, size, ranges) for _ in range(count)]
    families = []
    for _ in range(rng.integers(1, 3)):
        strike, dip, throw = rng.uniform(*ranges.strike), rng.uniform(*ranges.dip), rng.uniform(*np.log(ranges.throw))
        families.append((strike, dip, throw, rng.random() < ranges.reverse, int(rng.choice((-1, 1)))))
    faults = []
    for _ in range(count):
        strike, dip, throw, reverse, side = families[rng.integers(len(families))]
        narrow = {
            "strike": (strike - 10, strike + 10),
            "dip": (max(1.0, dip - 5), min(90.0, dip + 5)),
            "throw": (math.exp(throw) / 1.6, math.exp(throw) * 1.6),
            "reverse": float(reverse),
        }
        faults.append(_draw_fault(rng, size, ranges.replace(**narrow), side=side))
    return faults


def _draw_fault(
    rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges, side: int | None = None
) -> Fault:
    """Draw one fault; its plane crosses the volume."""
    azimuth, dip = math.radians(rng.uniform(*ranges.strike)), math.radians(rng.uniform(*ranges.dip))
    if size[1] == 1:  # sections lie across the faults: apparent dips stay near the true ones
        half = rng.integers(2) if side is None else (side + 1) // 2
        azimuth = math.radians(rng.uniform(-60, 60) + 180 * half)
    along = (math.cos(azimuth), math.sin(azimuth))
    throw = math.exp(rng.uniform(*np.log(ranges.throw))) * (-1 if rng.random() < ranges.reverse else 1)
    centre = (rng.uniform(0.05, 0.95, 3) * size).tolist()
    radius = (rng.uniform(*ranges.extent) * max(size), rng.uniform(*ranges.extent) * max(size))
    short = bool(ranges.short and rng.random() < ranges.short)
    if short:
        radius = (radius[0] / 4, radius[1] / 4)
        throw = math.copysign(min(abs(throw), 0.6 * radius[1] * math.sin(dip)), throw)
    fault = Fault(
        centre=(centre[0], centre[1], centre[2]),
        normal=(math.sin(dip) * along[0], math.sin(dip) * along[1], -math.cos(dip)),
        strike=(-along[1], along[0], 0.0),
        dip=(math.cos(dip) * along[0], math.cos(dip) * along[1], math.sin(dip)),
        slip=throw / math.sin(dip),
        radius=radius,
        form="linear" if rng.random() < ranges.linear else "gaussian",
    )
    fault = _bent(rng, fault, max(size), ranges)
    # A short fault ends at a tip line; its curvature is the same over a quarter of the length.
    return fault._replace(form="tip", bend=fault.bend / 16) if short else fault


def _bent(rng: np.random.Generator, fault: Fault, longest: int, ranges: StructureRanges) -> Fault:
    """The fault with properties that the published workflow lacks, as the ranges ask for."""
    if ranges.tips and rng.random() < ranges.tips:
        fault = fault._replace(form="tip")
    if any(ranges.curvature):
        fault = fault._replace(bend=rng.uniform(*ranges.curvature))
    if ranges.drag[1] and rng.random() < 0.5:
        fault = fault._replace(drag=(rng.uniform(*ranges.drag), rng.uniform(2, 12)))
    if ranges.rollover and rng.random() < ranges.rollover:
        fault = fault._replace(fades=rng.uniform(0.2, 1.5) * longest, moves=rng.uniform(0.5, 1))
    if ranges.zone and rng.random() < ranges.zone:
        # It is not wider than the throw is high: gentler slopes are folds.
        fault = fault._replace(zone=rng.uniform(0.2, 1.0) * min(fault.throw, 12.0))
    return fault


class _Constants(NamedTuple):
    """Numbers of a fault as tensors; plain numbers would have to be converted in every operation."""

    frame: tuple[Row, ...]
    """:attr:`Fault.frame`."""
    rows: Float[Tensor, "3 4"]
    """Rows of :attr:`Fault.frame`; strike and dip are in units in which the form of slip is simplest, a power of 2."""
    dip: Float[Tensor, " 3"]
    slip: Float[Tensor, ""]
    bend: Float[Tensor, ""]
    dragged: Float[Tensor, ""]
    rates: Float[Tensor, " 2"]
    """Negative inverse distances within which there is drag, and within which slip dies out, for powers of 2."""
    still: Float[Tensor, ""]
    """Share of the slip by which the foot wall moves."""


@lru_cache(maxsize=256)
def _constants(fault: Fault, device: torch.device) -> _Constants:
    """Numbers of a fault as tensors on a device."""
    # Powers of 2 take a fraction of the time of powers of e on a processor.
    scale = math.sqrt(0.5 * _LOG2_E) if fault.form == "gaussian" else 0.5
    frame = torch.tensor(fault.frame, dtype=torch.float64)
    frame[1:] *= scale
    if fault.form == "linear":
        frame[2, 3] += 1
    share, width = fault.drag
    numbers = (
        frame,
        torch.tensor(fault.dip, dtype=torch.float64),
        fault.slip,
        fault.bend / scale**2,
        -share,
        (-_LOG2_E / width, -_LOG2_E / fault.fades if fault.fades else 0.0),
        1 - fault.moves,
    )
    tensors = (torch.as_tensor(number, dtype=torch.float64).float().to(device) for number in numbers)
    return _Constants(fault.frame, *tensors)


class _Box(NamedTuple):
    """A box around samples: what a fault does there as a whole is known without a look at each of them."""

    middle: tuple[float, float, float]
    half: tuple[float, float, float]
    """Half of the extent along each axis."""

    @classmethod
    def of(cls, place: Float[Tensor, "4 points"]) -> "_Box":
        """The smallest box around some samples."""
        low, high = place[:3].amin(1).tolist(), place[:3].amax(1).tolist()
        ends = list(zip(low, high, strict=True))
        x, y, z = ((a + b) / 2 for a, b in ends)
        u, v, w = ((b - a) / 2 for a, b in ends)
        return cls((x, y, z), (u, v, w))

    def span(self, row: Row) -> Span:
        """Smallest and largest value of a linear function in it."""
        (x, y, z), (u, v, w) = self
        a, b, c, d = row
        value, reach = a * x + b * y + c * z + d, abs(a) * u + abs(b) * v + abs(c) * w
        return value - reach, value + reach

    def moved(self, fault: Fault) -> "_Box":
        """A box that holds the samples wherever the fault has moved them."""
        slip = fault.slip * (1.5 if fault.form == "linear" else 1.0)
        mean, reach = slip * (fault.moves - 0.5), abs(slip) / 2
        (x, y, z), (u, v, w) = self
        a, b, c = fault.dip
        return _Box(
            (x - mean * a, y - mean * b, z - mean * c), (u + reach * abs(a), v + reach * abs(b), w + reach * abs(c))
        )


def unfault(
    faults: list[tuple[int, Fault]],
    place: Float[Tensor, "4 points"],
    labels: Labels,
    *,
    flat: bool,
    min_throw: float,
) -> None:
    """Undo faults: move their walls back along dip, and label the samples beside their planes; both in place.

    Args:
        faults: numbers of faults, from 1, and the faults, the latest first.
        place: coordinates of the samples along inline, crossline and depth, and a row of ones.
        labels: labels of the samples so far; those of later faults are kept.
        flat: whether it is a section, whose second axis has one sample.
        min_throw: throw below which nothing is labelled.
    """
    if not faults:
        return
    box = _Box.of(place)
    for number, fault in faults:
        if _undo(fault, number, place, labels, box, flat=flat, min_throw=min_throw):
            box = box.moved(fault)


def _undo(
    fault: Fault,
    number: int,
    place: Float[Tensor, "4 points"],
    labels: Labels,
    box: _Box,
    *,
    flat: bool,
    min_throw: float,
) -> bool:
    """Undo one fault for samples within a box; returns whether any may have moved."""
    numbers = _constants(fault, place.device)
    between, slips = _extent(fault, numbers.frame, box)
    # Two samples wide along the axis that crosses the plane most directly.
    across = max(abs(fault.normal[0]), 0 if flat else abs(fault.normal[1]), abs(fault.normal[2]))
    wide = max(across, fault.zone / 2)
    foot, beside = between[1] < -wide, between[0] <= wide and between[1] >= -wide
    if not slips or (foot and fault.moves >= 1):
        return False
    # One product for all three coordinates; sums would need more passes over the samples.
    if beside or fault.drag[0] or fault.fades:
        distance, along, down = numbers.rows @ place
        if fault.bend:
            distance.sub_(_bend(fault, down, numbers))
    else:
        distance, (along, down) = None, numbers.rows[1:] @ place
    slip = _slip(fault, down, along, numbers)
    if slip is None:
        return False
    if distance is not None:
        if beside:
            _label(fault, number, slip, distance, across, labels, min_throw=min_throw)
        _taper(fault, slip, distance, numbers)
    if beside and distance is not None:
        hanging = _hanging(fault, distance)
        slip.mul_(hanging.sub_(numbers.still) if fault.moves < 1 else hanging)
        share = 1.0
    else:
        share = fault.moves - 1 if foot else fault.moves
    place[:3].addr_(numbers.dip, slip, alpha=-share)
    return True


def _extent(fault: Fault, frame: tuple[Row, ...], box: _Box) -> tuple[Span, bool]:
    """Distances from the fault that occur within a box, and whether there may be slip in it."""
    near, far = box.span(frame[0])
    along, down = box.span(frame[1]), box.span(frame[2])
    if fault.bend:
        ends = fault.bend * _least_square(down), fault.bend * max(down[0] ** 2, down[1] ** 2)
        near, far = near - max(ends), far - min(ends)
    if fault.form == "linear":
        return (near, far), down[1] > -2
    # Beyond six standard deviations coordinates have no digits for the slip.
    return (near, far), _least_square(along) + _least_square(down) < (4 if fault.form == "tip" else 36)


def _least_square(span: Span) -> float:
    """Smallest square of a number in a range."""
    low, high = span
    return low * low if low > 0 else high * high if high < 0 else 0.0


def _taper(fault: Fault, slip: Tensor, distance: Tensor, numbers: _Constants) -> None:
    """Lessen the slip by drag near the plane, and away from a fault whose slip dies out; in place."""
    if fault.drag[0]:
        slip.addcmul_(slip, distance.abs().mul_(numbers.rates[0]).exp2_().mul_(numbers.dragged))
    if fault.fades:
        slip.mul_(distance.abs().mul_(numbers.rates[1]).exp2_())


def _hanging(fault: Fault, distance: Tensor) -> Tensor:
    """Share of the hanging wall at samples, whose distances are overwritten: 0.0 in the foot wall."""
    if fault.zone:
        return distance.mul_(1 / fault.zone).add_(0.5).clamp_(0, 1)
    return torch.gt(distance, 0, out=distance)  # as 0.0 or 1.0: faster than torch.where


def _bend(fault: Fault, down: Tensor, numbers: _Constants) -> Tensor:
    """Distance of the fault from its plane, at positions down dip."""
    return (down - 1 if fault.form == "linear" else down).square().mul_(numbers.bend)


def _slip(fault: Fault, down: Tensor, along: Tensor, numbers: _Constants) -> Tensor | None:
    """Slip at positions along dip and strike, whose memory is reused; None if there is no slip anywhere."""
    if fault.form == "linear":
        return down.clamp_(0, 1.5).mul_(numbers.slip)
    squared = down.square_().addcmul_(along, along)
    if fault.form == "tip":
        share = squared.neg_().add_(1).clamp_(min=0)
        return share.mul_(numbers.slip) if share.amax() > 0 else None
    # Numbers below the range of float32 would take several times as long.
    return squared.neg_().clamp_(min=-100).exp2_().mul_(numbers.slip)


def _label(
    fault: Fault, number: int, slip: Tensor, distance: Tensor, across: float, labels: Labels, *, min_throw: float
) -> None:
    """Label the samples beside the plane, in place; they are few, so they are selected first."""
    slips: Any
    numbers: Any
    throws: Any
    near: Any
    slips, numbers, throws = slip, *labels
    if distance.device.type == "cpu":  # the same in NumPy, which takes less time for so few numbers
        slips, numbers, throws = (part.numpy() for part in (slip, *labels))
        near = np.flatnonzero(np.abs(distance.numpy()) < np.float32(across))
    else:
        near = torch.nonzero(distance.abs() < across)[:, 0]
    throw = abs(slips[near]) * (fault.dip[2] * (1 - fault.drag[0]))
    fresh = (throw > min_throw) & (numbers[near] == 0)
    near, throw = near[fresh], throw[fresh]
    numbers[near] = float(number)
    throws[near] = throw
