"""From layers to an image: wavelet, resolution, noise, and what acquisition, processing and storage do to it."""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int
from torch import Tensor

from geocnn.synthetic.structure.ranges import StructureRanges
from geocnn.synthetic.wavelets import WAVELETS

__all__ = [
    "BLOCK",
    "MARGIN",
    "Image",
    "chaos_of",
    "convolve",
    "draw_image",
    "finish",
    "moments",
    "noise_of",
    "smooth",
    "static_shifts",
]

MARGIN = 16
"""Samples computed above and below the crop, so that the wavelet never sees its edge."""
BLOCK = 32_000
"""Samples that are worked on at a time on a processor. They stay in its cache; and torch computes fewer than 32,768
elements on one thread, so that the number of threads cannot change the last bit of a sample."""


class Image(NamedTuple):
    """Everything about the image that was drawn at random."""

    wavelets: tuple[list[float], ...]
    """At the top, and at the bottom where it is another one."""
    frequency: float
    snr: float
    coherent: bool
    blur: float
    statics: float
    footprint: tuple[float, float, int]
    """Strength of the stripes, their distance in traces, and their axis."""
    smiles: int
    gain: float
    clip: bool
    blank: float
    """0: nothing; up to a third: dead traces; up to two thirds: a mute; above: an edge."""
    seed: int
    """Of whatever is drawn per sample."""


def draw_image(rng: np.random.Generator, ranges: StructureRanges) -> Image:
    """Draw wavelet, resolution, noise and the rest."""
    frequency, phase = rng.uniform(*ranges.frequency), rng.uniform(*ranges.phase)
    snr, coherent = rng.uniform(*ranges.noise), bool(rng.random() < ranges.coherent)
    blur = rng.uniform(*ranges.blur) if ranges.blur[1] else 0.0
    make = WAVELETS[ranges.wavelets[rng.integers(len(ranges.wavelets)) if len(ranges.wavelets) > 1 else 0]]
    loss = rng.uniform(*ranges.attenuation) if ranges.attenuation[1] else 0.0
    frequencies = (frequency, frequency * (1 - loss)) if loss > 0.05 else (frequency,)
    strength = rng.uniform(*ranges.footprint) * (rng.random() < 0.3) if ranges.footprint[1] else 0.0
    return Image(
        wavelets=tuple(make(f, MARGIN, phase=phase).tolist() for f in frequencies),
        frequency=frequency,
        snr=snr,
        coherent=coherent,
        blur=blur,
        statics=rng.uniform(*ranges.statics) * (rng.random() < 0.3) if ranges.statics[1] else 0.0,
        footprint=(strength, rng.uniform(2, 9), int(rng.integers(2))) if strength else (0.0, 1.0, 0),
        smiles=int(rng.integers(ranges.smiles[0], ranges.smiles[1] + 1)) if ranges.smiles[1] else 0,
        gain=rng.uniform(*ranges.gain) if ranges.gain[1] else 0.0,
        clip=bool(ranges.clip and rng.random() < ranges.clip),
        blank=float(rng.random()) if ranges.blank and rng.random() < ranges.blank else 0.0,
        seed=int(rng.integers(2**63)),
    )


def convolve(traces: Float[Tensor, "traces padded"], wavelets: tuple[list[float], ...]) -> Float[Tensor, "traces n"]:
    """Vertical convolution, margins dropped; with two wavelets the second one takes over linearly with depth."""
    made = [_convolve(traces, wavelet) for wavelet in wavelets]
    if len(made) == 1:
        return made[0]
    down = torch.linspace(0, 1, made[0].shape[1], device=traces.device)
    return made[0].lerp_(made[1], down.expand_as(made[0]))


def _convolve(traces: Float[Tensor, "traces padded"], wavelet: list[float]) -> Float[Tensor, "traces n"]:
    n = traces.shape[1] - 2 * MARGIN
    result = traces[:, :n] * wavelet[-1]
    for lag, weight in enumerate(reversed(wavelet[:-1]), start=1):
        result.add_(traces[:, lag : lag + n], alpha=weight)
    return result


