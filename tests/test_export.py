"""Networks as files of other programs: the numbers of the network, its card inside, finished or absent."""

import json

import numpy as np
import pytest
import torch

from geocnn import checkpoints, export
from geocnn.checkpoints import Card, Trained
from geocnn.cli import main
from geocnn.errors import DataError, TargetError
from geocnn.models import build


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch, symbolic_sizes):  # noqa: ARG001  (takes effect by being named)
    monkeypatch.chdir(tmp_path)


def tiny(**changes):
    """A small fault network for sections, with random weights."""
    torch.manual_seed(0)
    arguments = {"ndim": 2, "in_channels": 1, "width": 2, "bottleneck": 2}
    known = {"window": (16, 16), "size_multiple": 8, "reach": 51, "normalisation": {"clip": 4.0}} | changes
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), ("amplitude",), ("trace", "time"), **known)
    return Trained(build("faultseg", **arguments).eval(), card)


@pytest.mark.parametrize("form", export.SUFFIXES)
def test_each_form_gives_the_numbers_of_the_network_and_carries_its_card(form):
    trained, name = tiny(), f"net{export.SUFFIXES[form]}"
    made = export.export(trained, name, form=form)
    assert made.difference <= 1e-5
    assert made.checked == ((16, 16), (24, 32))
    x = torch.randn(1, 1, 48, 8 * 9)
    card = {"card.json": ""}
    if form == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(name, providers=["CPUExecutionProvider"])
        assert session.get_inputs()[0].shape == ["batch", 1, "8*n_trace", "8*n_time"]
        found = torch.from_numpy(session.run(None, {"input": x.numpy()})[0])
        card = session.get_modelmeta().custom_metadata_map
    elif form == "torchscript":
        with pytest.warns(DeprecationWarning, match="torch.jit.load"):
            found = torch.jit.load(name, _extra_files=card)(x)
    else:
        found = torch.export.load(name, extra_files=card).module()(x)
    np.testing.assert_allclose(found.detach(), trained.model(x).detach(), atol=1e-5)
    assert json.loads(card["card.json"]) == json.loads(trained.card.to_json())


def test_a_file_is_replaced_only_when_asked_for_and_nothing_else_is_left(tmp_path, monkeypatch):
    trained = tiny()
    export.export(trained, "net.pt", form="torchscript")
    with pytest.raises(TargetError, match=r"net\.pt exists already"):
        export.export(trained, "net.pt", form="torchscript")
    before = (tmp_path / "net.pt").stat().st_ino
    export.export(trained, "net.pt", form="torchscript", overwrite=True)
    assert (tmp_path / "net.pt").stat().st_ino != before
    monkeypatch.setattr(export, "_TOLERANCE", -1.0)
    for form, suffix in export.SUFFIXES.items():
        with pytest.raises(DataError, match="differs from the network itself by"):
            export.export(trained, f"other{suffix}", form=form)
    assert [p.name for p in tmp_path.iterdir()] == ["net.pt"]


def test_the_network_is_left_as_it_is():
    trained = tiny()
    trained.model.to(memory_format=torch.channels_last)  # as prediction leaves it
    trained.model.requires_grad_(requires_grad=True)
    weights = {k: v.clone() for k, v in trained.model.state_dict().items()}
    export.export(trained, "net.pt2", form="exported-program")
    assert all(p.requires_grad for p in trained.model.parameters())
    assert all(torch.equal(v, weights[k]) for k, v in trained.model.state_dict().items())


def test_the_command_writes_what_is_asked_for_and_says_how_to_use_it(tmp_path, capsys):
    trained = tiny(normalisation={"kind": "fixed", "mean": 33, "std": 79, "clip": 4})
    checkpoints.save(tmp_path / "run", trained.model, trained.card)
    assert main(["export", "run", "--onnx", "--torchscript"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[::2]][:2] == [["onnx", "run.onnx"], ["torchscript", "run.pt"]]
    assert lines[1].strip().startswith("checked on windows of 16 x 16 and 24 x 32 samples: largest difference ")
    assert [" ".join(line.split()) for line in lines[4:]] == [
        "input input, float32 (batch, 1 amplitude, trace, time)",
        "sizes 16, then every 8 samples",
        "normalisation (x - 33) / 79, cut at +-4",
        "output logits (batch, maps, trace, time); sigmoid gives the probability: fault",
    ]
    assert {p.name for p in tmp_path.iterdir()} == {"run", "run.onnx", "run.pt"}


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (("channel 1", "channel 2", "channel 3"), "batch, 3 channels, trace, time"),
        (("x", "y"), "batch, 2 channels: x y, trace, time"),
    ],
)
def test_several_channels_are_counted_before_they_are_named(channels, said, tmp_path, capsys):
    arguments = {"ndim": 2, "in_channels": len(channels), "width": 2, "bottleneck": 2}
    card = tiny().card.replace(arguments=arguments, channels=channels)
    checkpoints.save(tmp_path / "run", build("faultseg", **arguments), card)
    assert main(["export", "run", "--torchscript"]) == 0
    assert f"input, float32 ({said})" in capsys.readouterr().out


def test_without_something_to_run_the_file_the_command_says_so(tmp_path, capsys, monkeypatch):
    trained = tiny()
    checkpoints.save(tmp_path / "run", trained.model, trained.card)
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == "onnxruntime" else name)
    assert main(["export", "run", "--onnx", "--out", "a.onnx"]) == 0
    assert "not checked: onnxruntime is not installed (pip install 'geocnn[export]')" in capsys.readouterr().out


def test_a_terminal_shows_that_it_works_and_a_file_nothing(tmp_path, capsys, monkeypatch):
    trained = tiny()
    checkpoints.save(tmp_path / "run", trained.model, trained.card)
    assert main(["export", "run", "--torchscript"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["export", "run", "--torchscript", "--overwrite"]) == 0
    err = capsys.readouterr().err
    assert "export run.pt" in err
    assert "2/2" in err
