"""Locate earthquakes from the picks of stations; from one station with a detector.

Picks of several stations belong to one earthquake if one place explains them all.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geocnn.geodesy import offsets, place_at
from geocnn.io.sites import Site
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, Origin, Ray
from geocnn.location import SURE, Crust
from geocnn.prediction.planes import Planes
from geocnn.prediction.sightings import (
    FITS,
    SEVERAL,
    TRUSTED,
    USUAL,
    Found,
    Sighting,
    locate,
    stations,
    waves_of,
    weight_of,
)
from geocnn.prediction.waves import LATE, SLOW

__all__ = ["epicentres", "unexplained"]

_PHASES = ("P", "S")
_WIDE = 60.0
"""Largest half width of the interval of an azimuth, degrees, with which it helps to locate an earthquake."""
_CLOSE = 5.0
"""Spread of a place, km, that is always accepted."""
_VAGUE = 0.75
"""Spread of a place that is accepted, relative to the distance of the nearest station, at great depths from there."""
_FARTHEST = 500.0
"""Largest distance of the nearest station, km: waves from farther away are nearly plane and tell no distance."""
_WAVES = 6
"""Number of arrival times that locate an earthquake: they determine the four numbers of an origin, and check two."""
_SHARE = 0.6
"""Least share of stations that have seen an earthquake, among those as near as the farthest that has."""
_AWAKE = 600.0
"""Seconds around an earthquake in which every station with a record has picks, false ones at least."""
_WAIT = 120.0
"""Largest difference of the times at which two stations see the same earthquake, s."""
_SLOWEST = 5.0
"""Velocity of P waves, km/s, with which they travel from one station to another at least."""
_MINUTE = 60 * SECOND
"""Time within which stations have to see something for a note that they may have seen the same earthquake, ns."""


def epicentres(events: Sequence[Event], sites: Sequence[Site], *, crust: Crust | None = None) -> list[Event]:
    """Earthquakes with their origins, by time; then events that have none, in their order.

    Six times of P and S waves at three stations or more locate an earthquake. One or two stations are enough if a
    detector gives the azimuth to within 60 degrees on each side; a single station also needs P and S and a
    probability of an earthquake above 0.5. The spread of an origin tells how well the place is known. An origin is
    dropped if its spread exceeds both 5 km and three quarters of the distance to the nearest station, if it is
    farther than 500 km from all stations, or if most stations as near as those that saw it did not see it.

    A station may have paired a wave with a false one, or with one of another earthquake. Once three stations or more
    have located an earthquake, such a wave can join it alone if it arrives at the right time; the other wave stays an
    event of its station. Depths are below the sea.

    Args:
        events: events of one station each, as :func:`geocnn.prediction.arrivals.station_events` returns them.
        sites: places of the stations, each once, see :func:`geocnn.io.sites.standing`; events of other stations are
            left as they are.
        crust: velocities; default the mean of the crust.
    """
    crust = crust or Crust()
    known = {str(site): site for site in sites}
    there = [(event, known[code].at(event.picks[0].time)) for event in events if (code := _code(event)) in known]
    planes = Planes([site for _, site in there])
    seen = [_sighting(event, site, planes, crust) for event, site in there]
    groups = _groups([sighting for sighting in seen if sighting.times], planes)
    located = [_event(group, found) for group, found in groups]
    located.sort(key=lambda event: event.origin.time if event.origin is not None else 0)
    used = {id(pick) for event in located for pick in event.picks}
    left = [(event, tuple(pick for pick in event.picks if id(pick) not in used)) for event in events]
    return [*located, *(replace(event, picks=picks) for event, picks in left if picks)]


def unexplained(events: Sequence[Event], sites: Sequence[Site]) -> list[int]:
    """When three stations or more have seen sure P and S waves within a minute that belong to no located earthquake.

    Args:
        events: as :func:`epicentres` returns them.
        sites: places of the stations; others do not count.

    Returns:
        Time of the first wave each time, nanoseconds since 1970.
    """
    known, pairs = {str(site): site for site in sites}, []
    for event in events:
        likely = [1.0 if pick.probability is None else pick.probability for pick in event.picks]
        sure = {pick.phase for pick, share in zip(event.picks, likely, strict=True) if share >= SURE}
        if event.origin is None and sure.issuperset(_PHASES) and _code(event) in known:
            pairs.append((event.picks[0].time, _code(event)))
    pairs.sort()
    found, start = [], 0
    while start < len(pairs):
        first = pairs[start][0]
        end = bisect_right(pairs, first + _MINUTE, key=lambda pair: pair[0])
        many = len(_of_one(pairs[start:end], known)) >= SEVERAL
        found += [first] * many
        start = end if many else start + 1
    return found


def _of_one(pairs: Sequence[tuple[int, str]], known: Mapping[str, Site]) -> set[str]:
    """Stations whose P waves can be of one earthquake with the first: waves take no longer from station to station.

    Args:
        pairs: times of P waves, ns, and stations.
        known: places of the stations.
    """
    first, here = pairs[0][0], known[pairs[0][1]].at(pairs[0][0])
    there = [known[code].at(time) for time, code in pairs]
    away = np.array([site.latitude for site in there]), np.array([site.longitude for site in there])
    longest = 2.0 + offsets(here.latitude, here.longitude, away).distance / _SLOWEST
    return {code for (time, code), most in zip(pairs, longest, strict=True) if time - first <= most * SECOND}


def _groups(seen: Sequence[Sighting], planes: Planes) -> list[tuple[list[Sighting], Found]]:
    """Sightings of each earthquake, with its place."""
    telling = sorted((s for s in seen if s.tells and "P" in s.times), key=lambda s: s.first)
    loose = sorted((s for s in seen if not s.tells), key=lambda s: s.first)
    awake = sorted(seen, key=lambda s: s.first)
    groups: list[tuple[list[Sighting], Found]] = []
    used: set[int] = set()  # ids of events that are used, in whole or in part
    taken: set[int] = set()  # ids of picks that are used
    for seed in telling:
        while id(seed.event) not in used:
            near, more = (
                [
                    planes.put(s, seed.middle)
                    for s in _soon(some, seed.first - _WAIT, seed.first + _WAIT)
                    if id(s.event) not in used
                ]
                for some in (telling, loose)
            )
            group = _largest(near[near.index(seed) :])
            group = group + _arriving(locate(group), group, more) if len(group) > 1 else _together(group, more)
            found = locate(group, exact=True)
            if not _enough(group, found):
                break
            around = [planes.put(s, seed.middle) for s in _soon(awake, found.time - _AWAKE, found.time + _AWAKE)]
            if not _seen_around(group, found, around):
                break
            used |= {id(s.event) for s in group}
            group, found = _centred(group, found, planes)
            middle = group[0].middle
            around = [planes.put(s, middle) for s in _soon(awake, found.time - _WAIT, found.time + _WAIT)]
            waves = [wave for s in around for wave in s.single if id(wave.event.picks[0]) not in taken]
            group, found = _completed(group, found, waves)
            taken |= {id(pick) for s in group for pick in s.event.picks}
            used |= {id(s.event) for s in around if any(id(pick) in taken for pick in s.event.picks)}
            groups.append((group, found))
    return groups


def _completed(group: list[Sighting], found: Found, waves: Sequence[Sighting]) -> tuple[list[Sighting], Found]:
    """Add single waves to a group and locate it again, if its place is known well enough to predict their times."""
    if stations(group) < SEVERAL or found.spread > _CLOSE:
        return group, found
    more = [*group, *_arriving(found, group, waves, exact=True)]
    again = locate(more, exact=True, first=found) if len(more) > len(group) else found
    return (more, again) if _enough(more, again) else (group, found)


def _code(event: Event) -> str:
    channel = event.picks[0].channel
    return f"{channel.network}.{channel.station}"


def _centred(group: list[Sighting], found: Found, planes: Planes) -> tuple[list[Sighting], Found]:
    """A group located again in the plane around its epicentre, in which distances are exact, in a wide network."""
    middle = planes.of(place_at(*group[0].middle, found.east, found.north))
    if middle == group[0].middle:
        return group, found
    group = [planes.put(s, middle) for s in group]
    return group, locate(group, exact=True)


def _sighting(event: Event, site: Site, planes: Planes, crust: Crust) -> Sighting:
    """Event of a station, placed in the plane for earthquakes near it."""
    times = {pick.phase: pick.time / SECOND for pick in event.picks if pick.phase in _PHASES}
    there = site.latitude, site.longitude
    only = Sighting(event, site, 0.0, 0.0, site.elevation_m / 1000, times, crust, there)
    return planes.put(only, planes.of(there))


def _soon(sightings: Sequence[Sighting], low: float, high: float) -> Sequence[Sighting]:
    """Sightings between two times, from a sequence sorted by time."""
    first = bisect_left(sightings, low, key=lambda s: s.first)
    return sightings[first : bisect_right(sightings, high, key=lambda s: s.first)]


def _largest(near: Sequence[Sighting]) -> list[Sighting]:
    """Group of the first sighting, or the group of the first sighting outside it, if that one is larger.

    Otherwise a false pair of picks before an earthquake could take some of its stations.

    A false pair of picks in front of an earthquake would else take some of its stations along.
    """
    group = _together(near[:1], near[1:])
    if len(group) == 1:
        return group
    left = next((k for k, s in enumerate(near) if s not in group and _plausible(near[0], s)), None)
    other = [] if left is None else _together(near[left : left + 1], near[left + 1 :])
    return other if len(other) > len(group) else group


def _together(first: Sequence[Sighting], others: Sequence[Sighting]) -> list[Sighting]:
    """Add sightings to a group one by one, as long as one place explains them all."""
    group = [*first]
    for other in others:
        if all(_plausible(one, other) for one in group) and locate([*group, other]).fits:
            group.append(other)
    return group


def _plausible(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings can be of one earthquake, judged by times alone: locating takes a thousand times longer."""
    apart = float(np.hypot(one.east - other.east, one.north - other.north))
    slow = (apart + one.reach) / one.crust.s
    if other.code == one.code or abs(other.first - one.first) > slow + _late(slow):
        return False
    return all(
        _between(a, apart, b)
        for a, b in ((one, other), (other, one))
        if len(a.times) == 2  # P and S are known, and so is the distance
    )


