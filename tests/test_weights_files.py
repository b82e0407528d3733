"""Weights saved by other programs: loaded to the last tensor, or refused; and nothing in them is ever run."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from geocnn.errors import FormatError, MissingError
from geocnn.models import build
from geocnn.weights_files import load_weights, read_weights

NETS = {
    **{f"resnet{n}": (f"resnet{n}", 2, {}) for n in (18, 34, 50, 101, 152)},
    "alexnet_torchvision": ("alexnet", 2, {}),
    "unet_milesial_bn_padded": ("unet", 2, {"in_channels": 3, "out_channels": 2}),
    "cifar_resnet20": ("resnet20", 2, {}),
}
"""Name in the reference file -> architecture that its weights are for."""


@pytest.fixture
def small():
    torch.manual_seed(1)
    return build("resnet20", ndim=1, in_channels=1, out_channels=3, width=2)


def same(model, weights):
    return all(torch.equal(v, weights[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize("net", NETS)
def test_the_names_and_shapes_of_others_load_strictly(oracles, net, tmp_path):
    keys = json.loads((oracles / "landmark_networks.json").read_text())["nets"][net]["keys"]
    name, ndim, arguments = NETS[net]
    torch.manual_seed(0)
    weights = {k: torch.rand(shape) if shape else torch.tensor(7) for k, shape in keys}
    with torch.device("meta"):
        shadow = build(name, ndim=ndim, **arguments)
    model = shadow.to_empty(device="cpu")
    if net == "resnet18":  # the reading is the same for all
        torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in weights.items()}}, tmp_path / "w.pth")
        assert load_weights(model, tmp_path / "w.pth") == []
        assert same(model, weights)
        model = shadow.to_empty(device="cpu")
    save_file(weights, tmp_path / "w.safetensors")
    assert load_weights(model, tmp_path / "w.safetensors") == []
    assert same(model, weights)
    (tmp_path / "w.safetensors").unlink()
    first = keys[0][0]
    for wrong, what in (
        ({k: v for k, v in weights.items() if k != first}, f"{first} is missing"),
        (weights | {"more": torch.ones(1)}, "more is too much"),
        (weights | {first: torch.ones(3, 2)}, f"{first} has 3 x 2 numbers instead of"),
    ):
        torch.save(wrong, tmp_path / "w.pt")
        with pytest.raises(FormatError, match=rf"w\.pt does not fit the network \({what}"):
            load_weights(model, tmp_path / "w.pt")
        (tmp_path / "w.pt").unlink()


@pytest.mark.parametrize("nest", ["state_dict", "model", "model_state", "model_state_dict", None])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod.", "model.", "net."])
def test_nests_and_prefixes_of_training_programs_are_taken_off(small, nest, prefix, tmp_path):
    weights = {f"{prefix}{k}": v + 1 for k, v in small.state_dict().items()} | {"mask_values": [0, 255]}
    torch.save({"epoch": 1, nest: weights} if nest else weights, tmp_path / "w.bin")
    before = small.state_dict()
    expected = {k: v + 1 for k, v in before.items()}
    load_weights(small, tmp_path / "w.bin")
    assert same(small, expected)


def test_old_files_without_counters_and_other_precisions(small, tmp_path):
    weights = {k: (v + 1).double() for k, v in small.state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(weights, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    load_weights(small, tmp_path / "w.pth")
    assert all(torch.equal(small.state_dict()[k], v.float()) for k, v in weights.items())
    assert small.state_dict()["bn1.num_batches_tracked"] == 0


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("resnet20", ["linear.weight", "linear.bias"]),
        ("lenet1989", ["outw", "outb"]),
        ("lenet5", ["output.codes"]),
        ("alexnet", ["classifier.6.weight", "classifier.6.bias"]),
        ("unet", ["outc.conv.weight", "outc.conv.bias"]),
    ],
)
def test_another_number_of_classes_keeps_the_last_layer_where_that_is_allowed(name, kept, tmp_path):
    arguments = {"width": 0.05} if name == "alexnet" else {"width": 2} if name in ("resnet20", "unet") else {}
    torch.manual_seed(0)
    model, other = (build(name, ndim=1, in_channels=1, out_channels=n, **arguments) for n in (3, 7))
    torch.save(other.state_dict(), tmp_path / "w.pth")
    with pytest.raises(FormatError, match="does not fit the network"):
        load_weights(model, tmp_path / "w.pth")
    own = {k: v.clone() for k, v in model.state_dict().items()}
    assert load_weights(model, tmp_path / "w.pth", other_classes=True) == kept
    for key, value in model.state_dict().items():
        assert torch.equal(value, own[key] if key in kept else other.state_dict()[key])
    deeper = build(name, ndim=1, in_channels=2, out_channels=7, **arguments)
    torch.save(deeper.state_dict(), tmp_path / "w.pth")
    with pytest.raises(FormatError, match="does not fit the network"):
        load_weights(model, tmp_path / "w.pth", other_classes=True)


class Evil:
    """Makes a folder when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("owned",)


@pytest.mark.parametrize("protocol", [*range(6), "torch", "old torch", "a whole network"])
def test_code_in_a_pickle_is_not_run(small, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = {"state_dict": small.state_dict(), "hook": Evil()}
    if protocol == "a whole network":
        torch.save(small, "w.pth")
    elif isinstance(protocol, str):
        torch.save(content, "w.pth", _use_new_zipfile_serialization=protocol == "torch")
    else:
        Path("w.pth").write_bytes(pickle.dumps(content, protocol=protocol))
    with pytest.raises(FormatError, match=r"^w\.pth holds code besides numbers and was not opened"):
        load_weights(small, "w.pth")
    assert [p.name for p in tmp_path.iterdir()] == ["w.pth"]


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"x" * 1000, bytes(1000), b"<!DOCTYPE html>", b"\x89PNG\r\n" + bytes(9)])
def test_files_of_something_else(small, suffix, content, tmp_path):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="is no file of weights, or a damaged one"):
        load_weights(small, path)


def test_damaged_archives_and_contents_without_names(small, tmp_path):
    path = tmp_path / "w.pth"
    torch.save(small.state_dict(), path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(FormatError, match="or a damaged one"):
        read_weights(path)
    np.savez(tmp_path / "a.npz", a=np.ones(3))
    (tmp_path / "a.npz").rename(path)
    with pytest.raises(FormatError, match="or a damaged one"):
        read_weights(path)
    for nameless in ([torch.ones(3)], {"epoch": 3}, torch.ones(2), {}):
        torch.save(nameless, path)
        with pytest.raises(FormatError, match="holds no tensors with names"):
            read_weights(path)
    with pytest.raises(MissingError, match="there is no file of weights"):
        read_weights(tmp_path / "no.pth")
    (tmp_path / "w.h5").touch()
    with pytest.raises(FormatError, match=r"needed is one of \.safetensors, \.pth"):
        read_weights(tmp_path / "w.h5")
