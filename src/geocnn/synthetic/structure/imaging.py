"""From layers to an image: wavelet, resolution and noise."""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
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
    "loudness",
    "moments",
    "noise_of",
    "smooth",
]

MARGIN = 16
"""Samples computed above and below the crop, so that the wavelet never sees its edge."""
_PIECE = 128
"""Samples that are convolved at a time; the matrix for longer traces would be mostly zeros."""
_ROWS = 64
"""Samples along a horizontal axis that are smoothed at a time, for the same reason."""
BLOCK = 48_000
"""Samples that are processed at a time on a processor: so many stay in its cache, and with fewer the calls count."""


class Image(NamedTuple):
    """Properties of the image that were drawn."""

    wavelets: tuple[tuple[float, ...], ...]
    """Wavelet at the top, and another one at the bottom if it differs."""
    frequency: float
    snr: float
    coherent: bool
    streaks: tuple[float, float]
    """Standard deviations of a smoothing of the noise along the horizontal axes; zeros without streaks."""
    oriented: bool
    """Whether coherent noise follows the layers."""
    blur: float
    statics: float
    footprint: tuple[float, float, int]
    """Strength of the stripes, their distance in traces, and their axis."""
    smiles: int
    gain: float
    clip: bool
    blank: float
    """0 for no blanks; up to 1/3 for dead traces; up to 2/3 for a mute; above for an edge of the survey."""
    fringe: bool
    """Whether traces at an end of the survey are of low fold."""
    padding: bool
    """Whether the first or last samples hold one number."""
    seed: int
    """Seed of everything that is drawn per sample."""


def draw_image(rng: np.random.Generator, ranges: StructureRanges) -> Image:
    """Draw wavelet, resolution, noise and all other properties of the image."""
    frequency, phase = rng.uniform(*ranges.frequency), rng.uniform(*ranges.phase)
    snr, coherent = rng.uniform(*ranges.noise), bool(rng.random() < ranges.coherent)
    streaks = (0.0, 0.0)
    if ranges.streaks and rng.random() < ranges.streaks:
        both = math.exp(rng.uniform(math.log(1.5), math.log(12))), rng.uniform(0, 1)
        streaks = both if rng.random() < 0.5 else both[::-1]
    oriented = bool(ranges.oriented and rng.random() < ranges.oriented)
    blur = rng.uniform(*ranges.blur) if ranges.blur[1] else 0.0
    make = WAVELETS[ranges.wavelets[rng.integers(len(ranges.wavelets)) if len(ranges.wavelets) > 1 else 0]]
    loss = rng.uniform(*ranges.attenuation) if ranges.attenuation[1] else 0.0
    frequencies = (frequency, frequency * (1 - loss)) if loss > 0.05 else (frequency,)
    fringe = bool(ranges.fringe and rng.random() < ranges.fringe)
    blank = float(rng.random()) if ranges.blank and rng.random() < ranges.blank else 0.0
    if fringe and ranges.blank and not blank and rng.random() < 0.5:
        blank = 0.5  # where fold is low, more is muted
    strength = rng.uniform(*ranges.footprint) * (rng.random() < 0.3) if ranges.footprint[1] else 0.0
    return Image(
        wavelets=tuple(tuple(make(f, MARGIN, phase=phase).tolist()) for f in frequencies),
        frequency=frequency,
        snr=snr,
        coherent=coherent,
        streaks=streaks,
        oriented=oriented,
        blur=blur,
        statics=rng.uniform(*ranges.statics) * (rng.random() < 0.3) if ranges.statics[1] else 0.0,
        footprint=(strength, rng.uniform(2, 9), int(rng.integers(2))) if strength else (0.0, 1.0, 0),
        smiles=int(rng.integers(ranges.smiles[0], ranges.smiles[1] + 1)) if ranges.smiles[1] else 0,
        gain=rng.uniform(*ranges.gain) if ranges.gain[1] else 0.0,
        clip=bool(ranges.clip and rng.random() < ranges.clip),
        blank=blank,
        fringe=fringe,
        padding=bool(ranges.padding and rng.random() < ranges.padding),
        seed=int(rng.integers(2**63)),
    )


def convolve(
    traces: Float[Tensor, "traces padded"], wavelets: tuple[tuple[float, ...], ...]
) -> Float[Tensor, "traces n"]:
    """Vertical convolution, margins dropped; with two wavelets the second one takes over linearly with depth.

    It is a product with a band matrix: faster than a sum over the wavelet's samples, and a second wavelet costs
    nothing.
    """
    n = traces.shape[1] - 2 * MARGIN
    made = torch.empty((traces.shape[0], n), device=traces.device)
    for start in range(0, n, _PIECE):
        stop = min(start + _PIECE, n)
        matrix = _band(wavelets, start, stop, n, traces.device)
        torch.mm(traces[:, start : stop + 2 * MARGIN], matrix, out=made[:, start:stop])
    return made


@lru_cache(maxsize=32)
def _band(
    wavelets: tuple[tuple[float, ...], ...], start: int, stop: int, n: int, device: torch.device
) -> Float[Tensor, "padded piece"]:
    """Matrix that makes samples ``start`` to ``stop`` of ``n`` from these samples and a margin on both sides."""
    width = stop - start
    columns = torch.arange(width)
    down = torch.linspace(0, 1, n)[start:stop, None]
    both = torch.tensor(wavelets)
    weights = both[0].expand(width, -1) if len(both) == 1 else both[0].lerp(both[1], down)
    matrix = torch.zeros(width + 2 * MARGIN, width)
    rows = columns[:, None] + torch.arange(2 * MARGIN + 1)
    return matrix.index_put_((rows, columns[:, None].expand_as(rows)), weights.flip(1)).to(device)


