"""Files that take the place of others when they are finished."""

import os
import re
import socket
from pathlib import Path

import numpy as np
import pytest
from tests import processes

from geocnn.errors import FormatError, MissingError, TargetError
from geocnn.io.system import replaced
from geocnn.io.window_files import read_arrays, write_windows


def test_a_file_is_as_it_was_until_the_new_one_is_finished(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replaced(target) as part:
        part.write_text("new")
        assert target.read_text() == "old"
        assert part.suffix == ".txt"  # which tells some libraries what to write
        assert str(os.getpid()) in part.name  # another process writes beside it
    assert target.read_text() == "new"
    with pytest.raises(ZeroDivisionError), replaced(target) as part:
        part.write_text(str(1 / 0))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "new")]


KILLED = """if True:
    import os, signal, sys
    from pathlib import Path
    from geocnn.io.system import replaced
    with replaced(Path(sys.argv[1])) as part:
        part.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_has_left_is_removed_by_the_next(tmp_path):
    target = tmp_path / "a.b.png"
    for path in (tmp_path / "a.png", target):
        processes.Process(KILLED, path).communicate()
    (dead,) = tmp_path.iterdir()  # what the first had left is gone with the second
    assert dead.name.startswith(".a.b.")
    number = re.search(r"(\d+)\.part", dead.name)[1]
    alive = dead.with_name(dead.name.replace(f"{number}.part", f"{os.getppid()}.part"))
    elsewhere = dead.with_name(dead.name.replace(socket.gethostname(), "elsewhere"))  # whose processes nobody knows
    for path in (alive, elsewhere):
        path.write_text("half")
    with replaced(target) as part:
        part.write_text("new")
    assert {file.name for file in tmp_path.iterdir()} == {"a.b.png", alive.name, elsewhere.name}


def test_a_folder_of_years_of_pictures_is_listed_once(tmp_path, monkeypatch):
    listed, iterdir = [], Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: (listed.append(folder), iterdir(folder))[1])
    for day in range(5):
        with replaced(tmp_path / f"{day}.png") as part:
            part.write_text("new")
    assert listed == [tmp_path]


def test_what_goes_wrong_besides_is_not_called_a_file_that_cannot_be_written(tmp_path):
    for error in (MissingError("archive.mseed can no longer be read."), TargetError("b.txt cannot be written.")):
        with pytest.raises(type(error), match=f"^{re.escape(str(error))}$"), replaced(tmp_path / "a.txt"):
            raise error
    said = f"^{tmp_path / 'none/a.txt'} cannot be written \\(no such file or directory\\); make room there, or choose"
    with pytest.raises(TargetError, match=said), replaced(tmp_path / "none" / "a.txt") as part:
        part.write_text("")


def test_windows_are_written_beside_what_another_process_writes(tmp_path, monkeypatch):
    """Two processes with one name for what is not finished would rename, or remove, each other's file."""
    seen = []
    monkeypatch.setattr(
        np, "savez_compressed", lambda part, **arrays: (seen.append(part.name), np.savez(part, **arrays))
    )
    for process in (11, 12):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        write_windows(tmp_path / "w.npz", np.ones((2, 3)), np.zeros(2))
    assert len(set(seen)) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["w.npz"]


def test_an_npy_file_named_npz_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    (tmp_path / "a.npy").rename(tmp_path / "a.npz")
    with pytest.raises(FormatError, match=r"a\.npz is damaged or no \.npz file"):
        read_arrays(tmp_path / "a.npz")
