"""Faults predicted in real surveys: time, memory, and how far two tile sizes differ.

``python benchmarks/real_files.py FILE...`` prints a table; each run is a process of its own, as users start it, and
its time includes the start of Python and everything that is written.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

import geocnn
from geocnn.io.scan import slabs


class Measured(NamedTuple):
    """One run of ``geocnn predict``: wall time in seconds, peak memory in bytes."""

    seconds: float
    memory: int


def run(file: Path, out: Path, *options: str) -> Measured:
    """Predict in a process of its own."""
    command = [sys.executable, "-m", "geocnn", "predict", "faults", str(file), "--out", str(out), "--quiet", *options]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    # wait4 gives the peak of this child alone.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"predict failed on {file} with exit code {process.returncode}.")
    scale = 1 if sys.platform == "darwin" else 1024
    return Measured(time.perf_counter() - started, usage.ru_maxrss * scale)


def largest_difference(one: Path, other: Path) -> float:
    """Between two results, read in pieces."""
    a, b = geocnn.open(one), geocnn.open(other)
    return max(float(np.abs(a.read(s) - b.read(s)).max()) for s in slabs(a.grid.shape))


def tile(shape: tuple[int, ...]) -> list[str]:
    """Another tile size: two pieces an axis, or one (with its padding) where that would be less than 64 samples."""
    return [str(n + 32 if n < 128 else -(-n // 2)) for n in shape]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--memory", default="4GB", help="budget of both runs")
    given = parser.parse_args()
    print(f"{'file':<34} {'shape':<18} {'seconds':>8} {'tiled':>8} {'peak GB':>8} {'difference':>11}")
    for file in given.files:
        shape = geocnn.open(file).grid.shape
        with tempfile.TemporaryDirectory() as folder:
            one, other = Path(folder) / "one.sgy", Path(folder) / "other.sgy"
            whole = run(file, one, "--memory", given.memory)
            pieces = run(file, other, "--memory", given.memory, "--no-picture", "--tile", *tile(shape))
            differ = largest_difference(one, other)
        size = " x ".join(map(str, shape))
        times = f"{whole.seconds:8.1f} {pieces.seconds:8.1f} {whole.memory / 1e9:8.2f}"
        print(f"{file.name:<34} {size:<18} {times} {differ:11.1e}", flush=True)


if __name__ == "__main__":
    main()
