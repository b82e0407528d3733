"""A reflection is followed where it goes, and not to a brighter one beside it."""

import numpy as np
import pytest

from geocnn.horizon_tracking import follow, snapped

TRACES, SAMPLES = np.arange(300), np.arange(200)
BENT = 90 + 0.05 * TRACES + 25 * np.sin(TRACES / 45)


def ricker(away, frequency=0.06):
    a = (np.pi * frequency * away) ** 2
    return (1 - 2 * a) * np.exp(-a)


def section(*reflections, noise=0.1):
    made = noise * np.random.default_rng(0).standard_normal((len(TRACES), len(SAMPLES)))
    for where, size in reflections:
        made += np.asarray(size)[..., None] * ricker(SAMPLES - where[:, None])
    return made.astype(np.float32)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_path_is_that_of_the_reflection_to_a_fraction_of_a_sample(sign):
    found = follow(section((BENT, sign)), BENT[0], BENT[-1], sign=sign)
    np.testing.assert_allclose(found, BENT, atol=0.6)
    assert np.abs(found - BENT).mean() < 0.15


def test_a_brighter_reflection_beside_it_is_left_alone():
    found = follow(section((BENT, 1), (BENT + 22, 3)), BENT[0], BENT[-1], sign=1)
    np.testing.assert_allclose(found, BENT, atol=1)


def test_a_gap_is_bridged():
    found = follow(section((BENT, np.where(abs(TRACES - 150) < 12, 0, 1))), BENT[0], BENT[-1], sign=1)
    np.testing.assert_allclose(found, BENT, atol=15)
    outside = abs(TRACES - 150) > 30
    np.testing.assert_allclose(found[outside], BENT[outside], atol=1)


def test_backwards_it_is_the_same():
    seen = section((BENT, 1))
    there, back = follow(seen, BENT[0], BENT[-1], sign=1), follow(seen[::-1], BENT[-1], BENT[0], sign=1)
    np.testing.assert_allclose(back[::-1], there, atol=0.15)


def test_nothing_is_read_beyond_the_ends_and_what_is_not_finite_is_no_reflection():
    seen = section((BENT, 1))
    seen[40:44] = np.nan
    found = follow(seen[:, 80:], BENT[0] - 80, BENT[-1] - 80, sign=1)
    assert found.min() >= 0
    assert found.max() <= 119
    clear = BENT > 84
    clear[30:60] = False
    np.testing.assert_allclose(found[clear] + 80, BENT[clear], atol=2)
    assert np.isfinite(follow(np.zeros((5, 20), np.float32), 3, 9, sign=-1)).all()
    assert follow(np.zeros((2, 1), np.float32), 0, 0, sign=1).tolist() == [0, 0]


def test_the_peak_or_trough_next_to_a_place_is_meant():
    trace = (ricker(SAMPLES - 50) - 2 * ricker(SAMPLES - 120)).astype(np.float32)
    assert snapped(trace, 51.6) == (pytest.approx(50, abs=1e-3), 1)
    assert snapped(trace, 118) == (pytest.approx(120, abs=1e-3), -1)
    assert snapped(trace, 118, 1) == (118, 1)  # no peak is near
    assert snapped(trace, 400) == (199, 1)


def test_what_is_no_crest_is_followed_at_its_own_phase():
    off = 3.4  # samples below the peak
    seen = section((BENT, 1), (BENT + 40, 2))
    found = follow(seen, BENT[0] + off, BENT[-1] + off)
    np.testing.assert_allclose([found[0], found[-1]], [BENT[0] + off, BENT[-1] + off])
    np.testing.assert_allclose(found, BENT + off, atol=0.8)
    assert np.abs(found - BENT - off).mean() < 0.25


def test_of_a_crest_that_is_cut_off_the_place_is_meant_that_was_pointed_at():
    trace = np.minimum(ricker(SAMPLES - 50, 0.03), 0.3).astype(np.float32)
    flat = np.flatnonzero(trace == trace.max())
    assert len(flat) > 6
    for at in flat[1:-1].tolist():
        assert snapped(trace, at) == (at, 1)


def test_the_ends_stay_where_they_are_whatever_the_waveform_says():
    noisy = section((BENT, 1), noise=0.4)
    for sign in (1, 0):
        found = follow(noisy, BENT[0] + 2.5, BENT[-1] - 2.5, sign=sign)
        np.testing.assert_allclose(found[[0, -1]], [BENT[0] + 2.5, BENT[-1] - 2.5])
    found = follow(noisy, BENT[0] + 2.5, BENT[-1] - 2.5, sign=1)
    assert np.abs(found - BENT)[20:-20].mean() < 0.5
