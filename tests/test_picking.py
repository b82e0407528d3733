"""Picks from probabilities, their fit to known arrivals, and the loss behind them."""

import math
import time
import tracemalloc

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geocnn.losses import soft_cross_entropy
from geocnn.metrics import pick_scores, picks
from geocnn.picking import AROUND, find_arrivals, find_picks, peaks, residuals


def bumps(at, size=1000, heights=None):
    time = np.arange(size)
    heights = heights or [1.0] * len(at)
    return np.max([h * np.exp(-0.5 * ((time - k) / 10) ** 2) for k, h in zip(at, heights, strict=True)], axis=0)


def test_peaks_above_the_threshold_and_apart():
    probability = bumps([100, 180, 400, 700], heights=[0.6, 0.9, 0.25, 0.31])
    found = find_picks(probability)
    assert [p.sample for p in found] == pytest.approx([100, 180, 700], abs=0.05)
    assert [p.probability for p in found] == pytest.approx([0.6, 0.9, 0.31], abs=0.01)
    assert [round(p.sample) for p in find_picks(probability, separation=1)] == [180, 700]
    assert len(find_picks(probability, threshold=0.2)) == 4
    assert find_picks(np.zeros(10)) == find_picks(np.zeros(1)) == []
    flat = np.zeros(100)
    flat[40:61] = 0.8
    assert [p.sample for p in find_picks(flat)] == [50]
    assert find_picks(np.linspace(0, 1, 50)) == []


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.2])
def test_an_arrival_spread_in_time_is_as_probable_and_less_certain(spread):
    width = 100 * np.hypot(0.1, spread)  # what a Gaussian becomes where its place is not known better
    probability = 0.8 * 10 / width * np.exp(-0.5 * ((np.arange(600) - 300.3) / width) ** 2)
    (pick,) = find_picks(probability)
    assert pick.sample == pytest.approx(300.3, abs=0.3)
    assert pick.probability == pytest.approx(0.8, abs=0.06)  # a little lies beyond 0.4 s
    assert pick.uncertainty == pytest.approx(max(spread, 0.005), abs=0.05)


@given(
    st.lists(st.tuples(st.integers(0, 999), st.floats(0.02, 1), st.integers(2, 30)), max_size=8), st.floats(0.05, 0.6)
)
def test_picks_are_peaks_of_the_whole_record_smoothed(waves, threshold):
    time = np.arange(1000)
    probability = np.max([h * np.exp(-0.5 * ((time - at) / w) ** 2) for at, h, w in [(0, 0.01, 1), *waves]], axis=0)
    smooth = scipy.ndimage.gaussian_filter(probability, 5, mode="nearest", truncate=4)
    least = threshold * 10 * np.sqrt(2 * np.pi) / 81 / 2
    every = peaks(smooth, height=least, apart=50)
    area = np.array([probability[max(0, k - 40) : k + 41].sum() / (10 * np.sqrt(2 * np.pi)) for k in every])
    found = find_picks(probability, threshold=threshold)
    assert [round(p.sample) for p in found] == pytest.approx(every[area >= threshold].tolist(), abs=1)


def arrivals(p, s, **options):
    """Seconds and phases of the picks among peaks of P and of S, seconds and heights."""
    rows = [bumps([100 * t for t in phase], 6000, [*phase.values()]) if phase else np.zeros(6000) for phase in (p, s)]
    return [(round(pick.sample / 100), phase) for pick, phase in find_arrivals(np.stack(rows), **options)]


@pytest.mark.parametrize(
    ("p", "s", "found"),
    [
        ({30: 0.32}, {35: 0.32}, [(30, "P"), (35, "S")]),
        ({30: 0.54}, {}, []),  # three times the odds of 0.3 are those of 0.5625
        ({30: 0.58}, {}, [(30, "P")]),
        ({}, {30: 0.54}, []),
        ({}, {30: 0.58}, [(30, "S")]),
        ({30: 0.32}, {42: 0.32}, [(42, "S")]),  # too long after P to be no chance
        ({21: 0.07}, {40: 0.32}, [(40, "S")]),  # a trace of P, which has no pick
        ({19: 0.07}, {40: 0.32}, []),
        ({21: 0.04}, {40: 0.32}, []),
        ({40: 0.32}, {35: 0.32}, []),
        ({30: 0.58, 50: 0.32}, {35: 0.32, 53: 0.9}, [(30, "P"), (35, "S"), (50, "P"), (53, "S")]),
    ],
)
def test_an_arrival_that_nothing_confirms_must_be_surer(p, s, found):
    assert arrivals(p, s) == found
    every = {(t, "P") for t, height in p.items() if height >= 0.3} | {(t, "S") for t, h in s.items() if h >= 0.3}
    assert arrivals(p, s, alone=1) == sorted(every)


def test_arrivals_at_other_thresholds():
    assert arrivals({30: 0.15}, {35: 0.15}, threshold=0.1) == [(30, "P"), (35, "S")]
    assert arrivals({30: 0.2}, {}, threshold=0.1) == []  # 0.25
    assert arrivals({30: 1.0}, {}, threshold=1.0) == []  # a peak between samples is a little lower
    assert arrivals({}, {}) == []


@given(*[st.dictionaries(st.integers(1, 119), st.floats(0.02, 1), max_size=30)] * 2, st.integers(0, 20))
def test_what_is_far_away_decides_about_no_arrival(p, s, cut):
    rows = np.stack(
        [np.max([np.zeros(12_000), *(h * bumps([100 * t], 12_000) for t, h in d.items())], 0) for d in (p, s)]
    )
    whole = find_arrivals(rows)
    part = [(pick._replace(sample=pick.sample + 100 * cut), kind) for pick, kind in find_arrivals(rows[:, 100 * cut :])]
    late = 100 * (cut + AROUND)
    assert [a for a in part if a[0].sample >= late] == [a for a in whole if a[0].sample >= late]


