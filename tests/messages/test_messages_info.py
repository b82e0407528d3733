"""Mistakes with geocnn info."""

import contextlib
import errno
from pathlib import Path

import numpy as np
import pytest
from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import line, patched, run, segy

from geocnn.cli import main
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed

command = Table()


test_command = checks_of_commands(command)


# The survey


@pytest.mark.parametrize(
    "file",
    ["no.sgy", "empty.sgy", "picture.sgy", "cut.sgy", "folder", "format7.sgy", "negative.sgy", "prestack.sgy"],
)
@pytest.mark.usefixtures("here")
def test_the_command_line_says_it_in_one_line_and_exits_with_2(capsys, file):
    Path("empty.sgy").touch()
    Path("picture.sgy").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    Path("folder").mkdir()
    Path("cut.sgy").write_bytes(segy("whole.sgy").read_bytes()[:-7])
    patched("format7.sgy", 3224, ">h", 7)
    patched("negative.sgy", 3216, ">h", -4000)
    segy("prestack.sgy", [{189: 1, 193: 1, 37: i} for i in range(12)])
    assert main(["info", file]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("geocnn: ")
    assert err.count("\n") == 1
    assert file in err


@command
def this_folder():
    """lines is a folder and no Zarr store (it has no zarr.json); name a file."""
    Path("lines").mkdir()
    with contextlib.chdir("lines"):
        return run("info", ".")


@command
def seismograms_that_are_too_slow():
    """l.mseed has no channel to pick earthquakes on (XX.AAA..LHZ: 1 samples a second are too few). It has XX.AAA..LHZ.
    Needed are samples of a seismometer, 15 or more a second, in miniSEED or a format that ObsPy reads."""
    slow = ArrayPiece.of(Channel("XX", "AAA", "", "LHZ"), 1_700_000_000 * 10**9, 1.0, np.ones(500, np.float32))
    write_miniseed(Path("l.mseed"), [slow])
    return run("view", "l.mseed")


@command
def a_forbidden_file():
    """the system refuses s.sgy: permission denied; check its name and permissions."""
    segy("s.sgy")

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        return main(["info", "s.sgy"])


# The picture


@command
def a_picture_over_the_survey():
    """line.npy is no name of a picture; end it with .png, .pdf or .svg."""
    return run("info", line(), "--out", "line.npy", "--overwrite")


@command
def a_picture_that_exists():
    """mine.png exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("mine.png").write_text("mine")
    return run("info", line(), "--out", "mine.png")


@command
def a_picture_in_no_folder():
    """the folder none for mine.png does not exist; make it first."""
    return run("info", line(), "--out", "none/mine.png")
