"""Picks of a network put together: every earthquake with its picks, at its place, and nothing of noise."""

import math

import numpy as np
import pytest

from geocnn.io.sites import Site
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import PhasePick, quakeml
from geocnn.prediction.arrivals import Arrival
from geocnn.prediction.association import associated

START = 1_700_000_000
KM = 111.195


def sites(count):
    rng = np.random.default_rng(0)
    return [
        Site("XX", f"S{k:02d}", -42.0 + rng.uniform(-0.35, 0.35), 172.0 + rng.uniform(-0.45, 0.45))
        for k in range(count)
    ]


def arrival(site, phase, time):
    station = Station(site.network, site.station, "", "HH", ((), (), ()))
    channel = Channel(site.network, site.station, "", "HHZ")
    return Arrival(station, PhasePick(channel, phase, round((START + time) * SECOND), 0.1, 0.9), 1.0)


def made(places, network, seed=1):
    """Picks in a crust of one velocity, and as many false ones."""
    rng, found = np.random.default_rng(seed), []
    for k, (latitude, longitude, depth) in enumerate(places):
        for site in network:
            east = (longitude - site.longitude) * KM * math.cos(math.radians(latitude))
            away = math.hypot(east, (latitude - site.latitude) * KM, depth)
            for phase, speed in (("P", 6.0), ("S", 3.45)):
                if rng.random() < 0.85:
                    found.append((k, arrival(site, phase, 120 * (k + 1) + away / speed + 0.05 * rng.standard_normal())))
    false = [arrival(s, rng.choice(["P", "S"]), rng.uniform(0, 120 * len(places))) for s in network for _ in range(6)]
    return found, false


def test_earthquakes_are_put_together_and_located():
    pytest.importorskip("pyocto", reason="needs the extra associate")
    network, rng = sites(8), np.random.default_rng(3)
    places = [(-42 + rng.uniform(-0.3, 0.3), 172 + rng.uniform(-0.4, 0.4), rng.uniform(3, 15)) for _ in range(8)]
    found, false = made(places, network)
    arrivals = sorted([a for _, a in found] + false, key=lambda a: a.pick.time)
    events = associated(arrivals, network)
    located = [e for e in events if e.origin is not None]
    assert len(located) == len(places)
    owner = {id(a.pick): k for k, a in found}
    for k, event in enumerate(located):
        latitude, longitude, _ = places[k]
        east = (event.origin.longitude - longitude) * KM * math.cos(math.radians(latitude))
        assert math.hypot(east, (event.origin.latitude - latitude) * KM) < 3.0
        assert event.origin.time / SECOND - START == pytest.approx(120 * (k + 1), abs=0.6)
        right = [owner.get(id(p)) == k for p in event.picks]
        assert sum(right) >= 0.9 * sum(owner[id(a.pick)] == k for _, a in found)
        assert np.mean(right) > 0.9
    assert sum(len(e.picks) for e in events) == len(arrivals)  # none is lost, none taken twice
    assert quakeml(events, "quakes").count("<latitude>") == len(places)


def test_two_stations_locate_nothing():
    network = sites(2)
    found, false = made([(-42.0, 172.0, 8.0)], network)
    arrivals = [a for _, a in found] + false
    events = associated(sorted(arrivals, key=lambda a: a.pick.time), network)
    assert all(e.origin is None and len({str(p.channel) for p in e.picks}) == 1 for e in events)
    assert sum(len(e.picks) for e in events) == len(arrivals)
