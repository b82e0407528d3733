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
