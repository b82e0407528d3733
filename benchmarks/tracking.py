"""How far a horizon that is followed between clicks is from the one that was picked.

    python benchmarks/tracking.py [--apart 120] [--data ../shared/data]

Six inlines of Penobscot (seven horizons, 4 ms) with a click every so many traces, at the time that is known there. One
row a horizon: what is in between by the waveform as clicked, and by a straight line. Pieces in which the known horizon
jumps by more than 32 ms from a trace to the next are left out.
"""

import argparse
from pathlib import Path

import numpy as np

from geocnn.horizon_tracking import follow
from geocnn.interpretation.horizons import find_horizons
from geocnn.io import ArraySource

STEP, JUMP = 4, 8
"""Milliseconds of a sample, and samples of a jump."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--apart", type=int, default=120, help="traces from one click to the next")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    with np.load(given.data / "horizons_penobscot" / "inlines_1075_1110.npz") as file:
        seismic, facies = file["seis"].astype(np.float32) - 128, file["facies"]
    print("| horizon | followed: mean error, ms | within 8 ms | straight: mean error, ms | within 8 ms |")
    print("|---" * 5 + "|")
    for number, horizon in enumerate(find_horizons(ArraySource(facies)), start=1):
        followed, straight = [], []
        for inline in range(0, len(seismic), 6):
            for begin in range(0, seismic.shape[1] - given.apart, given.apart):
                known = horizon.values[inline, begin : begin + given.apart + 1]
                if not np.isfinite(known).all() or np.abs(np.diff(known)).max() > JUMP:
                    continue
                section = seismic[inline, begin : begin + given.apart + 1]
                followed.append(follow(section, known[0], known[-1]) - known)
                straight.append(np.linspace(known[0], known[-1], len(known)) - known)
        cells = []
        for errors in (followed, straight):
            away = STEP * np.abs(np.concatenate(errors))
            cells.append(f"{away.mean():.1f} | {np.mean(away <= 8):.3f}")
        print(f"| {number} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
