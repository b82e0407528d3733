"""The structure generator: closed forms, a step-by-step oracle in NumPy, and the same bits wherever it runs."""

import dataclasses
import math

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch

from geocnn.datasets import FaultStructures
from geocnn.errors import DataError
from geocnn.synthetic.structure import StructureRanges, _draw, structure
from geocnn.synthetic.wavelets import ricker

FLAT = StructureRanges(bumps=(0, 0), slope=(0.0, 0.0), faults=(0, 0))
SHAPES = [(40, 24, 48), (64, 56)]


def one_fault(**changes):
    """One normal fault with the same slip everywhere, in flat layers."""
    fixed = {"faults": (1, 1), "throw": (9.0, 9.0), "extent": (1e4, 1e4), "reverse": 0.0, "linear": 0.0}
    return dataclasses.replace(FLAT, **fixed | changes)


@pytest.mark.parametrize("shape", SHAPES)
def test_undisturbed_layers_are_horizontal(shape):
    sample = structure(3, shape=shape, ranges=FLAT)
    depth = torch.arange(shape[-1], dtype=torch.float32)
    assert torch.equal(sample.time, depth.expand(shape))
    assert not sample.fault.any()
    assert torch.equal(sample.clean, sample.clean.flatten(0, -2)[0].expand(shape))


def test_a_plane_slope_is_a_plane_slope():
    sample = structure(0, shape=(16, 12, 32), ranges=dataclasses.replace(FLAT, slope=(0.1, 0.1)))
    x, y, z = np.meshgrid(*map(np.arange, (16, 12, 32)), indexing="ij")
    f = float(sample.time[1, 0, 0] - sample.time[0, 0, 0])
    g = float(sample.time[0, 1, 0] - sample.time[0, 0, 0])
    assert abs(f) == pytest.approx(0.1, abs=1e-5)
    assert abs(g) == pytest.approx(0.1, abs=1e-5)
    np.testing.assert_allclose(sample.time.numpy(), z + f * x + g * y, rtol=0, atol=1e-4)


@pytest.mark.parametrize("dip", [50.0, 70.0, 88.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_throw_across_a_fault_is_the_throw_asked_for(shape, dip):
    """In flat layers the vertical part of the slip is all one sees: 9 samples on the hanging wall, whatever the dip."""
    sample = structure(1, shape=shape, ranges=one_fault(dip=(dip, dip)))
    down = torch.arange(shape[-1]) - sample.time
    hanging = down > 4.5
    assert hanging.any()
    assert not hanging.all()
    torch.testing.assert_close(down, torch.where(hanging, 9.0, 0.0), rtol=0, atol=1e-4)


def test_a_reverse_fault_lifts_its_hanging_wall():
    down = torch.arange(48) - structure(1, shape=(40, 24, 48), ranges=one_fault(reverse=1.0)).time
    assert float(down.min()) == pytest.approx(-9, abs=1e-4)
    assert float(down.max()) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("linear", [0.0, 1.0])
@pytest.mark.parametrize("index", range(4))
def test_the_throw_at_the_centre_of_a_fault(index, linear):
    """At the centre the throw is what was drawn, for both forms of slip; one radius down dip as the form says."""
    shape = (64, 64, 64)
    ranges = one_fault(linear=linear, extent=(0.3, 0.3), throw=(6.0, 6.0), dip=(60.0, 80.0))
    (fault,) = _draw(np.random.default_rng((0, index)), shape, ranges).faults
    assert fault.throw == pytest.approx(6.0)
    time = structure(index, shape=shape, ranges=ranges).time.numpy()
    for radii, share in ((0, 1.0), (0.5, 1.25 if linear else math.exp(-0.125))):
        # The nearest sample on the hanging wall, a little off the plane.
        at = np.array(fault.centre) + radii * fault.radius[1] * np.array(fault.dip) + 1.5 * np.array(fault.normal)
        i, j, k = np.round(at).astype(int)
        if min(i, j, k) >= 0 and max(i, j, k) < 64:
            assert k - time[i, j, k] == pytest.approx(6 * share, rel=0.06)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("index", range(6))
def test_the_label_is_two_samples_wide_and_lies_on_the_plane(shape, index):
    """Along the axis that crosses the plane most directly: the last sample of one wall and the first of the other."""
    ranges = one_fault()
    size = shape if len(shape) == 3 else (shape[0], 1, shape[1])
    (fault,) = _draw(np.random.default_rng((0, index)), size, ranges).faults
    sample = structure(index, shape=shape, ranges=ranges)
    hanging = (torch.arange(shape[-1]) - sample.time > 4.5).numpy()
    components = np.abs(fault.normal)[[0, 2]] if len(shape) == 2 else np.abs(fault.normal)
    axis = int(np.argmax(components))
    walls = np.moveaxis(hanging, axis, -1)
    expected = np.zeros_like(walls)
    change = walls[..., 1:] != walls[..., :-1]
    expected[..., 1:] |= change
    expected[..., :-1] |= change
    label = np.moveaxis(sample.fault.numpy(), axis, -1)
    # A plane may pass within a sample outside the volume: its outer sample then lies beyond the edge.
    np.testing.assert_array_equal(label[..., 1:-1], expected[..., 1:-1])
    inside = label[change.any(-1) & ~label[..., 0] & ~label[..., -1]]
    assert set(inside.sum(-1)) <= {2}


def test_faults_with_little_throw_are_not_labelled():
    small = one_fault(throw=(2.0, 2.0))
    assert structure(1, shape=(40, 24, 48), ranges=dataclasses.replace(small, min_throw=1.9)).fault.any()
    assert not structure(1, shape=(40, 24, 48), ranges=dataclasses.replace(small, min_throw=2.1)).fault.any()


@pytest.mark.parametrize("index", range(3))
def test_folds_and_slopes_follow_the_forward_formula(index):
    """Deposition depth d put into z = d + (1.5 d / nz) B + f x + g y gives z back."""
    shape = (24, 16, 64)
    ranges = StructureRanges(faults=(0, 0))
    scene = _draw(np.random.default_rng((0, index)), shape, ranges)
    d = structure(index, shape=shape, ranges=ranges).time.double().numpy()
    x, y, z = np.meshgrid(*map(np.arange, shape), indexing="ij")
    folds = sum(h * np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * s**2)) for h, a, b, s in scene.folds.bumps)
    f, g = scene.folds.slopes
    np.testing.assert_allclose(d + 1.5 * d / shape[2] * folds + f * x + g * y, z, rtol=0, atol=1e-3)


