"""Layers as deposited: packages with boundaries, which may be inclined, rough or disturbed."""

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from geocnn.synthetic.structure.ranges import StructureRanges

__all__ = ["Package", "Surfaces", "Waves", "column_of", "deposition", "draw_packages", "unconformity"]


class Waves(NamedTuple):
    """A smooth random surface: a sum of plane waves, possibly with a channel cut into it or a ridge on it."""

    vectors: tuple[tuple[float, float], ...]
    phases: tuple[float, ...]
    height: float
    channel: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 1.0, 0.0)
    """Depth (negative for a ridge); a, b, c of the position a x + b y + c in half widths; amount of meandering."""

    @classmethod
    def draw(cls, rng: np.random.Generator, height: float, shortest: float, longest: float, count: int = 5) -> "Waves":
        """Draw a surface of standard deviation ``height``; wavelengths are ``shortest`` to ``longest`` samples."""
        lengths = np.exp(rng.uniform(math.log(shortest), math.log(longest), count))
        angles = rng.uniform(0, 2 * math.pi, count)
        vectors = tuple(zip((np.cos(angles) / lengths).tolist(), (np.sin(angles) / lengths).tolist(), strict=True))
        return cls(vectors, tuple(rng.uniform(0, 2 * math.pi, count).tolist()), height * math.sqrt(2 / count))

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """Height of the surface at some places."""
        total = torch.zeros_like(x)
        for (a, b), phase in zip(self.vectors, self.phases, strict=True):
            total += torch.sin(2 * math.pi * (a * x + b * y) + phase)
        total.mul_(self.height)
        depth, a, b, c, meander = self.channel
        if depth:
            off = a * x + b * y + c + meander * torch.sin(0.7 * (a * y - b * x))
            total += torch.exp(off.square_().mul_(-2)) * depth
        return total

    @property
    def reach(self) -> float:
        """Height that the surface hardly exceeds."""
        return 3 * self.height + abs(self.channel[0])


