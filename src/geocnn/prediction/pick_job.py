"""Pick stations one after the other and day by day, with pictures and probabilities."""

from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

from geocnn.checkpoints import write_atomically
from geocnn.hardware import give_back
from geocnn.io.sites import Site
from geocnn.io.waveforms import Archive, Record, Station
from geocnn.io.waveforms.drum import Drum
from geocnn.io.waveforms.pick_table import pick_rows
from geocnn.io.waveforms.pieces import time_of, utc
from geocnn.io.waveforms.quakeml import Event, quakeml, quakeml_pieces
from geocnn.location import Crust
from geocnn.prediction.arrivals import Arrival, arrivals_in, station_events
from geocnn.prediction.association import Associator, associated
from geocnn.prediction.days import DAY, Pictures, Probabilities, date
from geocnn.prediction.epicentres import epicentres, unexplained
from geocnn.prediction.event_table import event_rows
from geocnn.prediction.instruments import Instrument, instrument_of, joined, locating
from geocnn.prediction.journal import Journal, digest_of, noticed
from geocnn.prediction.magnitudes import without_response
from geocnn.prediction.picker import RATE, Part, Picker, parts, picked, tell
from geocnn.prediction.station_notes import without_azimuths, without_magnitudes
from geocnn.progress import progress, time_unit

__all__ = ["Catalogue", "PickJob"]

_PICTURE = "picture"
"""Name of the picture of a day in the journal."""
_STILL = "still"
"""Beginning of the names of components that do not move on a day, in the journal."""
_LEAST = 5.0
"""Seconds of data that a day needs for a picture: files of a day often contain some samples of the next."""


