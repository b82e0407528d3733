"""Noise of surveys: how strong it is, in which band, with which dips; and that of training samples."""

import numpy as np
import pytest
import torch

from geocnn.datasets import NoisyStructures
from geocnn.errors import DataError
from geocnn.synthetic.noise import NoiseRanges, survey_noise
from geocnn.synthetic.structure import QUIET

EVEN = {"depth": (0.0, 0.0), "trace": (0.0, 0.0), "bad": 0.0}
"""The same strength everywhere."""


def noise(seed, shape, **ranges):
    return survey_noise(np.random.default_rng(seed), shape, NoiseRanges(**ranges))


@pytest.mark.parametrize("shape", [(60, 80), (20, 24, 64)])
def test_noise_has_unit_strength_and_the_level_of_its_ratio(shape):
    for seed in range(8):
        made, level = noise(seed, shape, snr=(6.0, 6.0))
        assert made.shape == shape
        assert made.dtype == np.float32
        assert made.std() == pytest.approx(1, abs=1e-3)
        assert level == pytest.approx(10 ** (-6 / 20))
        np.testing.assert_array_equal(noise(seed, shape, snr=(6.0, 6.0))[0], made)


def test_white_noise_is_alike_in_all_directions():
    made, _ = noise(0, (256, 256), white=1.0, **EVEN)
    power = np.abs(np.fft.fft2(made)) ** 2
    quarters = [power[a : a + 64, b : b + 64].mean() / power.mean() for a in (0, 64) for b in (0, 64)]
    np.testing.assert_allclose(quarters, 1, atol=0.1)


def test_a_band_holds_its_energy():
    band = {"white": 0.0, "fan": 0.0, "smooth": 0.0, "low": (0.04, 0.04), "high": (0.2, 0.2)}
    made, _ = noise(0, (200, 256), **band, **EVEN)
    power, frequency = np.abs(np.fft.rfft(made, axis=1)) ** 2, np.fft.rfftfreq(256)
    beyond = power[:, (frequency < 0.01) | (frequency > 0.26)].sum() / power.sum()
    assert beyond < 0.01
    # No trace tells anything of its neighbour.
    assert abs(np.corrcoef(made[:-1].ravel(), made[1:].ravel())[0, 1]) < 0.03


def test_migration_lets_some_dips_through():
    fan = {"white": 0.0, "fan": 1.0, "smooth": 0.0, "low": (0.0, 0.0), "high": (0.2, 0.2), "dip": (2.0, 2.0)}
    made, _ = noise(0, (256, 256), **fan, **EVEN)
    power = np.abs(np.fft.rfft2(made)) ** 2
    number, frequency = np.meshgrid(np.abs(np.fft.fftfreq(256)), np.fft.rfftfreq(256), indexing="ij")
    assert power[number > 2 * frequency + 0.1].sum() / power.sum() < 0.02
    assert power[number > 2 * frequency + 0.1].size > 0.1 * power.size


def test_bad_traces_are_louder():
    made, _ = noise(0, (400, 100), bad=1.0, share=(0.05, 0.05), loud=(8.0, 8.0), trace=(0.0, 0.0), depth=(0.0, 0.0))
    strength = made.std(1)
    loud = strength > 4 * np.median(strength)
    assert 5 < loud.sum() < 45
    assert strength[loud].mean() / strength[~loud].mean() == pytest.approx(8, rel=0.15)


def test_ranges_that_cannot_be_drawn_from_are_refused():
    with pytest.raises(DataError, match=r"white is 7; a probability lies within 0 to 1\."):
        NoiseRanges(white=7.0)
    with pytest.raises(DataError, match=r"high is 0\.1 to 0\.7; needed are a smaller and a larger number"):
        NoiseRanges(high=(0.1, 0.7))


def test_samples_are_the_survey_with_noise_and_without():
    normal = {"kind": "zscore", "clip": 100.0}
    samples = NoisyStructures(4, (48, 64), 3, QUIET, NoiseRanges(snr=(3.0, 3.0)), normal)
    x, y = samples[[0, 1, 2, 3]]
    assert x.shape == y.shape == (4, 1, 48, 64)
    ratio = y.std((1, 2, 3)) / (x - y).std((1, 2, 3))
    torch.testing.assert_close(20 * ratio.log10(), torch.full((4,), 3.0), rtol=0, atol=0.05)
    assert torch.equal(samples[[2]][0], x[2:3])
    assert not torch.equal(samples[[4]][0], x[:1])  # an epoch later
    # Both are scaled alike: without noise they are the same.
    quiet = NoisyStructures(1, (48, 64), 3, QUIET, NoiseRanges(snr=(120.0, 120.0)), normal)[[0]]
    torch.testing.assert_close(*quiet, rtol=0, atol=1e-4)
