"""The log of a prediction: every line parses, and together they tell of everything once."""

import contextlib
import errno
import json
import os
import signal
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from tests import processes
from tests.surveys import network, survey

import geocnn
from geocnn.errors import TargetError
from geocnn.prediction import predict
from geocnn.prediction.mirrored import predict_mirrored
from geocnn.prediction.stretched import predict_stretched
from geocnn.reading import Reader


def lines(path: Path) -> list[dict]:
    """All lines of a log."""
    text = path.read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def covered(parts: list[dict], tiles: int, planes: int) -> np.ndarray:
    """How often each plane of each tile was finished."""
    counts = np.zeros((tiles, planes), int)
    for part in parts:
        counts[part["tile"] - 1, slice(*part["planes"])] += 1
    return counts


@pytest.mark.parametrize("out", [None, "r.sgy", "r.zarr"])
def test_the_lines_tell_of_everything_once(tmp_path, out):
    data, log = survey(150, 70, 40), tmp_path / "log"
    result = predict(
        network(3), data, out and tmp_path / out, tile=(200, 56, 80), log=log, device="cpu", show_progress=False
    )
    begun, *parts, finished = lines(log)
    assert (begun["event"], finished["event"]) == ("begun", "finished")
    assert begun["network"] == "random"
    assert begun["input"] == "an array"
    assert begun["output"] == (out and str(tmp_path / out))
    assert begun["plan"] == str(result.plan)
    assert begun["precision"] == "float32"
    assert begun["device"] == "cpu"
    assert begun["versions"]["geocnn"] == geocnn.__version__
    tiles = len(result.plan)
    assert tiles == 2
    assert {part["tiles"] for part in parts} == {tiles}
    assert {part["of"] for part in parts} == {150}
    assert (covered(parts, tiles, 150) == 1).all()
    assert len(parts) > 2 * tiles
    assert sum(part["samples"] for part in parts) == data.size
    assert parts[-1]["left"] == 0
    assert all(50e6 < part["memory"] < 50e9 for part in parts)
    assert sum(part["seconds"] for part in parts) <= finished["seconds"] + 0.001 * len(parts)
    times = [datetime.fromisoformat(line["time"]) for line in (begun, *parts, finished)]
    assert times == sorted(times)
    last = parts[-1]
    assert last["rate"] == pytest.approx(data.size / sum(part["seconds"] for part in parts), rel=0.05)


def test_dead_tiles_are_not_waited_for(tmp_path):
    data = survey(60, 400)
    data[20:] = 0
    predict(network(2), data, tile=(16, 400), log=tmp_path / "log", show_progress=False)
    parts = lines(tmp_path / "log")[1:-1]
    assert parts[-1]["left"] == 0
    assert parts[-1]["planes"][1] <= 32


def test_an_interrupted_and_a_failed_run_say_so(tmp_path, monkeypatch):
    log, read, calls = tmp_path / "log", Reader.read, []

    def broken(*arguments):
        calls.append(1)
        if len(calls) % 3 == 0:
            raise KeyboardInterrupt if len(calls) == 3 else ValueError("a broken disk")
        return read(*arguments)

    monkeypatch.setattr(Reader, "read", broken)
    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error):
            predict(network(2), survey(100, 100), tile=(16, 16), log=log, show_progress=False)
    found = lines(log)  # the second run is appended
    events = [line["event"] for line in found if "event" in line]
    assert events == ["begun", "interrupted", "begun", "failed"]
    assert found[-1]["error"] == "a broken disk"


LOGGED = """if True:
    import sys, torch
    from tests.surveys import network
    from geocnn.prediction import predict
    torch.set_num_threads(1)
    predict(network(3), *sys.argv[1:3], log=sys.argv[3], show_progress=False)
"""


def test_a_killed_run_leaves_a_readable_log_and_goes_on_with_it(tmp_path):
    path, log = tmp_path / "survey.npy", tmp_path / "log"
    np.save(path, survey(500, 40, 24))
    words = path, tmp_path / "r.npy", log
    with processes.Process(LOGGED, *words) as process:
        while process.poll() is None and (not log.exists() or log.read_text().count("\n") < 3):
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    begun, *parts = lines(log)
    assert begun["event"] == "begun"
    assert parts
    processes.run(LOGGED, *words)
    again = lines(log)[1 + len(parts) :]
    assert [line["event"] for line in (again[0], again[-1])] == ["begun", "finished"]
    assert again[1]["planes"][0] >= parts[-1]["planes"][1]  # a plane that was noted as finished is not made again
    assert again[-2]["planes"][1] == 500
    assert again[-2]["left"] == 0


def test_a_log_that_cannot_go_on_costs_a_note_and_not_the_result(tmp_path, monkeypatch):
    write, log = os.write, tmp_path / "log"

    def full(file: int, data: bytes) -> int:
        if b"planes" in data:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data)

    monkeypatch.setattr(os, "write", full)
    result = predict(network(2), survey(30, 40), log=log, show_progress=False)
    assert result.notes == [f"the log {log} ends early: no space left on device."]
    assert [line["event"] for line in lines(log)] == ["begun"]


