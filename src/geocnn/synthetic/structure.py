"""Folded and faulted layers with their labels, by back-mapping.

The workflow of Wu et al. (2019, Geophysics 84(3) IM35, doi:10.1190/geo2018-0646.1): a 1-D reflectivity is folded,
sheared and faulted, convolved with a wavelet *after* faulting, and noise is added. Instead of deforming an image
step by step, every output sample is traced back through the faults (latest first), the shear and the folds to the
depth at which its layer was deposited. One interpolation then gives the reflectivity, and the depth itself is the
relative geologic time.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from geocnn.errors import DataError
from geocnn.synthetic.wavelets import ricker

__all__ = ["FIELD", "Fault", "StructureRanges", "StructureSample", "structure"]

_MARGIN = 16
"""Samples computed above and below the crop, so that the wavelet never sees its edge."""
_BLOCK = 32_000
"""Samples traced back at a time on a processor. Their coordinates stay in its cache; and torch computes fewer than
32,768 elements on one thread, so that the number of threads cannot change the last bit of a sample."""


_POSSIBLE = {
    "bumps": (0, math.inf),
    "bump_height": (0, math.inf),
    "bump_width": (1e-3, math.inf),
    "slope": (0, math.inf),
    "faults": (0, math.inf),
    "throw": (1e-3, math.inf),
    "dip": (1, 90),
    "strike": (-math.inf, math.inf),
    "extent": (1e-3, math.inf),
    "frequency": (1e-3, 0.5),
    "phase": (-math.inf, math.inf),
    "thickness": (1, math.inf),
    "noise": (-math.inf, math.inf),
    "blur": (0, 20),
}


@dataclass(frozen=True)
class StructureRanges:
    """What is drawn at random, each as (smallest, largest), uniform between; lengths and throws in samples.

    Attributes:
        bumps: number of Gaussian folds (FaultSeg3D: 4).
        bump_height: height b_k of one fold; its sign is random.
        bump_width: standard deviation s_k of one fold.
        slope: planar shear f and g, samples per sample; signs are random.
        faults: number of faults.
        throw: vertical displacement at the centre of a fault; log-uniform, so that small faults are as many as large.
        dip: angle against the horizontal, degrees.
        strike: azimuth of the horizontal that a fault dips along, degrees from axis 0.
        extent: half length of the slip ellipse relative to the largest side of the volume.
        reverse: probability that a fault is reverse.
        linear: probability that slip grows linearly along dip instead of being Gaussian about the centre: half the
            throw more at every ``extent`` below it, from none to one and a half times the throw.
        min_throw: a fault is labelled only where its throw is at least this.
        frequency: peak of the Ricker wavelet, cycles per sample (0.08..0.14 is 20..35 Hz at 4 ms).
        phase: rotation of the wavelet, degrees.
        thickness: mean thickness of constant-impedance layers; 1 is an independent number per sample.
        noise: ratio of signal to noise, dB of their standard deviations.
        coherent: probability that the noise is smoothed into the band of the signal and along the horizontal axes.
        blur: standard deviation of a horizontal smoothing of the noise-free image, as limited resolution gives it.
    """

    bumps: tuple[int, int] = (2, 6)
    bump_height: tuple[float, float] = (0.0, 10.0)
    bump_width: tuple[float, float] = (10.0, 40.0)
    slope: tuple[float, float] = (0.0, 0.2)
    faults: tuple[int, int] = (1, 8)
    throw: tuple[float, float] = (1.5, 30.0)
    dip: tuple[float, float] = (50.0, 88.0)
    strike: tuple[float, float] = (0.0, 360.0)
    extent: tuple[float, float] = (0.3, 1.5)
    reverse: float = 0.15
    linear: float = 0.4
    min_throw: float = 1.0
    frequency: tuple[float, float] = (0.06, 0.2)
    phase: tuple[float, float] = (-60.0, 60.0)
    thickness: tuple[float, float] = (1.0, 4.0)
    noise: tuple[float, float] = (0.0, 16.0)
    coherent: float = 0.5
    blur: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse ranges that cannot be drawn from.

        Raises:
            DataError: the smallest number is above the largest, or one lies outside what the quantity can be.
        """
        for name, (least, most) in _POSSIBLE.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise DataError(
                    f"{name} is {low:g} to {high:g}; needed are a smaller and a larger number within "
                    f"{least:g} to {most:g}."
                )


