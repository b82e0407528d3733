"""Page of seismograms with the picks of a catalogue: answers to its requests."""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from numpy import ndarray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from geocnn.figures.seismograms import PHASES
from geocnn.io.waveforms import Archive, Station
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.envelope import MOST, Columns, Envelope
from geocnn.io.waveforms.pieces import SECOND, how_long
from geocnn.io.waveforms.quakeml import Event
from geocnn.viewer.edits import Edits, reviewed
from geocnn.viewer.page_time import PageTime
from geocnn.viewer.query import Query

__all__ = ["RecordsPage"]

_PATIENCE = 0.25
"""Seconds after which an answer is sent, even if not all of a long span has been read."""
_ENVELOPES = 6
"""Number of components whose envelopes are kept: two stations, or one with and without filter; 130 MB at most."""


class RecordsPage:
    """Stations of an archive, and picks and earthquakes of a catalogue.

    Args:
        archive: the stations.
        picks: path of the catalogue, see :func:`geocnn.io.waveforms.catalogue_files.read_catalogue`; None for none.
        title: title of the page, as the user gave it.
        places: StationXML, or a table of stations, with which the catalogue was made. What the network picks in the
            page has the first motions and amplitudes that ``geocnn predict`` finds with the same file. Without it and
            without a catalogue vertical components are taken to point upwards; where a catalogue has first motions,
            which may have been turned round with such a file, picks of the page get none. None for none.

    Raises:
        MissingError: there is no such catalogue, or no such file of stations.
        FormatError: it is neither QuakeML nor a table of picks, or the file of stations cannot be read.
    """

    name = "records.html"

    def __init__(self, archive: Archive, picks: Path | None, title: str, places: Path | None = None) -> None:
        self.title = title
        self.stations = archive.stations
        self.events = [] if picks is None else read_catalogue(picks)
        self._time = PageTime(self.stations)
        self._archive = archive
        self._catalogue = "" if picks is None else picks.name
        self._lock = threading.Lock()  # requests come in several threads, and stations are not thread-safe
        self.edits = Edits(self.stations, self.events, self._time, self._lock, places)
        self._strange = self._strangers()
        self._envelopes: OrderedDict[tuple[int, int, bool], Envelope] = OrderedDict()

    @property
    def notes(self) -> list[str]:
        """What a user should know about the files."""
        return [*self._archive.notes, *self._strange]

    @property
    def routes(self) -> list[Route]:
        """Addresses that the page reads from and posts to."""
        return [Route("/about", self.about), Route("/waves", self.waves), *self.edits.routes]

    def stop(self) -> None:
        """Stop the network if it is at work."""
        self.edits.stop()

    def close(self) -> str:
        """Write unsaved changes to a file; returns a sentence on where."""
        return self.edits.close(reviewed(self._catalogue or self.title)["quakeml"])

    def about(self, _request: Request) -> Response:
        """Stations, earthquakes, colours, and facts about the files."""
        return JSONResponse(
            {
                "title": self.title,
                "catalogue": self._catalogue,
                "origin": str(self._time.origin),
                "stations": [self._station(k) for k in range(len(self.stations))],
                "events": [self._event(k, event) for k, event in enumerate(self.events) if event.origin is not None],
                "files": reviewed(self._catalogue or self.title),
                "notes": self.notes,
                "phases": PHASES,
                "most": MOST,
            }
        )

    def waves(self, request: Request) -> Response:
        """Samples of a station in a span, or the least and largest samples of columns.

        The query has ``station`` (number), ``components`` (all, or first: the vertical one, if there is one), ``start``
        and ``stop`` (seconds), ``columns`` (their largest number) and ``filter`` (1 for samples above 1 Hz). The answer
        consists of 32-bit floats: for each component of the station a row of samples, or a row of least and a row of
        largest samples. NaN means no data, infinity means not read yet: the same request again reads on. Headers are
        ``kind`` (samples or columns), ``start`` (seconds, of the first sample, or of the beginning of the first
        column), ``step`` (seconds), ``size`` (of a row) and ``read`` (share of the samples that has been read, from 0
        to 1).
        """
        asked = Query(request)
        number = asked.whole("station", 0, len(self.stations) - 1)
        station = self.stations[number]
        begin, end = self._time.span(station)
        beyond = end - begin + 3600
        start = asked.number("start", begin - beyond, end + beyond)
        stop = asked.number("stop", start, end + beyond)
        filtered = bool(asked.whole("filter", 0, 1))
        rows = _components(station)[: 1 if asked.one_of("components", ["all", "first"]) == "first" else 3]
        first, last = station.index(self._time.time(start)), station.index(self._time.time(stop)) + 1
        columns = asked.whole("columns", 2, MOST)
        with self._lock:
            envelopes = [self._envelope(number, row, filtered=filtered) for row in rows]
            if last - first <= 2 * columns:
                return self._sent(station, "samples", first, 1, [one.samples(first, last) for one in envelopes])
            found = _in_turn(envelopes, (first, last, columns))
        values = [row for one in found for row in (one.low, one.high)]
        read = sum(one.read for one in found) / len(found)
        return self._sent(station, "columns", found[0].start, found[0].step, values, read)

    def _sent(
        self,
        station: Station,
        kind: str,
        first: int,
        step: int,
        rows: Sequence[Float32[ndarray, " columns"]],
        read: float = 1.0,
    ) -> Response:
        """Answer that consists of rows."""
        headers = {
            "kind": kind,
            "start": repr(self._time.seconds(station.time(first))),
            "step": repr(step / station.rate),
            "size": str(len(rows[0])),
            "read": repr(read),
            "Cache-Control": "no-store",
        }
        content = np.stack(rows).astype("<f4").tobytes()
        return Response(content, media_type="application/octet-stream", headers=headers)

    def _envelope(self, number: int, component: int, *, filtered: bool) -> Envelope:
        """Envelope of a component, which remembers what has been read."""
        key = number, component, filtered
        if key not in self._envelopes:
            self._envelopes[key] = Envelope(self.stations[number], component, filtered=filtered)
        self._envelopes.move_to_end(key)
        if len(self._envelopes) > _ENVELOPES:
            self._envelopes.popitem(last=False)
        return self._envelopes[key]

    def _station(self, number: int) -> dict[str, object]:
        """Properties of a station for the page."""
        station = self.stations[number]
        begin, end = self._time.span(station)
        gaps = [stop - start for start, stop in station.gaps()]
        seconds = end - begin - sum(gaps) / SECOND
        return {
            "name": str(station),
            "channels": [_codes(station, k) for k in _components(station)],
            "start": begin,
            "stop": end,
            "rate": station.rate,
            "sampling": _sampling(station),
            "data": how_long(seconds) if seconds < 2 * 86_400 else f"{seconds / 86_400:.1f} days",
            "gaps": len(gaps),
            "picks": self.edits.review.count(station),
        }

    def _event(self, number: int, event: Event) -> dict[str, object]:
        """Properties of an earthquake with an origin for the page."""
        origin, magnitude = event.origin, event.magnitude
        assert origin is not None, "only those that have one are sent"
        return {
            "number": number,
            "time": self._time.seconds(origin.time),
            "latitude": origin.latitude,
            "longitude": origin.longitude,
            "depth": origin.depth,
            "magnitude": None if magnitude is None else magnitude.value,
            "kind": "" if magnitude is None else magnitude.kind,
        }

    def _strangers(self) -> list[str]:
        """Note if the picks of the catalogue are of other stations."""
        if not self._catalogue or any(map(self.edits.review.count, self.stations)):
            return []
        picked = sorted({f"{p.channel.network}.{p.channel.station}" for event in self.events for p in event.picks})
        if not picked:
            return [f"{self._catalogue} has no picks."]
        names = f"{', '.join(picked[:5])}{' ...' * (len(picked) > 5)}"
        return [f"{self._catalogue} has picks of {names} and none of the stations here."]


