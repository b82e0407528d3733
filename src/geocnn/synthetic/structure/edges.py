"""Places with poor or no data: edges of a survey, mutes, dead traces and padding."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from geocnn.synthetic.structure.imaging import MARGIN, Image, convolve, moments, smooth

__all__ = ["continuation", "low_fold", "pad_samples"]


def continuation(image: Image, size: tuple[int, int, int]) -> tuple[int, Int[Tensor, "x y z"]] | None:
    """How samples without data are filled: an axis, and the sample along it that is taken for each; None if all live.

    They are filled as prediction does it: beyond an edge and in a mute by the mirror image, and dead traces by the
    nearest live one.
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
        tops = _mute(rng, size)[:, :, None]
        down = np.arange(size[2])
        return 2, torch.from_numpy(np.where(down < tops, 2 * tops - down, down))
    axis = int(rng.choice([a for a in range(3) if size[a] > 1]))
    n = size[axis]
    width = int(rng.integers(1, max(2, min(32, n // 3))))
    along = np.arange(n)
    mirrored = np.where(along < width, 2 * width - along, along)
    mirrored = mirrored if rng.random() < 0.5 else (n - 1 - mirrored)[::-1].copy()
    index = torch.from_numpy(mirrored).view([-1 if a == axis else 1 for a in range(3)])
    return axis, index.expand(size)


def _mute(rng: np.random.Generator, size: tuple[int, int, int]) -> Int[np.ndarray, "x y"]:
    """First live sample of each trace: a plane, steeper towards the ends of the survey, with steps of single shots."""
    nx, ny, nz = size
    x, y = np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij")
    axis = 0 if ny == 1 else int(rng.integers(2))
    along, n = ((x, nx), (y, ny))[axis]
    tops = rng.uniform(-0.1, 0.25) * nz + rng.uniform(-0.3, 0.3) * x + rng.uniform(-0.3, 0.3) * y
    for end in (along, n - 1 - along):
        if rng.random() < 0.4:
            height, first, width = rng.uniform(0.1, 0.6) * nz, rng.uniform(-10, 20), rng.uniform(4, 30)
            tops = tops + height * np.exp(-np.maximum(end - first, 0) / width)
    steps = rng.uniform(0, 4) * rng.standard_normal(int(rng.integers(2, 9)))
    return np.clip(tops + steps[along % len(steps)], 0, 0.48 * nz).astype(int)


def low_fold(seismic: Float[Tensor, "x y z"], fault: Bool[Tensor, "x y z"], image: Image) -> None:
    """Turn the traces at one end into those of few shots: bent, blurred, noisy, louder or weaker; in place.

    Faults there are no longer labelled.
    """
    if not image.fringe:
        return
    rng = np.random.default_rng((image.seed, 6))
    axis = int(rng.choice([a for a in (0, 1) if seismic.shape[a] > 1]))
    n, nz = seismic.shape[axis], seismic.shape[2]
    width = int(rng.integers(2, max(3, min(20, n // 4))))
    start = 0 if rng.random() < 0.5 else n - width
    part = seismic.narrow(axis, start, width)
    fault.narrow(axis, start, width)[:] = False
    outward = np.arange(width, 0, -1) / width if start == 0 else np.arange(1, width + 1) / width
    outward = outward.reshape([-1 if a == axis else 1 for a in range(2)])
    abrupt = rng.uniform(0, 1) if rng.random() < 0.5 else 0.0
    bend = rng.uniform(-14, 14) * (outward**2 * (1 - abrupt) + abrupt)
    shifts = np.broadcast_to(bend, part.shape[:2]) + rng.uniform(0, 1.5) * rng.standard_normal(part.shape[:2])
    place = (torch.arange(nz)[None, None] + torch.from_numpy(shifts.astype(np.float32))[:, :, None]).to(seismic.device)
    place.clamp_(0, nz - 1.001)
    whole = place.floor().long()
    moved = torch.lerp(part.gather(2, whole), part.gather(2, whole + 1), place - whole)
    if rng.random() < 0.5:  # with few shots frequencies are lower
        moved = smooth(moved.transpose(0, 2), (float(rng.uniform(0.5, 3)), 0.0)).transpose(0, 2)
    white = rng.standard_normal((shifts.size, nz + 2 * MARGIN), dtype=np.float32)
    noise = convolve(torch.from_numpy(white).to(seismic.device), image.wavelets[-1:])
    noise.div_(moments(noise)[1]).mul_(float(2 * rng.uniform() ** 2))
    louder = np.exp(rng.uniform(-1, 1) * (outward * (1 - abrupt) + abrupt)).astype(np.float32)
    part.copy_(moved.add_(noise.view_as(moved)).mul_(torch.from_numpy(louder)[:, :, None].to(seismic.device)))


def pad_samples(parts: list[Tensor], image: Image) -> list[Tensor]:
    """Fill the first or last samples of all traces with one number, as in converted files.

    In half of the cases the mirror image of the rest follows, as where prediction continues a survey.

    Args:
        parts: seismic, fault and further labels, ``(x, y, z)``.
        image: properties that were drawn.
    """
    if not image.padding:
        return parts
    rng = np.random.default_rng((image.seed, 7))
    nz = parts[0].shape[2]
    count = int(rng.integers(1, 4)) if rng.random() < 0.7 else int(rng.integers(4, max(5, nz // 6)))
    at_start = bool(rng.random() < 0.5)
    beyond = int(rng.integers(1, max(2, min(32, nz // 4)))) if rng.random() < 0.5 else 0
    if beyond:
        parts = [_continued(part, beyond, at_start=at_start) for part in parts]
    start = beyond if at_start else nz - count - beyond
    number = float(rng.uniform(-8, 8)) if rng.random() < 0.7 else 0.0
    padding = parts[0].narrow(2, start, count)
    # Resampling leaves a little of the neighbouring samples in the padding.
    padding.mul_(0.2 if rng.random() < 0.5 else 0.0).add_(number)
    parts[1].narrow(2, start, count)[:] = False
    return parts


def _continued(volume: Tensor, beyond: int, *, at_start: bool) -> Tensor:
    """A volume shifted along its last axis; the ``beyond`` samples that become free are filled by its mirror image."""
    nz = volume.shape[2]
    index = torch.arange(nz, device=volume.device) - (beyond if at_start else -beyond)
    return volume.index_select(2, torch.minimum(index.abs(), 2 * (nz - 1) - index.abs()))
