"""Whether the objects of an interpretation are faults: synthetic volumes whose faults are known, voxel by voxel.

    python benchmarks/objects.py [--volumes 6]

The shipped network predicts held-out volumes (series 1001), and what is thinned is put together to objects: by
neighbours alone, and with those parted that are several planes which cross or meet. Of the voxels of objects that lie
on a known fault: the share that lies on the fault which most of their object lies on, and the share that belongs to the
object which most of their fault belongs to. Volumes without a known fault are left out.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

import geocnn
from geocnn import io
from geocnn.interpretation.connection import connect
from geocnn.interpretation.parting import part
from geocnn.interpretation.ridges import find_ridges
from geocnn.synthetic.structure import PRESETS, structure

HELD_OUT, SHAPE, LEAST = 1001, (128, 128, 128), 50


def agreement(label: NDArray[np.int64], fault: NDArray[np.int64]) -> tuple[float, float]:
    """Share of voxels in the commonest fault of their object, and in the commonest object of their fault."""
    both = (label > 0) & (fault > 0)
    table = np.zeros((label.max() + 1, fault.max() + 1), np.int64)
    np.add.at(table, (label[both], fault[both]), 1)
    return float(table.max(axis=1).sum() / both.sum()), float(table.max(axis=0).sum() / both.sum())


def main() -> None:
    """Print a row a preset and way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--volumes", type=int, default=6)
    options = parser.parse_args()
    trained = geocnn.load("faults", ndim=3)
    print("| volumes | objects | one fault an object | one object a fault | objects a volume |")
    print("| --- | --- | --- | --- | --- |")
    for preset in ("faultseg3d", "field"):
        ways: dict[str, list[tuple[float, float, int]]] = {"neighbours": [], "neighbours, parted": []}
        for index in range(options.volumes):
            sample = structure(index, seed=HELD_OUT, shape=SHAPE, ranges=PRESETS[preset])
            if not bool((sample.number > 0).any()):
                continue
            probability = geocnn.predict(trained, sample.seismic.numpy(), show_progress=False).array
            assert probability is not None
            ridges = find_ridges(io.open(probability), threshold=trained.card.threshold)
            fault = sample.number.numpy()[tuple(ridges.points.T)].astype(np.int64)
            whole = connect(ridges, min_size=LEAST)
            for way, label in zip(ways, (whole, part(ridges, whole, min_size=LEAST)), strict=True):
                ways[way].append((*agreement(label, fault), int(label.max())))
        for way, found in ways.items():
            one, other, count = np.mean(found, axis=0)
            print(f"| {len(found)} of {preset} | {way} | {one:.3f} | {other:.3f} | {count:.0f} |", flush=True)


if __name__ == "__main__":
    main()
