"""A result is finished or absent: aborted runs, full disks, forbidden targets leave nothing behind."""

import errno
import os
import pickle
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from geocnn import io
from geocnn.errors import DataError, TargetError
from geocnn.grid import Axis, Grid
from geocnn.io import partial

SUFFIXES = [".sgy", ".npy", ".zarr"]


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def interrupted(target, cube, error, **options):
    with io.create(target, io.open(cube[0]), **options) as sink:
        sink.write((0, 0, 0), -cube[1])
        raise error


@pytest.fixture(params=SUFFIXES)
def target(request, cube):
    return cube[0].with_name(f"result{request.param}")


def test_nothing_is_at_the_path_before_commit(cube, target):
    sink = io.create(target, io.open(cube[0]))
    sink.write((0, 0, 0), cube[1])
    assert not target.exists()
    assert names(target.parent) == [f".{target.name}.partial-{socket.gethostname()}-{os.getpid()}", "cube.sgy"]
    sink.commit()
    sink.commit()  # a second time does no harm
    assert names(target.parent) == sorted(["cube.sgy", target.name])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_nothing(cube, target, error):
    with pytest.raises(error):
        interrupted(target, cube, error)
    assert names(target.parent) == ["cube.sgy"]


def test_a_forgotten_sink_leaves_nothing(cube, target):
    sink = io.create(target, io.open(cube[0]))
    sink.write((0, 0, 0), cube[1])
    del sink
    assert names(target.parent) == ["cube.sgy"]


def test_an_existing_result_survives_a_failed_overwrite(cube, target):
    source = io.open(cube[0])
    with io.create(target, source) as sink:
        sink.write((0, 0, 0), cube[1])
    with pytest.raises(ZeroDivisionError):
        interrupted(target, cube, ZeroDivisionError, overwrite=True)
    np.testing.assert_array_equal(io.open(target).read((slice(0, 4), slice(0, 3), slice(0, 20))), cube[1])
    with io.create(target, source, overwrite=True) as sink:
        sink.write((0, 0, 0), -cube[1])
    np.testing.assert_array_equal(io.open(target).read((slice(0, 4), slice(0, 3), slice(0, 20))), -cube[1])
    assert names(target.parent) == sorted(["cube.sgy", target.name])


def test_a_result_that_appeared_meanwhile_is_not_overwritten_and_ours_is_kept(cube, target):
    sink = io.create(target, io.open(cube[0]))
    sink.write((0, 0, 0), -cube[1])
    target.write_text("somebody else's")
    with pytest.raises(TargetError) as error:
        sink.__exit__(None, None, None)
    assert str(error.value) == (
        f"{target} has appeared while its result was being made, and is left as it is; the result is "
        f"{sink.partial}, give that file another name."
    )
    assert target.read_text() == "somebody else's"
    named = sink.partial.rename(target.with_name(f"mine{target.suffix}"))
    assert names(target.parent) == sorted(["cube.sgy", target.name, named.name])
    np.testing.assert_array_equal(io.open(named).read((slice(0, 4), slice(0, 3), slice(0, 20))), -cube[1])


