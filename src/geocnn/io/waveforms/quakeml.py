"""QuakeML 1.2: picks, origins and magnitudes for the software of observatories.

D. Schorlemmer, F. Euchner, P. Kaestli, J. Saul, 2011, QuakeML: status of the XML-based seismological data exchange
format, Annals of Geophysics 54(1), 59-65, doi:10.4401/ag-4874.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

import numpy as np

from geocnn.io.waveforms.pieces import Channel
from geocnn.location import Place

__all__ = ["Event", "Origin", "PhasePick", "quakeml"]

_BED, _ROOT = "http://quakeml.org/xmlns/bed/1.2", "http://quakeml.org/xmlns/quakeml/1.2"
_XML = '<?xml version="1.0" encoding="utf-8"?>'
_AUTHORITY = "smi:local/geocnn"


@dataclass(frozen=True, slots=True)
class PhasePick:
    """An arrival at a station.

    Attributes:
        channel: where it was seen.
        phase: such as P or S; empty if it is not known.
        time: nanoseconds since 1970 (UTC).
        uncertainty: standard deviation, s; None if it is not known.
        probability: that there is an arrival; None if it is not known.
        polarity: of the first motion, 1 up, -1 down, 0 not known.
        mode: who picked.
        place: what the record says of where the earthquake is.
    """

    channel: Channel
    phase: str
    time: int
    uncertainty: float | None = None
    probability: float | None = None
    polarity: int = 0
    mode: Literal["automatic", "manual"] = "automatic"
    place: Place | None = None


@dataclass(frozen=True)
class Origin:
    """Where and when.

    Attributes:
        time: nanoseconds since 1970 (UTC).
        latitude: degrees north.
        longitude: degrees east.
        depth: km; None if it is not known.
        uncertainty: standard deviation of the time, s; None if it is not known.
        spread: within so many km it is, horizontally, with a probability of about two thirds; None if it is not known.
    """

    time: int
    latitude: float
    longitude: float
    depth: float | None = None
    uncertainty: float | None = None
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An earthquake, or picks that may belong to one.

    Attributes:
        picks: of all stations.
        origin: None if it has not been located.
        magnitude: moment magnitude; None if it is not known.
        comment: what else is known, in words.
    """

    picks: tuple[PhasePick, ...]
    origin: Origin | None = None
    magnitude: float | None = None
    comment: str = ""

    @property
    def place(self) -> Place | None:
        """What the first station that says anything says of where it is."""
        return next((pick.place for pick in self.picks if pick.place is not None), None)


def quakeml(events: Sequence[Event], name: str) -> str:
    """The text of a QuakeML file.

    Args:
        events: in the order in which they are written.
        name: of the catalogue, letters, digits and ``-_./`` alone; identifiers are made of it and of numbers, so that
            the same catalogue gives the same text.
    """
    root = f'<q:quakeml xmlns="{_BED}" xmlns:q="{_ROOT}">'
    catalogue = f'  <eventParameters publicID="{_AUTHORITY}/{name}"'
    if not events:
        return f"{_XML}\n{root}\n{catalogue} />\n</q:quakeml>\n"
    # Event by event: a tree of all of them would take ten times as much memory as the text.
    texts = [_event(event, f"{_AUTHORITY}/{name}/event/{number}") for number, event in enumerate(events)]
    return "\n".join((_XML, root, f"{catalogue}>", *texts, "  </eventParameters>", "</q:quakeml>\n"))