def moments(values: Float[Tensor, "traces n"]) -> tuple[float, float]:
    """Mean and standard deviation, summed in an order that does not depend on the number of threads."""
    parts = [part.double() for part in torch.split(values.flatten(), BLOCK)]
    mean = float(torch.stack([part.sum() for part in parts]).sum()) / values.numel()
    squares = float(torch.stack([part.sub_(mean).square_().sum() for part in parts]).sum())
    return mean, max(math.sqrt(squares / (values.numel() - 1)), 1e-6)


def smooth(image: Float[Tensor, "x y z"], width: float) -> Float[Tensor, "x y z"]:
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


def loudness(traces: Float[Tensor, "traces n"]) -> Float[Tensor, "traces n"]:
    """The largest amplitude of a trace within some ten samples of each."""
    n = traces.shape[1]
    cells = F.max_pool1d(traces.abs()[:, None], 4, ceil_mode=True)
    wide = F.max_pool1d(cells, 5, 1, padding=2)
    return wide[:, 0].repeat_interleave(4, dim=1)[:, :n]


def static_shifts(image: Image, size: tuple[int, int, int]) -> Float[Tensor, "traces 1"] | None:
    """Vertical shifts of the traces, partly alike for neighbours; None without."""
    if not image.statics:
        return None
    rng = np.random.default_rng((image.seed, 1))
    shifts = rng.standard_normal(size[:2], dtype=np.float32)
    shifts += np.roll(shifts, 1, 0)
    return torch.from_numpy(shifts.reshape(-1, 1) * np.float32(image.statics / math.sqrt(2)))


