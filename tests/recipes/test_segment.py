"""Learning from one's own labels: what is unknown counts for nothing, neighbours do not leak, and it learns."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.image import imread

import geocnn
from geocnn.cli import main
from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.io import ArraySource
from geocnn.io.horizons import read_horizon
from geocnn.recipes import build, evaluate
from geocnn.synthetic.structure import structure

SMALL = {"width": 4, "samples": 8, "epochs": 2, "batch_size": 4}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def layered(shape, *, classes=3, seed=0):
    """Layers of one class each, thick and gently folded; each has an amplitude of its own."""
    generator = np.random.default_rng(seed)
    depth = np.indices(shape)[-1] + 3 * np.sin(np.indices(shape)[0] / 9)
    y = np.clip(depth * classes // shape[-1], 0, classes - 1).astype(np.uint8)
    x = (2.0 * y - classes + 1 + 0.3 * generator.standard_normal(shape)).astype(np.float32)
    return x, y


def save(x, y, name=""):
    """Files for --data and --labels."""
    np.save(f"x{name}.npy", x)
    np.save(f"y{name}.npy", y)
    return {"data": (Path(f"x{name}.npy"),), "labels": (Path(f"y{name}.npy"),)}


def fit(files, **options):
    return geocnn.fit("segment", **files, **SMALL | options, show_progress=False, device="cpu")


def test_samples_of_unknown_class_count_for_nothing():
    """Whatever the network says there, and whatever the labels called unknown: the loss and its slope are the same."""
    for classes in (2, 3):
        x, y = layered((96, 48), classes=classes)
        known = y.astype(np.float32)
        known[20:60, 10:40] = np.nan
        known[70:, ::2] = -1
        made = build("segment", **save(x, known), **SMALL)
        inputs, target = made.train[range(4)]
        assert 0 < (target < 0).float().mean() < 1
        logits = made.model(inputs).detach().requires_grad_()
        made.loss(logits, target).backward()
        blank = (target < 0)[:, None].expand_as(logits)
        assert torch.equal(logits.grad[blank], torch.zeros_like(logits.grad[blank]))
        assert (logits.grad[~blank] != 0).any()
        other = torch.where(blank, 100 * torch.randn_like(logits), logits.detach())
        assert torch.equal(made.loss(other, target), made.loss(logits.detach(), target))
        assert made.metrics(other, target) == made.metrics(logits.detach(), target)
        nothing = torch.full_like(target, -1)
        assert made.loss(logits, nothing) == 0
        assert sum(made.metrics(logits, nothing).values()) == 0
        coded = np.nan_to_num(known, nan=7).astype(np.int16)
        again = build("segment", **save(x, coded), unknown=7, **SMALL)
        assert torch.equal(again.train[range(4)][1], target)


def test_dead_traces_mutes_and_nan_are_of_no_known_class():
    x, y = layered((96, 48))
    x[10] = 0
    x[20, :15] = 0
    x[30, 7] = np.nan
    piece = build("segment", **save(x, y), **SMALL).train.pieces[0]
    assert (piece.y[10] == -1).all()
    assert (piece.y[20, :15] == -1).all()
    assert (piece.y[20, 15:] == y[20, 15:]).all()
    assert piece.y[30, 7] == -1
    assert (piece.y == -1).sum() == 48 + 15 + 1
    # As prediction shows them: filled from a neighbour, normalised with the numbers of the whole survey.
    assert np.isfinite(piece.x).all()
    assert np.array_equal(piece.x[10], piece.x[9]) or np.array_equal(piece.x[10], piece.x[11])
    assert abs(float(piece.x.mean())) < 0.2
    assert 0.8 < float(piece.x.std()) < 1.2


@pytest.mark.parametrize(
    ("shape", "options"), [((40, 30, 24), {"ndim": 3}), ((60, 24, 20), {"ndim": 2}), ((90, 40), {})]
)
def test_what_judges_is_half_a_window_away_from_what_is_learnt(shape, options):
    """Every sample has its own number, so that windows tell where they come from."""
    number = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)
    y = layered(shape)[1]
    made = build("segment", **save(number, y), **SMALL | {"samples": 60}, noise=0, amplitude=1, **options)
    axis = int(np.argmax(shape[:2])) if len(shape) == 3 else 0
    mean, std = number.mean(), number.std()  # clipping is at 4, beyond all of them

    def places(samples, count):
        x, target = samples[range(count)]
        values = x[:, 0][target >= 0].numpy() * np.float64(std) + mean
        return set(np.unravel_index(np.clip(np.rint(values).astype(int) - 1, 0, number.size - 1), shape)[axis].tolist())

    learnt, judged = places(made.train, 60), places(made.validation, len(made.validation))
    gap = made.card.window[axis if made.card.ndim == 3 else 0] // 2
    if options.get("ndim") == 2:  # the sections are inlines, cut along their crosslines
        pieces = made.train.pieces[0].x.shape[0], made.validation.pieces[0].x.shape[0]
        assert pieces[0] + pieces[1] + gap == shape[1]
        return
    assert min(judged) - max(learnt) > gap * 0.9  # statistics of a sample of traces: numbers to a few per cent
    assert max(judged) == shape[axis] - 1


def test_sections_far_apart_judge_as_a_whole_and_files_too():
    x, y = layered((40, 30, 32))
    files = save(x, y)
    made = build("segment", **files, inlines=(2, 12, 22, 32), **SMALL)
    assert made.card.ndim == 2
    assert made.card.axes == ("crossline", "time")
    assert [p.name for p in made.train.pieces] == ["x.npy, inline 2", "x.npy, inline 12", "x.npy, inline 22"]
    assert [p.name for p in made.validation.pieces] == ["x.npy, inline 32"]
    two = {k: (*v, *w) for (k, v), w in zip(files.items(), save(x[:20], y[:20], "2").values(), strict=True)}
    volumes = build("segment", **two, ndim=3, **SMALL)
    assert [p.x.shape for p in (*volumes.train.pieces, *volumes.validation.pieces)] == [(40, 30, 32), (20, 30, 32)]
    sparse = np.full(y.shape, 255, np.uint8)
    sparse[:, [3, 17]] = y[:, [3, 17]]
    found = build("segment", **save(x, sparse), **SMALL)
    assert found.card.axes == ("inline", "time")
    assert [p.name for p in found.validation.pieces] == ["x.npy, crossline 17"]


@pytest.mark.parametrize(
    ("inlines", "crosslines", "apart"),
    [
        ((5, 20, 35, 50), (10, 60), 7),
        ((5, 6, 7, 20, 35, 50), (10, 75), 7),
        ((5, 20), (10, 11, 70, 71), 7),
        ((30,), (40,), 7),
        (tuple(range(0, 60, 2)), (40,), 9),
    ],
)
def test_no_trace_judges_that_lies_at_one_that_is_learnt_where_sections_cross(inlines, crosslines, apart):
    x, y = layered((60, 80, 32))
    made = build("segment", data=x, labels=y, inlines=inlines, crosslines=crosslines, **SMALL)

    def traces(pieces):
        found = []
        for piece in pieces:
            along = piece.axes[0].values
            across = np.full(len(along), piece.section[1])
            found.append(np.stack([across, along] if piece.section[0] == "inline" else [along, across], 1))
        return np.concatenate(found)

    learnt, judged = traces(made.train.pieces), traces(made.validation.pieces)
    distance = np.abs(learnt - judged[:, None]).max(2).min()
    assert distance >= apart
    assert 0.1 < len(judged) / (len(learnt) + len(judged)) < 0.3
    assert len(learnt) + len(judged) > 0.8 * (80 * len(inlines) + 60 * len(crosslines))
    for piece in (*made.train.pieces, *made.validation.pieces):  # what a part holds is what its axes say
        ends = [round(end) for end in (piece.axes[0].start, piece.axes[0].stop)]
        number, part = round(piece.section[1]), slice(ends[0], ends[1] + 1)
        np.testing.assert_array_equal(piece.y, y[number, part] if piece.section[0] == "inline" else y[part, number])
    axis = "inline" if apart == 7 else "crossline"
    assert made.plan[-1].startswith(f"note: what is judged by is {apart} {axis}s from the nearest that is learnt from;")


def test_validation_windows_tile_what_is_known_once():
    x, y = layered((50, 70))
    made = build("segment", **save(x, y), crop=(16, 32), validation=0.4, **SMALL)
    (piece,) = made.validation.pieces
    _, target = made.validation[range(len(made.validation))]
    assert piece.y.shape == (20, 70) or piece.y.shape == (50, 28)
    assert np.array_equal(
        np.bincount(target[target >= 0].numpy(), minlength=3), np.bincount(piece.y.ravel(), minlength=3)
    )
    assert len(made.validation) == -(-piece.y.shape[0] // 16) * -(-piece.y.shape[1] // 32)


def test_a_network_scores_in_prediction_what_validation_says_where_windows_are_as_long_as_traces():
    """Depth alone tells the classes: all that a network can hold on to is where its windows end."""
    x = np.random.default_rng(1).standard_normal((160, 64)).astype(np.float32)
    y = np.broadcast_to(np.arange(64) // 22, x.shape).astype(np.uint8)
    run = fit(save(x, y), crop=(32, 64), epochs=8, samples=64, learning_rate=0.01)
    (piece,) = run.recipe.validation.pieces
    judged = slice(*(round(end) for end in (piece.axes[0].start, piece.axes[0].start + piece.x.shape[0])))
    found = geocnn.predict(run, "x.npy", show_progress=False).array[judged]
    y = y[judged]
    iou = np.mean([((found == k) & (y == k)).sum() / ((found == k) | (y == k)).sum() for k in range(3)])
    assert iou == pytest.approx(run.card.metrics["validation"]["validation_mean_iou"], abs=0.1)


def test_rare_classes_are_met_and_weigh_more():
    x, y = layered((200, 48), classes=2)
    y[:] = 0
    y[30:34, 20:24] = 1
    y[60:90] = 2
    y[180:, :8] = 1
    made = build("segment", **save(x, y), crop=(16, 16), **SMALL | {"samples": 200})
    _, target = made.train[range(200)]
    met = [(target == k).flatten(1).any(1).float().mean() for k in range(3)]
    assert min(met) > 0.15  # a sixth is aimed at each class
    weight = made.loss.loss.keywords["weight"]
    share = np.bincount(np.concatenate([p.y.ravel() for p in made.train.pieces]), minlength=3)
    share = share / share.sum()
    assert np.dot(weight, share) == pytest.approx(1)
    assert weight[2] / weight[0] == pytest.approx(np.sqrt(share[0] / share[2]))
    assert weight[1] / weight[0] == pytest.approx(10)  # the most there is


@pytest.mark.parametrize(
    ("shape", "options", "batch"),
    [
        ((96, 48), {"samples": 9, "batch_size": None}, 9),
        ((96, 48), {"samples": 9, "batch_size": 2}, 3),
        ((96, 48), {"samples": 9, "batch_size": 2, "crop": (16, 32)}, 2),
        ((96, 48), {"samples": 2, "batch_size": 1, "model": "faultseg"}, 1),
        ((48, 32, 24), {"samples": 3, "batch_size": None}, 3),
    ],
)
def test_no_batch_has_a_single_window_of_one_sample_at_the_coarsest_level(shape, options, batch):
    """Batch normalisation has nothing to normalise there."""
    run = fit(save(*layered(shape)), **{"crop": 16, "width": 2, "epochs": 1} | options)
    assert run.recipe.schedule.batch_size == batch
    assert f" {batch} a step" in run.recipe.plan[5]


@pytest.mark.parametrize("classes", [2, 3])
def test_the_recorded_loss_is_that_of_all_that_is_judged(classes):
    """Not a mean over batches, in which classes meet by chance and the last has one window."""
    x, y = layered((90, 90), classes=classes)
    y[:, 70:] = 0
    run = fit(save(x, y), crop=(16, 16), epochs=1, batch_size=8)
    inputs, target = run.recipe.validation[range(len(run.recipe.validation))]
    assert len(target) % 8
    with torch.no_grad():
        whole = run.recipe.loss(run.model(inputs), target)
    assert run.history[0]["validation_loss"] == pytest.approx(float(whole), rel=2e-3)  # in bf16, where there is


def test_windows_depend_on_seed_and_number_alone():
    files = save(*layered((96, 48)))
    one, two = (build("segment", **files, **SMALL) for _ in range(2))
    for a, b in zip(one.train[[3, 11]], two.train[[3, 11]], strict=True):
        assert torch.equal(a, b)
    assert torch.equal(one.train[[3]][0], build("segment", data="x.npy", labels="y.npy", **SMALL).train[[3]][0])
    assert torch.equal(one.train[[11]][0][0], one.train[[3, 11]][0][1])
    assert not torch.equal(one.train[[3]][0], one.train[[11]][0])
    assert not torch.equal(one.train[[3]][0], build("segment", **files, **SMALL | {"seed": 1}).train[[3]][0])


def test_an_unpadded_network_is_judged_where_it_answers():
    x, y = layered((120, 90))
    made = build("segment", **save(x, y), model="unet2015", **SMALL | {"width": 2})
    inputs, target = made.train[[0]]
    margin = made.model.margin
    assert made.model(inputs).shape[2:] == target.shape[1:]
    assert [n - 2 * margin for n in inputs.shape[2:]] == list(target.shape[1:])
    piece = made.validation.pieces[0]
    _, judged = made.validation[range(len(made.validation))]
    assert int((judged >= 0).sum()) == piece.y.size
    assert made.card.margin == margin


def test_layers_are_learnt_resumed_judged_and_applied(capsys):
    """From the command line: the scores of the table are those of the answers, counted anew."""
    x, y = layered((160, 48))
    save(x, y)
    words = ["train", "segment", "--data", "x.npy", "--labels", "y.npy", "--classes", "top", "middle", "base"]
    words += ["--width", "4", "--samples", "64", "--epochs", "6", "--learning-rate", "0.01"]
    words += ["--out", "run", "--device", "cpu", "--quiet"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].split() == ["validation", "precision", "recall", "IoU", "samples"]
    assert [line.split()[0] for line in lines[1:4]] == ["top", "middle", "base"]
    assert "next: geocnn predict run x.npy --out x-run.npy" in lines
    for name in ("learning", "confusion", "windows"):
        assert f"picture run/{name}.png" in lines
        assert Path(f"run/{name}.png").read_bytes().startswith(b"\x89PNG")
    card = json.loads(Path("run/card.json").read_text())
    assert card["classes"] == ["top", "middle", "base"]
    assert card["training"]["arguments"]["data"] == ["x.npy"]
    recorded = card["metrics"]["validation"]
    assert recorded["validation_mean_iou"] > 0.9
    mean = float(next(line for line in lines if line.startswith("mean IoU")).split()[2].rstrip(","))
    assert mean == pytest.approx(recorded["validation_mean_iou"], abs=0.01)
    again = evaluate("run", device="cpu", show_progress=False)
    assert again["mean_iou"] == pytest.approx(mean, abs=0.001)
    assert main(["predict", "run", "x.npy", "--out", "x-run.npy", "--quiet"]) == 0
    found = np.load("x-run.npy")
    assert set(np.unique(found)) <= {0, 1, 2}
    iou = [((found == k) & (y == k)).sum() / ((found == k) | (y == k)).sum() for k in range(3)]
    scored = evaluate("run", "x.npy", "y.npy", device="cpu", show_progress=False)
    assert [scored[f"iou_{n}"] for n in ("top", "middle", "base")] == pytest.approx(iou, abs=1e-6)
    assert min(iou) > 0.85
    assert main([*words, "--resume"]) == 0


def test_what_has_changed_since_it_was_learnt_judges_no_network():
    """Nor does another survey of the same name: windows from the training may be among those to judge by."""
    x, y = layered((96, 48))
    for folder, seed in (("here", 0), ("there", 1)):
        Path(folder).mkdir()
        with contextlib.chdir(folder):
            save(*layered((96, 48), seed=seed))
    with contextlib.chdir("here"):
        run = geocnn.fit("segment", data="x.npy", labels="y.npy", **SMALL, out="run", device="cpu", show_progress=False)
        recorded = run.card.metrics["validation"]["validation_mean_iou"]
        assert evaluate("run", device="cpu", show_progress=False)["mean_iou"] == pytest.approx(recorded, abs=0.01)
        for name, one, other in (("x", x, x[::-1]), ("y", y, np.where(np.indices(y.shape)[0] < 20, -1.0, y))):
            np.save(f"{name}.npy", other)
            for network in ("run", run):
                with pytest.raises(DataError, match=r"run learnt from x\.npy, y\.npy, which have changed since"):
                    evaluate(network, device="cpu", show_progress=False)
            np.save(f"{name}.npy", one)
        assert evaluate("run", device="cpu", show_progress=False)["mean_iou"] == pytest.approx(recorded, abs=0.01)
        shutil.copytree("run", "../there/run")
    with contextlib.chdir("there"), pytest.raises(DataError, match="or others of these names lie there"):
        evaluate("run", device="cpu", show_progress=False)


def test_a_network_that_is_scored_on_what_it_has_learnt_is_told(capsys):
    """Of several surveys the last one was kept to judge by."""
    for name, seed in (("", 0), ("2", 1)):
        save(*layered((96, 48), seed=seed), name)
    fit({"data": "x.npy", "labels": "y.npy"}, out="run", epochs=1)
    fit({"data": ("x.npy", "x2.npy"), "labels": ("y.npy", "y2.npy")}, out="two", epochs=1)
    note = (
        "note: the network learnt from parts of {}, and it may know them by heart; geocnn evaluate without --data "
        "tells how it does with what was kept to judge by."
    )
    for network, data, known in (
        ("run", "x.npy", True),
        ("run", str(Path("x.npy").resolve()), True),
        ("run", "x2.npy", False),
        ("two", "x.npy", True),
        ("two", "x2.npy", False),
    ):
        words = ["evaluate", network, "--data", data, "--labels", "y.npy", "--quiet", "--device", "cpu"]
        assert main(words) == 0
        notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
        assert notes == ([note.format(data)] if known else [])


def test_faults_of_a_volume_are_learnt_in_3_d(capsys):
    sample = structure(0, seed=5, shape=(48, 40, 32))
    save(sample.seismic.numpy(), sample.fault.numpy().astype(np.uint8))
    words = ["train", "segment", "--data", "x.npy", "--labels", "y.npy", "--classes", "fault", "--model", "faultseg"]
    words += ["--width", "4", "--samples", "2", "--epochs", "1", "--out", "run", "--device", "cpu", "--quiet"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["validation", "other", "fault"]
    assert lines[3].startswith("no threshold finds fault better than calling every sample so would: precision 0.083, ")
    assert "picture run/precision-recall.png" in lines
    card = json.loads(Path("run/card.json").read_text())
    assert card["arguments"]["ndim"] == 3
    assert card["axes"] == ["inline", "crossline", "time"]
    assert geocnn.predict("run", "x.npy", show_progress=False, device="cpu").array.shape == (48, 40, 32)


def test_training_goes_on_from_the_shipped_faults_better_than_from_scratch():
    sample = structure(3, seed=77, shape=(160, 96))
    files = save(sample.seismic.numpy(), sample.fault.numpy().astype(np.uint8))
    options = {"samples": 16, "epochs": 1, "width": None, "crop": (64, 64), "classes": ("fault",)}
    shipped = fit(files, **options, from_="faults")
    fresh = fit(files, **options, model="unet")
    first, second = (r.card.metrics["validation"]["validation_loss"] for r in (shipped, fresh))
    assert first < second - 0.1
    assert shipped.card.architecture == "unet"
    assert shipped.card.notes == "Went on from faults."
    origin = geocnn.load("faults", ndim=2)
    assert shipped.card.normalisation == origin.card.normalisation
    # With more classes the last layer starts anew, and only that.
    x, y = layered((160, 48))
    more = build("segment", **save(x, y), from_="faults", samples=4)
    assert more.card.notes == "Went on from faults: all but its last layer, which answered for 1 and now for 3."
    changed = [
        k
        for k, v in origin.model.state_dict().items()
        if not torch.equal(v.expand_as(v), more.model.state_dict()[k])
        if v.shape == more.model.state_dict()[k].shape
    ]
    assert changed == []
    assert more.model(more.train[[0]][0]).shape[1] == 3


def test_a_network_gone_on_from_keeps_its_classes_by_name_and_gives_names_to_numbers():
    """Logits of the same data are those of the network before, in the order of the new names."""
    x, y = layered((96, 48))
    first = fit(save(x, y), classes=("sand", "shale", "salt"), out="a")
    window = first.recipe.train[[0]][0]

    def logits(made):
        with torch.no_grad():
            return made.model.eval()(window)

    wanted, again = logits(first), {"from_": "a", "samples": 4}
    other = build("segment", **save(x, y), **again, classes=("salt", "sand", "shale"))
    torch.testing.assert_close(logits(other), wanted[:, [2, 0, 1]])
    assert other.card.notes == "Went on from a, with its last layer by the names of the classes."
    more = build("segment", **save(*layered((96, 48), classes=4)), **again, classes=("mud", "salt", "sand", "shale"))
    torch.testing.assert_close(logits(more)[:, 1:], wanted[:, [2, 0, 1]])
    assert more.card.notes.endswith("by the names of the classes; mud starts anew.")
    strange = build("segment", **save(x, y), **again, classes=("a", "b", "c"))
    assert strange.card.notes == "Went on from a: all but its last layer, which answered for sand, shale, salt."
    unnamed = build("segment", **save(x, y), **again)
    assert (unnamed.card.classes, unnamed.card.notes) == (
        ("sand", "shale", "salt"),
        "Went on from a, whose names of classes it keeps (sand, shale, salt).",
    )
    torch.testing.assert_close(logits(unnamed), wanted)


def test_a_network_of_one_class_gives_it_its_name():
    sample = structure(3, seed=77, shape=(160, 96))
    files = save(sample.seismic.numpy(), sample.fault.numpy().astype(np.uint8))
    run = fit(files, width=None, samples=2, epochs=1, crop=(32, 32), from_="faults", out="run")
    assert run.card.classes == ("fault",)
    assert run.card.notes == "Went on from faults, whose name of classes it keeps (fault)."
    before, now = (
        made.model.state_dict()
        for made in (geocnn.load("faults", ndim=2), build("segment", **files, from_="faults", samples=2))
    )
    assert all(torch.equal(v, now[k]) for k, v in before.items())
    assert "dice" in evaluate("run", device="cpu", show_progress=False)  # the run has the name from its own card
    salt = build("segment", **files, from_="faults", samples=2, classes=("salt",))
    assert salt.card.notes == "Went on from faults: all but its last layer, which answered for fault."


def test_what_a_network_gone_on_from_has_learnt_judges_nothing():
    for name, seed in (("", 0), ("2", 1)):
        save(*layered((96, 48), seed=seed), name)
    files, two = {"data": "x.npy", "labels": "y.npy"}, {"data": ("x.npy", "x2.npy"), "labels": ("y.npy", "y2.npy")}
    first = fit(files, epochs=1, crop=(16, 16), out="a").recipe.validation.pieces
    second = fit(files, epochs=1, width=None, from_="a", validation=0.5, crop=(32, 32), out="b")
    third = build("segment", **files, from_="b", samples=4, validation=0.4)
    for made in (second.recipe, third):
        assert [piece.x.tobytes() for piece in made.validation.pieces] == [piece.x.tobytes() for piece in first]
        assert made.plan[-1] == (
            "note: what is judged by is what the network gone on from was judged by, too, which learnt from these data"
        )
    shutil.move("a", "elsewhere")
    judged = evaluate("b", device="cpu", show_progress=False)
    assert judged["mean_iou"] == pytest.approx(second.card.metrics["validation"]["validation_mean_iou"], abs=0.01)
    fit(two, epochs=1, out="c")
    swapped = {k: v[::-1] for k, v in two.items()}
    note = "note: the network gone on from learnt from these data, too; it may know by heart what it is judged by"
    assert build("segment", **swapped, from_="c", samples=4).plan[-1] == note
    assert build("segment", **two, from_="c", samples=4).plan[-1] != note
    fit({"data": "x2.npy", "labels": "y2.npy"}, epochs=1, width=None, from_="c", out="d")
    said = []
    evaluate("d", "x.npy", "y.npy", announce=said.append, device="cpu", show_progress=False)
    assert said == [
        "note: the network, or one that it goes back to, learnt from parts of x.npy, and it may know them by heart; "
        "geocnn evaluate without --data tells how it does with what was kept to judge by."
    ]


def test_a_run_goes_on_where_the_network_before_it_and_its_files_are_elsewhere():
    files = save(*layered((96, 48)))
    fit(files, epochs=1, out="a", classes=("sand", "shale", "salt"))
    whole = fit(files, epochs=2, width=None, from_="a", out="whole")
    fit(files, epochs=1, width=None, from_="a", out="part")
    Path("there").mkdir()
    for name in ("a", "x.npy", "y.npy"):
        Path(name).rename(f"there/{name}")
    moved = {"data": "there/x.npy", "labels": "there/y.npy"}
    again = fit(moved, epochs=2, width=None, from_="a", out="part", resume=True)
    assert again.card.classes == ("sand", "shale", "salt")
    assert again.card.normalisation == whole.card.normalisation
    assert again.card.notes == whole.card.notes
    assert again.card.training["start"] == whole.card.training["start"]
    assert again.card.training["arguments"]["from_"] == "a"
    assert [row["epoch"] for row in again.history] == [1, 2]
    assert evaluate("part", device="cpu", show_progress=False)
    np.save("there/x.npy", np.load("there/x.npy")[::-1])
    with pytest.raises(DataError, match="the data that the run in part learns from have changed since it began"):
        fit(moved, epochs=3, width=None, from_="a", out="part", resume=True)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_network_for_sections_goes_through_a_cube_section_by_section(axis):
    x, y = layered((24, 28, 32))
    numbers = tuple(range(0, 20, 8))
    made = build("segment", **save(x, y), **{("inlines", "crosslines")[axis]: numbers}, **SMALL)
    grid = Grid((Axis("inline", 24, 100, 2), Axis("crossline", 28, 300, 1), Axis("time", 32, 0, 4, "ms")))
    trained = geocnn.checkpoints.Trained(made.model.eval(), made.card)
    result = geocnn.predict(trained, ArraySource(x, grid), show_progress=False, device="cpu")
    assert result.grid == grid
    name = grid.names[axis]
    assert result.notes == [f"segment is a network for sections; it went through the cube {name} by {name}."]
    fixed = {"kind": "fixed", "clip": 4.0} | dict(
        zip(("mean", "std"), (float(n) for n in normalisation(x)), strict=True)
    )
    single = geocnn.checkpoints.Trained(made.model, made.card.replace(normalisation=fixed))
    for i in range(0, x.shape[axis], 7):
        own = geocnn.predict(single, np.ascontiguousarray(x.take(i, axis)), show_progress=False, device="cpu").array
        assert np.array_equal(own, result.array.take(i, axis))
    tiled = geocnn.predict(trained, x, tile=(5, 16, 16), show_progress=False, device="cpu")
    assert len(tiled.plan) > len(result.plan)
    assert np.mean(tiled.array == result.array) > 0.999  # another order of sums can move a sample to the next class


def normalisation(x):
    """Mean and deviation of the central 99.8 %, as of the whole survey."""
    low, high = np.quantile(x.astype(np.float64), (0.001, 0.999))
    inner = x[(x >= low) & (x <= high)].astype(np.float64)
    return inner.mean(), inner.std()


def test_crops_suit_the_data_and_the_network():
    x, y = layered((300, 70))
    assert build("segment", **save(x, y), **SMALL).card.window == (128, 80)
    assert build("segment", **save(x[:60], y[:60]), **SMALL).card.window == (32, 80)
    assert build("segment", **save(x, y), **SMALL | {"model": "faultseg"}).card.window == (128, 72)
    assert build("segment", **save(x, y), crop=(64, 32), **SMALL).card.window == (64, 32)
    with pytest.raises(DataError, match="give --crop 64 32"):
        build("segment", **save(x, y), crop=(60, 30), **SMALL)


def test_horizons_on_a_few_lines_become_horizons_on_all_of_them(capsys):
    """Picks on three of twelve inlines, as text; the network's horizons are within two samples on the others."""
    x, y = layered((12, 48, 64))
    grid = Grid((Axis("inline", 12, 100, 1), Axis("crossline", 48, 10, 1), Axis("time", 64, 0, 4, "ms")))
    with geocnn.create("x.sgy", ArraySource(x, grid)) as sink:
        sink.write((0, 0, 0), x)
    tops = [(y >= k).argmax(axis=2) * 4.0 for k in (1, 2)]
    for name, top in zip(("upper", "lower"), tops, strict=True):
        lines = [f"{100 + i} {10 + j} {top[i, j]:.1f}" for i in (0, 5, 11) for j in range(48)]
        Path(f"{name}.dat").write_text("\n".join(lines))
    small = ["--crop", "32", "32", "--width", "8", "--samples", "200", "--epochs", "4", "--learning-rate", "0.01"]
    horizons = ["--horizons", "upper.dat", "lower.dat"]
    assert main(["train", "segment", "--data", "x.sgy", *horizons, *small, "--out", "run", "--quiet"]) == 0
    card = json.loads(Path("run/card.json").read_text())
    assert card["classes"] == ["above upper", "upper to lower", "below lower"]
    assert card["training"]["arguments"]["horizons"] == ["upper.dat", "lower.dat"]
    assert main(["predict", "run", "x.sgy", "--out", "facies.sgy", "--quiet", "--no-picture"]) == 0
    assert main(["interpret", "facies.sgy", "--horizons", "tops", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "run", "--data", "x.sgy", *horizons, "--quiet"]) == 0
    said = capsys.readouterr().out
    for number, top in enumerate(tops, start=1):
        found = read_horizon(f"tops/horizon-{number}.dat", grid)
        assert found.picked == top.size
        assert np.abs(found.values - top).max() <= 10
        error = np.abs(found.values - top)[[0, 5, 11]].mean()
        assert f"error of {('upper', 'lower')[number - 1]}" in said
        assert f"{error:.1f} ms, found on 100% of its picks" in said