def test_pairs_are_the_nearest_and_each_is_used_once():
    assert residuals([10.0, 12.0, 40.0], [11.5, 80.0], 5.0).tolist() == [0.5]
    assert sorted(residuals([10.0, 12.0], [11.5, 9.0], 5.0).tolist()) == [0.5, 1.0]
    assert residuals([], [1.0], 5.0).size == residuals([1.0], [], 5.0).size == 0
    assert residuals([6.0], [1.0], 5.0).tolist() == [5.0]


def nearest_first(found, true, tolerance):
    """All pairs by distance, the definition."""
    pairs = sorted((abs(f - t), i, j) for i, f in enumerate(found) for j, t in enumerate(true))
    taken: list[tuple[int, int]] = []
    for distance, i, j in pairs:
        if distance <= tolerance and all(i != a and j != b for a, b in taken):
            taken.append((i, j))
    return [found[i] - true[j] for i, j in taken]


@given(
    *[st.lists(st.integers(0, 60) | st.floats(0, 20), max_size=25)] * 2,
    st.sampled_from([0.0, 0.3, 1.0, 5.0, 100.0]),
    st.sampled_from([0.0, 1.7e9]),
)
def test_pairs_are_those_of_the_definition(found, true, tolerance, since):
    """In any order, many as far away as others, at times since 1970 as well."""
    found, true = ([since + time for time in times] for times in (found, true))
    assert residuals(found, true, tolerance).tolist() == nearest_first(found, true, tolerance)


def test_a_year_of_picks_takes_little_memory():
    rng = np.random.default_rng(0)
    true = np.sort(rng.uniform(0, 3e7, 5_000))
    found = rng.permutation(true + rng.normal(0, 0.1, true.size))
    tracemalloc.start()
    try:
        assert len(residuals(found.tolist(), true.tolist(), 0.5)) > 4_900
        assert tracemalloc.get_traced_memory()[1] < 5e6  # all pairs are 200 MB
    finally:
        tracemalloc.stop()


def test_the_loss_is_the_divergence_and_the_entropy_of_the_target():
    torch.manual_seed(0)
    logits, target = torch.randn(2, 3, 50), torch.softmax(torch.randn(2, 3, 50), 1)
    by_torch = torch.nn.functional.kl_div(torch.log_softmax(logits, 1), target, reduction="sum") / 100
    entropy = torch.distributions.Categorical(target.movedim(1, -1)).entropy().mean()
    torch.testing.assert_close(soft_cross_entropy(logits, target), by_torch + entropy)


def test_scores_of_picks_add_up_over_batches():
    target = np.zeros((2, 3, 1000), np.float32)
    target[0, 0], target[0, 1], target[1, 0] = bumps([200]), bumps([500]), bumps([300, 800])
    target[:, 2] = 1 - target[:, :2].sum(1)
    found = np.full((2, 3, 1000), 1e-4, np.float32)
    found[0, 0], found[0, 1], found[1, 0] = bumps([210, 900]), bumps([600]), bumps([296])
    found[:, 2] = np.maximum(1 - found[:, :2].sum(1), 1e-4)
    counts = picks(torch.from_numpy(found).log(), torch.from_numpy(target))
    halves = [picks(torch.from_numpy(found[i : i + 1]).log(), torch.from_numpy(target[i : i + 1])) for i in (0, 1)]
    assert counts == {name: pytest.approx((halves[0][name] + halves[1][name]) / 2) for name in counts}
    scores = pick_scores(counts, rate=100.0)
    assert scores["recall_p"] == pytest.approx(2 / 3)
    assert scores["precision_p"] == pytest.approx(2 / 3)
    assert scores["error_p"] == pytest.approx(0.07)
    assert scores["recall_s"] == scores["precision_s"] == 0
    assert math.isnan(scores["error_s"])  # 0 would be the best of all


@given(arrays(np.float64, st.integers(3, 80), elements=st.integers(0, 5).map(float)), st.integers(1, 9))
def test_peaks_are_those_of_scipy(values, apart):
    uneven = values + np.arange(len(values)) * 1e-9 * (values > 0)  # of two that are as high, either may be kept
    for line in (uneven, np.repeat(uneven, 2)):
        expected, _ = scipy.signal.find_peaks(line, height=2, distance=apart)
        assert peaks(line, height=2, apart=apart).tolist() == expected.tolist()


def highest_first(values, height, apart):
    """Peaks from the highest down, each kept unless a kept one is too near: the definition."""
    every, _ = scipy.signal.find_peaks(values, height=height)
    kept: list[int] = []
    for sample in sorted(every.tolist(), key=lambda k: -values[k]):
        if all(abs(sample - other) >= apart for other in kept):
            kept.append(sample)
    return sorted(kept)


@given(arrays(np.float64, st.integers(1, 120), elements=st.integers(0, 4).map(float)), st.integers(0, 12))
def test_of_peaks_as_high_as_each_other_the_first_is_kept(values, apart):
    assert peaks(values, height=1, apart=apart).tolist() == highest_first(values, 1, apart)


def test_many_peaks_in_one_record_take_no_longer_than_their_number():
    """All of which are kept, so that each one would have to be compared with all before it."""
    values = np.zeros(40_001)
    values[1::2] = np.random.default_rng(0).uniform(0.1, 1, 20_000)
    begun = time.perf_counter()
    assert peaks(values, height=0.05, apart=2).tolist() == list(range(1, 40_001, 2))
    assert time.perf_counter() - begun < 3  # 0.02 s, and 20 s for all pairs
