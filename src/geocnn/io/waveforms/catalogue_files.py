"""Read catalogues: events with their picks, from QuakeML or from a table of picks."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree as Xml

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.geodesy import DEGREE
from geocnn.io.columns import check_number, read_columns
from geocnn.io.system import reason
from geocnn.io.times import time_of
from geocnn.io.waveforms.originals import Original, bare
from geocnn.io.waveforms.pieces import Channel
from geocnn.io.waveforms.quakeml import (
    AUTHOR,
    OF_RECORDS,
    WOOD_ANDERSON,
    Amplitude,
    Event,
    Magnitude,
    Mode,
    Origin,
    PhasePick,
    Ray,
    is_written,
)

__all__ = ["are_rejected", "is_xml", "read_catalogue"]

_NEEDED = "needed is QuakeML, or the table of picks that geocnn predict quakes writes"
_PROBABILITY = re.compile(r"probability ([01](?:\.\d+)?)")
_POLARITY = {"positive": 1, "negative": -1}
_LIMITS = {
    "uncertainty": (0.0, 1e9),
    "probability": (0.0, 1.0),
    "polarity": (-1.0, 1.0),
}
"""Optional numbers of a table, with their ranges."""
_MODES: dict[str, Mode] = {"automatic": "automatic", "manual": "manual"}


def read_catalogue(path: str | Path) -> list[Event]:
    """Read a catalogue: picks, and origins and magnitudes of earthquakes where the file has them.

    A file written by geocnn is read back as it was, except for the result of a single station, of which only direction
    and words are kept. Events of other programs keep everything that geocnn does not know, such as mechanisms, further
    origins and amplitudes, so that it can be written again.

    Args:
        path: QuakeML 1.2, event by event, so that it may be large; or a table of comma-separated values with the
            columns phase, time (seconds since 1970, or a date) or utc, and id (NET.STA.LOC.INSTRUMENT) or station, and
            perhaps uncertainty, probability, amplitude, polarity, event, wood_anderson and mode, as ``geocnn predict
            quakes`` writes it.

    Returns:
        Events and their picks in the order of the file, those of a table by number and time. Of several origins or
            magnitudes the one is taken that QuakeML prefers. Each pick of a table without an event is an event of its
            own.

    Raises:
        MissingError: no such file.
        FormatError: the file is neither QuakeML nor such a table, or a time or number in it cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise MissingError(f"there is no file {path}; {_NEEDED}.") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({reason(error)}); {_NEEDED}.") from None
    return list(_quakeml(path)) if is_xml(head) else _table(path)


