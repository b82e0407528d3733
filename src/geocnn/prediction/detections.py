"""Earthquakes detected in windows of seismograms: windows put together, a table, a catalogue."""

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
    """Where the earthquakes of a class are.

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
    """An earthquake in windows that follow one another.

    Attributes:
        station: where it was seen.
        begin: of the first window, nanoseconds since 1970 (UTC).
        end: last sample of the last window, ns.
        cluster: number of the class with the largest mean probability over the windows, from 1.
        probability: that mean.
        earthquake: largest probability of an earthquake, whatever its class, in any of the windows.
        windows: how many there are.
    """

    station: Station
    begin: int
    end: int
    cluster: int
    probability: float
    earthquake: float
    windows: int


def detections_of(station: Station, windows: Iterable[Window], size: int) -> Iterator[Detection]:
    """Put windows that follow one another together.

    Args:
        station: whose.
        windows: with an earthquake in them, by time.
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
    """What windows say together."""
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
    """Whether the classes of a network are places as another station sees them."""
    return str(card.training.get("station", _name(station))) != _name(station)


def _name(station: Station) -> str:
    return f"{station.network}.{station.name}"


def clusters_of(card: Card, station: Station | None = None) -> tuple[Cluster, ...] | None:
    """Where the classes of a network are, from the second on; None where its card does not say.

    Args:
        card: of the network.
        station: whose earthquakes they are to be; None for the one that the network has learnt, whatever it is.
    """
    known = card.training.get("clusters", [])
    if len(known) != len(card.classes) - 1 or (station is not None and strange(card, station)):
        return None
    return tuple(Cluster(float(c["latitude"]), float(c["longitude"]), float(c["spread_km"])) for c in known)


@dataclass(frozen=True, eq=False, repr=False)
class Detections:
    """What was detected.

    Attributes:
        detections: of all stations, by station and time.
        windows: how many windows were judged, at all stations.
        card: of the network.
        notes: what a user should know of the data.
    """

    detections: tuple[Detection, ...]
    windows: int
    card: Card
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """How much of what; a notebook shows it."""
        stations = dict.fromkeys(str(detection.station) for detection in self.detections)
        return (
            f"Detections({len(self.detections)} at {len(stations)} stations in {self.hours:.2f} h, by {self.card.name})"
        )

    @property
    def hours(self) -> float:
        """Time between the beginnings of the windows that were judged."""
        return self.windows * STEP / RATE / 3600

    def table(self) -> str:
        """A row a detection, CSV with a head.

        ``id`` is network.station.location.instrument, ``begin`` and ``end`` are UTC, of the first and the last window,
        ``class`` and ``probability`` the class with the largest mean probability over ``windows`` windows and that
        mean, ``earthquake`` the largest probability that it is one, whatever its class; then the centre of the class
        and the distance of its earthquakes from there, root mean square, where the card of the network knows them.
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
        """QuakeML with an event a detection.

        When the waves arrived is known to half the length of the detection, which is said as the uncertainty of a pick
        without a phase, and of the origin at the centre of the class, where the card knows that.
        """
        return quakeml([self._event(detection) for detection in self.detections], "detections")

    def _event(self, detection: Detection) -> Event:
        """As catalogues have it."""
        d, places = detection, clusters_of(self.card, detection.station)
        middle, half = (d.begin + d.end) // 2, (d.end - d.begin) / 2 / SECOND
        pick = PhasePick(_channel(d.station), "", middle, uncertainty=half, probability=d.earthquake)
        origin = None
        if places:
            place = places[d.cluster - 1]
            origin = Origin(middle, place.latitude, place.longitude, uncertainty=half, spread=place.spread)
        span = f"{_hundredths(d.begin)} to {_hundredths(d.end)}"
        words = f"{self.card.classes[d.cluster]}, probability {d.probability:.3f}, {span}"
        return Event((pick,), origin, comment=words)


def _channel(station: Station) -> Channel:
    """The vertical component, for all."""
    code = station.components[0][0].channel.code if station.components[0] else f"{station.instrument}Z"
    return Channel(station.network, station.name, station.location, code)


def _hundredths(time: int) -> str:
    """A time in a table, to the hundredth of a second."""
    return utc(round(time / 1e7) * 10_000_000, 3)
