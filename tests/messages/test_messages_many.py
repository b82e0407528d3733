"""Mistakes with geocnn predict and several files, and with mirror images."""

from pathlib import Path

import numpy as np
from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import line, network, run

command = Table()

test_command = checks_of_commands(command)


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
