"""Mistakes with geocnn synth."""

from pathlib import Path

from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import line, run

command = Table()


test_command = checks_of_commands(command)


@command
def a_survey_too_small_to_make():
    """--shape is 4 4 4; a structure needs 8 or more traces and time samples, or inlines, crosslines and time samples,
    such as --shape 128 128 128."""
    return run("synth", "--shape", "4", "4", "4")


@command
def no_survey_to_make():
    """--number is 0; 1 or more are needed."""
    return run("synth", "--number", "0")


@command
def a_negative_series():
    """seed is -5 and index 0; both must be whole numbers from 0 up."""
    return run("synth", "--shape", "16", "16", "--seed", "-5")


@command
def surveys_that_exist():
    """000-seismic.sgy exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("synthetic").mkdir()
    Path("synthetic/000-seismic.sgy").write_text("mine")
    return run("synth", "--shape", "16", "16")


@command
def surveys_in_a_file():
    """line.npy cannot be made (file exists); choose another folder with --out."""
    return run("synth", "--shape", "16", "16", "--out", line())


@command
def a_shape_of_seismograms():
    """--shape is for structure, and earthquakes is asked for; leave it out, or type synth structure."""
    return run("synth", "earthquakes", "--shape", "16", "16")


@command
def seconds_of_structure():
    """--seconds is for earthquakes, and structure is asked for; leave it out, or type synth earthquakes."""
    return run("synth", "--seconds", "20")


@command
def a_seismogram_too_short_to_make():
    """--seconds is 0 and --rate 100; needed are 1 to 86400 s and 10 to 1000 Hz."""
    return run("synth", "earthquakes", "--seconds", "0")


@command
def a_seismogram_of_no_length():
    """--seconds is nan and --rate 100; needed are 1 to 86400 s and 10 to 1000 Hz."""
    return run("synth", "earthquakes", "--seconds", "nan")


@command
def seismograms_that_exist():
    """000.mseed exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("synthetic").mkdir()
    Path("synthetic/000.mseed").write_text("mine")
    return run("synth", "earthquakes")
