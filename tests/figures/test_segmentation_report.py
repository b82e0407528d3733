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
    assert said == {(0, 0): "75", (1, 0): "25", (1, 1): "100", (1, 2): "no samples"}  # (taken for, class)
    assert place.images[0].get_array().mask.tolist() == [[False] * 3, [False] * 3, [True] * 3]
    assert [t.get_text() for t in place.get_yticklabels()] == ["sand  (40)", "shale  (5)", "salt  (0)"]


def test_confusion_says_what_is_counted():
    place = confusion_matrix(np.array([[3, 0], [0, 0]]), ("a", "b"), unit="windows").axes[0]
    assert place.get_ylabel() == "class (windows)"
    assert [text.get_text() for text in place.texts] == ["no windows", "100"]


@pytest.mark.parametrize("count", [2, 3, 12])
@pytest.mark.parametrize("letters", [5, 12, 25, 120])
def test_names_of_classes_lie_beside_one_another_and_within_the_picture(count, letters):
    """By the boxes that they fill when drawn, with and without blanks at which a line can be broken."""
    for text in ("Upper slope " * 12, "x" * 200):
        names = [f"{k} {text}"[:letters] for k in range(count)]
        made = confusion_matrix(np.eye(count, dtype=np.int64) * 12_345_678, names)
        made.canvas.draw()
        place, bar = made.axes
        labels = [*place.get_xticklabels(), *place.get_yticklabels(), place.xaxis.label, place.yaxis.label]
        boxes = [label.get_window_extent() for label in labels]
        for k, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[k + 1 :]), (names[0], labels[k].get_text())
            assert not box.overlaps(bar.get_tightbbox())
            assert box.x0 >= 0
            assert box.y0 >= 0
            assert box.x1 <= made.bbox.x1
            assert box.y1 <= made.bbox.y1


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
