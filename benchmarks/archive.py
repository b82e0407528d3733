"""Days of a station through the picker that ships, from miniSEED to a catalogue: seconds and memory.

    python benchmarks/archive.py [--days 1 4] [--repeats 3] [--busy 30] [--threshold 0.3] [--seisbench PYTHON]

Three components at 100 Hz of synthetic noise with earthquakes, in files of a day, are written, and then picked by a
process of its own: ``geocnn predict quakes``, the picker alone, with the detector, and with pictures as well. With
--seisbench, the Python of an environment with SeisBench, its PhaseNet (with random numbers for weights, which take as
long as others) annotates the same files in turn: reading and probabilities, without picks. Medians.
"""

import argparse
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.synthetic.earthquakes import COMPONENTS, EarthquakeRanges, earthquake

HOUR = 360_000
START = 1_767_225_600 * 1_000_000_000
GEOCNN = """
import resource, sys
from geocnn.__main__ import main
sys.argv = ["geocnn", "predict", "quakes", sys.argv[1], "--out", sys.argv[2], "--quiet", *sys.argv[3:]]
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
SEISBENCH = """
import pathlib, resource, sys
import obspy
import seisbench.models as models
stream = obspy.Stream()
for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    stream += obspy.read(str(file))
models.PhaseNet().annotate(stream, batch_size=256)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write_days(folder: Path, days: int, busy: int = 30) -> None:
    """Files of a day and component: an hour with earthquakes, again and again, in noise that is always another."""
    quiet = EarthquakeRanges(quiet=1.0)
    ranges = [EarthquakeRanges() if i < busy else quiet for i in range(30)]
    hour = np.concatenate([earthquake(i, seed=9, size=HOUR // 30, ranges=r).waveform for i, r in enumerate(ranges)], 1)
    hour = np.round(hour / np.abs(hour).mean() * 500)
    rng = np.random.default_rng(0)
    for day in range(days):
        start = START + day * 86_400 * 1_000_000_000
        for component, samples in zip(COMPONENTS, hour, strict=True):
            whole = (np.tile(samples, 24) + rng.normal(0, 20, 24 * HOUR).round()).astype(np.float32)
            piece = ArrayPiece.of(Channel("XX", "AAA", "", f"HH{component}"), start, 100.0, whole)
            write_miniseed(folder / f"XX.AAA..HH{component}.{day:03d}.mseed", [piece])


def run(python: str, script: str, folder: Path, *options: str) -> tuple[float, float, float]:
    """Seconds of a process, its peak, MB, and the number of picks."""
    with tempfile.TemporaryDirectory() as name:
        command = [python, "-c", script, str(folder), str(Path(name) / "catalog.xml"), *options]
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - begun
        table = Path(name) / "catalog.csv"
        picks = len(table.read_text().splitlines()) - 1 if table.exists() else math.nan
        return seconds, float(done.stdout.split()[-1]), picks


def main() -> None:
    """Print a row a way and number of days."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--days", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--busy", type=int, default=30, help="of the 30 records of two minutes of an hour, with earthquakes"
    )
    parser.add_argument("--threshold", help="that of geocnn; near 1 there are few picks to keep")
    parser.add_argument("--seisbench", help="Python of an environment with SeisBench")
    options = parser.parse_args()
    ways = {
        "geocnn predict quakes --no-picture --detector none": (
            sys.executable,
            GEOCNN,
            "--no-picture",
            "--detector",
            "none",
        ),
        "geocnn predict quakes --no-picture": (sys.executable, GEOCNN, "--no-picture"),
        "geocnn predict quakes": (sys.executable, GEOCNN),
    }
    if options.threshold:
        ways = {
            f"{way} --threshold {options.threshold}": (*how, "--threshold", options.threshold)
            for way, how in ways.items()
        }
    if options.seisbench:
        ways["SeisBench PhaseNet, annotate"] = options.seisbench, SEISBENCH
    print("| days | | seconds | seconds a day | peak MB | picks |\n| --- | --- | --- | --- | --- | --- |")
    for days in options.days:
        with tempfile.TemporaryDirectory() as name:
            write_days(Path(name), days, options.busy)
            found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
            for _ in range(options.repeats):  # in turn, so that a busy machine is unjust to all alike
                for way, (python, script, *more) in ways.items():
                    found[way].append(run(python, script, Path(name), *more))
        for way, rows in found.items():
            seconds, peak, picks = np.median(rows, axis=0)
            print(f"| {days} | {way} | {seconds:.1f} | {seconds / days:.2f} | {peak:.0f} | {picks:.0f} |", flush=True)


if __name__ == "__main__":
    main()
