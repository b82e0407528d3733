"""Pictures at the end of a segmentation run: they show the numbers that they are given."""

import numpy as np
import pytest

from geocnn import io
from geocnn.figures import save
from geocnn.figures.section import section
from geocnn.figures.segmentation_report import confusion_matrix, precision_recall, windows
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
    marked = next(artist for artist in left.lines if artist.get_label() == "best threshold 0.30")
    assert (marked.get_xdata()[0], marked.get_ydata()[0]) == (0.8, 0.5)
    f1 = next(artist for artist in right.lines if artist.get_label() == "F1").get_ydata()
    assert f1 == pytest.approx([2 * 0.1 / 1.1, 0.8 / 1.3, 0.72 / 1.3, 0])


@pytest.mark.parametrize("classes", [("other", "fault"), ("a", "b", "c")])
def test_windows_show_input_labels_and_answer(tmp_path, classes):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 30), dtype=np.float32), rng.integers(-1, len(classes), (20, 30))
    answer = (rng.random((20, 30)) if len(classes) == 2 else rng.integers(0, 3, (20, 30))).astype(np.float32)
    shown = ("Dice 0.25", x, y, answer)
    made = windows([shown, shown], [shown], classes)
    panels = [axes for part in made.subfigs for axes in part.axes if axes.get_visible()]
    assert len(panels) == 9
    first, labels, answers = panels[:3]
    np.testing.assert_array_equal(first.images[0].get_array(), x.T)
    np.testing.assert_array_equal(labels.images[1].get_array().mask, (y < 0).T)
    np.testing.assert_array_equal(answers.images[1].get_array(), answer.T)
    assert first.get_ylabel() == "Dice 0.25"
    words = [text.get_text() for legend in made.legends for text in legend.get_texts()]
    assert words == [*(classes if len(classes) > 2 else classes[1:]), "unknown"]
    assert save(made, tmp_path / "windows.png").stat().st_size > 1000
    assert len(windows([shown], [], classes).subfigs) == 1


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
