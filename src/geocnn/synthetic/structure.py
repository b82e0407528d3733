"""Folded and faulted layers with their labels, by back-mapping.

The workflow of Wu et al. (2019, Geophysics 84(3) IM35, doi:10.1190/geo2018-0646.1): a 1-D reflectivity is folded,
sheared and faulted, convolved with a wavelet *after* faulting, and noise is added. Instead of deforming an image
step by step, every output sample is traced back through the faults (latest first), the shear and the folds to the
depth at which its layer was deposited. One interpolation then gives the reflectivity, and the depth itself is the
relative geologic time.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from geocnn.synthetic.wavelets import ricker

__all__ = ["Fault", "StructureRanges", "StructureSample", "structure"]

_MARGIN = 16
"""Samples computed above and below the crop, so that the wavelet never sees its edge."""
_SLAB = 8
"""Inlines traced back at a time: their coordinates stay in the processor's cache."""


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
        linear: probability that slip grows linearly along dip instead of being Gaussian about the centre.
        min_throw: a fault is labelled only where its throw is at least this.
        frequency: peak of the Ricker wavelet, cycles per sample (0.08..0.14 is 20..35 Hz at 4 ms).
        phase: rotation of the wavelet, degrees.
        thickness: mean thickness of constant-impedance layers; 1 is an independent number per sample.
        noise: signal to noise ratio, dB.
        coherent: probability that the noise is smoothed into the band of the signal and along the layers.
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


class Fault(NamedTuple):
    """One planar fault; vectors are in samples along (inline, crossline, vertical), downward positive."""

    centre: tuple[float, float, float]
    normal: tuple[float, float, float]
    strike: tuple[float, float, float]
    dip: tuple[float, float, float]
    slip: float
    """Displacement of the hanging wall along ``dip`` at the centre, negative for a reverse fault."""
    radius: tuple[float, float]
    """Standard deviations of the slip along strike and dip."""
    linear: bool

    @property
    def throw(self) -> float:
        """Vertical part of the slip at the centre, samples."""
        return abs(self.slip * self.dip[2])


