"""Places of seismic stations, from a table or from StationXML."""

import xml.etree.ElementTree as Xml
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from geocnn.errors import DataError, FormatError
from geocnn.io.columns import check_number, read_columns, read_text
from geocnn.io.times import is_held, nanoseconds

__all__ = ["Site", "date_of", "parsed", "read_sites", "standing"]

_LIMITS = {"latitude": (-90.0, 90.0), "longitude": (-180.0, 360.0), "elevation_m": (-12_000.0, 9_000.0)}
_COLUMNS = {"network": None, "station": None, **_LIMITS}


@dataclass(frozen=True)
class Site:
    """A station's place.

    Attributes:
        network: code.
        station: code.
        latitude: degrees, north is positive.
        longitude: degrees, east is positive.
        elevation_m: above the sea, m.
        since: when it came there, nanoseconds since 1970; None if that is not known.
        until: when it left; None if that is not known, or not yet.
        others: the same station at the places where it stood at other times, see :func:`standing`.
    """

    network: str
    station: str
    latitude: float
    longitude: float
    elevation_m: float = 0.0
    since: int | None = None
    until: int | None = None
    others: tuple["Site", ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        """Its codes: NET.STA."""
        return f"{self.network}.{self.station}"

    @property
    def place(self) -> tuple[float, float, float]:
        """Latitude, longitude and elevation."""
        return self.latitude, self.longitude, self.elevation_m

    def stood(self, times: Sequence[int]) -> int:
        """Number of the given times at which the station was at this place."""
        since, until = self.since or -(2**63), self.until or 2**63
        return sum(since <= time < until for time in times)

    def at(self, time: int) -> "Site":
        """The station where it stood at a time, nanoseconds since 1970; here if that is not known."""
        return next((site for site in (self, *self.others) if site.stood([time])), self)


def read_sites(path: str | Path) -> list[Site]:
    """Stations of a file, in its order; one that has moved once for each stay at a place.

    Args:
        path: StationXML (FDSN StationXML 1.x), or a table with the columns network, station, latitude, longitude and
            elevation_m.

    Raises:
        MissingError: no such file.
        FormatError: neither StationXML nor such a table, or a number that is none.
        DataError: it has no stations, or is a table that has one at two places.
    """
    path = Path(path)
    text = read_text(path, f"needed is StationXML or a table of stations whose first line is {','.join(_COLUMNS)}")
    found = _station_xml(path, text) if text.lstrip().startswith("<") else _table(path)
    if not found:
        raise DataError(f"{path} names no stations; save them with their codes and coordinates (level=station).")
    return found


def standing(sites: Sequence[Site], times: Mapping[str, Sequence[int]] | None = None) -> list[Site]:
    """Each station once: at its last place, for a map, and with the others, for earthquakes of other times.

    Args:
        sites: as :func:`read_sites` gives them.
        times: nanoseconds since 1970, by station; places where it was at none of them are left out if there are others.
    """
    places: dict[str, list[Site]] = {}
    for site in sites:
        places.setdefault(str(site), []).append(site)
    times = times or {}
    return [_last([s for s in own if s.stood(times.get(str(s), ()))] or own) for own in places.values()]


def _last(places: Sequence[Site]) -> Site:
    """A station at the last of its places, with the others."""
    last = max(places, key=_begin)
    return replace(last, others=tuple(place for place in places if place is not last))


def _begin(site: Site) -> int:
    """When a station came to a place, as a number by which places can be sorted."""
    return -(2**63) if site.since is None else site.since


def _table(path: Path) -> list[Site]:
    """Stations of a table.

    Raises:
        DataError: one is at two places.
    """
    sites: dict[str, Site] = {}
    for line, words in read_columns(path, _COLUMNS, "stations"):
        latitude, longitude, elevation = (
            check_number(f"{path}, line {line}", name, words[name], limits) for name, limits in _LIMITS.items()
        )
        site = Site(words["network"], words["station"], latitude, longitude, elevation)
        known = sites.setdefault(str(site), site)
        if known.place != site.place:
            raise DataError(
                f"{path}, line {line}, has {site} at {site.latitude:g}, {site.longitude:g}, and a line above at "
                f"{known.latitude:g}, {known.longitude:g}; leave one, or give StationXML, which says since when."
            )
    return list(sites.values())


def _station_xml(path: Path, text: str) -> list[Site]:
    """Stations of StationXML, whatever its version.

    Raises:
        FormatError: no XML, another kind of it, or a station without coordinates.
    """
    root = parsed(path, text)
    if not root.tag.endswith("FDSNStationXML"):
        kind = root.tag.rpartition("}")[2]
        raise FormatError(f"{path} is XML of the kind {kind}; needed is FDSNStationXML, or a table of stations.")
    stays: dict[str, list[Site]] = {}
    for network in root.iterfind("{*}Network"):
        for station in network.iterfind("{*}Station"):
            code = f"{network.get('code', '')}.{station.get('code', '')}"
            numbers = []
            for name, limits in _LIMITS.items():
                tag = name.removesuffix("_m").capitalize()
                word = station.findtext(f"{{*}}{tag}", "")
                numbers.append(check_number(f"{path}, station {code}", tag, word, limits))
            since, until = (date_of(path, f"station {code}", station.get(end)) for end in ("startDate", "endDate"))
            latitude, longitude, elevation = numbers
            names = network.get("code", ""), station.get("code", "")
            stays.setdefault(code, []).append(Site(*names, latitude, longitude, elevation, since, until))
    return [site for own in stays.values() for site in _joined(own)]


def _joined(stays: Sequence[Site]) -> list[Site]:
    """Stays of a station by time; those at one place are one unless it was elsewhere in between."""
    joined: list[Site] = []
    for site in sorted(stays, key=_begin):
        if joined and joined[-1].place == site.place:  # another instrument at the same place
            until = None if None in (joined[-1].until, site.until) else max(joined[-1].until or 0, site.until or 0)
            joined[-1] = replace(joined[-1], until=until)
        else:
            joined.append(site)
    return joined


def parsed(path: Path, text: str) -> Xml.Element:
    """The root of XML.

    Raises:
        FormatError: it is damaged.
    """
    try:
        return Xml.fromstring(text.encode())
    except Xml.ParseError as error:
        raise FormatError(f"{path} is damaged XML ({error}); copy it again.") from None


def date_of(path: Path, what: str, text: str | None) -> int | None:
    """Nanoseconds since 1970 of a date of StationXML; None beyond the centuries that these reach.

    Args:
        path: of the file, for messages.
        what: has it, for messages: "station XX.A".
        text: such as 2010-01-31T00:00:00; None if there is none.

    Raises:
        FormatError: it is none.
    """
    if not text:
        return None
    if (date := nanoseconds(text)) is None:
        raise FormatError(f"{path}, {what}, has the date {text}; needed is one such as 2010-01-31.")
    return date if is_held(date) else None
