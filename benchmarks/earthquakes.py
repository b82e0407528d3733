"""How long a synthetic seismogram takes on one core; run ``python benchmarks/earthquakes.py``.

Processor seconds of one thread, so that other programs count less, for records of 30 s, three components at 100 Hz.
For comparison, what cannot be saved: as many normal random numbers, and the Fourier transforms of three components
there and back, in NumPy.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from geocnn.synthetic.earthquakes import EarthquakeRanges, earthquake

SIZE = 3000


def milliseconds(work: Callable[[int], object], runs: int = 300) -> float:
    """Mean over so many records, the median of five times."""
    work(0)
    taken = []
    for _ in range(5):
        start = time.thread_time()
        for index in range(runs):
            work(index)
        taken.append((time.thread_time() - start) / runs)
    return 1000 * statistics.median(taken)


def bare(index: int) -> object:
    """Random numbers and two transforms."""
    noise = np.random.default_rng((0, index)).standard_normal((3, SIZE))
    return np.fft.irfft(np.fft.rfft(noise, axis=1), SIZE, axis=1)


def main() -> None:
    """Print one line a measurement."""
    always = EarthquakeRanges(quiet=0.0, second=1.0, bursts=(3, 3), lines=(3, 3))
    rows: tuple[tuple[str, Callable[[int], object]], ...] = (
        ("as the recipe draws them", lambda i: earthquake(i, size=SIZE)),
        ("four earthquakes, three bursts and machines", lambda i: earthquake(i, size=SIZE, ranges=always)),
        ("normal numbers and two transforms", bare),
    )
    for name, work in rows:
        print(f"{name:<44}{milliseconds(work):8.2f} ms")


if __name__ == "__main__":
    main()
