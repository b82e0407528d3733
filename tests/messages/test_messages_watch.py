"""Mistakes with geocnn watch."""

from pathlib import Path
from unittest.mock import patch

from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import run

command = Table()


test_command = checks_of_commands(command)


def _watch(address: str, *options: str, channels: str = "CX.PB01..HH?") -> int:
    return run("watch", address, "--channels", channels, "--out", "c.xml", *options)


@command
def looks_at_no_interval():
    """--every is 0; needed are seconds above 0 from one look at the folder to the next."""
    return _watch("archive", "--every", "0")


@command
def never_looks():
    """--rounds is 0; needed is 1 or more looks at the folder, without it there is no end."""
    return _watch("archive", "--rounds", "0")


@command
def keeps_no_probabilities():
    """watch has no option --probabilities; see geocnn watch --help."""
    return _watch("archive", "--probabilities", "p")


@command
def watches_with_a_network_for_surveys():
    """faults-3d is no picker of P and S waves; give quakes, or one of geocnn train quakes."""
    return _watch("archive", "--network", "faults")


@command
def watches_with_places_by_a_network_for_surveys():
    """--detector is faults, which tells no places of earthquakes; leave --detector out for the one that ships, or give
    a folder written by geocnn train detector, or none."""
    return _watch("archive", "--detector", "faults")


@command
def a_folder_that_is_none():
    """there is no file archive; check the name."""
    return _watch("archive")


@command
def a_server_without_a_host():
    """seedlink:// is no SeedLink server; type seedlink://HOST or seedlink://HOST:PORT."""
    return _watch("seedlink://")


@command
def a_server_with_a_port_that_is_none():
    """seedlink://127.0.0.1:many is no SeedLink server; type seedlink://HOST or seedlink://HOST:PORT."""
    return _watch("seedlink://127.0.0.1:many")


@command
def a_server_that_does_not_exist():
    """no SeedLink server answers at nowhere.invalid:18000 (there is no such host); check host and port."""
    return _watch("seedlink://nowhere.invalid/")


@command
def a_server_that_refuses():
    """no SeedLink server answers at 127.0.0.1:1 (connection refused); check host and port."""
    return _watch("seedlink://127.0.0.1:1")


@command
def all_that_a_server_has():
    """--channels is "*"; of a SeedLink server it says which network, station, location and channel are wanted, such as
    "CX.PB01..HH?" or "CX.*.*.HH?"."""
    return _watch("seedlink://127.0.0.1:1", channels="*")


@command
def a_server_without_obspy():
    """records of a SeedLink server need ObsPy, which is not installed; type pip install 'geocnn[obspy]'."""
    with patch("geocnn.io.waveforms.seedlink.find_spec", lambda _name: None):
        return _watch("seedlink://127.0.0.1:1")


def _velocities(*lines: str, options: tuple[str, ...] = ()) -> int:
    Path("crust.csv").write_text("\n".join(("depth_km,vp_km_s,vs_km_s", *lines)))
    return _watch("archive", "--stations", "stations.csv", "--velocity-model", "crust.csv", *options)


@command
def no_file_of_velocities():
    """there is no file crust.csv; needed is a table of layers whose first line is depth_km,vp_km_s,vs_km_s."""
    return _watch("archive", "--stations", "stations.csv", "--velocity-model", "crust.csv")


@command
def velocities_without_stations():
    """--crust says how earthquakes are located, and that takes the places of the stations; give --stations as well."""
    return _watch("archive", "--crust", "6.0", "3.5")


@command
def a_velocity_model_without_stations():
    """--velocity-model says how earthquakes are located, and that takes the places of the stations; give --stations as
    well."""
    return _watch("archive", "--velocity-model", "crust.csv")


@command
def an_associator_without_stations():
    """--associate says how earthquakes are located, and that takes the places of the stations; give --stations as
    well."""
    return run("predict", "quakes", "archive", "--associate", "pyocto")


@command
def velocities_of_no_layer():
    """crust.csv names no layers; needed is a table of layers whose first line is depth_km,vp_km_s,vs_km_s, and then a
    line for each."""
    return _velocities()


@command
def a_velocity_in_metres():
    """crust.csv, line 3: vp_km_s is '6500'; needed is a number within 0.1 to 20."""
    return _velocities("0,5.8,3.4", "20,6500,3750")


@command
def layers_that_begin_below_the_surface():
    """crust.csv: the tops of the layers are (2.0, 5.0) km with 2 P and 2 S velocities; needed are tops that begin at 0
    and grow, with one velocity each, such as (0, 20, 35)."""
    return _velocities("2,5.8,3.4", "5,6.5,3.8")


@command
def layers_with_faster_shear_waves():
    """crust.csv: the velocities are 3.4 km/s of P and 5.8 of S waves; S must be slower and both above 0."""
    return _velocities("0,3.4,5.8")


@command
def velocities_of_p_and_s_in_exchange():
    """the velocities are 3.45 and 6; needed are those of P and S waves in km/s, such as --crust 6.0 3.45."""
    return _velocities("0,5.8,3.4", options=("--crust", "3.45", "6.0"))
