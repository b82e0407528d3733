"""Places of earthquakes from arrivals that have come through layers: at one velocity, and in layers.

    python benchmarks/layers.py [--stations 14] [--earthquakes 100] [--wide 200] [--error 0.1]

Stations and earthquakes of ``geocnn synth earthquakes --stations``: what arrives is that of its layered crust, where it
can be seen above the noise of the station, with errors of the picks added.
"""

import argparse

import numpy as np

from geocnn.geodesy import offsets, place_at
from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site
from geocnn.io.waveforms import Channel
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.location import Crust
from geocnn.prediction.epicentres import epicentres
from geocnn.synthetic.network import Network
from geocnn.travel import CRUST, Layers

APART = 600
"""Seconds from one earthquake to the next."""
OFF = Layers(tops=(0.0, 17.0, 40.0), vp=(5.6, 6.7, 8.2), vs=(3.3, 3.85, 4.6))
"""Layers that are not quite those of the synthetic crust: by 2 to 4 %, with boundaries 3 and 5 km off."""
WAYS = {
    "one velocity, 6.0 and 3.45 km/s": Crust(),
    "one velocity, 6.2 and 3.6 km/s": Crust(6.2, 3.6),
    "layers that are 2 to 4 % off, boundaries 3 and 5 km": Crust.of(OFF),
    "the layers": Crust.of(CRUST),
}


def arrived(network: Network, count: int, error: float) -> list[Event]:
    """P and S of each station and earthquake."""
    rng, events = np.random.default_rng(1), []
    for number in range(count):
        times: dict[int, list[PhasePick]] = {}
        for k, arrival in network.record(number).seen():
            channel = Channel(network.sites[k].network, network.sites[k].station, "", "HHZ")
            at = APART * number + arrival.time + error * rng.standard_normal()
            times.setdefault(k, []).append(PhasePick(channel, arrival.phase, round(at * SECOND)))
        events += [Event(tuple(picks)) for picks in times.values()]
    return events


def row(name: str, events: list[Event], places: Hypocentres) -> str:
    """Earthquakes found, events beside them, and errors of the best one of each."""
    best: dict[int, Event] = {}
    located = [event for event in events if event.origin is not None]
    for event in located:
        number = event.picks[0].time // (APART * SECOND)
        if number not in best or len(event.picks) > len(best[number].picks):
            best[number] = event
    away, deep, inside = [], [], []
    for number, event in best.items():
        assert event.origin is not None
        there = np.array([event.origin.latitude]), np.array([event.origin.longitude])
        away.append(float(offsets(places.latitude[number], places.longitude[number], there).distance[0]))
        deep.append(abs((event.origin.depth or 0.0) - float(places.depth[number])))
        inside.append(away[-1] < (event.origin.spread or 0.0))
    return (
        f"| {name} | {len(best)} of {len(places)} | {len(located) - len(best)} | {np.mean(away):.1f} "
        f"({np.median(away):.1f}) | {np.mean(deep):.1f} ({np.median(deep):.1f}) | {np.mean(inside):.2f} |"
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--stations", type=int, default=14)
    parser.add_argument("--earthquakes", type=int, default=100)
    parser.add_argument("--wide", type=float, default=200.0, help="km")
    parser.add_argument("--error", type=float, default=0.1, help="standard deviation of a pick, s")
    options = parser.parse_args()
    rng, half = np.random.default_rng(7), options.wide / 2
    sites = [
        Site("XX", f"S{k:02d}", *place_at(-42, 172, *rng.uniform(-half, half, 2).tolist()))
        for k in range(options.stations)
    ]
    drawn = [place_at(-42, 172, *rng.uniform(-half, half, 2).tolist()) for _ in range(options.earthquakes)]
    depth, magnitude = rng.uniform(2, 32, len(drawn)), rng.uniform(2.5, 4.5, len(drawn))
    latitude, longitude = np.array(drawn).T
    places = Hypocentres(latitude, longitude, depth, magnitude)
    network = Network.of(sites, places, size=2400, rate=20.0)
    events = arrived(network, len(places), options.error)
    print("| | found | double | epicentre, km | depth, km | within its 68 % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, crust in WAYS.items():
        print(row(name, epicentres(events, sites, crust=crust), places), flush=True)


if __name__ == "__main__":
    main()
