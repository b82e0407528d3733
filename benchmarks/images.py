"""The landmark networks on the real images of their papers, and AlexNet on seismic facies.

``python benchmarks/images.py lenet5 lenet1989 membranes alexnet`` prints the table of benchmarks/README.md; runs that
are finished in the folder are not repeated, interrupted ones go on.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

import geocnn
from geocnn.figures import save
from geocnn.figures.membranes import membranes as picture
from geocnn.recipes.membranes import example
from geocnn.training import Run

Row = tuple[str, str, str, str, float]
"""Network, data, what was measured, the paper's number, seconds of training."""


def trained(recipe: str, folder: Path, **arguments: object) -> Run:
    """The run in ``folder``, trained or continued if need be."""
    return geocnn.fit(recipe, out=folder, resume=(folder / "state.safetensors").is_file(), **arguments)  # type: ignore[arg-type]


def lenet5(data: Path, out: Path) -> Iterator[Row]:
    """All of MNIST."""
    run = trained("digits", out / "lenet5", data=data / "images", model="lenet5", epochs=20)
    yield "LeNet-5", "MNIST, 60,000 / 10,000", _error(run), "0.95", run.history[-1]["seconds"]


def lenet1989(data: Path, out: Path) -> Iterator[Row]:
    """As many digits as in the paper, 16 x 16."""
    run = trained(
        "digits",
        out / "lenet1989",
        data=data / "images",
        model="lenet1989",
        train=7291,
        test=2007,
        epochs=60,
    )
    yield "LeNet 1989", "MNIST 16 x 16, 7,291 / 2,007", _error(run), "5.0", run.history[-1]["seconds"]


def membranes(data: Path, out: Path) -> Iterator[Row]:
    """20 sections to learn from, 5 for testing; with and without the mean over the eight ways to look at a section."""
    run = trained("membranes", out / "membranes", data=data / "images" / "em_membranes.npz")
    sections, plain, turned = run.recipe.validation, [], []
    for index in range(len(sections)):
        x, y = sections[[index]]
        truth = y[0, 0] > 0.5
        plain.append(float(((_probability(run, x) > 0.5) != truth).float().mean()))
        views = [
            _probability(run, x.rot90(k, (2, 3)).flip(3) if mirror else x.rot90(k, (2, 3)))
            for k in range(4)
            for mirror in (False, True)
        ]
        back = [(p.flip(1) if i % 2 else p).rot90(-(i // 2), (0, 1)) for i, p in enumerate(views)]
        turned.append(float(((torch.stack(back).mean(0) > 0.5) != truth).float().mean()))
    seconds = run.history[-1]["seconds"]
    name = f"U-Net, {run.card.arguments['width']} channels"
    yield name, "EM membranes, 20 / 5 sections", f"{100 * np.mean(plain):.2f}", "6.1", seconds
    yield f"{name}, 8 views", "the same", f"{100 * np.mean(turned):.2f}", "6.1", seconds
    shown = example(run)
    save(
        picture(shown.image, shown.truth, shown.probability, title="Membranes in the test section of median error"),
        out / "membranes.png",
    )


def alexnet(data: Path, out: Path) -> Iterator[Row]:
    """In which of eight stratigraphic intervals of the Penobscot survey does the centre of a window lie?"""
    out.mkdir(parents=True, exist_ok=True)
    windows = out / "penobscot-windows.npz"
    x, y, group = _windows(data / "horizons_penobscot" / "inlines_1075_1110.npz")
    np.savez(windows, x=x, y=y, group=group)
    run = trained("classify", out / "alexnet", data=windows, model="alexnet", width=0.25, ndim=2, epochs=20)
    name = f"AlexNet, a quarter of the channels ({sum(p.numel() for p in run.model.parameters()):,} parameters)"
    count = f"{len(run.recipe.train):,} / {len(run.recipe.validation):,}"
    yield name, f"Penobscot windows 64 x 64, 8 classes, {count}", _error(run), "", run.history[-1]["seconds"]


def _windows(path: Path, size: int = 64, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows (number, size, size) about random samples, the interval of each, and the part of the survey.

    Groups are fifths of the survey along the crosslines; windows that cross from one into the other are left out, so
    that the one that is kept for testing shares no sample with the others.
    """
    with np.load(path) as file:
        seismic, facies = file["seis"], file["facies"]
    rng, half = np.random.default_rng(seed), size // 2
    lines = seismic.shape[1]
    x, y, group = [], [], []
    for _ in range(16_000):
        inline, trace = rng.integers(len(seismic)), rng.integers(half, lines - half)
        part = 5 * trace // lines
        if 5 * (trace - half) // lines != 5 * (trace + half) // lines:
            continue
        kind = rng.integers(8)  # as many of each
        places = np.flatnonzero(facies[inline, trace, half:-half] == kind)
        if not len(places):
            continue
        centre = half + rng.choice(places)
        x.append(seismic[inline, trace - half : trace + half, centre - half : centre + half])
        y.append(kind)
        group.append(part)
    return np.stack(x), np.array(y), np.array(group)


def _probability(run: Run, x: torch.Tensor) -> torch.Tensor:
    """Of a membrane, ``(rows, columns)``."""
    with torch.inference_mode():
        return torch.sigmoid(run.model(x).float())[0, 0]


def _error(run: Run) -> str:
    """Wrong windows in percent, by the weights that were kept."""
    return f"{100 * (1 - run.card.metrics['validation']['validation_accuracy']):.2f}"


JOBS: dict[str, Callable[[Path, Path], Iterator[Row]]] = {
    "lenet5": lenet5,
    "lenet1989": lenet1989,
    "membranes": membranes,
    "alexnet": alexnet,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("jobs", nargs="+", choices=list(JOBS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/images"))
    options = parser.parse_args()
    print("| network | data, learnt from / tested on | error % | paper % | seconds |")
    print("|---|---|---|---|---|")
    for job in options.jobs:
        for name, data, error, paper, seconds in JOBS[job](options.data, options.out):
            print(f"| {name} | {data} | {error} | {paper} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
