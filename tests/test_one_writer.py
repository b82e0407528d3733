"""Two processes that would write the same result: one does, the other is told before its work."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import geocnn
from geocnn import checkpoints
from geocnn.errors import TargetError
from geocnn.io.system import claimed
from geocnn.prediction.journal import Journal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such claims")

HOLDS = """
import os, sys
from geocnn.io.system import claim
handle = os.open(sys.argv[1], os.O_RDONLY)
print(claim(handle), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder():
    """Starts a process that claims a path, and ends it as a kill does."""
    begun: list[subprocess.Popen[str]] = []

    def hold(path: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDS, str(path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        return process

    yield hold
    for process in begun:
        process.kill()
        process.communicate()


def test_a_training_leaves_the_folder_of_another_alone_until_that_is_killed(tmp_path, holder):
    out = tmp_path / "run"
    out.mkdir()
    other = holder(out)
    with pytest.raises(TargetError, match=r"another process is writing into .*run; choose another folder with --out"):
        geocnn.fit("traces", epochs=1, out=out, show_progress=False)
    assert not list(out.iterdir())
    other.kill()
    other.communicate()
    geocnn.fit("traces", epochs=1, out=out, show_progress=False)
    assert (out / checkpoints.CARD).exists()


def test_a_run_to_be_replaced_is_not_touched_while_it_learns(tmp_path, holder):
    out = tmp_path / "run"
    geocnn.fit("traces", epochs=1, out=out, show_progress=False)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    holder(out)
    with pytest.raises(TargetError, match="another process is writing"):
        geocnn.fit("traces", epochs=1, out=out, overwrite=True, show_progress=False)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_trainings_that_begin_together_take_folders_of_their_own(tmp_path):
    command = [sys.executable, "-m", "geocnn", "train", "traces", "--quiet", "--epochs"]
    begun = [
        subprocess.Popen([*command, epochs], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for epochs in ("2", "3")
    ]
    said = [process.communicate()[0] for process in begun]
    assert [process.returncode for process in begun] == [0, 0], said
    runs = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert runs == ["traces", "traces-2"]
    lines = [(tmp_path / "runs" / run / "metrics.csv").read_text().count("\n") for run in runs]
    assert sorted(lines) == [3, 4]


def test_a_training_that_is_killed_is_resumed_though_its_workers_still_live(tmp_path):
    out = tmp_path / "run"
    options = f"--ndim 2 --crop 32 --samples 4000 --batch-size 4 --workers 2 --quiet --out {out}"
    command = [sys.executable, "-m", "geocnn", "train", "faults", *options.split()]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not out.exists():
        assert process.poll() is None
        time.sleep(0.02)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while children.exists() and len(children.read_text().split()) < 2:
        time.sleep(0.001)
    time.sleep(0.5)  # the first thing that they do is to let go
    workers = [int(number) for number in children.read_text().split()] if children.exists() else []
    for worker in workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGSTOP)  # so that they live as long as the test wants
    process.kill()
    process.wait()
    try:
        with claimed(out):
            pass
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def test_a_journal_is_of_one_process(tmp_path, holder):
    path = tmp_path / "c.xml.unfinished"
    path.touch()
    other = holder(path)
    with pytest.raises(TargetError, match=r"c\.xml\.unfinished is being written by another process; wait until"):
        Journal(path)
    other.kill()
    other.communicate()
    with Journal(path):
        pass


def test_a_journal_that_the_other_process_has_removed_is_not_written_on(tmp_path):
    path = tmp_path / "c.xml.unfinished"
    with Journal(path) as first:
        first.add("X 1 00ff", [])
        with pytest.raises(TargetError, match="is being written by another process"):
            Journal(path)
        first.done = True
    assert not path.exists()
    with Journal(path) as second:
        assert not second.has("X 1 00ff")
        second.add("X 1 00ff", [])
    assert path.exists()
