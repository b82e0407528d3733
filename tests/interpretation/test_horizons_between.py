"""Horizons between classes: where they are known to be, in spite of specks, and as files."""

from pathlib import Path

import numpy as np
import pytest

from geocnn import io
from geocnn.cli import main
from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.interpretation.horizons import find_horizons
from geocnn.io import ArraySource
from geocnn.io.horizons import Horizon, IntervalSource, read_horizon
from geocnn.io.samples import SampleFormat
from geocnn.io.tracefile import TraceFile, TraceLayout, TraceSource

GRID = Grid((Axis("inline", 10, 100, 2), Axis("crossline", 16, 7, 1), Axis("time", 120, 400, 4, "ms")))


def surfaces():
    x, y = np.meshgrid(np.arange(10), np.arange(16), indexing="ij")
    top = 500 + 6 * x + 20 * np.sin(y / 4)
    return [top, top + 40 + 3 * y, top + 250 - 2 * x]


def intervals():
    named = [Horizon(f"h{k}", depth) for k, depth in enumerate(surfaces())]
    return IntervalSource(named, GRID).read(...)


def test_they_lie_within_half_a_sample_of_the_truth():
    found = find_horizons(io.ArraySource(intervals(), GRID))
    assert [horizon.name for horizon in found] == ["horizon-1", "horizon-2", "horizon-3"]
    for horizon, truth in zip(found, surfaces(), strict=True):
        assert horizon.picked == 160
        assert np.abs(horizon.values - truth).max() <= 2


def test_specks_and_holes_move_nothing():
    classes = intervals()
    generator = np.random.default_rng(0)
    speck = generator.random(classes.shape) < 0.03
    for depth in surfaces():  # but for the samples at a horizon itself, which tell where it is
        speck &= np.abs(GRID.axes[2].values - depth[..., None]) > 20
    classes[speck] = generator.integers(0, 4, speck.sum())
    classes[generator.random(classes.shape) < 0.02] = np.nan
    for horizon, truth in zip(find_horizons(io.ArraySource(classes, GRID)), surfaces(), strict=True):
        # A hole of a sample at the horizon leaves it open by as much.
        assert np.abs(horizon.values - truth).max() <= 6
        assert np.abs(horizon.values - truth).mean() < 1.5


def test_where_an_interval_is_missing_its_horizons_coincide_and_a_dead_trace_has_none():
    classes = intervals()
    classes[:, :5][classes[:, :5] == 1] = 2
    classes[4, 9] = np.nan
    classes[5, 9] = 0
    one, two, _ = find_horizons(io.ArraySource(classes, GRID))
    np.testing.assert_array_equal(one.values[:, :5], two.values[:, :5])
    assert np.isnan(one.values[4, 9])
    assert np.isnan(one.values[5, 9])
    assert one.picked == 158


def test_of_a_probability_it_is_where_that_passes_one_half():
    depth = surfaces()[1]
    sharp = 1 / (1 + np.exp(-(GRID.axes[2].values - depth[..., None]) / 9))
    (found,) = find_horizons(io.ArraySource(sharp.astype(np.float32), GRID))
    assert np.abs(found.values - depth).max() <= 2
    percent = io.ArraySource(np.rint(100 * sharp).astype(np.int8), GRID)
    assert np.abs(find_horizons(percent)[0].values - depth).max() <= 2.5


def test_of_per_cent_there_are_none_where_there_are_no_data():
    percent = np.full((6, 60), 1, np.int8)
    percent[:, 20:30] = 99
    percent[:, 30:] = -1
    percent[2] = -1
    percent[3, :25] = -1
    (found,) = find_horizons(ArraySource(percent))
    np.testing.assert_array_equal(found.values, [19.5, 19.5, np.nan, np.nan, 19.5, 19.5])


