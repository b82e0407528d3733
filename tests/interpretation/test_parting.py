"""Faults at acute angles are parted, what only bends is not."""

import numpy as np
import pytest
from tests.interpretation.drawing import centre, sheet

from geocnn import io
from geocnn.grid import Axis, Grid
from geocnn.interpretation import interpret
from geocnn.interpretation.connection import connect
from geocnn.interpretation.parting import part, spread
from geocnn.interpretation.ridges import find_ridges

SHAPE = (48, 48, 48)
GRID = Grid((Axis("inline", 48, 1, 1), Axis("crossline", 48, 1, 1), Axis("depth", 48, 0, 25.0, "m")))


def tilted(degrees, offset=0.0):
    """A plane that is steep along inlines, turned about the vertical."""
    angle = np.radians(degrees)
    return sheet(SHAPE, (np.cos(angle), np.sin(angle), 0.1), offset=offset)


def strikes(values):
    """Of the objects, the largest first, degrees from the inlines, and what is told of those that bend."""
    found = interpret(io.ArraySource(values, GRID), spacing=(25.0, 25.0), min_size=100, show_progress=False)
    bent = [note for note in found.notes if "degrees in voxels" in note]
    return [round(one.strike) % 180 for one in found.objects], bent


@pytest.mark.parametrize("angles", [(-16, 16), (-14, 20), (0, 38)])
def test_two_that_cross_are_two(angles):
    values = np.maximum(*map(tilted, angles))
    found, bent = strikes(values)
    assert len(found) == 2
    wanted = [(angle + 90) % 180 for angle in angles]  # along the plane
    assert sorted(found) == pytest.approx(sorted(wanted), abs=4)
    assert not bent


def test_one_that_ends_at_another_is_its_own():
    main, branch = tilted(0), tilted(34)
    branch[: int(centre(48))] = 0  # on one side of the main fault alone
    found, _ = strikes(np.maximum(main, branch))
    assert len(found) == 2
    assert sorted(found) == pytest.approx([90, 124], abs=4)


def test_a_bent_surface_stays_one_and_is_told():
    x, y, _ = np.indices(SHAPE)
    values = np.exp(-((np.hypot(x - 60, y - centre(48)) - 40) ** 2) / (2 * 1.5**2)).astype(np.float32)
    ridges = find_ridges(io.ArraySource(values, GRID))
    label = connect(ridges, min_size=100)
    largest = label == 1
    assert spread(ridges.normals[largest]) > 15  # a cylinder, 70 degrees of its circumference
    np.testing.assert_array_equal(part(ridges, label, min_size=100), label)
    _, bent = strikes(values)
    assert len(bent) == 1
    assert bent[0].startswith("fault 1 (")
    assert bent[0].endswith("strike and dip are those of all of it.")


def test_planes_and_what_is_small_are_left():
    ridges = find_ridges(io.ArraySource(tilted(10), GRID))
    label = connect(ridges, min_size=100)
    assert spread(ridges.normals) < 5
    np.testing.assert_array_equal(part(ridges, label, min_size=100), label)
    crossing = find_ridges(io.ArraySource(np.maximum(tilted(-16), tilted(16)), GRID))
    whole = connect(crossing, min_size=100)
    np.testing.assert_array_equal(part(crossing, whole, min_size=len(crossing)), whole)
