"""Which streams of a SeedLink server a pattern of channels means."""

import re
import xml.etree.ElementTree as Xml
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from geocnn.errors import DataError
from geocnn.io.waveforms.pieces import Channel

__all__ = ["Wanted", "listed", "wanted_streams"]

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Wanted:
    """Channels that are wanted.

    Attributes:
        pattern: as it was given, network, station, location and channel with full stops between, ``*``, ``?`` and
            ``[...]`` for what may differ.
    """

    pattern: str

    @classmethod
    def of(cls, pattern: str) -> "Wanted":
        """Take a pattern.

        Raises:
            DataError: it has not four parts: all that a server has would be thousands of stations.
        """
        parts = pattern.split(".")
        if len(parts) != 4 or not all((parts[0], parts[1], parts[3])):
            raise DataError(
                f'--channels is "{pattern}"; of a SeedLink server it says which network, station, location and channel '
                'are wanted, such as "CX.PB01..HH?" or "CX.*.*.HH?".'
            )
        return cls(pattern.upper())

    @property
    def parts(self) -> list[str]:
        """Network, station, location and channel."""
        return self.pattern.split(".")

    @property
    def lists(self) -> bool:
        """Whether the server has to say what it has: stations cannot be asked for with wildcards."""
        return any(_WILD.search(part) for part in self.parts[:2])

    @property
    def selector(self) -> str:
        """Location and channel as SeedLink selects them, with ``?`` alone, so that there may be more than wanted."""
        location, code = (re.sub(r"\[[^]]*\]", "?", part) for part in self.parts[2:])
        before, star, after = code.partition("*")
        code = f"{before}{'?' * (3 - len(before) - len(after))}{after}" if star else code
        return code if "*" in location or not location else f"{location}{code}"

    def matches(self, channel: Channel) -> bool:
        """Whether a channel is wanted."""
        return fnmatchcase(str(channel).upper(), self.pattern)


def wanted_streams(wanted: Wanted, streams: Sequence[Channel] | None, server: str) -> dict[tuple[str, str], list[str]]:
    """Selectors by network and station.

    Args:
        wanted: what is.
        streams: what the server has; None where it was not asked.
        server: its name.

    Raises:
        DataError: nothing matches.
    """
    if streams is None:
        return {(wanted.parts[0], wanted.parts[1]): [wanted.selector]}
    chosen = {(c.network, c.station) for c in streams if wanted.matches(c)}
    if not chosen:
        have = ", ".join(sorted(map(str, streams))[:8]) + " ..." * (len(streams) > 8)
        raise DataError(
            f"the SeedLink server {server} has no channel that {wanted.pattern} matches. It has {have or 'none'}; "
            "check --channels."
        )
    return {station: [wanted.selector] for station in sorted(chosen)}


def listed(connection: Any, up: int, server: str) -> list[Channel]:  # noqa: ANN401  (ObsPy is optional)
    """What a server has.

    Args:
        connection: ObsPy's, connected.
        up: its state in which it can be asked.
        server: its name.

    Raises:
        DataError: it does not say.
    """
    from obspy.clients.seedlink.slpacket import SLPacket

    silent = (
        f"the SeedLink server {server} does not say what it has; give --channels with one network and one station, "
        "without * and ?."
    )
    connection.state.state = up
    connection.request_info("STREAMS")
    packet = None
    while not (isinstance(packet, SLPacket) and packet.get_type() == SLPacket.TYPE_SLINFT):
        packet = connection.collect()
        if not isinstance(packet, SLPacket):
            raise DataError(silent)
    try:
        root = Xml.fromstring(connection.get_info_string())
    except Xml.ParseError:
        raise DataError(silent) from None
    return [
        Channel(
            station.get("network", ""), station.get("name", ""), s.get("location", "").strip(), s.get("seedname", "")
        )
        for station in root.iter("station")
        for s in station.iter("stream")
    ]
