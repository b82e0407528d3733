"""Smallest and largest samples of columns, next to those that numpy finds in the whole record."""

import numpy as np
import pytest

from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.envelope import Envelope
from geocnn.io.waveforms.high_pass import high_pass
from geocnn.io.waveforms.pieces import SECOND

HOUR = 360_000
START = 1_767_225_600 * SECOND + 1_230_000_000
"""Seconds past midnight, so that neither blocks nor chunks begin where the record does."""


def record(hours, gap=None):
    """A station with one component of noise and earthquakes, in pieces of an hour, and its samples with NaN in gaps."""
    rng = np.random.default_rng(5)
    size = round(hours * HOUR)
    samples = rng.normal(0, 20, size).round()
    samples[rng.integers(0, size, 50)] *= 30
    samples[0] = 0  # what all are relative to
    known = np.ones(size, bool)
    if gap:
        known[slice(*gap)] = False
    pieces = []
    for first in range(0, size, HOUR):
        run = np.flatnonzero(known[first : first + HOUR]) + first
        for part in np.split(run, np.flatnonzero(np.diff(run) > 1) + 1) if len(run) else ():
            begin = START + int(part[0]) * 10_000_000
            pieces.append(ArrayPiece.of(Channel("XX", "AAA", "", "HHZ"), begin, 100.0, samples[part]))
    return open_archive(pieces).stations[0], np.where(known, samples, np.nan)


def expected(station, samples, columns):
    """The same columns from all samples at once."""
    first = station.index(START)
    padded = np.full(columns.step * len(columns.low), np.nan)
    begin = first - columns.start
    there = slice(max(0, begin), min(len(padded), begin + len(samples)))
    padded[there] = samples[there.start - begin : there.stop - begin]
    rows = padded.reshape(-1, columns.step)
    return np.fmin.reduce(rows, 1), np.fmax.reduce(rows, 1)


@pytest.mark.parametrize(
    ("hours", "most", "step"),
    [(0.5, 1500, 121), (5.0, 900, 2250), (5.0, 40, 46250), (50.0, 60, 360_000)],
    ids=["samples", "blocks", "blocks across chunks", "chunks"],
)
def test_columns_hold_the_extremes_of_all_samples(hours, most, step):
    station, samples = record(hours, gap=(round(0.2 * hours * HOUR), round(0.3 * hours * HOUR)))
    begin = station.index(START)
    columns = Envelope(station, 0, filtered=False).columns(begin, begin + len(samples), most)
    low, high = expected(station, samples, columns)
    np.testing.assert_array_equal(columns.low, low.astype(np.float32))
    np.testing.assert_array_equal(columns.high, high.astype(np.float32))
    assert (columns.step, columns.read) == (step, 1)
    assert len(columns.low) <= most + 1
    assert columns.start % columns.step == 0
    assert columns.start <= begin < columns.start + columns.step
    assert np.isnan(low).any()


def test_what_is_filtered_is_the_same_wherever_it_is_cut():
    station, samples = record(1.0, gap=(100_000, 140_000))
    begin = station.index(START)
    live = np.isfinite(samples)
    whole = high_pass(np.nan_to_num(samples).astype(np.float32), live, 100.0)
    envelope = Envelope(station, 0, filtered=True)
    part = envelope.samples(begin + 50_000, begin + 100_100)
    np.testing.assert_allclose(part[:50_000], whole[50_000:100_000], atol=0.02)
    assert np.isnan(part[50_000:]).all()
    columns = envelope.columns(begin, begin + len(samples), 60)
    low, _ = expected(station, np.where(live, whole, np.nan), columns)
    np.testing.assert_allclose(columns.low, low, atol=0.02)


def test_a_long_record_is_read_bit_by_bit_and_each_look_shows_more():
    station, samples = record(30.0)
    begin = station.index(START)
    envelope = Envelope(station, 0, filtered=False)
    shares, seen = [], []
    while not shares or shares[-1] < 1:
        columns = envelope.columns(begin, begin + len(samples), 25, until=0.0)  # too late to do more than a little
        shares.append(columns.read)
        seen.append(int(np.isfinite(columns.low).sum()))
        assert len(shares) < 220
        if len(shares) % 20:
            continue
        low, high = expected(station, samples, columns)
        known = np.isfinite(columns.low)
        assert np.all(columns.low[known] >= low[known])  # nothing that is not in the record
        assert np.all(columns.high[known] <= high[known])
        assert np.all(np.isneginf(columns.high[~known]))
    low, high = expected(station, samples, columns)
    assert seen == sorted(seen)
    assert shares == sorted(shares)
    assert seen[0] == 1
    assert seen[30] >= len(columns.low) - 1
    assert shares[30] < 0.1
    np.testing.assert_array_equal(columns.low, low.astype(np.float32))


def test_gaps_that_headers_tell_of_are_known_before_anything_is_read():
    station, samples = record(60.0, gap=(20 * HOUR, 40 * HOUR))
    begin = station.index(START)
    columns = Envelope(station, 0, filtered=False).columns(begin, begin + len(samples), 50, until=0.0)
    middle = len(columns.low) // 2
    assert np.isnan(columns.low[middle - 5 : middle + 5]).all()
    assert np.isposinf(columns.low[:5]).sum() >= 3


def test_columns_stay_what_they_are_when_one_pans():
    station, samples = record(1.0)
    begin = station.index(START)
    envelope = Envelope(station, 0, filtered=False)
    one, other = (envelope.columns(begin + shift, begin + shift + 100_000, 700) for shift in (0, 12_345))
    late = (other.start - one.start) // one.step
    assert late * one.step == other.start - one.start
    np.testing.assert_array_equal(one.low[late:], other.low[: len(one.low) - late])
    assert len(samples) == HOUR
