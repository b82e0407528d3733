"""``geocnn train``: what a run leaves in its folder and says, from the command line."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from geocnn.cli import main

SMALL = [
    "--ndim",
    "2",
    "--crop",
    "16",
    "16",
    "--samples",
    "2",
    "--model",
    "faultseg",
    "--bottleneck",
    "8",
    "--device",
    "cpu",
    "--quiet",
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def epochs(folder):
    with Path(folder, "metrics.csv").open(encoding="utf-8") as file:
        return [int(row["epoch"]) for row in csv.DictReader(file)]


def test_a_fault_network_is_trained_continued_and_used(capsys):
    assert main(["train", "faults", *SMALL, "--epochs", "1", "--out", "mine"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    scores, picture, following, where = out.splitlines()
    assert {part.split()[0] for part in scores.split(", ")} >= {"loss", "dice", "iou"}
    assert (picture, following) == (
        "picture mine/learning.png",
        "next: geocnn predict mine survey.sgy --out faults.sgy",
    )
    assert where == "run in mine: weights.safetensors, card.json, metrics.csv"
    assert Path("mine/learning.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path("mine/card.json").read_text())["training"]["arguments"]["crop"] == [16, 16]
    assert epochs("mine") == [1]
    assert main(["train", "faults", *SMALL, "--epochs", "2", "--out", "mine", "--resume"]) == 0
    assert epochs("mine") == [1, 2]
    np.save("line.npy", np.random.default_rng(0).standard_normal((20, 30)))
    assert main(["predict", "mine", "line.npy", "--quiet", "--no-picture"]) == 0
    result = np.load("line-mine.npy")
    assert result.shape == (20, 30)
    assert 0 < result.min() <= result.max() < 1


def test_runs_without_a_name_get_the_next_free_one(capsys):
    for _ in range(2):
        assert main(["train", "traces", "--epochs", "1", "--device", "cpu", "--quiet"]) == 0
    last = [line for line in capsys.readouterr().out.splitlines() if line.startswith("run in")]
    assert [line.split(":")[0] for line in last] == ["run in runs/traces", "run in runs/traces-2"]
    for folder in ("runs/traces", "runs/traces-2"):
        assert {"card.json", "metrics.csv", "weights.safetensors", "traces.png"} <= {
            p.name for p in Path(folder).iterdir()
        }


def test_overwrite_starts_again():
    for epochs_, options in (("2", []), ("1", ["--overwrite"])):
        words = ["train", "traces", "--epochs", epochs_, "--out", "mine", "--device", "cpu", "--quiet", *options]
        assert main(words) == 0
    assert epochs("mine") == [1]
