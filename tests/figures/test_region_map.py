"""The map of a region: labels are whole, and an earthquake under the station is seen."""

import numpy as np

from geocnn.figures.region import region_map


def test_labels_are_whole_and_the_station_hides_nothing():
    series = np.random.default_rng(1)
    places = series.uniform([-14, -15], [20, 14], size=(200, 2))
    classes = series.integers(1, 4, 30), series.integers(0, 4, 30)
    made = region_map(places, places[:3], places[:30], classes, "XX.SYN")
    made.canvas.draw()
    axes = made.axes[0]
    assert axes.get_ylabel() == "north of XX.SYN, km"
    assert axes.yaxis.label.get_window_extent().x0 >= 0
    (station,) = (line for line in axes.lines if line.get_marker() == "^" and len(line.get_xdata()))
    assert station.get_fillstyle() == "none"
