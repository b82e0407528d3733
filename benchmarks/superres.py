"""How well the shipped network puts back every second trace and sample, beside interpolations, on real sections.

    python benchmarks/superres.py [--data ../shared/data] [--network RUN] [--count 20] [--pictures DIR]

Of each section every second trace is left out, and every second sample behind a low-pass; what comes back is compared
with the section, dB of signal over what is wrong. Synthetic ones are number 0, 1, 2 ... of series 1001, which no
training takes, without noise. "traces left out" counts these alone. The real sections, those of benchmarks/denoise.py,
have noise, most of which nothing can put back: that of a trace left out is in no other. Beside the network: what it is
given (linear from trace to trace, a sinc in time), cubic splines, a Fourier series, and f-x interpolation (Spitz 1991,
Geophysics 56(6), 785-794, doi:10.1190/1.1443096; here, in NumPy, the best of three lengths of its filter), which knows
dips beyond the folding as the network does.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.signal import resample

import geocnn
from denoise import HELD_OUT, Array, ratio, row, sections
from geocnn import io
from geocnn.checkpoints import Trained
from geocnn.datasets import halved
from geocnn.io.stretched import StretchedSource
from geocnn.synthetic.structure import QUIET, structure

Complex = NDArray[np.complex128]


def network(trained: Trained, coarse: Array) -> Array:
    """Ours."""
    return np.asarray(geocnn.predict(trained, coarse, show_progress=False).array)


def linear(coarse: Array) -> Array:
    """Linear from trace to trace, a sinc in time."""
    return np.asarray(StretchedSource(io.open(coarse), (2, 2)).read(...))


def cubic(coarse: Array) -> Array:
    """Cubic splines."""
    places = np.meshgrid(*(np.arange(2 * n - 1) / 2 for n in coarse.shape), indexing="ij")
    return np.asarray(map_coordinates(coarse, places, order=3, mode="reflect"), np.float32)


def fourier(coarse: Array) -> Array:
    """A Fourier series of the section and its mirror image."""
    traces, samples = coarse.shape
    both = np.pad(coarse, [(0, traces), (0, samples)], "symmetric")
    return np.asarray(resample(resample(both, 4 * traces, axis=0), 4 * samples, axis=1))[
        : 2 * traces - 1, : 2 * samples - 1
    ].astype(np.float32)


def fx_interpolation(fine: Array, coarse: Array) -> Array:
    """The best of three lengths of the filter; in time a sinc."""
    finer = np.asarray(StretchedSource(io.open(coarse), (1, 2)).read(...))
    return max((_spitz(finer, order) for order in (2, 3, 5)), key=partial(ratio, fine))


def _spitz(section: Array, order: int, window: tuple[int, int] = (16, 64), damping: float = 0.01) -> Array:
    """Traces between those of a section, window by window; windows overlap by half."""
    traces, samples = section.shape
    pad = [(w // 2, w + w // 2) for w in window]
    padded = np.pad(section, pad, "symmetric")
    total, weight = np.zeros((2 * padded.shape[0], padded.shape[1])), np.zeros((2 * padded.shape[0], 1))
    across = np.hanning(2 * window[0] + 1)[:-1, None] + 1e-3
    down = np.hanning(window[1] + 2)[None, 1:-1]
    weight_down = np.zeros((1, padded.shape[1]))
    for j in range(0, padded.shape[1] - window[1] + 1, window[1] // 2):
        weight_down[:, j : j + window[1]] += down
    for i in range(0, padded.shape[0] - window[0] + 1, window[0] // 2):
        weight[2 * i : 2 * i + 2 * window[0]] += across
        for j in range(0, padded.shape[1] - window[1] + 1, window[1] // 2):
            part = padded[i : i + window[0], j : j + window[1]].astype(float)
            made = _between(part, order, damping)
            total[2 * i : 2 * i + 2 * window[0], j : j + window[1]] += across * down * made
    total /= np.maximum(weight, 1e-6) * np.maximum(weight_down, 1e-6)
    first = 2 * pad[0][0]
    return total[first : first + 2 * traces - 1, pad[1][0] : pad[1][0] + samples].astype(np.float32)


def _between(part: NDArray[np.float64], order: int, damping: float) -> NDArray[np.float64]:
    """Twice as many traces of a window: at each frequency with the filter that half of it has at twice the distance."""
    count, samples = part.shape
    spectrum = np.fft.rfft(part, 2 * samples, axis=1).T  # every second row is a frequency of the window
    frequencies = np.arange(samples // 2 + 1)
    half, whole = spectrum[frequencies], spectrum[2 * frequencies]
    views = np.stack([half[:, order - k - 1 : count - k - 1] for k in range(order)], 2)
    back = np.stack([half[:, k + 1 : count - order + k + 1] for k in range(order)], 2).conj()
    rows = np.concatenate((views, back), 1)
    right = np.concatenate((half[:, order:], half[:, : count - order].conj()), 1)
    normal = rows.conj().transpose(0, 2, 1) @ rows
    scale = np.trace(normal, axis1=1, axis2=2).real[:, None, None] / order
    normal += (damping * scale + 1e-12) * np.eye(order)
    filters = np.linalg.solve(normal, rows.conj().transpose(0, 2, 1) @ right[..., None])[..., 0]
    fine = 2 * count - 1
    ahead = np.zeros((len(frequencies), fine - order, fine), complex)
    behind = np.zeros_like(ahead)
    at = np.arange(fine - order)
    ahead[:, at, at + order] = behind[:, at, at] = 1
    for k in range(order):
        ahead[:, at, at + order - k - 1] = -filters[:, k, None]
        behind[:, at, at + k + 1] = -filters[:, k, None].conj()
    both = np.concatenate((ahead, behind), 1)
    unknown, known = both[:, :, 1::2], -(both[:, :, 0::2] @ whole[..., None])
    square = unknown.conj().transpose(0, 2, 1) @ unknown + 1e-3 * np.eye(count - 1)
    found = np.linalg.solve(square, unknown.conj().transpose(0, 2, 1) @ known)[..., 0]
    made: Complex = np.zeros((len(frequencies), 2 * count), complex)
    made[:, 0 : 2 * count : 2], made[:, 1 : 2 * count - 1 : 2], made[:, -1] = whole, found, whole[:, -1]
    return np.fft.irfft(made.T, samples, axis=1)


def odd(section: Array) -> Array:
    """The largest part with odd numbers of traces and samples, whose half has both ends."""
    return section[tuple(slice(n - 1 + n % 2) for n in section.shape)]


def scores(way: Callable[[Array, Array], Array], cases: list[Array]) -> tuple[float, float, float]:
    """Signal over what is wrong, of all samples and of traces that were left out, and seconds a million samples."""
    whole, new, begun = [], [], time.perf_counter()
    for fine in cases:
        made = way(fine, halved(fine))
        whole.append(ratio(fine, made))
        new.append(ratio(fine[1::2], made[1::2]))
    return float(np.mean(whole)), float(np.mean(new)), (time.perf_counter() - begun) / sum(c.size for c in cases) * 1e6


def draw(name: str, fine: Array, made: dict[str, Array], folder: Path) -> None:
    """A part of a section: what is given, what comes back, what is wrong."""
    from matplotlib.figure import Figure

    part = tuple(slice(n // 2 - min(n, 180) // 2, n // 2 + min(n, 180) // 2) for n in fine.shape)
    coarse = np.kron(halved(fine), np.ones((2, 2)))[: fine.shape[0], : fine.shape[1]]
    picture = Figure((4.4 * (len(made) + 2), 8), layout="constrained")
    places = picture.subplots(2, len(made) + 2)
    limit = float(np.quantile(np.abs(fine), 0.98))
    for column, (title, image) in enumerate({"given": coarse, "truth": fine, **made}.items()):
        for place, values in zip(places[:, column], (image, image - fine), strict=True):
            place.imshow(values[part].T, cmap="gray", vmin=-limit, vmax=limit, aspect="auto", interpolation="none")
        places[0, column].set_title(title if column < 2 else f"{title}, {ratio(fine, image):.1f} dB")
    folder.mkdir(parents=True, exist_ok=True)
    picture.savefig(folder / f"finer-{name.replace(' ', '-')}.png", dpi=70)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--network", default="superres")
    parser.add_argument("--count", type=int, default=20, help="synthetic sections")
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    trained = geocnn.load(options.network, ndim=2)
    ways: dict[str, Callable[[Array, Array], Array]] = {
        options.network: lambda _, coarse: network(trained, coarse),
        "linear, sinc": lambda _, coarse: linear(coarse),
        "cubic": lambda _, coarse: cubic(coarse),
        "Fourier": lambda _, coarse: fourier(coarse),
        "f-x interpolation": fx_interpolation,
    }
    synthetic = [
        structure(index, seed=HELD_OUT, shape=(257, 257), ranges=QUIET).seismic.numpy()
        for index in range(options.count)
    ]
    cases = {f"{options.count} synthetic sections": synthetic}
    if options.data.is_dir():
        cases |= {title: [odd(section)] for title, section in sections(options.data)}
    print("| sections | way | dB | traces left out, dB | s a million samples |\n| --- | --- | --- | --- | --- |")
    for title, fine in cases.items():
        for name, way in ways.items():
            row(title, name, *scores(way, fine))
        if options.pictures:
            draw(title, fine[0], {name: way(fine[0], halved(fine[0])) for name, way in ways.items()}, options.pictures)


if __name__ == "__main__":
    main()