class Package(NamedTuple):
    """Layers between two boundaries; depths are those of deposition, in samples."""

    top: float
    """Depth of the upper boundary, -inf for the first package."""
    relief: Waves
    """Relief of the upper boundary."""
    conformable: bool
    """Whether the layers follow the upper boundary; otherwise it truncates the layers below."""
    offset: float
    """Sample of the column at the upper boundary; for the first package at depth 0."""
    samples: int
    """Number of samples in the column."""
    strength: float
    """Amplitude of the layers."""
    thickness: float
    """Mean thickness of the layers."""
    marker: float
    """Reflectivity of the upper boundary."""
    patches: Waves | None
    """Surface that is above zero where the boundary reflects; None if it reflects everywhere."""
    lateral: Waves
    """Logarithm of the amplitude along the package."""
    inclined: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Dip of the layers along both horizontal axes, samples per sample, and how much they flatten at both ends."""
    rough: Waves | None = None
    """Shift of the layers near the top; None without."""
    chaos: float = 0.0
    """Disturbance of the layers, samples."""
    young: bool = False
    """Whether it lies over the unconformity."""


def draw_packages(
    rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges, cover: float | None
) -> list[Package]:
    """Draw packages from the top down.

    Args:
        rng: random numbers.
        size: size of the volume.
        ranges: ranges from which properties are drawn.
        cover: depth of the unconformity, None without one.
    """
    nx, ny, nz = size
    count = int(rng.integers(ranges.packages[0], ranges.packages[1] + 1))
    tops = [-math.inf, *sorted(rng.uniform(0.02, 0.98, count - 1) * nz)]
    if cover is not None:
        tops = sorted({*tops, cover})
    packages: list[Package] = []
    offset = 0.0
    for number, top in enumerate(tops):
        package = _draw_package(rng, top, ranges, size)
        young = cover is not None and top < cover
        opens = number == 0 or (not young and packages[-1].young)  # what lies above its top is not known yet
        last = number + 1 == len(tops)
        thick = 3.0 * nz if last else tops[number + 1] - max(top, 0.0)
        steep = (nx + ny) * max(map(abs, package.inclined[:2])) + package.inclined[2]
        reach = math.ceil(2 * package.relief.reach + steep + 4 * package.chaos + 16) + (2 * nz if opens else 0)
        package = package._replace(young=young, offset=offset + reach, conformable=package.conformable and not opens)
        packages.append(package._replace(samples=math.ceil(thick) + 2 * reach))
        offset += packages[-1].samples
    return packages


def _draw_package(rng: np.random.Generator, top: float, ranges: StructureRanges, size: tuple[int, int, int]) -> Package:
    """Draw a package; its position in the column is set later."""
    longest, first = float(max(size[:2])), not math.isfinite(top)
    weak, loud = ranges.marker
    package = Package(
        top=top,
        relief=Waves.draw(rng, 0.0 if first else rng.uniform(*ranges.relief), longest / 4, 2 * longest),
        conformable=bool(rng.random() < 0.5),
        offset=0.0,
        samples=0,
        strength=float(np.exp(rng.uniform(-1.0, 0.3))),
        thickness=rng.uniform(*ranges.thickness),
        marker=0.0 if first else (weak + (loud - weak) * rng.random() ** 2) * rng.choice((-1.0, 1.0)),
        patches=None,
        lateral=Waves.draw(rng, rng.uniform(*ranges.lateral), longest / 8, longest),
    )
    if ranges.patchy and rng.random() < ranges.patchy:
        package = package._replace(patches=Waves.draw(rng, 1.0, longest / 8, longest))
    if rng.random() < ranges.transparent:
        package = package._replace(strength=package.strength * rng.uniform(0.0, 0.15))
    if rng.random() < ranges.clinoforms:
        steep, angle = rng.uniform(0.05, 0.5), rng.uniform(0, 2 * math.pi)
        along = (steep * math.cos(angle), steep * math.sin(angle)) if size[1] > 1 else (steep * rng.choice((-1, 1)), 0)
        package = package._replace(inclined=(*along, rng.uniform(0, 20)), conformable=False)
    if not first and rng.random() < ranges.rugged:
        package = package._replace(rough=Waves.draw(rng, rng.uniform(0.5, 3.0), 5.0, 25.0, count=8))
    if not first and rng.random() < ranges.channels:
        relief = package.relief._replace(channel=_channel(rng, size, rng.uniform(3, 20), rng.uniform(8, 40)))
        package = package._replace(relief=relief, conformable=False)
    elif not first and ranges.mounds and rng.random() < ranges.mounds:
        relief = package.relief._replace(channel=_channel(rng, size, -rng.uniform(5, 30), rng.uniform(12, 50)))
        package = package._replace(relief=relief, conformable=False)
    if rng.random() < ranges.chaos:
        package = package._replace(chaos=rng.uniform(2.0, 10.0))
    return package


def _channel(
    rng: np.random.Generator, size: tuple[int, int, int], depth: float, width: float
) -> tuple[float, float, float, float, float]:
    """Draw the course of a channel, or of a ridge (negative depth), through a volume; in a section it runs across."""
    angle = rng.uniform(0, 2 * math.pi)
    a, b = (1 / width, 0.0) if size[1] == 1 else (math.cos(angle) / width, math.sin(angle) / width)
    c = -(a * rng.uniform(0, size[0]) + b * rng.uniform(0, size[1]))
    return depth, a, b, c, rng.uniform(0, 1)


def column_of(rng: np.random.Generator, packages: list[Package]) -> NDArray[np.float32]:
    """Reflectivity of all packages, one after the other."""
    return np.concatenate([p.strength * layers(rng, p.samples, p.thickness) for p in packages]).astype(np.float32)


def layers(rng: np.random.Generator, n: int, thickness: float) -> NDArray[np.float32]:
    """Reflectivity in [-1, 1]: a spike at each interface, interfaces ``thickness`` samples apart on average."""
    spikes = rng.uniform(-1, 1, n)
    spikes *= rng.random(n) < 1 / thickness
    # Groups of strong and weak reflectors, as in real sections.
    envelope = np.repeat(rng.uniform(0.2, 1.0, n // 16 + 1), 16)[:n]
    envelope = np.convolve(envelope, np.hanning(19) / np.hanning(19).sum(), mode="same")[:n]
    return (spikes * envelope).astype(np.float32)


class Surfaces(NamedTuple):
    """Properties of a package at each trace, ``(x, y, 1)``."""

    x: Tensor
    y: Tensor
    top: Tensor
    rough: Tensor | None
    marker: Tensor | None
    """Factor on the boundary's reflectivity; None where it is 1 everywhere."""
    loudness: Tensor

    @classmethod
    def of(cls, package: Package, size: tuple[int, int, int], device: torch.device | str) -> "Surfaces":
        """Properties for all traces of a volume."""
        x, y = torch.meshgrid(*(torch.arange(n, dtype=torch.float32, device=device) for n in size[:2]), indexing="ij")
        x, y = x[..., None], y[..., None]
        rough = package.rough(x, y) if package.rough is not None else None
        loudness = torch.exp(package.lateral(x, y)) if package.lateral.height else torch.ones_like(x)
        marker = package.patches(x, y).mul_(8).sigmoid_() if package.patches is not None else None
        return cls(x, y, package.relief(x, y), rough, marker, loudness)

    def some(self, block: tuple[slice, slice]) -> "Surfaces":
        """Properties for some of the traces."""
        rough, marker = (None if part is None else part[block] for part in (self.rough, self.marker))
        return Surfaces(self.x[block], self.y[block], self.top[block], rough, marker, self.loudness[block])


