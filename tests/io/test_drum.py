"""A drum: the same however the record is cut, samples in their columns, nothing in gaps, earthquakes and no sea."""

import numpy as np
import pytest
import scipy.signal

from geocnn.io.waveforms import ArrayPiece, Channel, Station
from geocnn.io.waveforms.drum import Drum
from geocnn.io.waveforms.high_pass import causal_high_pass, high_pass
from geocnn.io.waveforms.pieces import SECOND
from geocnn.synthetic.earthquakes import earthquake

MIDNIGHT = 1_706_918_400 * SECOND  # 2024-02-03
HALO = 1280


def station(waveform, start, spans=None, rate=100.0):
    """Of as many components as there are rows."""
    step = round(SECOND / rate)
    components = [
        [
            ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), start + a * step, rate, w[a:b])
            for a, b in spans or [(0, len(w))]
        ]
        for c, w in zip("ZNE", waveform, strict=False)
    ]
    return Station("XX", "AAA", "", "HH", tuple(components + [()] * (3 - len(components))), rate)


def drawn(station, chunk=65_536):
    """Of each day of the record."""
    size, drums = round(86_400 * station.rate), {}
    for start, stop in station.runs():
        for first in range(start, stop, chunk):
            for day in range(first // size, (min(first + chunk, stop) - 1) // size + 1):
                drum = drums.setdefault(day, Drum(station, np.datetime64(day, "D")))
                drum.add(station.read(first - HALO, min(first + chunk, stop) + HALO), HALO)
    return list(drums.values())


def noise(size, seed=0):
    return np.random.default_rng(seed).normal(size=size).astype(np.float32)


def test_what_is_kept_does_not_depend_on_where_the_record_is_cut():
    wave = earthquake(3, seed=5, size=60_000).waveform * 1e9 + 1e4  # an offset, of which gaps must not make steps
    spans = [(0, 20_000), (20_150, 31_000), (31_900, 47_003), (53_001, 60_000)]
    known = station(wave, MIDNIGHT + 5 * 3600 * SECOND, spans)
    (whole,) = drawn(known, 10**6)
    loudest = np.nanmax(whole.high)
    for chunk in (1000, 7777):
        (drum,) = drawn(known, chunk)
        np.testing.assert_allclose(drum.low, whole.low, atol=1e-4 * loudest)
        np.testing.assert_allclose(drum.high, whole.high, atol=1e-4 * loudest)


def test_a_pulse_is_in_its_row_and_column_and_gaps_are_empty():
    seconds = 3 * 3600
    wave = noise(seconds * 100)
    wave[100 * (2 * 3600 + 17 * 60 + 12) + 34] = 1000  # 02:17:12.34 after the begin at 01:00
    gap = (100 * 600, 100 * 900)  # 01:10 to 01:15
    (drum,) = drawn(station([wave], MIDNIGHT + 3600 * SECOND, [(0, gap[0]), (gap[1], len(wave))]))
    assert (drum.minutes, drum.first, drum.low.shape) == (5, 3600, (36, 1500))
    row, column = np.unravel_index(np.nanargmax(drum.high), drum.high.shape)
    assert (row, column) == (2 * 12 + 3, int((2 * 60 + 12.34) / 0.2))  # 0.2 s a column
    dead = np.zeros(drum.low.shape, bool)
    dead[2] = True
    np.testing.assert_array_equal(np.isnan(drum.low), dead)
    np.testing.assert_array_equal(np.isnan(drum.high), dead)
    assert np.nanmedian(drum.high - drum.low) > 2  # of noise of deviation 1


@pytest.mark.parametrize(
    ("begin", "seconds", "minutes", "first", "rows"),
    [
        (0, 86_400, 30, 0, 48),
        (10, 86_390, 30, 0, 48),
        (5 * 3600 + 870, 7200, 5, 5 * 3600 + 600, 25),
        (3599, 3602, 2, 3600, 30),  # what hangs over by a second gets no row
        (7200, 40, 2, 7200, 1),
    ],
)
def test_rows_are_the_shorter_the_less_there_is(begin, seconds, minutes, first, rows):
    known = station([np.zeros(seconds)], MIDNIGHT + begin * SECOND, rate=1.0)
    drum = Drum(known, np.datetime64("2024-02-03"))
    assert (drum.minutes, drum.first, len(drum.low)) == (minutes, first, rows)


def test_a_day_takes_what_is_of_it():
    known = station([noise(100 * 4000)], MIDNIGHT - 2000 * SECOND)
    first, last = drawn(known, 50_000)
    assert (str(first.day), str(last.day)) == ("2024-02-02", "2024-02-03")
    assert (first.seconds, last.seconds) == (pytest.approx(2000, abs=0.2), pytest.approx(2000, abs=0.2))
    assert (last.minutes, last.first, np.isnan(last.low[0]).any()) == (2, 0, False)
    assert last.place(MIDNIGHT + 125 * SECOND) == (1, pytest.approx(5 / 60))
    assert last.place(MIDNIGHT - SECOND) is None


def test_the_sea_is_left_out_and_earthquakes_are_not():
    time = np.arange(20_000) / 100
    sea, wave = 1000 * np.sin(2 * np.pi * 0.2 * time), 300 * np.sin(2 * np.pi * 5 * time)
    live = np.ones(len(time), bool)
    live[9000:9300] = live[12_000:15_000] = False
    samples = np.where(live, 50_000 + wave + sea, 0).astype(np.float32)
    calm = live & ~np.convolve(~live, np.ones(401), "same").astype(bool)
    calm[:400] = calm[-400:] = False
    passed = high_pass(samples, live, 100.0)
    np.testing.assert_allclose(passed[calm], wave[calm], atol=0.5)
    assert np.abs(passed[live]).max() < 500  # bends of the sea at gaps, no steps


def test_without_a_vertical_component_another_is_drawn():
    pieces = station([noise(9000)], MIDNIGHT).components[0]
    known = Station("XX", "AAA", "", "HH", ((), (), pieces))
    (drum,) = drawn(known)
    assert drum.component == 2
    assert np.isfinite(drum.low).any()


def test_a_part_needs_what_the_filter_sees():
    known = station([noise(9000)], MIDNIGHT)
    with pytest.raises(ValueError, match="the halo is 100 samples; the filter of a drum needs 600 on each side"):
        Drum(known, np.datetime64("2024-02-03")).add(known.read(*known.runs()[0]), 100)


@pytest.mark.parametrize("rate", [40.0, 100.0])
def test_what_is_filtered_from_the_past_alone_is_that_of_scipy(rate):
    samples = np.cumsum(np.random.default_rng(0).normal(size=1100))
    expected = scipy.signal.sosfilt(scipy.signal.butter(2, 1.0, "highpass", fs=rate, output="sos"), samples)
    np.testing.assert_allclose(causal_high_pass(samples, rate), expected, atol=1e-9)


def test_the_filter_without_delay_is_that_of_scipy():
    samples = np.cumsum(np.random.default_rng(1).normal(size=5000)).astype(np.float32)
    taps = scipy.signal.firwin(401, 1.0, fs=100.0, pass_zero=False, window=("kaiser", 6.0))
    taps -= taps.mean()
    expected = scipy.signal.oaconvolve(samples - samples.mean(), taps, "same")
    found = high_pass(samples, np.ones(5000, bool), 100.0)
    np.testing.assert_allclose(found, expected, atol=2e-4 * np.abs(expected).max())


def test_a_drum_has_the_channel_of_its_day():
    """A horizontal component that was turned to the north, of a station that has no vertical one."""
    later = MIDNIGHT + 86_400 * SECOND
    parts = (("HH1", MIDNIGHT), ("HHN", later))
    pieces = [ArrayPiece.of(Channel("XX", "AAA", "", code), at, 100.0, noise(6000)) for code, at in parts]
    changed = Station("XX", "AAA", "", "HH", ((), pieces, ()))
    assert [drum.channel for drum in drawn(changed)] == ["XX.AAA..HH1", "XX.AAA..HHN"]
    assert Drum(Station("XX", "AAA", "", "HH", ((), (), ())), np.datetime64("2024-02-03")).channel == "XX.AAA..HHZ"