def _event(event: Event, identity: str) -> str:
    """The text of an event."""
    element = ET.Element("event", publicID=identity)
    picks = [f"{identity}/pick/{k}" for k in range(len(event.picks))]
    comment = event.comment or _told(event)
    if event.origin is not None:
        _under(element, "preferredOriginID", f"{identity}/origin")
    if comment:
        _under(_under(element, "comment"), "text", comment)
    for pick, own in zip(event.picks, picks, strict=True):
        _pick(element, pick, own)
    if event.origin is not None:
        _origin(element, event, identity, picks)
    if event.magnitude is not None:
        magnitude = _under(element, "magnitude", publicID=f"{identity}/magnitude")
        _value(magnitude, "mag", f"{event.magnitude:.2f}")
        _under(magnitude, "type", "Mw")
    ET.indent(element, level=2)
    return "    " + ET.tostring(element, encoding="unicode")


def _told(event: Event) -> str:
    """What the first station that says anything says, with its name where there are several."""
    first = next((pick for pick in event.picks if pick.place is not None), None)
    if first is None or first.place is None:
        return ""
    name = f"{first.channel.network}.{first.channel.station}: " if len(_stations(event)) > 1 else ""
    return name + first.place.describe()


def _stations(event: Event) -> set[tuple[str, str]]:
    return {(pick.channel.network, pick.channel.station) for pick in event.picks}


def _pick(parent: ET.Element, pick: PhasePick, identity: str) -> None:
    element = _under(parent, "pick", publicID=identity)
    time = _value(element, "time", _iso(pick.time))
    if pick.uncertainty is not None:
        _under(time, "uncertainty", f"{pick.uncertainty:.3f}")
    codes = {"networkCode": pick.channel.network, "stationCode": pick.channel.station}
    codes |= {"locationCode": pick.channel.location, "channelCode": pick.channel.code}
    _under(element, "waveformID", **codes)
    if pick.place is not None and pick.place.azimuth is not None:
        azimuth = pick.place.azimuth
        _under(_value(element, "backazimuth", f"{azimuth.value:.0f}"), "uncertainty", f"{azimuth.half:.0f}")
    if pick.phase:
        _under(element, "phaseHint", pick.phase)
    if pick.polarity:
        _under(element, "polarity", "positive" if pick.polarity > 0 else "negative")
    _under(element, "evaluationMode", pick.mode)
    if pick.probability is not None:
        _under(_under(element, "comment"), "text", f"probability {pick.probability:.3f}")


def _origin(parent: ET.Element, event: Event, identity: str, picks: Sequence[str]) -> None:
    origin = event.origin
    assert origin is not None
    element = _under(parent, "origin", publicID=f"{identity}/origin")
    time = _value(element, "time", _iso(origin.time))
    if origin.uncertainty is not None:
        _under(time, "uncertainty", f"{origin.uncertainty:.3f}")
    _value(element, "latitude", f"{origin.latitude:.5f}")
    _value(element, "longitude", f"{origin.longitude:.5f}")
    if origin.depth is not None:
        _value(element, "depth", f"{1000 * origin.depth:.0f}")  # metres, in QuakeML
    if origin.spread is not None:
        uncertainty = _under(element, "originUncertainty")
        _under(uncertainty, "horizontalUncertainty", f"{1000 * origin.spread:.0f}")
        _under(uncertainty, "preferredDescription", "horizontal uncertainty")
    known = [(pick, own) for pick, own in zip(event.picks, picks, strict=True) if pick.phase]
    if known:
        quality = _under(element, "quality")
        _under(quality, "usedPhaseCount", str(len(known)))
        _under(quality, "usedStationCount", str(len(_stations(event))))
        _under(element, "evaluationMode", known[0][0].mode)
    for k, (pick, own) in enumerate(known):
        arrival = _under(element, "arrival", publicID=f"{identity}/arrival/{k}")
        _under(arrival, "pickID", own)
        _under(arrival, "phase", pick.phase)


def _iso(time: int) -> str:
    """To the microsecond, as ObsPy reads it."""
    return f"{np.datetime64(round(time / 1000), 'us')}Z"


def _under(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _value(parent: ET.Element, tag: str, text: str) -> ET.Element:
    """A quantity: its number lies one level deeper."""
    element = _under(parent, tag)
    _under(element, "value", text)
    return element