def _in_turn(envelopes: Sequence[Envelope], span: tuple[int, int, int]) -> list[Columns]:
    """Columns of several components, each of which may take its share of the time."""
    end, found = time.monotonic() + _PATIENCE, []
    for left, one in zip(range(len(envelopes), 0, -1), envelopes, strict=True):
        now = time.monotonic()
        one.glimpse(*span, until=now + (end - now) / left)
    for left, one in zip(range(len(envelopes), 0, -1), envelopes, strict=True):
        now = time.monotonic()
        found.append(one.columns(*span, until=now + (end - now) / left))
    return found


def _sampling(station: Station) -> str:
    """Rates of the files, and the rate at which samples are shown if it is another one."""
    rates = sorted({float(piece.grid) for piece in station.pieces})
    words = " and ".join(f"{rate:g}" for rate in rates) + " Hz"
    return words if rates == [station.rate] else f"{words} (shown at {station.rate:g} Hz)"


def _codes(station: Station, component: int) -> str:
    """Code of the channel of a component; of several that follow each other, such as HHN/HH1, all."""
    return "/".join(dict.fromkeys(piece.channel.code for piece in station.components[component]))


def _components(station: Station) -> list[int]:
    """Numbers of the components that a station has."""
    return [k for k, pieces in enumerate(station.components) if pieces]
