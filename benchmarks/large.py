"""A cube larger than memory, SEG-Y to SEG-Y, within a budget: time and peak memory of the process.

``python benchmarks/large.py`` makes a synthetic cube of 12 GB in ``--folder`` (once), predicts its faults with
``geocnn predict`` and prints a row of the table of benchmarks/README.md. It needs 25 GB of disk.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import geocnn
from geocnn.io.segy_sink import create_segy
from geocnn.io.source import as_grid
from geocnn.synthetic.structure import structure

LINES = 32
"""Inlines that are made; the cube repeats them forwards and backwards, so that layers go on."""


def cube(path: Path, shape: tuple[int, int, int]) -> None:
    """Write the cube line by line."""
    block = structure(0, shape=(LINES, *shape[1:])).seismic.numpy()
    with create_segy(path, as_grid(shape)) as sink:
        for number in range(shape[0]):
            turn, line = divmod(number, LINES)
            sink.write((number, 0, 0), block[[LINES - 1 - line if turn % 2 else line]])


def main() -> None:
    """Print the row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, default=Path("runs/large"))
    parser.add_argument("--shape", type=int, nargs=3, default=(1500, 1000, 2000))
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--precision", default="bf16")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    shape = tuple(given.shape)
    path, out = given.folder / f"cube-{'x'.join(map(str, shape))}.sgy", given.folder / "faults.sgy"
    if not path.exists():
        cube(path, shape)
    options = ["--memory", given.memory, "--precision", given.precision, "--overwrite", "--no-picture", "--quiet"]
    command = [sys.executable, "-m", "geocnn", "predict", "faults", str(path), "--out", str(out), *options]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    taken = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    voxels = shape[0] * shape[1] * shape[2] / 1e6
    print("\n".join(line for line in done.stdout.splitlines() if "streamed" in line))
    print("| cube | GB on disk | --memory | precision | seconds | Mvoxel / s | peak GB |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {' x '.join(map(str, shape))} | {path.stat().st_size / 1e9:.1f} | {given.memory} | {given.precision} | "
        f"{taken:.0f} | {voxels / taken:.2f} | {peak / 1e9:.2f} |"
    )
    assert geocnn.open(out).grid.shape == shape


if __name__ == "__main__":
    main()
