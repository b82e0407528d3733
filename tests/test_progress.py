"""The live line: units that fit, and totals that are reached."""

import re

import pytest

from geocnn.io.waveforms.pieces import how_long
from geocnn.progress import allowed, progress, time_unit


@pytest.mark.parametrize(
    ("seconds", "part", "last"),
    [(30.72, 30.72, "seconds 31/31"), (1500, 0.1, "minutes 25/25"), (86_400, 655.36, "hours 24/24"), (0.5, 0.5, "1/1")],
)
def test_a_record_is_counted_to_its_end(capsys, seconds, part, last):
    unit, size = time_unit(seconds)
    with progress(unit, seconds / size) as tick:
        for begin in range(round(seconds // part)):
            tick((min(seconds, (begin + 1) * part) - begin * part) / size)
        tick((seconds - round(seconds // part) * part) / size)
    line = re.sub(r"\s+", " ", re.sub(r"[^ -~]", "", capsys.readouterr().err))
    assert " ".join(last.split()) in line


def test_what_is_not_done_is_not_counted(capsys):
    with progress("files", 3) as tick:
        tick(0.999)
        tick(1.0)
    assert " 1/3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "words"), [(30, "30 s"), (119.99, "120 s"), (270, "4.5 min"), (3600, "60.0 min"), (86_400, "24.00 h")]
)
def test_times_are_told_in_units_that_fit(seconds, words):
    assert how_long(seconds) == words


def test_where_it_is_not_allowed_nothing_is_shown(capsys):
    with allowed(show=False):
        with allowed(show=True), progress("inner", 1) as tick:
            tick(1)
        assert capsys.readouterr().err == ""
    with allowed(show=True), progress("outer", 1) as tick:
        tick(1)
    assert "outer" in capsys.readouterr().err
