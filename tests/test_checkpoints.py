"""Run folders: what is saved comes back, what is damaged is refused with a reason."""

import json
import shutil

import pytest
import torch

from geocnn import checkpoints
from geocnn.checkpoints import SHIPPED, Card
from geocnn.errors import DataError, FormatError, MissingError, TargetError
from geocnn.models.faultseg import FaultSeg

CARD = Card(
    name="test",
    task="segmentation",
    architecture="faultseg",
    arguments={"ndim": 1, "width": 2, "bottleneck": 4},
    classes=("fault",),
    channels=("amplitude",),
    axes=("time",),
    window=(16,),
    notes="Größe",
)


@pytest.fixture
def folder(tmp_path):
    checkpoints.save(tmp_path / "run", FaultSeg(1, width=2, bottleneck=4), CARD)
    return tmp_path / "run"


def change(folder, **fields):
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (folder / "card.json").write_text(json.dumps(card | fields), encoding="utf-8")


def test_what_is_saved_comes_back(folder):
    trained = checkpoints.load(folder)
    assert trained.card.notes == "Größe"
    assert trained.card.ndim == 1
    assert trained.folder == folder
    assert not any(p.requires_grad for p in trained.model.parameters())
    assert trained.card == CARD.replace(sha256=trained.card.sha256, versions=checkpoints.versions())


@pytest.mark.parametrize("where", [0.1, 0.5, 0.999])
def test_one_flipped_bit_is_found(folder, where):
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"is damaged .* copy it again from its source"):
        checkpoints.load(folder)


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"arguments": {"ndim": 1, "width": 4, "bottleneck": 4}}, FormatError, "does not fit the network in card"),
        ({"arguments": {"ndim": 1, "depth": 4}}, FormatError, r"card\.json.*depth"),
        ({"arguments": {"ndim": 7}}, FormatError, "is not a geocnn card"),
        ({"arguments": {}}, FormatError, "is not a geocnn card"),
        (
            {"architecture": "trace_classifier", "arguments": {"ndim": 1}},
            FormatError,
            "take both files from the same training run",
        ),
        ({"architecture": "faultsegg"}, MissingError, "which geocnn has not"),
        ({"window": None}, FormatError, "is not a geocnn card"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder, fields, error, message):
    change(folder, **fields)
    with pytest.raises(error, match=message):
        checkpoints.load(folder)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("task", ("what", None)),
        ("name", (None, 3)),
        ("architecture", (None,)),
        ("arguments", (None, [1])),
        ("classes", ("fault", [], [1], ["fault", "fault"])),
        ("axes", ("t", [1])),
        ("window", (None, [0], ["a"], [16.0], [16, 16])),
        ("normalisation", (None, [1], {"kind": "what"}, {"clipp": 4}, {"clip": "x"}, {"clip": -1}, {"std": 0})),
        ("normalisation", ({"mean": float("inf")}, {"mean": 10**400}, {"std": float("-inf")}, {"clip": float("nan")})),
        ("size_multiple", (0, -8, 8.0, "8", None, True)),
        ("reach", (-1, "far")),
        ("margin", (-1, None)),
        ("threshold", ("high", 7, None, float("nan"))),
        ("finer", (0, "a")),
        ("training", (None, [], {"arguments": None}, {"arguments": []})),
        ("versions", (None, "0.1")),
    ],
)
def test_a_damaged_value_of_a_card_is_named(folder, name, values):
    for value in values:
        change(folder, **{name: value})
        with pytest.raises(FormatError, match=rf"card\.json is not a geocnn card \(.*{name}.* (needed is|it knows) "):
            checkpoints.load(folder)


def test_a_card_with_a_value_that_no_network_has_cannot_be_made():
    with pytest.raises(DataError, match=r"^size_multiple is 0; needed is a whole number from 1 on\.$"):
        CARD.replace(size_multiple=0)


