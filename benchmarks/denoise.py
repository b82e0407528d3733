"""How much noise the shipped denoisers remove, beside what else people use, on synthetic and on real surveys.

    python benchmarks/denoise.py [--data ../shared/data] [--network RUN ...] [--count 12] [--pictures DIR] [--peers]

Synthetic sections and volumes are number 0, 1, 2 ... of series 1001, which no training takes, with the noise of
geocnn.synthetic.noise at 0, 6 and 12 dB below the signal. The real sections (three crosslines of the Great South Basin,
two inlines of F3, a line from Alaska, an inline of a carbonate cube) have noise of their own, which counts as signal
here, though a network takes it away too: what is added is white, or in the band of the section with the dips of
migration. The gain is the ratio of signal to noise after minus before, dB. "unchanged" is the ratio, dB, of the section
to what is taken from it where nothing was added: look at the pictures for what that is.

With --peers (pip install scikit-image bm3d bm4d) the same sections go through f-x deconvolution (Canales 1984, SEG
expanded abstracts, 525-527; here, in NumPy), non-local means and total variation of scikit-image, and BM3D and BM4D.
All of these are told the standard deviation of the noise, which geocnn is not; the f-x filter has the best of three
lengths for each section.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import geocnn
from geocnn.checkpoints import Trained
from geocnn.datasets import NoisyStructures
from geocnn.synthetic.noise import NoiseRanges, survey_noise
from geocnn.synthetic.structure import QUIET

HELD_OUT = 1001
RATIOS = (0.0, 6.0, 12.0)
Array = NDArray[np.floating[Any]]
Case = tuple[Array, Array]
Way = Callable[[Array, Array], Array]
"""From what is noisy, and the truth, of which ways take the noise level alone, to what is left."""


def synthetic(ndim: int, snr: float, count: int) -> Iterator[Case]:
    """Noisy and clean structure."""
    shape = (256, 256) if ndim == 2 else (64, 96, 96)
    samples = NoisyStructures(count, shape, HELD_OUT, QUIET, NoiseRanges(snr=(snr, snr)), {"kind": "none"})
    for index in range(count):
        x, y = samples[[index]]
        yield x[0, 0].numpy(), y[0, 0].numpy()


def sections(folder: Path) -> Iterator[tuple[str, Array]]:
    """Real sections, ``(trace, time)``."""
    for path in sorted((folder / "faults_gsb").glob("crl_*.npz")):
        with np.load(path) as file:
            yield f"Great South Basin {path.stem[4:]}", np.ascontiguousarray(file["seismic"].T, np.float32)
    with np.load(folder / "faults_f3" / "f3_inlines_300_500.npz") as file:
        for number, inline in zip(file["inline"], file["seismic"], strict=True):
            values = inline.T[:, 20:-2].astype(np.float32)  # the rest holds one number, no data
            yield f"F3 inline {number}", np.ascontiguousarray(values - np.median(values))
    yield "Alaska 31-81", np.asarray(geocnn.open(folder / "segy" / "alaska2d.sgy").read(...))[100:500, 400:1000]
    yield "carbonate inline", np.asarray(geocnn.open(folder / "segy" / "carbonate3d.sgy").read(...))[38]


def added(section: Array, snr: float, seed: int) -> Array:
    """A section with noise: white for every second one, else in its band, with dips."""
    power = np.abs(np.fft.rfft(section, axis=1)).mean(0)
    share, frequency = np.cumsum(power) / power.sum(), np.fft.rfftfreq(section.shape[1])
    low, high = (float(np.clip(np.interp(s, share, frequency), 0.0, 0.5)) for s in (0.02, 0.9))
    band = {"low": (low, low), "high": (max(high, 0.02), max(high, 0.02)), "fan": 1.0, "smooth": 0.0}
    ranges = NoiseRanges(snr=(snr, snr), white=float(seed % 2 == 0), **band)  # type: ignore[arg-type]
    noise, level = survey_noise(np.random.default_rng(seed), section.shape, ranges)
    return section + noise * np.float32(level * section.std())


def ratio(truth: Array, found: Array) -> float:
    """Signal to what is wrong, dB."""
    wrong = np.square(found - truth, dtype=np.float64).sum()
    return float(10 * np.log10(np.square(truth, dtype=np.float64).sum() / max(wrong, 1e-30)))


def network(trained: Trained, noisy: Array, _: Array) -> Array:
    """Ours; a network for sections goes through a volume inline by inline."""
    made = geocnn.predict(trained, noisy, show_progress=False).array
    assert made is not None
    return np.asarray(made)


def fx_deconvolution(noisy: Array, truth: Array) -> Array:
    """The best of three lengths of the filter; a volume inline by inline."""
    if noisy.ndim == 3:
        return np.stack([fx_deconvolution(*pair) for pair in zip(noisy, truth, strict=True)])
    return max((_fx(noisy, order) for order in (4, 8, 14)), key=partial(ratio, truth))


def _fx(section: Array, order: int, window: tuple[int, int] = (64, 64), damping: float = 0.02) -> Array:
    """Each frequency of a window predicted from the traces before and behind, in windows that overlap by half."""
    pad = [(w // 2, w + w // 2) for w in window]
    padded = np.pad(section, pad, "reflect" if min(section.shape) > max(window) * 1.5 else "symmetric")
    total, weight = np.zeros_like(padded), np.zeros_like(padded)
    taper = np.outer(*(np.hanning(w + 2)[1:-1] for w in window)).astype(np.float32)
    for i in range(0, padded.shape[0] - window[0] + 1, window[0] // 2):
        for j in range(0, padded.shape[1] - window[1] + 1, window[1] // 2):
            where = slice(i, i + window[0]), slice(j, j + window[1])
            spectrum = np.fft.rfft(padded[where], axis=1).T
            both = (_predicted(spectrum, order, damping) + _predicted(spectrum[:, ::-1], order, damping)[:, ::-1]) / 2
            total[where] += taper * np.fft.irfft(both.T, window[1], axis=1)
            weight[where] += taper
    return (total / np.maximum(weight, 1e-6))[
        tuple(slice(a, a + n) for (a, _), n in zip(pad, section.shape, strict=True))
    ]


def _predicted(rows: NDArray[np.complex128], order: int, damping: float) -> NDArray[np.complex128]:
    """Each value of a row from those before it; the first ones as they are."""
    views = np.stack([rows[:, order - k - 1 : rows.shape[1] - k - 1] for k in range(order)], 2)
    right = rows[:, order:]
    normal = views.conj().transpose(0, 2, 1) @ views
    trace = np.trace(normal, axis1=1, axis2=2).real[:, None, None] / order
    normal += (damping * trace + 1e-12) * np.eye(order)
    filters = np.linalg.solve(normal, views.conj().transpose(0, 2, 1) @ right[..., None])
    return np.concatenate((rows[:, :order], (views @ filters)[..., 0]), 1)


def peers(ndim: int) -> dict[str, Way]:
    """What else there is."""
    from bm3d import bm3d
    from bm4d import bm4d
    from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

    def means(noisy: Array, truth: Array) -> Array:
        sigma = float((noisy - truth).std())
        patches = {"patch_size": 5, "patch_distance": 9 if ndim == 2 else 4}
        return np.asarray(denoise_nl_means(noisy, h=0.8 * sigma, sigma=sigma, fast_mode=True, **patches), np.float32)

    def variation(noisy: Array, truth: Array) -> Array:
        weights = (noisy - truth).std() * np.array((0.5, 1.0, 2.0))
        chambolle: Callable[..., Array] = denoise_tv_chambolle
        made = [chambolle(noisy, weight=w) for w in weights]
        return max(made, key=partial(ratio, truth))

    def blocks(noisy: Array, truth: Array) -> Array:
        scale = float(np.abs(noisy).max())
        made = (bm3d if ndim == 2 else bm4d)(noisy / scale, float((noisy - truth).std()) / scale)
        return np.asarray(made * scale, np.float32)

    return {
        "f-x deconvolution": fx_deconvolution,
        "non-local means": means,
        "total variation, best of 3": variation,
        f"BM{ndim + 1}D": blocks,
    }


def measured(way: Way, cases: list[Case]) -> tuple[float, float]:
    """Mean gain, and seconds for a million samples."""
    begun, gains = time.perf_counter(), []
    for noisy, truth in cases:
        gains.append(ratio(truth, way(noisy, truth)) - ratio(truth, noisy))
    return float(np.mean(gains)), (time.perf_counter() - begun) / sum(x.size for x, _ in cases) * 1e6


def row(*cells: object) -> None:
    """A row of the table."""
    print(f"| {' | '.join(f'{c:.1f}' if isinstance(c, float) else str(c) for c in cells)} |", flush=True)


def draw(name: str, noisy: Array, found: dict[str, Array], truth: Array, folder: Path) -> None:
    """What each way leaves, and what it takes, one section a picture."""
    from matplotlib.figure import Figure

    made = Figure((4.2 * (len(found) + 2), 8), layout="constrained")
    places = made.subplots(2, len(found) + 2, sharex=True, sharey=True)
    limit = float(np.quantile(np.abs(truth), 0.98))
    for column, (title, image) in enumerate({"noisy": noisy, "truth": truth, **found}.items()):
        for place, values in zip(places[:, column], (image, noisy - image), strict=True):
            place.imshow(values.T, cmap="gray", vmin=-limit, vmax=limit, aspect="auto", interpolation="none")
        places[0, column].set_title(title if column < 2 else f"{title}, {ratio(truth, image):.1f} dB")
        places[1, column].set_title("removed")
    folder.mkdir(parents=True, exist_ok=True)
    made.savefig(folder / f"{name.replace(' ', '-')}.png", dpi=70)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--network", type=Path, nargs="*", default=[], help="run folders in place of what ships")
    parser.add_argument("--count", type=int, default=12, help="synthetic sections and volumes of each kind")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--peers", action="store_true", help="others as well")
    options = parser.parse_args()
    networks = {str(path): geocnn.load(path) for path in options.network} or {
        f"denoise-{ndim}d": geocnn.load("denoise", ndim=ndim) for ndim in (2, 3)
    }
    torch.set_num_threads(1)
    for ndim in (2, 3):
        ways: dict[str, Way] = {
            name: partial(network, trained) for name, trained in networks.items() if trained.card.ndim <= ndim
        }
        ways |= peers(ndim) if options.peers else {}
        print(f"\n| synthetic, {ndim}-D | gain at 0 dB | 6 dB | 12 dB | s a million samples, one core |")
        print("| --- | --- | --- | --- | --- |")
        count = options.count if ndim == 2 else max(1, options.count // 3)
        cases = [list(synthetic(ndim, snr, count)) for snr in RATIOS]
        for name, way in ways.items():
            found = [measured(way, some) for some in cases]
            row(name, *(gain for gain, _ in found), f"{np.median([seconds for _, seconds in found]):.2f}")
    real(networks, options)


def real(networks: dict[str, Trained], options: argparse.Namespace) -> None:
    """Print the table of real sections."""
    ways: dict[str, Way] = {
        name: partial(network, trained) for name, trained in networks.items() if trained.card.ndim == 2
    }
    ours = set(ways)
    ways |= peers(2) if options.peers else {}
    print("\n| real section | way | gain at 0 dB | 6 dB | 12 dB | unchanged |\n| --- | --- | --- | --- | --- | --- |")
    for number, (title, section) in enumerate(sections(options.data) if options.data.is_dir() else ()):
        cases = [(added(section, snr, number), section) for snr in RATIOS]
        for name, way in ways.items():
            kept = ratio(section, way(section, section)) if name in ours else "-"
            row(title, name, *(measured(way, [case])[0] for case in cases), kept)
        if options.pictures:
            found = {name: way(*cases[1]) for name, way in ways.items()}
            draw(title, cases[1][0], found, section, options.pictures)


if __name__ == "__main__":
    main()
