"""The stations and the earthquakes of a region, from two files."""

from pathlib import Path
from typing import NamedTuple

from geocnn.errors import DataError, MissingError
from geocnn.io.hypocentres import Hypocentres, read_hypocentres
from geocnn.io.sites import Site, read_sites, standing

__all__ = ["KnownRegion", "read_region"]


class KnownRegion(NamedTuple):
    """Stations and earthquakes of a region, read from files.

    Attributes:
        sites: stations.
        hypocentres: earthquakes.
        name: name of the file of the earthquakes.
    """

    sites: list[Site]
    hypocentres: Hypocentres
    name: str


def read_region(stations: str | Path | None, station: str | None, catalogue: str | Path | None) -> KnownRegion | None:
    """Read both files; None where none is given.

    Args:
        stations: as :func:`geocnn.io.sites.read_sites` takes it.
        station: the only one that is wanted, such as OK.ABC1 or ABC1; all if missing.
        catalogue: as :func:`geocnn.io.hypocentres.read_hypocentres` takes it.

    Raises:
        DataError: one is given without the other.
        FormatError: a file that is none.
        MissingError: no such file, or no such station in it.
    """
    if stations is None and station is not None:
        raise DataError(f"--station {station} is given without its coordinates; give --stations FILE as well.")
    if (stations is None) != (catalogue is None):
        have, need = ("--stations", "--catalogue") if catalogue is None else ("--catalogue", "--stations")
        raise DataError(f"{have} is given without {need}; give both files, or none of them.")
    if stations is None or catalogue is None:
        return None
    sites = standing(read_sites(stations))
    if station is not None:
        sites = [_called(sites, station, stations)]
    return KnownRegion(sites, read_hypocentres(catalogue), Path(catalogue).name)


def _called(sites: list[Site], name: str, path: str | Path) -> Site:
    """The station of that name.

    Raises:
        MissingError: there is none.
    """
    for site in sites:
        if name.upper() in (str(site).upper(), site.station.upper()):
            return site
    some = ", ".join(str(site) for site in sites[:8]) + ", ..." * (len(sites) > 8)
    raise MissingError(f"{path} has no station {name}; it has {some}.")
