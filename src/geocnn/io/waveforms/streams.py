"""Find the streams of a SeedLink server that match a pattern of channels."""

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
    """Pattern of the channels that are wanted.

    Attributes:
        pattern: network, station, location and channel separated by full stops, with ``*``, ``?`` and ``[...]`` as
            wildcards.
    """

    pattern: str

    @classmethod
    def of(cls, pattern: str) -> "Wanted":
        """Check and take a pattern.

        Raises:
            DataError: it does not have four parts; everything a server has would be thousands of stations.
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
        """Whether the server must list its streams, because stations cannot be requested with wildcards."""
        return any(_WILD.search(part) for part in self.parts[:2])

    @property
    def selector(self) -> str:
        """Location and channel as a SeedLink selector, which knows ``?`` only and may select more than is wanted."""
        location, code = (re.sub(r"\[[^]]*\]", "?", part) for part in self.parts[2:])
        before, star, after = code.partition("*")
        code = f"{before}{'?' * (3 - len(before) - len(after))}{after}" if star else code
        return code if "*" in location or not location else f"{location}{code}"

    def matches(self, channel: Channel) -> bool:
        """Whether a channel is wanted."""
        return fnmatchcase(str(channel).upper(), self.pattern)


def wanted_streams(wanted: Wanted, streams: Sequence[Channel] | None, server: str) -> dict[tuple[str, str], list[str]]:
    """Selectors of the wanted streams, by network and station.

    Args:
        wanted: the pattern.
        streams: streams of the server; None if it was not asked.
        server: name of the server.

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
    """Streams that a server lists.

    Args:
        connection: connection of ObsPy, open.
        up: state of the connection in which the server can be asked.
        server: name of the server.

    Raises:
        DataError: the server does not list its streams.
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
