"""Where a record is quiet: between the events, compared with one loop over all of them for each run."""

import numpy as np
import pytest

from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.prediction.quiet import _between

START = 1_700_000_000 * SECOND
CHANNEL = Channel("XX", "AAA", "", "HHZ")


def free(runs, busy, length):
    """Windows one after the other in each run; after each event they begin anew. Every event is looked at."""
    found = []
    for first, last in runs:
        at = first
        while at + length <= last:
            hit = [(a, b) for a, b in busy if a - 500 < at + length and b + 6000 > at]
            if hit:
                at = max(at, min(hit)[1] + 6000)  # the next window begins after the first event that it would meet
            else:
                found.append(at)
                at += length
    return found


@pytest.mark.parametrize("seed", range(8))
def test_windows_lie_between_the_events(seed):
    rng = np.random.default_rng(seed)
    bounds = np.sort(rng.choice(900_000, 12, replace=False)).tolist()
    pieces = [
        ArrayPiece.of(CHANNEL, START + a * SECOND // 100, 100.0, np.zeros(b - a, np.float32))
        for a, b in zip(bounds[::2], bounds[1::2], strict=True)
    ]
    (station,) = open_archive(pieces).stations
    origin = station.index(START)
    begins = rng.integers(-20_000, 920_000, 14)
    spans = [(a, a + d) for a, d in zip(begins.tolist(), rng.integers(20, 5000, 14).tolist(), strict=True)]
    events = [
        Event(
            tuple(
                PhasePick(CHANNEL, phase, START + n * SECOND // 100, probability=0.9)
                for phase, n in zip("PS", span, strict=True)
            )
        )
        for span in spans
    ]
    busy = [(origin + a, origin + b) for a, b in spans]
    for length in (700, 6000):
        found = list(_between(station, events, length))
        assert found == free(station.runs(), busy, length)
        assert len(found) > 10
