"""How long one synthetic volume takes on one core; run ``python benchmarks/structure.py``.

Processor seconds of one thread, so that other programs count less, for volumes of 128^3 with all labels: as the
recipe draws them and with eight faults. For comparison the same eight faults traced back in plain NumPy, one
whole-volume array after the other.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from geocnn.normalisation import Normalisation
from geocnn.synthetic.structure import FAULTSEG3D, FIELD, StructureRanges, _draw, structure

SHAPE = (128, 128, 128)
EIGHT = dataclasses.replace(StructureRanges(), faults=(8, 8))


def seconds(work: Callable[[int], object], runs: int) -> float:
    """Median processor time of one thread."""
    work(0)
    taken = []
    for index in range(runs):
        start = time.thread_time()
        work(index)
        taken.append(time.thread_time() - start)
    return statistics.median(taken)


def plain(index: int) -> NDArray[np.float64]:
    """Back-mapping in NumPy without any blocking; neither wavelet nor noise."""
    scene = _draw(np.random.default_rng((0, index)), SHAPE, EIGHT)
    axes = [np.arange(n, dtype=np.float32) for n in SHAPE]
    x, y, z = (part.copy() for part in np.meshgrid(*axes, indexing="ij"))
    near = np.zeros(SHAPE, bool)
    for fault in reversed(scene.faults):
        distance, along, down = (
            np.float32(a) * x + np.float32(b) * y + np.float32(c) * z + np.float32(d) for a, b, c, d in fault.frame
        )
        form = np.clip(1 + down / 2, 0, 1.5) if fault.form == "linear" else np.exp(-(along**2 + down**2) / 2)
        slip = np.float32(fault.slip) * form
        near |= (np.abs(distance) < max(map(abs, fault.normal))) & (np.abs(slip) * fault.dip[2] > 1)
        slip = np.where(distance > 0, slip, np.float32(0))
        for part, d in zip((x, y, z), fault.dip, strict=True):
            part -= np.float32(d) * slip
    folds = sum(h * np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * s**2)) for h, a, b, s in scene.folds.bumps)
    depth = (z - scene.folds.slopes[0] * x - scene.folds.slopes[1] * y) / (1 + np.float32(1.5 / SHAPE[2]) * folds)
    column = scene.column.numpy()
    place = depth + scene.packages[0].offset
    reflectivity: NDArray[np.float64] = np.interp(place, np.arange(len(column)), column)
    return reflectivity


def main() -> None:
    """Print one line a measurement."""
    torch.set_num_threads(1)
    volume = structure(0, shape=SHAPE).seismic.numpy()
    rows: tuple[tuple[str, Callable[[int], object], int], ...] = (
        ("structure, as drawn", lambda i: structure(i, shape=SHAPE), 10),
        ("structure, eight faults", lambda i: structure(i, shape=SHAPE, ranges=EIGHT), 10),
        ("section of 192 x 192", lambda i: structure(i, shape=(192, 192)), 10),
        ("structure, published ranges", lambda i: structure(i, shape=SHAPE, ranges=FAULTSEG3D), 10),
        ("structure, everything on", lambda i: structure(i, shape=SHAPE, ranges=FIELD), 20),
        ("section of 192 x 192, everything on", lambda i: structure(i, shape=(192, 192), ranges=FIELD), 20),
        ("normalisation of a volume", lambda _: Normalisation.fit(volume).apply(volume), 10),
        ("plain NumPy, eight faults, reflectivity alone", plain, 3),
    )
    for name, work, runs in rows:
        print(f"{name:<48}{seconds(work, runs):8.3f} s")


if __name__ == "__main__":
    main()
