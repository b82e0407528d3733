"""Folded and faulted layers with their labels, by back-mapping.

The workflow of Wu et al. (2019, Geophysics 84(3) IM35, doi:10.1190/geo2018-0646.1): a 1-D reflectivity is folded,
sheared and faulted, convolved with a wavelet *after* faulting, and noise is added. Instead of deforming an image
step by step, every output sample is traced back through the faults (latest first), the shear and the folds to the
depth at which its layer was deposited. One interpolation then gives the reflectivity, and the depth itself is the
relative geologic time. Further features of real sections are described by
:class:`~geocnn.synthetic.structure.ranges.StructureRanges`: an unconformity, above which a second, milder series of
folds and faults is undone before the first one, and packages of layers of several kinds.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from geocnn.errors import DataError
from geocnn.hardware import threads
from geocnn.synthetic.structure.acquisition import finish, static_shifts
from geocnn.synthetic.structure.edges import continuation, low_fold, pad_samples
from geocnn.synthetic.structure.faults import Fault, Labels, draw_faults, unfault
from geocnn.synthetic.structure.imaging import (
    BLOCK,
    MARGIN,
    Image,
    chaos_of,
    convolve,
    draw_image,
    loudness,
    moments,
    noise_of,
    smooth,
)
from geocnn.synthetic.structure.layers import Package, Surfaces, column_of, deposition, draw_packages, unconformity
from geocnn.synthetic.structure.ranges import FAULTSEG3D, FIELD, PRESETS, QUIET, StructureRanges

__all__ = ["FAULTSEG3D", "FIELD", "PRESETS", "QUIET", "Fault", "StructureRanges", "StructureSample", "structure"]


class StructureSample(NamedTuple):
    """A synthetic volume and its labels, all of one shape, vertical axis last."""

    seismic: Float[Tensor, "*space"]
    """Amplitude with noise; the noise-free part has mean zero and unit standard deviation."""
    fault: Bool[Tensor, "*space"]
    """The two samples beside each fault plane, where there is enough signal to see it."""
    time: Float[Tensor, "*space"]
    """Relative geologic time: depth of deposition, samples; it increases with age."""
    clean: Float[Tensor, "*space"]
    """Amplitude without noise."""
    number: Int[Tensor, "*space"]
    """Number of the fault in ``faults``, from 1, whether visible or not; 0 without a fault."""
    throw: Float[Tensor, "*space"]
    """Vertical displacement of that fault at the sample, samples; 0 without a fault."""
    faults: tuple[Fault, ...]
    """The faults, the oldest first."""

    def of_faults(self, values: list[float]) -> Float[Tensor, "*space"]:
        """Values, one per fault, put at the samples of each fault; NaN elsewhere."""
        table = torch.tensor([float("nan"), *values], device=self.number.device)
        return table[self.number.long()]

    @property
    def dip(self) -> Float[Tensor, "*space"]:
        """Angle of the fault's plane against the horizontal, degrees; NaN without a fault."""
        return self.of_faults([float(np.degrees(np.arccos(abs(fault.normal[2])))) for fault in self.faults])

    @property
    def strike(self) -> Float[Tensor, "*space"]:
        """Direction of the horizontal in the fault's plane, degrees from axis 0, dip to its right; NaN elsewhere."""
        angles = [np.degrees(np.arctan2(fault.normal[1], fault.normal[0])) - 90 for fault in self.faults]
        return self.of_faults([float(angle % 360) for angle in angles])


class Folds(NamedTuple):
    """Folds and a shear of a volume."""

    bumps: list[tuple[float, float, float, float]]
    """Height, centre (two numbers) and standard deviation of each fold."""
    slopes: tuple[float, float]


class _Scene(NamedTuple):
    """Everything that was drawn at random for one volume."""

    folds: Folds
    faults: list[Fault]
    younger: tuple[Folds, list[Fault]] | None
    """Folds and faults since the younger layers were deposited; None without younger layers."""
    packages: list[Package]
    column: Tensor
    """Reflectivity of the undeformed layers."""
    image: Image
    min_throw: float
    visible: bool
    """Whether only visible parts of faults are labelled."""


