"""Classifiers of one's own windows: learnt, judged by windows that are no neighbours, and applied."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import zarr
from PIL import Image

import geocnn
from geocnn import checkpoints
from geocnn.classification import confusion_table, scores
from geocnn.cli import main
from geocnn.errors import DataError
from geocnn.figures.classification_report import windows
from geocnn.io.windows import read_windows
from geocnn.models import build
from geocnn.recipes import build as recipe
from geocnn.recipes.classify.data import split
from geocnn.recipes.classify.report import report
from geocnn.synthetic.traces import traces

QUIET = ["--device", "cpu", "--quiet"]
KNOWN = (
    "note: the windows that the network learnt from are among these, and it may know them by heart; geocnn evaluate "
    "without --data tells how it does with those that were kept to judge by."
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def arrivals():
    """The textbook's traces as a user would bring them."""
    made = traces(42)
    np.savez("arrivals.npz", x=made.samples, y=made.labels, classes=["quiet", "positive", "negative"])
    return "arrivals.npz"


def stripes(count=12, seed=0):
    """Pictures with stripes along one axis or the other, ``(number, row, column)``, and their classes."""
    random = np.random.default_rng(seed)
    wave = 100 * np.sin(np.arange(16) * 1.6 + random.uniform(0, 6, (count, 1)))
    flat = np.where(np.arange(count)[:, None, None] % 2, wave[:, None, :], wave[:, :, None]) + np.zeros((1, 16, 16))
    return (128 + flat + random.normal(0, 10, flat.shape)).clip(0, 255).astype(np.uint8), np.arange(count) % 2


