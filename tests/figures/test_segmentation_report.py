"""Pictures at the end of a segmentation run: they show the numbers that they are given."""

import numpy as np
import pytest

from geocnn import io
from geocnn.figures import save
from geocnn.figures.section import section
from geocnn.figures.segmentation_report import _key, confusion_matrix, precision_recall, windows
from geocnn.figures.style import class_colours


def test_confusion_in_per_cent_of_each_class():
    made = confusion_matrix(np.array([[30, 10, 0], [0, 5, 0], [0, 0, 0]]), ("sand", "shale", "salt"))
    (place,) = [axes for axes in made.axes if axes.texts]
    said = {text.get_position(): text.get_text() for text in place.texts}
    assert said == {(0, 0): "75", (1, 0): "25", (1, 1): "100", (2, 2): "0.0"}  # (taken for, class)
    assert [t.get_text() for t in place.get_yticklabels()] == ["sand  (40)", "shale  (5)", "salt  (0)"]


def test_the_best_threshold_is_marked():
    thresholds = np.array([0.0, 0.3, 0.6, 1.0])
    precision, recall = np.array([0.1, 0.5, 0.9, np.nan]), np.array([1.0, 0.8, 0.4, 0.0])
    left, right = precision_recall(thresholds, precision, recall, 1).axes
    marked = next(artist for artist in left.lines if artist.get_label() == "best threshold 0.3")
    assert (marked.get_xdata()[0], marked.get_ydata()[0]) == (0.8, 0.5)
    f1 = next(artist for artist in right.lines if artist.get_label() == "F1").get_ydata()
    assert f1 == pytest.approx([2 * 0.1 / 1.1, 0.8 / 1.3, 0.72 / 1.3, 0])


@pytest.mark.parametrize("classes", [("other", "fault"), ("a", "b", "c")])
def test_windows_show_input_labels_and_answer(tmp_path, classes):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 30), dtype=np.float32), rng.integers(-1, len(classes), (20, 30))
    answer = (rng.random((20, 30)) if len(classes) == 2 else rng.integers(0, 3, (20, 30))).astype(np.float32)
    sides = ("crossline", 300.0, 338.0), ("time (ms)", 40.0, 156.0)
    shown = ("Dice 0.25: x.npy", x, y, answer, sides)
    made = windows([shown, shown], [shown], classes)
    rows = [row for part in made.subfigs for row in part.subfigs]
    assert [len(row.axes) for row in rows] == [3, 3, 3, 0]
    first, labels, answers = rows[0].axes
    assert [axes.get_title() for axes in rows[1].axes] == ["data", "known", "found"]
    np.testing.assert_array_equal(first.images[0].get_array(), x.T)
    np.testing.assert_array_equal(labels.images[1].get_array().mask, (y < 0).T)
    np.testing.assert_array_equal(answers.images[1].get_array(), answer.T)
    assert first.images[0].get_extent() == [299, 339, 158, 38]  # half a sample more at each side, time downward
    assert (first.get_xlabel(), first.get_ylabel()) == ("crossline", "time (ms)")
    assert rows[0].get_suptitle() == "Dice 0.25: x.npy"
    assert [part.get_suptitle() for part in made.subfigs] == [
        "Worst windows of the validation",
        "Best window of the validation",
    ]
    key = [text.get_text() for legend in made.legends for text in legend.get_texts()]
    assert key == [*(classes if len(classes) > 2 else ["fault", "found with probability 0.5"]), "unknown"]
    assert save(made, tmp_path / "windows.png").stat().st_size > 1000
    (alone,) = windows([shown], [], classes).subfigs
    assert alone.get_suptitle() == "Window of the validation"


@pytest.mark.parametrize("classes", [("other", "fault"), ("a", "b", "c")])
def test_colours_of_the_legend_are_those_of_the_picture(classes):
    """Each class over data of zero, drawn and read back from the pixels."""
    y = np.repeat(np.arange(-1, len(classes)), 6)[None].repeat(8, 0)
    x, sides = np.zeros(y.shape, np.float32), (("trace", 0.0, 7.0), ("time", 0.0, y.shape[1] - 1.0))
    made = windows([("", x, y, np.zeros_like(x), sides)], [], classes)
    made.canvas.draw()
    pixels = np.asarray(made.canvas.buffer_rgba())[..., :3] / 255
    place = made.subfigs[0].subfigs[0].axes[1]
    wanted = {patch.get_label(): patch.get_facecolor()[:3] for patch in _key(classes)}
    assert [text.get_text() for text in made.legends[0].get_texts()] == list(wanted)
    for number, name in [(-1, "unknown"), *list(enumerate(classes))[len(classes) == 2 :]]:
        column, row = place.transData.transform((3.5, 6 * (number + 1) + 2.5))
        seen = pixels[pixels.shape[0] - 1 - int(row), int(column)]
        np.testing.assert_allclose(seen, wanted[name], atol=0.02)


def test_classes_over_a_section_have_their_colours_and_names():
    rng = np.random.default_rng(0)
    seismic, classes = rng.standard_normal((20, 30)), rng.integers(0, 3, (20, 30))
    made = section(io.ArraySource(seismic), io.ArraySource(classes), classes=("a", "b", "c"))
    over = made.axes[0].images[1]
    np.testing.assert_array_equal(over.get_array(), classes.T)
    assert over.cmap.N == 3
    assert [t.get_text() for t in made.axes[-1].get_yticklabels()] == ["a", "b", "c"]


def test_colours_of_many_classes_differ():
    for count in (3, 10, 25):
        assert len({tuple(class_colours(count)(k)) for k in range(count)}) == count