def structure(
    index: int,
    *,
    seed: int = 0,
    shape: tuple[int, ...] = (128, 128, 128),
    ranges: StructureRanges | None = None,
    device: torch.device | str = "cpu",
) -> StructureSample:
    """Make synthetic volume or section number ``index`` of the series ``seed``.

    The same (seed, index, shape, ranges) always gives the same sample, whatever process asks for it.

    Args:
        index: number of the sample, 0 or more.
        seed: number of the series, 0 or more.
        shape: (inline, crossline, time) samples, or (trace, time) for a section.
        ranges: what is drawn at random.
        device: where to compute.

    Raises:
        DataError: a number is negative, or ``shape`` has not two or three axes of at least 8 samples.
    """
    if len(shape) not in (2, 3) or min(shape) < 8:
        raise DataError(
            f"--shape is {' '.join(map(str, shape))}; a structure needs 8 or more traces and time samples, or inlines, "
            "crosslines and time samples, such as --shape 128 128 128."
        )
    if min(seed, index) < 0:
        raise DataError(f"seed is {seed} and index {index}; both must be whole numbers from 0 up.")
    # The last bits of matrix products depend on the number of threads on some processors.
    with threads(1):
        return _made(np.random.default_rng((seed, index)), shape, ranges, device)


def _made(
    rng: np.random.Generator, shape: tuple[int, ...], ranges: StructureRanges | None, device: torch.device | str
) -> StructureSample:
    """Make a sample: draw, deposit, deform, image and record."""
    size = *_, nz = shape if len(shape) == 3 else (shape[0], 1, shape[1])
    scene = _draw(rng, size, ranges or StructureRanges())
    time, clean, throw = (torch.empty(size, device=device) for _ in range(3))
    number = torch.empty(size, dtype=torch.int16, device=device)
    column, shifts = scene.column.to(device), static_shifts(scene.image, size)
    chaos = chaos_of(scene.image.seed, size).to(device) if any(p.chaos for p in scene.packages) else None
    surfaces = [Surfaces.of(package, size, device) for package in scene.packages]
    inner = slice(MARGIN, MARGIN + nz)
    for block in _blocks(size, device):
        place = _places(block, nz, device)
        if shifts is not None:
            place[2] += shifts[block].to(device)
        here = [surface.some(block) for surface in surfaces]
        young, old, labels = _back_map(scene, here, place, size)
        disturbed = None if chaos is None else chaos[block]
        position, amplitude, extra = deposition(scene.packages, here, young, old, disturbed)
        reflectivity = _interpolate(column, position).mul_(amplitude).add_(extra)
        clean[block] = convolve(reflectivity.flatten(0, 1), scene.image.wavelets).view_as(clean[block])
        time[block], throw[block], number[block] = (
            position[..., inner],
            labels.throw[..., inner],
            labels.number[..., inner],
        )
    time, clean, throw, number = (part.flatten(0, 1) for part in (time, clean, throw, number))
    torn = _disturbed(scene.packages, time) if chaos is not None else None
    time -= scene.packages[0].offset
    if scene.image.blur:
        clean = smooth(clean.view(size), (scene.image.blur, scene.image.blur)).view(clean.shape)
    mean, std = moments(clean)
    clean.sub_(mean).div_(std)
    level = 10 ** (-scene.image.snr / 20)
    fault = number > 0
    if scene.visible:
        # A small throw changes a reflection only a little: by the sine of its share of the period.
        step = throw.mul(2 * math.pi * scene.image.frequency).clamp_(max=1)
        fault &= step.mul_(loudness(clean)) > max(0.05, 0.5 * level)
        if torn is not None:
            fault &= ~torn
    noise = noise_of(rng, size, scene.image).to(device)
    noise = _along_layers(noise, time) if scene.image.coherent and scene.image.oriented else noise
    seismic = finish(noise.mul_(level).add_(clean).view(size), scene.image)
    low_fold(seismic, fault.view(size), scene.image)
    parts = [part.view(size) for part in (seismic, fault, time, clean, number, throw)]
    if (continued := continuation(scene.image, size)) is not None:
        along, source = continued
        parts = [torch.gather(part, along, source.to(device)) for part in parts]
    parts = pad_samples(parts, scene.image)
    seismic, fault, time, clean, number, throw = (part.view(shape) for part in parts)
    faults = (*scene.faults, *(scene.younger[1] if scene.younger else ()))
    return StructureSample(seismic, fault, time, clean, number, throw, faults)


