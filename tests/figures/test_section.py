"""A prediction over its section: at the right place, on the axes of the survey, thin faults kept."""

from itertools import pairwise

import numpy as np
import pytest

from geocnn import io
from geocnn.figures import save
from geocnn.figures.section import section
from geocnn.figures.style import class_colours
from geocnn.grid import Axis, Grid

CUBE = Grid((Axis("inline", 20, 100, 2), Axis("crossline", 30, 10, 1), Axis("time", 40, 400, 4, "ms")))


def source(values, grid=None, path=None):
    return io.ArraySource(np.asarray(values, dtype=np.float32), grid, path)


def panels(made):
    return [axes for axes in made.axes if len(axes.images) == 2]


@pytest.fixture
def cube():
    return np.random.default_rng(0).standard_normal(CUBE.shape)


def test_slices_go_through_much_probability_but_not_along_the_edge(cube):
    fault = np.zeros(CUBE.shape)
    fault[13], fault[:, 21], fault[:, :, 7] = 0.9, 0.9, 0.9
    fault[0], fault[:, 29], fault[:, :, 0] = 1, 1, 1  # more, but at the very edge
    made = section(source(cube, CUBE), source(fault))
    inline, crossline, map_ = panels(made)
    assert [axes.get_title() for axes in panels(made)] == ["inline 126", "crossline 31", "time 428 ms"]
    expected = ((cube[13].T, fault[13].T), (cube[:, 21].T, fault[:, 21].T), (cube[:, :, 7], fault[:, :, 7]))
    for axes, (below, above) in zip((inline, crossline, map_), expected, strict=True):
        np.testing.assert_allclose(axes.images[0].get_array(), below, rtol=1e-6)
        np.testing.assert_allclose(axes.images[1].get_array(), above, rtol=1e-6)
    assert (inline.get_xlabel(), inline.get_ylabel()) == ("crossline", "time (ms)")
    assert inline.get_ylim() == (558, 398)
    assert map_.get_ylim() == (99, 139)


def test_a_thin_fault_in_a_long_line_does_not_fade():
    grid = Grid((Axis("trace", 5000, 1), Axis("time", 1800, 0, 4, "ms")))
    fault = np.zeros(grid.shape)
    fault[2500, 900] = 1
    (axes,) = panels(section(source(np.ones(grid.shape), grid), source(fault)))
    below, above = axes.images
    assert above.get_array().max() == 1
    assert above.get_array().shape == (900, 1250)
    left, right, bottom, top = above.get_extent()
    row, column = np.argwhere(above.get_array() == 1)[0]
    width, height = (right - left) / 1250, (bottom - top) / 900
    assert left + column * width < 2501 < left + (column + 1) * width  # trace 2501 has index 2500
    assert top + row * height < 3600 < top + (row + 1) * height
    assert axes.get_xlim() == tuple(below.get_extent()[:2])


def test_dead_traces_are_no_data_and_the_file_is_named(tmp_path):
    values = np.ones((30, 40))
    values[7] = 0
    made = section(source(values, path=tmp_path / "line 7.sgy"), source(np.zeros((30, 40))))
    mask = np.ma.getmaskarray(panels(made)[0].images[0].get_array())
    assert mask[:, 7].all()
    assert mask.sum() == 40
    assert made.get_suptitle() == "line 7.sgy"
    path = save(made, tmp_path / "a.png")
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("threshold", "faintest"), [(0.09, 0.1), (0.5, 0.22)])
def test_all_that_is_called_a_fault_is_seen_and_the_colour_bar_tells_from_where(threshold, faintest):
    """Below 0.2 colour begins at the threshold; a higher one does not hide what is fainter."""
    fault = np.linspace(0, 1, 60)[:, None].repeat(40, 1)
    made = section(source(np.ones((60, 40))), source(fault), threshold=threshold)
    above = panels(made)[0].images[1]
    seen = above.to_rgba(above.get_array())[..., 3] > 0.02
    assert above.get_array()[seen].min() == pytest.approx(faintest, abs=0.02)
    assert above.colorbar.solids.to_rgba(np.array([threshold / 2 if threshold < 0.2 else 0.1]))[0, 3] == 0
    assert above.colorbar.alpha is None


