"""The synthetic region against geodesy, ray tracing and wave physics that are not ours."""

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.geodesy import offsets
from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site
from geocnn.synthetic.clusters import clusters
from geocnn.synthetic.earthquakes.radiation import Mechanism, directions
from geocnn.synthetic.region import LAYERS, SITE, Region, sequence
from geocnn.synthetic.region.scatterers import Scatterers
from geocnn.travel import Layers


@pytest.fixture(scope="module")
def region():
    made, strike = sequence(300, seed=3)
    return Region.of(made, strike=strike, groups=6)


def at(east, north, depth, magnitude=2.5):
    """A catalogue of earthquakes at these offsets from the station, km, all on one kind of fault."""
    latitude = SITE.latitude + np.atleast_1d(north) / 110.96
    longitude = SITE.longitude + np.atleast_1d(east) / (111.32 * np.cos(np.radians(SITE.latitude)))
    same = np.ones(len(latitude))
    return Hypocentres(latitude, longitude, depth * same, magnitude * same)


# Geometry


def test_distance_and_azimuth_are_those_of_the_geodesic():
    geodetics = pytest.importorskip("obspy.geodetics")
    rng = np.random.default_rng(0)
    for latitude, longitude, far in ((35.85, -97.43, 0.3), (-41.2, 179.9, 0.8), (63.0, -20.0, 1.0), (0.0, 0.0, 1.0)):
        places = latitude + rng.uniform(-far, far, 20), longitude + rng.uniform(-far, far, 20)
        found = offsets(latitude, longitude, places)
        wanted = np.array(
            [geodetics.gps2dist_azimuth(latitude, longitude, *place)[:2] for place in zip(*places, strict=True)]
        )
        np.testing.assert_allclose(found.distance, wanted[:, 0] / 1000, rtol=1e-4)
        np.testing.assert_allclose((found.azimuth - wanted[:, 1] + 180) % 360 - 180, 0, atol=0.01)


def test_k_means_gives_every_point_to_the_nearest_centre():
    points = np.random.default_rng(1).standard_normal((400, 2)) * (3, 1)
    found = clusters(points, 7, seed=2)
    counts = np.bincount(found)
    assert sorted(counts, reverse=True) == counts.tolist()
    assert len(counts) == 7
    centres = np.stack([points[found == k].mean(0) for k in range(7)])
    assert (np.argmin([np.sum((points - c) ** 2, 1) for c in centres], axis=0) == found).all()
    assert (clusters(points, 7, seed=2) == found).all()


def test_clusters_that_are_apart_are_found():
    middles = np.array([(0, 0), (9, 0), (0, 9), (9, 9), (20, 4)])
    truth = np.repeat(np.arange(5), [50, 40, 30, 20, 10])
    points = middles[truth] + 0.5 * np.random.default_rng(3).standard_normal((150, 2))
    assert (clusters(points, 5) == truth).all()
    with pytest.raises(DataError, match="3 clusters are asked for among 2 different epicentres; give 1 to 2"):
        clusters(np.array([(0.0, 0.0), (1.0, 1.0), (0.0, 0.0)]), 3)


def test_the_sequence_lies_where_it_should():
    made, strike = sequence(2918)
    assert len(made) == len(strike) == 2918
    for values, low, high in (
        (made.latitude, 35.7, 36.0),
        (made.longitude, -97.6, -97.2),
        (made.depth, 2, 8),
        (made.magnitude, 1.2, 4.8),
    ):
        assert low <= values.min() < values.max() <= high
    above = [(made.magnitude > m).sum() for m in (1.5, 2.5)]
    assert above[0] / above[1] == pytest.approx(10, rel=0.3)  # b = 1


# Travel times and motion


def test_s_minus_p_is_that_of_ray_tracing(tmp_path):
    taup = pytest.importorskip("obspy.taup")
    from obspy.taup.taup_create import build_taup_model

    rows = []
    bottoms = (*LAYERS.tops[1:], 80.0)
    for top, bottom, vp, vs in zip(LAYERS.tops, bottoms, LAYERS.vp, LAYERS.vs, strict=True):
        rows += [f"{top} {vp} {vs} 2.7", f"{bottom} {vp} {vs} 2.7"]
    rows += ["mantle", "80 8.0 4.5 3.3", "2891 8.0 4.5 3.3", "outer-core", "2891 8.0 0 10", "5150 10 0 12"]
    rows += ["inner-core", "5150 11 3.5 13", "6371 11 3.5 13"]
    (tmp_path / "layers.nd").write_text("\n".join(rows) + "\n")
    build_taup_model(str(tmp_path / "layers.nd"), output_folder=str(tmp_path), verbose=False)
    model = taup.TauPyModel(str(tmp_path / "layers.npz"))
    made = at([0.5, 7.0, 15.0, -12.0], [1.0, -4.0, 10.0, 3.0], 5.0)
    region = Region.of(made, Site("XX", "SYN", SITE.latitude, SITE.longitude, 0.0), groups=1)
    for index in range(4):
        source = region.source(index, 4.0)
        first = [
            model.get_travel_times(5.0, region.plane.distance[index] / 111.195, [kind.lower(), kind])[0].time
            for kind in "PS"
        ]
        assert source.p == pytest.approx(first[0], abs=0.02)
        assert source.s - source.p == pytest.approx(first[1] - first[0], abs=0.02)


