"""Ridges: one voxel wide where a sheet is drawn, with its normal, whatever the slabs."""

import numpy as np
import pytest
from tests.interpretation.drawing import centre, sheet

from geocnn import io
from geocnn.errors import DataError
from geocnn.interpretation.ridges import find_ridges, halo, thin_block

NORMALS = [(1, 0, 0), (0.3, 1, 0.1), (0.2, 0.4, 1), (1, -0.8, 0.5), (0.6, 0.7, -0.64)]


@pytest.mark.parametrize("normal", NORMALS, ids=str)
@pytest.mark.parametrize("width", [1.0, 2.0])
def test_a_ridge_is_one_voxel_wide_and_lies_on_the_sheet(normal, width):
    shape, unit = (40, 40, 40), np.array(normal) / np.linalg.norm(normal)
    mask, normals = thin_block(sheet(shape, normal, width=width, offset=0.2))
    axis = int(np.abs(unit).argmax())
    across = np.moveaxis(mask, axis, -1)[5:-5, 5:-5]
    # Columns in which the sheet lies well inside: its position along the column, from the equation of the plane.
    others = [k for k in range(3) if k != axis]
    place = np.moveaxis(np.indices(shape), axis + 1, -1)[others][:, 5:-5, 5:-5, 0].astype(float)
    tilt = sum(unit[k] * (p - centre(40)) for k, p in zip(others, place, strict=True))
    crossing = centre(40) + (0.2 - tilt) / unit[axis]
    well = (crossing > 5) & (crossing < 34)
    assert well.sum() > 300
    np.testing.assert_array_equal(across.sum(axis=-1)[well], 1)
    assert np.abs(across.argmax(axis=-1) - crossing)[well].max() < 0.75
    inside = ((np.argwhere(mask) > 6) & (np.argwhere(mask) < 33)).all(axis=1)
    turned = np.degrees(np.arccos(np.clip(np.abs(normals[inside] @ unit), 0, 1)))
    assert turned.max() < 2


def test_a_sheet_midway_between_voxels_has_no_holes():
    mask, _ = thin_block(sheet((20, 20, 20), (1, 0, 0)))  # at 9.5
    np.testing.assert_array_equal(mask.sum(axis=0), 1)


def test_a_line_in_two_dimensions():
    mask, normals = thin_block(sheet((40, 60), (1, 0.5)))
    np.testing.assert_array_equal(mask[:, 15:45].sum(axis=0), 1)
    best = np.abs(normals @ np.array([1, 0.5]) / np.hypot(1, 0.5))
    assert np.degrees(np.arccos(np.median(best))) < 1


def test_nothing_below_the_threshold_and_none_in_a_constant():
    assert not thin_block(0.49 * sheet((20, 20, 20), (1, 0, 0)))[0].any()
    assert thin_block(0.49 * sheet((20, 20, 20), (1, 0, 0)), threshold=0.3)[0].any()
    assert not thin_block(np.ones((20, 20, 20), np.float32))[0].any()


@pytest.mark.parametrize("shape", [(41, 24, 30), (60, 50)], ids=str)
def test_slabs_do_not_matter(shape):
    rng = np.random.default_rng(0)
    faults = np.maximum(sheet(shape, rng.standard_normal(len(shape))), sheet(shape, rng.standard_normal(len(shape))))
    noisy = np.clip(faults + 0.15 * rng.standard_normal(shape), 0, 1).astype(np.float32)
    whole_mask, whole_normals = thin_block(noisy)
    for rows in (1, 7, shape[0]):
        found = find_ridges(io.open(noisy), rows=rows)
        np.testing.assert_array_equal(found.points, np.argwhere(whole_mask))
        np.testing.assert_array_equal(found.normals, whole_normals.astype(np.float32))
        np.testing.assert_array_equal(found.probability, noisy[whole_mask])


def test_only_a_slab_is_read_at_a_time():
    class Counting(io.ArraySource):
        most = 0

        def read(self, slices):
            block = super().read(slices)
            self.most = max(self.most, len(block))
            return block

    source = Counting(sheet((200, 30, 30), (0, 1, 0)))
    find_ridges(source, rows=12)
    assert source.most == 12 + 2 * halo(1.0)


def test_what_is_no_probability_is_refused():
    with pytest.raises(DataError, match="reaches from -1 to 7; fault probabilities lie between 0 and 1"):
        find_ridges(io.open(np.array([[-1.0, 7.0]])))
    with pytest.raises(DataError, match="the threshold is 50"):
        find_ridges(io.open(np.zeros((3, 3))), threshold=50)
    with pytest.raises(DataError, match="has 1 axis "):
        find_ridges(io.open(np.zeros(3)))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, -1])
def test_a_probability_that_grows_to_the_edge_is_no_fault_along_it(axis, end):
    values = np.moveaxis(np.full((20, 20, 20), 0.1, np.float32), axis, 0)
    values[end] = 0.9
    assert not thin_block(np.moveaxis(values, 0, axis))[0].any()


def test_nan_is_no_fault():
    values = sheet((20, 20, 20), (1, 0, 0))
    values[:, :, 12:] = np.nan
    found = find_ridges(io.open(values))
    assert len(found) > 0
    assert found.points[:, 2].max() < 12