@pytest.mark.parametrize(("dtype", "classes"), [("f4", (0, 1)), ("i1", (0, 1)), ("i1", (1, 99))])
def test_outside_of_the_traces_of_a_file_nothing_is_known(tmp_path, dtype, classes):
    """Where traces begin later, and where there is none, a source gives zeros."""
    stored = np.full((4, 20), classes[1], dtype)
    stored[:2, :8] = classes[0]
    (tmp_path / "raw").write_bytes(stored.tobytes())
    file = TraceFile(tmp_path / "raw", TraceLayout(0, 0, 20, 4, SampleFormat(np.dtype(dtype))))
    grid, index = Grid((Axis("trace", 5), Axis("time", 32))), np.array([0, 1, -1, 2, 3])
    (found,) = find_horizons(TraceSource(file, grid, index, np.array([0, 12, 3, 12], np.int32)))
    np.testing.assert_array_equal(found.values, [7.5, 19.5, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("nothing", [0, -1])
def test_numbers_of_classes_may_have_eight_bits(nothing):
    classes = np.repeat(np.int8([0, 1, 2]), 20) * np.ones((5, 1), np.int8)
    classes[0] = nothing
    for number, horizon in enumerate(find_horizons(ArraySource(classes)), start=1):
        np.testing.assert_array_equal(horizon.values, [np.nan, *[20 * number - 0.5] * 4])


def test_what_horizons_are_found_in_stays_as_it_is():
    """Also where a source gives its own samples, which all may be written to."""

    class Open(io.ArraySource):
        def read(self, _slices):
            return samples

    samples = np.random.default_rng(0).random((6, 30), np.float32)
    before = samples.copy()
    (found,) = find_horizons(Open(samples))
    assert found.picked > 0
    np.testing.assert_array_equal(samples, before)
    block = io.ArraySource(samples).read(...)
    with pytest.raises(ValueError, match="read-only"):
        block[0] = 0
    assert samples.flags.writeable


def test_stray_samples_at_the_ends_make_no_horizon():
    classes = np.zeros((4, 30), np.float32)
    classes[0, 3:5] = 1  # more of class 0 lies below it than above
    classes[1, 20:] = 1
    classes[2, :20] = 1
    (found,) = find_horizons(io.ArraySource(classes))
    np.testing.assert_array_equal(found.values, [np.nan, 19.5, np.nan, np.nan])
    with pytest.raises(DataError) as error:
        find_horizons(io.ArraySource(np.ascontiguousarray(classes[:, ::-1])[[1]]))
    said = "no trace of the survey has one class above another; horizons lie between two classes."
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.5, "the survey holds 1.5; horizons lie between classes, whole numbers from 0 to 99."),
        (-3.0, "the survey holds -3; horizons lie between classes, whole numbers from 0 to 99."),
        (0.0, "the survey holds no class but 0; horizons lie between two classes or more."),
    ],
)
def test_what_holds_no_classes_is_refused(value, said):
    with pytest.raises(DataError) as error:
        find_horizons(io.ArraySource(np.full((4, 30), value, np.float32)))
    assert str(error.value) == said


def test_the_command_writes_a_file_a_horizon_and_a_picture(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with io.create("facies.sgy", io.ArraySource(intervals(), GRID)) as sink:
        sink.write((0, 0, 0), intervals())
    assert main(["interpret", "facies.sgy", "--horizons", "tops", "--quiet"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["horizon", "traces", "from", "ms", "to", "ms"]
    assert out[1].split()[:2] == ["horizon-1", "160"]
    assert out[-2:] == ["files   tops/horizon-1.dat to horizon-3.dat", "picture tops/horizons.png"]
    for number, truth in enumerate(surfaces(), start=1):
        found = read_horizon(f"tops/horizon-{number}.dat", io.open("facies.sgy").grid)
        assert np.abs(found.values - truth).max() <= 2
    assert Path("tops/horizons.png").stat().st_size > 10_000
    assert main(["interpret", "facies.sgy", "--horizons", "tops", "--quiet"]) == 2
    assert "exists already; give --overwrite" in capsys.readouterr().err
    assert main(["interpret", "facies.sgy", "--horizons", "tops", "--overwrite", "--quiet"]) == 0
    words = ["interpret", "facies.sgy", "--horizons", "named", "--quiet", "--names"]
    assert main([*words, "a", "b"]) == 2
    said = "geocnn: --names has 2 names, a, b, and there are 3 horizons; give each one a name of its own, from top to "
    assert capsys.readouterr().err == f"{said}bottom.\n"
    assert not Path("named").exists()
    assert main([*words, "top", "middle", "base"]) == 0
    assert read_horizon("named/middle.dat", io.open("facies.sgy").grid).picked == 160
    capsys.readouterr()
    Path("a-file").touch()
    assert main(["interpret", "facies.sgy", "--horizons", "a-file", "--quiet"]) == 2
    said = "geocnn: a-file cannot be made (file exists); choose another folder with --horizons.\n"
    assert capsys.readouterr().err == said
    assert main(["interpret", "facies.sgy", "--names", "a"]) == 2
    assert capsys.readouterr().err == "geocnn: --names are those of horizons; give --horizons FOLDER as well.\n"
    assert main(["interpret", "facies.sgy", "--horizons", "tops", "--thin", "thin.sgy", "--overwrite"]) == 2
    said = "geocnn: --thin is for faults, and --horizons is for classes; leave one of the two out.\n"
    assert capsys.readouterr().err == said


def test_zeros_of_a_probability_are_where_there_are_no_data():
    """Below a horizon the record ends, with more zeros than samples of the lower interval."""
    probability = np.full((4, 60), 0.01, np.float32)
    probability[:, 20:30] = 0.99
    probability[:, 30:] = 0
    (found,) = find_horizons(ArraySource(probability))
    np.testing.assert_array_equal(found.values, 19.5)