FIELD = StructureRanges(noise=(0.0, 40.0), blur=(0.0, 2.0), frequency=(0.04, 0.2))
"""Wider: from noisy to almost clean, from sharp to smeared faults, from low to high resolution."""


class Fault(NamedTuple):
    """One planar fault; vectors are in samples along (inline, crossline, vertical), downward positive."""

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
    """Standard deviations of the slip along strike and dip."""
    linear: bool
    """Slip grows along dip, by half over one ``radius``, instead of being Gaussian about the centre."""

    @property
    def throw(self) -> float:
        """Vertical part of the slip at the centre, samples."""
        return abs(self.slip * self.dip[2])

    @property
    def frame(self) -> tuple[tuple[float, float, float, float], ...]:
        """Rows that take (x, y, z, 1) to the distance from the plane, and to places along strike and dip in radii."""
        x, y, z = self.centre
        rows = (self.normal, 1.0), (self.strike, self.radius[0]), (self.dip, self.radius[1])
        return tuple((a / r, b / r, c / r, -(a * x + b * y + c * z) / r) for (a, b, c), r in rows)


class StructureSample(NamedTuple):
    """A synthetic volume and its labels, all of one shape, vertical axis last."""

    seismic: Float[Tensor, "*space"]
    """Amplitude with noise; the noise-free part has mean zero and unit standard deviation."""
    fault: Bool[Tensor, "*space"]
    """The two samples beside each fault plane."""
    time: Float[Tensor, "*space"]
    """Relative geologic time: depth of deposition, samples."""
    clean: Float[Tensor, "*space"]
    """Amplitude without noise."""


