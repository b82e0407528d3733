"""Surveys sampled otherwise than those that networks learn from, and the usual ones, which stay as they are."""

import shutil
from itertools import islice

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly
from tests.surveys import network, survey

import geocnn
from geocnn.checkpoints import Trained, load
from geocnn.errors import DataError, TargetError
from geocnn.grid import Axis, Grid
from geocnn.io.source import ArraySource
from geocnn.io.stretched import StretchedSource
from geocnn.models import build
from geocnn.prediction import predict
from geocnn.prediction.mirrored import predict_mirrored
from geocnn.prediction.sampling import stretch_of
from geocnn.prediction.spectrum import dominant_frequency
from geocnn.prediction.stretched import predict_stretched
from geocnn.reading import Reader
from geocnn.synthetic.structure import FIELD, structure

SECTION = FIELD.replace(
    frequency=(0.06, 0.12), noise=(15.0, 35.0), faults=(2, 5), clip=0.0, blank=0.0, fringe=0.0, padding=0.0
)


def wave(frequency: float, traces: int = 30, samples: int = 800) -> np.ndarray:
    """A line of one frequency, of random phases."""
    phases = np.random.default_rng(0).uniform(0, 6, (traces, 1))
    return np.sin(2 * np.pi * frequency * np.arange(samples) + phases).astype(np.float32)


def located(data: np.ndarray, *spacing: float, step: float = 4.0, unit: str = "ms") -> ArraySource:
    """An array whose traces lie so many metres apart."""
    names = ("trace", "time") if data.ndim == 2 else ("inline", "crossline", "time")
    axes = [Axis(name, n) for name, n in zip(names[:-1], data.shape, strict=False)]
    vectors = [[0.6 * s, 0.8 * s] if k else [0.8 * s, -0.6 * s] for k, s in enumerate(spacing)]
    known = {"origin": [0.0, 0.0], "vectors": vectors}
    return ArraySource(data, Grid((*axes, Axis("time", data.shape[-1], 0.0, step, unit)), {"coordinates": known}))


@pytest.fixture(scope="module")
def faults():
    return load("faults", ndim=2)


def section(number: int) -> np.ndarray:
    """One with faults, whose frequency is in the middle of what networks know: the first, second and so on."""
    samples = (structure(index, seed=11, shape=(128, 160), ranges=SECTION) for index in range(100))
    fit = (s.seismic.numpy() for s in samples if s.fault.float().mean() > 0.02)
    return next(islice((x for x in fit if 0.085 < dominant_frequency(geocnn.open(x)) < 0.15), number, None))


@pytest.mark.parametrize("number", [0, 1])
def test_a_survey_sampled_four_times_as_finely_is_predicted_like_the_plain_one(tmp_path, faults, number):
    plain = section(number)
    fine = resample_poly(plain, 4, 1, axis=-1)[:, : 4 * 159 + 1].astype(np.float32)
    assert stretch_of(geocnn.open(plain))[0] == (1, 1)
    assert stretch_of(geocnn.open(fine))[0] == (1, 0.25)
    result = predict_stretched(faults, fine, tmp_path / "r.npy", show_progress=False)
    expected = predict(faults, plain, show_progress=False).array
    got = np.load(tmp_path / "r.npy")
    assert got.shape == fine.shape
    assert result.grid.shape == fine.shape
    assert np.abs(got[:, ::4] - expected).mean() < 0.002
    seen, wanted = got[:, ::4] > faults.card.threshold, expected > faults.card.threshold
    assert wanted.mean() > 0.01  # there are faults
    assert (seen & wanted).sum() > 0.97 * (seen | wanted).sum()
    without = predict(faults, fine, show_progress=False).array[:, ::4]
    assert np.abs(without - expected).mean() > 0.02  # what the resampling is for
    assert "one sample for 4" in result.notes[-1]
    assert [p.name for p in tmp_path.iterdir()] == ["r.npy"]


def test_a_usual_survey_is_predicted_as_ever(tmp_path):
    trained, data = network(2), wave(0.1, samples=200)
    result = predict_stretched(trained, data, tmp_path / "r.npy", show_progress=False)
    np.testing.assert_array_equal(np.load(tmp_path / "r.npy"), predict(trained, data, show_progress=False).array)
    assert result.notes == []
    predict_stretched(trained, data, tmp_path / "s.npy", stretch=(1, 1), samples="int8", show_progress=False)
    predict(trained, data, tmp_path / "t.npy", samples="int8", show_progress=False)
    assert (tmp_path / "s.npy").read_bytes() == (tmp_path / "t.npy").read_bytes()


