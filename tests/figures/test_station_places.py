"""Where one station says that earthquakes are: points at their azimuth and distance, north up, clockwise."""

import numpy as np
import pytest

from geocnn.figures.station_places import station_places
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.location import Estimate, Place

STATION = Station("XX", "AAA", "", "HH", ((), (), ()))


def event(distance, azimuth, half=20.0, probability=0.9):
    around = Estimate(azimuth, (azimuth - half) % 360, (azimuth + half) % 360)
    place = Place(probability, Estimate(distance, distance / 1.3, distance * 1.3), Estimate(8.0, 4.0, 12.0), around)
    return Event((PhasePick(Channel("XX", "AAA", "", "HHZ"), "P", 0, place=place),))


def test_points_are_where_they_are_and_vague_ones_are_left_to_the_density():
    made = station_places(STATION, [event(10.0, 90.0), event(50.0, 350.0), event(3.0, 200.0, half=120.0)])
    compass = made.axes[0]
    assert compass.get_theta_direction() == -1
    assert compass.get_theta_offset() == pytest.approx(np.pi / 2)
    points = compass.collections[1].get_offsets()
    np.testing.assert_allclose(np.degrees(points[:, 0]) % 360, [90, 350])
    np.testing.assert_allclose(10 ** points[:, 1], [10, 50])
    assert compass.get_title() == (
        "3 earthquakes with a probability of 0.5 or more, 0 with both P and S, seen from this station alone\n"
        "2 with a direction: points; grey: where all of them together are"
    )
    density = np.asarray(compass.collections[0].get_array()).reshape(59, 72)
    rings = np.linspace(-0.15, np.log10(200), 60)
    east = density[:, 17:19].mean(1)
    assert 10 ** ((rings[1:] + rings[:-1]) / 2)[east.argmax()] == pytest.approx(10, rel=0.1)
    assert density.sum() == pytest.approx(3, rel=0.01)


def test_without_places_there_is_no_picture():
    assert station_places(STATION, [Event((PhasePick(Channel("XX", "AAA", "", "HHZ"), "S", 0),))]) is None
    assert station_places(STATION, [event(10.0, 90.0, probability=0.2)]) is None


def test_one_earthquake_and_how_many_have_both_phases():
    one = event(10.0, 90.0)
    title = station_places(STATION, [one]).axes[0].get_title()
    assert title.startswith("1 earthquake with a probability of 0.5 or more, 0 with both P and S, seen")
    pair = Event((*one.picks, PhasePick(one.picks[0].channel, "S", 1)))
    assert ", 1 with both P and S, seen" in station_places(STATION, [one, pair]).axes[0].get_title()