@pytest.mark.parametrize("index", range(8))
def test_folds_never_turn_layers_over(index):
    """Without faults older layers lie below younger ones, in a shallow section with high folds too."""
    ranges = StructureRanges(faults=(0, 0), bumps=(6, 6), bump_height=(10.0, 10.0))
    assert (structure(index, shape=(64, 24), ranges=ranges).time.diff(dim=-1) > 0).all()


def step_by_step(index, shape, ranges):
    """The same scene deformed in float64 NumPy, written from the definition."""
    nx, ny, nz = shape
    scene = _draw(np.random.default_rng((0, index)), shape, ranges)
    p = np.stack(np.meshgrid(np.arange(nx), np.arange(ny), np.arange(-16, nz + 16), indexing="ij"), -1).astype(float)
    near = np.zeros(p.shape[:-1], bool)
    for fault in scene.faults[::-1]:
        q = p - fault.centre
        distance, along, down = q @ fault.normal, q @ fault.strike / fault.radius[0], q @ fault.dip / fault.radius[1]
        shape_of_slip = np.clip(1 + down / 2, 0, 1.5) if fault.form == "linear" else np.exp(-(along**2 + down**2) / 2)
        slip = fault.slip * shape_of_slip
        near |= (np.abs(distance) < np.abs(fault.normal).max()) & (np.abs(slip * fault.dip[2]) > ranges.min_throw)
        p = p - np.where(distance > 0, slip, 0)[..., None] * np.array(fault.dip)
    x, y, z = np.moveaxis(p, -1, 0)
    folds = sum(h * np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * s**2)) for h, a, b, s in scene.folds.bumps)
    depth = (z - scene.folds.slopes[0] * x - scene.folds.slopes[1] * y) / (1 + 1.5 / nz * folds)
    column = scene.column.double().numpy()
    reflectivity = np.interp(depth + scene.packages[0].offset, np.arange(len(column)), column)
    clean = scipy.signal.convolve(reflectivity, np.array(scene.image.wavelets[0])[None, None], mode="valid")
    clean = (clean - clean.mean()) / clean.std(ddof=1)
    return clean, near[..., 16:-16], depth[..., 16:-16]


@pytest.mark.parametrize("index", range(4))
def test_against_a_step_by_step_computation(index):
    shape, ranges = (40, 24, 48), StructureRanges()
    clean, near, depth = step_by_step(index, shape, ranges)
    sample = structure(index, shape=shape, ranges=ranges)
    # A sample that lies on a plane to rounding may fall on either wall.
    agrees = np.abs(sample.time.numpy() - depth) < 1e-2
    assert agrees.mean() > 0.9999
    assert (sample.fault.numpy() == near).mean() > 0.9999
    assert np.quantile(np.abs(sample.clean.numpy() - clean), 0.999) < 2e-2


