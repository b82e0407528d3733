"""Events of QuakeML files by other programs, kept with all that geocnn itself does not know."""

import zlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

__all__ = ["Original", "bare"]

_BED = "{http://quakeml.org/xmlns/bed/1.2}"


@dataclass(frozen=True, slots=True)
class Original:
    """An event as it was read from a file.

    Attributes:
        packed: its element as compressed text, which takes a tenth of the memory.
        names: pairs of a pick and its publicID.
    """

    packed: bytes
    names: tuple[tuple[Hashable, str], ...]

    @classmethod
    def of(cls, element: ET.Element, picks: Sequence[Hashable]) -> "Original":
        """Keep an event of QuakeML 1.2.

        Args:
            element: element of the event, see :func:`bare`.
            picks: picks that were read from it, in their order.
        """
        names = [pick.get("publicID", "") for pick in element.findall("pick")]
        text = ET.tostring(element, encoding="utf-8")
        return cls(zlib.compress(text), tuple(zip(picks, names, strict=True)))

    def element(self, picks: Sequence[Hashable]) -> tuple[ET.Element, list[int]]:
        """Element of the event with some of its picks; the others are removed, with everything that depends on them.

        A removed pick takes along its arrivals, the amplitudes measured at it and the magnitudes of single stations
        from these. Origins, magnitudes and mechanisms stay as they were computed.

        Args:
            picks: picks that the event has now.

        Returns:
            The element, and the indices of those picks that are not in it.
        """
        element = ET.fromstring(zlib.decompress(self.packed))
        gone, new = self._apart(picks)
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
        return element, new

    def _apart(self, picks: Sequence[Hashable]) -> tuple[set[str], list[int]]:
        """Names of the picks that are not among these, and the indices of those that are new.

        Two agencies may have equal picks, so that each stands for one pick only: for itself, and otherwise, such as a
        pick that was moved away and back, for an equal one.
        """
        left = {id(pick): (pick, name) for pick, name in self.names}
        new = []
        for number in [number for number, pick in enumerate(picks) if left.pop(id(pick), None) is None]:
            same = next((key for key, (pick, _) in left.items() if pick == picks[number]), None)
            if same is None:
                new.append(number)
            else:
                del left[same]
        return {name for _, name in left.values()}, new


def bare(element: ET.Element) -> bool:
    """Take the namespace of an event out of its names, because files declare it once; those of others stay.

    Returns:
        Whether it is that of QuakeML 1.2, in which geocnn writes; names of another form mean other things.
    """
    space = element.tag.removesuffix("event")
    for one in element.iter():
        one.tag = one.tag.removeprefix(space)
    return space == _BED


def _of(element: ET.Element, link: str, names: set[str]) -> bool:
    """Whether an element refers to one of the given names."""
    return element.findtext(link, "").strip() in names


def _without(parent: ET.Element, tag: str, goes: Callable[[ET.Element], bool]) -> None:
    """Remove some children of an element."""
    for child in [child for child in parent.iterfind(tag) if goes(child)]:
        parent.remove(child)
