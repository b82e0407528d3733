"""Windows of real records with what a picker says of them: labels go where the samples go, whatever else happens."""

import dataclasses

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.synthetic.earthquakes import EarthquakeRanges, TaughtRecord, TaughtRecords
from geocnn.synthetic.earthquakes.clock import Clock

CLOCK = Clock.of(2048, 100.0)
ARRIVALS = {"P": (3000, 9000), "S": (3300, 9700)}


def record(size=12_000):
    """Quiet, with a click at each arrival: P on the vertical component, S on the others, to the north the larger."""
    waveform = 0.01 * np.random.default_rng(0).standard_normal((3, size)).astype(np.float32) + 500
    said = np.zeros((2, size), np.float32)
    ticks = np.arange(size)
    for row, (phase, rows) in enumerate((("P", [0]), ("S", [1, 2]))):
        for at in ARRIVALS[phase]:
            if at < size:
                for component in rows:
                    waveform[component] += (20 if component == 1 else 10) * np.exp(-0.5 * ((ticks - at) / 3) ** 2)
                np.maximum(said[row], np.exp(-0.5 * ((ticks - at) / 10) ** 2), out=said[row], casting="same_kind")
    return TaughtRecord(waveform, np.ones((3, size), bool), said)


def windows(number, records=None):
    taught = TaughtRecords(records or [record()])
    return [taught.draw(np.random.default_rng((7, k)), CLOCK, EarthquakeRanges()) for k in range(number)]


def test_arrivals_are_where_they_are_heard():
    """The clicks are at the peaks of the probabilities, at any speed, on the components that have them."""
    seen = {"P": 0, "S": 0}
    for waveform, said in windows(80):
        np.testing.assert_allclose(said.sum(0), 1, atol=1e-6)
        assert said.min() > -1e-6
        for row, rows in ((0, [0]), (1, [1, 2])):
            at = int(said[row].argmax())
            alive = [r for r in rows if waveform[r].any()]
            if said[row, at] < 0.99 or not alive or not 40 < at < 2008:
                continue
            size = np.linalg.norm(waveform[alive] - np.median(waveform[alive], 1, keepdims=True), axis=0)
            if size[at - 40 : at + 40].max() > 8:  # not hidden in noise
                assert abs(int(size[at - 40 : at + 40].argmax()) - 40) <= 1
                seen["PS"[row]] += 1
    assert min(seen.values()) > 15


def test_most_windows_hold_an_arrival_and_some_have_none():
    most = np.array([said[:2].max() for _, said in windows(60)])
    assert 0.55 < np.mean(most > 0.9) < 0.99


def test_windows_differ_in_speed_direction_and_noise():
    made = windows(60)
    whole = [w for w, _ in made if w.any(1).all()]
    assert 30 < len(whole) < 60  # others have dead components
    quick = np.array([np.abs(np.diff(w, axis=1)).mean() for w in whole])
    assert quick.max() > 3 * quick.min()
    widths = [np.sum(said[0] > 0.5) for _, said in made if said[0].max() > 0.99 and 60 < said[0].argmax() < 1988]
    assert max(widths) > 1.3 * min(widths)
    again = windows(60)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(made, again, strict=True))


def test_gaps_and_what_is_missing_are_zeros_without_arrivals():
    gap = record()
    live = gap.live.copy()
    live[:, 2900:3400] = False
    short = record(1500)
    for known in (dataclasses.replace(gap, live=live), short):
        for waveform, said in windows(20, [known, record()]):
            dead = ~waveform.any(0)
            assert np.all(said[2][dead] > 1 - 1e-6)
    one = dataclasses.replace(record(), live=np.array([[True], [False], [False]]) & gap.live)
    assert not any(waveform[1:].any() for waveform, _ in windows(10, [one]))


def test_what_does_not_fit():
    with pytest.raises(DataError, match=r"there are 4 arrivals in 1 records, for a share of 1\.5; needed are 1 or"):
        TaughtRecords([record()], 1.5)
    with pytest.raises(DataError, match="there are 0 arrivals in 1 records"):
        TaughtRecords([record(2000)])