class StructureSample(NamedTuple):
    """A synthetic volume and its labels, all of one shape, vertical axis last."""

    seismic: Float[Tensor, "*space"]
    """Amplitude with noise; the noise-free part has unit standard deviation."""
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
    reflectivity: Tensor
    wavelet: Tensor
    snr: float
    coherent: bool


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
        ValueError: ``shape`` has not two or three axes, or one of fewer than 8 samples.
    """
    if len(shape) not in (2, 3) or min(shape) < 8:
        raise ValueError(f"shape is {shape}; a structure needs (trace, time) or (inline, crossline, time), 8 or more")
    ranges = ranges or StructureRanges()
    rng = np.random.default_rng((seed, index))
    nx, ny, nz = shape if len(shape) == 3 else (shape[0], 1, shape[1])
    scene = _draw(rng, (nx, ny, nz), ranges)
    reflectivity = torch.empty((nx, ny, nz + 2 * _MARGIN), device=device)
    fault = torch.empty((nx, ny, nz), dtype=torch.bool, device=device)
    time = torch.empty((nx, ny, nz), device=device)
    slab = _SLAB if ny > 1 else nx
    for start in range(0, nx, slab):
        rows = slice(start, min(start + slab, nx))
        depth, mask = _back_map(scene, rows, ny, nz, ranges.min_throw, device)
        reflectivity[rows] = _interpolate(scene.reflectivity.to(device), depth)
        inner = slice(_MARGIN, _MARGIN + nz)
        fault[rows], time[rows] = mask[..., inner], depth[..., inner]
    clean = _convolve(reflectivity, scene.wavelet.to(device))
    clean = (clean - clean.mean()) / clean.std().clamp_min(1e-6)
    noise = _noise(rng, clean.shape, scene).to(device)
    seismic = clean + noise * 10 ** (-scene.snr / 20)
    return StructureSample(*(part.reshape(shape) for part in (seismic, fault, time, clean)))


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
    slopes = tuple(rng.uniform(*ranges.slope) * rng.choice((-1.0, 1.0)) for _ in range(2))
    faults = [_draw_fault(rng, size, ranges) for _ in range(rng.integers(ranges.faults[0], ranges.faults[1] + 1))]
    return _Scene(
        bumps,
        (slopes[0], slopes[1]),
        faults,
        torch.from_numpy(_layers(rng, 4 * nz + 1024, rng.uniform(*ranges.thickness))),
        torch.from_numpy(ricker(rng.uniform(*ranges.frequency), _MARGIN, phase=rng.uniform(*ranges.phase))),
        rng.uniform(*ranges.noise),
        bool(rng.random() < ranges.coherent),
    )


def _draw_fault(rng: np.random.Generator, size: tuple[int, int, int], ranges: StructureRanges) -> Fault:
    """Draw one planar fault; its plane crosses the volume."""
    azimuth, dip = math.radians(rng.uniform(*ranges.strike)), math.radians(rng.uniform(*ranges.dip))
    if size[1] == 1:  # a section is shot across the faults: apparent dips stay near the true ones
        azimuth = math.radians(rng.uniform(-60, 60) + 180 * rng.integers(2))
    along = (math.cos(azimuth), math.sin(azimuth))
    throw = math.exp(rng.uniform(*np.log(ranges.throw))) * (-1 if rng.random() < ranges.reverse else 1)
    centre = rng.uniform(0.05, 0.95, 3) * size
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
    scene: _Scene, rows: slice, ny: int, nz: int, min_throw: float, device: torch.device | str
) -> tuple[Float[Tensor, "x y z"], Bool[Tensor, "x y z"]]:
    """Depth of deposition of every sample of some inlines, and the fault mask."""
    x = torch.arange(rows.start, rows.stop, device=device, dtype=torch.float32)[:, None, None]
    y = torch.arange(ny, device=device, dtype=torch.float32)[None, :, None]
    z = torch.arange(-_MARGIN, nz + _MARGIN, device=device, dtype=torch.float32)[None, None, :]
    mask = torch.zeros((x.shape[0], ny, z.shape[2]), dtype=torch.bool, device=device)
    for fault in reversed(scene.faults):
        x, y, z, beside = _unfault(fault, x, y, z, flat=ny == 1, min_throw=min_throw)
        mask |= beside
    folds = torch.zeros_like(mask, dtype=torch.float32)
    for height, cx, cy, width in scene.bumps:
        folds += height * torch.exp(((x - cx).square() + (y - cy).square()) * (-0.5 / width**2))
    f, g = scene.slopes
    # Forward: depth -> depth + (1.5 depth / nz) folds + f x + g y; its inverse is one division.
    return (z - f * x - g * y) / (1 + (1.5 / nz) * folds), mask


def _unfault(
    fault: Fault, x: Tensor, y: Tensor, z: Tensor, *, flat: bool, min_throw: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Move the hanging wall back along dip; also return the two samples beside the slipped part of the plane."""
    dx, dy, dz = x - fault.centre[0], y - fault.centre[1], z - fault.centre[2]
    normal, strike, dip = fault.normal, fault.strike, fault.dip
    distance = normal[0] * dx + normal[1] * dy + normal[2] * dz
    along = (strike[0] * dx + strike[1] * dy) * (1 / fault.radius[0])
    down = (dip[0] * dx + dip[1] * dy + dip[2] * dz) * (1 / fault.radius[1])
    if fault.linear:
        slip = fault.slip * (0.5 + 0.5 * down).clamp(0, 1.5)
    else:
        slip = fault.slip * torch.exp((along.square() + down.square()) * -0.5)
    # Two samples wide along the axis that crosses the plane most directly.
    across = max(abs(normal[0]), 0 if flat else abs(normal[1]), abs(normal[2]))
    beside = (distance.abs() < across) & (slip.abs() * dip[2] >= min_throw)
    slip = torch.where(distance > 0, slip, 0.0)
    return x - dip[0] * slip, y - dip[1] * slip, z - dip[2] * slip, beside


def _interpolate(reflectivity: Float[Tensor, " n"], depth: Float[Tensor, "x y z"]) -> Float[Tensor, "x y z"]:
    """Linear interpolation of the column, whose middle is depth 0."""
    n = reflectivity.shape[0]
    position = (depth + n // 3).clamp(0, n - 2)
    below = position.floor()
    index = below.to(torch.int32)
    upper = reflectivity.index_select(0, index.flatten()).view_as(depth)
    lower = reflectivity.index_select(0, (index + 1).flatten()).view_as(depth)
    return torch.lerp(upper, lower, position - below)


def _convolve(volume: Float[Tensor, "x y padded"], wavelet: Float[Tensor, " taps"]) -> Float[Tensor, "x y z"]:
    """Vertical convolution with the wavelet, margins dropped."""
    traces = volume.flatten(0, 1)[:, None]
    result = torch.nn.functional.conv1d(traces, wavelet.flip(0)[None, None])
    return result.view(*volume.shape[:2], -1)


def _noise(rng: np.random.Generator, shape: tuple[int, ...], scene: _Scene) -> Float[Tensor, "x y z"]:
    """Unit-variance noise: white, or in the band of the signal and smooth along the layers."""
    noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
    if not scene.coherent:
        return noise
    padded = torch.nn.functional.pad(noise, (_MARGIN, _MARGIN), mode="circular")
    noise = _convolve(padded, scene.wavelet)
    for axis in (0, 1) if shape[1] > 1 else (0,):
        noise = noise + noise.roll(1, axis)
    return noise / noise.std().clamp_min(1e-6)