def refused(monkeypatch, target):
    """Let the system not replace a file, as Windows does while another program has it open."""
    rename = Path.replace

    def replace(path, to):
        if target in (path, Path(to)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return rename(path, to)

    monkeypatch.setattr(Path, "replace", replace)


def finished(target, cube, job):
    """A result over one that is there."""
    with io.create(target, io.open(cube[0]), overwrite=True, job=job) as sink:
        resumed = sink.resumed
        sink.write((0, 0, 0), -cube[1])
        sink.mark(4)
    return resumed


@pytest.mark.parametrize("job", ["", "job"])
def test_a_finished_result_is_kept_where_the_old_one_cannot_be_replaced(cube, target, monkeypatch, job):
    with io.create(target, io.open(cube[0])) as sink:
        sink.write((0, 0, 0), cube[1])
    owner = "kept" if job else os.getpid()
    kept = target.with_name(f".{target.name}.partial-{socket.gethostname()}-{owner}")
    again = "run the same command again, which goes on from there, or give the result another name"
    for _ in range(2):  # the program is still not closed
        with monkeypatch.context() as patch:
            refused(patch, target)
            with pytest.raises(TargetError) as error:
                finished(target, cube, job)
        assert str(error.value) == (
            f"{target} cannot be put in its place (permission denied), perhaps because another program has it open; "
            f"the finished result is {kept}. Close the program and "
            f"{again if job else 'give the result its name, or another one'}."
        )
        everything = (slice(0, 4), slice(0, 3), slice(0, 20))
        np.testing.assert_array_equal(io.open(target).read(everything), cube[1])
        shutil.move(kept, there := target.with_name(f"copy{target.suffix}"))
        np.testing.assert_array_equal(io.open(there).read(everything), -cube[1])
        shutil.move(there, kept)
    assert finished(target, cube, job) == ((4,) if job else None)
    np.testing.assert_array_equal(io.open(target).read(everything), -cube[1])
    assert names(target.parent) == sorted(["cube.sgy", target.name])


def test_the_input_is_never_its_own_result(cube, monkeypatch):
    path = cube[0]
    link, hard = path.with_name("link.sgy"), path.with_name("hard.sgy")
    link.symlink_to(path)
    hard.hardlink_to(path)
    monkeypatch.chdir(path.parent)
    content = path.read_bytes()
    for same in (path, link, hard, "cube.sgy", f"../{path.parent.name}/cube.sgy"):
        with pytest.raises(TargetError, match="is the input itself"):
            io.create(same, io.open(path), overwrite=True)
    assert path.read_bytes() == content


def test_a_link_to_elsewhere_is_followed(cube, tmp_path):
    (tmp_path / "disk2").mkdir()
    link = tmp_path / "result.sgy"
    link.symlink_to(tmp_path / "disk2" / "real.sgy")
    with io.create(link, io.open(cube[0])) as sink:
        sink.write((0, 0, 0), cube[1])
    assert link.is_symlink()
    assert names(tmp_path / "disk2") == ["real.sgy"]


@pytest.fixture
def file_size_limit():
    """Let the system refuse to write beyond a size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_disk_that_fills_up_while_the_file_is_laid_out(tmp_path, file_size_limit, suffix):
    values = np.random.default_rng(0).standard_normal((64, 64, 128)).astype(np.float32)
    file_size_limit(200_000)
    with pytest.raises(TargetError, match="MB are needed"), io.create(tmp_path / f"r{suffix}", values) as sink:
        sink.write((0, 0, 0), values)
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_in_the_middle(cube, monkeypatch):
    target = cube[0].with_name("r.sgy")
    sink = io.create(target, io.open(cube[0]))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sink.write((0, 0, 0), cube[1][:1])
    monkeypatch.setattr(sink, "_put", full)
    with pytest.raises(TargetError, match="MB are needed"):
        sink.write((1, 0, 0), cube[1][:1])
    assert names(target.parent) == ["cube.sgy"]


def test_a_disk_known_to_be_too_small(cube, target, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 100))
    with pytest.raises(TargetError, match=r"0\.0001 MB are free"):
        io.create(target, io.open(cube[0]))
    assert names(target.parent) == ["cube.sgy"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_read_only_folder(cube, monkeypatch, number):
    from geocnn.io.tracesink import TraceSink

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(TraceSink, "_put", refuse)
    with pytest.raises(TargetError, match=r"cannot write r\.sgy in"):
        io.create(cube[0].with_name("r.sgy"), io.open(cube[0]))
    assert names(cube[0].parent) == ["cube.sgy"]


KILLED = """
import os, signal, sys
import numpy as np
from geocnn import io
sink = io.create(sys.argv[1], np.ones((3, 4)))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_partials_of_killed_processes_are_removed_by_the_next_result(tmp_path, suffix):
    target = tmp_path / f"r{suffix}"
    subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    host = socket.gethostname()
    (orphan,) = names(tmp_path)
    assert orphan.startswith(f".r{suffix}.partial-{host}-")
    kept = {
        f".r{suffix}.partial-{host}-{os.getppid()}",  # lives
        f".r{suffix}.partial-elsewhere-{orphan.rpartition('-')[2]}",  # of another machine
        f".other{suffix}.partial-{host}-{orphan.rpartition('-')[2]}",  # of another target
        f".r{suffix}.partial-{host}-backup",
    }
    for name in kept:
        (tmp_path / name).touch()
    io.create(target, np.ones((3, 4))).commit()
    assert set(names(tmp_path)) == {*kept, target.name}


@pytest.mark.parametrize("version", [2, 3])
def test_only_a_zarr_array_alone_or_a_result_is_replaced(tmp_path, version):
    def old(name):
        path = tmp_path / name
        zarr.create_array(store=str(path), data=np.ones((3, 4)), chunks=(1, 2), zarr_format=version)
        return path

    values = np.full((3, 4), 2.0, np.float32)
    plain = old("plain.zarr")
    with io.create(plain, values, overwrite=True) as sink:
        sink.write((0, 0), values)
    np.testing.assert_array_equal(io.open(plain).read(...), values)
    group = tmp_path / "group.zarr"
    zarr.open_group(str(group), mode="w", zarr_format=version).create_array("a", data=np.ones(3))
    mixed = old("mixed.zarr")
    (mixed / "notes.txt").write_text("mine")
    for path in (group, mixed):
        before = sorted(path.rglob("*"))
        with pytest.raises(TargetError, match="is neither one Zarr array nor one result of geocnn"):
            io.create(path, values, overwrite=True)
        assert sorted(path.rglob("*")) == before


@pytest.mark.parametrize("more", ["", "mask", "notes.txt", "data/mine", "no statement", "damaged"])
def test_a_result_with_more_in_it_is_not_replaced(tmp_path, more):
    values = np.full((3, 4), 2.0, np.float32)
    path = tmp_path / "r.zarr"
    known = {"origin": [0.0, 0.0], "vectors": [[25.0, 0.0]]}
    grid = Grid((Axis("trace", 3), Axis("time", 4, 0, 4, "ms")), {"coordinates": known})
    with io.create(path, io.ArraySource(values, grid)) as sink:
        sink.write((0, 0), values)
    assert set(names(path)) == {"zarr.json", "data", "trace", "time", "cdp_x", "cdp_y"}
    if more == "mask":
        zarr.open_group(str(path)).create_array("mask", data=np.ones(3))
    elif more == "no statement":
        del zarr.open_array(str(path / "data")).attrs["geocnn"]
    elif more == "damaged":
        (path / "data" / "zarr.json").write_text("{")
    elif more:
        (path / more).write_text("mine")
    before = sorted(path.rglob("*"))
    if more:
        with pytest.raises(TargetError, match="is neither one Zarr array nor one result of geocnn"):
            io.create(path, values, overwrite=True)
        assert sorted(path.rglob("*")) == before
        return
    with io.create(path, values + 1, overwrite=True) as sink:
        sink.write((0, 0), values + 1)
    np.testing.assert_array_equal(io.open(path).read(...), 3)
    assert names(tmp_path) == ["r.zarr"]


@pytest.mark.parametrize("suffix", [".npy", ".sgy", ".zarr"])
def test_a_copy_in_another_process_joins_and_owns_nothing(tmp_path, suffix):
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    path = tmp_path / f"r{suffix}"
    with io.create(path, values) as sink:
        joined = pickle.loads(pickle.dumps(sink))
        joined.write((2, 0), values[2:])
        joined.mark(1, 2)
        joined.flush()
        with pytest.raises(DataError, match="is finished by the process that began it"):
            joined.commit()
        joined.abort()
        del joined
        left = pickle.loads(pickle.dumps(sink))
        sink.write((0, 0), values[:2])
    np.testing.assert_array_equal(io.open(path).read(...), values)
    if suffix == ".zarr":  # it does not come back, as Zarr would have it
        with pytest.raises(TargetError, match=r"cannot write r\.zarr"):
            left.write((0, 0), values)
    del left
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_copy_of_what_is_abandoned_cannot_join(tmp_path):
    sink = io.create(tmp_path / "r.npy", np.zeros((4, 6)))
    packed = pickle.dumps(sink)
    sink.abort()
    with pytest.raises(TargetError, match=r"cannot write r\.npy"):
        pickle.loads(packed)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ctrl_c_after_a_minute_keeps_what_is_done_for_the_same_job(tmp_path, monkeypatch, suffix):
    target, values = tmp_path / f"r{suffix}", np.arange(12, dtype=np.float32).reshape(3, 4)

    def begin(job):
        with io.create(target, values, job=job) as sink:
            sink.write((0, 0), values[:2])
            sink.mark(2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):  # seconds of work are not worth a file on the disk
        begin("job")
    assert names(tmp_path) == []
    monkeypatch.setattr(partial, "_WORTH_KEEPING", 0)
    with pytest.raises(KeyboardInterrupt, match=f"what is finished of r{suffix} is kept, and the same command goes on"):
        begin("job")
    with pytest.raises(KeyboardInterrupt, match="is kept"):  # of another job: begins anew
        begin("other")
    assert len(names(tmp_path)) == 2
    with io.create(target, values, job="other") as sink:
        assert sink.resumed == (2,)
        sink.write((2, 0), values[2:])
    np.testing.assert_array_equal(io.open(target).read(...), values)
    assert names(tmp_path) == [target.name]


LEFT_OF_A_JOB = """if True:
    import sys
    import numpy as np
    from geocnn import io
    with io.create(sys.argv[1], np.ones((3, 4)), job="job") as sink:
        sink.write((0, 0), np.full((2, 4), 7.0, np.float32))
        sink.mark(2)
        sink.flush()
        sink.__class__.abort = lambda _: None
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
"""


def left_of_a_killed_run(target):
    """Its files, called as if it had had the number of this process, as in a container that is started again."""
    process = subprocess.Popen([sys.executable, "-c", LEFT_OF_A_JOB, str(target)])
    process.wait()
    for name in names(target.parent):
        path = target.parent / name
        path.rename(target.parent / name.replace(f"-{process.pid}", f"-{os.getpid()}"))
    assert len(names(target.parent)) == 2


@pytest.mark.parametrize("suffix", [".npy", ".zarr"])
def test_a_killed_run_with_the_number_of_this_process_is_gone_on_with(tmp_path, suffix):
    target = tmp_path / f"r{suffix}"
    left_of_a_killed_run(target)
    with io.create(target, np.ones((3, 4)), job="job") as sink:
        assert sink.resumed == (2,)
        sink.write((2, 0), np.full((1, 4), 7.0, np.float32))
    np.testing.assert_array_equal(io.open(target).read(...), 7.0)
    assert names(tmp_path) == [target.name]


def test_marks_of_a_killed_run_are_not_taken_for_those_of_another_job(tmp_path, monkeypatch):
    monkeypatch.setattr(partial, "_WORTH_KEEPING", 0)
    target = tmp_path / "r.npy"
    for lost in (False, True):  # its partial file may be gone, and the marks alone be left
        left_of_a_killed_run(target)
        if lost:
            next(path for path in tmp_path.iterdir() if path.suffix != ".done").unlink()
        sink = io.create(target, np.ones((3, 4)), job="other")
        assert sink.resumed is None
        sink.mark(1)
        with pytest.raises(KeyboardInterrupt, match="is kept"):
            sink.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        with io.create(target, np.ones((3, 4)), job="other") as sink:
            assert sink.resumed == (1,)
        target.unlink()
        assert names(tmp_path) == []


def test_what_this_process_writes_is_left_alone(tmp_path):
    target = tmp_path / "r.npy"
    with io.create(target, np.ones((3, 4)), job="job") as sink:
        sink.mark(1)
        assert not partial.forget_partial(target)
        assert sink.partial.exists()


def test_a_folder_without_permission_is_found_out_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path)  # to root everything is permitted
    with pytest.raises(TargetError) as error:
        partial.check_target(tmp_path / "table.csv", 0, overwrite=False)
    assert str(error.value) == f"cannot write table.csv in {tmp_path}: permission denied; choose another folder."


def test_a_partial_file_that_somebody_shortens_ends_the_work(cube):
    """Headers lie between the samples, and are read from it."""
    target = cube[0].with_name("r.sgy")
    sink = io.create(target, io.open(cube[0]))
    os.truncate(sink.partial, 4000)
    with pytest.raises(TargetError, match=r"cannot write r\.sgy in .*: somebody has shortened \.r\.sgy\.partial"):
        sink.write((0, 0, 0), cube[1])
    assert names(target.parent) == ["cube.sgy"]
