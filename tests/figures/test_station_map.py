"""A map: lengths and places are true, also at 180 degrees, and colours, sizes and names are those of the data."""

import numpy as np
import pytest

from geocnn.figures import save
from geocnn.figures.station_map import Place, station_map
from geocnn.io.waveforms.quakeml import Event, Magnitude, Origin

BERGEN, OSLO = Place("BER", 60.39, 5.32), Place("OSL", 59.91, 10.75)


def quake(latitude, longitude, depth=None, magnitude=None):
    return Event((), Origin(0, latitude, longitude, depth), None if magnitude is None else Magnitude(float(magnitude)))


def great_circle(latitude, longitudes):
    """Kilometres between two places of one latitude, by the haversine formula."""
    angle = np.radians(latitude)
    half = np.cos(angle) * abs(np.sin(np.radians(longitudes[1] - longitudes[0]) / 2))
    return 2 * 6371 * np.arcsin(half)


def scale(axes):
    (bar,) = [line for line in axes.lines if line.get_gid() == "scale"]
    words = next(text.get_text() for text in axes.texts if text.get_text().endswith("km"))
    return bar.get_xdata(), float(words.removesuffix(" km"))


@pytest.mark.parametrize("stations", [(BERGEN, OSLO), (Place("A", 0, 0), Place("B", 0.5, 0.1)), (BERGEN,)])
def test_the_scale_bar_is_as_long_as_it_says(stations):
    axes = station_map(stations).axes[0]
    ends, kilometres = scale(axes)
    middle = np.mean(axes.get_ylim())
    assert great_circle(middle, ends) == pytest.approx(kilometres, rel=1e-3)
    assert axes.get_aspect() == pytest.approx(1 / np.cos(np.radians(middle)))
    west, east = axes.get_xlim()
    assert west < ends[0] < ends[1] < (west + east) / 2


def test_kilometres_north_and_east_are_equally_long(tmp_path):
    made = station_map([BERGEN, OSLO])
    save(made, tmp_path / "map.png")
    axes = made.axes[0]
    middle = np.mean(axes.get_ylim())
    at = axes.transData.transform([(7, middle), (8, middle), (7, middle + np.cos(np.radians(middle)))])
    assert at[1, 0] - at[0, 0] == pytest.approx(at[2, 1] - at[0, 1], rel=1e-3)


def test_at_180_degrees_neighbours_stay_neighbours():
    axes = station_map([Place("W", -17, 179.8), Place("E", -17.5, -179.9)], [quake(-17.2, 179.95)]).axes[0]
    west, east = axes.get_xlim()
    assert east - west < 1
    marks = np.concatenate([c.get_offsets() for c in axes.collections if len(c.get_offsets())])
    np.testing.assert_allclose(np.sort(marks[:, 0] % 360), [179.8, 179.95, 180.1])
    names = {text.get_text(): text.xy for text in axes.texts if text.get_text() in "WE"}
    assert names["E"][0] % 360 == pytest.approx(180.1)
    assert names["W"] == pytest.approx((179.8, -17))


def test_colours_are_depths_and_sizes_magnitudes():
    events = [quake(60, 7, 5, 1), quake(60, 8, 25, 3), quake(60.1, 9), Event(())]
    made = station_map([BERGEN, OSLO], events)
    known = next(c for c in made.axes[0].collections if c.get_array() is not None)
    np.testing.assert_allclose(known.get_array(), [25, 5])  # the larger one below
    np.testing.assert_allclose(known.get_offsets()[:, 0], [8, 7])
    large, small = known.get_sizes()
    assert large > small
    bar = made.axes[1]
    assert bar.get_ylabel() == "depth, km"
    assert bar.get_ylim()[0] > bar.get_ylim()[1]  # downward
    labels = [text.get_text() for text in made.legends[0].get_texts()]
    assert sorted(labels) == ["M 1", "M 2", "M 3", "depth not known", "station"]
    assert made.axes[0].get_title(loc="left") == "2 stations, 3 earthquakes"


def test_a_map_of_nothing_is_refused():
    with pytest.raises(ValueError, match="neither a station nor a located earthquake"):
        station_map([], [Event(())])


def test_stations_of_one_place_have_one_label_and_those_without_data_are_no_part_of_the_count():
    same = [Place(name, 60.0, 8.0) for name in ("AAA", "BBB", "CCC", "DDD", "EEE")]
    inside, coincident, far = Place("INN", 60.2, 9.0), Place("DUP", 60.0, 8.0), Place("FAR", -30.0, 100.0)
    axes = station_map([*same, BERGEN, OSLO], silent=[inside, coincident, far]).axes[0]
    words = [text.get_text() for text in axes.texts]
    assert "AAA, BBB, CCC and 2 more" in words
    assert "INN" in words
    assert not {"BBB", "DUP", "FAR"} & set(words)
    assert axes.get_title(loc="left") == "7 stations"


def test_an_earthquake_under_a_station_is_seen():
    made = station_map([Place("A", 60.0, 8.0)], [quake(60.0, 8.0, 5.0, 1.0)])
    (triangle,) = (c for c in made.axes[0].collections if c.get_label() == "station")
    assert triangle.get_facecolor().size == 0


def test_circles_are_whole_but_a_vague_place_shrinks_no_map():
    near = Event((), Origin(0, 60.0, 10.9, 5.0, spread=100.0))
    vague = Event((), Origin(0, 60.0, 8.0, 5.0, spread=2000.0))
    axes = station_map([BERGEN, OSLO], [near, vague]).axes[0]
    assert axes.get_xlim()[1] > 10.9 + 100 / (111.19 * np.cos(np.radians(60.0)))
    assert axes.get_xlim()[1] < 16


@pytest.mark.parametrize("stations", [(BERGEN, OSLO), (Place("A", 0, 0), Place("B", 0.01, 0)), (BERGEN,)])
def test_the_scale_bar_and_north_touch_no_station_in_a_corner(stations):
    low, high = min(s.latitude for s in stations), max(s.latitude for s in stations)
    west, east = min(s.longitude for s in stations), max(s.longitude for s in stations)
    corners = [Place(f"C{k}", y, x) for k, (x, y) in enumerate([(west, low), (east, low), (west, high), (east, high)])]
    made = station_map(corners)
    made.canvas.draw()
    axes = made.axes[0]
    texts = {text.get_text(): text.get_window_extent() for text in axes.texts}
    names = [box for name, box in texts.items() if name.startswith("C")]
    for name in (name for name in texts if name == "N" or name.endswith(" km")):
        assert not any(texts[name].overlaps(box) for box in names)
        lowest = axes.transData.transform((west, low))[1]
        assert texts[name].y1 < lowest
