"""Mistakes with geocnn watch."""

from unittest.mock import patch

from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import run

command = Table()


test_command = checks_of_commands(command)


def _watch(address: str, *options: str, channels: str = "CX.PB01..HH?") -> int:
    return run("watch", address, "--channels", channels, "--out", "c.xml", *options)


@command
def looks_at_no_interval():
    """watch takes no --probabilities, --every in seconds above 0, and --rounds of 1 or more."""
    return _watch("archive", "--every", "0")


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
