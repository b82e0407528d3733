"""Mistakes with geocnn predict and several files, and with mirror images."""

from pathlib import Path

import numpy as np
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import line, network, run

import geocnn

command, mistake = Table(), Table()

test_command = checks_of_commands(command)
test_message = checks_of_mistakes(mistake)


@command
def uncertainty_without_mirror_images():
    """--uncertainty is the standard deviation over mirror images of one survey; give --tta as well."""
    return run("predict", network(), line(), "--uncertainty", "spread.sgy", "--quiet")


@command
def one_result_for_two_files():
    """--out is both.sgy, but 2 files have 2 results; give a folder."""
    return run("predict", network(), line(), "line.npy", "--out", "both.sgy", "--quiet")


@command
def two_files_of_one_name():
    """two of the files would have the same result line-net.npy; give one of them a call of its own, with another
    --out."""
    Path("other").mkdir()
    np.save("other/line.npy", np.ones((9, 8)))
    return run("predict", network(), line(), "other/line.npy", "--quiet")


@mistake
def files_without_results():
    """among the files is 'a.sgy'; needed are pairs of a survey and its result, such as \
[("survey.sgy", "faults.sgy")]."""
    next(geocnn.predict_files("faults", ["a.sgy"]))


@mistake
def a_file_whose_name_has_two_letters():
    """among the files is 'ab'; needed are pairs of a survey and its result, such as [("survey.sgy", "faults.sgy")]."""
    next(geocnn.predict_files("faults", "ab"))


@mistake
def a_survey_with_two_results():
    """among the files is ('a.sgy', 'b.sgy', 'c.sgy'); needed are pairs of a survey and its result, such as
    [("survey.sgy", "faults.sgy")]."""
    next(geocnn.predict_files("faults", [("a.sgy", "b.sgy", "c.sgy")]))
