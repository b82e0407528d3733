"""Steep flanks, ridges and bright spots, which are no faults, and throws that noise hides."""

import numpy as np
import pytest
import torch

from geocnn.synthetic.structure import StructureRanges, _draw, structure

FLAT = StructureRanges(bumps=(0, 0), slope=(0.0, 0.0), faults=(0, 0), noise=(60.0, 60.0))
TWO = FLAT.replace(packages=(2, 2), marker=(2.0, 2.0))


def scene_of(index, ranges, shape):
    return _draw(np.random.default_rng((0, index)), shape, ranges)


def test_domes_are_narrow_steep_folds_upward_without_faults():
    """``z = d (1 + 1.5 / nz * sum b exp(-r^2 / 2 s^2))`` with b below zero."""
    shape, ranges, steepest = (48, 40, 64), FLAT.replace(domes=(2, 2)), []
    x, y, z = np.meshgrid(*map(np.arange, shape), indexing="ij")
    for index in range(6):
        bumps = scene_of(index, ranges, shape).folds.bumps
        sample = structure(index, shape=shape, ranges=ranges)
        total = sum(b * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * s**2)) for b, cx, cy, s in bumps)
        np.testing.assert_allclose(sample.time, z / (1 + 1.5 / 64 * total), atol=2e-2)
        assert len(bumps) == 2
        assert all(-30 <= b < 0 and 6 <= s <= 24 for b, _, _, s in bumps)
        assert not sample.fault.any()
        steepest.append(float(np.abs(np.diff(sample.time, axis=0)).max()))
    assert max(steepest) > 1  # samples per trace


@pytest.mark.parametrize("size", [(48, 40, 80), (96, 1, 80)])
def test_a_ridge_rises_on_a_boundary_and_truncates_the_layers(size):
    ranges, risen = TWO.replace(mounds=1.0), []
    x, y = torch.meshgrid(*(torch.arange(float(n)) for n in size[:2]), indexing="ij")
    for index in range(6):
        upper, lower = scene_of(index, ranges, size).packages
        assert -30 <= lower.relief.channel[0] <= -5
        assert not lower.conformable
        sample = structure(index, shape=size if size[1] > 1 else (size[0], size[2]), ranges=ranges)
        time = sample.time.view(size)
        top = torch.as_tensor(lower.top) + lower.relief(x, y)
        depth = torch.arange(float(size[2])).expand(size)
        below = depth > top[..., None] + 1e-3
        beyond = (
            depth[below] + lower.offset - lower.top - upper.offset
        )  # the place in the column, flat within the ridge
        torch.testing.assert_close(time[below], beyond, rtol=0, atol=1e-3)
        torch.testing.assert_close(time[depth < top[..., None] - 1e-3], depth[depth < top[..., None] - 1e-3])
        risen.append(float(top.max() - top.min()))
    assert max(risen) > 5


def test_bright_spots_are_patches_of_a_boundary():
    ranges, shape = TWO.replace(patchy=1.0, transparent=1.0, phase=(0.0, 0.0)), (200, 64)
    found = []
    for index in range(8):
        lower = scene_of(index, ranges, (200, 1, 64)).packages[1]
        middle = round(lower.top)
        if not 8 < middle < 56:
            continue
        clean = structure(index, shape=shape, ranges=ranges).clean[:, middle - 1 : middle + 2].abs().amax(1).numpy()
        along = torch.arange(200.0)
        shown = torch.sigmoid(8 * lower.patches(along, torch.zeros(200))).numpy()
        found.append(np.corrcoef(clean, shown)[0, 1])
    assert len(found) > 3
    assert np.median(found) > 0.97


@pytest.mark.parametrize(("throw", "decibel", "seen"), [(1.5, 60.0, True), (1.5, -8.0, False), (12.0, -8.0, True)])
def test_a_throw_counts_where_it_changes_reflections_by_more_than_the_noise(throw, decibel, seen):
    ranges = FLAT.replace(faults=(1, 1), throw=(throw, throw), extent=(1e4, 1e4), reverse=0.0, linear=0.0, visible=0.01)
    ranges = ranges.replace(noise=(decibel, decibel), frequency=(0.06, 0.06), dip=(60.0, 60.0))
    sample = structure(2, shape=(96, 96), ranges=ranges)
    labelled = (sample.number > 0)[:, 20:-20]
    share = float(sample.fault[:, 20:-20][labelled].float().mean())
    assert labelled.any()
    assert share > 0.8 if seen else share < 0.2


@pytest.mark.parametrize("index", range(3))
def test_the_walls_of_a_fault_with_a_zone_pass_into_one_another(index):
    """The share of the slip grows linearly across the zone, with half of it at the plane, which is labelled."""
    ranges = FLAT.replace(faults=(1, 1), throw=(9.0, 9.0), extent=(1e4, 1e4), reverse=0.0, linear=0.0, zone=1.0)
    shape = (64, 48, 64)
    (fault,) = scene_of(index, ranges, shape).faults
    assert 0.2 * 9 <= fault.zone <= 9
    sample = structure(index, shape=shape, ranges=ranges)
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).astype(float)
    distance = (grid - fault.centre) @ fault.normal
    down = np.arange(64) - sample.time.double().numpy()
    np.testing.assert_allclose(down, 9 * np.clip(distance / fault.zone + 0.5, 0, 1), rtol=0, atol=5e-3)
    assert np.abs(distance[sample.fault.numpy()]).max() < 1
