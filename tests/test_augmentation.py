"""Augmented windows: labels move with the data, the same generator gives the same window, closed forms."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline

from geocnn.augmentation import Augmentation, _displaced
from geocnn.errors import DataError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def window(*space):
    """Data that say where they come from, and labels that say the same."""
    y = torch.arange(int(np.prod(space))).view(space)
    return torch.stack((y.float(), -y.float())), y


@pytest.mark.parametrize("space", [(7,), (6, 6), (4, 4, 5)])
def test_labels_move_with_the_data(space):
    ndim = len(space)
    change = Augmentation(flip=tuple(range(ndim)), rotate=(0, 1) if ndim > 1 else None, shift=2)
    seen = set()
    for seed in range(40):
        x, y = change(*window(*space), generator(seed))
        assert torch.equal(x[0], y.float())
        assert torch.equal(x[1], -y.float())
        seen.add(tuple(y.flatten().tolist()))
    assert len(seen) >= 10  # moved by -2 to 2, either way round


def test_all_eight_turns_and_mirror_images_of_a_square_occur():
    change, (x, y) = Augmentation(flip=(0,), rotate=(-2, -1)), window(3, 3)
    seen = {tuple(change(x, y, generator(seed))[1].flatten().tolist()) for seed in range(200)}
    assert len(seen) == 8


def test_axes_that_are_not_named_stay():
    x, y = window(4, 4, 5)
    for seed in range(20):
        moved, _ = Augmentation(flip=(0, 1), rotate=(0, 1))(x, y, generator(seed))
        assert torch.equal(moved.diff(dim=-1), x.diff(dim=-1))  # time still runs downward


def test_the_same_generator_gives_the_same_window():
    change = Augmentation(flip=(0, 1), rotate=(0, 1), elastic=2, amplitude=2, noise=0.3, shift=1)
    x, y = window(16, 16)
    one, two, other = (change(x, y, generator(seed)) for seed in (5, 5, 6))
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])
    assert not torch.equal(one[0], other[0])


def test_displacements_have_the_deviation_at_the_grid_and_are_splines_between():
    space, grid = (41, 61), 4
    moves = np.stack([_displaced(space, 10.0, grid, generator(s)) - np.indices(space) for s in range(400)])
    rows, columns = (np.linspace(0, n - 1, grid).round().astype(int) for n in space)
    knots = moves[..., rows[:, None], columns]
    assert knots.std() == pytest.approx(10, rel=0.03)
    assert abs(knots.mean()) < 0.5
    line = moves[0, 1, rows[1]]  # along a line of knots the interpolation is one-dimensional
    spline = CubicSpline(np.linspace(0, 1, grid), line[np.linspace(0, 60, grid).astype(int)])
    np.testing.assert_allclose(line, spline(np.linspace(0, 1, 61)), atol=0.05)


@pytest.mark.parametrize("space", [(64,), (48, 40), (24, 20, 22)])
def test_elastic_deformation_keeps_values_and_moves_labels_along(space):
    x = torch.sin(torch.arange(space[0]) / 4.0).view(-1, *(1,) * (len(space) - 1)).expand(space)
    y = (x > 0).long()
    moved, labels = Augmentation(elastic=1.5)(x[None], y, generator(3))
    assert labels.dtype == torch.int64
    assert not torch.equal(labels, y)
    clear = moved[0].abs() > 0.3  # next to an edge of the mask the nearest sample decides
    assert torch.equal(labels[clear] > 0, moved[0][clear] > 0)
    where = _displaced(space, 1.5, 3, generator(3))[0]
    inside = (where > 4) & (where < space[0] - 5)  # away from the mirror, whose corner no spline can follow
    np.testing.assert_allclose(moved[0].numpy()[inside], np.sin(where[inside] / 4), atol=4e-4)


def test_amplitude_and_noise_stay_within_their_ranges():
    x = torch.ones(1, 4000)
    factors = torch.tensor([float(Augmentation(amplitude=3)(x, None, generator(s))[0][0, 0]) for s in range(300)])
    assert 1 / 3 <= float(factors.min()) < 0.4
    assert 2.7 < float(factors.max()) <= 3
    assert float(factors.log().mean()) == pytest.approx(0, abs=0.1)
    deviations = torch.tensor([float(Augmentation(noise=0.5)(x, None, generator(s))[0].std()) for s in range(300)])
    assert 0.45 < float(deviations.max()) < 0.52
    assert float(deviations.mean()) == pytest.approx(0.25, abs=0.02)


def test_a_window_that_is_not_square_cannot_be_turned():
    with pytest.raises(DataError, match="a window of 4 x 6 samples cannot be turned by a quarter"):
        Augmentation(rotate=(0, 1))(*window(4, 6), generator())


@pytest.mark.parametrize(
    ("name", "value", "need"),
    [
        ("elastic", -1, "0 or more"),
        ("noise", -0.1, "0 or more"),
        ("noise", float("nan"), "0 or more"),
        ("amplitude", 0.5, "a factor of 1 or more"),
        ("amplitude", float("inf"), "a factor of 1 or more"),
        ("grid", 1, "2 or more points"),
        ("shift", -2, "0 or more samples"),
    ],
)
def test_only_the_number_that_cannot_be_is_named(name, value, need):
    with pytest.raises(DataError) as caught:
        Augmentation(**{name: value})
    assert str(caught.value) == f"--{name} is {value:g}; needed is {need}."
