"""Events of QuakeML as other programs have written them: what geocnn has no place for goes with them."""

import zlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

__all__ = ["Original"]

_BED = "{http://quakeml.org/xmlns/bed/1.2}"


@dataclass(frozen=True, slots=True)
class Original:
    """An event as it was read.

    Attributes:
        packed: its element, as compressed text, a tenth of the memory of what it tells of.
        names: publicIDs of its picks, by the picks.
    """

    packed: bytes
    names: tuple[tuple[Hashable, str], ...]

    @classmethod
    def of(cls, element: ET.Element, picks: Sequence[Hashable]) -> "Original | None":
        """An event of QuakeML 1.2; None of one in another form.

        Args:
            element: of the event.
            picks: what has been read of its picks, in their order.
        """
        if not element.tag.startswith(_BED):
            return None
        names = [pick.get("publicID", "") for pick in element.findall(f"{_BED}pick")]
        text = ET.tostring(_bare(element), encoding="utf-8")
        return cls(zlib.compress(text), tuple(zip(picks, names, strict=True)))

    def element(self, picks: Sequence[Hashable]) -> tuple[ET.Element, list[int]]:
        """The event with some of its picks and without the others, and what rests on these.

        Amplitudes that were measured at a pick, magnitudes that single stations have of them, and arrivals go with it;
        origins, magnitudes and mechanisms stay as somebody has computed them.

        Args:
            picks: those of the event now.

        Returns:
            The element, and which of the picks it does not have yet.
        """
        element = ET.fromstring(zlib.decompress(self.packed))
        gone = {name for pick, name in self.names if pick not in picks}
        amplitudes = {one.get("publicID", "") for one in element.iterfind("amplitude") if _of(one, "pickID", gone)}
        stations = {
            one.get("publicID", "")
            for one in element.iterfind("stationMagnitude")
            if _of(one, "amplitudeID", amplitudes)
        }
        _without(element, "pick", lambda one: one.get("publicID", "") in gone)
        _without(element, "amplitude", lambda one: one.get("publicID", "") in amplitudes)
        _without(element, "stationMagnitude", lambda one: one.get("publicID", "") in stations)
        for origin in element.iterfind("origin"):
            _without(origin, "arrival", lambda one: _of(one, "pickID", gone))
        for magnitude in element.iterfind("magnitude"):
            _without(magnitude, "stationMagnitudeContribution", lambda one: _of(one, "stationMagnitudeID", stations))
        known = {pick for pick, _ in self.names}
        return element, [number for number, pick in enumerate(picks) if pick not in known]


def _bare(element: ET.Element) -> ET.Element:
    """A copy whose names in the namespace of QuakeML, which files declare once, have none."""
    copy = ET.Element(element.tag.removeprefix(_BED), element.attrib)
    copy.text = element.text
    copy.extend(map(_bare, element))
    return copy


def _of(element: ET.Element, link: str, names: set[str]) -> bool:
    """Whether an element refers to one of some others."""
    return element.findtext(link, "").strip() in names


def _without(parent: ET.Element, tag: str, goes: Callable[[ET.Element], bool]) -> None:
    """Take some children away."""
    for child in [child for child in parent.iterfind(tag) if goes(child)]:
        parent.remove(child)
