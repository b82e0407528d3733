"""Write QuakeML 1.2: picks, origins and magnitudes, for the software of observatories.

D. Schorlemmer, F. Euchner, P. Kaestli, J. Saul, 2011, QuakeML: status of the XML-based seismological data exchange
format, Annals of Geophysics 54(1), 59-65, doi:10.4401/ag-4874.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from xml.etree import ElementTree as ET

import numpy as np

from geocnn.geodesy import DEGREE, offsets
from geocnn.io.sites import Site
from geocnn.io.waveforms.originals import Original
from geocnn.io.waveforms.pieces import Channel, utc
from geocnn.location import Place, plain

__all__ = [
    "AUTHOR",
    "OF_RECORDS",
    "WOOD_ANDERSON",
    "Amplitude",
    "Event",
    "Magnitude",
    "Mode",
    "Origin",
    "PhasePick",
    "Ray",
    "is_written",
    "quakeml",
    "quakeml_pieces",
]

AUTHOR = "geocnn"
"""Author of everything that is written, by which observatories tell our results from their own."""
OF_RECORDS = "in the unit of the records, such as counts"
"""Comment on an :class:`Amplitude`, by which it is told from amplitudes of other programs."""
WOOD_ANDERSON = "Wood-Anderson seismograph with a magnification of 1, horizontal"
"""Comment on the amplitudes of local magnitudes."""
Mode = Literal["automatic", "manual"]
"""Evaluation mode of a pick or origin: made by a program or by an analyst."""

_BED, _ROOT = "http://quakeml.org/xmlns/bed/1.2", "http://quakeml.org/xmlns/quakeml/1.2"
_XML = '<?xml version="1.0" encoding="utf-8"?>'
_AUTHORITY = "smi:local/geocnn"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML must not contain, not even escaped. Codes of damaged records may contain them; they are left out.

Source: https://www.w3.org/TR/xml/#charsets"""


@dataclass(frozen=True, slots=True)
class Amplitude:
    """Largest amplitude of a wave.

    Attributes:
        value: amplitude in the unit of the records.
        code: code of the channel.
        window: length of the window after the pick in which it was measured, s; None if that is not known.
    """

    value: float
    code: str
    window: float | None


