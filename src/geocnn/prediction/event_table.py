"""Table of the events of a catalogue: result of a single station, origin and magnitude."""

from collections.abc import Iterator, Sequence
from itertools import chain

from geocnn.io.csv_lines import csv_lines
from geocnn.io.waveforms.pieces import SECOND, utc
from geocnn.io.waveforms.quakeml import Event
from geocnn.location import plain

__all__ = ["event_rows"]

_ESTIMATES = tuple(f"{name}{end}" for name in ("distance", "azimuth", "depth") for end in ("", "_low", "_high"))
_COLUMNS = ("event", "stations", "time", "s_minus_p", "probability", *_ESTIMATES, "where")
_COLUMNS += ("cluster", "cluster_probability", "origin_time", "latitude", "longitude", "origin_depth", "spread")
_COLUMNS += ("magnitude", "magnitude_error", "magnitude_stations")


def event_rows(events: Sequence[Event]) -> Iterator[str]:
    """Lines of the table of events; for the columns see :meth:`geocnn.prediction.pick_job.Catalogue.event_table`.

    Args:
        events: in the order of their numbers.
    """
    return csv_lines(chain([_COLUMNS], (_row(number, event) for number, event in enumerate(events))))


def _row(number: int, event: Event) -> tuple[object, ...]:
    """Cells of one event."""
    first, place, origin = event.picks[0], event.place, event.origin
    stations = dict.fromkeys(f"{p.channel.network}.{p.channel.station}" for p in event.picks)
    of_station = [""] * 13
    if place is not None:
        away, deep = ([plain(v, 3) for v in estimate] for estimate in (place.distance, place.depth))
        way = [""] * 3 if place.azimuth is None else [f"{v:.0f}" for v in place.azimuth]
        words = f"{plain(place.distance.value, 2)} km {place.direction}".strip()
        group = ["", ""] if place.cluster is None else [str(place.cluster.number), f"{place.cluster.probability:.3f}"]
        of_station = [f"{place.probability:.3f}", *away, *way, *deep, words, *group]
    where = [""] * 5
    if origin is not None:
        km = ("" if number is None else f"{number:z.1f}" for number in (origin.depth, origin.spread))
        where = [utc(origin.time), f"{origin.latitude:.4f}", f"{origin.longitude:.4f}", *km]
    return number, " ".join(stations), utc(first.time), _delay(event), *of_station, *where, *_strength(event)


def _delay(event: Event) -> str:
    """Seconds from P to S at the first station with both; stations of two networks may share a name."""
    waiting: dict[tuple[str, str], int] = {}
    for pick in event.picks:
        station = pick.channel.network, pick.channel.station
        if pick.phase == "P":
            waiting.setdefault(station, pick.time)
        elif station in waiting:
            return f"{(pick.time - waiting[station]) / SECOND:.2f}"
    return ""


def _strength(event: Event) -> tuple[str, str, str]:
    """Magnitude, its error and the number of stations, as text."""
    if event.magnitude is None:
        return "", "", ""
    error = "" if event.magnitude.error is None else f"{event.magnitude.error:.2f}"
    return f"{event.magnitude.value:.2f}", error, str(len(event.magnitude.of_picks))
