"""Test-time augmentation: the mean over mirror images, made here by flipping arrays."""

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.surveys import network, survey

import geocnn
from geocnn.errors import DataError, TargetError
from geocnn.io import partial
from geocnn.io.mirrored import MirroredSource
from geocnn.prediction import mirrored, predict
from geocnn.prediction.mirrored import predict_mirrored
from geocnn.prediction.steps import sizes_of_steps
from geocnn.prediction.stretched import predict_stretched
from geocnn.reading import Reader


def of_mirror_images(line, out, stretch, tile):
    """Result of mirror images, resampled or not."""
    if stretch is None:
        return predict_mirrored(network(2), line, out, tile=tile, show_progress=False)
    return predict_stretched(
        network(2), line, out, tile=tile, stretch=stretch, run=predict_mirrored, show_progress=False
    )


@pytest.mark.parametrize("suffix", [".sgy", ".zarr"])
@pytest.mark.parametrize("shape", [(50, 40), (30, 34, 28)])
def test_mean_and_deviation_of_the_mirror_images(tmp_path, shape, suffix):
    trained, data = network(len(shape)), survey(*shape)
    data[3:5] = 0  # dead
    out, spread = tmp_path / f"mean{suffix}", tmp_path / f"spread{suffix}"
    result = predict_mirrored(trained, data, out, uncertainty=spread, show_progress=False)
    axes = [a for n in range(len(shape)) for a in itertools.combinations(range(len(shape) - 1), n)]
    passes = [np.flip(predict(trained, np.flip(data, a), show_progress=False).array, a) for a in axes]
    assert len(passes) == 2 ** (len(shape) - 1)
    everything = (slice(None),) * len(shape)
    np.testing.assert_allclose(geocnn.open(out).read(everything), np.mean(passes, 0), atol=2e-6)
    np.testing.assert_allclose(geocnn.open(spread).read(everything), np.std(passes, 0), atol=2e-6)
    assert np.std(passes, 0).max() > 1e-4
    assert result.path == out
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([out.name, spread.name])


def test_a_mirrored_source_reads_what_numpy_flips():
    data = survey(12, 9, 20)
    data[2, 3] = 0
    data[5, :, :4] = 0
    source = geocnn.open(data)
    for axes in ((0,), (1,), (0, 1)):
        seen = MirroredSource(source, axes)
        np.testing.assert_array_equal(
            seen.read((slice(2, 7), slice(None), slice(3, 9))), np.flip(data, axes)[2:7, :, 3:9]
        )
        plain = geocnn.open(np.ascontiguousarray(np.flip(data, axes))).scan()
        np.testing.assert_array_equal(seen.scan().first, plain.first)
        np.testing.assert_array_equal(seen.live, plain.live)


@pytest.mark.parametrize("stretch", [None, (1.0, 0.5)])
@pytest.mark.parametrize("at", [3, 12, None])
def test_after_ctrl_c_the_same_command_goes_on(tmp_path, monkeypatch, at, stretch):
    """In the first pass, in the second, and where both are done: what is finished is not made again."""
    np.save(tmp_path / "line.npy", survey(300, 40))
    out, read, calls, left = tmp_path / "r.npy", Reader.read, [], [at]

    def counted(*arguments):
        calls.append(1)
        if len(calls) == left[0]:
            raise KeyboardInterrupt
        return read(*arguments)

    def predicted(name):
        return of_mirror_images(tmp_path / "line.npy", tmp_path / name, stretch, (32, 48))

    monkeypatch.setattr(partial, "_WORTH_KEEPING", 0)
    monkeypatch.setattr(Reader, "read", counted)
    monkeypatch.setattr(mirrored, "_combine", combine := Interrupted(mirrored._combine, at is None))
    with pytest.raises(KeyboardInterrupt, match=r"stopped; what is finished of r\.npy is kept, and the same command"):
        predicted("r.npy")
    before, left[0] = len(calls), None
    assert sorted(p.name for p in tmp_path.iterdir()) == [".r.npy.steps", "line.npy"]
    predicted("r.npy")
    again = len(calls) - before
    predicted("whole.npy")
    whole = len(calls) - before - again
    assert again <= whole - before + 3  # some slabs more, for results that are the same to the last bit
    assert out.read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.npy", "r.npy", "whole.npy"]
    assert combine.calls == 2 + (at is None)


@pytest.mark.parametrize("stretch", [None, (1.0, 0.5)])
def test_a_killed_run_leaves_no_standard_deviation_of_another_name(tmp_path, monkeypatch, stretch):
    """A kill leaves the steps and the partial files of both results."""
    np.save(tmp_path / "line.npy", survey(100, 40))
    partial_file, combine = partial._partial(tmp_path / "old.npy", "kept"), mirrored._combine

    def predicted(name):
        options = {"uncertainty": tmp_path / name, "show_progress": False}
        if stretch is None:
            return predict_mirrored(network(2), tmp_path / "line.npy", tmp_path / "r.npy", **options)
        options |= {"stretch": stretch, "run": predict_mirrored}
        return predict_stretched(network(2), tmp_path / "line.npy", tmp_path / "r.npy", **options)

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(mirrored, "_combine", stopped)
    with pytest.raises(KeyboardInterrupt):
        predicted("old.npy")
    partial_file.write_bytes(b"as a kill leaves it")
    monkeypatch.setattr(mirrored, "_combine", combine)
    predicted("new.npy")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.npy", "new.npy", "r.npy"]