def noise_of(rng: np.random.Generator, size: tuple[int, int, int], image: Image) -> Float[Tensor, "traces n"]:
    """Noise of unit variance: white, or in the band of the signal and smooth along the horizontal axes or a dip."""
    nx, ny, nz = size
    noise = torch.from_numpy(rng.standard_normal((nx * ny, nz), dtype=np.float32))
    if not image.coherent:
        return noise
    wrapped = torch.arange(-MARGIN, nz + MARGIN) % nz
    step = max(1, BLOCK // (nz + 2 * MARGIN))
    for start in range(0, nx * ny, step):
        part = slice(start, min(start + step, nx * ny))
        noise[part] = convolve(noise[part].index_select(1, wrapped), image.wavelets)
    noise = noise.view(size)
    for axis in (0, 1) if ny > 1 else (0,):
        noise = noise + noise.roll(1, axis)
        if image.smiles:  # events that dip: each neighbour a little later
            dips = np.random.default_rng((image.seed, 2, axis)).integers(-3, 4, 2)
            for span, dip in zip((1, 2), dips, strict=True):
                noise = noise + noise.roll((span, int(dip)), (axis, 2))
    noise = noise.reshape(nx * ny, nz)
    return noise.div_(moments(noise)[1])


def finish(seismic: Float[Tensor, "x y z"], image: Image) -> Float[Tensor, "x y z"]:
    """What acquisition, migration, processing and storage add, in place."""
    rng = np.random.default_rng((image.seed, 3))
    nx, ny, nz = seismic.shape
    device = seismic.device
    if image.smiles:
        _add_smiles(seismic, image, rng)
    if image.gain:
        knots = torch.from_numpy(rng.standard_normal((1, 1, 5), dtype=np.float32) * np.float32(image.gain))
        curve = F.interpolate(knots, nz, mode="linear", align_corners=True).exp_().view(1, 1, nz)
        traces = np.exp(rng.standard_normal((nx, ny, 1), dtype=np.float32) * np.float32(0.3 * image.gain))
        seismic.mul_(curve.to(device)).mul_(torch.from_numpy(traces).to(device))
    strength, distance, axis = image.footprint
    if strength:
        axis = axis if ny > 1 else 0
        along = torch.arange(seismic.shape[axis], device=device)
        stripes = 1 + strength * torch.cos(2 * math.pi * along / distance)
        seismic.mul_(stripes.view([-1 if a == axis else 1 for a in range(3)]))
    if image.clip:
        most = rng.uniform(1.5, 4) * moments(seismic.flatten(0, 1))[1]
        seismic.clamp_(-most, most).div_(most).mul_(127).round_().mul_(most / 127)
    return seismic


def continuation(image: Image, size: tuple[int, int, int]) -> tuple[int, Int[Tensor, "x y z"]] | None:
    """What stands where there are no data: an axis, and the sample along it that is taken for each; None if all live.

    As prediction continues a survey: beyond an edge and into a mute its mirror image, and for a dead trace the nearest
    live one.
    """
    if not image.blank:
        return None
    rng = np.random.default_rng((image.seed, 5))
    if image.blank < 1 / 3:
        live = rng.random(size[:2]) > rng.uniform(0, 0.05)
        live[0] = True
        traces = np.arange(size[0])[:, None]
        before = np.maximum.accumulate(np.where(live, traces, 0), 0)
        return 0, torch.from_numpy(before)[:, :, None].expand(size)
    if image.blank < 2 / 3:
        nx, _, nz = size
        tops = np.clip(rng.uniform(-0.1, 0.3) * nz + rng.uniform(-0.3, 0.3) * np.arange(nx), 0, 0.4 * nz).astype(int)
        down = np.arange(nz)[None]
        mirrored = np.where(down < tops[:, None], 2 * tops[:, None] - down, down)
        return 2, torch.from_numpy(mirrored)[:, None].expand(size)
    axis = int(rng.choice([a for a in range(3) if size[a] > 1]))
    n = size[axis]
    width = int(rng.integers(1, max(2, min(32, n // 3))))
    along = np.arange(n)
    mirrored = np.where(along < width, 2 * width - along, along)
    mirrored = mirrored if rng.random() < 0.5 else (n - 1 - mirrored)[::-1].copy()
    index = torch.from_numpy(mirrored).view([-1 if a == axis else 1 for a in range(3)])
    return axis, index.expand(size)


def _add_smiles(seismic: Float[Tensor, "x y z"], image: Image, rng: np.random.Generator) -> None:
    """Add arcs open to the top, as migration makes of single loud samples."""
    nx, ny, nz = seismic.shape
    wavelet = np.array(image.wavelets[-1], np.float32)
    for _ in range(image.smiles):
        cx, cy, cz = rng.uniform(0, nx), rng.uniform(0, ny), rng.uniform(0.1, 1.1) * nz
        width, flat = rng.uniform(10, 50), rng.uniform(0.5, 3.0)
        x, y = np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij")
        squared = ((x - cx) ** 2 + (y - cy) ** 2) / width**2
        near = np.flatnonzero((squared < 1).ravel())
        if not len(near):
            continue
        squared = squared.ravel()[near]
        depth = cz - width * flat * (1 - np.sqrt(1 - squared))
        louder = rng.uniform(0.3, 1.5) * (1 - squared)
        first = np.floor(depth).astype(int)
        rows = first[:, None] + np.arange(len(wavelet)) - len(wavelet) // 2
        inside = (rows >= 0) & (rows < nz)
        values = (louder[:, None] * wavelet)[inside].astype(np.float32)
        flatly = (near[:, None] * nz + rows)[inside]
        seismic.view(-1).index_add_(0, torch.from_numpy(flatly), torch.from_numpy(values))


def chaos_of(seed: int, size: tuple[int, int, int]) -> Float[Tensor, "traces padded"]:
    """A disturbance of layers, of about unit variance and some samples' extent, margins included."""
    nx, ny, nz = size
    rng = np.random.default_rng((seed, 4))
    cell = rng.uniform(4, 10), rng.uniform(3, 6)
    coarse = (max(2, round(nx / cell[0])), max(2, round(ny / cell[0])) if ny > 1 else 1)
    values = rng.standard_normal((1, 1, *coarse, max(2, round((nz + 2 * MARGIN) / cell[1]))), dtype=np.float32)
    fine = F.interpolate(torch.from_numpy(values), (nx, ny, nz + 2 * MARGIN), mode="trilinear", align_corners=False)
    return fine.view(nx * ny, nz + 2 * MARGIN)
