"""The first look at a survey: the right samples at the right places, with units."""

import numpy as np
import pytest

from geocnn import io
from geocnn.figures.panels import cube, line
from geocnn.figures.survey import thumbnail
from geocnn.grid import Axis, Grid
from geocnn.io.panel import PIXELS

CUBE = Grid((Axis("inline", 6, 100, 2), Axis("crossline", 5, 10, 1), Axis("time", 8, 400, 4, "ms")))


def source(values, grid=None):
    return io.ArraySource(np.asarray(values, dtype=np.float32), grid)


def images(made):
    return [axes for axes in made.axes if axes.images]


def test_a_line_is_drawn_time_downward_with_its_axes():
    values = np.arange(1, 13).reshape(4, 3) - 6.5
    grid = Grid((Axis("trace", 4, 101, 1), Axis("time", 3, 1000, 4, "ms")))
    (axes,) = images(thumbnail(source(values, grid)))
    np.testing.assert_array_equal(axes.images[0].get_array(), values.T)
    assert axes.get_xlim() == (100.5, 104.5)
    assert axes.get_ylim() == (1010, 998)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("trace", "time (ms)")


@pytest.mark.parametrize("shape", [(1, 8), (2, 8), (1, 1, 8), (6, 1, 8)])
def test_axes_of_numbers_of_lines_have_whole_ticks(shape):
    made = thumbnail(source(np.random.default_rng(0).standard_normal(shape)))
    made.draw_without_rendering()
    for axes in images(made):
        ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
        assert ticks
        assert all(tick == round(tick) for tick in ticks)


def test_a_cube_is_cut_in_the_middle():
    values = np.random.default_rng(0).standard_normal(CUBE.shape)
    inline, crossline, slice_ = images(thumbnail(source(values, CUBE)))
    expected = (values[3].T, values[:, 2].T, values[:, :, 4])
    for axes, panel in zip((inline, crossline, slice_), expected, strict=True):
        np.testing.assert_allclose(axes.images[0].get_array(), panel, rtol=1e-6)
    assert [axes.get_title() for axes in (inline, crossline, slice_)] == ["inline 106", "crossline 12", "time 416 ms"]
    assert [axes.get_xlabel() for axes in (inline, crossline, slice_)] == ["crossline", "inline", "crossline"]
    low, high = slice_.get_ylim()
    assert low < high  # a map: inline numbers grow upward
    assert len({axes.images[0].norm for axes in (inline, crossline, slice_)}) == 1


def test_slices_avoid_empty_lines():
    values = np.random.default_rng(0).standard_normal(CUBE.shape)
    values[2:] = 0
    assert images(thumbnail(source(values, CUBE)))[0].get_title() == "inline 102"


def test_dead_traces_show_as_no_data():
    values = np.ones((5, 4))
    values[2] = 0
    (axes,) = images(thumbnail(source(values)))
    mask = np.ma.getmaskarray(axes.images[0].get_array())
    assert mask[:, 2].all()
    assert mask.sum() == 4


@pytest.mark.parametrize(
    ("values", "label", "symmetric"),
    [
        (np.linspace(-3, 1, 100).reshape(10, 10), "amplitude", True),
        (np.linspace(1500, 4500, 100).reshape(10, 10), "value", False),
    ],
)
def test_reflections_are_symmetric_and_velocities_are_not(values, label, symmetric):
    made = thumbnail(source(values))
    norm = images(made)[0].images[0].norm
    assert (norm.vmin == -norm.vmax) == symmetric
    assert made.axes[-1].get_ylabel() == label


def test_very_long_lines_are_thinned_and_wide():
    values = np.ones((4 * PIXELS[0] + 10, 20), dtype=np.float32)
    values[:] = np.arange(len(values))[:, None] - len(values) / 2
    made = thumbnail(source(values))
    (axes,) = images(made)
    assert axes.images[0].get_array().shape[1] <= PIXELS[0]
    assert axes.get_xlim()[1] == pytest.approx(len(values), abs=4)
    assert made.get_size_inches()[0] == 16


def test_a_single_trace_is_a_curve():
    made = thumbnail(source(np.sin(np.arange(50.0)), Grid((Axis("time", 50, 0, 4, "ms"),))))
    line = made.axes[0].lines[0]
    np.testing.assert_array_equal(line.get_xdata(), 4 * np.arange(50))


class Counting(io.ArraySource):
    """Notes the largest block that was read."""

    largest = 0

    def read(self, slices):
        block = super().read(slices)
        self.largest = max(self.largest, block.nbytes)
        return block


@pytest.mark.parametrize("peaks", [False, True])
def test_pixels_hold_the_mean_or_the_highest_of_their_samples(monkeypatch, peaks):
    monkeypatch.setattr("geocnn.io.panel.PIXELS", (5, 4))
    monkeypatch.setattr("geocnn.io.panel._BLOCK", 500)
    values = np.random.default_rng(0).standard_normal((23, 11, 30)).astype(np.float32)
    values[3, 4, 5:9] = np.nan
    live = np.ones((23, 11), bool)
    live[6:12, 2:5] = False
    alive = np.where(live[..., None], values, np.nan)
    made = cube(io.ArraySource(values), [3, 4, 7], live, peaks=peaks)
    slices = (alive[3], alive[:, 4], alive[:, :, 7].T)
    for panel, samples in zip(made, slices, strict=True):
        steps = [-(-n // pixels) for n, pixels in zip(samples.shape, (5, 4), strict=True)]
        expected = np.full([-(-n // step) for n, step in zip(samples.shape, steps, strict=True)], np.nan)
        for i, j in np.ndindex(*expected.shape):
            pixel = samples[i * steps[0] : (i + 1) * steps[0], j * steps[1] : (j + 1) * steps[1]]
            if (known := pixel[np.isfinite(pixel)]).size:
                expected[i, j] = known.max() if peaks else known.astype(float).mean()
        np.testing.assert_allclose(panel.values, expected, rtol=1e-5, atol=1e-6)
        assert (panel.across.size, panel.down.size) == panel.values.shape
        assert [panel.across.start, panel.down.start] == [(step - 1) / 2 for step in steps]


def test_long_lines_are_read_in_blocks():
    survey = Counting(np.broadcast_to(np.float32(1), (3000, 6000)))
    panel = line(survey)
    assert panel.values.shape == (1000, 858)
    assert (panel.values == 1).all()
    assert survey.largest <= 8 << 20


@pytest.mark.parametrize("shape", [(5, 6), (4, 5, 6)])
def test_an_array_with_dead_traces_is_left_as_it_was(shape):
    """What is read from an array is the array itself."""
    values = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    values[..., 2, :] = 0  # on every inline
    before = values.copy()
    *_, last = images(thumbnail(io.ArraySource(values)))  # the line, or the map
    np.testing.assert_array_equal(values, before)
    _, across = np.nonzero(np.ma.getmaskarray(last.images[0].get_array()))
    assert set(across.tolist()) == {2}  # and yet it has the colour of sand
