"""Training: an interrupted run goes on as if nothing had happened; averages, schedule and card against closed forms."""

import csv
import dataclasses
import inspect
import itertools
import json
import math
import re
import signal
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import geocnn
from geocnn import checkpoints
from geocnn.augmentation import Augmentation
from geocnn.checkpoints import Card
from geocnn.cli import reports
from geocnn.datasets import Augmented, Crops, TensorSamples
from geocnn.errors import DataError, FormatError, MissingError, TargetError
from geocnn.interruption import interrupts_held
from geocnn.layers import Conv
from geocnn.metrics import overlap
from geocnn.training import PICTURES, Recipe, Schedule, fit


class Network(nn.Module):
    """Everything that has a state: weights, running statistics, and random numbers."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = Conv(1, in_channels=1, out_channels=4, kernel_size=3), nn.BatchNorm1d(4)
        self.drop, self.last = nn.Dropout(0.3), Conv(1, in_channels=4, out_channels=1, kernel_size=1)

    def forward(self, x):
        return self.last(self.drop(self.norm(self.first(x)).relu()))


@dataclasses.dataclass(frozen=True)
class Series:
    """An endless series: sample i is what seed i gives, for recipes that ask for fresh samples."""

    count: int

    def __len__(self):
        return self.count

    def __getitem__(self, indices):
        x = np.stack([np.random.default_rng(i).standard_normal((1, 16)) for i in indices]).astype(np.float32)
        return torch.from_numpy(x), torch.from_numpy((x > 0).astype(np.float32))


def bce(logits, target):
    return nn.functional.binary_cross_entropy_with_logits(logits, target)


def recipe(**changes):
    fields = {f.name for f in dataclasses.fields(Schedule)}
    schedule = {"epochs": 3, "batch_size": 4, "learning_rate": 0.02, "warmup": 2, "decay": "cosine", "ema": 0.9}
    schedule |= {"weight_decay": 0.01, "clip": 1.0} | {k: v for k, v in changes.items() if k in fields}
    torch.manual_seed(changes.get("start", 0))
    card = Card(
        name="test",
        task="segmentation",
        architecture="faultseg",
        arguments={"ndim": 1},
        classes=("a",),
        channels=("b",),
        axes=("time",),
        window=(16,),
    )
    made = Recipe(
        name="test",
        model=Network(),
        card=card,
        train=Series(10),
        validation=Series(6),
        loss=bce,
        metrics=overlap,
        schedule=Schedule(**schedule),
        seed=7,
    )
    return dataclasses.replace(made, **{k: v for k, v in changes.items() if k not in fields and k != "start"})


def run(made, out=None, **arguments):
    return fit(made, out=out, show_progress=False, device="cpu", **arguments)


def table(folder):
    with (folder / "metrics.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def assert_same(one, two):
    """Weights, running statistics and history of two runs are equal to the last bit."""
    for (name, a), b in zip(one.model.state_dict().items(), two.model.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert [r | {"seconds": 0} for r in one.history] == [r | {"seconds": 0} for r in two.history]
    if one.folder and two.folder:
        assert table(one.folder) == table(two.folder)
        # Optimiser, averages and random states too.
        a, b = (checkpoints.load_file(r.folder / "state.safetensors") for r in (one, two))
        assert all(torch.equal(a[k], b[k]) for k in a if k != "position")


MODES = [{"shuffle": True, "fresh": False}, {"shuffle": False, "fresh": True}, {"shuffle": True, "fresh": True}]


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("epochs_before", [0, 1, 2])
def test_resume_in_the_middle_of_an_epoch_is_bit_for_bit(tmp_path, mode, epochs_before):
    whole = run(recipe(**mode), tmp_path / "whole")
    calls = []

    class Interrupting(Series):
        def __getitem__(self, indices):
            calls.append(indices)
            if len(calls) == 3 * epochs_before + 2:
                raise KeyboardInterrupt
            return super().__getitem__(indices)

    with pytest.raises(KeyboardInterrupt):
        run(recipe(**mode, train=Interrupting(10)), tmp_path / "part")
    torch.rand(100)  # what others draw meanwhile does not matter
    assert_same(whole, run(recipe(**mode), tmp_path / "part", resume=True))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("step", [1, 3, 5, 6])
def test_control_c_waits_for_the_end_of_the_step(tmp_path, workers, step):
    """A signal in the middle of the loss: the step is finished, the state is written, the rest is the same."""
    whole = run(recipe(), tmp_path / "whole")
    calls = []

    def loss(logits, target):
        if logits.requires_grad:
            calls.append(1)
            if len(calls) == step:
                signal.raise_signal(signal.SIGINT)
        return bce(logits, target)

    with pytest.raises(KeyboardInterrupt):
        run(recipe(loss=loss, workers=workers), tmp_path / "part")
    assert len(calls) == step
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert_same(whole, run(recipe(workers=workers), tmp_path / "part", resume=True))


def test_control_c_during_validation(tmp_path):
    """The averaged weights are in the network at that moment; they must not be what goes on learning."""
    whole = run(recipe(), tmp_path / "whole")
    calls = []

    def metrics(logits, target):
        calls.append(1)
        if len(calls) == 3:  # in the second epoch
            signal.raise_signal(signal.SIGINT)
        return overlap(logits, target)

    with pytest.raises(KeyboardInterrupt):
        run(recipe(metrics=metrics), tmp_path / "part")
    assert len(table(tmp_path / "part")) == 1
    assert_same(whole, run(recipe(), tmp_path / "part", resume=True))


def test_a_second_control_c_stops_at_once_and_spoils_nothing(tmp_path):
    whole = run(recipe(), tmp_path / "whole")
    calls = []

    def loss(logits, target):
        calls.append(1)
        if len(calls) == 7:  # five calls an epoch: the second step of the second
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return bce(logits, target)

    with pytest.raises(KeyboardInterrupt):
        run(recipe(loss=loss), tmp_path / "part")
    assert json.loads((tmp_path / "part" / "card.json").read_text())["training"]["epochs_done"] == 1
    assert_same(whole, run(recipe(), tmp_path / "part", resume=True))


def test_interrupted_after_one_epoch_and_again_after_the_next(tmp_path):
    whole = run(recipe(), tmp_path / "whole")
    for again in (False, True):
        calls = []

        def loss(logits, target, calls=calls):
            if logits.requires_grad:
                calls.append(1)
                if len(calls) == 3:  # the last step of an epoch
                    signal.raise_signal(signal.SIGINT)
            return bce(logits, target)

        with pytest.raises(KeyboardInterrupt):
            run(recipe(loss=loss), tmp_path / "part", resume=again)
    assert_same(whole, run(recipe(), tmp_path / "part", resume=True))
    assert_same(whole, run(recipe(), tmp_path / "part", resume=True))  # finished: nothing left to do


def test_workers_change_nothing(tmp_path):
    assert_same(run(recipe(), tmp_path / "a"), run(recipe(workers=2), tmp_path / "b"))


def test_a_recipe_can_be_run_twice():
    made = recipe()
    before = {k: v.clone() for k, v in made.model.state_dict().items()}
    assert_same(run(made), run(made))
    assert all(torch.equal(v, made.model.state_dict()[k]) for k, v in before.items())


def test_longer_training_may_resume_but_other_arguments_may_not(tmp_path):
    run(recipe(decay="constant", epochs=1), tmp_path / "run")
    longer = run(recipe(decay="constant"), tmp_path / "run", resume=True)
    assert_same(run(recipe(decay="constant")), longer)
    message = "was started with learning_rate 0.02, and this one has learning_rate 0.5; give the same"
    with pytest.raises(DataError, match=message):
        run(recipe(decay="constant", learning_rate=0.5), tmp_path / "run", resume=True)


def test_longer_training_may_resume_where_the_warm_up_is_a_part_of_all_steps(tmp_path):
    run(recipe(decay="constant", epochs=1, warmup=1), tmp_path / "run")
    said = []
    again = partial(fit, out=tmp_path / "run", resume=True, device="cpu", show_progress=False, announce=said.append)
    longer = again(recipe(decay="constant", epochs=3, warmup=2))
    assert [row["learning_rate"] for row in longer.history] == [0.02] * 3
    assert len(longer.history) == 3
    again(recipe(decay="constant", epochs=3, warmup=2))
    assert said[1] == f"{tmp_path / 'run'} is finished already: 3 epochs done; a larger --epochs goes on from there"


def test_an_existing_run_is_left_alone(tmp_path):
    run(recipe(epochs=1), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert set(before) == {"state.safetensors", "weights.safetensors", "card.json", "metrics.csv"}
    with pytest.raises(TargetError, match="already holds a run; continue it with --resume, or replace it with --over"):
        run(recipe(epochs=1), tmp_path)
    assert before == {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    # A replaced run that ends early cannot be mistaken for the one before.
    with pytest.raises(DataError):
        run(
            recipe(epochs=1, train=TensorSamples(torch.full((4, 1, 16), torch.nan), torch.zeros(4, 1, 16))),
            tmp_path,
            overwrite=True,
        )
    with pytest.raises(MissingError, match="to resume from; start without --resume"):
        run(recipe(epochs=1), tmp_path, resume=True)


def test_a_replaced_run_leaves_nothing_behind_however_early_the_new_one_ends(tmp_path):
    run(recipe(epochs=1), tmp_path)
    for name in ("learning.png", "windows.png", "mine.npz"):
        (tmp_path / name).write_text("old")

    class Interrupting(Series):
        def __getitem__(self, indices):
            raise KeyboardInterrupt

    frozen = recipe()
    frozen.model.requires_grad_(requires_grad=False)
    with pytest.raises(DataError, match="is frozen"):  # what cannot begin replaces nothing
        run(frozen, tmp_path, overwrite=True)
    assert (tmp_path / "card.json").exists()
    with pytest.raises(KeyboardInterrupt):
        run(recipe(train=Interrupting(10)), tmp_path, overwrite=True)
    assert {p.name for p in tmp_path.iterdir()} == {"state.safetensors", "mine.npz"}
    with pytest.raises(FormatError, match=r"has no card\.json"):
        checkpoints.load(tmp_path)
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "learning.png").write_text("of no run")
    assert_same(run(recipe(), tmp_path / "whole", overwrite=True), run(recipe(), tmp_path, resume=True))
    assert (tmp_path / "whole" / "learning.png").exists()


def test_the_state_and_card_of_a_replaced_run_are_removed_last(tmp_path, monkeypatch):
    run(recipe(epochs=1), tmp_path)
    plain = Path.unlink

    def refuse(path, **options):
        if path.name == "state.safetensors":
            raise PermissionError(13, "Permission denied")
        plain(path, **options)

    monkeypatch.setattr(Path, "unlink", refuse)
    said = r"state\.safetensors cannot be removed \(permission denied\); choose another folder with --out"
    with pytest.raises(TargetError, match=said):
        run(recipe(epochs=1), tmp_path, overwrite=True)
    assert {p.name for p in tmp_path.iterdir()} == {"state.safetensors", "card.json"}


def test_all_pictures_of_reports_are_known():
    drawn = re.findall(r"folder / '([\w-]+)\.png'", inspect.getsource(reports))
    assert set(drawn) == set(PICTURES)


def test_a_finished_run_gets_its_table_back(tmp_path):
    run(recipe(epochs=1), tmp_path)
    before = table(tmp_path)
    (tmp_path / "metrics.csv").unlink()
    run(recipe(epochs=1), tmp_path, resume=True)
    assert table(tmp_path) == before


def test_nothing_to_resume(tmp_path):
    with pytest.raises(MissingError, match=r"no state\.safetensors to resume from"):
        run(recipe(), tmp_path / "none", resume=True)
    with pytest.raises(DataError, match="--resume is given without a run folder"):
        run(recipe(), resume=True)
    (tmp_path / "state.safetensors").write_bytes(b"not a state")
    with pytest.raises(FormatError, match="is damaged"):
        run(recipe(), tmp_path, resume=True)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match="cannot be made"):
        run(recipe(), tmp_path / "file" / "run")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_bad_samples_are_named(value):
    x = torch.randn(10, 1, 16)
    x[6, 0, 3] = value
    with pytest.raises(DataError, match=r"training samples? 6\b.*NaN or infinite"):
        run(recipe(train=TensorSamples(x, torch.zeros(10, 1, 16)), shuffle=False))
    with pytest.raises(DataError, match="validation samples 4 to 7 is nan after epoch 1"):
        run(recipe(validation=TensorSamples(torch.where(x.isfinite(), x, torch.nan), torch.zeros(10, 1, 16))))


def test_a_bad_loss_and_bad_gradients_are_named():
    calls = []

    def broken(logits, target):
        calls.append(1)
        return bce(logits, target) * (math.nan if len(calls) == 2 else 1.0)

    with pytest.raises(DataError, match=r"the loss became nan in epoch 1, batch 2 \(samples 4, 5, 6, 7\)"):
        run(recipe(loss=broken, shuffle=False))
    # The square root of nothing is fine, its slope is not: the loss alone would not show it.
    with pytest.raises(DataError, match="the gradients became infinite in epoch 1, batch 1"):
        run(recipe(loss=lambda logits, _: (logits - logits.detach()).abs().sqrt().sum()))


def test_no_samples():
    empty = TensorSamples(torch.zeros(0, 1, 16), torch.zeros(0, 1, 16))
    with pytest.raises(DataError, match="there are 0 validation samples"):
        run(recipe(validation=empty))


def test_average_is_its_closed_form():
    """avg_n = d_n avg_(n-1) + (1 - d_n) w_n with d_n = min(decay, (1 + n) / (10 + n))."""
    seen = []
    made = recipe(epochs=2, ema=0.5, decay="constant", warmup=0, clip=None)

    class Watched(Network):
        def forward(self, x):
            if self.training:
                seen.append(self.last.weight.detach().clone())
            return super().forward(x)

    torch.manual_seed(0)
    result = run(dataclasses.replace(made, model=Watched()))
    plain = run(
        dataclasses.replace(recipe(epochs=2, ema=None, decay="constant", warmup=0, clip=None), model=made.model)
    )
    weights = [*seen, plain.model.last.weight.detach()]
    average = weights[0].double()
    for n, weight in enumerate(weights[1:], start=1):
        decay = min(0.5, (1 + n) / (10 + n))
        average = decay * average + (1 - decay) * weight.double()
    torch.testing.assert_close(result.model.last.weight.detach().double(), average, rtol=0, atol=1e-6)


def test_schedule():
    warm = Schedule(epochs=1, batch_size=1, learning_rate=2.0, warmup=3, decay="cosine")
    rates = [warm.rate(i, 24) for i in range(24)]
    assert rates[:4] == pytest.approx([0.5, 1.0, 1.5, 2.0])
    assert rates[23] == pytest.approx(0.02)
    assert rates[13] == pytest.approx(2 * (0.01 + 0.99 / 2))
    assert all(a > b for a, b in itertools.pairwise(rates[3:]))
    assert {Schedule(epochs=1, batch_size=1, learning_rate=2.0).rate(i, 9) for i in range(9)} == {2.0}
    for wrong in ({"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0.0}, {"decay": "linear"}, {"ema": 1.0}):
        with pytest.raises(DataError):
            Schedule(**{"epochs": 1, "batch_size": 1, "learning_rate": 1.0} | wrong)


def test_the_recorded_loss_is_the_mean_of_the_steps_and_validation_that_of_the_samples():
    losses = []

    def loss(logits, target):
        value = bce(logits, target)
        if logits.requires_grad:
            losses.append(float(value.detach()))
        return value

    result = run(recipe(epochs=1, loss=loss))
    assert result.history[0]["loss"] == pytest.approx(sum(losses) / 3)
    x, y = Series(6)[range(6)]
    assert result.history[0]["validation_loss"] == pytest.approx(float(bce(result.model(x), y).detach()), rel=1e-5)
    assert not result.model.training


def test_card_and_table_say_what_was_done(tmp_path):
    result = run(recipe(), tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["training"]["epochs_done"] == 3
    assert card["training"]["schedule"]["learning_rate"] == 0.02
    assert card["training"]["seed"] == 7
    assert "CPU" in card["training"]["machine"]
    last = result.history[-1]
    assert card["metrics"]["validation"] == {k: v for k, v in last.items() if k.startswith("validation_")}
    assert set(card["versions"]) == {"geocnn", "torch", "numpy", "python"}
    rows = table(tmp_path)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[-1]["validation_iou"]) == pytest.approx(last["validation_iou"], rel=1e-5)
    assert Card.from_json((tmp_path / "card.json").read_text(), tmp_path) == result.card


def test_interrupts_outside_the_main_thread_are_not_ours():
    results = []

    def work():
        with interrupts_held() as stop:
            stop()
            results.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [signal.default_int_handler]


def test_nothing_half_written_is_left(tmp_path):
    run(recipe(epochs=1), tmp_path)
    assert not list(tmp_path.glob("*.part*")) + list(tmp_path.glob(".*.part*"))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Conv(1, in_channels=1, out_channels=1, kernel_size=3)
        self.second = self.first

    def forward(self, x):
        return self.second(self.first(x))


def test_tied_weights_are_kept_and_resumed(tmp_path):
    torch.manual_seed(0)
    plan = {"epochs": 2, "ema": None, "decay": "constant", "warmup": 0}
    made = dataclasses.replace(recipe(**plan), model=Tied())
    whole = run(made, tmp_path / "whole")
    weights = checkpoints.load_file(tmp_path / "whole" / "weights.safetensors")
    assert torch.equal(weights["first.weight"], weights["second.weight"])
    run(dataclasses.replace(recipe(**plan | {"epochs": 1}), model=made.model), tmp_path / "part")
    assert_same(whole, run(made, tmp_path / "part", resume=True))


def test_a_loaded_network_learns_when_it_is_told_to():
    made = dataclasses.replace(recipe(epochs=1), model=Tied())
    made.model.requires_grad_(requires_grad=False)
    with pytest.raises(DataError, match=r"what geocnn\.load returns is frozen, and model\.requires_grad_\(\) lets it"):
        run(made)
    made.model.requires_grad_()
    assert len(run(made).history) == 1


def test_a_date_is_a_seed():
    from geocnn.recipes import fit

    x, y = np.random.default_rng(0).standard_normal((20, 16), dtype=np.float32), np.arange(20) % 2
    small = {"data": (x, y), "epochs": 2, "width": 4, "shift": 1, "show_progress": False}
    runs = [fit("classify", seed=seed, **small) for seed in (20261130123456, 20261130123456, 20261130123457)]
    assert runs[0].history[1]["loss"] == runs[1].history[1]["loss"] != runs[2].history[1]["loss"]


def test_samples_without_targets_are_refused():
    with pytest.raises(DataError, match="there are 5 inputs and 4 targets; needed is one target for each input"):
        TensorSamples(torch.zeros(5, 1, 8), torch.zeros(4))


def test_a_run_is_not_resumed_with_other_data(tmp_path):
    from geocnn.recipes import fit

    fit("traces", epochs=2, out=tmp_path / "run", show_progress=False)
    with pytest.raises(DataError, match=r"was started with noise 0\.03, and this one has noise 0\.5"):
        fit("traces", epochs=4, noise=0.5, out=tmp_path / "run", resume=True, show_progress=False)
    with pytest.raises(DataError, match="has done 2 epochs and 1 are asked for; give --epochs 2 or more"):
        fit("traces", epochs=1, out=tmp_path / "run", resume=True, show_progress=False)
    run = fit("traces", epochs=4, out=tmp_path / "run", resume=True, show_progress=False)
    assert [row["loss"] for row in run.history] == [
        row["loss"] for row in fit("traces", epochs=4, show_progress=False).history
    ]


def test_data_that_have_changed_under_their_name_are_told_of(tmp_path, monkeypatch):
    from geocnn.recipes import fit

    monkeypatch.chdir(tmp_path)
    small = {"width": 4, "samples": 4, "batch_size": 2, "crop": 16, "device": "cpu", "show_progress": False}
    x, y = np.random.default_rng(0).standard_normal((64, 32)), np.arange(64 * 32).reshape(64, 32) % 2
    np.save("x.npy", x.astype(np.float32))
    np.save("y.npy", y.astype(np.uint8))
    given = {"data": "x.npy", "labels": "y.npy", "out": "run", **small}
    fit("segment", epochs=1, **given)
    fit("segment", epochs=2, resume=True, **given)
    np.save("x.npy", x[::-1].astype(np.float32))
    with pytest.raises(DataError, match="the data that the run in run learns from have changed since it began"):
        fit("segment", epochs=3, resume=True, **given)


@pytest.mark.parametrize("kind", ["tensors", "augmented", "crops"])
def test_a_recipe_of_ones_own_is_not_resumed_with_other_samples(tmp_path, kind):
    def samples(shift=0.0, label=0.0):
        x = torch.linspace(0, 1, 6 * 16).view(6, 1, 16) + shift
        y = (x > 0.5).float() + label * (x > 0.9)
        if kind == "crops":
            return Crops(x, y, crop=8, samples=6, seed=0, augmentation=Augmentation())
        made = TensorSamples(x.transpose(0, 2).contiguous().transpose(0, 2), y)
        return Augmented(made, Augmentation(flip=(0,)), seed=0) if kind == "augmented" else made

    def made(**changes):
        return recipe(**{"epochs": 1, "decay": "constant", "train": samples(), "validation": samples()} | changes)

    run(made(), tmp_path)
    run(made(epochs=2), tmp_path, resume=True)
    for changed in ({"train": samples(shift=1.0)}, {"train": samples(label=-1.0)}, {"validation": samples(shift=1.0)}):
        with pytest.raises(DataError, match="learns from have changed since it began; bring back what they were"):
            run(made(epochs=3, **changed), tmp_path, resume=True)


def test_windows_are_not_learnt_on_with_other_labels_classes_or_groups(tmp_path, monkeypatch):
    from geocnn.recipes import fit

    monkeypatch.chdir(tmp_path)
    small = {"data": "w.npz", "width": 2, "device": "cpu", "show_progress": False, "out": "run"}
    arrays = {
        "x": np.random.default_rng(0).standard_normal((24, 16)),
        "y": np.arange(24) % 2,
        "classes": ["sand", "shale"],
        "group": np.arange(24) // 4,
    }
    np.savez("w.npz", **arrays)
    fit("classify", epochs=1, **small)
    fit("classify", epochs=2, resume=True, **small)
    for changed in (
        {"y": 1 - arrays["y"]},
        {"classes": ["sand", "clay"]},
        {"group": np.arange(24) % 6},
        {"x": arrays["x"] + 1},
    ):
        np.savez("w.npz", **arrays | changed)
        with pytest.raises(DataError, match="the data that the run in run learns from have changed since it began"):
            fit("classify", epochs=3, resume=True, **small)


def resumed_with(folder, **job):
    """Change what a run notes about its job; None removes it."""
    path = folder / "state.safetensors"
    tensors = load_file(path)
    plain = json.loads(bytes(tensors["position"].tolist()))
    plain["job"] = {k: v for k, v in (plain["job"] | job).items() if v is not None}
    tensors["position"] = torch.frombuffer(bytearray(json.dumps(plain).encode()), dtype=torch.uint8)
    save_file(tensors, path)


def test_a_run_that_noted_its_windows_alone_goes_on(tmp_path, monkeypatch):
    """As versions did before there was a digest of windows, classes and groups."""
    from geocnn.recipes import fit

    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    x, y = draw.standard_normal((24, 16)), np.arange(24) % 2
    np.savez("w.npz", x=x, y=y)
    small = {"data": "w.npz", "width": 2, "device": "cpu", "show_progress": False, "out": "run"}
    told = fit("classify", epochs=1, **small).card.training
    resumed_with(tmp_path / "run", windows=told["windows"], digest=None)
    assert len(fit("classify", epochs=2, resume=True, **small).history) == 2
    resumed_with(tmp_path / "run", digest=None)
    np.savez("w.npz", x=x + 1, y=y)
    with pytest.raises(DataError, match="the data that the run in run learns from have changed since it began"):
        fit("classify", epochs=3, resume=True, **small)


@pytest.mark.parametrize(("recipe_of", "kept"), [("digits", False), ("classify", True), (None, True)])
def test_test_digits_go_with_the_run_that_wrote_them(tmp_path, recipe_of, kept):
    """A file of that name beside another run is somebody's own."""
    run(recipe(epochs=1), tmp_path)
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    card["training"]["recipe"] = recipe_of
    (tmp_path / "card.json").write_text(json.dumps(card) if recipe_of else "[", encoding="utf-8")
    (tmp_path / "test.npz").touch()
    run(recipe(epochs=1), tmp_path, overwrite=True)
    assert (tmp_path / "test.npz").exists() == kept


