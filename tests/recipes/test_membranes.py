"""The U-Net's own example: windows, weights, whole sections, and prediction by an unpadded network."""

import numpy as np
import pytest
import torch

import geocnn
from geocnn.metrics import mask_confusion, pixel_scores
from geocnn.recipes import build


@pytest.fixture
def sections(tmp_path):
    """Rings of cells with dark walls."""
    rows, columns = np.indices((64, 80))
    wall = ((rows // 1) % 16 < 3) | (columns % 20 < 3)
    rng = np.random.default_rng(0)
    image = np.stack([np.where(wall, 60, 180) + rng.normal(0, 15, wall.shape) for _ in range(4)])
    path = tmp_path / "cells.npz"
    np.savez(path, image=image.clip(0, 255).astype(np.uint8), interior=np.broadcast_to(~wall, image.shape))
    return path


def test_crops_are_cut_from_the_sections_with_their_labels(sections):
    made = build(
        "membranes", data=sections, width=4, crop=32, test=1, samples=5, elastic=0, noise=0, amplitude=1, offset=(0, 0)
    )
    x, y = made.train[[0, 1, 2, 3, 4]]
    assert x.shape == (5, 1, 32, 32)
    assert y.shape == (5, 2, 32, 32)
    assert (y[:, 1] == 1).all()
    assert float(x[y[:, :1] > 0.5].mean()) < -0.5  # walls are dark
    assert float(x[y[:, :1] < 0.5].mean()) > 0.3
    assert torch.equal(made.train[[3]][0], x[3:4])
    assert not torch.equal(made.train[[8]][0], x[3:4])


def test_the_last_sections_are_for_testing(sections):
    made = build("membranes", data=sections, width=4, crop=32, test=1, offset=(0, 0))
    assert len(made.validation) == 1
    x, y = made.validation[[0]]
    assert x.shape[2:] == y.shape[2:] == (64, 80)
    with np.load(sections) as file:
        values = np.sort(file["image"][3].ravel().astype(float))  # a section is normalised by its own grey values
        middle = values[(values >= np.quantile(values, 0.001)) & (values <= np.quantile(values, 0.999))]
        expected = ((file["image"][3] - middle.mean()) / middle.std()).clip(-4, 4)
        np.testing.assert_allclose(x[0, 0], expected, atol=1e-5)
        np.testing.assert_array_equal(y[0, 0].bool(), ~file["interior"][3])


def test_border_weights_are_asked_for(sections):
    made = build("membranes", data=sections, width=4, crop=32, test=1, border_weight=10.0, elastic=0)
    y = made.train[[0]][1]
    assert float(y[:, 1].max()) == pytest.approx(
        1 + 10 * np.exp(-(4**2) / 50), rel=1e-5
    )  # walls of 3: 4 from cell to cell
    assert (y[:, 1][y[:, 0] < 0.5] == 1).all()


def test_a_small_u_net_learns_walls_and_is_applied_to_a_section(sections):
    run = geocnn.fit(
        "membranes",
        data=sections,
        width=4,
        crop=48,
        test=1,
        samples=16,
        epochs=12,
        learning_rate=1e-2,
        elastic=2,
        offset=(0, 0),
        device="cpu",
        show_progress=False,
    )
    assert run.history[-1]["validation_pixel_error"] < 0.05
    with np.load(sections) as file:
        found = geocnn.predict(run, file["image"][3], show_progress=False)
        assert ((found.array > 0.5) != ~file["interior"][3]).mean() < 0.05


def test_an_unpadded_network_answers_for_every_sample_whatever_the_tiles(tmp_path):
    """Mirrored borders (Figure 2 of the paper): each answer is that of the network on a window about it."""
    rng = np.random.default_rng(1)
    path = tmp_path / "noise.npz"
    np.savez(path, image=rng.integers(0, 255, (2, 252, 260), np.uint8), interior=rng.random((2, 252, 260)) < 0.5)
    made = build("membranes", data=path, model="unet2015", width=4, test=1, offset=(0, 0))
    x, y = made.train[[0, 1]]
    assert x.shape == (2, 1, 252, 252)
    assert y.shape == (2, 2, 68, 68)
    assert made.model(x).shape == (2, 1, 68, 68)
    xv, yv = made.validation[[0]]
    with torch.no_grad():
        logits = made.model.eval()(xv)
    assert logits.shape[2:] == yv.shape[2:]
    assert (yv[:, 1, :252, :260] == 1).all()
    assert float(yv[:, 1].sum()) == 252 * 260
    assert 0 <= pixel_scores(mask_confusion(logits, yv))["pixel_error"] <= 1

    from geocnn.checkpoints import Trained

    with np.load(path) as file:
        image = file["image"][1]
    trained = Trained(made.model.eval(), made.card)
    whole = geocnn.predict(trained, image, show_progress=False)
    tiled = geocnn.predict(trained, image, tile=(128, 96), show_progress=False)
    assert len(tiled.plan) > 1
    np.testing.assert_allclose(tiled.array, whole.array, atol=1e-5)
    # The middle of the section, from a window of the section itself.
    margin = made.card.margin
    first = margin + 36  # 16 + 92 samples lie before the survey: the poolings begin at 4
    window = xv[:, :, first : first + 188, first : first + 188]
    with torch.no_grad():
        middle = torch.sigmoid(made.model(window))[0, 0]
    np.testing.assert_allclose(whole.array[36 + margin : 40 + margin, 36 + margin : 40 + margin], middle, atol=1e-4)


def test_the_example_is_the_median_section(sections):
    from geocnn.recipes.membranes import example
    from geocnn.training import Run

    made = build("membranes", data=sections, width=4, crop=32, test=3)
    run = Run(made.model.eval(), made.card, history=[], recipe=made)
    found = example(run)
    errors = []
    for k in range(3):
        x, y = made.validation[[k]]
        with torch.no_grad():
            errors.append(pixel_scores(mask_confusion(made.model(x), y))["pixel_error"])
    assert found.image.shape == found.truth.shape == (64, 80)
    assert ((found.probability > 0.5) != found.truth).mean() == pytest.approx(sorted(errors)[1])


def test_pictures_are_moved_onto_their_labels(tmp_path):
    """A smooth picture, moved by whole and by half pixels, is the same function at other places."""
    rows, columns = np.indices((64, 64))
    wave = 128 + 100 * np.sin(rows / 7) * np.cos(columns / 9)
    np.savez(tmp_path / "waves.npz", image=np.stack([wave] * 2), interior=np.ones((2, 64, 64), np.bool_))
    for up, left in ((1.0, 0.0), (0.5, 0.25)):
        made = build("membranes", data=tmp_path / "waves.npz", width=4, crop=32, test=1, offset=(up, left))
        expected = np.sin((rows + up) / 7) * np.cos((columns + left) / 9)
        x, inner = made.train.inputs[0, 0].numpy()[8:-8, 8:-8], expected[8:-8, 8:-8]
        line = np.poly1d(
            np.polyfit(inner.ravel(), x.ravel(), 1)
        )  # normalised by its own grey values, whatever they are
        np.testing.assert_allclose(x, line(inner), atol=4e-3)


def test_a_run_is_judged_again_from_its_card(sections, tmp_path):
    """There the path is a string and the offset a list; the scores are those of all pixels of all sections."""
    small = {"width": 4, "crop": 32, "test": 2, "samples": 2, "epochs": 1, "offset": (0.5, 0.0)}
    with np.load(sections) as file:  # of other shares of walls, and of a size that has to be filled up
        image, interior = file["image"][:, :61], file["interior"][:, :61].copy()
    interior[-1] = True
    np.savez(sections, image=image, interior=interior)
    out = tmp_path / "run"
    run = geocnn.fit("membranes", data=sections, **small, out=out, device="cpu", show_progress=False)
    found = geocnn.evaluate(out, device="cpu", show_progress=False)
    x, y = run.recipe.validation[[0, 1]]
    known = y[:, 1].numpy() > 0
    with torch.no_grad():
        logits, truth = run.model(x)[:, 0].numpy()[known], y[:, 0].numpy()[known] > 0.5
    assert known.sum() == 2 * 61 * 80 < known.size
    assert found["pixel_error"] == pytest.approx(((logits > 0) != truth).mean(), abs=1e-3)
    both = (logits > 0).sum() + truth.sum()
    assert found["dice"] == pytest.approx(2 * ((logits > 0) & truth).sum() / both, abs=1e-3)
    assert found["precision"] == pytest.approx(truth[logits > 0].mean(), abs=1e-3)
    ranked = truth[np.argsort(-logits)]  # all differ
    precision = ranked.cumsum() / np.arange(1, len(ranked) + 1)
    assert found["average_precision"] == pytest.approx(precision[ranked].mean(), abs=1e-3)
    for name in ("pixel_error", "dice"):
        assert run.history[-1][f"validation_{name}"] == pytest.approx(found[name], abs=2e-3)  # bf16
    assert build("membranes", data=str(sections), **small).card.training["arguments"]["data"] == str(sections)


def test_a_section_of_a_network_for_pictures_has_rows_and_columns(sections, tmp_path):
    from geocnn.checkpoints import Trained

    made = build("membranes", data=sections, width=4, crop=32, test=1, offset=(0, 0))
    trained = Trained(made.model.eval(), made.card)
    with np.load(sections) as file:
        np.save(tmp_path / "section.npy", file["image"][3])
        array = file["image"][3]
    opened = geocnn.open(tmp_path / "section.npy")
    for data in (array, tmp_path / "section.npy", opened):
        result = geocnn.predict(trained, data, show_progress=False)
        assert result.grid.names == ("row", "column")
        assert result.array.shape == array.shape
    assert opened.grid.names == ("trace", "time")  # the caller's own
    geocnn.predict(trained, array, tmp_path / "found.zarr", show_progress=False)
    assert geocnn.open(tmp_path / "found.zarr").grid.names == ("row", "column")
    line = geocnn.predict("faults", array, show_progress=False)
    assert line.grid.names == ("trace", "time")


def test_what_is_suggested_next_can_be_typed(sections, tmp_path, monkeypatch, capsys):
    """The test section lies in the run; the network says there what it says of the section itself."""
    from geocnn.cli import main

    monkeypatch.chdir(tmp_path)
    words = "train membranes --width 4 --crop 32 --test 1 --samples 4 --epochs 1 --offset 0 0 --out mb --device cpu"
    assert main([*words.split(), "--data", str(sections), "--quiet"]) == 0
    (last,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("next")]
    assert last == "next: geocnn predict mb mb/section.npy --out membranes.npy"
    assert main([*last.split()[2:], "--quiet"]) == 0
    run = geocnn.load("mb")
    with np.load(sections) as file:
        whole = geocnn.predict(run, file["image"][3], show_progress=False)
    np.testing.assert_allclose(np.load("membranes.npy"), whole.array, atol=0.01)
