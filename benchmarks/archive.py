"""A day of a station through the picker that ships, from miniSEED to a catalogue: seconds and memory.

    python benchmarks/archive.py [--days 1]

Three components at 100 Hz of synthetic noise with earthquakes, in files of a day, are written, and then picked by a
process of its own: ``geocnn predict quakes``.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.synthetic.earthquakes import COMPONENTS, earthquake

HOUR = 360_000
START = 1_767_225_600 * 1_000_000_000
RUN = """
import resource, sys, time
from geocnn.__main__ import main
begun = time.perf_counter()
sys.argv = ["geocnn", "predict", "quakes", sys.argv[1], "--out", sys.argv[2], "--quiet"]
try:
    main()
finally:
    print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> None:
    """Print a row a number of days."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--days", type=int, nargs="+", default=[1, 4])
    options = parser.parse_args()
    hour = np.concatenate([earthquake(i, seed=9, size=HOUR // 30).waveform for i in range(30)], 1)
    hour = np.round(hour / np.abs(hour).mean() * 500)
    rng = np.random.default_rng(0)
    print("| days | seconds | seconds a day | peak MB |\n| --- | --- | --- | --- |")
    for days in options.days:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "data"
            folder.mkdir()
            for day in range(days):
                for component, samples in zip(COMPONENTS, hour, strict=True):
                    whole = np.tile(samples, 24) + rng.normal(0, 20, 24 * HOUR).round()
                    piece = ArrayPiece.of(
                        Channel("XX", "AAA", "", f"HH{component}"),
                        START + day * 86_400 * 1_000_000_000,
                        100.0,
                        whole.astype(np.float32),
                    )
                    write_miniseed(folder / f"XX.AAA..HH{component}.{day:03d}.mseed", [piece])
            begun = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", RUN, str(folder), str(Path(name) / "catalog.xml")],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds, peak = time.perf_counter() - begun, float(done.stdout.split()[-1])
        print(f"| {days} | {seconds:.1f} | {seconds / days:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
