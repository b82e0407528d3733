"""Earthquakes among the picks of a network, many of them false: geocnn's own way and PyOcto.

    pip install pandas pyocto
    python benchmarks/association.py [--stations 15] [--earthquakes 100] [--false 400]

Picks of earthquakes within a network some 60 km wide, in a crust of one velocity, 85 % of P and of S at each station
with errors of 0.05 s, every two minutes, and so many false ones at each station. An earthquake counts as found where
most picks of an event are its, and as false where they are none's. PyOcto is asked as ``geocnn predict quakes
--stations FILE --associate pyocto`` does.
"""

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from geocnn.geodesy import offsets, place_at
from geocnn.io.sites import Site
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.location import Crust
from geocnn.prediction.arrivals import Arrival, station_events
from geocnn.prediction.association import associated
from geocnn.prediction.epicentres import epicentres

APART = 120
"""Seconds from one earthquake to the next."""


def arrival(site: Site, phase: str, at: float) -> Arrival:
    """A pick."""
    station = Station(site.network, site.station, "", "HH", ((), (), ()))
    channel = Channel(site.network, site.station, "", "HHZ")
    return Arrival(station, PhasePick(channel, phase, round((1_700_000_000 + at) * SECOND), 0.1, 0.9))


def picks_of(
    sites: list[Site], places: list[tuple[float, float, float]], false: int
) -> tuple[list[Arrival], dict[int, int]]:
    """All picks by time, and whose they are."""
    rng, found, owner, crust = np.random.default_rng(1), [], {}, Crust()
    for number, (latitude, longitude, depth) in enumerate(places):
        for site in sites:
            seen = offsets(site.latitude, site.longitude, (np.array([latitude]), np.array([longitude])))
            way = math.hypot(float(seen.distance[0]), depth)
            for phase in "PS":
                if rng.random() < 0.85:
                    at = APART * (number + 1) + way / crust.speed(phase) + 0.05 * rng.standard_normal()
                    found.append(arrival(site, phase, at))
                    owner[id(found[-1].pick)] = number
    end = APART * len(places)
    found += [arrival(s, str(rng.choice(["P", "S"])), rng.uniform(0, end)) for s in sites for _ in range(false)]
    return sorted(found, key=lambda one: one.pick.time), owner


def by_geocnn(arrivals: list[Arrival], sites: list[Site]) -> list[Event]:
    """As without PyOcto."""
    stations: dict[str, list[Arrival]] = {}
    for one in arrivals:
        stations.setdefault(str(one.station), []).append(one)
    return epicentres([event for own in stations.values() for event in station_events(own)], sites)


def row(name: str, events: list[Event], owner: dict[int, int], places: list[tuple[float, float, float]]) -> str:
    """Earthquakes found, false and double events, picks of each, and errors."""
    errors, whose, sizes = [], [], []
    false = 0
    for event in events:
        if event.origin is None:
            continue
        number, count = Counter(owner.get(id(pick), -1) for pick in event.picks).most_common(1)[0]
        if number < 0 or 2 * count < len(event.picks):
            false += 1
            continue
        latitude, longitude, depth = places[number]
        seen = offsets(latitude, longitude, (np.array([event.origin.latitude]), np.array([event.origin.longitude])))
        errors.append((float(seen.distance[0]), abs((event.origin.depth or 0) - depth)))
        whose.append(number)
        sizes.append(count)
    middle = np.median(np.array(errors), axis=0)
    return (
        f"{name} | {len(set(whose))} of {len(places)} | {len(whose) - len(set(whose))} | {false} | "
        f"{np.median(sizes):.0f} | {middle[0]:.2f}, {middle[1]:.1f}"
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--stations", type=int, default=15)
    parser.add_argument("--earthquakes", type=int, default=100)
    parser.add_argument("--false", type=int, default=400)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    sites = [
        Site("XX", f"S{k:02d}", *place_at(-42, 172, *rng.uniform(-30, 30, 2).tolist())) for k in range(options.stations)
    ]
    places = [
        (*place_at(-42, 172, *rng.uniform(-30, 30, 2).tolist()), float(rng.uniform(3, 15)))
        for _ in range(options.earthquakes)
    ]
    arrivals, owner = picks_of(sites, places, options.false)
    ways: dict[str, Callable[[list[Arrival], list[Site]], list[Event]]] = {"geocnn": by_geocnn}
    if find_spec("pyocto") is not None:
        ways["PyOcto"] = associated
    print("| | found | double | false | picks | epicentre, depth, km | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, way in ways.items():
        begun = time.perf_counter()
        events = way(arrivals, sites)
        spent = time.perf_counter() - begun
        print(f"| {row(name, events, owner, places)} | {spent:.1f} |", flush=True)


if __name__ == "__main__":
    main()
