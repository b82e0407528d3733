"""What real sections have and the published workflow lacks: closed forms of each, alone."""

import math

import numpy as np
import pytest
import scipy.signal
import torch

from geocnn.errors import DataError
from geocnn.synthetic.structure import FAULTSEG3D, FIELD, PRESETS, StructureRanges, _draw, structure
from geocnn.synthetic.structure.acquisition import finish
from geocnn.synthetic.structure.edges import continuation, low_fold, pad_samples
from geocnn.synthetic.wavelets import butterworth, ormsby

FLAT = StructureRanges(bumps=(0, 0), slope=(0.0, 0.0), faults=(0, 0), noise=(60.0, 60.0))
ONE = FLAT.replace(faults=(1, 1), throw=(9.0, 9.0), extent=(1e4, 1e4), reverse=0.0, linear=0.0)
SHAPE = (64, 48, 64)
GRID = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), -1).astype(float)


def scene_of(index, ranges, shape=SHAPE):
    return _draw(np.random.default_rng((0, index)), shape, ranges)


def moved(sample):
    """How far down samples have come since their deposition in flat layers."""
    return np.arange(sample.time.shape[-1]) - sample.time.double().numpy()


@pytest.mark.parametrize("index", range(3))
def test_slip_ends_at_a_tip_line(index):
    """``1 - rho^2`` within two extents of the centre, nothing beyond."""
    ranges = ONE.replace(tips=1.0, extent=(0.2, 0.3))
    (fault,) = scene_of(index, ranges).faults
    down = moved(structure(index, shape=SHAPE, ranges=ranges))
    offset = GRID - fault.centre
    # Where a sample comes from is not where it is: the slip is that at its present place.
    rho2 = ((offset @ fault.strike / fault.radius[0]) ** 2 + (offset @ fault.dip / fault.radius[1]) ** 2) / 4
    hanging = offset @ fault.normal > 0
    expected = np.where(hanging & (rho2 < 1), 9 * (1 - rho2), 0)
    clear = np.abs(offset @ fault.normal) > 0.01
    np.testing.assert_allclose(down[clear], expected[clear], rtol=0, atol=2e-3)
    assert (rho2 > 1).any()


def test_drag_takes_up_its_share_beside_the_plane():
    ranges = ONE.replace(drag=(0.4, 0.4), dip=(70.0, 70.0))
    index = next(i for i in range(20) if scene_of(i, ranges).faults[0].drag[0])
    (fault,) = scene_of(index, ranges).faults
    sample = structure(index, shape=SHAPE, ranges=ranges)
    distance = (GRID - fault.centre) @ fault.normal
    expected = 9 * (1 - 0.4 * np.exp(-distance / fault.drag[1]))
    far = distance > 0.5
    np.testing.assert_allclose(moved(sample)[far], expected[far], rtol=0, atol=2e-3)
    labelled = sample.number.numpy() == 1
    np.testing.assert_allclose(sample.throw.numpy()[labelled], 9 * 0.6, rtol=1e-4)


def test_both_walls_move_where_slip_fades():
    ranges = ONE.replace(rollover=1.0)
    (fault,) = scene_of(4, ranges).faults
    assert 0.5 <= fault.moves < 1
    distance = (GRID - fault.centre) @ fault.normal
    share = np.where(distance > 0, fault.moves, fault.moves - 1)
    expected = 9 * share * np.exp(-np.abs(distance) / fault.fades)
    clear = np.abs(distance) > 0.01
    down = moved(structure(4, shape=SHAPE, ranges=ranges))
    np.testing.assert_allclose(down[clear], expected[clear], rtol=0, atol=2e-3)


def test_a_listric_fault_flattens_downwards():
    """Its trace in a section lies where the distance from the plane is ``bend`` times the square of the way down."""
    ranges = ONE.replace(curvature=(10.0, 10.0), extent=(0.5, 0.5), dip=(60.0, 60.0))
    (fault,) = scene_of(2, ranges).faults
    sample = structure(2, shape=SHAPE, ranges=ranges)
    offset = GRID - fault.centre
    distance = offset @ fault.normal - 10 * (offset @ fault.dip / fault.radius[1]) ** 2
    labelled = sample.number.numpy() == 1
    assert labelled.any()
    assert np.abs(distance[labelled]).max() < np.abs(fault.normal).max() + 1e-3
    assert labelled[(np.abs(distance) < 0.3) & (sample.throw.numpy() > 1)].all()


