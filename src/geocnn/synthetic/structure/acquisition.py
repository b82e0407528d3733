"""Effects of acquisition, migration, processing and storage on an image."""

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor

from geocnn.synthetic.structure.imaging import Image, moments, smooth

__all__ = ["finish", "static_shifts"]


def static_shifts(image: Image, size: tuple[int, int, int]) -> Float[Tensor, "x y 1"] | None:
    """Vertical shifts of the traces, partly equal for neighbours; None without shifts."""
    if not image.statics:
        return None
    shifts = _by_trace(np.random.default_rng((image.seed, 1)), image, size)
    shifts = shifts + shifts.roll(1, 0)
    return shifts.mul_(image.statics / math.sqrt(2))


def _by_trace(rng: np.random.Generator, image: Image, size: tuple[int, int, int]) -> Float[Tensor, "x y 1"]:
    """Normal random numbers, one per trace, similar over long distances along lines if there are streaks."""
    numbers = torch.from_numpy(rng.standard_normal((*size[:2], 1), dtype=np.float32))
    if not any(image.streaks):
        return numbers
    numbers = smooth(numbers, image.streaks)
    return numbers.div_(moments(numbers)[1])


def finish(seismic: Float[Tensor, "x y z"], image: Image) -> Float[Tensor, "x y z"]:
    """Add the effects of acquisition, migration, processing and storage, in place."""
    rng = np.random.default_rng((image.seed, 3))
    nx, ny, nz = seismic.shape
    device = seismic.device
    if image.smiles:
        _add_smiles(seismic, image, rng)
    if image.gain:
        knots = torch.from_numpy(rng.standard_normal((1, 1, 5), dtype=np.float32) * np.float32(image.gain))
        curve = F.interpolate(knots, nz, mode="linear", align_corners=True).exp_().view(1, 1, nz)
        traces = _by_trace(rng, image, (nx, ny, nz)).mul_(0.3 * image.gain).exp_()
        seismic.mul_(curve.to(device)).mul_(traces.to(device))
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


def _add_smiles(seismic: Float[Tensor, "x y z"], image: Image, rng: np.random.Generator) -> None:
    """Add arcs open to the top, which migration makes of single loud samples."""
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
