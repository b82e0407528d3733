"""Mistakes with stations, catalogues and numbers of geocnn train convnetquake."""

from pathlib import Path

from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import run

command = Table()

test_command = checks_of_commands(command)

STATIONS = "network,station,latitude,longitude,elevation_m\nXX,ABC,35.8,-97.4,300\nXX,DEF,60,10,0\n"
CATALOGUE = "latitude,longitude,depth_km,magnitude\n35.8,-97.5,5,2\n35.9,-97.5,5,2\n"


def train(*words, stations=STATIONS, catalogue=CATALOGUE):
    """Train with both files."""
    Path("stations.csv").write_text(stations)
    Path("catalogue.csv").write_text(catalogue)
    files = ("--stations", "stations.csv", "--catalogue", "catalogue.csv")
    return run("train", "convnetquake", *files, *words, "--quiet")


@command
def no_file_of_stations():
    """there is no file nowhere.csv; needed is StationXML or a table of stations whose first line is
    network,station,latitude,longitude,elevation_m."""
    return run("train", "convnetquake", "--stations", "nowhere.csv", "--catalogue", "catalogue.csv", "--quiet")


@command
def no_such_station():
    """stations.csv has no station GHI; it has XX.ABC, XX.DEF."""
    return train("--station", "GHI")


@command
def a_catalogue_that_is_none():
    """catalogue.csv has the columns date, place and not latitude, longitude, depth_km, magnitude; needed is a table of
    earthquakes whose first line is latitude,longitude,depth_km,magnitude."""
    return train(catalogue="date,place\n1,2\n")


@command
def a_depth_in_words():
    """catalogue.csv, line 2: depth_km is 'deep'; needed is a number within -9 to 800."""
    return train(catalogue=CATALOGUE.replace(",5,", ",deep,"))


@command
def a_station_far_from_all_earthquakes():
    """of 2 earthquakes none is within 40 km of station XX.DEF, the nearest more than 1000 km away; choose another
    station or catalogue."""
    return train("--station", "DEF")


@command
def more_clusters_than_places():
    """6 clusters are asked for among 2 different epicentres; give 1 to 2."""
    return train("--error", "0")


@command
def a_catalogue_without_stations():
    """--catalogue is given without --stations; give both files, or none of them."""
    return run("train", "convnetquake", "--catalogue", "catalogue.csv", "--quiet")


@command
def a_station_without_coordinates():
    """--station ABC is given without its coordinates; give --stations FILE as well."""
    return run("train", "convnetquake", "--station", "ABC", "--quiet")


@command
def nothing_left_to_learn_from():
    """--tested is 50 of 50 earthquakes; some must be left to learn from."""
    return run("train", "convnetquake", "--events", "50", "--tested", "50", "--quiet")


@command
def no_clusters():
    """--clusters is 0, --events 2918, --hours 48, --error 0.5, --l2 0.001 and --seed 0; needed are 1 or more of
    clusters, events, tested and hours, 0 to 50 km, and 0 or more of the others."""
    return run("train", "convnetquake", "--clusters", "0", "--quiet")


@command
def no_earthquakes_for_testing():
    """--clusters is 6, --events 2918, --tested 0, --hours 48, --error 0.5, --l2 0.001 and --seed 0; needed are 1 or
    more of clusters, events, tested and hours, 0 to 50 km, and 0 or more of the others."""
    return run("train", "convnetquake", "--tested", "0", "--quiet")


@command
def a_single_earthquake():
    """there is 1 earthquake; needed are 2 or more, one to learn from and one for testing."""
    return train("--clusters", "1", catalogue="".join(CATALOGUE.splitlines(keepends=True)[:2]))
