"""The picture of horizons: their names stand where they end."""

import numpy as np

from geocnn import io
from geocnn.figures.horizons import horizons
from geocnn.grid import Axis, Grid
from geocnn.io.horizons import Horizon, IntervalSource

LINE = Grid((Axis("trace", 100, 1, 1), Axis("time", 200, 0, 2, "ms")))


def test_names_stand_where_horizons_end():
    flat = np.add.outer([100.0, 104.0, 200.0, 300.0, 304.0], np.zeros(100))
    flat[2, 50:] = np.nan
    flat[4, 30:] = np.nan
    found = [Horizon(f"h{k}", values) for k, values in enumerate(flat)]
    made = horizons(IntervalSource(found, LINE), found)
    names = {text.get_text(): text.xy for text in made.axes[0].texts}
    line = made.axes[0].get_ylim()
    line = (line[0] - line[1]) / 24
    assert names["h0"] == (100.5, 100)
    assert names["h1"] == (100.5, 100 + line)  # they must not cover one another
    assert names["h2"] == (50, 200)
    assert names["h3"] == (100.5, 300)
    assert names["h4"] == (30, 304)


def test_a_map_of_one_crossline_has_whole_ticks():
    grid = Grid((Axis("inline", 9, 1, 1), Axis("crossline", 1, 7, 1), Axis("time", 50, 0, 2, "ms")))
    found = [Horizon("h", np.full((9, 1), 40.0))]
    made = horizons(io.ArraySource(IntervalSource(found, grid).read(...), grid), found)
    made.draw_without_rendering()
    ticks = made.axes[1].get_xticks()
    low, high = made.axes[1].get_xlim()
    assert [tick for tick in ticks if low <= tick <= high] == [7]
