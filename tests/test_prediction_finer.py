"""Surveys that a network makes finer: the grid of the result, its file, and what is gained."""

from pathlib import Path

import numpy as np
import pytest
import segyio
from tests.test_prediction_restoration import denoiser, predict, ratio, survey

import geocnn
from geocnn import io
from geocnn.cli import main
from geocnn.datasets import FinerStructures, halved
from geocnn.errors import DataError
from geocnn.evaluation import evaluate_survey
from geocnn.grid import Axis, Grid
from geocnn.io.stretched import StretchedSource
from geocnn.synthetic.noise import NoiseRanges
from geocnn.synthetic.structure import QUIET, structure


def superres(ndim):
    trained = denoiser(ndim)
    return type(trained)(trained.model, trained.card.replace(finer=2))


def section(index):
    """Fine structure of 97 x 121 samples."""
    return structure(index, seed=13, shape=(97, 121), ranges=QUIET).seismic.numpy() * 4000


@pytest.mark.parametrize(("ndim", "shape", "factors"), [(2, (21, 30), (2, 2)), (3, (9, 10, 12), (2, 2, 2))])
def test_the_network_sees_the_survey_interpolated_and_its_result_stays_on_that_grid(ndim, shape, factors):
    x = survey(*shape)
    trained = superres(ndim)
    found = predict(trained, x)
    assert found.array.shape == tuple(2 * n - 1 for n in shape)
    as_it_is = type(trained)(trained.model, trained.card.replace(finer=1))
    between = StretchedSource(io.open(x), factors).read(...)
    np.testing.assert_allclose(found.array, predict(as_it_is, between).array, rtol=0, atol=1e-5 * found.array.max())
    assert found.notes[-1].startswith("the result is sampled more finely: ")


def test_a_network_for_sections_leaves_the_inlines_of_a_cube_as_they_are():
    x = survey(3, 14, 20)
    trained = superres(2)
    found = predict(trained, x)
    assert found.array.shape == (3, 27, 39)
    assert found.notes[-1] == "the result is sampled more finely: crossline 14 to 27, time 20 to 39."
    # Each is that of its own; they are normalised together.
    card = trained.card.replace(normalisation={"kind": "fixed", "mean": 0.0, "std": 12_000.0, "clip": 100.0})
    fixed = type(trained)(trained.model, card)
    np.testing.assert_allclose(
        predict(fixed, x).array[1], predict(fixed, x[1]).array, rtol=0, atol=1e-4 * np.abs(x).max()
    )