def deposition(
    packages: list[Package],
    surfaces: list[Surfaces],
    young: Float[Tensor, "x y depth"],
    old: Float[Tensor, "x y depth"],
    chaos: Float[Tensor, "x y depth"] | None,
) -> tuple[Float[Tensor, "x y depth"], Float[Tensor, "x y depth"], Float[Tensor, "x y depth"]]:
    """Position in the column, amplitude, and reflectivity of boundaries, for every sample.

    Args:
        packages: packages from the top down.
        surfaces: properties of each package at the traces.
        young: depth of deposition above the unconformity.
        old: depth of deposition below it.
        chaos: disturbance of standard deviation 1; None where no package is disturbed.
    """
    first = packages[0]
    below = packages[1].top if packages[1:] else math.inf
    position = _layering(first, surfaces[0], below, young if first.young else old, chaos)
    amplitude, markers = surfaces[0].loudness.expand_as(old).clone(), torch.zeros_like(old)
    tops: dict[bool, Tensor] = {}  # lowest boundary so far, by whether it is measured in the younger depth
    bottoms = [package.top for package in packages[2:]] + [math.inf]
    for before, package, surface, below in zip(packages, packages[1:], surfaces[1:], bottoms, strict=False):
        # The top of the first old package, which is the unconformity, is measured in the younger depth.
        of_young = package.young or before.young
        top = package.top + surface.top
        top = torch.maximum(top, tops[of_young]) if of_young in tops else top
        tops[of_young] = top
        measured = young if of_young else old
        # 1.0 or 0.0; a mean with these weights takes less time than a selection.
        inside = torch.ge(measured, top, out=torch.empty_like(old))
        under = None
        if not of_young and True in tops:  # an old boundary does not pass through the unconformity
            under = torch.ge(young, tops[True], out=torch.empty_like(old))
            inside.mul_(under)
        if package.marker:
            marker = (measured - top).abs_().neg_().add_(1).clamp_(min=0)
            marker = marker if surface.marker is None else marker.mul_(surface.marker)
            markers.add_(marker if under is None else marker.mul_(under), alpha=package.marker)
        local = _layering(package, surface, below, young if package.young else old, chaos)
        position.lerp_(local, inside)
        amplitude.lerp_(surface.loudness, inside)
    return position, amplitude, markers


def unconformity(packages: list[Package], surfaces: list[Surfaces]) -> Float[Tensor, "x y 1"]:
    """Depth of the unconformity: the deepest of the top of the first old package and of the boundaries above it."""
    top = torch.full_like(surfaces[0].top, -math.inf)
    for package, surface in zip(packages, surfaces, strict=True):
        top = torch.maximum(top, package.top + surface.top)
        if not package.young:
            break
    return top


def _layering(
    package: Package, surface: Surfaces, below: float, depth: Float[Tensor, "x y depth"], chaos: Tensor | None
) -> Float[Tensor, "x y depth"]:
    """Position in the column if all samples were in this package, which ends at ``below``."""
    start = package.top if math.isfinite(package.top) else 0.0
    local = depth + (package.offset - start)
    if package.conformable and package.relief.height:
        local -= surface.top
    a, b, flattening = package.inclined
    if a or b:
        local += surface.x * a + surface.y * b
        thickness = max(1.0, below - start) if math.isfinite(below) else 100.0
        local.add_(((depth - start) / thickness).clamp_(0, 1).mul_(2).sub_(1).pow_(3), alpha=flattening)
    if surface.rough is not None:
        local += torch.exp(((depth - start) / 12).square_().neg_()).mul_(surface.rough)
    if package.chaos and chaos is not None:
        local.add_(chaos, alpha=package.chaos)
    return local