def _between(one: Sighting, apart: float, other: Sighting) -> bool:
    """Whether the waves of ``other`` arrive within the possible range of times, at a station ``apart`` km away."""
    way = (one.times["S"] - one.times["P"]) * one.crust.pace
    begun = one.times["P"] - way / one.crust.p
    for phase, time in other.times.items():
        travel = (apart + way) / one.crust.speed(phase)
        late = _late(travel)
        if not abs(apart - way) / one.crust.speed(phase) - late <= time - begun <= travel + late:
            return False
    return True


def _late(travel: float) -> float:
    """Largest difference in seconds between an observed and a computed time, after so many seconds of travel."""
    return 2 * FITS * math.hypot(LATE, SLOW * travel)


def _arriving(
    found: Found, group: Sequence[Sighting], loose: Sequence[Sighting], *, exact: bool = False
) -> list[Sighting]:
    """Single waves that fit the place in time and that the group lacks; at each station the best of each phase."""
    if not loose:
        return []
    late = np.abs(waves_of(loose, layered=exact).late(found.east, found.north, found.depth, found.time))
    there = {(sighting.code, phase) for sighting in group for phase in sighting.times}
    best: dict[tuple[str, str], Sighting] = {}
    for k in np.argsort(late)[: np.count_nonzero(late <= FITS)]:
        (phase,) = loose[k].times
        if (loose[k].code, phase) not in there:
            best.setdefault((loose[k].code, phase), loose[k])
    return list(best.values())