def _blocks(size: tuple[int, int, int], device: torch.device | str) -> Iterator[tuple[slice, slice]]:
    """Divide traces into blocks: of the size of the cache on a processor, all in one on a GPU.

    They are about as wide along both axes, so that few faults pass through each.
    """
    nx, ny, nz = size
    if torch.device(device).type != "cpu":
        yield slice(nx), slice(ny)
        return
    traces = max(1, BLOCK // (nz + 2 * MARGIN))
    across = -(-ny // -(-ny // max(1, math.isqrt(traces))))
    for x in range(0, nx, traces // across):
        for y in range(0, ny, across):
            yield slice(x, min(x + traces // across, nx)), slice(y, min(y + across, ny))


def _places(block: tuple[slice, slice], nz: int, device: torch.device | str) -> Float[Tensor, "4 x y depth"]:
    """Coordinates of the samples of some traces, including margins, with a row of ones."""
    xs, ys = (torch.arange(part.start or 0, part.stop, device=device) for part in block)
    place = torch.ones((4, len(xs), len(ys), nz + 2 * MARGIN), device=device)
    place[0], place[1] = xs[:, None, None], ys[:, None]
    place[2] = torch.arange(-MARGIN, nz + MARGIN, device=device)
    return place


def _draw(rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges) -> _Scene:
    """Draw folds, shear, faults, layers, wavelet and noise level."""
    folds = _draw_folds(rng, size, ranges)
    faults = draw_faults(rng, size, ranges, int(rng.integers(ranges.faults[0], ranges.faults[1] + 1)))
    younger, cover = None, None
    if ranges.cover and rng.random() < ranges.cover:
        cover = rng.uniform(0.05, 0.8) * size[2]
        milder = ranges.replace(
            bump_height=(0.0, 0.4 * ranges.bump_height[1]), slope=(0.0, 0.3 * ranges.slope[1]), families=0.0
        )
        younger = _draw_folds(rng, size, milder), draw_faults(rng, size, milder, int(rng.integers(0, 3)))
    packages = draw_packages(rng, size, ranges, cover)
    column = torch.from_numpy(column_of(rng, packages))
    image = draw_image(rng, ranges)
    min_throw = max(ranges.min_throw, ranges.visible / image.frequency)
    return _Scene(folds, faults, younger, packages, column, image, min_throw, ranges.visible > 0)


def _draw_folds(rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges) -> Folds:
    """Draw folds and a shear."""
    nx, ny, nz = size
    bumps = [
        (
            rng.uniform(*ranges.bump_height) * rng.choice((-1.0, 1.0)),
            rng.uniform(0, nx),
            rng.uniform(0, ny),
            rng.uniform(*ranges.bump_width),
        )
        for _ in range(rng.integers(ranges.bumps[0], ranges.bumps[1] + 1))
    ]
    bumps += [
        (-rng.uniform(4, 30), rng.uniform(0, nx), rng.uniform(0, ny), rng.uniform(6, 24))
        for _ in range(rng.integers(ranges.domes[0], ranges.domes[1] + 1) if ranges.domes[1] else 0)
    ]
    # Folds that remove more than half of the thickness would overturn layers in a shallow volume.
    thinning = -1.5 / nz * sum(min(height, 0.0) for height, *_ in bumps)
    bumps = [(height * min(1.0, 0.5 / max(thinning, 1e-9)), *rest) for height, *rest in bumps]
    f, g = (rng.uniform(*ranges.slope) * rng.choice((-1.0, 1.0)) for _ in range(2))
    return Folds(bumps, (f, g))


def _back_map(
    scene: _Scene, surfaces: list[Surfaces], place: Float[Tensor, "4 x y depth"], size: tuple[int, int, int]
) -> tuple[Float[Tensor, "x y depth"], Float[Tensor, "x y depth"], Labels]:
    """Depths of deposition of samples above and below the unconformity, and labels of faults."""
    shape, flat, nz = place.shape[1:], size[1] == 1, size[2]
    place = place.flatten(1)
    labels = Labels(torch.zeros_like(place[0]), torch.zeros_like(place[0]))
    young = None
    if scene.younger is not None:
        folds, faults = scene.younger
        latest = list(enumerate(faults, start=1 + len(scene.faults)))[::-1]
        unfault(latest, place, labels, flat=flat, min_throw=scene.min_throw)
        _unfold(folds, place, nz)
        young = place[2].clone()
    before = [part.clone() for part in labels] if young is not None else []
    latest = list(enumerate(scene.faults, start=1))[::-1]
    unfault(latest, place, labels, flat=flat, min_throw=scene.min_throw)
    _unfold(scene.folds, place, nz)
    if young is not None:  # older faults end at the unconformity
        under = torch.empty_like(young).view(shape)
        torch.ge(young.view(shape), unconformity(scene.packages, surfaces), out=under)
        for part, earlier in zip(labels, before, strict=True):
            torch.lerp(earlier, part, under.flatten(), out=part)
    old = place[2].view(shape)
    labels = Labels(*(part.view(shape) for part in labels))
    return (old if young is None else young.view(shape)), old, labels


def _unfold(folds: Folds, place: Float[Tensor, "4 points"], nz: int) -> None:
    """Undo the shear and the folds, in place."""
    x, y, z, ones = place
    f, g = folds.slopes
    z.sub_(x, alpha=f).sub_(y, alpha=g)
    if not folds.bumps:
        return
    # Squared distances from all centres in one product, as |p - c|^2 = |p|^2 - 2 c p + |c|^2. They are measured from
    # the middle of the centres, so that the numbers are small and the difference loses few digits.
    height, middle, product = _bumps(tuple(folds.bumps), place.device)
    features = torch.empty_like(place)
    torch.sub(place[:2], middle, out=features[:2])
    torch.mul(features[0], features[0], out=features[2]).addcmul_(features[1], features[1])
    features[3] = ones
    exponents = product @ features
    # Forward: depth -> depth + (1.5 depth / nz) folds + f x + g y; its inverse is one division.
    z.div_(torch.mv(exponents.clamp_(min=-100).exp2_().T, height).mul_(1.5 / nz).add_(1))


@lru_cache(maxsize=16)
def _bumps(bumps: tuple[tuple[float, float, float, float], ...], device: torch.device) -> tuple[Tensor, ...]:
    """Heights of folds, middle of their centres, and matrix from x, y and their squares to exponents."""
    height, cx, cy, width = torch.tensor(bumps, dtype=torch.float64).T
    middle = torch.stack((cx.mean(), cy.mean()))[:, None]
    cx, cy, scale = cx - middle[0], cy - middle[1], -0.5 / (width.square() * math.log(2))
    product = torch.stack((-2 * cx * scale, -2 * cy * scale, scale, scale * (cx.square() + cy.square())), 1)
    return tuple(part.float().to(device) for part in (height, middle, product))


def _along_layers(noise: Float[Tensor, "traces n"], time: Float[Tensor, "traces n"]) -> Float[Tensor, "traces n"]:
    """Read periodic traces at positions in the column instead of depths, so that flat noise follows the layers."""
    made, n = torch.empty_like(noise), noise.shape[1]
    step = max(1, BLOCK // n)
    for here, at, out in zip(*(torch.split(part, step) for part in (noise, time, made)), strict=True):
        whole = at.floor()
        index = (whole - (whole / n).floor_().mul_(n)).long()  # dividing integers would take longer
        wrapped = torch.cat((here, here[:, :1]), 1)
        upper, lower = wrapped.gather(1, index), wrapped.gather(1, index.add_(1))
        torch.lerp(upper, lower, at - whole, out=out)
    return made


def _disturbed(packages: list[Package], position: Float[Tensor, "traces n"]) -> Bool[Tensor, "traces n"]:
    """Whether samples at these positions of the column are in a disturbed package, where a fault offsets no layers."""
    ends = torch.tensor([package.samples for package in packages], device=position.device).cumsum(0)
    which = torch.bucketize(position, ends.float(), right=True).clamp_(max=len(packages) - 1)
    return torch.tensor([package.chaos > 0 for package in packages], device=position.device)[which]


def _interpolate(column: Float[Tensor, " n"], position: Float[Tensor, "x y depth"]) -> Float[Tensor, "x y depth"]:
    """Interpolate the column linearly at some positions."""
    place = position.flatten().clamp(0, column.shape[0] - 2)
    whole = place.floor()
    index = whole.to(torch.int32)
    upper, lower = column.index_select(0, index), column.index_select(0, index.add_(1))
    return upper.lerp_(lower, place.sub_(whole)).view_as(position)
