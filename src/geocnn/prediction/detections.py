"""Earthquakes detected in windows of seismograms: grouping of windows, table and catalogue."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geocnn.checkpoints import Card
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.pieces import SECOND, utc
from geocnn.io.waveforms.quakeml import Event, Origin, PhasePick, quakeml
from geocnn.prediction.judge import STEP, Window
from geocnn.prediction.picker import RATE

__all__ = ["Cluster", "Detection", "Detections", "clusters_of", "detections_of", "strange"]

_COLUMNS = ("id", "station", "begin", "end", "class", "probability", "earthquake", "windows")
_PLACE = ("latitude", "longitude", "spread_km")


@dataclass(frozen=True)
class Cluster:
    """Place of the earthquakes of one class.

    Attributes:
        latitude: of their centre, degrees north.
        longitude: of their centre, degrees east.
        spread: root mean square of their distance from it, km.
    """

    latitude: float
    longitude: float
    spread: float


@dataclass(frozen=True)
class Detection:
    """An earthquake detected in consecutive windows.

    Attributes:
        station: the station that saw it.
        begin: of the first window, nanoseconds since 1970 (UTC).
        end: of the last window, at its last sample, ns.
        cluster: number of the class with the largest mean probability over the windows, from 1.
        probability: that mean probability.
        earthquake: largest probability of an earthquake, whatever its class, in any of the windows.
        windows: number of windows.
    """

    station: Station
    begin: int
    end: int
    cluster: int
    probability: float
    earthquake: float
    windows: int


def detections_of(station: Station, windows: Iterable[Window], size: int) -> Iterator[Detection]:
    """Group consecutive windows into detections.

    Args:
        station: station of the windows.
        windows: windows with an earthquake, by time.
        size: samples of a window.
    """
    together: list[Window] = []
    for window in windows:
        if together and window.start != together[-1].start + STEP:
            yield _detection(station, together, size)
            together = []
        together.append(window)
    if together:
        yield _detection(station, together, size)


def _detection(station: Station, windows: Sequence[Window], size: int) -> Detection:
    """Detection that a group of windows forms."""
    probability = np.array([window.probability for window in windows])
    mean = probability[:, 1:].mean(0)
    return Detection(
        station,
        station.time(windows[0].start),
        station.time(windows[-1].start + size - 1),
        int(mean.argmax()) + 1,
        float(mean.max()),
        float((1 - probability[:, 0]).max()),
        len(windows),
    )


def strange(card: Card, station: Station) -> bool:
    """Whether the classes of a network are places as seen from a station other than this one."""
    return str(card.training.get("station", _name(station))) != _name(station)


def _name(station: Station) -> str:
    return f"{station.network}.{station.name}"


def clusters_of(card: Card, station: Station | None = None) -> tuple[Cluster, ...] | None:
    """Places of the classes of a network, from the second class on; None where the card does not tell them.

    Args:
        card: of the network.
        station: station that the places must refer to; None for the one that the network was trained on.
    """
    known = card.training.get("clusters", [])
    if len(known) != len(card.classes) - 1 or (station is not None and strange(card, station)):
        return None
    return tuple(Cluster(float(c["latitude"]), float(c["longitude"]), float(c["spread_km"])) for c in known)


@dataclass(frozen=True, eq=False, repr=False)
class Detections:
    """Result of detection in an archive.

    Attributes:
        detections: of all stations, by station and time.
        windows: number of windows that were judged, at all stations.
        card: card of the network.
        notes: what a user should know of the data.
    """

    detections: tuple[Detection, ...]
    windows: int
    card: Card
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Short description, as a notebook shows it."""
        stations = dict.fromkeys(str(detection.station) for detection in self.detections)
        return (
            f"Detections({len(self.detections)} at {len(stations)} stations in {self.hours:.2f} h, by {self.card.name})"
        )

    @property
    def hours(self) -> float:
        """Hours of record that were judged: number of windows times the step between them."""
        return self.windows * STEP / RATE / 3600

    def table(self) -> str:
        """Table as CSV with a header, one row per detection.

        ``id`` is network.station.location.instrument. ``begin`` and ``end`` are UTC times of the first and the last
        window. ``class`` has the largest mean probability over the ``windows`` windows, and ``probability`` is that
        mean. ``earthquake`` is the largest probability of an earthquake, whatever its class. Then come the centre of
        the class and the root mean square distance of its earthquakes from there, where the card of the network tells
        them.
        """
        places = clusters_of(self.card)
        rows = io.StringIO()
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerow((*_COLUMNS, *(_PLACE if places else ())))
        for d in self.detections:
            found = self.card.classes[d.cluster], f"{d.probability:.4f}", f"{d.earthquake:.4f}", d.windows
            where: tuple[str, ...] = ("",) * len(_PLACE) if places else ()
            if known := clusters_of(self.card, d.station):
                place = known[d.cluster - 1]
                where = f"{place.latitude:.5f}", f"{place.longitude:.5f}", f"{place.spread:.2f}"
            writer.writerow((d.station, d.station.name, _hundredths(d.begin), _hundredths(d.end), *found, *where))
        return rows.getvalue()

    def quakeml(self) -> str:
        """QuakeML with one event per detection.

        The arrival time is known to half the length of the detection. That is the uncertainty of a pick without a
        phase, and of the origin at the centre of the class, where the card tells it.
        """
        return quakeml([self._event(detection) for detection in self.detections], "detections")

    def _event(self, detection: Detection) -> Event:
        """A detection as an event of a catalogue."""
        d, places = detection, clusters_of(self.card, detection.station)
        middle, half = (d.begin + d.end) // 2, (d.end - d.begin) / 2 / SECOND
        pick = PhasePick(_channel(d.station, middle), "", middle, uncertainty=half, probability=d.earthquake)
        origin = None
        if places:
            place = places[d.cluster - 1]
            origin = Origin(middle, place.latitude, place.longitude, uncertainty=half, spread=place.spread)
        span = f"{_hundredths(d.begin)} to {_hundredths(d.end)}"
        words = f"{self.card.classes[d.cluster]}, probability {d.probability:.3f}, {span}"
        return Event((pick,), origin, comment=words)


def _channel(station: Station, time: int) -> Channel:
    """The vertical component of a station at a time, ns, which stands for all components."""
    return station.channel_at(0, time) or station.channel(f"{station.instrument}Z")


def _hundredths(time: int) -> str:
    """A time in UTC, rounded to the hundredth of a second."""
    return utc(round(time / 1e7) * 10_000_000, 3)
