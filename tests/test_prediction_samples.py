"""Results of 8 bits: whole per cent, for other programs and for ourselves."""

from functools import partial

import numpy as np
import pytest
import segyio
from tests.interpretation.drawing import sheet
from tests.surveys import network, survey

import geocnn
from geocnn import io
from geocnn.checkpoints import Trained
from geocnn.errors import DataError
from geocnn.figures.section import section
from geocnn.interpretation import interpret
from geocnn.io.percent import probabilities
from geocnn.models import build
from geocnn.prediction import predict
from geocnn.prediction.mirrored import predict_mirrored
from geocnn.prediction.stretched import predict_stretched


def raw(path):
    """Samples as another library reads them, (..., time)."""
    if path.suffix == ".npy":
        return np.load(path)
    if path.suffix == ".zarr":
        import zarr

        return zarr.open_array(str(path / "data"), mode="r")[...]
    with segyio.open(path, ignore_geometry=True) as file:
        assert int(file.format) == 8
        return file.trace.raw[:]


@pytest.mark.parametrize("run", [predict, predict_mirrored])
@pytest.mark.parametrize("suffix", [".sgy", ".zarr", ".npy"])
def test_per_cent_in_a_quarter_of_the_size(tmp_path, suffix, run):
    trained, data = network(2), survey(50, 400)
    for samples in ("float32", "int8"):
        run(trained, data, tmp_path / f"{samples}{suffix}", samples=samples, show_progress=False)
    exact, small = (geocnn.open(tmp_path / f"{samples}{suffix}") for samples in ("float32", "int8"))
    stored = raw(tmp_path / f"int8{suffix}")
    np.testing.assert_array_equal(stored, np.rint(exact.read(...) * 100))
    assert len(np.unique(stored)) > 5
    assert small.dtype == np.int8
    np.testing.assert_allclose(probabilities(small).read(...), exact.read(...), atol=0.00501)
    if suffix != ".zarr":
        sizes = [(tmp_path / f"{samples}{suffix}").stat().st_size for samples in ("float32", "int8")]
        assert sizes[0] - sizes[1] == 3 * data.size


@pytest.mark.parametrize("suffix", [".sgy", ".zarr", ".npy"])
@pytest.mark.parametrize("run", [predict, predict_mirrored, partial(predict_stretched, stretch=(1, 0.5))])
def test_where_there_are_no_data_is_told_from_small_probabilities(tmp_path, suffix, run):
    """Dead traces, a whole tile of them, a mute, padding below, and NaN."""
    trained, data = network(2), survey(80, 200)
    data[:50] = data[60] = data[62:70, :40] = data[:, 180:] = 0
    data[75, 100] = np.nan
    options = {"show_progress": False} | ({"tile": (16, 200)} if run is predict else {})
    made = [run(trained, data, tmp_path / f"{k}{suffix}", samples=k, **options) for k in ("float32", "int8")]
    exact, small = (geocnn.open(tmp_path / f"{k}{suffix}") for k in ("float32", "int8"))
    expected = exact.read(...)
    nothing = expected == 0
    assert nothing[:50].all()
    assert nothing.mean() < 0.8
    np.testing.assert_array_equal(raw(tmp_path / f"int8{suffix}"), np.where(nothing, -1, np.rint(expected * 100)))
    np.testing.assert_array_equal(np.isnan(probabilities(small).read(...)), nothing)
    told = [[note for note in one.notes if "in the result" in note] for one in made]
    assert told[0]
    assert told[1] == [note.replace("zero in the result", "-1 in the result") for note in told[0]]


def test_of_a_standard_deviation_too(tmp_path):
    data = survey(40, 60)
    data[:9] = 0
    for samples in ("float32", "int8"):
        options = {"uncertainty": tmp_path / f"{samples}-spread.npy", "samples": samples, "show_progress": False}
        predict_mirrored(network(2), data, tmp_path / f"{samples}.npy", **options)
    exact, stored = (np.load(tmp_path / f"{samples}-spread.npy") for samples in ("float32", "int8"))
    np.testing.assert_array_equal(stored[:9], -1)
    np.testing.assert_array_equal(stored[9:], np.rint(exact[9:] * 100))


def test_a_picture_of_per_cent_without_data_everywhere():
    chance = np.rint(100 * sheet((20, 24, 30), (0.8, 0.0, 0.6))).astype(np.int8)
    chance[:, :, :9] = -1
    seismic = io.ArraySource(survey(20, 24, 30))
    made = section(seismic, probabilities(io.ArraySource(chance)))
    zeros = section(seismic, io.ArraySource(np.maximum(chance, 0) / np.float32(100)))
    titles = [[axes.get_title() for axes in figure.axes] for figure in (made, zeros)]
    assert titles[0] == titles[1]


def test_headers_of_a_file_stay_but_for_the_format(tmp_path):
    trained, data = network(2), survey(40, 60)
    with io.create(tmp_path / "line.sgy", data) as sink:
        sink.write((0, 0), data)
    predict(trained, tmp_path / "line.sgy", tmp_path / "out.sgy", samples="int8", show_progress=False)
    before, after = ((tmp_path / name).read_bytes() for name in ("line.sgy", "out.sgy"))
    assert [k for k in range(3600) if before[k] != after[k]] == [3225]  # the low byte of the format, 5 -> 8
    for trace in range(40):
        a, b = 3600 + trace * (240 + 4 * 60), 3600 + trace * (240 + 60)
        assert before[a : a + 240] == after[b : b + 240]


def test_numbers_of_classes_stay_what_they_are(tmp_path):
    card, data = network(2, classes=("sand", "shale", "salt")).card, survey(40, 60)
    arguments = card.arguments | {"out_channels": 3}
    trained = Trained(build("faultseg", **arguments).eval(), card.replace(arguments=arguments))
    predict(trained, data, tmp_path / "out.npy", samples="int8", show_progress=False)
    expected = predict(trained, data, show_progress=False).array
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), expected)
    assert set(np.unique(expected)) <= {0, 1, 2}


def test_faults_of_per_cent_are_those_of_probabilities(tmp_path):
    values = sheet((30, 40, 50), (0.8, 0.0, 0.6))
    with io.create(tmp_path / "p.zarr", values, dtype=np.int8, scale=100) as sink:
        sink.write((0, 0, 0), values)
    found = interpret(tmp_path / "p.zarr", show_progress=False).objects
    expected = interpret(values, show_progress=False).objects
    assert len(found) == len(expected) == 1
    assert found[0].voxels == pytest.approx(expected[0].voxels, rel=0.02)
    assert found[0].dip == pytest.approx(expected[0].dip, abs=1)


def test_other_samples_are_refused(tmp_path):
    with pytest.raises(DataError, match="samples is 'int16'; it is one of float32 and int8"):
        predict(network(2), survey(40, 60), tmp_path / "out.npy", samples="int16", show_progress=False)