class _Scene(NamedTuple):
    """Everything that was drawn at random for one volume."""

    bumps: list[tuple[float, float, float, float]]
    slopes: tuple[float, float]
    faults: list[Fault]
    column: Tensor
    """Reflectivity of the undeformed layers; depth 0 is at a third."""
    wavelet: list[float]
    snr: float
    coherent: bool
    blur: float


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
        DataError: a negative number, or ``shape`` has not two or three axes, or one of fewer than 8 samples.
    """
    if len(shape) not in (2, 3) or min(shape) < 8:
        raise DataError(
            f"--shape is {' '.join(map(str, shape))}; a structure needs 8 or more traces and time samples, or inlines, "
            "crosslines and time samples, such as --shape 128 128 128."
        )
    if min(seed, index) < 0:
        raise DataError(f"seed is {seed} and index {index}; both must be whole numbers from 0 up.")
    ranges = ranges or StructureRanges()
    rng = np.random.default_rng((seed, index))
    size = nx, ny, nz = shape if len(shape) == 3 else (shape[0], 1, shape[1])
    scene = _draw(rng, size, ranges)
    column = scene.column.to(device)
    fault = torch.empty((nx * ny, nz), dtype=torch.bool, device=device)
    time, clean = (torch.empty((nx * ny, nz), device=device) for _ in range(2))
    for traces in _blocks(nx * ny, nz + 2 * _MARGIN, device):
        depth, beside = _back_map(scene, traces, size, ranges.min_throw, device)
        inner = slice(_MARGIN, _MARGIN + nz)
        fault[traces], time[traces] = beside[:, inner] > 0, depth[:, inner]
        clean[traces] = _convolve(_interpolate(column, depth), scene.wavelet)
    if scene.blur:
        clean = _smooth(clean.view(size), scene.blur).reshape(clean.shape)
    mean, std = _moments(clean)
    clean.sub_(mean).div_(std)
    noise = _noise(rng, size, scene).to(device)
    seismic = noise.mul_(10 ** (-scene.snr / 20)).add_(clean)
    return StructureSample(*(part.view(shape) for part in (seismic, fault, time, clean)))


def _blocks(traces: int, samples: int, device: torch.device | str) -> Iterator[slice]:
    """Divide traces of so many samples into blocks: of the cache's size on a processor, one for all on a GPU."""
    step = max(1, _BLOCK // samples) if torch.device(device).type == "cpu" else traces
    for start in range(0, traces, step):
        yield slice(start, min(start + step, traces))


def _draw(rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges) -> _Scene:
    """Draw folds, shear, faults, layers, wavelet and noise level."""
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
    # Folds that took more than half the thickness away would turn layers over in a shallow volume.
    thinning = -1.5 / nz * sum(min(height, 0.0) for height, *_ in bumps)
    bumps = [(height * min(1.0, 0.5 / max(thinning, 1e-9)), *rest) for height, *rest in bumps]
    slopes = tuple(rng.uniform(*ranges.slope) * rng.choice((-1.0, 1.0)) for _ in range(2))
    faults = [_draw_fault(rng, size, ranges) for _ in range(rng.integers(ranges.faults[0], ranges.faults[1] + 1))]
    return _Scene(
        bumps,
        (slopes[0], slopes[1]),
        faults,
        torch.from_numpy(_layers(rng, 4 * nz + 1024, rng.uniform(*ranges.thickness))),
        ricker(rng.uniform(*ranges.frequency), _MARGIN, phase=rng.uniform(*ranges.phase)).tolist(),
        rng.uniform(*ranges.noise),
        bool(rng.random() < ranges.coherent),
        rng.uniform(*ranges.blur) if ranges.blur[1] else 0.0,
    )


def _draw_fault(rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges) -> Fault:
    """Draw one planar fault; its plane crosses the volume."""
    azimuth, dip = math.radians(rng.uniform(*ranges.strike)), math.radians(rng.uniform(*ranges.dip))
    if size[1] == 1:  # a section is shot across the faults: apparent dips stay near the true ones
        azimuth = math.radians(rng.uniform(-60, 60) + 180 * rng.integers(2))
    along = (math.cos(azimuth), math.sin(azimuth))
    throw = math.exp(rng.uniform(*np.log(ranges.throw))) * (-1 if rng.random() < ranges.reverse else 1)
    centre = (rng.uniform(0.05, 0.95, 3) * size).tolist()
    longest = max(size)
    return Fault(
        centre=(centre[0], centre[1], centre[2]),
        normal=(math.sin(dip) * along[0], math.sin(dip) * along[1], -math.cos(dip)),
        strike=(-along[1], along[0], 0.0),
        dip=(math.cos(dip) * along[0], math.cos(dip) * along[1], math.sin(dip)),
        slip=throw / math.sin(dip),
        radius=(rng.uniform(*ranges.extent) * longest, rng.uniform(*ranges.extent) * longest),
        linear=bool(rng.random() < ranges.linear),
    )


def _layers(rng: np.random.Generator, n: int, thickness: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Reflectivity in [-1, 1]: a spike at each interface, interfaces ``thickness`` samples apart on average."""
    spikes = rng.uniform(-1, 1, n)
    spikes *= rng.random(n) < 1 / thickness
    # Packages of strong and weak reflectors, as real sections show them.
    envelope = np.repeat(rng.uniform(0.2, 1.0, n // 16 + 1), 16)[:n]
    envelope = np.convolve(envelope, np.hanning(19) / np.hanning(19).sum(), mode="same")
    return (spikes * envelope).astype(np.float32)


def _back_map(
    scene: _Scene, traces: slice, size: tuple[int, int, int], min_throw: float, device: torch.device | str
) -> tuple[Float[Tensor, "traces depth"], Float[Tensor, "traces depth"]]:
    """Depth of deposition of every sample of some traces, margins included, and a number above 0 beside faults."""
    _, ny, nz = size
    trace = torch.arange(traces.start, traces.stop, device=device)[:, None]
    place = torch.empty((3, len(trace), nz + 2 * _MARGIN), device=device)
    place[0], place[1] = trace // ny, trace % ny
    place[2] = torch.arange(-_MARGIN, nz + _MARGIN, device=device)
    shape = place.shape[1:]
    place = place.flatten(1)
    beside = torch.full_like(place[0], -1.0)
    for fault in reversed(scene.faults):
        torch.maximum(beside, _unfault(fault, place, flat=ny == 1, min_throw=min_throw), out=beside)
    x, y, z = place
    folds = torch.zeros_like(x)
    for height, cx, cy, width in scene.bumps:
        squared, across = (x - cx).square_(), y - cy
        folds.add_(squared.addcmul_(across, across).mul_(-0.5 / width**2).exp_(), alpha=height)
    f, g = scene.slopes
    # Forward: depth -> depth + (1.5 depth / nz) folds + f x + g y; its inverse is one division.
    depth = torch.sub(z, x, alpha=f).sub_(y, alpha=g).div_(folds.mul_(1.5 / nz).add_(1))
    return depth.view(shape), beside.view(shape)


def _unfault(
    fault: Fault, place: Float[Tensor, "3 points"], *, flat: bool, min_throw: float
) -> Float[Tensor, " points"]:
    """Move the hanging wall back along dip, in place; return a number above 0 on both sides of the slipped plane."""
    x, y, z = place

    def local(row: tuple[float, float, float, float]) -> Tensor:
        a, b, c, d = row
        result: Tensor = (x * a).add_(y, alpha=b).add_(d)
        return result.add_(z, alpha=c) if c else result

    normal, strike, dip = fault.frame
    down = local(dip)
    if fault.linear:
        slip = down.mul_(0.5).add_(1).clamp_(0, 1.5).mul_(fault.slip)
    else:
        slip = down.square_().addcmul_(along := local(strike), along).mul_(-0.5).exp_().mul_(fault.slip)
    distance = local(normal)
    # Two samples wide along the axis that crosses the plane most directly.
    across = max(abs(fault.normal[0]), 0 if flat else abs(fault.normal[1]), abs(fault.normal[2]))
    beside = distance.abs().neg_().add_(across)
    torch.minimum(beside, slip.abs().mul_(fault.dip[2]).sub_(min_throw), out=beside)
    slip.mul_(torch.gt(distance, 0, out=distance))  # as 0.0 or 1.0: several times faster than torch.where
    for axis, part in zip(place, fault.dip, strict=True):
        axis.sub_(slip, alpha=part)
    return beside


def _interpolate(column: Float[Tensor, " n"], depth: Float[Tensor, "traces depth"]) -> Float[Tensor, "traces depth"]:
    """Linear interpolation of the column, in which depth 0 is at a third."""
    n = column.shape[0]
    position = (depth.flatten() + n // 3).clamp_(0, n - 2)
    whole = position.floor()
    index = whole.to(torch.int32)
    upper, lower = column.index_select(0, index), column.index_select(0, index.add_(1))
    return upper.lerp_(lower, position.sub_(whole)).view_as(depth)


def _convolve(traces: Float[Tensor, "traces padded"], wavelet: list[float]) -> Float[Tensor, "traces n"]:
    """Vertical convolution with the wavelet, margins dropped."""
    n = traces.shape[1] - 2 * _MARGIN
    result = traces[:, :n] * wavelet[-1]
    for lag, weight in enumerate(reversed(wavelet[:-1]), start=1):
        result.add_(traces[:, lag : lag + n], alpha=weight)
    return result


def _moments(values: Float[Tensor, "traces n"]) -> tuple[float, float]:
    """Mean and standard deviation, summed in an order that does not depend on the number of threads."""
    parts = [part.double() for part in torch.split(values.flatten(), _BLOCK)]
    mean = float(torch.stack([part.sum() for part in parts]).sum()) / values.numel()
    squares = float(torch.stack([part.sub_(mean).square_().sum() for part in parts]).sum())
    return mean, max(math.sqrt(squares / (values.numel() - 1)), 1e-6)


def _smooth(image: Float[Tensor, "x y z"], width: float) -> Float[Tensor, "x y z"]:
    """Gaussian smoothing of standard deviation ``width`` along the horizontal axes, reflecting at their ends."""
    reach = math.ceil(3 * width)
    weights = [math.exp(-0.5 * (k / width) ** 2) for k in range(-reach, reach + 1)]
    for axis in (0, 1) if image.shape[1] > 1 else (0,):
        n = image.shape[axis]
        total = torch.zeros_like(image)
        for k, weight in zip(range(-reach, reach + 1), weights, strict=True):
            index = torch.arange(k, n + k, device=image.device).abs() % max(2 * (n - 1), 1)
            index = torch.minimum(index, 2 * (n - 1) - index)
            total.add_(image.index_select(axis, index), alpha=weight / sum(weights))
        image = total
    return image


def _noise(rng: np.random.Generator, size: tuple[int, int, int], scene: _Scene) -> Float[Tensor, "traces n"]:
    """Unit-variance noise: white, or in the band of the signal and smooth along the horizontal axes."""
    nx, ny, nz = size
    noise = torch.from_numpy(rng.standard_normal((nx * ny, nz), dtype=np.float32))
    if not scene.coherent:
        return noise
    wrapped = torch.arange(-_MARGIN, nz + _MARGIN) % nz
    for traces in _blocks(nx * ny, nz + 2 * _MARGIN, "cpu"):
        noise[traces] = _convolve(noise[traces].index_select(1, wrapped), scene.wavelet)
    noise = noise.view(size)
    for axis in (0, 1) if ny > 1 else (0,):
        noise = noise + noise.roll(1, axis)
    noise = noise.view(nx * ny, nz)
    return noise.div_(_moments(noise)[1])
