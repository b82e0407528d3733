"""Where earthquakes of a catalogue are drawn from, against ObsPy's geodesy and shares worked out by hand."""

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site
from geocnn.synthetic.earthquakes import EarthquakeRanges, Places, earthquake

NEAR, FAR = Site("XX", "NEAR", 64.0, -21.0, 500.0), Site("XX", "FAR", 64.0, -20.4, 0.0)
KNOWN = Hypocentres(
    np.array([64.05, 64.0, 10.0]), np.array([-21.1, -20.9, 10.0]), np.array([5.0, 8.0, 5.0]), np.ones(3)
)


def test_places_are_those_of_the_catalogue():
    gps2dist_azimuth = pytest.importorskip("obspy.geodetics").gps2dist_azimuth
    places = Places.of([NEAR], KNOWN, farthest=60.0, error=0.0)
    assert len(places) == 2  # the third is in Africa
    rng = np.random.default_rng(0)
    drawn = {round(place.depth, 3): place for place in (places.draw(rng) for _ in range(20))}
    assert sorted(drawn) == [5.5, 8.5]  # below the station
    for place, number in ((drawn[5.5], 0), (drawn[8.5], 1)):
        metres, azimuth, _ = gps2dist_azimuth(64.0, -21.0, KNOWN.latitude[number], KNOWN.longitude[number])
        assert place.distance == pytest.approx(metres / 1000, rel=1e-3)
        assert place.azimuth == pytest.approx(azimuth, abs=0.1)
        assert place.cluster is None


def test_the_nearer_station_is_the_more_frequent():
    places = Places.of([NEAR, FAR], KNOWN[[1]], farthest=60.0, error=0.0)
    rng = np.random.default_rng(1)
    ways = np.array([np.hypot(p.distance, p.depth) for p in (places.draw(rng) for _ in range(8000))])
    near, far = ways.min(), ways.max()
    assert np.mean(ways < (near + far) / 2) == pytest.approx((1 / near) / (1 / near + 1 / far), abs=0.03)
    alone = Places.of([NEAR, FAR], KNOWN[[1]], farthest=15.0, error=0.0)  # the far station is 24 km away
    assert max(alone.draw(rng).distance for _ in range(50)) < 15


def test_places_are_spread_by_the_error_of_the_catalogue():
    places, rng = Places.of([NEAR], KNOWN[[1]], farthest=60.0, error=0.8), np.random.default_rng(2)
    drawn = [places.draw(rng) for _ in range(4000)]
    angle = np.radians([p.azimuth for p in drawn])
    distance = np.array([p.distance for p in drawn])
    for part in (distance * np.sin(angle), distance * np.cos(angle), np.array([p.depth for p in drawn])):
        assert part.std() == pytest.approx(0.8, rel=0.05)


def test_clusters_come_with_their_places():
    rng = np.random.default_rng(3)
    latitude = np.concatenate([64.05 + 0.004 * rng.standard_normal(30), 63.95 + 0.004 * rng.standard_normal(10)])
    swarms = Hypocentres(latitude, np.full(40, -21.0), np.full(40, 5.0), np.ones(40))
    places = Places.of([NEAR], swarms, farthest=60.0, groups=2, error=0.2)
    assert [round(c["latitude"], 2) for c in places.centres] == [64.05, 63.95]  # that of the most first
    drawn = [places.draw(rng) for _ in range(400)]
    for place in drawn:
        assert place.cluster == (0 if np.cos(np.radians(place.azimuth)) > 0 else 1)
    assert np.mean([place.cluster == 0 for place in drawn]) == pytest.approx(0.75, abs=0.07)
    record = earthquake(3, places=places, ranges=EarthquakeRanges(quiet=0.0))
    north = np.cos(np.radians(record.sources[0].azimuth)) > 0
    assert record.sources[0].cluster == (0 if north else 1)


def test_what_does_not_fit():
    with pytest.raises(DataError, match="of 1 earthquakes none is within 60 km of one of 2 stations; give a larger"):
        Places.of([NEAR, FAR], KNOWN[[2]], farthest=60.0)
    with pytest.raises(DataError, match="3 clusters are asked for among 2 different epicentres"):
        Places.of([NEAR], KNOWN, farthest=60.0, groups=3)