@pytest.mark.parametrize("coherent", [0.0, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_signal_and_noise_have_the_levels_asked_for(shape, coherent):
    ranges = StructureRanges(noise=(6.0, 6.0), coherent=coherent)
    sample = structure(2, shape=shape, ranges=ranges)
    assert float(sample.clean.std()) == pytest.approx(1, rel=1e-4)
    assert float(sample.clean.mean()) == pytest.approx(0, abs=1e-5)
    noise = sample.seismic - sample.clean
    assert -20 * math.log10(float(noise.std())) == pytest.approx(6.0, abs=0.2)


def test_smallest_volumes_and_wrong_shapes():
    for shape in ((8, 8), (8, 8, 8)):
        sample = structure(0, shape=shape)
        assert all(part.shape == shape and part.isfinite().all() for part in sample[:-1])
    for shape in ((8,), (8, 7), (8, 8, 8, 8)):
        with pytest.raises(ValueError, match="a structure needs"):
            structure(0, shape=shape)


def test_series_and_samples_differ():
    a, b, c = (structure(i, seed=s, shape=(16, 16)).clean for i, s in ((0, 0), (1, 0), (0, 1)))
    assert not torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize("shape", [(33, 17, 300), (48, 40, 64), (100, 120)])
def test_the_number_of_threads_changes_no_bit(shape):
    before = torch.get_num_threads()
    try:
        for index in range(2):
            samples = []
            for threads in (1, 2, 3):
                torch.set_num_threads(threads)
                samples.append(structure(index, shape=shape))
            for other in samples[1:]:
                assert all(torch.equal(a, b) for a, b in zip(samples[0][:-1], other[:-1], strict=True))
    finally:
        torch.set_num_threads(before)


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more workers than processors, on purpose
def test_worker_processes_change_no_bit():
    from torch.utils.data import DataLoader

    dataset = FaultStructures(4, (32, 40), 5, [StructureRanges()])
    here = [dataset[[i]] for i in range(4)]
    for workers in (1, 2, 3):
        loader = DataLoader(dataset, batch_size=None, sampler=[[i] for i in range(4)], num_workers=workers)
        for ours, theirs in zip(here, loader, strict=True):
            assert torch.equal(ours[0], theirs[0])
            assert torch.equal(ours[1], theirs[1])


def test_training_samples_are_normalised_and_labelled():
    x, y = FaultStructures(4, (24, 16, 32), 0, [StructureRanges()])[range(1, 3)]
    assert x.shape == y.shape == (2, 1, 24, 16, 32)
    assert float(x.std()) == pytest.approx(1, abs=0.1)
    assert float(x.abs().max()) <= 4
    assert set(y.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(y[1, 0].bool(), structure(2, shape=(24, 16, 32)).fault)


@pytest.mark.parametrize("frequency", [0.05, 0.1, 0.2])
def test_ricker_is_its_formula_and_peaks_at_its_frequency(frequency):
    wavelet = ricker(frequency, 100).astype(float)
    a = (np.pi * frequency * np.arange(-100, 101)) ** 2
    np.testing.assert_allclose(wavelet[5:-5], ((1 - 2 * a) * np.exp(-a))[5:-5], rtol=0, atol=1e-7)
    spectrum = np.abs(np.fft.rfft(wavelet, 1 << 14))
    assert np.argmax(spectrum) / (1 << 14) == pytest.approx(frequency, rel=2e-3)


def test_phase_rotation_against_the_hilbert_transform():
    """Tails of the Hilbert transform reach far: compare where the wavelet is, on a long trace."""
    plain, n = ricker(0.1, 300).astype(float), 601
    analytic = scipy.signal.hilbert(np.pad(plain, 8 * n))[8 * n : 9 * n]
    for degrees in (90.0, -60.0, 180.0):
        angle = math.radians(degrees)
        expected = math.cos(angle) * plain - math.sin(angle) * analytic.imag
        np.testing.assert_allclose(ricker(0.1, 300, phase=degrees)[100:-100], expected[100:-100], rtol=0, atol=2e-4)


@pytest.mark.parametrize("frequency", [0.0, -0.1, 0.6])
def test_a_frequency_beyond_sampling_is_refused(frequency):
    with pytest.raises(ValueError, match="must lie between 0 and"):
        ricker(frequency, 10)


@pytest.mark.parametrize(
    "ranges",
    [{"throw": (0.0, 5.0)}, {"dip": (0.0, 0.0)}, {"thickness": (0.0, 0.0)}, {"extent": (0.0, 1.0)}, {"faults": (3, 1)}],
)
def test_ranges_that_cannot_be_drawn_from_are_refused(ranges):
    (name,) = ranges
    with pytest.raises(DataError, match=f"{name} is .* needed are a smaller and a larger number within"):
        StructureRanges(**ranges)


@pytest.mark.parametrize(("name", "value"), [("reverse", 50.0), ("short", -3.0), ("padding", math.nan)])
def test_probabilities_that_are_none_are_refused(name, value):
    with pytest.raises(DataError, match=f"^{name} is {value:g}; a probability lies within 0 to 1.$"):
        StructureRanges(**{name: value})
    with pytest.raises(DataError, match=r"^min_throw is -1; it lies within 0 to inf\.$"):
        StructureRanges(min_throw=-1.0)


@pytest.mark.parametrize("shape", [(24, 20, 32), (40, 32)])
def test_blur_is_a_gaussian_along_the_horizontal_axes(shape):
    sharp = structure(3, shape=shape)
    blurred = structure(3, shape=shape, ranges=StructureRanges(blur=(1.5, 1.5)))
    sigma = (1.5,) * (len(shape) - 1) + (0,)
    expected = scipy.ndimage.gaussian_filter(sharp.clean.double().numpy(), sigma, mode="mirror", radius=5)
    expected = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(blurred.clean, expected, atol=2e-3)
    assert torch.equal(sharp.fault, blurred.fault)
    assert torch.equal(sharp.time, blurred.time)
