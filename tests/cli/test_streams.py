"""What the command line says goes where it can be read, or nowhere."""

import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "geocnn", "models", "lenet"]


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_are_no_fault(closed):
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *COMMAND], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (done.stdout == "") == closed.startswith(">&-")


def test_letters_that_a_terminal_does_not_know_are_spelt_out(tmp_path):
    code = "import sys; from geocnn.cli.failures import open_streams; open_streams(); print('\u65e5.xml')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "latin-1"},
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout.split()) == (0, [b"\\u65e5.xml"])