def test_horizons_in_the_wrong_order_or_beside_labels_are_refused():
    x, y = layered((12, 48, 64))
    files = save(x, y)
    for name, time in (("upper", 20), ("lower", 40)):
        Path(f"{name}.dat").write_text("".join(f"{i} {j} {time}\n" for i in range(12) for j in range(48)))
    Path("other").mkdir()
    Path("other/upper.dat").write_text(Path("lower.dat").read_text())
    upper, lower, same = Path("upper.dat"), Path("lower.dat"), Path("other/upper.dat")
    for given, said in (
        ({**files, "horizons": (upper, lower)}, "--horizons are given in place of --labels; leave one of the two out."),
        (
            {"data": files["data"], "horizons": (lower, upper)},
            "upper lies above lower; give --horizons from top to bottom.",
        ),
        (
            {"data": files["data"], "horizons": (upper, same)},
            "two horizons are called upper; give files with names that differ.",
        ),
    ):
        with pytest.raises(DataError) as error:
            build("segment", **given, **SMALL)
        assert str(error.value) == said
    with pytest.raises(DataError, match="--horizons are those of a survey; give --data SURVEY as well"):
        evaluate("faults", horizons=[upper])
    with pytest.raises(DataError, match="in place of --labels; leave one of the two out"):
        evaluate("faults", x, y, horizons=[upper])


