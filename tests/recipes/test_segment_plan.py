"""What the recipe segment does with what it is given, and what it says before and after it learns."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import geocnn
from geocnn.cli import main
from geocnn.grid import Axis, Grid
from geocnn.io import ArraySource
from geocnn.recipes import build
from geocnn.recipes.segment.report import report

SMALL = {"width": 4, "samples": 8, "epochs": 2, "batch_size": 4}
WORDS = ["train", "segment", "--data", "x.npy", "--labels", "y.npy", "--width", "4", "--samples", "8", "--batch-size"]
WORDS += ["4", "--out", "run", "--device", "cpu"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def layered(shape, *, classes=3):
    """Flat layers of one class and one amplitude each, with noise."""
    y = np.broadcast_to(np.arange(shape[-1]) * classes // shape[-1], shape)
    return (y - 1.0 + np.random.default_rng(0).standard_normal(shape)).astype(np.float32), y.astype(np.float32)


def save(x, y):
    np.save("x.npy", x)
    np.save("y.npy", y)


def test_the_plan_is_said_before_training_unless_quiet(capsys):
    x, y = layered((96, 48))
    y[:10] = -1
    save(x, y)
    assert main([*WORDS, "--epochs", "1", "--classes", "top", "middle", "base"]) == 0
    lines = capsys.readouterr().out.splitlines()
    parameters = sum(p.numel() for p in build("segment", data="x.npy", labels="y.npy", **SMALL).model.parameters())
    assert lines[:6] == [
        "data: x.npy: trace 96, time 48",
        "learns from: x.npy, trace 0..52",
        "judged by: x.npy, trace 77..95",
        "classes to learn: top 33 %, middle 33 %, base 33 % of 2,064 samples; 19 % of the samples are unknown",
        f"network: unet, 2-D (the data are lines), {parameters:,} parameters",
        "windows: 48 x 48 samples (trace, time), 8 an epoch, 4 a step, at most 1 epoch",
    ]
    assert lines[6].startswith("validation ")
    assert lines[-2:] == [
        "1 epoch done; weights of epoch 1 kept",
        "run in run: weights.safetensors, card.json, metrics.csv",
    ]
    assert main([*WORDS, "--epochs", "1", "--overwrite", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("validation ")


def test_sections_are_named_by_their_numbers():
    x, y = layered((40, 30, 32))
    grid = Grid((Axis("inline", 40, 100, 2), Axis("crossline", 30, 300, 1), Axis("time", 32, 0, 4, "ms")))
    given = {"data": ArraySource(x, grid), "labels": ArraySource(y, grid)}
    made = build("segment", **given, inlines=(104, 124, 144, 164), **SMALL)
    assert made.plan[1:3] == (
        "learns from: the data, inline 104, 124, 144, crossline 300..329",
        "judged by: the data, inline 164, crossline 300..329",
    )
    assert "2-D (few sections are labelled)" in made.plan[4]
    near = "from the nearest that is learnt from; farther away the network may do worse than its scores"
    assert made.plan[6] == f"note: what is judged by is 10 inlines {near}"  # every second number is an inline
    narrow = build("segment", **given, crosslines=(300, 302, 304, 306), **SMALL)
    assert narrow.plan[6] == f"note: what is judged by is 2 crosslines {near}"
    assert len(build("segment", **given, **SMALL).plan) == 6
    many = build("segment", **given, inlines=tuple(range(100, 180, 4)), **SMALL).plan[1]
    assert many == "learns from: the data, inline 100, 104, 108, 112, 116, 120, ... 160 (16), crossline 300..329"
    volumes = build("segment", **given, ndim=3, **SMALL)
    assert "3-D (as --ndim says)" in volumes.plan[4]


@pytest.mark.parametrize(
    ("shape", "ndim", "axes", "why"),
    [
        ((6, 60, 32), 2, ("crossline", "time"), "6 inlines are fewer than the 16 of a 3-D window"),
        ((60, 7, 32), 2, ("inline", "time"), "7 crosslines are fewer than the 16 of a 3-D window"),
        ((16, 48, 32), 3, ("inline", "crossline", "time"), "labels are all over the cube"),
    ],
)
def test_a_cube_too_thin_for_volumes_is_learnt_from_its_sections(shape, ndim, axes, why):
    x, y = layered(shape)
    made = build("segment", data=x, labels=y, **SMALL)
    assert made.card.ndim == ndim
    assert made.card.axes == axes
    assert f"{ndim}-D ({why})" in made.plan[4]
    assert build("segment", data=x, labels=y, ndim=3, **SMALL).card.ndim == 3


def test_a_network_with_small_windows_learns_from_thinner_cubes():
    x, y = layered((12, 48, 32))
    assert build("segment", data=x, labels=y, **SMALL).card.ndim == 2
    assert build("segment", data=x, labels=y, model="faultseg", **SMALL).card.ndim == 3


def test_arrays_from_python_are_learnt_from_like_files():
    x, y = layered((96, 48))
    save(x, y)
    files = build("segment", data="x.npy", labels="y.npy", **SMALL)
    for given in ({"data": x, "labels": y}, {"data": [x], "labels": (y,)}):
        arrays = build("segment", **given, **SMALL)
        for a, b in zip(arrays.train[[0, 5]], files.train[[0, 5]], strict=True):
            assert torch.equal(a, b)
    run = geocnn.fit("segment", data=[x, x], labels=[y, y], **SMALL, out="run", device="cpu", show_progress=False)
    assert json.loads((run.folder / "card.json").read_text())["training"]["arguments"]["data"] is None
    assert geocnn.evaluate("run", x, y, device="cpu", show_progress=False)["mean_iou"] > 0


def test_one_number_is_a_crop_of_all_axes():
    x, y = layered((96, 48))
    for crop in (32, (32,), (32, 32), [32]):
        assert build("segment", data=x, labels=y, crop=crop, **SMALL).card.window == (32, 32)
    save(x, y)
    assert main([*WORDS, "--epochs", "1", "--crop", "32", "--quiet"]) == 0
    assert geocnn.load("run").card.window == (32, 32)


def test_an_early_end_and_a_finished_run_are_told(capsys):
    save(*layered((96, 48)))
    words = [*WORDS, "--patience", "1", "--learning-rate", "1e-30"]  # nothing gets better
    assert main([*words, "--epochs", "7"]) == 0
    out, err = capsys.readouterr()
    told = re.search(r"^stopped after epoch (\d) of 7: no better for 1 epoch; weights of epoch (\d) kept$", out, re.M)
    assert told
    assert int(told[1]) == int(told[2]) + 1 < 7
    assert "train segment" in err
    assert main([*words, "--epochs", "7", "--resume"]) == 0
    out, err = capsys.readouterr()
    assert f"run is finished already: {told[1]} epochs done; a larger --epochs or --patience goes on from there" in out
    assert err == ""
    assert main([*words, "--epochs", "9", "--patience", "2", "--resume"]) == 2  # given twice
    words[words.index("--patience") + 1] = "2"
    assert main([*words, "--epochs", "9", "--resume"]) == 0
    said = f"run goes on: {told[1]} epochs done of 9 (it was to end after 7; the learning rate follows the new number)"
    assert said in capsys.readouterr().out.splitlines()


class Told(torch.nn.Module):
    """Right in one of some windows, wrong everywhere else."""

    def __init__(self, tiles, right):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.inputs, truth = tiles[range(len(tiles))]
        sign = torch.full((len(tiles), 1, 1), -1)
        sign[right] = 1
        self.logits = torch.where(truth == 1, 5.0, -5.0) * sign

    def forward(self, x):
        index = next(i for i, one in enumerate(self.inputs) if torch.equal(one, x[0]))
        return self.logits[index][None, None]


def test_windows_in_the_picture_are_as_large_as_the_data_and_the_best_are_good():
    x, y = layered((70, 40), classes=2)
    made = build("segment", data=x, labels=y, crop=16, validation=0.5, **SMALL)
    tiles = made.validation
    right = next(i for i in range(len(tiles)) if (tiles[[i]][1] == 1).any())
    run = geocnn.fit(made, device="cpu", show_progress=False)
    found = report(replace(run, model=Told(tiles, right)))
    assert [title for title, *_ in found.best] == ["Dice 1.00: the data"]
    assert [title for title, *_ in found.worst] == ["Dice 0.00: the data"] * 3
    for _, data, known, answer, sides in (*found.worst, *found.best):
        assert data.shape == known.shape == answer.shape
        assert [name for name, *_ in sides] == ["trace", "time (samples)"]
        part = tuple(slice(int(first), int(last) + 1) for _, first, last in sides)
        np.testing.assert_array_equal(known, y[part])  # of another size if a window went beyond the data
        assert np.corrcoef(data.ravel(), x[part].ravel())[0, 1] > 0.99
    none = report(replace(run, model=Told(tiles, [])))
    assert none.best == []


def test_classes_without_a_score_are_named(capsys, monkeypatch):
    scores = {"mean_iou": 0.5, "accuracy": 0.75, "iou_sand": 0.5, "iou_salt_dome": np.nan, "iou_sky": np.nan}
    monkeypatch.setattr("geocnn.recipes.evaluate", lambda *_, **__: scores)
    assert main(["evaluate", "faults"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mean iou      0.5000",
        "accuracy      0.7500",
        "iou sand      0.5000",
        "iou salt dome undefined",
        "iou sky       undefined",
        "nowhere in the labels, and not counted in mean IoU: salt dome, sky",
    ]