def test_dips_strikes_numbers_and_throws_of_faults():
    ranges = FLAT.replace(faults=(3, 3), dip=(50.0, 60.0), throw=(4.0, 8.0))
    sample = structure(1, shape=SHAPE, ranges=ranges)
    assert len(sample.faults) == 3
    for number, fault in enumerate(sample.faults, start=1):
        at = sample.number == number
        assert at.any()
        assert 50 <= float(sample.dip[at].min()) == float(sample.dip[at].max()) <= 60
        angle = math.radians(float(sample.strike[at][0]))
        # The horizontal in the plane; the plane dips to the right of it.
        along = np.array([math.cos(angle), math.sin(angle), 0])
        assert along @ np.array(fault.normal) == pytest.approx(0, abs=1e-5)
        right = np.array([-math.sin(angle), math.cos(angle), 0])
        assert right @ np.array(fault.dip) > 0
        assert float(sample.throw[at].min()) >= 1
        assert float(sample.throw[at].max()) <= fault.throw * (1.5 if fault.form == "linear" else 1) + 1e-3
    assert sample.dip[sample.number == 0].isnan().all()
    assert not sample.throw[sample.number == 0].any()


@pytest.mark.parametrize("index", range(6))
def test_older_faults_end_at_the_unconformity_and_time_goes_on(index):
    ranges = FLAT.replace(faults=(6, 6), throw=(3.0, 6.0), cover=1.0, packages=(2, 4), relief=(0.0, 4.0), reverse=0.0)
    scene = scene_of(index, ranges)
    sample = structure(index, shape=SHAPE, ranges=ranges)
    begins = sum(package.samples for package in scene.packages if package.young)  # of the column
    over = sample.time + scene.packages[0].offset < begins
    assert over.any()
    assert not over.all()
    assert not (sample.number[over] > 0).logical_and(sample.number[over] <= 6).any()
    assert (sample.number[~over] > 0).any()
    # Seen from the top down the younger layers come first, and once under the unconformity one stays there; younger
    # faults may bring a few traces back.
    assert (over.int().diff(dim=-1) > 0).float().mean() < 0.002


def test_time_increases_with_depth_in_every_kind_of_layers():
    quiet = FIELD.replace(faults=(0, 0), chaos=0.0, rugged=0.0, cover=0.0, statics=(0.0, 0.0), blank=0.0, padding=0.0)
    for index in range(20):
        time = structure(index, shape=(96, 96), ranges=quiet.replace(clinoforms=0.5)).time
        assert (time.diff(dim=-1) > 0).float().mean() > 0.999


def test_what_cannot_be_seen_is_not_labelled():
    hidden = FIELD.replace(transparent=1.0, packages=(2, 2), marker=(1.0, 1.0), noise=(30.0, 30.0), faults=(8, 8))
    hidden = hidden.replace(cover=0.0, blank=0.0, padding=0.0, smiles=(0, 0), extent=(1.0, 1.2), tips=0.0)
    shares = []
    for index in range(20):
        sample = structure(index, shape=(128, 128), ranges=hidden)
        quiet = torch.nn.functional.max_pool2d(sample.clean.abs()[None], (1, 41), 1, padding=(0, 20))[0] < 0.05
        assert not sample.fault[quiet].any()
        assert (sample.number[sample.fault] > 0).all()
        shares.append(float((sample.number[quiet] > 0).float().mean()) if quiet.any() else 0.0)
    assert max(shares) > 0.005  # there was something to hide


def test_numbers_of_8_bits():
    sample = structure(0, shape=(64, 64), ranges=FLAT.replace(clip=1.0, noise=(5.0, 5.0)))
    values = sample.seismic.unique()
    assert 64 < len(values) <= 255
    assert float(values.max()) == pytest.approx(-float(values.min()))


