"""What every architecture must do: learn, be saved and loaded, in every dimension."""

import pytest
import torch

from geocnn import checkpoints
from geocnn.checkpoints import Card
from geocnn.errors import MissingError
from geocnn.models import ARCHITECTURES, build

SMALL = {"faultseg": {"width": 4, "bottleneck": 8}, "trace_classifier": {"window": 16}}


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_learns_and_survives_a_file(name, ndim, tmp_path):
    arguments = {"ndim": ndim, "in_channels": 2, "out_channels": 3, **SMALL[name]}
    torch.manual_seed(0)
    model, x = build(name, **arguments), torch.randn(2, 2, *(16,) * ndim)
    logits = model(x)
    assert logits.shape[:2] == (2, 3)
    assert logits.shape[2:] in {(), x.shape[2:]}
    logits.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    card = Card(
        name="test",
        task="segmentation" if logits.ndim > 2 else "classification",
        architecture=name,
        arguments=arguments,
        classes=("a", "b", "c"),
        channels=("p", "q"),
        axes=("inline", "crossline", "time")[-ndim:],
        window=(16,) * ndim,
    )
    saved = checkpoints.save(tmp_path / "run", model, card)
    trained = checkpoints.load(tmp_path / "run")
    assert trained.card == saved
    assert not trained.model.training
    assert torch.equal(trained.model(x), model.eval()(x))


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(MissingError, match="there is no architecture 'faultsag'; did you mean faultseg"):
        build("faultsag", ndim=3)
    with pytest.raises(MissingError, match="there are faultseg, trace_classifier"):
        build("xyz", ndim=3)
