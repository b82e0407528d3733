"""Noise, shifts and loudness that are alike along lines, and noise that follows the layers."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from geocnn.synthetic.structure import StructureRanges, _along_layers, _draw, structure
from geocnn.synthetic.structure.acquisition import static_shifts
from geocnn.synthetic.structure.imaging import noise_of, smooth

FLAT = StructureRanges(bumps=(0, 0), slope=(0.0, 0.0), faults=(0, 0))
STREAKS = FLAT.replace(coherent=1.0, streaks=1.0)


def image_of(index, ranges, size):
    return _draw(np.random.default_rng((0, index)), size, ranges).image


def alike(values, axis):
    """Correlation of neighbours along an axis."""
    one, other = (np.take(values, range(k, values.shape[axis] - 1 + k), axis).ravel() for k in (0, 1))
    return np.corrcoef(one, other)[0, 1]


@pytest.mark.parametrize("widths", [(0.5, 9.0), (12.0, 0.0)])
@pytest.mark.parametrize("size", [(70, 40, 24), (300, 1, 24)])
def test_smoothing_is_that_of_scipy(size, widths):
    image = torch.from_numpy(np.random.default_rng(0).normal(size=size).astype(np.float32))
    expected = image.double().numpy()
    for axis, width in enumerate(widths):
        if width and size[axis] > 1:
            expected = gaussian_filter1d(expected, width, axis, mode="mirror", radius=math.ceil(3 * width))
    np.testing.assert_allclose(smooth(image, widths), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(80, 80, 64), (400, 1, 64)])
def test_noise_is_alike_along_one_axis_as_far_as_its_width_says(size):
    """White noise smoothed over s is correlated by ``exp(-k^2 / 4 s^2)`` over k samples; then two are added."""
    widest = set()
    for index in range(6):
        image = image_of(index, STREAKS, size)
        far = max(image.streaks)
        assert 1.5 <= far <= 12
        assert min(image.streaks) <= 1
        noise = noise_of(np.random.default_rng(index), size, image).view(size).numpy()
        assert noise.std() == pytest.approx(1, rel=1e-3)
        for axis in (0, 1) if size[1] > 1 else (0,):
            s = image.streaks[axis]
            if s < 0.8:  # too narrow for the closed form of what is continuous
                continue
            once, twice = (math.exp(-(lag**2) / (4 * s * s)) for lag in (1, 2))
            expected = (1 + 2 * once + twice) / (2 + 2 * once)
            assert alike(noise, axis) == pytest.approx(expected, abs=0.03)
        widest.add(image.streaks.index(far))
    assert widest == {0, 1}


def test_shifts_of_lines_are_alike_along_them_alone():
    size = (60, 50, 32)
    for index in range(4):
        image = image_of(index, STREAKS.replace(statics=(0.3, 0.3)), size)._replace(statics=0.3, streaks=(8.0, 0.0))
        shifts = static_shifts(image, size).view(size[:2]).numpy()
        assert alike(shifts, 0) > 0.98
        assert abs(alike(shifts, 1)) < 0.4
        assert 0.1 < shifts.std() < 0.6


def test_periodic_noise_at_the_places_of_layers():
    n = 64
    time = torch.linspace(-20, 150, n).expand(5, n) + torch.arange(5.0)[:, None] * 3.3
    phase = torch.arange(n) * (2 * math.pi * 2 / n)
    found = _along_layers(torch.sin(phase).expand(5, n).contiguous(), time)
    torch.testing.assert_close(found, torch.sin(time * (2 * math.pi * 2 / n)), rtol=0, atol=6e-3)


def test_oriented_noise_follows_the_layers():
    """Eight traces further along a streak it is the same at the same place of the column, not at the same depth."""
    size = (64, 48, 96)
    ranges = StructureRanges(bumps=(0, 0), slope=(0.25, 0.25), faults=(0, 0), noise=(0.0, 0.0), frequency=(0.15, 0.2))
    ranges = ranges.replace(coherent=1.0, streaks=1.0, oriented=1.0)
    index = next(i for i in range(50) if max(image_of(i, ranges, size).streaks) > 8)
    axis = int(np.argmax(image_of(index, ranges, size).streaks))
    sample, level = (
        structure(index, shape=size, ranges=ranges),
        structure(index, shape=size, ranges=ranges.replace(oriented=0.0)),
    )
    torch.testing.assert_close(level.clean, sample.clean)
    found = {}
    for name, made in (("oriented", sample), ("level", level)):
        noise = np.moveaxis((made.seismic - made.clean).numpy(), axis, 0)
        time = np.moveaxis(made.time.numpy(), axis, 0)
        pairs = [
            (np.interp(time[20, k], time[28, k], noise[28, k])[8:-8], noise[28, k][8:-8], noise[20, k][8:-8])
            for k in range(noise.shape[1])
        ]
        along, across, here = (np.concatenate(part) for part in zip(*pairs, strict=True))
        found[name] = np.corrcoef(along, here)[0, 1], np.corrcoef(across, here)[0, 1]
    assert found["oriented"][0] > 0.7 > found["oriented"][1] + 0.3
    assert found["level"][1] > 0.7 > found["level"][0] + 0.3
