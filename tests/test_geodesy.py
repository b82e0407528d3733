"""Places on the earth, against geodesics that are not ours."""

import math

import numpy as np
import pytest

from geocnn.geodesy import offsets, place_at


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 10.0), (46.0, 179.9), (-65.0, -179.95)])
@pytest.mark.parametrize(("east", "north"), [(0.0, 0.0), (3.0, -8.0), (-90.0, 60.0)])
def test_a_place_is_as_far_away_as_the_geodesic(latitude, longitude, east, north):
    geodetics = pytest.importorskip("obspy.geodetics")
    there = place_at(latitude, longitude, east, north)
    metres, azimuth, _ = geodetics.gps2dist_azimuth(latitude, longitude, *there)
    assert metres / 1000 == pytest.approx(math.hypot(east, north), rel=2e-4, abs=1e-6)
    if metres > 1:
        assert (azimuth - math.degrees(math.atan2(east, north)) + 180) % 360 - 180 == pytest.approx(0, abs=0.02)
    back = offsets(latitude, longitude, (np.array([there[0]]), np.array([there[1]])))
    assert (back.east[0], back.north[0]) == pytest.approx((east, north), abs=1e-6)


@pytest.mark.parametrize(("latitude", "north", "expected"), [(89.95, 10.0, 89.96), (-89.95, -10.0, -89.96)])
def test_beyond_a_pole_is_the_other_side(latitude, north, expected):
    there = place_at(latitude, 45.0, 0.0, north)
    assert there == (pytest.approx(expected, abs=1e-3), pytest.approx(-135.0))


def test_geodesics_are_those_of_obspy_everywhere():
    geodetics = pytest.importorskip("obspy.geodetics")
    rng = np.random.default_rng(0)
    for number in range(300):
        latitude = (rng.uniform(-90, 90), 90.0, -90.0, 0.0, 89.99)[number % 5 if number < 50 else 0]
        longitude, azimuth = rng.uniform(-180, 180), rng.choice([0.0, 90.0, rng.uniform(0, 360)])
        far = 10 ** rng.uniform(-2, 4.28)
        east, north = far * math.sin(math.radians(azimuth)), far * math.cos(math.radians(azimuth))
        there = place_at(latitude, longitude, east, north)
        assert geodetics.gps2dist_azimuth(latitude, longitude, *there)[0] / 1000 == pytest.approx(far, abs=1e-4)
        seen = offsets(latitude, longitude, (np.array([there[0]]), np.array([there[1]])))
        assert seen.distance[0] == pytest.approx(far, abs=1e-5)
        if abs(latitude) < 89.999:  # at a pole every direction is along a meridian
            assert (seen.azimuth[0] - azimuth + 180) % 360 - 180 == pytest.approx(0, abs=1e-3 + 1e-5 / far)


def test_places_on_the_other_side_of_the_earth_are_far_away():
    for here, there in (
        ((0, 0), (0.3, 179.8)),
        ((30, 0), (-30, 180)),
        ((46.75, 8.25), (-46.5, -172)),
        ((5, 5), (5, 5)),
    ):
        seen = offsets(*map(float, here), (np.array([float(there[0])]), np.array([float(there[1])])))
        assert seen.distance[0] == pytest.approx(0 if here == there else 19980, abs=60)
        assert np.isfinite(seen.azimuth[0])


@pytest.mark.parametrize("latitude", [0.0, 46.75, -78.0, 85.0, 89.9])
def test_places_are_as_far_from_each_other_in_the_plane_as_on_the_earth(latitude):
    geodetics = pytest.importorskip("obspy.geodetics")
    for azimuth in range(0, 360, 30):
        ends = [
            place_at(latitude, 10.0, *(120 * f(math.radians(a)) for f in (math.sin, math.cos))) for a in (0, azimuth)
        ]
        seen = offsets(latitude, 10.0, (np.array([end[0] for end in ends]), np.array([end[1] for end in ends])))
        apart = math.hypot(*(float(np.diff(side)[0]) for side in (seen.east, seen.north)))
        assert apart == pytest.approx(geodetics.gps2dist_azimuth(*ends[0], *ends[1])[0] / 1000, rel=1e-4, abs=1e-6)
