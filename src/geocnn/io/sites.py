"""Where seismic stations stand: from a table, or from StationXML."""

import xml.etree.ElementTree as Xml
from dataclasses import dataclass
from pathlib import Path

from geocnn.errors import DataError, FormatError
from geocnn.io.columns import check_number, read_columns, read_text

__all__ = ["Site", "read_sites"]

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
    """

    network: str
    station: str
    latitude: float
    longitude: float
    elevation_m: float = 0.0

    def __str__(self) -> str:
        """Its codes: NET.STA."""
        return f"{self.network}.{self.station}"


def read_sites(path: str | Path) -> list[Site]:
    """Stations of a file, each once, in its order.

    Args:
        path: StationXML (FDSN StationXML 1.x), or a table with the columns network, station, latitude, longitude and
            elevation_m.

    Raises:
        MissingError: no such file.
        FormatError: neither StationXML nor such a table, or a number that is none.
        DataError: it has no stations.
    """
    path = Path(path)
    text = read_text(path, f"needed is StationXML or a table of stations whose first line is {','.join(_COLUMNS)}")
    found = _station_xml(path, text) if text.lstrip().startswith("<") else _table(path)
    if not found:
        raise DataError(f"{path} names no stations; save them with their codes and coordinates (level=station).")
    kept: dict[str, Site] = {}
    for site in found:
        kept.setdefault(str(site), site)
    return list(kept.values())


def _table(path: Path) -> list[Site]:
    """Stations of a table."""
    sites = []
    for line, words in read_columns(path, _COLUMNS, "stations"):
        numbers = [check_number(f"{path}, line {line}", name, words[name], _LIMITS[name]) for name in _LIMITS]
        sites.append(Site(words["network"], words["station"], *numbers))
    return sites


def _station_xml(path: Path, text: str) -> list[Site]:
    """Stations of StationXML, whatever its version.

    Raises:
        FormatError: no XML, another kind of it, or a station without coordinates.
    """
    try:
        root = Xml.fromstring(text.encode())
    except Xml.ParseError as error:
        raise FormatError(f"{path} is damaged XML ({error}); copy it again.") from None
    if not root.tag.endswith("FDSNStationXML"):
        kind = root.tag.rpartition("}")[2]
        raise FormatError(f"{path} is XML of the kind {kind}; needed is FDSNStationXML, or a table of stations.")
    sites = []
    for network in root.iterfind("{*}Network"):
        for station in network.iterfind("{*}Station"):
            code = f"{network.get('code', '')}.{station.get('code', '')}"
            numbers = []
            for name, limits in _LIMITS.items():
                tag = name.removesuffix("_m").capitalize()
                word = station.findtext(f"{{*}}{tag}", "")
                numbers.append(check_number(f"{path}, station {code}", tag, word, limits))
            sites.append(Site(network.get("code", ""), station.get("code", ""), *numbers))
    return sites