def test_the_definition_and_what_is_dead(tmp_path):
    """The result on the stretched grid, interpolated; zero in dead traces, mutes and NaN samples."""
    trained, data = network(2), survey(40, 240)
    data[6:8], data[12, :50], data[20, 100], data[30, 101] = 0, 0, np.nan, np.nan
    result = predict_stretched(trained, data, tmp_path / "r.zarr", stretch=(2, 0.5), show_progress=False)
    got = geocnn.open(tmp_path / "r.zarr").read(...)
    stretched = StretchedSource(geocnn.open(data), (2, 0.5))
    seen = predict(trained, stretched.read(...), show_progress=False).array
    place = np.arange(240) / 2
    expected = np.stack([np.interp(place, np.arange(seen.shape[1]), row) for row in seen[::2]])
    clean = np.delete(np.arange(40), (6, 7, 12, 20, 30))
    np.testing.assert_allclose(got[clean], expected[clean], atol=2e-6)
    alive = np.isfinite(data) & (data != 0)
    assert (got[~alive] == 0).all()
    assert (got[alive] > 0).all()
    assert result.notes[:2] == [  # of the survey, not of the 79 traces that the network sees
        "2 of 40 traces are dead or missing; they are zero in the result.",
        "2 samples are NaN or infinite, the first at trace 20, time 100; they are zero in the result.",
    ]
    assert result.notes[-1] == (
        "resampled as asked for: trace is resampled to 2 samples for one and time is resampled to one sample for 2; "
        "the result is on the survey's own grid."
    )


def test_with_mirror_images(tmp_path):
    trained, data = network(3), survey(12, 14, 60)
    out, spread = tmp_path / "r.sgy", tmp_path / "s.sgy"
    options = {"stretch": (1, 1, 0.5), "show_progress": False}
    predict_stretched(trained, data, out, run=predict_mirrored, uncertainty=spread, **options)
    predict_mirrored(
        trained,
        StretchedSource(geocnn.open(data), (1, 1, 0.5)),
        tmp_path / "a.npy",
        uncertainty=tmp_path / "b.npy",
        show_progress=False,
    )
    for path, small in ((out, "a.npy"), (spread, "b.npy")):
        got, seen = geocnn.open(path).read(...), np.load(tmp_path / small)
        assert got.shape == data.shape
        np.testing.assert_allclose(got[..., ::2], seen[..., :30], atol=1e-6)
        np.testing.assert_allclose(got[..., 1:-1:2], (seen[..., :29] + seen[..., 1:30]) / 2, atol=1e-6)


def test_classes_come_from_the_nearest_sample(tmp_path):
    card = network(2, classes=("a", "b", "c")).card
    torch.manual_seed(0)
    arguments = card.arguments | {"out_channels": 3}
    trained = Trained(build("faultseg", **arguments).eval(), card.replace(arguments=arguments))
    data = survey(40, 160)
    predict_stretched(trained, data, tmp_path / "r.npy", stretch=(1, 0.25), samples="int8", show_progress=False)
    seen = predict(trained, StretchedSource(geocnn.open(data), (1, 0.25)), show_progress=False).array
    assert len(np.unique(seen)) > 1
    nearest = np.minimum(np.floor(np.arange(160) / 4 + 0.5).astype(int), seen.shape[1] - 1)
    np.testing.assert_array_equal(np.load(tmp_path / "r.npy"), seen[:, nearest])


@pytest.mark.parametrize("stretch", [(1, 1), (1, 2), (2, 1), (1, 0.5)])
def test_what_is_dead_has_no_class(tmp_path, stretch):
    card = network(2, classes=("a", "b", "c")).card
    arguments = card.arguments | {"out_channels": 3}
    trained = Trained(build("faultseg", **arguments).eval(), card.replace(arguments=arguments))
    data = survey(40, 160)
    data[6:8], data[12, :50], data[20, 100] = 0, 0, np.nan
    blank = ~np.isfinite(data) | (data == 0)
    options = {"stretch": stretch, "show_progress": False}
    made = predict_stretched(trained, data, **options)
    predict_stretched(trained, data, tmp_path / "r.npy", samples="int8", **options)
    for got in (made.array, np.load(tmp_path / "r.npy")):
        assert (got[blank] == -1).all()
        assert (got[0] >= 0).all()
    assert made.notes[0] == "2 of 40 traces are dead or missing; they are -1 in the result."


