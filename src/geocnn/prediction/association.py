"""Group picks of many stations into earthquakes and locate these with PyOcto.

J. Muenchmeyer, 2024, PyOcto: a high-throughput seismic phase associator, Seismica 3(1),
doi:10.26443/seismica.v3i1.1130.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Literal, get_args

import numpy as np

from geocnn.errors import DataError
from geocnn.io.sites import Site
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, Origin, Ray
from geocnn.location import Crust
from geocnn.prediction.arrivals import Arrival, station_events

__all__ = ["ASSOCIATORS", "Associator", "associated", "check_associator"]

Associator = Literal["geocnn", "pyocto"]
"""Ways to group picks of stations: :func:`geocnn.prediction.epicentres.epicentres` alone, or PyOcto before it."""
ASSOCIATORS: tuple[Associator, ...] = get_args(Associator)
_LEAST = 3
"""Least number of stations for a location."""
_MARGIN = 0.7
"""Margin around the stations within which earthquakes are searched, degrees."""
_DEEPEST = 60.0
"""Depth to which earthquakes are searched, km; they are from the height of the highest station on."""
_TOLERANCE = 1.5
"""Largest difference between a time and that of a crust of one velocity, s."""


def check_associator(name: Associator) -> None:
    """Refuse an associator that does not exist or is not installed.

    Raises:
        DataError: there is no such associator, or PyOcto is not installed.
    """
    if name not in ASSOCIATORS:
        raise DataError(f"--associate is {name!r}; it is one of {', '.join(ASSOCIATORS)}.")
    if name == "pyocto" and find_spec("pyocto") is None:
        raise DataError(
            "--associate pyocto needs PyOcto, which is not installed; type pip install 'geocnn[associate]' (Python "
            "3.12 on; below, it asks for NumPy 1), or leave it out."
        )


def associated(arrivals: Sequence[Arrival], sites: Sequence[Site], *, crust: Crust | None = None) -> list[Event]:
    """Earthquakes seen by several stations, with origins, by time; then the remaining events, station by station.

    An earthquake has at least six picks, two P waves, one S wave and a station with both. The places are those of
    PyOcto, for a crust of one velocity, accurate to some kilometres inside the network.

    Args:
        arrivals: of all stations.
        sites: places of the stations; arrivals of other stations are not used for locations.
        crust: velocities; its layers are not used; default the mean of the crust.
    """
    place = {str(site): site for site in sites}
    known = [a for a in arrivals if _code(a) in place]
    there = [place[_code(a)].at(a.pick.time) for a in known]
    if len({str(site) for site in there}) < _LEAST:
        return _alone(arrivals)
    events, assignments = _octo(there, known, crust or Crust())
    groups: dict[int, list[tuple[Arrival, float]]] = {}
    columns = (assignments[name] for name in ("event_idx", "pick_idx", "residual"))
    for event, pick, late in zip(*columns, strict=True):
        groups.setdefault(int(event), []).append((known[int(pick)], float(late)))
    located = []
    for row in events.sort_values("time").to_dict("records"):
        seen = sorted(groups[int(row["idx"])], key=lambda one: one[0].pick.time)
        where = row["latitude"], row["longitude"]
        rays = tuple(Ray.to(place[_code(a)].at(a.pick.time), *where, late) for a, late in seen)
        origin = Origin(round(row["time"] * SECOND), *where, row["depth"], rays=rays)
        located.append(Event(tuple(a.pick for a, _ in seen), origin))
    used = {id(pick) for event in located for pick in event.picks}
    return [*located, *_alone([a for a in arrivals if id(a.pick) not in used])]


def _code(arrival: Arrival) -> str:
    return f"{arrival.station.network}.{arrival.station.name}"


def _alone(arrivals: Sequence[Arrival]) -> list[Event]:
    """Events of single stations."""
    by_station: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        by_station.setdefault(str(arrival.station), []).append(arrival)
    return [event for own in by_station.values() for event in station_events(own)]


def _octo(there: Sequence[Site], known: Sequence[Arrival], crust: Crust) -> tuple[Any, Any]:
    """PyOcto's events, and its assignment of picks to them, as pandas tables; ``there`` is where each was picked."""
    import pandas as pd
    import pyocto

    sites = sorted(set(there), key=lambda site: (str(site), site.since or 0))  # a place of a station is one of its own
    names = {site: f"{site}.{k}" for k, site in enumerate(sites)}
    latitude, longitude = (np.array([getattr(site, name) for site in sites]) for name in ("latitude", "longitude"))
    top = min(0.0, -max(site.elevation_m for site in sites) / 1000)
    wide = _MARGIN / np.cos(np.radians(float(np.clip(np.mean(latitude), -85, 85))))
    octo: Any = pyocto.OctoAssociator.from_area(
        lat=(float(latitude.min()) - _MARGIN, float(latitude.max()) + _MARGIN),
        lon=(float(longitude.min()) - wide, float(longitude.max()) + wide),
        zlim=(top, _DEEPEST),
        velocity_model=pyocto.VelocityModel0D(crust.p, crust.s, _TOLERANCE),
        time_before=300.0,
        n_picks=6,
        n_p_picks=2,
        n_s_picks=1,
        n_p_and_s_picks=1,
        pick_match_tolerance=_TOLERANCE,
    )
    stations = octo.transform_stations(
        pd.DataFrame(
            {
                "id": [names[site] for site in sites],
                "latitude": latitude,
                "longitude": longitude,
                "elevation": [site.elevation_m for site in sites],
            }
        )
    )
    picks = pd.DataFrame(
        {
            "station": [names[site] for site in there],
            "phase": [a.pick.phase for a in known],
            "time": [a.pick.time / SECOND for a in known],
        }
    )
    events, assignments = octo.associate(picks, stations)
    return octo.transform_events(events), assignments