def test_where_there_are_no_data_there_is_no_class_and_horizons_end_with_the_data():
    x, y = layered((64, 96))
    x[:, 80:] = 0  # padding below, as where traces are shorter
    save(x, y)
    tops = [(y >= k).argmax(axis=1) for k in (1, 2)]
    for name, top in zip(("upper", "lower"), tops, strict=True):
        Path(f"{name}.dat").write_text("".join(f"{i} {t}\n" for i, t in enumerate(top)))
    horizons = ["--horizons", "upper.dat", "lower.dat"]
    small = ["--crop", "32", "32", "--width", "8", "--samples", "200", "--epochs", "4", "--learning-rate", "0.01"]
    assert main(["train", "segment", "--data", "x.npy", *horizons, *small, "--out", "run", "--quiet"]) == 0
    assert main(["predict", "run", "x.npy", "--out", "classes.npy", "--quiet"]) == 0
    found = np.load("classes.npy")
    assert (found[:, 80:] == -1).all()
    assert set(np.unique(found[:, :80])) == {0, 1, 2}
    assert main(["interpret", "classes.npy", "--horizons", "tops", "--quiet"]) == 0
    for number, top in enumerate(tops, start=1):
        lines = np.loadtxt(f"tops/horizon-{number}.dat", comments="#", ndmin=2)
        assert len(lines) == 64
        assert np.abs(lines[:, -1] - top).max() < 3
    picture = imread("classes.png")[..., :3]
    grey = (np.ptp(picture, axis=-1) < 0.01) & (np.abs(picture[..., 0] - 0.5) < 0.1)
    assert grey.mean() > 0.05  # an amplitude of 0 without the colour of a class
