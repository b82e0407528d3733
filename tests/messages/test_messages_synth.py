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
    """synthetic/000-seismic.sgy exists already; give --overwrite (in Python overwrite=True) or another name."""
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
    """synthetic/000.mseed exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("synthetic").mkdir()
    Path("synthetic/000.mseed").write_text("mine")
    return run("synth", "earthquakes")


def _network(stations: str = "XX,A,10,20,0\n", catalogue: str = "10,20,8,3\n") -> list[str]:
    Path("stations.csv").write_text(f"network,station,latitude,longitude,elevation_m\n{stations}")
    Path("catalogue.csv").write_text(f"latitude,longitude,depth_km,magnitude\n{catalogue}")
    return ["synth", "earthquakes", "--stations", "stations.csv"]


@command
def stations_of_structure():
    """--stations is for earthquakes, and structure is asked for; leave it out, or type synth earthquakes."""
    return run("synth", "--stations", "stations.csv")


@command
def a_catalogue_of_no_network():
    """--catalogue is catalogue.csv, of a network; give --stations with it, or leave it out."""
    return run("synth", "earthquakes", "--catalogue", "catalogue.csv")


@command
def a_network_of_no_file():
    """there is no file stations.csv; needed is StationXML or a table of stations whose first line is
    network,station,latitude,longitude,elevation_m."""
    return run("synth", "earthquakes", "--stations", "stations.csv")


@command
def a_network_without_stations():
    """stations.csv names no stations; needed is a table of stations whose first line is
    network,station,latitude,longitude,elevation_m, and then a line for each."""
    return run(*_network(stations=""))


@command
def a_network_without_a_catalogue():
    """there is no file none.csv; needed is a table of earthquakes whose first line is
    latitude,longitude,depth_km,magnitude."""
    return run(*_network(), "--catalogue", "none.csv")


@command
def a_network_far_from_its_catalogue():
    """of 1 earthquakes none is within 500 km of one of the 1 stations, the nearest 555 km away; choose other stations
    or another catalogue."""
    return run(*_network(catalogue="15.02,20,8,3\n"), "--catalogue", "catalogue.csv")