def test_a_log_in_a_place_of_something_else_is_refused_before_any_work(tmp_path, monkeypatch):
    data = tmp_path / "survey.npy"
    np.save(data, survey(30, 40))
    before = data.read_bytes()
    (tmp_path / "notes.txt").write_text("mine")
    monkeypatch.setattr(Reader, "read", None)
    for log, out in ((data, "r.npy"), (tmp_path / "r.npy", "r.npy"), (tmp_path / "notes.txt", "r.npy")):
        with pytest.raises(TargetError, match="choose another --log"):
            predict(network(2), data, tmp_path / out, log=log, show_progress=False)
    with contextlib.suppress(TargetError):  # refused for another reason, before anything was done: no empty log is left
        predict(network(2), data, tmp_path / "no" / "r.npy", log=tmp_path / "log", show_progress=False)
    assert data.read_bytes() == before
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt", "survey.npy"]


def test_something_else_in_json_is_no_log(tmp_path):
    for text in ('{\n "a": 1\n}\n', '{"a": 1}\n', "{", "[1]\n"):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(TargetError, match=r"card\.json exists and is no log of geocnn; choose another --log"):
            predict(network(2), survey(30, 40), log=tmp_path / "card.json", show_progress=False)
        assert (tmp_path / "card.json").read_text() == text
    (tmp_path / "empty").write_text("")
    predict(network(2), survey(30, 40), log=tmp_path / "empty", show_progress=False)
    assert len(lines(tmp_path / "empty")) > 2


@pytest.mark.parametrize("run", [predict, predict_mirrored])
def test_the_result_is_named_and_not_what_is_made_on_the_way(tmp_path, run):
    log, out = tmp_path / "log", tmp_path / "r.npy"
    known = {"log": log, "show_progress": False, "overwrite": True}
    predict_stretched(network(2), survey(60, 80), out, stretch=(1, 0.5), run=run, **known)
    begun, *parts, finished = lines(log)
    assert begun["output"] == str(out)
    assert (begun["event"], finished["event"]) == ("begun", "finished")
    assert all("event" not in part for part in parts)
    assert out.stat().st_mtime <= datetime.fromisoformat(finished["time"]).timestamp() + 0.01
    with pytest.raises(TargetError, match="is the data or the result itself"):
        predict_stretched(network(2), survey(60, 80), out, stretch=(1, 0.5), run=run, **(known | {"log": out}))
    assert len(lines(log)) == len(parts) + 2


def test_a_result_in_memory_is_no_file_on_the_way_to_it(tmp_path):
    predict_stretched(network(2), survey(60, 80), stretch=(1, 0.5), log=tmp_path / "log", show_progress=False)
    assert lines(tmp_path / "log")[0]["output"] is None


def test_mirror_images_are_one_run(tmp_path):
    """Tiles are counted through all four, and what is left is that of all, also where a part is dead."""
    data = survey(60, 60, 24)
    data[:20] = 0
    log, known = tmp_path / "log", {"tile": (24, 60, 24), "device": "cpu", "show_progress": False}
    made = predict_mirrored(network(3), data, tmp_path / "r.npy", log=log, **known)
    begun, *parts, finished = lines(log)
    assert (begun["event"], finished["event"]) == ("begun", "finished")
    assert begun["output"] == str(tmp_path / "r.npy")
    assert all("event" not in part for part in parts)
    tiles = [part["tile"] for part in parts]
    assert tiles == sorted(tiles)
    assert set(tiles) == set(range(1, parts[-1]["tiles"] + 1))
    done = np.cumsum([part["samples"] for part in parts])
    assert done[-1] > 3 * data[20:].size
    first = next(k for k, part in enumerate(parts) if part["planes"][1] == 60)
    assert parts[first]["left"] == pytest.approx((done[-1] - done[first]) / parts[first]["rate"], rel=0.3)
    assert parts[-1]["left"] == 0
    assert finished["seconds"] <= made.seconds
    assert sum(part["seconds"] for part in parts) <= finished["seconds"] + 0.001 * len(parts)


def test_mirror_images_that_are_interrupted_say_so_once(tmp_path, monkeypatch):
    log, calls = tmp_path / "log", []

    def stopped(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return predict(*arguments, **options)

    monkeypatch.setattr("geocnn.prediction.mirrored.predict", stopped)
    with pytest.raises(KeyboardInterrupt):
        predict_mirrored(network(2), survey(60, 40), tmp_path / "r.npy", log=log, show_progress=False)
    assert [line["event"] for line in lines(log) if "event" in line] == ["begun", "interrupted"]


def test_tiles_of_padding_are_not_counted(tmp_path):
    """Traces are live in the middle of the cube alone."""
    data = survey(40, 96, 48)
    data[:, :32] = data[:, 64:] = 0
    made = predict(network(3), data, tile=(40, 16, 48), log=tmp_path / "log", device="cpu", show_progress=False)
    parts = lines(tmp_path / "log")[1:-1]
    counted = [(part["tile"], part["tiles"]) for part in parts]
    assert counted[0][0] == 1
    assert counted[-1][0] == counted[-1][1] < len(made.plan)
    assert {tile for tile, _ in counted} == set(range(1, counted[-1][1] + 1))
