"""Picks of stations put together: every earthquake with its picks, at its place, and nothing of noise."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.geodesy import place_at
from geocnn.io.sites import Site, standing
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pieces import SECOND, utc
from geocnn.io.waveforms.quakeml import Event, Origin, PhasePick, quakeml
from geocnn.location import Crust, Estimate, Place
from geocnn.prediction.arrivals import Arrival, station_events
from geocnn.prediction.association import associated
from geocnn.prediction.epicentres import epicentres, unexplained
from geocnn.prediction.instruments import joined
from geocnn.prediction.pick_job import Catalogue
from geocnn.prediction.sightings import weight_of
from geocnn.travel import CRUST, Layers

START = 1_700_000_000
KM = 111.195


def sites(count):
    rng = np.random.default_rng(0)
    return [
        Site("XX", f"S{k:02d}", -42.0 + rng.uniform(-0.35, 0.35), 172.0 + rng.uniform(-0.45, 0.45))
        for k in range(count)
    ]


def arrival(site, phase, time, place=None):
    station = Station(site.network, site.station, "", "HH", ((), (), ()))
    channel = Channel(site.network, site.station, "", "HHZ")
    return Arrival(station, PhasePick(channel, phase, round((START + time) * SECOND), 0.1, 0.9, place=place))


def by_octo(arrivals, network):
    pytest.importorskip("pyocto", reason="needs the extra associate")
    return associated(arrivals, network)


def alone(arrivals):
    """Events station by station."""
    stations = dict.fromkeys(str(a.station) for a in arrivals)
    return [event for s in stations for event in station_events([a for a in arrivals if str(a.station) == s])]


def by_epicentres(arrivals, network):
    return epicentres(alone(arrivals), network)


def made(places, network, seed=1, speeds=(6.0, 3.45)):
    """Picks in a crust of one velocity, and as many false ones."""
    rng, found = np.random.default_rng(seed), []
    for k, (latitude, longitude, depth) in enumerate(places):
        for site in network:
            east = (longitude - site.longitude) * KM * math.cos(math.radians(latitude))
            away = math.hypot(east, (latitude - site.latitude) * KM, depth)
            for phase, speed in zip("PS", speeds, strict=True):
                if rng.random() < 0.85:
                    found.append((k, arrival(site, phase, 120 * (k + 1) + away / speed + 0.05 * rng.standard_normal())))
    false = [arrival(s, rng.choice(["P", "S"]), rng.uniform(0, 120 * len(places))) for s in network for _ in range(6)]
    return found, false


def error(origin, place):
    """Kilometres between two epicentres."""
    east = (origin.longitude - place[1]) * KM * math.cos(math.radians(place[0]))
    return math.hypot(east, (origin.latitude - place[0]) * KM)


@pytest.mark.parametrize("locate", [by_octo, by_epicentres])
def test_earthquakes_are_put_together_and_located(locate):
    network, rng = sites(8), np.random.default_rng(3)
    places = [(-42 + rng.uniform(-0.3, 0.3), 172 + rng.uniform(-0.4, 0.4), rng.uniform(3, 15)) for _ in range(8)]
    found, false = made(places, network)
    arrivals = sorted([a for _, a in found] + false, key=lambda a: a.pick.time)
    events = locate(arrivals, network)
    located = [e for e in events if e.origin is not None]
    assert len(located) == len(places)
    owner = {id(a.pick): k for k, a in found}
    for k, event in enumerate(located):
        assert error(event.origin, places[k]) < 3.0
        assert event.origin.time / SECOND - START == pytest.approx(120 * (k + 1), abs=0.6)
        for pick, ray in zip(event.picks, event.origin.rays, strict=True):
            travel = math.hypot(ray.distance, event.origin.depth) / (6.0 if pick.phase == "P" else 3.45)
            assert ray.residual == pytest.approx((pick.time - event.origin.time) / SECOND - travel, abs=0.02)
        right = [owner.get(id(p)) == k for p in event.picks]
        assert sum(right) >= 0.9 * sum(owner[id(a.pick)] == k for _, a in found)
        assert np.mean(right) > 0.9
    # None is lost, and none taken twice.
    assert sorted(id(p) for e in events for p in e.picks) == sorted(id(a.pick) for a in arrivals)
    assert quakeml(events, "quakes").count("<latitude>") == len(places)


def test_a_station_that_has_moved_is_where_it_was_at_each_earthquake():
    network, places = sites(6), [(-42.05, 172.1, 8.0), (-41.9, 171.9, 8.0)]
    change = round((START + 180) * SECOND)  # between the two
    old = replace(network[0], latitude=network[0].latitude + 0.25, elevation_m=900.0, until=change)
    new = replace(network[0], since=change)
    before = [a for k, a in made(places, [old, *network[1:]])[0] if k == 0]
    after = [a for k, a in made(places, network)[0] if k == 1]
    events = by_epicentres(before + after, standing([old, new, *network[1:]]))
    assert [error(event.origin, place) < 1 for event, place in zip(events, places, strict=True)] == [True, True]
    for event, site in zip(events, (old, new), strict=True):
        (ray,) = {r.distance for p, r in zip(event.picks, event.origin.rays, strict=True) if p.channel.station == "S00"}
        there = error(event.origin, (site.latitude, site.longitude))
        assert ray == pytest.approx(there, rel=0.01)
    heights = {r.height for p, r in zip(events[0].picks, events[0].origin.rays, strict=True)}
    assert heights == {0.0, 0.9}


@pytest.mark.parametrize("locate", [associated, by_epicentres])
def test_two_stations_locate_nothing(locate):
    network = sites(2)
    found, false = made([(-42.0, 172.0, 8.0)], network)
    arrivals = [a for _, a in found] + false
    events = locate(sorted(arrivals, key=lambda a: a.pick.time), network)
    assert all(e.origin is None and len({str(p.channel) for p in e.picks}) == 1 for e in events)
    assert sum(len(e.picks) for e in events) == len(arrivals)


def said(distance, azimuth, *, half=15.0, probability=0.9):
    """What a detector says."""
    way = None if azimuth is None else Estimate(azimuth, (azimuth - half) % 360, (azimuth + half) % 360)
    return Place(probability, Estimate(distance, 0.8 * distance, 1.25 * distance), Estimate(8.0, 5.0, 13.0), way)


def seen(site, place, told, number=0):
    """P and S of an earthquake at a station, two minutes after the one before."""
    east = (place[1] - site.longitude) * KM * math.cos(math.radians(place[0]))
    away = math.hypot(east, (place[0] - site.latitude) * KM, place[2])
    begun = 60 + 120 * number
    return [arrival(site, "P", begun + away / 6.0, told), arrival(site, "S", begun + away / 3.45)]


def test_one_station_locates_what_a_detector_gives_a_direction_of():
    site = Site("XX", "AAA", 60.0, -30.0)
    place = 60.0 + 20 / KM * math.cos(math.radians(40)), -30.0 + 20 / KM * math.sin(math.radians(40)) * 2, 8.0
    (event,) = by_epicentres(seen(site, place, said(20.0, 40.0)), [site])
    assert error(event.origin, place) < 0.7
    assert 5 < event.origin.spread < 12  # 20 km, by 15 degrees and a quarter
    assert event.origin.depth == pytest.approx(8, rel=0.2)
    assert event.origin.time / SECOND - START == pytest.approx(60, abs=0.5)
    assert len(event.picks) == 2
    unsaid = [said(20.0, None), said(20.0, 40.0, half=100.0), said(20.0, 40.0, probability=0.4), None]
    for told in unsaid:
        assert by_epicentres(seen(site, place, told), [site])[0].origin is None
    assert by_epicentres(seen(site, place, said(20.0, 40.0))[:1], [site])[0].origin is None  # without S
    assert by_epicentres(seen(site, place, said(20.0, 40.0)), [])[0].origin is None


def test_a_direction_tells_on_which_side_of_two_stations_an_earthquake_is():
    network = [Site("XX", "AAA", -42.0, 172.0), Site("XX", "BBB", -42.0, 172.3)]
    for side in (1, -1):
        place = -42.0 + side * 0.15, 172.12, 8.0
        told = [said(17.0, 30.0 if side > 0 else 150.0, half=40.0), said(22.0, None)]
        arrivals = [a for s, t in zip(network, told, strict=True) for a in seen(s, place, t)]
        (event,) = by_epicentres(arrivals, network)
        assert error(event.origin, place) < 2.0
        assert len(event.picks) == 4


def test_the_velocities_of_a_region_bring_earthquakes_to_their_place():
    network = sites(8)
    places, speeds = [(-42.1, 172.3, 6.0), (-41.8, 171.7, 4.0)], (5.0, 3.1)
    found, _ = made(places, network, speeds=speeds)
    events = alone([a for _, a in found])
    right = [e.origin for e in epicentres(events, network, crust=Crust(*speeds)) if e.origin is not None]
    assert [error(o, p) < 0.5 for o, p in zip(right, places, strict=True)] == [True, True]
    slow = [e.origin for e in epicentres(events, network) if e.origin is not None]
    assert sum(error(o, p) for o, p in zip(slow, places, strict=False)) > sum(map(error, right, places))
    with pytest.raises(DataError, match=r"the velocities are 3 and 5; .* --crust 6.0 3.45"):
        Crust(3, 5)


def test_layers_bring_earthquakes_to_their_place_where_waves_come_from_the_mantle():
    """Times are those of TauP in a sphere, 300 km around, with errors of 0.05 s."""
    taup = pytest.importorskip("obspy.taup")
    model, rng = taup.TauPyModel("iasp91"), np.random.default_rng(2)
    network = [Site("XX", f"S{k:02d}", -42 + rng.uniform(-1.3, 1.3), 172 + rng.uniform(-1.7, 1.7)) for k in range(12)]
    places, found = [(-42.1, 172.3, 12.0), (-41.6, 171.4, 25.0), (-42.6, 172.6, 5.0)], []
    for k, place in enumerate(places):
        for site in network:
            away = error(Origin(0, site.latitude, site.longitude), place)
            for phase in "ps":
                every = model.get_travel_times(place[2], away / KM, [phase, phase.upper(), f"{phase.upper()}n"])
                at = 120 * k + every[0].time + 0.05 * rng.standard_normal()
                found.append(arrival(site, phase.upper(), at))
    events = alone(sorted(found, key=lambda a: a.pick.time))
    layered, plain = (
        [e.origin for e in epicentres(events, network, crust=crust) if e.origin is not None]
        for crust in (Crust(layers=CRUST), Crust())
    )
    assert max(abs(ray.residual) for o in layered for ray in o.rays) < 0.5 < max(abs(r.residual) for r in plain[0].rays)
    assert [error(o, p) < 1.0 for o, p in zip(layered, places, strict=True)] == [True] * 3
    assert [o.depth for o in layered] == pytest.approx([12, 25, 5], abs=1.0)
    apart = [[error(o, p) for o, p in zip(made, places, strict=True)] for made in (layered, plain)]
    assert sum(apart[1]) > 2.5 * sum(apart[0])
    assert [abs(o.depth - p[2]) > 2.5 for o, p in zip(plain, places, strict=True)] == [True] * 3


def test_one_layer_is_a_crust_of_one_velocity():
    network = sites(8)
    found, false = made([(-42.1, 172.3, 6.0), (-41.8, 171.7, 9.0)], network)
    events = alone(sorted([a for _, a in found] + false, key=lambda a: a.pick.time))
    plain, layered = (
        [e for e in epicentres(events, network, crust=crust) if e.origin is not None]
        for crust in (Crust(), Crust(layers=Layers((0.0,), (6.0,), (3.45,))))
    )
    for one, other in zip(plain, layered, strict=True):
        assert {id(p) for p in one.picks} == {id(p) for p in other.picks}
        assert error(one.origin, (other.origin.latitude, other.origin.longitude)) < 0.1
        assert one.origin.depth == pytest.approx(other.origin.depth, abs=0.3)


@pytest.mark.parametrize("crust", [Crust(), Crust(layers=Layers((0.0,), (6.0,), (3.45,)))])
def test_stations_are_as_high_as_they_are(crust):
    """On a volcano 3.5 to 5.3 km above the sea, with an earthquake above the sea as well: straight rays."""
    rng = np.random.default_rng(5)
    network = [
        replace(site, elevation_m=float(e)) for site, e in zip(sites(8), rng.uniform(3500, 5300, 8), strict=True)
    ]
    places, found = [(-42.1, 172.1, -2.0), (-41.95, 171.9, 6.0)], []
    for k, place in enumerate(places):
        for site in network:
            away = math.hypot(
                error(Origin(0, site.latitude, site.longitude), place), place[2] + site.elevation_m / 1000
            )
            for phase, speed in zip("PS", (6.0, 3.45), strict=True):
                found.append(arrival(site, phase, 120 * k + away / speed + 0.02 * rng.standard_normal()))
    made = epicentres(alone(sorted(found, key=lambda a: a.pick.time)), network, crust=crust)
    origins = [event.origin for event in made if event.origin is not None]
    assert [error(o, p) < 0.5 for o, p in zip(origins, places, strict=True)] == [True, True]
    assert [o.depth for o in origins] == pytest.approx([-2.0, 6.0], abs=1.0)
    for origin, (_, _, depth), time in zip(origins, places, (0, 120), strict=True):
        assert 0.05 < origin.depth_error < 2
        assert abs(origin.depth - depth) < 3 * origin.depth_error
        assert 0.005 < origin.uncertainty < 0.3
        assert abs(origin.time / SECOND - START - time) < 3 * origin.uncertainty
    assert max(abs(ray.residual) for o in origins for ray in o.rays) < 0.15


def straight(network, places, deviation=0.02):
    """P and S on straight rays in a crust of one velocity; distances are geodesics of ObsPy."""
    geodetics, rng, found = pytest.importorskip("obspy.geodetics"), np.random.default_rng(5), []
    for k, (latitude, longitude, depth) in enumerate(places):
        for site in network:
            away = geodetics.gps2dist_azimuth(latitude, longitude, site.latitude, site.longitude)[0] / 1000
            way = math.hypot(away, depth + site.elevation_m / 1000)
            for phase, speed in zip("PS", (6.0, 3.45), strict=True):
                found.append(arrival(site, phase, 300 * k + way / speed + deviation * rng.standard_normal()))
    return found


def origins_of(arrivals, network, crust=None):
    events = epicentres(alone(sorted(arrivals, key=lambda a: a.pick.time)), network, crust=crust)
    return [event.origin for event in events if event.origin is not None]


def off(origin, place):
    """Kilometres between two epicentres, along the geodesic."""
    geodetics = pytest.importorskip("obspy.geodetics")
    return geodetics.gps2dist_azimuth(origin.latitude, origin.longitude, *place[:2])[0] / 1000


@pytest.mark.parametrize("crust", [Crust(), Crust(layers=Layers((0.0,), (6.0,), (3.45,)))])
def test_deep_earthquakes_are_located_beneath_a_network(crust):
    places = [(-42.05, 172.1, depth) for depth in (25.0, 38.0, 65.0, 120.0, 300.0)]
    network = [*sites(8), *(Site("XX", f"W{k}", -42 + dy, 172 + dx) for k, (dx, dy) in enumerate([(2, 1), (-2, 1.2)]))]
    found = origins_of(straight(network, places), network, crust)
    assert [round(o.time / SECOND - START) for o in found] == [0, 300, 600, 900, 1200]
    for origin, place in zip(found, places, strict=True):
        assert off(origin, place) < max(0.5, origin.spread)
        assert origin.depth == pytest.approx(place[2], rel=0.03)
        assert abs(origin.depth - place[2]) < 3 * origin.depth_error


def test_a_detector_that_has_learnt_no_deep_earthquakes_hides_none():
    """It takes the delay of S for that of an earthquake 8 km deep, as far away."""
    network, places = sites(8), [(-42.05, 172.1, 10.0), (-42.05, 172.1, 35.0), (-41.9, 172.0, 80.0)]
    arrivals = straight(network, places)
    told = []
    for p, s in zip(arrivals[::2], arrivals[1::2], strict=True):
        way = (s.pick.time - p.pick.time) / SECOND * Crust().pace
        told += [replace(p, pick=replace(p.pick, place=said(math.sqrt(way**2 - 64), None))), s]
    found = origins_of(told, network)
    assert [o.depth for o in found] == pytest.approx([10, 35, 80], rel=0.1)
    # Distances that no delay of S explains still forbid.
    wrong = [replace(a, pick=replace(a.pick, place=a.pick.place and said(150.0, None))) for a in told[:16]]
    assert origins_of(wrong, network) == []


def test_stations_without_picks_and_the_order_of_all_move_no_earthquake():
    network, places = sites(8), [(-42.1, 172.1, 9.0)]
    arrivals = straight(network, places)
    far = [Site("IU", "ANMO", 34.95, -106.46, 1820.0), Site("AU", "REF", 42.0, -8.0, 4000.0)]
    (alone_there,) = origins_of(arrivals, network)
    assert off(alone_there, places[0]) < 0.3
    for known in ([*far, *network], [*network, *far], [far[0], *network[::-1], far[1]]):
        assert origins_of(arrivals, known) == [alone_there]


def test_a_network_across_a_continent_locates_earthquakes_at_both_ends():
    """Stations 3,000 km apart, all of them with picks, and one earthquake that a group 400 km wide has seen."""
    west, east = sites(8), [replace(s, station=f"E{k}", longitude=s.longitude - 37) for k, s in enumerate(sites(8))]
    wide = [replace(s, station=f"W{k}", latitude=-30 + 6 * (s.latitude + 42)) for k, s in enumerate(sites(10))]
    places = [(-42.1, 172.1, 9.0), (-42.0, 135.1, 7.0), (-30.3, 172.1, 12.0)]
    every = [
        a for k, group in enumerate((west, east, wide)) for a in straight(group, [(0, 0, 0)] * 0 + places[k : k + 1])
    ]
    shifted = [replace(a, pick=replace(a.pick, time=a.pick.time + 300 * k * SECOND)) for k, a in (
        (("W" in a.station.name) * 2 + ("E" in a.station.name), a) for a in every
    )]  # fmt: skip
    found = origins_of(shifted, [*west, *east, *wide])
    assert len(found) == 3
    assert max(off(o, p) for o, p in zip(found, places, strict=True)) < 0.5
    assert max(abs(ray.residual) for o in found for ray in o.rays) < 0.3


@pytest.mark.parametrize("middle", [(89.95, 10.0), (-90.0, 0.0), (85.0, 179.9), (-77.5, 167.2)])
def test_earthquakes_near_a_pole_are_as_well_located_as_elsewhere(middle):
    rng = np.random.default_rng(3)
    network = [Site("XX", f"S{k:02d}", *place_at(*middle, *rng.uniform(-35, 35, 2))) for k in range(8)]
    places = [(*place_at(*middle, 12.0, -9.0), 8.0), (*place_at(*middle, -20.0, 3.0), 11.0)]
    found = origins_of(straight(network, places), network)
    assert [off(o, p) < 0.3 for o, p in zip(found, places, strict=True)] == [True, True]


def test_an_earthquake_inside_a_volcano_is_above_stations_at_its_foot():
    """Rays are straight; the foot is so far that they are nearly level there."""
    summit = [(0.0, 0.02, 4400.0), (0.025, -0.01, 4500.0), (-0.02, -0.02, 4300.0), (0.01, 0.03, 4600.0)]
    foot = [(0.25, 0.2, 300.0), (-0.2, 0.25, 100.0), (0.05, -0.3, 200.0), (-0.25, -0.2, 500.0), (0.2, -0.25, 100.0)]
    network = [Site("XX", f"V{k}", 46 + y, 8 + x, height) for k, (x, y, height) in enumerate([*summit, *foot])]
    places = [(46.002, 8.001, -3.0), (46.01, 8.0, -2.0), (46.0, 8.01, 3.0)]
    found = origins_of(straight(network, places), network)
    assert [off(o, p) < 0.3 for o, p in zip(found, places, strict=True)] == [True] * 3
    assert [o.depth for o in found] == pytest.approx([-3, -2, 3], abs=0.8)
    # Beneath low stations the air is no place for an earthquake, though a high station took part.
    low = [Site("XX", "TOP", 46.5, 8.4, 4000.0), *(replace(s, elevation_m=100.0) for s in network[4:])]
    low += [replace(s, station=f"L{k}", elevation_m=0.0) for k, s in enumerate(network[:4])]
    (origin,) = origins_of(straight(low, [(46.0, 8.005, 0.3)]), low)
    assert -0.1 < origin.depth < 1.2


def test_the_shallowest_depth_that_is_tried_has_a_wide_error():
    """An earthquake at the surface amid stations: it may lie beyond what is searched."""
    near = [Site("XX", f"N{k}", -42.05 + y, 172.1 + x) for k, (x, y) in enumerate([(0, 0), (0.01, 0), (0, 0.008)])]
    network = [*near, *sites(8)]
    (origin,) = origins_of(straight(network, [(-42.05, 172.1, 0.0)], 0.0), network)
    assert origin.depth < 0.6
    assert origin.depth_error >= 1.0


def test_an_earthquake_of_pyocto_may_lie_above_the_sea(monkeypatch):
    pandas = pytest.importorskip("pandas")
    network = [replace(site, elevation_m=4500.0) for site in sites(4)]
    arrivals, limits = straight(network, [(-42.0, 172.0, -1.2)]), []

    class Octo:
        @classmethod
        def from_area(cls, *, zlim, **_):
            limits.append(zlim)
            return cls()

        def transform_stations(self, stations):
            return stations

        def transform_events(self, events):
            return events

        def associate(self, picks, _):
            row = {"idx": 0, "time": float(START), "latitude": -42.0, "longitude": 172.0, "depth": -1.2}
            ties = {"event_idx": 0, "pick_idx": range(len(picks)), "residual": 0.0}
            return pandas.DataFrame([row]), pandas.DataFrame(ties)

    fake = type(sys)("pyocto")
    fake.OctoAssociator, fake.VelocityModel0D = Octo, lambda *_: None
    monkeypatch.setitem(sys.modules, "pyocto", fake)
    (event,) = associated(arrivals, network)
    assert event.origin.depth == -1.2
    assert limits == [(-4.5, 60.0)]


def test_pairs_that_no_earthquake_explains_are_told():
    network = sites(6)
    found = straight(network, [(-42.0, 172.0, 8.0)] * 3)
    events = epicentres(alone(found), network)
    assert unexplained(events, network) == []
    bare = [
        event
        for k in range(3)
        for event in alone([a for a in found if abs(a.pick.time / SECOND - START - 300 * k) < 99])
    ]
    first = [min(a.pick.time for a in found if abs(a.pick.time / SECOND - START - 300 * k) < 99) for k in range(3)]
    assert unexplained(bare, network) == first
    assert unexplained(bare, network[:2]) == []  # of the others it is not known where they are
    unsure = [replace(e, picks=tuple(replace(p, probability=0.6) for p in e.picks)) for e in bare]
    assert unexplained(unsure, network) == []
    assert unexplained([replace(e, picks=e.picks[:1]) for e in bare], network) == []
    later = [
        replace(e, picks=tuple(replace(p, time=p.time + 25 * k * SECOND) for p in e.picks))
        for k, e in enumerate(bare[:3])
    ]
    assert unexplained(later, network) == []  # within a minute, but too far apart in time for their distance


def test_a_note_says_that_places_or_velocities_may_be_wrong():
    network = sites(6)
    found = straight(network, [(-42.0, 172.0, 8.0)] * 2)
    catalogue = Catalogue(tuple(found), tuple(alone(found)), ())
    assert catalogue.located(network).notes == ()
    wrong = [replace(site, latitude=site.latitude + 3 * k) for k, site in enumerate(network)]
    first = min(a.pick.time for a in found)
    assert catalogue.located(wrong).notes[-1] == (
        f"2 times, first at {utc(first)}, three stations or more have sure P and S waves within a minute that no "
        "located earthquake explains; see whether the places of the stations and the velocities (--crust or "
        "--velocity-model) are right."
    )
    once = Catalogue(tuple(found[:12]), tuple(alone(found[:12])), ())
    assert once.located(wrong).notes[-1].startswith(f"once, at {utc(first)}, three stations")


def test_depths_are_found_between_those_that_are_tried_first():
    network, depths = sites(10), (7.3, 11.6, 17.9, 26.0)
    found = [
        a for k, depth in enumerate(depths) for site in network for a in seen(site, (-42.0, 172.0, depth), None, k)
    ]
    located = [e.origin for e in by_epicentres(found, network) if e.origin is not None]
    assert [origin.depth for origin in located] == pytest.approx(depths, rel=0.04)


def catalogue(folder):
    """Four stations, one of which tells how far away an earthquake is, and the event that observatories read."""
    obspy = pytest.importorskip("obspy")
    quakeml_core = pytest.importorskip("obspy.io.quakeml.core")
    network = sites(4)
    place = -42.0, 172.0, 8.0
    away = math.hypot((172 - network[2].longitude) * KM * math.cos(math.radians(42)), (-42 - network[2].latitude) * KM)
    arrivals = [a for k, site in enumerate(network) for a in seen(site, place, said(away, 40.0) if k == 2 else None)]
    path = folder / "c.xml"
    path.write_text(quakeml(by_epicentres(arrivals, network), "quakes"))
    assert quakeml_core._validate(str(path))
    (event,) = obspy.read_events(path)
    return network, away, event


def test_observatories_read_how_an_origin_came_about(tmp_path):
    _, away, event = catalogue(tmp_path)
    origin = event.preferred_origin()
    assert origin is event.origins[0]
    assert (origin.quality.used_phase_count, origin.quality.used_station_count) == (8, 4)
    assert origin.evaluation_mode == "automatic"
    assert origin.origin_uncertainty.horizontal_uncertainty > 0
    assert event.comments[0].text.startswith(f"XX.S02: earthquake with probability 0.90, {away:.3g} km away")


def test_observatories_read_how_far_away_stations_are_and_how_late_waves_come(tmp_path):
    obspy = pytest.importorskip("obspy")
    network, _, event = catalogue(tmp_path)
    origin, picks = event.preferred_origin(), {pick.resource_id: pick for pick in event.picks}
    ways, late = {}, []
    for arrival in origin.arrivals:
        pick = picks[arrival.pick_id]
        (site,) = (site for site in network if site.station == pick.waveform_id.station_code)
        geodesic = obspy.geodetics.gps2dist_azimuth(origin.latitude, origin.longitude, site.latitude, site.longitude)
        assert arrival.distance * KM == pytest.approx(geodesic[0] / 1000, abs=0.02)
        assert arrival.azimuth == pytest.approx(geodesic[1], abs=0.1)
        travel = math.hypot(geodesic[0], origin.depth) / (6000 if pick.phase_hint == "P" else 3450)
        assert arrival.time_residual == pytest.approx(pick.time - origin.time - travel, abs=0.01)
        assert arrival.phase == pick.phase_hint
        # The variance is that of 0.3 s and a twentieth of the way, or a sixteenth of that where times agree well.
        sigma = math.hypot(0.3, 0.05 * travel)
        least, most = ((0.3 / sigma) ** 2 * 4 / (4 + (k * arrival.time_residual / sigma) ** 2) for k in (4, 1))
        assert least - 0.02 < arrival.time_weight < most + 0.02
        late.append(arrival.time_residual)
        ways[site.station] = geodesic[:2]
    quality, (distances, azimuths) = origin.quality, zip(*ways.values(), strict=True)
    assert quality.standard_error == pytest.approx(np.sqrt(np.mean(np.square(late))), abs=0.001)
    gaps = [min((other - one) % 360 for other in azimuths if other != one) for one in azimuths]
    assert quality.azimuthal_gap == pytest.approx(max(gaps), abs=0.2)
    ends = [quality.minimum_distance, quality.median_distance, quality.maximum_distance]
    assert ends == pytest.approx([f(distances) / 1000 / KM for f in (min, np.median, max)], abs=1e-3)


def test_weights_are_those_of_the_density_of_places():
    """How much a time moves the place, per second that it is late: the derivative of Student's density beside SciPy."""
    scipy = pytest.importorskip("scipy.stats")
    known = {}
    for travel in (0.001, 3.0, 40.0):
        for late in (1e-4, 0.4, -2.5):
            for scale in (0.25, 1.0):
                sigma = scale * math.hypot(0.3, 0.05 * travel)
                ends = scipy.t.logpdf((late + np.array([-1e-6, 1e-6])) / sigma, 4)
                known[late, travel, scale] = -(ends[1] - ends[0]) / 2e-6 / late
    for (late, travel, scale), pull in known.items():
        assert weight_of(late, travel, scale) == pytest.approx(pull / known[1e-4, 0.001, scale], rel=1e-3)