@pytest.mark.parametrize("changed", [{"classes": ["0", "255"]}, {"data": "19 windows of w.npz, judged by 5 others"}])
def test_windows_that_another_version_divided_otherwise_judge_no_network(tmp_path, monkeypatch, changed):
    """Windows from the training may be among those to judge by."""
    from geocnn.recipes import evaluate, fit

    monkeypatch.chdir(tmp_path)
    np.savez("w.npz", x=np.random.default_rng(0).standard_normal((24, 16)), y=np.arange(24) % 2)
    fit("classify", data="w.npz", epochs=1, width=2, out="run", device="cpu", show_progress=False)
    evaluate("run", device="cpu", show_progress=False)
    path = tmp_path / "run" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changed), encoding="utf-8")
    with pytest.raises(DataError, match="or another version of geocnn divided it otherwise; bring back what it was"):
        evaluate("run", device="cpu", show_progress=False)


def test_answers_of_another_size_than_the_labels_are_told_of():
    model = nn.Conv1d(1, 1, 5)
    samples = TensorSamples(torch.zeros(4, 1, 32), torch.zeros(4, 1, 32))
    with pytest.raises(
        DataError, match="answers for 28 samples and the labels have 32; give its convolutions a padding"
    ):
        run(recipe(model=model, train=samples, validation=samples))


