"""Prediction by many workers: the bytes of one process, whoever dies meanwhile."""

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from tests.processes import Process
from tests.surveys import network, survey
from tests.test_prediction import marks_in
from tests.test_prediction_log import covered, lines

import geocnn
from geocnn import checkpoints
from geocnn.checkpoints import Card, Trained
from geocnn.models import build
from geocnn.prediction import predict
from geocnn.prediction.pieces import to_do
from geocnn.prediction.shares import collides, divided, front
from geocnn.prediction.work import plan_work
from geocnn.reading import Reader


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The last bits may depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[str]:
    """The address of a cluster that runs, whose worker does two tasks at a time."""
    from distributed import LocalCluster

    folder = tmp_path_factory.mktemp("dask")
    options = {"dashboard_address": ":0", "local_directory": folder, "memory_limit": 0}
    with LocalCluster(n_workers=1, threads_per_worker=2, **options) as made:
        yield made.scheduler_address


def written(path: Path, data: np.ndarray) -> Path:
    """A survey in a file."""
    with geocnn.io.create(path, like=geocnn.open(data), overwrite=True) as sink:
        sink.write((0,) * data.ndim, data)
    return path


def content(path: Path) -> dict[str, bytes]:
    """All bytes of a file, or of all files of a folder."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def whole_maps(ndim: int) -> Trained:
    """A network that cannot be streamed, for it normalises with statistics of the window."""
    torch.manual_seed(0)
    arguments = {"ndim": ndim, "in_channels": 1, "out_channels": 1, "width": 4, "depth": 2, "norm": "group"}
    axes = ("inline", "crossline", "time")[3 - ndim :]
    known = {"window": (16,) * ndim, "size_multiple": 4, "reach": 12}
    card = Card("whole", "segmentation", "unet", arguments, ("fault",), ("amplitude",), axes, **known)
    return Trained(build("unet", **arguments).eval(), card)


def dead(data: np.ndarray) -> np.ndarray:
    """With dead traces and samples that are NaN."""
    data[150:170, :20] = 0
    data[300:, 5] = 0
    data[260, 7, 3] = np.nan
    return data


# Through all of it


@pytest.mark.parametrize(
    ("trained", "shape", "tile", "suffix"),
    [
        (network(3), (480, 40, 24), None, ".sgy"),
        (network(3, reach=8), (330, 40, 24), None, ".zarr"),
        (network(3, reach=8), (200, 70, 24), (1000, 40, 24), ".zarr"),  # strips that share chunks
        (network(3, reach=8), (150, 40, 60), (1000, 40, 40), ".sgy"),  # strips that share traces
        (network(2), (130, 40, 24), None, ".zarr"),  # sections of a cube
        (whole_maps(3), (70, 20, 50), (40, 40, 40), ".zarr"),  # windows that share chunks
        (whole_maps(3), (70, 20, 50), (40, 40, 40), ".sgy"),
    ],
)
def test_a_cluster_writes_the_bytes_of_one_process(cluster, tmp_path, trained, shape, tile, suffix):
    data = survey(*shape)
    path = written(tmp_path / "survey.sgy", dead(data) if len(data) > 300 else data)
    one = predict(trained, path, tmp_path / f"one{suffix}", tile=tile, show_progress=False)
    log, out = tmp_path / "log", tmp_path / f"many{suffix}"
    many = predict(trained, path, out, tile=tile, scheduler=cluster, log=log, show_progress=False)
    assert str(many.plan) == str(one.plan)
    assert many.notes == one.notes
    assert content(out) == content(tmp_path / f"one{suffix}")
    begun, *parts, finished = lines(log)
    assert finished["event"] == "finished"
    assert sum(part["samples"] for part in parts) >= 0.9 * data.size  # dead parts may be left out
    assert (covered(parts, begun["tiles"] if "tiles" in begun else parts[0]["tiles"], parts[0]["of"]) <= 1).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["survey.sgy", "log", out.name, f"one{suffix}"])


def test_a_file_in_fortran_order_is_opened_by_the_workers(cluster, tmp_path):
    path = tmp_path / "survey.npy"
    np.save(path, np.asfortranarray(survey(480, 40, 24)))
    predict(network(3), path, tmp_path / "one.npy", show_progress=False)
    predict(network(3), path, tmp_path / "many.npy", scheduler=cluster, show_progress=False)
    assert content(tmp_path / "many.npy") == content(tmp_path / "one.npy")


# Deaths

RUN = """if True:
    import sys, torch
    from geocnn.cli import main
    torch.set_num_threads(1)
    if __name__ == "__main__":
        sys.exit(main(["predict", *sys.argv[1:], "--no-picture", "--device", "cpu", "--quiet"]))
