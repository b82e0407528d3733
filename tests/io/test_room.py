"""Several results that have no room together are refused before any work."""

import shutil

import numpy as np
import pytest

from geocnn import io
from geocnn.errors import TargetError
from geocnn.io.room import check_room, size_of


@pytest.mark.parametrize(("dtype", "itemsize"), [(np.float32, 4), (np.int8, 1)])
@pytest.mark.parametrize("suffix", [".sgy", ".npy"])
@pytest.mark.parametrize("like", ["cube", "hole", "array"])
def test_sizes_are_those_of_the_files(tmp_path, make_segy, suffix, dtype, itemsize, like):
    headers = [{189: 1 + i // 3, 193: 1 + i % 3} for i in range(12 if like == "cube" else 11)]
    file = make_segy(tmp_path / "s.sgy", np.ones((len(headers), 10)), headers)
    source = io.open(np.ones((4, 5, 6)) if like == "array" else file)
    target = tmp_path / f"r{suffix}"
    with io.create(target, source, dtype=dtype):
        pass
    head = 128 if suffix == ".npy" else 0
    assert size_of(target, source, itemsize=itemsize) + head == target.stat().st_size


def test_files_have_room_together(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 1000))
    a, b = tmp_path / "a.sgy", tmp_path / "b.sgy"
    check_room({a: 600, b: 400})
    with pytest.raises(TargetError, match=r"no room for a\.sgy, b\.sgy together: 0\.0012 MB are needed, 0\.001 MB are"):
        check_room({a: 600, b: 600})
    (tmp_path / ".b.sgy.partial-here-1").write_bytes(bytes(300))  # a run that was killed, which goes on
    check_room({a: 600, b: 600})


def test_steps_on_the_way_need_room(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 1000))
    folder = tmp_path / ".a.sgy.steps"
    steps = {folder / "0.npy": 400, folder / "1.npy": 400}
    check_room({tmp_path / "a.sgy": 200}, steps)
    says = r"no room for a\.sgy with 2 steps on the way: 0\.0011 MB .*; {}\. Make room or choose another folder\."
    with pytest.raises(TargetError, match=says.format("nothing was left there")):
        check_room({tmp_path / "a.sgy": 300}, steps)
    folder.mkdir()
    (folder / "0.npy").write_bytes(bytes(50))
    with pytest.raises(TargetError, match=says.format("what an earlier run has left there is kept")):
        check_room({tmp_path / "a.sgy": 300}, steps)
    (folder / "0.npy").write_bytes(bytes(400))
    check_room({tmp_path / "a.sgy": 300}, steps)
