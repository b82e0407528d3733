"""Mistakes with architectures and geocnn models."""

import torch
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import network, run

from geocnn.models import build

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


@mistake
def unknown_head():
    """head is 'poo'; it is flatten or pool."""
    build("trace_classifier", ndim=1, head="poo")


@mistake
def unknown_architecture():
    """there is no architecture 'faultsegs'; did you mean faultseg?"""
    build("faultsegs", ndim=2)


@mistake
def sizes_that_the_network_cannot_halve():
    """FaultSeg got windows of 20 x 24 samples; it takes multiples of 8: pad to 24 x 24."""
    build("faultseg", ndim=2)(torch.zeros(1, 1, 20, 24))


@command
def no_such_model():
    """there is no architecture or network 'resnt18'; did you mean resnet18? Else give a folder written by geocnn
    train."""
    return run("models", "resnt18")


@command
def a_window_that_the_model_does_not_take():
    """FaultSeg got windows of 100 x 100 x 100 samples; it takes multiples of 8: pad to 104 x 104 x 104."""
    return run("models", "faultseg", "--input", "100")


@command
def a_window_that_the_model_cannot_be_made_for():
    """lenet5 cannot be made like that: window is (30, 30); needed are multiples of 4, for two poolings halve them."""
    return run("models", "lenet5", "--input", "30")


@command
def a_window_of_other_dimensions():
    """--input is 64 64; needed is one number of samples for all axes, or 3."""
    return run("models", "resnet18", "--ndim", "3", "--input", "64", "64")


@command
def a_window_without_samples():
    """--input is 0 0; sizes are 1 or more, and resnet18 takes any size."""
    return run("models", "resnet18", "--input", "0", "0")


@command
def a_window_without_samples_for_a_model_that_is_made_for_one():
    """--input is 0; sizes are 1 or more, and lenet5 as published takes 32 samples per axis only."""
    return run("models", "lenet5", "--input", "0")


@command
def a_window_without_samples_for_a_trained_network():
    """--input is 8 -8; sizes are 1 or more, and net takes multiples of 8."""
    return run("models", network(), "--input", "8", "-8")


@command
def a_window_without_numbers():
    """models needs a value behind --input; see geocnn models --help."""
    return run("models", "resnet18", "--input")


@command
def a_model_without_channels():
    """resnet18 cannot be made like that: in_channels is 0 and out_channels 1000; both are 1 or more."""
    return run("models", "resnet18", "--in-channels", "0")


@command
def a_window_for_all_models():
    """--input, --in-channels and --out-channels are for one network; name it, for example resnet18."""
    return run("models", "--input", "64")


@command
def other_channels_of_a_trained_network():
    """net is a trained network for 2-D data of 1 channel; its dimensions and channels cannot be changed: leave --ndim,
    --in-channels and --out-channels out, or give the architecture faultseg."""
    return run("models", network(), "--in-channels", "3")


@command
def dimensions_that_a_network_does_not_ship_for():
    """the network faults ships for 2-D and 3-D data, and 1-D is asked for, by --ndim or the numbers of --input; ask for
    one of these, or give the folder of another network."""
    return run("models", "faults", "--ndim", "1")