def is_xml(head: bytes) -> bool:
    """Whether a file that begins with these bytes is XML, and no table."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or head[:2] in (b"\xff\xfe", b"\xfe\xff")


def _quakeml(path: Path) -> Iterator[Event]:
    """Events of a QuakeML file.

    Raises:
        FormatError: the file is no QuakeML, or damaged.
    """
    depth = 0
    try:
        for what, element in Xml.iterparse(path, ("start", "end")):
            tag = element.tag.rpartition("}")[2]
            depth += 1 if what == "start" else -1
            if what == "start" and depth == 1 and tag != "quakeml":
                raise FormatError(f"{path} is XML of the kind {tag}; {_NEEDED}.")
            if what == "end" and tag == "event" and depth == 2:
                yield _event(path, element)
                element.clear()  # a tree of all events would take ten times as much memory as the file
    except Xml.ParseError as error:
        raise FormatError(f"{path} is damaged XML ({error}); copy it again.") from None


def are_rejected(event: Event) -> list[bool]:
    """Whether each pick of an event is rejected in its file: by itself, with the preferred origin or with the event."""
    if event.kind == "not existing":
        return [True] * len(event.picks)
    if event.original is None:
        return [False] * len(event.picks)
    element, _ = event.original.element(event.picks)
    origins = element.findall("origin")  # without a preferred one all count
    if element.findtext("preferredOriginID"):
        origin = _preferred(element, "origin", "preferredOriginID")
        origins = [] if origin is None else [origin]
    whole = bool(origins) and all(map(_is_rejected, origins))
    return [whole or _is_rejected(pick) for pick in element.iterfind("pick")]


def _is_rejected(element: Xml.Element) -> bool:
    """Whether somebody has rejected a pick or an origin."""
    return element.findtext("evaluationStatus", "").strip() == "rejected"


@dataclass
class _Drawn:
    """Amplitudes of an event that geocnn has written.

    Attributes:
        largest: largest amplitude of a wave, by identifier of the pick.
        wood_anderson: Wood-Anderson amplitude in nm, by identifier of the pick.
        of: identifier of the pick, by identifier of its amplitude in ``wood_anderson``.
    """

    largest: dict[str, Amplitude] = field(default_factory=dict)
    wood_anderson: dict[str, float] = field(default_factory=dict)
    of: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, event: Xml.Element) -> "_Drawn":
        """Read the amplitudes of an event."""
        found = cls()
        for element in event.iterfind("amplitude"):
            name, pick = element.get("publicID", ""), element.findtext("pickID", "").strip()
            value, told = _perhaps(element, "genericAmplitude/value"), _comments(element)
            if value is not None and WOOD_ANDERSON in told:
                found.wood_anderson[pick] = value * 1e9  # QuakeML has metres
                found.of[name] = pick
            elif value is not None and OF_RECORDS in told:
                window = _perhaps(element, "timeWindow/end")
                found.largest[pick] = Amplitude(value, _channel(element).code, window)
        return found


def _event(path: Path, element: Xml.Element) -> Event:
    """Event with its picks, from its element, which is left without a namespace."""
    kept = bare(element)
    origin = _preferred(element, "origin", "preferredOriginID")
    arrivals = {
        arrival.findtext("pickID", "").strip(): arrival
        for arrival in ([] if origin is None else origin.iterfind("arrival"))
    }
    drawn = _Drawn.read(element)
    picks = element.findall("pick")
    names = [pick.get("publicID", "") for pick in picks]
    magnitude = _preferred(element, "magnitude", "preferredMagnitudeID")
    made = tuple(_pick(path, pick, arrivals, drawn) for pick in picks)
    event = Event(
        made,
        None if origin is None else _origin(path, origin, _rays(names, arrivals)),
        None if magnitude is None else _magnitude(path, magnitude, _of_picks(element, magnitude, names, drawn)),
        comment="\n".join(_comments(element)),
        kind=element.findtext("type", "").strip(),
        certainty=element.findtext("typeCertainty", "").strip(),
    )
    # Other programs add to what geocnn has written: only an event that holds nothing else needs no copy.
    ours = element.findtext("creationInfo/author", "").strip() == AUTHOR and is_written(event, element, "quakes")
    return event if ours or not kept else replace(event, original=Original.of(element, made))


def _preferred(event: Xml.Element, tag: str, link: str) -> Xml.Element | None:
    """The element that an event prefers among several; otherwise the first; None if there is none."""
    every = event.findall(tag)
    name = event.findtext(link, "").strip()
    return next((one for one in every if one.get("publicID") == name), every[0] if every else None)


def _pick(path: Path, element: Xml.Element, arrivals: Mapping[str, Xml.Element], drawn: _Drawn) -> PhasePick:
    """Pick from its element; its phase is that of the arrival if the pick itself has none."""
    name = element.get("publicID", "")
    where = f"{path}, pick {name or 'without a name'}"
    told = next(filter(None, map(_PROBABILITY.search, _comments(element))), None)
    arrival, azimuth = arrivals.get(name), _perhaps(element, "backazimuth/value")
    phase = "" if arrival is None else arrival.findtext("phase", "").strip()
    return PhasePick(
        _channel(element),
        element.findtext("phaseHint", "").strip() or phase,
        time_of(where, element.findtext("time/value", "")),
        uncertainty=_uncertainty(where, element, "time"),
        probability=None if told is None else float(told[1]),
        polarity=_POLARITY.get(element.findtext("polarity", "").strip(), 0),
        mode=_mode(element),
        amplitude=drawn.largest.get(name),
        wood_anderson=drawn.wood_anderson.get(name),
        backazimuth=None if azimuth is None else (azimuth, _perhaps(element, "backazimuth/uncertainty")),
    )


def _channel(element: Xml.Element) -> Channel:
    """Channel of a pick or an amplitude."""
    found = element.find("waveformID")
    codes = {} if found is None else found.attrib
    names = ("networkCode", "stationCode", "locationCode", "channelCode")
    network, station, location, code = (codes.get(name, "").strip() for name in names)
    return Channel(network, station, "" if location == "--" else location, code)


def _comments(element: Xml.Element) -> list[str]:
    """Texts of all comments of an element."""
    texts = (comment.findtext("text", "").strip() for comment in element.iterfind("comment"))
    return [text for text in texts if text]


def _mode(element: Xml.Element) -> Mode | None:
    """Whether a pick or an origin is automatic or manual; None if it is not known."""
    return _MODES.get(element.findtext("evaluationMode", "").strip())


def _rays(names: Sequence[str], arrivals: Mapping[str, Xml.Element]) -> tuple[Ray | None, ...]:
    """Rays of some picks, in their order; empty if the arrivals tell nothing about rays."""
    rays = tuple(_ray(arrivals[name]) if name in arrivals else None for name in names)
    return () if all(ray == Ray(None, None) for ray in rays) else rays


def _ray(arrival: Xml.Element) -> Ray:
    """Ray from the element of an arrival."""
    names = ("distance", "azimuth", "timeResidual", "timeWeight")
    distance, azimuth, late, weight = (_perhaps(arrival, name) for name in names)
    return Ray(None if distance is None else distance * DEGREE, azimuth, late, 1.0 if weight is None else weight)


def _origin(path: Path, element: Xml.Element, rays: tuple[Ray | None, ...]) -> Origin | None:
    """Origin from its element; None if it has no time or place, as some for which only the depth was computed."""
    where = f"{path}, origin {element.get('publicID', 'without a name')}"
    texts = [element.findtext(f"{name}/value", "") for name in ("time", "latitude", "longitude")]
    if not all(texts):
        return None
    depth, error = (_number(where, element, f"depth/{end}") for end in ("value", "uncertainty"))
    spread = _number(where, element, "originUncertainty/horizontalUncertainty")
    return Origin(
        time_of(where, texts[0]),
        check_number(where, "latitude", texts[1], (-90.0, 90.0)),
        check_number(where, "longitude", texts[2], (-360.0, 360.0)),
        depth=None if depth is None else depth / 1000,  # QuakeML has metres
        uncertainty=_uncertainty(where, element, "time"),
        spread=None if spread is None else spread / 1000,
        depth_error=None if error is None else error / 1000,
        rays=rays,
        mode=_mode(element),
    )


def _magnitude(path: Path, element: Xml.Element, of_picks: tuple[tuple[int, float], ...]) -> Magnitude | None:
    """Magnitude from its element; None if it has no number."""
    where = f"{path}, magnitude {element.get('publicID', 'without a name')}"
    value, error = (_number(where, element, f"mag/{end}") for end in ("value", "uncertainty"))
    count = _perhaps(element, "stationCount") or 0
    kind = element.findtext("type", "").strip() or "M"
    return None if value is None else Magnitude(value, kind, error, of_picks, 0 if of_picks else round(count))


def _of_picks(
    event: Xml.Element, magnitude: Xml.Element, names: Sequence[str], drawn: _Drawn
) -> tuple[tuple[int, float], ...]:
    """Magnitudes of single stations that contribute to a magnitude, if they rest on amplitudes of picks with names."""
    parts = {
        one.findtext("stationMagnitudeID", "").strip() for one in magnitude.iterfind("stationMagnitudeContribution")
    }
    found = {}
    for element in event.iterfind("stationMagnitude"):
        pick = drawn.of.get(element.findtext("amplitudeID", "").strip())
        value = _perhaps(element, "mag/value")
        if element.get("publicID", "") in parts and pick in names and value is not None:
            found[names.index(pick)] = value
    return tuple(sorted(found.items()))


def _number(where: str, element: Xml.Element, way: str) -> float | None:
    """A number under an element; None where there is none.

    Raises:
        FormatError: the text is no number.
    """
    text = element.findtext(way, "").strip()
    return check_number(where, way, text, (-1e300, 1e300)) if text else None


def _perhaps(element: Xml.Element, way: str) -> float | None:
    """A number that may be missing; None if there is none, or if it cannot be read."""
    return _finite(element.findtext(way, ""))


def _finite(text: str) -> float | None:
    """A finite number from a text; None for other texts."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _uncertainty(where: str, element: Xml.Element, quantity: str) -> float | None:
    """Uncertainty of a quantity; the mean of both sides if they differ, None if it is not known."""
    both = _number(where, element, f"{quantity}/uncertainty")
    sides = [_number(where, element, f"{quantity}/{side}Uncertainty") for side in ("lower", "upper")]
    known = [side for side in sides if side is not None]
    return both if both is not None or not known else sum(known) / len(known)


