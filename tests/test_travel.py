"""Travel times in layers: against TauP, closed forms and the path of least time."""

import math

import numpy as np
import pytest
import scipy.optimize

from geocnn.errors import DataError
from geocnn.io.velocity_models import read_layers
from geocnn.location import Crust
from geocnn.travel import CRUST, Layers, TravelTimes, first_arrivals


def kilometres(count):
    return [float(n) for n in range(count)]


def test_first_arrivals_are_those_of_taup():
    taup = pytest.importorskip("obspy.taup")
    model = taup.TauPyModel("iasp91")
    table = TravelTimes.of(CRUST, kilometres(301), kilometres(20))
    for depth in (2.0, 9.0, 17.0):
        for distance in (5.0, 40.0, 90.0, 180.0, 250.0):
            degrees = distance / 111.195
            for phase, ours in zip("ps", table.at(distance, depth)[:2], strict=True):
                found = model.get_travel_times(depth, degrees, [phase, phase.upper(), f"{phase.upper()}n"])
                assert ours == pytest.approx(found[0].time, rel=0.005)  # a sphere, whose mantle grows faster with depth


def test_one_layer_is_a_straight_line_and_two_are_the_textbook_s():
    distance = np.linspace(0, 300, 61)
    np.testing.assert_allclose(first_arrivals((0.0,), (6.0,), distance, 10.0), np.hypot(distance, 10) / 6, rtol=1e-5)
    head = distance / 8 + 2 * 30 * math.sqrt(1 / 6**2 - 1 / 8**2)
    critical = 2 * 30 * 6 / math.sqrt(8**2 - 6**2)
    wanted = np.where(distance >= critical, np.minimum(distance / 6, head), distance / 6)
    np.testing.assert_allclose(first_arrivals((0.0, 30.0), (6.0, 8.0), distance, 0.0), wanted, rtol=1e-5)


def test_the_direct_wave_takes_the_path_of_least_time():
    """Fermat: the points at which a ray crosses two boundaries, found by search."""
    tops, speed, depth = (0.0, 3.0, 9.0), (3.0, 5.0, 5.5), 14.0
    for distance in (0.0, 7.0, 30.0, 90.0):

        def time(x, end=distance):
            (a, b), thick = np.sort(x), (3.0, 6.0, 5.0)
            ways = zip((a, b - a, end - b), thick, speed, strict=True)
            return sum(math.hypot(across, h) / v for across, h, v in ways)

        best = scipy.optimize.minimize(
            time, [distance / 10, distance / 2], method="Nelder-Mead", options={"xatol": 1e-6}
        )
        alone = first_arrivals(tops, speed, np.array([distance]), depth)[0]  # no layer below the source: direct alone
        assert alone == pytest.approx(best.fun, rel=1e-4)


@pytest.mark.parametrize(
    ("tops", "vp", "vs", "said"),
    [
        ((1.0,), (6.0,), (3.5,), "begin at 0 and grow"),
        ((0.0, 5.0), (6.0,), (3.5,), "one velocity each"),
        ((0.0,), (6.0,), (6.5,), "S must be slower"),
    ],
)
def test_layers_that_cannot_be(tops, vp, vs, said):
    with pytest.raises(DataError, match=said):
        Layers(tops, vp, vs)


def test_a_source_outside_the_table_is_refused():
    table = TravelTimes.of(CRUST, (0.0, 10.0, 20.0), (0.0, 5.0))
    with pytest.raises(DataError, match="a source 25 km away and 3 km deep is outside the table"):
        table.at(25.0, 3.0)
    p, s, direct = table.at(20.0, 5.0)
    assert p == direct == pytest.approx(math.hypot(20, 5) / 5.8, rel=1e-4)
    assert s == pytest.approx(math.hypot(20, 5) / 3.36, rel=1e-4)


def test_a_table_that_reaches_as_far_as_it_must():
    for far, deep in ((41.2, 12.3), (50.5, 50.0), (163.0, 61.0)):
        table = TravelTimes.within(CRUST, far, deep)
        assert far <= table.distance[-1] < far + 1
        assert deep <= table.depth[-1] < deep + 1
    p, s, direct = table.at(160.3, 9.9)  # over the mantle: a head wave in front of the direct one
    assert direct == pytest.approx(math.hypot(160.3, 9.9) / 5.8, abs=0.01)
    leg = np.array([2 * 20 - 9.9, 2 * 15])
    head = 160.3 / 8.04 + np.sum(leg * np.sqrt(1 / np.array([5.8, 6.5]) ** 2 - 1 / 8.04**2))
    assert p == pytest.approx(head, abs=0.01)
    assert p < direct < s


def test_a_table_gives_times_of_many_places_at_once():
    table = TravelTimes.of(CRUST, kilometres(301), kilometres(31))
    distance, depth = np.array([[12.0, 100.4], [250.0, 299.9]]), np.array([4.0, 10.5, 28.0])
    for phase, velocity in (("P", CRUST.vp), ("S", CRUST.vs)):
        times = table.over(phase, distance, depth)
        assert times.shape == (3, 2, 2)
        for k, h in enumerate(depth):
            wanted = first_arrivals(CRUST.tops, velocity, distance.ravel(), float(h))
            np.testing.assert_allclose(times[k].ravel(), wanted, atol=0.02)
    beyond = table.over("P", np.array([400.0]), np.array([10.0])).item()
    assert beyond == pytest.approx(first_arrivals(CRUST.tops, CRUST.vp, np.array([400.0]), 10.0)[0], rel=1e-3)


def test_a_velocity_model_from_a_table(tmp_path):
    path = tmp_path / "crust.csv"
    path.write_text("vp_km_s,vs_km_s,depth_km,density\n5.8,3.36,0,2.7\n6.5,3.75,20,2.9\n8.04,4.47,35,3.3\n")
    assert read_layers(path) == CRUST


def test_a_crust_of_one_layer_has_its_velocities():
    crust = Crust.of(Layers((0.0,), (5.4,), (3.1,)))
    assert (crust.p, crust.s) == pytest.approx((5.4, 3.1), rel=1e-5)
    over_mantle = Crust.of(CRUST)
    assert 5.8 <= over_mantle.p < 6.0
    assert Crust().times is None