def moments(values: Float[Tensor, "*any"]) -> tuple[float, float]:
    """Mean and standard deviation, summed in an order that does not depend on the number of threads."""
    parts = [part.double() for part in torch.split(values.flatten(), BLOCK)]
    mean = float(torch.stack([part.sum() for part in parts]).sum()) / values.numel()
    squares = float(torch.stack([part.sub_(mean).square_().sum() for part in parts]).sum())
    return mean, max(math.sqrt(squares / (values.numel() - 1)), 1e-6)


def smooth(image: Float[Tensor, "x y z"], widths: tuple[float, float]) -> Float[Tensor, "x y z"]:
    """Gaussian smoothing with given standard deviations along the horizontal axes, reflecting at their ends.

    It is a product with a band matrix, of which only the blocks that are not zero are multiplied.
    """
    for axis, width in enumerate(widths):
        n = image.shape[axis]
        if n == 1 or width < 0.1:
            continue
        matrix, reach = _smoothing(n, width).to(image.device), math.ceil(3 * width)
        rows = [(slice(a, a + _ROWS), slice(max(0, a - reach), a + _ROWS + reach)) for a in range(0, n, _ROWS)]
        made = torch.empty(image.shape, device=image.device)
        for part, out in _slabs(image, made, axis):
            whole = part.contiguous()
            for here, around in rows:
                torch.mm(matrix[here, around], whole[around], out=out[here])
        image = made
    return image


def _slabs(image: Tensor, made: Tensor, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Matrices ``(n, anything)`` of two volumes with a horizontal axis first: they divide the volumes between them."""
    if axis == 1:
        yield from zip(image, made, strict=True)
        return
    n = image.shape[0]
    step = max(1, BLOCK // n)
    yield from zip(torch.split(image.reshape(n, -1), step, 1), torch.split(made.view(n, -1), step, 1), strict=True)


@lru_cache(maxsize=32)
def _smoothing(n: int, width: float) -> Float[Tensor, "n n"]:
    """Matrix of a Gaussian smoothing of ``n`` values, reflecting at their ends."""
    reach = math.ceil(3 * width)
    offsets = torch.arange(-reach, reach + 1)
    weights = torch.exp(-0.5 * (offsets / width) ** 2)
    rows = torch.arange(n)[:, None].expand(-1, len(offsets))
    columns = (rows + offsets).abs() % (2 * (n - 1))
    columns = torch.minimum(columns, 2 * (n - 1) - columns)
    matrix = torch.zeros(n, n)
    return matrix.index_put_((rows, columns), (weights / weights.sum()).expand_as(rows), accumulate=True)


def loudness(traces: Float[Tensor, "traces n"]) -> Float[Tensor, "traces n"]:
    """Largest amplitude of a trace within some 20 samples of each sample: the range in which a fault is visible.

    Interpreters draw faults through quiet intervals between reflections, and a little beyond the last one.
    """
    n = traces.shape[1]
    cells = F.max_pool1d(traces.abs()[:, None], 4, ceil_mode=True)
    wide = F.max_pool1d(cells, 9, 1, padding=4)
    return wide[:, 0].repeat_interleave(4, dim=1)[:, :n]


def noise_of(rng: np.random.Generator, size: tuple[int, int, int], image: Image) -> Float[Tensor, "traces n"]:
    """Noise of unit variance: white, or in the band of the signal and smooth along the horizontal axes or a dip.

    Its traces are periodic.
    """
    nx, ny, nz = size
    noise = torch.from_numpy(rng.standard_normal((nx * ny, nz), dtype=np.float32))
    if not image.coherent:
        return noise
    wrapped = torch.arange(-MARGIN, nz + MARGIN) % nz
    step = max(1, BLOCK // (nz + 2 * MARGIN))
    for start in range(0, nx * ny, step):
        part = slice(start, min(start + step, nx * ny))
        noise[part] = convolve(noise[part].index_select(1, wrapped), image.wavelets)
    noise = smooth(noise.view(size), image.streaks)
    for axis in (0, 1) if ny > 1 else (0,):
        noise += noise.roll(1, axis)
        if image.smiles:  # dipping events: each neighbour is a little later
            dips = np.random.default_rng((image.seed, 2, axis)).integers(-3, 4, 2)
            for span, dip in zip((1, 2), dips, strict=True):
                noise += noise.roll((span, int(dip)), (axis, 2))
    noise = noise.reshape(nx * ny, nz)
    return noise.div_(moments(noise)[1])


def chaos_of(seed: int, size: tuple[int, int, int]) -> Float[Tensor, "x y padded"]:
    """Disturbance of layers with about unit variance and an extent of some samples, including margins."""
    nx, ny, nz = size
    rng = np.random.default_rng((seed, 4))
    cell = rng.uniform(4, 10), rng.uniform(3, 6)
    coarse = (max(2, round(nx / cell[0])), max(2, round(ny / cell[0])) if ny > 1 else 1)
    values = rng.standard_normal((1, 1, *coarse, max(2, round((nz + 2 * MARGIN) / cell[1]))), dtype=np.float32)
    fine = F.interpolate(torch.from_numpy(values), (nx, ny, nz + 2 * MARGIN), mode="trilinear", align_corners=False)
    return fine[0, 0]