def test_in_8_bits_a_result_is_rounded_once(tmp_path):
    trained, data = network(2), survey(40, 160)
    for name, samples in (("f.npy", "float32"), ("i.npy", "int8")):
        predict_stretched(
            trained, data, tmp_path / name, stretch=(1, 0.5), samples=samples, tile=(40, 40), show_progress=False
        )
    rounded = np.load(tmp_path / "i.npy")
    assert rounded.dtype == np.int8
    np.testing.assert_allclose(rounded, 100 * np.load(tmp_path / "f.npy"), atol=0.501)


@pytest.mark.parametrize(
    ("frequency", "factor"),
    [
        (0.006, 1 / 16),
        (0.0118, 1 / 8),
        (0.0235, 1 / 4),
        (0.048, 1 / 2),
        (0.055, 1),
        (0.1, 1),
        (0.25, 1),
        (0.3, 2),
        (0.45, 2),
    ],
)
def test_the_factor_of_a_single_frequency(frequency, factor):
    """The power of two next to sqrt(0.05 * 0.26) = 0.114 cycles per sample, or the first below 0.26."""
    data = wave(frequency, samples=2000)
    data[3], data[::2, :500], data[1::2, 1900:], data[7, 900] = 0, 0, 0, np.nan  # none of which is the signal
    factors, why = stretch_of(geocnn.open(data))
    assert factors == (1, factor)
    assert f"dominant frequency is {frequency:.2g} cycles per sample, needed are 0.05 to 0.26" in why
    assert ("nothing is resampled" in why) == (factor == 1)


def test_the_frequency_of_a_ricker_wavelet():
    """The mean of its power spectrum ``f^4 exp(-2 (f/F)^2)`` is ``F sqrt(2) / (3/4 sqrt(pi)) = 1.064 F``."""
    rng, peak = np.random.default_rng(0), 0.03
    t = np.arange(-60, 61)
    a = (np.pi * peak * t) ** 2
    ricker = (1 - 2 * a) * np.exp(-a)
    spikes = rng.standard_normal((200, 1500))
    data = np.stack([np.convolve(row, ricker, mode="same") for row in spikes]).astype(np.float32)
    factors, why = stretch_of(located(data, 25.0, step=2.0))
    assert factors == (1, 1 / 2 if 1.064 * peak * np.sqrt(8) > np.sqrt(0.05 * 0.26) else 1 / 4)
    assert "0.032 cycles per sample" in why
    hertz = float(why.split("(")[1].split(" Hz at 2 ms)")[0])
    assert hertz == pytest.approx(1.064 * peak * 500, rel=0.03)


@pytest.mark.parametrize(
    ("spacing", "step", "factors"),
    [
        ((25.0, 12.5), 4.0, (1, 1)),  # 6.25 and 3.1 vertical steps of 4 m
        ((100.0, 12.5), 4.0, (4, 1)),  # 25, hence 12.5, hence 6.25; 3.1
        ((0.5, 12.5), 4.0, (1 / 4, 1)),  # 0.125, 0.25, 0.5
        ((25.0, 49.0), 1.0, (4, 8)),  # 25 and 49, hence 6.25 and 6.1
        ((25.0, 1e-4), 4.0, (1, 1)),  # no metres
    ],
)
def test_the_spacing_of_traces_in_vertical_steps(spacing, step, factors):
    data = wave(0.1, 48).reshape(6, 8, -1)
    assert stretch_of(located(data, *spacing, step=step))[0] == (*factors, 1)
    assert stretch_of(located(data, *spacing, step=step / 1000, unit="s"))[0] == (*factors, 1)
    assert stretch_of(located(data, *spacing, step=step, unit="m"))[0] == (*factors, 1)
    faster = stretch_of(located(data, *spacing, step=step / 3), velocity=6000.0)
    assert faster[0] == (*factors, 1)
    # 20 m are 20 vertical steps, and 5 of those that are left.
    assert stretch_of(located(wave(0.0235), 20.0, step=1.0))[0] == (1, 1 / 4)
    assert stretch_of(ArraySource(data))[0] == (1, 1, 1)


