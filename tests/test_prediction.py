"""Prediction: no seams, no lost samples, no surprises."""

import contextlib
import copy
import errno
import os
import pickle
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from tests import processes
from tests.surveys import network, survey
from zarr.storage import LocalStore

import geocnn
from geocnn.budget import per_sample
from geocnn.checkpoints import Trained
from geocnn.errors import DataError, TargetError
from geocnn.io.statistics import sample_traces
from geocnn.io.tracesink import TraceSink
from geocnn.models import build
from geocnn.normalisation import Normalisation
from geocnn.prediction import predict
from geocnn.prediction.alignment import aligned
from geocnn.prediction.pieces import pieces
from geocnn.prediction.results import Results
from geocnn.prediction.work import plan_work
from geocnn.reading import Reader
from geocnn.tracing import reach_of


def whole(trained: Trained, data: np.ndarray, edge: int = 16, norm: Normalisation | None = None) -> np.ndarray:
    """The definition: reflect the whole survey, one forward pass, cut out the middle."""
    pad = [(edge, -(-(n + 2 * edge) // 8) * 8 - n - edge) for n in data.shape]
    norm = norm or Normalisation.fit(sample_traces(geocnn.open(data)))
    x = np.pad(norm.apply(data), pad, mode="reflect")
    with torch.inference_mode():
        y = torch.sigmoid(trained.model(torch.from_numpy(x)[None, None]))[0, 0].numpy()
    return y[tuple(slice(edge, edge + n) for n in data.shape)]


@pytest.mark.parametrize(
    ("shape", "tile"),
    [
        ((500,), (64,)),
        ((300, 210), (64, 72)),
        ((300, 210), (8, 1000)),
        ((61, 45, 50), (48, 40, 96)),
        ((9, 40, 130), (48, 72, 88)),
    ],
)
def test_tiles_join_to_the_whole_volume_result(shape, tile):
    trained, data = network(len(shape)), survey(*shape)
    expected = whole(trained, data)
    assert expected.std() > 1e-3  # a constant result would join in any case
    for size in (None, tile):
        result = predict(trained, data, tile=size, show_progress=False)
        assert result.array is not None
        np.testing.assert_allclose(result.array, expected, atol=1e-5)


def test_seams_would_be_seen(monkeypatch):
    """The test above can fail: a halo shorter than the reach leaves seams, and a card may not ask for one."""
    trained, data = network(2, reach=8), survey(300, 210)
    result = predict(trained, data, tile=(64, 72), show_progress=False)
    np.testing.assert_allclose(result.array, whole(trained, data), atol=1e-5)
    assert result.notes[0] == (
        "the card of random has reach=8, but its layers need reach=51; that is used. Write it into the card."
    )
    monkeypatch.setattr("geocnn.prediction.aligned", lambda trained: (trained, []))
    result = predict(trained, data, tile=(64, 72), show_progress=False)
    assert np.abs(result.array - whole(trained, data)).max() > 1e-5


class Skipping(torch.nn.Module):
    """A U-Net with one pooling: it takes even sizes alone."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.below = torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.Conv2d(4, 4, 3, padding=1)
        self.after = torch.nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, x):
        a = self.before(x).relu()
        b = torch.nn.functional.interpolate(self.below(torch.nn.functional.max_pool2d(a, 2)).relu(), scale_factor=2)
        return self.after(torch.cat([a, b], 1))


def strided() -> torch.nn.Module:
    """Half as many samples within, as many as before at the end."""
    down, up = torch.nn.Conv2d(1, 16, 3, stride=2, padding=1), torch.nn.ConvTranspose2d(16, 1, 4, 2, 1)
    return torch.nn.Sequential(down, torch.nn.ReLU(), up)


def own(model: torch.nn.Module, **changes) -> Trained:
    """A module of one's own with a card that has no sizes, as a user may write it."""
    return Trained(model.eval(), network(2).card.replace(name="mine", architecture="mine", size_multiple=1, **changes))


@pytest.mark.parametrize(("made", "reach"), [(strided, 3), (Skipping, 5)])
def test_a_module_of_ones_own_with_strides_joins_though_its_card_does_not_say_so(made, reach):
    torch.manual_seed(0)
    trained, data = own(made(), reach=reach_of(made(), (1, 64, 64))), survey(81, 95)
    one, several = (predict(trained, data, tile=tile, show_progress=False) for tile in (None, (21, 17)))
    assert len(several.plan) > len(one.plan) == 1
    assert np.ptp(one.array) > 1e-3
    np.testing.assert_allclose(several.array, one.array, atol=1e-6)
    said = "the card of mine has size_multiple=1, but its layers need size_multiple=2; that is used. Write it into "
    assert one.notes == [said + "the card."]
    assert trained.card.reach == reach
    written = Trained(trained.model, trained.card.replace(size_multiple=2))
    assert predict(written, data, show_progress=False).notes == []


def test_what_ships_is_not_looked_at_again(monkeypatch):
    monkeypatch.setattr("geocnn.prediction.alignment.trace", lambda *_: pytest.fail("traced"))
    trained = geocnn.load("denoise", ndim=2)
    assert aligned(trained) == (trained, [])


def test_a_network_that_looks_at_values_is_applied_to_windows():
    class Looks(torch.nn.Conv2d):
        def forward(self, x):
            return super().forward(x) if np.isfinite(x.numpy()).all() else x

    torch.manual_seed(0)
    trained, data = own(Looks(1, 1, 3, padding=1), reach=1), survey(40, 50)
    one, several = (predict(trained, data, tile=tile, show_progress=False) for tile in (None, (21, 17)))
    np.testing.assert_allclose(several.array, one.array, atol=1e-6)
    assert "in whole tiles: it cannot be run on shapes alone (" in str(one.plan)


def test_the_scale_of_the_amplitudes_does_not_matter():
    trained, data = network(2), survey(80, 90)
    a = predict(trained, data, show_progress=False).array
    b = predict(trained, data * 1e-12, show_progress=False).array
    np.testing.assert_allclose(a, b, atol=1e-5)


def test_dead_traces_are_blank_and_do_not_touch_their_neighbours():
    trained, data = network(3), survey(30, 40, 50)
    data[4, 5] = 0
    data[20:] = 0
    result = predict(trained, data, tile=(32, 40, 48), show_progress=False)
    assert not result.array[4, 5].any()
    assert not result.array[20:].any()
    assert result.array[3].all()
    assert result.notes == ["401 of 1200 traces are dead or missing; they are zero in the result."]


def test_a_muted_zone_is_shown_to_the_network_as_a_repetition():
    trained, data = network(3), survey(30, 40, 50)
    data[20:] = 0
    muted = predict(trained, data, show_progress=False).array
    repeated = np.concatenate([data[:20], np.repeat(data[19:20], 10, axis=0)])
    norm = Normalisation.fit(data[:20])
    expected = whole(trained, repeated, norm=norm)[:20]
    np.testing.assert_allclose(muted[:20], expected, atol=1e-5)
    assert np.abs(whole(trained, data, norm=norm)[:20] - expected).max() > 0.01  # a step to zero would matter


def test_mutes_are_blank_and_shown_to_the_network_as_a_reflection():
    trained, data = network(2), survey(60, 120)
    full = data.copy()
    for i in range(60):
        data[i, : i // 2] = 0
        data[i, 110:] = 0
        full[i] = np.pad(data[i, i // 2 : 110], (i // 2, 10), mode="reflect")
    norm = Normalisation.fit(sample_traces(geocnn.open(data)))
    expected = whole(trained, full, norm=norm)
    for tile in (None, (16, 16)):
        result = predict(trained, data, tile=tile, show_progress=False).array
        for i in (0, 20, 59):
            assert not result[i, : i // 2].any()
            assert not result[i, 110:].any()
            np.testing.assert_allclose(result[i, i // 2 : 100], expected[i, i // 2 : 100], atol=0.02)
    assert np.abs(whole(trained, data, norm=norm) - expected)[20, 10:100].max() > 0.05  # a step to zero would matter
    alone = predict(trained, data, show_progress=False).array
    np.testing.assert_allclose(predict(trained, data, tile=(24, 40), show_progress=False).array, alone, atol=1e-5)


def test_a_network_of_ones_own_that_pads_circularly_is_applied():
    """It looks at the other end of a map and cannot be streamed; data are continued by reflection before."""
    torch.manual_seed(0)
    own = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 9, padding=4, padding_mode="circular"), torch.nn.Conv2d(4, 1, 1))
    card, data = network(2).card.replace(architecture="own", size_multiple=1, reach=4), survey(40, 50)
    expected = torch.sigmoid(own(torch.from_numpy(Normalisation.fit(data).apply(data))[None, None]))[0, 0].detach()
    found = predict(Trained(own.eval(), card), data, show_progress=False).array
    np.testing.assert_allclose(found[4:-4, 4:-4], expected[4:-4, 4:-4], atol=1e-6)


def test_one_nan_sample_is_one():
    data = survey(20, 20)
    data[3, 4] = np.nan
    (note,) = predict(network(2), data, show_progress=False).notes
    assert note == "1 sample is NaN or infinite, at trace 3, time 4; it is zero in the result."


def test_nan_samples_are_counted_located_and_blank():
    trained, data = network(2), survey(60, 70)
    data[7, 9:12] = np.nan
    data[50, 60] = np.inf
    result = predict(trained, data, tile=(16, 16), show_progress=False)
    assert np.isfinite(result.array).all()
    assert not result.array[7, 9:12].any()
    assert result.notes[:1] == [
        "4 samples are NaN or infinite, the first at trace 7, time 9; they are zero in the result."
    ]


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (1, 200), (2, 3, 4), (1, 1, 300)])
def test_data_smaller_than_the_size_rule_are_padded_and_it_says_so(shape):
    trained, data = network(len(shape)), survey(*shape)
    result = predict(trained, data, show_progress=False)
    assert result.array.shape == shape
    assert np.isfinite(result.array).all()
    small = [n for n in shape if n < 8]
    assert len(result.notes) == len(small)
    assert all("padded by reflection" in note for note in result.notes)


@pytest.mark.parametrize("kind", ["cube", "sections", "crosslines", "unpadded"])
def test_the_thickness_of_slabs_does_not_matter(kind, monkeypatch):
    """With NaN samples, dead traces and mutes, which are blank where they are, whatever is read together."""
    data = survey(40, 38, 44)
    data[5, 7, 9:12], data[30, 2, 40] = np.nan, np.inf
    data[12:14, 20], data[25, :5] = 0, 0
    data[:, 30:, :6] = 0
    if kind == "cube":
        trained = network(3)
    elif kind == "unpadded":
        torch.manual_seed(0)
        arguments = {"ndim": 2, "in_channels": 1, "out_channels": 1, "width": 4, "depth": 2}
        model = build("unet2015", **arguments).eval()
        changes = {"architecture": "unet2015", "arguments": arguments, "size_multiple": 4, "least": model.sizes.least}
        trained = Trained(model, network(2).card.replace(margin=model.margin, reach=60, **changes))
        data = data[:, 3]
    else:
        axes = ("inline" if kind == "crosslines" else "crossline", "time")
        trained = network(2, axes=axes)
    results = []
    for slab in (250_000, 1):
        monkeypatch.setattr("geocnn.prediction.work._SLAB", slab)
        results.append(predict(trained, data, show_progress=False))
    thick, thin = results
    assert thin.plan.slab < thick.plan.slab or kind == "unpadded"
    np.testing.assert_allclose(thin.array, thick.array, atol=2e-5)
    blank = ~np.isfinite(data) | (data == 0)
    assert not thin.array[blank].any()
    assert thin.array[~blank].all()


def test_a_network_that_looks_at_whole_maps_is_applied_to_tiles_and_it_says_why():
    torch.manual_seed(0)
    arguments = {"ndim": 2, "in_channels": 1, "out_channels": 1, "width": 8, "depth": 2, "norm": "group"}
    card = network(2).card.replace(architecture="unet", arguments=arguments, size_multiple=4, reach=None)
    trained, data = Trained(build("unet", **arguments).eval(), card), survey(60, 50)
    result = predict(trained, data, show_progress=False)
    assert result.plan.network is None
    assert "the layer inc.double_conv.1 normalises by the statistics of the map itself" in str(result.plan)
    assert np.ptp(result.array) > 1e-3


@pytest.mark.parametrize("whole_maps", [False, True])
@pytest.mark.parametrize("done", [(0, 0), (0, 37), (1, 0)])
def test_progress_reaches_its_total_and_never_exceeds_it(whole_maps, done):
    """Padding behind the survey is not computed, and a resumed run begins in the middle."""
    trained, source = network(2), geocnn.open(survey(90, 70))
    if whole_maps:
        arguments = {"ndim": 2, "in_channels": 1, "out_channels": 1, "width": 8, "depth": 2, "norm": "group"}
        changes = {"architecture": "unet", "arguments": arguments}
        trained = Trained(build("unet", **arguments).eval(), trained.card.replace(**changes))
    cpu, told = torch.device("cpu"), []
    work = plan_work(trained, source.grid, tile=(48, 200), allowed=10**9, device=cpu, precision="float32")
    reader = Reader(source, work.tiles, trained.card.normalisation)
    for _ in pieces(work, trained, reader, cpu, "float32", told.append, done):
        assert sum(told) <= len(work) + 1e-9
    assert len(work) > 1
    assert min(told) >= 0
    assert sum(told) == pytest.approx(len(work))


def test_another_number_of_dimensions_or_channels_is_refused():
    with pytest.raises(DataError, match="takes 3-D data"):
        predict(network(3), survey(20, 20), show_progress=False)
    three = network(2, channels=("near", "mid", "far"))
    with pytest.raises(DataError, match="takes 3 channels"):
        predict(three, survey(20, 20), show_progress=False)
    with pytest.raises(DataError, match="no live trace"):
        predict(network(2), np.zeros((20, 20)), show_progress=False)


def test_several_classes_give_the_most_probable_one():
    trained, data = network(2), survey(40, 40)
    torch.manual_seed(1)
    model = build("faultseg", ndim=2, in_channels=1, out_channels=4, width=4, bottleneck=8).eval()
    result = predict(Trained(model, trained.card.replace(classes=("a", "b", "c", "d"))), data, show_progress=False)
    assert set(np.unique(result.array)) <= {0, 1, 2, 3}


@pytest.mark.parametrize("suffix", [".npy", ".zarr", ".sgy"])
def test_a_written_result_is_the_one_in_memory(tmp_path, suffix):
    trained, data = network(3), survey(20, 24, 40)
    expected = predict(trained, data, show_progress=False).array
    out = tmp_path / f"result{suffix}"
    result = predict(trained, data, out, tile=(32, 40, 40), show_progress=False)
    assert result.array is None
    assert result.path == out
    again = geocnn.open(out)
    np.testing.assert_allclose(again.read(tuple(slice(0, n) for n in data.shape)), expected, atol=1e-5)
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


def test_an_interrupted_prediction_leaves_nothing(tmp_path, monkeypatch):
    trained, calls = network(2), []
    read = Reader.read

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return read(*arguments)

    monkeypatch.setattr(Reader, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        predict(trained, survey(100, 100), tmp_path / "a.npy", tile=(16, 16), show_progress=False)
    assert list(tmp_path.iterdir()) == []


def test_bf16_is_close():
    trained, data = network(2), survey(80, 90)
    a = predict(trained, data, show_progress=False).array
    b = predict(trained, data, precision="bf16", show_progress=False).array
    assert 0 < np.abs(a - b).max() < 0.02


PEAK = """if True:
    import re, sys
    from pathlib import Path
    import torch
    from tests.surveys import network, survey
    from geocnn import prediction
    from geocnn.checkpoints import Trained
    from geocnn.models.faultseg import FaultSeg
    from geocnn.prediction import predict
    prediction.aligned = lambda trained: (trained, [])  # a halo of 8 leaves room for strips
    torch.set_num_threads(1)
    what, out, memory = sys.argv[1:]
    trained = network(3) if out else Trained(FaultSeg(3).eval(), network(3).card.replace(reach=8))
    data = survey(80, 96, 112) if what == "array" else what
    result = predict(trained, data, out or None, memory=memory, show_progress=False)
    print(len(result.plan), int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024)
"""


def peak(what: str, out: str, memory: str) -> tuple[int, int]:
    """Tiles, and peak memory in bytes, of a process of its own."""
    tiles, used = map(int, processes.run(PEAK, what, out, memory).split())
    return tiles, used


def test_the_memory_budget_is_respected():
    """In one piece, and in strips."""
    for memory, least in (("2.5GB", 1), ("0.75GB", 2)):
        tiles, used = peak("array", "", memory)
        assert tiles >= least
        assert used <= float(memory[:-2]) * 1e9


def test_memory_does_not_grow_with_the_first_axis(tmp_path):
    """16 times the length."""
    used = []
    for planes in (200, 3200):
        path, data = tmp_path / f"{planes}.zarr", survey(planes, 40, 24)
        with geocnn.io.create(path, like=geocnn.open(data)) as sink:
            sink.write((0, 0, 0), data)
        used.append(peak(str(path), str(tmp_path / f"{planes}-out.zarr"), "2GB")[1])
    assert used[1] < used[0] + 40e6  # in one piece 3000 planes more would be 600 MB of maps


KILLED = """if True:
    import sys, torch
    from tests.surveys import network
    from geocnn.prediction import predict
    torch.set_num_threads(1)
    print(predict(network(3), sys.argv[1], sys.argv[2], show_progress=False).notes)
"""


def marks_in(folder: Path) -> int:
    """How often a process has noted how far it has come."""
    for path in folder.glob(".killed*.done"):
        with contextlib.suppress(FileNotFoundError):  # the next process has just taken it over
            return path.read_text().count("\n")
    return 0


@pytest.mark.parametrize("suffix", [".sgy", ".zarr"])
def test_a_killed_run_goes_on_and_the_file_is_the_same_to_the_last_byte(tmp_path, suffix):
    """SIGKILL at random moments after some slabs were written."""
    data, wait = survey(700, 40, 24), np.random.default_rng(0).uniform(0, 0.1, 3)
    path = tmp_path / "survey.sgy"
    with geocnn.io.create(path, like=geocnn.open(data)) as sink:
        sink.write((0, 0, 0), data)
    torch_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    predict(network(3), path, tmp_path / f"through{suffix}", show_progress=False)
    torch.set_num_threads(torch_threads)
    out = tmp_path / f"killed{suffix}"
    marks = 0
    for delay in wait:
        with processes.Process(KILLED, path, out) as process:
            while process.poll() is None and marks_in(tmp_path) <= marks + 1:
                time.sleep(0.01)
            time.sleep(delay)
            process.kill()
        assert process.returncode == -signal.SIGKILL
        marks = marks_in(tmp_path)
    assert not out.exists()
    assert "an earlier run had done the beginning" in processes.run(KILLED, path, out)
    through = tmp_path / f"through{suffix}"
    if suffix == ".sgy":
        assert out.read_bytes() == through.read_bytes()
    else:
        files = [sorted(p.relative_to(root) for p in root.rglob("*") if p.is_file()) for root in (out, through)]
        assert files[0] == files[1]
        assert all((out / name).read_bytes() == (through / name).read_bytes() for name in files[0])
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([path.name, out.name, through.name])


def test_a_run_of_other_data_or_settings_does_not_go_on(tmp_path):
    """What a killed run left is of use to the same job alone."""
    from geocnn.io.partial import PartialSink

    path = tmp_path / "r.npy"
    for job, resumed in (("one", None), ("one", (3, 5)), ("two", None)):
        process = processes.Process(LEFT, path, job)
        assert process.communicate()[0].strip() == str(resumed)
        assert process.returncode == -signal.SIGKILL
    assert isinstance(geocnn.io.create(path, np.zeros((2, 3))), PartialSink)  # without a job: all is removed
    assert not list(tmp_path.glob("*.done"))


LEFT = """if True:
    import os, signal, sys
    import numpy as np
    from geocnn import io
    sink = io.create(sys.argv[1], np.zeros((4, 6)), job=sys.argv[2])
    print(sink.resumed, flush=True)
    sink.mark(3, 5)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_that_changes_meanwhile_gives_no_result(tmp_path, monkeypatch):
    path, read = tmp_path / "survey.npy", Reader.read
    np.save(path, survey(60, 50))

    def changed(*arguments):
        path.touch()
        return read(*arguments)

    monkeypatch.setattr(Reader, "read", changed)
    with pytest.raises(DataError, match=r"survey\.npy has changed while it was being read; nothing was written"):
        predict(network(2), path, tmp_path / "result.npy", show_progress=False)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".sgy", ".zarr", ".npy"])
def test_a_folder_that_goes_away_meanwhile_is_told_of(tmp_path, monkeypatch, suffix):
    folder, read = tmp_path / "results", Reader.read
    folder.mkdir()
    np.save(tmp_path / "survey.npy", survey(60, 50))

    def gone(*arguments):
        shutil.rmtree(folder, ignore_errors=True)
        return read(*arguments)

    monkeypatch.setattr(Reader, "read", gone)
    with pytest.raises(TargetError, match=rf"cannot write r{suffix} in \S+results: no such file or dir"):
        predict(network(2), tmp_path / "survey.npy", folder / f"r{suffix}", show_progress=False)
    assert [p.name for p in tmp_path.iterdir()] == ["survey.npy"]


@pytest.mark.parametrize(("suffix", "writer"), [(".sgy", (TraceSink, "_put")), (".zarr", (LocalStore, "set"))])
def test_a_disk_that_fills_up_meanwhile_leaves_the_earlier_result(tmp_path, monkeypatch, suffix, writer):
    out, put = tmp_path / f"r{suffix}", Results._put
    predict(network(2), survey(60, 50), out, show_progress=False)
    before = geocnn.open(out).read((slice(None), slice(None)))

    def full(results, start, block):
        if start[0] > 0:
            monkeypatch.setattr(*writer, refuse)
        put(results, start, block)

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Results, "_put", full)
    with pytest.raises(TargetError, match=rf"no room for r{suffix} in \S+: .* nothing was left there"):
        predict(network(2, seed=1), survey(60, 50), out, tile=(16, 50), overwrite=True, show_progress=False)
    monkeypatch.undo()
    np.testing.assert_array_equal(geocnn.open(out).read((slice(None), slice(None))), before)
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


def test_a_network_of_unknown_reach_sees_everything_at_once():
    """And nothing else but what its size rule needs, which is mirrored at the end."""
    trained, data = network(2, reach=None), survey(120, 90)
    result = predict(trained, data, tile=(16, 16), show_progress=False)
    np.testing.assert_allclose(result.array, whole(trained, data, edge=0), atol=1e-5)


class OfAll(torch.nn.Module):
    """Layers that look along whole axes, some of which return several tensors, or places."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.before, self.after = kind, torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.Conv2d(4, 1, 1)
        if kind in ("GRU", "LSTM"):
            self.along = getattr(torch.nn, kind)(4, 2, batch_first=True, bidirectional=True)
        elif kind == "attention":
            self.along = torch.nn.MultiheadAttention(4, 2, batch_first=True)
        elif kind == "numbers":
            self.numbers = torch.nn.Parameter(torch.randn(40, 50))

    def forward(self, x):
        maps = self.before(x)
        if self.kind == "coordinates":
            return self.after(maps) + 20 * torch.linspace(-1, 1, x.shape[-1])
        if self.kind == "numbers":
            return self.after(maps) + self.numbers
        batch, channels, traces, samples = maps.shape
        rows = maps.permute(0, 2, 3, 1).reshape(batch * traces, samples, channels)
        rows = self.along(rows, rows, rows)[0] if self.kind == "attention" else self.along(rows)[0]
        return self.after(rows.reshape(batch, traces, samples, channels).permute(0, 3, 1, 2))


@pytest.mark.parametrize("kind", ["GRU", "LSTM", "attention", "coordinates", "numbers"])
def test_a_network_of_ones_own_without_reach_gives_what_it_gives_by_itself(kind):
    """In the whole section, of a cube in each."""
    torch.manual_seed(0)
    trained, data = own(OfAll(kind), reach=None, axes=("crossline", "time")), survey(3, 40, 50)
    result = predict(trained, data, show_progress=False)
    x = Normalisation.fit(sample_traces(geocnn.open(data))).apply(data)
    with torch.inference_mode():
        expected = torch.sigmoid(trained.model(torch.from_numpy(x)[:, None]))[:, 0].numpy()
    np.testing.assert_allclose(result.array, expected, atol=1e-6)
    assert "reflection" not in str(result.plan)


def test_memory_is_counted_of_all_tensors_that_a_layer_returns():
    """By hand: on 16 x 16 samples maps of 4 and 1 channels, a recurrent layer of 4 and 1, and its last state."""
    card = network(2).card.replace(size_multiple=1, reach=None)
    samples, state = 16 * 16, 2 * 16 * 2
    largest = [4 * samples, samples, state]
    expected = 4 * (4 * largest[0] + sum(largest)) / samples + 16
    assert per_sample(OfAll("GRU").eval(), card, (16, 16)) == expected
    bare = torch.nn.Module()
    bare.forward = lambda x: x - x.mean()
    assert per_sample(bare, card, (16, 16)) == 4 * 5 + 16


def test_a_result_is_an_array_for_numpy_and_for_pictures(tmp_path):
    result = predict(network(ndim=2), survey(20, 30), show_progress=False)
    assert np.array_equal(np.asarray(result), result.array)
    assert np.asarray(result, dtype=np.float64).dtype == np.float64
    assert np.shares_memory(np.asarray(result), result.array)
    assert not np.shares_memory(np.array(result), result.array)
    np.save(tmp_path / "result.npy", result)
    assert np.array_equal(np.load(tmp_path / "result.npy"), result.array)
    assert np.array_equal(Figure().subplots().imshow(result).get_array(), result.array)


def test_a_result_can_be_pickled_with_its_plan_in_words():
    result = predict(network(ndim=2), survey(20, 30), show_progress=False)
    assert result.plan.network is not None
    kept = pickle.loads(pickle.dumps(result))
    assert np.array_equal(kept.array, result.array)
    assert (str(kept.plan), repr(kept), kept.notes) == (str(result.plan), repr(result), result.notes)
    assert kept.card == result.card
    assert kept.grid == result.grid
    assert copy.deepcopy(result).grid == result.grid


def test_a_result_in_a_file_says_where_and_how_to_read_it(tmp_path):
    result = predict(network(ndim=2), survey(20, 30), tmp_path / "result.npy", show_progress=False)
    with pytest.raises(DataError) as told:
        np.asarray(result)
    path = tmp_path / "result.npy"
    needed = f"the result is no array, it lies in {path}; read it with geocnn.open({str(path)!r}).read(...)."
    assert str(told.value) == needed
    assert geocnn.open(path).read(...).shape == (20, 30)
    assert pickle.loads(pickle.dumps(result)).path == path


def test_prediction_leaves_the_random_numbers_of_the_caller_alone():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    geocnn.predict("faults", survey(20, 30), show_progress=False)
    assert torch.equal(before, torch.get_rng_state())
