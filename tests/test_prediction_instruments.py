"""Stations with two instruments: one earthquake each, with the picks of both."""

import math
from pathlib import Path

import numpy as np

from geocnn.cli.options import CatalogueOptions
from geocnn.cli.picks import pick as pick_command
from geocnn.io.sites import Site
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import PhasePick
from geocnn.prediction.arrivals import Arrival, station_events
from geocnn.prediction.instruments import locating
from geocnn.prediction.pick_job import Catalogue

START = 1_700_000_000
SITES = [Site("XX", f"S{k}", -42 + 0.2 * math.sin(k), 172 + 0.3 * math.cos(k)) for k in range(6)]
PLACES = [(-42.02, 172.05, 8.0), (-41.9, 172.1, 12.0)]


def arrivals(location, late, without=(), code="HH"):
    """Of P and S in a crust of one velocity, at every station but some."""
    rng, found = np.random.default_rng(0), []
    for k, (latitude, longitude, depth) in enumerate(PLACES):
        for site in SITES:
            if site.station in without:
                continue
            east = (longitude - site.longitude) * 111.2 * math.cos(math.radians(latitude))
            way = math.hypot(east, (latitude - site.latitude) * 111.2, depth)
            station = Station("XX", site.station, location, code, ((), (), ()))
            for phase, speed in (("P", 6.0), ("S", 3.45)):
                at = START + 100 * k + way / speed + late + 0.02 * rng.standard_normal()
                channel = Channel("XX", site.station, location, f"{code}Z")
                found.append(Arrival(station, PhasePick(channel, phase, round(at * SECOND), 0.1, 0.9)))
    return sorted(found, key=lambda a: a.pick.time)


def catalogue(*instruments):
    events = []
    for own in instruments:
        for site in SITES:
            events += station_events([a for a in own if a.station.name == site.station])
    return Catalogue(tuple(a for own in instruments for a in own), tuple(events), ())


def test_two_instruments_of_a_station_are_one_station():
    deep, shallow = arrivals("", 0.0), arrivals("10", 0.05, without=("S1",))
    alone = [e for e in catalogue(deep).located(SITES).events if e.origin is not None]
    both = catalogue(deep, shallow).located(SITES)
    located = [e for e in both.events if e.origin is not None]
    assert len(located) == len(alone) == 2
    for one, other in zip(alone, located, strict=True):
        assert (one.origin.latitude, one.origin.time) == (other.origin.latitude, other.origin.time)
        assert len(other.picks) == len(other.origin.rays) == 12 + 10
        assert [ray.residual is None for ray in other.origin.rays] == [False] * 12 + [True] * 10
        assert {p.channel.location for p in other.picks[12:]} == {"10"}
    assert sorted(id(p) for e in both.events for p in e.picks) == sorted(id(a.pick) for a in both.arrivals)
    assert (
        "of the instruments of XX.S0 XX.S0..HH has most picks; those of XX.S0.10.HH join its earthquakes." in both.notes
    )
    assert not [note for note in both.notes if "S1" in note]
    assert both.table()
    assert "<amplitude" not in both.quakeml()


def test_without_places_the_earthquakes_of_a_station_are_counted_once_as_well():
    deep, shallow = arrivals("", 0.0), arrivals("10", 0.05, without=("S1",))
    apart = catalogue(deep, shallow)
    assert len(apart.events) == 2 * 6 + 2 * 5
    once = apart.by_station()
    assert len(once.events) == 2 * 6
    assert sorted(len(event.picks) for event in once.events) == [2] * 2 + [4] * 10
    assert sorted(id(p) for e in once.events for p in e.picks) == sorted(id(a.pick) for a in apart.arrivals)
    assert catalogue(deep).by_station().events == catalogue(deep).events


def test_what_the_other_instrument_alone_has_seen_stays_its_event():
    later = arrivals("10", 30.0)
    made = catalogue(arrivals("", 0.0), later).located(SITES)
    left = [e for e in made.events if e.origin is None]
    assert sorted(id(p) for e in left for p in e.picks) == sorted(id(a.pick) for a in later)


