"""Words of the command line that do not fit."""

from pathlib import Path

import pytest
from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import run

from geocnn.cli import main

command = Table()


test_command = checks_of_commands(command)


# Words that do not fit


@command
def no_such_command():
    """there is no command predcit; did you mean predict?"""
    return run("predcit")


@command
def no_command_near():
    """there is no command picks; there are train, predict, interpret, evaluate, export, info, models, synth, view,
    watch, explain."""
    return run("picks")


@command
def no_such_recipe():
    """there is no recipe fault; did you mean faults?"""
    return run("train", "fault")


@command
def no_network_given():
    """predict needs NETWORK; see geocnn predict --help."""
    return run("predict")


@command
def no_values_behind_an_option():
    """synth needs a value behind --shape; see geocnn synth --help."""
    return run("synth", "structure", "--shape", "-n", "1")


@command
def no_survey_given():
    """predict needs FILE; see geocnn predict --help."""
    return run("predict", "faults")


@command
def no_such_option():
    """predict has no option --til; did you mean --tile? Else see geocnn predict --help."""
    return run("predict", "faults", "survey.sgy", "--til", "64")


@command
def first_letters_of_an_option():
    """train traces has no option --lr; did you mean --learning-rate? Else see geocnn train traces --help."""
    return run("train", "traces", "--lr", "1e-3")


@command
def no_option_near():
    """info has no option --xyz; see geocnn info --help."""
    return run("info", "survey.sgy", "--xyz")


@command
def an_option_without_value():
    """predict needs a value behind --out; see geocnn predict --help."""
    return run("predict", "faults", "survey.sgy", "--out")


@command
def half_a_pair():
    """train traces needs 2 values behind --centres, not 1; see geocnn train traces --help."""
    return run("train", "traces", "--centres", "3")


@command
def a_word_too_many():
    """evaluate has no use for one.sgy; options are written with their names, see geocnn evaluate --help."""
    return run("evaluate", "faults", "one.sgy")


@command
def an_option_twice():
    """--out is given twice; once is enough, see geocnn predict --help."""
    return run("predict", "faults", "one.sgy", "--out", "a.sgy", "--out", "b.sgy")


@command
def no_whole_number():
    """--seed is lucky; needed is a whole number, see geocnn train traces --help."""
    return run("train", "traces", "--seed", "lucky")


@command
def a_fraction_for_a_whole_number():
    """--epochs is 1.5; needed is a whole number, see geocnn train traces --help."""
    return run("train", "traces", "--epochs", "1.5")


@command
def a_fraction_among_whole_numbers():
    """--crop is 96.5; needed is a whole number, see geocnn train faults --help."""
    return run("train", "faults", "--crop", "96", "96.5", "96")


@command
def a_fraction_of_dimensions():
    """--ndim is 2.5; needed is a whole number, see geocnn info --help."""
    return run("info", "survey.sgy", "--ndim", "2.5")


@command
def neither_a_number_nor_auto():
    """--stretch is much; needed is a number, or it is one of auto, see geocnn predict --help."""
    return run("predict", "faults", "survey.sgy", "--stretch", "much")


@command
def numbers_and_auto():
    """--stretch is 1 auto; give auto alone, or a number for each axis."""
    Path("survey.sgy").touch()
    return run("predict", "faults", "survey.sgy", "--stretch", "1", "auto")


@command
def no_number():
    """--sample-interval is 4ms; needed is a number, see geocnn info --help."""
    return run("info", "survey.sgy", "--sample-interval", "4ms")


@command
def none_of_the_choices():
    """--head is tail; it is one of flatten, pool, see geocnn train traces --help."""
    return run("train", "traces", "--head", "tail")


# Help


@pytest.mark.parametrize("arguments", [[], ["train"], ["--help"], ["predict", "--help"], ["--version"]])
def test_help_is_no_error(capsys, arguments):
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out
    assert err == ""