def _table(path: Path) -> list[Event]:
    """Events of a table of picks.

    Raises:
        FormatError: the file is no such table, or a time or number in it cannot be read.
    """
    try:
        rows = read_columns(path, dict.fromkeys(("phase", "time")), "picks")
    except DataError:
        return []  # a table without picks
    events: dict[str, list[PhasePick]] = {}
    for line, words in rows:
        event = words.get("event", "") or f"line {line}"
        events.setdefault(event, []).append(_row(f"{path}, line {line}", words))
    numbered = sorted(events, key=lambda event: float(event) if event.isdecimal() else math.inf)
    return [Event(tuple(sorted(events[event], key=lambda pick: pick.time))) for event in numbered]


def _row(where: str, words: dict[str, str]) -> PhasePick:
    """Pick from a row of a table."""
    names = words.get("id") or "", words.get("station") or ""  # the id may be a mere number beside a station
    codes = (names[0] if "." in names[0] or not names[1] else names[1]).split(".")
    codes = ["", *codes] if len(codes) == 1 else codes
    if not codes[1] or len(codes) > 4:
        raise FormatError(f"{where}, names no station; needed is a column id or station, such as CX.PB01..HH.")
    numbers = {
        name: check_number(where, name, words[name], limits) if words.get(name) else None
        for name, limits in _LIMITS.items()
    }
    channel = Channel(*codes, *[""] * (4 - len(codes)))
    size, drawn = (_finite(words.get(name, "")) for name in ("amplitude", "wood_anderson"))
    return PhasePick(
        channel,
        words["phase"],
        time_of(where, words.get("utc") or words["time"], seconds=True),
        uncertainty=numbers["uncertainty"],
        probability=numbers["probability"],
        polarity=round(numbers["polarity"] or 0),
        mode=_MODES.get(words.get("mode", "")),
        amplitude=Amplitude(size, channel.code, None) if size else None,
        wood_anderson=drawn,
    )