def test_a_wave_that_comes_late_has_a_smaller_weight_in_its_origin(tmp_path):
    network = sites(8)
    arrivals = [a for site in network for a in seen(site, (-42.0, 172.0, 8.0), None)]
    late = arrivals[5]
    arrivals[5] = replace(late, pick=replace(late.pick, time=late.pick.time + round(0.6 * SECOND)))
    (event,) = by_epicentres(arrivals, network)
    weights = {pick.time: ray.weight for pick, ray in zip(event.picks, event.origin.rays, strict=True)}
    plain, scales = {}, []
    for pick, ray in zip(event.picks, event.origin.rays, strict=True):
        sigma = math.hypot(0.3, 0.05 * ((pick.time - event.origin.time) / SECOND - ray.residual))
        plain[pick.time] = 0.09 / sigma**2
        if abs(ray.residual) > 0.02:
            scales.append(abs(ray.residual) / sigma / math.sqrt(4 * (plain[pick.time] / ray.weight - 1)))
    assert len(scales) > 3
    assert scales == pytest.approx([scales[0]] * len(scales), rel=1e-3)  # of the standard deviations of all times
    assert 0.25 <= scales[0] < 1
    share = {time: weight / plain[time] for time, weight in weights.items()}
    assert min(share, key=share.get) == arrivals[5].pick.time
    assert share.pop(arrivals[5].pick.time) < 0.7
    assert min(share.values()) > 0.85
    # Written with three digits, read and written again.
    path = tmp_path / "c.xml"
    path.write_text(quakeml([event], "quakes"))
    (again,) = read_catalogue(path)
    assert [ray.weight for ray in again.origin.rays] == [float(f"{weight:.3g}") for weight in weights.values()]
    assert quakeml([again], "quakes") == path.read_text()


