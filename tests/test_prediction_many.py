"""Many surveys in one call: the bytes of one call for each, whatever becomes of some of them."""

import errno
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from tests.surveys import network, survey
from tests.test_prediction_workers import content, one_thread, workers_of, written

import geocnn
from geocnn.checkpoints import load, save
from geocnn.cli import main
from geocnn.errors import DataError
from geocnn.prediction import predict
from geocnn.prediction.many import predict_files

__all__ = ["one_thread"]


@pytest.fixture
def lines(tmp_path) -> list[Path]:
    """Four lines, of which the third is damaged."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    paths = [written(tmp_path / "in" / f"{k}.sgy", survey(300 + 20 * k, 120, seed=k)) for k in range(4)]
    paths[2].write_bytes(paths[2].read_bytes()[:4000])
    return paths


def results(lines: list[Path]) -> list[tuple[Path, Path]]:
    """Where the results go."""
    return [(line, line.parent.parent / "out" / line.name) for line in lines]


def check(outcomes, lines, trained) -> None:
    """All but the damaged one are as those of a call of their own; that one is told of."""
    assert sorted(outcome.file for outcome in outcomes) == lines
    for outcome in outcomes:
        if outcome.file == lines[2]:
            assert outcome.error.startswith("2.sgy is cut")
            assert not outcome.out.exists()
        else:
            alone = lines[0].with_name("alone.sgy")
            predict(trained, outcome.file, alone, overwrite=True, show_progress=False)
            assert content(outcome.out) == content(alone)
            assert (outcome.error, outcome.skipped, outcome.seconds > 0) == ("", False, True)
    assert sorted(p.name for p in (lines[0].parent.parent / "out").iterdir()) == ["0.sgy", "1.sgy", "3.sgy"]


def test_one_after_the_other(lines):
    trained = network(2)
    outcomes = list(predict_files(trained, results(lines), show_progress=False))
    check(outcomes, lines, trained)
    before = (lines[0].parent.parent / "out" / "0.sgy").stat().st_mtime_ns
    again = list(predict_files(trained, results(lines), show_progress=False))
    assert [outcome.file for outcome in again if outcome.skipped] == [lines[0], lines[1], lines[3]]
    assert before == (lines[0].parent.parent / "out" / "0.sgy").stat().st_mtime_ns


def test_a_file_each_by_workers_of_which_one_dies(lines, tmp_path):
    save(tmp_path / "net", network(2).model, network(2).card)
    for number in (0, 1):
        written(lines[number], survey(6000, 120, seed=number))

    def kill() -> None:
        while not list((tmp_path / "out").glob(".*.done")):
            time.sleep(0.005)
        workers_of(os.getpid())[0].send_signal(signal.SIGKILL)

    with ThreadPoolExecutor() as pool:
        killer = pool.submit(kill)
        outcomes = list(predict_files(tmp_path / "net", results(lines), workers=2, show_progress=False))
        killer.result()
    check(outcomes, lines, load(tmp_path / "net"))


def test_few_files_are_shared_among_the_workers(lines, tmp_path):
    pairs = results(lines[:1])
    (outcome,) = predict_files(network(2), pairs, workers=2, log=tmp_path / "log", show_progress=False)
    predict(network(2), lines[0], tmp_path / "alone.sgy", show_progress=False)
    assert content(outcome.out) == content(tmp_path / "alone.sgy")
    assert '"worker": "tcp://' in (tmp_path / "log").read_text()


def test_results_of_one_name_are_refused_before_any_work(lines, tmp_path):
    pairs = [(lines[0], tmp_path / "out" / "r.sgy"), (lines[1], tmp_path / "out" / "r.sgy")]
    with pytest.raises(DataError, match=r"two of the files would have the same result r\.sgy"):
        list(predict_files(network(2), pairs))
    assert not list((tmp_path / "out").iterdir())


def test_the_command(lines, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "net", network(2).model, network(2).card)
    words = ["predict", "net", *(f"in/{line.name}" for line in lines), "--out", "results", "--quiet"]
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert err == "geocnn: 1 of 4 files failed: in/2.sgy.\n"
    assert "in/1.sgy  (2 of 4)" in out
    assert "failed: 2.sgy is cut" in out
    made = ["0-net.png", "0-net.sgy", "1-net.png", "1-net.sgy", "3-net.png", "3-net.sgy"]
    assert sorted(p.name for p in (tmp_path / "results").iterdir()) == made
    written(lines[2], survey(310, 120))
    assert main([*words, "--no-picture"]) == 0
    out, _ = capsys.readouterr()
    assert out.count("exists already, and is left as it is") == 3
    again = geocnn.open(tmp_path / "results" / "2-net.sgy")
    assert again.grid.shape == (310, 120)
    assert main([*words[:-2], "in/0.sgy", "--quiet"]) == 2
    assert "give a folder" in capsys.readouterr().err


def test_a_disk_or_memory_that_fails_costs_one_file(lines):
    """Here with what opens the surveys; a network on a GPU fails with an error of its own."""
    errors = {
        lines[0]: OSError(errno.EIO, os.strerror(errno.EIO), str(lines[0])),
        lines[1]: MemoryError(),
        lines[2]: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    }

    def opened(path):
        if path in errors:
            raise errors[path]
        return geocnn.io.open(path)

    outcomes = list(predict_files(network(2), results(lines), opened=opened, show_progress=False))
    memory = "the machine ran out of memory; give less, with --memory 2GB or a smaller --tile."
    assert [outcome.error for outcome in outcomes] == [
        f"the system refuses {lines[0]}: input/output error; check its name and permissions.",
        memory,
        memory,
        "",
    ]
    assert outcomes[3].out.exists()
    errors[lines[0]] = RuntimeError("a fault of ours")
    with pytest.raises(RuntimeError, match="a fault of ours"):
        list(predict_files(network(2), results(lines[:1]), opened=opened, show_progress=False))