def table(path):
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_textbook_traces_are_learnt_applied_and_judged(arrivals, capsys):
    words = ["train", "classify", "--data", arrivals, "--model", "trace_classifier", "--epochs", "60", "--out", "run"]
    assert main([*words, *QUIET]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split() for line in out[:4]] == [
        ["validation", "precision", "recall", "F1", "windows"],
        *([name, "1.000", "1.000", "1.000", "12"] for name in ("quiet", "positive", "negative")),
    ]
    assert out[4] == "accuracy 1.000 (0 of 36 windows wrong), mean of the classes 1.000"
    following = next(line for line in out if line.startswith("next: "))
    assert following == "next: geocnn predict run arrivals.npz --out arrivals-run.csv"
    for name in ("learning", "confusion", "windows"):
        assert f"picture run/{name}.png" in out
        assert Path(f"run/{name}.png").read_bytes().startswith(b"\x89PNG")
    card = json.loads(Path("run/card.json").read_text())
    assert (card["classes"], card["axes"], card["window"]) == (["quiet", "positive", "negative"], ["time"], [64])
    assert card["training"]["best_epoch"] <= 60

    assert main([*following.split()[2:], *QUIET]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == KNOWN
    assert said[1] == "180 windows: quiet (60), positive (60), negative (60)"
    assert said[3] == "result  arrivals-run.csv"
    rows = table("arrivals-run.csv")
    made = traces(42)
    names = ["quiet", "positive", "negative"]
    assert [row["known"] for row in rows] == [names[k] for k in made.labels]
    assert np.mean([row["class"] == row["known"] for row in rows]) > 0.98
    network = checkpoints.load("run").model
    scaled = torch.from_numpy(made.samples[7:8]).float()
    low, high = np.quantile(made.samples[7], (0.001, 0.999))
    inner = made.samples[7][(made.samples[7] >= low) & (made.samples[7] <= high)]
    wanted = network(((scaled - inner.mean()) / inner.std()).clamp(-4, 4)[None]).softmax(1)[0]
    assert [float(rows[7][f"p {name}"]) for name in names] == pytest.approx(wanted.tolist(), abs=1e-3)

    assert main(["evaluate", "run", "--data", arrivals, *QUIET]) == 0
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert (first, second.split()[0]) == (KNOWN, "accuracy")
    assert geocnn.evaluate("run", device="cpu", show_progress=False)["accuracy"] == 1.0
    np.save("bare.npy", made.samples[:5])
    assert main(["predict", "run", "bare.npy", *QUIET]) == 0
    assert list(table("bare-run.csv")[0])[:3] == ["window", "class", "probability"]
    assert [row["class"] for row in table("bare-run.csv")] == [row["class"] for row in rows[:5]]


def test_a_folder_of_pictures_a_class(capsys):
    pictures, labels = stripes(40)
    for k, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        folder = Path("stripes", ("across", "along")[label])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{k:02d}.{'png' if k % 4 < 2 else 'tif'}")
    words = ["--model", "resnet20", "--width", "4", "--epochs", "12", "--batch-size", "8", "--flip", "--noise", "0.1"]
    assert main(["train", "classify", "--data", "stripes", *words, "--out", "run", *QUIET]) == 0
    assert "accuracy 1.000 (0 of 8 windows wrong)" in capsys.readouterr().out
    card = checkpoints.load("run").card
    assert (card.axes, card.channels, card.classes) == (("row", "column"), ("amplitude",), ("across", "along"))
    assert main(["predict", "run", "stripes/along", "--out", "a.csv", *QUIET]) == 0
    assert capsys.readouterr().out.startswith(KNOWN)  # a part of what it was trained on
    assert sum(row["class"] == "along" for row in table("a.csv")) > 15
    assert table("a.csv")[0]["window"] == "01.png"


def test_cubes_in_a_zarr_group_with_two_channels_and_names_as_labels():
    random = np.random.default_rng(0)
    x = random.normal(size=(24, 2, 8, 8, 8)).astype(np.float32)
    labels = np.arange(24) % 2
    x[labels == 1, 0, 4] += 4
    group = zarr.create_group("cubes.zarr", attributes={"classes": ["plain", "bed"]})
    for name, values in (("x", x), ("y", labels.astype(np.int32))):
        group.create_array(name, data=values)
    run = geocnn.fit(
        "classify", data=Path("cubes.zarr"), width=4, epochs=10, batch_size=8, device="cpu", show_progress=False
    )
    assert run.card.architecture == "resnet20"
    assert run.card.arguments == {"ndim": 3, "in_channels": 2, "out_channels": 2, "width": 4}
    assert run.card.metrics["validation"]["validation_accuracy"] == 1.0
    named = read_windows("cubes.zarr", classes=("bed", "plain"))  # the order of the trained network counts
    np.testing.assert_array_equal(named.y, 1 - labels)


def test_without_groups_the_end_of_each_class_is_kept():
    y = np.array([0] * 10 + [1] * 5 + [0] * 10 + [2] * 2)
    learnt, judged = split(y, None, 0.2, 0)
    assert judged.tolist() == [14, 21, 22, 23, 24, 26]
    assert sorted([*learnt, *judged]) == list(range(27))


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_never_torn_apart(seed):
    random = np.random.default_rng(seed)
    group = random.integers(0, 12, 300)
    y = random.integers(0, 4, 300)
    learnt, judged = split(y, group, 0.25, seed)
    assert set(group[learnt]).isdisjoint(group[judged])
    assert sorted([*learnt, *judged]) == list(range(300))
    assert set(y[learnt]) == set(y[judged]) == set(range(4))
    assert abs(len(judged) / 300 - 0.25) < 0.06


def test_a_rare_class_in_two_groups_is_both_learnt_and_judged():
    group = np.repeat(np.arange(20), 5)
    y = np.zeros(100, np.int64)
    y[[3, 97]] = 1
    learnt, judged = split(y, group, 0.2, 0)
    assert (y[learnt].sum(), y[judged].sum()) == (1, 1)


def test_groups_and_labels_by_name_are_read():
    np.savez(
        "w.npz",
        images=np.arange(6 * 20).reshape(6, 20),
        labels=np.array(["noise", "quake", "noise", "quake", "noise", "quake"]),
        group=np.array(["b", "b", "a", "a", "c", "c"]),
    )
    windows = read_windows("w.npz")
    assert (windows.classes, windows.y.tolist()) == (("noise", "quake"), [0, 1, 0, 1, 0, 1])
    assert windows.group.tolist() == [1, 1, 0, 0, 2, 2]
    assert windows.x.shape == (6, 1, 20)
    assert windows.x.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "ndim", "read"),
    [
        ((4, 9), None, (4, 1, 9)),
        ((4, 2, 9), 1, (4, 2, 9)),
        ((4, 2, 9), 2, (4, 1, 2, 9)),
        ((4, 2, 9, 8), 2, (4, 2, 9, 8)),
        ((4, 2, 9, 8), 3, (4, 1, 2, 9, 8)),
        ((4, 1, 2, 9, 8), None, (4, 1, 2, 9, 8)),
    ],
)
def test_the_axes_of_windows(shape, ndim, read):
    np.save("w.npy", np.zeros(shape))
    assert read_windows("w.npy", ndim=ndim).x.shape == read