def test_times_on_which_no_place_rests_have_no_weight():
    site = Site("XX", "AAA", 60.0, -30.0)
    place = 60.0 + 15 / KM, -30.0, 8.0
    (event,) = by_epicentres(seen(site, place, said(15.0, 0.0)), [site])
    assert [(ray.weight, ray.used) for ray in event.origin.rays] == [(0, False)] * 2
    assert "<timeWeight>0</timeWeight>" in quakeml([event], "quakes")
    network = sites(6)
    (whole,) = by_epicentres([a for s in network for a in seen(s, (-42.0, 172.0, 8.0), None)], network)
    other = [replace(pick, channel=replace(pick.channel, code="HNZ")) for pick in whole.picks]
    ((both,), left) = joined([whole], [Event(tuple(other))], network)
    assert left == []
    assert [ray.used for ray in both.origin.rays] == [True] * 12 + [False] * 12
    assert quakeml([both], "quakes").count("<timeWeight>") == 12


def test_chance_makes_no_earthquakes():
    network, rng = sites(10), np.random.default_rng(5)
    places = [(-42 + rng.uniform(-0.25, 0.25), 172 + rng.uniform(-0.3, 0.3), rng.uniform(3, 15)) for _ in range(6)]
    found, _ = made(places, network)
    chance = [
        arrival(s, rng.choice(["P", "S"]), rng.uniform(0, 840)) for s in network for _ in range(14)
    ]  # one a minute
    events = by_epicentres(sorted([a for _, a in found] + chance, key=lambda a: a.pick.time), network)
    assert sorted(id(p) for e in events for p in e.picks) == sorted(
        id(a.pick) for a in [*(a for _, a in found), *chance]
    )
    owner = {id(a.pick): k for k, a in found}
    right = [[owner.get(id(p)) for p in e.picks] for e in events if e.origin is not None]
    most = [max(set(whose), key=whose.count) for whose in right]
    assert sorted(k for k in most if k is not None) == list(range(6))
    assert sum(k is None for k in most) <= 1


