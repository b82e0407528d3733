"""Go through stations one after the other: judge windows and group them; a stopped run goes on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from geocnn.checkpoints import Card
from geocnn.errors import DataError
from geocnn.io.waveforms import Archive, Record, Station
from geocnn.io.waveforms.pieces import how_long
from geocnn.prediction.detections import Detection, Detections, detections_of, strange
from geocnn.prediction.journal import PartJournal, digest_of, noticed
from geocnn.prediction.judge import Judge, Judged, Window
from geocnn.prediction.picker import RATE, Part, parts, picked, tell
from geocnn.progress import progress, time_unit

__all__ = ["DetectionJob", "JudgedJournal"]


@dataclass(frozen=True, eq=False)
class DetectionJob:
    """Detection of earthquakes in an archive.

    Attributes:
        judge: the network, ready to run.
        card: of the network.
        journal: record of what has been found so far.
    """

    judge: Judge
    card: Card
    journal: "JudgedJournal"

    def run(self, archive: Archive, *, show_progress: bool) -> Detections:
        """Go through all stations.

        Raises:
            DataError: no station has a window to judge, or one is not read at 100 Hz.
            MissingError: a file is gone.
            FormatError: a file cannot be read.
            TargetError: the journal cannot be written.
        """
        samples = sum(part.last - part.first for station in archive.stations for part in parts(station))
        unit, seconds = time_unit(samples / RATE)
        detections: list[Detection] = []
        notes = list(archive.notes)
        count = 0
        with progress(unit, samples / RATE / seconds, show=show_progress) as tick:
            for station in archive.stations:
                noted = dict[str, None]()
                told = partial(tell, tick, seconds * RATE, str(station))
                own = self._station(station, list(parts(station)), told, noted)
                windows = (window for judged in own for window in judged.windows)
                detections += detections_of(station, windows, self.judge.window)
                notes += [*self._notes(station, own), *noted]
                count += sum(judged.number for judged in own)
        if not count:
            self.journal.done = True  # there is nothing to go on with
            raise self._nothing(archive)
        return Detections(tuple(detections), count, self.card, tuple(dict.fromkeys(notes)))

    def _station(
        self,
        station: Station,
        of_station: Sequence[Part],
        tick: Callable[[Part], None],
        notes: dict[str, None],
    ) -> list[Judged]:
        """What was found in the given parts of a station, by time; ``notes`` gets what was noted of its data."""
        keys = {part: self.journal.key(station, part, self.judge) for part in of_station}
        done = {part for part, key in keys.items() if self.journal.has(key)}
        noted: dict[Part, list[str]] = {}  # of the parts that are at work

        def records() -> Iterator[tuple[Part, Record]]:
            for part in of_station:
                if part in done:
                    tick(part)
                    continue
                with noticed(station) as noted[part]:
                    record = self.judge.read(station, part)
                yield part, record

        with closing(picked(self.judge, records())) as made:
            for new in made:
                self.journal.add(keys[new.part], [new], noted.pop(new.part))
                tick(new.part)
        found: list[Judged] = []
        for key in keys.values():  # from the journal alone: what was found now and earlier comes in the same order
            known = self.journal.get(digest_of(key), station)
            if known is not None:
                found += known.found
                notes.update(dict.fromkeys(known.notes))
        return found

    def _notes(self, station: Station, found: Sequence[Judged]) -> Iterator[str]:
        """Notes on stations or hours that were not searched, and on stations whose places are not known."""
        if strange(self.card, station):
            yield (
                f"{station} is not {self.card.training['station']}, whose records the network has learnt: what it "
                "detects may be wrong, and its classes are no places here, so that none are told; train one for this "
                "station (geocnn train convnetquake --stations FILE --catalogue FILE --station NAME)."
            )
        if not any(judged.number for judged in found):
            yield f"{station} has no {self._span} of all three components without a gap; nothing is looked for there."
        elif lacking := sum(judged.lacking for judged in found):
            yield (
                f"{station} lacks one or two components for {how_long(lacking / RATE)}; the network needs all "
                "three, and nothing is looked for there."
            )

    def _nothing(self, archive: Archive) -> DataError:
        """Error if there is no window to judge."""
        names = [str(station) for station in archive.stations]
        which = f"{names[0]} has no" if len(names) == 1 else f"none of the {len(names)} stations has"
        longest = max(last - first for station in archive.stations for first, last in station.runs()) / RATE
        missing = [note.partition(";")[0] for note in archive.notes if " component" in note]
        why = "; ".join([*missing[:3], f"the longest record has {longest:.2f} s"])
        return DataError(
            f"{which} {self._span} of vertical, north and east component without a gap, and the network judges nothing "
            f"else ({why}); give records with all three."
        )

    @property
    def _span(self) -> str:
        """Length of a window, in words."""
        return f"{self.judge.window / RATE:g} s"


class JudgedJournal(PartJournal[Judged]):
    """Journal of detections, with one entry per part."""

    def entry(self, found: Judged) -> list[object]:
        """The result of a part as a list that JSON can hold."""
        windows = [[window.start, *window.probability] for window in found.windows]
        return [*found.part, found.number, found.lacking, windows]

    def found(self, station: Station, entry: Sequence[object]) -> Judged:  # noqa: ARG002
        """The result of a part from its entry."""
        first, last, number, lacking, windows = entry
        known = tuple(Window(start, tuple(chances)) for start, *chances in windows)  # type: ignore[attr-defined]
        return Judged(Part(first, last), known, number, lacking)  # type: ignore[arg-type]
