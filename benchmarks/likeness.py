"""Real sections among synthetic ones, and their statistics.

    python benchmarks/likeness.py [--data ../shared/data] [--out runs/likeness.png]

Draws windows of real lines and synthetic sections of the preset "field" in random order, without names (they are
printed), and below them the distributions of amplitude, frequency and dip of both. The picture holds real data: it is
made for looking at, and not part of the project.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

import geocnn
from geocnn.synthetic.structure import FIELD, structure

SIZE = 160
Window = NDArray[np.float32]


def real(folder: Path, rng: np.random.Generator, count: int) -> list[tuple[str, Window]]:
    """Windows of lines that have no synthetic parent, scaled to unit standard deviation."""
    lines: list[tuple[str, Window]] = []
    for name in ("segy/alaska2d.sgy", "segy/carbonate3d.sgy", "horizons_penobscot/crossline_1155.sgy"):
        if (folder / name).exists():
            source = geocnn.open(folder / name)
            middle = (slice(None),) * source.grid.ndim
            if source.grid.ndim == 3:
                middle = (slice(source.grid.shape[0] // 2, source.grid.shape[0] // 2 + 1), *middle[1:])
            lines.append((name, source.read(middle).reshape(-1, source.grid.shape[-1])))
    paths = sorted((folder / "faults_f3").glob("inline_*.npy"))
    lines.extend((path.name, np.load(path).astype(np.float32)) for path in paths)
    windows = []
    for k in range(count):
        name, line = lines[k % len(lines)]
        x, z = (int(rng.integers(0, n - SIZE + 1)) for n in line.shape)
        windows.append((f"{name}, traces from {x}, samples from {z}", line[x : x + SIZE, z : z + SIZE]))
    return [(name, window / max(float(window.std()), 1e-9)) for name, window in windows]


def synthetic(count: int) -> list[tuple[str, Window]]:
    """Sections of the generator, scaled alike."""
    made = [
        (f"synthetic {k}", structure(k, seed=77, shape=(SIZE, SIZE), ranges=FIELD).seismic.numpy())
        for k in range(count)
    ]
    return [(name, (window / max(float(window.std()), 1e-9)).astype(np.float32)) for name, window in made]


def amplitudes(window: Window) -> NDArray[np.float64]:
    """In standard deviations."""
    return window.ravel().astype(float)


def frequencies(window: Window) -> NDArray[np.float64]:
    """Of a trace, the centre of its amplitude spectrum, cycles per sample."""
    spectrum = np.abs(np.fft.rfft(window - window.mean(-1, keepdims=True), axis=-1))
    found: NDArray[np.float64] = spectrum @ np.fft.rfftfreq(SIZE) / np.maximum(spectrum.sum(-1), 1e-9)
    return found


def dips(window: Window) -> NDArray[np.float64]:
    """Samples a trace, by the structure tensor (van Vliet & Verbeek 1995), where layers are plain."""
    gx, gz = (scipy.ndimage.gaussian_filter(window, 1.5, order=order) for order in ((1, 0), (0, 1)))
    xx, xz, zz = (scipy.ndimage.gaussian_filter(a * b, 6) for a, b in ((gx, gx), (gx, gz), (gz, gz)))
    plain = np.hypot(xx - zz, 2 * xz) / np.maximum(xx + zz, 1e-9) > 0.7
    found: NDArray[np.float64] = -np.tan(0.5 * np.arctan2(-2 * xz, zz - xx))[plain][::50]
    return found


STATISTICS: dict[str, tuple[Callable[[Window], NDArray[np.float64]], tuple[float, float]]] = {
    "amplitude, standard deviations": (amplitudes, (-4, 4)),
    "frequency of a trace, cycles a sample": (frequencies, (0, 0.4)),
    "dip, samples a trace": (dips, (-1.5, 1.5)),
}


def main() -> None:
    """Draw the picture and print what is where."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/likeness.png"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(options.seed)
    groups = {"real": real(options.data, rng, 60), "synthetic": synthetic(60)}
    shown = groups["real"][:5] + groups["synthetic"][:5]
    shown = [shown[k] for k in rng.permutation(len(shown))]
    figure, places = plt.subplots(3, 5, figsize=(20, 13), layout="constrained")
    for letter, place, (name, window) in zip("ABCDEFGHIJ", places.flat, shown, strict=False):
        place.imshow(window.T, cmap="gray", vmin=-2.5, vmax=2.5, aspect="auto")
        place.set_title(letter, loc="left")
        place.set_axis_off()
        print(letter, name)
    for place, (label, (measure, span)) in zip(places[2], STATISTICS.items(), strict=False):
        for name, windows in groups.items():
            values = np.concatenate([measure(window) for _, window in windows])
            place.hist(values, 60, range=span, density=True, histtype="step", linewidth=1.8, label=name)
        place.set_xlabel(label)
        place.set_yticks([])
    places[2, 0].legend()
    for place in places[2, len(STATISTICS) :]:
        place.set_axis_off()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.out, dpi=60)
    print(options.out)


if __name__ == "__main__":
    main()
