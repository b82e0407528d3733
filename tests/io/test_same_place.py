"""Surveys of one size are of one place unless their axes or map coordinates say otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from geocnn.grid import FOOT, Axis, Grid
from geocnn.io import ArraySource
from geocnn.io.same_place import difference, distance

CUBE = Grid((Axis("inline", 4, 100, 2), Axis("crossline", 5, 300), Axis("time", 6, 0, 4, "ms")))


def other(axis, **changes):
    axes = list(CUBE.axes)
    axes[axis] = replace(axes[axis], **changes)
    return Grid(tuple(axes))


@pytest.mark.parametrize(
    ("grid", "own"),
    [
        (other(0, start=102), "inline 102..108 step 2 (4)"),
        (other(0, start=106, step=-2), "inline 106..100 step -2 (4)"),
        (other(1, step=2), "crossline 300..308 step 2 (5)"),
        (other(2, start=500), "time 500..520 ms step 4 (6)"),
        (other(2, step=2), "time 0..10 ms step 2 (6)"),
    ],
)
def test_another_start_or_step_is_told_with_both_ranges(grid, own):
    said = difference(grid, CUBE)
    assert said is not None
    assert said[0] == own
    assert said[1] in str(CUBE)
    assert difference(CUBE, grid) == said[::-1]


def test_all_axes_that_differ_are_told():
    both = Grid((*other(0, start=2).axes[:2], other(2, step=2).axes[2]))
    assert difference(both, CUBE) == (
        "inline 2..8 step 2 (4) and time 0..10 ms step 2 (6)",
        "inline 100..106 step 2 (4) and time 0..20 ms step 4 (6)",
    )


def test_axes_without_coordinates_and_what_files_round_are_no_difference():
    assert difference(CUBE, CUBE) is None
    assert difference(ArraySource(np.zeros(CUBE.shape)).grid, CUBE) is None
    assert difference(other(2, start=0.0004, step=4.00001), CUBE) is None
    assert difference(other(2, step=0.004, unit="s"), CUBE) is None


LINE = (Axis("trace", 41, 1), Axis("time", 6, 0, 4, "ms"))
STRAIGHT = {"origin": [3e5, 5e6], "vectors": [[12.0, 0.0]], "unit": "m"}
TURNED = {"origin": [5e5, 6e6], "vectors": [[43.30127, 25.0], [-6.25, 10.825318]], "unit": "m"}
BEND = np.column_stack([12.0 * np.arange(41), 100 * np.sin(np.arange(41) / 9)])
CROOKED = {"points": np.add(BEND, [3e5, 5e6]).tolist(), "unit": "m"}


def moved(known, x, y, **changes):
    at = "points" if "points" in known else "origin"
    return known | {at: np.add(known[at], [x, y]).tolist()} | changes


def on(known):
    return Grid(LINE if "points" in known or len(known["vectors"]) == 1 else CUBE.axes, {"coordinates": known})


@pytest.mark.parametrize("known", [STRAIGHT, TURNED, CROOKED])
def test_numbers_that_agree_are_of_two_places_where_the_map_says_so(known):
    """Of two lines that are counted from 1, and of cubes."""
    there = on(moved(known, 0, 1e5))
    first = "inline 100, crossline 300" if known is TURNED else "trace 1"
    x, y = (500000, 6000000) if known is TURNED else (300000, 5000000)
    said = f"{first} at x {x}, y {y + 100000}", f"{first} at x {x}, y {y}"
    assert difference(there, on(known)) == distance(there, on(known)) == said
    assert difference(on(known), there) == said[::-1]
    other = {key: value for key, value in known.items() if key != "unit"}
    assert difference(on(moved(other, 0, 1e5)), on(known)) == said
    assert difference(on(other), on(known)) is None


@pytest.mark.parametrize("known", [STRAIGHT, TURNED, CROOKED])
def test_what_is_nearer_than_a_trace_is_the_same_place(known):
    assert difference(on(moved(known, 0.5, -0.5)), on(known)) is None
    assert difference(on(moved(known, 8, 8)), on(known)) is None
    assert difference(on(moved(known, 40, 40)), on(known)) is not None


def test_centres_of_bins_and_their_corners_are_the_same_place():
    half = np.sum(TURNED["vectors"], axis=0) / 2
    assert difference(on(moved(TURNED, *half)), on(TURNED)) is None


def test_coordinates_that_are_scaled_otherwise_or_no_coordinates_are_of_no_other_place():
    for scale in (10, 0.1, 100, 1 / 0.3048):
        more = {key: np.multiply(value, scale).tolist() for key, value in TURNED.items() if key != "unit"}
        assert difference(on(more), on(TURNED)) is None
        assert difference(on(moved(more, 0, 1e7)), on(TURNED)) is not None
    swapped = {key: np.fliplr(np.atleast_2d(TURNED[key])).tolist() for key in ("origin", "vectors")}
    assert difference(on(swapped | {"origin": swapped["origin"][0]}), on(TURNED)) is None
    numbers = {"origin": [100, 300], "vectors": [[2, 0], [0, 1]], "unit": "m"}
    assert difference(on(numbers), on(TURNED)) is None
    assert difference(on(numbers | {"origin": [300, 100], "vectors": [[0, 2], [1, 0]]}), on(TURNED)) is None


def test_lines_that_go_another_way_differ_at_their_end_or_in_their_middle():
    there = on(STRAIGHT | {"vectors": [[0.0, 12.0]]})
    assert difference(there, on(STRAIGHT)) == ("trace 41 at x 300000, y 5000480", "trace 41 at x 300480, y 5000000")
    ends = np.add(np.linspace(BEND[0], BEND[-1], 41), [3e5, 5e6])
    assert difference(on({"points": ends.tolist()}), on(CROOKED)) == (
        f"trace 21 at x 300240, y {ends[20, 1]:.0f}",
        f"trace 21 at x 300240, y {5e6 + BEND[20, 1]:.0f}",
    )


def test_coordinates_in_another_unit_or_none_can_be_of_the_same_place():
    feet = {"origin": [3e5 / FOOT, 5e6 / FOOT], "vectors": [[12.0 / FOOT, 0.0]], "unit": "ft"}
    assert difference(on(feet), on(STRAIGHT)) is None
    assert difference(Grid(LINE), on(STRAIGHT)) is None
    assert difference(on(moved(feet, 30, 0)), on(feet)) is None  # less than 12 m
    assert difference(on(moved(feet, 45, 0)), on(feet)) is not None


def test_axes_of_other_names_are_a_difference_though_their_numbers_are_the_same():
    inline, crossline, time = Axis("inline", 4, 1), Axis("crossline", 4, 1), CUBE.axes[2]
    own, turned = Grid((inline, crossline, time)), Grid((crossline, inline, time))
    said = difference(turned, own)
    assert said == (
        "crossline 1..4 step 1 (4) and inline 1..4 step 1 (4)",
        "inline 1..4 step 1 (4) and crossline 1..4 step 1 (4)",
    )
    assert difference(Grid((Axis("xline", 4, 1), Axis("iline", 4, 1), time)), own) is not None
    assert difference(Grid((Axis("iline", 4, 1), Axis("xline", 4, 1), time)), own) is None
    assert difference(turned, ArraySource(np.zeros((4, 4, 6))).grid) is None  # without numbers, of any survey