class Scripted:
    """Metrics that follow a script, one number an epoch of two validation batches."""

    def __init__(self, *values):
        self.values, self.calls = values, 0

    def __call__(self, _logits, _target):
        self.calls += 1
        return {"score": self.values[(self.calls - 1) // 2]}


def kept(out, monitor, *values, **changes):
    return run(recipe(metrics=Scripted(*values), monitor=monitor, **{"epochs": 6} | changes), out)


def test_the_best_weights_are_kept_and_patience_ends_it(tmp_path):
    """Those of epoch 2 of 4: what a run of two epochs would have given away."""
    result = kept(tmp_path, "validation_score", 0.5, 0.7, 0.6, 0.7, 0.9, 1.0, patience=2, decay="constant")
    assert len(result.history) == 4  # equal is not better
    two = run(recipe(epochs=2, decay="constant"))
    for name, value in two.model.state_dict().items():
        assert torch.equal(value, result.model.state_dict()[name]), name
        assert torch.equal(value, checkpoints.load_file(tmp_path / "weights.safetensors")[name]), name
    assert result.card.training["best_epoch"] == 2
    assert result.card.training["epochs_done"] == 4
    scores = {k: v for k, v in result.history[1].items() if k.startswith("validation_")}
    assert result.card.metrics["validation"] == scores
    assert Card.from_json((tmp_path / "card.json").read_text(), tmp_path) == result.card


@pytest.mark.parametrize("ema", [None, 0.9])
def test_smaller_may_be_better_and_nan_never_is(ema):
    result = kept(None, "-validation_score", 0.5, math.nan, 0.3, 0.4, math.nan, 0.31, ema=ema)
    assert result.card.training["best_epoch"] == 3
    assert len(result.history) == 6  # without patience it goes on
    assert kept(None, "validation_score", *[math.nan] * 6).card.training["best_epoch"] == 1


def test_without_a_monitor_the_last_weights_are_kept():
    result = run(recipe(epochs=2))
    assert result.card.metrics["validation"]["validation_loss"] == result.history[-1]["validation_loss"]
    assert "best_epoch" not in result.card.training
    with pytest.raises(DataError, match=r"monitors 'validation_dicee'; its scores are epoch, .*validation_dice"):
        run(recipe(monitor="validation_dicee"))


@pytest.mark.parametrize("step", [2, 5, 8, 11])
def test_resume_with_patience_is_bit_for_bit(tmp_path, step):
    """Interrupted before, in and after the best epoch, which is the second of four; the best weights survive."""
    values = (0.5, 0.7, 0.6, 0.5, 0.9)
    whole = kept(tmp_path / "whole", "validation_score", *values, patience=2)
    calls = []

    def loss(logits, target):
        if logits.requires_grad:
            calls.append(1)
            if len(calls) == step:
                signal.raise_signal(signal.SIGINT)
        return bce(logits, target)

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "part", "validation_score", *values, patience=2, loss=loss)
    rest = values[step // 3 :]
    made = recipe(metrics=Scripted(*rest), monitor="validation_score", epochs=6, patience=2)
    again = run(made, tmp_path / "part", resume=True)
    assert_same(whole, again)
    assert_same(whole, run(made, tmp_path / "part", resume=True))  # stopped for good: nothing left to do
    more = recipe(metrics=Scripted(0.9, 0.2), monitor="validation_score", epochs=6, patience=3)
    assert run(more, tmp_path / "part", resume=True).card.training["best_epoch"] == 5


def test_scores_that_are_no_means_are_made_of_the_means():
    def counts(logits, target):
        return {"hit": float(((logits > 0) & (target > 0.5)).sum()) / len(logits)}

    result = run(recipe(epochs=1, metrics=counts, summary=lambda means: {"all_hits": 6 * means["hit"]}))
    x, y = Series(6)[range(6)]
    assert result.history[0]["validation_all_hits"] == pytest.approx(float(((result.model(x) > 0) & (y > 0.5)).sum()))
    assert set(result.history[0]) == {"epoch", "learning_rate", "loss", "validation_loss", "validation_all_hits"} | {
        "seconds"
    }


@pytest.mark.parametrize("name", ["traces", "digits"])
def test_training_leaves_the_random_numbers_of_the_caller_alone(name, monkeypatch):
    """Also those of GPUs, which torch.manual_seed would seed when it is first called and when they are first used."""
    touched = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", touched.append)
    torch.manual_seed(7)
    touched.clear()
    before = torch.get_rng_state()
    options = {"train": 32, "test": 10} if name == "digits" else {}
    first = geocnn.fit(name, epochs=1, device="cpu", show_progress=False, **options)
    assert torch.equal(before, torch.get_rng_state())
    assert touched == []
    torch.manual_seed(8)
    again = geocnn.fit(name, epochs=1, device="cpu", show_progress=False, **options)
    assert_same(first, again)


def test_interrupted_training_leaves_the_random_numbers_of_the_caller_alone():
    made = recipe(train=TensorSamples(torch.full((4, 1, 16), math.nan), torch.zeros(4, 1, 16)))
    before = torch.get_rng_state()
    with pytest.raises(DataError, match="NaN"):
        fit(made, device="cpu", show_progress=False)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_training_on_a_gpu_leaves_its_random_numbers_alone():
    torch.cuda.manual_seed(7)
    before = torch.cuda.get_rng_state()
    geocnn.fit("digits", train=32, test=10, epochs=1, device="cuda", show_progress=False)
    assert torch.equal(before, torch.cuda.get_rng_state())
