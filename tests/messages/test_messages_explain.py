"""Mistakes with geocnn explain."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import line, network, run

from geocnn import budget, tracing

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


@command
def no_model_near():
    """there is no architecture or network 'xyz'; architectures are trace_classifier, lenet1989, lenet5, lenet,
    alexnet2012, alexnet, resnet18, resnet34, resnet50, resnet101, resnet152, resnet20, resnet32, resnet44, resnet56,
    resnet110, resnet1202, convnetquake, detector, unet2015, unet, faultseg, denoiser, sections_denoiser, picker, and
    geocnn ships faults, denoise, superres, quakes, detector."""
    return run("explain", "xyz")


@command
def a_survey_of_another_kind_to_explain_with():
    """line.npy has 2 axes and 1 channel, but net takes 3-D data of 1 channel; give such data, or leave --data out."""
    return run("explain", network(ndim=3), "--data", line())


@command
def a_survey_of_another_kind_than_ships():
    """line.npy has 2 axes and 1 channel, but quakes takes 1-D data of 3 channels; give such data, or leave --data
    out."""
    return run("explain", "quakes", "--data", line())


@command
def dimensions_that_a_network_does_not_ship_for():
    """the network quakes ships for 1-D data, and 2-D is asked for, by --ndim or the numbers of --input; ask for one of
    these, or give the folder of another network."""
    return run("explain", "quakes", "--ndim", "2")


def _explained_with(values: np.ndarray) -> int:
    np.save("flat.npy", values)
    return run("explain", network(), "--data", "flat.npy")


@command
def constant_data_to_explain_with():
    """the middle of flat.npy, which the network is to be measured with, holds no signal: every sample there is the same
    or missing; look at the data with geocnn info, and give others or leave --data out."""
    return _explained_with(np.full((20, 30), 7.0))


@command
def missing_data_to_explain_with():
    """the middle of flat.npy, which the network is to be measured with, holds no signal: every sample there is the same
    or missing; look at the data with geocnn info, and give others or leave --data out."""
    return _explained_with(np.full((20, 30), np.nan))


@command
def an_explanation_that_exists():
    """explain.png exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("explain.png").touch()
    return run("explain", "lenet")


@command
def a_network_too_large_to_explain():
    """explaining unet2015 in 3 dimensions takes some 9 GB of memory, and there are 4 GB; ask for fewer dimensions with
    --ndim."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "half_of_memory", lambda _device: 2_000_000_000)
        return run("explain", "unet2015", "--ndim", "3")


@mistake
def a_layer_of_no_known_field():
    """the operator cumsum in the network itself has an effect on the receptive field that is not known; the receptive
    field of such a network cannot be told."""

    class Sum(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.cumsum(-1)

    tracing.trace(Sum(), (1, 9))
