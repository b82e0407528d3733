"""Ctrl-C and other signals, in real processes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.messages.materials import network
from tests.processes import CLI, Process, run

from geocnn.cli import main
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed


def test_ctrl_c_in_prediction(here):
    values = np.random.default_rng(0).standard_normal((3000, 600), dtype=np.float32)
    np.save("line.npy", values)
    options = ["--tile", "8", "8", "--out", "mine.sgy"]
    process = start("predict", network(), "line.npy", *options)
    wait_for(lambda: list(Path().glob(".mine.sgy.partial-*")))
    assert interrupt(process) == (130, "geocnn: stopped; no unfinished file was left behind.")
    assert sorted(p.name for p in here.iterdir()) == ["line.npy", "net"]
    np.testing.assert_array_equal(np.load("line.npy"), values)


def test_ctrl_c_in_a_long_prediction_and_on_with_it(here):
    """A minute of work is worth keeping; here any time is."""
    np.save("line.npy", np.random.default_rng(0).standard_normal((6000, 600), dtype=np.float32))
    words = ["predict", network(), "line.npy", "--out", "mine.sgy", "--no-picture"]
    code = "import sys, geocnn.io.partial as p; p._WORTH_KEEPING = 0; from geocnn.cli import main; sys.exit(main())"
    process = Process(code, *words)
    wait_for(lambda: list(Path().glob(".mine.sgy.partial-*.done")))
    said = "geocnn: stopped; what is finished of mine.sgy is kept, and the same command goes on from there."
    assert interrupt(process) == (130, said)
    said = run(CLI, *words)
    assert "note: an earlier run had done the beginning; this one went on from trace" in said
    run(CLI, *words[:4], "through.sgy", *words[5:])  # with as many threads as the others
    assert Path("mine.sgy").read_bytes() == Path("through.sgy").read_bytes()
    assert sorted(p.name for p in here.iterdir()) == ["line.npy", "mine.sgy", "net", "through.sgy"]


KILLED = """
import contextlib, os, signal, sys
from geocnn.cli import main
from geocnn.io import system

finished, replaced, left = int(sys.argv.pop()), system.replaced, []

@contextlib.contextmanager
def killed(path):
    with replaced(path) as part:
        if len(left) == finished:
            os.kill(os.getpid(), signal.SIGKILL)
        left.append(path)
        yield part

system.replaced = killed
main()
"""
"""The command, killed when it has finished so many files and begins with the next one."""


@pytest.mark.parametrize("finished", [0, 1, 2])
def test_killed_while_a_catalogue_is_written_and_on_with_it(here, five_minutes, finished):
    channels = [Channel("XX", "AAA", "", f"HH{code}") for code in "ZNE"]
    pieces = [ArrayPiece.of(c, 0, 100.0, w) for c, w in zip(channels, five_minutes[0], strict=True)]
    write_miniseed(Path("a.mseed"), pieces)
    words = ["predict", "quakes", "a.mseed", "--no-picture", "--detector", "none", "--out", "c.xml"]
    process = Process(KILLED, *words, finished)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    kept = {path.name for path in here.iterdir()}
    assert "c.xml.unfinished" in kept
    assert "c.xml" not in kept  # one that is there is finished
    assert len(kept & {"c.csv", "c-events.csv"}) == finished
    run(CLI, *words)
    run(CLI, *words[:-1], "whole.xml")
    for end in (".xml", ".csv", "-events.csv"):
        assert Path(f"c{end}").read_bytes() == Path(f"whole{end}").read_bytes()
        Path(f"whole{end}").unlink()
    assert sorted(p.name for p in here.iterdir()) == ["a.mseed", "c-events.csv", "c.csv", "c.xml"]


@pytest.mark.usefixtures("here")
def test_ctrl_c_between_many_files():
    for k in range(3):
        np.save(f"{k}.npy", np.random.default_rng(k).standard_normal((300 + 9000 * (k == 2), 600), dtype=np.float32))
    words = ["predict", network(), "0.npy", "1.npy", "2.npy", "--out", "results", "--no-picture"]
    process = Process(CLI, *words)
    wait_for(lambda: list(Path("results").glob(".2-net.npy.partial-*")))
    said = "geocnn: stopped; 2 of 3 files are done, and the same command goes on with the others."
    assert interrupt(process) == (130, said)
    assert sorted(p.name for p in Path("results").iterdir()) == ["0-net.npy", "1-net.npy"]


def test_ctrl_c_in_training_and_on_with_it(here):
    options = ["train", "traces", "--epochs", "4000", "--out", "mine"]
    process = Process(CLI, *options)
    wait_for(Path("mine/metrics.csv").exists)
    said = "geocnn: stopped; the run so far is kept: continue with the same options and --out mine --resume."
    assert interrupt(process) == (130, said)
    assert not list(here.rglob("*.part*"))
    done = len(Path("mine/metrics.csv").read_text().splitlines()) - 1
    assert 0 < done < 4000
    options[3] = str(done + 2)
    assert main([*options, "--resume", "--quiet"]) == 0
    rows = Path("mine/metrics.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(1, done + 3))


def test_ctrl_c_before_anything_was_learnt(here):
    process = start("train", "faults", "--out", "runs/mine")
    libraries = Path(f"/proc/{process.pid}/maps")
    wait_for(lambda: not libraries.exists() or "torch" in libraries.read_text())
    assert interrupt(process) == (130, "geocnn: stopped; no unfinished file was left behind.")
    assert not list(here.iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_batch_systems_and_closed_terminals_stop_it_like_ctrl_c(here, number, code):
    np.save("line.npy", np.random.default_rng(0).standard_normal((3000, 600), dtype=np.float32))
    process = Process(CLI, "predict", network(), "line.npy", "--tile", "8", "8", "--out", "mine.zarr")
    wait_for(lambda: list(Path().glob(".mine.zarr.partial-*")))
    assert interrupt(process, number=number) == (code, "geocnn: stopped; no unfinished file was left behind.")
    assert sorted(p.name for p in here.iterdir()) == ["line.npy", "net"]


def test_nohup_and_the_background_of_a_script(here):
    np.save("line.npy", np.random.default_rng(0).standard_normal((3000, 600), dtype=np.float32))
    words = ["predict", network(), "line.npy", "--tile", "8", "8", "--out", "mine.npy"]
    ignoring = "import signal, sys; [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGHUP, signal.SIGINT)]; "
    code = ignoring + "from geocnn.cli import main; sys.exit(main())"
    process = Process(code, *words)
    wait_for(lambda: list(Path().glob(".mine.npy.partial-*")))
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    assert interrupt(process, number=signal.SIGTERM)[0] == 143
    assert sorted(p.name for p in here.iterdir()) == ["line.npy", "net"]


def start(*arguments: str) -> "subprocess.Popen[str]":
    """The command in a process of its own, which ignores no signal, even where the tests are run with nohup."""
    code = (
        "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
        "from geocnn.__main__ import main; sys.exit(main())"
    )
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE, text=True)


def interrupt(process: "Process | subprocess.Popen[str]", number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """Press Ctrl-C or send another signal; return exit code and last line."""
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    return process.returncode, err.splitlines()[-1]


def wait_for(there: Callable[[], object]) -> None:
    """Wait until something has happened."""
    until = time.monotonic() + 30
    while not there():
        assert time.monotonic() < until
        time.sleep(0.02)
