"""``geocnn view`` and ``geocnn.view``: a page at an address until Ctrl-C, and what is said where there is none."""

import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import geocnn
from geocnn.cli import main
from geocnn.errors import TargetError
from geocnn.io.horizons import read_horizon
from geocnn.viewer import page_of
from geocnn.viewer.server import Server, _bound

NOISE = np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32)


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


def test_the_command_serves_the_page_until_ctrl_c(tmp_path):
    np.save(tmp_path / "line.npy", NOISE)
    command = [sys.executable, "-m", "geocnn", "view", "line.npy", "--no-browser"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        url = line.split(" is shown at ")[1].split()[0]
        assert line == f"line.npy is shown at {url} until Ctrl-C\n"
        assert b"<!doctype html>" in get(url)
        assert b'"size":20' in get(f"{url}about")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_in_python_it_is_there_until_it_is_closed():
    with geocnn.view(NOISE, browser=False, wait=False) as server:
        assert b"array 1" in get(f"{server.url}about")
        assert repr(server) == f"geocnn viewer at {server.url}"
        assert f'src="{server.url}"' in server._repr_html_()
    with pytest.raises(OSError, match="refused"):
        get(server.url)


def test_a_port_that_somebody_has_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(TargetError) as error:
            geocnn.view(NOISE, port=port, browser=False, wait=False)
    said = f"port {port} cannot be taken (address already in use); leave --port out for a free one."
    assert str(error.value) == said


def test_no_other_program_can_take_the_port_on_windows(monkeypatch):
    """SO_EXCLUSIVEADDRUSE exists on Windows alone; SO_KEEPALIVE stands for it here."""
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_KEEPALIVE, raising=False)
    with _bound(0) as bound:
        assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert not bound.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


def test_layers_of_another_size_and_axes_that_cannot_be_shown_are_told(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("line.npy", NOISE)
    np.save("small.npy", NOISE[:10])
    np.save("trace.npy", NOISE[0])
    Path("empty").mkdir()
    told = {
        (
            "line.npy",
            "small.npy",
        ): "small.npy has 10 x 30 samples and line.npy 20 x 30 samples; layers lie on one grid, "
        "give geocnn view each of these by itself.",
        ("trace.npy",): "trace.npy has 1 axes, and geocnn view shows lines of two and cubes of three; geocnn info has "
        "a curve of one.",
        ("no.sgy",): "there is no file no.sgy; check the name.",
        ("line.npy", "no.sgy"): "there is no file no.sgy; check the name.",
        (
            "line.npy",
            "--port",
            "99999",
        ): "--port is 99999; needed is a number from 1 to 65535, or 0 for one that is free.",
        ("line.npy", "--stations", "s.xml"): "stations are s.xml, and this is a survey; leave them out, they tell of "
        "seismograms.",
        ("empty",): "empty is a folder and no Zarr store (it has no zarr.json); name a file.",
    }
    for words, sentence in told.items():
        assert main(["view", *words, "--no-browser"]) == 2
        assert capsys.readouterr().err == f"geocnn: {sentence}\n"


def test_faults_of_ours_are_a_sentence_on_the_page(monkeypatch, capfd):
    monkeypatch.setattr("geocnn.viewer.survey.read_panel", lambda *_, **__: {}["amplitude"])
    with geocnn.view(NOISE, browser=False, wait=False) as server:
        query = "layer=0&view=line&left=0&right=20&top=0&bottom=30&width=9&height=9"
        with pytest.raises(urllib.error.HTTPError) as answer:
            get(f"{server.url}slice?{query}")
        said = json.loads(answer.value.read())["error"]
    assert said == "this is a fault of geocnn's (KeyError: 'amplitude'); report it with what you did."
    assert capfd.readouterr() == ("", "")


def test_changes_that_come_while_the_server_ends_are_kept(tmp_path, monkeypatch):
    """Whoever is told that a change is done finds it in the file, however late it was."""
    monkeypatch.chdir(tmp_path)
    page = page_of(NOISE, ())
    server = Server(page)
    post(server.url, "new", name="top")
    done = []

    def click():
        for sample in itertools.cycle(range(2, 28)):
            words = {"number": 0, "trace": 0, "to_trace": 19, "sample": sample, "to_sample": sample}
            try:
                post(server.url, "line", way="straight", layer=0, **words)
            except OSError:
                return
            done.append(sample)
            begun.set()

    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        clicks = pool.submit(click)
        assert begun.wait(20)
        assert server.close() == "picks of top that were not saved are in top.dat."
        clicks.result(20)
    grid = geocnn.open(NOISE).grid
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", grid).values, done[-1])


def test_a_server_that_does_not_start_is_told(monkeypatch):
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    with pytest.raises(TargetError, match=r"the page cannot be served at http://127\.0\.0\.1:\d+/; try another --port"):
        geocnn.view(NOISE, browser=False, wait=False)


def post(url, path, **words):
    request = urllib.request.Request(
        f"{url}horizon/{path}", json.dumps(words).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())