def test_known_faults_have_a_row_of_their_own(cube):
    truth = np.zeros(CUBE.shape)
    truth[10] = 1
    made = section(source(cube, CUBE), source(truth * 0.7), truth=source(truth), label="probability")
    assert len(panels(made)) == 6
    assert {"probability", "known faults", "amplitude"} <= {axes.get_ylabel() for axes in made.axes}
    assert panels(made)[3].images[1].get_array().max() == 1


@pytest.mark.parametrize("shape", [(320, 260), (1200, 800)])  # enlarged by no whole number, and reduced
def test_colours_of_classes_do_not_blend_where_they_meet(shape):
    """Between the classes 0 and 2 lies neither class 1 nor a mixture of the two."""
    classes = np.zeros(shape)
    classes[40:100, 30:60] = 2
    made = section(source(np.ones(shape)), source(classes), classes=("a", "b", "c"))
    (axes,) = panels(made)
    made.canvas.draw()
    pixels, (x, y) = np.asarray(made.canvas.buffer_rgba())[::-1], np.round(axes.get_window_extent().get_points().T)
    inner = pixels[int(y[0]) + 2 : int(y[1]) - 2, int(x[0]) + 2 : int(x[1]) - 2, :3]  # without the frame
    grey = np.array(axes.images[0].cmap(0.5)[:3])
    wanted = [255 * (np.array(class_colours(3)(k)[:3]) / 2 + grey / 2) for k in (0, 2)]
    distances = np.array([np.abs(inner - colour).max(-1) for colour in wanted])
    assert distances.min(0).max() <= 2  # of 255
    assert (distances <= 2).any((1, 2)).all()


def test_tiny_surveys_are_drawn_too():
    for shape in ((1, 1), (3, 200), (1, 1, 5), (2, 3, 4)):
        made = section(source(np.ones(shape)), source(np.zeros(shape)))
        assert len(panels(made)) == (1 if len(shape) == 2 else 3)


def test_a_picture_has_its_rows_downward_and_true_proportions():
    values = np.random.default_rng(0).normal(120, 20, (30, 50))
    found = np.zeros(values.shape)
    found[4:6, 40] = 1  # above, to the right
    grid = Grid((Axis("row", 30), Axis("column", 50)))
    (axes,) = panels(section(source(values, grid), source(found)))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("column", "row")
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 49.5), (29.5, -0.5))
    np.testing.assert_allclose(axes.images[0].get_array(), values, rtol=1e-6)
    np.testing.assert_allclose(axes.images[1].get_array(), found)
    assert axes.get_aspect() == 1


@pytest.mark.parametrize(("along", "shape"), [(25.0, (40, 12)), (100.0, (30, 32)), (25.0, (20, 60))])
def test_labels_of_a_narrow_map_do_not_run_into_each_other(along, shape):
    vectors = [[0.0, along], [25.0, 0.0]]
    axes = (Axis("inline", shape[0], 1000, 1), Axis("crossline", shape[1], 12_000, 1), Axis("time", 40, 0, 4, "ms"))
    grid = Grid(axes, {"coordinates": {"origin": [5e5, 6e6], "vectors": vectors, "unit": "m"}})
    draw = np.random.default_rng(0)
    made = section(source(draw.standard_normal(grid.shape), grid), source(draw.random(grid.shape)))
    made.canvas.draw()
    low, high = panels(made)[2].get_xlim()
    boxes = [
        label.get_window_extent()
        for label in panels(made)[2].get_xticklabels()
        if label.get_text() and low <= label.get_position()[0] <= high
    ]
    assert len(boxes) > 0
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