@dataclass(frozen=True, eq=False, repr=False)
class Catalogue:
    """Result of picking an archive.

    Attributes:
        arrivals: of all stations, by station and time.
        events: first the located ones, by time; then those of single stations, in the order of ``arrivals``.
        notes: what a user should know of the data.
    """

    arrivals: tuple[Arrival, ...]
    events: tuple[Event, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Short description, as a notebook shows it."""
        p, s = (sum(arrival.pick.phase == phase for arrival in self.arrivals) for phase in "PS")
        stations = dict.fromkeys(str(arrival.station) for arrival in self.arrivals)
        places = sum(event.origin is not None for event in self.events)
        pairs = places + sum(event.origin is None and len({p.phase for p in event.picks}) > 1 for event in self.events)
        count = f"{len(stations)} station{'s' * (len(stations) != 1)}"
        return f"Catalogue({p} P and {s} S picks at {count}, {pairs} earthquake{'s' * (pairs != 1)}, {places} located)"

    def table(self) -> str:
        """Table of the picks as CSV with a header, in a form that associators can read.

        ``id`` is network.station.location.instrument, ``time`` is in seconds since 1970, ``uncertainty`` in seconds.
        ``amplitude`` is the largest distance from the mean of the second before, in the two seconds from the arrival
        on, of any component, in the unit of the data. ``polarity`` is 1 where the ground first moved up, -1 down and 0
        where that is not seen. ``event`` is the number of the event in the QuakeML file. ``wood_anderson`` is the
        largest amplitude after an S wave on a Wood-Anderson seismograph with a magnification of 1, nm, where the
        response of the channel is known. ``mode`` is automatic, or manual after a review. PyOcto reads station, phase
        and time; GaMMA reads id, utc, phase, probability and amplitude.
        """
        return "".join(self._pick_rows())

    def _pick_rows(self) -> Iterator[str]:
        number = {id(pick): k for k, event in enumerate(self.events) for pick in event.picks}
        return pick_rows((str(one.station), one.pick, number[id(one.pick)]) for one in self.arrivals)

    def event_table(self) -> str:
        """Table of the events as CSV with a header.

        ``event`` is the number in the QuakeML file and in the table of the picks, ``time`` the time of the first pick,
        and ``s_minus_p`` the seconds from P to S at the first station with both. The next columns are what this station
        alone tells: ``probability`` of an earthquake; ``distance`` of the epicentre and ``depth`` in km and ``azimuth``
        of the epicentre in degrees from north, if it is known where the components point, each with the interval that
        holds 68 %; ``where`` in words; and, from a detector that knows clusters, ``cluster`` with its
        ``cluster_probability``. Located earthquakes have ``origin_time`` (UTC), ``latitude``, ``longitude`` and
        ``origin_depth`` below the sea; with a probability of 68 % they are within ``spread`` km of there.
        ``magnitude`` is the local magnitude ML, the median over ``magnitude_stations`` stations, and
        ``magnitude_error`` its standard deviation.
        """
        return "".join(event_rows(self.events))

    def by_station(self) -> "Catalogue":
        """The catalogue with each earthquake of a station listed once, however many of its instruments have seen it."""
        those, notes = locating([arrival.pick for arrival in self.arrivals])
        if not notes:
            return self
        events, left = joined(*self._divided(those), ())
        return replace(self, events=(*events, *left), notes=(*self.notes, *notes))

    def _divided(self, those: Container[Instrument]) -> tuple[list[Event], list[Event]]:
        """Events of the given instruments, and events of all others."""
        first, others = (
            [event for event in self.events if (instrument_of(event.picks[0].channel) in those) == own]
            for own in (True, False)
        )
        return first, others

    def located(
        self, sites: Sequence[Site], crust: Crust | None = None, associate: Associator = "geocnn"
    ) -> "Catalogue":
        """The catalogue with origins, see :func:`geocnn.prediction.epicentres.epicentres`.

        Args:
            sites: where the stations are.
            crust: velocities; default the mean of the crust.
            associate: "pyocto" first takes the earthquakes that PyOcto finds.
        """
        there = {str(site) for site in sites}
        names = dict.fromkeys(f"{a.station.network}.{a.station.name}" for a in self.arrivals)
        notes = [f"{name} is not among the stations whose places are known." for name in names if name not in there]
        those, of_others = locating([arrival.pick for arrival in self.arrivals])
        first, others = self._divided(those)
        if associate == "pyocto":
            known = [arrival for arrival in self.arrivals if instrument_of(arrival.pick.channel) in those]
            first = associated(known, sites, crust=crust)
        events = [event for event in first if event.origin is not None]
        events += epicentres([event for event in first if event.origin is None], sites, crust=crust)
        events, left = joined(events, others, sites)
        events += left
        notes += of_others
        if there & set(names) and not any(event.origin for event in events):
            notes.append(
                "no earthquake is located: that takes three stations whose places are known, or one with components N "
                "and E and a detector."
            )
        if missed := unexplained(events, sites):
            several = f"{len(missed)} times, first" if len(missed) > 1 else "once,"
            notes.append(
                f"{several} at {utc(missed[0])}, three stations or more have sure P and S waves within a minute that "
                "no located earthquake explains; see whether the places of the stations and the velocities (--crust or "
                "--velocity-model) are right."
            )
        return replace(self, events=tuple(events), notes=(*self.notes, *notes))

    def write(self, paths: Sequence[Path]) -> None:
        """Write the files of the catalogue piece by piece: QuakeML, table of the picks, table of the events.

        The QuakeML is written last: without it a run that is killed meanwhile is known not to be finished.

        Args:
            paths: paths of the files, in this order; without paths nothing is written.

        Raises:
            TargetError: no permission, disk full.
        """
        texts = quakeml_pieces(self.events, "quakes"), self._pick_rows(), event_rows(self.events)
        for path, pieces in reversed(list(zip(paths, texts, strict=False))):
            write_atomically(path, pieces)

    def quakeml(self) -> str:
        """QuakeML of the events with their picks."""
        return quakeml(self.events, "quakes")


@dataclass(frozen=True, eq=False)
class PickJob:
    """Picking of an archive.

    Attributes:
        picker: the network, ready to run.
        journal: record of what has been picked so far.
        pictures: draws days and stations.
        probabilities: writes the probabilities of every sample.
    """

    picker: Picker
    journal: Journal
    pictures: Pictures | None = None
    probabilities: Probabilities | None = None

    def run(self, archive: Archive, *, show_progress: bool) -> Catalogue:
        """Pick all stations.

        Raises:
            DataError: a station is not read at 100 Hz.
            MissingError: a file is gone.
            FormatError: a file cannot be read.
            TargetError: a picture, probabilities or the journal cannot be written.
        """
        samples = sum(part.last - part.first for station in archive.stations for part in parts(station))
        unit, seconds = time_unit(samples / RATE)
        notes, silent = dict.fromkeys(archive.notes), {True: list[str](), False: list[str]()}
        heard: list[array[int]] = []  # digests of the parts of each station that have arrivals
        with progress(unit, samples / RATE / seconds, show=show_progress) as tick:
            for station in archive.stations:
                digests, still = array("Q"), {row for row, pieces in enumerate(station.components) if pieces}
                for day, of_day in groupby(parts(station), key=lambda part: part.first // DAY):
                    step = partial(tell, tick, seconds * RATE, f"{station} {date(day)}")
                    keys = self._day(station, day, list(of_day), step)
                    still = self._still(station, day, keys, still)
                    digests.extend(map(digest_of, keys))
                give_back()  # what the network has worked in; now the arrivals of the station come together
                own, those = self._arrivals(station, digests, notes)
                heard.append(those)
                if self.pictures is not None:
                    self.pictures.station(station, own, station_events(own))
                notes.update(dict.fromkeys(self._notes(station, own, still)))
                times = [arrival.pick.time for arrival in own if arrival.pick.phase == "S"]
                if self.picker.responses and (lacking := without_response(station, times, self.picker.responses)):
                    silent[lacking == len(times)].append(str(station))
                del own  # so that memory does not grow with the stations while others are picked
        notes.update(dict.fromkeys(without_magnitudes(silent)))
        arrivals: list[Arrival] = []
        events: list[Event] = []
        for station, those in zip(archive.stations, heard, strict=True):
            own, _ = self._arrivals(station, those, {})
            arrivals += own
            events += station_events(own)
        return Catalogue(tuple(arrivals), tuple(events), tuple(notes))

    def _arrivals(
        self, station: Station, digests: Iterable[int], notes: dict[str, None]
    ) -> tuple[list[Arrival], "array[int]"]:
        """Arrivals at a station in finished parts, by time, and the digests of those parts that have any.

        While stations are picked, their arrivals are in the journal alone: an archive of years has millions of them.

        Args:
            station: the station.
            digests: of the keys of the parts.
            notes: gets what was noted of the data of the parts, each note once, whenever they were read.
        """
        arrivals, those = list[Arrival](), array("Q")
        for digest in digests:
            known = self.journal.get(digest, station)
            if known is None:
                continue
            notes.update(dict.fromkeys(known.notes))
            if known.found:
                arrivals += known.found
                those.append(digest)
        if self._foreign(station):
            arrivals = [arrival.without_cluster() for arrival in arrivals]
        return arrivals, those

    def _foreign(self, station: Station) -> str | None:
        """Station whose clusters the detector has learnt, if it is another one."""
        known = self.picker.locator.station if self.picker.locator is not None else None
        return None if known == f"{station.network}.{station.name}" else known

    def _notes(self, station: Station, arrivals: list[Arrival], still: Container[int]) -> Iterator[str]:
        """What a user should know of a station, of which some components are still."""
        if known := self._foreign(station):
            yield f"the detector has learnt the clusters of {known}; those of other stations are left out."
        if dead := [str(own[0].channel) for row, own in enumerate(station.components) if row in still]:
            are = "are each" if len(dead) > 1 else "is"
            left = "a picker goes on with what there is, with less certainty"
            left = left if len(dead) < sum(map(bool, station.components)) else "nothing is left to pick on"
            yield f"{' and '.join(dead)} {are} one and the same number throughout, and dead; {left}."
        yield from without_azimuths(station, arrivals, self.picker.responses)

    def _day(self, station: Station, day: int, of_day: Sequence[Part], tick: Callable[[Part], None]) -> list[str]:
        """Pick what is not yet in the journal of a day, and make its picture and probabilities.

        Returns:
            The keys of its parts.
        """
        keys = {part: self.journal.key(station, part, self.picker) for part in of_day}
        known = self._known(station, day, keys)
        drum = self._drum(station, day, keys.values() if len(known) == len(of_day) else None)
        noted: dict[Part, list[str]] = {}  # of the parts that are at work
        with closing(picked(self.picker, self._records(station, of_day, known, drum, tick, noted))) as made:
            for new in made:
                with noticed(station) as also:
                    found = arrivals_in(station, new, self.picker.responses)
                self.journal.add(keys[new.part], found, [*noted.pop(new.part), *also])
                if self.probabilities is not None:
                    self.probabilities.add(station, new)
                tick(new.part)
        if self.probabilities is not None and self.probabilities.finish(station, day):
            self.journal.remember(self.probabilities.state(station, day) or "", station, keys.values())
        if self.pictures is not None and drum is not None and drum.seconds >= _LEAST:
            arrivals, _ = self._arrivals(station, map(digest_of, keys.values()), {})
            self.pictures.day(drum, station_events(arrivals))
            self.journal.remember(_PICTURE, station, keys.values())
        return list(keys.values())

    def _still(self, station: Station, day: int, keys: Sequence[str], rows: set[int]) -> set[int]:
        """Those of some components that give one and the same number throughout a day as well.

        The journal knows where they do, because that takes decoding the whole day.
        """
        found = set[int]()
        for row in rows:
            name = f"{_STILL} {row}"
            if not self.journal.remembers(name, station, keys):
                span = (time_of(n * DAY, station.grid) for n in (day, day + 1))
                own = [piece for piece in station.within(row, *span) if station.index(piece.start) // DAY == day]
                if own and not replace(station, components=(own, (), ())).dead():
                    continue
                self.journal.remember(name, station, keys)
            found.add(row)
        return found

    def _known(self, station: Station, day: int, keys: dict[Part, str]) -> set[Part]:
        """Parts that are in the journal and need not be picked again.

        A file of probabilities has all parts of a day, so that these are picked together unless it is of this very job.
        """
        if self.probabilities is not None:
            written = self.probabilities.state(station, day)
            if written is None or not self.journal.remembers(written, station, keys.values()):
                return set()
        return {part for part, key in keys.items() if self.journal.has(key)}

    def _drum(self, station: Station, day: int, known: Iterable[str] | None) -> Drum | None:
        """Samples for the picture of a day, of which all parts may be known; None if no picture is needed."""
        if self.pictures is None:
            return None
        if known is not None and self.pictures.have(station, day) and self.journal.remembers(_PICTURE, station, known):
            return None
        return Drum(station, date(day))

    def _records(
        self,
        station: Station,
        of_day: Sequence[Part],
        known: Container[Part],
        drum: Drum | None,
        tick: Callable[[Part], None],
        noted: dict[Part, list[str]],
    ) -> Iterator[tuple[Part, Record]]:
        """Records of the parts that are not known, by time; ``drum`` gets the records of all parts.

        ``noted`` gets what the station notes while a part is read.
        """
        for part in of_day:
            new = part not in known
            if not new:
                tick(part)
            if new or drum is not None:
                with noticed(station) as own:
                    record = self.picker.read(station, part)
                if drum is not None:
                    drum.add(record, self.picker.halo)
                if new:
                    noted[part] = own
                    yield part, record