def test_good_waves_of_wrong_pairs_join_their_earthquake():
    """At two stations a false S stands for the true one, which has misled the detector; at two others a false P."""
    network, place = sites(10), (-42.05, 172.1, 8.0)
    right = [seen(site, place, said(1.0, None) if k < 2 else None) for k, site in enumerate(network)]
    late = [arrival(site, "S", a.pick.time / SECOND - START + 6.0) for site, (_, a) in zip(network, right, strict=True)]
    soon = [arrival(site, "P", a.pick.time / SECOND - START - 9.0) for site, (a, _) in zip(network, right, strict=True)]
    true = [right[0][0], right[1][0], right[2][1], right[3][1], *(a for pair in right[4:] for a in pair)]
    twice = arrival(network[9], "S", right[9][1].pick.time / SECOND - START + 0.3)
    false = [late[0], late[1], soon[2], soon[3], twice]
    arrivals = sorted(true + false, key=lambda a: a.pick.time)
    assert sum(len(e.picks) == 2 for e in alone(arrivals)) == 10  # each of the false ones is in a pair
    located, *rest = by_epicentres(arrivals, network)
    assert {id(p) for p in located.picks} == {id(a.pick) for a in true}
    assert error(located.origin, place) < 0.3
    assert sorted(id(p) for e in rest for p in e.picks) == sorted(id(a.pick) for a in false)
    assert all(e.origin is None and len(e.picks) == 1 for e in rest)
    (clean,) = by_epicentres(true, network)
    assert error(clean.origin, (located.origin.latitude, located.origin.longitude)) < 0.05  # located with all