@pytest.mark.parametrize("normalise", ["window", "data", "none"])
def test_normalisation_is_what_the_card_says(arrivals, normalise):
    made = recipe("classify", data=Path(arrivals), normalise=normalise, model="trace_classifier")
    x = np.concatenate([made.train.inputs.numpy(), made.validation.inputs.numpy()])
    raw = traces(42).samples
    if normalise == "none":
        np.testing.assert_array_equal(np.sort(x, axis=None), np.sort(raw, axis=None))
    elif normalise == "data":
        learnt = made.train.inputs.numpy()
        assert abs(learnt.mean()) < 0.05
        assert made.card.normalisation["kind"] == "fixed"
    else:
        np.testing.assert_allclose(x.mean((1, 2)), 0, atol=0.15)


def test_rare_classes_weigh_as_much_as_frequent_ones():
    np.savez("w.npz", x=np.zeros((50, 16)), y=[0] * 40 + [1] * 10)
    made = recipe("classify", data=Path("w.npz"), model="resnet20", width=2)
    logits, y = torch.zeros(40, 2), torch.tensor([0] * 32 + [1] * 8)
    logits[:, 0] = 2.0
    wrong, right = (
        torch.nn.functional.cross_entropy(logits[-1:], y[-1:]),
        torch.nn.functional.cross_entropy(logits[:1], y[:1]),
    )
    torch.testing.assert_close(made.loss(logits, y), (wrong + right) / 2)
    plain = recipe("classify", data=Path("w.npz"), model="resnet20", width=2, balance=False)
    torch.testing.assert_close(plain.loss(logits, y), (32 * right + 8 * wrong) / 40)


@pytest.mark.parametrize("balance", [True, False])
def test_the_loss_that_decides_is_that_of_all_windows_whatever_their_order(balance):
    """In a batch of one class the weights cancel; files are often sorted by class."""
    random = np.random.default_rng(0)
    y = np.array([0] * 120 + [1] * 30)
    x = random.normal(size=(150, 16)) + y[:, None] * np.linspace(0, 1, 16)
    run = geocnn.fit(
        "classify", data=(x, y), width=2, epochs=2, batch_size=8, balance=balance, device="cpu", show_progress=False
    )
    judged = run.recipe.validation
    assert len(judged) == 30
    weight = torch.tensor([150 / 240, 150 / 60]) if balance else None
    kept = run.history[run.card.training["best_epoch"] - 1]["validation_loss"]
    with torch.no_grad():
        whole = torch.nn.functional.cross_entropy(run.model(judged.inputs), judged.targets, weight=weight)
    assert kept == pytest.approx(float(whole), rel=1e-4)


def test_weights_from_elsewhere_and_from_a_run_start_a_network(arrivals, capsys):
    torch.manual_seed(3)
    foreign = build("resnet20", ndim=1, in_channels=1, out_channels=10, width=4)
    torch.save({"state_dict": foreign.state_dict()}, "foreign.pth")
    made = recipe("classify", data=Path(arrivals), model="resnet20", width=4, start="foreign.pth")
    own = made.model.state_dict()
    same = [k for k, v in foreign.state_dict().items() if v.shape == own[k].shape and torch.equal(v, own[k])]
    assert set(own) - set(same) == {"linear.weight", "linear.bias"}
    said = "Started from foreign.pth: all but its last layer (linear.weight, linear.bias), which had another number of"
    assert made.card.notes.startswith(said)
    words = ["--epochs", "1", "--start", "foreign.pth", "--model", "resnet20", "--width", "4", "--out", "run"]
    assert main(["train", "classify", "--data", arrivals, *words, *QUIET]) == 0
    assert said in capsys.readouterr().out
    again = recipe("classify", data=Path(arrivals), start="run")
    assert again.card.notes == "Started from run."
    trained = checkpoints.load("run").model.state_dict()
    assert all(torch.equal(v, trained[k]) for k, v in again.model.state_dict().items())


