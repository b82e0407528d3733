"""``geocnn info``: what it prints about real files, and the picture."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from geocnn.cli import main
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def test_a_cube(data, capsys):
    assert main(["info", str(data / "segy/carbonate3d.sgy")]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for fact in (
        "format SEG-Y, 4-byte IBM float, big-endian",
        "geometry inline at byte 189, crossline at byte 193, 100 % of the grid filled",
        "inline 1971 to 2121, step 2, 76",
        "crossline 2775 to 2955, step 1, 181",
        "time 999 to 1800 ms, step 3 ms, 268",
        "amplitude -0.9761 to 1.42; few different values",
        "dead traces 0 of 13756",
        "NaN or infinite samples 0",
        "spacing 25 m between inlines, 12.5 m between crosslines",
        "picture carbonate3d.png",
    ):
        assert fact in text
    picture = imread("carbonate3d.png")
    assert picture.shape[1] > 1000
    assert picture[..., :3].std() > 0.1


def test_a_line_in_depth_with_holes_and_nan(tmp_path, capsys):
    values = np.random.default_rng(0).standard_normal((50, 40)).astype(np.float32)
    values[3] = 0
    values[7, 5] = np.nan
    np.save("line.npy", values)
    assert main(["info", "line.npy", "--domain", "depth", "--sample-interval", "5", "--out", "mine.png"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "depth 0 to 195 m, step 5 m, 40" in text
    assert "dead traces 1 of 50" in text
    assert "NaN or infinite samples 1, the first at trace 7, depth 25 m" in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.npy", "mine.png"]


@pytest.mark.parametrize("given", ["lh/a.mseed", "lh"])
def test_seismograms_that_nobody_picks_are_described(capsys, given):
    """One sample a second, with a hole of an hour: 0.5 h and 10 min."""
    Path("lh").mkdir()
    start, numbers = 1_700_000_000 * 10**9, np.random.default_rng(0).standard_normal(1800).astype(np.float32)
    channel = Channel("XX", "AAA", "00", "LHZ")
    pieces = [ArrayPiece.of(channel, start, 1.0, numbers)]
    pieces.append(ArrayPiece.of(channel, start + 5400 * 10**9, 1.0, numbers[:600]))
    write_miniseed(Path("lh/a.mseed"), pieces)
    assert main(["info", given]) == 0
    row, note = capsys.readouterr().out.splitlines()
    assert row == "XX.AAA.00.LHZ  1 Hz, 40.0 min in 2 pieces, 2023-11-14T22:13:20.0Z to 2023-11-14T23:53:20.0Z"
    assert note.startswith("note: ")
    assert "to pick earthquakes on" in note


def test_pictures_already_there_are_kept(capsys):
    np.save("line.npy", np.ones((5, 5)))
    Path("line.png").write_text("mine")
    assert main(["info", "line.npy"]) == 0
    assert "picture line-info.png" in " ".join(capsys.readouterr().out.split())
    assert Path("line.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.zeros((5, 5)), "all samples are zero, NaN or infinite."),
        (np.full((5, 5), np.nan), "all samples are zero, NaN or infinite."),
        (np.ones((2, 3, 4, 5)), "the survey has 4 axes, and pictures are of one to three; cut a cube or a line out of "
         "it, as .npy, and give that."),
    ],
)  # fmt: skip
def test_where_there_is_no_picture_it_is_said_why(values, why, capsys):
    np.save("dead.npy", values)
    assert main(["info", "dead.npy"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "dead traces" in text
    assert text.endswith(f"note: there is no picture, for {why}")
    assert main(["info", "dead.npy", "--out", "mine.png"]) == 2
    shown = capsys.readouterr()
    assert "dead traces" in shown.out
    assert "note" not in shown.out
    assert f"mine.png is not made, for {why}" in " ".join(shown.err.split())
    assert main(["info", "dead.npy", "--no-picture"]) == 0
    assert "picture" not in capsys.readouterr().out
    assert not Path("dead.png").exists()


def test_infinite_samples_are_counted_as_what_they_are(capsys):
    values = np.ones((5, 6), np.float32)
    values[2, 3] = np.inf
    np.save("inf.npy", values)
    assert main(["info", "inf.npy"]) == 0
    assert "NaN or infinite samples 1, the first at trace 2," in " ".join(capsys.readouterr().out.split())


def test_no_picture_on_demand(capsys):
    np.save("line.npy", np.ones((5, 5)))
    assert main(["info", "line.npy", "--no-picture"]) == 0
    assert "picture" not in capsys.readouterr().out
    assert not Path("line.png").exists()


def test_the_folder_one_is_in_may_be_the_survey(tmp_path, monkeypatch, capsys):
    from geocnn import io

    values = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    with io.create(tmp_path / "a.zarr", values) as sink:
        sink.write((0, 0), values)
    monkeypatch.chdir(tmp_path / "a.zarr")
    assert main(["info", ".", "--out", str(tmp_path / "b.png")]) == 0
    assert capsys.readouterr().out.splitlines()[0].strip() == "a.zarr"