def _enough(group: Sequence[Sighting], found: Found) -> bool:
    """Whether the data suffice to locate an earthquake, and its place is known well enough."""
    way = min(float(np.hypot(found.east - s.east, found.north - s.north)) for s in group)
    deep = max(0.0, found.depth - USUAL)
    if way > _FARTHEST or found.spread > max(_CLOSE, _VAGUE * float(np.hypot(way, deep))):
        return False
    if stations(group) >= SEVERAL and sum(len(sighting.times) for sighting in group) >= _WAVES:
        return True
    places = [s.place for s in group if s.place is not None and s.place.azimuth is not None]
    directed = any(place.azimuth.half <= _WIDE for place in places if place.azimuth is not None)
    return directed and (len(group) > 1 or (places[0].probability > TRUSTED and len(group[0].times) == 2))


def _seen_around(group: Sequence[Sighting], found: Found, near: Sequence[Sighting]) -> bool:
    """Whether enough of the stations as near as those of the group have seen the earthquake; if not, it is chance.

    Stations without any picks for minutes are not counted, because they may have no record; ``near`` are sightings of
    these minutes.
    """
    away = {s.code: float(np.hypot(found.east - s.east, found.north - s.north)) for s in near}
    farthest = max(away[sighting.code] for sighting in group)
    return stations(group) >= _SHARE * sum(way <= farthest for way in away.values())


def _event(group: Sequence[Sighting], found: Found) -> Event:
    """Event of an earthquake with the picks of all stations; its depth is counted from the sea.

    The place of an earthquake that one station has seen is that of its detector, and its times have no weight.
    """
    latitude, longitude = place_at(*group[0].middle, found.east, found.north)
    seen = sorted(((pick, s) for s in group for pick in s.event.picks), key=lambda one: one[0].time)
    alone, rays = stations(group) == 1, []
    for pick, s in seen:
        late, weight = _residual(s, pick.phase, found)
        rays.append(Ray.to(s.site, latitude, longitude, late, weight * (not alone)))
    origin = Origin(
        round(found.time * SECOND),
        latitude,
        longitude,
        found.depth,
        uncertainty=found.time_error,
        spread=found.spread,
        depth_error=found.depth_error,
        rays=tuple(rays),
    )
    return replace(group[0].event, picks=tuple(pick for pick, _ in seen), origin=origin)


def _residual(sighting: Sighting, phase: str, found: Found) -> tuple[float | None, float]:
    """Observed minus computed arrival time, s, and its weight; None and 0 where the station has not seen the phase."""
    if phase not in sighting.times:
        return None, 0.0
    residuals = waves_of([sighting], layered=True).residuals(found.east, found.north, found.depth, found.time)
    late = float(residuals[list(sighting.times).index(phase)])
    return late, weight_of(late, sighting.times[phase] - found.time - late, found.scale)
