"""Mistakes with geocnn interpret."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import segyio
from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import network, run, segy

command = Table()

test_command = checks_of_commands(command)


def faults() -> Path:
    """Probabilities of a line with one fault."""
    values = np.zeros((40, 30), np.float32)
    values[19:22] = [[0.6], [0.9], [0.6]]
    np.save("faults.npy", values)
    return Path("faults.npy")


@command
def no_such_file():
    """there is no file nothing.sgy; check the name."""
    return run("interpret", "nothing.sgy")


@command
def a_table_that_exists():
    """faults.csv exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("faults.csv").write_text("mine")
    return run("interpret", faults(), "--table", "faults.csv", "--quiet")


@command
def a_table_of_another_kind():
    """faults.xls is no name of a table; give one that ends in .csv."""
    return run("interpret", faults(), "--table", "faults.xls", "--quiet")


@command
def a_disk_without_room_for_headers():
    """no room for thin.sgy in {here}: 0.00696 MB are needed, 0.001 MB are free; nothing was left there. Make room or
    choose another folder."""
    file = segy("cube.sgy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 1000))
        patch.setattr("geocnn.interpretation.find_ridges", None)  # it is found out before any work
        return run("interpret", file, "--thin", "thin.sgy", "--quiet")


@command
def an_unknown_form_of_sticks():
    """--sticks-format is kingdom; it is one of opendtect, petrel, see geocnn interpret --help."""
    return run("interpret", faults(), "--sticks-format", "kingdom")


def test_a_line_is_interpreted(here, capsys):
    from geocnn.cli import main

    words = ["interpret", str(faults()), "--thin", "thin.npy", "--table", "faults.csv", "--min-size", "20", "--quiet"]
    assert main(words) == 0
    assert "1 fault of 20 voxels or more" in capsys.readouterr().out
    thin = np.load("thin.npy")
    assert set(np.flatnonzero(thin.any(1))) == {20}
    assert (thin[20, 2:-2] > 0).all()
    assert sorted(p.name for p in here.iterdir()) == ["faults.csv", "faults.npy", "thin.npy"]


DOUBT = "note: the text header speaks of depth; give --domain depth if the vertical axis is"


def of_depth() -> Path:
    """A survey of two classes, or probabilities, whose text header speaks of depth."""
    path = segy("depth.sgy")
    with segyio.open(path, "r+", ignore_geometry=True) as file:
        file.text[0] = b"C 1 DEPTH MIGRATED".ljust(3200)
        file.trace = np.tile(np.repeat(np.array([0, 1], np.float32), 5), (12, 1))
    return path


@pytest.mark.parametrize("files", [("--horizons", "tops"), ("--table", "f.csv")])
@pytest.mark.parametrize("domain", ["time", "depth"])
@pytest.mark.usefixtures("here")
def test_a_vertical_axis_that_may_be_depth_is_told_of(capsys, files, domain):
    from geocnn.cli import main

    assert main(["interpret", str(of_depth()), *files, "--domain", domain, "--quiet"]) == 0
    assert (DOUBT in capsys.readouterr().out.splitlines()) == (domain == "time")


@pytest.mark.usefixtures("here")
def test_faults_of_a_prediction_tell_of_it_as_well(capsys):
    from geocnn.cli import main

    words = ["predict", network(ndim=3), str(of_depth()), "--table", "f.csv", "--quiet", "--no-picture"]
    assert main(words) == 0
    assert DOUBT in capsys.readouterr().out.splitlines()


@command
def a_survey_that_holds_no_probabilities():
    """survey.npy reaches from 0 to 7; fault probabilities lie between 0 and 1: give a result of geocnn predict
    faults, or for classes --horizons FOLDER."""
    np.save("survey.npy", np.arange(8.0, dtype=np.float32).repeat(50).reshape(20, 20))
    return run("interpret", "survey.npy", "--quiet")


@command
def a_size_that_no_fault_has():
    """min_size is 0; a fault has at least 1 voxel: give a positive number, such as 50."""
    return run("interpret", faults(), "--min-size", "0")


@command
def a_spacing_for_two_axes():
    """spacing is 25 -5; 2 positive numbers of metres are needed, for inline and crossline, such as 25 25."""
    np.save("cube.npy", np.zeros((9, 9, 9), np.float32))
    return run("interpret", "cube.npy", "--spacing", "25", "-5")
