"""What nobody foresaw: a full machine, a fault of ours, a reader that goes away."""

import errno
import subprocess
import sys

import pytest
import torch
from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import line, network, predict

from geocnn.cli import main

command = Table()


test_command = checks_of_commands(command)


# Materials


def surprise(error: BaseException) -> int:
    """Something breaks inside a prediction."""

    def fail(*_: object, **__: object) -> None:
        raise error

    network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geocnn.prediction.predict", fail)
        return predict(line(), make=False)


# What nobody foresaw


@command
def memory_runs_out():
    """the machine ran out of memory; give less, in prediction by --memory 2GB or a smaller --tile, in training by a
    smaller --crop or --batch-size."""
    return surprise(MemoryError())


@command
def memory_of_torch_runs_out():
    """the machine ran out of memory; give less, in prediction by --memory 2GB or a smaller --tile, in training by a
    smaller --crop or --batch-size."""
    return surprise(RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"))


@command
def memory_of_a_gpu_runs_out():
    """the machine ran out of memory; give less, in prediction by --memory 2GB or a smaller --tile, in training by a
    smaller --crop or --batch-size."""
    return surprise(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."))


@command
def the_system_refuses():
    """the system refuses line.npy: input/output error; check its name and permissions."""
    return surprise(OSError(errno.EIO, "Input/output error", "line.npy"))


@command
def the_disk_is_full():
    """the disk is full (line.npy); make room or choose another folder."""
    return surprise(OSError(errno.ENOSPC, "No space left on device", "line.npy"))


@command
def the_quota_is_used_up():
    """your disk quota is used up (line.npy); make room within it (quota -s shows it) or choose another folder."""
    return surprise(OSError(errno.EDQUOT, "Disk quota exceeded", "line.npy"))


@pytest.mark.usefixtures("here")
def test_a_fault_of_ours_is_called_so(capsys):
    assert surprise(ZeroDivisionError("division by zero")) == 1
    assert capsys.readouterr().err == (
        "geocnn: this is a fault of geocnn's (ZeroDivisionError: division by zero); run again with --debug and report "
        "what it prints.\n"
    )


@pytest.mark.usefixtures("here")
def test_debug_shows_where(capsys):
    assert main(["info", "no.sgy", "--debug"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):")
    assert err.endswith("\ngeocnn: there is no file no.sgy; check the name.\n")


@pytest.mark.usefixtures("here")
def test_nobody_reads_on():
    command = f"{sys.executable} -m geocnn info {line()} --no-picture | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
