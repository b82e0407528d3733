"""The table of the events of a catalogue."""

import csv
from pathlib import Path
from types import SimpleNamespace

from geocnn.cli.options import CatalogueOptions
from geocnn.cli.picks import pick as pick_command
from geocnn.io.waveforms import Channel
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, Origin, PhasePick
from geocnn.prediction.event_table import event_rows


def pick(network, phase, seconds):
    return PhasePick(Channel(network, "STA", "", "HHZ"), phase, round(seconds * SECOND))


def test_stations_of_one_name_in_two_networks_are_two_stations():
    events = [
        Event((pick("AA", "P", 0), pick("BB", "P", 5), pick("BB", "S", 8))),
        Event((pick("AA", "P", 0.5), pick("BB", "S", 8))),
    ]
    rows = list(csv.DictReader("".join(f"{line.rstrip()}\n" for line in event_rows(events)).splitlines()))
    assert [row["s_minus_p"] for row in rows] == ["3.00", ""]
    assert [row["stations"] for row in rows] == ["AA.STA BB.STA", "AA.STA BB.STA"]
    assert [row["time"] for row in rows] == ["1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.500000Z"]


def test_origins_have_a_time_of_their_own():
    events = [Event((pick("AA", "P", 9),), Origin(5 * SECOND // 2, 60.0, 8.0, 4.0)), Event((pick("AA", "P", 9),))]
    rows = list(csv.DictReader("".join(f"{line.rstrip()}\n" for line in event_rows(events)).splitlines()))
    columns = ("time", "origin_time", "latitude", "longitude", "origin_depth", "spread")
    assert [rows[0][name] for name in columns] == [
        *("1970-01-01T00:00:09.000000Z", "1970-01-01T00:00:02.500000Z"),
        *("60.0000", "8.0000", "4.0", ""),
    ]
    assert [rows[1][name] for name in columns] == ["1970-01-01T00:00:09.000000Z", *[""] * 5]


def test_the_command_counts_them_as_two(monkeypatch, capsys):
    origin = Origin(0, 60.0, 8.0)
    events = [Event((pick("AA", "P", 0), pick(network, "S", 8)), origin) for network in ("AA", "BB")]
    found = SimpleNamespace(notes=[], events=events, arrivals=[])
    monkeypatch.setattr("geocnn.prediction.catalogue.pick_earthquakes", lambda *_, **__: found)
    known = {"picture": False, "overwrite": False, "device": "cpu", "quiet": True}
    pick_command("quakes", [Path("a.mseed")], Path("c.xml"), CatalogueOptions(), None, **known)
    assert "2 earthquakes located, 1 of them by several stations" in capsys.readouterr().out


def test_a_depth_just_above_the_sea_is_zero():
    rows = list(
        csv.DictReader("".join(event_rows([Event((pick("AA", "P", 9),), Origin(0, 60.0, 8.0, -0.04))])).splitlines())
    )
    assert rows[0]["origin_depth"] == "0.0"
