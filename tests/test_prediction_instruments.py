"""Stations with two instruments: one earthquake each, with the picks of both."""

import math

import numpy as np

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


def arrivals(location, late, without=()):
    """Of P and S in a crust of one velocity, at every station but some."""
    rng, found = np.random.default_rng(0), []
    for k, (latitude, longitude, depth) in enumerate(PLACES):
        for site in SITES:
            if site.station in without:
                continue
            east = (longitude - site.longitude) * 111.2 * math.cos(math.radians(latitude))
            way = math.hypot(east, (latitude - site.latitude) * 111.2, depth)
            station = Station("XX", site.station, location, "HH", ((), (), ()))
            for phase, speed in (("P", 6.0), ("S", 3.45)):
                at = START + 100 * k + way / speed + late + 0.02 * rng.standard_normal()
                channel = Channel("XX", site.station, location, "HHZ")
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
