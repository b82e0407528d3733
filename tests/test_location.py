"""Bins of distance, azimuth and depth: what goes in comes out, and directions know no end."""

import dataclasses
import math

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.location import (
    AZIMUTH,
    DEPTH,
    DISTANCE,
    HEADS,
    Cluster,
    Crust,
    Estimate,
    Place,
    asked,
    encode,
    heads_of,
    place_of,
    plain,
)


@pytest.mark.parametrize(
    ("bins", "value", "near"),
    [(DISTANCE, 1.0, 0.05), (DISTANCE, 13.0, 0.6), (DISTANCE, 180.0, 9), (DEPTH, 8.0, 0.8), (AZIMUTH, 3.0, 0.5)],
)
def test_what_goes_in_comes_out(bins, value, near):
    found = bins.estimate(bins.encode(value))
    assert found.value == pytest.approx(value, abs=near)
    assert bins.value(bins.position(value)) == pytest.approx(value)


def test_directions_on_both_sides_of_north_have_north_as_their_mean():
    found = AZIMUTH.estimate((AZIMUTH.encode(350.0) + AZIMUTH.encode(20.0)) / 2)
    assert min(found.value, 360 - found.value) == pytest.approx(5 if found.value < 180 else 355, abs=1)
    assert found.low > 300
    assert found.high < 60
    assert found.half < 40


def test_nothing_known_is_a_wide_interval():
    assert AZIMUTH.estimate(np.full(24, 1 / 24)).half > 100
    wide = DISTANCE.estimate(np.full(32, 1 / 32))
    assert wide.value == pytest.approx(np.sqrt(0.7 * 200), rel=1e-3)
    assert wide.low == pytest.approx(0.7 * (200 / 0.7) ** 0.16, rel=1e-3)


def test_a_normal_distribution_of_the_logarithm_has_its_deviation():
    centres = np.array([np.log(DISTANCE.value(k)) for k in range(32)])
    weights = np.exp(-0.5 * ((centres - np.log(20)) / 0.5) ** 2)
    found = DISTANCE.estimate(weights / weights.sum())
    assert found.value == pytest.approx(20, rel=0.02)
    assert np.log(found.high / found.low) / 2 == pytest.approx(0.5, rel=0.03)


def test_places_in_and_out():
    said = place_of(encode(event=True, where=(12.0, 100.0, 6.0)))
    assert said.probability == 1
    assert said.direction == "E"
    assert (said.distance.value, said.azimuth.value) == (pytest.approx(12, rel=0.05), pytest.approx(100, abs=2))
    assert Place.of(said.parts()) == said
    assert "to the E (azimuth 100 degrees" in said.describe()
    nowhere = dataclasses.replace(said, azimuth=None)
    assert Place.of(nowhere.parts()) == nowhere
    assert nowhere.direction == ""
    assert "azimuth" not in nowhere.describe()
    assert encode(event=False, where=None).sum() == 1
    with pytest.raises(DataError, match=f"has {sum(HEADS)}"):
        place_of(np.ones(7))


def test_clusters_in_and_out():
    where = (12.0, 100.0, 6.0)
    known = encode(event=True, where=where, cluster=2, clusters=5)
    assert known[sum(HEADS) :].tolist() == [0, 0, 1, 0, 0]
    assert heads_of(len(known)) == (*HEADS, 5)
    said = place_of(known)
    assert said.cluster == Cluster(3, 1.0)
    assert Place.of(said.parts()) == said
    assert said.describe().endswith(", cluster 3 (1.00)")
    assert dataclasses.replace(said, cluster=None) == place_of(encode(event=True, where=where))
    assert not encode(event=False, where=None, clusters=5)[2:].any()
    with pytest.raises(DataError, match=f"there are {sum(HEADS) + 1} probabilities; .* two clusters or more"):
        heads_of(sum(HEADS) + 1)


def test_a_question_is_about_one_p_wave_and_the_s_before_the_next():
    phases = np.full((2, 1000), 0.1, np.float32)
    phases[0, 480:520] = phases[0, 760:] = 0.9
    p, s = asked(phases, 500)
    assert np.flatnonzero(p).tolist() == list(range(450, 551))
    assert p[500] == np.float32(0.9)
    assert np.flatnonzero(s).tolist() == list(range(450, 760))
    assert np.flatnonzero(asked(phases[:, :600], 590)[1]).tolist() == list(range(540, 600))


def test_half_of_an_interval_through_north():
    assert Estimate(0.0, 340.0, 20.0).half == 20
    assert Estimate(90.0, 80.0, 110.0).half == 15


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [(120.4, 2, "120"), (17345.6, 4, "17350"), (1234.5, 4, "1234"), (2.346e-7, 3, "2.35e-07"), (3.0, 4, "3")],
)
def test_large_numbers_have_no_powers_of_ten(number, digits, text):
    assert plain(number, digits) == text


def test_far_and_deep_earthquakes_are_told_in_kilometres():
    far = Place(0.9, Estimate(1234.0, 987.0, 1500.0), Estimate(110.0, 90.0, 130.0), None)
    assert far.describe().endswith("1230 km away (987 to 1500), 110 km deep (90 to 130)")


@pytest.mark.parametrize("value", [0.0, -0.2, 1e-9])
def test_right_below_a_station_is_in_the_first_bin(value):
    for bins in (DISTANCE, DEPTH):
        np.testing.assert_allclose(bins.encode(value), bins.encode(bins.low))


@pytest.mark.parametrize("velocities", [(6000.0, 3450.0), (0.006, 0.003), (3.0, 5.0), (math.nan, 3.0)])
def test_velocities_that_are_no_km_in_a_second_are_refused(velocities):
    with pytest.raises(DataError, match=r"needed are those of P and S waves in km/s, such as --crust 6\.0 3\.45"):
        Crust(*velocities)
