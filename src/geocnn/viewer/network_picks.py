"""Pick the shown part of a station with the picker that ships with geocnn."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from geocnn.errors import DataError
from geocnn.io.responses import Responses
from geocnn.io.waveforms import Record, Station
from geocnn.io.waveforms.pieces import SECOND, how_long
from geocnn.io.waveforms.quakeml import Event, PhasePick

if TYPE_CHECKING:
    from geocnn.prediction.picker import Part, Picker

__all__ = ["NetworkPicks", "together"]

_MOST = (86_400 + 60) * SECOND
"""Longest span that is picked, ns: a day, because files of a day often contain some samples of the next."""


class NetworkPicks:
    """Picks of the network; PyTorch and the network are loaded at the first request.

    Args:
        reading: lock that is held while records are read, which only one thread may do.
        responses: responses of the channels, and where these point, as for ``geocnn predict``.
    """

    def __init__(self, reading: threading.Lock, responses: Responses | None = None) -> None:
        self._reading = reading
        self._responses = responses
        self._working = threading.Lock()
        self._closed = threading.Event()
        self._picker: Picker | None = None

    def __call__(self, station: Station, start: int, stop: int) -> list[PhasePick]:
        """Picks at a station, by time.

        Args:
            station: the station; it may be read at any rate.
            start: beginning of the span, ns since 1970.
            stop: end of the span, ns since 1970.

        Raises:
            DataError: the span is longer than a day, another one is being picked, or the page has been closed.
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        if stop - start > _MOST:
            long = how_long((stop - start) / SECOND)
            raise DataError(f"the window is {long} long; zoom in to a day or less to pick what is seen.")
        if not self._working.acquire(blocking=False):
            raise DataError("the network is still picking; wait until it has ended.")
        try:
            return self._picks(station, start, stop)
        finally:
            self._working.release()

    def close(self) -> None:
        """Stop picking and wait for the end, which comes soon: PyTorch must not be at work when Python ends."""
        self._closed.set()
        with self._working:
            pass

    def _picks(self, station: Station, start: int, stop: int) -> list[PhasePick]:
        """Picks in the parts of the record that overlap a span."""
        from geocnn.prediction.arrivals import arrivals_in
        from geocnn.prediction.picker import RATE, parts, picked

        picker = self._loaded()
        at_rate = replace(station, rate=RATE)
        first, last = at_rate.index(start), at_rate.index(stop)
        work = [part for part in parts(at_rate) if part.first <= last and part.last > first]
        with closing(picked(picker, self._records(picker, at_rate, work))) as made:
            picks = [arrival.pick for found in made for arrival in arrivals_in(at_rate, found, self._responses)]
        return [pick for pick in picks if start <= pick.time <= stop]

    def _records(self, picker: "Picker", station: Station, work: "Sequence[Part]") -> "Iterator[tuple[Part, Record]]":
        for part in work:
            if self._closed.is_set():
                raise DataError("geocnn view has ended.")
            with self._reading:
                record = picker.read(station, part)
            yield part, record

    def _loaded(self) -> "Picker":
        """The picker that ships with geocnn."""
        if self._picker is None:
            from geocnn.checkpoints import load
            from geocnn.prediction.picker import Picker

            self._picker = Picker.of(load("quakes", ndim=1))
        return self._picker


def together(station: Station, picks: Sequence[PhasePick]) -> list[Event]:
    """Group picks of the network at a station into events: P waves with their S waves."""
    from geocnn.prediction.arrivals import Arrival, station_events

    return station_events([Arrival(station, pick) for pick in picks])
