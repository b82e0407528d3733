"""Test-time augmentation: the mean over mirror images, made here by flipping arrays."""

import itertools

import numpy as np
import pytest
from tests.surveys import network, survey

import geocnn
from geocnn.errors import DataError, TargetError
from geocnn.io import partial
from geocnn.io.mirrored import MirroredSource
from geocnn.prediction import predict
from geocnn.prediction.mirrored import predict_mirrored
from geocnn.reading import Reader


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
        mirrored = MirroredSource(source, axes)
        np.testing.assert_array_equal(
            mirrored.read((slice(2, 7), slice(None), slice(3, 9))), np.flip(data, axes)[2:7, :, 3:9]
        )
        plain = geocnn.open(np.ascontiguousarray(np.flip(data, axes))).scan()
        np.testing.assert_array_equal(mirrored.scan().first, plain.first)
        np.testing.assert_array_equal(mirrored.live, plain.live)


def test_after_ctrl_c_nothing_is_left_and_nothing_is_promised(tmp_path, monkeypatch):
    """However long a pass has taken; the passes lie in a folder that goes."""
    monkeypatch.setattr(partial, "_WORTH_KEEPING", 0)
    np.save(tmp_path / "line.npy", survey(300, 40))
    read, calls = Reader.read, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return read(*arguments)

    monkeypatch.setattr(Reader, "read", interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        predict_mirrored(network(2), tmp_path / "line.npy", tmp_path / "r.npy", tile=(32, 40), show_progress=False)
    assert len(calls) >= 12
    assert [p.name for p in tmp_path.iterdir()] == ["line.npy"]


def test_classes_and_files_that_exist_are_refused(tmp_path):
    several = network(2, classes=("a", "b"))
    with pytest.raises(DataError, match="which have no mean; leave --tta out"):
        predict_mirrored(several, survey(40, 40), tmp_path / "r.npy")
    (tmp_path / "s.npy").write_text("mine")
    with pytest.raises(TargetError, match=r"s\.npy exists already"):
        predict_mirrored(network(2), survey(40, 40), tmp_path / "r.npy", uncertainty=tmp_path / "s.npy")
    assert [p.name for p in tmp_path.iterdir()] == ["s.npy"]