"""


@pytest.fixture
def run(tmp_path) -> Path:
    """A run folder with a network for cubes."""
    trained = network(3)
    checkpoints.save(tmp_path / "net", trained.model, trained.card)
    return tmp_path / "net"


def started(run: Path, data: Path, out: Path, *more: object) -> Process:
    """``geocnn predict --workers 2`` in a process of its own, and of a group of its own."""
    words = [run, data, "--out", out, "--workers", 2, "--log", run.parent / "log", *more]
    here = {"TMPDIR": str(run.parent.parent)}  # where one that is killed leaves a folder
    return Process(RUN, *words, env=here, session=True)


def workers_of(process: int) -> list[psutil.Process]:
    """Its worker processes."""
    children = psutil.Process(process).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def wait_for_parts(log: Path, running: Callable[[], bool]) -> None:
    """Wait until a log tells of a part that is finished."""
    while running() and (not log.exists() or '"planes"' not in log.read_text()):
        time.sleep(0.01)


def test_a_worker_that_is_killed_costs_its_share_alone(tmp_path, run):
    path, log = written(tmp_path / "survey.sgy", survey(1500, 40, 24)), tmp_path / "log"
    predict(checkpoints.load(run), path, tmp_path / "one.sgy", show_progress=False)
    others = workers_of(os.getpid())  # of the cluster above

    def kill() -> list[psutil.Process]:
        wait_for_parts(log, lambda: True)
        workers = [worker for worker in workers_of(os.getpid()) if worker not in others]
        workers[0].send_signal(signal.SIGKILL)
        return workers

    with ThreadPoolExecutor() as pool:
        killer = pool.submit(kill)
        predict(run, path, tmp_path / "many.sgy", workers=2, log=log, show_progress=False)
        workers = killer.result()
    assert len(workers) == 2
    assert content(tmp_path / "many.sgy") == content(tmp_path / "one.sgy")
    parts = lines(log)[1:-1]
    assert (covered(parts, 1, 1500) == 1).all()
    assert not any(worker.is_running() for worker in workers)


def test_a_killed_run_goes_on_in_a_cluster(cluster, tmp_path, run):
    path = written(tmp_path / "survey.sgy", survey(1500, 40, 24))
    predict(checkpoints.load(run), path, tmp_path / "one.zarr", show_progress=False)
    out = tmp_path / "killed.zarr"
    process = started(run, path, out)
    while process.poll() is None and not marks_in(tmp_path):
        time.sleep(0.01)
    workers = workers_of(process.pid)
    process.kill()
    process.communicate()
    psutil.wait_procs(workers, timeout=10)
    assert not any(worker.is_running() for worker in workers)
    assert marks_in(tmp_path)
    result = predict(checkpoints.load(run), path, out, scheduler=cluster, show_progress=False)
    assert result.notes[0].startswith("an earlier run had done the beginning; this one went on from inline")
    assert content(out) == content(tmp_path / "one.zarr")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["killed.zarr", "log", "net", "one.zarr", "survey.sgy"]


def test_ctrl_c_stops_all_of_them_and_leaves_nothing(tmp_path, run):
    path = written(tmp_path / "survey.sgy", survey(4000, 40, 24))
    process = started(run, path, tmp_path / "mine.zarr")
    wait_for_parts(tmp_path / "log", lambda: process.poll() is None)
    workers = workers_of(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "geocnn: stopped; no unfinished file was left behind.\n")
    assert not any(worker.is_running() for worker in workers)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log", "net", "survey.sgy"]
    assert lines(tmp_path / "log")[-1]["event"] == "interrupted"


def test_what_goes_wrong_in_a_worker_is_told_as_here(cluster, tmp_path):
    path = written(tmp_path / "survey.zarr", survey(480, 40, 24))
    chunk = sorted(p for p in (path / "data" / "c").rglob("*") if p.is_file())[-1]
    source = geocnn.open(path)
    source.scan()
    chunk.write_bytes(b"broken")
    with pytest.raises(geocnn.errors.FormatError, match=r"survey\.zarr has a damaged chunk"):
        predict(network(3), source, tmp_path / "r.sgy", scheduler=cluster, show_progress=False)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


# How the work is divided


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    ("trained", "shape", "tile", "done"),
    [
        (network(3), (900, 40, 24), None, (0, 0)),
        (network(3), (900, 40, 24), None, (0, 131)),
        (network(3), (700, 90, 24), (300, 40, 24), (3, 290)),
        (network(2), (130, 700, 24), None, (7, 100)),
        (network(2, axes=("crossline", "time")), (300, 40, 24), None, (0, 0)),
        (network(2), (700, 90), (1000, 40), (0, 0)),
        (whole_maps(2), (300, 90), (40, 40), (5, 0)),
    ],
)
@pytest.mark.parametrize("units", [(1, 1, 24), (64, 64, 128)])
def test_shares_cover_what_is_to_be_done_once_and_no_chunk_twice(trained, shape, tile, done, units, workers):
    data, units = survey(*shape), units[: len(shape) - 1] + units[-1:]
    data[30:60, :9] = 0
    source, device = geocnn.open(data), torch.device("cpu")
    options = {"allowed": 4_000_000_000, "device": device, "precision": "float32"}
    work = plan_work(trained, source.grid, tile=tile, **options)
    tiles = to_do(work, Reader(source, work.tiles, {}), done)
    shares = divided(work, tiles, units, 4 * workers)
    assert len(shares) <= 16 * workers
    counts, owners = np.zeros(shape, int), np.full(shape, -1)
    for k, share in enumerate(shares):
        for number in share.tiles:
            box = tiles[number]
            if share.region is not None:
                box = tuple(
                    slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(box, share.region, strict=True)
                )
            counts[box] += 1
            owners[box] = k
    wanted = np.zeros(shape, int)
    for box in tiles.values():
        wanted[box] = 1
    np.testing.assert_array_equal(counts, wanted)
    if work.network is not None:
        assert not collides(work, units)
        for corner in itertools.product(*(range(0, n, u) for n, u in zip(shape, units, strict=True))):
            chunk = owners[tuple(slice(c, c + u) for c, u in zip(corner, units, strict=True))]
            assert len(set(np.unique(chunk)) - {-1}) <= 1
    check_front(work, tiles, shares, done)


def check_front(work, tiles, shares, done) -> None:
    """Behind the front nothing is missing, with shares that finish in any order; at the end it is the end."""
    order, axis, mark = np.random.default_rng(0).permutation(len(shares)), work.axes[0], done
    for count in range(1, len(shares) + 1):
        finished = [shares[k] for k in order[:count]]
        mark = front(work, tiles, finished, mark)
        for number, box in tiles.items():
            behind = range(box[axis].start, box[axis].stop if number < mark[0] else mark[1] * (number == mark[0]))
            for plane in (behind[0], behind[-1]) if behind else ():
                own = [s for s in finished if number in s.tiles]
                assert any(s.region is None or plane in range(s.region[axis].start, s.region[axis].stop) for s in own)
    assert mark == (len(work), 0)