def test_what_is_no_seismic_survey_is_left_as_it_is():
    trend = np.linspace(1500, 4500, 226, dtype=np.float32) + wave(0.1, 30, 226) * 20  # velocities
    factors, why = stretch_of(geocnn.open(trend))
    assert factors == (1, 1)
    assert "fewer than 8 cycles" in why
    assert stretch_of(geocnn.open(wave(0.002, samples=8000)))[0] == (1, 1)  # 1/32
    for nothing in (np.zeros((20, 50), np.float32), np.full((20, 50), 7, np.float32)):
        assert stretch_of(geocnn.open(nothing)) == ((1, 1), "no trace has a spectrum: nothing is resampled")


def test_few_traces_are_read_and_the_live_ones_found(monkeypatch):
    data = np.zeros((64, 64, 600), np.float32)
    data[:3, :3] = wave(0.0235, 9, 600).reshape(3, 3, -1)  # in a corner, beside all that is looked at
    assert stretch_of(geocnn.open(data))[0] == (1, 1, 1 / 4)
    full = wave(0.0235, 64 * 64, 600).reshape(64, 64, -1)
    read, sizes = ArraySource.read, []
    monkeypatch.setattr(
        ArraySource, "read", lambda self, slices: (block := read(self, slices), sizes.append(len(block)))[0]
    )
    assert stretch_of(geocnn.open(full))[0] == (1, 1, 1 / 4)
    assert len(sizes) == 25
    with pytest.raises(DataError, match="a smaller and a larger positive number"):
        stretch_of(geocnn.open(full), frequency=(0.2, 0.1))


@pytest.mark.parametrize("name", ["segy/alaska2d.sgy", "faults_f3/inline_244.npy", "faults_f3/inline_362.npy"])
def test_real_lines_stay_as_they_are(data, name):
    if not (data / name).is_file():
        pytest.skip(f"{name} is not among the real data")
    factors, why = stretch_of(geocnn.open(data / name))
    assert factors == (1, 1)
    assert why.endswith("nothing is resampled")


@pytest.mark.parametrize("stretch", [(2,), (1, 1, 1), (1, 0.05), (1, 17), (1, 0), (1, float("nan")), "automatic"])
def test_factors_that_do_not_fit_are_refused(tmp_path, stretch):
    with pytest.raises(DataError, match="needed is 'auto' or a number from 1/16 to 16 for each of trace, time"):
        predict_stretched(network(2), survey(40, 40), tmp_path / "r.npy", stretch=stretch)
    assert not list(tmp_path.iterdir())


def test_files_that_exist_are_refused_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "r.npy").write_text("mine")
    monkeypatch.setattr(Reader, "read", None)
    with pytest.raises(TargetError, match=r"r\.npy exists already"):
        predict_stretched(network(2), survey(40, 40), tmp_path / "r.npy", stretch=(1, 0.5))
    assert (tmp_path / "r.npy").read_text() == "mine"


def test_headers_of_a_real_file_are_kept(tmp_path, data, faults):
    source = data / "segy" / "alaska2d.sgy"
    if not source.is_file():
        pytest.skip("alaska2d.sgy is not among the real data")
    shutil.copy(source, tmp_path / "in.sgy")
    predict_stretched(faults, tmp_path / "in.sgy", tmp_path / "r.sgy", stretch=(1, 0.25), show_progress=False)
    before, after = geocnn.open(tmp_path / "in.sgy"), geocnn.open(tmp_path / "r.sgy")
    assert after.grid == before.grid
    raw = [p.read_bytes() for p in (tmp_path / "in.sgy", tmp_path / "r.sgy")]
    assert raw[0][:3200] == raw[1][:3200]
    assert raw[0][3600:3840] == raw[1][3600:3840]
    dead, probability = ~before.live, after.read(...)
    assert not probability[dead].any()
    assert 0 <= probability.min() < faults.card.threshold < probability.max() <= 1


def test_python_resamples_as_the_command_line_does_and_in_memory(tmp_path, faults):
    fine = resample_poly(section(0), 4, 1, axis=-1).astype(np.float32)
    written = predict_stretched(faults, fine, tmp_path / "r.npy", show_progress=False)
    kept = geocnn.predict(faults, fine, show_progress=False)
    assert kept.path is None
    assert kept.notes == written.notes != []
    np.testing.assert_array_equal(kept.array, np.load(tmp_path / "r.npy"))
    asis = geocnn.predict(faults, fine, stretch=1, show_progress=False).array
    np.testing.assert_array_equal(asis, predict(faults, fine, show_progress=False).array)
