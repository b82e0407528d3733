"""``geocnn models``: the table of architectures, and one network layer by layer."""

import time

import pytest

from geocnn import checkpoints, overview
from geocnn.checkpoints import Card
from geocnn.cli import main
from geocnn.models import ARCHITECTURES, build


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def table(capsys, *words):
    assert main(["models", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def test_one_row_an_architecture(capsys, monkeypatch):
    few = ("lenet5", "alexnet", "resnet18", "resnet20", "unet2015", "faultseg")
    monkeypatch.setattr("geocnn.models.ARCHITECTURES", {name: ARCHITECTURES[name] for name in few})
    head, *rows = (line.split("  ") for line in table(capsys))
    rows = [[cell.strip() for cell in row if cell.strip()] for row in (head, *rows)]
    assert rows[:7] == [
        ["name", "parameters", "field", "measured", "stride", "takes", "multiply-adds", "for", "published by"],
        ["lenet5", "60,000", "32", "32", "4", "32 samples per axis only", "416 k", "32 x 32", "LeCun et al. 1998"],
        ["alexnet", "61,100,840", "195", "195", "32", "63 or more samples", "714 M", "224 x 224", "Krizhevsky 2014"],
        ["resnet18", "11,689,512", "435", "435", "32", "any size", "1.81 G", "224 x 224", "He et al. 2016"],
        ["resnet20", "269,722", "81", "81", "4", "any size", "40.6 M", "32 x 32", "He et al. 2016, small windows"],
        [
            *("unet2015", "31,030,658", "204", "204", "1", "188, then every 16 samples", "150 G", "572 x 572"),
            "Ronneberger et al. 2015",
        ],
        ["faultseg", "1,459,585", "100", "100", "1", "multiples of 8", "100 G", "128 x 128 x 128", "Wu et al. 2019"],
    ]


def test_the_table_in_another_dimension(capsys, monkeypatch):
    monkeypatch.setattr("geocnn.models.ARCHITECTURES", {"unet2015": ARCHITECTURES["unet2015"]})
    lines = table(capsys, "--ndim", "3")
    assert lines[1].split()[:5] == ["unet2015", "90,292,738", "204", "204*", "1"]
    assert lines[-1].strip() == "* the 3-D unet2015 was measured in 2-D, where it is the same per axis."


@pytest.mark.parametrize("name", ["lenet1989", "lenet", "resnet20", "unet", "faultseg"])
def test_every_row_has_a_field_that_is_the_measured_one(name):
    row = overview.overview(name, ndim=1)
    assert row.field.size == row.measured
    assert (row.ndim, row.measured_in) == (1, 1)


@pytest.mark.parametrize("name", sorted({*ARCHITECTURES} - {"resnet1202"}))  # some seconds, as resnet110 in all else
def test_every_architecture_has_its_row_as_published(name):
    row = overview.overview(name)
    assert row.parameters > 0
    assert row.measured == (row.field and row.field.size)


def test_layer_by_layer(capsys):
    lines = table(capsys, "resnet18", "--ndim", "3", "--input", "128", "128", "128", "--in-channels", "1")
    rows = {line.split()[0]: line.split("  ") for line in lines if line.strip()}
    cells = {name: [cell.strip() for cell in row if cell.strip()] for name, row in rows.items()}
    assert cells["input"] == ["input", "1 x 128 x 128 x 128", "1", "1"]
    first = ["conv1", "convolution 7 x 7 x 7, stride 2", "64 x 64 x 64 x 64", "21,952", "7", "2", "5.75 G"]
    assert cells["conv1"] == first
    assert cells["layer4.1.conv2"][2:6] == ["512 x 4 x 4 x 4", "7,077,888", "435", "32"]
    assert cells["fc"] == ["fc", "dense", "1000", "513,000", "all", "512 k"]
    parameters = sum(p.numel() for p in build("resnet18", ndim=3, in_channels=1).parameters())
    assert cells["total"][1] == f"{parameters:,}"
    assert lines[-1].strip() == "ResNet takes any size."


def test_the_window_of_networks_that_are_made_for_one(capsys):
    lines = table(capsys, "lenet5", "--input", "48")
    assert any(line.split()[0] == "C5" and "120 x 1 x 1" in line for line in lines if line.strip())
    assert lines[-1].strip() == "LeNet5 takes 48 x 48 samples only."


def test_networks_that_ship_and_run_folders(capsys):
    shipped = table(capsys, "faults", "--ndim", "2")
    assert [line.split()[1] for line in shipped if line.startswith("total")] == ["2,073,361"]
    assert "1 x 192 x 192" in shipped[1]
    arguments = {"ndim": 1, "in_channels": 2, "window": 24}
    card = Card("tiny", "classification", "lenet", arguments, ("a", "b"), ("p", "q"), ("time",), (24,))
    checkpoints.save(card=card, model=build("lenet", **arguments), folder=checkpoints.Path("run"))
    assert "2 x 24" in table(capsys, "run")[1]


@pytest.mark.parametrize(
    ("number", "text"),
    [(7, "7"), (999, "999"), (1000, "1.00 k"), (23_456, "23.5 k"), (714_299_072, "714 M"), (1_814_073_344, "1.81 G")],
)
def test_large_numbers(number, text):
    assert overview.counted(number) == text


@pytest.mark.parametrize(
    ("name", "ndim", "measured_in"),
    [("picker", 3, 1), ("picker", 2, 1), ("unet2015", 3, 2), ("faultseg", 3, 3), ("convnetquake", 3, 2)],
)
def test_a_field_that_takes_long_is_measured_in_fewer_dimensions(name, ndim, measured_in):
    """The window of the picker grows to 8,192 samples and has 256 alignments, though the first one is small."""
    start = time.process_time()
    row = overview.overview(name, ndim=ndim)
    assert time.process_time() - start < 30
    assert (row.measured, row.measured_in) == (row.field.size, measured_in)


def test_rows_are_printed_one_after_another(capsys, monkeypatch):
    """The rows before one that fails are there already, in the columns of all others."""
    monkeypatch.setattr("geocnn.models.ARCHITECTURES", {name: ARCHITECTURES[name] for name in ("lenet5", "unet")})

    def measured(name, ndim=None):  # noqa: ARG001
        if name == "unet":
            raise KeyboardInterrupt
        return row

    row = overview.overview("lenet5")
    monkeypatch.setattr(overview, "overview", measured)
    assert main(["models"]) == 130
    head, found = capsys.readouterr().out.splitlines()[:2]
    assert found.startswith("lenet5")
    assert head.index("published by") == found.index("LeCun et al. 1998")