def test_a_field_that_a_later_version_has_written_is_left_aside_and_noted(folder):
    change(folder, colour="red")
    card = checkpoints.read_card(folder)
    assert card.remarks() == ["the card of test has colour, which this geocnn does not know."]
    assert "colour" not in card.to_json()
    change(folder, versions={"geocnn": "99.1.0"})
    version = checkpoints.versions()["geocnn"]
    (said,) = checkpoints.read_card(folder).remarks()
    assert said == (
        "the card of test has colour, which this geocnn does not know; geocnn 99.1.0 has written it, and this is "
        f"{version}: update geocnn if it matters."
    )
    change(folder, normalisation={"kind": "robust"})
    with pytest.raises(FormatError, match=rf"update geocnn, because geocnn 99\.1\.0 has written it, .* {version}\.$"):
        checkpoints.load(folder)
    assert CARD.remarks() == []


@pytest.mark.parametrize("version", ["{}.dev3", "{}rc1", "{}+local.7", "{}.post1"])
def test_a_version_on_the_way_to_this_one_is_not_later(folder, version):
    release = ".".join(checkpoints.versions()["geocnn"].split(".")[:3])
    change(folder, colour="red", versions={"geocnn": version.format(release)})
    assert checkpoints.read_card(folder).remarks() == ["the card of test has colour, which this geocnn does not know."]


@pytest.mark.parametrize("window", [[], [16]])
def test_a_window_has_a_number_for_each_axis_or_none(folder, window):
    change(folder, window=window)
    assert checkpoints.read_card(folder).window == tuple(window)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[]", "it holds no table of names and values"),
        (b"null", "it holds no table of names and values"),
        (b"[" * 100_000, "its brackets are nested too deeply"),
    ],
)
def test_what_is_no_table_is_said_in_words(folder, content, why):
    (folder / "card.json").write_bytes(content)
    with pytest.raises(FormatError, match=rf"card\.json is not a geocnn card \({why}\); give a folder written by"):
        checkpoints.load(folder)


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\xff\xfe\x00", b"{"])
def test_a_card_that_is_no_card(folder, content):
    (folder / "card.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"card\.json is not a geocnn card"):
        checkpoints.load(folder)


@pytest.mark.parametrize("name", ["card.json", "weights.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(FormatError, match=f"has no {name}"):
        checkpoints.load(folder)


def test_weights_that_are_no_weights(folder):
    (folder / "weights.safetensors").write_bytes(b"x" * 100)
    change(folder, sha256="")
    with pytest.raises(FormatError, match=r"does not fit the network|is no file of weights"):
        checkpoints.load(folder)


def test_unknown_names():
    with pytest.raises(MissingError, match="there is no network 'fautls'; did you mean faults"):
        checkpoints.load("fautls")
    missing = max(SHIPPED["faults"]) + 1
    with pytest.raises(DataError, match=f"the data have {missing} dimensions, but the network faults ships for 2-D"):
        checkpoints.load("faults", ndim=missing)


def test_a_run_goes_before_a_shipped_name_and_another_folder_does_not(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    shutil.copytree(folder, "faults")
    assert checkpoints.load("faults").card.name == "test"
    shutil.rmtree("faults")
    (folder.parent / "faults").mkdir()
    assert checkpoints._find("faults", 3).name == SHIPPED["faults"][3]


def test_a_failed_write_leaves_the_file_before(folder):
    before = (folder / "card.json").read_bytes()

    def full():
        yield "new"
        raise OSError(28, "No space left on device")

    with pytest.raises(TargetError, match=r"card\.json cannot be written \((?i:no space left on device)\); make room"):
        checkpoints.write_atomically(folder / "card.json", full())
    assert (folder / "card.json").read_bytes() == before
    with pytest.raises(TargetError, match="cannot be written"):
        checkpoints.write_atomically(folder / "none" / "x", {"a": torch.zeros(1)})
    assert {p.name for p in folder.iterdir()} == {"card.json", "weights.safetensors"}
