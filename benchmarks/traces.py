"""How long the textbook example takes: a cold ``geocnn train traces``, and training alone in a warm process.

Run ``python benchmarks/traces.py``; it prints a table for benchmarks/README.md.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

COMMAND = "import sys; from geocnn.cli import main; sys.exit(main())"


def cold() -> float:
    """Seconds from the start of a new process to its end, picture included."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", COMMAND, "train", "traces"], cwd=folder, check=True, capture_output=True, text=True
        )
        seconds = time.perf_counter() - started
        if not list(Path(folder).rglob("traces.png")):
            raise SystemExit("geocnn train traces made no picture")
    return seconds


def cold_processor() -> float:
    """Processor seconds of the same, which other programs on the machine change little."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    cold()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def data() -> float:
    """Seconds to generate the traces, the table of the normal distribution included, once modules are imported."""
    from geocnn.synthetic import random
    from geocnn.synthetic.traces import traces

    random._ziggurat.cache_clear()
    return timed(lambda: traces(42))


def training() -> float:
    """Seconds for 60 epochs with validation after each, once torch is loaded."""
    from geocnn.recipes.traces import traces
    from geocnn.training import fit

    recipe = traces()
    return timed(lambda: fit(recipe, show_progress=False, device="cpu"))


def report_() -> float:
    """Seconds for the report, three further trainings included."""
    from geocnn.recipes.traces import traces
    from geocnn.recipes.traces_report import report
    from geocnn.training import fit

    run = fit(traces(), show_progress=False, device="cpu")
    return timed(lambda: report(run))


def timed(job: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7, help="runs of each; the table shows their median")
    repeats = parser.parse_args().repeats
    load = os.getloadavg()[0]
    print("| what | median s | least s | most s | limit s |")
    print("| --- | --- | --- | --- | --- |")
    jobs: tuple[tuple[str, Callable[[], float], str], ...] = (
        ("cold `geocnn train traces`, picture included", cold, "6"),
        ("the same, processor time", cold_processor, ""),
        ("180 traces", data, "0.1"),
        ("training, 60 epochs", training, "0.3"),
        ("report with three further trainings", report_, ""),
    )
    for name, job, limit in jobs:
        seconds = [job() for _ in range(repeats)]
        print(f"| {name} | {statistics.median(seconds):.3f} | {min(seconds):.3f} | {max(seconds):.3f} | {limit} |")
    print(f"\n{repeats} runs each on {os.cpu_count()} cores, load before {load:.1f}")


if __name__ == "__main__":
    main()
