"""The recipe for faults: what it starts from, what it refuses, and how it is judged."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from geocnn import training
from geocnn.checkpoints import load
from geocnn.errors import DataError
from geocnn.evaluation import scores
from geocnn.recipes import build, evaluate, fit


def test_training_goes_on_from_a_trained_network(tmp_path):
    small = {
        "ndim": 2,
        "crop": (16, 16),
        "samples": 2,
        "epochs": 1,
        "batch_size": 1,
        "model": "faultseg",
        "bottleneck": 16,
    }
    first = fit("faults", **small, out=tmp_path / "first", show_progress=False)
    again = build("faults", **small, start=str(tmp_path / "first"), seed=5)
    for name, value in first.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])
    assert all(p.requires_grad for p in again.model.parameters())
    assert again.card.training["arguments"]["start"] == str(tmp_path / "first")
    with pytest.raises(DataError, match="it needs --model faultseg --ndim 2 --bottleneck 16"):
        build("faults", **small | {"bottleneck": 8}, start=str(tmp_path / "first"))


@pytest.mark.parametrize(("ndim", "more"), [(2, {}), (3, {"model": "faultseg", "residual": 1})])
def test_training_goes_on_from_the_networks_that_ship(ndim, more):
    shipped = load("faults", ndim=ndim)
    again = build("faults", ndim=ndim, start="faults", loss="bce", **more)
    for name, value in shipped.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])


def test_training_goes_on_with_residual_blocks_that_the_first_network_lacks(tmp_path):
    small = {"ndim": 2, "crop": (16, 16), "samples": 2, "epochs": 1, "model": "faultseg", "bottleneck": 16}
    first = fit("faults", **small, out=tmp_path / "first", show_progress=False)
    deeper = build("faults", **small, residual=1, start=str(tmp_path / "first"), seed=5)
    x = torch.randn(1, 1, 32, 32)
    torch.testing.assert_close(deeper.model(x), first.model(x), rtol=0, atol=1e-5)
    assert deeper.card.arguments == first.card.arguments | {"residual": 1}
    assert deeper.card.reach == first.card.reach + 32
    fit("faults", **small, residual=1, start=str(tmp_path / "first"), out=tmp_path / "deeper", show_progress=False)
    with pytest.raises(DataError, match="--residual 1, or more --residual blocks"):
        build("faults", **small, start=str(tmp_path / "deeper"))
    with pytest.raises(DataError, match="--residual -1"):
        build("faults", **small, residual=-1)


def test_presets_are_taken_in_turn():
    both, plain, field = (
        build("faults", ndim=2, crop=(32, 32), structure=kinds).train
        for kinds in (("plain", "field"), ("plain",), ("field",))
    )
    assert not torch.equal(plain[[0]][0], field[[0]][0])
    for index, of in ((0, plain), (1, field), (2, plain), (203, field)):
        torch.testing.assert_close(both[[index]], of[[index]])
    with pytest.raises(ValueError, match="structure is 'flat'; it is one of faultseg3d, plain, field"):
        build("faults", ndim=2, crop=(32, 32), structure=("field", "flat"))


@pytest.mark.parametrize("option", ["bottleneck", "residual"])
def test_options_of_faultseg_are_refused_for_the_u_net(option):
    with pytest.raises(DataError, match="which --model unet does not have; leave them out, or give --model faultseg"):
        build("faults", ndim=2, crop=(32, 32), **{option: 3})
    build("faults", ndim=2, crop=(32, 32), model="faultseg", **{option: 3})


@pytest.mark.parametrize("batch_size", [1, 24])
def test_one_network_has_one_score_however_its_sections_are_put_together(batch_size):
    """That of all sections as one, with more room between them than the tolerance; in some there is no fault."""
    small = {"ndim": 2, "crop": (32, 32), "samples": 2, "epochs": 1, "model": "faultseg", "bottleneck": 16}
    made = build("faults", **small, structure=("field", "plain"), batch_size=batch_size)
    made = replace(made, schedule=replace(made.schedule, precision="float32"))  # as the network is judged later
    run = training.fit(made, device="cpu", show_progress=False)
    x, y = run.recipe.validation[range(len(run.recipe.validation))]
    with torch.no_grad():
        logits, truth = run.model(x)[:, 0].numpy(), y[:, 0].numpy() > 0.5
    assert not truth.any(axis=(1, 2)).all()
    probability, mask = (
        np.pad(v, ((0, 0), (0, 3), (0, 0))).reshape(-1, 32) for v in (1 / (1 + np.exp(-logits)), truth)
    )
    known = np.pad(np.ones(truth.shape, np.bool_), ((0, 0), (0, 3), (0, 0))).reshape(-1, 32)
    wanted = scores(probability, mask, known=known)
    assert 0 < wanted["dice"] < 1
    found = evaluate(run, device="cpu", show_progress=False)
    assert list(found) == list(wanted)
    assert found == pytest.approx(wanted, abs=1e-4)
    recorded = {k: run.history[-1][f"validation_{k}"] for k in ("precision", "recall", "dice", "iou")}
    assert recorded == pytest.approx({k: found[k] for k in recorded}, abs=1e-4)
