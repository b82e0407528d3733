"""What an S pick says of the distance: straight rays, other velocities, and detectors taken in by a later S."""

import numpy as np
import pytest

from geocnn.delays import Delays, delay_after, s_wave
from geocnn.location import AZIMUTH, DEPTH, DISTANCE, HEADS, place_of

VAGUE = [(kilometres, 0.1) for kilometres in (6.0, 8.0, 10.0, 13.0, 17.0, 22.0, 29.0, 37.0, 48.0, 62.0)]


def says(*where, depth=1.0):
    """Bins of a detector that is undecided between some distances, each with its share."""
    made = np.zeros(sum(HEADS), np.float32)
    made[1] = 1
    away = made[2 : 2 + DISTANCE.count]
    for kilometres, share in where:
        away += np.float32(share) * DISTANCE.encode(kilometres)
    made[2 + DISTANCE.count :] = np.concatenate((AZIMUTH.encode(90.0), DEPTH.encode(depth)))
    return made


@pytest.mark.parametrize(
    ("training", "pace"),
    [
        ({}, np.sqrt(4.8 / 0.84 * 6.4 / 0.64)),
        ({"arguments": {"vp": (5.0, 6.0), "ratio": (1.54, 1.62)}}, np.sqrt(5.0 / 0.62 * 6.0 / 0.54)),
        ({"layers": {"tops": [0.0], "vp": [6.0], "vs": [3.0]}}, 6.0),
    ],
)
def test_the_delay_of_s_tells_the_distance(training, pace):
    delays = Delays.of(training)
    for seconds in (1.5, 4.0):
        likely = delays.likelihood(seconds)
        row, column = np.unravel_index(likely.argmax(), likely.shape)
        way = np.hypot(DISTANCE.value(row), DEPTH.value(column))
        assert way / seconds == pytest.approx(pace, rel=0.1)  # of bins that are 19 % wide


def test_a_head_wave_comes_before_the_straight_ray():
    """Over 190 km the wave along the mantle gives P back some seconds."""
    layers = {"tops": [0.0, 30.0], "vp": [6.0, 8.0], "vs": [3.4, 4.5]}
    seconds = Delays.of({"layers": layers}).seconds
    far = round(DISTANCE.position(190.0))
    way, leg = DISTANCE.value(far), 2 * 30 - DEPTH.value(0)
    p = way / 8.0 + leg * np.sqrt(1 / 6.0**2 - 1 / 8.0**2)
    s = min(way / 3.4, way / 4.5 + leg * np.sqrt(1 / 3.4**2 - 1 / 4.5**2))
    assert p < way / 6.0 - 0.5
    assert seconds[far, 0] == pytest.approx(s - p, abs=0.02)


def test_an_early_s_corrects_a_detector_and_a_late_one_does_not():
    delays = Delays.of({})
    taken_in = says((8.0, 0.2), (90.0, 0.8))
    assert place_of(taken_in).distance.value > 60
    assert place_of(taken_in, delays.likelihood(1.0)).distance.value == pytest.approx(8.0, rel=0.25)
    sure = says((8.0, 0.97), (90.0, 0.03))
    assert place_of(sure, delays.likelihood(12.0)).distance.value == pytest.approx(8.0, rel=0.25)
    before, after = place_of(says(*VAGUE)).distance, place_of(says(*VAGUE), delays.likelihood(2.0)).distance
    assert before.value > 18
    assert after.value == pytest.approx(15.1, rel=0.15)
    assert np.log(after.high / after.low) < 0.7 * np.log(before.high / before.low)
    same = place_of(says(*VAGUE), np.ones((DISTANCE.count, DEPTH.count)))
    assert (same.distance, same.depth) == (
        pytest.approx(before, rel=1e-5),
        pytest.approx(place_of(says(*VAGUE)).depth, rel=1e-5),
    )


def test_depths_know_that_the_way_is_no_longer_than_the_delay():
    likely = Delays.of({}).likelihood(2.8)  # a way of 21 km
    deep, shallow = (place_of(says(*VAGUE, depth=depth), likely).distance.value for depth in (20.0, 1.0))
    assert deep < 0.75 * shallow


def test_the_first_pick_of_s_behind_p():
    time = np.arange(1500)
    phase = sum(h * np.exp(-0.5 * ((time - at) / 10) ** 2) for at, h in ((510, 0.9), (740, 0.83), (900, 0.9)))
    phase = phase.astype(np.float32)
    found = delay_after(phase, 500, threshold=0.3, deviation=0.1)
    assert found == pytest.approx(2.4, abs=0.01)  # what is 0.1 s behind P is no S wave
    assert delay_after(phase, 500, threshold=0.85, deviation=0.1) == pytest.approx(4.0, abs=0.01)
    assert delay_after(phase[:600], 500, threshold=0.3, deviation=0.1) is None


def test_which_of_several_picks_is_s():
    assert s_wave([2.0], [0.3]) == 0
    assert s_wave([2.0, 3.0], [0.95, 1.0]) == 0
    assert s_wave([2.0, 3.0, 4.0], [0.4, 0.95, 1.0]) == 1
    assert s_wave([2.0, 9.0], [0.4, 1.0]) == 0  # too far behind the first to be of the same waves
    assert s_wave([0.3, 19.0], [0.6, 1.0]) == 1  # the coda of P
