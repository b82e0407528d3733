"""Handwritten digits: files that are read, windows of the papers, and learning."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

import geocnn
from geocnn.cli import main
from geocnn.errors import DataError
from geocnn.recipes import build

pytest.importorskip("sklearn", reason="scikit-learn brings the small digits")


def idx(array):
    """An IDX file, as LeCun's page describes it."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder like MNIST with a few digits that are written with a ruler."""
    rng = np.random.default_rng(0)
    made = {}
    for part, count in (("train", 30), ("t10k", 12)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = rng.integers(0, 40, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[4 + 2 * label, 4:24] = 255
        made[part] = images, labels
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path, made


def test_idx_files_and_npz_files_give_the_same_digits(mnist, tmp_path):
    folder, made = mnist
    other = tmp_path / "npz"
    other.mkdir()
    for part, name in (("train", "my_train"), ("t10k", "my_test")):
        np.savez(other / f"{name}.npz", images=made[part][0], labels=made[part][1])
    one, two = (build("digits", data=place, shift=0) for place in (folder, other))
    assert torch.equal(one.train.inputs, two.train.inputs)
    assert torch.equal(one.validation.inputs, two.validation.inputs)
    assert one.train.targets.tolist() == made["train"][1].tolist()
    assert len(one.validation) == 12


def test_windows_are_those_of_the_papers(mnist):
    folder, made = mnist
    x = build("digits", data=folder, model="lenet5", shift=0).train.inputs
    assert x.shape == (30, 1, 32, 32)
    assert float(x[0, 0, 0, 0]) == pytest.approx(-0.1)  # background
    assert float(x.max()) == pytest.approx(1.175)  # ink
    np.testing.assert_allclose(x[:, 0, 2:30, 2:30] * 200 + 20, made["train"][0], atol=1e-4)
    x = build("digits", data=folder, model="lenet1989", shift=0).train.inputs
    assert x.shape == (30, 1, 16, 16)
    assert float(x.min()) >= -1
    assert float(x.max()) <= 1
    assert float(x.mean()) == pytest.approx((made["train"][0].mean() - 127.5) / 127.5, abs=0.02)  # nothing is cut off


def test_fewer_digits_can_be_asked_for(mnist):
    made = build("digits", data=mnist[0], train=20, test=5, shift=0)
    assert (len(made.train), len(made.validation)) == (20, 5)


def test_moved_digits_are_new_in_every_epoch_and_the_same_again(mnist):
    made = build("digits", data=mnist[0], shift=2)
    first, again, next_epoch = (made.train[[k]][0] for k in (3, 3, 33))
    assert torch.equal(first, again)
    assert not torch.equal(first, next_epoch)
    assert made.schedule.fresh


@pytest.mark.parametrize(("model", "least"), [("lenet5", 0.9), ("lenet1989", 0.85), ("lenet", 0.9)])
def test_lenets_read_digits_of_people_they_never_met(model, least):
    run = geocnn.fit("digits", model=model, epochs=8, device="cpu", show_progress=False)
    assert run.history[-1]["validation_accuracy"] > least
    assert run.card.architecture == model
    assert len(run.recipe.train) + len(run.recipe.validation) == 1797


def test_the_command_that_is_named_works_as_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert (
        main(["train", "digits", "--epochs", "6", "--train", "600", "--test", "90", "--device", "cpu", "--quiet"]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    following = next(line for line in lines if line.startswith("next: "))
    assert following == "next: geocnn predict runs/digits runs/digits/test.npz --out test-digits.csv"
    accuracy = next(line for line in lines if line.startswith("accuracy ")).split()[1]
    assert main([*following.split()[2:], "--device", "cpu", "--quiet"]) == 0
    assert f"{accuracy} of them as their own labels say" in capsys.readouterr().out
    with np.load("runs/digits/test.npz") as file:
        assert file["x"].shape == (90, 32, 32)
        assert (file["x"].min(), file["x"].max()) == (pytest.approx(0, abs=1e-3), pytest.approx(255, abs=1e-3))


def test_the_plan_of_digits(mnist):
    made = build("digits", data=mnist[0])
    assert made.plan == (
        "data: 30 digits of MNIST, tested on 12 others; windows of 32 x 32 grey values, 0 (paper) to 255 (ink)",
        f"network: lenet5, {sum(p.numel() for p in made.model.parameters()):,} parameters",
    )


def test_a_run_is_judged_again_from_its_card(mnist, tmp_path):
    """There the folder is a string."""
    small = {"model": "lenet1989", "epochs": 1, "out": tmp_path / "run", "device": "cpu", "show_progress": False}
    run = geocnn.fit("digits", data=mnist[0], **small)
    found = geocnn.evaluate(tmp_path / "run", device="cpu", show_progress=False)
    assert found["accuracy"] == pytest.approx(run.history[-1]["validation_accuracy"])


@pytest.mark.parametrize("batch_size", [12, 7, 5])
def test_accuracies_are_those_of_all_test_digits_however_they_are_batched(mnist, batch_size):
    """Of 12 digits 0 and 1 occur twice, the others once, and most are in one batch only."""
    small = {"model": "lenet1989", "epochs": 30, "device": "cpu", "show_progress": False}
    run = geocnn.fit("digits", data=mnist[0], batch_size=batch_size, **small)
    x, y = run.recipe.validation[range(12)]
    with torch.no_grad():
        right = run.model(x).argmax(1) == y
    assert right.any()
    told = {k: v for k, v in run.history[-1].items() if k.startswith("validation_accuracy")}
    by_class = {f"validation_accuracy_{k}": float(right[y == k].float().mean()) for k in range(10)}
    assert told == pytest.approx({"validation_accuracy": float(right.float().mean())} | by_class)
    assert run.card.metrics["validation"] == pytest.approx(
        {"validation_loss": run.history[-1]["validation_loss"]} | told
    )


def test_no_epochs_are_not_the_default_number_of_them():
    with pytest.raises(DataError, match="epochs is 0"):
        build("digits", epochs=0)


def test_a_plain_network_has_no_shortcuts():
    made = build("digits", model="resnet20", residual=False, width=4)
    assert made.card.arguments["residual"] is False
    assert all(block.shortcut is None for block in made.model.layer1)


def test_real_mnist_is_read(data: Path):
    made = build("digits", data=data / "images", shift=0)
    assert (len(made.train), len(made.validation)) == (60_000, 10_000)
    assert torch.bincount(made.validation.targets).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "resnet20"),
        ({"width": 16}, "resnet20"),
        ({"width": 4}, "resnet20-width4"),
        ({"residual": False}, "plain20"),
        ({"residual": False, "width": 4}, "plain20-width4"),
    ],
)
def test_networks_have_the_name_of_what_they_are(options, name):
    made = build("digits", model="resnet20", train=20, test=5, **options)
    assert made.card.name == f"digits-{name}"
    assert made.plan[1].startswith(f"network: {name}, ")
    assert made.card.architecture == "resnet20"
