"""A station over time: picks counted where they are, S minus P at its place, the share of time with data."""

import numpy as np
import pytest
from matplotlib.dates import num2date

from geocnn.figures.station_picks import station_picks
from geocnn.io.waveforms import ArrayPiece, Channel, Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Amplitude, Event, PhasePick
from geocnn.prediction.arrivals import Arrival

MIDNIGHT = 1_706_918_400  # 2024-02-03, s
Z = Channel("XX", "AAA", "", "HHZ")
HOUR = 3600


def station(*spans):
    """With data in spans of hours."""
    pieces = [
        ArrayPiece(Z, (MIDNIGHT + round(a * HOUR)) * SECOND, 1.0, round((b - a) * HOUR), np.zeros(1)) for a, b in spans
    ]
    return Station("XX", "AAA", "", "HH", (pieces, (), ()), 1.0)


def picked(known, *events):
    """Arrivals and events, of phases and their hours."""
    groups = [
        tuple(
            PhasePick(
                Z, phase, round((MIDNIGHT + hour * HOUR) * SECOND), amplitude=Amplitude(10.0 ** (2 + k), "HHE", 2.0)
            )
            for phase, hour in event
        )
        for k, event in enumerate(events)
    ]
    arrivals = [Arrival(known, pick) for group in groups for pick in group]
    return arrivals, [Event(group) for group in groups]


def test_picks_are_counted_and_pairs_are_at_their_delay():
    known = station((0, 30), (40, 72))
    arrivals, events = picked(
        known, [("P", 1.5), ("S", 1.5 + 3 / HOUR)], [("P", 1.9)], [("P", 50.2), ("S", 50.2 + 20 / HOUR)], [("S", 71.5)]
    )
    other = Arrival(Station("XX", "BBB", "", "HH", ((), (), ())), arrivals[0].pick)
    made = station_picks(known, [*arrivals, other], events)
    above, _, middle, below = made.axes[:4]
    assert middle.get_ylabel() == "picks per hour"
    up, down = (patch.get_data().values for patch in middle.patches if hasattr(patch, "get_data"))
    assert {int(k): up[k] for k in np.flatnonzero(up)} == {1: 2, 50: 1}
    assert {int(k): down[k] for k in np.flatnonzero(down)} == {1: -1, 50: -1, 71: -1}
    points = above.collections[0].get_offsets()
    np.testing.assert_allclose(points[:, 1], [3, 20], rtol=1e-6)
    assert [f"{num2date(x):%d %H:%M}" for x in points[:, 0]] == ["03 01:30", "05 02:12"]
    small, large = above.collections[0].get_sizes()
    assert small < large
    share = below.patches[0].get_data().values
    assert [int(k) for k in np.flatnonzero(share == 0)] == list(range(30, 40))
    np.testing.assert_allclose(share[[0, 71]], 100)
    assert [text.get_text() for text in below.texts] == ["86.1 % of the time"]  # 62 of 72 hours
    assert above.get_title(loc="left") == "XX.AAA..HH   3 February 2024 to 5 February 2024"
    assert above.texts[0].get_text() == "3 P and 3 S picks, 2 earthquakes with both"


@pytest.mark.parametrize(
    ("hours", "name", "bins"),
    [(1, "minute", 60), (24, "half hour", 48), (24 * 60, "day", 60), (24 * 7 * 90, "week", 91)],
)
def test_the_longer_the_record_the_longer_the_bins(hours, name, bins):
    made = station_picks(station((0, hours)), [], [])
    assert made.axes[2].get_ylabel() == f"picks per {name}"
    edges = made.axes[3].patches[0].get_data().edges
    assert len(edges) == bins + 1
    if name == "week":
        assert {num2date(edge).weekday() for edge in edges[1:-1]} == {0}
    assert "no P with its S" in [text.get_text() for text in made.axes[0].texts]


def test_the_distance_is_eight_kilometres_a_second():
    known = station((0, 24))
    made = station_picks(known, *picked(known, [("P", 3.0), ("S", 3.0 + 10 / HOUR)]))
    beside = made.axes[1]
    (right,) = beside.child_axes
    made.canvas.draw()
    np.testing.assert_allclose(right.get_ylim(), np.multiply(beside.get_ylim(), 8.0))


def test_a_short_gap_counts_and_is_seen_where_it_is():
    second = 1 / HOUR
    known = station((10, 10.3), (10.3 + 30 * second, 10.7), (10.87, 11))
    made = station_picks(known, [], [])
    above, _, middle, below = made.axes[:4]
    assert [text.get_text() for text in below.texts] == ["82.2 % of the time"]  # without 30 s and 612 s of an hour
    share = below.patches[0].get_data().values
    assert share[18] == pytest.approx(50)
    for place in (above, middle):
        (bars,) = (c for c in place.collections if c.get_gid() == "gaps")
        ends = [num2date(path.get_extents().x0 + 1e-8) for path in bars.get_paths()]
        assert [f"{end:%H:%M:%S}" for end in ends] == ["10:18:00", "10:42:00"]
        widths = [path.get_extents().width * 24 * HOUR for path in bars.get_paths()]
        np.testing.assert_allclose(widths, [30, 0.17 * HOUR], atol=0.6)


def test_a_record_within_an_hour_is_whole_and_a_gap_is_never_all_of_nothing():
    made = station_picks(station((10.31, 10.78)), [], [])
    below = made.axes[3]
    np.testing.assert_allclose(below.patches[0].get_data().values, 100)
    assert [text.get_text() for text in below.texts] == ["100 % of the time"]
    day = station_picks(station((0, 10), (10 + 5 / HOUR, 24)), [], [])
    assert [text.get_text() for text in day.axes[3].texts] == ["over 99.9 % of the time"]


def test_seconds_beyond_midnight_are_no_day():
    made = station_picks(station((-2 / HOUR, 24 + 3 / HOUR)), [], [])
    assert made.axes[0].get_title(loc="left") == "XX.AAA..HH   3 February 2024"
    made = station_picks(station((23.99, 24.5)), [], [])
    assert made.axes[0].get_title(loc="left") == "XX.AAA..HH   3 February 2024 to 4 February 2024"


def test_a_single_delay_has_numbers_beside_it():
    known = station((0, 1))
    made = station_picks(known, *picked(known, [("P", 0.0), ("S", 3.6 / HOUR)]))
    for axis in (made.axes[0].yaxis, made.axes[1].child_axes[0].yaxis):
        assert len(axis.get_ticklocs()) >= 2
    assert made.axes[0].texts[0].get_text() == "1 P and 1 S picks, 1 earthquake with both"