def test_the_instrument_with_the_most_picks_locates():
    few, many = arrivals("", 0.0)[:5], arrivals("10", 0.0)
    those, notes = locating([a.pick for a in [*few, *many]])
    assert {one[2] for one in those} == {"10"}
    assert len(notes) == len({a.station.name for a in few})


def test_an_instrument_whose_location_gets_another_code_locates_on():
    found = catalogue(arrivals("00", 0.0), arrivals("10", 600.0))
    made = found.located(SITES)
    located = [e for e in made.events if e.origin is not None]
    assert [{p.channel.location for p in e.picks} for e in located] == [{"00"}, {"00"}, {"10"}, {"10"}]
    assert not [note for note in (*made.notes, *found.by_station().notes) if "join" in note]


def test_a_code_that_comes_back_for_a_while_follows_the_other_too():
    """Locations that record together take turns with about every pick."""
    codes = ["00"] * 20 + ["10"] * 9 + ["00"] * 3 + ["10"] * 9
    picks = [a.pick for k, code in enumerate(codes) for a in arrivals(code, 600.0 * k)]
    those, notes = locating(picks)
    assert len(those) == 12
    assert notes == []
    beside = [a.pick for k in range(0, len(codes), 4) for a in arrivals("20", 600.0 * k + 5)]
    those, notes = locating([*picks, *beside])
    assert {one[2] for one in those} == {"00", "10"}
    assert "of the instruments of XX.S0 XX.S0.00.HH and XX.S0.10.HH have most picks; those of XX.S0.20.HH" in notes[0]


def test_the_note_names_only_those_that_record_together():
    first, second, beside = (arrivals(code, late) for code, late in (("00", 0.0), ("10", 600.0), ("20", 600.05)))
    those, notes = locating([a.pick for a in [*first, *second, *beside[:-1]]])
    assert {one[2] for one in those if one[1] == "S0"} == {"00", "10"}
    assert "of the instruments of XX.S0 XX.S0.10.HH has most picks; those of XX.S0.20.HH join its earthquakes." in notes


def test_earthquakes_are_counted_by_their_phases_and_not_by_their_picks(monkeypatch, capsys):
    """With two instruments P and S are four picks, and P without S is two."""
    instruments = [
        [a for a in arrivals(location, late) if (a.station.name, a.pick.phase) != ("S0", "S")]
        for location, late in (("", 0.0), ("10", 0.05))
    ]
    found = catalogue(*instruments).by_station()
    assert sorted(len(event.picks) for event in found.events) == [2] * 2 + [4] * 10
    assert repr(found) == "Catalogue(24 P and 20 S picks at 12 stations, 10 earthquakes, 0 located)"
    monkeypatch.setattr("geocnn.prediction.catalogue.pick_earthquakes", lambda *_, **__: found)
    known = {"picture": False, "overwrite": False, "device": "cpu", "quiet": True}
    pick_command("quakes", [Path("a.mseed")], Path("c.xml"), CatalogueOptions(), None, **known)
    assert "\n10 earthquakes with P and S at one station\n" in capsys.readouterr().out


def test_instruments_that_follow_each_other_at_one_location_both_locate():
    before, after = arrivals("", 0.0), arrivals("", 600.0, code="EH")
    made = catalogue(before, after, arrivals("10", 0.05)).located(SITES)
    located = [e for e in made.events if e.origin is not None]
    assert len(located) == 4
    assert {p.channel.code for e in located[2:] for p in e.picks} == {"EHZ"}
    assert (
        "of the instruments of XX.S0 XX.S0..EH and XX.S0..HH have most picks; those of XX.S0.10.HH join their "
        "earthquakes." in made.notes
    )
    assert not [note for note in catalogue(before, after).located(SITES).notes if "join" in note]
    assert len(catalogue(before, after).by_station().events) == 2 * 2 * 6
