"""Figures that accompany a catalogue: for each day, for each station, and a map."""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from geocnn.figures.helicorder import helicorder
from geocnn.figures.station_map import Place, station_map
from geocnn.figures.station_picks import station_picks
from geocnn.figures.station_places import station_places
from geocnn.figures.style import save
from geocnn.io.sites import Site
from geocnn.io.system import make_folder
from geocnn.io.waveforms import Station
from geocnn.io.waveforms.drum import Drum
from geocnn.io.waveforms.quakeml import Event

if TYPE_CHECKING:
    from geocnn.prediction.arrivals import Arrival

__all__ = ["CataloguePictures"]


class CataloguePictures:
    """Writes one figure per day and station and one per station, for ``pick_earthquakes(..., pictures=...)``.

    Args:
        folder: folder of the figures; made when the first one is written.
        unit: unit of the data, which miniSEED does not tell: mostly counts.
    """

    def __init__(self, folder: str | Path, *, unit: str = "data units") -> None:
        self.folder = Path(folder)
        self.unit = unit
        self._seen: set[str] = set()  # stations that have been drawn

    def _path(self, station: Station, day: int) -> Path:
        return self.folder / f"{station.file_name}.{np.datetime64(day, 'D')}.png"

    def have(self, station: Station, day: int) -> bool:
        """Whether the figure of a day exists already."""
        return self._path(station, day).exists()

    def day(self, drum: Drum, events: Sequence[Event]) -> None:
        """Draw a day.

        Raises:
            TargetError: the picture cannot be written.
        """
        path = self._path(drum.station, int(drum.day.astype(np.int64)))
        self._save(path, helicorder(drum, events, unit=self.unit))

    def station(self, station: Station, arrivals: "Sequence[Arrival]", events: Sequence[Event]) -> None:
        """Draw all days of a station, and a compass if a detector has located its earthquakes.

        Raises:
            TargetError: the picture cannot be written.
        """
        self._seen.add(f"{station.network}.{station.name}")
        self._save(self.folder / f"{station.file_name}.png", station_picks(station, arrivals, events, unit=self.unit))
        compass = station_places(station, events)
        if compass is not None:
            self._save(self.folder / f"{station.file_name}.places.png", compass)

    def network(self, sites: Sequence[Site], events: Sequence[Event]) -> None:
        """Draw a map; stations without data are grey if there are others.

        Raises:
            TargetError: the picture cannot be written.
        """
        places = {str(site): Place(site.station, site.latitude, site.longitude) for site in sites}
        seen = self._seen & set(places) or set(places)
        known = [place for name, place in places.items() if name in seen]
        silent = [place for name, place in places.items() if name not in seen]
        self._save(self.folder / "map.png", station_map(known, events, silent=silent))

    def _save(self, path: Path, made: Figure) -> None:
        make_folder(self.folder)
        save(made, path)
        del made
        gc.collect()  # figures refer to themselves and would stay in memory for days
