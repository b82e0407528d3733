"""What every architecture must do in every dimension: learn with all of its weights, be saved, loaded and exported."""

import pytest
import torch
from torch import nn

from geocnn import checkpoints, export
from geocnn.checkpoints import Card, Trained
from geocnn.errors import DataError, MissingError
from geocnn.models import ARCHITECTURES, build
from geocnn.models.base import Segmenter

SMALL = {
    "trace_classifier": {"window": 16},
    "lenet1989": {},
    "lenet5": {"window": 16},
    "lenet": {"window": 16},
    "alexnet2012": {"window": 67, "width": 0.03},
    "alexnet": {"width": 0.03},
    "convnetquake": {"window": 16, "width": 4},
    "unet2015": {"width": 2, "depth": 1},
    "unet": {"width": 2, "depth": 2},
    "faultseg": {"width": 2, "bottleneck": 8, "residual": 1},
    "detector": {
        "in_channels": 3,
        "heads": (1, 2),
        "width": 4,
        "bands": 2,
        "hidden": 8,
        "block": 16,
        "delays": (1, 9, 3),
    },
    "denoiser": {"width": 2, "depth": 2, "blocks": 1},
    "sections_denoiser": {"width": 2, "depth": 2, "blocks": 1},
    "picker": {"channels": (4, 8), "kernel_size": 5, "block": 16},
    "resnet18": {"width": 2, "layers": (1, 1, 1, 1)},
    "resnet34": {"width": 2, "layers": (2, 1, 1, 1), "anti_alias": True},
    "resnet50": {"width": 2, "layers": (1, 1, 1, 1)},
    "resnet101": {"width": 2, "layers": (1, 1, 1, 1), "stride_in_1x1": True},
    "resnet152": {"width": 2, "layers": (1, 1, 1, 1), "anti_alias": True},
    "resnet20": {"width": 2, "depth": 8},
    "resnet32": {"width": 2, "depth": 8, "shortcut": "B"},
    "resnet44": {"width": 2, "depth": 8, "residual": False},
    "resnet56": {"width": 2, "depth": 8, "anti_alias": True},
    "resnet110": {"width": 2, "depth": 14},
    "resnet1202": {"width": 2, "depth": 14, "shortcut": "B"},
}
"""Arguments that keep a network small and leave all of its code in use; where many layers are the same, some of them,
and a choice of the architecture that the others leave alone."""

DIMENSIONS = pytest.mark.parametrize("ndim", [1, 2, 3])
EVERY = pytest.mark.parametrize("name", ARCHITECTURES)


def make(name, ndim):
    """The network with weights and statistics that are not those it starts with, and a window that it takes."""
    torch.manual_seed(0)
    model = build(name, **arguments(name, ndim))
    for module in model.modules():
        if hasattr(module, "running_mean"):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    for name, parameter in model.named_parameters():
        if name.endswith("second.weight"):  # of a residual block, which begins as nothing
            nn.init.normal_(parameter, std=0.1)
    window = model.sizes.above((model.sizes.least if name == "unet2015" else 16,) * ndim)
    return model, torch.randn(2, model.in_channels, *window)


def arguments(name, ndim):
    return {"ndim": ndim, "in_channels": 2, "out_channels": 3, **SMALL[name]}


def card(name, ndim, window):
    return Card(
        name="test",
        task=ARCHITECTURES[name].task,
        architecture=name,
        arguments=arguments(name, ndim),
        classes=("a", "b", "c"),
        channels=("p", "q", "r")[: arguments(name, ndim)["in_channels"]],
        axes=("inline", "crossline", "time")[-ndim:],
        window=tuple(window),
    )


@DIMENSIONS
@EVERY
def test_all_weights_learn(name, ndim):
    model, x = make(name, ndim)
    logits = model(x)
    space = (n - 2 * model.margin for n in x.shape[2:]) if isinstance(model, Segmenter) else ()
    assert logits.shape == (2, 3, *space)
    # A quadratic sum would leave a layer in front of a normalisation without a gradient: any other weighting does not.
    (logits * torch.randn_like(logits)).sum().backward()
    idle = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all() or not p.grad.any()]
    assert idle == []