@pytest.mark.parametrize("model", ["resnet20", "lenet1989", "lenet5", "alexnet2012"])
def test_a_network_started_from_keeps_what_it_knows_of_classes_in_another_order(model):
    """Logits of the same windows are those of the parent, by the names of the classes, whatever axis has them."""
    random, size = np.random.default_rng(0), 68 if model == "alexnet2012" else 24
    x, options = random.normal(size=(18, size)), {"device": "cpu", "show_progress": False, "epochs": 1}
    options |= {} if model.startswith("lenet") else {"width": 2 if model == "resnet20" else 0.05}
    names = ["quiet", "pos", "neg"]
    parent = geocnn.fit(
        "classify", data={"x": x, "y": np.arange(18) % 3, "classes": names}, model=model, out="p", **options
    )
    inputs = torch.from_numpy(x[:, None]).float()

    def child(*classes):
        y = np.arange(18) % len(classes)
        return recipe("classify", data={"x": x + 1, "y": y, "classes": classes}, start="p")

    with torch.no_grad():
        wanted = dict(zip(names, parent.model.eval()(inputs).T, strict=True))
        other = child("neg", "quiet", "pos")
        assert other.card.notes == "Started from p, with its last layer by the names of the classes."
        for name, found in zip(other.card.classes, other.model.eval()(inputs).T, strict=True):
            torch.testing.assert_close(found, wanted[name])
        more = child("neg", "echo", "quiet", "pos")
        assert more.card.notes == "Started from p, with its last layer by the names of the classes; echo starts anew."
        for name, found in zip(more.card.classes, more.model.eval()(inputs).T, strict=True):
            assert (
                torch.allclose(found, wanted[name], atol=1e-5)
                if name in wanted
                else not torch.equal(found, wanted["pos"])
            )
        fewer = child("pos", "quiet")
        torch.testing.assert_close(fewer.model.eval()(inputs), torch.stack([wanted["pos"], wanted["quiet"]], 1))
        said = "Started from p: all but its last layer, which had other classes (quiet, pos, neg) and starts anew."
        assert child("sand", "shale", "salt").card.notes == said
        by_number = child("0", "1", "2")  # nothing says that they mean something else
        said = "Started from p, with its last layer by the numbers of the classes, there called quiet, pos, neg."
        assert by_number.card.notes == said
        torch.testing.assert_close(by_number.model.eval()(inputs), torch.stack(list(wanted.values()), 1))