@dataclass(frozen=True, slots=True)
class PhasePick:
    """A pick: an arrival at a station.

    Attributes:
        channel: channel on which it was picked.
        phase: such as P or S; empty if it is not known.
        time: nanoseconds since 1970 (UTC).
        uncertainty: standard deviation, s; None if it is not known.
        probability: that there is an arrival; None if it is not known.
        polarity: of the first motion, 1 up, -1 down, 0 not known.
        mode: who picked; None if it is not known.
        place: what this record alone tells about the place of the earthquake.
        amplitude: largest amplitude of the wave; None if it is not known.
        wood_anderson: largest amplitude after an S wave on the horizontal components of a Wood-Anderson seismograph
            with a magnification of 1, nm; None if it is not known.
        backazimuth: direction of the earthquake in degrees from north, and its standard deviation or None, if this is
            all that is known of its place; None if it is not known.
    """

    channel: Channel
    phase: str
    time: int
    uncertainty: float | None = None
    probability: float | None = None
    polarity: int = 0
    mode: Mode | None = "automatic"
    place: Place | None = None
    amplitude: Amplitude | None = None
    wood_anderson: float | None = None
    backazimuth: tuple[float, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Magnitude:
    """Magnitude of an earthquake.

    Attributes:
        value: the magnitude.
        kind: its scale, such as Mw or ML.
        error: standard deviation; None if it is not known.
        of_picks: magnitudes of single stations: number of the pick in the event, and magnitude from its amplitude.
        stations: number of stations, if their magnitudes are not known; 0 if it is not known either.
    """

    value: float
    kind: str = "Mw"
    error: float | None = None
    of_picks: tuple[tuple[int, float], ...] = ()
    stations: int = 0

    @property
    def bare(self) -> "Magnitude":
        """Copy without the magnitudes of single stations."""
        return replace(self, of_picks=(), stations=self.stations or len(self.of_picks))


@dataclass(frozen=True, slots=True)
class Ray:
    """Path from an origin to a station.

    Attributes:
        distance: distance of the epicentre from the station, km; None if it is not known.
        azimuth: direction of the station from the epicentre, degrees from north; None if it is not known.
        residual: observed minus computed arrival time, s; None if the time was not used for the origin.
        weight: weight of this time in the origin, as a share of the largest possible one; 0 for a time on which the
            origin does not rest.
        height: of the station above the sea, km; 0 if it is not known, as in a catalogue that was read.
    """

    distance: float | None
    azimuth: float | None
    residual: float | None = None
    weight: float = 1.0
    height: float = field(default=0.0, compare=False)

    @property
    def used(self) -> bool:
        """Whether the origin rests on this time."""
        return self.residual is not None and self.weight > 0

    @classmethod
    def to(
        cls, site: Site, latitude: float, longitude: float, residual: float | None = None, weight: float = 1.0
    ) -> "Ray":
        """Ray from a place, in degrees, to a station."""
        seen = offsets(latitude, longitude, (np.array([site.latitude]), np.array([site.longitude])))
        height = site.elevation_m / 1000
        return cls(float(seen.distance[0]), float(seen.azimuth[0]), residual, weight, height=height)


_NOWHERE = Ray(None, None)


@dataclass(frozen=True)
class Origin:
    """Place and time of an earthquake.

    Attributes:
        time: nanoseconds since 1970 (UTC).
        latitude: degrees north.
        longitude: degrees east.
        depth: km; None if it is not known.
        uncertainty: standard deviation of the time, s; None if it is not known.
        spread: horizontal distance within which it lies with a probability of about two thirds, km; None if not known.
        depth_error: standard deviation of the depth, km; None if it is not known.
        rays: ray to the station of each pick of the event, in their order; None for a pick that was not used. Empty if
            the places of the stations are not known.
        mode: whether a program or an analyst located it; None if it is not known.
    """

    time: int
    latitude: float
    longitude: float
    depth: float | None = None
    uncertainty: float | None = None
    spread: float | None = None
    depth_error: float | None = None
    rays: tuple[Ray | None, ...] = ()
    mode: Mode | None = "automatic"


@dataclass(frozen=True, slots=True)
class Event:
    """An earthquake, or picks that may belong to one.

    Attributes:
        picks: of all stations.
        origin: place and time; None if it has not been located.
        magnitude: None if it is not known.
        comment: further information in words.
        kind: type of the event in the words of QuakeML, such as "quarry blast"; empty if it is not known.
        certainty: certainty of the kind, known or suspected; empty if it is not known.
        original: the event as another program has written it. Picks are removed from it and added to it; the attributes
            above then repeat what it contains.
    """

    picks: tuple[PhasePick, ...]
    origin: Origin | None = None
    magnitude: Magnitude | None = None
    comment: str = ""
    kind: str = ""
    certainty: str = ""
    original: Original | None = field(default=None, repr=False, compare=False)

    @property
    def place(self) -> Place | None:
        """Place of the earthquake according to the first pick that has one; None if none has."""
        return next((pick.place for pick in self.picks if pick.place is not None), None)


def quakeml(events: Sequence[Event], name: str, *, reviewed: bool = False) -> str:
    """QuakeML of a catalogue as text.

    Args:
        events: events in the order in which they are written; each has a pick or an origin.
        name: kind of the catalogue, letters, digits and ``-_./`` only. Identifiers consist of it, of times and of codes
            of channels, because databases of observatories rely on them: the same catalogue gives the same text; a pick
            keeps its identifier in a catalogue that has grown, and an event as long as its first pick is the same; and
            no two catalogues share an identifier by chance.
        reviewed: the identifier of the whole catalogue says that somebody has reviewed it; all others stay the same.
    """
    return "".join(quakeml_pieces(events, name, reviewed=reviewed))


def quakeml_pieces(events: Sequence[Event], name: str, *, reviewed: bool = False) -> Iterator[str]:
    """QuakeML event by event; as one text that of a long catalogue would take more memory than the catalogue."""
    yield f'{_XML}\n<q:quakeml xmlns="{_BED}" xmlns:q="{_ROOT}">\n'
    yield f'  <eventParameters publicID="{_AUTHORITY}/{name}{"/reviewed" * reviewed}"{"" if events else " /"}>\n'
    for event in events:
        yield _NOT_XML.sub("", f"{_event(event, f'{_AUTHORITY}/{name}')}\n")
    yield "  </eventParameters>\n</q:quakeml>\n" if events else "</q:quakeml>\n"


def is_written(event: Event, element: ET.Element, name: str) -> bool:
    """Whether an element is what :func:`quakeml` writes of an event, so that nothing else is in it.

    Args:
        event: the event, as it was read from the element.
        element: element of the event in a file, without a namespace, see :func:`geocnn.io.waveforms.originals.bare`.
        name: kind of the catalogue, as for :func:`quakeml`.
    """
    if not (event.picks or event.origin):
        return False  # these are never written
    ours = _element(event, f"{_AUTHORITY}/{name}")
    return all(
        own.tag == other.tag
        and (own.text or "").strip() == (other.text or "").strip()
        and len(own) == len(other)  # in this order elements with as many children each form the same tree
        and own.items() == other.items()  # attrib would make a dictionary for each element
        for own, other in zip(ours.iter(), element.iter(), strict=False)
    )


def _event(event: Event, root: str) -> str:
    """Text of an event whose identifiers begin with ``root``."""
    if event.original is None:
        element = _element(event, root)
    else:
        element, new = event.original.element(event.picks)
        for number in new:
            _pick_with_amplitudes(element, event.picks[number], root)
    ET.indent(element, level=2)
    return "    " + ET.tostring(element, encoding="unicode").rstrip()


def _element(event: Event, root: str) -> ET.Element:
    """Element of an event of which there is no original."""
    name = _name(event)
    element = ET.Element("event", publicID=f"{root}/event-{name}")
    comment = event.comment or _in_words(event)
    if comment:
        _under(_under(element, "comment"), "text", comment)
    _known(element, type=event.kind, typeCertainty=event.certainty)
    _author(element)
    picks = [_pick_with_amplitudes(element, pick, root) for pick in event.picks]
    origin = None
    if event.origin is not None:
        # When an event is located again with a further pick, its origin gets a new identifier.
        origin = f"{root}/origin-{_compact(event.origin.time)}-{name}"
        _under(element, "preferredOriginID", origin)
        _origin(element, event, event.origin, origin, picks)
    if event.magnitude is not None:
        magnitude = f"{origin or element.get('publicID')}-magnitude"
        _under(element, "preferredMagnitudeID", magnitude)
        _magnitude(element, event, event.magnitude, (magnitude, origin), picks)
    return element


def _name(event: Event) -> str:
    """Identifier of an event: that of its first pick, which no other event has."""
    if event.picks:
        return _pick_name(event.picks[0])
    assert event.origin is not None, "an event has a pick or an origin"
    return _compact(event.origin.time)


def _pick_name(pick: PhasePick) -> str:
    """Identifier of a pick: time, channel and phase, with characters that identifiers may contain."""
    channel = pick.channel
    codes = ".".join((channel.network, channel.station, channel.location, channel.code))
    words = [_compact(pick.time), codes, pick.phase]
    return re.sub(r"[^A-Za-z0-9.-]", "_", "-".join(word for word in words if word))


def _compact(time: int) -> str:
    """A time in compact form, such as 20260131T235959.123456."""
    return re.sub("[-:Z]", "", utc(time))


def _in_words(event: Event) -> str:
    """Place according to the first station that tells one, with its name if the event has several stations."""
    first = next((pick for pick in event.picks if pick.place is not None), None)
    if first is None or first.place is None:
        return ""
    name = f"{first.channel.network}.{first.channel.station}: " if len(_stations(event)) > 1 else ""
    return name + first.place.describe()


def _stations(event: Event) -> set[tuple[str, str]]:
    return {_station(pick) for pick in event.picks}


def _station(pick: PhasePick) -> tuple[str, str]:
    return pick.channel.network, pick.channel.station


def _pick_with_amplitudes(parent: ET.Element, pick: PhasePick, root: str) -> str:
    """Write a pick and the amplitudes measured at it; returns its identifier."""
    identity = f"{root}/pick-{_pick_name(pick)}"
    _pick(parent, pick, identity)
    if pick.amplitude is not None:
        _amplitude(parent, pick, pick.amplitude, identity)
    if pick.wood_anderson is not None:
        _of_wood_anderson(parent, pick, pick.wood_anderson, identity)
    return identity


def _pick(parent: ET.Element, pick: PhasePick, identity: str) -> None:
    element = _under(parent, "pick", publicID=identity)
    time = _value(element, "time", utc(pick.time))
    if pick.uncertainty is not None:
        _under(time, "uncertainty", f"{pick.uncertainty:.3f}")
    _waveform(element, pick.channel, pick.channel.code)
    _backazimuth(element, pick)
    polarity = {1: "positive", -1: "negative"}.get(pick.polarity)
    _known(element, phaseHint=pick.phase, polarity=polarity, evaluationMode=pick.mode)
    if pick.probability is not None:
        _under(_under(element, "comment"), "text", f"probability {pick.probability:.3f}")
    _author(element)


def _backazimuth(parent: ET.Element, pick: PhasePick) -> None:
    """Write the direction of the earthquake as far as it is known."""
    if pick.place is not None and pick.place.azimuth is not None:
        azimuth = pick.place.azimuth
        _under(_value(parent, "backazimuth", f"{azimuth.value:.0f}"), "uncertainty", f"{azimuth.half:.0f}")
    elif pick.backazimuth is not None:
        value, error = pick.backazimuth
        element = _value(parent, "backazimuth", f"{value:g}")
        if error is not None:
            _under(element, "uncertainty", f"{error:g}")


def _waveform(parent: ET.Element, channel: Channel, code: str) -> None:
    """Write the codes of a channel, or of another component of it."""
    codes = {"networkCode": channel.network, "stationCode": channel.station}
    _under(parent, "waveformID", **codes, locationCode=channel.location, channelCode=code)


def _amplitude(parent: ET.Element, pick: PhasePick, amplitude: Amplitude, identity: str) -> None:
    element = _under(parent, "amplitude", publicID=f"{identity}-amplitude")
    _under(_under(element, "comment"), "text", OF_RECORDS)
    _value(element, "genericAmplitude", plain(amplitude.value, 4))
    _under(element, "type", "A")  # an amplitude for no kind of magnitude (Storchak et al. 2003)
    _under(element, "category", "point")
    _under(element, "unit", "other")
    if amplitude.window is not None:
        window = _under(element, "timeWindow")
        for name, text in (("begin", "0"), ("end", f"{amplitude.window:g}"), ("reference", utc(pick.time))):
            _under(window, name, text)
    _under(element, "pickID", identity)
    _waveform(element, pick.channel, amplitude.code)
    _known(element, evaluationMode=pick.mode)
    _author(element)


def _of_wood_anderson(parent: ET.Element, pick: PhasePick, amplitude: float, identity: str) -> None:
    element = _under(parent, "amplitude", publicID=f"{identity}-wood-anderson")
    _under(_under(element, "comment"), "text", WOOD_ANDERSON)
    _value(element, "genericAmplitude", f"{amplitude * 1e-9:.4g}")
    _under(element, "type", "AML")
    _under(element, "category", "point")
    _under(element, "unit", "m")
    _under(element, "pickID", identity)
    _waveform(element, pick.channel, pick.channel.code)
    _known(element, magnitudeHint="ML", evaluationMode=pick.mode)
    _author(element)


def _origin(parent: ET.Element, event: Event, origin: Origin, identity: str, picks: Sequence[str]) -> None:
    element = _under(parent, "origin", publicID=identity)
    time = _value(element, "time", utc(origin.time))
    if origin.uncertainty is not None:
        _under(time, "uncertainty", f"{origin.uncertainty:.3f}")
    _value(element, "latitude", f"{origin.latitude:.5f}")
    _value(element, "longitude", f"{origin.longitude:.5f}")
    if origin.depth is not None:
        depth = _value(element, "depth", f"{1000 * origin.depth:.0f}")  # QuakeML has metres
        if origin.depth_error is not None:
            _under(depth, "uncertainty", f"{1000 * origin.depth_error:.0f}")
    if origin.spread is not None:
        uncertainty = _under(element, "originUncertainty")
        _under(uncertainty, "horizontalUncertainty", f"{1000 * origin.spread:.0f}")
        _under(uncertainty, "preferredDescription", "horizontal uncertainty")
    _known(element, evaluationMode=origin.mode)
    _author(element)
    rays = origin.rays or [_NOWHERE] * len(event.picks)
    known = [(p, own, ray) for p, own, ray in zip(event.picks, picks, rays, strict=True) if p.phase and ray is not None]
    if known:
        _quality(element, [(pick, ray) for pick, _, ray in known])
    for k, (pick, own, ray) in enumerate(known):
        _arrival(element, pick.phase, own, ray, f"{identity}-arrival-{k}")


def _arrival(parent: ET.Element, phase: str, pick: str, ray: Ray, identity: str) -> None:
    element = _under(parent, "arrival", publicID=identity)
    _under(element, "pickID", pick)
    _under(element, "phase", phase)
    if ray.azimuth is not None:
        _under(element, "azimuth", f"{ray.azimuth:.1f}")
    if ray.distance is not None:
        _under(element, "distance", f"{ray.distance / DEGREE:.5f}")
    if ray.residual is not None:
        _under(element, "timeResidual", f"{ray.residual:.3f}")
        _under(element, "timeWeight", f"{ray.weight:.3g}")


def _quality(parent: ET.Element, known: Sequence[tuple[PhasePick, Ray]]) -> None:
    """Write how many waves an origin rests on, how well they agree, and how its stations surround it.

    The numbers are computed from rounded values of the arrivals, so that a catalogue that is read and written again
    stays the same.
    """
    element = _under(parent, "quality")
    used = [(pick, ray) for pick, ray in known if ray.used]
    for name, those in (("associated", known), ("used", used)):
        if those:  # of an origin without any residual nobody knows what it rests on
            _under(element, f"{name}PhaseCount", str(len(those)))
            _under(element, f"{name}StationCount", str(len({_station(pick) for pick, _ in those})))
    late = np.array([round(ray.residual, 3) for _, ray in used if ray.residual is not None])
    if len(late):
        _under(element, "standardError", f"{np.sqrt(np.mean(late**2)):.3f}")
    around = used or known
    azimuths = np.sort([round(ray.azimuth, 1) for _, ray in around if ray.azimuth is not None])
    if len(azimuths):
        _under(element, "azimuthalGap", f"{np.diff(azimuths, append=azimuths[0] + 360).max():.1f}")
    # Each station counts once, however many of its waves are known.
    away = {_station(pick): round(ray.distance / DEGREE, 5) for pick, ray in around if ray.distance is not None}
    if away:
        each = list(away.values())
        for name, number in (("minimum", np.min(each)), ("median", np.median(each)), ("maximum", np.max(each))):
            _under(element, f"{name}Distance", f"{number:.5f}")


def _magnitude(
    parent: ET.Element,
    event: Event,
    magnitude: Magnitude,
    identities: tuple[str, str | None],
    picks: Sequence[str],
) -> None:
    """Write the magnitude of an event and those of its stations; ``identities`` are of magnitude and origin."""
    identity, origin = identities
    stations = []
    for number, value in magnitude.of_picks if origin is not None else ():  # QuakeML needs an origin for them
        stations.append(f"{identity}-{number}")
        element = _under(parent, "stationMagnitude", publicID=stations[-1])
        _under(element, "originID", origin)
        _value(element, "mag", f"{value:.2f}")
        _under(element, "type", magnitude.kind)
        _under(element, "amplitudeID", f"{picks[number]}-wood-anderson")
        _waveform(element, event.picks[number].channel, event.picks[number].channel.code)
        _author(element)
    element = _under(parent, "magnitude", publicID=identity)
    for own in stations:
        _under(_under(element, "stationMagnitudeContribution"), "stationMagnitudeID", own)
    mag = _value(element, "mag", f"{magnitude.value:.2f}")
    if magnitude.error is not None:
        _under(mag, "uncertainty", f"{magnitude.error:.2f}")
    _under(element, "type", magnitude.kind)
    if count := magnitude.bare.stations:
        _under(element, "stationCount", str(count))
    if origin is not None:
        _under(element, "originID", origin)  # some databases keep magnitudes under origins and lose those without one
    _author(element)


def _author(parent: ET.Element) -> None:
    """Write the author of an element."""
    _under(_under(parent, "creationInfo"), "author", AUTHOR)


def _under(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _known(parent: ET.Element, **texts: str | None) -> None:
    """Write an element for each text that is not empty."""
    for tag, text in texts.items():
        if text:
            _under(parent, tag, text)


def _value(parent: ET.Element, tag: str, text: str) -> ET.Element:
    """Write a quantity, whose number lies one level deeper."""
    element = _under(parent, tag)
    _under(element, "value", text)
    return element