@DIMENSIONS
@EVERY
def test_other_sizes_are_refused_with_one_that_fits(name, ndim):
    model, x = make(name, ndim)
    rule = model.sizes
    for wrong in {tuple(n + k for n in x.shape[2:]) for k in (-1, 1)} | {(1,) * ndim}:
        if rule.fits(wrong):
            continue
        with pytest.raises(DataError, match=f"got windows of {' x '.join(map(str, wrong))} samples; it takes "):
            model(torch.zeros(1, model.in_channels, *wrong))
        assert rule.fits(rule.above(wrong))
    with pytest.raises(ValueError, match=f"{model.in_channels} channels"):
        model(torch.zeros(1, model.in_channels - 1, *x.shape[2:]))


@DIMENSIONS
@EVERY
def test_a_run_folder_gives_the_same_numbers(name, ndim, tmp_path):
    model, x = make(name, ndim)
    saved = checkpoints.save(tmp_path / "run", model, card(name, ndim, x.shape[2:]))
    trained = checkpoints.load(tmp_path / "run")
    assert trained.card.to_json() == saved.to_json()
    assert not trained.model.training
    assert torch.equal(trained.model(x), model.eval()(x))


@pytest.mark.usefixtures("symbolic_sizes")
@DIMENSIONS
@EVERY
def test_torchscript_gives_the_same_numbers_at_every_size(name, ndim, tmp_path):
    model, x = make(name, ndim)
    trained = Trained(model.eval(), card(name, ndim, x.shape[2:]))
    made = export.export(trained, tmp_path / "net.pt", form="torchscript")  # compares two sizes itself
    assert made.difference < 1e-5
    assert len(made.checked) == (2 if made.sizes.step else 1)


KIN = [f"resnet{layers}" for layers in (34, 101, 152, 32, 44, 56, 110, 1202, 50)]
"""They have all their layers from resnet18 and resnet20 and are exported in one dimension, which take turns."""


def in_most_dimensions():
    """Networks and dimensions in which an export, which takes seconds, has something of its own to show."""
    alone = [(name, 1 + k % 3) for k, name in enumerate(KIN)]
    seismograms = [("detector", 1), ("picker", 1)]
    others = [name for name in ARCHITECTURES if name not in (*KIN, "detector", "picker")]
    return [*alone, *seismograms, *((name, ndim) for name in others for ndim in (1, 2, 3))]


@pytest.mark.usefixtures("symbolic_sizes")
@pytest.mark.parametrize(("name", "ndim"), in_most_dimensions())
def test_torch_export_and_onnx_give_the_same_numbers_at_every_size(name, ndim, tmp_path, monkeypatch):
    ort = pytest.importorskip("onnxruntime")
    model, x = make(name, ndim)
    trained, programs = Trained(model.eval(), card(name, ndim, x.shape[2:])), []
    plain = export.exported_program

    def noted(*arguments):
        programs.append(plain(*arguments))
        return programs[-1]

    monkeypatch.setattr(export, "exported_program", noted)
    made = export.export(trained, tmp_path / "net.onnx", show_progress=False)
    session = ort.InferenceSession(str(made.path), providers=["CPUExecutionProvider"])
    assert [session.get_inputs()[0].name, session.get_outputs()[0].name] == ["input", "logits"]
    inside = Card.from_json(session.get_modelmeta().custom_metadata_map["card.json"], made.path)
    assert inside.to_json() == trained.card.to_json()
    fixed = [n for n in session.get_inputs()[0].shape if isinstance(n, int)]
    assert len(fixed) == (1 if made.sizes.step else 1 + ndim)
    with torch.no_grad():
        assert made.difference < 1e-5 * max(10.0, float(model(x).abs().max()))
    program, step = programs[0].module(), made.sizes.step
    least = made.sizes.above((1,) * ndim)
    for batch, more in ((1, 0), (3, step), (2, 2 * step)):
        x = torch.randn(batch, model.in_channels, *(n + (axis + 1) * more for axis, n in enumerate(least)))
        with torch.no_grad():
            wanted = model(x)
            torch.testing.assert_close(program(x), wanted, rtol=1e-5, atol=1e-6)
        found = torch.from_numpy(session.run(None, {"input": x.numpy()})[0])
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5 * max(1.0, float(wanted.abs().max())))


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(MissingError, match="there is no architecture 'faultsag'; did you mean faultseg"):
        build("faultsag", ndim=3)
    with pytest.raises(MissingError, match="there are trace_classifier, lenet1989"):
        build("xyz", ndim=3)