def test_a_step_that_is_not_put_in_its_place_is_kept_as_the_message_says(tmp_path, monkeypatch):
    np.save(tmp_path / "line.npy", survey(100, 40))
    replace = partial._replace

    def refused(made, target):
        if target.name == "1.npy":
            raise PermissionError(13, "Permission denied")
        replace(made, target)

    monkeypatch.setattr(partial, "_replace", refused)
    options = {"tile": (32, 40), "show_progress": False}
    with pytest.raises(TargetError, match=r"1\.npy cannot be put in its place") as caught:
        predict_mirrored(network(2), tmp_path / "line.npy", tmp_path / "r.npy", **options)
    (kept,) = (path for path in (tmp_path / ".r.npy.steps").glob(".1.npy.partial-*") if path.suffix != ".done")
    assert f"the finished result is {kept}" in str(caught.value)
    monkeypatch.setattr(partial, "_replace", replace)
    predict_mirrored(network(2), tmp_path / "line.npy", tmp_path / "r.npy", **options)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.npy", "r.npy"]


@pytest.mark.parametrize("stretch", [None, (1.0, 0.5)])
def test_a_full_disk_leaves_the_passes_that_are_finished(tmp_path, monkeypatch, stretch):
    np.save(tmp_path / "line.npy", survey(100, 40))
    usage = shutil.disk_usage

    def predicted(name):
        return of_mirror_images(tmp_path / "line.npy", tmp_path / name, stretch, (32, 40))

    def full(folder):
        return usage(folder)._replace(free=10) if (Path(folder) / "0.npy").exists() else usage(folder)

    monkeypatch.setattr(shutil, "disk_usage", full)
    with pytest.raises(
        TargetError, match=r"no room for 1\.npy in .*; what is finished is kept, and the same command goes"
    ):
        predicted("r.npy")
    (first,) = tmp_path.rglob("0.npy")
    made = first.stat().st_mtime_ns, first.stat().st_ino
    monkeypatch.setattr(shutil, "disk_usage", usage)
    combine, seen = mirrored._combine, []

    def looked(*arguments):
        seen.append((first.stat().st_mtime_ns, first.stat().st_ino))
        combine(*arguments)

    monkeypatch.setattr(mirrored, "_combine", looked)
    predicted("r.npy")
    assert seen == [made]
    monkeypatch.setattr(mirrored, "_combine", combine)
    predicted("whole.npy")
    assert (tmp_path / "r.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.npy", "r.npy", "whole.npy"]


@pytest.mark.parametrize("stretch", [(1.0, 1.0), (1.0, 0.5), (0.5, 2.0)])
@pytest.mark.parametrize("run", [predict, predict_mirrored])
def test_sizes_of_steps_are_those_of_the_files(tmp_path, monkeypatch, run, stretch):
    np.save(tmp_path / "line.npy", survey(100, 40))
    remove, found = shutil.rmtree, {}

    def looked(folder, **options):
        found.update({path: path.stat().st_size for path in Path(folder).rglob("*.npy")})
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", looked)
    both = run is predict_mirrored
    options = {"uncertainty": tmp_path / "u.npy"} if both else {}
    options |= {"run": run, "stretch": stretch, "show_progress": False}
    predict_stretched(network(2), tmp_path / "line.npy", tmp_path / "r.npy", **options)
    sizes = sizes_of_steps(tmp_path / "r.npy", (100, 40), stretch, mirrored=both, spread=both)
    assert {path: size + 128 for path, size in sizes.items()} == found


class Interrupted:
    """A function whose first call is stopped by Ctrl-C, if it is to be."""

    def __init__(self, function, stopped):
        self.function, self.stopped, self.calls = function, stopped, 0

    def __call__(self, *arguments):
        self.calls += 1
        if self.stopped and self.calls == 1:
            raise KeyboardInterrupt
        return self.function(*arguments)


def test_ctrl_c_at_the_beginning_leaves_nothing(tmp_path, monkeypatch):
    np.save(tmp_path / "line.npy", survey(300, 40))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Reader, "read", interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        predict_mirrored(network(2), tmp_path / "line.npy", tmp_path / "r.npy", tile=(32, 40), show_progress=False)
    assert [p.name for p in tmp_path.iterdir()] == ["line.npy"]


def test_classes_and_files_that_exist_are_refused(tmp_path):
    several = network(2, classes=("a", "b"))
    with pytest.raises(DataError, match="which have no mean; leave --tta out"):
        predict_mirrored(several, survey(40, 40), tmp_path / "r.npy")
    (tmp_path / "s.npy").write_text("mine")
    with pytest.raises(TargetError, match=r"s\.npy exists already"):
        predict_mirrored(network(2), survey(40, 40), tmp_path / "r.npy", uncertainty=tmp_path / "s.npy")
    assert [p.name for p in tmp_path.iterdir()] == ["s.npy"]
