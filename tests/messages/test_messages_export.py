"""Mistakes with geocnn export."""

from pathlib import Path

import jaxtyping
import pytest
import torch
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import files_of_at_most, job, run

from geocnn.checkpoints import Trained
from geocnn.export import export

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


@command
def an_export_without_a_form():
    """export needs to know what to write; give --onnx, --torchscript or --exported-program."""
    return run("export", "faults")


@command
def one_name_for_two_files():
    """--out a.onnx is one name for 2 files; name a folder that exists, or leave it out."""
    return run("export", "faults", "--onnx", "--torchscript", "--out", "a.onnx")


@command
def an_export_with_another_ending():
    """a.pb has the wrong ending for onnx; name it a.onnx."""
    return run("export", "faults", "--onnx", "--out", "a.pb")


@command
def an_export_into_no_folder():
    """the folder no for a.onnx does not exist; make it first."""
    return run("export", "faults", "--onnx", "--out", "no/a.onnx")


@command
def an_export_that_is_there():
    """faults-2d.pt2 exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("faults-2d.pt2").touch()
    return run("export", "faults", "--ndim", "2", "--exported-program")


@command
def an_export_that_needs_packages():
    """ONNX files need onnx and onnxscript, which is not installed; type pip install 'geocnn[export]'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geocnn.export.find_spec", lambda _: None)
        return run("export", "faults", "--onnx")


@command
def an_export_on_a_full_disk():
    """a.pt cannot be written (file too large); make room there, or choose another folder."""
    jaxtyping.config.update("jaxtyping_disable", True)  # sizes that are traced are no numbers
    try:
        with files_of_at_most(20_000):
            return run("export", "faults", "--ndim", "2", "--torchscript", "--out", "a.pt")
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)


@mistake
def an_export_in_another_form():
    """form is 'caffe'; it is one of onnx, torchscript, exported-program."""
    export("faults", "a.onnx", form="caffe")  # type: ignore[arg-type]


@mistake
def an_export_of_a_network_of_ones_own():
    """the network traces is a Sequential of your own, and only of the networks of geocnn.models is it known which sizes
    they take; write it with torch.onnx.export or torch.export.export."""
    made = Trained(torch.nn.Sequential(torch.nn.Conv1d(1, 2, 3)), job().card)
    export(made, "a.pt2", form="exported-program")