def test_layers_of_ones_own():
    layers = Layers((0.0,), (5.0,), (2.5,))
    site = Site("XX", "A", SITE.latitude, SITE.longitude, 0.0)
    region = Region.of(at([3.0], [4.0], 12.0), site, groups=1, layers=layers)
    source = region.source(0, 1.0)
    assert (source.p, source.s) == pytest.approx((13 / 5, 13 / 2.5), abs=0.01)


def test_waves_arrive_when_they_should(region):
    """Nothing before P, and the largest growth of motion at S."""
    for index in range(20):
        source, wave = region.source(index, 4.0), region.waves(index, size=1401, onset=4.0)
        power = (wave.astype(float) ** 2).sum(0)
        assert power[:395].max() < 1e-4 * power.max()  # what leaves the end comes in here
        assert np.argmax(power) / 100 >= source.origin + source.p
        after = round((source.origin + source.s) * 100)
        assert power[after : after + 100].sum() > power[after - 40 : after - 2].sum()


def test_first_motion_points_along_the_ray():
    """P moves the ground in the direction away from the source or towards it, S across it (seen from above)."""
    made = at([6.0, -9.0, 3.0], [2.0, 5.0, -8.0], 5.0)
    region = Region.of(made, strike=np.array([50.0, 110.0, 20.0]), groups=1)
    for index in range(3):
        p, s = region._directions(index)
        away = -np.array([region.plane.north[index], region.plane.east[index]]) / region.plane.distance[index]
        assert abs(p[1] * away[1] - p[2] * away[0]) < 1e-9
        assert np.sign(p[0]) == np.sign(p[1:] @ away)
        assert abs(p @ s) < 1e-9


def test_radiation_is_that_of_a_double_couple():
    """A vertical strike-slip fault seen along the surface: P as sin 2(azimuth - strike), S as cos 2(...)."""
    azimuths = np.arange(0.0, 360.0, 15.0)
    both = [directions(Mechanism(30.0), azimuth, 90.0, 90.0) for azimuth in azimuths]
    doubled = np.radians(2 * (azimuths - 30))
    p = [
        motion @ (0, np.cos(np.radians(a)), np.sin(np.radians(a)))
        for a, (motion, _) in zip(azimuths, both, strict=True)
    ]
    np.testing.assert_allclose(np.array(p) * np.sqrt(4 / 15), np.sin(doubled), atol=1e-12)
    s = [np.linalg.norm(motion) for _, motion in both]
    np.testing.assert_allclose(np.array(s) * np.sqrt(2 / 5), np.abs(np.cos(doubled)), atol=1e-12)


def test_amplitudes_grow_with_magnitude_and_shrink_with_distance():
    made = at([4.0, 4.0, 12.0], [0.0, 0.0, 0.0], 4.0)
    made.magnitude[:] = 2.0, 3.0, 2.0
    region = Region.of(made, strike=np.full(3, 70.0), groups=1)
    peaks = [np.abs(region.waves(index, size=1401, onset=4.0)).max() for index in range(3)]
    assert 4 < peaks[1] / peaks[0] < 60
    assert peaks[2] < peaks[0]


# A station stays the same


def test_a_station_is_the_same_in_all_records(region):
    again = Region.of(region.hypocentres, strike=region.strike, groups=6)
    assert np.array_equal(again.waves(5, size=1401, onset=4.0), region.waves(5, size=1401, onset=4.0))
    assert np.array_equal(again.noise(5, size=1401), region.noise(5, size=1401))
    assert not np.array_equal(region.noise(5, size=1401), region.noise(6, size=1401))
    other = Region.of(region.hypocentres, strike=region.strike, groups=6, seed=1)
    assert not np.array_equal(other.receiver.gains, region.receiver.gains)
    for name in ("kappa", "quality", "instrument", "coda", "coda_exponent", "rise"):
        low, high = getattr(region.receiver.ranges, name)
        assert low == high


def test_neighbours_share_their_coda_and_others_do_not():
    """By the distance in wavelengths, as the sinc of isotropic scattering says."""
    rng, speed, rate = np.random.default_rng(4), 3.4, 100.0
    scatterers = Scatterers.draw(rng, 4000, rate)
    here = np.fft.rfft(scatterers.numbers(np.zeros(3), (5.8, speed))[1])
    frequency = np.fft.rfftfreq(scatterers.size, 1 / rate)
    band = (frequency > 4.5) & (frequency < 5.5)
    wavelength = speed / 5.0
    for share in (0.05, 0.25, 2.0):
        place = np.array([share * wavelength, 0.0, 0.0])
        there = np.fft.rfft(scatterers.numbers(place, (5.8, speed))[1])
        products = (here * there.conj())[:, band].sum().real
        alike = products / np.sqrt((np.abs(here[:, band]) ** 2).sum() * (np.abs(there[:, band]) ** 2).sum())
        assert alike == pytest.approx(np.sinc(2 * share), abs=0.2)
    assert scatterers.numbers(place, (5.8, speed)).std() == pytest.approx(1, abs=0.03)


def test_earthquakes_that_are_far_are_left_out():
    made = at([3.0, 200.0, 500.0], [0.0, 0.0, 0.0], 5.0)
    assert len(Region.of(made, groups=1)) == 1
    with pytest.raises(
        DataError, match=r"of 2 earthquakes none is within 40 km of station XX\.SYN, the nearest 200 km"
    ):
        Region.of(made[[1, 2]], groups=1)