def test_lines_of_a_cube_have_numbers_and_places_of_their_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(20) * 4.0 + 100, 12 * 5, 1
    with segyio.create("cube.sgy", spec) as file:
        file.bin[segyio.BinField.Interval] = 4000
        for i in range(60):
            file.trace[i] = survey(60, 20)[i]
            inline, crossline = 7 + i // 12, 301 + i % 12
            places = {181: 1000 + 25 * (i % 12), 185: 5000 + 50 * (i // 12), 71: 1}
            file.header[i].update({189: inline, 193: crossline, 109: 100, 115: 20, 117: 4000, **places})
    assert main(["predict", "superres", "cube.sgy", "--quiet", "--device", "cpu"]) == 0
    assert "note: the result is sampled more finely: crossline 12 to 23, time 20 to 39." in capsys.readouterr().out
    made = io.open("cube-superres.sgy")
    assert [str(axis) for axis in made.grid.axes] == [
        "inline 7..11 step 1 (5)",
        "crossline 602..624 step 1 (23)",
        "time 100..176 ms step 2 (39)",
    ]
    assert made.grid.spacing == pytest.approx((50, 12.5))
    np.testing.assert_allclose(made.grid.map_xy(np.array([[4, 22]])), [[1275, 5200]], atol=0.01)
    assert Path("cube-superres.png").read_bytes().startswith(b"\x89PNG")


def test_the_file_says_what_has_been_done_and_a_note_what_is_lost(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(20) * 4.0, 12 * 5, 5
    with segyio.create("cube.sgy", spec) as file:
        file.bin[segyio.BinField.Interval] = 4000
        for i in range(60):
            file.trace[i] = survey(60, 20)[i]
            places = {181: 1000 + 25 * (i % 12) + 27 * (i % 5), 185: 5000 + 50 * (i // 12), 71: 1}
            file.header[i].update({189: 7 + i // 12, 193: 301 + i % 12, **places})
    made = predict("superres", "cube.sgy", out="fine.sgy")
    assert not [note for note in made.notes if "coordinates" in note]
    with segyio.open("fine.sgy") as file:
        lines = bytes(file.text[0]).decode()
        assert "from cube.sgy, made finer by geocnn superres-2d" in lines
        assert "crossline 602..624 step 1 (23), twice the numbers of cube.sgy" in lines
        assert (file.xlines[0], file.xlines[-1]) == (602, 624)
        x = file.attributes(181)[:].reshape(5, 23) / 100
    before = 1000 + 25 * np.arange(12) + 27 * (np.arange(60).reshape(5, 12) % 5)
    np.testing.assert_allclose(x[:, ::2], before)
    np.testing.assert_allclose(x[:, 1::2], (before[:, 1:] + before[:, :-1]) / 2)
    monkeypatch.setattr("geocnn.io.segy_coordinates.MAX_TRACES", 59)
    made = predict("superres", "cube.sgy", out="lost.sgy")
    assert "the result has no map coordinates, for those of the survey are on no regular grid, and too many." in (
        made.notes
    )


def test_scores_are_those_of_the_finer_grid():
    fine = section(0)
    found = evaluate_survey("superres", halved(fine), fine, show_progress=False)
    made = predict("superres", halved(fine)).array
    between = StretchedSource(io.open(halved(fine)), (2, 2)).read(...)
    assert found["snr"] == pytest.approx(ratio(fine, made), abs=1e-3)
    assert found["snr_before"] == pytest.approx(ratio(fine, between), abs=1e-3)
    with pytest.raises(
        DataError,
        match="the labels have 49 x 61 samples, and of data of 49 x 61 the network",
    ):
        evaluate_survey("superres", halved(fine), halved(fine), show_progress=False)


@pytest.mark.parametrize(
    ("own", "fits"),
    [
        (Axis("time", 121, 500, 2, "ms"), True),
        (Axis("time", 121, 500.1, 2.001, "ms"), True),
        (Axis("time", 121), True),
        (Axis("time", 121, 700, 2, "ms"), False),
        (Axis("time", 121, 500, 4, "ms"), False),
        (Axis("depth", 121, 500, 2, "m"), False),
    ],
)
def test_labels_begin_where_the_finer_result_does(own, fits):
    fine = section(0)
    coarse = io.ArraySource(halved(fine), Grid((Axis("trace", 49, 10, 2), Axis("time", 61, 500, 4, "ms"))))
    labels = io.ArraySource(fine, Grid((Axis("trace", 97, 1000), own)))
    if fits:
        assert evaluate_survey("superres", coarse, labels, show_progress=False)["snr"] > 0
        return
    with pytest.raises(DataError) as error:
        evaluate_survey("superres", coarse, labels, show_progress=False)
    assert str(error.value).startswith(
        f"the labels have {own}, and the result time 500..740 ms step 2 (121); both must lie on the same grid: give"
    )


def test_labels_of_another_line_than_the_finer_result_are_refused():
    fine = section(0)
    axes = Axis("trace", 49, 1), Axis("time", 61, 500, 4, "ms")
    coarse = io.ArraySource(halved(fine), Grid(axes, {"coordinates": {"origin": [3e5, 5e6], "vectors": [[12.0, 0]]}}))
    axes = Axis("trace", 97, 1), Axis("time", 121, 500, 2, "ms")
    for y, fits in ((5e6, True), (5.1e6, False)):
        known = {"coordinates": {"origin": [3e5, y], "vectors": [[6.0, 0]]}}
        labels = io.ArraySource(fine, Grid(axes, known))
        if fits:
            assert evaluate_survey("superres", coarse, labels, show_progress=False)["snr"] > 0
        else:
            with pytest.raises(
                DataError, match="the labels have trace 1 at x 300000, y 5100000, and the result trace 1"
            ):
                evaluate_survey("superres", coarse, labels, show_progress=False)


def test_the_network_that_ships_is_better_than_interpolation_on_structure_that_it_has_not_met():
    gains = []
    for index in range(8):
        fine = section(index)
        coarse = halved(fine)
        between = StretchedSource(io.open(coarse), (2, 2)).read(...)
        gains.append(ratio(fine, predict("superres", coarse).array) - ratio(fine, between))
    assert np.mean(gains) > 2
    assert min(gains) > -1


@pytest.mark.parametrize(("snr", "least"), [(3.0, 0.2), (20.0, 0.6)])
def test_noise_is_part_of_the_survey_and_stays(snr, least):
    samples = FinerStructures(6, (96, 96), 13, QUIET, NoiseRanges(snr=(snr, snr)), {"kind": "none"})
    gains = []
    for index in range(6):
        x, y = (part[0, 0].numpy() for part in samples[[index]])
        made = predict("superres", x[::2, ::2]).array
        gains.append(ratio(y[:95, :95], made) - ratio(y[:95, :95], x[:95, :95]))
    assert min(gains) > -0.2
    assert np.mean(gains) > least


def test_it_is_not_resampled_once_more():
    with pytest.raises(DataError, match=r"stretch is 1, 0\.5, and superres-2d gives amplitudes"):
        predict("superres", survey(20, 30), stretch=(1.0, 0.5))


@pytest.mark.usefixtures("symbolic_sizes")
def test_an_exported_network_says_what_it_takes_and_gives(tmp_path, capsys):
    assert main(["export", "superres", "--torchscript", "--out", str(tmp_path / "net.pt")]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.split(maxsplit=1)[1].endswith(
        "times std plus mean, amplitudes, of a survey interpolated to 2 times as many traces and samples"
    )


def test_padding_and_what_is_no_reflection_are_told_of():
    velocities = np.repeat(np.linspace(1480.0, 4700.0, 60)[None], 12, 0).astype(np.float32)
    velocities += np.random.default_rng(0).normal(0, 20, velocities.shape).astype(np.float32)
    velocities[:, :2] = 1480.0
    notes = geocnn.predict("superres", velocities, show_progress=False).notes
    assert any("all samples lie from 14" in note and "superres-2d has learnt from reflection" in note for note in notes)
    assert any(note.startswith("the first sample of all traces is padding, which") for note in notes)
