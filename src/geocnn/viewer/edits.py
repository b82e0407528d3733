"""Review of picks on the page of seismograms: send them, change them, save them."""

import re
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from geocnn.io.responses import Responses
from geocnn.io.sites import read_sites
from geocnn.io.system import reason, write_new
from geocnn.io.waveforms import Station
from geocnn.io.waveforms.pick_table import pick_table
from geocnn.io.waveforms.quakeml import Event, PhasePick, quakeml
from geocnn.viewer.network_picks import NetworkPicks, together
from geocnn.viewer.page_time import PageTime
from geocnn.viewer.posted import Posted, posted
from geocnn.viewer.query import Query
from geocnn.viewer.review import Review, counted

__all__ = ["Edits", "reviewed"]

_UNSURE = "; for their first motions start geocnn view with --stations"
"""What is said of picks whose first motions could contradict those of the catalogue."""


class Edits:
    """The review of a catalogue. It is kept here, in the program, so that it outlives the page in the browser.

    Args:
        stations: stations of the page.
        events: events of the catalogue.
        time: time axis of the page.
        reading: lock that is held while records are read.
        places: StationXML or a table of stations, see :class:`geocnn.viewer.records.RecordsPage`; None for none.

    Raises:
        MissingError: there is no such file.
        FormatError: it cannot be read.
    """

    def __init__(
        self,
        stations: Sequence[Station],
        events: Sequence[Event],
        time: PageTime,
        reading: threading.Lock,
        places: Path | None = None,
    ) -> None:
        self.review = Review(events)
        self._stations = stations
        self._located = [number for number, event in enumerate(events) if event.origin is not None]
        self._time = time
        # Nobody knows whether the catalogue was made with a file that turns the first motions of some stations round.
        self._unsure = places is None and any(pick.polarity for event in events for pick in event.picks)
        if places is not None:
            read_sites(places)  # says what is wrong with it
        self._network = NetworkPicks(reading, None if places is None else Responses.of(places))
        self._session = secrets.token_hex(8)  # tells pages that are still open from an earlier review
        self._lock = threading.Lock()  # requests come in several threads, also from several windows

    @property
    def routes(self) -> list[Route]:
        """Addresses that the page reads from and posts to."""
        return [
            Route("/picks", self.picks),
            Route("/review", self.state),
            posted("/add", self.add),
            posted("/move", self.move),
            posted("/remove", self.remove),
            posted("/undo", self.undo),
            posted("/redo", self.redo),
            posted("/pick", self.pick),
            posted("/save", self.save),
        ]

    def stop(self) -> None:
        """Stop the network if it is at work."""
        self._network.close()

    def close(self, name: str) -> str:
        """Write unsaved changes to a file in the current folder.

        Args:
            name: name of the file; a number is added if it exists.

        Returns:
            A sentence on where the changes are; empty if there are none.
        """
        with self._lock:
            if not self.review.changed:
                return ""
            try:
                path = write_new(Path(name), quakeml(self.review.events, "quakes", reviewed=True))
            except OSError as error:
                return f"changes of picks were not saved, and {name} cannot be written here ({reason(error)})."
            self.review.saved = self.review.latest
        return f"changes of picks that were not saved are in {path}."

    def picks(self, request: Request) -> Response:
        """All picks of a ``station``, by time: one list per property, with null for unknown values."""
        station = self._stations[Query(request).whole("station", 0, len(self._stations) - 1)]
        with self._lock:
            found, version = self.review.at(station), self.review.version
        picks = [one.pick for one in found]
        lists = {
            "id": [one.number for one in found],
            "time": [self._time.seconds(pick.time) for pick in picks],
            "event": [one.event for one in found],
            "phase": [pick.phase for pick in picks],
            "probability": [pick.probability for pick in picks],
            "uncertainty": [pick.uncertainty for pick in picks],
            "polarity": [pick.polarity for pick in picks],
            "manual": [pick.mode == "manual" for pick in picks],
        }
        return JSONResponse({"version": version, "picks": lists})

    def state(self, _request: Request) -> Response:
        """State of the review."""
        return self._state()

    def add(self, asked: Posted) -> Response:
        """Set a pick of a ``phase`` at a ``station`` and ``time``; the answer contains its ``id`` as well."""
        number, phase = self._station(asked), asked.one_of("phase", ["P", "S"])
        with self._lock:
            made = self.review.add(self._stations[number], phase, self._when(asked, number))
        return self._state(id=made)

    def move(self, asked: Posted) -> Response:
        """Move the pick ``id`` of a ``station`` to another ``time``."""
        number = self._station(asked)
        with self._lock:
            self.review.move(self._stations[number], _pick(asked), self._when(asked, number))
        return self._state()

    def remove(self, asked: Posted) -> Response:
        """Remove the pick ``id``."""
        with self._lock:
            self.review.remove(_pick(asked))
        return self._state()

    def undo(self, _asked: Posted) -> Response:
        """Undo the last step; the answer contains ``words`` on it as well."""
        with self._lock:
            words = self.review.undo()
        return self._state(words=f"undone: {words}")

    def redo(self, _asked: Posted) -> Response:
        """Redo the step that was undone last; the answer contains ``words`` on it as well."""
        with self._lock:
            words = self.review.redo()
        return self._state(words=f"done again: {words}")

    def pick(self, asked: Posted) -> Response:
        """Let the network pick from ``start`` to ``stop`` at a ``station``; the answer contains ``words`` as well."""
        number = self._station(asked)
        station = self._stations[number]
        begin, end = self._time.span(station)
        beyond = end - begin + 3600
        start = asked.number("start", begin - beyond, end + beyond)
        stop = asked.number("stop", start, end + beyond)
        span = self._time.time(max(start, begin)), self._time.time(min(stop, end))
        found = self._network(station, *span)
        unsure = self._unsure and any(pick.polarity for pick in found)
        if unsure:
            found = [replace(pick, polarity=0) for pick in found]
        with self._lock:
            new = self.review.take(station, span, found, partial(together, station))
        return self._state(words=_found(found, new) + _UNSURE * (unsure and new > 0))

    def save(self, asked: Posted) -> Response:
        """The whole catalogue as a file in a ``form``, QuakeML or CSV."""
        form = asked.one_of("form", ["quakeml", "csv"])
        with self._lock:
            events, latest = self.review.numbered, self.review.latest
        if form == "quakeml":
            text = quakeml([event for _, event in events], "quakes", reviewed=True)
        else:
            text = pick_table(_rows(events))
        with self._lock:
            self.review.saved = latest
        return Response(text, media_type="application/xml" if form == "quakeml" else "text/csv")

    def _state(self, **more: object) -> Response:
        """Answer with the state of the review and further entries."""
        with self._lock:
            review = self.review
            known = {
                "session": self._session,
                "version": review.version,
                "undo": None if review.latest is None else review.latest.words,
                "redo": None if review.following is None else review.following.words,
                "changed": review.changed,
                "counts": [review.count(station) for station in self._stations],
                "gone": [number for number in self._located if not review.has(number)],
            }
        return JSONResponse(known | more, headers={"Cache-Control": "no-store"})

    def _station(self, asked: Posted) -> int:
        return asked.whole("station", 0, len(self._stations) - 1)

    def _when(self, asked: Posted, number: int) -> int:
        """Time from a request, within the record of a station."""
        return self._time.time(asked.number("time", *self._time.span(self._stations[number])))


def reviewed(name: str) -> dict[str, str]:
    """Names of the files to save, by form, made from the name of the catalogue or of the records."""
    stem = re.sub(r"[^\w.-]+", "-", Path(name).stem).removesuffix("-reviewed")
    return {"quakeml": f"{stem}-reviewed.xml", "csv": f"{stem}-reviewed.csv"}


def _pick(asked: Posted) -> int:
    return asked.whole("id", 0, 2**53)


def _found(found: Sequence[PhasePick], new: int) -> str:
    """What the network has found, in words."""
    if not found:
        return "nothing found"
    return f"{counted(found)} found" + f", {new or 'none'} of them new" * (new < len(found))


def _rows(events: Iterable[tuple[int, Event]]) -> list[tuple[str, PhasePick, int]]:
    """Rows of a table of picks, by station and time, from numbered events."""
    rows = []
    for number, event in events:
        for pick in event.picks:
            channel = pick.channel
            instrument = channel.code[:-1] if len(channel.code) > 2 else channel.code  # tables have no more
            rows.append((".".join((channel.network, channel.station, channel.location, instrument)), pick, number))
    return sorted(rows, key=lambda row: (row[0], row[1].time))
