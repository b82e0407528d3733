"""The traces of the textbook against the reference samples and against their formula."""

from itertools import pairwise

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.synthetic.traces import CLASSES, moving_arrival, traces


@pytest.fixture(scope="module")
def chapter(oracles):
    with np.load(oracles / "chapter_seed42.npz") as file:
        return dict(file)


def test_every_sample_equals_the_reference(chapter):
    made = traces(42)
    np.testing.assert_array_equal(made.samples, chapter["X"])  # asked for is one unit in the last place
    np.testing.assert_array_equal(made.labels, chapter["y"] - 1)


def test_split_equals_the_reference(chapter):
    made = traces(42)
    np.testing.assert_array_equal(made.train, chapter["train_idx"])
    np.testing.assert_array_equal(made.holdout, chapter["test_idx"])
    assert made.state == tuple(chapter["rng_state_after_perm"].tolist())


def test_printed_samples_are_those_of_the_holdout(chapter):
    made = traces(42)
    rows = made.samples[made.holdout][[0, 1, 2, -3, -2, -1]]
    np.testing.assert_array_equal(rows[:, [0, 1, -2, -1]], chapter["printed"])


@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_other_seeds_keep_the_recipe(seed):
    made = traces(seed)
    assert sorted([*made.train.tolist(), *made.holdout.tolist()]) == list(range(180))
    assert (len(made.train), len(made.holdout)) == (144, 36)
    assert np.bincount(made.labels).tolist() == [60, 60, 60]
    assert np.abs(made.samples).max() <= 1
    arrivals = made.labels > 0
    assert (made.centres[~arrivals] == 0).all()
    assert made.centres[arrivals].min() >= 12
    assert made.centres[arrivals].max() <= 52
    peaks = np.abs(made.samples[arrivals]).argmax(axis=1) + 1
    assert np.abs(peaks - made.centres[arrivals]).max() <= 3
    sign = np.take_along_axis(made.samples[arrivals], peaks[:, None] - 1, axis=1)[:, 0]
    np.testing.assert_array_equal(sign > 0, made.labels[arrivals] == CLASSES.index("positive arrival"))


def test_without_noise_an_arrival_is_the_formula():
    made = traces(3, noise=0.0, count=30)
    i = np.arange(1, 65)
    for trace, label, centre in zip(made.samples, made.labels, made.centres, strict=True):
        basis = [np.ones(64), np.sin(5 * np.pi * (i - 1) / 63), np.cos(5 * np.pi * (i - 1) / 63)]
        if label:  # width and amplitude are not kept: find them within their ranges
            widths = np.linspace(2.6, 3.4, 801)
            fits = [_fit(trace, [*basis, np.exp(-(((i - centre) / width) ** 2) / 2)]) for width in widths]
            residual, coefficients = min(fits, key=lambda fit: fit[0])
            assert abs(coefficients[3]) > 0.899
            assert abs(coefficients[3]) <= 1.001
        else:
            residual, coefficients = _fit(trace, basis)
        assert np.hypot(*coefficients[1:3]) == pytest.approx(0.04, rel=0.01)
        assert residual < 2e-3
        assert abs(trace.mean()) < 1e-6


def _fit(trace, basis):
    solution = np.linalg.lstsq(np.stack(basis, 1), trace, rcond=None)[0]
    return np.abs(np.stack(basis, 1) @ solution - trace).max(), solution


@pytest.mark.parametrize("size", [2, 17, 18, 33, 64, 100])
def test_any_length_has_no_mean(size):
    made = traces(1, size=size, centres=(1, size), count=9)
    assert made.samples.shape == (9, size)
    inside = np.abs(made.samples).max(axis=1) < 1  # clipping moves the mean
    assert np.abs(made.samples[inside].astype(np.float64).mean(axis=1)).max() < 1e-7


def test_centres_and_count_are_respected():
    made = traces(0, count=50, centres=(20, 20), train=0.5)
    assert set(made.centres.tolist()) == {0, 20}
    assert len(made.train) == 25


def test_moving_arrivals_change_only_their_place():
    moved, labels = moving_arrival(0, backgrounds=6)
    assert moved.shape == (64, 6, 64)
    assert labels.tolist() == [1, 2, 1, 2, 1, 2]
    still = np.abs(moved).argmax(axis=2)
    assert np.abs(still - np.arange(64)[:, None]).max() <= 2
    for before, after in pairwise(moved[25:50].astype(np.float64)):  # far from the arrival only the mean can differ
        difference = (after - before)[:, :4]
        assert np.ptp(difference, axis=1).max() < 1e-3


@pytest.mark.parametrize(
    "arguments",
    [{"count": 2}, {"centres": (0, 52)}, {"centres": (12, 65)}, {"centres": (30, 20)}, {"size": 1, "centres": (1, 1)}],
)
def test_impossible_arrivals_are_refused(arguments):
    with pytest.raises(DataError, match="arrivals peak at samples"):
        traces(**arguments)


@pytest.mark.parametrize("arguments", [{"noise": -0.1}, {"train": 0.0}, {"train": 1.0}])
def test_impossible_noise_and_split_are_refused(arguments):
    with pytest.raises(DataError, match=r"for example noise 0\.03 and train 0\.8"):
        traces(**arguments)
