"""The picture of the textbook example says what it shows."""

import sys

import numpy as np
import pytest

from geocnn.figures import save
from geocnn.figures.traces import picture
from geocnn.textbook import PRINTED, Examples, PositionTest, Report, ShiftTest


def made(*, predicted=(0, 1, 2), printed=PRINTED):
    edges = np.repeat([0.0, 1.0, 0.0], (10, 44, 10))
    tests = [PositionTest(head, centres, edges) for centres in ((12, 52), (12, 32)) for head in ("flatten", "pool")]
    samples = np.random.default_rng(0).uniform(-1, 1, (3, 64)).astype(np.float32)
    return Report(
        losses=tuple(np.geomspace(1.1, 0.001, 60)),
        printed=printed,
        holdout={"loss": 0.001, "accuracy": 1.0},
        positions=tuple(tests),
        sharing=(48, 3072, 33280),
        shifts=(ShiftTest("convolution", (0, 0, 0, 0)),),
        examples=Examples(samples, (0, 1, 2), predicted, ("quiet", "positive arrival", "negative arrival")),
    )


def test_one_trace_of_each_class_with_title_and_labelled_axes():
    report = made(predicted=(0, 2, 2))
    axes = picture(report).axes
    titles = [a.get_title() for a in axes[:3]]
    assert titles == [
        "quiet \N{RIGHTWARDS ARROW} quiet",
        "positive arrival \N{RIGHTWARDS ARROW} negative arrival",
        "negative arrival \N{RIGHTWARDS ARROW} negative arrival",
    ]
    assert [a.get_xlabel() for a in axes[:3]] == ["sample"] * 3
    assert axes[0].get_ylabel() == "amplitude"
    for a, samples in zip(axes, report.examples.samples, strict=False):
        drawn = a.lines[0]
        np.testing.assert_array_equal(drawn.get_ydata(), samples)
        np.testing.assert_array_equal(drawn.get_xdata(), np.arange(1, 65))
    colours = [a.title.get_color() for a in axes[:3]]
    assert colours[0] == colours[2] != colours[1]  # the wrong answer stands out


@pytest.mark.parametrize("printed", [PRINTED, {}])
def test_losses_and_positions_are_drawn(printed):
    *_, losses, above, below = picture(made(printed=printed)).axes
    assert len(losses.lines) == 1 + bool(printed)
    if printed:
        assert dict(np.asarray(losses.lines[1].get_xydata()).tolist()) == PRINTED
    assert [line.get_label() for line in below.lines] == ["flatten", "pool"]
    for axes, last in ((above, 52), (below, 32)):
        left, right = np.array(axes.patches[0].get_extents().transformed(axes.transData.inverted()))[:, 0]
        assert (left, right) == (pytest.approx(12), pytest.approx(last))


def test_it_is_written_without_pyplot(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)  # another test may have imported it
    path = save(picture(made()), tmp_path / "traces.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in tmp_path.iterdir()] == ["traces.png"]
    assert "matplotlib.pyplot" not in sys.modules