@pytest.mark.parametrize("blank", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("size", [(40, 30, 50), (40, 1, 50)])
def test_where_there_are_no_data_stand_their_neighbours(blank, size):
    """Dead traces: the live one before; mutes and edges: the mirror image, as NumPy's reflection makes it."""
    image = scene_of(0, FIELD).image._replace(blank=blank)
    values = torch.arange(math.prod(size)).view(size)
    for seed in range(8):
        axis, index = continuation(image._replace(seed=seed), size)
        found = torch.gather(values, axis, index)
        rest = np.moveaxis(found.numpy(), axis, -1).reshape(-1, size[axis])
        plain = np.moveaxis(values.numpy(), axis, -1).reshape(-1, size[axis])
        changed = rest != plain
        if blank == 0.2:
            first = np.argmax(changed, -1)
            for row, before, k in zip(rest, plain, first, strict=True):
                assert k == 0 or row[k] == before[k - 1]
            continue
        for row, before, lost in zip(rest, plain, changed, strict=True):
            width = int(lost.sum())
            if width:
                at_start = bool(lost[0])
                live = before[width:] if at_start else before[:-width]
                np.testing.assert_array_equal(row, np.pad(live, (width, 0) if at_start else (0, width), "reflect"))


def test_mutes_are_steep_at_the_ends_of_a_survey():
    """As on the Alaska line, whose mute falls by 150 samples over 40 traces."""
    image = scene_of(0, FIELD).image._replace(blank=0.5)
    steepest = []
    for seed in range(40):
        _, index = continuation(image._replace(seed=seed), (192, 1, 192))
        tops = (index[:, 0] != torch.arange(192)).sum(-1)
        assert int(tops.max()) < 96  # there is enough below to mirror
        steepest.append(float((tops[40:] - tops[:-40]).abs().max()))
    assert max(steepest) > 60
    assert np.median(steepest) < 60


def test_disturbed_layers_have_no_faults_to_label():
    ranges = FIELD.replace(chaos=1.0, packages=(1, 1), cover=0.0, faults=(8, 8), blank=0.0)
    assert not any(structure(index, shape=(64, 64), ranges=ranges).fault.any() for index in range(5))
    half = ranges.replace(chaos=0.5, packages=(2, 2), noise=(35.0, 35.0), transparent=0.0)
    shares = [float(structure(index, shape=(64, 64), ranges=half).fault.float().mean()) for index in range(20)]
    assert max(shares) > 0.02


@pytest.mark.parametrize("size", [(64, 48, 60), (64, 1, 60)])
def test_low_fold_is_at_one_end_and_has_no_labels(size):
    image = scene_of(0, FIELD).image
    changed_axes, shifted = set(), []
    for seed in range(12):
        wave = torch.sin(torch.arange(size[2]) * 0.3).expand(size).clone()
        fault = torch.ones(size, dtype=torch.bool)
        before = wave.clone()
        low_fold(wave, fault, image._replace(fringe=True, seed=seed))
        torch.testing.assert_close(wave[fault], before[fault])  # the others are as they were
        lost = ~fault.all(-1)
        axis = 0 if lost[:, 0].unique().numel() == 2 else 1
        lines = lost.all(1 - axis)
        assert torch.equal(lost, lines[:, None].expand(size[:2]) if axis == 0 else lines[None].expand(size[:2]))
        width = int(lines.sum())
        assert 2 <= width < 20
        assert lines[:width].all() or lines[-width:].all()
        changed_axes.add(axis)
        shifted.append(float((wave - before)[~fault].abs().mean()))
    assert changed_axes == ({0, 1} if size[1] > 1 else {0})
    assert min(shifted) > 0.05
    wave = before.clone()
    low_fold(wave, fault, image._replace(fringe=False))
    assert torch.equal(wave, before)


def test_first_or_last_samples_hold_one_number():
    """Or nearly; and beyond them may lie the mirror image of the rest, as prediction continues a survey."""
    image = scene_of(0, FIELD).image
    ends, beyond, exact = set(), set(), set()
    for seed in range(40):
        seismic, fault = torch.randn(8, 6, 40), torch.ones(8, 6, 40, dtype=torch.bool)
        before = seismic.clone()
        seismic, fault, time = pad_samples([seismic, fault, seismic.clone()], image._replace(padding=True, seed=seed))
        gone = ~fault[0, 0]
        assert torch.equal(~fault, gone.expand_as(fault))
        rows = torch.nonzero(gone)[:, 0]
        first, last = int(rows[0]), int(rows[-1])
        assert 1 <= len(rows) == last - first + 1 <= 40 // 6
        padding = seismic[..., gone]
        exact.add(padding.unique().numel() == 1)
        assert float(padding.std()) < 0.5
        torch.testing.assert_close(seismic[..., ~gone], time[..., ~gone])  # what else is known goes with it
        at_start = first < 40 - last
        if not at_start:  # look at it from the other end
            seismic, before, first, last = seismic.flip(-1), before.flip(-1), 39 - last, 39 - first
        assert torch.equal(seismic[..., last + 1 :], before[..., last + 1 - first : 40 - first])
        outside = seismic[..., :first].flip(-1)
        assert torch.equal(outside[..., last - first :], before[..., last + 1 - first : first + 1])
        ends.add(at_start)
        beyond.add(first > 0)
    assert ends == beyond == exact == {True, False}


def test_short_faults_are_a_quarter_as_long_and_end():
    plain = FIELD.replace(faults=(12, 12), families=0.0, cover=0.0, short=0.0, reverse=0.0)
    for index in range(6):
        long, short = (
            _draw(np.random.default_rng(index), (96, 96, 96), ranges).faults[0]
            for ranges in (plain, plain.replace(short=1.0))
        )
        assert short.radius == pytest.approx([extent / 4 for extent in long.radius])
        assert short.centre == long.centre
        assert short.form == "tip"
        assert short.throw <= 0.6 * short.radius[1] + 1e-6
        assert short.throw <= long.throw + 1e-6


def test_stripes_gains_and_smiles_keep_the_labels():
    ranges = FLAT.replace(faults=(2, 2), footprint=(0.3, 0.3), gain=(0.3, 0.3), smiles=(4, 4))
    image = scene_of(0, ranges).image
    changed = finish(torch.ones(32, 24, 40), image._replace(footprint=(0.3, 4.0, 0), smiles=0, gain=0.0))
    torch.testing.assert_close(changed[:, 0, 0], 1 + 0.3 * torch.cos(math.pi / 2 * torch.arange(32)))
    arc = finish(torch.zeros(300, 1, 200), image._replace(footprint=(0.0, 1.0, 0), gain=0.0, smiles=1, seed=5))[:, 0]
    traces = torch.nonzero(arc.abs().amax(-1) > 0.1)[:, 0]
    depth = arc[traces].abs().argmax(-1)
    assert len(traces) > 10
    lowest = torch.nonzero(depth == depth.max()).float().mean()  # open to the top
    assert float(lowest) == pytest.approx(len(depth) / 2, abs=4)
    assert int(depth[0]) < int(depth.max()) > int(depth[-1])


@pytest.mark.parametrize("frequency", [0.05, 0.1, 0.15])
def test_ormsby_has_the_trapezoid_for_its_spectrum(frequency):
    """Flat between 0.6 and 1.4 times the frequency, nothing outside 0.3 and 2 times (Ryan 1994)."""
    wavelet = ormsby(frequency, 400).astype(float)
    spectrum = np.abs(np.fft.rfft(wavelet, 1 << 14))
    f = np.arange(len(spectrum)) / (1 << 14)
    flat = spectrum[(f > 0.65 * frequency) & (f < 1.35 * frequency)]
    outside = spectrum[(f < 0.25 * frequency) | (f > 2.1 * frequency)]
    assert np.ptp(flat) < 0.02 * flat.mean()
    assert outside.max() < 0.02 * flat.mean()
    half = spectrum[np.argmin(np.abs(f - 1.7 * frequency))]
    assert half == pytest.approx(flat.mean() / 2, rel=0.03)
    assert wavelet[400] == pytest.approx(1)


@pytest.mark.parametrize("frequency", [0.05, 0.1, 0.2])
def test_butterworth_is_that_of_scipy(frequency):
    b, a = scipy.signal.butter(2, (0.5 * frequency, min(0.45, 1.5 * frequency)), "bandpass", fs=1)
    impulse = np.zeros(4001)
    impulse[0] = 1
    response = scipy.signal.lfilter(b, a, impulse)
    peak = int(np.argmax(np.abs(response)))
    found = butterworth(frequency, 300).astype(float)
    wanted = response[: peak + 290] / abs(response[peak])
    np.testing.assert_allclose(found[300 - peak : 590], wanted, rtol=0, atol=1e-4)


@pytest.mark.parametrize("ranges", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("shape", [(40, 33, 48), (100, 120)])
def test_the_number_of_threads_changes_no_bit_of_any_preset(shape, ranges):
    before = torch.get_num_threads()
    try:
        for index in range(4):
            samples = []
            for threads in (1, 2):
                torch.set_num_threads(threads)
                samples.append(structure(index, shape=shape, ranges=ranges)[:-1])
            assert all(torch.equal(a, b) for a, b in zip(*samples, strict=True))
            assert all(part.isfinite().all() for part in samples[0])
    finally:
        torch.set_num_threads(before)


def test_the_published_ranges():
    """Wu et al. (2019) and those who have repeated them: 4 folds, more than 4 faults, 62 to 82 degrees, a Ricker."""
    for index in range(10):
        scene = scene_of(index, FAULTSEG3D)
        assert len(scene.folds.bumps) == 4
        assert 5 <= len(scene.faults) <= 8
        for fault in scene.faults:
            assert 62 <= math.degrees(math.acos(-fault.normal[2])) <= 82
            assert 5 - 1e-6 <= fault.throw <= 30 + 1e-6
            assert fault.form in ("gaussian", "linear")
            assert (fault.bend, fault.drag[0], fault.fades, fault.moves) == (0, 0, 0, 1)
        assert len(scene.packages) == 1
        assert scene.younger is None


def test_ranges_and_wavelets_that_do_not_exist_are_refused():
    with pytest.raises(DataError, match="drag is 0 to 2"):
        FIELD.replace(drag=(0.0, 2.0))
    with pytest.raises(DataError, match="wavelets are klauder; there are ricker, ormsby, butterworth"):
        FIELD.replace(wavelets=("klauder",))