def test_a_network_is_not_judged_by_windows_that_the_one_it_starts_from_has_learnt():
    """Random labels cannot be told; a network that knows some of them by heart seems to."""
    random = np.random.default_rng(0)
    given = {"x": random.normal(size=(60, 16)), "y": random.integers(0, 2, 60), "group": np.arange(60) // 6}
    np.savez("w.npz", **given)
    options = {"width": 2, "epochs": 1, "device": "cpu", "show_progress": False}

    def judged(made):
        return {row.tobytes() for row in made.validation.inputs.numpy()}

    first = geocnn.fit("classify", data="w.npz", out="a", seed=1, **options).recipe
    assert judged(recipe("classify", data="w.npz", seed=2, width=2)) != judged(first)  # without a network to start from
    second = geocnn.fit("classify", data=given, start="a", out="b", seed=2, validation=0.5, device="cpu", epochs=1)
    third = recipe("classify", data=Path("w.npz"), start="b", seed=3)
    assert judged(second.recipe) == judged(third) == judged(first)
    assert third.plan[2].endswith("; divided as for the network that is started from, which learnt from the others")
    assert len(second.recipe.train) + len(judged(first)) == 60
    past = checkpoints.read_card("b").training["start"]
    assert (past["sha256"], past["training"]) == (lambda c: (c.sha256, c.training))(checkpoints.read_card("a"))
    np.savez("w.npz", **given | {"y": 1 - given["y"]})
    assert recipe("classify", data="w.npz", start="b").plan[-1] == (
        "note: the network that is started from learnt from these windows, or some of them, with other classes or "
        "groups; it may know by heart what is judged by here, and the scores may be too good."
    )
    geocnn.fit("classify", data=(given["x"] + 1, given["y"]), start="b", out="c", epochs=1, show_progress=False)
    said = []
    geocnn.evaluate("c", given, announce=said.append, show_progress=False)
    assert said == [KNOWN.replace("the network learnt", "a network that this one goes back to learnt")]


def test_a_run_that_started_from_another_goes_on_without_it_and_with_files_elsewhere():
    given = {"x": np.random.default_rng(0).normal(size=(24, 16)), "y": np.arange(24) % 2, "group": np.arange(24) // 3}
    np.savez("w.npz", **given)
    options = {"device": "cpu", "show_progress": False}
    geocnn.fit("classify", data="w.npz", width=2, epochs=1, out="a", seed=4, **options)
    torch.save(build("resnet20", ndim=1, in_channels=1, out_channels=2, width=2).state_dict(), "w.pth")
    for start in ("a", "w.pth"):
        begun = {"model": "resnet20", "width": 2} if start == "w.pth" else {}
        known = {"start": start, "batch_size": 8, **begun, **options}
        whole = geocnn.fit("classify", data="w.npz", epochs=2, out="whole", overwrite=True, **known)
        geocnn.fit("classify", data="w.npz", epochs=1, out="part", overwrite=True, **known)
        with pytest.raises(DataError, match=rf"start {start}.*, and this one has .*start whole"):
            geocnn.fit("classify", data="w.npz", start="whole", batch_size=8, out="part", resume=True, **options)
        Path("there").mkdir(exist_ok=True)
        Path("w.npz").rename("there/w.npz")
        Path(start).rename(f"there/{start}")
        for way in (start, f"there/{start}"):
            again = geocnn.fit(
                "classify", data="there/w.npz", epochs=2, out="part", resume=True, **known | {"start": way}
            )
            assert geocnn.evaluate("part", **options)["accuracy"] == pytest.approx(
                again.history[again.card.training["best_epoch"] - 1]["validation_accuracy"]
            )
            assert again.card.training["arguments"]["start"] == start
            assert again.card.training["start"] == whole.card.training["start"]
        assert [row["epoch"] for row in again.history] == [1, 2]
        Path("there/w.npz").rename("w.npz")


def test_a_last_layer_that_starts_anew_depends_on_the_seed_alone(arrivals):
    geocnn.fit("classify", data=arrivals, width=2, epochs=1, out="run", device="cpu", show_progress=False)
    x = np.random.default_rng(0).normal(size=(12, 64))
    made = []
    for seed in (1, 1, 2):
        torch.rand(3)  # what others draw meanwhile does not matter
        made.append(recipe("classify", data=(x, np.arange(12) % 2), start="run", seed=seed).model.fc.weight)
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


@pytest.mark.parametrize("model", ["lenet1989", "lenet5", "lenet", "alexnet2012"])
def test_networks_that_are_made_for_a_window_are_made_for_this_one(model):
    size = 68 if model == "alexnet2012" else 24
    np.savez("w.npz", x=np.random.default_rng(0).normal(size=(8, size)), y=np.arange(8) % 2)
    width = {} if model in ("lenet1989", "lenet5") else {"width": 0.05}
    made = recipe("classify", data=Path("w.npz"), model=model, **width)
    assert made.card.arguments["window"] == (size,)
    assert made.model(made.validation[[0]][0]).shape == (1, 2)


def test_small_windows_get_the_small_network_by_default():
    for size, name in ((63, "resnet20"), (64, "resnet18")):
        np.savez("w.npz", x=np.zeros((4, size)), y=[0, 1, 0, 1])
        assert recipe("classify", data=Path("w.npz"), width=2).card.architecture == name


def test_scores_are_those_of_their_definitions():
    y, found = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])
    counts = confusion_table(y, found, 3)
    assert counts.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    made = scores(counts, ("a", "b", "c d"))
    assert made["accuracy"] == pytest.approx(4 / 6)
    assert made["balanced_accuracy"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert (made["precision_a"], made["recall_a"], made["f1_b"]) == pytest.approx((2 / 3, 2 / 3, 0.8))
    assert np.isnan(made["precision_c_d"])


def test_windows_that_have_changed_since_they_were_learnt_judge_no_network(arrivals):
    """Those that are kept to judge by are others then, and windows from the training may be among them."""
    options = {"model": "trace_classifier", "epochs": 2, "device": "cpu", "show_progress": False}
    geocnn.fit("classify", data=arrivals, out="run", **options)
    assert geocnn.evaluate("run", device="cpu", show_progress=False)
    made, classes = traces(42), ["quiet", "positive", "negative"]
    x, y, groups = made.samples, made.labels, np.arange(180) % 9
    for other in ({"x": x[::-1], "y": y}, {"x": x, "y": (y + 1) % 3}, {"x": x, "y": y, "group": groups}):
        np.savez(arrivals, classes=classes, **other)
        with pytest.raises(DataError, match=r"run learnt from arrivals\.npz, which has changed since"):
            geocnn.evaluate("run", device="cpu", show_progress=False)
    np.savez(arrivals, x=x, y=y, classes=classes)
    assert geocnn.evaluate("run", device="cpu", show_progress=False)


def test_arrays_do_from_python_as_files_do(arrivals):
    made, names = traces(42), ("quiet", "positive", "negative")
    options = {"model": "trace_classifier", "epochs": 2, "device": "cpu", "show_progress": False}
    filed = geocnn.fit("classify", data=arrivals, out="run", **options)
    arrays = {"x": made.samples, "y": made.labels, "classes": names}
    run = geocnn.fit("classify", data=arrays, out="again", **options)
    assert all(torch.equal(v, run.model.state_dict()[k]) for k, v in filed.model.state_dict().items())
    assert checkpoints.load("again").card.training["arguments"]["data"] == "arrays"
    assert geocnn.fit("classify", data=(made.samples, made.labels), **options).card.classes == ("0", "1", "2")
    results = [
        geocnn.predict("run", arrivals, "r.csv", device="cpu", show_progress=False),
        geocnn.predict(run, made.samples, device="cpu", show_progress=False),
        geocnn.predict(run, (made.samples, np.array(names)[made.labels]), device="cpu", show_progress=False),
    ]
    for result in results:
        assert result.classes == names
        np.testing.assert_array_equal(result.probability, results[0].probability)
        assert f"note: {result.notes[0]}" == KNOWN
    assert len(table("r.csv")) == 180
    assert results[1].truth is None
    for result in (results[0], results[2]):
        np.testing.assert_array_equal(result.truth, made.labels)
    scores = [geocnn.evaluate("run", data, device="cpu", show_progress=False) for data in (arrivals, arrays)]
    assert scores[0] == scores[1]


def test_a_survey_is_refused_by_a_classifier_from_python(arrivals):
    run = geocnn.fit("classify", data=Path(arrivals), width=2, epochs=1, device="cpu", show_progress=False)
    with pytest.raises(DataError, match="it judges whole windows; give it windows"):
        geocnn.predict(run, geocnn.open(np.zeros((5, 64), np.float32)))


def test_windows_that_nobody_labelled_are_left_out():
    x = np.random.default_rng(0).normal(size=(12, 16))
    x[[2, 3]] = 7
    for labels in ([0.0, 1, np.nan, -1] * 3, [0.0, 1, 255, -7] * 3, ["a", "b", None, float("nan")] * 3):
        made = recipe("classify", data=(x, np.array(labels, object if "a" in labels else float)), width=2)
        assert len(made.train) + len(made.validation) == 6
        assert made.plan[1] in ("classes: 0 (3), 1 (3)", "classes: a (3), b (3)")
        none = "None or nan" if "a" in labels else "below 0, 255 or NaN"
        assert made.plan[-1] == f"note: windows without a class ({none}), which are left out: 6."
    x[4] = -1
    made = recipe("classify", data=(x, np.arange(12) % 2), width=2, epochs=1)
    assert made.plan[-1] == "note: constant windows, with nothing in them to learn: 3 of 12."
    run = geocnn.fit(made, device="cpu", show_progress=False)
    result = geocnn.predict(run, (x[:4], [0, 1, -1, 1]), "r.csv", device="cpu", show_progress=False)
    assert result.truth.tolist() == [0, 1, -1, 1]
    assert [row["known"] for row in table("r.csv")] == ["0", "1", "", "1"]
    assert result.notes == ("constant windows, whose answers mean nothing: 2 of 4.",)


@pytest.mark.parametrize(
    ("labels", "classes", "y"),
    [
        (np.array([0, 255, 7, 99], np.uint8), None, [0, -1, 1, 2]),
        (np.array([0, 255, 7, 100], np.uint8), None, [0, 3, 1, 2]),
        (np.array([0, 255, 1, 1]), ("a", "b"), [0, -1, 1, 1]),
        (np.array([0, 255, 254, 1]), tuple(f"c{k}" for k in range(256)), [0, 255, 254, 1]),
    ],
)
def test_255_is_no_class_where_all_others_are_small(labels, classes, y):
    arrays = {"x": np.zeros((4, 9)), "y": labels} | ({} if classes is None else {"classes": classes})
    read = read_windows(arrays)
    assert read.y.tolist() == y
    assert len(read.classes) == (len(set(y) - {-1}) if classes is None else len(classes))
    again = read_windows({"x": arrays["x"][1:2], "y": labels[1:2]}, classes=read.classes)  # what the network knows
    if classes is None:
        assert again.y.tolist() == y[1:2]


def test_the_plan_says_what_is_learnt_and_judged():
    x, y = np.random.default_rng(0).normal(size=(40, 2, 8, 12)), np.arange(40) % 2
    arrays = {"x": x, "y": np.array(["sand", "shale"])[y]}
    made = recipe("classify", data=arrays, ndim=2, width=2, validation=0.25)
    weights = sum(p.numel() for p in made.model.parameters())
    assert made.plan == (
        "data: 40 windows of arrays, trace 8, time 12, 2 channels",
        "classes: sand (20), shale (20)",
        "to judge by: 10 of 40 windows, the last 25 % of each class",
        f"network: resnet20, {weights:,} parameters",
    )
    lines = np.repeat(["A", "B", "C", "D", "E"], 8)
    grouped = recipe("classify", data={**arrays, "group": lines}, ndim=2, width=2)
    kept = grouped.plan[2].removeprefix("to judge by: 8 of 40 windows, group ")
    np.testing.assert_array_equal(  # the windows of that line, in their order
        grouped.validation.targets.numpy(), y[lines == kept]
    )
    assert len(grouped.validation) == 8


def test_labels_that_do_not_fit_are_a_note_of_a_prediction(capsys):
    x = np.random.default_rng(0).normal(size=(12, 16))
    run = geocnn.fit(
        "classify", data=(x, ["P", "S", "noise"] * 4), width=2, epochs=1, out="run", device="cpu", show_progress=False
    )
    given = {"show_progress": False, "device": "cpu"}
    for data, said in (
        ((x[:4, :9], ["P", "flat"] * 2), "the data has the class 'flat', which is none of P, S, noise."),
        (
            (x[:4, :9], [0, 1, 2, 0]),
            "the labels of the data are numbers and the classes of the network have names (P, S, noise); put the names "
            "in the order of the numbers into the file, as the array classes.",
        ),
        ((x[:4, :9], [0, 1]), "the data has 4 windows and 2 labels; needed is one class for each window."),
    ):
        result = geocnn.predict(run, data, **given)
        assert result.truth is None
        size = "classify was trained on windows of 16 samples; these have 9."
        assert result.notes == (size, f"the known classes are left aside: {said}")
        with pytest.raises(DataError) as caught:
            geocnn.evaluate(run, data, **given)
        assert str(caught.value) == said
    own = {"x": x[:4], "y": [0, 1, 2, 0], "classes": ["S", "noise", "P"]}  # numbers mean the names of their own file
    assert geocnn.predict(run, own, **given).truth.tolist() == [1, 2, 0, 1]
    np.savez("w.npz", x=x[:4], y=["P", "flat"] * 2)
    assert main(["predict", "run", "w.npz", *QUIET]) == 0
    assert capsys.readouterr().out.startswith(
        "note: the known classes are left aside: w.npz has the class 'flat', which is none of P, S, noise.\n4 windows: "
    )


def test_pictures_of_the_worst_and_best_windows_say_what_they_show():
    cube, traces_ = np.zeros((2, 4, 6, 8), np.float32), np.zeros((3, 20), np.float32)
    made = windows([("a", True, cube)], [("b, 0.9", True, cube)], ("inline", "crossline", "time"))
    said = [part.get_suptitle() for part in made.subfigs]
    assert said == [
        "worst: the class it is, with its probability, and what it was called (the middle inline, channel 1 of 2)",
        "best of each class (the middle inline, channel 1 of 2)",
    ]
    long = "a class with a long name, and a comma " * 3
    made = windows(
        [(f"{long}, 0.20\ncalled short, 0.80", False, traces_)] * 6, [("k, 1.00", True, traces_)] * 10, ["time"]
    )
    worst, best = (part.axes for part in made.subfigs)
    title = worst[0].get_title()
    assert max(map(len, title.split("\n"))) <= 24
    assert "0.20" in title
    assert title.endswith("\ncalled short, 0.80")
    assert sum(bool(place.lines) for place in best) == 10
    assert worst[0].get_xlabel() == "sample"
    assert [text.get_text() for text in worst[0].get_yticklabels()] == ["channel 1", "channel 2", "channel 3"]


def test_components_lie_one_below_the_other_on_one_scale_in_seconds():
    wave = np.sin(np.arange(1000))
    three = np.stack([wave, 0.5 * wave + 7, 0.1 * wave]).astype(np.float32)
    made = windows([], [("quake, 0.9", True, three)], ["time"], channels=["Z", "N", "E"], rate=100.0)
    place = made.subfigs[1].axes[0]
    assert [text.get_text() for text in place.get_yticklabels()] == ["Z", "N", "E"]
    assert place.get_xlabel() == "time, s"
    lines = place.get_lines()
    assert lines[0].get_xdata()[-1] == pytest.approx(9.99)
    spans = [np.ptp(line.get_ydata()) for line in lines]
    assert np.array(spans) / spans[0] == pytest.approx([1, 0.5, 0.1], rel=1e-3)
    ends = [(line.get_ydata().min(), line.get_ydata().max()) for line in lines]
    assert ends[0][0] > ends[1][1]
    assert ends[1][0] > ends[2][1]
    assert place.get_ylim()[0] < ends[2][0]
    assert place.get_ylim()[1] > ends[0][1]


def test_the_best_of_up_to_ten_classes_are_shown():
    x = np.eye(8)[np.arange(96) % 8].repeat(4, 1) * np.sign(np.arange(32) % 2 - 0.5)
    run = geocnn.fit("classify", data=(x, np.arange(96) % 8), width=8, epochs=12, device="cpu", show_progress=False)
    assert run.history[-1]["validation_accuracy"] == 1.0
    best = report(run).best
    assert [title.split(",")[0] for title, _, _ in best] == [str(k) for k in range(8)]
    few = geocnn.fit("classify", data=(x, np.arange(96) % 8 % 2), width=8, epochs=12, device="cpu", show_progress=False)
    assert few.history[-1]["validation_accuracy"] == 1.0
    assert [title.split(",")[0] for title, _, _ in report(few).best] == ["0", "1"] * 2  # no class more than twice


@pytest.mark.parametrize("count", [5, 9, 33, 41, 65])
def test_no_batch_has_a_single_window(count):
    """Batch normalisation of one window whose map is one sample has nothing to normalise."""
    np.savez("w.npz", x=np.random.default_rng(0).normal(size=(count + 2, 20)), y=[0] * count + [1] * 2)
    run = geocnn.fit(
        "classify",
        data=Path("w.npz"),
        validation=0.01,
        model="resnet18",
        width=2,
        epochs=1,
        batch_size=count - 1,
        device="cpu",
        show_progress=False,
    )
    assert len(run.recipe.train) % run.recipe.schedule.batch_size != 1
