"""Amplitude normalisation: closed forms, any magnitude, odd data."""

import numpy as np
import pytest
from scipy.stats import norm

from geocnn.normalisation import Normalisation


def gaussian(n=100_000, seed=0):
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


def test_standard_deviation_is_that_of_the_truncated_normal():
    """Within +-c of a normal the variance is 1 - 2 c phi(c) / (2 Phi(c) - 1)."""
    c = norm.ppf(0.999)
    expected = np.sqrt(1 - 2 * c * norm.pdf(c) / 0.998)
    fitted = Normalisation.fit(3 * gaussian() + 7)
    assert fitted.std == pytest.approx(3 * expected, rel=0.01)
    assert fitted.mean == pytest.approx(7, abs=0.03)


def test_apply_is_the_formula():
    x = gaussian(1000).reshape(10, 100)
    expected = np.clip((x - 0.5) / 2.0, -1.5, 1.5)
    result = Normalisation(0.5, 2.0, clip=1.5).apply(x)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-7)
    assert result.dtype == np.float32
    assert result.shape == x.shape


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1.0, 1e12, 1e30])
def test_the_magnitude_of_the_data_does_not_matter(scale):
    x = gaussian(5000)
    reference = Normalisation.fit(x).apply(x)
    scaled = (x.astype(np.float64) * scale).astype(np.float32)
    np.testing.assert_allclose(Normalisation.fit(scaled).apply(scaled), reference, rtol=0, atol=1e-5)


def test_spikes_do_not_blind_it():
    x = gaussian()
    spiked = x.copy()
    spiked[::5000] = 1e6
    assert Normalisation.fit(spiked).std == pytest.approx(Normalisation.fit(x).std, rel=0.01)
    assert Normalisation.fit(spiked).apply(spiked).max() == 4.0


def test_nan_and_infinite_samples_are_left_out_and_become_numbers():
    x = gaussian(1000)
    broken = np.concatenate((x, np.array([np.nan, np.inf, -np.inf], np.float32)))
    fitted = Normalisation.fit(broken)
    assert fitted == Normalisation.fit(x)
    assert fitted.apply(broken)[-3:].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
def test_constant_data_become_zeros(value):
    x = np.full(1000, value, np.float32)
    assert not Normalisation.fit(x).apply(x).any()


def test_no_finite_sample():
    assert Normalisation.fit(np.full(5, np.nan, np.float32)) == Normalisation(0.0, 1.0)
    assert Normalisation.fit(np.empty(0, np.float32)) == Normalisation(0.0, 1.0)


def test_a_few_arrivals_among_zeros_are_still_scaled():
    x = np.zeros(100_000, np.float32)
    x[:50] = 1e-6
    fitted = Normalisation.fit(x)
    assert fitted.std == pytest.approx(float(x.std()), rel=1e-4)
    assert fitted.apply(x).max() == 4.0


def test_the_input_is_not_changed():
    x = gaussian(100)
    kept = x.copy()
    Normalisation.fit(x).apply(x)
    np.testing.assert_array_equal(x, kept)