def test_two_stations_with_a_direction_take_no_wave_of_a_pair_that_does_not_fit():
    network = [Site("XX", "AAA", -42.0, 172.0), Site("XX", "BBB", -42.0, 172.3), Site("XX", "CCC", -41.8, 172.15)]
    place = -42.15, 172.12, 8.0
    told = [said(17.0, 150.0, half=40.0), said(22.0, None)]
    pairs = [a for s, t in zip(network, told, strict=False) for a in seen(s, place, t)]
    _, s = seen(network[2], place, None)
    false = arrival(network[2], "P", s.pick.time / SECOND - START - 30)
    located, left = by_epicentres([*pairs, false, s], network)
    assert len(located.picks) == 4
    assert left.picks == (false.pick, s.pick)


def test_picks_without_a_phase_locate_nothing():
    network = sites(6)
    found, _ = made([(-42.0, 172.0, 8.0)], network)
    unnamed = [replace(a, pick=replace(a.pick, phase="")) for _, a in found]
    events = [Event((a.pick,)) for a in unnamed]
    assert epicentres(events, network) == events
    named = alone([a for _, a in found])
    (located, *rest) = epicentres([*events, *named], network)
    assert len(located.picks) == len(found)
    assert rest == events


def test_plane_waves_are_not_located():
    """P waves that cross a network within half a second, of which vague detectors give directions: from anywhere."""
    seen = [  # east, north, km; seconds; distance; depth; azimuth
        (0.0, 0.0, 91.345, (33.8, 2.85, 112), (3.3, 1.02, 10.9), (28.4, 349.3, 67.6)),
        (7.317, 23.726, 90.932, (5.6, 1.8, 57.9), (3.15, 1.03, 9.34), (208.1, 99.1, 317.1)),
        (24.892, 9.007, 91.346, (8.12, 2.14, 66.5), (2.6, 0.91, 8.9), (285.6, 237.4, 333.7)),
        (16.515, 26.02, 91.532, (3.2, 1.17, 28.7), (2.24, 0.91, 6.07), (139.3, 33.1, 245.5)),
    ]
    network, arrivals = [], []
    for number, (east, north, time, *told) in enumerate(seen):
        longitude = -17 + east / KM / math.cos(math.radians(65))
        network.append(Site("XX", f"S{number:02d}", 65 + north / KM, longitude))
        distance, depth, azimuth = (Estimate(*map(float, numbers)) for numbers in told)
        chance = 0.61 if number == 0 else 0.3
        arrivals.append(arrival(network[-1], "P", time, Place(chance, distance, depth, azimuth)))
    events = by_epicentres(arrivals, network)
    assert all(event.origin is None for event in events)
    assert sum(len(event.picks) for event in events) == 4
