"""Names of results, and scores in words."""

from pathlib import Path

import pytest

from geocnn.cli.text import score, stem


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CX.PB01..HH.mseed", "CX.PB01..HH"),
        ("CX.PB02..HH.mseed", "CX.PB02..HH"),
        ("CX.PB01..HHZ.D.2026.032", "CX.PB01..HHZ.D.2026.032"),
        ("2026-02-01.SAC", "2026-02-01"),
        ("windows.npz", "windows"),
        ("day", "day"),
    ],
)
def test_stations_and_days_keep_their_codes(name, expected):
    assert stem(Path("archive") / name) == expected


def test_folders_are_called_what_they_are(tmp_path, monkeypatch):
    (tmp_path / "run.seed").mkdir()
    assert stem(tmp_path / "run.seed") == "run.seed"
    monkeypatch.chdir(tmp_path / "run.seed")
    assert stem(Path()) == "run.seed"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("recall", 0.5, "0.500"),
        ("azimuth", 85.7, "85.700 degrees"),
        ("distance", 0.693147, "0.693 (natural logarithm, a factor of 2.00)"),
        ("error p", 0.0154, "0.015 s"),
    ],
)
def test_scores_have_their_units(name, value, text):
    assert score(name, value, 3) == text
